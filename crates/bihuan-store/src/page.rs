//! Pages of the ledger (台账), newest first, by keyset.
//!
//! Invariants: a page is at most three statements and never counts a table; a cursor is the id of
//! the last matter shown, which tells nobody how much was recorded.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::{Clauses, Filter, Standing};
use crate::scope;
use crate::search;
use crate::text::{self, Shown};
use bihuan_core::id::{ClassCode, MatterId, PackId, PersonId, PointId, StageId};
use bihuan_core::matter::Matter;
use bihuan_core::place::{BBox, Point};
use bihuan_core::policy::{Scope, Standpoint};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::Serialize;
use std::collections::BTreeSet;

/// Most matters of one page.
pub const PAGE_MAX: u32 = 1_000;
/// Matters that a search looks through for one page, where not all it finds may be shown.
const HITS_MAX: i64 = 1_000;

/// What a page is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// Which matters.
    pub filter: Filter,
    /// The last matter of the page before.
    pub after: Option<MatterId>,
    /// How many, at most [`PAGE_MAX`].
    pub limit: u32,
    /// Whether the whole matter is wanted beside its columns.
    pub whole: bool,
}

/// A page.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// Its matters, newest first.
    pub rows: Vec<PageRow>,
    /// Where the next page goes on; `None` after the last.
    pub next: Option<MatterId>,
}

/// A matter in a list.
#[derive(Clone, Debug, Serialize)]
pub struct PageRow {
    /// Its id.
    pub id: MatterId,
    /// Its version.
    pub version: u64,
    /// The kind of loop.
    pub pack: PackId,
    /// The stage it stands in.
    pub stage: StageId,
    /// What the stage means to the engine.
    pub meaning: String,
    /// The problem type.
    pub class: ClassCode,
    /// The source.
    pub source: String,
    /// Number since filing.
    pub number: Option<String>,
    /// Number of the clearance (销号).
    pub clear_number: Option<String>,
    /// The responsible unit.
    pub responsible: UnitId,
    /// The unit that owes the next move; `None` once ended.
    pub owner: Option<UnitId>,
    /// The person who does, once named.
    pub person: Option<PersonId>,
    /// That person's name.
    pub person_name: Shown,
    /// The unit whose area holds the place.
    pub place_unit: Option<UnitId>,
    /// The named point.
    pub point: Option<PointId>,
    /// That point's name.
    pub point_title: Option<Text>,
    /// Where, WGS-84.
    pub at: Option<Point>,
    /// When it was opened.
    pub opened_at: Instant,
    /// Until when.
    pub due_at: Option<Instant>,
    /// When it was cleared.
    pub cleared_at: Option<Instant>,
    /// The deadline that was missed first.
    pub overdue_at: Option<Instant>,
    /// How often it was sent back.
    pub rework: i64,
    /// Level of supervision.
    pub supervised: Option<String>,
    /// The opener's words.
    pub title: Shown,
    /// The whole matter, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<Box<Matter>>,
}

const COLUMNS: &str = "matter.id, matter.version, matter.pack, matter.stage, matter.meaning, \
    matter.class, matter.source, matter.number, matter.clear_number, matter.responsible, \
    matter.owner_unit, matter.owner_person, matter.place_unit, matter.point, matter.lon_e7, \
    matter.lat_e7, matter.opened_ms, matter.due_ms, matter.cleared_ms, matter.overdue_ms, \
    matter.rework, matter.supervised, \
    title.ref, title.bytes, title.erased_seq, point.zh, point.en";

const JOINS: &str = "LEFT JOIN content AS title \
        ON title.matter = matter.id AND title.kind = 'title' \
    LEFT JOIN point ON point.id = matter.point";

/// A page of the ledger, of what a scope holds. Of the whole matters only the operator is told
/// here; for others [`crate::matter::seen`] says what may be told of them.
///
/// # Errors
/// As the database says. A cursor that names no matter in the scope gives an empty page.
pub fn page(db: &mut Db, scope: &Scope, ask: &Ask) -> Result<Page, DbError> {
    match ask.filter.within {
        Some(within) if scope.coarse_m() > 0 => page_coarsely(db, scope, ask, within),
        _ => page_exactly(db, scope, ask),
    }
}

/// A page of those whose squares lie in a box: where just a matter is decides nothing.
fn page_coarsely(db: &mut Db, scope: &Scope, ask: &Ask, within: BBox) -> Result<Page, DbError> {
    let limit = usize::try_from(ask.limit.clamp(1, PAGE_MAX)).unwrap_or(usize::MAX);
    // What is shown in the box lies within half a square of it.
    let mut wide = ask.clone();
    wide.filter.within = Some(within.grown_m(scope.coarse_m()));
    let mut rows = Vec::new();
    loop {
        let page = page_exactly(db, scope, &wide)?;
        rows.extend(page.rows.into_iter().filter(|it| it.at.is_some_and(|at| within.contains(at))));
        wide.after = page.next;
        if page.next.is_none() || rows.len() > limit {
            break;
        }
    }
    let full = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map(|it| it.id).filter(|_| full);
    Ok(Page { rows, next })
}

