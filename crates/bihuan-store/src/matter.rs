//! Matters read back.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Matter;
use bihuan_core::time::Instant;
use std::collections::BTreeSet;

/// A matter as it stands; `None` where there is none.
///
/// # Errors
/// As the database says, or where the row is damaged.
pub fn matter(db: &mut Db, id: MatterId) -> Result<Option<Matter>, DbError> {
    let sql = "SELECT state FROM matter WHERE id = $1";
    let state = db.first(sql, &[Value::Text(id.to_string())], |row| Ok(row.text(0)?.to_owned()))?;
    state.map(|it| read(id, &it)).transpose()
}

fn read(id: MatterId, state: &str) -> Result<Matter, DbError> {
    serde_json::from_str(state)
        .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))
}

/// Matters for which the clock of the realm has something to do by `now`, soonest first.
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn due_timers(db: &mut Db, now: Instant, limit: i64) -> Result<Vec<Matter>, DbError> {
    let sql = "SELECT id, state FROM matter WHERE next_ms <= $1 ORDER BY next_ms, id LIMIT $2";
    db.all(sql, &[Value::Int(now.0), Value::Int(limit)], |row| {
        let id = row.text(0)?;
        serde_json::from_str(row.text(1)?)
            .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))
    })
}

/// Keys that one statement looks up.
const KEYS_EACH: usize = 256;

/// Which of these matters there are.
///
/// # Errors
/// As the database says.
pub fn known(db: &mut Db, ids: &[MatterId]) -> Result<BTreeSet<MatterId>, DbError> {
    let mut found = BTreeSet::new();
    for chunk in ids.chunks(KEYS_EACH) {
        let mut clauses = Clauses::default();
        let names = clauses.bind_all(chunk.iter().map(|it| Value::Text(it.to_string())));
        let sql = format!("SELECT id FROM matter WHERE id IN ({names})");
        db.query(&sql, &clauses.values, |row| {
            found.insert(matter_id(row.text(0)?)?);
            Ok(())
        })?;
    }
    Ok(found)
}
