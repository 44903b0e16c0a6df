//! Place: where a matter is, and by what right we say so.
//!
//! Invariants: the record keeps WGS-84 in whole units of 1e-7 degree; every place also says the
//! datum it was given in, its accuracy, its source and its time; what was given in another datum is
//! kept beside, unchanged; a coordinate without a datum is refused.

pub mod area;
pub mod cell;
pub mod datum;
pub mod geojson;
pub mod index;
mod point;
pub mod tiling;

pub use area::{Area, AreaError, Polygon, Position};
pub use cell::{BBox, RANGES_MAX};
pub use datum::Datum;
pub use index::{AreaIndex, Located};
pub use point::{DEGREE_E7, LAT_MAX_E7, LON_MAX_E7, Point};
pub use tiling::{TilingReport, tiling_report};

use crate::text::Text;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The worst accuracy that still says something, metres.
pub const ACCURACY_MAX_M: u32 = 100_000;
/// How far a stored point may lie from the one computed again from its raw reading, 1e-7 degree.
const RAW_DRIFT_E7: u64 = 2;

/// Why something is not a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// A coordinate is not a number.
    #[error("the coordinate is not a finite number")]
    NotFinite,
    /// A coordinate lies off the globe.
    #[error("longitude goes from -180 to 180, latitude from -90 to 90; are they swapped?")]
    Range,
    /// Both coordinates are 0, as a device answers that has no fix.
    #[error("the device had no fix (0, 0); locate again or pick the place on the map")]
    NoFix,
    /// Nobody said which datum the coordinate is in.
    #[error("say which datum the coordinate is in: wgs84, cgcs2000, gcj02 or bd09")]
    DatumMissing,
    /// Neither the point nor the reading it comes from is given.
    #[error("give the point or the raw reading")]
    PointMissing,
    /// Point and raw reading disagree.
    #[error("the point is not the raw reading in WGS-84; send only the raw reading")]
    RawMismatch,
    /// The accuracy is worse than [`ACCURACY_MAX_M`].
    #[error("an accuracy worse than 100 km locates nothing")]
    Accuracy,
}

impl PlaceError {
    /// A stable word for the error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            PlaceError::NotFinite => "place_not_finite",
            PlaceError::Range => "place_range",
            PlaceError::NoFix => "place_no_fix",
            PlaceError::DatumMissing => "place_datum_missing",
            PlaceError::PointMissing => "place_point_missing",
            PlaceError::RawMismatch => "place_raw_mismatch",
            PlaceError::Accuracy => "place_accuracy",
        }
    }
}

/// How a place was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlaceSource {
    /// Satellites.
    Gnss,
    /// Mobile cells and wireless networks.
    Network,
    /// Somebody picked it on a map.
    MapPick,
    /// The position inside a photo.
    PhotoExif,
    /// A drone's position or footprint.
    Drone,
    /// A file of another system.
    Import,
    /// A named point of the realm (点位).
    Point,
}

/// A reading as it was given, in the datum of its [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Raw {
    /// Longitude, 1e-7 degree.
    pub lon_e7: i64,
    /// Latitude, 1e-7 degree.
    pub lat_e7: i64,
}

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PlaceWire")]
pub struct Place {
    /// The point in WGS-84.
    pub at: Point,
    /// The reading itself, where its datum is shifted against WGS-84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
    /// The datum that the reading was given in.
    pub datum: Datum,
    /// Radius that holds the true point about two times in three, metres; 0 where none is stated.
    pub accuracy_m: u32,
    /// How the place was found.
    pub source: PlaceSource,
    /// When the place was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<Instant>,
}

/// What a client may send for a place: the point, or the raw reading, or both if they agree.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct PlaceWire {
    /// The point in WGS-84; what is recorded where it is given.
    at: Option<Point>,
    /// The reading itself, in the datum stated; enough by itself.
    raw: Option<Raw>,
    /// The datum that the reading was given in; never guessed.
    #[cfg_attr(feature = "openapi", schema(required, nullable = false))]
    datum: Option<Datum>,
    /// Radius that holds the true point about two times in three, metres; 0 where none is stated.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(maximum = 100_000))]
    accuracy_m: u32,
    /// How the place was found.
    source: PlaceSource,
    /// When the place was read.
    at_ms: Option<Instant>,
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Place {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        PlaceWire::schema()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Place {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
        PlaceWire::schemas(schemas);
    }
}

impl TryFrom<PlaceWire> for Place {
    type Error = PlaceError;

    fn try_from(wire: PlaceWire) -> Result<Place, PlaceError> {
        let datum = wire.datum.ok_or(PlaceError::DatumMissing)?;
        let (accuracy_m, source, at_ms) = (wire.accuracy_m, wire.source, wire.at_ms);
        let Some(at) = wire.at else {
            let raw = wire.raw.ok_or(PlaceError::PointMissing)?;
            return Place::from_raw_e7(raw, Some(datum), accuracy_m, source, at_ms);
        };
        let contradicts = |it: Raw| drift_e7(at, it.lon_e7, it.lat_e7) > RAW_DRIFT_E7;
        if datum.is_plain() && wire.raw.is_some_and(contradicts) {
            return Err(PlaceError::RawMismatch);
        }
        let raw = wire.raw.filter(|_| !datum.is_plain());
        let place = Place { at, raw, datum, accuracy_m, source, at_ms };
        place.check()?;
        Ok(place)
    }
}

