//! `torture sim`: seeded simulations of phones that go offline, retry and come out of order.
//!
//! Invariants: one thread a run; no clock and no chance but the seed's; the same seed twice gives
//! the same root and the same bytes. Control: senders that forget their ids must double.

mod play;
mod server;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Options, Seconds};
use play::{Played, play};

/// Submissions of one run of the full form.
const RUN: u64 = 25_000;
/// Runs of the full form, each from a seed of its own.
const RUNS: u64 = 40;
/// Submissions of the short form.
const SHORT: u64 = 4_000;
/// Submissions of the control.
const CONTROL: u64 = 1_500;

/// Runs the campaign; true where nothing was lost or doubled and the control doubled.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    let clock = Seconds::start();
    let (runs, each) = if options.full { (RUNS, RUN) } else { (1, SHORT) };
    let seeds: Vec<u64> = (0..runs).map(|it| options.seed.wrapping_add(it)).collect();
    println!("torture sim: seed {}: {runs} runs of {each} submissions", options.seed);
    let mut total = Played::default();
    let done = over(&seeds, each)?;
    for (seed, played) in seeds.iter().zip(&done) {
        println!("  seed {seed}: {}", said(played));
        add(&mut total, played);
    }
    let again = alone(options.seed, each, false)?;
    let same = again.sound == done[0].sound;
    println!("  seed {} again: root {}: {}", options.seed, again.sound.root, verdict(same));
    println!("  refusals: {:?}", total.refusals);
    let control = alone(options.seed, CONTROL, true)?;
    println!(
        "  control, senders that forget their ids: {} of {CONTROL} accepted again (some must be)",
        control.doubled
    );
    let passed = total.lost == 0 && total.doubled == 0 && same && control.doubled > 0;
    println!(
        "torture sim: {}; {:.0} s: {}",
        said(&total),
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

/// Plays all seeds, two at a time; each run is one thread.
fn over(seeds: &[u64], each: u64) -> Result<Vec<Played>> {
    let mut done = Vec::new();
    for pair in seeds.chunks(2) {
        let both = std::thread::scope(|scope| {
            let runs: Vec<_> =
                pair.iter().map(|seed| scope.spawn(|| alone(*seed, each, false))).collect();
            runs.into_iter()
                .map(|it| it.join().expect("a run does not panic"))
                .collect::<Result<Vec<_>>>()
        })?;
        done.extend(both);
    }
    Ok(done)
}

fn alone(seed: u64, count: u64, forgetful: bool) -> Result<Played> {
    let dir = tempfile::Builder::new()
        .prefix("bihuan-sim-")
        .tempdir_in(memory())
        .context("failed to make a temporary directory")?;
    play(dir.path(), seed, count, forgetful)
}

/// A directory in memory, where there is one.
fn memory() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() }
}

fn verdict(same: bool) -> &'static str {
    if same { "the same root and the same bytes" } else { "DIFFERS" }
}

fn said(it: &Played) -> String {
    format!(
        "{} submissions (and {} timers) sent {} times: {} accepted, {} refused, {} repeated \
         receipts, {} replies lost, {} conflicts kept aside, {} accepted by a late copy after a \
         refusal; {} batches, {} crashes, {} clocks gone back; {} entries; {} lost, {} doubled",
        it.submissions,
        it.timers,
        it.sent,
        it.accepted,
        it.refused,
        it.replayed,
        it.replies_lost,
        it.conflicts,
        it.late,
        it.batches,
        it.crashes,
        it.clock_back,
        it.sound.entries,
        it.lost,
        it.doubled
    )
}

fn add(total: &mut Played, it: &Played) {
    total.submissions += it.submissions;
    total.timers += it.timers;
    total.sent += it.sent;
    total.accepted += it.accepted;
    total.refused += it.refused;
    total.replayed += it.replayed;
    total.replies_lost += it.replies_lost;
    total.conflicts += it.conflicts;
    total.late += it.late;
    total.batches += it.batches;
    total.crashes += it.crashes;
    total.clock_back += it.clock_back;
    total.sound.entries += it.sound.entries;
    total.lost += it.lost;
    total.doubled += it.doubled;
    for (code, count) in &it.refusals {
        *total.refusals.entry(code.clone()).or_default() += count;
    }
}
