//! The records behind a figure, by pages and as one digest.

use super::origin::Rows;
use super::{Ask, period_of, standing};
use crate::db::{Db, DbError, Value};
use crate::row::seq_value;
use bihuan_core::figure::{Exact, Question, Sealing, Side, sides};
use bihuan_core::pack::Figure;
use bihuan_core::policy::Scope;

/// Most records of one page.
pub const RECORDS_MAX: usize = 1_000;

/// A record behind a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The side of the figure, such as `over`.
    pub side: String,
    /// The entry of the record that made it known.
    pub seq: u64,
    /// The matter, or what it is instead: `register/KEY`, `person/KEY`, `param/KEY`.
    pub id: String,
    /// What it adds: 1 where things are counted, else its value.
    pub contribution: i64,
    /// The unit for which it counts, where there is one.
    pub unit: Option<String>,
    /// Which of those of one entry.
    no: i64,
    /// Which side, by number.
    side_no: usize,
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which side, by number.
    pub side: usize,
    /// The entry.
    pub seq: u64,
    /// Which of those of one entry.
    pub no: i64,
    /// The record.
    pub id: String,
}

impl Record {
    /// Where a page ends that ends with it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { side: self.side_no, seq: self.seq, no: self.no, id: self.id.clone() }
    }
}

/// A page of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The records, side by side, by the number of their entries.
    pub rows: Vec<Record>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Place>,
}

/// A page of the records behind a figure, of one key where `ask` tells apart; at most `limit`.
///
/// # Errors
/// As the database says.
pub fn records(
    db: &mut Db,
    scope: &Scope,
    ask: &Ask<'_>,
    (figure, key): (&Figure, Option<&str>),
    (after, limit): (Option<&Place>, usize),
) -> Result<Records, DbError> {
    let limit = limit.clamp(1, RECORDS_MAX);
    let mut rows: Vec<Record> = Vec::new();
    for (no, side) in sides(ask.pack, figure).into_iter().enumerate() {
        if after.is_some_and(|it| no < it.side) || rows.len() > limit {
            continue;
        }
        let after = after.filter(|it| it.side == no);
        let most = limit + 1 - rows.len();
        each(db, scope, ask, (no, &side), (key, after, Some(most)), |it| rows.push(it))?;
    }
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| is_more).map(Record::place);
    Ok(Records { rows, next })
}

/// The digest of an answer over all its records.
///
/// # Errors
/// As the database says.
pub fn digest(
    db: &mut Db,
    scope: &Scope,
    ask: &Ask<'_>,
    (figure, value): (&Figure, &Exact),
    question: &Question<'_>,
) -> Result<String, DbError> {
    let mut sealing = Sealing::begin(question, &figure.id, value);
    let key = question.group.map(|it| it.1);
    for (no, side) in sides(ask.pack, figure).into_iter().enumerate() {
        let Some(period) = period_of(ask, side.against) else { continue };
        sealing.side(&side.name, &period);
        each(db, scope, ask, (no, &side), (key, None, None), |it| {
            sealing.record(it.seq, &it.id, it.contribution);
        })?;
    }
    Ok(sealing.done())
}

/// Tells each record of a side, in order.
fn each(
    db: &mut Db,
    scope: &Scope,
    ask: &Ask<'_>,
    (side_no, side): (usize, &Side),
    (key, after, most): (Option<&str>, Option<&Place>, Option<usize>),
    mut tell: impl FnMut(Record),
) -> Result<(), DbError> {
    let Some(period) = period_of(ask, side.against) else { return Ok(()) };
    let ask = Ask { period: &period, ..*ask };
    let wants_values = side.take.how.wants_values();
    let Some(mut rows) = Rows::of(&ask, scope, &side.take.of) else {
        return stood(db, &ask, (side_no, side), (key, after, most), tell);
    };
    let mut also = String::new();
    if let (Some(by), Some(key)) = (ask.by, key) {
        let name = rows.clauses.bind(Value::Text(key.to_owned()));
        also += &format!(" AND {} = {name}", rows.column(by));
    }
    // What has no value adds nothing, and a mean is of those that have one.
    if wants_values {
        also += &format!(" AND {} IS NOT NULL", rows.value);
    }
    if let Some(after) = after {
        let seq = rows.clauses.bind(seq_value(after.seq));
        let no = rows.clauses.bind(Value::Int(after.no));
        let (at, of) = (rows.seq, rows.no);
        also += &format!(" AND ({at} > {seq} OR ({at} = {seq} AND {of} > {no}))");
    }
    let mut tail = format!("ORDER BY {}, {}", rows.seq, rows.no);
    if let Some(most) = most {
        let most = rows.clauses.bind(Value::Int(i64::try_from(most).unwrap_or(i64::MAX)));
        tail += &format!(" LIMIT {most}");
    }
    let value = if wants_values { rows.value } else { "CAST(1 AS BIGINT)" };
    let what = format!(
        "(SELECT named.id FROM matter AS named WHERE named.first_seq = tally.first_seq),
         {}, {}, {value}, {}",
        rows.seq,
        rows.no,
        rows.column(super::By::Unit)
    );
    let sql = rows.sql(&what, &also, &tail);
    db.query(&sql, &rows.clauses.values, |row| {
        tell(Record {
            side: side.name.clone(),
            seq: row.count(1)?,
            id: row.text(0)?.to_owned(),
            contribution: row.int(3)?,
            unit: Some(row.text(4)?.to_owned()),
            no: row.int(2)?,
            side_no,
        });
        Ok(())
    })
}

/// Tells what stood in the rules and a side counts, in order.
fn stood(
    db: &mut Db,
    ask: &Ask<'_>,
    (side_no, side): (usize, &Side),
    (key, after, most): (Option<&str>, Option<&Place>, Option<usize>),
    mut tell: impl FnMut(Record),
) -> Result<(), DbError> {
    let wants_values = side.take.how.wants_values();
    let is_after =
        |it: &standing::Item| after.is_none_or(|after| (it.seq, &it.id) > (after.seq, &after.id));
    let is_of = |it: &standing::Item| key.is_none_or(|key| it.key(ask.by) == Some(key));
    let items = standing::items(db, ask, &side.take)?.into_iter().filter(is_of).filter(is_after);
    for it in items.take(most.unwrap_or(usize::MAX)) {
        tell(Record {
            side: side.name.clone(),
            seq: it.seq,
            contribution: if wants_values { it.value.unwrap_or(0) } else { 1 },
            id: it.id,
            unit: it.unit,
            no: 0,
            side_no,
        });
    }
    Ok(())
}
