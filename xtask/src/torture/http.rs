//! `torture http`: the service is killed at any moment under phones that send photos and commands,
//! started again, and asked for every receipt it gave.
//!
//! Invariants: a receipt that was given holds; a photo that was answered for is there with its
//! digest; nothing is cleared on a photo that never came; what had no answer is sent again with
//! the same id. Control: phones that write a receipt down before it comes must miss some.

mod gate;
pub(crate) mod photo;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use bihuan_core::id::AccountId;
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use bihuan_store::db::Role;
use bihuan_store::file::{FileStore, file};
use bihuan_store::{Db, Moment, Store, Target, Ticker};

use super::kill::{Bench, Counted, blow};
use super::load::{self, Gate as _};
use super::{Options, Seconds, realm};
use crate::process::{cargo, clock_ms, pause, succeeds, target_dir};
use crate::service::{Service, set_passwords};
use gate::{Known, Phones};
use photo::Film;

/// Kills of the full form, and of the short one.
const KILLS: (u64, u64) = (200, 4);
/// Rounds in which the control has to miss something.
const CONTROL_MAX: u64 = 12;
/// Kills between two looks at every entry and every photo.
const THOROUGH: u64 = 20;
/// The password of everybody in the campaign.
const PASSWORD: &str = "campaign-of-blows";

/// What a campaign came to.
struct Came {
    counted: Counted,
    safe: usize,
    stay: usize,
    resumed: u64,
    cleared: u64,
    missing: usize,
}

/// Runs the campaign; true where all held and the control missed some.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    let seed = options.seed;
    let clock = Seconds::start();
    let kills = if options.full { KILLS.0 } else { KILLS.1 };
    println!("torture http: seed {seed}: {kills} kills under {} phones", load::SENDERS);
    let binary = binary(options.full)?;
    let came = campaign(&binary, seed, kills, false).with_context(|| format!("seed {seed}"))?;
    let control = campaign(&binary, seed, CONTROL_MAX, true);
    let control = control.with_context(|| format!("control of seed {seed}"))?;
    println!(
        "  control, receipts before they come: {} of {} receipts and {} of {} photos lost in \
         round {} (some must be)",
        control.counted.lost.0,
        control.counted.acked,
        control.missing,
        control.safe,
        control.counted.rounds
    );
    let missed = control.counted.lost.0 > 0 || control.missing > 0;
    // A long campaign that cleared nothing has shown nothing of photos that never came.
    let cleared = came.cleared > 0 || !options.full;
    let passed = came.counted.lost.0 == 0 && came.missing == 0 && missed && cleared;
    println!(
        "torture http: seed {seed}: {} kills, {} receipts and {} refusals before them, {} without \
         an answer ({} of them written) and sent again; {} photos answered for, {} of them gone; \
         {} uploads went on after a blow; {} photos never sent; {} matters cleared, none on \
         those; {} lost, 0 doubled; {:.0} s: {}",
        kills,
        came.counted.acked,
        came.counted.refused,
        came.counted.unknown,
        came.counted.written,
        came.safe,
        came.missing,
        came.resumed,
        came.stay,
        came.cleared,
        came.counted.lost.0,
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

pub(super) fn binary(full: bool) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--bin", "bihuan"]);
    if full {
        build.arg("--release");
    }
    ensure!(succeeds(&mut build)?, "the program does not build");
    Ok(target_dir().join(if full { "release" } else { "debug" }).join("bihuan"))
}

/// A realm in a folder, and what was promised of it.
struct Realm<'a> {
    binary: &'a Path,
    dir: PathBuf,
    target: Target,
    bench: Bench,
    rules: Arc<Rules>,
    film: Film,
    known: Mutex<Known>,
}

fn campaign(binary: &Path, seed: u64, kills: u64, early: bool) -> Result<Came> {
    let folder = tempfile::tempdir().context("failed to make a temporary directory")?;
    let mut chance = Chance::new(seed);
    let mut realm = Realm::found(binary, folder.path(), seed)?;
    for round in 1..=kills {
        realm.round(&mut chance, early).with_context(|| format!("kill {round}"))?;
        if !early && (round.is_multiple_of(THOROUGH) || round == kills) {
            realm.bench.sound().with_context(|| format!("kill {round}"))?;
        }
        if early && realm.bench.counted.lost.0 > 0 {
            break;
        }
    }
    if !early {
        realm.settle()?;
    }
    let missing = realm.missing()?;
    let cleared = realm.cleared()?;
    let known = realm.known.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(known.faults.is_empty(), "{} faults: {}", known.faults.len(), known.faults[0]);
    Ok(Came {
        counted: realm.bench.counted,
        safe: known.safe.len(),
        stay: known.stay.len(),
        resumed: known.resumed,
        cleared,
        missing,
    })
}

