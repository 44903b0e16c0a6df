//! Counts of matters by one or two of their columns, under the filter of a list.
//!
//! Invariants: what is counted is what the list of the same filter shows to the same caller; small
//! counts of a sealed pack are withheld, and the answer says so.

use super::filter::{FilterParams, filter};
use super::problem::ReadProblems;
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::look::Look;
use crate::problem::Problem;
use axum::extract::State;
use bihuan_core::id::PackId;
use bihuan_core::policy::count_min;
use bihuan_store::count::{Counted, DIMENSIONS_MAX, Dimension, count};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Most cells of one answer.
pub const CELLS_MAX: usize = 10_000;

/// Counts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Counts {
    /// By what, in the order that was asked for.
    pub by: Vec<&'static str>,
    /// The counts, in the order of their keys.
    pub cells: Vec<CountCell>,
    /// The sum of what is told.
    pub total: u64,
    /// Whether a small count of a sealed pack is left out of a cell and the sum.
    pub withheld: bool,
}

/// A count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountCell {
    /// What the matters are alike in, in the order of `by`; nothing where they have none, or none
    /// that is told.
    pub keys: Vec<Option<String>>,
    /// How many matters.
    pub count: u64,
    /// Whether some more of a sealed pack are not told, because they are few.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// By what.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `counts` reads")]
pub struct CountParams {
    /// One or two of `pack`, `stage`, `meaning`, `class`, `source`, `unit`, `owner`, `person`,
    /// `place_unit`, `point`, `supervised`, `rework`, and `opened_` or `cleared_` with `day`,
    /// `week` or `month`; none for the sum alone.
    by: Option<Vec<String>>,
}

/// Counts of the matters that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/counts", tag = "matter", params(FilterParams, CountParams),
    responses((status = 200, body = Counts), ReadProblems)
)]
pub async fn counts(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<Counts>, ApiProblem> {
    let (rules, now) = (app.realm().rules(), app.realm().now());
    let filter = filter(&mut words, &rules, now);
    let by = by(&mut words);
    words.done()?;
    app.run(move |realm| {
        let look = Look::person(realm, &caller.person, caller.via);
        let dimensions: Vec<Dimension> = by.iter().map(|it| it.1).collect();
        let who = (&*look.rules, &look.viewer, &look.scope);
        let counted = realm.read(|db| count(db, who, &filter, &dimensions))?;
        let most = || Problem::TooFine { most: CELLS_MAX };
        let cells = told(&look, counted.ok_or_else(most)?);
        if cells.len() > CELLS_MAX {
            return Err(most());
        }
        let total = cells.iter().map(|it| it.count).sum();
        let withheld = cells.iter().any(|it| it.withheld);
        let by = by.iter().map(|it| it.0).collect();
        Ok(axum::Json(Counts { by, cells, total, withheld }))
    })
    .await
}

/// One or two dimensions, in the order in which they came.
fn by(words: &mut Words) -> Vec<(&'static str, Dimension)> {
    let list = Dimension::ALL.map(|it| it.0).join(", ");
    let given = words.ordered("by");
    let found: Vec<(&str, Dimension)> = given
        .iter()
        .filter_map(|it| Dimension::ALL.into_iter().find(|known| known.0 == it))
        .collect();
    let is_twice = found.len() == DIMENSIONS_MAX && found[0] == found[1];
    if found.len() < given.len() || given.len() > DIMENSIONS_MAX || is_twice {
        let (zh, en) = (format!("请选一项或两项：{list}"), format!("give one or two of {list}"));
        words.bad("by", &zh, &en);
    }
    found
}

/// Puts counts of the same keys together, without those that are too small to be told.
fn told(look: &Look, counted: Vec<Counted>) -> Vec<CountCell> {
    let mut packs: BTreeMap<(Vec<Option<String>>, PackId), u64> = BTreeMap::new();
    for Counted { keys, pack, count } in counted {
        *packs.entry((keys, pack)).or_default() += count;
    }
    let standpoint = look.viewer.standpoint();
    let mut cells: Vec<CountCell> = Vec::new();
    for ((keys, pack), count) in packs {
        if cells.last().is_none_or(|it| it.keys != keys) {
            cells.push(CountCell { keys, count: 0, withheld: false });
        }
        let Some(cell) = cells.last_mut() else { continue };
        if count < count_min(&look.rules, standpoint, &pack) {
            cell.withheld = true;
        } else {
            cell.count += count;
        }
    }
    cells
}
