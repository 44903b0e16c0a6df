//! Administrative codes (统计用区划代码) as a tree of units: district, towns and streets, villages
//! and communities. Codes are attributes; ids are made from them once and never change again.
//!
//! Shape of a code: 6 digits of the county, 3 of the town (001–099 street, 100–199 town), 3 of the
//! village (001–199 community, 200–399 village, 4xx similar).

use crate::import::fault::{Fault, ImportError, RowFault, Spot};
use crate::import::preview::{Numbered, Preview};
use crate::import::table::Table;
use bihuan_core::text::Text;
use bihuan_core::unit::{KindId, Unit, UnitId};
use std::collections::BTreeMap;

/// Headings of a list of codes.
const HEADINGS: [&str; 4] = ["code12", "name", "town_code9", "town"];

/// Whether a table is a list of administrative codes.
#[must_use]
pub fn is_list(table: &Table) -> bool {
    HEADINGS.iter().all(|it| table.column(it).is_some())
}

/// Reads a list of codes of one county; `district` is its name.
///
/// # Errors
/// The table lacks a column.
pub fn read(table: &Table, district: &Text) -> Result<Preview<Unit>, ImportError> {
    let mut columns = [0; 4];
    for (no, heading) in HEADINGS.iter().enumerate() {
        let missing = || {
            let fault = Fault::ColumnMissing((*heading).to_owned());
            ImportError::new(&table.file, Spot::line(table.heading_line), &fault)
        };
        columns[no] = table.column(heading).ok_or_else(missing)?;
    }
    let mut preview = Preview::default();
    let mut units: BTreeMap<String, (usize, Unit)> = BTreeMap::new();
    for row in &table.rows {
        let cell = |no: usize| row.cells.get(columns[no]).map_or("", |it| it.trim());
        let (code, name, town_code, town) = (cell(0), cell(1), cell(2), cell(3));
        let digits =
            |it: &str, count: usize| it.len() == count && it.bytes().all(|it| it.is_ascii_digit());
        let fits = digits(code, 12) && digits(town_code, 9) && code.starts_with(town_code);
        let fault = match units.get(code) {
            _ if !fits => Fault::Unknown(code.to_owned()),
            Some((line, _)) => Fault::Twice(*line),
            None if name.is_empty() || town.is_empty() => Fault::Missing,
            None => {
                put(&mut units, row.line, district, [code, name, town_code, town]);
                continue;
            }
        };
        preview.faults.push(RowFault::new(row.line, HEADINGS[0], &fault));
    }
    preview.rows = units.into_values().map(|(line, row)| Numbered { line, row }).collect();
    Ok(preview)
}

/// The village, and the town and county above it where they are new.
fn put(
    units: &mut BTreeMap<String, (usize, Unit)>,
    line: usize,
    district: &Text,
    [code, name, town_code, town]: [&str; 4],
) {
    let county = &code[..6];
    let mut put = |code: &str, parent: Option<&str>, kind: &str, title: Text| {
        let unit = Unit {
            id: UnitId(format!("u{code}")),
            parent: parent.map(|it| UnitId(format!("u{it}"))),
            kind: KindId(kind.to_owned()),
            title,
            code: Some(code.to_owned()),
            ..Unit::default()
        };
        units.entry(code.to_owned()).or_insert((line, unit));
    };
    put(county, None, "district", district.clone());
    let is_street = town_code[6..].starts_with('0');
    let kind = if is_street { "street" } else { "town" };
    put(town_code, Some(county), kind, Text::new(town, town));
    let kind = match &code[9..10] {
        "0" | "1" => "community",
        "2" | "3" => "village",
        _ => "park",
    };
    put(code, Some(town_code), kind, Text::new(name, name));
}
