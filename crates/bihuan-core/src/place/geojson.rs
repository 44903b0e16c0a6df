//! GeoJSON geometries (RFC 7946) in and out, by hand: three shapes are all that a realm draws.
//!
//! Longitude comes first. Either winding is accepted, the right one is written. The format knows
//! only WGS-84, yet files in other datums go round, so whoever reads one says which it is.

use super::PlaceError;
use super::area::{Area, AreaError, POLYGONS_MAX, Polygon, VERTICES_MAX};
use super::datum::Datum;
use super::point::Point;
use serde_json::{Value, json};
use thiserror::Error;

/// The most vertices of one geometry.
pub const GEOMETRY_VERTICES_MAX: usize = 100_000;

/// Why a geometry is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GeoJsonError {
    /// It is no object with `type` and `coordinates`.
    #[error("a geometry is an object with type and coordinates")]
    Shape,
    /// The type is another than asked for.
    #[error("the geometry is a {found}; {wanted} is needed here")]
    Type {
        /// The type given, shortened.
        found: String,
        /// The types that would do.
        wanted: &'static str,
    },
    /// It names a reference system, which RFC 7946 has done away with.
    #[error("remove crs: the coordinates are read in the datum that you state")]
    Crs,
    /// A position is not two to four numbers.
    #[error("a position is [longitude, latitude], each a number of degrees")]
    Position,
    /// The geometry is too large.
    #[error("a geometry may have 100,000 vertices; simplify it")]
    Large,
    /// A position is no place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The rings are no area.
    #[error(transparent)]
    Area(#[from] AreaError),
}

impl GeoJsonError {
    /// A stable word for the error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            GeoJsonError::Shape => "geojson_shape",
            GeoJsonError::Type { .. } => "geojson_type",
            GeoJsonError::Crs => "geojson_crs",
            GeoJsonError::Position => "geojson_position",
            GeoJsonError::Large => "geojson_large",
            GeoJsonError::Place(error) => error.code(),
            GeoJsonError::Area(error) => error.code(),
        }
    }
}

/// Reads a `Polygon` or a `MultiPolygon` whose coordinates are in `datum`.
///
/// # Errors
/// A [`GeoJsonError`] that says what to change.
pub fn area_from_json(geometry: &Value, datum: Datum) -> Result<Area, GeoJsonError> {
    let (kind, coordinates) = parts(geometry)?;
    let mut vertices_left = GEOMETRY_VERTICES_MAX;
    let polygons = match kind {
        "Polygon" => vec![polygon(coordinates, &mut vertices_left)?],
        "MultiPolygon" => {
            let list = coordinates.as_array().ok_or(GeoJsonError::Shape)?;
            if list.len() > POLYGONS_MAX {
                return Err(AreaError::Large.into());
            }
            list.iter().map(|it| polygon(it, &mut vertices_left)).collect::<Result<_, _>>()?
        }
        other => return Err(wrong_type(other, "a Polygon or MultiPolygon")),
    };
    Ok(Area::new(polygons)?.read_as(datum)?)
}

/// Reads a `Point` whose coordinates are in `datum`; answers it in WGS-84.
///
/// # Errors
/// A [`GeoJsonError`] that says what to change.
pub fn point_from_json(geometry: &Value, datum: Datum) -> Result<Point, GeoJsonError> {
    match parts(geometry)? {
        ("Point", coordinates) => Ok(super::read_as(position(coordinates)?, datum)?),
        (other, _) => Err(wrong_type(other, "a Point")),
    }
}

/// Writes an area: a `Polygon` where one suffices, else a `MultiPolygon`.
#[must_use]
pub fn area_to_json(area: &Area) -> Value {
    match area.polygons() {
        [only] => json!({ "type": "Polygon", "coordinates": rings_to_json(only) }),
        all => {
            let all: Vec<Value> = all.iter().map(rings_to_json).collect();
            json!({ "type": "MultiPolygon", "coordinates": all })
        }
    }
}

/// Writes a `Point`.
#[must_use]
pub fn point_to_json(point: Point) -> Value {
    json!({ "type": "Point", "coordinates": [point.lon(), point.lat()] })
}

/// Type and coordinates of a geometry.
fn parts(geometry: &Value) -> Result<(&str, &Value), GeoJsonError> {
    let object = geometry.as_object().ok_or(GeoJsonError::Shape)?;
    if object.get("crs").is_some_and(|it| !it.is_null()) {
        return Err(GeoJsonError::Crs);
    }
    let kind = object.get("type").and_then(Value::as_str).ok_or(GeoJsonError::Shape)?;
    // A type without coordinates, such as Feature, is told by its type and not by what it lacks.
    Ok((kind, object.get("coordinates").unwrap_or(&Value::Null)))
}

fn wrong_type(found: &str, wanted: &'static str) -> GeoJsonError {
    GeoJsonError::Type { found: found.chars().take(32).collect(), wanted }
}

