//! What a command would do: decided on what is committed, beside the writer, and never written.
//!
//! Invariants: nothing is inserted and the head is not locked; a number that a preview shows is
//! nobody's yet. The writer decides anew.

use super::answer::Receipt;
use super::{Writer, has_jumped, is_held, own_salt};
use crate::batch::Head;
use crate::db::{Db, DbError};
use crate::execute::Moment;
use crate::rules;
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Decision, Facts, Matter, Refusal, Rules, Submission, apply, decide};
use bihuan_core::merkle::Frontier;
use bihuan_core::time::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What would become of a command.
#[derive(Clone, Debug)]
pub enum Preview {
    /// It would be accepted.
    Would(Box<Would>),
    /// It would be refused.
    Refused(Box<Refusal>),
    /// It is in the record already.
    Done(Receipt),
    /// Its id was used before with another body.
    Conflict,
}

/// What an accepted command would lead to.
#[derive(Clone, Debug)]
pub struct Would {
    /// The events and who would have done it.
    pub decision: Decision,
    /// The matters that would change, as they would stand.
    pub after: BTreeMap<MatterId, Matter>,
}

impl Writer {
    /// One that decides over a reader's connection and never writes.
    pub(crate) fn beside(mut db: Db, rules: Arc<Rules>) -> Result<Writer, DbError> {
        let secret = rules::secret(&mut db)?;
        Ok(Writer { db, rules, secret, held: Default::default() })
    }

    /// The connection, once nothing more is to be decided.
    pub(crate) fn into_db(self) -> Db {
        self.db
    }

    /// What time it is for a decision, and whether what punishes must wait.
    fn hour(&mut self, moment: &Moment) -> Result<(Head, bool), DbError> {
        let sql = "SELECT last_ms, was_ms FROM head WHERE id = 1";
        let last = self.db.first(sql, &[], |row| Ok((row.int(0)?, row.int(1)?)))?;
        let (last_ms, was_ms) = last.unwrap_or_default();
        let last = Instant(last_ms);
        let now = if has_jumped(moment.clock, was_ms) { last } else { last.max(moment.clock) };
        let held = is_held(now, moment.clock, was_ms) || self.is_doubted();
        Ok((Head { seq: 0, now, frontier: Frontier::default() }, held))
    }

    /// Why each command of a batch would be refused if it came now and alone; all are decided on
    /// what is read once.
    pub(crate) fn refusals(
        &mut self,
        moment: Moment,
        batch: &[Submission],
    ) -> Result<Vec<Option<Box<Refusal>>>, DbError> {
        let (head, clock_held) = self.hour(&moment)?;
        let stock = self.load(&head, batch)?;
        let rules = Arc::clone(&self.rules);
        let refusal = |(no, submission): (usize, &Submission)| {
            let key = (submission.by.0.clone(), submission.id.to_string());
            let facts = Facts {
                now: head.now,
                clock_held,
                rules: &rules,
                salt: &own_salt(&moment, &key),
                matters: &stock.matters,
                near: &stock.near(no),
                arrived: &stock.arrived,
                counters: &stock.counters,
            };
            decide(&facts, submission).err().map(Box::new)
        };
        Ok(batch.iter().enumerate().map(refusal).collect())
    }

    /// Decides a batch as if it came now; each command sees what those before it would do.
    pub(crate) fn preview(
        &mut self,
        moment: Moment,
        batch: &[Submission],
    ) -> Result<Vec<Preview>, DbError> {
        let (head, held) = self.hour(&moment)?;
        let now = head.now;
        let known = self.known(batch)?;
        let mut stock = self.load(&head, batch)?;
        let rules = Arc::clone(&self.rules);
        let mut previews = Vec::with_capacity(batch.len());
        for (no, submission) in batch.iter().enumerate() {
            let key = (submission.by.0.clone(), submission.id.to_string());
            if let Some((digest, receipt)) = known.get(&key) {
                let same = digest.as_slice() == self.digest(submission);
                let again = Preview::Done(Receipt { replayed: true, ..*receipt });
                previews.push(if same { again } else { Preview::Conflict });
                continue;
            }
            let near = stock.near(no);
            let facts = Facts {
                now,
                clock_held: held,
                rules: &rules,
                salt: &own_salt(&moment, &key),
                matters: &stock.matters,
                near: &near,
                arrived: &stock.arrived,
                counters: &stock.counters,
            };
            let decision = match decide(&facts, submission) {
                Ok(decision) => decision,
                Err(refusal) => {
                    previews.push(Preview::Refused(Box::new(refusal)));
                    continue;
                }
            };
            let mut after = BTreeMap::new();
            for (id, event) in &decision.events {
                let matter = apply(stock.matters.remove(id), *id, now, event)
                    .expect("apply takes whatever decide makes");
                after.insert(*id, matter.clone());
                stock.matters.insert(*id, matter);
            }
            for name in &decision.counters {
                *stock.counters.entry(name.clone()).or_insert(1) += 1;
            }
            stock.fresh.extend(after.keys());
            previews.push(Preview::Would(Box::new(Would { decision, after })));
        }
        Ok(previews)
    }
}
