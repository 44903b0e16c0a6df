//! Programs elsewhere that are told of what happens, and what is on its way to them.
//!
//! Invariants: of one entry of the record a program gets one delivery, whichever node makes it; a
//! delivery that is claimed is nobody else's until its lease ends; nothing waits without bound.

use crate::db::{Db, DbError, Row, Value};
use crate::row::seq_value;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use serde::Serialize;

/// Most programs of one realm.
pub const WEBHOOKS_MAX: i64 = 50;
/// Most deliveries that wait for one program; the record keeps the rest.
pub const WAITING_MAX: i64 = 10_000;
/// Most deliveries of one list.
pub const LIST_MAX: i64 = 100;
/// How long deliveries that arrived are kept, in milliseconds.
const DONE_KEPT_MS: i64 = 7 * DAY_MS;
/// How long those that were given up are kept, in milliseconds.
const DEAD_KEPT_MS: i64 = 30 * DAY_MS;

/// A program that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Id.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// Where it listens.
    pub url: String,
    /// The kinds of what it is told; empty for all.
    pub kinds: Vec<String>,
    /// The responsible unit, with all below, of whose matters it is told; none for all.
    pub unit: Option<UnitId>,
    /// Whether it is told.
    pub status: Status,
    /// What signs.
    pub secret: String,
    /// What signed before, and until when it signs beside.
    pub old_secret: Option<(String, Instant)>,
    /// When it was made.
    pub created_at: Instant,
    /// The last entry of the record that was looked at for it.
    pub told: u64,
}

/// Whether a program is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is.
    Active,
    /// It is not for now; what happens meanwhile waits in the record.
    Paused,
    /// It said that it is gone for good.
    Gone,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Paused => "paused",
            Status::Gone => "gone",
        }
    }

    fn read(word: &str) -> Status {
        match word {
            "active" => Status::Active,
            "gone" => Status::Gone,
            _ => Status::Paused,
        }
    }
}

/// Something to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id, the same whichever node makes it.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its body.
    pub body: String,
}

/// A delivery that is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its id.
    pub id: String,
    /// The program.
    pub webhook: String,
    /// Its body.
    pub body: String,
    /// How often it was tried before.
    pub tries: u32,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// `waiting`, `done` or `dead`.
    pub state: String,
    /// When what it tells of was taken up.
    pub at: Instant,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next.
    pub next_at: Option<Instant>,
    /// The last status that was answered.
    pub status: Option<i64>,
    /// Why the last try failed.
    pub why: Option<String>,
}

/// What a try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The status that was answered.
    pub status: Option<u16>,
    /// Why it failed; none where it arrived.
    pub why: Option<String>,
    /// When it is tried again; none where it arrived or is given up.
    pub next: Option<Instant>,
}

const COLUMNS: &str =
    "id, title, url, kinds, unit, status, secret, old_secret, old_until_ms, created_ms, told_seq";

fn read(row: &Row<'_>) -> Result<Webhook, DbError> {
    let kinds = row.text(3)?.split(',').filter(|it| !it.is_empty()).map(str::to_owned);
    let old = row.some_text(7)?.map(str::to_owned);
    Ok(Webhook {
        id: row.text(0)?.to_owned(),
        title: row.text(1)?.to_owned(),
        url: row.text(2)?.to_owned(),
        kinds: kinds.collect(),
        unit: row.some_text(4)?.map(UnitId::from),
        status: Status::read(row.text(5)?),
        secret: row.text(6)?.to_owned(),
        old_secret: old.zip(row.some_int(8)?.map(Instant)),
        created_at: Instant(row.int(9)?),
        told: row.count(10)?,
    })
}

/// All programs, the oldest first.
///
/// # Errors
/// As the database says.
pub fn all(db: &mut Db) -> Result<Vec<Webhook>, DbError> {
    db.all(&format!("SELECT {COLUMNS} FROM webhook ORDER BY created_ms, id"), &[], read)
}

/// Those that are told.
///
/// # Errors
/// As the database says.
pub fn active(db: &mut Db) -> Result<Vec<Webhook>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM webhook WHERE status = 'active' ORDER BY id");
    db.all(&sql, &[], read)
}

/// One program.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, id: &str) -> Result<Option<Webhook>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM webhook WHERE id = $1");
    db.first(&sql, &[Value::Text(id.to_owned())], read)
}

