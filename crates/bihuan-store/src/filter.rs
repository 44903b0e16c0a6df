//! Which matters a page, an export or a map shows, as clauses of SQL.
//!
//! Invariant: everything a sender gave is a parameter, never part of the text.

use crate::db::Value;
use bihuan_core::id::{ClassCode, PackId, StageId};
use bihuan_core::place::BBox;
use bihuan_core::place::cell::{self, RANGES_MAX};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;

/// Most units that are each looked up in the index; more are told apart row by row.
const UNITS_EACH_MAX: usize = 16;

/// Which matters are wanted; nothing set wants all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Responsible units, such as those of a subtree.
    pub units: Option<Vec<UnitId>>,
    /// Stage.
    pub stage: Option<StageId>,
    /// Class.
    pub class: Option<ClassCode>,
    /// Kind of loop.
    pub pack: Option<PackId>,
    /// Opened at or after.
    pub from: Option<Instant>,
    /// Opened before.
    pub to: Option<Instant>,
    /// Whether it has ended.
    pub standing: Standing,
    /// Words that its opening says.
    pub search: Option<String>,
    /// Where.
    pub within: Option<BBox>,
}

/// Whether a matter has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Either.
    #[default]
    Any,
    /// It has not ended.
    Open,
    /// It has not ended, and its deadline lies before this moment.
    Overdue(Instant),
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

    fn equal(&mut self, column: &str, value: Option<&str>) {
        if let Some(value) = value {
            let name = self.bind(Value::Text(value.to_owned()));
            self.parts.push(format!("matter.{column} = {name}"));
        }
    }

    /// All clauses joined, or what always holds.
    pub(crate) fn joined(&self) -> String {
        if self.parts.is_empty() { "1 = 1".to_owned() } else { self.parts.join(" AND ") }
    }
}

impl Filter {
    /// Whether all that a search finds may be shown.
    pub(crate) fn is_search_alone(&self) -> bool {
        *self == Filter { search: self.search.clone(), ..Filter::default() }
    }

    /// All clauses but those of the units and the search.
    pub(crate) fn clauses(&self) -> Clauses {
        let mut clauses = Clauses::default();
        clauses.equal("stage", self.stage.as_ref().map(|it| it.0.as_str()));
        clauses.equal("class", self.class.as_ref().map(|it| it.0.as_str()));
        clauses.equal("pack", self.pack.as_ref().map(|it| it.0.as_str()));
        for (column, moment) in [(">=", self.from), ("<", self.to)] {
            if let Some(moment) = moment {
                let name = clauses.bind(Value::Int(moment.0));
                clauses.parts.push(format!("matter.opened_ms {column} {name}"));
            }
        }
        match self.standing {
            Standing::Any => {}
            Standing::Open => clauses.parts.push("matter.owner_unit IS NOT NULL".into()),
            Standing::Overdue(now) => {
                let name = clauses.bind(Value::Int(now.0));
                clauses.parts.push("matter.owner_unit IS NOT NULL".into());
                clauses.parts.push(format!("matter.due_ms < {name}"));
            }
        }
        if let Some(bbox) = &self.within {
            clauses.within(bbox, self.standing != Standing::Any);
        }
        clauses
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
        let Some(units) = self.units.as_ref().filter(|it| it.len() > UNITS_EACH_MAX) else {
            return;
        };
        let names = clauses.bind_all(units.iter().map(|it| Value::Text(it.0.clone())));
        // No bare column: the index of one unit would have to be sorted over all of them.
        clauses.parts.push(format!("COALESCE(matter.responsible, '') IN ({names})"));
    }
}

impl Clauses {
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
