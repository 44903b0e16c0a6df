//! Counts and times of the steps of one period, in one statement.
//!
//! Invariant: it reads a range of one index for each kind of step, and no row of the table unless
//! classes or sources are told apart.

use super::{Ask, Taken, Takings, origin};
use crate::db::{Db, DbError, Value};
use crate::dialect;
use crate::filter::Clauses;
use crate::row::seq_value;
use bihuan_core::figure::Counting;
use bihuan_core::pack::{How, Origin, Take};
use bihuan_core::policy::Scope;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Steps alike in all that words of the vocabulary look at.
struct Alike {
    kind: String,
    how: String,
    on_time: bool,
    kept: bool,
    passed: bool,
    key: Option<String>,
    sums: Sums,
}

/// How many steps, how many of them took a time that is kept, and these times.
#[derive(Clone, Copy, Default)]
struct Sums {
    count: i64,
    timed: i64,
    sum: Option<i64>,
    min: Option<i64>,
    max: Option<i64>,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.count += other.count;
        self.timed += other.timed;
        self.sum = best(self.sum, other.sum, i64::saturating_add);
        self.min = best(self.min, other.min, i64::min);
        self.max = best(self.max, other.max, i64::max);
    }
}

/// One of two, or what `pick` makes of both.
fn best(one: Option<i64>, other: Option<i64>, pick: fn(i64, i64) -> i64) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(pick(one, other)),
        (one, other) => one.or(other),
    }
}

impl Alike {
    /// Whether a word counts these.
    fn is_of(&self, counting: &Counting) -> bool {
        self.kind == counting.kind.word()
            && (counting.how.is_empty() || counting.how.contains(&self.how.as_str()))
            && (!counting.on_time || self.on_time)
            && (!(counting.kept || counting.kind.is_state()) || self.kept)
            && (!counting.passed || self.passed)
    }

    /// Adds these to what a take has come to.
    fn add(&self, how: How, taken: &mut Taken) {
        let Sums { count, timed, sum, min, max } = self.sums;
        let (value, count) = match how {
            How::Min => (best(taken.value, min, i64::min), timed),
            How::Max => (best(taken.value, max, i64::max), timed),
            How::Sum | How::Average => (best(taken.value, sum, i64::saturating_add), timed),
            _ => (Some(taken.value.unwrap_or(0) + count), count),
        };
        *taken = Taken { value, count: taken.count + count };
    }
}

/// All counts and times of one period, in one statement.
pub(super) fn counts<'t>(
    db: &mut Db,
    scope: &Scope,
    ask: &Ask<'_>,
    takes: &[&'t Take],
) -> Result<Vec<(&'t Take, Takings)>, DbError> {
    let counting = |it: &Take| match it.of {
        Origin::Matters(it) => Some(it.counting()),
        _ => None,
    };
    let kinds: BTreeSet<&str> =
        takes.iter().filter_map(|it| Some(counting(it)?.kind.word())).collect();
    let mut clauses = Clauses::default();
    let pack = clauses.bind(Value::Text(ask.pack.id.0.clone()));
    let kinds = kinds.into_iter().map(|it| Value::Text(it.to_owned())).collect::<Vec<_>>();
    let kinds = clauses.bind_all(kinds.into_iter());
    let from = clauses.bind(Value::Int(ask.period.from.0));
    let to = clauses.bind(Value::Int(ask.period.to.0));
    let seq = clauses.bind(seq_value(ask.as_of.seq));
    let at = clauses.bind(Value::Int(ask.as_of.at.0));
    let seen = origin::seen(&mut clauses, scope);
    let key = ask.by.map_or("''", origin::tally_column);
    let (sums, tail) = if dialect::groups_by_hash(db) {
        let sums = "COUNT(*), COUNT(took_ms), CAST(SUM(took_ms) AS BIGINT), MIN(took_ms),
                    MAX(took_ms)";
        (sums, "GROUP BY 1, 2, 3, 4, 5, 6")
    } else {
        // Each row by itself: what is alike is put together as it is read.
        ("1, CAST(took_ms IS NOT NULL AS BIGINT), took_ms, took_ms, took_ms", "")
    };
    let sql = format!(
        "SELECT kind, how, COALESCE(on_time, 0),
                CAST(CASE WHEN left_seq <= {seq} THEN 0 ELSE 1 END AS BIGINT),
                CAST(CASE WHEN at_ms < {at} THEN 1 ELSE 0 END AS BIGINT),
                {key}, {sums}
         FROM tally
         WHERE pack = {pack} AND kind IN ({kinds}) AND at_ms >= {from} AND at_ms < {to}
           AND from_seq <= {seq} {seen} {tail}"
    );
    let alike = read(db, &sql, &clauses.values, ask.by.is_some())?;
    let mut all = Vec::new();
    for take in takes {
        let Some(counting) = counting(take) else { continue };
        let mut takings = Takings::new();
        for it in alike.iter().filter(|it| it.is_of(&counting)) {
            it.add(take.how, takings.entry(it.key.clone()).or_default());
        }
        all.push((*take, takings));
    }
    Ok(all)
}

/// Names, each with a number; few, and mostly the one as before.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    known: HashMap<String, usize>,
    last: usize,
}

impl Names {
    fn number(&mut self, name: &str) -> usize {
        if self.all.get(self.last).is_none_or(|it| it != name) {
            self.last = self.known.get(name).copied().unwrap_or_else(|| {
                self.all.push(name.to_owned());
                self.known.insert(name.to_owned(), self.all.len() - 1);
                self.all.len() - 1
            });
        }
        self.last
    }
}

/// In what steps are alike: kind, way, whether in time, kept and passed, and key.
type Likeness = (usize, usize, [i64; 3], usize);

/// Reads rows and puts those together that are alike.
fn read(db: &mut Db, sql: &str, values: &[Value], is_told: bool) -> Result<Vec<Alike>, DbError> {
    let (mut kinds, mut hows, mut keys) = (Names::default(), Names::default(), Names::default());
    let mut all: BTreeMap<Likeness, Sums> = BTreeMap::new();
    db.query(sql, values, |row| {
        let (kind, how) = (kinds.number(row.text(0)?), hows.number(row.text(1)?));
        let flags = [row.int(2)?, row.int(3)?, row.int(4)?];
        let key = if is_told { keys.number(row.text(5)?) } else { 0 };
        let (sum, min, max) = (row.some_int(8)?, row.some_int(9)?, row.some_int(10)?);
        let sums = Sums { count: row.int(6)?, timed: row.int(7)?, sum, min, max };
        all.entry((kind, how, flags, key)).or_default().add(&sums);
        Ok(())
    })?;
    let alike = |((kind, how, [on_time, kept, passed], key), sums): (Likeness, Sums)| Alike {
        kind: kinds.all[kind].clone(),
        how: hows.all[how].clone(),
        on_time: on_time == 1,
        kept: kept == 1,
        passed: passed == 1,
        key: is_told.then(|| keys.all[key].clone()),
        sums,
    };
    Ok(all.into_iter().map(alike).collect())
}
