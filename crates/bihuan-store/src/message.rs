//! Messages to persons (消息): what the outbox says is to be told, and how far each has got.
//!
//! Invariants: nothing here is part of the record; a person is told one thing once, however many
//! nodes deliver; what a list tells of a matter is what its scope holds of it, and of a matter that
//! is out of it nothing is told, not even that there was a message.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use crate::row::seq_value;
use crate::text::Shown;
use bihuan_core::id::{ClassCode, MatterId, PackId, PersonId, RoleId, StageId};
use bihuan_core::policy::Scope;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use std::collections::BTreeSet;

/// Messages that are kept for one person; older ones go.
pub const KEPT_MAX: i64 = 1_000;
/// How long a message is kept.
pub const KEPT_MS: i64 = 180 * DAY_MS;
/// What waited longer than this in the outbox is told to nobody any more.
pub const FRESH_MS: i64 = 30 * DAY_MS;
/// Entries of the outbox that are delivered together.
pub const BATCH_MAX: i64 = 200;
/// Messages of one page.
pub const PAGE_MAX: i64 = 100;
/// Messages of one matter that are told.
pub const MATTER_MAX: i64 = 500;
/// Messages that one look for new ones goes through.
const NEW_MAX: i64 = 5_000;

/// An entry of the outbox that nobody was told of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Number of the entry of the record that it follows from.
    pub seq: u64,
    /// Its number among those.
    pub no: u64,
    /// Of what, by its word.
    pub kind: String,
    /// Of which matter.
    pub matter: MatterId,
    /// Whoever holds this role, where no person is named.
    pub role: Option<RoleId>,
    /// For this unit.
    pub unit: Option<UnitId>,
    /// The person, where one is named.
    pub person: Option<PersonId>,
    /// When it happened.
    pub at: Instant,
}

/// How far a message has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// When a list with it was first answered to its person.
    pub delivered_at: Option<Instant>,
    /// When that person read it.
    pub read_at: Option<Instant>,
    /// When that person confirmed to have received it (签收).
    pub received_at: Option<Instant>,
}

/// A message as its person is told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it stands among all messages; never shown as it is.
    pub place: u64,
    /// Its id.
    pub id: String,
    /// Of what, by its word.
    pub kind: String,
    /// When it happened.
    pub at: Instant,
    /// How far it has got.
    pub progress: Progress,
    /// Whether it was not read and still wants something.
    pub unread: bool,
    /// The matter.
    pub matter: MatterId,
    /// Its kind of loop.
    pub pack: PackId,
    /// The revision that it was opened under.
    pub rev: Option<u32>,
    /// The stage that it stands in.
    pub stage: StageId,
    /// Its problem type.
    pub class: ClassCode,
    /// Its number since filing.
    pub number: Option<String>,
    /// Until when its next move is owed.
    pub due_at: Option<Instant>,
    /// Its title.
    pub title: Shown,
}

/// A message as the sender's side sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// To whom.
    pub person: PersonId,
    /// Of what, by its word.
    pub kind: String,
    /// When it happened.
    pub at: Instant,
    /// How far it has got.
    pub progress: Progress,
}

/// Whose messages, and which.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// Whose.
    pub person: &'a PersonId,
    /// Those alone that were not read and still want something.
    pub unread: bool,
    /// The place after which the page goes on.
    pub before: Option<u64>,
    /// How many.
    pub limit: i64,
}

/// Entries of the outbox that wait, the oldest first, at most [`BATCH_MAX`].
///
/// # Errors
/// As the database says.
pub fn waiting(db: &mut Db) -> Result<Vec<Waiting>, DbError> {
    let sql = "SELECT seq, no, kind, matter, role, unit, person, at_ms
               FROM outbox
               WHERE done_ms IS NULL
               ORDER BY seq, no
               LIMIT $1";
    db.all(sql, &[Value::Int(BATCH_MAX)], |row| {
        Ok(Waiting {
            seq: row.count(0)?,
            no: row.count(1)?,
            kind: row.text(2)?.to_owned(),
            matter: matter_id(row.text(3)?)?,
            role: row.some_text(4)?.map(RoleId::from),
            unit: row.some_text(5)?.map(UnitId::from),
            person: row.some_text(6)?.map(PersonId::from),
            at: Instant(row.int(7)?),
        })
    })
}

/// Puts more into the outbox, beside what commands put there; twice is once.
///
/// # Errors
/// As the database says.
pub fn put(db: &mut Db, waiting: &Waiting) -> Result<(), DbError> {
    let text = |it: Option<&str>| it.map_or(Value::Null, |it| Value::Text(it.to_owned()));
    let row = vec![
        seq_value(waiting.seq),
        seq_value(waiting.no),
        Value::Text(waiting.kind.clone()),
        Value::Text(waiting.matter.to_string()),
        text(waiting.role.as_ref().map(RoleId::as_str)),
        text(waiting.unit.as_ref().map(UnitId::as_str)),
        text(waiting.person.as_ref().map(PersonId::as_str)),
        Value::Int(waiting.at.0),
    ];
    db.insert(
        "INSERT INTO outbox (seq, no, kind, matter, role, unit, person, at_ms) VALUES",
        &[row],
        "ON CONFLICT (seq, no) DO NOTHING",
    )
}

