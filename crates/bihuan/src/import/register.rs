//! Reading entries of a register (名录): id, names, unit, person, validity, and the register's own
//! fields, each in a column with its key or its name.
//!
//! Amounts are written in yuan and lengths in metres, as clerks do.

use super::fault::{Fault, ImportError};
use super::preview::{Cells, Columns, Field, Preview};
use super::table::{Row, Table};
use super::value;
use bihuan_core::form::{self, FieldKind, Register};
use bihuan_core::id::PersonId;
use bihuan_core::text::Text;
use bihuan_core::time::Zone;
use bihuan_core::unit::Units;
use bihuan_store::rules::EntryRow;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const FIELDS: [Field; 7] = [
    Field { id: "id", zh: "编号", needed: true },
    Field { id: "zh", zh: "名称", needed: true },
    Field { id: "en", zh: "英文名称", needed: false },
    Field { id: "unit", zh: "责任单位", needed: true },
    Field { id: "person", zh: "责任人", needed: false },
    Field { id: "valid_from", zh: "启用日期", needed: false },
    Field { id: "valid_to", zh: "停用日期", needed: false },
];

/// What entries may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The register.
    pub register: &'a Register,
    /// Units of the realm.
    pub units: &'a Units,
    /// Persons of the realm.
    pub persons: &'a BTreeSet<PersonId>,
    /// Zone of the dates.
    pub zone: Zone,
}

/// Reads entries.
///
/// # Errors
/// The table lacks a column.
pub fn read(table: &Table, known: Known<'_>) -> Result<Preview<EntryRow>, ImportError> {
    let columns = Columns::find(table, &FIELDS)?;
    let own: Vec<(usize, &form::Field)> = known
        .register
        .fields
        .iter()
        .filter_map(|field| {
            let names = [&field.id, &field.title.zh, &field.title.en];
            Some((names.into_iter().find_map(|it| table.column(it))?, field))
        })
        .collect();
    let is_own = |name: &String| own.iter().any(|(at, _)| table.columns[*at] == *name);
    let ignored = columns.ignored().into_iter().filter(|it| !is_own(it)).collect();
    let mut preview = Preview { ignored, ..Preview::default() };
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for row in &table.rows {
        let mut cells = columns.cells(row);
        let fields = own_fields(row, &own, &table.columns, &mut preview);
        let entry = read_row(&mut cells, known, fields);
        let id = cells.text("id").to_owned();
        if !id.is_empty()
            && let Some(first) = lines.insert(id, row.line)
        {
            cells.fault("id", Fault::Twice(first));
        }
        cells.finish(entry, &mut preview);
    }
    Ok(preview.settle())
}

fn read_row(
    cells: &mut Cells<'_>,
    known: Known<'_>,
    fields: BTreeMap<String, Value>,
) -> Option<EntryRow> {
    let id = cells.need("id", value::key);
    let zh = cells.need("zh", value::name);
    let en = cells.may("en", value::name);
    let unit = cells.need("unit", |it| super::point::unit(it, known.units));
    let person = cells.may("person", |it| super::point::person(it, known.persons));
    let from = cells.may("valid_from", |it| value::instant(it, known.zone));
    let to = cells.may("valid_to", |it| value::instant(it, known.zone));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        cells.fault("valid_to", Fault::Period);
    }
    let (id, zh, unit) = (id?, zh?, unit?);
    let title = Text { en: en.unwrap_or_else(|| zh.clone()), zh };
    Some(EntryRow { id, title, unit, person, from, to, fields })
}

/// The register's own fields of a row, as a form is filled in.
fn own_fields(
    row: &Row,
    own: &[(usize, &form::Field)],
    columns: &[String],
    preview: &mut Preview<EntryRow>,
) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    for (at, field) in own {
        let text = row.cells.get(*at).map_or("", String::as_str);
        if text.is_empty() {
            continue;
        }
        match cell(&field.kind, text) {
            Ok(value) => {
                fields.insert(field.id.clone(), value);
            }
            Err(fault) => preview.fault(row.line, &columns[*at], &fault),
        }
    }
    fields
}

/// A cell as the form takes it.
fn cell(kind: &FieldKind, text: &str) -> Result<Value, Fault> {
    match kind {
        FieldKind::Money => value::scaled(text, 2).map(Value::from),
        FieldKind::Length => value::scaled(text, 3).map(Value::from),
        FieldKind::Number { places, .. } => value::scaled(text, *places).map(Value::from),
        FieldKind::Period => value::scaled(text, 0).map(Value::from),
        FieldKind::YesNo => value::yes_no(text).map(Value::from),
        FieldKind::Date => value::date(text).map(|it| json!(it.to_string())),
        FieldKind::Choice { options } => {
            let is = |it: &&form::ChoiceOption| {
                [&it.id, &it.title.zh, &it.title.en].contains(&&text.to_owned())
            };
            let found = options.iter().find(is);
            found.map(|it| json!(it.id)).ok_or_else(|| Fault::Unknown(text.to_owned()))
        }
        FieldKind::Text { .. }
        | FieldKind::Person
        | FieldKind::Unit
        | FieldKind::Register { .. } => Ok(json!(text)),
        FieldKind::Place
        | FieldKind::Photo { .. }
        | FieldKind::File { .. }
        | FieldKind::Signature
        | FieldKind::Rows { .. }
        | FieldKind::Formula { .. } => Err(Fault::Choice(text.to_owned(), "（空） / (empty)")),
    }
}