impl Realm<'_> {
    fn found<'a>(binary: &'a Path, folder: &Path, seed: u64) -> Result<Realm<'a>> {
        let dir = folder.join("realm");
        std::fs::create_dir(&dir).context("failed to make the folder of a realm")?;
        let file = dir.join("realm.db");
        let target = Target::Sqlite(file.clone());
        let bench = Bench::found(file, folder.join("work"), seed, wall(seed))?;
        let rules = Store::open(&target, wall(seed))?.rules();
        let realm = Realm {
            binary,
            dir,
            target,
            bench,
            rules,
            film: Film::new()?,
            known: Mutex::new(Known::default()),
        };
        realm.passwords()?;
        Ok(realm)
    }

    /// Gives everybody the same password.
    fn passwords(&self) -> Result<()> {
        let accounts: Vec<AccountId> = self.rules.accounts.keys().cloned().collect();
        set_passwords(self.binary, (&self.dir, &self.target), &accounts, PASSWORD)
    }

    /// One life of the service.
    fn round(&mut self, chance: &mut Chance, early: bool) -> Result<()> {
        let plan = self.bench.plan(Instant(clock_ms()), early)?;
        let service = Service::start(self.binary, &self.dir)?;
        let phones = self.phones(&service, early);
        let stop = AtomicBool::new(false);
        let told = std::thread::scope(|scope| {
            let senders = scope.spawn(|| load::run(&phones, &plan, &stop));
            pause(blow(chance));
            let told = self.bench.told();
            let killed = service.kill();
            stop.store(true, Ordering::Relaxed);
            let sent = senders.join().expect("senders do not panic");
            sent.and(killed).and(told)
        })?;
        self.bench.look(&told, !early)
    }

    fn phones<'a>(&'a self, service: &'a Service, early: bool) -> Phones<'a> {
        Phones {
            service,
            target: &self.target,
            password: PASSWORD,
            film: &self.film,
            known: &self.known,
            rules: Arc::clone(&self.rules),
            early,
        }
    }

    /// Sends what is still without an answer.
    fn settle(&mut self) -> Result<()> {
        let plan = self.bench.plan(Instant(clock_ms()), false)?;
        let service = Service::start(self.binary, &self.dir)?;
        let phones = self.phones(&service, false);
        for submission in plan.pending {
            let id = submission.id;
            let heard = phones.submit(submission);
            ensure!(heard != super::journal::Heard::Nothing, "{id} gets no answer");
        }
        service.kill()?;
        self.bench.sound().map(drop)
    }

    /// Photos that were answered for, and are not there with their digest.
    fn missing(&self) -> Result<usize> {
        let files = FileStore::open(&self.dir.join("files"))?;
        let mut db = Db::connect(&self.target, Role::Reader)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut missing = 0;
        for digest in &known.safe {
            let is_there = files.digest(digest)?.as_deref() == Some(digest);
            missing += usize::from(!is_there || file(&mut db, digest)?.is_none());
        }
        Ok(missing)
    }

    /// Matters that are cleared; each photo of each is there.
    fn cleared(&self) -> Result<u64> {
        let files = FileStore::open(&self.dir.join("files"))?;
        let mut db = Db::connect(&self.target, Role::Reader)?;
        let sql = "SELECT state FROM matter WHERE cleared_ms IS NOT NULL";
        let states = db.all(sql, &[], |row| Ok(row.text(0)?.to_owned()))?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for state in &states {
            let matter: Matter = serde_json::from_str(state)?;
            for shown in &matter.files {
                let digest = &shown.digest;
                ensure!(!known.stay.contains(digest), "{} is cleared on {digest}", matter.id);
                let there = files.digest(digest)?;
                ensure!(there.as_ref() == Some(digest), "{} is cleared without one", matter.id);
            }
        }
        Ok(states.len() as u64)
    }
}

/// The clock of this machine, and salts from the seed.
pub(crate) fn wall(seed: u64) -> Ticker {
    let chance = Mutex::new(Chance::new(seed));
    Box::new(move || -> Moment {
        let mut chance = chance.lock().unwrap_or_else(PoisonError::into_inner);
        realm::moment(&mut chance, Instant(clock_ms()))
    })
}
