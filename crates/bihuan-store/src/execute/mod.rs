//! The one write path: a batch of commands in, answers out, in one transaction.
//!
//! Invariants: events are inserted here and nowhere else; events, rows, spans, scores, outbox and
//! Merkle leaf commit together or not at all; a refusal inserts nothing; accepted commands are
//! remembered for ever with the digest of their body.

mod adjust;
mod answer;
mod beside;
mod load;
mod preview;
mod ranking;
mod timer;

pub use adjust::{AdjustError, AdjustmentReceipt};
pub use answer::{Answer, Failure, Moment, Receipt};
pub use preview::{Preview, Would};
pub use ranking::{RankingError, RankingReceipt, RankingSubmission};

use crate::batch::{Batch, Head, changed_rows};
use crate::db::{Db, DbError, Value};
use crate::record::{RulesSaid, Said};
use crate::row::{MATTER_COLUMNS, Reach, SPAN_COLUMNS, matter_upsert, seq_value};
use crate::rules::{self, Change};
use crate::search;
use crate::tally;
use answer::failure;
use bihuan_core::content::{derive_salt, hex};
use bihuan_core::matter::{Facts, Rules, Submission, decide};
use bihuan_core::merkle::{Frontier, Tile};
use bihuan_core::time::{DAY_MS, Instant};
use hmac::{Hmac, KeyInit, Mac};
use load::Stock;
use sha2::Sha256;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Most commands of one batch.
pub const BATCH_MAX: usize = 256;
/// A clock that has gone back by more than this, or on by more than [`FORWARD_MS`] between two
/// batches, is held to be out of bounds.
const BACKWARD_MS: i64 = 10 * 60_000;
/// See [`BACKWARD_MS`]; a realm that slept longer than this is checked by a person.
const FORWARD_MS: i64 = 400 * DAY_MS;

/// The one writer of a realm.
pub struct Writer {
    db: Db,
    rules: Arc<Rules>,
    secret: [u8; 32],
    held: Held,
}

/// Whether the clock is in doubt, as whoever reads it says.
type Held = Arc<OnceLock<Arc<AtomicBool>>>;

impl Writer {
    /// A writer over a connection whose schema is migrated.
    ///
    /// # Errors
    /// Where the rules cannot be loaded.
    pub fn new(mut db: Db, moment: Moment) -> Result<Writer, DbError> {
        rules::found(&mut db, moment)?;
        let secret = rules::secret(&mut db)?;
        let rules = Arc::new(rules::load(&mut db)?);
        Ok(Writer { db, rules, secret, held: Held::default() })
    }

    /// Holds penal acts whenever `held` says so.
    pub(crate) fn hold_while(&mut self, held: Held) {
        self.held = held;
    }

    /// Whether whoever reads the clock doubts it.
    fn is_doubted(&self) -> bool {
        self.held.get().is_some_and(|it| it.load(Ordering::Relaxed))
    }

    /// The rules as of the last batch.
    #[must_use]
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// The connection, for reading between batches.
    pub fn db(&mut self) -> &mut Db {
        &mut self.db
    }

    /// Decides and writes a batch of at most [`BATCH_MAX`]; each submission gets its answer.
    pub fn execute(&mut self, moment: Moment, batch: &[Submission]) -> Vec<Answer> {
        match self.attempt(moment, batch) {
            Ok(answers) => {
                self.keep_conflicts(moment, batch, &answers);
                answers
            }
            Err(DbError::Constraint(_) | DbError::Value(_) | DbError::Fault(_))
                if batch.len() > 1 =>
            {
                // One of them stood in the way of all: run them one by one.
                let one = |it| self.execute(moment, std::slice::from_ref(it)).remove(0);
                batch.iter().map(one).collect()
            }
            Err(error) => {
                let failure = failure(&error);
                batch.iter().map(|_| Answer::Failed(failure.clone())).collect()
            }
        }
    }

    fn attempt(&mut self, moment: Moment, batch: &[Submission]) -> Result<Vec<Answer>, DbError> {
        self.db.begin()?;
        // A fault in the program that one command meets must not end the realm for all: nothing
        // outlives the transaction but the rules, which are replaced as a whole.
        let result = catch_unwind(AssertUnwindSafe(|| self.transact(moment, batch)));
        let result = result.unwrap_or_else(|_| {
            Err(DbError::Fault("the program failed on a command; see its log".into()))
        });
        match result {
            Ok((answers, true)) => self.db.commit().map(|()| answers),
            Ok((answers, false)) => {
                self.db.rollback();
                Ok(answers)
            }
            Err(error) => {
                self.db.rollback();
                Err(error)
            }
        }
    }