fn page_exactly(db: &mut Db, scope: &Scope, ask: &Ask) -> Result<Page, DbError> {
    let empty = Page { rows: Vec::new(), next: None };
    let limit = i64::from(ask.limit.clamp(1, PAGE_MAX));
    // One more than asked for tells whether there is a next page.
    let most = limit + 1;
    let mut clauses = ask.filter.clauses();
    let before = below(&mut clauses, scope, ask.after);
    let (mut hits, mut table) = (None, None);
    if let Some(query) = ask.filter.search.as_deref() {
        if !scope.is_everything() {
            // Were the newest hits told apart only then, what is hidden would crowd out what is
            // not, and tell by it that it is there.
            table = search::table(db, &mut clauses, query);
            if table.is_none() {
                return Ok(empty);
            }
        } else if ask.filter.is_search_alone() {
            let found = search::select(db, &mut clauses, (query, before.as_deref()), most);
            let Some(found) = found else { return Ok(empty) };
            clauses.parts.push(format!("matter.first_seq IN ({found})"));
        } else {
            let found = search(db, scope, ask, query)?;
            if found.is_empty() {
                return Ok(empty);
            }
            let names = clauses.bind_all(found.iter().map(|it| Value::Int(*it)));
            clauses.parts.push(format!("matter.first_seq IN ({names})"));
            hits = Some(found);
        }
    }
    if let Some(before) = before {
        clauses.parts.push(format!("matter.first_seq < {before}"));
    }
    let whole = ask.whole && scope.standpoint() == Standpoint::Operator;
    let (sql, values) = select(scope, ask, clauses, (most, whole), table.as_deref());
    let mut rows = Vec::with_capacity(usize::try_from(most).unwrap_or(0));
    db.query(&sql, &values, |row| {
        let read = read(row, whole)?;
        // A field of the form may be called `title` too.
        if rows.last().is_none_or(|it: &PageRow| it.id != read.id) {
            rows.push(read);
        }
        Ok(())
    })?;
    let full = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    rows.iter_mut().for_each(|it| it.keep_to(scope));
    name_persons(db, &mut rows)?;
    let mut next = rows.last().map(|it| it.id).filter(|_| full);
    if let Some(last) = hits.filter(|it| next.is_none() && it.len() as i64 == HITS_MAX)
        && let Some(oldest) = last.last()
    {
        next = id_of(db, *oldest)?;
    }
    Ok(Page { rows, next })
}

impl PageRow {
    /// Takes out what the viewers of a scope do not see of any matter in it.
    fn keep_to(&mut self, scope: &Scope) {
        if matches!(scope.standpoint(), Standpoint::Outside | Standpoint::Public) {
            self.person = None;
        }
        if scope.standpoint() == Standpoint::Public {
            (self.number, self.clear_number) = (None, None);
            (self.point, self.point_title) = (None, None);
            self.title = Shown::None;
            self.at = self.at.map(|it| scope.shown_at(&self.pack, it));
        }
    }
}

/// The number that a page goes on below, as an expression; nothing lies below a matter that is not
/// there, or not in the scope.
fn below(clauses: &mut Clauses, scope: &Scope, after: Option<MatterId>) -> Option<String> {
    let id = clauses.bind(Value::Text(after?.to_string()));
    let before = clauses.parts.len();
    clauses.scope(scope);
    let seen: String = clauses.parts.drain(before..).map(|it| format!(" AND {it}")).collect();
    Some(format!("(SELECT matter.first_seq FROM matter WHERE matter.id = {id}{seen})"))
}

/// The newest matters that a search finds, of which others clauses choose.
fn search(db: &mut Db, scope: &Scope, ask: &Ask, query: &str) -> Result<Vec<i64>, DbError> {
    let mut clauses = Clauses::default();
    let before = below(&mut clauses, scope, ask.after);
    match search::select(db, &mut clauses, (query, before.as_deref()), HITS_MAX) {
        Some(sql) => db.all(&sql, &clauses.values, |row| row.int(0)),
        None => Ok(Vec::new()),
    }
}

/// Gives the persons of a page their names: few rows have one, and a join would be planned for all.
fn name_persons(db: &mut Db, rows: &mut [PageRow]) -> Result<(), DbError> {
    let persons: BTreeSet<PersonId> = rows.iter().filter_map(|it| it.person.clone()).collect();
    let names = text::names(db, &persons)?;
    for row in rows {
        let name = row.person.as_ref().and_then(|it| names.get(it));
        row.person_name = name.cloned().unwrap_or_default();
    }
    Ok(())
}

