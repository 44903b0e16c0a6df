//! Watching that a matter is no duplicate, does not come back, and is looked at again.

use crate::id::RoleId;
use serde::{Deserialize, Serialize};

/// Duplicates, rebound and recheck.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Watch {
    /// When to suggest that two matters are one.
    pub duplicate: Option<DuplicateWatch>,
    /// When a new matter is a rebound of a cleared one.
    pub rebound: Option<ReboundWatch>,
    /// When to look back (回头看).
    pub recheck: Vec<RecheckWatch>,
}

/// When to suggest that two matters are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DuplicateWatch {
    /// Metres.
    pub within_m: u32,
    /// Hours.
    pub within_hours: u32,
}

/// When a new matter is a rebound of a cleared one of the same class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReboundWatch {
    /// Metres.
    pub within_m: u32,
    /// Natural days after clearance.
    pub days: u32,
    /// Factor on the weight.
    pub factor: u32,
}

/// When to look back (回头看).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecheckWatch {
    /// Natural days after clearance.
    pub after_days: u32,
    /// Share of cleared matters, in percent.
    pub sample_percent: u8,
    /// Matters at a named point always.
    pub points_always: bool,
}

/// What may be done after a matter has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct After {
    /// Who may look back.
    pub recheck: Vec<RoleId>,
    /// Who may appeal against an overdue mark, once.
    pub appeal: Vec<RoleId>,
    /// Who must agree, one after the other.
    pub appeal_decide: Vec<RoleId>,
}
