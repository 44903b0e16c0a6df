//! Timers: what the clock of the realm does to a matter by itself.

use serde::{Deserialize, Serialize};

/// A timer of a matter. Its occurrence makes each firing one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timer {
    /// What fires.
    pub rule: TimerRule,
    /// Counted from 0 over the life of the matter.
    pub occurrence: u32,
}

/// What the clock of the realm may do to a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TimerRule {
    /// A warning before the deadline.
    Warn,
    /// A step after the deadline.
    Overdue,
    /// One more day after the deadline.
    OverdueDay,
    /// The end of a suspension.
    Resume,
    /// A declaration whose files never arrived.
    Lapse,
}
