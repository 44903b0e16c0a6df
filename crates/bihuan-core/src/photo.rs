//! Photos: what a camera wrote into one, beside what the phone said, and whether two look alike.
//!
//! Invariant: a difference is a flag for a person to look at, never a refusal: clocks drift,
//! satellites are hidden, and editing a picture is no crime.

use crate::place::{Datum, Place, Point};
use crate::time::{Instant, SECOND_MS, Zone};
use jiff::civil;
use serde::{Deserialize, Serialize};

/// How far apart camera and phone may say a photo was taken, metres, beside their accuracies.
pub const PLACE_APART_M: u32 = 200;
/// How much of a stated accuracy is granted, metres.
pub const ACCURACY_GRANTED_M: u32 = 100;
/// How far apart camera and phone may say a photo was taken, in time.
pub const TIME_APART_MS: i64 = 10 * 60_000;
/// Two looks that differ in at most so many bits are of the same picture.
pub const LOOK_BITS_MAX: u32 = 6;
/// A look with fewer bits set, or fewer bits clear, is of a picture too plain to tell apart.
pub const LOOK_PLAIN_BITS: u32 = 8;
/// Into how many parts a look is split: one more than may differ, so that one is always the same.
pub const LOOK_PARTS: usize = LOOK_BITS_MAX as usize + 1;

/// What a camera wrote into a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Where, as its numbers read in WGS-84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Point>,
    /// The datum that it names, where it names one that we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datum: Option<Datum>,
    /// The error that it states, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
    /// When, as the clock on its wall showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<civil::DateTime>,
    /// How far that clock is ahead of UTC, in minutes, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_min: Option<i32>,
    /// When the satellites were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix_at: Option<Instant>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How a drone stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drone: Option<Drone>,
}

/// How a drone stood when it took a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drone {
    /// Height above where it took off, millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<i64>,
    /// Where the camera looked, clockwise from north, thousandths of a degree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaw_mdeg: Option<i64>,
    /// How far up it looked: 0 the horizon, -90,000 straight down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pitch_mdeg: Option<i64>,
    /// How it was tilted sideways, thousandths of a degree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_mdeg: Option<i64>,
}

/// What the phone said of a photo when it sent it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phone {
    /// When it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Instant>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_in: Option<Place>,
}

/// Both, as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// What the camera wrote.
    pub camera: Camera,
    /// What the phone said.
    pub phone: Phone,
}

/// Something that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Flag {
    /// Camera and phone were in different places.
    PlaceDiffers {
        /// How far apart, metres.
        off_m: u32,
    },
    /// They were in one place, if one of them reads in another datum than it says.
    DatumDiffers {
        /// How far apart they seem, metres.
        off_m: u32,
        /// The datum that one of them was in.
        datum: Datum,
    },
    /// Camera and phone say different times.
    TimeDiffers {
        /// How much later the phone says it was, milliseconds.
        off_ms: i64,
    },
    /// It looks like a photo that came earlier.
    LooksLike {
        /// SHA-256 of the earlier one.
        digest: String,
        /// In how many bits of 64 the two looks differ.
        bits: u32,
    },
}

impl Camera {
    /// When the picture was taken. A camera that names no offset shows the time of `zone`.
    #[must_use]
    pub fn taken_at(&self, zone: Zone) -> Option<Instant> {
        let zone = self.offset_min.map_or(zone, |it| Zone(it.saturating_mul(60)));
        let shown = self.taken.map(|it| zone.instant(it)).or(self.fix_at);
        shown.filter(|it| it.is_plausible())
    }
}

impl Facts {
    /// Where camera and phone differ.
    #[must_use]
    pub fn flags(&self, zone: Zone) -> Vec<Flag> {
        let mut flags = Vec::new();
        if let (Some(camera), Some(phone)) = (self.camera.at, &self.phone.taken_in) {
            flags.extend(self.place_flag(camera, phone));
        }
        if let (Some(camera), Some(phone)) = (self.camera.taken_at(zone), self.phone.taken_at) {
            let off_ms = phone.0 - camera.0;
            // A camera shows whole seconds.
            if off_ms.abs() > TIME_APART_MS + SECOND_MS {
                flags.push(Flag::TimeDiffers { off_ms });
            }
        }
        flags
    }

    fn place_flag(&self, camera: Point, phone: &Place) -> Option<Flag> {
        let granted = |it: u32| it.min(ACCURACY_GRANTED_M);
        let apart_m = PLACE_APART_M
            + granted(phone.accuracy_m)
            + granted(self.camera.accuracy_m.unwrap_or(0));
        let off_m = camera.distance_m(phone.at);
        if off_m <= apart_m {
            return None;
        }
        let read_as = |it: Point, datum: Datum| {
            let (lon, lat) = datum.to_wgs84(it.lon(), it.lat());
            Point::new(lon, lat).ok()
        };
        let shifted = [Datum::Gcj02, Datum::Bd09].into_iter().find(|datum| {
            let near = |it: Option<Point>, other: Point| {
                it.is_some_and(|it| it.distance_m(other) <= apart_m / 2)
            };
            near(read_as(camera, *datum), phone.at) || near(read_as(phone.at, *datum), camera)
        });
        Some(match shifted {
            Some(datum) => Flag::DatumDiffers { off_m, datum },
            None => Flag::PlaceDiffers { off_m },
        })
    }
}

