//! What a batch of commands leads to, gathered before it is written.

use crate::audit::row_of;
use crate::db::Value;
use crate::record::{MatterSaid, Record, Said};
use crate::row::{Measured, Reach, Seqs, Span, matter_row, measured, part_rows, seq_value};
use crate::tally::Tallies;
use bihuan_core::id::MatterId;
use bihuan_core::matter::event::What;
use bihuan_core::matter::{Decision, Matter, Rules, Submission, apply};
use bihuan_core::merkle::{Frontier, Tile, leaf_hash};
use bihuan_core::notice::notices;
use bihuan_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// A matter as the batch found or made it.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) seqs: Seqs,
    /// The span that the store has as running, where there is one.
    pub(crate) stored_span: Option<u64>,
    pub(crate) changed: bool,
    /// How much of its row the batch may have changed.
    pub(crate) reach: Reach,
}

/// Rows that a batch will write.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<Vec<Value>>,
    pub(crate) tiles: Vec<Tile>,
    pub(crate) spans: Vec<Span>,
    /// Per matter, where in `spans` its running span is, if this batch began it.
    running: BTreeMap<MatterId, usize>,
    /// Spans in the store that end: matter, from_seq, seq, ms, how.
    pub(crate) ended: Vec<Vec<Value>>,
    /// Numbers of forms: matter, field, value, from_seq, left_seq.
    pub(crate) measures: Vec<Vec<Value>>,
    /// Per matter and field, where in `measures` its running number is, if this batch began it.
    measured: BTreeMap<(MatterId, String), usize>,
    /// Numbers in the store that end: matter, field, seq.
    pub(crate) measures_ended: Vec<Vec<Value>>,
    pub(crate) scores: Vec<Vec<Value>>,
    /// Steps that figures count.
    pub(crate) tallies: Tallies,
    pub(crate) outbox: Vec<Vec<Value>>,
    pub(crate) contents: Vec<Vec<Value>>,
    /// Files that matters came to name: digest, matter.
    pub(crate) files: Vec<Vec<Value>>,
    /// Units that took part: unit, first number of the matter.
    pub(crate) parts: Vec<Vec<Value>>,
    pub(crate) commands: Vec<Vec<Value>>,
    pub(crate) texts: Vec<(u64, String)>,
    /// Rows of the audit trail.
    pub(crate) audited: Vec<Vec<Value>>,
    pub(crate) counters: BTreeSet<String>,
}

/// Where the head stands while a batch is decided.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) now: Instant,
    pub(crate) frontier: Frontier,
}

impl Batch {
    /// Takes a decision: applies its events to `matters` and gathers the rows. The first and last
    /// numbers of the record that it used come back.
    pub(crate) fn take(
        &mut self,
        head: &mut Head,
        matters: &mut BTreeMap<MatterId, Matter>,
        loaded: &mut BTreeMap<MatterId, Loaded>,
        submission: &Submission,
        decision: &Decision,
    ) -> (u64, u64) {
        let first = head.seq + 1;
        for (id, event) in &decision.events {
            head.seq += 1;
            let seq = head.seq;
            let before = matters.remove(id);
            let after = apply(before.clone(), *id, head.now, event)
                .expect("apply takes whatever decide makes");
            let said = MatterSaid {
                id: *id,
                version: after.version,
                by: decision.by.clone(),
                command: submission.id,
                event: event.clone(),
            };
            self.event(head, Some(*id), Said::Matter(Box::new(said)));
            let entry = loaded.entry(*id).or_insert(Loaded {
                seqs: Seqs { first: seq, last: seq, span: seq },
                stored_span: None,
                changed: true,
                reach: Reach::Most,
            });
            entry.seqs.last = seq;
            entry.changed = true;
            entry.reach = entry.reach.max(Reach::of(before.as_ref(), &after));
            self.span(before.as_ref(), &after, entry, seq, head.now);
            self.parts.extend(part_rows(before.as_ref(), &after, entry.seqs.first));
            self.measure(before.as_ref(), &after, seq);
            let step = (before.as_ref(), &after);
            self.tallies.take(entry.seqs.first, step, event, (seq, head.now));
            self.file(before.as_ref(), &after);
            self.score(&after, event, seq, head.now);
            self.notify(before.as_ref(), &after, event, seq, head.now);
            if let What::Opened(opened) = &event.what
                && let Some(title) = &opened.title
            {
                let text = decision.contents.iter().find(|it| it.reference == *title);
                let text = text.map(|it| String::from_utf8_lossy(&it.bytes).into_owned());
                self.texts.extend(text.map(|it| (seq, it)));
            }
            matters.insert(*id, after);
        }
        for content in &decision.contents {
            self.contents.push(vec![
                Value::Text(content.reference.to_string()),
                Value::Text(submission.matter.to_string()),
                Value::Text(content.kind.clone()),
                Value::Blob(content.salt.to_vec()),
                Value::Blob(content.bytes.clone()),
            ]);
        }
        self.counters.extend(decision.counters.iter().cloned());
        (first, head.seq)
    }

