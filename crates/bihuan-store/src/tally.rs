//! Steps that figures count, as rows.
//!
//! Invariant: rows are derived from the record alone, by [`steps`]; `verify` derives them anew.

use crate::db::{Db, DbError, Value};
use crate::row::{TALLY_COLUMNS, seq_value};
use crate::verify::replayed;
use bihuan_core::figure::{Step, Tally, TallyKind, steps};
use bihuan_core::matter::Matter;
use bihuan_core::matter::event::Event;
use bihuan_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Where among [`TALLY_COLUMNS`] `left_seq` is.
const LEFT: usize = 12;

/// Rows of one batch, or of some matters that are replayed.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    pub(crate) rows: Vec<Vec<Value>>,
    /// Steps in the store that end: first_seq, kind, seq.
    pub(crate) ended: Vec<Vec<Value>>,
    /// Where in `rows` the steps are that stand.
    standing: BTreeMap<(u64, TallyKind), Vec<usize>>,
    /// Of which kinds a step in the store has ended already.
    ended_of: BTreeSet<(u64, TallyKind)>,
}

impl Tallies {
    /// Takes the step of a matter from `before` to `after`; `first` is its first number.
    pub(crate) fn take(
        &mut self,
        first: u64,
        (before, after): (Option<&Matter>, &Matter),
        event: &Event,
        (seq, at): (u64, Instant),
    ) {
        for step in steps(before, after, event, at) {
            match step {
                Step::Begin(tally) => {
                    self.standing.entry((first, tally.kind)).or_default().push(self.rows.len());
                    self.rows.push(row(first, seq, after, &tally));
                }
                Step::End(kind) => {
                    let ended = self.standing.remove(&(first, kind)).unwrap_or_default();
                    for no in ended {
                        self.rows[no][LEFT] = seq_value(seq);
                    }
                    // Some may be in the store, from batches before; the first end is theirs.
                    if self.ended_of.insert((first, kind)) {
                        let kind = Value::Text(kind.word().to_owned());
                        self.ended.push(vec![seq_value(first), kind, seq_value(seq)]);
                    }
                }
            }
        }
    }
}

fn row(first: u64, seq: u64, matter: &Matter, tally: &Tally) -> Vec<Value> {
    let text = |it: &str| Value::Text(it.to_owned());
    let some = |it: Option<i64>| it.map_or(Value::Null, Value::Int);
    vec![
        seq_value(first),
        text(tally.kind.word()),
        seq_value(seq),
        Value::Int(tally.at.0),
        text(&matter.pack.0),
        text(&tally.unit.0),
        text(&matter.place_unit.0),
        text(&tally.class.0),
        text(&matter.source),
        text(tally.how),
        some(tally.on_time.map(i64::from)),
        some(tally.took_ms),
        Value::Null,
    ]
}

/// Writes the steps of a batch: what it ended in the store, then what it began.
pub(crate) fn write(db: &mut Db, tallies: &Tallies) -> Result<(), DbError> {
    db.insert_as(
        "UPDATE tally SET left_seq = v.column3 FROM (VALUES",
        "BIGINT, TEXT, BIGINT",
        &tallies.ended,
        ") AS v WHERE tally.first_seq = v.column1 AND tally.kind = v.column2
         AND tally.left_seq IS NULL",
    )?;
    insert(db, &tallies.rows)
}

fn insert(db: &mut Db, rows: &[Vec<Value>]) -> Result<(), DbError> {
    db.insert(&format!("INSERT INTO tally ({TALLY_COLUMNS}) VALUES"), rows, "")
}

/// Fills the table from the record of the matters that are there.
pub(crate) fn index(db: &mut Db) -> Result<(), DbError> {
    replayed(db, |db, tallies| insert(db, &tallies.rows))
}
