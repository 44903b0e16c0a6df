//! Which matters a tracking code (查询码) follows: that which was reported with it, and what was
//! opened since because it was not well done.
//!
//! Invariant: a code itself is kept nowhere, only its digest.

use crate::db::{Db, DbError, Value};
use bihuan_core::id::MatterId;
use bihuan_core::time::Instant;

/// Lets a code, told by its digest, follow a matter; once.
///
/// # Errors
/// As the database says.
pub fn follow(
    db: &mut Db,
    code_digest: &str,
    matter: MatterId,
    now: Instant,
) -> Result<(), DbError> {
    let values =
        [Value::Text(code_digest.to_owned()), Value::Text(matter.to_string()), Value::Int(now.0)];
    let sql = "INSERT INTO tracking (code, matter, made_ms) VALUES ($1, $2, $3)
               ON CONFLICT (code, matter) DO NOTHING";
    db.execute(sql, &values)?;
    Ok(())
}

/// The matters that a code follows, the newest first; none where there is no such code.
///
/// # Errors
/// As the database says.
pub fn followed(db: &mut Db, code_digest: &str) -> Result<Vec<MatterId>, DbError> {
    let sql = "SELECT matter FROM tracking WHERE code = $1 ORDER BY made_ms DESC, matter DESC";
    let found = db.all(sql, &[Value::Text(code_digest.to_owned())], |row| {
        Ok(row.text(0)?.parse().map(MatterId))
    })?;
    let damaged = |_| DbError::Unfit("a tracked matter has no id".into());
    found.into_iter().map(|it| it.map_err(damaged)).collect()
}
