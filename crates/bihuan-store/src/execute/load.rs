//! What a batch needs, loaded in few queries for all of its commands.

use crate::batch::{Head, Loaded};
use crate::db::{DbError, Row, Value};
use crate::dialect;
use crate::execute::{Receipt, Writer};
use crate::row::{Reach, Seqs};
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Matter, Near, Needs, Submission, needs_of};
use bihuan_core::place::cell;
use bihuan_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most matters that one opening looks at for duplicates and rebounds.
const NEAR_MAX: usize = 200;
/// Ranges of cells around one opening: a matter too many is read sooner than one more range.
const RANGES_MAX: usize = 4;
/// Openings that one statement looks around for; the last one is filled up with such as find
/// nothing, so that few distinct statements are prepared.
const OPENINGS: [usize; 3] = [1, 4, 16];
pub(super) type Known = BTreeMap<(String, String), (Vec<u8>, Receipt)>;

/// What a batch was loaded with.
#[derive(Debug, Default)]
pub(super) struct Stock {
    pub(super) matters: BTreeMap<MatterId, Matter>,
    pub(super) loaded: BTreeMap<MatterId, Loaded>,
    /// For each command of the batch that asks, the matters around its place.
    near: BTreeMap<usize, BTreeSet<MatterId>>,
    /// Matters that the batch has opened or changed so far: a later command may be near them.
    pub(super) fresh: BTreeSet<MatterId>,
    pub(super) counters: BTreeMap<String, u64>,
    pub(super) arrived: BTreeSet<String>,
}

impl Stock {
    /// The matters near the place of command `no`, in the order of their ids.
    pub(super) fn near(&self, no: usize) -> Vec<MatterId> {
        let near = self.near.get(&no);
        near.map_or_else(Vec::new, |it| it.union(&self.fresh).copied().collect())
    }
}

const MATTER_SQL: &str = "SELECT id, first_seq, last_seq, span_seq, state FROM matter WHERE id IN";

fn take_matter(row: &Row<'_>, stock: &mut Stock) -> Result<(), DbError> {
    let id = matter_id(row.text(0)?)?;
    if stock.matters.contains_key(&id) {
        return Ok(());
    }
    let matter: Matter = serde_json::from_str(row.text(4)?)
        .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))?;
    let seqs = Seqs { first: row.count(1)?, last: row.count(2)?, span: row.count(3)? };
    let stored_span = Some(seqs.span);
    stock.loaded.insert(id, Loaded { seqs, stored_span, changed: false, reach: Reach::Most });
    stock.matters.insert(id, matter);
    Ok(())
}

fn matter_id(text: &str) -> Result<MatterId, DbError> {
    text.parse().map(MatterId).map_err(|_| DbError::Unfit(format!("{text} is no id of a matter")))
}

