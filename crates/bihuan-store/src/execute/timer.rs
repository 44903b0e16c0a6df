//! When the clock next has something to do, told anew where the rules that tell it have changed.

use crate::db::{Db, DbError, Value};
use crate::rules::Change;
use bihuan_core::matter::{Matter, Rules, next_timer};

/// Whether timers may come out otherwise after a change: they hang on the calendar, the zone and
/// the offline window.
pub(super) fn moves_timers(change: &Change) -> bool {
    matches!(change, Change::Settings(_) | Change::CalendarYear(_))
}

/// Tells the timers of all open matters by `rules`; a stale one would fire late, or stand in the
/// way of those that are due.
pub(super) fn tell_anew(db: &mut Db, rules: &Rules) -> Result<(), DbError> {
    let mut moved = Vec::new();
    let sql = "SELECT id, state, next_ms FROM matter WHERE owner_unit IS NOT NULL";
    db.query(sql, &[], |row| {
        let id = row.text(0)?;
        let matter: Matter = serde_json::from_str(row.text(1)?)
            .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))?;
        let next = next_timer(rules, &matter).map(|(at, _)| at.0);
        if next != row.some_int(2)? {
            let next = next.map_or(Value::Null, Value::Int);
            moved.push(vec![Value::Text(id.to_owned()), next]);
        }
        Ok(())
    })?;
    db.insert_as(
        "UPDATE matter SET next_ms = v.column2 FROM (VALUES",
        "TEXT, BIGINT",
        &moved,
        ") AS v WHERE matter.id = v.column1",
    )
}