    /// Adds one entry to the record; `head.seq` is its number.
    pub(crate) fn event(&mut self, head: &mut Head, matter: Option<MatterId>, said: Said) {
        let record = Record { seq: head.seq, at: head.now, said };
        self.audited.extend(row_of(&record));
        let bytes = record.to_bytes();
        let leaf = leaf_hash(&bytes);
        let tiles = head.frontier.push(leaf).expect("a record has fewer than 2^63 entries");
        self.tiles.extend(tiles);
        self.events.push(vec![
            seq_value(head.seq),
            matter.map_or(Value::Null, |it| Value::Text(it.to_string())),
            Value::Int(head.now.0),
            Value::Blob(bytes),
            Value::Blob(leaf.to_vec()),
        ]);
    }

    fn span(
        &mut self,
        before: Option<&Matter>,
        after: &Matter,
        entry: &mut Loaded,
        seq: u64,
        now: Instant,
    ) {
        let Some(span) = Span::begun(before, after, seq, now) else { return };
        if let Some(running) = self.running.get(&after.id).copied() {
            self.spans[running].end(seq, now, span.left);
        } else if let Some(stored) = entry.stored_span.take() {
            self.ended.push(vec![
                Value::Text(after.id.to_string()),
                seq_value(stored),
                seq_value(seq),
                Value::Int(now.0),
                span.left.map_or(Value::Null, |it| Value::Text(it.to_owned())),
            ]);
        }
        entry.seqs.span = seq;
        self.running.insert(after.id, self.spans.len());
        self.spans.push(span);
    }

    /// Ends and begins the numbers of a form that an event changed.
    fn measure(&mut self, before: Option<&Matter>, after: &Matter, seq: u64) {
        for Measured { field, before, after: value } in measured(before, after) {
            let key = (after.id, field.clone());
            let named = || vec![Value::Text(after.id.to_string()), Value::Text(field.clone())];
            if before.is_some() {
                match self.measured.remove(&key) {
                    Some(no) => self.measures[no][4] = seq_value(seq),
                    None => self.measures_ended.push([named(), vec![seq_value(seq)]].concat()),
                }
            }
            if let Some(value) = value {
                let rest = vec![Value::Int(value), seq_value(seq), Value::Null];
                self.measured.insert(key, self.measures.len());
                self.measures.push([named(), rest].concat());
            }
        }
    }

    /// Files are only ever added to those that a matter names.
    fn file(&mut self, before: Option<&Matter>, after: &Matter) {
        let old = before.map_or(0, |it| it.files.len());
        for file in after.files.iter().skip(old) {
            let digest = Value::Text(file.digest.clone());
            self.files.push(vec![digest, Value::Text(after.id.to_string())]);
        }
    }

    fn score(
        &mut self,
        matter: &Matter,
        event: &bihuan_core::matter::Event,
        seq: u64,
        now: Instant,
    ) {
        for (no, score) in event.scores.iter().enumerate() {
            self.scores.push(vec![
                seq_value(seq),
                seq_value(no as u64),
                Value::Text(matter.id.to_string()),
                Value::Text(score.unit.0.clone()),
                Value::Text(score.tariff.clone()),
                Value::Int(now.0),
                Value::Int(score.points_milli),
                Value::Int(score.fen),
            ]);
        }
    }

    fn notify(
        &mut self,
        before: Option<&Matter>,
        after: &Matter,
        event: &bihuan_core::matter::Event,
        seq: u64,
        now: Instant,
    ) {
        for (no, notice) in notices(before, after, event).iter().enumerate() {
            let text = |it: Option<&String>| it.map_or(Value::Null, |it| Value::Text(it.clone()));
            self.outbox.push(vec![
                seq_value(seq),
                seq_value(no as u64),
                Value::Text(notice.kind.word().to_owned()),
                Value::Text(after.id.to_string()),
                text(notice.role.as_ref().map(|it| &it.0)),
                text(notice.unit.as_ref().map(|it| &it.0)),
                text(notice.person.as_ref().map(|it| &it.0)),
                Value::Int(now.0),
            ]);
        }
    }
}

/// Rows of the matters that a batch changed so far and no further.
pub(crate) fn changed_rows(
    rules: &Rules,
    matters: &BTreeMap<MatterId, Matter>,
    loaded: &BTreeMap<MatterId, Loaded>,
    reach: Reach,
) -> Vec<Vec<Value>> {
    let changed = loaded.iter().filter(|(_, it)| it.changed && it.reach == reach);
    changed.filter_map(|(id, it)| Some(matter_row(rules, matters.get(id)?, it.seqs))).collect()
}
