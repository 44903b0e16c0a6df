//! What happens to an adjustment, with every computed fact inside.

use crate::adjustment::case::Case;
use crate::adjustment::document::{Basis, Period};
use crate::content::ContentRef;
use crate::id::{AdjustmentId, PackId};
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};

/// One thing that happened to one adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentEvent {
    /// It was proposed.
    Proposed(Box<Proposed>),
    /// A second person reviewed it.
    Reviewed,
    /// It was announced (公示), and may be objected to for a term.
    Announced {
        /// Number of the announcement (文号).
        number: String,
        /// Until when, exclusive.
        until: Instant,
    },
    /// The charged unit objected.
    Objected(ContentRef),
    /// The objection was right: the adjustment ends.
    Upheld(ContentRef),
    /// The objection was not right: it goes on.
    Overruled(ContentRef),
    /// A second person confirmed it.
    Confirmed,
    /// The money moved, by two lines whose sum is nothing.
    Executed {
        /// Of the unit, then of the fund.
        lines: [Line; 2],
    },
    /// It ended before the money moved, for a reason.
    Rejected(ContentRef),
    /// Whoever proposed it took it back, for a reason.
    Withdrawn(ContentRef),
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The pack.
    pub pack: PackId,
    /// Its revision then: who may decide stands in it.
    pub rev: u32,
    /// The days.
    pub period: Period,
    /// The charged or rewarded unit.
    pub unit: UnitId,
    /// What it rests on.
    pub basis: Basis,
    /// Its cases.
    pub cases: Vec<Case>,
    /// Their sum, in fen; negative takes from the unit.
    pub amount_fen: i64,
    /// What it undoes, where it is a counter-entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverses: Option<Reversal>,
}

/// What a counter-entry undoes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The executed adjustment.
    pub of: AdjustmentId,
    /// Why, sealed.
    pub reason: ContentRef,
}

/// An account of the ledger of adjustments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Of a unit.
    Unit(UnitId),
    /// Of a fund.
    Fund(String),
}

impl Account {
    /// Its kind and key, as rows have them.
    #[must_use]
    pub fn words(&self) -> (&'static str, &str) {
        match self {
            Account::Unit(unit) => ("unit", unit.as_str()),
            Account::Fund(fund) => ("fund", fund),
        }
    }
}

/// One line of the ledger of adjustments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The account.
    pub account: Account,
    /// Fen; negative goes out.
    pub fen: i64,
}

impl AdjustmentEvent {
    /// Its word, as the record has it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            AdjustmentEvent::Proposed(_) => "proposed",
            AdjustmentEvent::Reviewed => "reviewed",
            AdjustmentEvent::Announced { .. } => "announced",
            AdjustmentEvent::Objected(_) => "objected",
            AdjustmentEvent::Upheld(_) => "upheld",
            AdjustmentEvent::Overruled(_) => "overruled",
            AdjustmentEvent::Confirmed => "confirmed",
            AdjustmentEvent::Executed { .. } => "executed",
            AdjustmentEvent::Rejected(_) => "rejected",
            AdjustmentEvent::Withdrawn(_) => "withdrawn",
        }
    }

    /// The sealed text that it names.
    #[must_use]
    pub fn text(&self) -> Option<&ContentRef> {
        match self {
            AdjustmentEvent::Proposed(it) => it.reverses.as_ref().map(|it| &it.reason),
            AdjustmentEvent::Objected(it)
            | AdjustmentEvent::Upheld(it)
            | AdjustmentEvent::Overruled(it)
            | AdjustmentEvent::Rejected(it)
            | AdjustmentEvent::Withdrawn(it) => Some(it),
            AdjustmentEvent::Reviewed
            | AdjustmentEvent::Announced { .. }
            | AdjustmentEvent::Confirmed
            | AdjustmentEvent::Executed { .. } => None,
        }
    }
}
