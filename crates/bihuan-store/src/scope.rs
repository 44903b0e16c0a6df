//! Which matters somebody sees, as clauses of SQL: a [`Scope`] of the policy, compiled.
//!
//! Invariant: the clause of a scope is true of just the rows whose matters the scope holds; what it
//! compares with are parameters, never part of the text.

use crate::db::{Db, DbError, Value};
use crate::dialect;
use crate::filter::Clauses;
use crate::matter::each;
use crate::row::{meaning_word, part_rows};
use bihuan_core::id::PersonId;
use bihuan_core::pack::Meaning;
use bihuan_core::policy::{Condition, Packs, Scope, Sector, Subtrees, is_published};
use bihuan_core::unit::{UnitId, scope_range};

/// Most units that are named one by one; more are found by their scopes.
const UNITS_NAMED_MAX: usize = 16;
/// Most ways into the matters of a scope that are each followed along their index.
const WAYS_MAX: usize = 200;
/// Most ways along which all matters of a scope are gathered.
const GATHERED_WAYS_MAX: usize = 12;

impl Clauses {
    /// Holds rows of `matter` to a scope; adds nothing where everything is seen.
    pub(crate) fn scope(&mut self, scope: &Scope) {
        if scope.is_everything() {
            return;
        }
        let sectors: Vec<String> = scope.sectors().iter().map(|it| self.sector(it)).collect();
        self.parts.push(match &sectors[..] {
            [] => "1 = 0".to_owned(),
            sectors => format!("({})", sectors.join(" OR ")),
        });
    }

    fn sector(&mut self, sector: &Sector) -> String {
        let packs = self.packs(&sector.packs);
        let any: Vec<String> = sector.any.iter().map(|it| self.condition(it)).collect();
        format!("{packs}({})", any.join(" OR "))
    }

    /// The clause of packs with the `AND` that follows it.
    fn packs(&mut self, packs: &Packs) -> String {
        let Packs::Some(packs) = packs else { return String::new() };
        let whole = packs.iter().filter(|it| it.revs.is_none());
        let whole: Vec<Value> = whole.map(|it| Value::Text(it.pack.0.clone())).collect();
        let mut any = Vec::new();
        if !whole.is_empty() {
            let names = self.bind_all(whole.into_iter());
            any.push(format!("matter.pack IN ({names})"));
        }
        for it in packs {
            let Some(revs) = &it.revs else { continue };
            let pack = self.bind(Value::Text(it.pack.0.clone()));
            let revs = self.bind_all(revs.iter().map(|it| Value::Int(i64::from(*it))));
            any.push(format!("(matter.pack = {pack} AND matter.rev IN ({revs}))"));
        }
        format!("({}) AND ", any.join(" OR "))
    }

    /// No bare columns: else the index of one of them is sorted over all it finds.
    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Always => "1 = 1".to_owned(),
            Condition::Published => published(),
            Condition::Place(units) => self.within_units("COALESCE(matter.place_unit, '')", units),
            Condition::Responsible(units) => {
                self.within_units("COALESCE(matter.responsible, '')", units)
            }
            Condition::Assigned(units) => self.within_units("COALESCE(matter.assigned, '')", units),
            Condition::Part(units) => {
                // The units of one matter are few: they are told apart, not each looked up.
                let part = self.within_units("COALESCE(matter_part.unit, '')", units);
                format!(
                    "EXISTS (SELECT 1 FROM matter_part
                     WHERE matter_part.first_seq = matter.first_seq AND {part})"
                )
            }
            Condition::OpenedBy(persons) => {
                let names = self.bind_all(persons.iter().map(person));
                format!("COALESCE(matter.opened_by, '') IN ({names})")
            }
            Condition::OpenedFor(units) => {
                let names = self.bind_all(units.iter().map(unit));
                format!("COALESCE(matter.opened_unit, '') IN ({names})")
            }
        }
    }

    fn within_units(&mut self, column: &str, units: &Subtrees) -> String {
        if units.units().len() <= UNITS_NAMED_MAX {
            let names = self.bind_all(units.units().iter().map(unit));
            return format!("{column} IN ({names})");
        }
        let mut ranges = Vec::new();
        for root in units.roots() {
            let (low, high) = scope_range(root);
            let (low, high) = (self.bind(Value::Text(low)), self.bind(Value::Text(high)));
            ranges.push(format!("(unit.scope >= {low} AND unit.scope < {high})"));
        }
        format!("{column} IN (SELECT unit.id FROM unit WHERE {})", ranges.join(" OR "))
    }
}

fn person(it: &PersonId) -> Value {
    Value::Text(it.0.clone())
}

fn unit(it: &UnitId) -> Value {
    Value::Text(it.0.clone())
}

fn published() -> String {
    let words = Meaning::ALL.iter().filter(|it| is_published(**it));
    let words: Vec<String> = words.map(|it| format!("'{}'", meaning_word(*it))).collect();
    format!("matter.meaning IN ({})", words.join(", "))
}

/// Units that took part, and the same beside the matters that they took part in.
const PARTS: &str = "matter_part";
const PARTS_OF_MATTERS: &str =
    "matter_part JOIN matter ON matter.first_seq = matter_part.first_seq";

