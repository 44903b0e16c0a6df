//! Second factors of log-in: time-based codes (RFC 6238), and codes for whoever lost the device.
//!
//! Invariants: a step of time is used once, and so is a recovery code; a factor that was not
//! confirmed asks nothing of anybody.

use crate::db::{Db, DbError, Value};
use bihuan_core::id::AccountId;
use bihuan_core::time::Instant;

/// A second factor of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// Its secret, sealed.
    pub secret: String,
    /// Since when it is asked for; not yet where it was not confirmed.
    pub confirmed_at: Option<Instant>,
    /// Recovery codes that were not used.
    pub recovery_left: u64,
}

/// The factor of an account, confirmed or not.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, account: &AccountId) -> Result<Option<Factor>, DbError> {
    let of = [text(account)];
    let sql = "SELECT COUNT(*) FROM recovery_code WHERE account = $1 AND used_ms IS NULL";
    let recovery_left = db.first(sql, &of, |row| row.count(0))?.unwrap_or(0);
    let sql = "SELECT secret, confirmed_ms FROM second_factor WHERE account = $1";
    db.first(sql, &of, |row| {
        let (secret, confirmed_at) = (row.text(0)?.to_owned(), row.some_int(1)?.map(Instant));
        Ok(Factor { secret, confirmed_at, recovery_left })
    })
}

/// Keeps a secret to be confirmed; `false` where a factor is in force already.
///
/// # Errors
/// As the database says.
pub fn begin(
    db: &mut Db,
    account: &AccountId,
    secret: &str,
    now: Instant,
) -> Result<bool, DbError> {
    let row = vec![
        text(account),
        Value::Text(secret.to_owned()),
        Value::Int(now.0),
        Value::Null,
        Value::Int(0),
    ];
    if find(db, account)?.is_some_and(|it| it.confirmed_at.is_some()) {
        return Ok(false);
    }
    db.insert(
        "INSERT INTO second_factor (account, secret, created_ms, confirmed_ms, last_step) VALUES",
        &[row],
        "ON CONFLICT (account) DO UPDATE
         SET secret = excluded.secret, created_ms = excluded.created_ms, last_step = 0",
    )?;
    Ok(true)
}

/// Puts a factor in force with the digests of its recovery codes; `false` where none waits.
///
/// # Errors
/// As the database says.
pub fn confirm(
    db: &mut Db,
    account: &AccountId,
    step: i64,
    codes: &[[u8; 32]],
    now: Instant,
) -> Result<bool, DbError> {
    let sql = "UPDATE second_factor SET confirmed_ms = $2, last_step = $3
               WHERE account = $1 AND confirmed_ms IS NULL";
    if db.execute(sql, &[text(account), Value::Int(now.0), Value::Int(step)])? == 0 {
        return Ok(false);
    }
    db.execute("DELETE FROM recovery_code WHERE account = $1", &[text(account)])?;
    let row = |it: &[u8; 32]| vec![text(account), Value::Blob(it.to_vec()), Value::Null];
    let rows: Vec<_> = codes.iter().map(row).collect();
    db.insert("INSERT INTO recovery_code (account, digest, used_ms) VALUES", &rows, "")?;
    Ok(true)
}

/// Uses a step of time; `false` where it, or a later one, was used before.
///
/// # Errors
/// As the database says.
pub fn use_step(db: &mut Db, account: &AccountId, step: i64) -> Result<bool, DbError> {
    let sql = "UPDATE second_factor SET last_step = $2 WHERE account = $1 AND last_step < $2";
    Ok(db.execute(sql, &[text(account), Value::Int(step)])? > 0)
}

/// Uses a recovery code by its digest; `false` where there is none that was not used.
///
/// # Errors
/// As the database says.
pub fn use_code(
    db: &mut Db,
    account: &AccountId,
    digest: &[u8; 32],
    now: Instant,
) -> Result<bool, DbError> {
    let values = [text(account), Value::Blob(digest.to_vec()), Value::Int(now.0)];
    let sql = "UPDATE recovery_code SET used_ms = $3
               WHERE account = $1 AND digest = $2 AND used_ms IS NULL";
    Ok(db.execute(sql, &values)? > 0)
}

/// Removes the factor of an account with its codes; whether there was one.
///
/// # Errors
/// As the database says.
pub fn remove(db: &mut Db, account: &AccountId) -> Result<bool, DbError> {
    db.execute("DELETE FROM recovery_code WHERE account = $1", &[text(account)])?;
    Ok(db.execute("DELETE FROM second_factor WHERE account = $1", &[text(account)])? > 0)
}

fn text(account: &AccountId) -> Value {
    Value::Text(account.0.clone())
}
