//! A calendar prepared for reckoning: running totals of working time, and runs of special days.
//!
//! Invariants: days are numbered from 1970-01-01 in the realm's zone and run from [`DAY_FIRST`]
//! to before [`DAY_END`]; a day outside is taken for the nearest inside. Totals never fall, so
//! "the n-th working day after" is one binary search, however far away it is.

use super::calendar::{CalendarError, CalendarSpec, DayKind, Duty};
use super::hours::{Hours, SeasonStart};
use super::year::Said;
use crate::time::{DAY_MS, Instant, Zone, date_of_day, day_of_date};
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};

/// 1999-01-01: a year before the first plausible moment.
pub(super) const DAY_FIRST: i64 = 10_592;
/// 2102-01-01: a year after the last plausible moment.
pub(super) const DAY_END: i64 = 48_212;

/// A calendar prepared for reckoning.
pub(super) struct Index {
    /// Totals before each day, and one more after the last.
    before: Vec<Before>,
    /// Everything that is not an ordinary working day, in order.
    runs: Vec<Run>,
    /// Days that the tables and the realm name.
    named: BTreeMap<i64, DayKind>,
    duty: Option<Duty>,
    /// The base hours, then those of the seasons.
    hours: Vec<Hours>,
    /// From which day which of `hours` hold, in order.
    season_starts: Vec<(i64, usize)>,
    covered: BTreeSet<i16>,
    /// Whether every day works whatever a table would say.
    is_every_day: bool,
}

/// Working time between [`DAY_FIRST`] and the start of a day.
#[derive(Clone, Copy, Default)]
struct Before {
    days: u32,
    minutes: u32,
}

/// Days on end of one kind.
pub(super) struct Run {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) kind: DayKind,
}

impl Index {
    pub(super) fn new(spec: &CalendarSpec) -> Result<Index, CalendarError> {
        let is_every_day = spec.duty.as_ref().is_some_and(|it| {
            it.weekends && it.holidays && it.from.is_none() && it.until.is_none()
        });
        let mut index = Index {
            before: Vec::new(),
            runs: Vec::new(),
            named: named_days(spec)?,
            duty: spec.duty.clone(),
            hours: std::iter::once(&spec.hours)
                .chain(spec.seasons.iter().map(|it| &it.hours))
                .cloned()
                .collect(),
            season_starts: season_starts(spec),
            covered: spec.years.iter().map(|it| it.year).collect(),
            is_every_day,
        };
        index.fill();
        Ok(index)
    }

    fn fill(&mut self) {
        let minutes: Vec<u32> = self.hours.iter().map(Hours::minutes).collect();
        let mut total = Before::default();
        self.before.push(total);
        for day in DAY_FIRST..DAY_END {
            let kind = self.kind(day);
            if kind.is_working() {
                total.days += 1;
                total.minutes += minutes[self.season(day)];
            }
            self.before.push(total);
            match self.runs.last_mut() {
                _ if kind == DayKind::Working => {}
                Some(run) if run.last + 1 == day && run.kind == kind => run.last = day,
                _ => self.runs.push(Run { first: day, last: day, kind }),
            }
        }
    }

    /// What the day is, its weekday deciding where nothing names it.
    pub(super) fn kind(&self, day: i64) -> DayKind {
        let plain = match self.named.get(&day) {
            Some(kind) => kind.clone(),
            // 1970-01-01 was a Thursday, so Saturday is 2 days after a multiple of 7.
            None if matches!(day.rem_euclid(7), 2 | 3) => DayKind::Weekend,
            None => DayKind::Working,
        };
        match &self.duty {
            Some(duty) if !plain.is_working() && duty.works(date_of_day(day), &plain) => {
                DayKind::Duty(duty.name.clone())
            }
            _ => plain,
        }
    }

    pub(super) fn is_covered(&self, day: i64) -> bool {
        self.is_every_day || self.covered.contains(&date_of_day(day).year())
    }

    /// The years from `first` to `last` without a table, as ranges.
    pub(super) fn uncovered(&self, first: i64, last: i64) -> Vec<(i16, i16)> {
        let mut ranges: Vec<(i16, i16)> = Vec::new();
        if self.is_every_day || last < first {
            return ranges;
        }
        for year in date_of_day(inside(first)).year()..=date_of_day(inside(last)).year() {
            match ranges.last_mut() {
                _ if self.covered.contains(&year) => {}
                Some(range) if range.1 + 1 == year => range.1 = year,
                _ => ranges.push((year, year)),
            }
        }
        ranges
    }

    /// The working hours that hold on the day.
    pub(super) fn hours(&self, day: i64) -> &Hours {
        &self.hours[self.season(day)]
    }

    fn season(&self, day: i64) -> usize {
        let after = self.season_starts.partition_point(|it| it.0 <= day);
        if after == 0 { 0 } else { self.season_starts[after - 1].1 }
    }

    /// The runs that touch the days from `first` to `last`.
    pub(super) fn runs(&self, first: i64, last: i64) -> &[Run] {
        let from = self.runs.partition_point(|it| it.last < first);
        let until = self.runs.partition_point(|it| it.first <= last);
        &self.runs[from..until.max(from)]
    }