/// Delivers entries of the outbox, each to persons under ids that nobody has used; and takes away
/// what is too old or too much.
///
/// # Errors
/// As the database says.
pub fn deliver(
    db: &mut Db,
    told: &[(Waiting, Vec<(PersonId, String)>)],
    now: Instant,
) -> Result<(), DbError> {
    let sql = "SELECT COALESCE(MAX(place), 0) FROM message";
    let mut place = db.first(sql, &[], |row| row.count(0))?.unwrap_or(0);
    let (mut rows, mut persons) = (Vec::new(), BTreeSet::new());
    for (waiting, to) in told {
        for (person, id) in to {
            place += 1;
            persons.insert(person);
            rows.push(vec![
                seq_value(place),
                Value::Text(id.clone()),
                Value::Text(person.0.clone()),
                seq_value(waiting.seq),
                seq_value(waiting.no),
                Value::Text(waiting.kind.clone()),
                Value::Text(waiting.matter.to_string()),
                Value::Int(waiting.at.0),
            ]);
        }
    }
    db.insert(
        "INSERT INTO message (place, id, person, seq, no, kind, matter, at_ms) VALUES",
        &rows,
        "ON CONFLICT (person, seq, no) DO NOTHING",
    )?;
    for (waiting, _) in told {
        let values = [seq_value(waiting.seq), seq_value(waiting.no), Value::Int(now.0)];
        db.execute("UPDATE outbox SET done_ms = $3 WHERE seq = $1 AND no = $2", &values)?;
    }
    for person in persons {
        let sql = "DELETE FROM message
                   WHERE person = $1 AND place <= (
                     SELECT place FROM message
                     WHERE person = $1 ORDER BY place DESC LIMIT 1 OFFSET $2)";
        db.execute(sql, &[Value::Text(person.0.clone()), Value::Int(KEPT_MAX)])?;
    }
    db.execute("DELETE FROM message WHERE at_ms < $1", &[Value::Int(now.0 - KEPT_MS)])?;
    Ok(())
}

/// The newest place, and who was told something after `place`.
///
/// # Errors
/// As the database says.
pub fn told_since(db: &mut Db, place: u64) -> Result<(u64, BTreeSet<PersonId>), DbError> {
    let (mut last, mut persons) = (place, BTreeSet::new());
    let sql = "SELECT place, person FROM message WHERE place > $1 ORDER BY place LIMIT $2";
    db.query(sql, &[seq_value(place), Value::Int(NEW_MAX)], |row| {
        last = row.count(0)?;
        persons.insert(PersonId::from(row.text(1)?));
        Ok(())
    })?;
    Ok((last, persons))
}

/// The newest place.
///
/// # Errors
/// As the database says.
pub fn newest(db: &mut Db) -> Result<u64, DbError> {
    let place = db.first("SELECT COALESCE(MAX(place), 0) FROM message", &[], |it| it.count(0))?;
    Ok(place.unwrap_or(0))
}

/// Messages of a person about matters of a scope, the newest first; one more than `limit` where
/// there are more.
///
/// # Errors
/// As the database says.
pub fn list(db: &mut Db, scope: &Scope, ask: &Ask<'_>) -> Result<Vec<Message>, DbError> {
    let mut clauses = of_person(ask.person, ask.unread);
    if let Some(before) = ask.before {
        let before = clauses.bind(seq_value(before));
        clauses.parts.push(format!("message.place < {before}"));
    }
    clauses.scope(scope);
    let limit = clauses.bind(Value::Int(ask.limit.clamp(1, PAGE_MAX) + 1));
    let sql = format!(
        "SELECT message.place, message.id, message.kind, message.at_ms, message.delivered_ms,
           message.read_ms, message.received_ms, matter.id, matter.pack, matter.rev, matter.stage,
           matter.class, matter.number, matter.due_ms, title.ref, title.bytes, title.erased_seq,
           CAST(CASE WHEN {UNREAD} THEN 1 ELSE 0 END AS BIGINT)
         FROM message JOIN matter ON matter.id = message.matter
         LEFT JOIN content AS title ON title.matter = matter.id AND title.kind = 'title'
         WHERE {} ORDER BY message.place DESC LIMIT {limit}",
        clauses.joined()
    );
    db.all(&sql, &clauses.values, |row| {
        Ok(Message {
            place: row.count(0)?,
            id: row.text(1)?.to_owned(),
            kind: row.text(2)?.to_owned(),
            at: Instant(row.int(3)?),
            progress: progress(row, 4)?,
            matter: matter_id(row.text(7)?)?,
            pack: PackId::from(row.text(8)?),
            rev: row.some_int(9)?.and_then(|it| u32::try_from(it).ok()),
            stage: StageId::from(row.text(10)?),
            class: ClassCode::from(row.text(11)?),
            number: row.some_text(12)?.map(ToOwned::to_owned),
            due_at: row.some_int(13)?.map(Instant),
            title: Shown::read(row, 14)?,
            unread: row.int(17)? == 1,
        })
    })
}

