//! Which matters a page, an export, a count or a map shows, as clauses of SQL.
//!
//! Invariants: everything a sender gave is a parameter, never part of the text; a filter by what
//! the viewers of a scope are not shown of any matter finds nothing.

use crate::db::Value;
use crate::page::is_listed;
use crate::row::meaning_word;
use bihuan_core::id::{ClassCode, PackId, PersonId, PointId, StageId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::Meaning;
use bihuan_core::place::BBox;
use bihuan_core::place::cell::{self, RANGES_MAX};
use bihuan_core::policy::{Standpoint, Viewer};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;

/// Most units that are each looked up in the index; more are told apart row by row.
const UNITS_EACH_MAX: usize = 16;

/// Which matters are wanted; nothing set wants all. Of several values one has to fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Responsible units, such as those of a subtree.
    pub units: Option<Vec<UnitId>>,
    /// Stages.
    pub stages: Vec<StageId>,
    /// What the stage means to the engine.
    pub meanings: Vec<Meaning>,
    /// Classes.
    pub classes: Vec<ClassCode>,
    /// Kinds of loop.
    pub packs: Vec<PackId>,
    /// Sources.
    pub sources: Vec<String>,
    /// Units that owe the next move.
    pub owners: Option<Vec<UnitId>>,
    /// Persons who do.
    pub persons: Vec<PersonId>,
    /// Units whose area holds the place, such as those of a subtree.
    pub places: Option<Vec<UnitId>>,
    /// Named points.
    pub points: Vec<PointId>,
    /// Levels of supervision.
    pub supervised: Vec<String>,
    /// Sent back at least so often.
    pub rework_min: Option<u32>,
    /// Whether it is a rebound.
    pub rebound: Option<bool>,
    /// It was cleared, and no deadline was missed before; or one was.
    pub cleared_on_time: Option<bool>,
    /// When it was opened.
    pub opened: Period,
    /// Its deadline.
    pub due: Period,
    /// When it was cleared.
    pub cleared: Period,
    /// The deadline that was missed first.
    pub overdue: Period,
    /// Numbers since filing.
    pub numbers: Vec<String>,
    /// How its number begins.
    pub number_prefix: Option<String>,
    /// Numbers of the clearance.
    pub clear_numbers: Vec<String>,
    /// Whether it has ended.
    pub standing: Standing,
    /// Words that its opening says.
    pub search: Option<String>,
    /// Where.
    pub within: Option<BBox>,
}

/// A span of time, open where an end is not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// At or after.
    pub from: Option<Instant>,
    /// Before.
    pub to: Option<Instant>,
}

/// Whether a matter has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Either.
    #[default]
    Any,
    /// It has not ended.
    Open,
    /// It has.
    Ended,
    /// It has not ended, and its deadline lies before this moment.
    Overdue(Instant),
    /// It has not ended, and its clock stands still (挂账).
    Suspended,
}

impl Standing {
    /// Whether only what has not ended is wanted.
    pub(crate) fn is_open(self) -> bool {
        !matches!(self, Standing::Any | Standing::Ended)
    }
}

/// Clauses and their parameters.
#[derive(Debug, Default)]
pub(crate) struct Clauses {
    pub(crate) parts: Vec<String>,
    pub(crate) values: Vec<Value>,
}

impl Clauses {
    /// A parameter for a value.
    pub(crate) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Parameters for keys, filled up to a power of four so that few statements are prepared.
    pub(crate) fn bind_all(&mut self, keys: impl ExactSizeIterator<Item = Value>) -> String {
        let count = keys.len();
        let mut size = 1;
        while size < count {
            size *= 4;
        }
        let mut names: Vec<String> = keys.map(|it| self.bind(it)).collect();
        let last = names.last().cloned().unwrap_or_else(|| self.bind(Value::Null));
        names.resize(size, last);
        names.join(", ")
    }

