//! Which person of a provider an account belongs to.
//!
//! Invariant: an account is bound once; another person of the provider never gets into it, whatever
//! name the provider gives out later.

use crate::db::{Db, DbError, Value};
use bihuan_core::id::AccountId;
use bihuan_core::time::Instant;

/// Binds a person of a provider to an account where neither is bound; whether they belong together.
///
/// # Errors
/// As the database says.
pub fn bind(
    db: &mut Db,
    issuer: &str,
    subject: &str,
    account: &AccountId,
    now: Instant,
) -> Result<bool, DbError> {
    let text = |it: &str| Value::Text(it.to_owned());
    let sql = "SELECT issuer, subject, account FROM provider_identity
               WHERE issuer = $1 AND subject = $2 OR account = $3";
    let values = [text(issuer), text(subject), text(&account.0)];
    let known = db.all(sql, &values, |row| {
        Ok(row.text(0)? == issuer && row.text(1)? == subject && row.text(2)? == account.0)
    })?;
    if !known.is_empty() {
        return Ok(known == [true]);
    }
    let row = vec![text(issuer), text(subject), text(&account.0), Value::Int(now.0)];
    let sql = "INSERT INTO provider_identity (issuer, subject, account, bound_ms) VALUES";
    db.insert(sql, &[row], "")?;
    Ok(true)
}
