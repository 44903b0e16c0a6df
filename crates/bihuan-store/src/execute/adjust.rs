//! Writing what is done to adjustments: load, decide, apply, rows and one entry, in one
//! transaction.
//!
//! Invariants: as of the write path of matters: an accepted command is remembered with the digest
//! of its body, a refused one changes nothing and is remembered by nobody.

use super::{Moment, Writer, command_row_of, own_salt};
use crate::adjustment::{
    CASE_COLUMNS, COLUMNS, Of, POSTING_COLUMNS, adjustment, case_rows, charged, document, fallen,
    original, overlaps, posting_rows, rewarded, row_of, scored,
};
use crate::batch::{Batch, Head};
use crate::db::{Db, DbError, Value};
use crate::record::{AdjustmentSaid, Said};
use bihuan_core::adjustment::{
    Adjustment, AdjustmentCommand, AdjustmentDecision, AdjustmentEvent, AdjustmentFacts,
    AdjustmentRefusal, AdjustmentSubmission, Original, RuleDocument, Scored, apply, decide,
};
use bihuan_core::id::AdjustmentId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Proof that a command on an adjustment is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AdjustmentReceipt {
    /// The adjustment.
    pub adjustment: AdjustmentId,
    /// Its version after the command.
    pub version: u64,
    /// Whether this answer repeats an earlier one.
    pub replayed: bool,
}

/// Why a command on an adjustment came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum AdjustError {
    /// It was refused.
    #[error("refused: {}", .0.code())]
    Refused(Box<AdjustmentRefusal>),
    /// The id was used before with another body.
    #[error("the id was used with another body")]
    Conflict,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What the decision on a command looks at, loaded.
#[derive(Default)]
struct Loaded {
    adjustment: Option<Adjustment>,
    document: Option<RuleDocument>,
    scored: Vec<Scored>,
    charged: BTreeMap<String, i64>,
    overlaps: bool,
    rewarded_fen: i64,
    fallen: Vec<usize>,
    original: Option<Original>,
}

impl Writer {
    /// Decides on a command on an adjustment, and writes what follows.
    ///
    /// # Errors
    /// A refusal, a conflict, or as the database says; nothing has changed then.
    pub fn adjust(
        &mut self,
        moment: &Moment,
        submission: &AdjustmentSubmission,
    ) -> Result<AdjustmentReceipt, AdjustError> {
        self.db.begin()?;
        match self.adjust_locked(moment, submission) {
            Ok(receipt) => self.db.commit().map(|()| receipt).map_err(AdjustError::Db),
            Err(error) => {
                self.db.rollback();
                if matches!(error, AdjustError::Conflict) {
                    let key = (submission.by.0.clone(), submission.id.to_string());
                    let body = serde_json::to_vec(submission).unwrap_or_default();
                    self.keep_aside(moment, vec![(key, body)]);
                }
                Err(error)
            }
        }
    }

    fn adjust_locked(
        &mut self,
        moment: &Moment,
        submission: &AdjustmentSubmission,
    ) -> Result<AdjustmentReceipt, AdjustError> {
        let (mut head, held) = self.lock_head(moment.clock)?;
        let key = (submission.by.0.clone(), submission.id.to_string());
        let body = serde_json::to_vec(submission).expect("a submission has only string keys");
        let digest = self.keyed(&body);
        if let Some((known, receipt)) = known(&mut self.db, &key)? {
            return if known == digest { Ok(receipt) } else { Err(AdjustError::Conflict) };
        }
        let rules = Arc::clone(&self.rules);
        let loaded = self.load_for(submission)?;
        let facts = AdjustmentFacts {
            now: head.now,
            clock_held: held,
            rules: &rules,
            salt: &own_salt(moment, &key),
            adjustment: loaded.adjustment.as_ref(),
            document: loaded.document.as_ref(),
            scored: &loaded.scored,
            charged: &loaded.charged,
            overlaps: loaded.overlaps,
            rewarded_fen: loaded.rewarded_fen,
            fallen: &loaded.fallen,
            original: loaded.original.as_ref(),
        };
        let decision = decide(&facts, submission);
        let decision = decision.map_err(|it| AdjustError::Refused(Box::new(it)))?;
        let id = submission.adjustment;
        let after = apply(loaded.adjustment, id, head.now, &decision.by, &decision.event);
        let after = after.expect("apply takes whatever decide makes");
        head.seq += 1;
        let said = AdjustmentSaid {
            id,
            version: after.version,
            by: decision.by.clone(),
            command: submission.id,
            event: decision.event.clone(),
        };
        let mut out = Batch::default();
        out.event(&mut head, None, Said::Adjustment(Box::new(said)));
        self.commit_aside(&head, &out)?;
        write_rows(&mut self.db, &head, &after, decision)?;
        let numbers = (after.version, head.seq, head.seq);
        let row = command_row_of(&key, &digest, &id.to_string(), numbers);
        self.db.insert(
            "INSERT INTO command
             (actor, id, digest, matter, version, first_seq, last_seq) VALUES",
            &[row],
            "",
        )?;
        Ok(AdjustmentReceipt { adjustment: id, version: after.version, replayed: false })
    }

