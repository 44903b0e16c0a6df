//! Reading areas: a GeoJSON feature for each unit, property `unit`.

use super::fault::{Fault, ImportError, Spot};
use super::limit;
use super::preview::{Numbered, Preview};
use super::value;
use bihuan_core::place::geojson::area_from_json;
use bihuan_core::place::tiling::TOLERANCE_M2;
use bihuan_core::place::{Area, Datum, TilingReport, tiling_report};
use bihuan_core::unit::{UnitId, Units};
use serde_json::Value;
use std::collections::BTreeMap;

/// The outline of a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRow {
    /// Whose.
    pub unit: UnitId,
    /// The outline, in WGS-84.
    pub area: Area,
}

/// Reads a `FeatureCollection` whose coordinates are in `datum`; a line is a feature, from 1.
///
/// # Errors
/// The file is too large or no such collection.
pub fn read(
    file: &str,
    bytes: &[u8],
    datum: Datum,
    units: &Units,
) -> Result<Preview<AreaRow>, ImportError> {
    let refuse = |fault| ImportError::new(file, Spot::default(), &fault);
    if bytes.len() > limit::AREAS_BYTES_MAX {
        return Err(refuse(Fault::FileLarge));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json: Value = serde_json::from_slice(bytes).map_err(|it| {
        let spot = Spot::line(it.line());
        ImportError::new(file, spot, &Fault::Json("JSON".to_owned()))
    })?;
    if json.get("crs").is_some() {
        return Err(refuse(Fault::Json("crs".to_owned())));
    }
    let features = json.get("features").and_then(Value::as_array);
    let features = features.ok_or_else(|| refuse(Fault::Json("features".to_owned())))?;
    if features.is_empty() {
        return Err(refuse(Fault::Empty));
    }
    if features.len() > limit::ROWS_MAX {
        return Err(refuse(Fault::RowsMax));
    }
    let mut preview = Preview::default();
    let mut lines = BTreeMap::new();
    for (feature, line) in features.iter().zip(1..) {
        match read_feature(feature, datum, units) {
            Ok(row) => match lines.insert(row.unit.clone(), line) {
                Some(first) => preview.fault(line, "unit", &Fault::Twice(first)),
                None => preview.rows.push(Numbered { line, row }),
            },
            Err((column, fault)) => preview.fault(line, column, &fault),
        }
    }
    Ok(preview.settle())
}

fn read_feature(
    feature: &Value,
    datum: Datum,
    units: &Units,
) -> Result<AreaRow, (&'static str, Fault)> {
    let unit = feature.get("properties").and_then(|it| it.get("unit")).and_then(Value::as_str);
    let unit = unit.ok_or(("unit", Fault::Missing))?;
    let unit = value::unit_key(unit).map(UnitId).map_err(|it| ("unit", it))?;
    if units.get(&unit).is_none() {
        return Err(("unit", Fault::Unknown(unit.0)));
    }
    let geometry = feature.get("geometry").ok_or(("geometry", Fault::Missing))?;
    let area = area_from_json(geometry, datum)
        .map_err(|it| ("geometry", Fault::Other(it.code(), it.to_string())))?;
    Ok(AreaRow { unit, area })
}

/// Gaps, overlaps and ground outside, for each unit that has ground and parts with ground.
///
/// These are no refusals: a town decides whether a river bed belongs to somebody. Slow: it cuts
/// polygons with each other; call it once a preview, not once a row.
#[must_use]
pub fn tiling(preview: &Preview<AreaRow>, units: &Units) -> Vec<(UnitId, TilingReport)> {
    let areas: BTreeMap<&UnitId, &Area> =
        preview.rows.iter().map(|it| (&it.row.unit, &it.row.area)).collect();
    let mut reports = Vec::new();
    for (unit, whole) in &areas {
        let below = units.children(unit).map(|it| it.id.clone());
        let parts: Vec<(UnitId, Area)> =
            below.filter_map(|it| areas.get(&it).map(|area| (it, (*area).clone()))).collect();
        let report = tiling_report(whole, &parts, TOLERANCE_M2);
        if !parts.is_empty() && !report.is_clean() {
            reports.push(((*unit).clone(), report));
        }
    }
    reports
}
