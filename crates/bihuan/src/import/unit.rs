//! Reading units: id, parent, kind, names, code, functions, validity, duty telephone.

use super::fault::{Fault, ImportError};
use super::preview::{Columns, Field, Preview};
use super::table::Table;
use super::value;
use crate::telephone;
use bihuan_core::text::Text;
use bihuan_core::time::Zone;
use bihuan_core::unit::{KindId, Unit, UnitFault, UnitId, Units};
use std::collections::BTreeMap;

const FIELDS: [Field; 10] = [
    Field { id: "id", zh: "编号", needed: true },
    Field { id: "parent", zh: "上级编号", needed: true },
    Field { id: "kind", zh: "类型", needed: true },
    Field { id: "zh", zh: "名称", needed: true },
    Field { id: "en", zh: "英文名称", needed: false },
    Field { id: "code", zh: "区划代码", needed: false },
    Field { id: "functions", zh: "职能", needed: false },
    Field { id: "valid_from", zh: "启用日期", needed: false },
    Field { id: "valid_to", zh: "停用日期", needed: false },
    Field { id: "telephone", zh: "值班电话", needed: false },
];

/// Digits of the longest code: 12 of a village and 3 of its grid.
const CODE_DIGITS_MAX: usize = 19;

/// Reads units; `known` are those the realm has already, which parents may name.
///
/// # Errors
/// The table lacks a column.
pub fn read(table: &Table, known: &Units, zone: Zone) -> Result<Preview<Unit>, ImportError> {
    let columns = Columns::find(table, &FIELDS)?;
    let mut preview = Preview { ignored: columns.ignored(), ..Preview::default() };
    let mut lines: BTreeMap<UnitId, usize> = BTreeMap::new();
    for row in &table.rows {
        let mut cells = columns.cells(row);
        let id = cells.need("id", value::unit_key).map(UnitId);
        let parent = cells.may("parent", value::unit_key).map(UnitId);
        let kind = cells.need("kind", value::unit_key).map(KindId);
        let zh = cells.need("zh", value::name);
        let en = cells.may("en", value::name);
        let code = cells.may("code", code);
        let functions = cells.may("functions", functions).unwrap_or_default();
        let valid_from = cells.may("valid_from", |it| value::instant(it, zone));
        let valid_to = cells.may("valid_to", |it| value::instant(it, zone));
        let telephone = cells
            .may("telephone", |it| telephone::read(it).ok_or_else(|| Fault::Number(it.to_owned())));
        if let Some(first) = id.clone().and_then(|it| lines.insert(it, row.line)) {
            cells.fault("id", Fault::Twice(first));
        }
        if let (Some(from), Some(to)) = (valid_from, valid_to)
            && to <= from
        {
            cells.fault("valid_to", Fault::Period);
        }
        let unit = id.zip(kind).zip(zh).map(|((id, kind), zh)| {
            let title = Text { en: en.unwrap_or_else(|| zh.clone()), zh };
            let scope = String::new();
            Unit {
                id,
                kind,
                parent,
                scope,
                title,
                functions,
                code,
                valid_from,
                valid_to,
                telephone,
            }
        });
        cells.finish(unit, &mut preview);
    }
    check_tree(&mut preview, known, &lines, &columns);
    Ok(preview.settle())
}

/// Whether the rows, put over the units already known, are one tree.
fn check_tree(
    preview: &mut Preview<Unit>,
    known: &Units,
    lines: &BTreeMap<UnitId, usize>,
    columns: &Columns,
) {
    let mut all: BTreeMap<UnitId, Unit> =
        known.iter().map(|it| (it.id.clone(), it.clone())).collect();
    for row in &preview.rows {
        all.insert(row.row.id.clone(), row.row.clone());
    }
    // A row with another fault is not there, but what lies below it is not to blame.
    let faulty = |id: &UnitId| lines.contains_key(id) && !all.contains_key(id);
    let faults = Units::build(all.values().cloned().collect()).err().unwrap_or_default();
    for fault in faults {
        let (id, column) = match &fault {
            UnitFault::UnknownParent { parent, .. } if faulty(parent) => continue,
            UnitFault::UnknownParent { unit, .. } => (unit.clone(), "parent"),
            UnitFault::Key(id) => (UnitId(id.clone()), "id"),
            UnitFault::Duplicate(id) => (id.clone(), "id"),
            UnitFault::Cycle(id) | UnitFault::Depth(id) => (id.clone(), "parent"),
            UnitFault::Validity(id) => (id.clone(), "valid_to"),
        };
        let other = match &fault {
            UnitFault::UnknownParent { parent, .. } => Fault::Unknown(parent.0.clone()),
            _ => Fault::Other(fault.code(), fault.to_string()),
        };
        preview.fault(lines.get(&id).copied().unwrap_or(0), &columns.heading(column), &other);
    }
}

fn code(text: &str) -> Result<String, Fault> {
    let is_code = text.len() <= CODE_DIGITS_MAX && text.bytes().all(|it| it.is_ascii_digit());
    if is_code { Ok(text.to_owned()) } else { Err(Fault::Number(text.to_owned())) }
}

/// Keys separated by `|`.
fn functions(text: &str) -> Result<Vec<String>, Fault> {
    text.split(['|', '、']).map(|it| value::unit_key(it.trim())).collect()
}
