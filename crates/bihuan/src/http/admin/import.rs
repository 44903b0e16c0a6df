//! Tables of units, people and points, previewed row by row and applied as one change.
//!
//! Invariants: nothing is written while a row has a fault; of people, each row is something that
//! the caller may grant.

use super::super::body::{Path, Query};
use super::super::problem::{WriteProblems, denied};
use super::super::{ApiProblem, App, Caller};
use super::{change, invalid};
use crate::import::fault::RowFault;
use crate::import::preview::Preview;
use crate::import::table::Table;
use crate::import::{change as changes, limit, person, point, unit};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use bihuan_core::id::PersonId;
use bihuan_core::matter::Rules;
use bihuan_core::policy::{Action, Viewer, may};
use bihuan_store::realm::people;
use bihuan_store::rules::Change;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Whether to read only.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Tell every fault; nothing is written.
    #[serde(default)]
    #[param(required = false)]
    pub preview: bool,
    /// The name of the file, which says what it is: `people.csv`, `units.xlsx`.
    pub name: String,
}

/// What an import found, and did.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// Rows that are right.
    pub rows: usize,
    /// Faults of the others.
    #[schema(value_type = Vec<Object>)]
    pub faults: Vec<RowFault>,
    /// Faults beyond those listed.
    pub faults_more: usize,
    /// Columns that were not read.
    pub ignored: Vec<String>,
    /// Its number in the record, where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// Reads a table (CSV or XLSX) of `units`, `people` or `points`, and writes it where every row is
/// right.
#[utoipa::path(
    post, path = "/api/v1/imports/{kind}", tag = "realm",
    params(("kind" = String, Path), ImportQuery), request_body = Vec<u8>,
    responses((status = 200, body = ImportAnswer), WriteProblems)
)]
pub async fn import(
    State(app): State<App>,
    caller: Caller,
    Path(kind): Path<String>,
    Query(query): Query<ImportQuery>,
    bytes: Bytes,
) -> Result<axum::Json<ImportAnswer>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    match kind.as_str() {
        "units" => may(&rules, &viewer, &Action::ChangeUnits).map_err(|it| denied(&it))?,
        "people" => super::holds_office(&rules, &viewer)?,
        // Each row is asked of its own unit below.
        "points" => drop(caller.may(&app, &Action::SeeDirectory)?),
        _ => return Err(ApiProblem::not_found()),
    }
    let name = query.name;
    let read = app.run(move |realm| Ok(table(realm, &kind, &name, &bytes))).await?;
    let (mut answer, change_) = read?;
    each_may(&rules, &viewer, &change_)?;
    if let Change::People(rows) = &change_ {
        // Whoever is known already must be the caller's in every unit, too.
        let ids: BTreeSet<&PersonId> = rows.iter().map(|it| &it.id).collect();
        let known = app.run(|realm| realm.read(people)).await?;
        for person in known.iter().filter(|it| ids.contains(&it.id)) {
            super::may_change(&rules, &viewer, person)?;
        }
    }
    if query.preview {
        return Ok(axum::Json(answer));
    }
    if !answer.faults.is_empty() || answer.rows == 0 {
        let mut problem =
            invalid("file", "有错误的行，未写入", "rows have faults; nothing was written");
        problem.details = answer.faults.iter().map(|it| serde_json::json!(it)).collect();
        return Err(problem);
    }
    answer.seq = Some(change(&app, &caller, change_).await?.seq);
    Ok(axum::Json(answer))
}

/// The limit of an upload, for the router.
pub fn limit_of_upload() -> DefaultBodyLimit {
    DefaultBodyLimit::max(limit::FILE_BYTES_MAX)
}

type Read = Result<(ImportAnswer, Change), ApiProblem>;

fn table(realm: &Realm, kind: &str, name: &str, bytes: &[u8]) -> Read {
    let table = Table::read(name, bytes).map_err(Problem::from)?;
    let rules = realm.rules();
    match kind {
        "units" => {
            let rows = unit::read(&table, &rules.units, rules.zone).map_err(Problem::from)?;
            Ok(told(rows, changes::units))
        }
        "people" => {
            let packs = rules.packs.values().flat_map(|it| it.values());
            let roles = packs.flat_map(|it| it.roles.iter().map(|it| it.id.0.clone()));
            let roles: Vec<String> = roles.collect();
            let rows = person::read(&table, &rules.units, &roles, rules.zone);
            Ok(told(rows.map_err(Problem::from)?, changes::people))
        }
        _ => {
            let persons = realm.read(people)?.into_iter().map(|it| it.id).collect();
            let (units, zone) = (&rules.units, rules.zone);
            let known = point::Known { units, persons: &persons, kinds: &[], zone };
            let rows = point::read(&table, known).map_err(Problem::from)?;
            Ok(told(rows, changes::points))
        }
    }
}

fn told<T>(rows: Preview<T>, change: impl FnOnce(Preview<T>) -> Change) -> (ImportAnswer, Change) {
    let answer = ImportAnswer {
        rows: rows.rows_ok(),
        faults: rows.faults.clone(),
        faults_more: rows.faults_more,
        ignored: rows.ignored.clone(),
        seq: None,
    };
    (answer, change(rows))
}

/// Whether the caller may make every single change of one.
fn each_may(rules: &Rules, viewer: &Viewer, change: &Change) -> Result<(), ApiProblem> {
    let ask = |action: Action| may(rules, viewer, &action).map_err(|it| denied(&it));
    match change {
        Change::People(rows) => {
            for person in rows {
                for it in &person.memberships {
                    let (unit, area) = (it.unit.clone(), it.area.clone());
                    ask(Action::ChangePerson { person: person.id.clone(), unit: unit.clone() })?;
                    let (person, role) = (person.id.clone(), it.role.clone());
                    ask(Action::Grant { person, role, unit, area })?;
                }
            }
            Ok(())
        }
        Change::Points(rows) => {
            for it in rows {
                let known = rules.points.get(&it.id).map(|it| it.unit.clone());
                for unit in known.into_iter().chain([it.unit.clone()]) {
                    ask(Action::ChangePoints(unit))?;
                }
            }
            Ok(())
        }
        Change::Units(_) => ask(Action::ChangeUnits),
        _ => Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "not_granted",
            bihuan_core::text::Text::new("不能这样导入", "this is not imported so"),
        )),
    }
}
