//! Who reported a matter: sealed, and shown once to somebody whom a second person let see it.
//!
//! Invariants: name and number stand in `content` alone and belong to no matter there, so that no
//! reading of a matter's texts finds them; each step is decided by one statement, so that two who
//! act at once do not both succeed.

use crate::db::{Db, DbError, Row, Value};
use crate::text::Shown;
use bihuan_core::content::{ContentRef, derive_salt, seal};
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::time::{DAY_MS, Instant};

/// How long a request waits for a second person, and an approval for the one who asked.
pub const WAITS_MS: i64 = DAY_MS;
/// Requests of one matter that a list shows.
const LIST_MAX: i64 = 50;

/// A request to see who reported a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Its id.
    pub id: String,
    /// Who asked.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Instant,
    /// Why.
    pub reason: Shown,
    /// Who approved.
    pub approved_by: Option<PersonId>,
    /// When.
    pub approved_at: Option<Instant>,
    /// Who refused.
    pub refused_by: Option<PersonId>,
    /// When it was shown.
    pub opened_at: Option<Instant>,
}

/// Seals a text of no matter; its reference.
///
/// # Errors
/// As the database says.
pub fn keep_text(
    db: &mut Db,
    kind: &str,
    (salt, of): (&[u8; 32], &str),
    text: &[u8],
) -> Result<ContentRef, DbError> {
    let salt = derive_salt(salt, of.as_bytes());
    let reference = seal(&salt, text);
    let row = vec![
        Value::Text(reference.0.clone()),
        Value::Text(kind.to_owned()),
        Value::Blob(salt.to_vec()),
        Value::Blob(text.to_vec()),
    ];
    db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &[row], "")?;
    Ok(reference)
}

/// Keeps who reported a matter; `false` where that is kept already.
///
/// # Errors
/// As the database says.
pub fn keep(
    db: &mut Db,
    matter: MatterId,
    reference: &ContentRef,
    now: Instant,
) -> Result<bool, DbError> {
    let values =
        [Value::Text(matter.to_string()), Value::Text(reference.0.clone()), Value::Int(now.0)];
    let sql = "INSERT INTO reporter (matter, ref, kept_ms) VALUES ($1, $2, $3)
               ON CONFLICT (matter) DO NOTHING";
    Ok(db.execute(sql, &values)? > 0)
}

/// Who reported a matter, sealed; none where nothing is kept.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, matter: MatterId) -> Result<Option<(ContentRef, Shown)>, DbError> {
    let sql = "SELECT content.ref, content.bytes, content.erased_seq
               FROM reporter JOIN content ON content.ref = reporter.ref
               WHERE reporter.matter = $1";
    db.first(sql, &[Value::Text(matter.to_string())], |row| {
        Ok((ContentRef(row.text(0)?.to_owned()), Shown::read(row, 0)?))
    })
}

/// Asks to see who reported a matter.
///
/// # Errors
/// As the database says.
pub fn ask(
    db: &mut Db,
    matter: MatterId,
    (id, by): (&str, &PersonId),
    reason: &ContentRef,
    now: Instant,
) -> Result<(), DbError> {
    let row = vec![
        Value::Text(id.to_owned()),
        Value::Text(matter.to_string()),
        Value::Text(by.0.clone()),
        Value::Int(now.0),
        Value::Text(reason.0.clone()),
    ];
    db.insert("INSERT INTO reveal (id, matter, asked_by, asked_ms, reason_ref) VALUES", &[row], "")
}

/// Requests of a matter, the newest first.
///
/// # Errors
/// As the database says.
pub fn reveals(db: &mut Db, matter: MatterId) -> Result<Vec<Reveal>, DbError> {
    let sql = "SELECT reveal.id, reveal.asked_by, reveal.asked_ms, reveal.approved_by,
                 reveal.approved_ms, reveal.refused_by, reveal.opened_ms,
                 content.ref, content.bytes, content.erased_seq
               FROM reveal LEFT JOIN content ON content.ref = reveal.reason_ref
               WHERE reveal.matter = $1
               ORDER BY reveal.asked_ms DESC, reveal.id DESC
               LIMIT $2";
    db.all(sql, &[Value::Text(matter.to_string()), Value::Int(LIST_MAX)], read)
}

fn read(row: &Row<'_>) -> Result<Reveal, DbError> {
    let person = |it: Option<&str>| it.map(PersonId::from);
    Ok(Reveal {
        id: row.text(0)?.to_owned(),
        asked_by: PersonId::from(row.text(1)?),
        asked_at: Instant(row.int(2)?),
        approved_by: person(row.some_text(3)?),
        approved_at: row.some_int(4)?.map(Instant),
        refused_by: person(row.some_text(5)?),
        opened_at: row.some_int(6)?.map(Instant),
        reason: Shown::read(row, 7)?,
    })
}

/// Approves a request that waits, or refuses it, by another person than asked; whether it did.
///
/// # Errors
/// As the database says.
pub fn decide(
    db: &mut Db,
    matter: MatterId,
    (id, by): (&str, &PersonId),
    (approves, now): (bool, Instant),
) -> Result<bool, DbError> {
    let word = if approves { "approved" } else { "refused" };
    let sql = format!(
        "UPDATE reveal SET {word}_by = $3, {word}_ms = $4
         WHERE id = $1 AND matter = $2 AND asked_by <> $3 AND asked_ms > $5
           AND approved_ms IS NULL AND refused_ms IS NULL"
    );
    Ok(db.execute(&sql, &decided(matter, (id, by), now))? > 0)
}

/// Uses an approval up, by whoever asked; whether it was there to be used.
///
/// # Errors
/// As the database says.
pub fn open(
    db: &mut Db,
    matter: MatterId,
    (id, by): (&str, &PersonId),
    now: Instant,
) -> Result<bool, DbError> {
    let sql = "UPDATE reveal SET opened_ms = $4
               WHERE id = $1 AND matter = $2 AND asked_by = $3 AND approved_ms > $5
                 AND opened_ms IS NULL";
    Ok(db.execute(sql, &decided(matter, (id, by), now))? > 0)
}

fn decided(matter: MatterId, (id, by): (&str, &PersonId), now: Instant) -> [Value; 5] {
    [
        Value::Text(id.to_owned()),
        Value::Text(matter.to_string()),
        Value::Text(by.0.clone()),
        Value::Int(now.0),
        Value::Int(now.0.saturating_sub(WAITS_MS)),
    ]
}
