//! Targets for random bytes: each takes anything and asserts what must hold of the answer.
//!
//! Any fuzzer can call them; the tests replay a corpus through them.

use super::mapping::Mapping;
use super::point::Known;
use super::table::Table;
use super::{area, ledger, limit, person, point, unit};
use bihuan_core::place::Datum;
use bihuan_core::time::ZONE_DEFAULT;
use bihuan_core::unit::Units;
use std::collections::{BTreeMap, BTreeSet};

/// Reads bytes as a table, and that as every kind of table that we know.
///
/// # Panics
/// When an invariant of [`Table`] is broken: that is what it looks for.
pub fn fuzz_table(bytes: &[u8]) {
    let table = match Table::read("fuzz", bytes) {
        Ok(table) => table,
        Err(error) => {
            assert!(!error.code.is_empty() && !error.message.zh.is_empty());
            return;
        }
    };
    assert!(table.columns.len() <= limit::COLUMNS_MAX && table.rows.len() <= limit::ROWS_MAX);
    let distinct: BTreeSet<&String> = table.columns.iter().filter(|it| !it.is_empty()).collect();
    assert_eq!(distinct.len(), table.columns.iter().filter(|it| !it.is_empty()).count());
    for row in &table.rows {
        assert_eq!(row.cells.len(), table.columns.len());
        assert!(row.cells.iter().all(|it| it.len() <= limit::CELL_BYTES_MAX));
        assert!(row.cells.iter().all(|it| !it.starts_with('=')));
    }
    let (units, persons) = (Units::default(), BTreeSet::new());
    let rows = table.rows.len();
    if let Ok(preview) = unit::read(&table, &units, ZONE_DEFAULT) {
        assert!(preview.rows_ok() <= rows);
    }
    let known = Known { units: &units, persons: &persons, kinds: &[], zone: ZONE_DEFAULT };
    if let Ok(preview) = point::read(&table, known) {
        assert_eq!(preview.rows_ok(), 0, "no unit is known");
    }
    if let Ok(preview) = person::read(&table, &units, &[], ZONE_DEFAULT) {
        assert_eq!(preview.rows_ok(), 0, "no unit is known");
    }
    let (classes, points) = (BTreeMap::new(), BTreeMap::new());
    let directory =
        ledger::Directory { units: &units, classes: &classes, points: &points, zone: ZONE_DEFAULT };
    let mapping = Mapping::guess(&table);
    let again = Mapping::read("guess", &mapping.to_toml()).expect("a guess can be read again");
    assert_eq!(again, mapping);
    if let Ok(preview) = ledger::read(&table, &mapping, directory) {
        assert_eq!(preview.rows_ok(), 0, "no unit is known");
    }
}

/// Reads bytes as areas.
///
/// # Panics
/// When an invariant is broken.
pub fn fuzz_areas(bytes: &[u8]) {
    if let Ok(preview) = area::read("fuzz", bytes, Datum::Wgs84, &Units::default()) {
        assert_eq!(preview.rows_ok(), 0, "no unit is known");
    }
}

/// Reads bytes as a mapping of columns.
///
/// # Panics
/// When an invariant is broken.
pub fn fuzz_mapping(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(mapping) = Mapping::read("fuzz", text)
    {
        assert_eq!(Mapping::read("again", &mapping.to_toml()).as_ref(), Ok(&mapping));
    }
}
