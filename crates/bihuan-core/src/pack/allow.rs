//! Side acts that a stage allows beside its moves, each with who may do it.

use crate::id::RoleId;
use serde::{Deserialize, Serialize};

/// Side acts that a stage allows, each with who may do it; empty means nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Allow {
    /// Extension (延期).
    pub extend: Option<AllowExtend>,
    /// Suspension (挂账).
    pub suspend: Option<AllowSuspend>,
    /// Joint handling (协同): who may add units.
    pub join: Vec<RoleId>,
    /// Naming a responsible person.
    pub name: Vec<RoleId>,
    /// Urging (催办).
    pub urge: Vec<RoleId>,
    /// Supervision (督办).
    pub supervise: Vec<RoleId>,
    /// Merging into another matter as its duplicate.
    pub merge: Vec<RoleId>,
    /// Changing the class, with a reason.
    pub reclass: Vec<RoleId>,
    /// Ordering a shorter limit, a measure or a standard.
    pub order: Vec<RoleId>,
    /// Adding a note.
    pub note: Vec<RoleId>,
}

/// Who may extend, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllowExtend {
    /// How many extensions may be granted, at most 2.
    pub times: u32,
    /// Who may ask.
    pub ask: Vec<RoleId>,
    /// Who may grant or refuse.
    pub by: Vec<RoleId>,
}

/// Who may suspend, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllowSuspend {
    /// How many suspensions, at most 1.
    pub times: u32,
    /// Longest suspension in natural days, at most 365.
    pub days_max: u32,
    /// Who may ask.
    pub ask: Vec<RoleId>,
    /// Who may grant.
    pub by: Vec<RoleId>,
}
