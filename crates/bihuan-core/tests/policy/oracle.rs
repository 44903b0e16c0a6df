//! The reviewed table, read with no help of the policy: lines of patterns, the first that fits
//! decides, and what no line fits is denied.

use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = include_str!("table.csv");
const SIGHTS: &str = include_str!("sights.csv");

/// One cell: compartment, role, relation, status, stage, action.
pub(crate) type Cell<'a> = [&'a str; 6];

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    Allow,
    Deny,
    /// The matter is seen, this part of it is not.
    Mask,
}

/// A line of the table.
struct Line {
    fits: [Option<BTreeSet<&'static str>>; 6],
    answer: &'static str,
}

/// The table.
pub(crate) struct Oracle {
    lines: Vec<Line>,
    shows: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = text.lines().filter(|it| !it.starts_with('#') && !it.is_empty());
    lines.skip(1).map(|it| it.split(',').collect())
}

impl Oracle {
    pub(crate) fn read() -> Oracle {
        let set = |it: &'static str| (it != "*").then(|| it.split('|').collect::<BTreeSet<_>>());
        let line = |row: Vec<&'static str>| {
            let [compartment, role, relation, status, stage, action, answer] = row[..] else {
                panic!("a line has seven columns: {row:?}")
            };
            let fits = [compartment, role, relation, status, stage, action].map(set);
            Line { fits, answer }
        };
        let mut shows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for row in rows(SIGHTS) {
            for sight in row[0].split('|') {
                shows.entry(sight).or_default().extend(row[1].split('|'));
            }
        }
        Oracle { lines: rows(TABLE).map(line).collect(), shows }
    }

    /// Number of lines.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The line that decides a cell, and its word.
    pub(crate) fn line(&self, cell: &Cell<'_>) -> Option<(usize, &'static str)> {
        let fits = |line: &Line| {
            line.fits.iter().zip(cell).all(|(set, it)| set.as_ref().is_none_or(|s| s.contains(it)))
        };
        let no = self.lines.iter().position(fits)?;
        Some((no, self.lines[no].answer))
    }

    /// What a sight shows of a part; `matter` is the row itself.
    pub(crate) fn of_sight(&self, sight: &str, part: &str) -> Answer {
        match self.shows.get(sight) {
            None => Answer::Deny,
            Some(shows) if part == "matter" || shows.contains(part) => Answer::Allow,
            Some(_) => Answer::Mask,
        }
    }
}
