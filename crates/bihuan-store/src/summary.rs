//! A realm in a few numbers, for whoever looks at it first. Counts whole tables: not for pages.

use crate::db::{Db, DbError};
use crate::filter::Filter;
use bihuan_core::content::hex;
use bihuan_core::id::PackId;
use bihuan_core::merkle::Frontier;
use bihuan_core::place::Point;
use bihuan_core::policy::Scope;
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

/// Matters in a few numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Matters by pack and meaning.
    pub matters: BTreeMap<String, BTreeMap<String, u64>>,
    /// Matters that missed a deadline.
    pub overdue: u64,
    /// Matters sent back at least once (返工).
    pub reworked: u64,
}

/// The matters of a scope that fit a filter, in a few numbers; a search by words is passed over.
///
/// # Errors
/// As the database says.
pub fn counts(db: &mut Db, scope: &Scope, filter: &Filter) -> Result<Counts, DbError> {
    let mut filter = filter.clone();
    // Of matters that are shown in squares, the square decides whether they lie in a box.
    let squares = filter.within.filter(|_| scope.coarse_m() > 0);
    filter.within = filter.within.map(|it| it.grown_m(scope.coarse_m()));
    let mut clauses = filter.clauses(true);
    clauses.units(&filter);
    clauses.scope(scope);
    let what = match squares {
        None => {
            "COUNT(*), COUNT(overdue_ms), COUNT(CASE WHEN rework > 0 THEN 1 END), \
                 CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)"
        }
        Some(_) => {
            "CAST(1 AS BIGINT), CAST(CASE WHEN overdue_ms IS NULL THEN 0 ELSE 1 END AS \
                    BIGINT), CAST(CASE WHEN rework > 0 THEN 1 ELSE 0 END AS BIGINT), lon_e7, lat_e7"
        }
    };
    let by = if squares.is_none() { "GROUP BY pack, meaning" } else { "" };
    let sql = format!("SELECT pack, meaning, {what} FROM matter WHERE {} {by}", clauses.joined());
    let mut counts = Counts::default();
    db.query(&sql, &clauses.values, |row| {
        let pack = PackId::from(row.text(0)?);
        let at = row.some_int(5)?.zip(row.some_int(6)?);
        let at = at.map(|(lon_e7, lat_e7)| scope.shown_at(&pack, Point { lon_e7, lat_e7 }));
        if squares.is_some_and(|it| !at.is_some_and(|at| it.contains(at))) {
            return Ok(());
        }
        let of_pack = counts.matters.entry(pack.0).or_default();
        *of_pack.entry(row.text(1)?.to_owned()).or_default() += row.count(2)?;
        counts.overdue += row.count(3)?;
        counts.reworked += row.count(4)?;
        Ok(())
    })?;
    Ok(counts)
}

/// The realm in a few numbers; for the operator.
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
    let Counts { matters, overdue, reworked } = counts(db, &Scope::operator(), &Filter::default())?;
    let mut count = |sql: &str| -> Result<u64, DbError> {
        Ok(db.first(sql, &[], |row| row.count(0))?.unwrap_or(0))
    };
    Ok(Summary {
        entries,
        root: hex(&frontier.root()),
        matters,
        overdue,
        reworked,
        rebounds: count("SELECT COUNT(*) FROM span WHERE entered = 'rebounded'")?,
        units: count("SELECT COUNT(DISTINCT responsible) FROM span")?,
    })
}
