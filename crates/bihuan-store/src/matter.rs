//! Matters read back.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::policy::{Scope, Sight, Viewer, redact, sight};
use bihuan_core::time::Instant;
use std::collections::BTreeSet;

/// A matter as it stands; `None` where there is none in the scope. What may be told of it is for
/// [`seen`] to say.
///
/// # Errors
/// As the database says, or where the row is damaged.
pub fn matter(db: &mut Db, scope: &Scope, id: MatterId) -> Result<Option<Matter>, DbError> {
    let mut clauses = Clauses::default();
    let name = clauses.bind(Value::Text(id.to_string()));
    clauses.parts.push(format!("matter.id = {name}"));
    clauses.scope(scope);
    let sql = format!("SELECT matter.state FROM matter WHERE {}", clauses.joined());
    let state = db.first(&sql, &clauses.values, |row| Ok(row.text(0)?.to_owned()))?;
    state.map(|it| read(id, &it)).transpose()
}

/// A matter as somebody sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// As the record has it: what to ask the policy of, never to be told.
    pub whole: Matter,
    /// How much is seen.
    pub sight: Sight,
    /// What may be told.
    pub matter: Matter,
}

/// A matter as a viewer sees it; `None` where there is none, or nothing of it is seen.
///
/// # Errors
/// As the database says, or where the row is damaged.
pub fn seen(
    db: &mut Db,
    rules: &Rules,
    viewer: &Viewer,
    id: MatterId,
) -> Result<Option<Seen>, DbError> {
    // One row by its id: to ask the policy of the matter costs less than to compile a scope.
    let Some(whole) = matter(db, &Scope::operator(), id)? else { return Ok(None) };
    let sight = sight(rules, &whole, viewer);
    let told = redact(rules, &whole, sight);
    Ok(told.map(|matter| Seen { whole, sight, matter }))
}

/// Which of these matters are in a scope: others that a matter names are told of only then.
///
/// # Errors
/// As the database says.
pub fn among(db: &mut Db, scope: &Scope, ids: &[MatterId]) -> Result<BTreeSet<MatterId>, DbError> {
    let mut found = BTreeSet::new();
    for chunk in ids.chunks(KEYS_EACH) {
        let mut clauses = Clauses::default();
        let names = clauses.bind_all(chunk.iter().map(|it| Value::Text(it.to_string())));
        clauses.parts.push(format!("matter.id IN ({names})"));
        clauses.scope(scope);
        let sql = format!("SELECT matter.id FROM matter WHERE {}", clauses.joined());
        db.query(&sql, &clauses.values, |row| {
            found.insert(matter_id(row.text(0)?)?);
            Ok(())
        })?;
    }
    Ok(found)
}

fn read(id: MatterId, state: &str) -> Result<Matter, DbError> {
    serde_json::from_str(state)
        .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))
}

/// Goes through all matters in the order they were opened, some hundred at a time, each with the
/// number of its first entry.
pub(crate) fn each(
    db: &mut Db,
    mut take: impl FnMut(&mut Db, &[(i64, Matter)]) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let mut after = 0;
    loop {
        let sql = "SELECT first_seq, id, state FROM matter
                   WHERE first_seq > $1 ORDER BY first_seq LIMIT 500";
        let matters = db.all(sql, &[Value::Int(after)], |row| {
            Ok((row.int(0)?, read(matter_id(row.text(1)?)?, row.text(2)?)?))
        })?;
        let Some((last, _)) = matters.last() else { return Ok(()) };
        after = *last;
        take(db, &matters)?;
    }
}

/// Matters for which the clock of the realm has something to do by `now`, soonest first.
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn due_timers(db: &mut Db, now: Instant, limit: i64) -> Result<Vec<Matter>, DbError> {
    let sql = "SELECT id, state FROM matter WHERE next_ms <= $1 ORDER BY next_ms, id LIMIT $2";
    db.all(sql, &[Value::Int(now.0), Value::Int(limit)], |row| {
        read(matter_id(row.text(0)?)?, row.text(1)?)
    })
}

/// Keys that one statement looks up.
const KEYS_EACH: usize = 256;
