//! Units: the tree of who can be made responsible, for those who work in the realm.
//!
//! Invariants: a list is in the order of scopes, so that a unit comes before those below it; what
//! somebody types is compared with names in both languages and with pinyin initials.

use super::body::{Path, Query};
use super::problem::ReadProblems;
use super::tagged::tagged_json;
use super::{ApiProblem, App, Caller};
use crate::initials::{initials, is_meant};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bihuan_core::matter::Rules;
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::{KindId, Unit, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Most units of one answer.
const UNITS_MAX: usize = 5_000;
/// Longest text that somebody types to find something, in bytes.
pub(super) const TYPED_BYTES_MAX: usize = 100;

/// Which units.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitQuery {
    /// Part of a name, in Chinese or English, or pinyin initials; or how an id or a code begins.
    #[serde(default)]
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Of this kind.
    #[serde(default)]
    pub kind: Option<KindId>,
    /// With this function.
    #[serde(default)]
    pub function: Option<String>,
    /// This unit and all below it.
    #[serde(default)]
    pub below: Option<UnitId>,
    /// Go on after this one, the last of the page before.
    #[serde(default)]
    pub after: Option<UnitId>,
}

/// Units, each before those below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitList {
    /// The units.
    pub units: Vec<UnitShown>,
    /// What to give as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<UnitId>,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitShown {
    /// Id, which never changes.
    pub id: UnitId,
    /// Kind, a word of the realm.
    pub kind: KindId,
    /// The unit above; none for a topmost one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Ids from the topmost unit down, such as `district/town/v04/`: what lies below a unit begins
    /// with its scope.
    pub scope: String,
    /// Name.
    pub title: Text,
    /// Pinyin initials of the name, for a client that searches by itself.
    pub initials: String,
    /// What it does for others.
    pub functions: Vec<String>,
    /// Administrative or statistical code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// From when it exists, in milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Until when, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Instant>,
    /// Telephone of the office (值班电话); told of one unit that is asked for, never in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// Whether it has an area of its own.
    pub has_area: bool,
}

/// Units: the whole tree, or those that are asked for.
#[utoipa::path(
    get, path = "/api/v1/units", tag = "realm", params(UnitQuery),
    responses((status = 200, body = UnitList), (status = 304), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Query(query): Query<UnitQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    check_typed(query.q.as_deref())?;
    Ok(tagged_json(&headers, &chosen(&rules, &query)))
}

/// A unit.
#[utoipa::path(
    get, path = "/api/v1/units/{id}", tag = "realm", params(("id" = UnitId, Path)),
    responses((status = 200, body = UnitShown), (status = 304), ReadProblems)
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(id): Path<UnitId>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let unit = rules.units.get(&id).ok_or_else(ApiProblem::not_found)?;
    let telephone = unit.telephone.clone();
    let shown = UnitShown { telephone, ..shown(unit, &grounded(&rules)) };
    Ok(tagged_json(&headers, &shown))
}

/// That what somebody types is of a length to look for.
pub(super) fn check_typed(typed: Option<&str>) -> Result<(), ApiProblem> {
    if typed.is_some_and(|it| it.len() > TYPED_BYTES_MAX) {
        return Err(ApiProblem::invalid("q", "请少于100字节", "give at most 100 bytes"));
    }
    Ok(())
}

fn chosen(rules: &Rules, query: &UnitQuery) -> UnitList {
    let after = query.after.as_ref().and_then(|it| rules.units.get(it));
    let mut units: Vec<&Unit> = match &query.below {
        Some(top) => rules.units.subtree(top),
        None => rules.units.iter().collect(),
    };
    units.retain(|it| is_chosen(it, query) && after.is_none_or(|after| after.scope < it.scope));
    units.sort_by(|a, b| a.scope.cmp(&b.scope));
    let full = units.len() > UNITS_MAX;
    units.truncate(UNITS_MAX);
    let with_area = grounded(rules);
    let next = units.last().filter(|_| full).map(|it| it.id.clone());
    UnitList { units: units.into_iter().map(|it| shown(it, &with_area)).collect(), next }
}

fn is_chosen(unit: &Unit, query: &UnitQuery) -> bool {
    query.kind.as_ref().is_none_or(|it| unit.kind == *it)
        && query.function.as_ref().is_none_or(|it| unit.has_function(it))
        && query.q.as_deref().is_none_or(|it| {
            let it = it.trim();
            is_meant(&unit.title, it)
                || unit.id.as_str().starts_with(it)
                || unit.code.as_ref().is_some_and(|code| code.starts_with(it))
        })
}

/// Units that have an area.
fn grounded(rules: &Rules) -> BTreeSet<&UnitId> {
    rules.areas.entries().iter().map(|it| &it.unit).collect()
}

fn shown(unit: &Unit, with_area: &BTreeSet<&UnitId>) -> UnitShown {
    UnitShown {
        id: unit.id.clone(),
        kind: unit.kind.clone(),
        parent: unit.parent.clone(),
        scope: unit.scope.clone(),
        title: unit.title.clone(),
        initials: initials(&unit.title.zh),
        functions: unit.functions.clone(),
        code: unit.code.clone(),
        valid_from: unit.valid_from,
        valid_to: unit.valid_to,
        telephone: None,
        has_area: with_area.contains(&unit.id),
    }
}
