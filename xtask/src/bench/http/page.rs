//! The part of the page of results that tells of HTTP.

use std::fmt::Write as _;

use super::super::report::{Figure, Figures, Key, spread, told};
use super::super::{Database, Options};
use super::{Ask, Measured, Told, WAYS, of_store};

/// Milliseconds that a cold start may take at most.
const START_MS: f64 = 200.0;
/// Kilobytes that the process may have at most.
const RESIDENT_KB: u64 = 80 * 1_024;
/// Of the floor and the store together, how many times a request may cost at most.
const TIMES: f64 = 2.0;

/// One thing, all rounds of it.
struct Line {
    own: Vec<Figure>,
    floor: Vec<Figure>,
    /// Microseconds that the store alone takes in the same run.
    store_us: Option<f64>,
}

impl Line {
    fn of(ask: Ask, ways: usize, rounds: &[Told], (figures, matters): (&Figures, u64)) -> Line {
        let key = |what| Key { database: Database::Sqlite, matters, what };
        let store = of_store(ask, ways).and_then(|it| figures.get(&key(it)));
        Line {
            own: rounds.iter().map(|it| Figure::of(it.took, it.count, 0.0, 0.0)).collect(),
            floor: rounds.iter().map(|it| Figure::of(it.floor, it.count, 0.0, 0.0)).collect(),
            store_us: store.map(|it| spread(it, |it| it.cpu_us).0),
        }
    }

    fn cpu_us(&self) -> f64 {
        spread(&self.own, |it| it.cpu_us).0
    }

    /// How many times the floor and the store together.
    fn times(&self) -> Option<f64> {
        let floor = spread(&self.floor, |it| it.cpu_us).0;
        self.store_us.map(|it| self.cpu_us() / (floor + it).max(0.001))
    }
}

/// What was measured over HTTP, by the size of the realm.
pub(in crate::bench) fn tables(
    text: &mut String,
    figures: &Figures,
    http: &[(u64, Measured)],
    options: &Options,
) {
    for (matters, measured) in http {
        let _ = writeln!(text, "\n## HTTP over sqlite with {matters} matters\n");
        let lines = [
            "CPU is user and system time of the process of the service alone, in ticks of 10 ms \
             over all requests of a round.",
            "The floor is a bare server of the same framework that sends the same bytes; the store \
             is what the store took alone, in the same run.",
        ];
        for line in lines {
            let _ = writeln!(text, "{line}");
        }
        let head = "| what | at once | a second | CPU µs | floor CPU µs | store CPU µs | times \
                    floor + store | bytes |";
        let _ = writeln!(text, "\n{head}\n|---|---|---|---|---|---|---|---|");
        for ((ask, ways), rounds) in &measured.asked {
            let line = Line::of(*ask, *ways, rounds, (figures, *matters));
            let or_none = |it: Option<f64>| it.map_or("–".to_owned(), |it| format!("{it:.2}"));
            let _ = writeln!(
                text,
                "| {} | {ways} | {} | {} | {} | {} | {} | {} |",
                ask.title(),
                told(spread(&line.own, |it| it.per_second)),
                told(spread(&line.own, |it| it.cpu_us)),
                told(spread(&line.floor, |it| it.cpu_us)),
                or_none(line.store_us),
                or_none(line.times()),
                rounds.last().map_or(0, |it| it.bytes),
            );
        }
        for absent in &measured.absent {
            let _ = writeln!(text, "\nNot measured, because it is not served: {}.", absent.title());
        }
        aims(text, figures, (*matters, measured));
    }
    if http.is_empty() && options.databases.contains(&Database::Sqlite) {
        let _ = writeln!(text, "\nHTTP was not measured.");
    }
}

fn aims(text: &mut String, figures: &Figures, (matters, measured): (u64, &Measured)) {
    let _ = writeln!(text, "\n| aim | measured | met |\n|---|---|---|");
    let mut row = |aim: &str, measured: f64, most: f64| {
        let met = if measured <= most { "yes" } else { "no" };
        let _ = writeln!(text, "| {aim} | {measured:.2} | {met} |");
    };
    for ((ask, ways), rounds) in &measured.asked {
        let line = Line::of(*ask, *ways, rounds, (figures, matters));
        let what = format!("{}, {ways} at once", ask.title());
        if let Some(most) = ask.most_us().filter(|_| *ways == WAYS[1] || *ask != Ask::Command) {
            row(&format!("{what}: ≤ {most:.0} µs CPU"), line.cpu_us(), most);
        }
        if let Some(times) = line.times() {
            row(&format!("{what}: ≤ {TIMES:.0} × floor and store"), times, TIMES);
        }
    }
    let mut starts = measured.starts_ms.clone();
    starts.sort_by(f64::total_cmp);
    let start = starts.get(starts.len() / 2).copied().unwrap_or(f64::INFINITY);
    row(&format!("cold start ≤ {START_MS:.0} ms"), start, START_MS);
    #[expect(clippy::cast_precision_loss, reason = "kilobytes")]
    let (resident, most) = (measured.resident_kb as f64, RESIDENT_KB as f64);
    row("most memory ≤ 80 MB, in kB", resident, most);
}