    fn load_for(&mut self, submission: &AdjustmentSubmission) -> Result<Loaded, DbError> {
        let (db, rules) = (&mut self.db, &self.rules);
        let mut loaded =
            Loaded { adjustment: adjustment(db, submission.adjustment)?, ..Loaded::default() };
        match &submission.command {
            AdjustmentCommand::Propose(it) => {
                loaded.document = document(db, &it.document)?;
                let of = Of { pack: &it.pack, period: &it.period, unit: Some(&it.unit) };
                loaded.scored = scored(db, rules, of)?;
                loaded.charged = charged(db, &it.unit, &it.pack, &it.period)?;
                loaded.overlaps = overlaps(db, &it.unit, &it.pack, &it.period)?;
                loaded.rewarded_fen = rewarded(db, &it.document, &it.period)?;
            }
            AdjustmentCommand::Reverse(it) => loaded.original = original(db, it.of)?,
            AdjustmentCommand::Confirm | AdjustmentCommand::Execute => {
                loaded.fallen = fallen(db, submission.adjustment)?;
            }
            _ => {}
        }
        Ok(loaded)
    }
}

/// An accepted command: the digest of its body, and its receipt.
fn known(
    db: &mut Db,
    (actor, id): &(String, String),
) -> Result<Option<([u8; 32], AdjustmentReceipt)>, DbError> {
    let sql = "SELECT digest, matter, version FROM command WHERE id = $1 AND actor = $2";
    let values = [Value::Text(id.clone()), Value::Text(actor.clone())];
    db.first(sql, &values, |row| {
        let digest = row.blob(0)?.try_into().unwrap_or_default();
        let adjustment = AdjustmentId(row.text(1)?.parse().unwrap_or_default());
        Ok((digest, AdjustmentReceipt { adjustment, version: row.count(2)?, replayed: true }))
    })
}

fn write_rows(
    db: &mut Db,
    head: &Head,
    after: &Adjustment,
    decision: AdjustmentDecision,
) -> Result<(), DbError> {
    let id = Value::Text(after.id.to_string());
    let insert = format!("INSERT INTO adjustment ({COLUMNS}) VALUES");
    db.insert(
        &insert,
        &[row_of(after, (head.seq, head.seq))],
        "ON CONFLICT (id) DO UPDATE SET last_seq = excluded.last_seq, version = excluded.version,
         stage = excluded.stage, state = excluded.state",
    )?;
    let insert = format!("INSERT INTO posting ({POSTING_COLUMNS}) VALUES");
    match &decision.event {
        AdjustmentEvent::Proposed(_) => {
            let insert = format!("INSERT INTO adjustment_case ({CASE_COLUMNS}) VALUES");
            db.insert(&insert, &case_rows(after), "")?;
        }
        AdjustmentEvent::Executed { lines } => {
            db.insert(&insert, &posting_rows(after.id, lines, (head.seq, head.now)), "")?;
            if let Some(reversal) = &after.reverses {
                let of = Value::Text(reversal.of.to_string());
                let sql = "UPDATE adjustment_case SET held = 0
                           WHERE adjustment = $1
                             AND EXISTS (SELECT 1 FROM adjustment_case AS counter
                                         WHERE counter.adjustment = $2
                                           AND counter.seq = adjustment_case.seq
                                           AND counter.no = adjustment_case.no)";
                db.execute(sql, &[of, id.clone()])?;
                release(db, &id)?;
            }
        }
        _ if after.stage.is_void() => release(db, &id)?,
        _ => {}
    }
    let contents: Vec<Vec<Value>> = decision
        .contents
        .into_iter()
        .map(|it| {
            vec![
                Value::Text(it.reference.0),
                Value::Text(it.kind),
                Value::Blob(it.salt.to_vec()),
                Value::Blob(it.bytes),
            ]
        })
        .collect();
    db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &contents, "")
}

/// The scores of an adjustment are free again.
fn release(db: &mut Db, id: &Value) -> Result<(), DbError> {
    let sql = "UPDATE adjustment_case SET held = 0 WHERE adjustment = $1";
    db.execute(sql, std::slice::from_ref(id)).map(drop)
}
