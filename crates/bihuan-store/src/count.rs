//! Counts of matters by one or two of their columns, under the filter and the scope of a list.
//!
//! Invariants: what is counted is what the list of the same filter shows to the same viewer; each
//! count is told apart by pack, so that the small ones of a sealed pack can be withheld. Counts
//! whole tables: not for pages.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::{Clauses, Filter};
use crate::page::is_listed;
use crate::search;
use bihuan_core::id::{PackId, PersonId};
use bihuan_core::matter::Rules;
use bihuan_core::place::Point;
use bihuan_core::policy::{Scope, Standpoint, Viewer};
use bihuan_core::time::{DAY_MS, Zone, date_of_day};
use std::collections::BTreeMap;

/// Most cells that one statement reads before they are put together.
pub const READ_MAX: usize = 200_000;
/// Most dimensions of one count.
pub const DIMENSIONS_MAX: usize = 2;

/// By what matters are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Kind of loop.
    Pack,
    /// Stage.
    Stage,
    /// What the stage means.
    Meaning,
    /// Class.
    Class,
    /// Source.
    Source,
    /// Responsible unit.
    Unit,
    /// Unit that owes the next move.
    Owner,
    /// Person who does.
    Person,
    /// Unit whose area holds the place.
    PlaceUnit,
    /// Named point.
    Point,
    /// Level of supervision.
    Supervised,
    /// How often it was sent back.
    Rework,
    /// Day, week (from Monday) or month of its opening.
    Opened(Span),
    /// Day, week or month of its clearing.
    Cleared(Span),
}

/// A stretch of the calendar, in the realm's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// `2021-04-16`.
    Day,
    /// Its Monday, `2021-04-12`.
    Week,
    /// `2021-04`.
    Month,
}

impl Dimension {
    /// All there are, each with its word.
    pub const ALL: [(&'static str, Dimension); 18] = [
        ("pack", Dimension::Pack),
        ("stage", Dimension::Stage),
        ("meaning", Dimension::Meaning),
        ("class", Dimension::Class),
        ("source", Dimension::Source),
        ("unit", Dimension::Unit),
        ("owner", Dimension::Owner),
        ("person", Dimension::Person),
        ("place_unit", Dimension::PlaceUnit),
        ("point", Dimension::Point),
        ("supervised", Dimension::Supervised),
        ("rework", Dimension::Rework),
        ("opened_day", Dimension::Opened(Span::Day)),
        ("opened_week", Dimension::Opened(Span::Week)),
        ("opened_month", Dimension::Opened(Span::Month)),
        ("cleared_day", Dimension::Cleared(Span::Day)),
        ("cleared_week", Dimension::Cleared(Span::Week)),
        ("cleared_month", Dimension::Cleared(Span::Month)),
    ];

    /// What is counted by, as an expression; what viewers from there are not shown is nothing.
    fn column(self, clauses: &mut Clauses, zone: Zone, standpoint: Standpoint) -> String {
        let is_public = standpoint == Standpoint::Public;
        let mut day = |column: &str| {
            let ahead = clauses.bind(Value::Int(i64::from(zone.0) * 1_000));
            format!("CAST((matter.{column} + {ahead}) / {DAY_MS} AS TEXT)")
        };
        match self {
            Dimension::Pack => "matter.pack".to_owned(),
            Dimension::Stage => "matter.stage".to_owned(),
            Dimension::Meaning => "matter.meaning".to_owned(),
            Dimension::Class => "matter.class".to_owned(),
            Dimension::Source => "matter.source".to_owned(),
            Dimension::Unit => "matter.responsible".to_owned(),
            Dimension::Owner => "matter.owner_unit".to_owned(),
            Dimension::Person if is_public || standpoint == Standpoint::Outside => none(),
            Dimension::Person => "matter.owner_person".to_owned(),
            Dimension::PlaceUnit => "matter.place_unit".to_owned(),
            Dimension::Point if is_public => none(),
            Dimension::Point => "matter.point".to_owned(),
            Dimension::Supervised => "matter.supervised".to_owned(),
            Dimension::Rework => "CAST(matter.rework AS TEXT)".to_owned(),
            Dimension::Opened(_) => day("opened_ms"),
            Dimension::Cleared(_) => day("cleared_ms"),
        }
    }

    /// A key as it is told, from what the column held.
    fn key(self, held: &str) -> Option<String> {
        let (Dimension::Opened(span) | Dimension::Cleared(span)) = self else {
            return Some(held.to_owned());
        };
        let day: i64 = held.parse().ok()?;
        // 1970-01-01 was a Thursday.
        let monday = day - (day + 3).rem_euclid(7);
        Some(match span {
            Span::Day => date_of_day(day).to_string(),
            Span::Week => date_of_day(monday).to_string(),
            Span::Month => {
                let date = date_of_day(day);
                format!("{:04}-{:02}", date.year(), date.month())
            }
        })
    }
}

fn none() -> String {
    "CAST(NULL AS TEXT)".to_owned()
}

/// Matters of one pack that are alike in what is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What they are alike in, in the order of the dimensions; `None` where a matter has none, or
    /// none that is told.
    pub keys: Vec<Option<String>>,
    /// Their pack.
    pub pack: PackId,
    /// How many.
    pub count: u64,
}

