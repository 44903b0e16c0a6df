//! `torture failover`: a PostgreSQL primary dies under load, its standby takes over, and every
//! receipt is asked for there.
//!
//! Invariants: receipts are counted before the blow; a commit whose outcome is unknown is settled
//! by the same id. The way to the standby stalls for a moment before the primary dies, in half of
//! the rounds and in all of the control: a standby that commits do not wait for must miss some.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::story::chance::Chance;
use bihuan_store::{Store, Target};

use super::journal::{self, Journals};
use super::kill::{Counted, blow, settle};
use super::load::{self, Plan};
use super::{Options, Seconds, oracle, realm};
use crate::postgres::{Cluster, Installation};
use crate::process::pause;

/// Failovers of the full form, and of the short one.
const ROUNDS: (u64, u64) = (8, 1);
/// Rounds in which the control has to lose something.
const CONTROL_MAX: u64 = 12;
/// How long the way to the standby stalls before the blow, in milliseconds.
const STALL_MS: (u64, u64) = (20, 200);
/// Name of the standby.
const STANDBY: &str = "second";

/// What one failover came to.
#[derive(Clone, Copy, Debug, Default)]
struct Failover {
    /// Receipts, refusals and open submissions at the blow.
    acked: u64,
    refused: u64,
    unknown: u64,
    /// Open ones that the standby had.
    written: u64,
    lost: u64,
    entries: u64,
    /// From the order to promote to the first answer, in seconds.
    back_s: f64,
}

/// Runs the campaign; true where every receipt held and the control missed some, and where no
/// PostgreSQL is installed, which is said.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    let Some(installation) = Installation::find()? else {
        println!("skipped: torture failover: no PostgreSQL is installed");
        return Ok(true);
    };
    let seed = options.seed;
    let clock = Seconds::start();
    let rounds = if options.full { ROUNDS.0 } else { ROUNDS.1 };
    println!("torture failover: seed {seed}: {rounds} failovers under {} senders", load::SENDERS);
    let mut chance = Chance::new(seed);
    let (mut total, mut backs) = (Counted::default(), Vec::new());
    for round in 1..=rounds {
        let it = failover(&installation, &mut chance, (seed, round), true)
            .with_context(|| format!("seed {seed}, failover {round}"))?;
        println!(
            "  failover {round}: {} receipts, {} without an answer ({} of them written), {} lost; \
             {} entries sound; writes back in {:.2} s",
            it.acked, it.unknown, it.written, it.lost, it.entries, it.back_s
        );
        add(&mut total, &it);
        backs.push(it.back_s);
    }
    let mut control = Counted::default();
    while control.lost.0 == 0 && control.rounds < CONTROL_MAX {
        let round = rounds + control.rounds + 1;
        let it = failover(&installation, &mut chance, (seed, round), false)
            .with_context(|| format!("seed {seed}, control {round}"))?;
        add(&mut control, &it);
    }
    println!(
        "  control, commits that do not wait for the standby: {} of {} receipts lost in {} rounds \
         (some must be)",
        control.lost.0, control.acked, control.rounds
    );
    backs.sort_by(f64::total_cmp);
    let passed = total.lost.0 == 0 && total.acked > 0 && control.lost.0 > 0;
    println!(
        "torture failover: seed {seed}: {} failovers, {} receipts and {} refusals before them, {} \
         without an answer ({} of them written) and sent again; writes back in {:.2} s (median), \
         {:.2} s at most: {} lost, 0 doubled; {:.0} s: {}",
        total.rounds,
        total.acked,
        total.refused,
        total.unknown,
        total.written,
        backs[backs.len() / 2],
        backs[backs.len() - 1],
        total.lost.0,
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

fn add(total: &mut Counted, it: &Failover) {
    total.rounds += 1;
    total.acked += it.acked;
    total.refused += it.refused;
    total.unknown += it.unknown;
    total.written += it.written;
    total.lost.0 += it.lost;
    total.lost.1 += u64::from(it.lost > 0);
}

/// One failover, from two new clusters to a standby that has been asked for everything.
fn failover(
    installation: &Installation,
    chance: &mut Chance,
    (seed, round): (u64, u64),
    waits: bool,
) -> Result<Failover> {
    let dir = tempfile::tempdir().context("failed to make a temporary directory")?;
    let mut primary = Cluster::start(installation, &[])?;
    let target = |it: &Cluster| Target::parse(&it.url());
    let store = Store::open(&target(&primary), load::ticker(seed, 0))?;
    realm::found(|change| Ok(store.change("operator", change).map(drop)?))?;
    let mut standby = primary.standby(STANDBY)?;
    if !waits {
        primary.set("synchronous_standby_names", "''")?;
    }
    let (journals, now) = (dir.path().to_path_buf(), realm::START);
    let plan = Plan { journals, seed, round, pending: Vec::new(), now, early: false };
    let told = under_load(&store, &plan, || {
        pause(blow(chance));
        // Without the stall, commits reach the standby whose answers the senders never get.
        if !waits || chance.percent(50) {
            primary.stall_replication()?;
            let (least, most) = STALL_MS;
            pause(Duration::from_millis(least + chance.below(most - least)));
        }
        let told = journal::sizes(&plan.journals)?;
        primary.kill()?;
        Ok(told)
    })?;
    drop(store);
    let journals = Journals::read(&plan.journals, &told)?;
    let mut pending = journals.pending();
    let mut it = Failover {
        acked: journals.done().count() as u64,
        unknown: pending.len() as u64,
        ..Failover::default()
    };
    it.refused = journals.told.len() as u64 - it.acked;

    let clock = Seconds::start();
    standby.promote()?;
    let store = Store::open(&target(&standby), load::ticker(seed, 1))?;
    let present = store.read(|db| {
        oracle::commands(db).map_err(|it| bihuan_store::DbError::Other(format!("{it:#}")))
    })?;
    for (key, range) in journals.done() {
        match present.get(key) {
            None => it.lost += 1,
            Some(kept) if range.is_some_and(|it| it != *kept) && waits => {
                bail!("{key:?} was told {range:?} and is kept as {kept:?}")
            }
            Some(_) => {}
        }
    }
    it.written = settle(&store, &mut pending)?;
    it.back_s = clock.gone();
    drop(store);
    let mut db = oracle::reader(&target(&standby))?;
    let sound = oracle::sound(&mut db)?;
    let moved = present.iter().find(|(key, range)| sound.commands.get(*key) != Some(range));
    ensure!(moved.is_none(), "{moved:?} is no longer where it was");
    it.entries = sound.entries;
    Ok(it)
}

/// Runs `blow` while all senders send, and ends them after it.
fn under_load<T>(store: &Store, plan: &Plan, blow: impl FnOnce() -> Result<T>) -> Result<T> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let senders = scope.spawn(|| load::run(store, plan, &stop));
        let struck = blow();
        stop.store(true, Ordering::Relaxed);
        senders.join().expect("the senders do not panic")?;
        struck
    })
}
