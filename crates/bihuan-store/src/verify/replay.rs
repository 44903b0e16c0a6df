//! Replaying the record: bytes, leaves, tiles, and the fold of every matter's events.

use crate::db::{Db, DbError, Value};
use crate::record::{MatterSaid, Record, Said};
use crate::row::{Seqs, Span, measured, seq_value};
use crate::verify::VerifyReport;
use crate::verify::account::Accounts;
use crate::verify::command::{self, Sent};
use bihuan_core::content::ContentRef;
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Matter, apply};
use bihuan_core::merkle::{Frontier, Tile, leaf_hash};
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// Entries that one query reads.
const PAGE: i64 = 2_000;

/// A matter as the record makes it.
pub(super) struct Known {
    pub(super) matter: Matter,
    pub(super) seqs: Seqs,
    pub(super) spans: Vec<Span>,
    /// Numbers of its form: field, value, from, left.
    pub(super) measures: Vec<(String, i64, u64, Option<u64>)>,
}

/// The record replayed.
pub(super) struct Replay {
    pub(super) matters: BTreeMap<MatterId, Known>,
    pub(super) frontier: Frontier,
    pub(super) tiles: Vec<Tile>,
    pub(super) scores: Vec<Vec<Value>>,
    pub(super) contents: BTreeSet<ContentRef>,
    /// Entries that erased something: what, where it was one thing, and how many rows.
    pub(super) erasures: BTreeMap<u64, (Option<String>, u64)>,
    pub(super) commands: Vec<Sent>,
    pub(super) last_ms: i64,
    pub(super) rules_rev: u64,
    accounts: Accounts,
    zone: Zone,
    day: Option<i64>,
}

/// One row of the record.
struct Entry {
    seq: u64,
    matter: Option<String>,
    at_ms: i64,
    bytes: Vec<u8>,
    leaf: Vec<u8>,
}

impl Replay {
    pub(super) fn new(zone: Zone) -> Replay {
        Replay {
            matters: BTreeMap::new(),
            frontier: Frontier::default(),
            tiles: Vec::new(),
            scores: Vec::new(),
            contents: BTreeSet::new(),
            erasures: BTreeMap::new(),
            commands: Vec::new(),
            last_ms: 0,
            rules_rev: 0,
            accounts: Accounts::default(),
            zone,
            day: None,
        }
    }

    pub(super) fn run(
        &mut self,
        db: &mut Db,
        report: &mut VerifyReport,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), DbError> {
        let of = db.first("SELECT seq FROM head WHERE id = 1", &[], |row| row.count(0))?;
        let of = of.unwrap_or(0);
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
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in page {
                self.entry(entry, report);
            }
            progress(after, of);
        }
        Ok(())
    }

    /// Closes the last day of the accounts.
    pub(super) fn close_day(&mut self, report: &mut VerifyReport) {
        if let Some(day) = self.day.take() {
            self.accounts.close(day, report);
        }
    }

    fn entry(&mut self, entry: Entry, report: &mut VerifyReport) {
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
        self.turn_day(record.at, report);
        match record.said {
            Said::Rules(said) => {
                self.rules_rev = said.rev;
                if said.kind == "erase" {
                    self.erasures.insert(seq, (said.of, said.rows));
                }
            }
            Said::Matter(said) => {
                command::sent(&mut self.commands, seq, &said);
                self.fold(seq, record.at, &said, report);
            }
        }
    }

    fn turn_day(&mut self, at: Instant, report: &mut VerifyReport) {
        let day = self.zone.day(at);
        if let Some(before) = self.day.filter(|it| *it != day) {
            self.accounts.close(before, report);
        }
        self.day = Some(day);
    }

    fn fold(&mut self, seq: u64, at: Instant, said: &MatterSaid, report: &mut VerifyReport) {
        let event = &said.event;
        self.contents.extend(event.contents().into_iter().cloned());
        let before = self.matters.remove(&said.id);
        let (old, mut seqs, mut spans, mut measures) = match before {
            None => (None, Seqs { first: seq, last: seq, span: seq }, Vec::new(), Vec::new()),
            Some(it) => (Some(it.matter), Seqs { last: seq, ..it.seqs }, it.spans, it.measures),
        };
        let after = apply(old.clone(), said.id, at, event);
        let Some(matter) = after.filter(|it| it.version == said.version) else {
            let what = Text::new(
                format!("第 {seq} 条记录接不上该事项"),
                format!("entry {seq} does not follow what the matter was"),
            );
            report.fault("entry_out_of_order", (Some(seq), Some(said.id)), what);
            if let Some(matter) = old {
                self.matters.insert(said.id, Known { matter, seqs, spans, measures });
            }
            return;
        };
        self.accounts.step(old.as_ref(), &matter);
        if let Some(span) = Span::begun(old.as_ref(), &matter, seq, at) {
            if let Some(last) = spans.last_mut() {
                last.end(seq, at, span.left);
            }
            seqs.span = seq;
            spans.push(span);
        }
        measure(&mut measures, old.as_ref(), &matter, seq);
        for (no, score) in event.scores.iter().enumerate() {
            self.scores.push(vec![
                seq_value(seq),
                seq_value(no as u64),
                Value::Text(said.id.to_string()),
                Value::Text(score.unit.0.clone()),
                Value::Text(score.tariff.clone()),
                Value::Int(at.0),
                Value::Int(score.points_milli),
                Value::Int(score.fen),
            ]);
        }
        self.matters.insert(said.id, Known { matter, seqs, spans, measures });
    }
}

/// Ends and begins the numbers of a form.
fn measure(
    measures: &mut Vec<(String, i64, u64, Option<u64>)>,
    before: Option<&Matter>,
    after: &Matter,
    seq: u64,
) {
    for step in measured(before, after) {
        if let Some(running) =
            measures.iter_mut().rev().find(|it| it.0 == step.field && it.3.is_none())
        {
            running.3 = Some(seq);
        }
        measures.extend(step.after.map(|it| (step.field, it, seq, None)));
    }
}
