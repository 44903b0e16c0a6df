//! Adjustments (考核扣款) as rows: one, lists, what the scores of a period come to, statements.
//!
//! Invariants: rows follow from the record and are written by [`crate::execute`] alone; a sum of
//! money is of whole fen.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use crate::row::seq_value;
use bihuan_core::adjustment::{
    Account, Adjustment, AdjustmentStage, Asked, Gathered, Original, Period, RuleDocument, Scored,
    Statement, gather,
};
use bihuan_core::id::{AdjustmentId, PackId};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::Meaning;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most adjustments of one list.
pub const LIST_MAX: i64 = 500;
/// Most lines of one statement.
pub const LINES_MAX: i64 = 5_000;
/// Most units of one preview.
pub const UNITS_MAX: usize = 2_000;

fn text(it: &str) -> Value {
    Value::Text(it.to_owned())
}

fn damaged(what: &str, error: &serde_json::Error) -> DbError {
    DbError::Unfit(format!("the row of {what} is damaged: {error}"))
}

fn adjustment_of(state: &str) -> Result<Adjustment, DbError> {
    serde_json::from_str(state).map_err(|it| damaged("an adjustment", &it))
}

/// One adjustment.
///
/// # Errors
/// As the database says.
pub fn adjustment(db: &mut Db, id: AdjustmentId) -> Result<Option<Adjustment>, DbError> {
    let sql = "SELECT state FROM adjustment WHERE id = $1";
    db.first(sql, &[text(&id.to_string())], |row| adjustment_of(row.text(0)?))
}

/// Which adjustments are wanted; nothing set wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdjustmentFilter {
    /// Of these units.
    pub units: Option<Vec<UnitId>>,
    /// Of this pack.
    pub pack: Option<PackId>,
    /// At this stage.
    pub stage: Option<AdjustmentStage>,
}

/// Adjustments, the newest first; at most [`LIST_MAX`].
///
/// # Errors
/// As the database says.
pub fn list(db: &mut Db, filter: &AdjustmentFilter) -> Result<Vec<Adjustment>, DbError> {
    let mut clauses = Clauses::default();
    let mut parts = Vec::new();
    if let Some(units) = &filter.units {
        let names = clauses.bind_all(units.iter().map(|it| text(&it.0)));
        parts.push(format!("unit IN ({names})"));
    }
    if let Some(pack) = &filter.pack {
        parts.push(format!("pack = {}", clauses.bind(text(&pack.0))));
    }
    if let Some(stage) = filter.stage {
        parts.push(format!("stage = {}", clauses.bind(text(stage.word()))));
    }
    let only = if parts.is_empty() { String::new() } else { "WHERE ".to_owned() };
    let sql = format!(
        "SELECT state FROM adjustment {only}{}
         ORDER BY first_seq DESC LIMIT {LIST_MAX}",
        parts.join(" AND ")
    );
    db.all(&sql, &clauses.values, |row| adjustment_of(row.text(0)?))
}

/// A rule document by its key.
///
/// # Errors
/// As the database says.
pub fn document(db: &mut Db, id: &str) -> Result<Option<RuleDocument>, DbError> {
    let sql = "SELECT body FROM rule_document WHERE id = $1";
    db.first(sql, &[text(id)], |row| {
        serde_json::from_str(row.text(0)?).map_err(|it| damaged("a rule document", &it))
    })
}

/// All rule documents, in the order of their keys.
///
/// # Errors
/// As the database says.
pub fn documents(db: &mut Db) -> Result<Vec<RuleDocument>, DbError> {
    db.all("SELECT body FROM rule_document ORDER BY id", &[], |row| {
        serde_json::from_str(row.text(0)?).map_err(|it| damaged("a rule document", &it))
    })
}

/// Whose scores: a pack and a period, of one unit or of all.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The pack.
    pub pack: &'a PackId,
    /// The days.
    pub period: &'a Period,
    /// The unit; all units where absent.
    pub unit: Option<&'a UnitId>,
}

