//! The deadline and the acts that change it.
//!
//! Sources: Civil Code art. 201 and 203 (the first day is not counted; a last day that is a rest
//! day moves to the next working day; it ends at 24:00 or at close of business).

use super::calendar::Calendar;
use super::reckon::{Reckoning, days_ms, last_day, plausible};
use super::step::{Left, Step};
use super::within::{Unit, Within};
use crate::time::{HOUR_MS, Instant, Zone, date_of_day};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Until when, by which rule, and why just then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The deadline: the end of the last working minute, hour or day.
    pub at: Instant,
    /// The rule that set it.
    pub rule: RuleRef,
    /// The unit that it is measured in.
    pub unit: Unit,
    /// What happens when its last calendar day is a rest day.
    #[serde(default)]
    pub rest_day: RestDay,
    /// The reckoning, step by step; at most [`STEPS_MAX`](super::STEPS_MAX).
    pub because: Vec<Step>,
    /// Whether it rests on a year without a table, to be computed anew once there is one.
    #[serde(default)]
    pub provisional: bool,
}

/// What happens when the last calendar day is a rest day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RestDay {
    /// It moves to the next working day (Civil Code art. 203).
    #[default]
    Roll,
    /// It stays.
    Stay,
}

/// The rule that set a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleRef {
    /// The limit of a class.
    Class {
        /// Code of the class.
        code: String,
        /// Revision of the pack that states it.
        rev: u32,
    },
    /// The limit of a stage.
    Stage {
        /// Key of the stage.
        id: String,
    },
    /// An order.
    Ordered {
        /// Who ordered.
        by: String,
        /// Key or content reference of the reason, never the free text itself.
        reason: String,
    },
    /// A duty.
    Duty {
        /// Key of the duty.
        id: String,
    },
    /// A law or document.
    Law {
        /// Its name and article.
        text: String,
    },
}

impl Due {
    /// A deadline set to a moment by order ("today before 18:00"), measured in `unit`.
    #[must_use]
    pub fn fixed(zone: Zone, at: Instant, unit: Unit, rule: RuleRef) -> Due {
        let at = plausible(at);
        let because = vec![Step::Fixed(zone.civil(at))];
        Due { at, rule, unit, rest_day: RestDay::Stay, because, provisional: false }
    }

    /// The day it ends; one at 24:00 belongs to the day before that midnight.
    #[must_use]
    pub fn date(&self, zone: Zone) -> Date {
        date_of_day(last_day(zone, plausible(self.at)))
    }
}

/// The deadline of what starts at `start` and may take `within`.
///
/// Hours run from the starting moment; days do not count the first day and end with the last.
/// `rest_day` matters to calendar days only. A limit beyond its maximum counts as the maximum.
#[must_use]
pub fn due(
    calendar: &Calendar,
    zone: Zone,
    start: Instant,
    within: Within,
    rest_day: RestDay,
    rule: RuleRef,
) -> Due {
    let start = plausible(start);
    let within = within.clamped();
    let steps = vec![Step::Start(zone.civil(start)), Step::Limit(within)];
    let mut reckoning = Reckoning::new(calendar, zone, steps, false);
    let at = count(&mut reckoning, start, zone.day(start), within, rest_day);
    let (because, provisional) = reckoning.finish();
    Due { at, rule, unit: within.unit(), rest_day, because, provisional }
}

/// The deadline `within` later, counted from the current deadline.
#[must_use]
pub fn extend(calendar: &Calendar, zone: Zone, due: &Due, within: Within) -> Due {
    let start = plausible(due.at);
    let within = within.clamped();
    let mut reckoning = Reckoning::new(calendar, zone, due.because.clone(), due.provisional);
    reckoning.tell(Step::Extended { from: zone.civil(start), by: within });
    let at = count(&mut reckoning, start, last_day(zone, start), within, due.rest_day);
    let (because, provisional) = reckoning.finish();
    Due { at: at.max(start), because, provisional, ..due.clone() }
}

