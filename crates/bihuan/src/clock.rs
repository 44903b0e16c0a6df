//! The one place that reads the machine's clock, and the clock of a realm made from it.
//!
//! Invariants: only a demonstration realm runs beside the machine's clock, and it says so wherever
//! its time shows; a clock that jumps while the service runs is not believed, and the realm's goes
//! on at the pace of time; as long as it is not, penal acts wait.

use crate::entropy;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::{Moment, Ticker};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// A machine's clock that jumps further than this is not believed until the service starts anew.
const JUMP_MAX_MS: i64 = DAY_MS;

/// The clock of a realm: the machine's, moved by so many milliseconds.
#[derive(Clone, Debug, Default)]
pub struct RealmClock {
    offset_ms: Arc<AtomicI64>,
    guard: Arc<Guard>,
}

/// What tells a jump from the passing of time.
#[derive(Debug, Default)]
struct Guard {
    /// What the machine's clock showed when it was last believed, and at which steady moment.
    anchor: Mutex<Option<(i64, std::time::Instant)>>,
    /// How far the machine's clock was set for a test.
    set_ms: AtomicI64,
    /// Whether it is out of bounds.
    held: Arc<AtomicBool>,
}

impl RealmClock {
    /// What the realm's clock shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant(self.guard.believed()).plus_ms(self.offset_ms())
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

    /// Whether the machine's clock jumped and is not believed.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.guard.held.load(Ordering::Relaxed)
    }

    /// The same, for the writer of a store.
    #[must_use]
    pub fn held(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.guard.held)
    }

    /// Has the machine's clock show another time, as if somebody had set it.
    pub fn set_machine_ms(&self, by_ms: i64) {
        self.guard.set_ms.store(by_ms, Ordering::Relaxed);
    }

    /// Moments for the writer of a store.
    #[must_use]
    pub fn ticker(&self) -> Ticker {
        let clock = self.clone();
        Box::new(move || Moment { clock: clock.now(), salt: entropy::salt() })
    }
}

impl Guard {
    /// The machine's time where it goes on as time does, else what it should be.
    fn believed(&self) -> i64 {
        let shown = machine_now().0.saturating_add(self.set_ms.load(Ordering::Relaxed));
        let steady = steady_now();
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, at) = *anchor.get_or_insert((shown, steady));
        let gone = steady.saturating_duration_since(at).as_millis();
        let expected = then.saturating_add(i64::try_from(gone).unwrap_or(i64::MAX));
        let has_jumped = shown.saturating_sub(expected).abs() > JUMP_MAX_MS;
        if has_jumped != self.held.swap(has_jumped, Ordering::Relaxed) {
            tracing::warn!(held = has_jumped, "the machine's clock jumped; penal acts wait");
        }
        if has_jumped {
            return expected;
        }
        *anchor = Some((shown, steady));
        shown
    }
}

/// What the machine's clock shows; before 1970 it shows 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
pub fn machine_now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that nobody can set, to measure the other by.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clocks")]
fn steady_now() -> std::time::Instant {
    std::time::Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_not_believed_and_one_that_comes_back_is() {
        let clock = RealmClock::default();
        let before = clock.now();
        for jump_days in [3_650, -400] {
            clock.set_machine_ms(jump_days * DAY_MS);
            let now = clock.now();
            assert!(clock.is_held() && (0..60_000).contains(&(now.0 - before.0)), "{jump_days}");
            clock.set_machine_ms(0);
            assert!(clock.now() >= before && !clock.is_held());
        }
        clock.set_machine_ms(DAY_MS / 2);
        assert!(clock.now().0 - before.0 >= DAY_MS / 2, "a correction is believed");
        assert!(!clock.is_held());
    }
}
