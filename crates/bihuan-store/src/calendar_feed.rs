//! Secrets by which a calendar program reads the deadlines of one account, and those deadlines.
//!
//! Invariants: only the digest of a secret is kept; an account has at most one. Nothing here is
//! part of the record.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use bihuan_core::id::{AccountId, MatterId, PersonId};
use bihuan_core::policy::Scope;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use std::collections::BTreeSet;

/// Gives an account a secret, in the place of the one before.
///
/// # Errors
/// As the database says.
pub fn set(
    db: &mut Db,
    account: &AccountId,
    digest: &[u8; 32],
    now: Instant,
) -> Result<(), DbError> {
    let row = vec![Value::Text(account.0.clone()), Value::Blob(digest.to_vec()), Value::Int(now.0)];
    db.insert(
        "INSERT INTO calendar_feed (account, digest, created_ms) VALUES",
        &[row],
        "ON CONFLICT (account) DO UPDATE
         SET digest = excluded.digest, created_ms = excluded.created_ms",
    )
}

/// Takes the secret of an account away; whether there was one.
///
/// # Errors
/// As the database says.
pub fn remove(db: &mut Db, account: &AccountId) -> Result<bool, DbError> {
    let values = [Value::Text(account.0.clone())];
    Ok(db.execute("DELETE FROM calendar_feed WHERE account = $1", &values)? > 0)
}

/// Whose secret has a digest.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, digest: &[u8; 32]) -> Result<Option<AccountId>, DbError> {
    let sql = "SELECT account FROM calendar_feed WHERE digest = $1";
    db.first(sql, &[Value::Blob(digest.to_vec())], |row| Ok(AccountId::from(row.text(0)?)))
}

/// Open matters of a scope on which one of some persons owes the next move, or where nobody is
/// named yet one of some units; those due soonest first, at most `most`.
///
/// # Errors
/// As the database says.
pub fn owed(
    db: &mut Db,
    scope: &Scope,
    (persons, units): (&BTreeSet<PersonId>, &BTreeSet<UnitId>),
    most: i64,
) -> Result<Vec<MatterId>, DbError> {
    let mut clauses = Clauses::default();
    let persons = clauses.bind_all(persons.iter().map(|it| Value::Text(it.0.clone())));
    let units = clauses.bind_all(units.iter().map(|it| Value::Text(it.0.clone())));
    clauses.parts.push("matter.owner_unit IS NOT NULL".to_owned());
    clauses.parts.push("matter.due_ms IS NOT NULL".to_owned());
    clauses.parts.push(format!(
        "(matter.owner_person IN ({persons})
          OR (matter.owner_person IS NULL AND matter.owner_unit IN ({units})))"
    ));
    clauses.scope(scope);
    let sql = format!(
        "SELECT matter.id FROM matter WHERE {}
         ORDER BY matter.due_ms, matter.id LIMIT {most}",
        clauses.joined()
    );
    db.all(&sql, &clauses.values, |row| matter_id(row.text(0)?))
}
