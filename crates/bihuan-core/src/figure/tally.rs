//! The steps of matters that figures count, each with the moment it counts at and the entry of
//! the record since which it is known.
//!
//! Invariant: what a step counts follows from the matter before, the event and the matter after,
//! and from nothing else, so that whoever replays the record comes to the same rows.

use crate::id::ClassCode;
use crate::matter::event::{Event, What};
use crate::matter::state::{Handling, Matter};
use crate::pack::{Act, Counted, Level, Meaning};
use crate::time::Instant;
use crate::unit::UnitId;

/// What kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TallyKind {
    /// Reported; counts at the opening and says what became of it.
    Opened,
    /// Filed.
    Filed,
    /// Checked before filing.
    PreChecked,
    /// Made some unit's; undone by a return or transfer.
    Dispatched,
    /// Due; counts at the deadline and says what became of it.
    Due,
    /// Declared done.
    Declared,
    /// Accepted or sent back.
    Judged,
    /// Cleared.
    Cleared,
    /// Fixed by the inspector alone.
    SelfHandled,
    /// Ended as a duplicate.
    Merged,
    /// Rejected.
    Voided,
    /// Returned.
    Returned,
    /// Passed on.
    Transferred,
    /// Passed up.
    Lifted,
    /// Extended.
    Extended,
    /// Suspended.
    Suspended,
    /// Marked as overdue.
    Overdue,
    /// Urged.
    Urged,
    /// Supervised.
    Supervised,
    /// Looked back at.
    Rechecked,
    /// Came back.
    Rebounded,
}

impl TallyKind {
    /// The word in rows.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TallyKind::Opened => "opened",
            TallyKind::Filed => "filed",
            TallyKind::PreChecked => "pre_checked",
            TallyKind::Dispatched => "dispatched",
            TallyKind::Due => "due",
            TallyKind::Declared => "declared",
            TallyKind::Judged => "judged",
            TallyKind::Cleared => "cleared",
            TallyKind::SelfHandled => "self_handled",
            TallyKind::Merged => "merged",
            TallyKind::Voided => "voided",
            TallyKind::Returned => "returned",
            TallyKind::Transferred => "transferred",
            TallyKind::Lifted => "lifted",
            TallyKind::Extended => "extended",
            TallyKind::Suspended => "suspended",
            TallyKind::Overdue => "overdue",
            TallyKind::Urged => "urged",
            TallyKind::Supervised => "supervised",
            TallyKind::Rechecked => "rechecked",
            TallyKind::Rebounded => "rebounded",
        }
    }

    /// Whether a step of that kind is replaced when it is said anew, so that only the one that
    /// stands counts; other steps stay counted, and may be undone.
    #[must_use]
    pub fn is_state(self) -> bool {
        matches!(self, TallyKind::Opened | TallyKind::Due)
    }
}

/// A step that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What kind.
    pub kind: TallyKind,
    /// What became of it, or how it was done; a word of the kind, or empty.
    pub how: &'static str,
    /// The moment at which it counts.
    pub at: Instant,
    /// The unit for which it counts.
    pub unit: UnitId,
    /// The class.
    pub class: ClassCode,
    /// Whether it was in time, where that can be said.
    pub on_time: Option<bool>,
    /// How long it took, in milliseconds, where that is kept.
    pub took_ms: Option<i64>,
}

/// What an event does to the steps of its matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The step of that kind that stands is replaced or undone.
    End(TallyKind),
    /// A step counts from now on.
    Begin(Tally),
}

