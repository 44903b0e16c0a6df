//! Proofs from the stored tree, and the check of an exported record by a third person.

use crate::db::{Db, DbError, Value};
use crate::row::seq_value;
use bihuan_core::merkle::{
    self, Frontier, Hash, ProofError, Source, consistency_proof, inclusion_proof, leaf_hash,
};
use std::ops::Range;

/// Leaves and subtrees as the store keeps them.
struct Stored<'a>(&'a mut Db);

impl Source for Stored<'_> {
    type Error = DbError;

    fn row(&mut self, level: u32, nodes: Range<u64>) -> Result<Vec<Hash>, DbError> {
        let hash = |row: &crate::db::Row<'_>| {
            Hash::try_from(row.blob(0)?).map_err(|_| DbError::Column(0, "a hash"))
        };
        if level == 0 {
            // Entry n is leaf n − 1.
            let values = [seq_value(nodes.start + 1), seq_value(nodes.end)];
            let sql = "SELECT leaf FROM event WHERE seq BETWEEN $1 AND $2 ORDER BY seq";
            return self.0.all(sql, &values, hash);
        }
        let sql = "SELECT hash FROM tile WHERE level = $1 AND no >= $2 AND no < $3 ORDER BY no";
        let level = Value::Int(i64::from(level));
        self.0.all(sql, &[level, seq_value(nodes.start), seq_value(nodes.end)], hash)
    }
}

/// The proof that entry `seq` is in the record of `size` entries.
///
/// # Errors
/// As the database says, or where there is no such entry.
pub fn prove_inclusion(db: &mut Db, seq: u64, size: u64) -> Result<Vec<Hash>, DbError> {
    let index = seq.checked_sub(1).ok_or_else(|| no_entry(seq))?;
    inclusion_proof(index, size, &mut Stored(db)).map_err(from_tree)
}

/// The proof that the record of `old` entries is the beginning of that of `new` entries.
///
/// # Errors
/// As the database says, or where there are fewer entries.
pub fn prove_consistency(db: &mut Db, old: u64, new: u64) -> Result<Vec<Hash>, DbError> {
    consistency_proof(old, new, &mut Stored(db)).map_err(from_tree)
}

/// The root over the first `size` entries of the record.
///
/// # Errors
/// As the database says, or where there are fewer entries.
pub fn root_of(db: &mut Db, size: u64) -> Result<Hash, DbError> {
    merkle::root_of(size, &mut Stored(db)).map_err(from_tree)
}

/// The bytes of entry `seq`; `None` where there is no such entry.
///
/// # Errors
/// As the database says.
pub fn entry(db: &mut Db, seq: u64) -> Result<Option<Vec<u8>>, DbError> {
    let sql = "SELECT bytes FROM event WHERE seq = $1";
    db.first(sql, &[seq_value(seq)], |row| Ok(row.blob(0)?.to_vec()))
}

fn no_entry(seq: u64) -> DbError {
    DbError::Unfit(format!("there is no entry {seq}"))
}

fn from_tree(error: ProofError<DbError>) -> DbError {
    match error {
        ProofError::Source(error) => error,
        other => DbError::Unfit(other.to_string()),
    }
}

/// The root of an exported record, from its lines alone: each line is the bytes of one entry.
/// Whoever holds a printed root needs no more than this and the lines.
#[must_use]
pub fn verify_log<'a>(lines: impl Iterator<Item = &'a [u8]>) -> (u64, Hash) {
    let mut frontier = Frontier::default();
    let mut count = 0;
    for line in lines {
        if frontier.push(leaf_hash(line)).is_ok() {
            count += 1;
        }
    }
    (count, frontier.root())
}
