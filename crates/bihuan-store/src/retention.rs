//! How long personal content of matters that have ended is kept, and what is held back.
//!
//! Invariants: what has no period is kept; a matter on hold loses nothing, whoever asks; a period
//! that was set begins to work a day later, so that a slip of the hand can be mended.

use crate::db::{Db, DbError, Row, Value};
use crate::page::matter_id;
use crate::text::Shown;
use bihuan_core::content::ContentRef;
use bihuan_core::id::{AccountId, MatterId, PackId};
use bihuan_core::time::{DAY_MS, Instant};

/// The word for files of a matter.
pub const FILES: &str = "files";
/// The word for who reported it.
pub const REPORTER: &str = "reporter";
/// How long a period that was set waits before it works.
pub const GRACE_MS: i64 = DAY_MS;
/// Most that one look finds.
pub const DUE_MAX: i64 = 500;
/// Holds that a list shows.
const HOLDS_MAX: i64 = 500;

/// How long one kind of content of a pack is kept after the end of a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The pack.
    pub pack: PackId,
    /// A kind of text, a field of the form, [`FILES`] or [`REPORTER`].
    pub what: String,
    /// Days.
    pub days: i64,
    /// When it was set.
    pub set_at: Instant,
}

/// Something whose period has run out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The matter.
    pub matter: MatterId,
    /// What kind of content.
    pub what: String,
    /// The reference of a text, or the digest of a file.
    pub key: String,
}

/// A matter that loses nothing for the time being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The matter.
    pub matter: MatterId,
    /// By whom.
    pub by: AccountId,
    /// Why.
    pub reason: Shown,
    /// Since when.
    pub since: Instant,
    /// Until when; for good where absent.
    pub until: Option<Instant>,
}

/// Sets a period, or removes it; what has none is kept.
///
/// # Errors
/// As the database says.
pub fn set(
    db: &mut Db,
    pack: &PackId,
    what: &str,
    days: Option<i64>,
    now: Instant,
) -> Result<(), DbError> {
    let key = [Value::Text(pack.0.clone()), Value::Text(what.to_owned())];
    let Some(days) = days else {
        db.execute("DELETE FROM retention WHERE pack = $1 AND what = $2", &key)?;
        return Ok(());
    };
    let row = [&key[..], &[Value::Int(days), Value::Int(now.0)]].concat();
    db.insert(
        "INSERT INTO retention (pack, what, days, set_ms) VALUES",
        &[row],
        "ON CONFLICT (pack, what) DO UPDATE SET days = excluded.days, set_ms = excluded.set_ms",
    )
}

/// All periods.
///
/// # Errors
/// As the database says.
pub fn periods(db: &mut Db) -> Result<Vec<Period>, DbError> {
    db.all("SELECT pack, what, days, set_ms FROM retention ORDER BY pack, what", &[], |row| {
        Ok(Period {
            pack: PackId::from(row.text(0)?),
            what: row.text(1)?.to_owned(),
            days: row.int(2)?,
            set_at: Instant(row.int(3)?),
        })
    })
}

/// What has outlived its period by a moment and is not on hold: texts first, then who reported,
/// then files that no other matter names; each the oldest first, at most [`DUE_MAX`] of each.
///
/// # Errors
/// As the database says.
pub fn due(db: &mut Db, now: Instant) -> Result<Vec<Due>, DbError> {
    // A matter that nobody owes anything on has ended; its last entry says when.
    let ended = "JOIN matter ON matter.pack = retention.pack AND matter.owner_unit IS NULL
         JOIN event ON event.seq = matter.last_seq";
    let over = "event.at_ms < $1 - retention.days * 86400000 AND retention.set_ms < $2
         AND NOT EXISTS (SELECT 1 FROM legal_hold
           WHERE legal_hold.matter = matter.id AND legal_hold.ended_ms IS NULL
             AND (legal_hold.until_ms IS NULL OR legal_hold.until_ms > $1))";
    let values = [Value::Int(now.0), Value::Int(now.0 - GRACE_MS), Value::Int(DUE_MAX)];
    let mut due = Vec::new();
    for sql in [
        format!(
            "SELECT matter.id, retention.what, content.ref
             FROM retention {ended}
             JOIN content ON content.matter = matter.id AND content.kind = retention.what
             WHERE {over} AND content.erased_seq IS NULL
             ORDER BY matter.first_seq, content.ref LIMIT $3"
        ),
        format!(
            "SELECT matter.id, retention.what, content.ref
             FROM retention {ended}
             JOIN reporter ON reporter.matter = matter.id
             JOIN content ON content.ref = reporter.ref
             WHERE {over} AND retention.what = 'reporter' AND content.erased_seq IS NULL
             ORDER BY matter.first_seq LIMIT $3"
        ),
        format!(
            "SELECT matter.id, retention.what, file.digest
             FROM retention {ended}
             JOIN matter_file ON matter_file.matter = matter.id
             JOIN file ON file.digest = matter_file.digest
             WHERE {over} AND retention.what = 'files' AND file.erased_seq IS NULL
               AND NOT EXISTS (SELECT 1 FROM matter_file AS other
                 WHERE other.digest = file.digest AND other.matter <> matter.id)
             ORDER BY matter.first_seq, file.digest LIMIT $3"
        ),
    ] {
        due.extend(db.all(&sql, &values, |row| {
            Ok(Due {
                matter: matter_id(row.text(0)?)?,
                what: row.text(1)?.to_owned(),
                key: row.text(2)?.to_owned(),
            })
        })?);
    }
    Ok(due)
}

