//! The rules of the realm: units, areas, points, the calendar, settings.
//!
//! Invariant: only settings of a closed list are changed over the network; what makes a realm a
//! demonstration, or moves its clock, is set at the machine.

use super::super::body::{Json, Path};
use super::super::problem::WriteProblems;
use super::super::{ApiProblem, App, Caller};
use super::{Changed, change, invalid, number};
use crate::job::second_look::SETTING as SECOND_LOOK;
use axum::extract::State;
use bihuan_core::figure::{read_campaigns, read_month_from};
use bihuan_core::id::{PersonId, PointId};
use bihuan_core::place::{Datum, Point};
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::{KindId, Unit, UnitId};
use bihuan_store::figure::{CAMPAIGNS, MONTH_FROM};
use bihuan_store::rules::{AreaRow, Change, PointRow};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most units, areas or points of one request.
pub const ROWS_MAX: usize = 2_000;
/// Longest name of a setting's value, in bytes.
const VALUE_BYTES_MAX: usize = 200;
/// Longest list of campaigns, in bytes.
const CAMPAIGNS_BYTES_MAX: usize = 4_000;
/// Settings that may be changed over the network.
const SETTINGS: [&str; 6] =
    ["title_zh", "title_en", "offline_window_ms", SECOND_LOOK, MONTH_FROM, CAMPAIGNS];

/// A unit.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitInput {
    /// Key, never changed.
    pub id: UnitId,
    /// Kind of unit.
    pub kind: KindId,
    /// The unit above; absent for the topmost.
    #[serde(default)]
    pub parent: Option<UnitId>,
    /// Name.
    pub title: Text,
    /// What it does for others.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub functions: Vec<String>,
    /// Administrative code.
    #[serde(default)]
    pub code: Option<String>,
    /// From when it exists, milliseconds since 1970 UTC.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub valid_from: Option<Instant>,
    /// Until when, exclusive.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub valid_to: Option<Instant>,
    /// Telephone of the office (值班电话); absent leaves it as it is, empty takes it away.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub telephone: Option<String>,
}

/// Units to add or change.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitsInput {
    /// At most 2,000; others stay as they are, and the tree must stay a tree.
    #[schema(min_items = 1, max_items = 2000)]
    pub units: Vec<UnitInput>,
}

/// The outline of a unit.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaInput {
    /// The unit.
    pub unit: UnitId,
    /// The datum of the coordinates.
    pub datum: Datum,
    /// GeoJSON: Polygon or MultiPolygon.
    #[schema(value_type = Object)]
    pub geometry: serde_json::Value,
}

/// Outlines to set.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreasInput {
    /// At most 2,000.
    #[schema(min_items = 1, max_items = 2000)]
    pub areas: Vec<AreaInput>,
}

/// A named point.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointInput {
    /// Key.
    pub id: PointId,
    /// Type.
    pub kind: String,
    /// Name.
    pub title: Text,
    /// Responsible unit.
    pub unit: UnitId,
    /// Responsible person.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// Leader in charge.
    #[serde(default)]
    pub leader: Option<PersonId>,
    /// Where, WGS-84.
    pub at: Point,
}

/// Points to add or change.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsInput {
    /// At most 2,000.
    #[schema(min_items = 1, max_items = 2000)]
    pub points: Vec<PointInput>,
}

/// The working days of a year.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarInput {
    /// The table, as `bihuan calendar` takes it.
    #[schema(max_length = 100_000)]
    pub source: String,
}

/// Settings by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsInput {
    /// Of `title_zh`, `title_en`, `offline_window_ms`, `second_look_percent`.
    pub settings: BTreeMap<String, String>,
}

/// Adds or changes units.
#[utoipa::path(
    put, path = "/api/v1/units", tag = "realm", request_body = UnitsInput,
    responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put_units(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<UnitsInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    caller.may(&app, &Action::ChangeUnits)?;
    counted("units", input.units.len())?;
    let unit = |it: UnitInput| {
        Ok(Unit {
            id: it.id,
            kind: it.kind,
            parent: it.parent,
            title: it.title,
            functions: it.functions,
            code: it.code,
            valid_from: it.valid_from,
            valid_to: it.valid_to,
            telephone: number(it.telephone)?,
            ..Unit::default()
        })
    };
    let units: Result<Vec<Unit>, ApiProblem> = input.units.into_iter().map(unit).collect();
    let units = Change::Units(units?);
    Ok(axum::Json(change(&app, &caller, units).await?))
}

