//! How long something may take, always with its unit: a "day" without one is a fault.

use crate::text::Lang;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The largest limit in hours of either kind.
pub const HOURS_MAX: u32 = 10_000;
/// The largest limit in working days.
pub const WORK_DAYS_MAX: u32 = 3_660;
/// The largest limit in calendar days.
pub const NATURAL_DAYS_MAX: u32 = 3_660;

/// A limit and its unit, written as `4 work_hour` wherever it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Within {
    /// 紧急工作时: hours by the clock on the wall, nights and holidays included.
    UrgentHours(u32),
    /// 工作时: hours of working time only.
    WorkHours(u32),
    /// 工作日: whole working days; the first day is not counted.
    WorkDays(u32),
    /// 自然日: calendar days; the first day is not counted.
    NaturalDays(u32),
}

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 紧急工作时.
    UrgentHour,
    /// 工作时.
    WorkHour,
    /// 工作日.
    WorkDay,
    /// 自然日.
    NaturalDay,
}

/// Why a text is not a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithinError {
    /// Not a number, one space and a unit.
    #[error("a limit is a number and a unit, such as `4 work_hour`; found `{0}`")]
    Shape(String),
    /// A unit that does not exist.
    #[error("no unit is called `{0}`; write urgent_hour, work_hour, work_day or natural_day")]
    Unit(String),
    /// No time at all.
    #[error("a limit is at least 1 {}", .0.code())]
    Zero(Unit),
    /// More than the engine reckons with.
    #[error("a limit is at most {max} {}", .unit.code())]
    TooLong {
        /// The unit.
        unit: Unit,
        /// Its largest number.
        max: u32,
    },
}

impl Unit {
    /// The unit as it is written in limits.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Unit::UrgentHour => "urgent_hour",
            Unit::WorkHour => "work_hour",
            Unit::WorkDay => "work_day",
            Unit::NaturalDay => "natural_day",
        }
    }

    /// The largest number that goes with the unit.
    #[must_use]
    pub fn max(self) -> u32 {
        match self {
            Unit::UrgentHour | Unit::WorkHour => HOURS_MAX,
            Unit::WorkDay => WORK_DAYS_MAX,
            Unit::NaturalDay => NATURAL_DAYS_MAX,
        }
    }

    /// So many of the unit.
    #[must_use]
    pub fn times(self, count: u32) -> Within {
        match self {
            Unit::UrgentHour => Within::UrgentHours(count),
            Unit::WorkHour => Within::WorkHours(count),
            Unit::WorkDay => Within::WorkDays(count),
            Unit::NaturalDay => Within::NaturalDays(count),
        }
    }
}

impl Within {
    /// The unit.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Within::UrgentHours(_) => Unit::UrgentHour,
            Within::WorkHours(_) => Unit::WorkHour,
            Within::WorkDays(_) => Unit::WorkDay,
            Within::NaturalDays(_) => Unit::NaturalDay,
        }
    }

    /// How many of the unit.
    #[must_use]
    pub fn count(self) -> u32 {
        match self {
            Within::UrgentHours(count)
            | Within::WorkHours(count)
            | Within::WorkDays(count)
            | Within::NaturalDays(count) => count,
        }
    }

    /// The same limit, or the largest of its unit.
    #[must_use]
    pub fn clamped(self) -> Within {
        self.unit().times(self.count().min(self.unit().max()))
    }

    /// The limit as a person reads it.
    #[must_use]
    pub fn text(self, lang: Lang) -> String {
        let count = self.count();
        let plural = if count == 1 { "" } else { "s" };
        match (self.unit(), lang) {
            (Unit::UrgentHour, Lang::Zh) => format!("{count}个紧急工作时"),
            (Unit::WorkHour, Lang::Zh) => format!("{count}个工作时"),
            (Unit::WorkDay, Lang::Zh) => format!("{count}个工作日"),
            (Unit::NaturalDay, Lang::Zh) => format!("{count}个自然日"),
            (Unit::UrgentHour, Lang::En) => format!("{count} hour{plural} round the clock"),
            (Unit::WorkHour, Lang::En) => format!("{count} working hour{plural}"),
            (Unit::WorkDay, Lang::En) => format!("{count} working day{plural}"),
            (Unit::NaturalDay, Lang::En) => format!("{count} calendar day{plural}"),
        }
    }
}

impl std::fmt::Display for Within {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.count(), self.unit().code())
    }
}

impl FromStr for Within {
    type Err = WithinError;

    fn from_str(text: &str) -> Result<Within, WithinError> {
        let shape = || WithinError::Shape(text.chars().take(40).collect());
        let (count, unit) = text.split_once(' ').ok_or_else(shape)?;
        if count.is_empty() || !count.bytes().all(|it| it.is_ascii_digit()) {
            return Err(shape());
        }
        let unit = match unit {
            "urgent_hour" => Unit::UrgentHour,
            "work_hour" => Unit::WorkHour,
            "work_day" => Unit::WorkDay,
            "natural_day" => Unit::NaturalDay,
            other => return Err(WithinError::Unit(other.chars().take(40).collect())),
        };
        match count.parse::<u32>() {
            Ok(0) => Err(WithinError::Zero(unit)),
            Ok(count) if count <= unit.max() => Ok(unit.times(count)),
            _ => Err(WithinError::TooLong { unit, max: unit.max() }),
        }
    }
}

impl TryFrom<String> for Within {
    type Error = WithinError;

    fn try_from(text: String) -> Result<Within, WithinError> {
        text.parse()
    }
}

impl From<Within> for String {
    fn from(within: Within) -> String {
        within.to_string()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Within {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A limit and its unit."))
            .pattern(Some("^[1-9][0-9]{0,3} (urgent_hour|work_hour|work_day|natural_day)$"))
            .examples(["4 work_hour"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Within {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_reads_as_it_is_written() {
        for text in ["4 work_hour", "2 urgent_hour", "5 work_day", "15 natural_day"] {
            let within: Within = text.parse().unwrap();
            assert_eq!(within.to_string(), text);
            let json = serde_json::to_string(&within).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            assert_eq!(serde_json::from_str::<Within>(&json).unwrap(), within);
        }
    }

    #[test]
    fn a_limit_without_unit_or_beyond_measure_is_refused() {
        let unit = Unit::WorkDay;
        for (text, error) in [
            ("4", WithinError::Shape("4".into())),
            ("", WithinError::Shape(String::new())),
            ("-4 work_hour", WithinError::Shape("-4 work_hour".into())),
            ("4 day", WithinError::Unit("day".into())),
            ("4  work_day", WithinError::Unit(" work_day".into())),
            ("0 work_day", WithinError::Zero(unit)),
            ("3661 work_day", WithinError::TooLong { unit, max: 3_660 }),
            ("99999999999 work_day", WithinError::TooLong { unit, max: 3_660 }),
            ("10001 work_hour", WithinError::TooLong { unit: Unit::WorkHour, max: 10_000 }),
        ] {
            assert_eq!(text.parse::<Within>(), Err(error));
        }
        assert_eq!(Within::WorkHours(u32::MAX).clamped(), Within::WorkHours(HOURS_MAX));
    }
}
