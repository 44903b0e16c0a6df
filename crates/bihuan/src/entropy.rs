//! The one place that draws random bytes: salts, and ids of commands and matters.

use bihuan_core::id::{CommandId, MatterId};
use bihuan_core::time::Instant;
use uuid::{Builder, Uuid};

/// 32 random bytes that the salts of a batch are derived from.
///
/// # Panics
/// Where the system has no source of randomness: nothing may then be sealed.
#[must_use]
pub fn salt() -> [u8; 32] {
    let mut bytes = [0; 32];
    fill(&mut bytes);
    bytes
}

/// So many random bytes.
///
/// # Panics
/// As [`salt`].
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A new id for a command, in the order of time.
#[must_use]
pub fn command_id(now: Instant) -> CommandId {
    CommandId(ordered(now))
}

/// A new id for a matter, in the order of time.
#[must_use]
pub fn matter_id(now: Instant) -> MatterId {
    MatterId(ordered(now))
}

fn ordered(now: Instant) -> Uuid {
    let mut bytes = [0; 10];
    fill(&mut bytes);
    let millis = u64::try_from(now.0).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws random bytes")]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has a source of randomness");
}