/// Scores with money, in the order of the record; none where the period is no period.
///
/// # Errors
/// As the database says.
pub fn scored(db: &mut Db, rules: &Rules, of: Of<'_>) -> Result<Vec<Scored>, DbError> {
    let Some((from, to)) = of.period.instants(rules.zone) else { return Ok(Vec::new()) };
    let mut clauses = Clauses::default();
    let pack = clauses.bind(text(&of.pack.0));
    let (from, to) = (clauses.bind(Value::Int(from.0)), clauses.bind(Value::Int(to.0)));
    let unit = of
        .unit
        .map_or_else(String::new, |it| format!("AND score.unit = {}", clauses.bind(text(&it.0))));
    let sql = format!(
        "SELECT score.seq, score.no, score.matter, score.unit, score.tariff, score.fen,
                matter.number, matter.rev, matter.opened_ms, matter.cleared_ms, matter.state,
                (SELECT COUNT(*) FROM score AS earlier
                 WHERE earlier.matter = score.matter AND earlier.tariff = score.tariff
                   AND (earlier.seq < score.seq
                        OR (earlier.seq = score.seq AND earlier.no < score.no))),
                (SELECT COUNT(*) FROM adjustment_case AS held
                 WHERE held.seq = score.seq AND held.no = score.no
                   AND held.is_counter = 0 AND held.held = 1)
         FROM score JOIN matter ON matter.id = score.matter
         WHERE score.fen <> 0 AND matter.pack = {pack}
           AND score.at_ms >= {from} AND score.at_ms < {to} {unit}
         ORDER BY score.seq, score.no"
    );
    db.all(&sql, &clauses.values, read_scored)
}

fn read_scored(row: &Row<'_>) -> Result<Scored, DbError> {
    let small = |it: i64| u32::try_from(it).unwrap_or(u32::MAX);
    let matter = matter_of(row.text(10)?)?;
    Ok(Scored {
        seq: row.count(0)?,
        no: small(row.int(1)?),
        matter: matter_id(row.text(2)?)?,
        unit: UnitId(row.text(3)?.to_owned()),
        tariff: row.text(4)?.to_owned(),
        fen: row.int(5)?,
        number: row.some_text(6)?.map(ToOwned::to_owned),
        rev: small(row.int(7)?),
        opened_at: Instant(row.int(8)?),
        cleared_at: row.some_int(9)?.map(Instant),
        is_void: is_void(&matter),
        is_exempt: matter.exempt,
        before: small(row.int(11)?),
        is_held: row.int(12)? > 0,
    })
}

fn matter_of(state: &str) -> Result<Matter, DbError> {
    serde_json::from_str(state).map_err(|it| damaged("a matter", &it))
}

/// What was voided, or is the duplicate of another, is no case.
fn is_void(matter: &Matter) -> bool {
    matches!(matter.standing.is, Meaning::Voided | Meaning::Merged)
}

/// Fen that living adjustments of a unit, pack and period hold, by tariff.
///
/// # Errors
/// As the database says.
pub fn charged(
    db: &mut Db,
    unit: &UnitId,
    pack: &PackId,
    period: &Period,
) -> Result<BTreeMap<String, i64>, DbError> {
    let sql = "SELECT adjustment_case.tariff, CAST(SUM(adjustment_case.fen) AS BIGINT)
               FROM adjustment_case JOIN adjustment ON adjustment.id = adjustment_case.adjustment
               WHERE adjustment.unit = $1 AND adjustment.pack = $2
                 AND adjustment.from_day = $3 AND adjustment.to_day = $4
                 AND adjustment_case.is_counter = 0 AND adjustment_case.held = 1
               GROUP BY adjustment_case.tariff";
    let values = [text(&unit.0), text(&pack.0), text(&period.from), text(&period.to)];
    let rows = db.all(sql, &values, |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))?;
    Ok(rows.into_iter().collect())
}

/// Whether a living adjustment of a unit and pack has another period that overlaps.
pub(crate) fn overlaps(
    db: &mut Db,
    unit: &UnitId,
    pack: &PackId,
    period: &Period,
) -> Result<bool, DbError> {
    let sql = "SELECT COUNT(*) FROM adjustment
               WHERE unit = $1 AND pack = $2 AND reverses IS NULL
                 AND stage NOT IN ('rejected', 'withdrawn')
                 AND from_day <= $4 AND to_day >= $3
                 AND (from_day <> $3 OR to_day <> $4)";
    let values = [text(&unit.0), text(&pack.0), text(&period.from), text(&period.to)];
    Ok(db.first(sql, &values, |row| row.int(0))?.unwrap_or(0) > 0)
}

