//! Pages of the ledger (台账) in one of a few orders, by keyset.
//!
//! Invariants: a page is at most three statements and never counts a table; what it tells of a
//! matter is what every viewer of the scope is shown of it, and of the whole matter what this one
//! viewer is.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
pub use crate::filter::Filter;
use crate::order::Order;
pub use crate::order::{Mark, Sort};
use crate::scope::{self, Take};
use crate::search;
use crate::text::{self, Shown};
use bihuan_core::id::{ClassCode, MatterId, PackId, PersonId, PointId, StageId};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::place::{BBox, Point};
use bihuan_core::policy::{Scope, Sight, Standpoint, Viewer, redact, shows_person, sight};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use serde::Serialize;
use std::collections::BTreeSet;

/// Most matters of one page.
pub const PAGE_MAX: u32 = 1_000;
/// Most units whose matters are gathered and then put into an order that is not theirs; the
/// matters of more are met soon enough along the order.
const GATHERED_MAX: usize = 4;

/// What a page is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// Which matters.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Where the page before ended.
    pub after: Option<Mark>,
    /// How many, at most [`PAGE_MAX`].
    pub limit: u32,
    /// Whether the whole matter is wanted beside its columns.
    pub whole: bool,
}

/// A page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Page {
    /// Its matters, in the order that was asked for.
    pub rows: Vec<PageRow>,
    /// Where the next page goes on; `None` after the last.
    #[serde(skip)]
    pub next: Option<Mark>,
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
    /// The revision of the pack that it was opened under.
    #[serde(skip)]
    pub rev: Option<u32>,
    /// The whole matter, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<Box<Matter>>,
    #[serde(skip)]
    first_seq: i64,
    #[serde(skip)]
    last_seq: i64,
}

const COLUMNS: &str = "matter.id, matter.version, matter.pack, matter.stage, matter.meaning, \
    matter.class, matter.source, matter.number, matter.clear_number, matter.responsible, \
    matter.owner_unit, matter.owner_person, matter.place_unit, matter.point, matter.lon_e7, \
    matter.lat_e7, matter.opened_ms, matter.due_ms, matter.cleared_ms, matter.overdue_ms, \
    matter.rework, matter.supervised, \
    title.ref, title.bytes, title.erased_seq, point.zh, point.en, \
    matter.first_seq, matter.last_seq, matter.rev";
/// The column after [`COLUMNS`].
const STATE: usize = 30;

const JOINS: &str = "LEFT JOIN content AS title \
        ON title.matter = matter.id AND title.kind = 'title' \
    LEFT JOIN point ON point.id = matter.point";

/// A page of the ledger, of what a scope holds. Whole matters are told to the operator alone; for
/// others there is [`seen`].
///
/// # Errors
/// As the database says. After a place in another order comes nothing.
pub fn page(db: &mut Db, scope: &Scope, ask: &Ask) -> Result<Page, DbError> {
    let whole = ask.whole && scope.standpoint() == Standpoint::Operator;
    page_of(db, scope, &Ask { whole, ..ask.clone() })
}

/// A page as a viewer, whose scope this is, sees each of its matters.
///
/// # Errors
/// As the database says.
pub fn seen(
    db: &mut Db,
    (rules, viewer, scope): (&Rules, &Viewer, &Scope),
    ask: &Ask,
) -> Result<Page, DbError> {
    let Some(filter) = ask.filter.by_shown_persons(rules, viewer) else {
        return Ok(Page::default());
    };
    let mut page = page_of(db, scope, &Ask { filter, ..ask.clone() })?;
    for row in &mut page.rows {
        row.keep_staff(rules, viewer);
        row.matter = row
            .matter
            .take()
            .and_then(|whole| redact(rules, &whole, sight(rules, &whole, viewer)).map(Box::new));
    }
    Ok(page)
}

fn page_of(db: &mut Db, scope: &Scope, ask: &Ask) -> Result<Page, DbError> {
    match ask.filter.within {
        _ if ask.filter.asks_hidden(scope.standpoint()) => Ok(Page::default()),
        _ if ask.sort == Sort::Number && scope.standpoint() == Standpoint::Public => {
            Ok(Page::default())
        }
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
        if wide.after.is_none() || rows.len() > limit {
            break;
        }
    }
    let full = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().map(|it| it.mark(ask.sort)).filter(|_| full);
    Ok(Page { rows, next })
}