/// Adds a program, which is told of what happens from now on; false where there are too many.
///
/// # Errors
/// As the database says.
pub fn add(db: &mut Db, webhook: &Webhook) -> Result<bool, DbError> {
    let count = db.first("SELECT COUNT(*) FROM webhook", &[], |row| row.int(0))?;
    if count.unwrap_or(0) >= WEBHOOKS_MAX {
        return Ok(false);
    }
    let told = crate::feed::newest(db)?;
    let row = vec![
        Value::Text(webhook.id.clone()),
        Value::Text(webhook.title.clone()),
        Value::Text(webhook.url.clone()),
        Value::Text(webhook.kinds.join(",")),
        webhook.unit.as_ref().map_or(Value::Null, |it| Value::Text(it.0.clone())),
        Value::Text(webhook.status.word().to_owned()),
        Value::Text(webhook.secret.clone()),
        Value::Null,
        Value::Null,
        Value::Int(webhook.created_at.0),
        seq_value(told),
    ];
    db.insert(&format!("INSERT INTO webhook ({COLUMNS}) VALUES"), &[row], "")?;
    Ok(true)
}

/// Sets whether a program is told; false where there is none.
///
/// # Errors
/// As the database says.
pub fn set_status(db: &mut Db, id: &str, status: Status) -> Result<bool, DbError> {
    let values = [Value::Text(id.to_owned()), Value::Text(status.word().to_owned())];
    Ok(db.execute("UPDATE webhook SET status = $2 WHERE id = $1", &values)? > 0)
}

/// Gives a program a new secret; the one before signs beside it until then. False where there is
/// none.
///
/// # Errors
/// As the database says.
pub fn rotate(db: &mut Db, id: &str, secret: &str, old_until: Instant) -> Result<bool, DbError> {
    let sql = "UPDATE webhook SET old_secret = secret, old_until_ms = $3, secret = $2
               WHERE id = $1";
    let values =
        [Value::Text(id.to_owned()), Value::Text(secret.to_owned()), Value::Int(old_until.0)];
    Ok(db.execute(sql, &values)? > 0)
}

/// Removes a program with all that is on its way; false where there is none.
///
/// # Errors
/// As the database says.
pub fn remove(db: &mut Db, id: &str) -> Result<bool, DbError> {
    let key = [Value::Text(id.to_owned())];
    db.execute("DELETE FROM delivery WHERE webhook = $1", &key)?;
    Ok(db.execute("DELETE FROM webhook WHERE id = $1", &key)? > 0)
}

/// How many deliveries wait for a program.
///
/// # Errors
/// As the database says.
pub fn waiting(db: &mut Db, id: &str) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM delivery WHERE webhook = $1 AND state = 'waiting'";
    Ok(db.first(sql, &[Value::Text(id.to_owned())], |row| row.int(0))?.unwrap_or(0))
}

/// How much is on its way to all programs; at most `most`.
///
/// # Errors
/// As the database says.
pub fn all_waiting(db: &mut Db, most: i64) -> Result<i64, DbError> {
    let sql = "SELECT COUNT(*) FROM (
                 SELECT 1 AS one FROM delivery WHERE state = 'waiting' LIMIT $1
               ) AS waiting";
    Ok(db.first(sql, &[Value::Int(most)], |row| row.int(0))?.unwrap_or(0))
}

/// Puts on its way what a program is to be told of the record up to `told`. What another node has
/// put there already is left as it is.
///
/// # Errors
/// As the database says.
pub fn put(
    db: &mut Db,
    id: &str,
    told: u64,
    deliveries: &[NewDelivery],
    now: Instant,
) -> Result<(), DbError> {
    let row = |it: &NewDelivery| {
        vec![
            Value::Text(it.id.clone()),
            Value::Text(id.to_owned()),
            Value::Text(it.kind.clone()),
            Value::Text(it.body.clone()),
            Value::Text("waiting".to_owned()),
            Value::Int(now.0),
            Value::Int(0),
            Value::Int(now.0),
        ]
    };
    let rows: Vec<Vec<Value>> = deliveries.iter().map(row).collect();
    db.insert(
        "INSERT INTO delivery (id, webhook, kind, body, state, at_ms, tries, next_ms) VALUES",
        &rows,
        "ON CONFLICT (id) DO NOTHING",
    )?;
    let sql = "UPDATE webhook SET told_seq = $2 WHERE id = $1 AND told_seq < $2";
    db.execute(sql, &[Value::Text(id.to_owned()), seq_value(told)]).map(|_| ())
}

