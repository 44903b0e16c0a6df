//! Second looks (盲抽复核): acceptances that were drawn, and what a second person says of them.
//!
//! Invariants: nothing here is part of the record of matters, and nothing follows for a matter; an
//! acceptance is drawn once, a verdict is given once; figures are by unit, never by person.

use crate::db::{Db, DbError, Row, Value};
use crate::page::matter_id;
use crate::record::{Record, Said};
use crate::row::seq_value;
use bihuan_core::content::ContentRef;
use bihuan_core::id::{MatterId, MoveId, PackId, PersonId};
use bihuan_core::matter::event::What;
use bihuan_core::matter::state::Acceptance;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;

/// An acceptance that is older is drawn no more.
pub const FRESH_MS: i64 = 30 * DAY_MS;
/// Entries of the record that one look goes through.
pub const SCAN_MAX: i64 = 500;
/// Open looks of one person that are told, and looks that are given out anew at once.
pub const OPEN_MAX: i64 = 200;
/// Units that a summary tells of.
const UNITS_MAX: i64 = 2_000;
/// How far the record was looked through, by name.
const PLACE: &str = "second_look";

/// An acceptance as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Number of its entry.
    pub seq: u64,
    /// The matter.
    pub matter: MatterId,
    /// By which move.
    pub made: MoveId,
    /// Who accepted.
    pub acceptance: Acceptance,
}

/// How whoever looks again relates to whoever accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Of another unit.
    Other,
    /// Of the same unit, where no other unit has an acceptor.
    Colleague,
}

impl Relation {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Relation::Other => "other",
            Relation::Colleague => "colleague",
        }
    }
}

/// An acceptance that was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondLook {
    /// Its id.
    pub id: String,
    /// Number of the entry of the acceptance; never shown as it is.
    pub seq: u64,
    /// The matter.
    pub matter: MatterId,
    /// The kind of loop.
    pub pack: PackId,
    /// The unit that accepted.
    pub unit: UnitId,
    /// When.
    pub accepted_at: Instant,
    /// When it was drawn.
    pub drawn_at: Instant,
    /// Who looks again, as long as somebody can.
    pub person: Option<PersonId>,
}

/// What became of the acceptances of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The unit that accepted.
    pub unit: UnitId,
    /// How many were drawn.
    pub drawn: i64,
    /// How many were looked at again.
    pub looked: i64,
    /// How many of those by somebody of the same unit.
    pub colleagues: i64,
    /// How many verdicts disagree.
    pub disagreed: i64,
}

/// From where and how far this look goes, and the acceptances between.
///
/// # Errors
/// As the database says, or where an entry is damaged.
pub fn accepted(db: &mut Db) -> Result<(u64, u64, Vec<Accepted>), DbError> {
    let sql = "SELECT seq FROM job_place WHERE name = $1";
    let after = db.first(sql, &[Value::Text(PLACE.to_owned())], |row| row.count(0))?;
    let after = after.unwrap_or(0);
    let (mut last, mut found) = (after, Vec::new());
    let sql = "SELECT seq, bytes FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
    db.query(sql, &[seq_value(after), Value::Int(SCAN_MAX)], |row| {
        let seq = row.count(0)?;
        last = seq;
        let damaged = |it| DbError::Unfit(format!("entry {seq} is damaged: {it}"));
        let Said::Matter(said) = Record::from_bytes(row.blob(1)?).map_err(damaged)?.said else {
            return Ok(());
        };
        if let What::Moved(moved) = said.event.what
            && let Some(acceptance) = moved.acceptance
        {
            found.push(Accepted { seq, matter: said.id, made: moved.id, acceptance });
        }
        Ok(())
    })?;
    Ok((after, last, found))
}

/// Notes how far the record was looked through.
///
/// # Errors
/// As the database says.
pub fn looked_through(db: &mut Db, seq: u64) -> Result<(), DbError> {
    db.insert(
        "INSERT INTO job_place (name, seq) VALUES",
        &[vec![Value::Text(PLACE.to_owned()), seq_value(seq)]],
        "ON CONFLICT (name) DO UPDATE SET seq = excluded.seq",
    )
}

/// Draws an acceptance; once, also where two nodes do.
///
/// # Errors
/// As the database says.
pub fn draw(db: &mut Db, look: &SecondLook) -> Result<(), DbError> {
    let row = vec![
        Value::Text(look.id.clone()),
        seq_value(look.seq),
        Value::Text(look.matter.to_string()),
        Value::Text(look.pack.0.clone()),
        Value::Text(look.unit.0.clone()),
        Value::Int(look.accepted_at.0),
        Value::Int(look.drawn_at.0),
    ];
    db.insert(
        "INSERT INTO second_look (id, seq, matter, pack, unit, accepted_ms, drawn_ms) VALUES",
        &[row],
        "ON CONFLICT (seq) DO NOTHING",
    )
}