fn page_exactly(db: &mut Db, scope: &Scope, ask: &Ask) -> Result<Page, DbError> {
    let limit = usize::try_from(ask.limit.clamp(1, PAGE_MAX)).unwrap_or(usize::MAX);
    // One more than asked for tells whether there is a next page.
    let Some((sql, values)) = select(db, scope, ask, limit + 1) else {
        return Ok(Page::default());
    };
    let mut rows = Vec::with_capacity(limit + 1);
    db.query(&sql, &values, |row| {
        let read = read(row, ask.whole)?;
        // A field of the form may be called `title` too.
        if rows.last().is_none_or(|it: &PageRow| it.id != read.id) {
            rows.push(read);
        }
        Ok(())
    })?;
    let full = rows.len() > limit;
    rows.truncate(limit);
    // Before anything is taken out: a number that is not shown is no place either.
    let next = rows.last().map(|it| it.mark(ask.sort)).filter(|_| full);
    rows.iter_mut().for_each(|it| it.keep_to(scope));
    name_persons(db, &mut rows)?;
    Ok(Page { rows, next })
}

impl PageRow {
    /// Its place in an order.
    fn mark(&self, sort: Sort) -> Mark {
        let at = |it: Option<Instant>| Mark::At(it.map_or(0, |it| it.0), self.first_seq);
        match sort {
            Sort::Newest | Sort::Oldest => Mark::Seq(self.first_seq),
            Sort::Due => at(self.due_at),
            Sort::Overdue => at(self.overdue_at),
            Sort::Changed => Mark::Seq(self.last_seq),
            Sort::Number => Mark::Number(self.number.clone().unwrap_or_default()),
        }
    }

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

    /// Takes out a person who is no official: a reporter is named in no list.
    fn keep_staff(&mut self, rules: &Rules, viewer: &Viewer) {
        let is_shown = |it: &PersonId| is_listed(rules, viewer, it);
        if !self.person.as_ref().is_some_and(is_shown) {
            (self.person, self.person_name) = (None, Shown::None);
        }
    }
}

/// Whether a list names a person to a viewer: officials to officials, everybody to oneself.
pub fn is_listed(rules: &Rules, viewer: &Viewer, person: &PersonId) -> bool {
    viewer.standpoint() == Standpoint::Operator
        || viewer.as_person() == Some(person)
        || shows_person(rules, Sight::Beside, person)
}

/// The place of a matter in an order, as far as a scope holds it; nothing comes after one that is
/// not there.
///
/// # Errors
/// As the database says.
pub fn mark(db: &mut Db, scope: &Scope, sort: Sort, id: MatterId) -> Result<Option<Mark>, DbError> {
    let mut clauses = Clauses::default();
    let name = clauses.bind(Value::Text(id.to_string()));
    clauses.parts.push(format!("matter.id = {name}"));
    clauses.scope(scope);
    let sql = format!("SELECT {COLUMNS} FROM matter {JOINS} WHERE {}", clauses.joined());
    db.first(&sql, &clauses.values, |row| Ok(read(row, false)?.mark(sort)))
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

/// The statement of a page of `most` matters; `None` where it shows nothing.
fn select(db: &Db, scope: &Scope, ask: &Ask, most: usize) -> Option<(String, Vec<Value>)> {
    let Ask { filter, sort, .. } = ask;
    if filter.units.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let is_opening = sort.is_by_opening();
    let gathers = !is_opening && (1..=GATHERED_MAX).contains(&filter.units_each().len());
    // What a box or few units find is little: it is found by them, and sorted.
    let is_blurred = filter.is_by_place() || gathers || filter.within.is_some() && !is_opening;
    let order = Order { sort: *sort, is_blurred };
    let mut clauses = filter.clauses(is_opening);
    clauses.parts.extend(order.implied().map(str::to_owned));
    let mut select = Select { scope, ask, most, order, clauses };
    let sql = match filter.search.as_deref() {
        Some(query) => select.searched(db, query)?,
        None => select.listed(db, gathers),
    };
    Some((sql, select.clauses.values))
}

/// A statement being made.
struct Select<'a> {
    scope: &'a Scope,
    ask: &'a Ask,
    most: usize,
    order: Order,
    clauses: Clauses,
}

