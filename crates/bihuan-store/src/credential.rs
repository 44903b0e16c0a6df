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

/// Forgets the password of an account, and every secret for a new one.
///
/// # Errors
/// As the database says.
pub fn forget(db: &mut Db, account: &AccountId) -> Result<(), DbError> {
    for sql in [
        "DELETE FROM credential WHERE account = $1",
        "DELETE FROM password_reset WHERE account = $1",
    ] {
        db.execute(sql, &[text(&account.0)])?;
    }
    Ok(())
}

/// Keeps the digest of a secret by which an account gets a new password; one before it is void.
///
/// # Errors
/// As the database says.
pub fn allow_reset(
    db: &mut Db,
    digest: &[u8; 32],
    account: &AccountId,
    by: &AccountId,
    ends_at: Instant,
) -> Result<(), DbError> {
    db.execute("DELETE FROM password_reset WHERE account = $1", &[text(&account.0)])?;
    let row =
        vec![Value::Blob(digest.to_vec()), text(&account.0), text(&by.0), Value::Int(ends_at.0)];
    db.insert(
        "INSERT INTO password_reset (digest, account, by_account, ends_ms) VALUES",
        &[row],
        "",
    )
}

/// The account that a secret is for; none where it was used or is too old.
///
/// # Errors
/// As the database says.
pub fn reset(db: &mut Db, digest: &[u8; 32], now: Instant) -> Result<Option<AccountId>, DbError> {
    let sql = "SELECT account FROM password_reset WHERE digest = $1 AND ends_ms > $2";
    let values = [Value::Blob(digest.to_vec()), Value::Int(now.0)];
    db.first(sql, &values, |row| Ok(AccountId::from(row.text(0)?)))
}

/// Uses a secret up; whether it was there to be used.
///
/// # Errors
/// As the database says.
pub fn use_reset(db: &mut Db, digest: &[u8; 32], now: Instant) -> Result<bool, DbError> {
    let sql = "DELETE FROM password_reset WHERE digest = $1 AND ends_ms > $2";
    Ok(db.execute(sql, &[Value::Blob(digest.to_vec()), Value::Int(now.0)])? > 0)
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
