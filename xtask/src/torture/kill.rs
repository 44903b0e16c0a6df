//! `torture kill`: a writer under eight senders is killed at any moment, opened again, and asked
//! for every receipt it gave.
//!
//! Invariants: receipts are counted that were written down before the blow; what had no answer is
//! sent again with the same id. Control: a writer that answers before it commits must lose some.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use bihuan_core::matter::Submission;
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use bihuan_store::db::Role;
use bihuan_store::{Db, Store, Target, Ticker, migrate};

use super::child::{Life, Running};
use super::journal::{self, Journals};
use super::load::{self, Plan};
use super::oracle::{self, Key, Range, Sound};
use super::{Options, Seconds, realm};
use crate::process::pause;

/// Kills of the full form, and of the short one.
const KILLS: (u64, u64) = (200, 8);
/// Rounds in which the control has to lose something.
const CONTROL_MAX: u64 = 12;
/// Kills between two looks at every entry.
const THOROUGH: u64 = 20;
/// The earliest and the latest kill after the realm was opened, in milliseconds.
const MOMENTS_MS: (u64, u64) = (50, 1_500);

/// What rounds of a campaign came to.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Rounds.
    pub rounds: u64,
    /// Receipts given before the blow.
    pub acked: u64,
    /// Refusals given before the blow.
    pub refused: u64,
    /// Submissions without an answer at the blow.
    pub unknown: u64,
    /// Of these, those that were in the record.
    pub written: u64,
    /// Receipts that the record does not hold, and rounds that lost any.
    pub lost: (u64, u64),
}

/// A realm in a file that is opened again and again.
pub struct Bench {
    realm: PathBuf,
    work: PathBuf,
    seed: u64,
    pending: Vec<Submission>,
    /// Accepted commands as of the last look.
    known: BTreeMap<Key, Range>,
    /// What was counted so far.
    pub counted: Counted,
}

impl Bench {
    /// Founds a realm in the file `realm` by `clock`; journals and the like go to `work`.
    ///
    /// # Errors
    /// The realm cannot be founded.
    pub fn found(realm: PathBuf, work: PathBuf, seed: u64, clock: Ticker) -> Result<Bench> {
        let target = Target::Sqlite(realm.clone());
        let store = Store::open(&target, clock)?;
        realm::found(|change| Ok(store.change("operator", change).map(drop)?))?;
        drop(store);
        let (pending, known) = (Vec::new(), BTreeMap::new());
        Ok(Bench { realm, work, seed, pending, known, counted: Counted::default() })
    }

    /// Starts the writer of the next round.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&mut self, program: &Path, early: bool, weak: bool) -> Result<Running> {
        let plan = self.plan(realm::START, early)?;
        let pending = self.work.join("pending");
        load::write_pending(&pending, &plan.pending)?;
        let (realm, journals) = (self.realm.clone(), plan.journals);
        let life =
            Life { realm, journals, pending, seed: plan.seed, round: plan.round, early, weak };
        Running::start(program, &life)
    }

    /// What the senders of the next round do.
    ///
    /// # Errors
    /// There is no room for their journals.
    pub fn plan(&mut self, now: Instant, early: bool) -> Result<Plan> {
        self.counted.rounds += 1;
        let (journals, pending) = (self.journals(), self.pending.clone());
        std::fs::create_dir_all(&journals).context("failed to make a folder of journals")?;
        Ok(Plan { journals, seed: self.seed, round: self.counted.rounds, pending, now, early })
    }

    fn journals(&self) -> PathBuf {
        self.work.join(format!("round-{}", self.counted.rounds))
    }

    /// What senders have been told by now; to be asked before the blow.
    ///
    /// # Errors
    /// The journals cannot be read.
    pub fn told(&self) -> Result<BTreeMap<String, u64>> {
        journal::sizes(&self.journals())
    }

    /// Opens the realm again and looks for every receipt; `strict` stops at the first that is
    /// gone, a control only counts.
    ///
    /// # Errors
    /// The realm cannot be opened, is damaged, or something moved.
    pub fn look(&mut self, told: &BTreeMap<String, u64>, strict: bool) -> Result<()> {
        let journals = Journals::read(&self.journals(), told)?;
        let mut db = Db::connect(&Target::Sqlite(self.realm.clone()), Role::Writer)?;
        migrate(&mut db)?;
        oracle::whole(&mut db)?;
        let present = oracle::commands(&mut db)?;
        let mut lost = 0;
        for (key, range) in journals.done() {
            match (present.get(key), range) {
                (None, _) => lost += 1,
                (Some(kept), Some(range)) => {
                    ensure!(*kept == range, "{key:?} was told {range:?} and is kept as {kept:?}");
                }
                (Some(_), None) => {}
            }
            self.counted.acked += 1;
        }
        self.counted.refused += (journals.told.len() - journals.done().count()) as u64;
        self.counted.lost.0 += lost;
        self.counted.lost.1 += u64::from(lost > 0);
        if strict {
            let moved = self.known.iter().find(|(key, range)| present.get(*key) != Some(range));
            ensure!(moved.is_none(), "{moved:?} is no longer where it was");
            let answered = |it: &&Submission| {
                let key = (it.by.to_string(), it.id.to_string());
                !journals.intended.contains_key(&key)
            };
            // What the child did not come to retry is retried by the next.
            let unsent: Vec<Submission> = self.pending.iter().filter(answered).cloned().collect();
            self.pending = journals.pending();
            self.pending.extend(unsent);
            self.counted.unknown += self.pending.len() as u64;
            let is_present =
                |it: &&Submission| present.contains_key(&(it.by.to_string(), it.id.to_string()));
            self.counted.written += self.pending.iter().filter(is_present).count() as u64;
            self.known = present;
        }
        Ok(())
    }

    /// Looks at every entry; nothing may have taken effect twice.
    ///
    /// # Errors
    /// What does not hold.
    pub fn sound(&self) -> Result<Sound> {
        let mut db = Db::connect(&Target::Sqlite(self.realm.clone()), Role::Writer)?;
        oracle::sound(&mut db)
    }

    /// Sends what is still without an answer, and gives how many were in the record already.
    ///
    /// # Errors
    /// One gets no answer.
    pub fn settle(&mut self) -> Result<u64> {
        let target = Target::Sqlite(self.realm.clone());
        let store = Store::open(&target, load::ticker(self.seed, self.counted.rounds + 1))?;
        settle(&store, &mut self.pending)
    }
}