/// Fen of rewards that living adjustments under a document have in a period.
pub(crate) fn rewarded(db: &mut Db, document: &str, period: &Period) -> Result<i64, DbError> {
    let sql = "SELECT CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) FROM adjustment
               WHERE document = $1 AND from_day <= $3 AND to_day >= $2
                 AND amount_fen > 0 AND reverses IS NULL
                 AND stage NOT IN ('rejected', 'withdrawn')";
    let values = [text(document), text(&period.from), text(&period.to)];
    Ok(db.first(sql, &values, |row| row.int(0))?.unwrap_or(0))
}

/// Places of the cases of an adjustment, from 0, whose matter has been voided or exempted since;
/// a counter-entry has none.
///
/// # Errors
/// As the database says.
pub fn fallen(db: &mut Db, id: AdjustmentId) -> Result<Vec<usize>, DbError> {
    let sql = "SELECT adjustment_case.place, matter.state
               FROM adjustment_case JOIN matter ON matter.id = adjustment_case.matter
               WHERE adjustment_case.adjustment = $1 AND adjustment_case.is_counter = 0
               ORDER BY adjustment_case.place";
    let rows = db.all(sql, &[text(&id.to_string())], |row| {
        let matter = matter_of(row.text(1)?)?;
        Ok((row.count(0)?, is_void(&matter) || matter.exempt))
    })?;
    let fell = rows.into_iter().filter(|it| it.1);
    Ok(fell.map(|it| usize::try_from(it.0).unwrap_or(usize::MAX)).collect())
}

/// An adjustment with the cases that a counter-entry may still undo.
///
/// # Errors
/// As the database says.
pub fn original(db: &mut Db, id: AdjustmentId) -> Result<Option<Original>, DbError> {
    let Some(adjustment) = adjustment(db, id)? else { return Ok(None) };
    let sql = "SELECT place FROM adjustment_case
               WHERE adjustment = $1 AND held = 1 AND is_counter = 0
                 AND NOT EXISTS (SELECT 1 FROM adjustment_case AS counter
                                 WHERE counter.seq = adjustment_case.seq
                                   AND counter.no = adjustment_case.no
                                   AND counter.is_counter = 1 AND counter.held = 1)";
    let open = db.all(sql, &[text(&id.to_string())], |row| row.count(0))?;
    let open = open.into_iter().map(|it| usize::try_from(it).unwrap_or(usize::MAX)).collect();
    Ok(Some(Original { adjustment, open }))
}

/// What the scores of one unit would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The unit.
    pub unit: UnitId,
    /// Cases, what is left out, amount.
    pub gathered: Gathered,
}

/// What the scores of a period would come to, for each unit of some that has any.
///
/// # Errors
/// As the database says.
pub fn preview(
    db: &mut Db,
    rules: &Rules,
    document: &RuleDocument,
    of: Of<'_>,
    units: &BTreeSet<UnitId>,
) -> Result<Vec<Preview>, DbError> {
    let mut by_unit: BTreeMap<UnitId, Vec<Scored>> = BTreeMap::new();
    for it in scored(db, rules, of)?.into_iter().filter(|it| units.contains(&it.unit)) {
        by_unit.entry(it.unit.clone()).or_default().push(it);
    }
    let mut previews = Vec::new();
    for (unit, scored) in by_unit.into_iter().take(UNITS_MAX) {
        let charged = charged(db, &unit, of.pack, of.period)?;
        let asked = Asked { rules, document, pack: of.pack, unit: &unit, charged: &charged };
        let gathered = gather(&asked, &scored);
        previews.push(Preview { unit, gathered });
    }
    Ok(previews)
}

/// Executed adjustments with cases that have fallen and that no counter-entry undoes yet.
///
/// # Errors
/// As the database says.
pub fn to_reverse(db: &mut Db, units: &[UnitId]) -> Result<Vec<(Adjustment, Vec<usize>)>, DbError> {
    let filter = AdjustmentFilter {
        units: Some(units.to_vec()),
        stage: Some(AdjustmentStage::Executed),
        pack: None,
    };
    let mut found = Vec::new();
    for it in list(db, &filter)?.into_iter().filter(|it| it.reverses.is_none()) {
        let Some(original) = original(db, it.id)? else { continue };
        let mut fell = fallen(db, it.id)?;
        fell.retain(|place| original.open.contains(place));
        if !fell.is_empty() {
            found.push((it, fell));
        }
    }
    Ok(found)
}

