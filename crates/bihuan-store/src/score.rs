//! Points of matters, summed.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use bihuan_core::id::MatterId;
use std::collections::BTreeMap;

/// Thousandths of a point of each of these matters that has any.
///
/// # Errors
/// As the database says.
pub fn points(db: &mut Db, ids: &[MatterId]) -> Result<BTreeMap<MatterId, i64>, DbError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut clauses = Clauses::default();
    let names = clauses.bind_all(ids.iter().map(|it| Value::Text(it.to_string())));
    let sql = format!(
        "SELECT matter, CAST(SUM(points_milli) AS BIGINT) FROM score
         WHERE matter IN ({names})
         GROUP BY matter"
    );
    let rows = db.all(&sql, &clauses.values, |row| Ok((matter_id(row.text(0)?)?, row.int(1)?)))?;
    Ok(rows.into_iter().collect())
}
