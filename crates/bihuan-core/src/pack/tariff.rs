//! Points and money on what happens.
//!
//! Invariant: money is whole fen and falls only on the kinds of units that a tariff lists.

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