/// What the event that led from `before` to `after`, recorded at `at`, does to the steps.
#[must_use]
pub fn steps(before: Option<&Matter>, after: &Matter, event: &Event, at: Instant) -> Vec<Step> {
    let mut made = Made { before, after, at, steps: Vec::new() };
    made.state(TallyKind::Opened, opened);
    made.state(TallyKind::Due, due);
    made.filed();
    match &event.what {
        What::Opened(it) if it.handling.is_some() => made.dispatched(),
        What::Moved(moved) => made.moved(moved.act),
        What::ExtensionGranted(_) => made.by_handler(TallyKind::Extended),
        What::Suspended(..) => made.by_handler(TallyKind::Suspended),
        What::Urged(_) => made.by_responsible(TallyKind::Urged, ""),
        What::Supervised(level, _) => {
            made.by_responsible(TallyKind::Supervised, level_word(*level));
        }
        What::Rechecked(it) => {
            made.by_responsible(TallyKind::Rechecked, if it.kept { "kept" } else { "rebounded" });
        }
        What::Rebounded(_) => made.by_responsible(TallyKind::Rebounded, ""),
        _ => {}
    }
    made.marked(event);
    made.ended(event);
    made.steps
}

/// What is being made of one event.
struct Made<'a> {
    before: Option<&'a Matter>,
    after: &'a Matter,
    at: Instant,
    steps: Vec<Step>,
}

impl Made<'_> {
    fn begin(&mut self, kind: TallyKind, unit: &UnitId) -> &mut Tally {
        let (at, unit) = (self.at, unit.clone());
        let class = self.after.standing.class.clone();
        let (how, on_time, took_ms) = ("", None, None);
        let tally = Tally { kind, how, at, unit, class, on_time, took_ms };
        self.steps.push(Step::Begin(tally));
        match self.steps.last_mut() {
            Some(Step::Begin(it)) => it,
            _ => unreachable!("it was just put there"),
        }
    }

    /// What stands is replaced where it has changed.
    fn state(&mut self, kind: TallyKind, of: impl Fn(&Matter) -> Option<Tally>) {
        let (was, is) = (self.before.and_then(&of), of(self.after));
        if was == is {
            return;
        }
        self.steps.extend(was.map(|_| Step::End(kind)));
        self.steps.extend(is.map(Step::Begin));
    }

    /// Whether the deadline of the stage before has not passed.
    fn in_time(&self) -> Option<bool> {
        let due = self.before?.standing.due.as_ref()?;
        Some(self.at <= due.at)
    }

    fn unmarked(&self) -> Option<bool> {
        Some(self.after.overdue_at.is_none())
    }

    fn filed(&mut self) {
        if self.before.is_some_and(|it| it.filed_at.is_some()) || self.after.filed_at.is_none() {
            return;
        }
        let after = self.after;
        let (on_time, took_ms) = (self.in_time().or(Some(true)), since(after.opened_at, self.at));
        let tally = self.begin(TallyKind::Filed, &after.standing.responsible);
        (tally.on_time, tally.took_ms) = (on_time, took_ms);
    }

    fn moved(&mut self, act: Act) {
        let in_time = self.in_time();
        match act {
            Act::PreCheck => {
                let standing = self.before.map_or(&self.after.standing, |it| &it.standing);
                let unit = standing.owner.as_ref().map_or(&standing.responsible, |it| &it.unit);
                self.begin(TallyKind::PreChecked, unit).on_time = in_time;
            }
            Act::Dispatch => self.dispatched(),
            Act::Transfer => {
                self.undone(TallyKind::Transferred);
                self.dispatched();
            }
            Act::Return => self.undone(TallyKind::Returned),
            Act::Lift => {
                let before = self.before.unwrap_or(self.after);
                self.begin(TallyKind::Lifted, &before.standing.responsible);
            }
            Act::Declare => self.declared(),
            Act::Accept | Act::SendBack => {
                let unit = handler(self.after);
                let tally = self.begin(TallyKind::Judged, unit);
                tally.how = if act == Act::Accept { "accepted" } else { "sent_back" };
                tally.on_time = in_time;
            }
            Act::FixOnSpot => {
                let was = self.before.and_then(|it| it.handling.as_ref()).filter(|it| running(it));
                if was.map(|it| &it.unit) != self.after.handling.as_ref().map(|it| &it.unit) {
                    self.dispatched();
                }
                self.declared();
            }
            Act::File
            | Act::Void
            | Act::Receive
            | Act::SignOff
            | Act::SelfHandle
            | Act::Advance => {}
        }
    }

    fn dispatched(&mut self) {
        let unit = handler(self.after);
        self.begin(TallyKind::Dispatched, unit);
    }

    /// A unit that was made responsible is so no more.
    fn undone(&mut self, kind: TallyKind) {
        let handling = self.before.and_then(|it| it.handling.as_ref()).filter(|it| running(it));
        if let Some(handling) = handling {
            self.steps.push(Step::End(TallyKind::Dispatched));
            self.begin(kind, &handling.unit);
        }
    }

    fn declared(&mut self) {
        let (unit, on_time, at) = (handler(self.after), self.unmarked(), self.at);
        let handling = self.after.handling.as_ref();
        let took_ms = handling.and_then(|it| since(it.since, at).map(|ms| ms - stood_ms(it, at)));
        let tally = self.begin(TallyKind::Declared, unit);
        (tally.on_time, tally.took_ms) = (on_time, took_ms.map(|it| it.max(0)));
    }

    fn by_handler(&mut self, kind: TallyKind) {
        let unit = handler(self.after);
        self.begin(kind, unit);
    }

    fn by_responsible(&mut self, kind: TallyKind, how: &'static str) {
        let unit = &self.after.standing.responsible;
        self.begin(kind, unit).how = how;
    }

    /// The overdue mark, and a level of supervision that came with another act or by the clock.
    fn marked(&mut self, event: &Event) {
        let before = self.before;
        let unit = before.map_or(&self.after.standing.responsible, |it| &it.standing.responsible);
        if self.after.overdue_at.is_some() && before.is_none_or(|it| it.overdue_at.is_none()) {
            self.begin(TallyKind::Overdue, unit);
        }
        let was = before.and_then(|it| it.supervised);
        if let Some(level) = self.after.supervised.filter(|it| Some(*it) > was)
            && !matches!(event.what, What::Supervised(..))
        {
            self.begin(TallyKind::Supervised, unit).how = level_word(level);
        }
    }

    fn ended(&mut self, event: &Event) {
        if self.before.is_some_and(Matter::is_final) {
            return;
        }
        let after = self.after;
        let kind = match after.standing.is {
            Meaning::Closed => TallyKind::Cleared,
            Meaning::SelfHandled => TallyKind::SelfHandled,
            Meaning::Merged => TallyKind::Merged,
            Meaning::Voided => TallyKind::Voided,
            _ => return,
        };
        let (on_time, took_ms) = (self.unmarked(), since(after.opened_at, self.at));
        let tally = self.begin(kind, &after.standing.responsible);
        if kind == TallyKind::Cleared {
            let on_spot = matches!(&event.what, What::Moved(it) if it.act == Act::FixOnSpot);
            tally.how = if on_spot { "on_spot" } else { "accepted" };
            (tally.on_time, tally.took_ms) = (on_time, took_ms);
        }
    }
}

