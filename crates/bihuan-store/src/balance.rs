//! The balance of the ledger for each responsible unit over a period.
//!
//! Invariant: opening + filed + rebounded + taken over − handed over − cleared − self-handled −
//! merged − voided = closing; the closing is counted apart from the movements, so that the two
//! can be compared.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use bihuan_core::policy::Scope;
use bihuan_core::time::{DAY_MS, Instant, Zone};
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

/// Most days that are accounted for one by one.
pub const DAYS_MAX: i64 = 92;

/// The accounts of each day from `first` to `last`, days since 1970 in the zone, of all units that
/// had a matter of a scope then; four statements, whatever the days.
///
/// # Errors
/// As the database says.
pub fn daily(
    db: &mut Db,
    scope: &Scope,
    zone: Zone,
    (first, last): (i64, i64),
) -> Result<BTreeMap<(i64, UnitId), Balance>, DbError> {
    let mut units: BTreeMap<UnitId, Days> = BTreeMap::new();
    let (from, to) = (zone.start_of_day(first), zone.start_of_day(last + 1));
    let values = [Value::Int(from.0), Value::Int(to.0), Value::Int(i64::from(zone.0) * 1_000)];
    let mut take = |(at, word): (&str, &str), also: &str, sign: i64, is_standing: bool| {
        // What was before the first day is one lump.
        let day = format!("CASE WHEN {at} < $1 THEN -1 ELSE ({at} + $3) / {DAY_MS} END");
        let sql = format!(
            "SELECT responsible, {word}, COUNT(*), {day} FROM span WHERE {also} AND {at} < $2"
        );
        let by = "GROUP BY 1, 2, 4";
        for (unit, word, count, day) in grouped(db, scope, (&sql, by), &values)? {
            let of = units.entry(unit).or_default();
            let moves = if is_standing { &mut of.standing } else { &mut of.moves };
            *moves.entry((day.max(first - 1), word)).or_default() += sign * count;
        }
        Ok::<(), DbError>(())
    };
    take(("from_ms", "entered"), "entered IS NOT NULL", 1, false)?;
    take(("left_ms", "left_as"), "left_as IS NOT NULL", -1, false)?;
    let suspended = "CASE suspended WHEN 1 THEN 'suspended' ELSE '' END";
    take(("from_ms", suspended), IN_LEDGER, 1, true)?;
    take(("left_ms", suspended), &format!("{IN_LEDGER} AND left_ms IS NOT NULL"), -1, true)?;
    let mut accounts = BTreeMap::new();
    for (unit, days) in units {
        days.account((first, last), |day, it| {
            accounts.insert((day, unit.clone()), it);
        });
    }
    Ok(accounts)
}

/// Spans in which a matter is in the ledger.
const IN_LEDGER: &str = "meaning IN ('filed', 'handling', 'declared', 'verifying')";

/// What entered and left a unit, and what stood there, by day.
#[derive(Default)]
struct Days {
    /// By day and word; what left counts below nothing.
    moves: BTreeMap<(i64, String), i64>,
    /// By day and whether suspended, as a change against the day before.
    standing: BTreeMap<(i64, String), i64>,
}

impl Days {
    /// Tells the account of each day on which there was something.
    fn account(&self, (first, last): (i64, i64), mut tell: impl FnMut(i64, Balance)) {
        let before = |it: &&(i64, String)| it.0 < first;
        let sum = |of: &BTreeMap<(i64, String), i64>| -> i64 {
            of.iter().filter(|it| before(&it.0)).map(|it| it.1).sum()
        };
        let mut opening = sum(&self.moves);
        let mut closing = sum(&self.standing);
        let mut suspended: i64 = self
            .standing
            .iter()
            .filter(|it| before(&it.0) && it.0.1 == "suspended")
            .map(|it| it.1)
            .sum();
        for day in first..=last {
            let of_day = (day, String::new())..(day + 1, String::new());
            let mut account = Balance { opening, ..Balance::default() };
            for ((_, word), count) in self.moves.range(of_day.clone()) {
                account.count(word, count.abs());
            }
            for ((_, word), change) in self.standing.range(of_day) {
                closing += change;
                suspended += if word == "suspended" { *change } else { 0 };
            }
            (account.closing, account.suspended) = (closing, suspended);
            opening = account.reckoned();
            if account != Balance::default() {
                tell(day, account);
            }
        }
    }
}

fn grouped(
    db: &mut Db,
    scope: &Scope,
    (sql, by): (&str, &str),
    values: &[Value],
) -> Result<Vec<(UnitId, String, i64, i64)>, DbError> {
    let (sql, values) = seen(scope, (sql, by), values);
    db.all(&sql, &values, |row| {
        Ok((UnitId(row.text(0)?.to_owned()), row.text(1)?.to_owned(), row.int(2)?, row.int(3)?))
    })
}

fn counted(
    db: &mut Db,
    scope: &Scope,
    sql: (&str, &str),
    values: &[Value],
) -> Result<Counted, DbError> {
    let (sql, values) = seen(scope, sql, values);
    db.all(&sql, &values, |row| {
        Ok((UnitId(row.text(0)?.to_owned()), row.text(1)?.to_owned(), row.int(2)?))
    })
}

/// A statement over spans, held to those of matters in a scope.
fn seen(scope: &Scope, (sql, by): (&str, &str), values: &[Value]) -> (String, Vec<Value>) {
    let mut clauses = Clauses { values: values.to_vec(), ..Clauses::default() };
    clauses.scope(scope);
    let seen = if clauses.parts.is_empty() {
        String::new()
    } else {
        format!("AND span.matter IN (SELECT matter.id FROM matter WHERE {})", clauses.joined())
    };
    (format!("{sql} {seen} {by}"), clauses.values)
}
