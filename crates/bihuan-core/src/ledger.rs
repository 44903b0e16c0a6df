//! The ledger (台账): how a matter's steps enter and leave the account of a unit.
//!
//! Invariant: opening + filed + rebounded + taken over − handed over − cleared − self-handled −
//! merged − voided = closing, for each responsible unit and day of commit.

use crate::matter::Matter;
use crate::pack::Meaning;
use serde::{Deserialize, Serialize};

/// How a matter enters the account of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entered {
    /// Filed (立案).
    Filed,
    /// A rebound, counted once and as such (反弹).
    Rebounded,
    /// Taken over from another unit.
    TakenOver,
}

/// How a matter leaves the account of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftAs {
    /// Handed over to another unit.
    HandedOver,
    /// Cleared (销号).
    Cleared,
    /// Fixed by the inspector alone (自行处置).
    SelfHandled,
    /// A duplicate.
    Merged,
    /// Rejected (作废).
    Voided,
}

/// What one event does to the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// How the span before ends.
    pub left: Option<LeftAs>,
    /// How the span after begins.
    pub entered: Option<Entered>,
    /// How the span after ends at once, where the matter ends with the unit that it enters.
    pub left_at_once: Option<LeftAs>,
}

impl Entered {
    /// The word in rows and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Entered::Filed => "filed",
            Entered::Rebounded => "rebounded",
            Entered::TakenOver => "taken_over",
        }
    }
}

impl LeftAs {
    /// The word in rows and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LeftAs::HandedOver => "handed_over",
            LeftAs::Cleared => "cleared",
            LeftAs::SelfHandled => "self_handled",
            LeftAs::Merged => "merged",
            LeftAs::Voided => "voided",
        }
    }
}

/// What the step from `before` to `after` does to the account.
#[must_use]
pub fn movement(before: Option<&Matter>, after: &Matter) -> Movement {
    let was_in = before.filter(|it| it.standing.is.is_in_ledger());
    let first = if after.rebound_of.is_some() { Entered::Rebounded } else { Entered::Filed };
    let end = match after.standing.is {
        Meaning::Closed => Some(LeftAs::Cleared),
        Meaning::SelfHandled => Some(LeftAs::SelfHandled),
        Meaning::Merged => Some(LeftAs::Merged),
        Meaning::Voided => Some(LeftAs::Voided),
        _ => None,
    };
    let moved_unit = was_in.is_some_and(|it| it.standing.responsible != after.standing.responsible);
    match (was_in, end) {
        (Some(_), Some(_)) if moved_unit => Movement {
            left: Some(LeftAs::HandedOver),
            entered: Some(Entered::TakenOver),
            left_at_once: end,
        },
        (Some(_), Some(_)) => Movement { left: end, ..Movement::default() },
        (Some(_), None) if moved_unit => Movement {
            left: Some(LeftAs::HandedOver),
            entered: Some(Entered::TakenOver),
            left_at_once: None,
        },
        (None, None) if after.standing.is.is_in_ledger() => {
            Movement { entered: Some(first), ..Movement::default() }
        }
        // Straight from a report to its end: what was really done counts, what was rejected or
        // folded into another never stood in the ledger.
        (None, Some(LeftAs::Cleared | LeftAs::SelfHandled))
            if before.is_some_and(|it| !it.is_final()) =>
        {
            Movement { left: None, entered: Some(first), left_at_once: end }
        }
        _ => Movement::default(),
    }
}
