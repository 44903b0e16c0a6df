//! How much the writer does, and how long it takes: figures for who watches.
//!
//! Invariant: they are of this process alone, and enter no record.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What the writer has done since it was opened.
#[derive(Debug, Default)]
pub struct Meter {
    batches: AtomicU64,
    commands: AtomicU64,
    micros: AtomicU64,
}

impl Meter {
    /// Batches, committed or not.
    #[must_use]
    pub fn batches(&self) -> u64 {
        self.batches.load(Ordering::Relaxed)
    }

    /// Commands in them.
    #[must_use]
    pub fn commands(&self) -> u64 {
        self.commands.load(Ordering::Relaxed)
    }

    /// Microseconds that they took, from the first statement to the end of the commit.
    #[must_use]
    pub fn micros(&self) -> u64 {
        self.micros.load(Ordering::Relaxed)
    }

    /// Does a batch of so many commands, and notes how long it took.
    pub(crate) fn measure<T>(&self, commands: usize, batch: impl FnOnce() -> T) -> T {
        let began = moment();
        let done = batch();
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(commands as u64, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
        done
    }
}

#[expect(clippy::disallowed_methods, reason = "it enters no record, only figures of a process")]
fn moment() -> Instant {
    Instant::now()
}
