//! What persons asked for about their own data: to see, to correct, to erase, with a clock.
//!
//! Invariant: who asked, and what about, stands in sealed content alone; nothing here is searched
//! by a name.

use crate::db::{Db, DbError, Row, Value};
use crate::text::Shown;
use bihuan_core::content::ContentRef;
use bihuan_core::id::AccountId;
use bihuan_core::time::Instant;

/// Requests that a list shows.
pub const LIST_MAX: i64 = 200;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRequest {
    /// Its id.
    pub id: String,
    /// `see`, `correct` or `erase`.
    pub kind: String,
    /// Who asked, and what about.
    pub text: Shown,
    /// When it came.
    pub received_at: Instant,
    /// Until when it is to be answered.
    pub due_at: Instant,
    /// Who entered it.
    pub by: AccountId,
    /// `granted`, `partly` or `refused`.
    pub outcome: Option<String>,
    /// What was answered.
    pub note: Shown,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<Instant>,
}

/// Enters a request.
///
/// # Errors
/// As the database says.
pub fn add(
    db: &mut Db,
    (id, kind): (&str, &str),
    text: &ContentRef,
    by: &AccountId,
    (now, due): (Instant, Instant),
) -> Result<(), DbError> {
    let row = vec![
        Value::Text(id.to_owned()),
        Value::Text(kind.to_owned()),
        Value::Text(text.0.clone()),
        Value::Int(now.0),
        Value::Int(due.0),
        Value::Text(by.0.clone()),
    ];
    db.insert(
        "INSERT INTO person_request (id, kind, text_ref, received_ms, due_ms, by_account) VALUES",
        &[row],
        "",
    )
}

/// Says what came of a request; `false` where it was decided already, or there is none.
///
/// # Errors
/// As the database says.
pub fn decide(
    db: &mut Db,
    (id, outcome): (&str, &str),
    note: &ContentRef,
    by: &AccountId,
    now: Instant,
) -> Result<bool, DbError> {
    let values = [
        Value::Text(id.to_owned()),
        Value::Text(outcome.to_owned()),
        Value::Text(note.0.clone()),
        Value::Text(by.0.clone()),
        Value::Int(now.0),
    ];
    let sql = "UPDATE person_request
               SET outcome = $2, note_ref = $3, decided_by = $4, decided_ms = $5
               WHERE id = $1 AND outcome IS NULL";
    Ok(db.execute(sql, &values)? > 0)
}

/// Requests: those that wait, the most urgent first; then the others, the newest first.
///
/// # Errors
/// As the database says.
pub fn list(db: &mut Db) -> Result<Vec<PersonRequest>, DbError> {
    let sql = "SELECT it.id, it.kind, it.received_ms, it.due_ms, it.by_account, it.outcome,
                 it.decided_by, it.decided_ms,
                 asked.ref, asked.bytes, asked.erased_seq,
                 note.ref, note.bytes, note.erased_seq
               FROM person_request AS it
               LEFT JOIN content AS asked ON asked.ref = it.text_ref
               LEFT JOIN content AS note ON note.ref = it.note_ref
               ORDER BY CASE WHEN it.outcome IS NULL THEN it.due_ms ELSE 9007199254740991 END,
                 it.received_ms DESC, it.id
               LIMIT $1";
    db.all(sql, &[Value::Int(LIST_MAX)], read)
}

fn read(row: &Row<'_>) -> Result<PersonRequest, DbError> {
    Ok(PersonRequest {
        id: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        received_at: Instant(row.int(2)?),
        due_at: Instant(row.int(3)?),
        by: AccountId::from(row.text(4)?),
        outcome: row.some_text(5)?.map(ToOwned::to_owned),
        decided_by: row.some_text(6)?.map(AccountId::from),
        decided_at: row.some_int(7)?.map(Instant),
        text: Shown::read(row, 8)?,
        note: Shown::read(row, 11)?,
    })
}
