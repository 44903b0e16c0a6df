//! What an administrator looks at: people with their memberships, points, open matters, the head,
//! what waits and what is late.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use crate::rules::MembershipRow;
use crate::text::Shown;
use bihuan_core::content::hex;
use bihuan_core::id::{AccountId, MatterId, PersonId, PointId, RoleId};
use bihuan_core::merkle::Frontier;
use bihuan_core::policy::Scope;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows that a count looks at before it says "or more".
pub const COUNT_MAX: i64 = 10_000;

/// A matter in a scope by its id, its number or the number of its clearance.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, scope: &Scope, key: &str) -> Result<Option<MatterId>, DbError> {
    let mut clauses = Clauses::default();
    let key = clauses.bind(Value::Text(key.trim().to_owned()));
    clauses.scope(scope);
    let seen = clauses.joined();
    let select = |column: &str| format!("SELECT id FROM matter WHERE {column} = {key} AND {seen}");
    let sql = ["id", "number", "clear_number"].map(select).join(" UNION ALL ");
    db.first(&sql, &clauses.values, |row| matter_id(row.text(0)?))
}

/// Where the record stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Number of entries.
    pub seq: u64,
    /// The last moment of the realm's clock.
    pub last_at: Instant,
    /// Root of the record (RFC 6962).
    pub root: String,
}

/// Where the record stands.
///
/// # Errors
/// As the database says, or where the head is damaged.
pub fn head(db: &mut Db) -> Result<Head, DbError> {
    let head = db.first("SELECT seq, last_ms, frontier FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.int(1)?, row.blob(2)?.to_vec()))
    })?;
    let (seq, last_ms, frontier) =
        head.ok_or_else(|| DbError::Unfit("it has no head row; restore a backup".into()))?;
    let frontier = Frontier::from_bytes(&frontier)
        .map_err(|it| DbError::Unfit(format!("its head is damaged: {it}")))?;
    Ok(Head { seq, last_at: Instant(last_ms), root: hex(&frontier.root()) })
}

/// The number of the last entry before a moment; 0 where there is none.
///
/// # Errors
/// As the database says.
pub fn last_before(db: &mut Db, at: Instant) -> Result<u64, DbError> {
    let sql = "SELECT seq FROM event WHERE at_ms < $1 ORDER BY seq DESC LIMIT 1";
    Ok(db.first(sql, &[Value::Int(at.0)], |row| row.count(0))?.unwrap_or(0))
}

/// Writes what is there already, to see whether anything can be written. What stays as it is would
/// not be written, so it becomes something else between, in a transaction of the caller's.
///
/// # Errors
/// Why nothing can.
pub fn touch(db: &mut Db) -> Result<(), DbError> {
    for step in ["+ 1", "- 1"] {
        let sql = format!("UPDATE head SET rules_rev = rules_rev {step} WHERE id = 1");
        db.execute(&sql, &[])?;
    }
    Ok(())
}

/// Notes that a person holds the clock to be right, however long the realm has slept.
///
/// # Errors
/// As the database says.
pub fn confirm_clock(db: &mut Db, now: Instant) -> Result<(), DbError> {
    let sql = "UPDATE head SET last_ms = $1, was_ms = $1 WHERE id = 1 AND last_ms < $1";
    db.execute(sql, &[Value::Int(now.0)]).map(drop)
}

/// A person with accounts and memberships, active or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Person {
    /// Key.
    pub id: PersonId,
    /// Name.
    pub name: Shown,
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Memberships.
    pub memberships: Vec<MembershipRow>,
}

/// All people in the order of their keys.
///
/// # Errors
/// As the database says.
pub fn people(db: &mut Db) -> Result<Vec<Person>, DbError> {
    let sql = "SELECT person.id, content.ref, content.bytes, content.erased_seq
               FROM person LEFT JOIN content ON content.ref = person.name_ref
               ORDER BY person.id";
    let rows = db.all(sql, &[], |row| {
        let id = PersonId::from(row.text(0)?);
        let (accounts, memberships) = (Vec::new(), Vec::new());
        Ok((id.clone(), Person { id, name: Shown::read(row, 1)?, accounts, memberships }))
    })?;
    let mut people: BTreeMap<PersonId, Person> = rows.into_iter().collect();
    db.query("SELECT person, id FROM account ORDER BY id", &[], |row| {
        if let Some(person) = people.get_mut(&PersonId::from(row.text(0)?)) {
            person.accounts.push(AccountId::from(row.text(1)?));
        }
        Ok(())
    })?;
    let sql = "SELECT person, role, unit, area, from_ms, to_ms, status FROM membership
               ORDER BY person, role, unit, area";
    db.query(sql, &[], |row| {
        if let Some(person) = people.get_mut(&PersonId::from(row.text(0)?)) {
            person.memberships.push(membership(row)?);
        }
        Ok(())
    })?;
    Ok(people.into_values().collect())
}