/// Holds a matter back from erasure.
///
/// # Errors
/// As the database says.
pub fn hold(
    db: &mut Db,
    matter: MatterId,
    by: &AccountId,
    (reason, until): (&ContentRef, Option<Instant>),
    now: Instant,
) -> Result<(), DbError> {
    let row = vec![
        Value::Text(matter.to_string()),
        Value::Text(by.0.clone()),
        Value::Text(reason.0.clone()),
        Value::Int(now.0),
        until.map_or(Value::Null, |it| Value::Int(it.0)),
        Value::Null,
    ];
    db.insert(
        "INSERT INTO legal_hold (matter, by_account, reason_ref, since_ms, until_ms, ended_ms)
         VALUES",
        &[row],
        "ON CONFLICT (matter) DO UPDATE SET by_account = excluded.by_account,
         reason_ref = excluded.reason_ref, since_ms = excluded.since_ms,
         until_ms = excluded.until_ms, ended_ms = NULL",
    )
}

/// Ends a hold; whether there was one.
///
/// # Errors
/// As the database says.
pub fn release(db: &mut Db, matter: MatterId, now: Instant) -> Result<bool, DbError> {
    let sql = "UPDATE legal_hold SET ended_ms = $2
               WHERE matter = $1 AND ended_ms IS NULL AND (until_ms IS NULL OR until_ms > $2)";
    Ok(db.execute(sql, &[Value::Text(matter.to_string()), Value::Int(now.0)])? > 0)
}

/// The holds in force, the oldest first.
///
/// # Errors
/// As the database says.
pub fn holds(db: &mut Db, now: Instant) -> Result<Vec<Hold>, DbError> {
    let sql = "SELECT legal_hold.matter, legal_hold.by_account, legal_hold.since_ms,
                 legal_hold.until_ms, content.ref, content.bytes, content.erased_seq
               FROM legal_hold LEFT JOIN content ON content.ref = legal_hold.reason_ref
               WHERE legal_hold.ended_ms IS NULL
                 AND (legal_hold.until_ms IS NULL OR legal_hold.until_ms > $1)
               ORDER BY legal_hold.since_ms, legal_hold.matter
               LIMIT $2";
    db.all(sql, &[Value::Int(now.0), Value::Int(HOLDS_MAX)], read)
}

fn read(row: &Row<'_>) -> Result<Hold, DbError> {
    Ok(Hold {
        matter: matter_id(row.text(0)?)?,
        by: AccountId::from(row.text(1)?),
        since: Instant(row.int(2)?),
        until: row.some_int(3)?.map(Instant),
        reason: Shown::read(row, 4)?,
    })
}

/// The matter on hold that a text belongs to.
pub(crate) fn holds_text(db: &mut Db, key: &str, now: Instant) -> Result<Option<String>, DbError> {
    let sql = "SELECT legal_hold.matter FROM legal_hold
               WHERE legal_hold.ended_ms IS NULL
                 AND (legal_hold.until_ms IS NULL OR legal_hold.until_ms > $2)
                 AND (legal_hold.matter IN (SELECT content.matter FROM content
                        WHERE content.ref = $1 AND content.matter IS NOT NULL)
                   OR legal_hold.matter IN (SELECT reporter.matter FROM reporter
                        WHERE reporter.ref = $1))
               LIMIT 1";
    held(db, sql, key, now)
}

/// The matter on hold that names a file.
pub(crate) fn holds_file(db: &mut Db, key: &str, now: Instant) -> Result<Option<String>, DbError> {
    let sql = "SELECT legal_hold.matter FROM legal_hold
               JOIN matter_file ON matter_file.matter = legal_hold.matter
               WHERE matter_file.digest = $1 AND legal_hold.ended_ms IS NULL
                 AND (legal_hold.until_ms IS NULL OR legal_hold.until_ms > $2)
               LIMIT 1";
    held(db, sql, key, now)
}

fn held(db: &mut Db, sql: &str, key: &str, now: Instant) -> Result<Option<String>, DbError> {
    let values = [Value::Text(key.to_owned()), Value::Int(now.0)];
    db.first(sql, &values, |row| Ok(row.text(0)?.to_owned()))
}