    pub(super) fn is_working(&self, day: i64) -> bool {
        let day = inside(day);
        self.days_before(day + 1) > self.days_before(day)
    }

    /// Working days before the day.
    pub(super) fn days_before(&self, day: i64) -> i64 {
        i64::from(self.before[slot(day)].days)
    }

    /// The working day before which exactly `days` working days lie, or [`DAY_END`].
    pub(super) fn day_after(&self, days: i64) -> i64 {
        let slots = self.before.partition_point(|it| i64::from(it.days) <= days);
        DAY_FIRST + as_day(slots) - 1
    }

    /// The first working day not before `day`, or [`DAY_END`].
    pub(super) fn working_from(&self, day: i64) -> i64 {
        self.day_after(self.days_before(inside(day)))
    }

    /// Working milliseconds before the moment.
    pub(super) fn worked_ms(&self, zone: Zone, at: Instant) -> i64 {
        let day = zone.day(at);
        if !(DAY_FIRST..DAY_END).contains(&day) {
            return self.ms_before(day);
        }
        let today = if self.is_working(day) {
            self.hours(day).worked_ms(at.0 - zone.start_of_day(day).0)
        } else {
            0
        };
        self.ms_before(day) + today
    }

    /// The first moment before which `worked_ms` were worked (the end of a stretch of work).
    pub(super) fn first_with(&self, zone: Zone, worked_ms: i64) -> Instant {
        let slots = self.before.partition_point(|it| minutes_ms(it) < worked_ms);
        if slots > self.before.len() - 1 {
            return zone.start_of_day(DAY_END);
        }
        if slots == 0 {
            return self.last_with(zone, 0);
        }
        let day = DAY_FIRST + as_day(slots) - 1;
        zone.start_of_day(day).plus_ms(self.hours(day).end_of_ms(worked_ms - self.ms_before(day)))
    }

    /// The last moment before which no more than `worked_ms` were worked (work goes on there).
    pub(super) fn last_with(&self, zone: Zone, worked_ms: i64) -> Instant {
        let slots = self.before.partition_point(|it| minutes_ms(it) <= worked_ms);
        if slots > self.before.len() - 1 {
            return zone.start_of_day(DAY_END);
        }
        let day = DAY_FIRST + as_day(slots) - 1;
        let rest = worked_ms - self.ms_before(day);
        zone.start_of_day(day).plus_ms(self.hours(day).start_after_ms(rest))
    }

    fn ms_before(&self, day: i64) -> i64 {
        minutes_ms(&self.before[slot(day)])
    }
}

/// The day itself, or the nearest that the index knows.
pub(super) fn inside(day: i64) -> i64 {
    day.clamp(DAY_FIRST, DAY_END - 1)
}

fn slot(day: i64) -> usize {
    usize::try_from(day.clamp(DAY_FIRST, DAY_END) - DAY_FIRST).expect("not before the first day")
}

fn as_day(slots: usize) -> i64 {
    i64::try_from(slots).expect("some 37,000 slots")
}

fn minutes_ms(before: &Before) -> i64 {
    i64::from(before.minutes) * (DAY_MS / 1_440)
}

fn named_days(spec: &CalendarSpec) -> Result<BTreeMap<i64, DayKind>, CalendarError> {
    let mut named = BTreeMap::new();
    for table in &spec.years {
        for (day, said) in table.days()? {
            let kind = match said {
                Said::Off(name) => DayKind::Holiday(name),
                Said::Works(name) => DayKind::MakeUp(name),
            };
            named.insert(day, kind);
        }
    }
    let mut seen = BTreeSet::new();
    for it in &spec.local {
        if !seen.insert(it.date) {
            return Err(CalendarError::LocalTwice(it.date));
        }
        let name = it.name.clone();
        let kind = if it.works { DayKind::MakeUp(name) } else { DayKind::Holiday(name) };
        named.insert(day_of_date(it.date), kind);
    }
    Ok(named)
}

/// A season that starts once wins over a yearly one that starts on the same day.
fn season_starts(spec: &CalendarSpec) -> Vec<(i64, usize)> {
    let mut starts: Vec<(i64, bool, usize)> = Vec::new();
    for (place, season) in spec.seasons.iter().enumerate() {
        match season.from {
            SeasonStart::Once(date) => starts.push((day_of_date(date), true, place + 1)),
            SeasonStart::Yearly { month, day } => {
                // A season that began late in the year before holds on the first day, too.
                for year in 1998..=2101 {
                    let start = Date::new(year, month, day).unwrap_or(date(year, 3, 1));
                    starts.push((day_of_date(start), false, place + 1));
                }
            }
        }
    }
    starts.sort_unstable();
    starts.into_iter().map(|(day, _, hours)| (day, hours)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_whole_years_beyond_every_plausible_moment() {
        assert_eq!(DAY_FIRST, day_of_date(date(1999, 1, 1)));
        assert_eq!(DAY_END, day_of_date(date(2102, 1, 1)));
        let (first, last) = (crate::time::INSTANT_MIN, crate::time::INSTANT_MAX);
        assert!(Zone(-86_400).day(first) > DAY_FIRST);
        assert!(Zone(86_400).day(last) < DAY_END);
    }
}
