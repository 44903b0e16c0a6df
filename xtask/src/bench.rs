//! How much a command and a page cost, beside a floor taken in the same run.
//!
//! Invariants: every figure is a median of interleaved rounds with its spread; a figure is a ratio
//! to its floor before it is anything else; results are written here and never by hand.

mod cpu;
mod http;
mod life;
mod load;
mod mould;
mod pages;
mod read;
mod report;
mod results;
mod town;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bihuan_core::story::chance::Chance;
use bihuan_store::Target;
use clap::ValueEnum;

use crate::postgres::{Cluster, Installation};
use crate::process::{cargo, succeeds, target_dir};
use cpu::Meter;
use load::Minter;
use mould::Mould;
use read::{Read, Reader};
use report::{Figure, Figures, Key, What};

/// A database that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Database {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL, a server of its own.
    Postgres,
}

/// How much is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Matters that the realm holds, for each size.
    pub matters: Vec<u64>,
    /// What is measured; the rest of the results stays as it is.
    pub parts: Vec<Part>,
    /// Databases.
    pub databases: Vec<Database>,
    /// A short form, which proves that the bench runs and whose figures mean nothing.
    pub quick: bool,
    /// The program of the automation, which is started again as the floor of HTTP.
    pub program: PathBuf,
}

/// Rounds, interleaved.
const ROUNDS: usize = 5;
/// Lives of the one sender, in a round.
const LIVES_ALONE: usize = 30;
/// Lives of each of sixteen senders, in a round.
const LIVES_TOGETHER: usize = 12;
/// Senders together.
const WAYS: usize = 16;
/// Questions of each kind of read, in a round.
const QUESTIONS: usize = 1_000;
/// The seed of everything.
const SEED: u64 = 20_210_416;

/// Measures, and writes `bench/RESULTS.md` unless it is quick. For the service a debug build calls
/// itself again in release.
///
/// # Errors
/// Something could not be measured.
pub fn run(options: &Options) -> Result<bool> {
    if options.parts.contains(&Part::Pages) {
        keep(options, Part::Pages, &pages::measure(options)?)?;
    }
    if options.parts.contains(&Part::Service) { service(options) } else { Ok(true) }
}

fn keep(options: &Options, part: Part, text: &str) -> Result<()> {
    println!("{text}");
    if options.quick { Ok(()) } else { results::write(part, text) }
}

fn service(options: &Options) -> Result<bool> {
    if !options.quick && cfg!(debug_assertions) {
        let mut again = cargo();
        again.args(["run", "--quiet", "--release", "--bin", "xtask", "--", "bench"]);
        let sizes: Vec<String> = options.matters.iter().map(ToString::to_string).collect();
        again.args(["--matters", &sizes.join(",")]);
        let names: Vec<String> = options.databases.iter().map(|it| it.name()).collect();
        again.args(["--only", "service", "--db", &names.join(",")]);
        return succeeds(&mut again);
    }
    let folder = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(target_dir())
        .context("failed to make a folder for the bench")?;
    let (figures, http) = measure(options, folder.path())?;
    keep(options, Part::Service, &report::text(&figures, &http, options))?;
    Ok(true)
}

fn measure(options: &Options, folder: &Path) -> Result<(Figures, Vec<(u64, http::Measured)>)> {
    let (mut figures, mut http) = (Figures::new(), Vec::new());
    let mut chance = Chance::new(SEED);
    let moulds = Mould::all(folder, &mut chance)?;
    for database in &options.databases {
        for matters in &options.matters {
            println!("{} with {matters} matters: loading", database.name());
            let cluster = match database {
                Database::Sqlite => None,
                Database::Postgres => {
                    let installation = Installation::find()?;
                    let installation = installation.context("no PostgreSQL is installed")?;
                    Some(Cluster::start(&installation, &[])?)
                }
            };
            // Gone before the next is filled: a million matters take twenty gigabytes.
            let place = tempfile::tempdir_in(folder).context("failed to make a folder")?;
            let target = match &cluster {
                None => Target::Sqlite(place.path().join("realm.db")),
                Some(cluster) => Target::parse(&format!("{}?schema=bench", cluster.url())),
            };
            let meter = Meter { server: cluster.as_ref().map(Cluster::pid).transpose()? };
            load::load(&target, &moulds, *matters, SEED)?;
            let at = |what| Key { database: *database, matters: *matters, what };
            let rounds = if options.quick { 1 } else { ROUNDS };
            one((&target, &meter), &moulds, rounds, &mut |what, figure| {
                figures.entry(at(what)).or_default().push(figure);
            })?;
            if *database == Database::Sqlite {
                let much = if options.quick { (1, 16) } else { (ROUNDS, QUESTIONS) };
                let quick = options.quick;
                let told = http::measure(place.path(), &target, much, (&options.program, quick))?;
                http.push((*matters, told));
            }
        }
    }
    Ok((figures, http))
}

/// All rounds on one realm.
fn one(
    (target, meter): (&Target, &Meter),
    moulds: &[Mould],
    rounds: usize,
    tell: &mut dyn FnMut(What, Figure),
) -> Result<()> {
    let mut minter = Minter::new(SEED ^ 1, 0);
    let mut chance = Chance::new(SEED ^ 2);
    let mut statements = BTreeMap::new();
    for ways in [1, WAYS] {
        statements.insert(ways, write::statements(target, &mut chance, ways)?);
    }
    for round in 0..rounds {
        println!("  round {} of {rounds}", round + 1);
        for (ways, each) in [(1, LIVES_ALONE), (WAYS, LIVES_TOGETHER)] {
            let (floor, count) = write::floor((target, meter), (moulds, &mut minter), ways, each)?;
            let floor = Figure::of(floor, count, 0.0, 0.0);
            let (took, count) = write::commands((target, meter), &mut chance, ways, each)?;
            let figure = Figure::of(took, count, statements[&ways], 0.0).over(&floor);
            tell(What::Command(ways), figure);
        }
        for read in Read::ALL {
            let questions = if rounds == 1 { 20 } else { QUESTIONS };
            let mut reader = Reader::new(target, &mut chance, questions)?;
            // Once unmeasured: statements are prepared, pages are in memory.
            reader.ask(meter, read, false)?;
            reader.ask(meter, read, true)?;
            let floor = reader.ask(meter, read, true)?;
            let floor = Figure::of(floor.took, questions, floor.statements, floor.rows);
            let answered = reader.ask(meter, read, false)?;
            let figure = Figure::of(answered.took, questions, answered.statements, answered.rows);
            tell(What::Read(read), figure.over(&floor));
        }
    }
    Ok(())
}

impl Database {
    fn name(self) -> String {
        match self {
            Database::Sqlite => "sqlite".to_owned(),
            Database::Postgres => "postgres".to_owned(),
        }
    }
}

pub use http::floor::serve as serve_floor;
pub use results::Part;

/// Sizes as the command line gives them: `100000,1000000`.
///
/// # Errors
/// One is no number, or too small to hold the open matters.
pub fn sizes(text: &str) -> Result<Vec<u64>> {
    let mut sizes = Vec::new();
    for it in text.split(',') {
        let size: u64 = it.trim().parse().with_context(|| format!("{it} is no number"))?;
        if size < 1_000 {
            bail!("a realm of {size} matters is too small to measure; name at least 1000");
        }
        sizes.push(size);
    }
    Ok(sizes)
}