/// Reported, and what became of it; counts for the unit that reported.
fn opened(matter: &Matter) -> Option<Tally> {
    let how = match matter.standing.is {
        Meaning::Closed => "cleared",
        Meaning::SelfHandled => "self_handled",
        Meaning::Merged => "merged",
        Meaning::Voided => "voided",
        _ => "open",
    };
    Some(Tally {
        kind: TallyKind::Opened,
        how,
        at: matter.opened_at,
        unit: matter.opened_unit.clone(),
        class: matter.standing.class.clone(),
        on_time: None,
        took_ms: None,
    })
}

/// Due at the deadline of the unit that handles it. What was returned, is suspended, or ended
/// without being cleared is not due.
fn due(matter: &Matter) -> Option<Tally> {
    let handling = matter.handling.as_ref().filter(|it| running(it))?;
    let how = match matter.standing.is {
        Meaning::Closed => "cleared",
        Meaning::Declared | Meaning::Verifying => "declared",
        _ if matter.is_final() || matter.suspension.is_some() => return None,
        _ => "open",
    };
    Some(Tally {
        kind: TallyKind::Due,
        how,
        at: handling.due.at,
        unit: handling.unit.clone(),
        class: matter.standing.class.clone(),
        on_time: (how != "open").then(|| matter.overdue_at.is_none()),
        took_ms: None,
    })
}

