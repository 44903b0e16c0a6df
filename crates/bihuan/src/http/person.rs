//! People and their grants, for those who keep accounts and roles.
//!
//! Invariants: of somebody who works in several units a keeper of one of them sees what concerns
//! that unit; who works nowhere is seen by a keeper of the whole realm alone; whoever is shown
//! people is on the audit trail before.

use super::body::Query;
use super::problem::{ReadProblems, denied};
use super::unit::check_typed;
use super::{ApiProblem, App, Caller};
use crate::initials::is_meant;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::policy::{self, Action, Viewer};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::realm::{Person, people};
use bihuan_store::rules::MembershipRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Most people, or grants, of one answer.
const PEOPLE_MAX: usize = 500;

/// Which people, or whose grants.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PersonQuery {
    /// Part of a name, or its pinyin initials; or how an id begins.
    #[serde(default)]
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Employed by this unit or one below it.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// Who holds this role.
    #[serde(default)]
    pub role: Option<RoleId>,
    /// Go on after this one, the last person of the page before.
    #[serde(default)]
    pub after: Option<PersonId>,
}

/// People, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonList {
    /// The people.
    pub people: Vec<PersonShown>,
    /// What to give as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<PersonId>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonShown {
    /// Id.
    pub id: PersonId,
    /// Name; none where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Accounts, active or not.
    pub accounts: Vec<AccountId>,
    /// Roles in the units that the caller keeps.
    pub grants: Vec<GrantShown>,
}

/// A role of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrantShown {
    /// Role.
    pub role: RoleId,
    /// Employed by.
    pub unit: UnitId,
    /// Works on.
    pub area: UnitId,
    /// From when, in milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// Until when, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// `active`, `invited` or `suspended`; only an active one gives rights.
    pub status: String,
}

/// Grants, in the order of who holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrantList {
    /// The grants.
    pub grants: Vec<GrantOf>,
    /// What to give as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<PersonId>,
}

/// A role and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct GrantOf {
    /// Who.
    pub person: PersonId,
    /// That person's name; none where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role.
    #[serde(flatten)]
    pub grant: GrantShown,
}

impl From<MembershipRow> for GrantShown {
    fn from(it: MembershipRow) -> GrantShown {
        let MembershipRow { role, unit, area, from, to, status } = it;
        GrantShown { role, unit, area, from, to, status }
    }
}

/// People of the units that the caller keeps.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "realm", params(PersonQuery),
    responses((status = 200, body = PersonList), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PersonQuery>,
) -> Result<axum::Json<PersonList>, ApiProblem> {
    let (people, next) = page(&app, &caller, query).await?;
    Ok(axum::Json(PersonList { people, next }))
}

/// Grants in the units that the caller keeps.
#[utoipa::path(
    get, path = "/api/v1/grants", tag = "realm", params(PersonQuery),
    responses((status = 200, body = GrantList), ReadProblems)
)]
pub async fn grants(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PersonQuery>,
) -> Result<axum::Json<GrantList>, ApiProblem> {
    let role = query.role.clone();
    let (people, next) = page(&app, &caller, query).await?;
    let of = |it: PersonShown| {
        let (person, name) = (it.id, it.name);
        it.grants.into_iter().map(move |grant| GrantOf {
            person: person.clone(),
            name: name.clone(),
            grant,
        })
    };
    let grants = people.into_iter().flat_map(of);
    let grants = grants.filter(|it| role.as_ref().is_none_or(|role| it.grant.role == *role));
    Ok(axum::Json(GrantList { grants: grants.collect(), next }))
}

async fn page(
    app: &App,
    caller: &Caller,
    query: PersonQuery,
) -> Result<(Vec<PersonShown>, Option<PersonId>), ApiProblem> {
    let (rules, viewer) = caller.viewer(app);
    check_typed(query.q.as_deref())?;
    let kept = kept(&rules, &viewer)?;
    let found = app.run(move |realm| chosen(realm, &rules, &kept, &query)).await?;
    let seen = Audited::by(Act::PeopleSeen, &caller.account).via(caller.via).rows(found.0.len());
    app.audit(seen).await?;
    Ok(found)
}

/// The units of which the viewer may see who works for them.
///
/// # Errors
/// Why there is none.
pub(super) fn kept(rules: &Rules, viewer: &Viewer) -> Result<BTreeSet<UnitId>, ApiProblem> {
    let may = |it: &UnitId| policy::may(rules, viewer, &Action::SeePeople(it.clone()));
    let kept: BTreeSet<UnitId> =
        rules.units.iter().map(|it| it.id.clone()).filter(|it| may(it).is_ok()).collect();
    if let Some(first) = rules.units.iter().next().filter(|_| kept.is_empty()) {
        may(&first.id).map_err(|it| denied(&it))?;
    }
    Ok(kept)
}

fn chosen(
    realm: &Realm,
    rules: &Rules,
    kept: &BTreeSet<UnitId>,
    query: &PersonQuery,
) -> Result<(Vec<PersonShown>, Option<PersonId>), Problem> {
    let all = realm.read(people)?;
    let is_after = |it: &Person| query.after.as_ref().is_none_or(|after| *after < it.id);
    let shown = |it: Person| shown(rules, kept, query, it);
    let mut found: Vec<PersonShown> =
        all.into_iter().filter(is_after).filter_map(shown).take(PEOPLE_MAX + 1).collect();
    let full = found.len() > PEOPLE_MAX;
    found.truncate(PEOPLE_MAX);
    let next = found.last().filter(|_| full).map(|it| it.id.clone());
    Ok((found, next))
}

/// A person as far as the keeper of some units sees anything, and asked for it.
fn shown(
    rules: &Rules,
    kept: &BTreeSet<UnitId>,
    query: &PersonQuery,
    person: Person,
) -> Option<PersonShown> {
    let name = person.name.text().map(ToOwned::to_owned);
    if let Some(typed) = &query.q {
        let known = Text::new(name.clone().unwrap_or_default(), person.id.0.clone());
        is_meant(&known, typed).then_some(())?;
    }
    let keeps_all = kept.len() == rules.units.len();
    let is_nowhere = person.memberships.is_empty();
    let seen = person.memberships.into_iter().filter(|it| keeps_all || kept.contains(&it.unit));
    let grants: Vec<GrantShown> = seen.map(GrantShown::from).collect();
    let is_asked_for = |it: &GrantShown| {
        query.role.as_ref().is_none_or(|role| it.role == *role)
            && query.unit.as_ref().is_none_or(|unit| rules.units.is_within(&it.unit, unit))
    };
    let asks_of_grants = query.role.is_some() || query.unit.is_some();
    let is_seen = match asks_of_grants {
        true => grants.iter().any(is_asked_for),
        false => !grants.is_empty() || keeps_all && is_nowhere,
    };
    is_seen.then_some(PersonShown { id: person.id, name, accounts: person.accounts, grants })
}
