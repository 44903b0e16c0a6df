//! Rankings (排名): what the record has of each unit in a period, as of one of its entries.
//!
//! Invariants: only entries up to the one that is named count, so that the same question gets the
//! same answer on any later day; points that a granted appeal took back do not count from its
//! entry on; units are counted, never persons.

use crate::db::{Db, DbError, Value};
use crate::record::{RankingSaid, Record, Said};
use crate::row::seq_value;
use bihuan_core::adjustment::Period;
use bihuan_core::id::PackId;
use bihuan_core::matter::event::What;
use bihuan_core::matter::state::AppealState;
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::RankingRule;
use bihuan_core::ranking::{Ranked, UnitTally};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use std::collections::{BTreeMap, BTreeSet};

/// Most published rankings of one list.
pub const LIST_MAX: i64 = 200;

/// What is ranked, and up to which entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankingAsk {
    /// The pack.
    pub pack: PackId,
    /// The unit whose units below are ranked.
    pub under: UnitId,
    /// The days.
    pub period: Period,
    /// Up to which entry of the record.
    pub as_of: u64,
}

/// Where a period lies, in the record and in time.
struct Window {
    pack: Value,
    from: Instant,
    /// The end of the period, or the moment of the last entry where that is earlier.
    to: Instant,
    as_of: Value,
}

impl Window {
    fn values(&self) -> [Value; 4] {
        [self.pack.clone(), Value::Int(self.from.0), Value::Int(self.to.0), self.as_of.clone()]
    }
}

/// The units of a ranking while they are counted.
struct Units<'a> {
    rules: &'a Rules,
    rule: &'a RankingRule,
    tallies: BTreeMap<UnitId, UnitTally>,
}

impl Units<'_> {
    /// The ranked unit that a unit is or lies below.
    fn of(&mut self, unit: &str) -> Option<&mut UnitTally> {
        let unit = UnitId(unit.to_owned());
        let ranked = self.rules.units.ancestor_of_kind(&unit, &self.rule.kind)?.id.clone();
        self.tallies.get_mut(&ranked)
    }
}

/// What the record has of each unit of the kind that is ranked; `None` where the period is none.
///
/// # Errors
/// As the database says.
pub fn tallies(
    db: &mut Db,
    rules: &Rules,
    rule: &RankingRule,
    ask: &RankingAsk,
) -> Result<Option<Vec<UnitTally>>, DbError> {
    let Some((from, to)) = ask.period.instants(rules.zone) else { return Ok(None) };
    let sql = "SELECT at_ms FROM event WHERE seq <= $1 ORDER BY seq DESC LIMIT 1";
    let last = db.first(sql, &[seq_value(ask.as_of)], |row| row.int(0))?.unwrap_or(0);
    let window = Window {
        pack: Value::Text(ask.pack.0.clone()),
        from,
        to: to.min(Instant(last.saturating_add(1))),
        as_of: seq_value(ask.as_of),
    };
    let mut units = Units { rules, rule, tallies: ranked_units(rules, rule, &ask.under, from) };
    points(db, &window, &mut units)?;
    work(db, &window, &mut units)?;
    looked(db, &window, &mut units)?;
    Ok(Some(units.tallies.into_values().collect()))
}

fn ranked_units(
    rules: &Rules,
    rule: &RankingRule,
    under: &UnitId,
    from: Instant,
) -> BTreeMap<UnitId, UnitTally> {
    let below = rules.units.subtree(under);
    let ranked = below.into_iter().filter(|it| it.kind == rule.kind && it.is_valid_at(from));
    let tally = |it: &bihuan_core::unit::Unit| {
        let base = rule.per.as_ref().map_or(1, |kind| {
            let below = rules.units.subtree(&it.id);
            below.iter().filter(|it| it.kind == *kind && it.is_valid_at(from)).count() as u64
        });
        let group = rule.groups.iter().find(|group| it.has_function(group));
        UnitTally {
            unit: it.id.clone(),
            group: group.cloned().unwrap_or_default(),
            cases: 0,
            points_milli: 0,
            overdue: 0,
            rework: 0,
            cleared: 0,
            took_ms: 0,
            base,
            inspected: false,
            waiting: 0,
        }
    };
    ranked.map(|it| (it.id.clone(), tally(it))).collect()
}

