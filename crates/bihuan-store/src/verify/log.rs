//! The record as a sequence: no entry missing, changed or out of time, the tree over them, what
//! changed the rules, and the commands that made them.

use crate::db::{Db, DbError, Value};
use crate::record::{RankingSaid, Record, RulesSaid, Said};
use crate::row::seq_value;
use crate::verify::VerifyReport;
use crate::verify::adjustment::Book;
use crate::verify::audit::Trail;
use crate::verify::command::{self, Sent};
use bihuan_core::merkle::{Frontier, Tile, leaf_hash};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use std::collections::BTreeMap;

/// Entries that one query reads.
const PAGE: i64 = 2_000;

/// What the sequence of entries says.
#[derive(Default)]
pub(super) struct Log {
    pub(super) frontier: Frontier,
    pub(super) tiles: Vec<Tile>,
    /// Entries that erased something: what, where it was one thing, and how many rows.
    pub(super) erasures: BTreeMap<u64, (Option<String>, u64)>,
    /// Entries that erased a file, and which.
    pub(super) files_erased: BTreeMap<u64, String>,
    pub(super) commands: Vec<Sent>,
    /// Adjustments as the record makes them.
    pub(super) book: Book,
    /// Rankings that were published.
    pub(super) rankings: BTreeMap<u64, (Instant, RankingSaid)>,
    pub(super) last_ms: i64,
    pub(super) rules_rev: u64,
}

/// One row of the record.
struct Entry {
    seq: u64,
    matter: Option<String>,
    at_ms: i64,
    bytes: Vec<u8>,
    leaf: Vec<u8>,
}

impl Log {
    /// Reads the record from its first entry to its last; `told` hears how many are done.
    pub(super) fn read(
        db: &mut Db,
        report: &mut VerifyReport,
        told: &mut dyn FnMut(u64),
    ) -> Result<Log, DbError> {
        let mut log = Log::default();
        let mut after = 0;
        loop {
            let page = db.all(
                "SELECT seq, matter, at_ms, bytes, leaf FROM event
                 WHERE seq > $1 ORDER BY seq LIMIT $2",
                &[seq_value(after), Value::Int(PAGE)],
                |row| {
                    Ok(Entry {
                        seq: row.count(0)?,
                        matter: row.some_text(1)?.map(ToOwned::to_owned),
                        at_ms: row.int(2)?,
                        bytes: row.blob(3)?.to_vec(),
                        leaf: row.blob(4)?.to_vec(),
                    })
                },
            )?;
            let Some(last) = page.last() else {
                // Rows of the trail after the last entry tell of nothing.
                Trail::default().compare(db, (after, i64::MAX.unsigned_abs()), report)?;
                return Ok(log);
            };
            let before = after;
            after = last.seq;
            let mut trail = Trail::default();
            for entry in page {
                log.entry(entry, &mut trail, report);
            }
            trail.compare(db, (before, after), report)?;
            told(after);
        }
    }

    fn entry(&mut self, entry: Entry, trail: &mut Trail, report: &mut VerifyReport) {
        let seq = entry.seq;
        report.entries += 1;
        let at = (Some(seq), None);
        if seq != report.entries {
            let expected = report.entries;
            let what = Text::new(
                format!("缺少第 {expected} 条记录"),
                format!("entry {expected} is not there"),
            );
            report.fault("entry_missing", at, what);
            report.entries = seq;
        }
        let leaf = leaf_hash(&entry.bytes);
        if entry.leaf != leaf {
            let what = Text::new(
                format!("第 {seq} 条记录的内容与其摘要不符"),
                format!("the bytes of entry {seq} do not have its leaf hash"),
            );
            report.fault("entry_changed", at, what);
        }
        match self.frontier.push(leaf) {
            Ok(tiles) => self.tiles.extend(tiles),
            Err(error) => {
                report.fault("tree", at, Text::new(error.to_string(), error.to_string()));
            }
        }
        let record = match Record::from_bytes(&entry.bytes) {
            Ok(record) => record,
            Err(error) => {
                let what = Text::new(
                    format!("第 {seq} 条记录无法读取：{error}"),
                    format!("entry {seq} cannot be read: {error}"),
                );
                report.fault("entry_unreadable", at, what);
                return;
            }
        };
        let matter = record.matter().map(|it| it.to_string());
        if record.seq != seq || record.at.0 != entry.at_ms || matter != entry.matter {
            let what = Text::new(
                format!("第 {seq} 条记录的列与内容不符"),
                format!("the columns of entry {seq} differ from its bytes"),
            );
            report.fault("entry_columns", at, what);
        }
        if record.at.0 < self.last_ms {
            let what = Text::new(
                format!("第 {seq} 条记录的时间早于前一条"),
                format!("entry {seq} is earlier than the one before it"),
            );
            report.fault("entry_time", at, what);
        }
        self.last_ms = record.at.0;
        trail.take(&record);
        match record.said {
            Said::Rules(said) => self.rules(seq, said),
            Said::Matter(said) => {
                command::sent(&mut self.commands, seq, &said.by, said.command);
            }
            Said::Adjustment(said) => {
                command::sent(&mut self.commands, seq, &said.by, said.command);
                self.book.take((seq, record.at), &said, report);
            }
            Said::Ranking(said) => drop(self.rankings.insert(seq, (record.at, *said))),
            Said::Audit(_) => {}
        }
    }

    fn rules(&mut self, seq: u64, said: RulesSaid) {
        self.rules_rev = said.rev;
        match (said.kind.as_str(), said.of) {
            ("erase", of) => drop(self.erasures.insert(seq, (of, said.rows))),
            ("erase_file", Some(digest)) => {
                self.files_erased.insert(seq, digest);
                self.erasures.insert(seq, (None, said.rows));
            }
            _ => {}
        }
    }
}