/// In how many bits two looks differ, where both tell something and they are alike.
#[must_use]
pub fn alike(one: u64, other: u64) -> Option<u32> {
    let tells = |it: u64| (LOOK_PLAIN_BITS..=64 - LOOK_PLAIN_BITS).contains(&it.count_ones());
    let bits = (one ^ other).count_ones();
    (tells(one) && tells(other) && bits <= LOOK_BITS_MAX).then_some(bits)
}

/// The parts of a look, each with its number: looks that are alike share at least one.
#[must_use]
pub fn look_parts(look: u64) -> [i64; LOOK_PARTS] {
    let mut parts = [0; LOOK_PARTS];
    let mut rest = look;
    for (no, part) in parts.iter_mut().enumerate() {
        let width = if no == 0 { 10 } else { 9 };
        let bits = rest & ((1 << width) - 1);
        *part = i64::try_from((no as u64) << 10 | bits).expect("fewer than 14 bits");
        rest >>= width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::PlaceSource;
    use crate::time::ZONE_DEFAULT;

    /// 2021-04-16T10:30 on a clock of UTC+8.
    const AT: Instant = Instant(1_618_540_200_000);

    fn facts(lon: f64, lat: f64, datum: Datum) -> Facts {
        let taken_in = Place::from_raw(lon, lat, Some(datum), 5, PlaceSource::Gnss, None);
        let phone = Phone { taken_at: Some(AT), taken_in: Some(taken_in.expect("a place")) };
        let camera = Camera {
            at: Some(Point::new(113.308, 34.802).expect("a point")),
            taken: Some(ZONE_DEFAULT.civil(AT)),
            ..Camera::default()
        };
        Facts { camera, phone }
    }

    #[test]
    fn a_phone_and_a_camera_that_agree_raise_no_flag() {
        assert!(facts(113.308, 34.802, Datum::Wgs84).flags(ZONE_DEFAULT).is_empty());
        assert!(facts(113.314393754, 34.801094665, Datum::Gcj02).flags(ZONE_DEFAULT).is_empty());
        assert!(Facts::default().flags(ZONE_DEFAULT).is_empty(), "nothing said is no difference");
    }

    #[test]
    fn another_place_and_a_shifted_datum_are_told_apart() {
        let far = facts(113.35, 34.802, Datum::Wgs84).flags(ZONE_DEFAULT);
        assert!(matches!(far[..], [Flag::PlaceDiffers { off_m: 3_500..4_200 }]), "{far:?}");
        let shifted = facts(113.314393754, 34.801094665, Datum::Wgs84).flags(ZONE_DEFAULT);
        assert!(
            matches!(shifted[..], [Flag::DatumDiffers { datum: Datum::Gcj02, .. }]),
            "{shifted:?}"
        );
    }

    #[test]
    fn another_time_is_flagged_and_an_offset_is_heeded() {
        let mut facts = facts(113.308, 34.802, Datum::Wgs84);
        facts.phone.taken_at = Some(AT.plus_ms(TIME_APART_MS));
        assert!(facts.flags(ZONE_DEFAULT).is_empty());
        facts.phone.taken_at = Some(AT.plus_ms(-3_600_000));
        let flags = facts.flags(ZONE_DEFAULT);
        assert_eq!(flags, [Flag::TimeDiffers { off_ms: -3_600_000 }]);
        facts.camera.offset_min = Some(9 * 60);
        assert!(facts.flags(ZONE_DEFAULT).is_empty(), "10:30 at UTC+9 is an hour earlier");
    }

    #[test]
    fn alike_looks_share_a_part_and_plain_ones_tell_nothing() {
        let look = 0x0f1e_2d3c_4b5a_6978;
        for seed in 0..2_000_u64 {
            let mut other = look;
            for step in 0..6 {
                let hash = (seed * 6 + step).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                other ^= 1 << (hash >> 58);
            }
            let shared = look_parts(look).iter().any(|it| look_parts(other).contains(it));
            assert!(shared, "seed {seed}");
            assert_eq!(alike(look, other), Some((look ^ other).count_ones()), "seed {seed}");
        }
        assert_eq!(alike(look, !look), None);
        assert_eq!(alike(0, 0), None, "a white wall is like any other");
        assert_eq!(alike(look, look), Some(0));
    }
}
