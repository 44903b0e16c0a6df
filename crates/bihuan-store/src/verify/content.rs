//! Sealed texts: each whole, or erased by a recorded act.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
use crate::verify::VerifyReport;
use crate::verify::log::Log;
use crate::verify::replay::Replay;
use bihuan_core::content::{ContentRef, seal};
use bihuan_core::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that one statement looks up.
const KEYS_EACH: usize = 256;

/// Sealed texts while they are read.
pub(super) struct Contents<'a> {
    log: &'a Log,
    /// Rows that are gone, by the entry that erased them.
    gone: BTreeMap<u64, u64>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(log: &'a Log) -> Contents<'a> {
        Contents { log, gone: BTreeMap::new() }
    }

    /// The texts of some matters: all that their entries name are there.
    pub(super) fn of_matters(
        &mut self,
        db: &mut Db,
        replay: &Replay,
        report: &mut VerifyReport,
    ) -> Result<(), DbError> {
        let mut missing = replay.contents.clone();
        let sql = "SELECT ref, salt, bytes, erased_seq FROM content
                   WHERE matter > $1 AND matter <= $2";
        db.query(sql, &replay.range.values(), |row| {
            missing.remove(&self.row(row, report)?);
            Ok(())
        })?;
        // One text may stand in the entries of two matters; its row names the first.
        let rest: Vec<ContentRef> = missing.iter().cloned().collect();
        for chunk in rest.chunks(KEYS_EACH) {
            let mut clauses = Clauses::default();
            let names = clauses.bind_all(chunk.iter().map(|it| Value::Text(it.0.clone())));
            let sql = format!("SELECT ref FROM content WHERE ref IN ({names})");
            db.query(&sql, &clauses.values, |row| {
                missing.remove(&ContentRef(row.text(0)?.to_owned()));
                Ok(())
            })?;
        }
        tell_missing(&missing, report);
        Ok(())
    }

    /// The texts of no matter, such as names; then whether each erasure took what it says.
    pub(super) fn close(mut self, db: &mut Db, report: &mut VerifyReport) -> Result<(), DbError> {
        let sql = "SELECT ref, salt, bytes, erased_seq FROM content WHERE matter IS NULL";
        db.query(sql, &[], |row| self.row(row, report).map(|_| ()))?;
        let sql = "SELECT name_ref FROM person
                   WHERE name_ref IS NOT NULL AND name_ref NOT IN (SELECT ref FROM content)
                   UNION
                   SELECT telephone_ref FROM person
                   WHERE telephone_ref IS NOT NULL
                     AND telephone_ref NOT IN (SELECT ref FROM content)";
        let names = db.all(sql, &[], |row| Ok(ContentRef(row.text(0)?.to_owned())))?;
        tell_missing(&names.into_iter().collect(), report);
        for (seq, (_, rows)) in &self.log.erasures {
            let count = self.gone.remove(seq).unwrap_or(0);
            if count != *rows {
                let what = Text::new(
                    format!("第 {seq} 条记录删除 {rows} 条文字，实缺 {count} 条"),
                    format!("entry {seq} erased {rows} texts, {count} are gone by it"),
                );
                report.fault("erasure", (Some(*seq), None), what);
            }
        }
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>, report: &mut VerifyReport) -> Result<ContentRef, DbError> {
        let reference = ContentRef(row.text(0)?.to_owned());
        let erased = row.some_int(3)?.and_then(|it| u64::try_from(it).ok());
        match (row.some_blob(1)?, row.some_blob(2)?, erased) {
            (None, None, Some(seq)) if self.erased_by(seq, &reference) => report.erased += 1,
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
        Ok(reference)
    }

    fn erased_by(&mut self, seq: u64, reference: &ContentRef) -> bool {
        *self.gone.entry(seq).or_default() += 1;
        let erasure = self.log.erasures.get(&seq);
        erasure.is_some_and(|(of, _)| of.as_ref().is_none_or(|it| *it == reference.0))
    }
}

pub(super) fn tell_missing(missing: &BTreeSet<ContentRef>, report: &mut VerifyReport) {
    for reference in missing {
        let what =
            Text::new(format!("缺少文字 {reference}"), format!("text {reference} is not there"));
        report.fault("content_missing", (None, None), what);
    }
}
