//! Typed: fields, registers and params fit together.

use super::tell;
use crate::expr::Fault;
use crate::form::{Field, FieldKind, Reckoning, Stands};
use crate::pack::{Pack, Sink, nearest, perhaps, quote};

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    let mut fields: Vec<(String, &Field)> = Vec::new();
    for (no, field) in pack.form.iter().enumerate() {
        let path = format!("field.{no}");
        if let FieldKind::Rows { fields: columns, .. } = &field.kind {
            let columns = columns.iter().enumerate();
            fields.extend(columns.map(|(no, it)| (format!("{path}.fields.{no}"), it)));
        }
        fields.push((path, field));
    }
    for (no, register) in pack.registers.iter().enumerate() {
        let columns = register.fields.iter().enumerate();
        fields.extend(columns.map(|(column, it)| (format!("register.{no}.fields.{column}"), it)));
    }
    for (path, field) in fields {
        if let FieldKind::Register { register } = &field.kind {
            names_a_register(pack, &format!("{path}.register"), register, sink);
        }
    }
    reckoned(pack, sink);
    for (no, param) in pack.params.iter().enumerate() {
        for (earlier, later) in param.values.iter().zip(param.values.iter().skip(1)) {
            let ends_before = earlier.to.as_ref().is_some_and(|to| *to <= later.from);
            if !ends_before {
                tell(
                    sink,
                    "bad_value",
                    &format!("param.{no}.values"),
                    "各期数值按日期先后排列，前一期的to不晚于后一期的from",
                    "put values in order of date; each ends (to) before the next begins (from)",
                );
            }
        }
    }
}

/// Formulas and checks can be read, and each part of them fits.
fn reckoned(pack: &Pack, sink: &Sink) {
    let (_, faults) = Reckoning::of(&pack.form, &pack.checks, &pack.params);
    for (stands, fault) in faults {
        let path = match stands {
            Stands::Field(no) => format!("field.{no}.expr"),
            Stands::Column(no, column) => format!("field.{no}.fields.{column}.expr"),
            Stands::Check(no) => format!("check.{no}.expr"),
        };
        formula(&path, &fault, sink);
    }
    for (no, register) in pack.registers.iter().enumerate() {
        let (_, faults) = Reckoning::of(&register.fields, &[], &pack.params);
        for (stands, fault) in faults {
            if let Stands::Field(column) = stands {
                formula(&format!("register.{no}.fields.{column}.expr"), &fault, sink);
            }
        }
    }
}

fn formula(path: &str, fault: &Fault, sink: &Sink) {
    let zh = format!("第{}字：{}", fault.column, fault.what.zh);
    let en = format!("at character {}: {}", fault.column, fault.what.en);
    match fault.code {
        // Told when the text was read.
        "empty" | "too_long" => (),
        _ if fault.is_syntax() => tell(sink, "formula_syntax", path, zh, en),
        _ => tell(sink, "formula_type", path, zh, en),
    }
}

fn names_a_register(pack: &Pack, path: &str, register: &str, sink: &Sink) {
    let mut known = pack.registers.iter().map(|it| it.id.as_str());
    if register.is_empty() || known.clone().any(|it| it == register) {
        return;
    }
    let (zh, en) = perhaps(nearest(register, &mut known));
    let register = quote(register);
    tell(
        sink,
        "unknown_name",
        path,
        format!("没有名为“{register}”的名录{zh}"),
        format!("there is no register `{register}`{en}"),
    );
}

fn field<'p>(pack: &'p Pack, id: &str) -> Option<&'p Field> {
    pack.form.iter().find(|it| it.id == id)
}

/// Whether a field is a table; `None` where there is no such field.
pub(super) fn is_rows(pack: &Pack, id: &str) -> Option<bool> {
    field(pack, id).map(|it| matches!(it.kind, FieldKind::Rows { .. }))
}

/// Whether a field is computed.
pub(super) fn is_formula(pack: &Pack, id: &str) -> bool {
    field(pack, id).is_some_and(|it| matches!(it.kind, FieldKind::Formula { .. }))
}

/// Whether a field is personal data.
pub(super) fn is_sealed(pack: &Pack, id: &str) -> bool {
    field(pack, id).is_some_and(|it| it.sealed)
}