/// A person with accounts and memberships.
///
/// # Errors
/// As the database says.
pub fn person(db: &mut Db, id: &PersonId) -> Result<Option<Person>, DbError> {
    let of = [Value::Text(id.0.clone())];
    let sql = "SELECT content.ref, content.bytes, content.erased_seq
               FROM person LEFT JOIN content ON content.ref = person.name_ref
               WHERE person.id = $1";
    let Some(name) = db.first(sql, &of, |row| Shown::read(row, 0))? else { return Ok(None) };
    let sql = "SELECT id FROM account WHERE person = $1 ORDER BY id";
    let accounts = db.all(sql, &of, |row| Ok(AccountId::from(row.text(0)?)))?;
    let sql = "SELECT person, role, unit, area, from_ms, to_ms, status FROM membership
               WHERE person = $1
               ORDER BY role, unit, area";
    let memberships = db.all(sql, &of, membership)?;
    Ok(Some(Person { id: id.clone(), name, accounts, memberships }))
}

/// The person that an account belongs to, active or not.
///
/// # Errors
/// As the database says.
pub fn owner(db: &mut Db, account: &AccountId) -> Result<Option<PersonId>, DbError> {
    let sql = "SELECT person FROM account WHERE id = $1";
    db.first(sql, &[Value::Text(account.0.clone())], |row| Ok(PersonId::from(row.text(0)?)))
}

fn membership(row: &Row<'_>) -> Result<MembershipRow, DbError> {
    Ok(MembershipRow {
        role: RoleId::from(row.text(1)?),
        unit: UnitId(row.text(2)?.to_owned()),
        area: UnitId(row.text(3)?.to_owned()),
        from: row.some_int(4)?.map(Instant),
        to: row.some_int(5)?.map(Instant),
        status: row.text(6)?.to_owned(),
    })
}

/// Names of points by their keys.
///
/// # Errors
/// As the database says.
pub fn point_titles(db: &mut Db) -> Result<BTreeMap<PointId, Text>, DbError> {
    let rows = db.all("SELECT id, zh, en FROM point ORDER BY id", &[], |row| {
        Ok((PointId::from(row.text(0)?), Text::new(row.text(1)?, row.text(2)?)))
    })?;
    Ok(rows.into_iter().collect())
}

/// Open matters that a person owes the next move on, oldest first; for who hands them over.
///
/// # Errors
/// As the database says.
pub fn owed_by(db: &mut Db, person: &PersonId) -> Result<Vec<MatterId>, DbError> {
    let sql = "SELECT id FROM matter
               WHERE owner_unit IS NOT NULL AND owner_person = $1
               ORDER BY first_seq";
    db.all(sql, &[Value::Text(person.0.clone())], |row| matter_id(row.text(0)?))
}

/// All open matters, oldest first; for the operator alone.
///
/// # Errors
/// As the database says.
pub fn open_matters(db: &mut Db) -> Result<Vec<MatterId>, DbError> {
    let sql = "SELECT id FROM matter WHERE owner_unit IS NOT NULL ORDER BY first_seq";
    db.all(sql, &[], |row| matter_id(row.text(0)?))
}

/// Messages that were to leave before `before` and have not; at most [`COUNT_MAX`].
///
/// # Errors
/// As the database says.
pub fn stuck_messages(db: &mut Db, before: Instant) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM (
                 SELECT 1 AS one FROM outbox WHERE done_ms IS NULL AND at_ms < $1 LIMIT $2
               ) AS stuck";
    count(db, sql, before)
}

/// Timers that should have fired before `before`; at most [`COUNT_MAX`].
///
/// # Errors
/// As the database says.
pub fn late_timers(db: &mut Db, before: Instant) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM (
                 SELECT 1 AS one FROM matter WHERE next_ms < $1 LIMIT $2
               ) AS late";
    count(db, sql, before)
}

fn count(db: &mut Db, sql: &str, before: Instant) -> Result<i64, DbError> {
    let values = [Value::Int(before.0), Value::Int(COUNT_MAX)];
    Ok(db.first(sql, &values, |row| row.int(0))?.unwrap_or(0))
}

/// Areas of units as they were given: unit and GeoJSON geometry.
///
/// # Errors
/// As the database says.
pub fn area_units(db: &mut Db) -> Result<Vec<UnitId>, DbError> {
    db.all("SELECT unit FROM area ORDER BY unit", &[], |row| Ok(UnitId(row.text(0)?.to_owned())))
}
