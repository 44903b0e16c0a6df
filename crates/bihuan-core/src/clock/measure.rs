//! How much time lies between two moments, and the moments at a part of a limit.

use super::calendar::Calendar;
use super::due::Due;
use super::reckon::{days_ms, last_day, plausible};
use super::within::{Unit, Within};
use crate::time::{HOUR_MS, Instant, Zone};

/// Milliseconds of working time from `a` to `b`; negative when `b` comes first.
#[must_use]
pub fn working_ms_between(calendar: &Calendar, zone: Zone, a: Instant, b: Instant) -> i64 {
    let worked = |at| calendar.index().worked_ms(zone, plausible(at));
    worked(b) - worked(a)
}

/// The moment at which `percent` of the time from `start` to the deadline has passed.
///
/// Working hours and days are measured in working time (days without the first day), the others
/// by the clock on the wall. Never before `start` nor after the deadline.
#[must_use]
pub fn warn_at(calendar: &Calendar, zone: Zone, start: Instant, due: &Due, percent: u8) -> Instant {
    let (start, end) = (plausible(start), plausible(due.at));
    if start >= end || percent >= 100 {
        return end;
    }
    let percent = i64::from(percent);
    let index = calendar.index();
    let part = |from: i64, until: i64| from + (until - from) * percent / 100;
    let from = match due.unit {
        Unit::UrgentHour | Unit::NaturalDay => None,
        Unit::WorkHour => Some(start),
        Unit::WorkDay => {
            let tomorrow = zone.start_of_day(zone.day(start) + 1);
            Some(if tomorrow < end { tomorrow } else { start })
        }
    };
    let (begin, until) = (index.worked_ms(zone, from.unwrap_or(start)), index.worked_ms(zone, end));
    let at = match from {
        Some(_) if begin < until && percent > 0 => index.first_with(zone, part(begin, until)),
        Some(from) if begin < until => from,
        _ => Instant(part(start.0, end.0)),
    };
    at.clamp(start, end)
}

/// The moment `within` before the deadline.
///
/// Days keep the deadline's time of day; working hours are counted back in working time.
#[must_use]
pub fn before(calendar: &Calendar, zone: Zone, due: &Due, within: Within) -> Instant {
    let end = plausible(due.at);
    let within = within.clamped();
    let count = i64::from(within.count());
    let index = calendar.index();
    let at = match within.unit() {
        Unit::UrgentHour => end.plus_ms(-count * HOUR_MS),
        Unit::NaturalDay => end.plus_ms(-days_ms(count)),
        Unit::WorkHour => {
            let worked = index.worked_ms(zone, end) - count * HOUR_MS;
            index.last_with(zone, worked.max(0))
        }
        Unit::WorkDay if count == 0 => end,
        Unit::WorkDay => {
            let last = last_day(zone, end);
            let day = index.day_after((index.days_before(last) - count).max(0));
            end.plus_ms(-days_ms(last - day))
        }
    };
    plausible(at).min(end)
}
