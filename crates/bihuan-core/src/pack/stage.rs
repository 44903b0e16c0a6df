//! Stages: where a matter stands, who owes the next move, and until when.
//!
//! Invariant: in a loaded pack only a final stage lacks an owner or a clock.

use crate::clock::Within;
use crate::id::{MoveId, RoleId, StageId};
use crate::pack::{Allow, Move, Of};
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A stage of a matter's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stage {
    /// Key.
    pub id: StageId,
    /// Name that clerks use.
    pub title: Text,
    /// What it means to the engine.
    pub is: Meaning,
    /// Who owes the next move; `None` only where the stage is final.
    pub owner: Option<Owner>,
    /// Until when; `None` only where the stage is final.
    pub clock: Option<Clock>,
    /// When to warn before the deadline.
    pub warn: Vec<Warn>,
    /// What happens after the deadline, in order.
    pub overdue: Vec<Escalation>,
    /// Side acts allowed here.
    pub allow: Allow,
    /// Ways out.
    pub moves: Vec<Move>,
}

impl Stage {
    /// The move with this key.
    #[must_use]
    pub fn find_move(&self, id: &MoveId) -> Option<&Move> {
        self.moves.iter().find(|it| it.id == *id)
    }
}

/// What a stage means to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Reported, not yet in the ledger.
    Opened,
    /// In the ledger with the dispatch desk (立案).
    Filed,
    /// With the unit made responsible.
    Handling,
    /// Declared done, waiting for another party.
    Declared,
    /// Accepted, or being checked, before sign-off.
    Verifying,
    /// Cleared (销号).
    Closed,
    /// Fixed by the inspector alone (自行处置).
    SelfHandled,
    /// A duplicate of another matter.
    Merged,
    /// Rejected (作废).
    Voided,
}

impl Meaning {
    /// All that there are.
    pub const ALL: [Meaning; 9] = [
        Meaning::Opened,
        Meaning::Filed,
        Meaning::Handling,
        Meaning::Declared,
        Meaning::Verifying,
        Meaning::Closed,
        Meaning::SelfHandled,
        Meaning::Merged,
        Meaning::Voided,
    ];

    /// Whether a matter has ended.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Meaning::Closed | Meaning::SelfHandled | Meaning::Merged | Meaning::Voided)
    }

    /// Whether a matter stands in the ledger as open.
    #[must_use]
    pub fn is_in_ledger(self) -> bool {
        matches!(self, Meaning::Filed | Meaning::Handling | Meaning::Declared | Meaning::Verifying)
    }
}

/// Who owes the next move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Owner {
    /// The role.
    pub role: RoleId,
    /// Which unit's; the role's own `of` unless the stage says another.
    pub of: Of,
}

/// The clock of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Clock {
    /// How long.
    pub within: ClockWithin,
    /// From when.
    pub starts: Starts,
    /// Whether a deadline on a rest day moves (`roll`) or stays (`stay`).
    pub rest_day: crate::clock::RestDay,
}

/// How long a stage may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockWithin {
    /// The limit of the matter's class; a shorter one may be ordered.
    Class,
    /// Always ordered by whoever dispatches.
    Ordered,
    /// A limit of the stage itself.
    Fixed(Within),
}

/// The moment a clock starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    /// Entering the stage.
    Stage,
    /// Opening.
    Open,
    /// The dispatch to the unit; rework goes on with the same clock.
    Dispatch,
}

/// When to warn before a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Warn {
    /// When this percentage of the limit has passed.
    Percent(u8),
    /// This long before the deadline.
    Before(Within),
}

/// What happens after a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalation {
    /// How long after; `None` is at once.
    pub after: Option<Within>,
    /// Role to tell.
    pub tell: Option<RoleId>,
    /// Level of supervision (督办) set.
    pub supervise: Option<Level>,
}

/// Level of supervision (督办).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Level {
    /// Reminder with a limit (蓝).
    Blue,
    /// Warning (黄).
    Yellow,
    /// Ordered to finish (红).
    Red,
}