fn select(
    scope: &Scope,
    ask: &Ask,
    mut clauses: Clauses,
    (most, whole): (i64, bool),
    hits: Option<&str>,
) -> (String, Vec<Value>) {
    // The limit is part of the text: PostgreSQL would plan for a tenth of the table.
    // What is open inside a box is little, and found by its place: the sum keeps a database from
    // walking through all that is open, newest first, in search of it.
    let by_place = ask.filter.within.is_some() && ask.filter.standing != Standing::Any;
    let order = if by_place { "matter.first_seq + 0" } else { "matter.first_seq" };
    let newest = format!("ORDER BY {order} DESC LIMIT {most}");
    let state = if whole { ", matter.state" } else { "" };
    let from = format!("SELECT {COLUMNS}{state} FROM matter {JOINS} WHERE");
    ask.filter.units_clause(&mut clauses);
    let each = ask.filter.units_each();
    let nobody = ask.filter.units.as_ref().is_some_and(Vec::is_empty);
    if nobody {
        clauses.parts.push("1 = 0".to_owned());
    }
    let is_plain = ask.filter.units.is_none() && hits.is_none() && ask.filter.within.is_none();
    if is_plain && let Some(union) = scope::union(scope, &mut clauses, most) {
        return (format!("{from} matter.first_seq IN ({union}) {newest}"), clauses.values);
    }
    clauses.scope(&if hits.is_some() { scope.searched() } else { scope.clone() });
    if nobody || ask.filter.search.is_some() {
        if !each.is_empty() {
            let names = clauses.bind_all(each.iter().map(|it| Value::Text(it.0.clone())));
            clauses.parts.push(format!("COALESCE(matter.responsible, '') IN ({names})"));
        }
        if let Some(hits) = hits {
            // In this order on either database: hit after hit, until the page is full.
            let from = format!(
                "SELECT {COLUMNS}{state} FROM ({hits}) AS hit CROSS JOIN matter {JOINS}
                 WHERE matter.first_seq = hit.first_seq AND"
            );
            let newest = format!("ORDER BY hit.first_seq DESC LIMIT {most}");
            return (format!("{from} {} {newest}", clauses.joined()), clauses.values);
        }
        return (format!("{from} {} {newest}", clauses.joined()), clauses.values);
    }
    match each {
        [] => (format!("{from} {} {newest}", clauses.joined()), clauses.values),
        [one] => {
            let name = clauses.bind(Value::Text(one.0.clone()));
            clauses.parts.push(format!("matter.responsible = {name}"));
            (format!("{from} {} {newest}", clauses.joined()), clauses.values)
        }
        several => {
            let union = union(&mut clauses, several, &newest);
            (format!("{from} matter.first_seq IN ({union}) {newest}"), clauses.values)
        }
    }
}

/// The newest of each unit: each from the index, in its order.
fn union(clauses: &mut Clauses, units: &[UnitId], newest: &str) -> String {
    let same = clauses.joined();
    let mut parts = Vec::with_capacity(units.len());
    for (no, unit) in units.iter().enumerate() {
        let name = clauses.bind(Value::Text(unit.0.clone()));
        parts.push(format!(
            "SELECT first_seq FROM (SELECT matter.first_seq FROM matter \
             WHERE matter.responsible = {name} AND {same} {newest}) AS unit{no}"
        ));
    }
    parts.join(" UNION ALL ")
}

fn id_of(db: &mut Db, first_seq: i64) -> Result<Option<MatterId>, DbError> {
    let sql = "SELECT id FROM matter WHERE first_seq = $1";
    db.first(sql, &[Value::Int(first_seq)], |row| matter_id(row.text(0)?))
}

/// An id of a matter as a column holds it.
pub(crate) fn matter_id(text: &str) -> Result<MatterId, DbError> {
    text.parse().map(MatterId).map_err(|_| DbError::Unfit(format!("{text} is no id of a matter")))
}

fn read(row: &Row<'_>, whole: bool) -> Result<PageRow, DbError> {
    let text = |no: usize| Ok::<_, DbError>(row.text(no)?.to_owned());
    let some = |no: usize| Ok::<_, DbError>(row.some_text(no)?.map(ToOwned::to_owned));
    let moment = |no: usize| Ok::<_, DbError>(row.some_int(no)?.map(Instant));
    let id = matter_id(row.text(0)?)?;
    let point_title = match (some(25)?, some(26)?) {
        (Some(zh), Some(en)) => Some(Text { zh, en }),
        _ => None,
    };
    let matter = if whole {
        let state = serde_json::from_str(row.text(27)?);
        let damaged = |it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}"));
        Some(Box::new(state.map_err(damaged)?))
    } else {
        None
    };
    Ok(PageRow {
        id,
        version: row.count(1)?,
        pack: PackId(text(2)?),
        stage: StageId(text(3)?),
        meaning: text(4)?,
        class: ClassCode(text(5)?),
        source: text(6)?,
        number: some(7)?,
        clear_number: some(8)?,
        responsible: UnitId(text(9)?),
        owner: some(10)?.map(UnitId),
        person: some(11)?.map(PersonId),
        place_unit: some(12)?.map(UnitId),
        point: some(13)?.map(PointId),
        at: row
            .some_int(14)?
            .zip(row.some_int(15)?)
            .map(|(lon_e7, lat_e7)| Point { lon_e7, lat_e7 }),
        opened_at: Instant(row.int(16)?),
        due_at: moment(17)?,
        cleared_at: moment(18)?,
        overdue_at: moment(19)?,
        rework: row.int(20)?,
        supervised: some(21)?,
        title: Shown::read(row, 22)?,
        person_name: Shown::None,
        point_title,
        matter,
    })
}