/// Sends what is without an answer, once more with the same ids; gives how many were in the
/// record already.
///
/// # Errors
/// One gets no answer.
pub fn settle(store: &Store, pending: &mut Vec<Submission>) -> Result<u64> {
    let mut replayed = 0;
    for submission in std::mem::take(pending) {
        match store.submit(submission) {
            bihuan_store::Answer::Done(it) => replayed += u64::from(it.replayed),
            bihuan_store::Answer::Refused(_) => {}
            other => return Err(anyhow!("a retry was answered {other:?}")),
        }
    }
    Ok(replayed)
}

/// A moment for the blow.
pub fn blow(chance: &mut Chance) -> Duration {
    let (first, last) = MOMENTS_MS;
    Duration::from_millis(first + chance.below(last - first))
}

/// Runs the campaign; true where every receipt held and the control lost some.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    let seed = options.seed;
    let clock = Seconds::start();
    let kills = if options.full { KILLS.0 } else { KILLS.1 };
    println!("torture kill: seed {seed}: {kills} kills under {} senders", load::SENDERS);
    let (counted, sound) = rounds(options, kills).with_context(|| format!("seed {seed}"))?;
    let control = control(options).with_context(|| format!("control of seed {seed}"))?;
    println!(
        "  control, answers before the commit: {} of {} receipts lost in round {} (some must be)",
        control.lost.0, control.acked, control.rounds
    );
    let passed = counted.lost.0 == 0 && control.lost.0 > 0;
    println!(
        "torture kill: seed {seed}: {} kills, {} receipts and {} refusals before them, {} \
         without an answer ({} of them written) and sent again; {} entries sound: {} lost, 0 \
         doubled; {:.0} s: {}",
        counted.rounds,
        counted.acked,
        counted.refused,
        counted.unknown,
        counted.written,
        sound.entries,
        counted.lost.0,
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

fn rounds(options: &Options, kills: u64) -> Result<(Counted, Sound)> {
    let dir = tempfile::tempdir().context("failed to make a temporary directory")?;
    let mut chance = Chance::new(options.seed);
    let realm = dir.path().join("realm.db");
    let mut bench =
        Bench::found(realm, dir.path().join("work"), options.seed, load::ticker(options.seed, 0))?;
    for round in 1..=kills {
        let child = bench.start(&options.program, false, false)?;
        pause(blow(&mut chance));
        let told = bench.told()?;
        child.kill()?;
        bench.look(&told, true).with_context(|| format!("kill {round}"))?;
        if round.is_multiple_of(THOROUGH) {
            bench.sound().with_context(|| format!("kill {round}"))?;
        }
    }
    let before = bench.known.len();
    bench.settle()?;
    let sound = bench.sound()?;
    ensure!(sound.commands.len() >= before, "commands are gone after the last retry");
    Ok((bench.counted, sound))
}

/// Answers before the commit until a kill shows it.
fn control(options: &Options) -> Result<Counted> {
    let dir = tempfile::tempdir().context("failed to make a temporary directory")?;
    let mut chance = Chance::new(options.seed);
    let realm = dir.path().join("realm.db");
    let mut bench =
        Bench::found(realm, dir.path().join("work"), options.seed, load::ticker(options.seed, 0))?;
    while bench.counted.lost.0 == 0 && bench.counted.rounds < CONTROL_MAX {
        let child = bench.start(&options.program, true, false)?;
        pause(blow(&mut chance));
        let told = bench.told()?;
        child.kill()?;
        bench.look(&told, false)?;
    }
    Ok(bench.counted)
}
