//! `torture disk`: the disk under the service runs full while somebody writes and has room again;
//! then one fails, and the system makes it read-only.
//!
//! Invariants: what was answered for stays; a write that cannot be kept says why and changes
//! nothing; reading goes on; once it can be, writing goes on. Control: whoever takes those refusals
//! for receipts must miss every one of them.

mod fault;
mod pen;
mod room;

use anyhow::Result;
use bihuan_store::Db;
use bihuan_store::db::Role;

use super::{Options, Seconds, oracle};
use crate::service::UNLIMITED;
use pen::Pen;

/// Notes before the disk is in the way.
const NOTES: usize = 20;
/// Notes, and reads, that are tried while it is.
const TRIED: usize = 12;

/// What a part of the campaign came to.
#[derive(Debug, Default)]
struct Came {
    /// Notes with a receipt.
    acked: usize,
    /// Those of them that are not in the record.
    lost: usize,
    /// Notes that were refused.
    refused: usize,
    /// Those of them that were not in the record then: all must be.
    missing: usize,
    /// Notes of which it was said that nobody knows.
    unknown: usize,
    /// The longest that it took to go on, in seconds.
    longest_s: f64,
}

/// Runs the campaign; true where all held and the control missed all, and where this machine
/// cannot run it, which is said.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    Ok(room::run(options)? & fault::run(options)?)
}

/// The settings of a service on a small disk.
fn settings() -> Vec<(&'static str, &'static str)> {
    [("BIHUAN_DISK_FREE_MIN_MB", "1")].into_iter().chain(UNLIMITED).collect()
}

impl Came {
    /// Counts what was answered for and what became of it, and sees that the realm is sound.
    fn settle(&mut self, pen: &Pen) -> Result<()> {
        self.acked = pen.acked.len();
        self.lost = pen.missing(&pen.acked)?;
        oracle::sound(&mut Db::connect(&pen.target(), Role::Writer)?)?;
        Ok(())
    }

    /// Tells it; true where all held.
    fn tell(&self, what: &str, options: &Options, clock: &Seconds) -> bool {
        let passed = self.lost == 0 && self.refused > 0 && self.missing == self.refused;
        println!(
            "  control, refusals taken for receipts: {} of {} lost (all must be)",
            self.missing, self.refused
        );
        println!(
            "torture disk, {what}: seed {}: {} receipts; {} refusals and {} without an outcome, \
             each sent again; it went on after {:.1} s at most; {} lost; {:.0} s: {}",
            options.seed,
            self.acked,
            self.refused,
            self.unknown,
            self.longest_s,
            self.lost,
            clock.gone(),
            if passed { "passed" } else { "FAILED" }
        );
        passed
    }
}
