//! Working hours: intervals of a day, and the seasons in which they hold.
//!
//! Invariant: an [`Hours`] has at least one interval; they are in order and do not overlap.

use super::CalendarError;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The most intervals of one day.
pub(super) const INTERVALS_MAX: usize = 8;
/// The most seasons of one calendar.
pub(super) const SEASONS_MAX: usize = 24;

/// A minute of the day, 0 to 1,440; written `08:30`, the last one `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Minute(u16);

/// One stretch of working time inside a day; written `08:30-12:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval {
    /// The first minute that works.
    pub from: Minute,
    /// The first minute that does not.
    pub until: Minute,
}

/// The working hours of one day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Interval>", into = "Vec<Interval>")]
pub struct Hours(Vec<Interval>);

/// Working hours that hold from a day on, until the next season starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// The first day.
    pub from: SeasonStart,
    /// The hours.
    pub hours: Hours,
}

/// When a season starts: every year (`06-01`) or once (`2021-06-01`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SeasonStart {
    /// Every year on this month and day.
    Yearly {
        /// Month, 1 to 12.
        month: i8,
        /// Day of the month; one that every year has.
        day: i8,
    },
    /// Once, on this date.
    Once(Date),
}

impl Minute {
    /// 24:00.
    pub const LAST: Minute = Minute(24 * 60);

    /// The minute, or none beyond 24:00.
    #[must_use]
    pub fn new(minute: u16) -> Option<Minute> {
        (minute <= 24 * 60).then_some(Minute(minute))
    }

    /// Minutes since midnight.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// Milliseconds since midnight.
    #[must_use]
    pub fn ms(self) -> i64 {
        i64::from(self.0) * 60_000
    }
}

impl Hours {
    /// The hours, or why they cannot be.
    ///
    /// # Errors
    /// [`CalendarError::Hours`] when there is no interval, too many, or they are out of order.
    pub fn new(intervals: Vec<Interval>) -> Result<Hours, CalendarError> {
        let fault = |what: &'static str| Err(CalendarError::Hours(what));
        if intervals.is_empty() || intervals.len() > INTERVALS_MAX {
            return fault("a working day has 1 to 8 intervals");
        }
        if intervals.iter().any(|it| it.from >= it.until) {
            return fault("an interval ends after it starts");
        }
        if intervals.windows(2).any(|it| it[0].until > it[1].from) {
            return fault("intervals are in order and do not overlap");
        }
        Ok(Hours(intervals))
    }

    /// The intervals in order.
    #[must_use]
    pub fn intervals(&self) -> &[Interval] {
        &self.0
    }

    /// Close of business: the end of the last interval.
    #[must_use]
    pub fn close(&self) -> Minute {
        self.0.last().expect("at least one interval").until
    }

    /// Working minutes of the whole day.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.0.iter().map(|it| u32::from(it.until.0 - it.from.0)).sum()
    }

    /// Working milliseconds before `ms_of_day`.
    pub(super) fn worked_ms(&self, ms_of_day: i64) -> i64 {
        let part = |it: &Interval| (ms_of_day.min(it.until.ms()) - it.from.ms()).max(0);
        self.0.iter().map(part).sum()
    }

    /// The first moment of the day, in ms, before which `worked_ms` were worked (at least 1).
    pub(super) fn end_of_ms(&self, worked_ms: i64) -> i64 {
        let mut left = worked_ms;
        for it in &self.0 {
            let length = it.until.ms() - it.from.ms();
            if left <= length {
                return it.from.ms() + left;
            }
            left -= length;
        }
        self.close().ms()
    }

    /// The last moment of the day, in ms, before which no more than `worked_ms` were worked.
    pub(super) fn start_after_ms(&self, worked_ms: i64) -> i64 {
        let mut left = worked_ms;
        for it in &self.0 {
            let length = it.until.ms() - it.from.ms();
            if left < length {
                return it.from.ms() + left;
            }
            left -= length;
        }
        self.close().ms()
    }
}

