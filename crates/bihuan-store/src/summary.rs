//! A realm in a few numbers, for whoever looks at it first. Counts whole tables: not for pages.

use crate::db::{Db, DbError};
use bihuan_core::content::hex;
use bihuan_core::merkle::Frontier;
use serde::Serialize;
use std::collections::BTreeMap;

/// A realm in a few numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Entries of the record.
    pub entries: u64,
    /// Merkle root of the record, in hexadecimal.
    pub root: String,
    /// Matters by pack and meaning.
    pub matters: BTreeMap<String, BTreeMap<String, u64>>,
    /// Matters that missed a deadline.
    pub overdue: u64,
    /// Matters sent back at least once (返工).
    pub reworked: u64,
    /// Matters that are rebounds (反弹).
    pub rebounds: u64,
    /// Units that hold matters or held them.
    pub units: u64,
}

/// The realm in a few numbers.
///
/// # Errors
/// As the database says.
pub fn summary(db: &mut Db) -> Result<Summary, DbError> {
    let head = db.first("SELECT seq, frontier FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.blob(1)?.to_vec()))
    })?;
    let (entries, frontier) = head.ok_or_else(|| DbError::Unfit("it has no head row".into()))?;
    let frontier = Frontier::from_bytes(&frontier)
        .map_err(|it| DbError::Unfit(format!("its head is damaged: {it}")))?;
    let mut matters: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let sql = "SELECT pack, meaning, COUNT(*) FROM matter GROUP BY pack, meaning";
    db.query(sql, &[], |row| {
        let of_pack = matters.entry(row.text(0)?.to_owned()).or_default();
        of_pack.insert(row.text(1)?.to_owned(), row.count(2)?);
        Ok(())
    })?;
    let mut count = |sql: &str| -> Result<u64, DbError> {
        Ok(db.first(sql, &[], |row| row.count(0))?.unwrap_or(0))
    };
    Ok(Summary {
        entries,
        root: hex(&frontier.root()),
        matters,
        overdue: count("SELECT COUNT(*) FROM matter WHERE overdue_ms IS NOT NULL")?,
        reworked: count("SELECT COUNT(*) FROM matter WHERE rework > 0")?,
        rebounds: count("SELECT COUNT(*) FROM span WHERE entered = 'rebounded'")?,
        units: count("SELECT COUNT(DISTINCT responsible) FROM span")?,
    })
}