    /// The answers, and whether anything is to be committed.
    fn transact(
        &mut self,
        moment: Moment,
        batch: &[Submission],
    ) -> Result<(Vec<Answer>, bool), DbError> {
        let (mut head, held) = self.lock_head(moment.clock)?;
        let bodies: Vec<[u8; 32]> = batch.iter().map(|it| self.digest(it)).collect();
        let mut known = self.known(batch)?;
        let mut stock = self.load(&head, batch)?;
        let rules = Arc::clone(&self.rules);
        let mut out = Batch::default();
        let mut answers = Vec::with_capacity(batch.len());
        for (no, (submission, body)) in batch.iter().zip(&bodies).enumerate() {
            let key = (submission.by.0.clone(), submission.id.to_string());
            if let Some((digest, receipt)) = known.get(&key) {
                let same = digest.as_slice() == body;
                let again = Answer::Done(Receipt { replayed: true, ..*receipt });
                answers.push(if same { again } else { Answer::Conflict });
                continue;
            }
            let near = stock.near(no);
            let facts = Facts {
                now: head.now,
                clock_held: held,
                rules: &rules,
                salt: &own_salt(&moment, &key),
                matters: &stock.matters,
                near: &near,
                arrived: &stock.arrived,
                counters: &stock.counters,
            };
            match decide(&facts, submission) {
                Err(refusal) => answers.push(Answer::Refused(Box::new(refusal))),
                Ok(decision) => {
                    let (matters, loaded) = (&mut stock.matters, &mut stock.loaded);
                    let (first_seq, last_seq) =
                        out.take(&mut head, matters, loaded, submission, &decision);
                    for name in &decision.counters {
                        *stock.counters.entry(name.clone()).or_insert(1) += 1;
                    }
                    stock.fresh.extend(decision.events.iter().map(|(id, _)| *id));
                    let matter = submission.matter;
                    let version = stock.matters.get(&matter).map_or(0, |it| it.version);
                    let replayed = false;
                    let receipt = Receipt { matter, version, first_seq, last_seq, replayed };
                    out.commands.push(command_row(&key, body, &receipt));
                    known.insert(key, (body.to_vec(), receipt));
                    answers.push(Answer::Done(receipt));
                }
            }
        }
        if out.events.is_empty() {
            return Ok((answers, false));
        }
        self.write(&head, &stock, out)?;
        Ok((answers, true))
    }

    /// Locks the head row, and reloads the rules if another node changed them.
    fn lock_head(&mut self, clock: Instant) -> Result<(Head, bool), DbError> {
        let row = self.db.first(
            "UPDATE head
             SET last_ms = CASE
               WHEN last_ms < $1 AND (was_ms = 0 OR $1 - was_ms <= $2) THEN $1 ELSE last_ms END
             WHERE id = 1
             RETURNING seq, rules_rev, last_ms, frontier, was_ms",
            &[Value::Int(clock.0), Value::Int(FORWARD_MS)],
            |row| {
                Ok((
                    row.count(0)?,
                    row.count(1)?,
                    Instant(row.int(2)?),
                    row.blob(3)?.to_vec(),
                    row.int(4)?,
                ))
            },
        )?;
        let (seq, rev, now, frontier, was_ms) =
            row.ok_or_else(|| DbError::Unfit("it has no head row; restore a backup".into()))?;
        if rev != self.rules.rev {
            self.rules = Arc::new(rules::load(&mut self.db)?);
        }
        let frontier = Frontier::from_bytes(&frontier)
            .map_err(|it| DbError::Unfit(format!("its head is damaged: {it}")))?;
        let held = is_held(now, clock, was_ms) || self.is_doubted();
        Ok((Head { seq, now, frontier }, held))
    }

    fn digest(&self, submission: &Submission) -> [u8; 32] {
        self.keyed(&serde_json::to_vec(submission).expect("a submission has only string keys"))
    }

    /// The digest of a body, which nobody without the secret can guess back.
    fn keyed(&self, body: &[u8]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do");
        mac.update(body);
        mac.finalize().into_bytes().into()
    }

