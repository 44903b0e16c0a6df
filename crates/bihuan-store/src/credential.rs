//! Passwords as their hashes, and log-ins that failed.
//!
//! Invariant: a name nobody has is counted like any other, so that nobody learns which names exist.

use crate::db::{Db, DbError, Value};
use crate::session;
use bihuan_core::id::AccountId;
use bihuan_core::time::{DAY_MS, Instant};
use sha2::{Digest, Sha256};

/// How long a failure is remembered.
const REMEMBERED_MS: i64 = DAY_MS;

/// Failures of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many since the last success.
    pub count: u32,
    /// When the last was.
    pub last: Option<Instant>,
}

/// Sets the hash of a password, in PHC form, and ends every session of the account.
///
/// # Errors
/// As the database says.
pub fn set(db: &mut Db, account: &AccountId, hash: &str, now: Instant) -> Result<(), DbError> {
    let row = vec![text(&account.0), text(hash), Value::Int(now.0)];
    db.insert(
        "INSERT INTO credential (account, hash, changed_ms) VALUES",
        &[row],
        "ON CONFLICT (account) DO UPDATE SET hash = excluded.hash,
         changed_ms = excluded.changed_ms",
    )?;
    session::close_all(db, account, None)?;
    forgive(db, &account.0)
}

/// The hash of an account's password.
///
/// # Errors
/// As the database says.
pub fn hash_of(db: &mut Db, account: &AccountId) -> Result<Option<String>, DbError> {
    let sql = "SELECT hash FROM credential WHERE account = $1";
    db.first(sql, &[text(&account.0)], |row| Ok(row.text(0)?.to_owned()))
}

/// Failures under a name, as it was given.
///
/// # Errors
/// As the database says.
pub fn failures(db: &mut Db, name: &str) -> Result<Failures, DbError> {
    let sql = "SELECT failures, last_ms FROM login_failure WHERE name = $1";
    let found = db.first(sql, &[key(name)], |row| {
        let count = u32::try_from(row.int(0)?).unwrap_or(u32::MAX);
        Ok(Failures { count, last: Some(Instant(row.int(1)?)) })
    })?;
    Ok(found.unwrap_or_default())
}

/// Counts a failure, and forgets those of days gone by.
///
/// # Errors
/// As the database says.
pub fn fail(db: &mut Db, name: &str, now: Instant) -> Result<(), DbError> {
    let old = Value::Int(now.0.saturating_sub(REMEMBERED_MS));
    db.execute("DELETE FROM login_failure WHERE last_ms < $1", &[old])?;
    db.insert(
        "INSERT INTO login_failure (name, failures, last_ms) VALUES",
        &[vec![key(name), Value::Int(1), Value::Int(now.0)]],
        "ON CONFLICT (name) DO UPDATE SET failures = login_failure.failures + 1,
         last_ms = excluded.last_ms",
    )?;
    Ok(())
}

/// Forgets the failures of a name.
///
/// # Errors
/// As the database says.
pub fn forgive(db: &mut Db, name: &str) -> Result<(), DbError> {
    db.execute("DELETE FROM login_failure WHERE name = $1", &[key(name)])?;
    Ok(())
}

fn key(name: &str) -> Value {
    Value::Blob(Sha256::digest(name.as_bytes()).to_vec())
}

fn text(it: &str) -> Value {
    Value::Text(it.to_owned())
}