fn running(handling: &Handling) -> bool {
    handling.paused_at.is_none()
}

fn handler(matter: &Matter) -> &UnitId {
    matter.handling.as_ref().map_or(&matter.standing.responsible, |it| &it.unit)
}

fn since(from: Instant, at: Instant) -> Option<i64> {
    at.0.checked_sub(from.0)
}

/// How long the clock of handling stood still before a moment.
fn stood_ms(handling: &Handling, at: Instant) -> i64 {
    let stood = handling.stood.iter().filter(|it| it.0 < at);
    stood.map(|(from, to)| at.0.min(to.0).saturating_sub(from.0)).sum()
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Red => "red",
    }
}

/// Which steps a word of the vocabulary counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Of which kind.
    pub kind: TallyKind,
    /// Of these ways alone; all where none is named.
    pub how: &'static [&'static str],
    /// Only what was in time.
    pub on_time: bool,
    /// Only what has not been undone.
    pub kept: bool,
    /// Only what counts before the moment as of which is asked: a deadline that has passed.
    pub passed: bool,
}

impl Counted {
    /// Which steps it counts.
    #[must_use]
    pub fn counting(self) -> Counting {
        use TallyKind as Kind;
        const DONE: &[&str] = &["declared", "cleared"];
        let plain = |kind| Counting { kind, how: &[], on_time: false, kept: false, passed: false };
        let of = |kind, how| Counting { how, ..plain(kind) };
        let timely = |it: Counting| Counting { on_time: true, ..it };
        match self {
            Counted::Opened => plain(Kind::Opened),
            Counted::OpenedKept => of(Kind::Opened, &["open", "cleared", "self_handled"]),
            Counted::OpenedCleared => of(Kind::Opened, &["cleared"]),
            Counted::Filed => plain(Kind::Filed),
            Counted::FiledOnTime => timely(plain(Kind::Filed)),
            Counted::PreChecked => plain(Kind::PreChecked),
            Counted::PreCheckedOnTime => timely(plain(Kind::PreChecked)),
            Counted::Dispatched => plain(Kind::Dispatched),
            Counted::DispatchedKept => Counting { kept: true, ..plain(Kind::Dispatched) },
            Counted::Due => plain(Kind::Due),
            Counted::DueDeclared => of(Kind::Due, DONE),
            Counted::DueDeclaredOnTime => timely(of(Kind::Due, DONE)),
            Counted::DueCleared => of(Kind::Due, &["cleared"]),
            Counted::DueClearedOnTime => timely(of(Kind::Due, &["cleared"])),
            Counted::DueMissed => Counting { passed: true, ..of(Kind::Due, &["open"]) },
            Counted::Declared => plain(Kind::Declared),
            Counted::DeclaredOnTime => timely(plain(Kind::Declared)),
            Counted::Judged => plain(Kind::Judged),
            Counted::JudgedOnTime => timely(plain(Kind::Judged)),
            Counted::Accepted => of(Kind::Judged, &["accepted"]),
            Counted::SentBack => of(Kind::Judged, &["sent_back"]),
            Counted::Cleared => plain(Kind::Cleared),
            Counted::ClearedOnTime => timely(plain(Kind::Cleared)),
            Counted::FixedOnSpot => of(Kind::Cleared, &["on_spot"]),
            Counted::SelfHandled => plain(Kind::SelfHandled),
            Counted::Merged => plain(Kind::Merged),
            Counted::Voided => plain(Kind::Voided),
            Counted::Returned => plain(Kind::Returned),
            Counted::Transferred => plain(Kind::Transferred),
            Counted::Lifted => plain(Kind::Lifted),
            Counted::Extended => plain(Kind::Extended),
            Counted::Suspended => plain(Kind::Suspended),
            Counted::Overdue => plain(Kind::Overdue),
            Counted::Urged => plain(Kind::Urged),
            Counted::Supervised => plain(Kind::Supervised),
            Counted::Rechecked => plain(Kind::Rechecked),
            Counted::RecheckFailed => of(Kind::Rechecked, &["rebounded"]),
            Counted::Rebounded => plain(Kind::Rebounded),
        }
    }
}
