//! Typed: fields, registers and params fit together.

use super::tell;
use crate::expr::Fault;
use crate::form::{Field, FieldKind, ParamSlip, Reckoning, Stands};
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
        for slip in param.slips() {
            days(no, slip, sink);
        }
    }
}

/// The days of a param that do not follow each other.
fn days(param: usize, slip: ParamSlip, sink: &Sink) {
    let (no, zh, en) = match slip {
        ParamSlip::Empty(no) => (
            no,
            "to须晚于from；to是失效的第一天",
            "`to`, the first day of no more validity, comes after `from`",
        ),
        ParamSlip::Overlap(no) => (
            no,
            "各期数值按日期先后排列，前一期的to等于后一期的from",
            "put values in order of date; each ends (`to`) on the day the next begins (`from`)",
        ),
        ParamSlip::Gap(no) => (
            no,
            "与前一期之间有无值的日期；无此规定的期间请写value = 0并注明来源",
            "days before this value have none; for a time without a rule say 0 and its source",
        ),
    };
    tell(sink, "bad_value", &format!("param.{param}.values.{no}"), zh, en);
}

/// Formulas and checks can be read, and each part of them fits.
fn reckoned(pack: &Pack, sink: &Sink) {
    let (_, faults) = Reckoning::of(&pack.form, &pack.checks, &pack.registers, &pack.params);
    for (stands, fault) in faults {
        let path = match stands {
            Stands::Field(no) => format!("field.{no}.expr"),
            Stands::Column(no, column) => format!("field.{no}.fields.{column}.expr"),
            Stands::Check(no) => format!("check.{no}.expr"),
        };
        formula(&path, &fault, sink);
    }
    for (no, register) in pack.registers.iter().enumerate() {
        let (_, faults) = Reckoning::of(&register.fields, &[], &pack.registers, &pack.params);
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

/// Whether a field is kept from those who are not on the case: personal data, and every place.
pub(super) fn is_sealed(pack: &Pack, id: &str) -> bool {
    field(pack, id).is_some_and(|it| it.sealed || it.kind == FieldKind::Place)
}
