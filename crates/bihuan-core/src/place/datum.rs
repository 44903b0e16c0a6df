//! Datums: in which frame a coordinate was given, and the way from it to WGS-84.
//!
//! GCJ-02 and BD-09 shift a point by 19 to 1,300 metres, so a coordinate without its datum is
//! worthless. Conversion is by the published formulas with the Krasovsky 1940 ellipsoid; the way
//! back is found by fixed-point steps, so a round trip stays far below a centimetre.
//! Invariant: outside the box of [`in_china`] nothing is ever shifted.

use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// The frame in which a coordinate is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Datum {
    /// GPS, EXIF, drones, the web's geolocation; what the record keeps.
    Wgs84,
    /// The national frame, Tianditu, surveying; within decimetres of WGS-84 and taken as equal.
    Cgcs2000,
    /// The shifted frame of DingTalk, AMap, Tencent.
    Gcj02,
    /// The frame of Baidu: GCJ-02 shifted once more.
    Bd09,
}

impl Datum {
    /// Every datum, in order.
    pub const ALL: [Datum; 4] = [Datum::Wgs84, Datum::Cgcs2000, Datum::Gcj02, Datum::Bd09];

    /// The word for it in files and columns, such as `gcj02`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Datum::Wgs84 => "wgs84",
            Datum::Cgcs2000 => "cgcs2000",
            Datum::Gcj02 => "gcj02",
            Datum::Bd09 => "bd09",
        }
    }

    /// The name that surveyors use, such as `GCJ-02`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Datum::Wgs84 => "WGS-84",
            Datum::Cgcs2000 => "CGCS2000",
            Datum::Gcj02 => "GCJ-02",
            Datum::Bd09 => "BD-09",
        }
    }

    /// The datum that [`Datum::as_str`] names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Datum> {
        Datum::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether its numbers are those of WGS-84.
    #[must_use]
    pub fn is_plain(self) -> bool {
        matches!(self, Datum::Wgs84 | Datum::Cgcs2000)
    }

    /// Degrees in this datum as degrees in WGS-84.
    #[must_use]
    pub fn to_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Datum::Wgs84 | Datum::Cgcs2000 => (lon, lat),
            Datum::Gcj02 => invert(wgs84_to_gcj02, lon, lat),
            Datum::Bd09 => {
                let (lon, lat) = invert(gcj02_to_bd09, lon, lat);
                invert(wgs84_to_gcj02, lon, lat)
            }
        }
    }

    /// Degrees in WGS-84 as degrees in this datum.
    #[must_use]
    pub fn from_wgs84(self, lon: f64, lat: f64) -> (f64, f64) {
        match self {
            Datum::Wgs84 | Datum::Cgcs2000 => (lon, lat),
            Datum::Gcj02 => wgs84_to_gcj02(lon, lat),
            Datum::Bd09 => {
                let (lon, lat) = wgs84_to_gcj02(lon, lat);
                gcj02_to_bd09(lon, lat)
            }
        }
    }
}

impl std::fmt::Display for Datum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title())
    }
}

/// Whether the shifts apply: the customary box around China, not its boundary.
#[must_use]
pub fn in_china(lon: f64, lat: f64) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

/// Semi-major axis of the Krasovsky ellipsoid of 1940, metres.
const AXIS_M: f64 = 6_378_245.0;
/// Its first eccentricity, squared.
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;
/// Steps of the way back; three reach a tenth of a millimetre, these reach the last digit.
const STEPS: u32 = 8;
/// The way back is found when a step is below this, degrees (a tenth of a micrometre).
const STEP_DEG: f64 = 1e-12;

fn wgs84_to_gcj02(lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = |k: f64| (k * PI).sin();
    let common = 2.0 / 3.0 * (20.0 * wave(6.0 * x) + 20.0 * wave(2.0 * x));
    let north_m = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + 2.0 / 3.0 * (20.0 * wave(y) + 40.0 * wave(y / 3.0))
        + 2.0 / 3.0 * (160.0 * wave(y / 12.0) + 320.0 * wave(y / 30.0));
    let east_m = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + 2.0 / 3.0 * (20.0 * wave(x) + 40.0 * wave(x / 3.0))
        + 2.0 / 3.0 * (150.0 * wave(x / 12.0) + 300.0 * wave(x / 30.0));
    let latitude = lat.to_radians();
    let m = 1.0 - ECCENTRICITY_2 * latitude.sin().powi(2);
    let meridian_m = AXIS_M * (1.0 - ECCENTRICITY_2) / (m * m.sqrt());
    let parallel_m = AXIS_M / m.sqrt() * latitude.cos();
    (lon + (east_m / parallel_m).to_degrees(), lat + (north_m / meridian_m).to_degrees())
}

