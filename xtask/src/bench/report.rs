//! What was measured, as a page that people read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cpu::Took;
use super::http::{Measured, tables};
use super::read::Read;
use super::results::{Part, circumstances};
use super::{Database, Options, ROUNDS, SEED, WAYS};

/// How many times dearer the largest realm may be than the smallest.
const GROWTH: f64 = 1.3;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// Commands by so many senders.
    Command(usize),
    /// A read.
    Read(Read),
}

/// Where a figure belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) database: Database,
    pub(super) matters: u64,
    pub(super) what: What,
}

/// One round of one thing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figure {
    /// Microseconds of processor for one.
    pub(super) cpu_us: f64,
    /// Of them in a second of wall time.
    pub(super) per_second: f64,
    statements: f64,
    rows: f64,
    /// Microseconds of processor of the floor.
    floor_us: f64,
}

/// All rounds of all things.
pub(super) type Figures = BTreeMap<Key, Vec<Figure>>;

impl Figure {
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of minutes")]
    pub(super) fn of(took: Took, count: usize, statements: f64, rows: f64) -> Figure {
        let count = count.max(1) as f64;
        Figure {
            cpu_us: took.cpu_ns as f64 / 1e3 / count,
            per_second: count / (took.wall_ns.max(1) as f64 / 1e9),
            statements,
            rows,
            floor_us: 0.0,
        }
    }

    pub(super) fn over(self, floor: &Figure) -> Figure {
        Figure { floor_us: floor.cpu_us, ..self }
    }

    fn ratio(&self) -> f64 {
        if self.floor_us > 0.0 { self.cpu_us / self.floor_us } else { 0.0 }
    }
}

/// Median, least and most.
pub(super) fn spread(figures: &[Figure], of: impl Fn(&Figure) -> f64) -> (f64, f64, f64) {
    let mut all: Vec<f64> = figures.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    match (all.first(), all.get(all.len() / 2), all.last()) {
        (Some(least), Some(median), Some(most)) => (*median, *least, *most),
        _ => (0.0, 0.0, 0.0),
    }
}

pub(super) fn told((median, least, most): (f64, f64, f64)) -> String {
    if median >= 100.0 {
        format!("{median:.0} ({least:.0}–{most:.0})")
    } else {
        format!("{median:.2} ({least:.2}–{most:.2})")
    }
}

fn title(what: What) -> String {
    match what {
        What::Command(1) => "command, alone".to_owned(),
        What::Command(ways) => format!("command, {ways}-way"),
        What::Read(read) => read.title().to_owned(),
    }
}

/// The page.
pub(super) fn text(figures: &Figures, http: &[(u64, Measured)], options: &Options) -> String {
    let mut text = format!("{}\n\n", Part::Service.heading());
    let lines = [
        "Written by `cargo xtask bench`; never edited by hand.".to_owned(),
        circumstances(SEED),
        format!(
            "Each figure is the median of {ROUNDS} interleaved rounds, least and most in brackets."
        ),
        "CPU is user and system time of all threads of the process, and of all processes of \
         PostgreSQL."
            .to_owned(),
        "The floor of a command is the insertion of the same rows, made beforehand, into the same \
         tables in transactions of the same size; the floor of a read is a bare SELECT of the \
         same rows."
            .to_owned(),
        "The realm was filled in bulk: rows cast from matters that lived by ordinary commands, a \
         hundred thousand a year, the newest five thousand open."
            .to_owned(),
    ];
    for line in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    }
    for database in &options.databases {
        for matters in &options.matters {
            table(&mut text, figures, *database, *matters);
        }
    }
    growth(&mut text, figures, options);
    aims(&mut text, figures);
    tables(&mut text, figures, http, options);
    text
}

fn table(text: &mut String, figures: &Figures, database: Database, matters: u64) {
    let _ = writeln!(text, "\n## {} with {matters} matters\n", database.name());
    let _ =
        writeln!(text, "| what | a second | CPU µs | floor CPU µs | ratio | statements | rows |");
    let _ = writeln!(text, "|---|---|---|---|---|---|---|");
    for (key, rounds) in figures {
        if key.database != database || key.matters != matters {
            continue;
        }
        let statements = spread(rounds, |it| it.statements).0;
        let rows = spread(rounds, |it| it.rows).0;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {statements:.2} | {rows:.0} |",
            title(key.what),
            told(spread(rounds, |it| it.per_second)),
            told(spread(rounds, |it| it.cpu_us)),
            told(spread(rounds, |it| it.floor_us)),
            told(spread(rounds, Figure::ratio)),
        );
    }
}

/// How much dearer each thing is on the largest realm than on the smallest.
fn growth(text: &mut String, figures: &Figures, options: &Options) {
    let (Some(least), Some(most)) = (options.matters.iter().min(), options.matters.iter().max())
    else {
        return;
    };
    if least == most {
        return;
    }
    let _ = writeln!(text, "\n## {most} matters against {least}\n");
    let _ = writeln!(text, "| what | database | CPU, times | ≤ {GROWTH} |\n|---|---|---|---|");
    for (key, rounds) in figures.iter().filter(|(key, _)| key.matters == *most) {
        let Some(few) = figures.get(&Key { matters: *least, ..*key }) else { continue };
        let times = spread(rounds, |it| it.cpu_us).0 / spread(few, |it| it.cpu_us).0.max(0.001);
        let (title, name) = (title(key.what), key.database.name());
        let met = if times <= GROWTH { "yes" } else { "no" };
        let _ = writeln!(text, "| {title} | {name} | {times:.2} | {met} |");
    }
}

/// The aims, and what was measured against each.
fn aims(text: &mut String, figures: &Figures) {
    let _ = writeln!(text, "\n## Aims\n\n| aim | where | measured | met |\n|---|---|---|---|");
    let mut row = |aim: &str, key: &Key, measured: f64, most: f64| {
        let met = if measured <= most { "yes" } else { "no" };
        let (name, matters) = (key.database.name(), key.matters);
        let _ = writeln!(text, "| {aim} | {name}, {matters} | {measured:.2} | {met} |");
    };
    for (key, rounds) in figures {
        let cpu_us = spread(rounds, |it| it.cpu_us).0;
        match key.what {
            What::Command(WAYS) => {
                if key.database == Database::Sqlite {
                    row("command ≤ 150 µs CPU, 16-way", key, cpu_us, 150.0);
                }
                let ratio = spread(rounds, Figure::ratio).0;
                row("command ≤ 2 × its floor, 16-way", key, ratio, 2.0);
            }
            What::Read(Read::Page | Read::Filter) => {
                let which = title(key.what);
                row(&format!("{which}: ≤ 300 µs CPU"), key, cpu_us, 300.0);
                let statements = spread(rounds, |it| it.statements).0;
                row(&format!("{which}: ≤ 3 statements"), key, statements, 3.0);
            }
            _ => {}
        }
    }
}
