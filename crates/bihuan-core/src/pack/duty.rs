//! Dated tasks attached to matters, and matters that open by themselves.

use crate::clock::Within;
use crate::id::{ClassCode, RoleId, StageId};
use crate::text::Text;
use crate::unit::KindId;
use serde::{Deserialize, Serialize};

/// A dated task attached to a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DutyRule {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Entering this stage starts it.
    pub on: StageId,
    /// Who owes it.
    pub role: RoleId,
    /// How long after.
    pub within: Within,
}

/// Matters that open by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schedule {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// How often.
    pub every: Every,
    /// One matter for each entry of this register; `None` is one for each unit.
    pub register: Option<String>,
    /// One matter for each unit of this kind.
    pub kind: Option<KindId>,
    /// Class of the matters.
    pub class: ClassCode,
}

/// How often a schedule opens matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Every natural day.
    Day,
    /// Every Monday.
    Week,
    /// The first of every month.
    Month,
    /// The first of January, April, July and October.
    Quarter,
    /// The first of January.
    Year,
}
