//! Open sessions of accounts, a device each.
//!
//! Invariant: only the digest of a token is kept, so that who reads the database cannot call.

use crate::db::{Db, DbError, Row, Value};
use bihuan_core::id::AccountId;
use bihuan_core::time::Instant;
use serde::Serialize;

/// Most sessions of one account; the one seen longest ago gives way.
pub const SESSIONS_MAX: i64 = 20;

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: String,
    /// Whose.
    pub account: AccountId,
    /// What the device calls itself.
    pub device: String,
    /// When it began.
    pub began_at: Instant,
    /// When it was last used, to some minutes.
    pub seen_at: Instant,
    /// When it ends, used or not.
    pub ends_at: Instant,
    /// Whether it was entered with a second factor.
    pub factor: bool,
}

const COLUMNS: &str = "id, account, device, began_ms, seen_ms, ends_ms, factor";

fn read(row: &Row<'_>) -> Result<Session, DbError> {
    Ok(Session {
        id: row.text(0)?.to_owned(),
        account: AccountId::from(row.text(1)?),
        device: row.text(2)?.to_owned(),
        began_at: Instant(row.int(3)?),
        seen_at: Instant(row.int(4)?),
        ends_at: Instant(row.int(5)?),
        factor: row.some_int(6)? == Some(1),
    })
}

/// Opens a session under the digest of its token; those that have ended go.
///
/// # Errors
/// As the database says.
pub fn open(db: &mut Db, digest: &[u8; 32], session: &Session) -> Result<(), DbError> {
    let now = Value::Int(session.began_at.0);
    db.execute("DELETE FROM session WHERE ends_ms <= $1", &[now])?;
    let row = vec![
        Value::Blob(digest.to_vec()),
        Value::Text(session.id.clone()),
        Value::Text(session.account.0.clone()),
        Value::Text(session.device.clone()),
        Value::Int(session.began_at.0),
        Value::Int(session.seen_at.0),
        Value::Int(session.ends_at.0),
        Value::Int(i64::from(session.factor)),
    ];
    let head = format!("INSERT INTO session (digest, {COLUMNS}) VALUES");
    db.insert(&head, &[row], "")?;
    db.execute(
        "DELETE FROM session WHERE account = $1 AND digest NOT IN (
           SELECT digest FROM session WHERE account = $1
           ORDER BY seen_ms DESC, id DESC LIMIT $2)",
        &[Value::Text(session.account.0.clone()), Value::Int(SESSIONS_MAX)],
    )?;
    Ok(())
}

/// The session under the digest of a token, ended or not.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, digest: &[u8; 32]) -> Result<Option<Session>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE digest = $1");
    db.first(&sql, &[Value::Blob(digest.to_vec())], read)
}

/// Notes that a session was used.
///
/// # Errors
/// As the database says.
pub fn touch(db: &mut Db, digest: &[u8; 32], now: Instant) -> Result<(), DbError> {
    let values = [Value::Blob(digest.to_vec()), Value::Int(now.0)];
    db.execute("UPDATE session SET seen_ms = $2 WHERE digest = $1 AND seen_ms < $2", &values)?;
    Ok(())
}

/// Notes that whoever has a session has shown a second factor.
///
/// # Errors
/// As the database says.
pub fn strengthen(db: &mut Db, account: &AccountId, id: &str) -> Result<(), DbError> {
    let values = [Value::Text(account.0.clone()), Value::Text(id.to_owned())];
    db.execute("UPDATE session SET factor = 1 WHERE account = $1 AND id = $2", &values)?;
    Ok(())
}

/// The sessions of an account that have not ended, the one used last first.
///
/// # Errors
/// As the database says.
pub fn of_account(db: &mut Db, account: &AccountId, now: Instant) -> Result<Vec<Session>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session WHERE account = $1 AND ends_ms > $2
         ORDER BY seen_ms DESC, id DESC"
    );
    db.all(&sql, &[Value::Text(account.0.clone()), Value::Int(now.0)], read)
}

/// Ends one session of an account; whether there was one.
///
/// # Errors
/// As the database says.
pub fn close(db: &mut Db, account: &AccountId, id: &str) -> Result<bool, DbError> {
    let values = [Value::Text(account.0.clone()), Value::Text(id.to_owned())];
    Ok(db.execute("DELETE FROM session WHERE account = $1 AND id = $2", &values)? > 0)
}

/// Ends all sessions of an account, save one; how many there were.
///
/// # Errors
/// As the database says.
pub fn close_all(db: &mut Db, account: &AccountId, save: Option<&str>) -> Result<u64, DbError> {
    let values = [Value::Text(account.0.clone()), Value::Text(save.unwrap_or("").to_owned())];
    db.execute("DELETE FROM session WHERE account = $1 AND id <> $2", &values)
}

/// How many sessions have not ended by `now`; at most `most`.
///
/// # Errors
/// As the database says.
pub fn count_live(db: &mut Db, now: Instant, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM (
                 SELECT 1 AS one FROM session WHERE ends_ms > $1 LIMIT $2
               ) AS live";
    let values = [Value::Int(now.0), Value::Int(most)];
    Ok(db.first(sql, &values, |row| row.int(0))?.unwrap_or(0))
}
