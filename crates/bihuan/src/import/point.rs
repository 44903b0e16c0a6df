//! Reading named points (点位): id, kind, names, unit, person, leader, coordinates, validity.

use super::fault::{Fault, ImportError};
use super::preview::{Cells, Columns, Field, Preview};
use super::table::Table;
use super::value;
use bihuan_core::id::{PersonId, PointId};
use bihuan_core::place::{Datum, Place, PlaceSource};
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, Zone};
use bihuan_core::unit::{UnitId, Units};
use std::collections::{BTreeMap, BTreeSet};

const FIELDS: [Field; 12] = [
    Field { id: "id", zh: "编号", needed: true },
    Field { id: "kind", zh: "类型", needed: true },
    Field { id: "zh", zh: "名称", needed: true },
    Field { id: "en", zh: "英文名称", needed: false },
    Field { id: "unit", zh: "责任单位", needed: true },
    Field { id: "person", zh: "责任人", needed: false },
    Field { id: "leader", zh: "分包领导", needed: false },
    Field { id: "lon", zh: "经度", needed: true },
    Field { id: "lat", zh: "纬度", needed: true },
    Field { id: "datum", zh: "坐标系", needed: true },
    Field { id: "valid_from", zh: "启用日期", needed: false },
    Field { id: "valid_to", zh: "停用日期", needed: false },
];

/// A named point.
#[derive(Clone, Debug, PartialEq)]
pub struct PointRow {
    /// Key.
    pub id: PointId,
    /// Type, a word of the realm.
    pub kind: String,
    /// Name.
    pub title: Text,
    /// The responsible unit.
    pub unit: UnitId,
    /// The responsible person (责任人).
    pub person: Option<PersonId>,
    /// The leader in charge (分包领导).
    pub leader: Option<PersonId>,
    /// Where, with datum and source.
    pub place: Place,
    /// From when, inclusive.
    pub valid_from: Option<Instant>,
    /// Until when, exclusive.
    pub valid_to: Option<Instant>,
}

/// What points may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Units of the realm.
    pub units: &'a Units,
    /// Persons of the realm.
    pub persons: &'a BTreeSet<PersonId>,
    /// Types of points that the realm lists; empty means any.
    pub kinds: &'a [String],
    /// Zone of the dates.
    pub zone: Zone,
}

/// Reads points.
///
/// # Errors
/// The table lacks a column.
pub fn read(table: &Table, known: Known) -> Result<Preview<PointRow>, ImportError> {
    let columns = Columns::find(table, &FIELDS)?;
    let mut preview = Preview { ignored: columns.ignored(), ..Preview::default() };
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for row in &table.rows {
        let mut cells = columns.cells(row);
        let point = read_row(&mut cells, known);
        let id = cells.text("id").to_owned();
        if !id.is_empty()
            && let Some(first) = lines.insert(id, row.line)
        {
            cells.fault("id", Fault::Twice(first));
        }
        cells.finish(point, &mut preview);
    }
    Ok(preview.settle())
}

fn read_row(cells: &mut Cells, known: Known) -> Option<PointRow> {
    let id = cells.need("id", value::key).map(PointId);
    let kind = cells.need("kind", |it| {
        let is_listed = known.kinds.is_empty() || known.kinds.iter().any(|kind| kind == it);
        if is_listed { value::key(it) } else { Err(Fault::Unknown(it.to_owned())) }
    });
    let zh = cells.need("zh", value::name);
    let en = cells.may("en", value::name);
    let unit = cells.need("unit", |it| unit(it, known.units));
    let mut person = |field| cells.may(field, |it| person(it, known.persons));
    let (responsible, leader) = (person("person"), person("leader"));
    let place = place(cells);
    let valid_from = cells.may("valid_from", |it| value::instant(it, known.zone));
    let valid_to = cells.may("valid_to", |it| value::instant(it, known.zone));
    if valid_from.zip(valid_to).is_some_and(|(from, to)| to <= from) {
        cells.fault("valid_to", Fault::Period);
    }
    let (id, kind, zh, unit, place) = (id?, kind?, zh?, unit?, place?);
    let title = Text { en: en.unwrap_or_else(|| zh.clone()), zh };
    let person = responsible;
    Some(PointRow { id, kind, title, unit, person, leader, place, valid_from, valid_to })
}

/// A place from the columns `lon`, `lat` and `datum`, each with its own fault.
fn place(cells: &mut Cells) -> Option<Place> {
    let lon = cells.need("lon", value::degrees);
    let lat = cells.need("lat", value::degrees);
    let datum = cells.need("datum", datum);
    let (lon, lat, datum) = (lon?, lat?, datum?);
    match Place::from_raw(lon, lat, Some(datum), 0, PlaceSource::Import, None) {
        Ok(place) => Some(place),
        Err(error) => {
            let column = if (-180.0..=180.0).contains(&lon) { "lat" } else { "lon" };
            cells.fault(column, Fault::Other(error.code(), error.to_string()));
            None
        }
    }
}

/// A datum by its word, in any case.
pub(super) fn datum(text: &str) -> Result<Datum, Fault> {
    let word = text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    Datum::from_word(&word)
        .ok_or_else(|| Fault::Choice(text.to_owned(), "wgs84 / cgcs2000 / gcj02 / bd09"))
}

/// A unit of the realm by its id.
pub(super) fn unit(text: &str, units: &Units) -> Result<UnitId, Fault> {
    let id = value::unit_key(text).map(UnitId)?;
    if units.get(&id).is_some() { Ok(id) } else { Err(Fault::Unknown(text.to_owned())) }
}

pub(super) fn person(text: &str, persons: &BTreeSet<PersonId>) -> Result<PersonId, Fault> {
    let id = value::key(text).map(PersonId)?;
    if persons.contains(&id) { Ok(id) } else { Err(Fault::Unknown(text.to_owned())) }
}