    /// A column is one of some texts; none set asks nothing of it.
    fn one_of<'a>(&mut self, column: Column, keys: impl ExactSizeIterator<Item = &'a str> + Clone) {
        let mut values = keys.map(|it| Value::Text(it.to_owned()));
        let part = match (values.len(), column.is_led) {
            (0, _) => return,
            (1, true) => {
                let name = self.bind(values.next().unwrap_or(Value::Null));
                format!("matter.{} = {name}", column.name)
            }
            // No bare column: the index of one value would have to be sorted over all of them.
            _ => format!("COALESCE(matter.{}, '') IN ({})", column.name, self.bind_all(values)),
        };
        self.parts.push(part);
    }

    /// A column holds one of some units.
    fn one_unit(&mut self, column: &str, units: Option<&Vec<UnitId>>) {
        let Some(units) = units else { return };
        if units.is_empty() {
            self.parts.push("1 = 0".to_owned());
            return;
        }
        let names = self.bind_all(units.iter().map(|it| Value::Text(it.0.clone())));
        self.parts.push(format!("COALESCE(matter.{column}, '') IN ({names})"));
    }

    /// A column of moments lies in a period.
    fn during(&mut self, column: &str, period: Period) {
        for (sign, moment) in [(">=", period.from), ("<", period.to)] {
            if let Some(moment) = moment {
                let name = self.bind(Value::Int(moment.0));
                self.parts.push(format!("matter.{column} {sign} {name}"));
            }
        }
    }

    /// All clauses joined, or what always holds.
    pub(crate) fn joined(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }
}

/// A column of texts, and whether an index that it leads may be followed.
#[derive(Clone, Copy)]
struct Column {
    name: &'static str,
    is_led: bool,
}

impl Filter {
    /// Whether all that a search finds may be shown.
    pub(crate) fn is_search_alone(&self) -> bool {
        *self == Filter { search: self.search.clone(), ..Filter::default() }
    }

    /// The same where persons whom a viewer is named in no list are asked for no more; `None` where
    /// nobody is left.
    pub(crate) fn by_shown_persons(&self, rules: &Rules, viewer: &Viewer) -> Option<Filter> {
        let mut filter = self.clone();
        filter.persons.retain(|it| is_listed(rules, viewer, it));
        (self.persons.is_empty() || !filter.persons.is_empty()).then_some(filter)
    }

    /// Whether it asks for something that viewers from there are not shown of any matter.
    pub(crate) fn asks_hidden(&self, standpoint: Standpoint) -> bool {
        let named = !self.numbers.is_empty()
            || self.number_prefix.is_some()
            || !self.clear_numbers.is_empty()
            || !self.points.is_empty();
        match standpoint {
            Standpoint::Operator | Standpoint::Official => false,
            Standpoint::Outside => !self.persons.is_empty(),
            Standpoint::Public => named || !self.persons.is_empty(),
        }
    }

    /// All clauses but those of the responsible units and the search; `is_led` where rows are
    /// wanted in the order in which they were opened, which the indexes of single columns keep.
    pub(crate) fn clauses(&self, is_led: bool) -> Clauses {
        let mut clauses = Clauses::default();
        let column = |name| Column { name, is_led };
        // Some standings are open alone, and what is open is little.
        let is_open = self.standing.is_open() || self.is_of_open_meanings();
        if is_open {
            clauses.parts.push("matter.owner_unit IS NOT NULL".into());
        }
        clauses.one_of(column("stage"), self.stages.iter().map(|it| it.0.as_str()));
        clauses.one_of(column("meaning"), self.meanings.iter().map(|it| meaning_word(*it)));
        clauses.one_of(column("class"), self.classes.iter().map(|it| it.0.as_str()));
        clauses.one_of(column("pack"), self.packs.iter().map(|it| it.0.as_str()));
        clauses.one_of(column("source"), self.sources.iter().map(String::as_str));
        clauses.one_unit("owner_unit", self.owners.as_ref());
        clauses.one_of(column("owner_person"), self.persons.iter().map(|it| it.0.as_str()));
        clauses.one_unit("place_unit", self.places.as_ref());
        clauses.one_of(column("point"), self.points.iter().map(|it| it.0.as_str()));
        clauses.one_of(column("supervised"), self.supervised.iter().map(String::as_str));
        if let Some(min) = self.rework_min {
            let name = clauses.bind(Value::Int(i64::from(min)));
            clauses.parts.push(format!("matter.rework >= {name}"));
        }
        match self.rebound {
            // The words of the index of rebounds.
            Some(true) => clauses.parts.push("matter.rebound = 1".into()),
            Some(false) => clauses.parts.push("matter.rebound = 0".into()),
            None => {}
        }
        if let Some(on_time) = self.cleared_on_time {
            let not = if on_time { "" } else { "NOT " };
            let missed = format!("matter.overdue_ms IS {not}NULL");
            clauses.parts.push(format!("matter.cleared_ms IS NOT NULL AND {missed}"));
        }
        for (column, period) in [
            ("opened_ms", self.opened),
            ("due_ms", self.due),
            ("cleared_ms", self.cleared),
            ("overdue_ms", self.overdue),
        ] {
            clauses.during(column, period);
        }
        clauses.numbers(self);
        match self.standing {
            Standing::Any | Standing::Open => {}
            Standing::Ended => clauses.parts.push("matter.owner_unit IS NULL".into()),
            Standing::Overdue(now) => {
                let name = clauses.bind(Value::Int(now.0));
                clauses.parts.push(format!("matter.due_ms < {name}"));
            }
            Standing::Suspended => clauses.parts.push(SUSPENDED.to_owned()),
        }
        if let Some(bbox) = &self.within {
            clauses.within(bbox, is_open);
        }
        clauses
    }

