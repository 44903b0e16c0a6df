//! Files against the record: known, whole, named by the matters that declared them, or erased by a
//! recorded act.

use crate::db::{Db, DbError, Row, Value};
use crate::file::FileStore;
use crate::filter::Clauses;
use crate::verify::VerifyReport;
use crate::verify::log::Log;
use crate::verify::replay::Replay;
use bihuan_core::id::MatterId;
use bihuan_core::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Files whose rows one statement reads.
const PAGE: i64 = 2_000;
/// Keys that one statement looks up.
const KEYS_EACH: usize = 256;

/// What some matters declare: known where it has arrived, and named in the index of files.
pub(super) fn of_matters(
    db: &mut Db,
    replay: &Replay,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let (mut named, mut missing) = (BTreeSet::new(), BTreeMap::new());
    for (id, known) in &replay.matters {
        for file in &known.matter.files {
            named.insert((id.to_string(), file.digest.clone()));
            if file.arrived {
                missing.insert(file.digest.clone(), *id);
            }
        }
    }
    let digests: Vec<String> = missing.keys().cloned().collect();
    for chunk in digests.chunks(KEYS_EACH) {
        let mut clauses = Clauses::default();
        let names = clauses.bind_all(chunk.iter().map(|it| Value::Text(it.clone())));
        let sql = format!("SELECT digest FROM file WHERE digest IN ({names})");
        db.query(&sql, &clauses.values, |row| {
            missing.remove(row.text(0)?);
            Ok(())
        })?;
    }
    for (digest, id) in missing {
        let what = Text::new(format!("缺少文件 {digest}"), format!("file {digest} is not there"));
        report.fault("file_missing", (None, Some(id)), what);
    }
    let sql = "SELECT matter, digest FROM matter_file WHERE matter > $1 AND matter <= $2";
    let pair = |row: &Row<'_>| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()));
    let got: BTreeSet<_> = db.all(sql, &replay.range.values(), pair)?.into_iter().collect();
    for (matter, digest) in got.symmetric_difference(&named) {
        let what = Text::new(
            format!("文件 {digest} 的索引与记录不符"),
            format!("the index of file {digest} differs from the record"),
        );
        report.fault("file_index", (None, matter.parse().ok().map(MatterId)), what);
    }
    Ok(())
}

/// Every file is marked as the record says; where the bytes are at hand, they are whole, or gone.
pub(super) fn all(
    db: &mut Db,
    log: &Log,
    store: Option<&FileStore>,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    facts(db, report)?;
    let mut after = String::new();
    loop {
        let sql = "SELECT digest, erased_seq FROM file WHERE digest > $1 ORDER BY digest LIMIT $2";
        let page = db.all(sql, &[Value::Text(after.clone()), Value::Int(PAGE)], |row| {
            let erased = row.some_int(1)?.and_then(|it| u64::try_from(it).ok());
            Ok((row.text(0)?.to_owned(), erased))
        })?;
        let Some((last, _)) = page.last() else { break };
        after.clone_from(last);
        for (digest, erased) in &page {
            let by_an_act = erased.is_some_and(|it| log.files_erased.get(&it) == Some(digest));
            if let (Some(seq), false) = (*erased, by_an_act) {
                let what = Text::new(
                    format!("文件 {digest} 标为已删除，却没有删除的记录"),
                    format!("file {digest} is marked as erased, but no act erased it"),
                );
                report.fault("file", (Some(seq), None), what);
            }
            report.erased += u64::from(by_an_act);
            if let Some(store) = store {
                kept(store, digest, by_an_act, report);
            }
        }
    }
    variants(db, store, report)?;
    released(db, store, report)
}

