//! Points: where something is, in WGS-84, as whole ten-millionths of a degree.
//!
//! Invariant: a point that was constructed or read lies on the globe and is not the (0, 0) that
//! devices give when they have no fix.

use super::PlaceError;
use serde::{Deserialize, Serialize};

/// Units of a coordinate in one degree; one unit is 1.1 cm or less.
pub const DEGREE_E7: i64 = 10_000_000;
/// The largest longitude, in units of 1e-7 degree.
pub const LON_MAX_E7: i64 = 180 * DEGREE_E7;
/// The largest latitude, in units of 1e-7 degree.
pub const LAT_MAX_E7: i64 = 90 * DEGREE_E7;

/// A point in WGS-84.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Units", into = "Units")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// Longitude, 1e-7 degree, east positive.
    #[cfg_attr(feature = "openapi", schema(minimum = -1_800_000_000, maximum = 1_800_000_000))]
    pub lon_e7: i64,
    /// Latitude, 1e-7 degree, north positive.
    #[cfg_attr(feature = "openapi", schema(minimum = -900_000_000, maximum = 900_000_000))]
    pub lat_e7: i64,
}

/// How a point is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Units {
    lon_e7: i64,
    lat_e7: i64,
}

impl TryFrom<Units> for Point {
    type Error = PlaceError;

    fn try_from(units: Units) -> Result<Point, PlaceError> {
        Point::new_e7(units.lon_e7, units.lat_e7)
    }
}

impl From<Point> for Units {
    fn from(point: Point) -> Units {
        Units { lon_e7: point.lon_e7, lat_e7: point.lat_e7 }
    }
}

impl Point {
    /// The point nearest to these degrees.
    ///
    /// # Errors
    /// [`PlaceError::NotFinite`], [`PlaceError::Range`] or [`PlaceError::NoFix`].
    pub fn new(lon: f64, lat: f64) -> Result<Point, PlaceError> {
        if !lon.is_finite() || !lat.is_finite() {
            return Err(PlaceError::NotFinite);
        }
        let units = |degrees: f64| (degrees * DEGREE_E7 as f64).round() as i64;
        Point::new_e7(units(lon), units(lat))
    }

    /// The point at these units of 1e-7 degree.
    ///
    /// # Errors
    /// [`PlaceError::Range`] or [`PlaceError::NoFix`].
    pub fn new_e7(lon_e7: i64, lat_e7: i64) -> Result<Point, PlaceError> {
        let on_globe = (-LON_MAX_E7..=LON_MAX_E7).contains(&lon_e7)
            && (-LAT_MAX_E7..=LAT_MAX_E7).contains(&lat_e7);
        match (lon_e7, lat_e7) {
            _ if !on_globe => Err(PlaceError::Range),
            (0, 0) => Err(PlaceError::NoFix),
            _ => Ok(Point { lon_e7, lat_e7 }),
        }
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        self.lon_e7 as f64 / DEGREE_E7 as f64
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        self.lat_e7 as f64 / DEGREE_E7 as f64
    }

    /// Distance in metres, rounded.
    #[must_use]
    pub fn distance_m(self, other: Point) -> u32 {
        distance_m(self, other).round() as u32
    }

    /// Distance in decimetres, rounded; within 0.1 % below 10 km, within 0.6 % beyond.
    #[must_use]
    pub fn distance_dm(self, other: Point) -> u32 {
        (distance_m(self, other) * 10.0).round() as u32
    }

    /// The centre of the square of about `side_m` metres that holds the point.
    ///
    /// For what may be shown only coarsely: all points of a square answer the same one.
    #[must_use]
    pub fn coarse(self, side_m: u32) -> Point {
        let (point, side) = (self.clamped(), f64::from(side_m.clamp(1, 100_000)));
        let step = |metres_per_degree: f64| {
            ((side / metres_per_degree * DEGREE_E7 as f64) as i64).clamp(1, LON_MAX_E7)
        };
        let snap = |at: i64, step: i64| at.div_euclid(step) * step + step / 2;
        let lat_e7 = snap(point.lat_e7, step(METRES_A_DEGREE)).clamp(-LAT_MAX_E7, LAT_MAX_E7);
        let parallel = (lat_e7 as f64 / DEGREE_E7 as f64).to_radians().cos().max(1e-4);
        let lon_e7 = snap(point.lon_e7, step(METRES_A_DEGREE * parallel));
        Point { lon_e7: lon_e7.clamp(-LON_MAX_E7, LON_MAX_E7), lat_e7 }
    }

    /// The nearest point on the globe: the fields are public and may hold anything.
    pub(super) fn clamped(self) -> Point {
        Point {
            lon_e7: self.lon_e7.clamp(-LON_MAX_E7, LON_MAX_E7),
            lat_e7: self.lat_e7.clamp(-LAT_MAX_E7, LAT_MAX_E7),
        }
    }
}

/// Metres of one degree on a sphere of the Earth's mean radius.
pub(super) const METRES_A_DEGREE: f64 = 111_195.08;

/// Semi-major axis of WGS-84, metres.
const AXIS_M: f64 = 6_378_137.0;
/// First eccentricity of WGS-84, squared.
const ECCENTRICITY_2: f64 = 0.006_694_379_990_141;

