//! Gaps: what a pack must still say before it may run, each with the file and line to look at.
//!
//! Invariants: all gaps are told at once, sorted by file and line; at most [`GAPS_MAX`] are kept,
//! the first ones.

use crate::text::Text;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// Most gaps that are told at once.
pub const GAPS_MAX: usize = 500;
/// Most characters of a pack's own words that a message repeats.
const QUOTE_CHARS_MAX: usize = 40;
/// Most words that are compared to find the one meant.
const NEAREST_MAX: usize = 200;

/// Something that a pack must still say, or must say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// File in the folder of the pack, such as `pack.toml`.
    pub file: String,
    /// Line from 1; 0 where a whole file is meant.
    pub line: u32,
    /// Stable code, such as `unknown_key`.
    pub code: &'static str,
    /// What to do.
    pub what: Text,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}: {} {}", self.file, self.line, self.code, self.what.zh, self.what.en)
    }
}

/// Where something stands: file and line.
pub(crate) type Spot = (String, u32);

/// Collects gaps, and remembers on which line each part of the pack stands.
///
/// A part is named by its path, such as `stage.3.move.0.to`; counting starts from 0.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    gaps: RefCell<BTreeSet<Gap>>,
    spots: RefCell<BTreeMap<String, Spot>>,
    stages_unsure: Cell<bool>,
}

impl Sink {
    /// Notes a gap on a line of a file.
    pub(crate) fn gap_at(&self, code: &'static str, file: &str, line: u32, what: Text) {
        let mut gaps = self.gaps.borrow_mut();
        gaps.insert(Gap { file: file.to_owned(), line, code, what });
        if gaps.len() > GAPS_MAX {
            gaps.pop_last();
        }
    }

    /// Notes a gap at the part of the pack with this path, or at what holds it.
    pub(crate) fn gap(&self, code: &'static str, path: &str, what: Text) {
        let (file, line) = self.spot(path);
        self.gap_at(code, &file, line, what);
    }

    /// Remembers where a part stands.
    pub(crate) fn stands(&self, path: &str, file: &str, line: u32) {
        self.spots.borrow_mut().insert(path.to_owned(), (file.to_owned(), line));
    }

    fn spot(&self, path: &str) -> Spot {
        let spots = self.spots.borrow();
        let mut path = path;
        loop {
            if let Some(spot) = spots.get(path) {
                return spot.clone();
            }
            match path.rfind('.') {
                Some(dot) => path = &path[..dot],
                None => return (super::PACK_FILE.to_owned(), 1),
            }
        }
    }

    /// From here on nothing can be proved about ways through the stages.
    pub(crate) fn stages_are_unsure(&self) {
        self.stages_unsure.set(true);
    }

    /// Whether the stages were read well enough to prove anything about them.
    pub(crate) fn stages_are_sure(&self) -> bool {
        !self.stages_unsure.get()
    }

    /// All gaps, sorted.
    pub(crate) fn into_gaps(self) -> Vec<Gap> {
        self.gaps.into_inner().into_iter().collect()
    }
}

/// The beginning of a pack's own words, fit for a message.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted: String = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it })
        .take(QUOTE_CHARS_MAX)
        .collect();
    if text.chars().nth(QUOTE_CHARS_MAX).is_some() {
        quoted.push('…');
    }
    quoted
}

/// The word among `known` that was most likely meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(QUOTE_CHARS_MAX).collect();
    let near = known.take(NEAREST_MAX).map(|it| (strsim::osa_distance(&word, it), it)).min();
    near.filter(|(far, it)| *far <= 1 + it.chars().count() / 3).map(|(_, it)| it)
}

/// `; did you mean …` in both languages, or nothing.
pub(crate) fn perhaps(near: Option<&str>) -> (String, String) {
    match near {
        Some(it) => (format!("，是否为“{it}”"), format!("; did you mean `{it}`?")),
        None => (String::new(), String::new()),
    }
}