/// The deadline as if the clock had stood still from `from` to `to`, in the unit of `within`.
///
/// What was left at `from` runs on at `to`: working time, whole working days, or calendar days.
/// A deadline that had passed at `from` stays, and so does one that never stood still.
#[must_use]
pub fn shift(
    calendar: &Calendar,
    zone: Zone,
    due: &Due,
    within: Within,
    from: Instant,
    to: Instant,
) -> Due {
    let (was, from, to) = (plausible(due.at), plausible(from), plausible(to));
    if from >= was || to <= from {
        return due.clone();
    }
    let mut reckoning = Reckoning::new(calendar, zone, due.because.clone(), due.provisional);
    let pause = Pause { was, from, to };
    let at = match within.unit() {
        Unit::UrgentHour => {
            pause.tell(&mut reckoning, zone, Left::Ms(was.0 - from.0));
            reckoning.wall(was, to.0 - from.0)
        }
        Unit::WorkHour => pause.work(&mut reckoning, zone),
        Unit::WorkDay => pause.work_days(&mut reckoning, zone),
        Unit::NaturalDay => pause.natural_days(&mut reckoning, zone, due.rest_day),
    };
    let (because, provisional) = reckoning.finish();
    Due { at: at.max(was), because, provisional, ..due.clone() }
}

fn count(
    reckoning: &mut Reckoning<'_>,
    start: Instant,
    first_day: i64,
    within: Within,
    rest_day: RestDay,
) -> Instant {
    let count = i64::from(within.count());
    match within.unit() {
        Unit::UrgentHour => reckoning.wall(start, count * HOUR_MS),
        Unit::WorkHour => reckoning.work(start, count * HOUR_MS),
        Unit::WorkDay => reckoning.work_days(first_day, count),
        Unit::NaturalDay => reckoning.natural_day(first_day + count, rest_day),
    }
}

/// A stand-still of a deadline that had not passed.
struct Pause {
    was: Instant,
    from: Instant,
    to: Instant,
}

impl Pause {
    fn tell(&self, reckoning: &mut Reckoning<'_>, zone: Zone, left: Left) {
        let (from, to) = (zone.civil(self.from), zone.civil(self.to));
        reckoning.tell(Step::Paused { from, to, left });
    }

    fn work(&self, reckoning: &mut Reckoning<'_>, zone: Zone) -> Instant {
        let index = reckoning.index();
        let left = index.worked_ms(zone, self.was) - index.worked_ms(zone, self.from);
        self.tell(reckoning, zone, Left::WorkMs(left));
        if left == 0 && self.to <= self.was {
            return self.was;
        }
        reckoning.work(self.to, left)
    }

    fn work_days(&self, reckoning: &mut Reckoning<'_>, zone: Zone) -> Instant {
        let index = reckoning.index();
        let last = last_day(zone, self.was);
        let left = index.days_before(last + 1) - index.days_before(zone.day(self.from) + 1);
        let left = left.max(0);
        self.tell(reckoning, zone, Left::WorkDays(u32::try_from(left).unwrap_or(u32::MAX)));
        let Some(day) = self.resumed(reckoning, zone, left) else { return self.was };
        let at = reckoning.work_days(day, left);
        keep_time_of_day(reckoning, zone, self.was, at)
    }

    fn natural_days(
        &self,
        reckoning: &mut Reckoning<'_>,
        zone: Zone,
        rest_day: RestDay,
    ) -> Instant {
        let last = last_day(zone, self.was);
        let left = (last - zone.day(self.from)).max(0);
        self.tell(reckoning, zone, Left::Days(u32::try_from(left).unwrap_or(u32::MAX)));
        let Some(day) = self.resumed(reckoning, zone, left) else { return self.was };
        let at = reckoning.natural_day(day + left, rest_day);
        keep_time_of_day(reckoning, zone, self.was, at)
    }

    /// The day from which days are counted again; none when no day passed.
    fn resumed(&self, reckoning: &Reckoning<'_>, zone: Zone, left: i64) -> Option<i64> {
        let day = zone.day(self.to);
        if day == zone.day(self.from) && self.to < self.was {
            return None;
        }
        let last = last_day(zone, self.was);
        let ends = if self.was == reckoning.end_of_day(last) {
            reckoning.end_of_day(day)
        } else {
            self.was.plus_ms(days_ms(day - last))
        };
        // Back too late on what would be the last day: the next one is the last.
        Some(day + i64::from(left == 0 && self.to >= ends))
    }
}

/// A deadline ordered for a time of day keeps that time on the day it moves to.
fn keep_time_of_day(reckoning: &Reckoning<'_>, zone: Zone, was: Instant, at: Instant) -> Instant {
    let last = last_day(zone, was);
    if was == reckoning.end_of_day(last) {
        return at;
    }
    let moved = last_day(zone, at) - last;
    plausible(was.plus_ms(days_ms(moved)))
}