/// One line of the ledger, as a statement tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Posted {
    /// The adjustment.
    pub adjustment: AdjustmentId,
    /// When it was executed.
    pub at: Instant,
    /// Fen.
    pub fen: i64,
}

/// The statement of an account from one moment to another, the end exclusive.
///
/// # Errors
/// As the database says.
pub fn statement(
    db: &mut Db,
    account: &Account,
    (from, to): (Instant, Instant),
) -> Result<Statement<Posted>, DbError> {
    let (kind, key) = account.words();
    let sql = "SELECT CAST(COALESCE(SUM(fen), 0) AS BIGINT) FROM posting
               WHERE kind = $1 AND account = $2 AND at_ms < $3";
    let before = [text(kind), text(key), Value::Int(from.0)];
    let opening = db.first(sql, &before, |row| row.int(0))?.unwrap_or(0);
    let sql = "SELECT adjustment, at_ms, fen FROM posting
               WHERE kind = $1 AND account = $2 AND at_ms >= $3 AND at_ms < $4
               ORDER BY seq, no LIMIT $5";
    let [kind, key, from] = before;
    let values = [kind, key, from, Value::Int(to.0), Value::Int(LINES_MAX)];
    let lines = db.all(sql, &values, |row| {
        let adjustment = row.text(0)?.parse().map(AdjustmentId);
        let adjustment = adjustment.map_err(|it| DbError::Unfit(format!("a posting: {it}")))?;
        Ok(Posted { adjustment, at: Instant(row.int(1)?), fen: row.int(2)? })
    })?;
    Ok(Statement::of(opening, lines, |it| it.fen))
}

/// The row of an adjustment, in the order of [`COLUMNS`].
pub(crate) fn row_of(it: &Adjustment, (first, last): (u64, u64)) -> Vec<Value> {
    let state = serde_json::to_string(it).expect("an adjustment has only string keys");
    vec![
        text(&it.id.to_string()),
        seq_value(first),
        seq_value(last),
        seq_value(it.version),
        text(it.stage.word()),
        text(&it.pack.0),
        text(&it.unit.0),
        text(&it.period.from),
        text(&it.period.to),
        text(&it.basis.document),
        Value::Int(it.amount_fen),
        it.reverses.as_ref().map_or(Value::Null, |it| text(&it.of.to_string())),
        Value::Text(state),
    ]
}

/// Columns of `adjustment`.
pub(crate) const COLUMNS: &str = "id, first_seq, last_seq, version, stage, pack, unit, from_day, \
    to_day, document, amount_fen, reverses, state";

/// The rows of its cases, as they are proposed.
pub(crate) fn case_rows(it: &Adjustment) -> Vec<Vec<Value>> {
    let is_counter = Value::Int(i64::from(it.reverses.is_some()));
    let row = |(place, case): (u64, &bihuan_core::adjustment::Case)| {
        vec![
            text(&it.id.to_string()),
            seq_value(place),
            seq_value(case.seq),
            Value::Int(i64::from(case.no)),
            text(&case.matter.to_string()),
            text(&case.tariff),
            Value::Int(case.fen),
            is_counter.clone(),
            Value::Int(1),
        ]
    };
    (0..).zip(&it.cases).map(row).collect()
}

/// Columns of `adjustment_case`.
pub(crate) const CASE_COLUMNS: &str =
    "adjustment, place, seq, no, matter, tariff, fen, is_counter, held";

/// The rows of its two lines.
pub(crate) fn posting_rows(
    id: AdjustmentId,
    lines: &[bihuan_core::adjustment::Line],
    (seq, at): (u64, Instant),
) -> Vec<Vec<Value>> {
    let row = |(no, line): (u64, &bihuan_core::adjustment::Line)| {
        let (kind, account) = line.account.words();
        vec![
            seq_value(seq),
            seq_value(no),
            text(&id.to_string()),
            text(kind),
            text(account),
            Value::Int(at.0),
            Value::Int(line.fen),
        ]
    };
    (0..).zip(lines).map(row).collect()
}

/// Columns of `posting`.
pub(crate) const POSTING_COLUMNS: &str = "seq, no, adjustment, kind, account, at_ms, fen";