fn polygon(rings: &Value, vertices_left: &mut usize) -> Result<Polygon, GeoJsonError> {
    let rings = rings.as_array().ok_or(GeoJsonError::Shape)?;
    let mut read = Vec::new();
    if rings.len() > VERTICES_MAX {
        return Err(GeoJsonError::Large);
    }
    for ring in rings {
        let ring = ring.as_array().ok_or(GeoJsonError::Shape)?;
        *vertices_left = vertices_left.checked_sub(ring.len()).ok_or(GeoJsonError::Large)?;
        read.push(ring.iter().map(position).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Polygon::new(read)?)
}

/// A position; height and measure, where given, are left out.
fn position(value: &Value) -> Result<Point, GeoJsonError> {
    match value.as_array().map(Vec::as_slice) {
        Some([lon, lat, rest @ ..]) if rest.len() <= 2 => {
            let degrees = |it: &Value| it.as_f64().ok_or(GeoJsonError::Position);
            Ok(Point::new(degrees(lon)?, degrees(lat)?)?)
        }
        _ => Err(GeoJsonError::Position),
    }
}

fn rings_to_json(polygon: &Polygon) -> Value {
    let ring = |ring: &Vec<Point>| {
        let closed = ring.iter().chain(ring.first());
        Value::from_iter(closed.map(|it| json!([it.lon(), it.lat()])))
    };
    Value::from_iter(polygon.rings().iter().map(ring))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::area::Position;
    use proptest::prelude::*;

    fn square() -> Value {
        json!({"type": "Polygon", "coordinates": [
            // Clockwise, as many programs write it, with heights.
            [[113.0, 34.0, 99.0], [113.0, 35.0, 99.0], [114.0, 35.0, 99.0], [114.0, 34.0, 99.0],
             [113.0, 34.0, 99.0]],
            [[113.4, 34.4], [113.6, 34.4], [113.6, 34.6], [113.4, 34.6], [113.4, 34.4]],
        ]})
    }

    #[test]
    fn either_winding_is_read_and_the_right_one_is_written() {
        let area = area_from_json(&square(), Datum::Wgs84).unwrap();
        let written = area_to_json(&area);
        let expected = json!({"type": "Polygon", "coordinates": [
            [[114.0, 34.0], [114.0, 35.0], [113.0, 35.0], [113.0, 34.0], [114.0, 34.0]],
            [[113.4, 34.6], [113.6, 34.6], [113.6, 34.4], [113.4, 34.4], [113.4, 34.6]],
        ]});
        assert_eq!(written, expected);
        assert_eq!(area_from_json(&written, Datum::Cgcs2000).unwrap(), area);
        let at = |lon, lat| area.position(Point::new(lon, lat).unwrap());
        assert_eq!(at(113.1, 34.1), Position::Inside);
        assert_eq!(at(113.5, 34.5), Position::Outside, "in the hole");
        let two = json!({"type": "MultiPolygon", "coordinates": [
            square()["coordinates"], [[[1, 1], [2, 1], [2, 2]]],
        ]});
        let two = area_from_json(&two, Datum::Wgs84).unwrap();
        assert_eq!(two.polygons().len(), 2);
        assert_eq!(area_from_json(&area_to_json(&two), Datum::Wgs84).unwrap(), two);
    }

    #[test]
    fn a_file_in_another_datum_lands_where_it_was_surveyed() {
        let gcj = json!({"type": "Point", "coordinates": [113.314393754, 34.801094665]});
        let point = point_from_json(&gcj, Datum::Gcj02).unwrap();
        assert_eq!(point.distance_dm(Point::new(113.308, 34.802).unwrap()), 0);
        assert_eq!(point_from_json(&point_to_json(point), Datum::Wgs84).unwrap(), point);
        let moved = area_from_json(&square(), Datum::Gcj02).unwrap();
        assert_eq!(moved.position(Point::new(113.9999, 34.5).unwrap()), Position::Outside);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_code_that_says_why() {
        let code = |value: Value| area_from_json(&value, Datum::Wgs84).unwrap_err().code();
        assert_eq!(code(json!([])), "geojson_shape");
        assert_eq!(code(json!({"type": "Polygon"})), "geojson_shape");
        assert_eq!(code(json!({"type": "Polygon", "coordinates": []})), "area_empty");
        assert_eq!(code(json!({"type": "Feature", "geometry": square()})), "geojson_type");
        assert_eq!(code(json!({"type": "Point", "coordinates": [1, 1]})), "geojson_type");
        let ring = |ring: Value| json!({"type": "Polygon", "coordinates": [ring]});
        assert_eq!(code(ring(json!([[1, 1], [2, 2], [3, 3]]))), "area_flat");
        assert_eq!(code(ring(json!([[1, 1], ["2", 1], [3, 3]]))), "geojson_position");
        assert_eq!(code(ring(json!([[34, 113], [34, 114], [35, 114]]))), "place_range");
        assert_eq!(code(ring(json!([[1, 1], [2, 2], [2, 1], [1, 2]]))), "area_flat");
        assert_eq!(code(ring(json!([[1, 1], [4, 4], [4, 2], [1, 5]]))), "area_crosses");
        let huge: Vec<Value> = (0..10_002).map(|it| json!([1.0, f64::from(it) / 1e4])).collect();
        assert_eq!(code(ring(huge.into())), "area_large");
        let mut named = square();
        named["crs"] = json!({"type": "name"});
        assert_eq!(code(named), "geojson_crs");
    }

    /// Any JSON, with the words of the format thrown in.
    fn any_json() -> impl Strategy<Value = Value> {
        let number = prop_oneof![any::<f64>(), -180.0..180.0_f64];
        let leaf = prop_oneof![Just(Value::Null), number.prop_map(|it| json!(it))];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                inner.prop_map(|it| json!({"type": "Polygon", "coordinates": it})),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_makes_the_reader_panic(value in any_json(), rings in any_json()) {
            for kind in ["Point", "Polygon", "MultiPolygon"] {
                for coordinates in [&value, &rings, &json!([rings]), &json!([[rings]])] {
                    let geometry = json!({"type": kind, "coordinates": coordinates});
                    let _ = area_from_json(&geometry, Datum::Bd09);
                    let _ = point_from_json(&geometry, Datum::Gcj02);
                }
            }
            let _ = area_from_json(&value, Datum::Wgs84);
        }
    }
}
