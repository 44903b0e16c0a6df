//! The reckoning itself: each unit counted forward, writing down its steps.

use super::calendar::{Calendar, DayEnds, DayKind};
use super::due::RestDay;
use super::hours::Minute;
use super::index::{DAY_END, Index, Run};
use super::step::{STEPS_MAX, Step};
use crate::time::{DAY_MS, INSTANT_MAX, INSTANT_MIN, Instant, Zone, date_of_day};

/// The most runs of special days that one explanation lists; the rest is told as a sum.
const RUNS_LISTED_MAX: usize = 12;

/// One reckoning under way.
pub(super) struct Reckoning<'a> {
    calendar: &'a Calendar,
    zone: Zone,
    steps: Vec<Step>,
    provisional: bool,
}

impl<'a> Reckoning<'a> {
    /// Start with the steps told so far.
    pub(super) fn new(
        calendar: &'a Calendar,
        zone: Zone,
        steps: Vec<Step>,
        provisional: bool,
    ) -> Reckoning<'a> {
        Reckoning { calendar, zone, steps, provisional }
    }

    pub(super) fn index(&self) -> &'a Index {
        self.calendar.index()
    }

    pub(super) fn tell(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// `ms` later by the clock on the wall.
    pub(super) fn wall(&mut self, from: Instant, ms: i64) -> Instant {
        self.clamp(from.plus_ms(ms))
    }

    /// `ms` of working time later.
    pub(super) fn work(&mut self, from: Instant, ms: i64) -> Instant {
        let index = self.index();
        let worked = index.worked_ms(self.zone, from);
        let opened = index.last_with(self.zone, worked);
        let at = if ms > 0 { index.first_with(self.zone, worked + ms) } else { opened };
        let at = self.clamp(at);
        if opened > from && opened <= at {
            self.tell(Step::Opened(self.zone.civil(opened)));
        }
        let first = self.zone.day(from);
        self.pass(first, last_day(self.zone, at).max(first));
        at
    }

    /// The end of the `count`-th working day after `day`; of the next one, or of `day` itself
    /// when it works, for none.
    pub(super) fn work_days(&mut self, day: i64, count: i64) -> Instant {
        let index = self.index();
        let (from, last) = if count > 0 {
            (day + 1, index.day_after(index.days_before(day + 1) + count - 1))
        } else {
            (day, index.working_from(day))
        };
        self.pass(from, last);
        self.close(last)
    }

    /// The end of calendar day `last`, moved on when it is a rest day.
    pub(super) fn natural_day(&mut self, last: i64, rest_day: RestDay) -> Instant {
        let index = self.index();
        if last < DAY_END {
            match rest_day {
                RestDay::Stay if index.is_working(last) => {}
                RestDay::Stay => self.tell(Step::Stayed(date_of_day(last))),
                RestDay::Roll => {
                    let working = index.working_from(last);
                    self.pass(last, working);
                    if working != last {
                        let (from, to) = (date_of_day(last), date_of_day(working));
                        self.tell(Step::Rolled { from, to });
                    }
                    return self.close(working);
                }
            }
        }
        self.close(last)
    }

    /// When `day` ends, without telling.
    pub(super) fn end_of_day(&self, day: i64) -> Instant {
        self.zone.start_of_day(day).plus_ms(self.closing(day).ms())
    }

    /// The steps, cut to [`STEPS_MAX`], and whether the result is provisional.
    pub(super) fn finish(self) -> (Vec<Step>, bool) {
        let mut steps = self.steps;
        while steps.len() > STEPS_MAX {
            // The start and the limit stay; then details go, the oldest first.
            let detail = steps.iter().position(Step::is_detail);
            steps.remove(detail.unwrap_or(2));
        }
        (steps, self.provisional)
    }

    fn close(&mut self, day: i64) -> Instant {
        if day < DAY_END {
            self.tell(Step::Closes { date: date_of_day(day), at: self.closing(day) });
        }
        let at = self.end_of_day(day.min(DAY_END));
        self.clamp(at)
    }

    fn closing(&self, day: i64) -> Minute {
        match self.calendar.spec().day_ends {
            DayEnds::CloseOfBusiness => self.index().hours(day).close(),
            DayEnds::Midnight => Minute::LAST,
        }
    }

    fn clamp(&mut self, at: Instant) -> Instant {
        if at > INSTANT_MAX {
            self.provisional = true;
            if self.steps.last() != Some(&Step::Clamped) {
                self.tell(Step::Clamped);
            }
        }
        at.clamp(INSTANT_MIN, INSTANT_MAX)
    }

    /// Tell what lies on the way from `first` to `last`.
    fn pass(&mut self, first: i64, last: i64) {
        if last < first {
            return;
        }
        let runs = self.index().runs(first, last);
        let is_all = runs.len() <= RUNS_LISTED_MAX;
        let mut listed = 0;
        let mut others = [0_i64; 3];
        for run in runs {
            let (from, until) = (run.first.max(first), run.last.min(last));
            // A weekend is what everybody expects; when room is short, named days go first.
            if is_all || (run.kind != DayKind::Weekend && listed < RUNS_LISTED_MAX) {
                listed += 1;
                self.tell(told(run, from, until));
            } else {
                let place = match run.kind {
                    DayKind::Weekend => 0,
                    DayKind::Holiday(_) => 1,
                    _ => 2,
                };
                others[place] += until - from + 1;
            }
        }
        if !is_all {
            let [weekend_days, holiday_days, counted_days] =
                others.map(|it| u32::try_from(it).expect("some 37,000 days at most"));
            self.tell(Step::Others { weekend_days, holiday_days, counted_days });
        }
        for (first, last) in self.index().uncovered(first, last) {
            self.provisional = true;
            self.tell(Step::Uncovered { first, last });
        }
    }
}

fn told(run: &Run, from: i64, until: i64) -> Step {
    let (first, last, kind) = (date_of_day(from), date_of_day(until), run.kind.clone());
    if kind.is_working() {
        Step::Counted { first, last, kind }
    } else {
        Step::Skipped { first, last, kind }
    }
}

/// The moment itself, or the nearest that the engine reckons with.
pub(super) fn plausible(at: Instant) -> Instant {
    at.clamp(INSTANT_MIN, INSTANT_MAX)
}

/// The day that a deadline ends; one at 24:00 belongs to the day before midnight.
pub(super) fn last_day(zone: Zone, at: Instant) -> i64 {
    zone.day(at.plus_ms(-1))
}

/// Whole calendar days in milliseconds.
pub(super) fn days_ms(days: i64) -> i64 {
    days.saturating_mul(DAY_MS)
}