/// Claims deliveries that are due, until `until`; no other node gets them before.
///
/// # Errors
/// As the database says.
pub fn claim(
    db: &mut Db,
    now: Instant,
    until: Instant,
    limit: i64,
) -> Result<Vec<Claimed>, DbError> {
    // The lease is asked for once more outside: a node that waited for the row of another sees it.
    let sql = "UPDATE delivery SET lease_ms = $2
               WHERE id IN (
                 SELECT delivery.id FROM delivery
                 JOIN webhook ON webhook.id = delivery.webhook AND webhook.status = 'active'
                 WHERE next_ms <= $1 AND (lease_ms IS NULL OR lease_ms <= $1)
                 ORDER BY next_ms, delivery.id LIMIT $3)
               AND next_ms <= $1 AND (lease_ms IS NULL OR lease_ms <= $1)
               RETURNING id, webhook, body, tries";
    db.all(sql, &[Value::Int(now.0), Value::Int(until.0), Value::Int(limit)], |row| {
        Ok(Claimed {
            id: row.text(0)?.to_owned(),
            webhook: row.text(1)?.to_owned(),
            body: row.text(2)?.to_owned(),
            tries: u32::try_from(row.int(3)?).unwrap_or(u32::MAX),
        })
    })
}

/// Notes what a try came to; one that is not tried again and did not arrive is given up.
///
/// # Errors
/// As the database says.
pub fn settle(db: &mut Db, id: &str, tried: &Tried) -> Result<(), DbError> {
    let state = match (&tried.why, tried.next) {
        (None, _) => "done",
        (Some(_), Some(_)) => "waiting",
        (Some(_), None) => "dead",
    };
    let sql = "UPDATE delivery
               SET state = $2, next_ms = $3, status = $4, why = $5, lease_ms = NULL,
                   tries = tries + 1
               WHERE id = $1";
    let values = [
        Value::Text(id.to_owned()),
        Value::Text(state.to_owned()),
        tried.next.map_or(Value::Null, |it| Value::Int(it.0)),
        tried.status.map_or(Value::Null, |it| Value::Int(i64::from(it))),
        tried.why.clone().map_or(Value::Null, Value::Text),
    ];
    db.execute(sql, &values).map(|_| ())
}

/// Deliveries of a program, the newest first: of one state, or of all; older than `before`, where
/// that is one of its deliveries.
///
/// # Errors
/// As the database says.
pub fn deliveries(
    db: &mut Db,
    id: &str,
    state: Option<&str>,
    before: Option<&str>,
) -> Result<Vec<Delivery>, DbError> {
    let text = |it: Option<&str>| it.map_or(Value::Null, |it| Value::Text(it.to_owned()));
    let sql = "SELECT id, kind, state, at_ms, tries, next_ms, status, why FROM delivery
               WHERE webhook = $1
                 AND (CAST($2 AS TEXT) IS NULL OR state = $2)
                 AND (CAST($3 AS TEXT) IS NULL OR (at_ms, id) < (
                   SELECT other.at_ms, other.id FROM delivery AS other
                   WHERE other.id = $3 AND other.webhook = $1))
               ORDER BY at_ms DESC, id DESC LIMIT $4";
    let values = [Value::Text(id.to_owned()), text(state), text(before), Value::Int(LIST_MAX)];
    db.all(sql, &values, |row| {
        Ok(Delivery {
            id: row.text(0)?.to_owned(),
            kind: row.text(1)?.to_owned(),
            state: row.text(2)?.to_owned(),
            at: Instant(row.int(3)?),
            tries: row.int(4)?,
            next_at: row.some_int(5)?.map(Instant),
            status: row.some_int(6)?,
            why: row.some_text(7)?.map(str::to_owned),
        })
    })
}

/// Puts a delivery that was given up on its way again, from the first try; false where there is
/// none.
///
/// # Errors
/// As the database says.
pub fn redeliver(db: &mut Db, webhook: &str, id: &str, now: Instant) -> Result<bool, DbError> {
    let sql = "UPDATE delivery SET state = 'waiting', next_ms = $3, tries = 0, lease_ms = NULL
               WHERE id = $2 AND webhook = $1 AND state = 'dead'";
    let values = [Value::Text(webhook.to_owned()), Value::Text(id.to_owned()), Value::Int(now.0)];
    Ok(db.execute(sql, &values)? > 0)
}

/// Forgets what arrived or was given up long ago.
///
/// # Errors
/// As the database says.
pub fn prune(db: &mut Db, now: Instant) -> Result<(), DbError> {
    let sql = "DELETE FROM delivery
               WHERE (state = 'done' AND at_ms < $1) OR (state = 'dead' AND at_ms < $2)";
    let values = [Value::Int(now.0 - DONE_KEPT_MS), Value::Int(now.0 - DEAD_KEPT_MS)];
    db.execute(sql, &values).map(|_| ())
}