/// The bytes of one file: there with its digest, or gone by an act.
fn kept(store: &FileStore, digest: &str, is_erased: bool, report: &mut VerifyReport) {
    let got = store.digest(digest);
    let what = match got {
        Ok(None) if is_erased => return,
        Ok(Some(got)) if got == digest && !is_erased => {
            report.files += 1;
            return;
        }
        Ok(Some(_)) if is_erased => Text::new(
            format!("文件 {digest} 已依记录删除，内容却还在；请再删除一次"),
            format!("file {digest} was erased, but its bytes are there; erase it again"),
        ),
        Ok(_) => Text::new(
            format!("文件 {digest} 缺失或被改动"),
            format!("file {digest} is gone or was changed"),
        ),
        Err(error) => Text::new(
            format!("文件 {digest} 无法读取：{error}"),
            format!("file {digest} cannot be read: {error}"),
        ),
    };
    report.fault("file", (None, None), what);
}

/// What is known about pictures is sealed, and there.
fn facts(db: &mut Db, report: &mut VerifyReport) -> Result<(), DbError> {
    let sql = "SELECT digest FROM picture
               WHERE facts_ref IS NOT NULL AND facts_ref NOT IN (SELECT ref FROM content)";
    for digest in db.all(sql, &[], |row| Ok(row.text(0)?.to_owned()))? {
        let what = Text::new(
            format!("缺少照片 {digest} 的拍摄信息"),
            format!("what is known about picture {digest} is not there"),
        );
        report.fault("content_missing", (None, None), what);
    }
    Ok(())
}

/// What is served instead of a picture: whole, and only of one that is not erased.
fn variants(
    db: &mut Db,
    store: Option<&FileStore>,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let mut after = String::new();
    loop {
        let sql = "SELECT picture_variant.digest, picture_variant.variant,
                     CAST(CASE WHEN file.digest IS NULL OR file.erased_seq IS NOT NULL
                               THEN 1 ELSE 0 END AS BIGINT)
                   FROM picture_variant
                   LEFT JOIN file ON file.digest = picture_variant.digest
                   WHERE picture_variant.digest IN
                     (SELECT digest FROM picture WHERE digest > $1 ORDER BY digest LIMIT $2)
                   ORDER BY picture_variant.digest";
        let page = db.all(sql, &[Value::Text(after.clone()), Value::Int(PAGE)], |row| {
            Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.int(2)? == 1))
        })?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after.clone_from(last);
        for (digest, variant, is_of_none) in page {
            let got = store.map(|it| it.digest(&variant).ok().flatten());
            if is_of_none || got.is_some_and(|it| it.as_ref() != Some(&variant)) {
                let what = Text::new(
                    format!("照片 {digest} 的缩小图缺失、被改动或应已删除"),
                    format!("a smaller copy of picture {digest} is gone, changed or left over"),
                );
                report.fault("picture_variant", (None, None), what);
            }
        }
    }
}

/// What was released to the public: whole, and only of a file that is not erased.
fn released(
    db: &mut Db,
    store: Option<&FileStore>,
    report: &mut VerifyReport,
) -> Result<(), DbError> {
    let sql = "SELECT photo_release.copy,
                 CAST(CASE WHEN file.digest IS NULL OR file.erased_seq IS NOT NULL
                           THEN 1 ELSE 0 END AS BIGINT)
               FROM photo_release LEFT JOIN file ON file.digest = photo_release.digest
               WHERE photo_release.copy > $1
               ORDER BY photo_release.copy LIMIT $2";
    let mut after = String::new();
    loop {
        let page = db.all(sql, &[Value::Text(after.clone()), Value::Int(PAGE)], |row| {
            Ok((row.text(0)?.to_owned(), row.int(1)? == 1))
        })?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after.clone_from(last);
        for (copy, is_of_none) in page {
            let got = store.map(|it| it.digest(&copy).ok().flatten());
            if is_of_none || got.is_some_and(|it| it.as_ref() != Some(&copy)) {
                let what = Text::new(
                    format!("公开照片 {copy} 缺失、被改动或应已删除"),
                    format!("released photo {copy} is gone, changed or left over"),
                );
                report.fault("photo_release", (None, None), what);
            }
        }
    }
}
