//! Which days and hours work: national tables, local days, seasons and duty.
//!
//! Invariants: a [`Calendar`] is checked when made and never changes; what it says of a day
//! outside its covered years is marked uncovered.

use super::hours::{Hours, SEASONS_MAX, Season};
use super::index::Index;
use super::year::{YearError, YearTable};
use crate::text::Text;
use crate::time::day_of_date;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, LazyLock};

/// The most local days of one calendar.
const LOCAL_DAYS_MAX: usize = 2_000;

/// What a calendar is made of; the form in which it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarSpec {
    /// Raised with each change, so that deadlines computed before can be told.
    pub rev: u32,
    /// The covered years.
    pub years: Vec<YearTable>,
    /// Working hours where no season holds.
    #[serde(default)]
    pub hours: Hours,
    /// Working hours by season; each holds until the next one starts.
    #[serde(default)]
    pub seasons: Vec<Season>,
    /// Days on which this realm differs from the national table.
    #[serde(default)]
    pub local: Vec<LocalDay>,
    /// A duty roster that works on rest days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<Duty>,
    /// When the last day of a limit in days ends.
    #[serde(default)]
    pub day_ends: DayEnds,
}

/// A day on which a realm differs from the national table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalDay {
    /// The day.
    pub date: Date,
    /// Whether it works; else it is off.
    pub works: bool,
    /// Why.
    #[serde(flatten)]
    pub name: Text,
}

/// A duty roster: rest days that work for a pack or a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// Name of the roster.
    pub name: Text,
    /// Whether weekends work.
    pub weekends: bool,
    /// Whether holidays work.
    pub holidays: bool,
    /// First day; from the beginning when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day; without end when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// When the last day of a limit in days ends (Civil Code art. 203 knows both).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayEnds {
    /// With the last working minute of that day; the default of a realm.
    #[default]
    CloseOfBusiness,
    /// At 24:00.
    Midnight,
}

/// What a day is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// An ordinary working day.
    Working,
    /// A rest day that works instead of another (调休上班).
    MakeUp(Text),
    /// A rest day on which the duty roster of this name works.
    Duty(Text),
    /// Saturday or Sunday.
    Weekend,
    /// A day off.
    Holiday(Text),
}

/// What a day is, and whether that is certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// What it is, as far as known.
    pub kind: DayKind,
    /// Whether its year has no table, so that only its weekday is known.
    pub uncovered: bool,
}

