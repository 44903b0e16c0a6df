//! Rows against what the record makes of them, column by column.

use crate::db::{Db, DbError, Row, Value};
use crate::row::{MATTER_COLUMNS, SPAN_COLUMNS, matter_row};
use crate::verify::VerifyReport;
use crate::verify::log::Log;
use crate::verify::replay::Replay;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Rules;
use bihuan_core::merkle::Frontier;
use bihuan_core::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of the columns of `matter`: text or integer.
const MATTER_KINDS: &str = "itiitittttttttttttttiiiiiiiiitit";
/// Kinds of the columns of `span`.
const SPAN_KINDS: &str = "tiittttittittitiit";
/// Kinds of the columns of `score`.
const SCORE_KINDS: &str = "iitttiii";

/// The values of a row, by the kinds of its columns: text, integer, bytes.
pub(crate) fn values(row: &Row<'_>, kinds: &str) -> Result<Vec<Value>, DbError> {
    kinds
        .bytes()
        .enumerate()
        .map(|(no, kind)| {
            Ok(match kind {
                b'i' => row.some_int(no)?.map_or(Value::Null, Value::Int),
                b'b' => row.some_blob(no)?.map_or(Value::Null, |it| Value::Blob(it.to_vec())),
                _ => row.some_text(no)?.map_or(Value::Null, |it| Value::Text(it.to_owned())),
            })
        })
        .collect()
}

fn matter_id(value: Option<&Value>) -> Option<MatterId> {
    match value {
        Some(Value::Text(it)) => it.parse().ok().map(MatterId),
        _ => None,
    }
}

/// The head against the record.
pub(super) fn head(db: &mut Db, log: &Log, report: &mut VerifyReport) -> Result<(), DbError> {
    let head = db.first("SELECT seq, frontier FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.blob(1)?.to_vec()))
    })?;
    let entries = report.entries;
    let expected = log.frontier.to_bytes();
    let sound = head.as_ref().is_some_and(|(seq, frontier)| {
        *seq == entries && *frontier == expected && Frontier::from_bytes(frontier).is_ok()
    });
    if !sound {
        let seq = head.map(|it| it.0);
        let what = Text::new(
            format!("记录的头与 {entries} 条记录不符：条数或根被改动，或末尾被截去"),
            format!(
                "the head does not fit {entries} entries: count or root changed, or a tail cut"
            ),
        );
        report.fault("head", (seq, None), what);
    }
    let clock = db.first("SELECT rules_rev, last_ms FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.int(1)?))
    })?;
    if clock != Some((log.rules_rev, log.last_ms)) {
        let what = Text::new(
            "记录的头与记录不符：规则版本或最后时刻被改动",
            "the head does not fit the record: revision of the rules or last moment changed",
        );
        report.fault("head", (None, None), what);
    }
    let tiles = db.all("SELECT level, no, hash FROM tile ORDER BY level, no", &[], |row| {
        Ok((row.int(0)?, row.count(1)?, row.blob(2)?.to_vec()))
    })?;
    let mut expected: Vec<_> =
        log.tiles.iter().map(|it| (i64::from(it.level), it.index, it.hash.to_vec())).collect();
    expected.sort();
    if tiles != expected {
        let wrong = expected.iter().find(|it| !tiles.contains(it)).or(tiles.first());
        let (level, no) = wrong.map_or((0, 0), |it| (it.0, it.1));
        let what = Text::new(
            format!("树的中间节点 {level}/{no} 不符"),
            format!("the stored subtree {level}/{no} differs"),
        );
        report.fault("tile", (None, None), what);
    }
    Ok(())
}

/// Rows of matters against the fold of their events.
pub(super) fn matters(
    db: &mut Db,
    rules: &Rules,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let names: Vec<&str> = MATTER_COLUMNS.split(',').map(str::trim).collect();
    let sql = format!("SELECT {MATTER_COLUMNS} FROM matter WHERE id > $1 AND id <= $2");
    let mut seen = BTreeSet::new();
    db.query(&sql, &replay.range.values(), |row| {
        let got = values(row, MATTER_KINDS)?;
        let id = matter_id(got.get(1));
        let Some((id, known)) = id.and_then(|it| Some((it, replay.matters.get(&it)?))) else {
            let what = Text::new("有行而无记录", "a row that no entry of the record made");
            report.fault("row_extra", (None, id), what);
            return Ok(());
        };
        seen.insert(id);
        let expected = matter_row(rules, &known.matter, known.seqs);
        for ((name, got), expected) in names.iter().zip(&got).zip(&expected) {
            if got != expected {
                let what = Text::new(
                    format!("事项行的 {name} 与记录不符"),
                    format!("{name} of the row differs from the record"),
                );
                report.fault("row", (Some(known.seqs.last), Some(id)), what);
            }
        }
        Ok(())
    })?;
    for (id, known) in replay.matters.iter().filter(|(id, _)| !seen.contains(id)) {
        let what = Text::new("有记录而无行", "the record has it, the rows do not");
        report.fault("row_missing", (Some(known.seqs.last), Some(*id)), what);
    }
    Ok(())
}