/// Counts the matters that a list of the same filter shows to a viewer, whose scope this is; days
/// of one week or month are told as one. `None` where there are more than [`READ_MAX`].
///
/// # Errors
/// As the database says.
pub fn count(
    db: &mut Db,
    (rules, viewer, scope): (&Rules, &Viewer, &Scope),
    filter: &Filter,
    by: &[Dimension],
) -> Result<Option<Vec<Counted>>, DbError> {
    let shown = filter.by_shown_persons(rules, viewer);
    let Some(filter) = shown.filter(|it| !it.asks_hidden(scope.standpoint())) else {
        return Ok(Some(Vec::new()));
    };
    let Some((sql, values)) = select(db, scope, (&filter, rules.zone), by) else {
        return Ok(Some(Vec::new()));
    };
    // Of matters that are shown in squares, the square decides whether they lie in a box.
    let squares = filter.within.filter(|_| scope.coarse_m() > 0);
    let mut cells: BTreeMap<(Vec<Option<String>>, PackId), u64> = BTreeMap::new();
    let mut read = 0;
    db.query(&sql, &values, |row| {
        read += 1;
        let cell = cell(row, by, (rules, viewer))?;
        let place = row.some_int(by.len() + 2)?.zip(row.some_int(by.len() + 3)?);
        let at = place.map(|(lon_e7, lat_e7)| Point { lon_e7, lat_e7 });
        let at = at.map(|at| scope.shown_at(&cell.pack, at));
        if squares.is_none_or(|it| at.is_some_and(|at| it.contains(at))) {
            // Where just a matter is does not tell it from others of its square.
            *cells.entry((cell.keys, cell.pack)).or_default() += cell.count;
        }
        Ok(())
    })?;
    let counted = |((keys, pack), count)| Counted { keys, pack, count };
    Ok((read <= READ_MAX).then(|| cells.into_iter().map(counted).collect()))
}

fn select(
    db: &Db,
    scope: &Scope,
    (filter, zone): (&Filter, Zone),
    by: &[Dimension],
) -> Option<(String, Vec<Value>)> {
    let squares = filter.within.is_some() && scope.coarse_m() > 0;
    let mut filter = filter.clone();
    filter.within = filter.within.map(|it| it.grown_m(scope.coarse_m()));
    let mut clauses = filter.clauses(true);
    clauses.units(&filter);
    if let Some(query) = filter.search.as_deref() {
        let hits = search::table(db, &mut clauses, query)?;
        clauses.parts.push(format!("matter.first_seq IN ({hits})"));
        clauses.scope(&scope.searched());
    } else {
        clauses.scope(scope);
    }
    let mut columns: Vec<String> =
        by.iter().map(|it| it.column(&mut clauses, zone, scope.standpoint())).collect();
    columns.push("matter.pack".to_owned());
    let place = if squares { "matter.lon_e7, matter.lat_e7" } else { NO_PLACE };
    let groups = columns.len() + 1;
    let mut order: Vec<String> = (1..groups).map(|it| it.to_string()).collect();
    if squares {
        order.extend([groups + 1, groups + 2].map(|it| it.to_string()));
    }
    let sql = format!(
        "SELECT {}, COUNT(*), {place} FROM matter WHERE {} GROUP BY {} LIMIT {}",
        columns.join(", "),
        clauses.joined(),
        order.join(", "),
        READ_MAX + 1
    );
    Some((sql, clauses.values))
}

/// Where places do not matter.
const NO_PLACE: &str = "CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)";

fn cell(
    row: &Row<'_>,
    by: &[Dimension],
    (rules, viewer): (&Rules, &Viewer),
) -> Result<Counted, DbError> {
    let mut keys = Vec::with_capacity(by.len());
    for (no, dimension) in by.iter().enumerate() {
        let held = row.some_text(no)?;
        let is_told = |it: &&str| {
            *dimension != Dimension::Person || is_listed(rules, viewer, &PersonId::from(*it))
        };
        keys.push(held.filter(is_told).and_then(|it| dimension.key(it)));
    }
    Ok(Counted { keys, pack: PackId::from(row.text(by.len())?), count: row.count(by.len() + 1)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_as_itself_its_monday_or_its_month() {
        // 2021-04-16, a Friday.
        let told = |span| Dimension::Opened(span).key("18733");
        assert_eq!(told(Span::Day).as_deref(), Some("2021-04-16"));
        assert_eq!(told(Span::Week).as_deref(), Some("2021-04-12"));
        assert_eq!(told(Span::Month).as_deref(), Some("2021-04"));
        assert_eq!(Dimension::Cleared(Span::Week).key("18729").as_deref(), Some("2021-04-12"));
        assert_eq!(Dimension::Stage.key("closed").as_deref(), Some("closed"));
    }
}
