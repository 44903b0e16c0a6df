//! The entries of one matter in order, and the proof that they are in the record.
//!
//! Invariant: who asks about a matter has read its row, which is read through a scope.

use crate::db::{Db, DbError, Value};
use crate::record::Record;
use crate::row::seq_value;
use bihuan_core::content::hex;
use bihuan_core::id::StageId;
use bihuan_core::matter::Matter;
use bihuan_core::merkle::{self, Frontier, Hash, ProofError, Source};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::Serialize;
use std::ops::Range;

/// Most entries of one matter that are told at once.
pub const ENTRIES_MAX: i64 = 10_000;

/// All entries of a matter, in order; [`bihuan_core::policy::redact_entry`] says what may be told
/// of each.
///
/// # Errors
/// As the database says, or where an entry is damaged.
pub fn timeline(db: &mut Db, matter: &Matter) -> Result<Vec<Record>, DbError> {
    let sql = "SELECT seq, bytes FROM event WHERE matter = $1 ORDER BY seq LIMIT $2";
    let values = [Value::Text(matter.id.to_string()), Value::Int(ENTRIES_MAX)];
    db.all(sql, &values, |row| {
        let damaged = |seq, it| DbError::Unfit(format!("entry {seq} is damaged: {it}"));
        let seq = row.int(0)?;
        Record::from_bytes(row.blob(1)?).map_err(|it| damaged(seq, it))
    })
}

/// The proof that one entry stands under the root of the whole record (RFC 6962).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inclusion {
    /// Number of the entry, from 1.
    pub seq: u64,
    /// Number of entries under the root.
    pub size: u64,
    /// Hash of the entry as a leaf.
    pub leaf: String,
    /// Hashes that lead to the root, lowest first.
    pub proof: Vec<String>,
    /// The root.
    pub root: String,
}

/// The proof of inclusion of an entry; `None` where there is no such entry.
///
/// # Errors
/// As the database says, or where the record is damaged.
pub fn inclusion(db: &mut Db, seq: u64) -> Result<Option<Inclusion>, DbError> {
    let head = db.first("SELECT seq, frontier FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.blob(1)?.to_vec()))
    })?;
    let (size, frontier) =
        head.ok_or_else(|| DbError::Unfit("it has no head row; restore a backup".into()))?;
    if seq == 0 || seq > size {
        return Ok(None);
    }
    let root = Frontier::from_bytes(&frontier)
        .map_err(|it| DbError::Unfit(format!("its head is damaged: {it}")))?
        .root();
    let leaves = Leaves(db).row(0, seq - 1..seq)?;
    let Some(leaf) = leaves.first() else {
        return Err(DbError::Unfit(format!("entry {seq} is missing; restore a backup")));
    };
    let proof = merkle::inclusion_proof(seq - 1, size, &mut Leaves(db)).map_err(|it| match it {
        ProofError::Source(error) => error,
        other => DbError::Unfit(other.to_string()),
    })?;
    Ok(Some(Inclusion {
        seq,
        size,
        leaf: hex(leaf),
        proof: proof.iter().map(|it| hex(it)).collect(),
        root: hex(&root),
    }))
}

/// Hashes of leaves and tiles as the store keeps them.
struct Leaves<'a>(&'a mut Db);

impl Source for Leaves<'_> {
    type Error = DbError;

    fn row(&mut self, level: u32, nodes: Range<u64>) -> Result<Vec<Hash>, DbError> {
        let hash = |bytes: &[u8]| {
            Hash::try_from(bytes).map_err(|_| DbError::Unfit("a hash is not 32 bytes".into()))
        };
        if level == 0 {
            // Entries count from 1, leaves from 0.
            let values = [seq_value(nodes.start + 1), seq_value(nodes.end + 1)];
            let sql = "SELECT leaf FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq";
            return self.0.all(sql, &values, |row| hash(row.blob(0)?));
        }
        let sql = "SELECT hash FROM tile WHERE level = $1 AND no >= $2 AND no < $3 ORDER BY no";
        let values = [Value::Int(i64::from(level)), seq_value(nodes.start), seq_value(nodes.end)];
        self.0.all(sql, &values, |row| hash(row.blob(0)?))
    }
}

/// One line of the record as a third person may check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Number of the entry.
    pub seq: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its leaf hash.
    pub leaf: Vec<u8>,
}

/// Entries after `after`, in order, at most `limit`.
///
/// # Errors
/// As the database says.
pub fn lines(db: &mut Db, after: u64, limit: i64) -> Result<Vec<Line>, DbError> {
    let sql = "SELECT seq, bytes, leaf FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
    db.all(sql, &[seq_value(after), Value::Int(limit)], |row| {
        Ok(Line { seq: row.count(0)?, bytes: row.blob(1)?.to_vec(), leaf: row.blob(2)?.to_vec() })
    })
}

/// A span of a matter: where it stood, with whom, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpanLine {
    /// From when.
    pub from: Instant,
    /// Until when; `None` while it runs.
    pub to: Option<Instant>,
    /// Stage.
    pub stage: StageId,
    /// What the stage means.
    pub meaning: String,
    /// The clock stood still.
    pub suspended: bool,
    /// The responsible unit.
    pub responsible: UnitId,
    /// The unit that owed the next move.
    pub owner: Option<UnitId>,
    /// The deadline.
    pub due: Option<Instant>,
    /// How it entered the account of the unit.
    pub entered: Option<String>,
    /// How it left the account of the unit.
    pub left_as: Option<String>,
}

/// The spans of a matter, in order.
///
/// # Errors
/// As the database says.
pub fn spans(db: &mut Db, matter: &Matter) -> Result<Vec<SpanLine>, DbError> {
    let sql = "SELECT from_ms, left_ms, stage, meaning, suspended, responsible, owner_unit, due_ms,
                      entered, left_as
               FROM span WHERE matter = $1 ORDER BY from_seq";
    db.all(sql, &[Value::Text(matter.id.to_string())], |row| {
        let some = |no: usize| Ok::<_, DbError>(row.some_text(no)?.map(ToOwned::to_owned));
        Ok(SpanLine {
            from: Instant(row.int(0)?),
            to: row.some_int(1)?.map(Instant),
            stage: StageId::from(row.text(2)?),
            meaning: row.text(3)?.to_owned(),
            suspended: row.int(4)? != 0,
            responsible: UnitId(row.text(5)?.to_owned()),
            owner: some(6)?.map(UnitId),
            due: row.some_int(7)?.map(Instant),
            entered: some(8)?,
            left_as: some(9)?,
        })
    })
}

/// First and last number of the record that a matter used: its receipt.
///
/// # Errors
/// As the database says.
pub fn receipt(db: &mut Db, matter: &Matter) -> Result<Option<(u64, u64)>, DbError> {
    let sql = "SELECT first_seq, last_seq FROM matter WHERE id = $1";
    let key = [Value::Text(matter.id.to_string())];
    db.first(sql, &key, |row| Ok((row.count(0)?, row.count(1)?)))
}