/// Spans against the fold.
pub(super) fn spans(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut next: BTreeMap<MatterId, usize> = BTreeMap::new();
    let sql = format!(
        "SELECT {SPAN_COLUMNS} FROM span WHERE matter > $1 AND matter <= $2
         ORDER BY matter, from_seq"
    );
    let mut wrong = BTreeSet::new();
    let mut count = 0;
    db.query(&sql, &replay.range.values(), |row| {
        count += 1;
        let got = values(row, SPAN_KINDS)?;
        let id = matter_id(got.first()).unwrap_or(MatterId(uuid::Uuid::nil()));
        let no = next.entry(id).or_default();
        let expected = replay.matters.get(&id).and_then(|it| it.spans.get(*no));
        *no += 1;
        if expected.is_none_or(|it| it.row() != got) {
            wrong.insert(id);
        }
        Ok(())
    })?;
    report.spans += count;
    let short = |id: &MatterId, spans: usize| next.get(id).copied().unwrap_or(0) != spans;
    wrong.extend(
        replay.matters.iter().filter(|(id, it)| short(id, it.spans.len())).map(|(id, _)| *id),
    );
    for id in wrong {
        let what = Text::new("时段与记录不符", "its spans differ from the record");
        report.fault("span", (None, Some(id)), what);
    }
    Ok(())
}

/// Units that took part against the fold.
pub(super) fn parts(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut expected = BTreeSet::new();
    for (id, known) in &replay.matters {
        expected.extend(known.matter.parts.iter().map(|it| (id.to_string(), it.unit.0.clone())));
    }
    let sql = "SELECT matter.id, matter_part.unit
               FROM matter JOIN matter_part ON matter_part.first_seq = matter.first_seq
               WHERE matter.id > $1 AND matter.id <= $2";
    let pair = |row: &Row<'_>| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    let got: BTreeSet<_> = db.all(sql, &replay.range.values(), pair)?.into_iter().collect();
    for (matter, unit) in got.symmetric_difference(&expected) {
        let what = Text::new(
            format!("参与单位 {unit} 与记录不符"),
            format!("that {unit} took part differs from the record"),
        );
        report.fault("part", (None, matter.parse().ok().map(MatterId)), what);
    }
    Ok(())
}

/// No unit took part in what is no matter.
pub(super) fn parts_of_none(db: &mut Db, report: &mut VerifyReport) -> Result<(), DbError> {
    let sql = "SELECT COUNT(*) FROM matter_part
               WHERE first_seq NOT IN (SELECT first_seq FROM matter)";
    if db.first(sql, &[], |row| row.int(0))?.unwrap_or(0) > 0 {
        let what = Text::new("参与单位无对应事项", "units took part in what is no matter");
        report.fault("part", (None, None), what);
    }
    Ok(())
}

/// Numbers of forms against the fold.
pub(super) fn measures(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut expected = BTreeSet::new();
    for (id, known) in &replay.matters {
        for (field, value, from, left) in &known.measures {
            expected.insert((id.to_string(), field.clone(), *value, *from, *left));
        }
    }
    let sql = "SELECT matter, field, value, from_seq, left_seq FROM measure
               WHERE matter > $1 AND matter <= $2";
    db.query(sql, &replay.range.values(), |row| {
        let left = row.some_int(4)?.map(i64::unsigned_abs);
        let id = row.text(0)?.to_owned();
        let got = (id, row.text(1)?.to_owned(), row.int(2)?, row.count(3)?, left);
        if expected.remove(&got) {
            report.measures += 1;
        } else {
            let at = (Some(got.3), got.0.parse().ok().map(MatterId));
            let what = Text::new("表单数值与记录不符", "a number of a form differs");
            report.fault("measure", at, what);
        }
        Ok(())
    })?;
    for (id, _, _, from, _) in expected {
        let what = Text::new("缺少表单数值", "a number of a form is not there");
        report.fault("measure_missing", (Some(from), id.parse().ok().map(MatterId)), what);
    }
    Ok(())
}

/// Points and money against the record.
pub(super) fn scores(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut expected: BTreeMap<(i64, i64), &Vec<Value>> = BTreeMap::new();
    for row in &replay.scores {
        if let [Value::Int(seq), Value::Int(no), ..] = row[..] {
            expected.insert((seq, no), row);
        }
    }
    let sql = "SELECT seq, no, matter, unit, tariff, at_ms, points_milli, fen FROM score
               WHERE matter > $1 AND matter <= $2";
    db.query(sql, &replay.range.values(), |row| {
        report.scores += 1;
        let got = values(row, SCORE_KINDS)?;
        let key = (row.int(0)?, row.int(1)?);
        if expected.remove(&key) != Some(&got) {
            let at = (u64::try_from(key.0).ok(), matter_id(got.get(2)));
            let what = Text::new("计分或金额与记录不符", "points or money differ from the record");
            report.fault("score", at, what);
        }
        Ok(())
    })?;
    for ((seq, _), row) in expected {
        let what = Text::new("缺少计分", "a score is not there");
        report.fault("score_missing", (u64::try_from(seq).ok(), matter_id(row.get(2))), what);
    }
    Ok(())
}
