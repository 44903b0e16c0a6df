//! Moves: the ways out of a stage, and what each means to the engine.
//!
//! Invariant: in a loaded pack no way leads from opened to closed without an acceptance.

use crate::id::{MoveId, RoleId, StageId};
use crate::pack::{Level, Need};
use crate::text::Text;
use crate::unit::KindId;
use serde::{Deserialize, Serialize};

/// A way out of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Move {
    /// Key, unique in the pack.
    pub id: MoveId,
    /// Name of the act on buttons.
    pub title: Text,
    /// What the act means to the engine.
    pub act: Act,
    /// Who may do it.
    pub by: Vec<RoleId>,
    /// Where it leads.
    pub to: StageId,
    /// What must be given.
    pub needs: Vec<Need>,
    /// Kind of unit that the matter is lifted to (`act = "lift"`).
    pub lift: Option<KindId>,
    /// How often it may be made on one matter; required on cycles.
    pub at_most: Option<u32>,
    /// What happens when `at_most` is reached.
    pub then: Then,
    /// Typed reasons to choose from; empty means free text.
    pub reasons: Vec<Reason>,
    /// Who accepts, where `act` is an acceptance.
    pub accept_by: AcceptBy,
}

/// What a move means to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = MoveAct))]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Check before filing (立案前核实).
    PreCheck,
    /// File into the ledger (立案).
    File,
    /// Reject (作废).
    Void,
    /// Make a unit responsible (派遣/交办).
    Dispatch,
    /// The unit confirms receipt (签收).
    Receive,
    /// Give back to whoever came before (回退).
    Return,
    /// Go on to another unit (移交).
    Transfer,
    /// Go up a tier (上交).
    Lift,
    /// Declare done (申请验收).
    Declare,
    /// Accept by another party (验收/核查).
    Accept,
    /// Send back for rework (返工).
    SendBack,
    /// Sign off after acceptance.
    SignOff,
    /// Fixed at once while the inspector waits, accepted on the spot (立行立改).
    FixOnSpot,
    /// Fixed by the inspector alone (自行处置).
    SelfHandle,
    /// A step with no meaning of its own to the engine.
    Advance,
}

impl Act {
    /// Whether the act is an acceptance, which only another party may do.
    #[must_use]
    pub fn is_acceptance(self) -> bool {
        matches!(self, Act::Accept | Act::FixOnSpot)
    }
}

/// Who may be the other party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AcceptBy {
    /// An official of a unit that took no part.
    #[default]
    Office,
    /// The requester, by own code or signed paper, never entered by a participant.
    Requester,
}

/// What happens when a move has been made as often as it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It is refused from then on.
    #[default]
    Refuse,
    /// It goes on, under supervision of this level.
    Supervise(Level),
}

/// A typed reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
}
