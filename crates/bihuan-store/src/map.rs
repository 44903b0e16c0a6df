//! Matters on the map: one by one where they are few, counted in squares where they are many.
//!
//! Invariants: only what a scope holds is counted or shown; where places are shown in squares, the
//! square alone decides where a matter counts. A square of the map is a run of cells, so that the
//! database counts along one index; the rows themselves are read only where they are shown.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::{Clauses, Filter};
use crate::page::matter_id;
use crate::row::meaning_word;
use bihuan_core::id::{ClassCode, MatterId, PackId, StageId};
use bihuan_core::pack::Meaning;
use bihuan_core::place::cell::{key, square_cells};
use bihuan_core::place::{BBox, Point};
use bihuan_core::policy::Scope;
use bihuan_core::time::Instant;
use serde::Serialize;
use std::collections::BTreeMap;

/// Rows that are looked through where places are hidden in squares of their own; a map of more
/// counts the newest.
pub const HIDDEN_MAX: i64 = 50_000;
/// Squares of one matter that are shown as that matter.
const ALONE_MAX: usize = 1_024;

/// A matter on the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spot {
    /// Its id.
    pub id: MatterId,
    /// The kind of loop.
    pub pack: PackId,
    /// The stage it stands in.
    pub stage: StageId,
    /// What the stage means to the engine.
    pub meaning: String,
    /// The problem type.
    pub class: ClassCode,
    /// Until when.
    pub due_at: Option<Instant>,
    /// Where it is shown, WGS-84.
    pub at: Point,
}

impl Spot {
    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        Meaning::ALL.iter().any(|it| it.is_final() && meaning_word(*it) == self.meaning)
    }
}

/// Matters of one square of the map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Square {
    /// How many.
    pub count: u64,
    /// How many of them are open, and over their deadline.
    pub overdue: u64,
    /// The middle of where they are shown.
    pub at: Point,
    /// The matter, where it is alone.
    pub alone: Option<Spot>,
}

const COLUMNS: &str = "matter.id, matter.pack, matter.stage, matter.meaning, matter.class, \
    matter.due_ms, matter.lon_e7, matter.lat_e7";

/// The newest matters of a filter that has a box, at most `most`. A search by words is passed over.
///
/// # Errors
/// As the database says.
pub fn spots(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    most: usize,
) -> Result<Vec<Spot>, DbError> {
    let hidden = scope.coarse_m() > 0;
    let limit = if hidden { HIDDEN_MAX } else { i64::try_from(most).unwrap_or(i64::MAX) };
    let clauses = clauses(scope, filter);
    // The sum keeps a database from walking through all matters, newest first.
    let sql = format!(
        "SELECT {COLUMNS} FROM matter WHERE {}
         ORDER BY matter.first_seq + 0 DESC LIMIT {limit}",
        clauses.joined()
    );
    let mut spots = Vec::new();
    db.query(&sql, &clauses.values, |row| {
        let spot = spot(row, scope)?;
        if spots.len() < most && filter.within.is_none_or(|it| it.contains(spot.at)) {
            spots.push(spot);
        }
        Ok(())
    })?;
    Ok(spots)
}

/// The matters of a filter that has a box, counted in squares of a level, in the order of the
/// squares; `now` tells which are overdue. A search by words is passed over.
///
/// # Errors
/// As the database says.
pub fn squares(
    db: &mut Db,
    scope: &Scope,
    filter: &Filter,
    (level, now): (u32, Instant),
) -> Result<Vec<Square>, DbError> {
    if scope.coarse_m() > 0 {
        let spots = spots(db, scope, filter, usize::try_from(HIDDEN_MAX).unwrap_or(usize::MAX))?;
        return Ok(counted(spots, (level, now)));
    }
    let mut clauses = clauses(scope, filter);
    let now = clauses.bind(Value::Int(now.0));
    let square = format!("matter.cell / {}", square_cells(level));
    let sql = format!(
        "SELECT {square}, COUNT(*),
           COUNT(CASE WHEN matter.owner_unit IS NOT NULL AND matter.due_ms < {now} THEN 1 END),
           CAST(SUM(matter.lon_e7) AS BIGINT), CAST(SUM(matter.lat_e7) AS BIGINT),
           MIN(matter.first_seq)
         FROM matter WHERE {} GROUP BY {square} ORDER BY 1",
        clauses.joined()
    );
    let mut squares = Vec::new();
    let mut alone: BTreeMap<i64, usize> = BTreeMap::new();
    db.query(&sql, &clauses.values, |row| {
        let count = row.int(1)?;
        if count == 1 && alone.len() < ALONE_MAX {
            alone.insert(row.int(5)?, squares.len());
        }
        let at = Point { lon_e7: row.int(3)? / count, lat_e7: row.int(4)? / count };
        let (count, overdue) = (row.count(1)?, row.count(2)?);
        squares.push(Square { count, overdue, at, alone: None });
        Ok(())
    })?;
    tell_alone(db, scope, &alone, &mut squares)?;
    Ok(squares)
}

