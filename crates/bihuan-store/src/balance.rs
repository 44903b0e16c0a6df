//! The balance of the ledger for each responsible unit over a period.
//!
//! Invariant: opening + filed + rebounded + taken over − handed over − cleared − self-handled −
//! merged − voided = closing; the closing is counted apart from the movements, so that the two
//! can be compared.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use bihuan_core::policy::Scope;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::Serialize;
use std::collections::BTreeMap;

/// The account of one unit over a period; plain numbers of matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Open when the period began.
    pub opening: i64,
    /// Filed (立案).
    pub filed: i64,
    /// Came back (反弹).
    pub rebounded: i64,
    /// Taken over from other units.
    pub taken_over: i64,
    /// Handed over to other units.
    pub handed_over: i64,
    /// Cleared (销号).
    pub cleared: i64,
    /// Fixed by the inspector alone (自行处置).
    pub self_handled: i64,
    /// Ended as duplicates.
    pub merged: i64,
    /// Rejected (作废).
    pub voided: i64,
    /// Open when the period ended, counted by standing.
    pub closing: i64,
    /// Of these, suspended (挂账).
    pub suspended: i64,
}

impl Balance {
    /// The closing that follows from the movements.
    #[must_use]
    pub fn reckoned(&self) -> i64 {
        let entered = self.filed + self.rebounded + self.taken_over;
        let left = self.handed_over + self.cleared + self.self_handled + self.merged + self.voided;
        self.opening + entered - left
    }

    /// Whether movements and standing agree.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.reckoned() == self.closing
    }

    /// The sum with another unit's account.
    pub fn add(&mut self, other: &Balance) {
        self.opening += other.opening;
        self.filed += other.filed;
        self.rebounded += other.rebounded;
        self.taken_over += other.taken_over;
        self.handed_over += other.handed_over;
        self.cleared += other.cleared;
        self.self_handled += other.self_handled;
        self.merged += other.merged;
        self.voided += other.voided;
        self.closing += other.closing;
        self.suspended += other.suspended;
    }

    fn count(&mut self, word: &str, count: i64) {
        match word {
            "filed" => self.filed += count,
            "rebounded" => self.rebounded += count,
            "taken_over" => self.taken_over += count,
            "handed_over" => self.handed_over += count,
            "cleared" => self.cleared += count,
            "self_handled" => self.self_handled += count,
            "merged" => self.merged += count,
            "voided" => self.voided += count,
            _ => {}
        }
    }
}

/// What one statement counts: a unit, a word, how many.
type Counted = Vec<(UnitId, String, i64)>;

/// The accounts of all units that had a matter of a scope in `from .. to`, by commit time.
///
/// # Errors
/// As the database says.
pub fn balance(
    db: &mut Db,
    scope: &Scope,
    from: Instant,
    to: Instant,
) -> Result<BTreeMap<UnitId, Balance>, DbError> {
    let mut accounts: BTreeMap<UnitId, Balance> = BTreeMap::new();
    let before = [Value::Int(i64::MIN), Value::Int(from.0)];
    let during = [Value::Int(from.0), Value::Int(to.0)];
    let entered = "SELECT responsible, entered, COUNT(*) FROM span
                   WHERE entered IS NOT NULL AND from_ms >= $1 AND from_ms < $2";
    let left = "SELECT responsible, left_as, COUNT(*) FROM span
                WHERE left_as IS NOT NULL AND left_ms >= $1 AND left_ms < $2";
    for (sql, by, sign) in [(entered, "entered", 1), (left, "left_as", -1)] {
        let by = format!("GROUP BY responsible, {by}");
        for (unit, _, count) in counted(db, scope, (sql, &by), &before)? {
            accounts.entry(unit).or_default().opening += sign * count;
        }
        for (unit, word, count) in counted(db, scope, (sql, &by), &during)? {
            accounts.entry(unit).or_default().count(&word, count);
        }
    }
    let standing = "SELECT responsible, CASE suspended WHEN 1 THEN 'suspended' ELSE '' END,
                           COUNT(*)
                    FROM span
                    WHERE from_ms < $1 AND (left_ms IS NULL OR left_ms >= $1)
                      AND meaning IN ('filed', 'handling', 'declared', 'verifying')";
    let by = "GROUP BY responsible, suspended";
    for (unit, word, count) in counted(db, scope, (standing, by), &[Value::Int(to.0)])? {
        let account = accounts.entry(unit).or_default();
        account.closing += count;
        if word == "suspended" {
            account.suspended += count;
        }
    }
    accounts.retain(|_, it| *it != Balance::default());
    Ok(accounts)
}

fn counted(
    db: &mut Db,
    scope: &Scope,
    (sql, by): (&str, &str),
    values: &[Value],
) -> Result<Counted, DbError> {
    let mut clauses = Clauses { values: values.to_vec(), ..Clauses::default() };
    clauses.scope(scope);
    let seen = if clauses.parts.is_empty() {
        String::new()
    } else {
        format!("AND span.matter IN (SELECT matter.id FROM matter WHERE {})", clauses.joined())
    };
    db.all(&format!("{sql} {seen} {by}"), &clauses.values, |row| {
        Ok((UnitId(row.text(0)?.to_owned()), row.text(1)?.to_owned(), row.int(2)?))
    })
}
