//! An adjustment as it stands: the fold of its events.
//!
//! Invariant: only [`apply`] makes or changes one; it computes nothing and never fails on what
//! `decide` made.

use crate::adjustment::case::Case;
use crate::adjustment::document::{Basis, Period};
use crate::adjustment::event::{AdjustmentEvent, Reversal};
use crate::content::ContentRef;
use crate::id::{AdjustmentId, PackId, PersonId};
use crate::matter::By;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};

/// How far an adjustment has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentStage {
    /// Proposed; nobody else has looked.
    Proposed,
    /// A second person reviewed it.
    Reviewed,
    /// Announced (公示): the unit may object until the term ends.
    Announced,
    /// The unit objected, and nobody has answered.
    Objected,
    /// Confirmed by a second person.
    Confirmed,
    /// The money moved.
    Executed,
    /// Ended before that.
    Rejected,
    /// Taken back before that.
    Withdrawn,
}

impl AdjustmentStage {
    /// Every stage.
    pub const EACH: [AdjustmentStage; 8] = [
        AdjustmentStage::Proposed,
        AdjustmentStage::Reviewed,
        AdjustmentStage::Announced,
        AdjustmentStage::Objected,
        AdjustmentStage::Confirmed,
        AdjustmentStage::Executed,
        AdjustmentStage::Rejected,
        AdjustmentStage::Withdrawn,
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            AdjustmentStage::Proposed => "proposed",
            AdjustmentStage::Reviewed => "reviewed",
            AdjustmentStage::Announced => "announced",
            AdjustmentStage::Objected => "objected",
            AdjustmentStage::Confirmed => "confirmed",
            AdjustmentStage::Executed => "executed",
            AdjustmentStage::Rejected => "rejected",
            AdjustmentStage::Withdrawn => "withdrawn",
        }
    }

    /// Whether it ended without money.
    #[must_use]
    pub fn is_void(self) -> bool {
        matches!(self, AdjustmentStage::Rejected | AdjustmentStage::Withdrawn)
    }
}

/// Who did what to an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What, a word of [`AdjustmentEvent::word`].
    pub what: String,
    /// When.
    pub at: Instant,
    /// Who.
    pub person: PersonId,
    /// For which unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Why, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<ContentRef>,
}

/// One adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// Its id.
    pub id: AdjustmentId,
    /// Number of events so far.
    pub version: u64,
    /// How far it has come.
    pub stage: AdjustmentStage,
    /// The pack.
    pub pack: PackId,
    /// Its revision when it was proposed.
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
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// Number of the announcement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Until when the unit may object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Who did what, in order.
    pub steps: Vec<Step>,
}

impl Adjustment {
    /// Whether the unit has objected, whatever came of it.
    #[must_use]
    pub fn was_objected(&self) -> bool {
        self.steps.iter().any(|it| it.what == "objected")
    }
}

/// The adjustment after an event; `None` where the event does not follow what it was.
#[must_use]
pub fn apply(
    before: Option<Adjustment>,
    id: AdjustmentId,
    at: Instant,
    by: &By,
    event: &AdjustmentEvent,
) -> Option<Adjustment> {
    let step = Step {
        what: event.word().to_owned(),
        at,
        person: by.person.clone(),
        unit: by.unit.clone(),
        text: event.text().cloned(),
    };
    if let AdjustmentEvent::Proposed(proposed) = event {
        let proposed = (**proposed).clone();
        return before.is_none().then(|| Adjustment {
            id,
            version: 1,
            stage: AdjustmentStage::Proposed,
            pack: proposed.pack,
            rev: proposed.rev,
            period: proposed.period,
            unit: proposed.unit,
            basis: proposed.basis,
            cases: proposed.cases,
            amount_fen: proposed.amount_fen,
            reverses: proposed.reverses,
            proposed_by: by.person.clone(),
            number: None,
            until: None,
            steps: vec![step],
        });
    }
    let mut after = before?;
    after.version += 1;
    after.steps.push(step);
    after.stage = match event {
        AdjustmentEvent::Proposed(_) => return None,
        AdjustmentEvent::Reviewed => AdjustmentStage::Reviewed,
        AdjustmentEvent::Announced { number, until } => {
            (after.number, after.until) = (Some(number.clone()), Some(*until));
            AdjustmentStage::Announced
        }
        AdjustmentEvent::Objected(_) => AdjustmentStage::Objected,
        AdjustmentEvent::Overruled(_) => AdjustmentStage::Announced,
        AdjustmentEvent::Confirmed => AdjustmentStage::Confirmed,
        AdjustmentEvent::Executed { .. } => AdjustmentStage::Executed,
        AdjustmentEvent::Upheld(_) | AdjustmentEvent::Rejected(_) => AdjustmentStage::Rejected,
        AdjustmentEvent::Withdrawn(_) => AdjustmentStage::Withdrawn,
    };
    Some(after)
}
