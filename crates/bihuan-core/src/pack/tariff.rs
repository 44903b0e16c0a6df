//! Points and money on what happens.
//!
//! Invariant: money is whole fen and falls only on the kinds of units that a tariff lists.

use crate::id::RoleId;
use crate::text::Text;
use crate::unit::KindId;
use serde::{Deserialize, Serialize};

/// Points and money on what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tariff {
    /// Key.
    pub id: String,
    /// Name on documents.
    pub title: Text,
    /// What is scored.
    pub on: TariffOn,
    /// Thousandths of a point, negative for a deduction; times the class weight if `by_weight`.
    pub points_milli: i64,
    /// Fen, negative for a deduction.
    pub fen: i64,
    /// Multiply by the class weight (1,000 thousandths = once).
    pub by_weight: bool,
    /// At most this many times on one matter.
    pub times_max: u32,
    /// Kinds of units that fen may be charged to; empty charges no fen.
    pub fen_kinds: Vec<KindId>,
    /// Most fen that one unit is charged by it in one period of settlement.
    pub cap_fen: Option<i64>,
    /// No fen where the matter was cleared within so many hours of its opening (立行立改).
    pub grace_hours: Option<u32>,
    /// First day of validity.
    pub valid_from: Option<String>,
    /// First day of no more validity.
    pub valid_to: Option<String>,
}

/// What a tariff is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TariffOn {
    /// A matter was dispatched to the unit.
    Finding,
    /// A day has passed after the deadline.
    OverdueDay,
    /// Sent back for rework.
    Rework,
    /// A rebound.
    Rebound,
    /// Cleared on time.
    OnTime,
}

/// Kinds of units that are public bodies; any other is charged only by contract.
const PUBLIC_KINDS: [&str; 8] =
    ["district", "town", "street", "department", "village", "community", "grid", "squad"];
/// Kinds that are never charged, by contract or not: only an authorised body may fine them.
const NEVER_KINDS: [&str; 5] = ["person", "resident", "household", "shop", "merchant"];

/// Whether a kind of unit is never charged, whatever a tariff lists.
#[must_use]
pub fn is_never_charged(kind: &KindId) -> bool {
    NEVER_KINDS.contains(&kind.as_str())
}

/// Whether a kind of unit is no public body, so that a contract must allow a charge.
#[must_use]
pub fn needs_contract(kind: &KindId) -> bool {
    !PUBLIC_KINDS.contains(&kind.as_str())
}

/// Who decides on adjustments (考核扣款); with nobody named there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Adjusting {
    /// Who proposes and announces.
    pub propose: Vec<RoleId>,
    /// Who reviews: another person.
    pub review: Vec<RoleId>,
    /// Who confirms, answers objections and rejects: another person, of no charged unit.
    pub confirm: Vec<RoleId>,
    /// Who objects for the charged unit.
    pub object: Vec<RoleId>,
    /// Who says that the money has moved.
    pub execute: Vec<RoleId>,
}

impl Adjusting {
    /// Each list with its key in a pack.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &Vec<RoleId>); 5] {
        [
            ("propose", &self.propose),
            ("review", &self.review),
            ("confirm", &self.confirm),
            ("object", &self.object),
            ("execute", &self.execute),
        ]
    }
}
