//! The files of the demonstration as text.

use super::mesh::Vertex;
use super::names::Names;
use super::people::Membership;
use super::points::Point;
use super::units::{Area, Unit};
use anyhow::Context;
use std::fmt::Write;

/// `units.csv`; several functions of a unit are separated by `|`.
pub(super) fn units(units: &[Unit]) -> anyhow::Result<String> {
    let head = ["id", "parent", "kind", "zh", "en", "code", "functions", "valid_from", "valid_to"];
    let rows = units.iter().map(|it| {
        let functions = it.functions.join("|");
        let Unit { id, parent, kind, name, code, .. } = it;
        [id, parent, *kind, &name.zh, &name.en, code, &functions, "", ""].map(str::to_owned)
    });
    csv(head, rows)
}

/// `points.csv`.
pub(super) fn points(points: &[Point]) -> anyhow::Result<String> {
    let head = ["id", "kind", "zh", "en", "unit", "person", "leader", "lon", "lat", "datum"];
    let rows = points.iter().map(|it| {
        let (lon, lat) = (degrees(it.place.0), degrees(it.place.1));
        let Point { id, kind, name, unit, person, leader, .. } = it;
        [id, *kind, &name.zh, &name.en, unit, person, leader, &lon, &lat, "wgs84"]
            .map(str::to_owned)
    });
    csv(head, rows)
}

/// `people.csv`.
pub(super) fn people(rows: &[Membership]) -> anyhow::Result<String> {
    let head =
        ["person", "account", "name", "phone", "role", "unit", "area", "from", "to", "status"];
    let rows = rows.iter().map(|it| {
        let Membership { person, account, name, phone, role, unit, area, from, to, status } = it;
        [person, account, name, phone, *role, unit, area, from, to, status].map(str::to_owned)
    });
    csv(head, rows)
}

/// `areas.geojson` (RFC 7946), one feature a line.
pub(super) fn areas(names: &Names, areas: &[Area]) -> String {
    let mut text = String::from("{\"type\":\"FeatureCollection\",\n");
    let note = format!("{} · {} · invented ground", names.district.zh, names.district.en);
    writeln!(text, "\"name\":{note:?},\n\"features\":[").expect("a string takes all");
    for (no, area) in areas.iter().enumerate() {
        let ring: Vec<String> = area.ring.iter().map(position).collect();
        let comma = if no + 1 == areas.len() { "" } else { "," };
        writeln!(
            text,
            "{{\"type\":\"Feature\",\"properties\":{{\"unit\":\"{}\"}},\"geometry\":\
             {{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}{comma}",
            area.unit,
            ring.join(",")
        )
        .expect("a string takes all");
    }
    text + "]}\n"
}

/// `realm.toml`.
pub(super) fn realm(names: &Names) -> String {
    include_str!("realm.toml").replace("$zh", &names.district.zh).replace("$en", &names.district.en)
}

fn csv<const N: usize>(
    head: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(head)?;
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().context("failed to end a table")?;
    Ok(String::from_utf8(bytes)?)
}

fn position(vertex: &Vertex) -> String {
    format!("[{},{}]", degrees(vertex.0), degrees(vertex.1))
}

/// Degrees with six decimals, about 0.1 m; the vertices are whole micro-degrees.
fn degrees(e7: i64) -> String {
    format!("{}.{:06}", e7 / 10_000_000, e7 % 10_000_000 / 10)
}