/// How far apart two pairs of coordinates are, the larger difference, 1e-7 degree.
fn drift_e7(at: Point, lon_e7: i64, lat_e7: i64) -> u64 {
    at.lon_e7.abs_diff(lon_e7).max(at.lat_e7.abs_diff(lat_e7))
}

impl Place {
    /// A place from degrees in the stated datum.
    ///
    /// # Errors
    /// [`PlaceError::DatumMissing`] when no datum is stated, else as [`Point::new`], or
    /// [`PlaceError::Accuracy`].
    pub fn from_raw(
        lon: f64,
        lat: f64,
        datum: Option<Datum>,
        accuracy_m: u32,
        source: PlaceSource,
        at_ms: Option<Instant>,
    ) -> Result<Place, PlaceError> {
        let given = Point::new(lon, lat)?;
        let raw = Raw { lon_e7: given.lon_e7, lat_e7: given.lat_e7 };
        Place::from_raw_e7(raw, datum, accuracy_m, source, at_ms)
    }

    /// A place from a reading in the stated datum.
    ///
    /// # Errors
    /// As [`Place::from_raw`].
    pub fn from_raw_e7(
        raw: Raw,
        datum: Option<Datum>,
        accuracy_m: u32,
        source: PlaceSource,
        at_ms: Option<Instant>,
    ) -> Result<Place, PlaceError> {
        let given = Point::new_e7(raw.lon_e7, raw.lat_e7)?;
        let datum = datum.ok_or(PlaceError::DatumMissing)?;
        if accuracy_m > ACCURACY_MAX_M {
            return Err(PlaceError::Accuracy);
        }
        let at = read_as(given, datum)?;
        let raw = (!datum.is_plain()).then_some(raw);
        Ok(Place { at, raw, datum, accuracy_m, source, at_ms })
    }

    /// The place of a named point of the realm, taken at `now`.
    #[must_use]
    pub fn of_point(at: Point, now: Instant) -> Place {
        let (datum, source) = (Datum::Wgs84, PlaceSource::Point);
        Place { at, raw: None, datum, accuracy_m: 0, source, at_ms: Some(now) }
    }

    /// Whether the parts agree: the fields are public, so a place built by hand is checked again.
    ///
    /// The point may differ in its last digit from today's arithmetic; what was recorded stays.
    ///
    /// # Errors
    /// As [`Place::from_raw`], [`PlaceError::PointMissing`] where a shifted datum lacks its raw
    /// reading, or [`PlaceError::RawMismatch`].
    pub fn check(&self) -> Result<(), PlaceError> {
        let at = Point::new_e7(self.at.lon_e7, self.at.lat_e7)?;
        let (raw, is_plain) = (self.raw, self.datum.is_plain());
        let raw = match raw {
            None if is_plain => Raw { lon_e7: at.lon_e7, lat_e7: at.lat_e7 },
            Some(raw) if !is_plain => raw,
            None => return Err(PlaceError::PointMissing),
            Some(_) => return Err(PlaceError::RawMismatch),
        };
        let again =
            Place::from_raw_e7(raw, Some(self.datum), self.accuracy_m, self.source, self.at_ms)?;
        if drift_e7(at, again.at.lon_e7, again.at.lat_e7) > RAW_DRIFT_E7 {
            return Err(PlaceError::RawMismatch);
        }
        Ok(())
    }
}

/// The point in WGS-84 if the numbers of `given` are in `datum`.
fn read_as(given: Point, datum: Datum) -> Result<Point, PlaceError> {
    if datum.is_plain() {
        return Ok(given);
    }
    let (lon, lat) = datum.to_wgs84(given.lon(), given.lat());
    Point::new(lon, lat)
}

/// Another datum in which a reading would make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherReading {
    /// The datum that was stated.
    pub stated: Datum,
    /// The datum in which the point would lie inside.
    pub fits: Datum,
    /// The point when read so.
    pub at: Point,
    /// How far that is from the stated reading, metres.
    pub moved_m: u32,
}

impl OtherReading {
    /// What to tell the person who sent the reading.
    #[must_use]
    pub fn text(&self) -> Text {
        let (fits, stated, moved_m) = (self.fits, self.stated, self.moved_m);
        Text::new(
            format!("按 {stated} 读在辖区之外；按 {fits} 读则在辖区之内（相差 {moved_m} 米）。"),
            format!("Outside as {stated}; inside as {fits} ({moved_m} m away)."),
        )
    }
}

/// Whether a reading lies inside (by `is_inside`) only if read in another datum than stated.
///
/// Answers every datum that would fit, none when the stated one does: a hint to show, never a
/// reason to convert in silence.
///
/// # Errors
/// As [`Point::new`].
pub fn other_readings(
    lon: f64,
    lat: f64,
    stated: Datum,
    is_inside: impl Fn(Point) -> bool,
) -> Result<Vec<OtherReading>, PlaceError> {
    let given = Point::new(lon, lat)?;
    let here = read_as(given, stated)?;
    let mut found: Vec<OtherReading> = Vec::new();
    if is_inside(here) {
        return Ok(found);
    }
    for fits in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
        let at = read_as(given, fits)?;
        if at != here && is_inside(at) {
            found.push(OtherReading { stated, fits, at, moved_m: here.distance_m(at) });
        }
    }
    Ok(found)
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
