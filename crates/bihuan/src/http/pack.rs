//! Packs: what a client needs to fill in forms, choose classes and draw the way of a matter, also
//! without a connection.
//!
//! Invariants: a published revision never changes, so that what a client keeps of it stays right;
//! what the realm lacks for a pack is told to whoever can mend it, and of the units that are
//! theirs.

use super::body::{Path, Query};
use super::person::kept;
use super::problem::{ReadProblems, denied};
use super::tagged::{bytes_of, tagged, tagged_json};
use super::{ApiProblem, App, Caller};
use crate::flow::{self, Flow};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bihuan_core::id::{PackId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::{Compartment, Pack, PlaceRule, StaffingGap, staffing};
use bihuan_core::policy::{self, Action, Denied, SECURITY_ADMINISTRATOR, SYSTEM_ADMINISTRATOR};
use bihuan_core::text::{Lang, Text};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A picture that is opened by itself loads and runs nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The packs of the realm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackList {
    /// In the order of their ids.
    pub packs: Vec<PackHead>,
}

/// A pack in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackHead {
    /// Id.
    pub id: PackId,
    /// The newest revision: the one that opens matters.
    pub rev: u32,
    /// Every published revision, the oldest first.
    pub revs: Vec<u32>,
    /// Name.
    pub title: Text,
    /// What personal data and matters are handled for.
    pub purpose: Text,
    /// Who may see its matters at all.
    pub compartment: Compartment,
    /// Whether and how its matters are placed.
    pub place: PlaceRule,
}

/// Which revision.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RevQuery {
    /// A revision, for a matter that was opened under it; the newest where absent.
    #[serde(default)]
    pub rev: Option<u32>,
}

/// Which revision, in which language.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FlowQuery {
    /// A revision; the newest where absent.
    #[serde(default)]
    pub rev: Option<u32>,
    /// `zh` or `en`; Chinese where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "en")]
    pub lang: Option<Lang>,
}

/// What the realm lacks for a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PackGaps {
    /// What is lacking, and what to do.
    pub gaps: Vec<StaffingGap>,
}

/// The packs of the realm.
#[utoipa::path(
    get, path = "/api/v1/packs", tag = "pack",
    responses((status = 200, body = PackList), (status = 304), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let newest = rules.packs.keys().filter_map(|it| rules.pack(it));
    let packs = newest.map(|it| head(&rules, it)).collect();
    Ok(tagged_json(&headers, &PackList { packs }))
}

fn head(rules: &Rules, pack: &Pack) -> PackHead {
    PackHead {
        id: pack.id.clone(),
        rev: pack.rev,
        revs: rules.packs.get(&pack.id).into_iter().flat_map(|it| it.keys()).copied().collect(),
        title: pack.title.clone(),
        purpose: pack.purpose.clone(),
        compartment: pack.compartment,
        place: pack.place,
    }
}

/// A pack: stages, moves, classes, form, roles, sources and all else, in both languages.
#[utoipa::path(
    get, path = "/api/v1/packs/{id}", tag = "pack", params(("id" = PackId, Path), RevQuery),
    responses((status = 200, body = Pack), (status = 304), ReadProblems)
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<PackId>,
    Query(query): Query<RevQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let pack = found(&rules, &id, query.rev)?;
    let (own, name) = (app.clone(), format!("pack/{}/{}", pack.id, pack.rev));
    let bytes = app.run(move |_| Ok(own.made().of(rules.rev, &name, || bytes_of(&*pack)))).await?;
    Ok(tagged(&headers, "application/json", bytes))
}

/// The way of a pack's matters, as a graph of stages and moves.
#[utoipa::path(
    get, path = "/api/v1/packs/{id}/flow", tag = "pack", params(("id" = PackId, Path), RevQuery),
    responses((status = 200, body = Flow), (status = 304), ReadProblems)
)]
pub async fn graph(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<PackId>,
    Query(query): Query<RevQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    Ok(tagged_json(&headers, &Flow::of(&*found(&rules, &id, query.rev)?)))
}

/// The same as a picture: stages as boxes whose shape and colour say what they mean, moves as
/// labelled arrows.
#[utoipa::path(
    get, path = "/api/v1/packs/{id}/flow.svg", tag = "pack",
    params(("id" = PackId, Path), FlowQuery),
    responses(
        (status = 200, body = String, content_type = "image/svg+xml"), (status = 304),
        ReadProblems,
    )
)]
pub async fn picture(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<PackId>,
    Query(query): Query<FlowQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let pack = found(&rules, &id, query.rev)?;
    let svg = flow::svg(&pack, query.lang.unwrap_or_default());
    let mut answer = tagged(&headers, "image/svg+xml", svg.into());
    let policy = HeaderValue::from_static(POLICY);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// What the realm lacks so that matters of a pack find somebody for every step.
#[utoipa::path(
    get, path = "/api/v1/packs/{id}/gaps", tag = "pack", params(("id" = PackId, Path)),
    responses((status = 200, body = PackGaps), ReadProblems)
)]
pub async fn gaps(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<PackId>,
) -> Result<axum::Json<PackGaps>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let publishes = policy::may(&rules, &viewer, &Action::PublishPack).is_ok();
    let kept = if publishes { None } else { Some(kept(&rules, &viewer).map_err(|_| neither())?) };
    let pack = found(&rules, &id, None)?;
    let now = viewer.now();
    let mut gaps = app.run(move |_| Ok(staffing(&rules, &pack, now))).await?;
    // What concerns no unit concerns whoever keeps any.
    let is_kept = |it: &StaffingGap| match (&kept, &it.unit) {
        (Some(kept), Some(unit)) => kept.contains(unit),
        _ => true,
    };
    gaps.retain(is_kept);
    Ok(axum::Json(PackGaps { gaps }))
}

/// Who keeps neither packs nor people mends nothing.
fn neither() -> ApiProblem {
    let roles = [SYSTEM_ADMINISTRATOR, SECURITY_ADMINISTRATOR].map(RoleId::from).to_vec();
    denied(&Denied::NotGranted { roles })
}

fn found(rules: &Rules, id: &PackId, rev: Option<u32>) -> Result<Arc<Pack>, ApiProblem> {
    let revs = rules.packs.get(id).ok_or_else(ApiProblem::not_found)?;
    let pack = match rev {
        Some(rev) => revs.get(&rev),
        None => revs.values().next_back(),
    };
    pack.cloned().ok_or_else(ApiProblem::not_found)
}