/// Says which matters are alone in their squares.
fn tell_alone(
    db: &mut Db,
    scope: &Scope,
    alone: &BTreeMap<i64, usize>,
    squares: &mut [Square],
) -> Result<(), DbError> {
    if alone.is_empty() {
        return Ok(());
    }
    let mut clauses = Clauses::default();
    let names = clauses.bind_all(alone.keys().map(|it| Value::Int(*it)));
    clauses.parts.push(format!("matter.first_seq IN ({names})"));
    clauses.scope(scope);
    let joined = clauses.joined();
    let sql = format!("SELECT {COLUMNS}, matter.first_seq FROM matter WHERE {joined}");
    db.query(&sql, &clauses.values, |row| {
        if let Some(square) = alone.get(&row.int(8)?).and_then(|it| squares.get_mut(*it)) {
            square.alone = Some(spot(row, scope)?);
        }
        Ok(())
    })
}

/// Spots counted where they are shown.
fn counted(spots: Vec<Spot>, (level, now): (u32, Instant)) -> Vec<Square> {
    let mut squares: BTreeMap<i64, Vec<Spot>> = BTreeMap::new();
    for spot in spots {
        squares.entry(key(spot.at) / square_cells(level)).or_default().push(spot);
    }
    let square = |spots: Vec<Spot>| {
        let count = i64::try_from(spots.len()).unwrap_or(i64::MAX);
        let sum = |each: fn(&Spot) -> i64| spots.iter().map(each).sum::<i64>();
        let at = Point {
            lon_e7: sum(|it| it.at.lon_e7) / count,
            lat_e7: sum(|it| it.at.lat_e7) / count,
        };
        let is_overdue = |it: &&Spot| !it.has_ended() && it.due_at.is_some_and(|due| due < now);
        let overdue = spots.iter().filter(is_overdue).count() as u64;
        let count = spots.len() as u64;
        let alone = <[Spot; 1]>::try_from(spots).ok().map(|[it]| it);
        Square { count, overdue, at, alone }
    };
    squares.into_values().map(square).collect()
}

fn clauses(scope: &Scope, filter: &Filter) -> Clauses {
    let mut filter = filter.clone();
    // What is shown in the box lies within half a square of it.
    filter.within = filter.within.map(|it: BBox| match scope.coarse_m() {
        0 => it,
        side_m => it.grown_m(side_m),
    });
    let mut clauses = filter.clauses(true);
    clauses.units(&filter);
    clauses.parts.push("matter.cell IS NOT NULL".to_owned());
    clauses.scope(scope);
    clauses
}

fn spot(row: &Row<'_>, scope: &Scope) -> Result<Spot, DbError> {
    let pack = PackId::from(row.text(1)?);
    let at = Point { lon_e7: row.int(6)?, lat_e7: row.int(7)? };
    Ok(Spot {
        id: matter_id(row.text(0)?)?,
        at: scope.shown_at(&pack, at),
        pack,
        stage: StageId::from(row.text(2)?),
        meaning: row.text(3)?.to_owned(),
        class: ClassCode::from(row.text(4)?),
        due_at: row.some_int(5)?.map(Instant),
    })
}