impl Select<'_> {
    /// What is read, and from where.
    fn columns(&self) -> String {
        format!("{COLUMNS}{}", if self.ask.whole { ", matter.state" } else { "" })
    }

    /// Rows of which something holds. The limit is part of the text: PostgreSQL would plan for a
    /// tenth of the table.
    fn rows(&self, holds: &str, order: Order) -> String {
        format!(
            "SELECT {} FROM matter {JOINS} WHERE {holds} ORDER BY {} LIMIT {}",
            self.columns(),
            order.by(),
            self.most
        )
    }

    /// What a search finds; `None` where it has no word.
    fn searched(&mut self, db: &Db, query: &str) -> Option<String> {
        let (filter, sort) = (&self.ask.filter, self.ask.sort);
        if self.scope.is_everything() && filter.is_search_alone() && sort == Sort::Newest {
            let before = match &self.ask.after {
                Some(Mark::Seq(seq)) => Some(self.clauses.bind(Value::Int(*seq))),
                _ => None,
            };
            let most = i64::try_from(self.most).unwrap_or(i64::MAX);
            let found = search::select(db, &mut self.clauses, (query, before.as_deref()), most)?;
            return Some(self.rows(&format!("matter.first_seq IN ({found})"), self.order));
        }
        let hits = search::table(db, &mut self.clauses, query)?;
        self.order.after(&mut self.clauses, self.ask.after.as_ref());
        self.clauses.units(filter);
        self.clauses.scope(&self.scope.searched());
        // In this order on either database: hit after hit. Were the newest hits told apart only
        // then, what is hidden would crowd out what is not, and tell by it that it is there.
        let by = match sort {
            Sort::Newest => "hit.first_seq DESC".to_owned(),
            Sort::Oldest => "hit.first_seq".to_owned(),
            _ => self.order.by(),
        };
        Some(format!(
            "SELECT {} FROM ({hits}) AS hit CROSS JOIN matter {JOINS}
             WHERE matter.first_seq = hit.first_seq AND {} ORDER BY {by} LIMIT {}",
            self.columns(),
            self.clauses.joined(),
            self.most
        ))
    }

    /// What is found without a search.
    fn listed(&mut self, db: &Db, gathers: bool) -> String {
        let (filter, sort, order) = (&self.ask.filter, self.ask.sort, self.order);
        order.after(&mut self.clauses, self.ask.after.as_ref());
        filter.units_clause(&mut self.clauses);
        let take = match sort {
            Sort::Newest => Some(Take::Newest(self.most)),
            Sort::Oldest => Some(Take::Oldest(self.most)),
            Sort::Changed | Sort::Number => Some(Take::All),
            // What is open is little, and met along its own index.
            Sort::Due | Sort::Overdue => None,
        };
        let take = take.filter(|_| filter.units.is_none() && filter.within.is_none());
        let union = take.and_then(|it| scope::union(db, self.scope, &mut self.clauses, it));
        if let Some(union) = union {
            let order = Order { is_blurred: !sort.is_by_opening(), ..order };
            return self.rows(&format!("matter.first_seq IN ({union})"), order);
        }
        self.clauses.scope(self.scope);
        let units = filter.units_each();
        let unit = |it: &UnitId| Value::Text(it.0.clone());
        if sort.is_by_opening() && units.len() > 1 {
            let union = self.each(units);
            return self.rows(&format!("matter.first_seq IN ({union})"), order);
        }
        match units {
            [] => {}
            [one] if sort.is_by_opening() => {
                let name = self.clauses.bind(unit(one));
                self.clauses.parts.push(format!("matter.responsible = {name}"));
            }
            several if gathers => {
                let names = self.clauses.bind_all(several.iter().map(unit));
                self.clauses.parts.push(format!("matter.responsible IN ({names})"));
            }
            _ => self.clauses.units(filter),
        }
        self.rows(&self.clauses.joined(), order)
    }

    /// The first of each unit: each from the index, in its order.
    fn each(&mut self, units: &[UnitId]) -> String {
        let same = self.clauses.joined();
        let (by, most) = (self.order.by(), self.most);
        let select = |(no, unit): (usize, &UnitId)| {
            let name = self.clauses.bind(Value::Text(unit.0.clone()));
            format!(
                "SELECT first_seq FROM (SELECT matter.first_seq FROM matter \
                 WHERE matter.responsible = {name} AND {same} ORDER BY {by} LIMIT {most}) \
                 AS unit{no}"
            )
        };
        units.iter().enumerate().map(select).collect::<Vec<_>>().join(" UNION ALL ")
    }
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
        let state = serde_json::from_str(row.text(STATE)?);
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
        rev: row.some_int(29)?.and_then(|it| u32::try_from(it).ok()),
        matter,
        first_seq: row.int(27)?,
        last_seq: row.int(28)?,
    })
}