    fn write(&mut self, head: &Head, stock: &Stock, out: Batch) -> Result<(), DbError> {
        let db = &mut self.db;
        insert_events(db, &out.events, &out.tiles)?;
        let insert = format!("INSERT INTO matter ({MATTER_COLUMNS}) VALUES");
        for reach in Reach::EACH {
            let rows = changed_rows(&self.rules, &stock.matters, &stock.loaded, reach);
            db.insert(&insert, &rows, &matter_upsert(reach))?;
        }
        db.insert_as(
            "UPDATE span
             SET left_seq = v.column3, left_ms = v.column4, left_as = v.column5
             FROM (VALUES",
            "TEXT, BIGINT, BIGINT, BIGINT, TEXT",
            &out.ended,
            ") AS v WHERE span.matter = v.column1 AND span.from_seq = v.column2",
        )?;
        db.insert_as(
            "UPDATE measure SET left_seq = v.column3 FROM (VALUES",
            "TEXT, TEXT, BIGINT",
            &out.measures_ended,
            ") AS v WHERE measure.matter = v.column1 AND measure.field = v.column2
             AND measure.left_seq IS NULL",
        )?;
        db.insert(
            "INSERT INTO measure (matter, field, value, from_seq, left_seq) VALUES",
            &out.measures,
            "",
        )?;
        let spans: Vec<Vec<Value>> = out.spans.iter().map(|it| it.row().to_vec()).collect();
        db.insert(&format!("INSERT INTO span ({SPAN_COLUMNS}) VALUES"), &spans, "")?;
        db.insert(
            "INSERT INTO score (seq, no, matter, unit, tariff, at_ms, points_milli, fen) VALUES",
            &out.scores,
            "",
        )?;
        tally::write(db, &out.tallies)?;
        db.insert(
            "INSERT INTO outbox (seq, no, kind, matter, role, unit, person, at_ms) VALUES",
            &out.outbox,
            "",
        )?;
        db.insert(
            "INSERT INTO content (ref, matter, kind, salt, bytes) VALUES",
            &out.contents,
            "",
        )?;
        let tail = "ON CONFLICT (digest, matter) DO NOTHING";
        db.insert("INSERT INTO matter_file (digest, matter) VALUES", &out.files, tail)?;
        db.insert("INSERT INTO matter_part (unit, first_seq) VALUES", &out.parts, "")?;
        db.insert(
            "INSERT INTO command
             (actor, id, digest, matter, version, first_seq, last_seq) VALUES",
            &out.commands,
            "",
        )?;
        let counters: Vec<Vec<Value>> = out
            .counters
            .iter()
            .map(|it| vec![Value::Text(it.clone()), seq_value(stock.counters[it])])
            .collect();
        db.insert(
            "INSERT INTO counter (name, next) VALUES",
            &counters,
            "ON CONFLICT (name) DO UPDATE SET next = excluded.next",
        )?;
        search::put(db, &out.texts)?;
        set_head(db, head)
    }

    /// Keeps bodies that came with a used id, outside the record, for a person to look at.
    fn keep_conflicts(&mut self, moment: Moment, batch: &[Submission], answers: &[Answer]) {
        let conflicts =
            batch.iter().zip(answers).filter(|(_, answer)| matches!(answer, Answer::Conflict));
        let bodies = conflicts.map(|(it, _)| {
            let body = serde_json::to_vec(it).unwrap_or_default();
            ((it.by.0.clone(), it.id.to_string()), body)
        });
        self.keep_aside(&moment, bodies.collect());
    }

    /// Keeps bodies by account and id, outside the record.
    fn keep_aside(&mut self, moment: &Moment, bodies: Vec<((String, String), Vec<u8>)>) {
        let row = |((actor, id), body): ((String, String), Vec<u8>)| {
            vec![
                Value::Text(actor),
                Value::Text(id),
                Value::Blob(self.keyed(&body).to_vec()),
                Value::Int(moment.clock.0),
                Value::Blob(body),
            ]
        };
        let rows: Vec<Vec<Value>> = bodies.into_iter().map(row).collect();
        // It is kept for a person to look at: one that cannot be kept is still answered.
        let _ = self.db.insert(
            "INSERT INTO quarantine (actor, id, digest, at_ms, body) VALUES",
            &rows,
            "ON CONFLICT (actor, id, digest) DO NOTHING",
        );
    }

    /// Changes rules of the realm: rows, one entry in the record, a new revision.
    ///
    /// # Errors
    /// Where the change is not sound or the database failed; nothing has changed.
    pub fn change(
        &mut self,
        moment: Moment,
        by: &str,
        change: &Change,
    ) -> Result<u64, rules::ChangeError> {
        self.db.begin()?;
        match self.change_locked(moment, by, change) {
            Ok((seq, rules)) => {
                self.db.commit()?;
                self.rules = rules;
                Ok(seq)
            }
            Err(error) => {
                self.db.rollback();
                Err(error)
            }
        }
    }

    /// The number of the entry, and the rules with the change in them: they hold once committed.
    fn change_locked(
        &mut self,
        moment: Moment,
        by: &str,
        change: &Change,
    ) -> Result<(u64, Arc<Rules>), rules::ChangeError> {
        let (mut head, _) = self.lock_head(moment.clock)?;
        head.seq += 1;
        let written = rules::write(&mut self.db, &self.rules, &self.secret, &head, moment, change)?;
        let is_rule = change.is_rule();
        let rev = self.rules.rev + u64::from(is_rule);
        let said = RulesSaid {
            by: by.to_owned(),
            kind: change.kind().to_owned(),
            rev,
            digest: hex(&written.digest),
            rows: written.rows,
            of: change.of(),
        };
        let mut out = Batch::default();
        out.event(&mut head, None, Said::Rules(said));
        self.commit_aside(&head, &out)?;
        if !is_rule {
            return Ok((head.seq, Arc::clone(&self.rules)));
        }
        self.db.execute("UPDATE head SET rules_rev = $1 WHERE id = 1", &[seq_value(rev)])?;
        let rules = rules::load(&mut self.db)?;
        if timer::moves_timers(change) {
            timer::tell_anew(&mut self.db, &rules)?;
        }
        Ok((head.seq, Arc::new(rules)))
    }
}

/// Whether a clock is out of bounds, `was_ms` being what it was in the batch before.
fn is_held(now: Instant, clock: Instant, was_ms: i64) -> bool {
    now.0.saturating_sub(clock.0) > BACKWARD_MS || has_jumped(clock, was_ms)
}

/// Whether a clock has gone on further than a realm may sleep. It is not believed then, in this
/// batch or any other, until a person has confirmed it.
fn has_jumped(clock: Instant, was_ms: i64) -> bool {
    was_ms > 0 && clock.0.saturating_sub(was_ms) > FORWARD_MS
}

/// Random bytes for one command: two senders may choose the same id, and never share a salt.
fn own_salt(moment: &Moment, (actor, id): &(String, String)) -> [u8; 32] {
    derive_salt(&moment.salt, format!("{id} {actor}").as_bytes())
}

fn command_row(key: &(String, String), body: &[u8; 32], receipt: &Receipt) -> Vec<Value> {
    let numbers = (receipt.version, receipt.first_seq, receipt.last_seq);
    command_row_of(key, body, &receipt.matter.to_string(), numbers)
}

/// The row of an accepted command on a matter or an adjustment.
fn command_row_of(
    (actor, id): &(String, String),
    body: &[u8; 32],
    of: &str,
    (version, first_seq, last_seq): (u64, u64, u64),
) -> Vec<Value> {
    vec![
        Value::Text(actor.clone()),
        Value::Text(id.clone()),
        Value::Blob(body.to_vec()),
        Value::Text(of.to_owned()),
        seq_value(version),
        seq_value(first_seq),
        seq_value(last_seq),
    ]
}

fn insert_events(db: &mut Db, events: &[Vec<Value>], tiles: &[Tile]) -> Result<(), DbError> {
    db.insert("INSERT INTO event (seq, matter, at_ms, bytes, leaf) VALUES", events, "")?;
    let tiles: Vec<Vec<Value>> = tiles
        .iter()
        .map(|it| {
            let (level, hash) = (i64::from(it.level), Value::Blob(it.hash.to_vec()));
            vec![Value::Int(level), seq_value(it.index), hash]
        })
        .collect();
    db.insert("INSERT INTO tile (level, no, hash) VALUES", &tiles, "")
}

fn set_head(db: &mut Db, head: &Head) -> Result<(), DbError> {
    let frontier = Value::Blob(head.frontier.to_bytes());
    db.execute(
        "UPDATE head SET seq = $1, frontier = $2, was_ms = last_ms WHERE id = 1",
        &[seq_value(head.seq), frontier],
    )
    .map(|_| ())
}
