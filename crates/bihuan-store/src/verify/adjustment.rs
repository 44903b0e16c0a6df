//! Adjustments against the record: the fold of their entries, the scores that they hold, the lines
//! that they posted; and published rankings.

use crate::adjustment::{CASE_COLUMNS, COLUMNS, POSTING_COLUMNS, case_rows, posting_rows, row_of};
use crate::db::{Db, DbError, Value};
use crate::ranking::{RANKING_COLUMNS, ranking_row};
use crate::record::{AdjustmentSaid, RankingSaid};
use crate::text::texts;
use crate::verify::VerifyReport;
use crate::verify::content::tell_missing;
use crate::verify::rows::values;
use bihuan_core::adjustment::{Adjustment, AdjustmentEvent, AdjustmentStage, apply};
use bihuan_core::content::ContentRef;
use bihuan_core::id::AdjustmentId;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of the columns of `adjustment`: text or integer.
const KINDS: &str = "tiiittttttitt";
/// Kinds of the columns of `adjustment_case`.
const CASE_KINDS: &str = "tiiittiii";
/// Kinds of the columns of `posting`.
const POSTING_KINDS: &str = "iitttii";
/// Kinds of the columns of `ranking`.
const RANKING_KINDS: &str = "iitttttitt";

/// Adjustments as the record makes them.
#[derive(Default)]
pub(super) struct Book {
    known: BTreeMap<AdjustmentId, (Adjustment, (u64, u64))>,
    postings: Vec<Vec<Value>>,
    reasons: BTreeSet<ContentRef>,
}

impl Book {
    /// Takes an entry.
    pub(super) fn take(
        &mut self,
        (seq, at): (u64, Instant),
        said: &AdjustmentSaid,
        report: &mut VerifyReport,
    ) {
        self.reasons.extend(said.event.text().cloned());
        let before = self.known.remove(&said.id);
        let first = before.as_ref().map_or(seq, |it| it.1.0);
        let before = before.map(|it| it.0);
        let after = apply(before, said.id, at, &said.by, &said.event);
        let Some(after) = after.filter(|it| it.version == said.version) else {
            let what = Text::new(
                format!("第 {seq} 条记录接不上该考核扣款"),
                format!("entry {seq} does not follow what the adjustment was"),
            );
            return report.fault("entry_out_of_order", (Some(seq), None), what);
        };
        if let AdjustmentEvent::Executed { lines } = &said.event {
            self.postings.extend(posting_rows(said.id, lines, (seq, at)));
        }
        laws(&after, &said.event, seq, report);
        self.known.insert(said.id, (after, (first, seq)));
    }

    /// Compares with the rows.
    pub(super) fn compare(&self, db: &mut Db, report: &mut VerifyReport) -> Result<(), DbError> {
        report.adjustments = self.known.len() as u64;
        let rows = self.known.values().map(|(it, seqs)| row_of(it, *seqs)).collect();
        same(db, ("adjustment", COLUMNS, KINDS, 1), rows, report)?;
        let undone = self.undone();
        let mut cases = Vec::new();
        for (it, _) in self.known.values() {
            for (case, mut row) in it.cases.iter().zip(case_rows(it)) {
                if !holds(it) || undone.contains(&(it.id, case.seq, case.no)) {
                    row[8] = Value::Int(0);
                }
                cases.push(row);
            }
        }
        same(db, ("adjustment_case", CASE_COLUMNS, CASE_KINDS, 2), cases, report)?;
        same(db, ("posting", POSTING_COLUMNS, POSTING_KINDS, 2), self.postings.clone(), report)?;
        let known = texts(db, &self.reasons)?;
        let missing = self.reasons.iter().filter(|it| !known.contains_key(it));
        tell_missing(&missing.cloned().collect(), report);
        Ok(())
    }

    /// Scores that executed counter-entries have undone, by the adjustment that held them.
    fn undone(&self) -> BTreeSet<(AdjustmentId, u64, u32)> {
        let counters = self.known.values().map(|it| &it.0).filter(|it| is_executed(it));
        let of = |it: &Adjustment| {
            let of = it.reverses.as_ref().map(|it| it.of);
            let undone = it.cases.iter().filter_map(|case| Some((of?, case.seq, case.no)));
            undone.collect::<Vec<_>>()
        };
        counters.flat_map(of).collect()
    }
}

/// Whether an adjustment holds its scores: it lives, and is no counter-entry that is done.
fn holds(it: &Adjustment) -> bool {
    let is_done = it.reverses.is_some() && is_executed(it);
    !it.stage.is_void() && !is_done
}

fn is_executed(it: &Adjustment) -> bool {
    it.stage == AdjustmentStage::Executed
}

/// What must be true of every adjustment, whoever wrote it.
fn laws(after: &Adjustment, event: &AdjustmentEvent, seq: u64, report: &mut VerifyReport) {
    let sum: i64 = after.cases.iter().map(|it| it.fen).sum();
    let posted = match event {
        AdjustmentEvent::Executed { lines } => lines.iter().map(|it| it.fen).sum(),
        _ => 0,
    };
    let judged = |it: &bihuan_core::adjustment::Step| {
        matches!(it.what.as_str(), "reviewed" | "confirmed") && it.person == after.proposed_by
    };
    if sum != after.amount_fen || posted != 0 || after.steps.iter().any(judged) {
        let what = Text::new(
            format!("第 {seq} 条记录的考核扣款不平，或由提出人自行复核、确认"),
            format!("entry {seq}: an adjustment does not balance, or was judged by its proposer"),
        );
        report.fault("adjustment_law", (Some(seq), None), what);
    }
}

/// Rows of a table against those that the record makes; the first columns are its key.
fn same(
    db: &mut Db,
    (table, columns, kinds, keys): (&'static str, &str, &str, usize),
    expected: Vec<Vec<Value>>,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let key_of = |row: &[Value]| format!("{:?}", &row[..keys]);
    let mut expected: BTreeMap<String, Vec<Value>> =
        expected.into_iter().map(|it| (key_of(&it), it)).collect();
    let sql = format!("SELECT {columns} FROM {table}");
    let mut odd = Vec::new();
    db.query(&sql, &[], |row| {
        let got = values(row, kinds)?;
        let key = key_of(&got);
        if expected.remove(&key).as_ref() != Some(&got) {
            odd.push(key);
        }
        Ok(())
    })?;
    for key in odd.into_iter().chain(expected.into_keys()) {
        let what = Text::new(
            format!("{table} 的行 {key} 与记录不符"),
            format!("the row {key} of {table} differs from the record"),
        );
        report.fault(table, (None, None), what);
    }
    Ok(())
}

/// Published rankings against the record.
pub(super) fn rankings(
    db: &mut Db,
    known: &BTreeMap<u64, (Instant, RankingSaid)>,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    report.rankings = known.len() as u64;
    let rows = known.iter().map(|(seq, (at, said))| ranking_row(*seq, *at, said)).collect();
    same(db, ("ranking", RANKING_COLUMNS, RANKING_KINDS, 1), rows, report)
}