impl Writer {
    pub(super) fn known(&mut self, batch: &[Submission]) -> Result<Known, DbError> {
        let keys: Vec<Vec<Value>> = batch
            .iter()
            .map(|it| vec![Value::Text(it.id.to_string()), Value::Text(it.by.0.clone())])
            .collect();
        let mut known = Known::new();
        for chunk in padded(&keys) {
            let sql = dialect::values_sql(
                "SELECT actor, id, digest, matter, version, first_seq, last_seq FROM command
                 WHERE (id, actor) IN (VALUES",
                2,
                chunk.len(),
                "",
                ")",
            );
            let values: Vec<Value> = chunk.into_iter().flatten().collect();
            self.db.query(&sql, &values, |row| {
                let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
                let receipt = Receipt {
                    matter: matter_id(row.text(3)?)?,
                    version: row.count(4)?,
                    first_seq: row.count(5)?,
                    last_seq: row.count(6)?,
                    replayed: true,
                };
                known.insert(key, (row.blob(2)?.to_vec(), receipt));
                Ok(())
            })?;
        }
        Ok(known)
    }

    /// Loads what the commands of a batch need, in few queries for all of them.
    pub(super) fn load(&mut self, head: &Head, batch: &[Submission]) -> Result<Stock, DbError> {
        let mut stock = Stock::default();
        let mut ids = BTreeSet::new();
        let mut counters = BTreeSet::new();
        let mut files = BTreeSet::new();
        let mut openings = Vec::new();
        let rules = Arc::clone(&self.rules);
        for (no, submission) in batch.iter().enumerate() {
            let needs: Needs = needs_of(&rules, head.now, submission);
            ids.extend(needs.matters);
            counters.extend(needs.counters);
            files.extend(needs.files);
            if let Some(near) = needs.near {
                // Where nothing is stored nearby, what the batch itself opens still may be.
                stock.near.insert(no, BTreeSet::new());
                openings.push((no, near));
            }
        }
        self.load_near(&openings, &mut stock)?;
        ids.retain(|it| !stock.matters.contains_key(it));
        self.load_matters(ids, &mut stock)?;
        let parents: BTreeSet<MatterId> =
            stock.matters.values().filter_map(|it| it.parent).collect();
        let parents = parents.into_iter().filter(|it| !stock.matters.contains_key(it)).collect();
        self.load_matters(parents, &mut stock)?;
        let sql = ("SELECT name, next FROM counter WHERE name IN", counters);
        let into = &mut stock.counters;
        self.load_keys(sql, |row| {
            into.insert(row.text(0)?.to_owned(), row.count(1)?);
            Ok(())
        })?;
        let sql = ("SELECT digest FROM file WHERE erased_seq IS NULL AND digest IN", files);
        let into = &mut stock.arrived;
        self.load_keys(sql, |row| {
            into.insert(row.text(0)?.to_owned());
            Ok(())
        })?;
        Ok(stock)
    }

    fn load_keys(
        &mut self,
        (head, keys): (&str, BTreeSet<String>),
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let keys: Vec<Vec<Value>> = keys.into_iter().map(|it| vec![Value::Text(it)]).collect();
        for chunk in padded(&keys) {
            let sql = in_sql(head, chunk.len());
            let values: Vec<Value> = chunk.into_iter().flatten().collect();
            self.db.query(&sql, &values, &mut each)?;
        }
        Ok(())
    }

    fn load_matters(&mut self, ids: BTreeSet<MatterId>, stock: &mut Stock) -> Result<(), DbError> {
        let keys = ids.iter().map(ToString::to_string).collect();
        self.load_keys((MATTER_SQL, keys), |row| take_matter(row, stock))
    }

    /// The matters that openings must be compared with, in one query for many of them: the newest
    /// for each, where there are more than one may look at.
    fn load_near(&mut self, openings: &[(usize, Near)], stock: &mut Stock) -> Result<(), DbError> {
        let most = OPENINGS[OPENINGS.len() - 1];
        for chunk in openings.chunks(most) {
            let size = OPENINGS.into_iter().find(|it| *it >= chunk.len()).unwrap_or(most);
            let mut values = Vec::with_capacity(size * NEAR_WIDTH);
            for place in 0..size {
                near_values(chunk.get(place).map(|it| &it.1), &mut values);
            }
            self.db.query(&near_sql(size), &values, |row| {
                let place = usize::try_from(row.int(5)?).unwrap_or(usize::MAX);
                let (no, _) = chunk.get(place).ok_or(DbError::Column(5, "an opening"))?;
                stock.near.entry(*no).or_default().insert(matter_id(row.text(0)?)?);
                take_matter(row, stock)
            })?;
        }
        Ok(())
    }
}

/// Values that one opening binds: pack, class, two moments, and ranges of cells.
const NEAR_WIDTH: usize = 4 + 2 * RANGES_MAX;

/// One part for each opening, so that each looks into the index of cells; a join with a table of
/// ranges would have PostgreSQL read all matters.
fn near_sql(openings: usize) -> String {
    let part = |no: usize| {
        let name = |it: usize| format!("${}", no * NEAR_WIDTH + it);
        let range =
            |it: usize| format!("cell BETWEEN {} AND {}", name(5 + 2 * it), name(6 + 2 * it));
        let ranges: Vec<String> = (0..RANGES_MAX).map(range).collect();
        // All that decides is in the index of cells, so that of many years in one place only what
        // may be the same is read. The sum keeps PostgreSQL from walking back along `first_seq`
        // until it has found enough. No bare columns: it would read all of an index for the class,
        // which half of all matters may be of.
        format!(
            "SELECT matter.id, matter.first_seq, matter.last_seq, matter.span_seq, matter.state,
                    CAST({no} AS BIGINT)
             FROM (SELECT first_seq FROM matter
                   WHERE ({}) AND COALESCE(pack, '') = {} AND COALESCE(class, '') = {}
                   AND (opened_ms >= {} OR cleared_ms >= {})
                   ORDER BY first_seq + 0 DESC LIMIT {NEAR_MAX}) AS near{no}
             CROSS JOIN matter WHERE matter.first_seq = near{no}.first_seq",
            ranges.join(" OR "),
            name(1),
            name(2),
            name(3),
            name(4),
        )
    };
    (0..openings).map(part).collect::<Vec<_>>().join(" UNION ALL ")
}

/// The values of one opening; a range that ends before it begins holds nothing.
fn near_values(near: Option<&Near>, values: &mut Vec<Value>) {
    let text = |it: Option<&str>| Value::Text(it.unwrap_or_default().to_owned());
    let moment = |it: Option<Instant>| Value::Int(it.map_or(i64::MAX, |it| it.0));
    values.push(text(near.map(|it| it.pack.0.as_str())));
    values.push(text(near.map(|it| it.class.0.as_str())));
    values.push(moment(near.map(|it| it.opened_since)));
    values.push(moment(near.map(|it| it.cleared_since)));
    let ranges = near.map(|it| cell::ranges_around(it.at, it.metres, RANGES_MAX));
    let ranges = ranges.unwrap_or_default();
    for no in 0..RANGES_MAX {
        let (low, high) = ranges.get(no).copied().unwrap_or((1, 0));
        values.extend([Value::Int(low), Value::Int(high)]);
    }
}

/// Keys in chunks of 64, 16, 4 or 1, the last one filled up by repeating its last key, so that
/// few distinct statements are prepared.
fn padded(keys: &[Vec<Value>]) -> Vec<Vec<Vec<Value>>> {
    let mut chunks = Vec::new();
    let mut rest = keys;
    while !rest.is_empty() {
        let size = [1, 4, 16, 64].into_iter().find(|it| *it >= rest.len()).unwrap_or(64);
        let (now, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        let mut chunk = now.to_vec();
        chunk.resize(size, now[now.len() - 1].clone());
        chunks.push(chunk);
    }
    chunks
}

fn in_sql(head: &str, count: usize) -> String {
    let numbers: Vec<String> = (1..=count).map(|it| format!("${it}")).collect();
    format!("{head} ({})", numbers.join(", "))
}