/// How many messages of a person about matters of a scope were not read and still want something.
///
/// # Errors
/// As the database says.
pub fn unread(db: &mut Db, scope: &Scope, person: &PersonId) -> Result<i64, DbError> {
    let mut clauses = of_person(person, true);
    clauses.scope(scope);
    let sql = format!(
        "SELECT COUNT(*) FROM message JOIN matter ON matter.id = message.matter WHERE {}",
        clauses.joined()
    );
    Ok(db.first(&sql, &clauses.values, |row| row.int(0))?.unwrap_or(0))
}

/// Which of these messages are a person's, about matters of a scope.
///
/// # Errors
/// As the database says.
pub fn own(
    db: &mut Db,
    scope: &Scope,
    person: &PersonId,
    ids: &[String],
) -> Result<Vec<String>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut clauses = of_person(person, false);
    let names = clauses.bind_all(ids.iter().map(|it| Value::Text(it.clone())));
    clauses.parts.push(format!("message.id IN ({names})"));
    clauses.scope(scope);
    let sql = format!(
        "SELECT message.id FROM message JOIN matter ON matter.id = message.matter WHERE {}",
        clauses.joined()
    );
    db.all(&sql, &clauses.values, |row| Ok(row.text(0)?.to_owned()))
}

/// Notes that messages were delivered; whoever was there before keeps its moment.
///
/// # Errors
/// As the database says.
pub fn delivered(db: &mut Db, ids: &[String], now: Instant) -> Result<(), DbError> {
    note(db, "delivered_ms", ids, now)
}

/// Notes that messages were read, and so delivered.
///
/// # Errors
/// As the database says.
pub fn read(db: &mut Db, ids: &[String], now: Instant) -> Result<(), DbError> {
    note(db, "delivered_ms", ids, now)?;
    note(db, "read_ms", ids, now)
}

/// Notes that their person confirmed to have received messages (签收), and so read them.
///
/// # Errors
/// As the database says.
pub fn received(db: &mut Db, ids: &[String], now: Instant) -> Result<(), DbError> {
    read(db, ids, now)?;
    note(db, "received_ms", ids, now)
}

/// Messages of a matter, the newest first.
///
/// # Errors
/// As the database says.
pub fn of_matter(db: &mut Db, matter: MatterId) -> Result<Vec<Sent>, DbError> {
    let sql = "SELECT person, kind, at_ms, delivered_ms, read_ms, received_ms
               FROM message WHERE matter = $1
               ORDER BY place DESC LIMIT $2";
    db.all(sql, &[Value::Text(matter.to_string()), Value::Int(MATTER_MAX)], |row| {
        Ok(Sent {
            person: PersonId::from(row.text(0)?),
            kind: row.text(1)?.to_owned(),
            at: Instant(row.int(2)?),
            progress: progress(row, 3)?,
        })
    })
}

/// What urged somebody to act on a matter that has ended since is closed by that end.
const UNREAD: &str = "(message.read_ms IS NULL AND (matter.owner_unit IS NOT NULL
    OR message.kind IN ('second_look', 'disagreed')))";

fn of_person(person: &PersonId, unread: bool) -> Clauses {
    let mut clauses = Clauses::default();
    let person = clauses.bind(Value::Text(person.0.clone()));
    clauses.parts.push(format!("message.person = {person}"));
    if unread {
        clauses.parts.push(UNREAD.to_owned());
    }
    clauses
}

fn progress(row: &Row<'_>, first: usize) -> Result<Progress, DbError> {
    Ok(Progress {
        delivered_at: row.some_int(first)?.map(Instant),
        read_at: row.some_int(first + 1)?.map(Instant),
        received_at: row.some_int(first + 2)?.map(Instant),
    })
}

fn note(db: &mut Db, column: &str, ids: &[String], now: Instant) -> Result<(), DbError> {
    let sql = format!("UPDATE message SET {column} = $2 WHERE id = $1 AND {column} IS NULL");
    for id in ids {
        db.execute(&sql, &[Value::Text(id.clone()), Value::Int(now.0)])?;
    }
    Ok(())
}
