//! Roles of people, and who stands in for whom.

use super::super::body::{Json, Path};
use super::super::problem::WriteProblems;
use super::super::{ApiProblem, App, Caller};
use super::{Changed, change, invalid, kept, out_of_sight};
use axum::extract::State;
use bihuan_core::id::{PersonId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::policy::{Action, Viewer, is_administrative, may};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::rules::{Change, DeputyRow, MembershipRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most roles of one request.
pub const GRANTS_MAX: usize = 50;

/// Whether a role is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantStatus {
    /// It gives rights.
    #[default]
    Active,
    /// Held back for a while.
    Suspended,
    /// It has ended.
    Left,
}

/// A role of a person: employed by a unit, working on an area.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// A role of a published pack.
    pub role: RoleId,
    /// Employed by.
    pub unit: UnitId,
    /// Works on; the unit itself where absent.
    #[serde(default)]
    pub area: Option<UnitId>,
    /// From when, milliseconds since 1970 UTC.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub from: Option<Instant>,
    /// Until when, exclusive.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub to: Option<Instant>,
    /// Whether it is in use.
    #[serde(default)]
    pub status: GrantStatus,
}

/// Roles to add or change; one is known by role, unit and area.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsInput {
    /// The roles; others that the person holds stay as they are.
    #[schema(min_items = 1, max_items = 50)]
    pub grants: Vec<GrantInput>,
}

/// Somebody who stands in for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeputyInput {
    /// Who stands in.
    pub person: PersonId,
    /// For whom.
    pub stands_for: PersonId,
    /// From when, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub from: Instant,
    /// Until when, exclusive.
    #[schema(value_type = i64)]
    pub to: Instant,
}

/// Grants, changes or ends roles of a person.
#[utoipa::path(
    put, path = "/api/v1/people/{id}/grants", tag = "people", params(("id" = String, Path)),
    request_body = GrantsInput, responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<GrantsInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    let person = kept(&app, &caller, &PersonId(id)).await?.id;
    let (rules, viewer) = caller.viewer(&app);
    let rows = rows(&rules, &viewer, &person, input.grants)?;
    let members = Change::Memberships(BTreeMap::from([(person, rows)]));
    Ok(axum::Json(change(&app, &caller, members).await?))
}

/// Has somebody stand in for somebody for a while.
#[utoipa::path(
    post, path = "/api/v1/deputies", tag = "people", request_body = DeputyInput,
    responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn deputise(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<DeputyInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    let stood_for = kept(&app, &caller, &input.stands_for).await?;
    let by = kept(&app, &caller, &input.person).await?;
    let (rules, viewer) = caller.viewer(&app);
    for unit in stood_for.memberships.iter().map(|it| it.unit.clone()) {
        let (person, stands_for) = (by.id.clone(), stood_for.id.clone());
        let action = Action::Deputise { person, stands_for, unit };
        may(&rules, &viewer, &action).map_err(|it| out_of_sight(&it))?;
    }
    let DeputyInput { person, stands_for, from, to } = input;
    let row = DeputyRow { person, stands_for, from, to };
    Ok(axum::Json(change(&app, &caller, Change::Deputies(vec![row])).await?))
}

/// Roles as rows, each of which the caller may grant.
pub(super) fn rows(
    rules: &Rules,
    viewer: &Viewer,
    person: &PersonId,
    grants: Vec<GrantInput>,
) -> Result<Vec<MembershipRow>, ApiProblem> {
    if grants.is_empty() || grants.len() > GRANTS_MAX {
        return Err(invalid("grants", "每次1至50个角色", "name 1 to 50 roles"));
    }
    let row = |it: GrantInput| {
        let area = it.area.unwrap_or_else(|| it.unit.clone());
        let action = Action::Grant {
            person: person.clone(),
            role: it.role.clone(),
            unit: it.unit.clone(),
            area: area.clone(),
        };
        may(rules, viewer, &action).map_err(|it| super::super::problem::denied(&it))?;
        let mut roles = rules.packs.values().flat_map(|it| it.values()).flat_map(|it| &it.roles);
        if !is_administrative(&it.role) && !roles.any(|role| role.id == it.role) {
            return Err(invalid("role", "没有事项包使用此角色", "no pack has such a role"));
        }
        let status = match it.status {
            GrantStatus::Active => "active",
            GrantStatus::Suspended => "suspended",
            GrantStatus::Left => "left",
        };
        let (role, unit, from, to) = (it.role, it.unit, it.from, it.to);
        Ok(MembershipRow { role, unit, area, from, to, status: status.to_owned() })
    };
    grants.into_iter().map(row).collect()
}
