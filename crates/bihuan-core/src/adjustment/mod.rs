//! Adjustments (考核扣款): money between a unit and a fund, in double entry, decided by two persons.
//!
//! Invariants: an adjustment lists its cases and its amount is their sum; it is never edited, only
//! undone by a counter-entry; whoever proposes neither reviews nor confirms; whoever confirms is of
//! no charged unit; what is executed posts two lines whose sum is nothing. Fen falls only on kinds
//! of units that the tariff lists, under a dated rule document; never on persons, households or
//! shops. A statutory penalty (罚款) is not made here.

mod case;
mod command;
mod decide;
mod document;
mod event;
mod refusal;
mod sight;
mod state;
mod statement;

pub use case::{Asked, Case, Gathered, LeftOut, LeftOutCase, Scored, gather};
pub use command::{
    AdjustmentCommand, AdjustmentFacts, AdjustmentSubmission, CASES_MAX, Original, Propose, Reverse,
};
pub use decide::{AdjustmentDecision, decide};
pub use document::{Basis, PERIOD_DAYS_MAX, Period, RuleDocument, check_document};
pub use event::{Account, AdjustmentEvent, Line, Proposed, Reversal};
pub use refusal::AdjustmentRefusal;
pub use sight::{proposes_adjustments, sees_adjustments, sees_published, sees_ranking};
pub use state::{Adjustment, AdjustmentStage, Step, apply};
pub use statement::Statement;