fn gcj02_to_bd09(lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let k = PI * 3000.0 / 180.0;
    let radius = lon.hypot(lat) + 2e-5 * (lat * k).sin();
    let angle = lat.atan2(lon) + 3e-6 * (lon * k).cos();
    (radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

/// The point that `shift` moves to (lon, lat), by fixed-point steps from there.
fn invert(shift: fn(f64, f64) -> (f64, f64), lon: f64, lat: f64) -> (f64, f64) {
    if !in_china(lon, lat) {
        return (lon, lat);
    }
    let mut found = (lon, lat);
    for _ in 0..STEPS {
        let shifted = shift(found.0, found.1);
        let (east, north) = (shifted.0 - lon, shifted.1 - lat);
        found = (found.0 - east, found.1 - north);
        if east.abs() < STEP_DEG && north.abs() < STEP_DEG {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Point;
    use proptest::prelude::*;

    /// The vectors of `tests/data/datum.csv`: a name, then WGS-84, GCJ-02 and BD-09.
    fn vectors() -> Vec<(String, [f64; 6])> {
        let text = include_str!("../../tests/data/datum.csv");
        let rows = text.lines().filter(|it| !it.starts_with('#')).skip(1);
        rows.map(|row| {
            let (name, numbers) = row.split_once(',').unwrap();
            let numbers: Vec<f64> = numbers.split(',').map(|it| it.parse().unwrap()).collect();
            (name.to_owned(), numbers.try_into().unwrap())
        })
        .collect()
    }

    fn near(a: (f64, f64), b: (f64, f64), degrees: f64) -> bool {
        (a.0 - b.0).abs() < degrees && (a.1 - b.1).abs() < degrees
    }

    #[test]
    fn every_vector_holds_in_both_directions() {
        let vectors = vectors();
        assert_eq!(vectors.len(), 40);
        for (name, [wx, wy, gx, gy, bx, by]) in vectors {
            assert!(near(Datum::Gcj02.from_wgs84(wx, wy), (gx, gy), 1e-9), "{name} to GCJ-02");
            assert!(near(Datum::Bd09.from_wgs84(wx, wy), (bx, by), 1e-9), "{name} to BD-09");
            assert!(near(Datum::Gcj02.to_wgs84(gx, gy), (wx, wy), 2e-9), "{name} from GCJ-02");
            assert!(near(Datum::Bd09.to_wgs84(bx, by), (wx, wy), 2e-9), "{name} from BD-09");
            for plain in [Datum::Wgs84, Datum::Cgcs2000] {
                assert_eq!(plain.to_wgs84(wx, wy), (wx, wy));
            }
        }
        assert!(near(Datum::Gcj02.to_wgs84(123.0, 45.0), (122.993_955_81, 44.998_040_618), 1e-9));
    }

    #[test]
    fn outside_china_nothing_is_shifted() {
        for datum in Datum::ALL {
            for (lon, lat) in [(139.6917, 35.6895), (-0.1, 51.5), (179.9, -89.9), (0.0, 0.0)] {
                assert_eq!(datum.from_wgs84(lon, lat), (lon, lat));
                assert_eq!(datum.to_wgs84(lon, lat), (lon, lat));
            }
        }
    }

    #[test]
    fn a_word_names_its_datum_and_another_word_none() {
        for datum in Datum::ALL {
            assert_eq!(Datum::from_word(datum.as_str()), Some(datum));
            let json = serde_json::to_string(&datum).unwrap();
            assert_eq!(json, format!("{:?}", datum.as_str()));
        }
        assert_eq!(Datum::from_word("WGS-84"), None);
    }

    proptest! {
        #[test]
        fn a_round_trip_stays_below_a_centimetre(lon in 72.05..137.78_f64, lat in 0.88..55.78_f64) {
            for datum in Datum::ALL {
                let (there_lon, there_lat) = datum.from_wgs84(lon, lat);
                let back = datum.to_wgs84(there_lon, there_lat);
                prop_assert!(near(back, (lon, lat), 1e-9), "{} {:?}", datum, back);
            }
            let (gcj_lon, gcj_lat) = Datum::Gcj02.from_wgs84(lon, lat);
            let here = Point::new(lon, lat).unwrap();
            let shift_m = here.distance_m(Point::new(gcj_lon, gcj_lat).unwrap());
            prop_assert!(shift_m < 1000, "{} m", shift_m);
        }

        #[test]
        fn no_number_makes_a_conversion_panic(lon in any::<f64>(), lat in any::<f64>()) {
            for datum in Datum::ALL {
                let _ = datum.from_wgs84(lon, lat);
                let _ = datum.to_wgs84(lon, lat);
            }
        }
    }
}