/// Points by matter, without those of matters whose appeal was granted by then.
fn points(db: &mut Db, window: &Window, units: &mut Units<'_>) -> Result<(), DbError> {
    let sql = "SELECT score.matter, score.unit, CAST(SUM(score.points_milli) AS BIGINT)
               FROM score JOIN matter ON matter.id = score.matter
               WHERE matter.pack = $1 AND score.at_ms >= $2 AND score.at_ms < $3
                 AND score.seq <= $4
               GROUP BY score.matter, score.unit
               ORDER BY score.matter, score.unit";
    let rows = db.all(sql, &window.values(), |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.int(2)?))
    })?;
    let granted = granted(db, window)?;
    for (_, unit, points) in rows.iter().filter(|it| !granted.contains(&it.0)) {
        if let Some(tally) = units.of(unit) {
            tally.points_milli = tally.points_milli.saturating_add(*points);
        }
    }
    Ok(())
}

/// Matters with points in the period whose appeal was granted up to the last entry that counts.
fn granted(db: &mut Db, window: &Window) -> Result<BTreeSet<String>, DbError> {
    // Only what has ended after missing a deadline can be appealed.
    let sql = "SELECT matter.id, matter.state FROM matter
               WHERE matter.overdue_ms IS NOT NULL AND matter.owner_unit IS NULL
                 AND matter.id IN (SELECT score.matter FROM score
                                   WHERE score.at_ms >= $2 AND score.at_ms < $3
                                     AND score.seq <= $4)
                 AND matter.pack = $1";
    let mut now = Vec::new();
    db.query(sql, &window.values(), |row| {
        let state: Matter = serde_json::from_str(row.text(1)?)
            .map_err(|it| DbError::Unfit(format!("the row of a matter is damaged: {it}")))?;
        if state.appeal == Some(AppealState::Granted) {
            now.push(row.text(0)?.to_owned());
        }
        Ok(())
    })?;
    let mut then = BTreeSet::new();
    for id in now {
        let sql = "SELECT bytes FROM event WHERE matter = $1 AND seq <= $2 ORDER BY seq DESC";
        let values = [Value::Text(id.clone()), window.as_of.clone()];
        let entries = db.all(sql, &values, |row| Ok(Record::from_bytes(row.blob(0)?).ok()))?;
        let grants = |it: &Record| {
            matches!(&it.said, Said::Matter(said)
                if matches!(said.event.what, What::Appealed(AppealState::Granted, _)))
        };
        if entries.iter().flatten().any(grants) {
            then.insert(id);
        }
    }
    Ok(then)
}

/// A stretch of a matter, as it was known at the last entry that counts.
struct Stretch {
    matter: String,
    unit: String,
    meaning: String,
    from: Instant,
    due: Option<Instant>,
    left: Option<Instant>,
}

/// Matters handled in the period: who was made responsible, what was late, came back, was cleared.
fn work(db: &mut Db, window: &Window, units: &mut Units<'_>) -> Result<(), DbError> {
    let sql = "SELECT matter, responsible, meaning, from_ms, due_ms,
                      CASE WHEN left_seq <= $4 THEN left_ms ELSE NULL END
               FROM span
               WHERE pack = $1 AND from_seq <= $4 AND from_ms < $3
                 AND matter IN (SELECT matter FROM span
                                WHERE pack = $1 AND meaning = 'handling' AND from_ms < $3
                                  AND from_seq <= $4
                                  AND (left_ms IS NULL OR left_ms >= $2))
               ORDER BY matter, from_seq";
    let stretches = db.all(sql, &window.values(), |row| {
        Ok(Stretch {
            matter: row.text(0)?.to_owned(),
            unit: row.text(1)?.to_owned(),
            meaning: row.text(2)?.to_owned(),
            from: Instant(row.int(3)?),
            due: row.some_int(4)?.map(Instant),
            left: row.some_int(5)?.map(Instant),
        })
    })?;
    for matter in stretches.chunk_by(|a, b| a.matter == b.matter) {
        of_matter(window, matter, units);
    }
    Ok(())
}

