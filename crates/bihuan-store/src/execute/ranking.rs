//! Publishing a ranking: a person confirms just what was seen, and it stands in the record.
//!
//! Invariants: what is published is made anew from the record up to the entry that was named, and
//! has the digest that was named; the same is published once.

use super::{Moment, Writer};
use crate::batch::Batch;
use crate::db::{DbError, Value};
use crate::ranking::{RANKING_COLUMNS, RankingAsk, ranking_row, tallies};
use crate::record::{RankingSaid, Said};
use crate::row::seq_value;
use bihuan_core::id::{AccountId, RoleId};
use bihuan_core::matter::{By, Via};
use bihuan_core::ranking::{digest, publisher, rank};
use std::sync::Arc;

/// A ranking to be published, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankingSubmission {
    /// The account.
    pub by: AccountId,
    /// By what way.
    pub via: Via,
    /// The roles under which alone it may act; all that the person holds where empty.
    pub roles: Vec<RoleId>,
    /// What is ranked.
    pub ask: RankingAsk,
    /// Which ranking of the pack.
    pub ranking: String,
    /// SHA-256 of what it was made of.
    pub digest: String,
}

/// Proof that a ranking is in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankingReceipt {
    /// SHA-256 of what it was made of.
    pub digest: String,
    /// Whether it had been published before.
    pub replayed: bool,
}

/// Why a ranking was not published.
#[derive(Debug, thiserror::Error)]
pub enum RankingError {
    /// The account is unknown, or may not.
    #[error("this is for {}", .0.iter().map(RoleId::as_str).collect::<Vec<_>>().join(", "))]
    NotAllowed(Vec<RoleId>),
    /// There is no such ranking, unit, period or entry.
    #[error("there is no such ranking")]
    Unknown,
    /// It comes to something else than was seen.
    #[error("it comes to something else than was seen")]
    Changed,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Writer {
    /// Publishes a ranking.
    ///
    /// # Errors
    /// Why not, or as the database says; nothing has changed then.
    pub fn publish_ranking(
        &mut self,
        moment: &Moment,
        submission: &RankingSubmission,
    ) -> Result<RankingReceipt, RankingError> {
        self.db.begin()?;
        let done = self.publish_locked(moment, submission);
        match done.and_then(|it| Ok(self.db.commit().map(|()| it)?)) {
            Ok(receipt) => Ok(receipt),
            Err(error) => {
                self.db.rollback();
                Err(error)
            }
        }
    }

    fn publish_locked(
        &mut self,
        moment: &Moment,
        submission: &RankingSubmission,
    ) -> Result<RankingReceipt, RankingError> {
        let (mut head, _) = self.lock_head(moment.clock)?;
        let rules = Arc::clone(&self.rules);
        let ask = &submission.ask;
        let pack = rules.pack(&ask.pack).ok_or(RankingError::Unknown)?;
        let rule = pack.rankings.iter().find(|it| it.id == submission.ranking);
        let rule = rule.ok_or(RankingError::Unknown)?;
        let refused = || RankingError::NotAllowed(rule.publish.clone());
        let person = rules.accounts.get(&submission.by).ok_or_else(refused)?;
        let who = (person, submission.via, &submission.roles[..]);
        let grant = publisher(&rules, pack, rule, who, (&ask.under, head.now));
        let grant = grant.ok_or_else(refused)?;
        if ask.as_of > head.seq {
            return Err(RankingError::Unknown);
        }
        let tallies = tallies(&mut self.db, &rules, rule, ask)?.ok_or(RankingError::Unknown)?;
        let digest = digest(rule, &tallies);
        if digest != submission.digest {
            return Err(RankingError::Changed);
        }
        let receipt = |replayed| RankingReceipt { digest: digest.clone(), replayed };
        let sql = "SELECT COUNT(*) FROM ranking
                   WHERE digest = $1 AND under = $2 AND as_of = $3
                     AND from_day = $4 AND to_day = $5";
        let values = [
            Value::Text(digest.clone()),
            Value::Text(ask.under.0.clone()),
            seq_value(ask.as_of),
            Value::Text(ask.period.from.clone()),
            Value::Text(ask.period.to.clone()),
        ];
        if self.db.first(sql, &values, |row| row.int(0))?.unwrap_or(0) > 0 {
            return Ok(receipt(true));
        }
        let said = RankingSaid {
            by: By {
                account: submission.by.clone(),
                person: person.clone(),
                unit: Some(grant.unit),
                role: grant.role,
                via: submission.via,
            },
            pack: pack.id.clone(),
            rev: pack.rev,
            ranking: rule.id.clone(),
            under: ask.under.clone(),
            period: ask.period.clone(),
            as_of: ask.as_of,
            digest: digest.clone(),
            rows: rank(rule, &tallies),
        };
        head.seq += 1;
        let row = ranking_row(head.seq, head.now, &said);
        let mut out = Batch::default();
        out.event(&mut head, None, Said::Ranking(Box::new(said)));
        self.commit_aside(&head, &out)?;
        self.db.insert(&format!("INSERT INTO ranking ({RANKING_COLUMNS}) VALUES"), &[row], "")?;
        Ok(receipt(false))
    }
}
