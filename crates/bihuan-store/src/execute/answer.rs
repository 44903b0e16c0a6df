//! What a submission gets back, and what a batch is given.

use crate::db::DbError;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Refusal;
use bihuan_core::time::Instant;

/// What a submission gets back.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It is in the record.
    Done(Receipt),
    /// It is not, and why.
    Refused(Box<Refusal>),
    /// The id was used before with another body; kept aside, outside the record.
    Conflict,
    /// The store could not; nothing is known to have been written unless the code says so.
    Failed(Failure),
}

/// Proof to a sender that a command is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// The matter.
    pub matter: MatterId,
    /// The version of the matter after the command.
    pub version: u64,
    /// First number of the record that it used.
    pub first_seq: u64,
    /// Last number of the record that it used.
    pub last_seq: u64,
    /// Whether this answer repeats an earlier one.
    pub replayed: bool,
}

/// Why the store could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A word of [`DbError::code`]: `disk_full`, `read_only`, `busy`, `connection_lost`,
    /// `outcome_unknown` …
    pub code: &'static str,
    /// What the database said.
    pub why: String,
}

/// The moment and the chance that a batch is given.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What the clock shows.
    pub clock: Instant,
    /// 32 random bytes that salts are derived from.
    pub salt: [u8; 32],
}

pub(crate) fn failure(error: &DbError) -> Failure {
    Failure { code: error.code(), why: error.to_string() }
}
