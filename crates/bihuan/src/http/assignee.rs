//! Who may be made responsible in a unit, for whoever dispatches to it.
//!
//! Invariants: no number and no account is told; whoever is shown names is on the audit trail
//! before.

use super::body::{Path, Query};
use super::problem::{ReadProblems, denied};
use super::unit::check_typed;
use super::{ApiProblem, App, Caller};
use crate::initials::is_meant;
use axum::extract::State;
use bihuan_core::id::{PersonId, RoleId};
use bihuan_core::policy::assignees;
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::text::{Shown, names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Most persons of one answer.
const ASSIGNEES_MAX: usize = 200;

/// Which of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssigneeQuery {
    /// Part of a name, or its pinyin initials; or how an id begins.
    #[serde(default)]
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Who holds this role.
    #[serde(default)]
    pub role: Option<RoleId>,
}

/// Who may be made responsible in a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assignees {
    /// At most 200, in the order of their ids.
    pub persons: Vec<Assignee>,
}

/// A person who may be made responsible.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct Assignee {
    /// Id.
    pub id: PersonId,
    /// Name; absent where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In which role.
    pub role: RoleId,
    /// Employed by.
    pub unit: UnitId,
}

/// Persons who may be made responsible in a unit, for whoever may dispatch or transfer to it, or
/// names persons there.
#[utoipa::path(
    get, path = "/api/v1/units/{id}/assignees", tag = "realm",
    params(("id" = UnitId, Path), AssigneeQuery),
    responses((status = 200, body = Assignees), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<UnitId>,
    Query(query): Query<AssigneeQuery>,
) -> Result<axum::Json<Assignees>, ApiProblem> {
    check_typed(query.q.as_deref())?;
    let (rules, viewer) = caller.viewer(&app);
    let grants = assignees(&rules, &viewer, &id).map_err(|it| denied(&it))?;
    let role = query.role.as_ref();
    let grants: BTreeSet<(PersonId, RoleId, UnitId)> = grants
        .into_iter()
        .filter(|it| role.is_none_or(|role| it.role == *role))
        .map(|it| (it.person.clone(), it.role.clone(), it.unit.clone()))
        .collect();
    let persons: BTreeSet<PersonId> = grants.iter().map(|it| it.0.clone()).collect();
    let names = app.run(move |realm| realm.read(|db| names(db, &persons))).await?;
    let name = |id: &PersonId| names.get(id).and_then(Shown::text).map(ToOwned::to_owned);
    let is_asked_for = |it: &Assignee| {
        let known = Text::new(it.name.clone().unwrap_or_default(), it.id.0.clone());
        query.q.as_deref().is_none_or(|typed| is_meant(&known, typed))
    };
    let persons: Vec<Assignee> = grants
        .into_iter()
        .map(|(id, role, unit)| Assignee { name: name(&id), id, role, unit })
        .filter(is_asked_for)
        .take(ASSIGNEES_MAX)
        .collect();
    let seen = Audited::by(Act::PeopleSeen, &caller.account).via(caller.via);
    app.audit(seen.about(id.0).rows(persons.len())).await?;
    Ok(axum::Json(Assignees { persons }))
}
