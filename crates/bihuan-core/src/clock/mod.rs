//! Deadlines that explain themselves and know make-up days (调休).
//!
//! A [`Within`] says how long and in which unit; a [`Calendar`] says which days and hours work;
//! [`due`] joins the two into a [`Due`] that carries its reasons.
//!
//! Invariants: a year without a table never passes for plain weekends: what touches it is
//! `provisional` and names the year. No input makes a panic: moments are clamped to
//! [`INSTANT_MIN`](crate::time::INSTANT_MIN) and [`INSTANT_MAX`](crate::time::INSTANT_MAX).
//! Every loop is bounded by the days between these two.

mod calendar;
mod due;
mod hours;
mod index;
mod measure;
mod reckon;
mod step;
mod within;
mod year;

pub use calendar::{Calendar, CalendarError, CalendarSpec, Day, DayEnds, DayKind, Duty, LocalDay};
pub use due::{Due, RestDay, RuleRef, due, extend, shift};
pub use hours::{Hours, Interval, Minute, Season, SeasonStart};
pub use measure::{before, warn_at, working_ms_between};
pub use step::{Left, STEPS_MAX, Step};
pub use within::{HOURS_MAX, NATURAL_DAYS_MAX, Unit, WORK_DAYS_MAX, Within, WithinError};
pub use year::{Holiday, MakeUp, YEAR_TEXT_BYTES_MAX, YearError, YearTable};
