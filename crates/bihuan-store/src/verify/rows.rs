//! Rows against what the record makes of them, column by column.

use crate::db::{Db, DbError, Row, Value};
use crate::file::{digest_of, path_in};
use crate::row::{MATTER_COLUMNS, SPAN_COLUMNS, matter_row};
use crate::verify::VerifyReport;
use crate::verify::replay::Replay;
use bihuan_core::content::{ContentRef, seal};
use bihuan_core::id::MatterId;
use bihuan_core::matter::Rules;
use bihuan_core::merkle::Frontier;
use bihuan_core::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Kinds of the columns of `matter`: text or integer.
const MATTER_KINDS: &str = "tiiittttttttttttiiiiiiiiitit";
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
pub(super) fn head(db: &mut Db, replay: &Replay, report: &mut VerifyReport) -> Result<(), DbError> {
    let head = db.first("SELECT seq, frontier FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.blob(1)?.to_vec()))
    })?;
    let entries = report.entries;
    let expected = replay.frontier.to_bytes();
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
    if clock != Some((replay.rules_rev, replay.last_ms)) {
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
        replay.tiles.iter().map(|it| (i64::from(it.level), it.index, it.hash.to_vec())).collect();
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
    let sql = format!("SELECT {MATTER_COLUMNS} FROM matter ORDER BY id");
    let mut seen = BTreeSet::new();
    db.query(&sql, &[], |row| {
        let got = values(row, MATTER_KINDS)?;
        let id = matter_id(got.first());
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
    let sql = format!("SELECT {SPAN_COLUMNS} FROM span ORDER BY matter, from_seq");
    let mut wrong = BTreeSet::new();
    let mut count = 0;
    db.query(&sql, &[], |row| {
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
    report.spans = count;
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
    db.query("SELECT matter, field, value, from_seq, left_seq FROM measure", &[], |row| {
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
               ORDER BY seq, no";
    db.query(sql, &[], |row| {
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

/// Sealed texts: whole, or erased by a recorded act.
pub(super) fn contents(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut missing: BTreeSet<&ContentRef> = replay.contents.iter().collect();
    let mut gone: BTreeMap<u64, u64> = BTreeMap::new();
    let mut erased_by = |seq: u64, reference: &ContentRef| {
        *gone.entry(seq).or_default() += 1;
        replay
            .erasures
            .get(&seq)
            .is_some_and(|(of, _)| of.as_ref().is_none_or(|it| *it == reference.0))
    };
    db.query("SELECT ref, salt, bytes, erased_seq FROM content", &[], |row| {
        let reference = ContentRef(row.text(0)?.to_owned());
        missing.remove(&reference);
        let erased = row.some_int(3)?.and_then(|it| u64::try_from(it).ok());
        match (row.some_blob(1)?, row.some_blob(2)?, erased) {
            (None, None, Some(seq)) if erased_by(seq, &reference) => report.erased += 1,
            (Some(salt), Some(bytes), None)
                if <&[u8; 32]>::try_from(salt).is_ok_and(|it| seal(it, bytes) == reference) =>
            {
                report.contents += 1;
            }
            _ => {
                let what = Text::new(
                    format!("文字 {reference} 被改动，或无记录地消失"),
                    format!("text {reference} was changed, or is gone without a recorded act"),
                );
                report.fault("content", (erased, None), what);
            }
        }
        Ok(())
    })?;
    for (seq, (_, rows)) in &replay.erasures {
        let count = gone.remove(seq).unwrap_or(0);
        if count != *rows {
            let what = Text::new(
                format!("第 {seq} 条记录删除 {rows} 条文字，实缺 {count} 条"),
                format!("entry {seq} erased {rows} texts, {count} are gone by it"),
            );
            report.fault("erasure", (Some(*seq), None), what);
        }
    }
    let sql = "SELECT name_ref FROM person
               WHERE name_ref IS NOT NULL AND name_ref NOT IN (SELECT ref FROM content)";
    let names = db.all(sql, &[], |row| Ok(ContentRef(row.text(0)?.to_owned())))?;
    for reference in missing.into_iter().chain(&names) {
        let what =
            Text::new(format!("缺少文字 {reference}"), format!("text {reference} is not there"));
        report.fault("content_missing", (None, None), what);
    }
    Ok(())
}

/// Files that matters count as arrived: known, and where the folder is at hand, whole.
pub(super) fn files(
    db: &mut Db,
    replay: &Replay,
    folder: Option<&Path>,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut known = BTreeMap::new();
    db.query("SELECT digest, erased_seq FROM file", &[], |row| {
        known.insert(
            row.text(0)?.to_owned(),
            row.some_int(1)?.and_then(|it| u64::try_from(it).ok()),
        );
        Ok(())
    })?;
    for (id, matter) in &replay.matters {
        for file in matter.matter.files.iter().filter(|it| it.arrived) {
            if !known.contains_key(&file.digest) {
                let what = Text::new(
                    format!("缺少文件 {}", file.digest),
                    format!("file {} is not there", file.digest),
                );
                report.fault("file_missing", (None, Some(*id)), what);
            }
        }
    }
    let Some(folder) = folder else { return Ok(()) };
    for (digest, erased) in known {
        if erased.is_some_and(|it| replay.erasures.contains_key(&it)) {
            report.erased += 1;
        } else if path_in(folder, &digest).and_then(|it| digest_of(&it).ok()).as_ref()
            == Some(&digest)
        {
            report.files += 1;
        } else {
            let what = Text::new(
                format!("文件 {digest} 缺失或被改动"),
                format!("file {digest} is gone or was changed"),
            );
            report.fault("file", (None, None), what);
        }
    }
    Ok(())
}
