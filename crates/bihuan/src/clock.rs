//! The one place that reads the machine's clock, and the clock of a realm made from it.
//!
//! Invariant: only a demonstration realm runs beside the machine's clock, and it says so wherever
//! its time shows.

use crate::entropy;
use bihuan_core::time::Instant;
use bihuan_store::{Moment, Ticker};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The clock of a realm: the machine's, moved by so many milliseconds.
#[derive(Clone, Debug, Default)]
pub struct RealmClock {
    offset_ms: Arc<AtomicI64>,
}

impl RealmClock {
    /// What the realm's clock shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        machine_now().plus_ms(self.offset_ms())
    }

    /// How far it is moved, in milliseconds.
    #[must_use]
    pub fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves it.
    pub fn set_offset_ms(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
    }

    /// Moments for the writer of a store.
    #[must_use]
    pub fn ticker(&self) -> Ticker {
        let clock = self.clone();
        Box::new(move || Moment { clock: clock.now(), salt: entropy::salt() })
    }
}

/// What the machine's clock shows; before 1970 it shows 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub fn machine_now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
