//! The record: what one event is as bytes. The bytes are made once and never re-serialised; the
//! Merkle leaf is over exactly them.

use crate::audit::Audited;
use bihuan_core::adjustment::{AdjustmentEvent, Period};
use bihuan_core::id::{AdjustmentId, CommandId, MatterId, PackId};
use bihuan_core::matter::{By, Event};
use bihuan_core::ranking::Ranked;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::{Deserialize, Serialize};

/// One entry of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When it was committed, by the realm's clock.
    pub at: Instant,
    /// What it says.
    #[serde(flatten)]
    pub said: Said,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Something happened to a matter.
    Matter(Box<MatterSaid>),
    /// A rule of the realm changed.
    Rules(RulesSaid),
    /// Something happened to an adjustment.
    Adjustment(Box<AdjustmentSaid>),
    /// A person published a ranking.
    Ranking(Box<RankingSaid>),
    /// Somebody entered, was shown something or kept log-ins; no matter and no rule changed by it.
    Audit(Audited),
}

/// Something happened to a matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatterSaid {
    /// Which.
    pub id: MatterId,
    /// Its version after this.
    pub version: u64,
    /// Who did it.
    pub by: By,
    /// By which command.
    pub command: CommandId,
    /// What.
    pub event: Event,
}

/// Something happened to an adjustment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdjustmentSaid {
    /// Which.
    pub id: AdjustmentId,
    /// Its version after this.
    pub version: u64,
    /// Who did it.
    pub by: By,
    /// By which command.
    pub command: CommandId,
    /// What.
    pub event: AdjustmentEvent,
}

/// A person published a ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankingSaid {
    /// Who did it.
    pub by: By,
    /// The pack.
    pub pack: PackId,
    /// Its revision.
    pub rev: u32,
    /// Which ranking of the pack.
    pub ranking: String,
    /// The unit whose units below are ranked.
    pub under: UnitId,
    /// The days.
    pub period: Period,
    /// Up to which entry of the record it was made.
    pub as_of: u64,
    /// SHA-256 of what it was made of.
    pub digest: String,
    /// What was published.
    pub rows: Vec<Ranked>,
}

/// A rule of the realm changed: units, people, areas, packs, calendars, erasure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RulesSaid {
    /// Who did it: an account, or `operator` at the machine itself.
    pub by: String,
    /// What kind of rule.
    pub kind: String,
    /// The revision of the rules after this.
    pub rev: u64,
    /// SHA-256 of the change as it was given.
    pub digest: String,
    /// How many rows it set.
    pub rows: u64,
    /// What it is about, where that is one thing: a pack, a year, a content reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl Record {
    /// The bytes that are stored and hashed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record has only string keys")
    }

    /// Reads the bytes of an entry.
    ///
    /// # Errors
    /// Where they are not an entry.
    pub fn from_bytes(bytes: &[u8]) -> Result<Record, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The matter that the entry is about.
    #[must_use]
    pub fn matter(&self) -> Option<MatterId> {
        match &self.said {
            Said::Matter(it) => Some(it.id),
            Said::Rules(_) | Said::Adjustment(_) | Said::Ranking(_) | Said::Audit(_) => None,
        }
    }
}