/// A way into the matters of a scope along one index, newest first.
struct Way {
    /// What is read, with its joins.
    from: &'static str,
    /// What holds of it.
    holds: String,
    /// The column that it is in the order of.
    order: &'static str,
}

/// Which matters of each way into a scope are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// So many that were opened last.
    Newest(usize),
    /// So many that were opened first.
    Oldest(usize),
    /// All, where the ways are so few that not much is found.
    All,
}

/// First numbers of the matters of a scope that meet all clauses, as far as they are taken, and
/// perhaps of some more: a select for each way into the scope, where these are few and each has an
/// index. `None` where a look at row after row finds what is seen as soon.
pub(crate) fn union(db: &Db, scope: &Scope, clauses: &mut Clauses, take: Take) -> Option<String> {
    let most = if take == Take::All { GATHERED_WAYS_MAX } else { WAYS_MAX };
    // Where nothing else is asked of a matter, its own row need not be looked at.
    let is_bare = clauses.parts.is_empty();
    let same = clauses.joined();
    let ways = ways(scope, clauses, (most, is_bare))?;
    if ways.is_empty() {
        return None;
    }
    let (direction, most) = match take {
        Take::Newest(most) => (" DESC", Some(most)),
        Take::Oldest(most) => ("", Some(most)),
        Take::All => ("", None),
    };
    let select = |Way { from, holds, order }: &Way| {
        format!("SELECT {order} AS first_seq FROM {from} WHERE {holds} AND {same}")
    };
    let selects = ways.iter().map(select);
    let Some(most) = most else {
        return Some(selects.collect::<Vec<_>>().join(" UNION ALL "));
    };
    let selects: Vec<String> = selects.collect();
    Some(dialect::merged(db, &selects, direction, most))
}

fn ways(scope: &Scope, clauses: &mut Clauses, (most, is_bare): (usize, bool)) -> Option<Vec<Way>> {
    let mut count = 0;
    for condition in scope.sectors().iter().flat_map(|it| &it.any) {
        count += match condition {
            Condition::Place(units)
            | Condition::Responsible(units)
            | Condition::Part(units)
            | Condition::Assigned(units) => units.units().len(),
            Condition::OpenedBy(persons) => persons.len(),
            Condition::Always | Condition::Published | Condition::OpenedFor(_) => return None,
        };
    }
    if count > most {
        return None;
    }
    let mut ways = Vec::with_capacity(count);
    for sector in scope.sectors() {
        let packs = clauses.packs(&sector.packs);
        for condition in &sector.any {
            let parts = if is_bare && packs.is_empty() { PARTS } else { PARTS_OF_MATTERS };
            clauses.ways((parts, &packs), condition, &mut ways);
        }
    }
    Some(ways)
}

impl Clauses {
    fn ways(
        &mut self,
        (parts, packs): (&'static str, &str),
        condition: &Condition,
        ways: &mut Vec<Way>,
    ) {
        let mut way = |it: Value, holds: &dyn Fn(&str) -> String, from: &'static str| {
            let name = self.bind(it);
            let holds = format!("{packs}{}", holds(&name));
            let order = if from == "matter" { "matter.first_seq" } else { "matter_part.first_seq" };
            ways.push(Way { from, holds, order });
        };
        match condition {
            Condition::Place(units) => units
                .units()
                .iter()
                .for_each(|it| way(unit(it), &|it| format!("matter.place_unit = {it}"), "matter")),
            Condition::Responsible(units) => units
                .units()
                .iter()
                .for_each(|it| way(unit(it), &|it| format!("matter.responsible = {it}"), "matter")),
            Condition::Part(units) => units
                .units()
                .iter()
                .for_each(|it| way(unit(it), &|it| format!("matter_part.unit = {it}"), parts)),
            // Whoever a matter is assigned to took part in it.
            Condition::Assigned(units) => units.units().iter().for_each(|it| {
                let holds =
                    |it: &str| format!("matter_part.unit = {it} AND matter.assigned = {it}");
                way(unit(it), &holds, PARTS_OF_MATTERS);
            }),
            Condition::OpenedBy(persons) => persons
                .iter()
                .for_each(|it| way(person(it), &|it| format!("matter.opened_by = {it}"), "matter")),
            Condition::Always | Condition::Published | Condition::OpenedFor(_) => {}
        }
    }
}

/// Says whom each matter concerns, in a realm that lived before rows said so.
pub(crate) fn index(db: &mut Db) -> Result<(), DbError> {
    each(db, |db, matters| {
        let mut parts = Vec::new();
        for (first_seq, matter) in matters {
            let assigned = matter.handling.as_ref().map(|it| unit(&it.unit));
            let values = [
                Value::Int(*first_seq),
                Value::Int(i64::from(matter.rev)),
                assigned.unwrap_or(Value::Null),
                person(&matter.opened_by),
                unit(&matter.opened_unit),
            ];
            let sql = "UPDATE matter SET rev = $2, assigned = $3, opened_by = $4, opened_unit = $5
                       WHERE first_seq = $1";
            db.execute(sql, &values)?;
            parts.extend(part_rows(None, matter, first_seq.unsigned_abs()));
        }
        db.insert("INSERT INTO matter_part (unit, first_seq) VALUES", &parts, "")
    })
}