/// Sets outlines of units.
#[utoipa::path(
    put, path = "/api/v1/areas", tag = "realm", request_body = AreasInput,
    responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put_areas(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<AreasInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    caller.may(&app, &Action::ChangeUnits)?;
    counted("areas", input.areas.len())?;
    let row = |it: AreaInput| AreaRow { unit: it.unit, datum: it.datum, geometry: it.geometry };
    let areas = Change::Areas(input.areas.into_iter().map(row).collect());
    Ok(axum::Json(change(&app, &caller, areas).await?))
}

/// Adds or changes named points, of units that the caller keeps.
#[utoipa::path(
    put, path = "/api/v1/points", tag = "realm", request_body = PointsInput,
    responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put_points(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<PointsInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    counted("points", input.points.len())?;
    for point in &input.points {
        let (rules, _) = caller.may(&app, &Action::ChangePoints(point.unit.clone()))?;
        // A point that is there is taken from nobody who keeps it.
        if let Some(known) = rules.points.get(&point.id) {
            caller.may(&app, &Action::ChangePoints(known.unit.clone()))?;
        }
    }
    let row = |it: PointInput| PointRow {
        id: it.id,
        kind: it.kind,
        title: it.title,
        unit: it.unit,
        person: it.person,
        leader: it.leader,
        at: it.at,
    };
    let points = Change::Points(input.points.into_iter().map(row).collect());
    Ok(axum::Json(change(&app, &caller, points).await?))
}

/// Sets the working days of a year; deadlines are computed anew.
#[utoipa::path(
    put, path = "/api/v1/calendar/{year}", tag = "realm", params(("year" = i16, Path)),
    request_body = CalendarInput, responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put_year(
    State(app): State<App>,
    caller: Caller,
    Path(year): Path<i16>,
    Json(input): Json<CalendarInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    caller.may(&app, &Action::ChangeCalendar)?;
    let table = bihuan_core::clock::YearTable::read(&input.source);
    if table.is_ok_and(|it| it.year != year) {
        return Err(invalid("source", "表中的年份与地址不同", "the table is of another year"));
    }
    Ok(axum::Json(change(&app, &caller, Change::CalendarYear(input.source)).await?))
}

/// Changes settings of the realm.
#[utoipa::path(
    put, path = "/api/v1/settings", tag = "realm", request_body = SettingsInput,
    responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put_settings(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<SettingsInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    caller.may(&app, &Action::ChangeSettings)?;
    counted("settings", input.settings.len())?;
    for (name, value) in &input.settings {
        if !SETTINGS.contains(&name.as_str()) {
            let list = SETTINGS.join(", ");
            return Err(invalid(
                name,
                &format!("可改的设置：{list}"),
                &format!("choose of {list}"),
            ));
        }
        let most = if name == CAMPAIGNS { CAMPAIGNS_BYTES_MAX } else { VALUE_BYTES_MAX };
        let is_number = || value.parse::<u32>().is_ok();
        let is_percent = || value.parse::<u32>().is_ok_and(|it| it <= 100);
        let odd = match name.as_str() {
            "offline_window_ms" => !is_number(),
            SECOND_LOOK => !is_percent(),
            MONTH_FROM => read_month_from(value).is_none(),
            CAMPAIGNS => read_campaigns(value).is_none(),
            _ => false,
        };
        if odd || value.is_empty() || value.len() > most || value.contains('\0') {
            return Err(invalid(name, "此值不可用", "this value will not do"));
        }
    }
    Ok(axum::Json(change(&app, &caller, Change::Settings(input.settings)).await?))
}

fn counted(field: &str, count: usize) -> Result<(), ApiProblem> {
    if (1..=ROWS_MAX).contains(&count) {
        return Ok(());
    }
    Err(invalid(field, "每次1至2000项", "name 1 to 2,000"))
}