fn distance_m(a: Point, b: Point) -> f64 {
    let (a, b) = (a.clamped(), b.clamped());
    let north = (b.lat() - a.lat()).abs();
    let east = (b.lon() - a.lon()).abs();
    let east = east.min(360.0 - east);
    if north < 1.0 && east < 1.0 {
        // Flat, with the curvature of the ellipsoid halfway: exact enough up to a degree.
        let sin = ((a.lat() + b.lat()) / 2.0).to_radians().sin();
        let m = 1.0 - ECCENTRICITY_2 * sin * sin;
        let meridian_m = AXIS_M * (1.0 - ECCENTRICITY_2) / (m * m.sqrt());
        let parallel_m = AXIS_M / m.sqrt() * (1.0 - sin * sin).max(0.0).sqrt();
        return (north.to_radians() * meridian_m).hypot(east.to_radians() * parallel_m);
    }
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let cosines = a.lat().to_radians().cos() * b.lat().to_radians().cos();
    let chord = (half(north) + cosines * half(east)).clamp(0.0, 1.0);
    2.0 * METRES_A_DEGREE * chord.sqrt().asin().to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Distance, Geodesic};
    use proptest::prelude::*;

    fn geodesic_m(a: Point, b: Point) -> f64 {
        Geodesic.distance(geo::Point::new(a.lon(), a.lat()), geo::Point::new(b.lon(), b.lat()))
    }

    #[test]
    fn what_is_no_place_on_the_globe_is_refused() {
        assert_eq!(Point::new(f64::NAN, 30.0), Err(PlaceError::NotFinite));
        assert_eq!(Point::new(113.0, f64::INFINITY), Err(PlaceError::NotFinite));
        assert_eq!(Point::new(180.1, 30.0), Err(PlaceError::Range));
        assert_eq!(Point::new(34.8, 113.3), Err(PlaceError::Range), "axes swapped");
        assert_eq!(Point::new(0.0, 0.0), Err(PlaceError::NoFix));
        assert_eq!(Point::new_e7(i64::MIN, i64::MAX), Err(PlaceError::Range));
        let point = Point::new(113.308, 34.802).unwrap();
        assert_eq!(point, Point { lon_e7: 1_133_080_000, lat_e7: 348_020_000 });
        let json = serde_json::to_string(&point).unwrap();
        assert_eq!(json, r#"{"lon_e7":1133080000,"lat_e7":348020000}"#);
        assert_eq!(serde_json::from_str::<Point>(&json).unwrap(), point);
        assert!(serde_json::from_str::<Point>(r#"{"lon_e7":0,"lat_e7":0}"#).is_err());
        assert!(serde_json::from_str::<Point>(r#"{"lon_e7":1133080000}"#).is_err());
    }

    #[test]
    fn distance_wraps_at_the_date_line_and_spans_the_globe() {
        let at = |lon, lat| Point::new(lon, lat).unwrap();
        assert_eq!(at(179.9999, 1.0).distance_m(at(-179.9999, 1.0)), 22);
        assert_eq!(at(0.0, 90.0).distance_dm(at(120.0, 90.0)), 0);
        let half = at(0.0, 90.0).distance_m(at(0.0, -90.0));
        assert!((20_003_931_i64 - i64::from(half)).abs() < 120_000, "{half}");
    }

    proptest! {
        #[test]
        fn below_ten_kilometres_the_distance_is_good_to_a_thousandth(
            lon in -179.8..179.8_f64, lat in -80.0..80.0_f64,
            east in -0.05..0.05_f64, north in -0.06..0.06_f64,
        ) {
            let a = Point::new(lon, lat).unwrap();
            let b = Point::new(lon + east, lat + north).unwrap();
            let want = geodesic_m(a, b);
            let got = f64::from(a.distance_dm(b)) / 10.0;
            prop_assert!((got - want).abs() <= 0.06 + want * 1e-3, "{} for {}", got, want);
            prop_assert_eq!(a.distance_dm(b), b.distance_dm(a));
        }

        #[test]
        fn a_coarse_point_is_near_and_gives_nothing_more_away(
            lon in 73.0..135.0_f64, lat in 4.0..53.0_f64, side_m in 1..2_000_u32,
        ) {
            let point = Point::new(lon, lat).unwrap();
            let coarse = point.coarse(side_m);
            prop_assert_eq!(coarse.coarse(side_m), coarse, "a fixed point");
            let reach_m = f64::from(side_m) * 0.75 + 1.0;
            prop_assert!(f64::from(point.distance_m(coarse)) <= reach_m);
        }

        #[test]
        fn no_numbers_make_a_point_panic(
            lon in any::<f64>(), lat in any::<f64>(),
            a in any::<[i64; 4]>(), side_m in any::<u32>(),
        ) {
            let _ = Point::new(lon, lat);
            let [p, q] = [(a[0], a[1]), (a[2], a[3])]
                .map(|(lon_e7, lat_e7)| Point { lon_e7, lat_e7 });
            let _ = (p.distance_dm(q), p.coarse(side_m));
        }
    }
}