/// Why a calendar is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A fault in the table of a year.
    #[error(transparent)]
    Year(#[from] YearError),
    /// A year stated twice.
    #[error("the year {0} is stated twice")]
    YearTwice(i16),
    /// A fault in hours or seasons.
    #[error("failed to read working hours: {0}")]
    Hours(&'static str),
    /// A local day stated twice.
    #[error("the local day {0} is stated twice")]
    LocalTwice(Date),
    /// A local day or a roster without a name in both languages.
    #[error("{0} needs a name in both languages")]
    Nameless(&'static str),
    /// Too many local days.
    #[error("a calendar has at most {LOCAL_DAYS_MAX} local days")]
    TooManyLocal,
    /// A roster that ends before it starts.
    #[error("the duty roster ends before it starts")]
    DutyEnds,
}

/// Which days and hours work. Cheap to clone; made once, read often.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "CalendarSpec", into = "CalendarSpec")]
pub struct Calendar(Arc<Inner>);

struct Inner {
    spec: CalendarSpec,
    index: Index,
}

impl Calendar {
    /// Check `spec` and prepare it for reckoning (about a millisecond; keep the result).
    ///
    /// # Errors
    /// [`CalendarError`] names the first fault.
    pub fn new(spec: CalendarSpec) -> Result<Calendar, CalendarError> {
        check(&spec)?;
        let index = Index::new(&spec)?;
        Ok(Calendar(Arc::new(Inner { spec, index })))
    }

    /// The national tables that ship with the engine, with default hours, revision 1.
    #[must_use]
    pub fn builtin() -> Calendar {
        static BUILTIN: LazyLock<Calendar> = LazyLock::new(|| {
            let spec = CalendarSpec { rev: 1, years: YearTable::builtin(), ..Default::default() };
            Calendar::new(spec).expect("the shipped tables are tested")
        });
        BUILTIN.clone()
    }

    /// This calendar with something changed; raising `rev` is up to the caller.
    ///
    /// # Errors
    /// As [`Calendar::new`].
    pub fn amended(
        &self,
        change: impl FnOnce(&mut CalendarSpec),
    ) -> Result<Calendar, CalendarError> {
        let mut spec = self.0.spec.clone();
        change(&mut spec);
        Calendar::new(spec)
    }

    /// This calendar as a duty roster runs by it.
    ///
    /// # Errors
    /// As [`Calendar::new`], when the roster has a fault.
    pub fn on_duty(&self, duty: Duty) -> Result<Calendar, CalendarError> {
        self.amended(|it| it.duty = Some(duty))
    }

    /// What the calendar is made of.
    #[must_use]
    pub fn spec(&self) -> &CalendarSpec {
        &self.0.spec
    }

    /// The revision.
    #[must_use]
    pub fn rev(&self) -> u32 {
        self.0.spec.rev
    }

    /// Whether the year has a table.
    #[must_use]
    pub fn covers(&self, year: i16) -> bool {
        self.0.spec.years.iter().any(|it| it.year == year)
    }

    /// What `date` is.
    #[must_use]
    pub fn day(&self, date: Date) -> Day {
        let day = day_of_date(date);
        Day { kind: self.0.index.kind(day), uncovered: !self.0.index.is_covered(day) }
    }

    /// Whether `date` works, as far as known; see [`Calendar::day`] for how far.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        self.0.index.kind(day_of_date(date)).is_working()
    }

    /// The working hours of `date`, were it a working day.
    #[must_use]
    pub fn hours(&self, date: Date) -> &Hours {
        self.0.index.hours(day_of_date(date))
    }

    pub(super) fn index(&self) -> &Index {
        &self.0.index
    }
}

impl DayKind {
    /// Whether the day works.
    #[must_use]
    pub fn is_working(&self) -> bool {
        match self {
            DayKind::Working | DayKind::MakeUp(_) | DayKind::Duty(_) => true,
            DayKind::Weekend | DayKind::Holiday(_) => false,
        }
    }
}

impl Duty {
    /// A roster that works every day, without end.
    #[must_use]
    pub fn every_day(name: Text) -> Duty {
        Duty { name, weekends: true, holidays: true, from: None, until: None }
    }

    /// Whether the roster makes a rest day of this kind work on `date`.
    pub(super) fn works(&self, date: Date, kind: &DayKind) -> bool {
        let in_time =
            self.from.is_none_or(|it| it <= date) && self.until.is_none_or(|it| date <= it);
        in_time
            && match kind {
                DayKind::Weekend => self.weekends,
                DayKind::Holiday(_) => self.holidays,
                _ => false,
            }
    }
}

impl std::fmt::Debug for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Two thousand named days would drown whatever this is printed in.
        let years: Vec<i16> = self.0.spec.years.iter().map(|it| it.year).collect();
        f.debug_struct("Calendar")
            .field("rev", &self.0.spec.rev)
            .field("years", &years)
            .field("duty", &self.0.spec.duty)
            .finish_non_exhaustive()
    }
}

impl Default for Calendar {
    /// The shipped calendar.
    fn default() -> Calendar {
        Calendar::builtin()
    }
}

impl PartialEq for Calendar {
    fn eq(&self, other: &Calendar) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.spec == other.0.spec
    }
}

impl Eq for Calendar {}

impl TryFrom<CalendarSpec> for Calendar {
    type Error = CalendarError;

    fn try_from(spec: CalendarSpec) -> Result<Calendar, CalendarError> {
        Calendar::new(spec)
    }
}

impl From<Calendar> for CalendarSpec {
    fn from(calendar: Calendar) -> CalendarSpec {
        calendar.0.spec.clone()
    }
}

fn check(spec: &CalendarSpec) -> Result<(), CalendarError> {
    let nameless = |it: &Text| it.zh.trim().is_empty() || it.en.trim().is_empty();
    if spec.local.len() > LOCAL_DAYS_MAX {
        return Err(CalendarError::TooManyLocal);
    }
    if spec.local.iter().any(|it| nameless(&it.name)) {
        return Err(CalendarError::Nameless("a local day"));
    }
    if spec.seasons.len() > SEASONS_MAX {
        return Err(CalendarError::Hours("a calendar has at most 24 seasons"));
    }
    let mut starts: Vec<_> = spec.seasons.iter().map(|it| it.from).collect();
    starts.sort_unstable();
    if starts.windows(2).any(|it| it[0] == it[1]) {
        return Err(CalendarError::Hours("two seasons start on the same day"));
    }
    let mut years: Vec<_> = spec.years.iter().map(|it| it.year).collect();
    years.sort_unstable();
    if let Some(twice) = years.windows(2).find(|it| it[0] == it[1]) {
        return Err(CalendarError::YearTwice(twice[0]));
    }
    if let Some(duty) = &spec.duty {
        if nameless(&duty.name) {
            return Err(CalendarError::Nameless("a duty roster"));
        }
        if duty.from.zip(duty.until).is_some_and(|(from, until)| from > until) {
            return Err(CalendarError::DutyEnds);
        }
    }
    Ok(())
}
