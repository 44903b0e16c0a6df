//! Named points (点位) and who answers for them.
//!
//! Invariant: who answers for a point is told of those who work in the realm, and to those who may
//! see the directory.

use super::body::Query;
use super::geo::bbox_of;
use super::problem::ReadProblems;
use super::tagged::tagged_json;
use super::unit::check_typed;
use super::{ApiProblem, App, Caller};
use crate::initials::{initials, is_meant};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bihuan_core::id::{PersonId, PointId};
use bihuan_core::matter::Rules;
use bihuan_core::matter::facts::NamedPoint;
use bihuan_core::place::{BBox, Datum, Point};
use bihuan_core::policy::{self, Action, Viewer};
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::realm::point_titles;
use bihuan_store::text::{Shown, names};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Most points of one answer.
const POINTS_MAX: usize = 1_000;

/// Which points.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PointQuery {
    /// Part of a name, in Chinese or English, or pinyin initials; or how an id begins.
    #[serde(default)]
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Of this type.
    #[serde(default)]
    pub kind: Option<String>,
    /// Of this responsible unit and all below it.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// `west,south,east,north` in degrees of WGS-84.
    #[serde(default, rename = "box")]
    #[param(example = "113.2,34.7,113.4,34.9")]
    pub within: Option<String>,
    /// Go on after this one, the last of the page before.
    #[serde(default)]
    pub after: Option<PointId>,
}

/// Points, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PointList {
    /// The datum of all coordinates.
    pub datum: Datum,
    /// The points.
    pub points: Vec<PointShown>,
    /// What to give as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<PointId>,
}

/// A named point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PointShown {
    /// Id.
    pub id: PointId,
    /// Type, a word of the realm.
    pub kind: String,
    /// Name.
    pub title: Text,
    /// Pinyin initials of the name.
    pub initials: String,
    /// The responsible unit.
    pub unit: UnitId,
    /// The responsible person (责任人).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Colleague>,
    /// The leader in charge (分包领导).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leader: Option<Colleague>,
    /// Where.
    pub at: Point,
}

/// Somebody who works in the realm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Colleague {
    /// Id.
    pub id: PersonId,
    /// Name; none where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Named points.
#[utoipa::path(
    get, path = "/api/v1/points", tag = "realm", params(PointQuery),
    responses((status = 200, body = PointList), (status = 304), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<PointQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, viewer) = caller.may(&app, &Action::SeeRules)?;
    check_typed(query.q.as_deref())?;
    let within = query.within.as_deref().map(bbox_of).transpose()?;
    let list = app.run(move |realm| chosen(realm, &rules, &viewer, (&query, within))).await?;
    Ok(tagged_json(&headers, &list))
}

fn chosen(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    (query, within): (&PointQuery, Option<BBox>),
) -> Result<PointList, Problem> {
    let titles = realm.read(point_titles)?;
    let title = |id: &PointId| titles.get(id).cloned().unwrap_or_default();
    let is_chosen = |(id, point): &(&PointId, &NamedPoint)| {
        query.after.as_ref().is_none_or(|it| it < id)
            && query.kind.as_ref().is_none_or(|it| point.kind == *it)
            && query.unit.as_ref().is_none_or(|it| rules.units.is_within(&point.unit, it))
            && within.is_none_or(|it| it.contains(point.at))
            && query.q.as_deref().is_none_or(|it| {
                titles.get(*id).is_some_and(|title| is_meant(title, it))
                    || id.as_str().starts_with(it.trim())
            })
    };
    let mut found: Vec<_> = rules.points.iter().filter(is_chosen).take(POINTS_MAX + 1).collect();
    let full = found.len() > POINTS_MAX;
    found.truncate(POINTS_MAX);
    let next = found.last().filter(|_| full).map(|it| it.0.clone());
    let persons = found.iter().flat_map(|it| it.1.person.iter().chain(&it.1.leader));
    let colleagues = colleagues(realm, rules, viewer, persons)?;
    let colleague = |it: &Option<PersonId>| it.as_ref().and_then(|it| colleagues.get(it)).cloned();
    let shown = |(id, point): (&PointId, &NamedPoint)| PointShown {
        id: id.clone(),
        kind: point.kind.clone(),
        title: title(id),
        initials: initials(&title(id).zh),
        unit: point.unit.clone(),
        person: colleague(&point.person),
        leader: colleague(&point.leader),
        at: point.at,
    };
    Ok(PointList { datum: Datum::Wgs84, points: found.into_iter().map(shown).collect(), next })
}

/// Those of some persons whom the viewer may know as colleagues: who holds a role now.
pub(super) fn colleagues<'a>(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    persons: impl Iterator<Item = &'a PersonId>,
) -> Result<BTreeMap<PersonId, Colleague>, Problem> {
    if policy::may(rules, viewer, &Action::SeeDirectory).is_err() {
        return Ok(BTreeMap::new());
    }
    let works = |it: &&PersonId| {
        rules.grants.get(*it).is_some_and(|it| it.iter().any(|it| it.holds(viewer.now())))
    };
    let persons: BTreeSet<PersonId> = persons.filter(works).cloned().collect();
    let names = realm.read(|db| names(db, &persons))?;
    let colleague = |(id, name): (PersonId, Shown)| {
        let name = name.text().map(ToOwned::to_owned);
        (id.clone(), Colleague { id, name })
    };
    Ok(names.into_iter().map(colleague).collect())
}
