//! What falls due soon and what is overdue, in the order in which it goes wrong.
//!
//! Invariant: it is the list of the same filter, ordered by deadline: nothing is in it that the
//! list would not show to the same caller.

use super::filter::FilterParams;
use super::list::{LIMIT, Listed, MatterRow};
use super::problem::ReadProblems;
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::look::Look;
use axum::extract::State;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::page::Filter;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Days ahead where no number is given.
const DAYS: i64 = 3;
/// Most days ahead.
const DAYS_MAX: i64 = 365;

/// A page of what falls due.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DuePage {
    /// When it was looked, in milliseconds since 1970 UTC: what is due before is overdue.
    pub now: Instant,
    /// What is overdue, longest first, then what falls due, soonest first.
    pub rows: Vec<MatterRow>,
    /// The cursor of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Whose, and how far ahead.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `list` reads")]
pub struct DueParams {
    /// `own` for what the caller is named for, `unit` for what the caller's units owe, with all
    /// below; all that the caller sees unless said.
    whose: Option<String>,
    /// How many days ahead, 3 unless said; 0 for what is overdue alone.
    #[param(minimum = 0, maximum = 365)]
    days: Option<i64>,
    /// How many matters, 100 unless said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The cursor that the page before told.
    cursor: Option<String>,
}

/// Whose matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Unit,
}

/// What falls due soon and what is overdue.
#[utoipa::path(
    get, path = "/api/v1/due", tag = "matter", params(FilterParams, DueParams),
    responses((status = 200, body = DuePage), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<DuePage>, ApiProblem> {
    let now = app.realm().now();
    let mut listed = Listed::due(&app, &caller, &mut words, LIMIT).await?;
    let days = words.number("days", 0..=DAYS_MAX).unwrap_or(DAYS);
    let whose = words.word("whose", &[("own", Whose::Own), ("unit", Whose::Unit)]);
    words.done()?;
    let filter = &mut listed.ask.filter;
    // A nearer end that the filter names holds.
    let end = now.plus_ms(days * DAY_MS);
    filter.due.to = Some(filter.due.to.map_or(end, |it| it.min(end)));
    app.run(move |realm| {
        let look = Look::person(realm, &caller.person, caller.via);
        match whose {
            Some(Whose::Own) => keep_own(&mut listed.ask.filter, &caller),
            Some(Whose::Unit) => keep_units(&mut listed.ask.filter, &look),
            None => {}
        }
        let page = look.page(realm, &listed.ask)?;
        let next = listed.next(&page);
        let rows = page.rows.into_iter().map(|it| MatterRow::of(&look, it)).collect();
        Ok(axum::Json(DuePage { now, rows, next }))
    })
    .await
}

/// What the caller is named for, as far as the filter does not ask for others.
fn keep_own(filter: &mut Filter, caller: &Caller) {
    if filter.persons.is_empty() || filter.persons.contains(&caller.person) {
        filter.persons = vec![caller.person.clone()];
    } else {
        filter.owners = Some(Vec::new());
    }
}

/// What the units that employ the caller owe, with all below.
fn keep_units(filter: &mut Filter, look: &Look) {
    let units = &look.rules.units;
    let tops = look.viewer.offices().iter().map(|it| &it.unit);
    let mut own: Vec<UnitId> =
        tops.flat_map(|it| units.subtree(it)).map(|it| it.id.clone()).collect();
    own.sort();
    own.dedup();
    if let Some(asked) = &filter.owners {
        own.retain(|it| asked.contains(it));
    }
    filter.owners = Some(own);
}
