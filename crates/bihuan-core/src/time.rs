//! Instants and the realm's zone.
//!
//! Invariant: nothing in this crate reads a clock. An [`Instant`] always comes in as an argument.

use jiff::civil;
use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Instant(pub i64);

/// Milliseconds of one second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds of one hour.
pub const HOUR_MS: i64 = 3_600 * SECOND_MS;
/// Milliseconds of one day of 24 hours.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// The earliest moment that a command may name: 2000-01-01T00:00Z.
pub const INSTANT_MIN: Instant = Instant(946_684_800_000);
/// The latest moment that a command may name: 2100-01-01T00:00Z.
pub const INSTANT_MAX: Instant = Instant(4_102_444_800_000);

impl Instant {
    /// The moment `ms` milliseconds later (earlier when negative), saturating.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Instant {
        Instant(self.0.saturating_add(ms))
    }

    /// Whether the moment lies in the range a command may name.
    #[must_use]
    pub fn is_plausible(self) -> bool {
        (INSTANT_MIN..INSTANT_MAX).contains(&self)
    }
}

/// The realm's zone as a fixed offset east of UTC, in seconds.
///
/// China keeps one zone without daylight saving, so a realm needs no zone database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(pub i32);

/// UTC+8, the zone of a realm that names none.
pub const ZONE_DEFAULT: Zone = Zone(8 * 3_600);

impl Zone {
    /// The civil date and time that a clock on the wall shows at `instant`.
    #[must_use]
    pub fn civil(self, instant: Instant) -> civil::DateTime {
        let local_ms = instant.0.saturating_add(i64::from(self.0) * SECOND_MS);
        let (day, ms_of_day) = (local_ms.div_euclid(DAY_MS), local_ms.rem_euclid(DAY_MS));
        let date = date_of_day(day);
        let ns = (ms_of_day % SECOND_MS) * 1_000_000;
        let s = ms_of_day / SECOND_MS;
        let time = civil::Time::new(
            i8::try_from(s / 3_600).expect("hour below 24"),
            i8::try_from(s / 60 % 60).expect("minute below 60"),
            i8::try_from(s % 60).expect("second below 60"),
            i32::try_from(ns).expect("below one second"),
        )
        .expect("each part is in its range");
        date.to_datetime(time)
    }

    /// The moment at which the clock on the wall shows `civil`.
    #[must_use]
    pub fn instant(self, civil: civil::DateTime) -> Instant {
        let time = civil.time();
        let ms = (i64::from(time.hour()) * 3_600
            + i64::from(time.minute()) * 60
            + i64::from(time.second()))
            * SECOND_MS
            + i64::from(time.subsec_nanosecond()) / 1_000_000;
        Instant(day_of_date(civil.date()) * DAY_MS + ms - i64::from(self.0) * SECOND_MS)
    }

    /// The civil date at `instant`.
    #[must_use]
    pub fn date(self, instant: Instant) -> civil::Date {
        self.civil(instant).date()
    }

    /// The number of the day at `instant`, counted from 1970-01-01 in this zone.
    #[must_use]
    pub fn day(self, instant: Instant) -> i64 {
        instant.0.saturating_add(i64::from(self.0) * SECOND_MS).div_euclid(DAY_MS)
    }

    /// Midnight at the start of day number `day`.
    #[must_use]
    pub fn start_of_day(self, day: i64) -> Instant {
        Instant(day.saturating_mul(DAY_MS) - i64::from(self.0) * SECOND_MS)
    }
}

/// The date of day number `day` (days since 1970-01-01), clamped to what a civil date can hold.
#[must_use]
pub fn date_of_day(day: i64) -> civil::Date {
    let epoch = civil::date(1970, 1, 1);
    let span = jiff::Span::new().try_days(day);
    match span.and_then(|it| epoch.checked_add(it)) {
        Ok(date) => date,
        Err(_) if day < 0 => civil::Date::MIN,
        Err(_) => civil::Date::MAX,
    }
}

/// The number of days from 1970-01-01 to `date`.
#[must_use]
pub fn day_of_date(date: civil::Date) -> i64 {
    // Days from civil, after the proleptic Gregorian rule (400-year eras of 146,097 days).
    let month = i64::from(date.month());
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.day()) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_clock_and_instant_are_inverse() {
        for ms in [0, -1, 1_618_540_200_000, INSTANT_MIN.0, INSTANT_MAX.0 - 1] {
            let civil = ZONE_DEFAULT.civil(Instant(ms));
            assert_eq!(ZONE_DEFAULT.instant(civil), Instant(ms));
        }
        let civil = ZONE_DEFAULT.civil(Instant(1_618_540_200_000));
        assert_eq!(civil.to_string(), "2021-04-16T10:30:00");
    }

    #[test]
    fn days_count_from_the_epoch_on_both_sides() {
        for day in [-800_000, -1, 0, 1, 18_733, 800_000] {
            assert_eq!(day_of_date(date_of_day(day)), day);
        }
        assert_eq!(ZONE_DEFAULT.day(Instant(-1)), 0);
        assert_eq!(ZONE_DEFAULT.start_of_day(0), Instant(-8 * HOUR_MS));
    }

    #[test]
    fn an_absurd_instant_is_clamped_and_not_plausible() {
        assert_eq!(ZONE_DEFAULT.date(Instant(i64::MAX)), civil::Date::MAX);
        assert!(!Instant(-5_364_662_400_000).is_plausible(), "1800-01-01");
    }
}