fn of_matter(window: &Window, stretches: &[Stretch], units: &mut Units<'_>) {
    let during = |at: Instant| window.from <= at && at < window.to;
    let is_handling = |it: &&Stretch| it.meaning == "handling";
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut late: BTreeSet<&str> = BTreeSet::new();
    for (no, it) in stretches.iter().enumerate().filter(|it| is_handling(&it.1)) {
        let before = no.checked_sub(1).and_then(|no| stretches.get(no));
        let came_back = before.is_some_and(|it| it.meaning == "declared");
        let missed = it.due.filter(|due| {
            during(*due) && it.left.is_none_or(|left| *due < left) && it.from <= *due
        });
        let is_new = seen.insert(&it.unit) && during(it.from);
        let is_late = missed.is_some() && late.insert(&it.unit);
        let Some(tally) = units.of(&it.unit) else { continue };
        tally.cases += u64::from(is_new);
        tally.overdue += u64::from(is_late);
        tally.rework += u64::from(came_back && during(it.from));
    }
    // What was cleared counts for the unit that is responsible at the end.
    let Some(closed) = stretches.last().filter(|it| it.meaning == "closed") else { return };
    let begun = stretches.iter().filter(is_handling).find(|it| it.unit == closed.unit);
    if let Some(begun) = begun.filter(|it| during(it.from))
        && let Some(tally) = units.of(&closed.unit)
    {
        tally.cleared += 1;
        tally.took_ms = tally.took_ms.saturating_add(closed.from.0 - begun.from.0);
    }
}

/// Where somebody opened something, and what of it waits to be dispatched. What a unit reported on
/// itself proves no patrol.
fn looked(db: &mut Db, window: &Window, units: &mut Units<'_>) -> Result<(), DbError> {
    let sql = "SELECT span.place_unit, span.source, matter.rev,
                      CAST(CASE WHEN span.left_seq <= $4 THEN 0 ELSE 1 END AS BIGINT),
                      span.meaning
               FROM span JOIN matter ON matter.id = span.matter
               WHERE span.pack = $1 AND span.from_seq <= $4
                 AND span.from_ms >= $2 AND span.from_ms < $3
                 AND span.meaning IN ('opened', 'filed', 'self_handled')
                 AND span.place_unit IS NOT NULL
               ORDER BY span.from_seq";
    let rows = db.all(sql, &window.values(), |row| {
        let source = (row.text(1)?.to_owned(), u32::try_from(row.int(2)?).unwrap_or(0));
        let waits = row.int(3)? == 1 && row.text(4)? != "self_handled";
        Ok((row.text(0)?.to_owned(), source, waits))
    })?;
    let rules = units.rules;
    let Value::Text(pack) = &window.pack else { return Ok(()) };
    let revisions = rules.packs.get(&PackId(pack.clone()));
    for (unit, (source, rev), waits) in rows {
        let pack = revisions.and_then(|it| it.get(&rev));
        let is_own = pack.and_then(|it| it.source(&source)).is_some_and(|it| it.self_reported);
        if let Some(tally) = units.of(&unit) {
            tally.inspected |= !is_own;
            tally.waiting += u64::from(waits);
        }
    }
    Ok(())
}

/// A ranking that was published.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// When.
    pub at: Instant,
    /// What was said.
    pub said: RankingSaid,
}

/// Published rankings under some units, the newest first; at most [`LIST_MAX`].
///
/// # Errors
/// As the database says.
pub fn published(db: &mut Db) -> Result<Vec<Published>, DbError> {
    let sql = format!("SELECT at_ms, state FROM ranking ORDER BY seq DESC LIMIT {LIST_MAX}");
    db.all(&sql, &[], |row| {
        let said = serde_json::from_str(row.text(1)?)
            .map_err(|it| DbError::Unfit(format!("the row of a ranking is damaged: {it}")))?;
        Ok(Published { at: Instant(row.int(0)?), said })
    })
}

/// Columns of `ranking`.
pub(crate) const RANKING_COLUMNS: &str =
    "seq, at_ms, pack, ranking, under, from_day, to_day, as_of, digest, state";

/// The row of a published ranking.
pub(crate) fn ranking_row(seq: u64, at: Instant, said: &RankingSaid) -> Vec<Value> {
    let state = serde_json::to_string(said).expect("a ranking has only string keys");
    let text = |it: &str| Value::Text(it.to_owned());
    vec![
        seq_value(seq),
        Value::Int(at.0),
        text(&said.pack.0),
        text(&said.ranking),
        text(&said.under.0),
        text(&said.period.from),
        text(&said.period.to),
        seq_value(said.as_of),
        text(&said.digest),
        Value::Text(state),
    ]
}

/// How the rank of a unit was before, by unit.
#[must_use]
pub fn ranks(rows: &[Ranked]) -> BTreeMap<UnitId, Option<u64>> {
    rows.iter().map(|it| (it.tally.unit.clone(), it.rank)).collect()
}
