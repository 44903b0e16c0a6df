//! Replaying matters: the fold of the events of each, some hundred matters at a time, so that a
//! realm of any size is verified in little memory.

use crate::db::{Db, DbError, Value};
use crate::record::{MatterSaid, Record, Said};
use crate::row::{Seqs, Span, measured, seq_value};
use crate::tally::Tallies;
use crate::verify::VerifyReport;
use crate::verify::account::Accounts;
use bihuan_core::content::ContentRef;
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Matter, apply};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Matters that are replayed together.
const CHUNK: i64 = 512;
/// Sorts after every id of a matter.
const END: &str = "~";

/// A matter as the record makes it.
pub(super) struct Known {
    pub(super) matter: Matter,
    pub(super) seqs: Seqs,
    pub(super) spans: Vec<Span>,
    /// Numbers of its form: field, value, from, left.
    pub(super) measures: Vec<(String, i64, u64, Option<u64>)>,
}

/// Ids above the first, up to the second.
#[derive(Clone, Debug)]
pub(super) struct Range(String, String);

impl Range {
    /// The ids that follow; the last range reaches to the end, whatever stands there.
    pub(super) fn after(db: &mut Db, low: &str) -> Result<Range, DbError> {
        let sql = "SELECT DISTINCT matter FROM event WHERE matter > $1 ORDER BY matter
                   LIMIT 1 OFFSET $2";
        let values = [Value::Text(low.to_owned()), Value::Int(CHUNK - 1)];
        let high = db.first(sql, &values, |row| Ok(row.text(0)?.to_owned()))?;
        Ok(Range(low.to_owned(), high.unwrap_or_else(|| END.to_owned())))
    }

    pub(super) fn is_last(&self) -> bool {
        self.1 == END
    }

    pub(super) fn high(&self) -> &str {
        &self.1
    }

    /// Both ends, as the first two parameters of a statement.
    pub(super) fn values(&self) -> [Value; 2] {
        [Value::Text(self.0.clone()), Value::Text(self.1.clone())]
    }
}

/// Some matters replayed.
pub(super) struct Replay {
    pub(super) range: Range,
    pub(super) matters: BTreeMap<MatterId, Known>,
    pub(super) scores: Vec<Vec<Value>>,
    /// Steps that figures count.
    pub(super) tallies: Tallies,
    pub(super) contents: BTreeSet<ContentRef>,
    /// Entries that were folded.
    pub(super) entries: u64,
}

impl Replay {
    pub(super) fn run(
        db: &mut Db,
        range: Range,
        accounts: &mut Accounts,
        report: &mut VerifyReport,
    ) -> Result<Replay, DbError> {
        let sql = "SELECT seq, matter, bytes FROM event
                   WHERE matter > $1 AND matter <= $2 ORDER BY matter, seq";
        let values = range.values();
        let mut replay = Replay {
            range,
            matters: BTreeMap::new(),
            scores: Vec::new(),
            tallies: Tallies::default(),
            contents: BTreeSet::new(),
            entries: 0,
        };
        db.query(sql, &values, |row| {
            let seq = row.count(0)?;
            replay.entries += 1;
            // What cannot be read, or is another matter's, is told of the log.
            if let Ok(Record { at, said: Said::Matter(said), .. }) =
                Record::from_bytes(row.blob(2)?)
                && row.some_text(1)? == Some(said.id.to_string().as_str())
            {
                replay.fold(seq, at, &said, accounts, report);
            }
            Ok(())
        })?;
        Ok(replay)
    }

    fn fold(
        &mut self,
        seq: u64,
        at: Instant,
        said: &MatterSaid,
        accounts: &mut Accounts,
        report: &mut VerifyReport,
    ) {
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
        accounts.step(at, old.as_ref(), &matter);
        if let Some(span) = Span::begun(old.as_ref(), &matter, seq, at) {
            if let Some(last) = spans.last_mut() {
                last.end(seq, at, span.left);
            }
            seqs.span = seq;
            spans.push(span);
        }
        measure(&mut measures, old.as_ref(), &matter, seq);
        self.tallies.take(seqs.first, (old.as_ref(), &matter), event, (seq, at));
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
