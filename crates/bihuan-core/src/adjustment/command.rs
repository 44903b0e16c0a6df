//! What somebody asks to be done to an adjustment, and what the decision may look at.

use crate::adjustment::case::Scored;
use crate::adjustment::document::{Period, RuleDocument};
use crate::adjustment::state::Adjustment;
use crate::id::{AccountId, AdjustmentId, CommandId, PackId, RoleId};
use crate::matter::{Rules, Via};
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most cases of one adjustment; a unit with more has its period cut in two.
pub const CASES_MAX: usize = 5_000;

/// One act on one adjustment, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentSubmission {
    /// Chosen by its sender, kept through retries.
    pub id: CommandId,
    /// The account.
    pub by: AccountId,
    /// By what way.
    pub via: Via,
    /// The roles under which alone it may act; all that the person holds where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
    /// The adjustment; for a proposal, the id of the new one.
    pub adjustment: AdjustmentId,
    /// The version that the sender saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u64>,
    /// What.
    pub command: AdjustmentCommand,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AdjustmentCommand {
    /// Propose what the scores of a unit and period come to.
    Propose(Propose),
    /// Propose a counter-entry to cases of an executed adjustment.
    Reverse(Reverse),
    /// Say, as a second person, that cases and amount are right.
    Review,
    /// Announce it (公示) under this number; the term for objections begins.
    Announce(String),
    /// Object to it, for the charged unit, and why.
    Object(String),
    /// Say that the objection is right, and why: the adjustment ends.
    Uphold(String),
    /// Say that the objection is not right, and why.
    Overrule(String),
    /// Confirm it, as a second person, after the term.
    Confirm,
    /// Say that the money has moved.
    Execute,
    /// End it before the money moves, and why.
    Reject(String),
    /// Take the own proposal back, and why.
    Withdraw(String),
}

/// A proposal for one unit. Its cases are gathered by the engine, never named by the proposer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Propose {
    /// The pack.
    pub pack: PackId,
    /// The days, by when the scores were recorded.
    pub period: Period,
    /// The unit.
    pub unit: UnitId,
    /// Key of the rule document.
    pub document: String,
}

/// A counter-entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    /// The executed adjustment that it undoes.
    pub of: AdjustmentId,
    /// Which of its cases, counted from 1; all where empty.
    #[serde(default)]
    pub cases: BTreeSet<usize>,
    /// Why.
    pub reason: String,
}

/// The adjustment that a counter-entry undoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// The adjustment.
    pub adjustment: Adjustment,
    /// Places of its cases, from 0, that no counter-entry has undone or is about to.
    pub open: BTreeSet<usize>,
}

/// Everything that one decision on an adjustment may look at.
#[derive(Clone, Copy, Debug)]
pub struct AdjustmentFacts<'a> {
    /// The moment of the decision.
    pub now: Instant,
    /// Whether the clock is out of bounds, so that penal acts wait.
    pub clock_held: bool,
    /// The rules of the realm.
    pub rules: &'a Rules,
    /// 32 random bytes that salts are derived from.
    pub salt: &'a [u8; 32],
    /// The adjustment acted on, where there is one.
    pub adjustment: Option<&'a Adjustment>,
    /// The rule document that a proposal names, where there is one.
    pub document: Option<&'a RuleDocument>,
    /// Scores with money of the unit, pack and period of a proposal, in the order of the record.
    pub scored: &'a [Scored],
    /// Fen that living adjustments of the same unit, pack and period hold, by tariff.
    pub charged: &'a BTreeMap<String, i64>,
    /// Whether a living adjustment of the unit and pack has another period that overlaps.
    pub overlaps: bool,
    /// Fen of rewards that living adjustments under the document have in the period.
    pub rewarded_fen: i64,
    /// Places of cases, from 0, whose matter has been voided or exempted since.
    pub fallen: &'a [usize],
    /// What a counter-entry undoes, where it is there.
    pub original: Option<&'a Original>,
}