impl Default for Hours {
    /// 08:30–12:00 and 14:30–18:00.
    fn default() -> Hours {
        Hours(vec![
            Interval { from: Minute(8 * 60 + 30), until: Minute(12 * 60) },
            Interval { from: Minute(14 * 60 + 30), until: Minute(18 * 60) },
        ])
    }
}

impl std::fmt::Display for Minute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Minute {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Minute, CalendarError> {
        let parsed = text.split_once(':').and_then(|(hour, minute)| {
            let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
            (minute < 60).then(|| Minute::new(u16::from(hour) * 60 + u16::from(minute)))?
        });
        parsed.ok_or(CalendarError::Hours("a time of day is written 08:30, at most 24:00"))
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from, self.until)
    }
}

impl FromStr for Interval {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Interval, CalendarError> {
        let (from, until) = text
            .split_once('-')
            .ok_or(CalendarError::Hours("an interval is written 08:30-12:00"))?;
        Ok(Interval { from: from.parse()?, until: until.parse()? })
    }
}

impl std::fmt::Display for SeasonStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SeasonStart::Yearly { month, day } => write!(f, "{month:02}-{day:02}"),
            SeasonStart::Once(date) => date.fmt(f),
        }
    }
}

impl FromStr for SeasonStart {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<SeasonStart, CalendarError> {
        // 2021 has no 29 February, so a yearly start is a day that every year has.
        let yearly = || {
            let (month, day) = text.split_once('-')?;
            let month = i8::try_from(two_digits(month)?).ok()?;
            let day = i8::try_from(two_digits(day)?).ok()?;
            Date::new(2021, month, day).ok()?;
            Some(SeasonStart::Yearly { month, day })
        };
        let once = || text.parse::<Date>().ok().map(SeasonStart::Once);
        yearly()
            .or_else(once)
            .ok_or(CalendarError::Hours("a season starts on a day such as 06-01 or 2021-06-01"))
    }
}

macro_rules! as_text {
    ($($name:ident)+) => {$(
        impl TryFrom<String> for $name {
            type Error = CalendarError;

            fn try_from(text: String) -> Result<$name, CalendarError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> String {
                it.to_string()
            }
        }
    )+};
}
as_text! { Minute Interval SeasonStart }

impl TryFrom<Vec<Interval>> for Hours {
    type Error = CalendarError;

    fn try_from(intervals: Vec<Interval>) -> Result<Hours, CalendarError> {
        Hours::new(intervals)
    }
}

impl From<Hours> for Vec<Interval> {
    fn from(hours: Hours) -> Vec<Interval> {
        hours.0
    }
}

fn two_digits(text: &str) -> Option<u8> {
    let digits = text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_read_as_they_are_written() {
        let json = r#"["08:30-12:00","14:30-18:00"]"#;
        let hours: Hours = serde_json::from_str(json).unwrap();
        assert_eq!(hours, Hours::default());
        assert_eq!(serde_json::to_string(&hours).unwrap(), json);
        assert_eq!((hours.minutes(), hours.close().to_string()), (420, "18:00".into()));
        for start in ["06-01", "2021-06-01"] {
            assert_eq!(start.parse::<SeasonStart>().unwrap().to_string(), start);
        }
    }

    #[test]
    fn hours_that_cannot_be_are_refused() {
        for json in [
            "[]",
            r#"["12:00-08:30"]"#,
            r#"["08:30-12:00","11:00-18:00"]"#,
            r#"["08:30-24:01"]"#,
            r#"["08:60-12:00"]"#,
            r#"["8:30-12:00"]"#,
            r#"["+8:30-12:00"]"#,
        ] {
            assert!(serde_json::from_str::<Hours>(json).is_err(), "{json}");
        }
        for start in ["02-29", "13-01", "2021-02-29", "june", ""] {
            assert!(start.parse::<SeasonStart>().is_err(), "{start}");
        }
    }
}
