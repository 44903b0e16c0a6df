//! Tokens of programs that act for people.
//!
//! Invariant: only the digest of a secret is kept, so that who reads the database cannot call.

use crate::db::{Db, DbError, Row, Value};
use bihuan_core::id::{AccountId, RoleId};
use bihuan_core::time::Instant;

/// Most tokens of one account that have not ended.
pub const TOKENS_MAX: i64 = 20;
/// Tokens that a list shows, ended ones among them.
const LIST_MAX: i64 = 100;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id, which is no secret.
    pub id: String,
    /// For whom its program acts.
    pub account: AccountId,
    /// What it is for.
    pub title: String,
    /// What it may be used for, by the words of the service.
    pub scopes: Vec<String>,
    /// The roles under which alone it sends commands.
    pub roles: Vec<RoleId>,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// The day of its last use, counted from 1970 in the realm's zone.
    pub used_day: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl Token {
    /// Whether it is good at a moment.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.ends_at
    }
}

const COLUMNS: &str =
    "id, account, title, scopes, roles, created_ms, ends_ms, used_day, revoked_ms";

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|it| !it.is_empty()).map(ToOwned::to_owned).collect()
}

fn read(row: &Row<'_>) -> Result<Token, DbError> {
    Ok(Token {
        id: row.text(0)?.to_owned(),
        account: AccountId::from(row.text(1)?),
        title: row.text(2)?.to_owned(),
        scopes: words(row.text(3)?),
        roles: words(row.text(4)?).into_iter().map(RoleId).collect(),
        created_at: Instant(row.int(5)?),
        ends_at: Instant(row.int(6)?),
        used_day: row.some_int(7)?,
        revoked_at: row.some_int(8)?.map(Instant),
    })
}

/// Adds a token under the digest of its secret; `false` where the account has too many.
///
/// # Errors
/// As the database says.
pub fn add(db: &mut Db, digest: &[u8; 32], token: &Token) -> Result<bool, DbError> {
    let sql = "SELECT COUNT(*) FROM token
               WHERE account = $1 AND revoked_ms IS NULL AND ends_ms > $2";
    let of = [Value::Text(token.account.0.clone()), Value::Int(token.created_at.0)];
    if db.first(sql, &of, |row| row.int(0))?.unwrap_or(0) >= TOKENS_MAX {
        return Ok(false);
    }
    let roles: Vec<&str> = token.roles.iter().map(RoleId::as_str).collect();
    let row = vec![
        Value::Blob(digest.to_vec()),
        Value::Text(token.id.clone()),
        Value::Text(token.account.0.clone()),
        Value::Text(token.title.clone()),
        Value::Text(token.scopes.join(" ")),
        Value::Text(roles.join(" ")),
        Value::Int(token.created_at.0),
        Value::Int(token.ends_at.0),
        Value::Null,
        Value::Null,
    ];
    db.insert(&format!("INSERT INTO token (digest, {COLUMNS}) VALUES"), &[row], "")?;
    Ok(true)
}

/// The token under the digest of a secret, ended or not.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, digest: &[u8; 32]) -> Result<Option<Token>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM token WHERE digest = $1");
    db.first(&sql, &[Value::Blob(digest.to_vec())], read)
}

/// The tokens of an account, the newest first.
///
/// # Errors
/// As the database says.
pub fn of_account(db: &mut Db, account: &AccountId) -> Result<Vec<Token>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM token WHERE account = $1 ORDER BY created_ms DESC, id DESC LIMIT $2"
    );
    db.all(&sql, &[Value::Text(account.0.clone()), Value::Int(LIST_MAX)], read)
}

/// Revokes a token of an account; whether there was one to revoke.
///
/// # Errors
/// As the database says.
pub fn revoke(db: &mut Db, account: &AccountId, id: &str, now: Instant) -> Result<bool, DbError> {
    let values = [Value::Text(account.0.clone()), Value::Text(id.to_owned()), Value::Int(now.0)];
    let sql = "UPDATE token SET revoked_ms = $3
               WHERE account = $1 AND id = $2 AND revoked_ms IS NULL";
    Ok(db.execute(sql, &values)? > 0)
}

/// Revokes every token of an account; how many there were.
///
/// # Errors
/// As the database says.
pub fn revoke_all(db: &mut Db, account: &AccountId, now: Instant) -> Result<u64, DbError> {
    let values = [Value::Text(account.0.clone()), Value::Int(now.0)];
    let sql = "UPDATE token SET revoked_ms = $2 WHERE account = $1 AND revoked_ms IS NULL";
    db.execute(sql, &values)
}

/// Notes the day of a use; whether it is the first of that day.
///
/// # Errors
/// As the database says.
pub fn used(db: &mut Db, id: &str, day: i64) -> Result<bool, DbError> {
    let sql = "UPDATE token SET used_day = $2
               WHERE id = $1 AND (used_day IS NULL OR used_day < $2)";
    Ok(db.execute(sql, &[Value::Text(id.to_owned()), Value::Int(day)])? > 0)
}
