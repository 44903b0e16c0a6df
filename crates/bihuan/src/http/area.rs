//! Areas: the ground of units as GeoJSON, one exactly or the whole realm small enough for a phone.
//!
//! Invariants: coordinates are WGS-84, and the answer says so; in the answer of the whole realm a
//! border that two units share is rounded alike, so that no gap opens between them; a ring that
//! rounding would leave without ground is given exactly.

use super::body::Path;
use super::problem::ReadProblems;
use super::tagged::{GEOJSON, bytes_of, tagged};
use super::{ApiProblem, App, Caller};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bihuan_core::matter::Rules;
use bihuan_core::place::geojson::area_to_json;
use bihuan_core::place::index::AreaEntry;
use bihuan_core::place::{Area, Datum, Point};
use bihuan_core::policy::Action;
use bihuan_core::unit::UnitId;
use serde_json::{Value, json};

/// To how many units of 1e-7 degree the whole realm is rounded: 1e-5 degree, about a metre.
const ROUNDED_E7: i64 = 100;
/// How far a rounded point may lie from where it is, in metres.
const ROUNDED_M: u32 = 1;

/// The areas of all units, rounded to about a metre: a phone keeps it and asks whether it is still
/// right.
#[utoipa::path(
    get, path = "/api/v1/areas", tag = "realm",
    responses(
        (status = 200, body = Object, content_type = "application/geo+json"), (status = 304),
        ReadProblems,
    )
)]
pub async fn all(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let own = app.clone();
    let make = move || own.made().of(rules.rev, "areas", || bytes_of(&collection(&rules)));
    let bytes = app.run(move |_| Ok(make())).await?;
    Ok(tagged(&headers, GEOJSON, bytes))
}

/// The area of one unit, exactly.
#[utoipa::path(
    get, path = "/api/v1/units/{id}/area", tag = "realm", params(("id" = UnitId, Path)),
    responses(
        (status = 200, body = Object, content_type = "application/geo+json"), (status = 304),
        ReadProblems,
    )
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<UnitId>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let entry = rules.areas.entries().iter().find(|it| it.unit == id);
    let entry = entry.ok_or_else(ApiProblem::not_found)?;
    let mut feature = feature(&rules, entry, area_to_json(&entry.area));
    feature["datum"] = json!(Datum::Wgs84);
    Ok(tagged(&headers, GEOJSON, bytes_of(&feature)))
}

fn collection(rules: &Rules) -> Value {
    let features: Vec<Value> =
        rules.areas.entries().iter().map(|it| feature(rules, it, rounded(&it.area))).collect();
    json!({
        "type": "FeatureCollection", "datum": Datum::Wgs84, "rounded_m": ROUNDED_M,
        "features": features,
    })
}

fn feature(rules: &Rules, entry: &AreaEntry, geometry: Value) -> Value {
    let unit = rules.units.get(&entry.unit);
    json!({
        "type": "Feature", "id": entry.unit, "geometry": geometry,
        "properties": {
            "kind": unit.map(|it| &it.kind), "parent": unit.and_then(|it| it.parent.as_ref()),
            "title": unit.map(|it| &it.title), "level": entry.level,
        },
    })
}

/// An area with its points rounded, as a geometry.
fn rounded(area: &Area) -> Value {
    let polygons: Vec<Value> = area
        .polygons()
        .iter()
        .map(|it| Value::from_iter(it.rings().iter().map(|it| rounded_ring(it))))
        .collect();
    match <[Value; 1]>::try_from(polygons) {
        Ok([only]) => json!({ "type": "Polygon", "coordinates": only }),
        Err(all) => json!({ "type": "MultiPolygon", "coordinates": all }),
    }
}

fn rounded_ring(ring: &[Point]) -> Value {
    let mut points: Vec<Point> = ring.iter().map(|it| round(*it)).collect();
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    let points = if points.len() < 3 { ring } else { &points[..] };
    Value::from_iter(points.iter().chain(points.first()).map(|it| json!([it.lon(), it.lat()])))
}

fn round(point: Point) -> Point {
    let round = |it: i64| (it + ROUNDED_E7 / 2).div_euclid(ROUNDED_E7) * ROUNDED_E7;
    Point { lon_e7: round(point.lon_e7), lat_e7: round(point.lat_e7) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(i64, i64)]) -> Vec<Point> {
        points.iter().map(|(lon_e7, lat_e7)| Point { lon_e7: *lon_e7, lat_e7: *lat_e7 }).collect()
    }

    #[test]
    fn rounding_keeps_the_ground_and_closes_the_ring() {
        let given = ring(&[(1_133_080_049, 348_020_051), (1_133_080_032, 348_020_020)]);
        assert_eq!(round(given[0]), Point { lon_e7: 1_133_080_000, lat_e7: 348_020_100 });
        assert_eq!(round(Point { lon_e7: -51, lat_e7: -49 }), Point { lon_e7: -100, lat_e7: 0 });
        let square = ring(&[(0, 0), (9_000, 20), (9_010, 30), (9_000, 9_000), (40, 9_000)]);
        let said = rounded_ring(&square);
        let want = json!([[0.0, 0.0], [0.0009, 0.0], [0.0009, 0.0009], [0.0, 0.0009], [0.0, 0.0]]);
        assert_eq!(said, want, "two points became one");
        let tiny = ring(&[(10, 10), (40, 10), (40, 40)]);
        assert_eq!(rounded_ring(&tiny)[1], json!([4e-6, 1e-6]), "given exactly");
    }
}