    /// Whether every meaning that is wanted is one of what has not ended.
    fn is_of_open_meanings(&self) -> bool {
        !self.meanings.is_empty() && self.meanings.iter().all(|it| !it.is_final())
    }

    /// Whether a box finds it all: what is open inside a box is little.
    pub(crate) fn is_by_place(&self) -> bool {
        self.within.is_some() && (self.standing.is_open() || self.is_of_open_meanings())
    }

    /// The units to look up one by one in the index.
    pub(crate) fn units_each(&self) -> &[UnitId] {
        match &self.units {
            Some(units) if units.len() <= UNITS_EACH_MAX => units,
            _ => &[],
        }
    }

    /// The clause of units that are told apart row by row.
    pub(crate) fn units_clause(&self, clauses: &mut Clauses) {
        if let Some(units) = self.units.as_ref().filter(|it| it.len() > UNITS_EACH_MAX) {
            clauses.one_unit("responsible", Some(units));
        }
    }
}

/// The span that runs says whether the clock stands still.
const SUSPENDED: &str = "EXISTS (SELECT 1 FROM span
    WHERE span.matter = matter.id AND span.from_seq = matter.span_seq AND span.suspended = 1)";

impl Clauses {
    /// Holds rows of `matter` to the responsible units of a filter, row by row.
    pub(crate) fn units(&mut self, filter: &Filter) {
        self.one_unit("responsible", filter.units.as_ref());
    }

    /// Numbers are unique: each has an index that finds it.
    fn numbers(&mut self, filter: &Filter) {
        for (column, keys) in [("number", &filter.numbers), ("clear_number", &filter.clear_numbers)]
        {
            if !keys.is_empty() {
                let names = self.bind_all(keys.iter().map(|it| Value::Text(it.clone())));
                let is_there = format!("matter.{column} IS NOT NULL");
                self.parts.push(format!("{is_there} AND matter.{column} IN ({names})"));
            }
        }
        if let Some(prefix) = &filter.number_prefix {
            let low = self.bind(Value::Text(prefix.clone()));
            let high = self.bind(Value::Text(format!("{prefix}\u{10ffff}")));
            self.parts.push(format!(
                "matter.number IS NOT NULL AND matter.number >= {low} AND matter.number < {high}"
            ));
        }
    }

    /// Inside a box: ranges of cells find what is near, the corners decide. What is open has an
    /// index of its own, which SQLite finds only where each range says so.
    fn within(&mut self, bbox: &BBox, open: bool) {
        let open = if open { "matter.owner_unit IS NOT NULL AND " } else { "" };
        let mut ranges = Vec::new();
        for (low, high) in cell::ranges(bbox, RANGES_MAX) {
            let (low, high) = (self.bind(Value::Int(low)), self.bind(Value::Int(high)));
            ranges.push(format!("{open}matter.cell BETWEEN {low} AND {high}"));
        }
        self.parts.push(format!("({})", ranges.join(" OR ")));
        let edges = [
            ("lon_e7 >=", bbox.west_e7),
            ("lon_e7 <=", bbox.east_e7),
            ("lat_e7 >=", bbox.south_e7),
            ("lat_e7 <=", bbox.north_e7),
        ];
        for (edge, value) in edges {
            let name = self.bind(Value::Int(value));
            self.parts.push(format!("matter.{edge} {name}"));
        }
    }
}
