//! Steps that figures count, against what the record makes of them.

use super::VerifyReport;
use super::replay::Replay;
use super::rows::values;
use crate::db::{Db, DbError, Value};
use crate::row::TALLY_COLUMNS;
use bihuan_core::text::Text;
use std::collections::BTreeMap;

/// Kinds of the columns of `tally`.
const TALLY_KINDS: &str = "itiittttttiii";

/// What tells a step from every other: matter, kind, entry.
type Key = (i64, String, i64);

fn key(row: &[Value]) -> Option<Key> {
    match row {
        [Value::Int(first), Value::Text(kind), Value::Int(from), ..] => {
            Some((*first, kind.clone(), *from))
        }
        _ => None,
    }
}

/// Steps of the matters of a range.
pub(super) fn tallies(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let rows = replay.tallies.rows.iter();
    let mut expected: BTreeMap<Key, &Vec<Value>> =
        rows.filter_map(|it| Some((key(it)?, it))).collect();
    let columns: Vec<String> =
        TALLY_COLUMNS.split(", ").map(|it| format!("tally.{}", it.trim())).collect();
    let sql = format!(
        "SELECT {} FROM matter JOIN tally ON tally.first_seq = matter.first_seq
         WHERE matter.id > $1 AND matter.id <= $2",
        columns.join(", ")
    );
    db.query(&sql, &replay.range.values(), |row| {
        report.tallies += 1;
        let got = values(row, TALLY_KINDS)?;
        let from = row.count(2)?;
        if key(&got).and_then(|it| expected.remove(&it)) != Some(&got) {
            let what = Text::new(
                "指标计数与记录不符",
                "a step that figures count differs from the record",
            );
            report.fault("tally", (Some(from), None), what);
        }
        Ok(())
    })?;
    for (_, _, from) in expected.into_keys() {
        let what = Text::new("缺少指标计数", "a step that figures count is not there");
        report.fault("tally_missing", (u64::try_from(from).ok(), None), what);
    }
    Ok(())
}

/// No step is of what is no matter.
pub(super) fn of_none(db: &mut Db, report: &mut VerifyReport) -> Result<(), DbError> {
    let sql = "SELECT COUNT(*) FROM tally
               WHERE NOT EXISTS
                 (SELECT 1 FROM matter WHERE matter.first_seq = tally.first_seq)";
    if db.first(sql, &[], |row| row.int(0))?.unwrap_or(0) > 0 {
        let what = Text::new("指标计数无对应事项", "steps of what is no matter are counted");
        report.fault("tally", (None, None), what);
    }
    Ok(())
}

/// What has not been left of registers and roles is what stands.
pub(super) fn past(db: &mut Db, report: &mut VerifyReport) -> Result<(), DbError> {
    if crate::rules::past::slips(db)? > 0 {
        let what = Text::new(
            "名录或任职的沿革与现状不符",
            "what is kept of registers and roles differs from what stands",
        );
        report.fault("past", (None, None), what);
    }
    Ok(())
}