/// Gives an open look to somebody, or to nobody; whether that is somebody else than before.
///
/// # Errors
/// As the database says.
pub fn give(db: &mut Db, id: &str, to: Option<(&PersonId, Relation)>) -> Result<bool, DbError> {
    let text = |it: &str| Value::Text(it.to_owned());
    let (person, relation) = to.map_or((Value::Null, Value::Null), |(person, relation)| {
        (text(person.as_str()), text(relation.word()))
    });
    let sql = "UPDATE second_look SET person = $2, relation = $3
               WHERE id = $1 AND verdict IS NULL AND COALESCE(person, '') <> COALESCE($2, '')";
    Ok(db.execute(sql, &[text(id), person, relation])? > 0)
}

/// How often somebody was asked to look at an acceptance.
///
/// # Errors
/// As the database says.
pub fn asked(db: &mut Db, seq: u64, kind: &str) -> Result<u64, DbError> {
    let sql = "SELECT COUNT(*) FROM outbox WHERE seq = $1 AND kind = $2";
    let values = [seq_value(seq), Value::Text(kind.to_owned())];
    Ok(db.first(sql, &values, |row| row.count(0))?.unwrap_or(0))
}

const COLUMNS: &str = "id, seq, matter, pack, unit, accepted_ms, drawn_ms, person";

fn read(row: &Row<'_>) -> Result<SecondLook, DbError> {
    Ok(SecondLook {
        id: row.text(0)?.to_owned(),
        seq: row.count(1)?,
        matter: matter_id(row.text(2)?)?,
        pack: PackId::from(row.text(3)?),
        unit: UnitId::from(row.text(4)?),
        accepted_at: Instant(row.int(5)?),
        drawn_at: Instant(row.int(6)?),
        person: row.some_text(7)?.map(PersonId::from),
    })
}

/// Open looks, the oldest first, with their acceptors.
///
/// # Errors
/// As the database says.
pub fn open(db: &mut Db) -> Result<Vec<SecondLook>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM second_look WHERE verdict IS NULL ORDER BY drawn_ms, id LIMIT $1"
    );
    db.all(&sql, &[Value::Int(OPEN_MAX)], read)
}

/// Open looks of a person, the oldest first.
///
/// # Errors
/// As the database says.
pub fn of_person(db: &mut Db, person: &PersonId) -> Result<Vec<SecondLook>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM second_look WHERE person = $1 AND verdict IS NULL
         ORDER BY drawn_ms, id LIMIT $2"
    );
    db.all(&sql, &[Value::Text(person.0.clone()), Value::Int(OPEN_MAX)], read)
}

/// The entry of the acceptance of a matter that a person has yet to look at again.
///
/// # Errors
/// As the database says.
pub fn drawn_for(db: &mut Db, person: &PersonId, matter: MatterId) -> Result<Option<u64>, DbError> {
    let sql = "SELECT seq FROM second_look
               WHERE person = $1 AND matter = $2 AND verdict IS NULL
               ORDER BY seq LIMIT 1";
    let values = [Value::Text(person.0.clone()), Value::Text(matter.to_string())];
    db.first(sql, &values, |row| row.count(0))
}

/// Gives a verdict on a look of a person that is open; whether it was.
///
/// # Errors
/// As the database says.
pub fn decide(
    db: &mut Db,
    (id, person): (&str, &PersonId),
    (verdict, reason): (&str, Option<&ContentRef>),
    now: Instant,
) -> Result<bool, DbError> {
    let sql = "UPDATE second_look SET verdict = $3, reason_ref = $4, looked_ms = $5
               WHERE id = $1 AND person = $2 AND verdict IS NULL";
    let values = [
        Value::Text(id.to_owned()),
        Value::Text(person.0.clone()),
        Value::Text(verdict.to_owned()),
        reason.map_or(Value::Null, |it| Value::Text(it.0.clone())),
        Value::Int(now.0),
    ];
    Ok(db.execute(sql, &values)? > 0)
}

/// By accepting unit, what became of acceptances in a period.
///
/// # Errors
/// As the database says.
pub fn summary(db: &mut Db, from: Instant, to: Instant) -> Result<Vec<Tally>, DbError> {
    let sql = "SELECT unit, COUNT(*), COUNT(verdict),
                 COUNT(CASE WHEN verdict IS NOT NULL AND relation = 'colleague' THEN 1 END),
                 COUNT(CASE WHEN verdict = 'disagree' THEN 1 END)
               FROM second_look
               WHERE accepted_ms >= $1 AND accepted_ms < $2
               GROUP BY unit ORDER BY unit LIMIT $3";
    db.all(sql, &[Value::Int(from.0), Value::Int(to.0), Value::Int(UNITS_MAX)], |row| {
        Ok(Tally {
            unit: UnitId::from(row.text(0)?),
            drawn: row.int(1)?,
            looked: row.int(2)?,
            colleagues: row.int(3)?,
            disagreed: row.int(4)?,
        })
    })
}
