//! Administration: people and log-ins by the security administrator, the rules of the realm by the
//! system administrator.
//!
//! Invariants: each act goes through `may`; each change is one entry of the record with the account
//! that made it; nobody administers oneself or another administrator; who is out of the
//! administrator's area is somebody who is not there.

pub mod account;
pub mod grant;
pub mod import;
pub mod pack;
pub mod person;
pub mod realm;
pub mod request;
pub mod retention;

use super::problem::denied;
use super::{ApiProblem, App, Caller};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::http::StatusCode;
use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::matter::Rules;
use bihuan_core::policy::{Action, Denied, Viewer, is_administrative, may};
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use bihuan_store::realm::Person;
use bihuan_store::rules::{Change, PersonRow};
use serde::Serialize;
use utoipa::ToSchema;

/// A change that is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changed {
    /// Its number in the record.
    pub seq: u64,
}

/// Makes a change in the name of the caller.
async fn change(app: &App, caller: &Caller, change: Change) -> Result<Changed, ApiProblem> {
    let by = caller.account.0.clone();
    let make = move |realm: &Realm| {
        if let Change::People(rows) = &change {
            nobody_elses(realm, rows)?;
        }
        Ok(realm.store().change(&by, change)?)
    };
    Ok(Changed { seq: app.run(make).await? })
}

/// That accounts are nobody else's. One that is locked or has ended stays its person's: who got it
/// would share it with whoever knows the password, or is bound to it at the provider.
fn nobody_elses(realm: &Realm, rows: &[PersonRow]) -> Result<(), Problem> {
    let named = rows.iter().flat_map(|it| it.accounts.iter().map(|account| (account, &it.id)));
    let taken = realm.read(|db| {
        let mut taken = Vec::new();
        for (account, id) in named {
            if bihuan_store::realm::owner(db, account)?.is_some_and(|it| it != *id) {
                taken.push(format!("account {account} belongs to somebody else"));
            }
        }
        Ok(taken)
    })?;
    if taken.is_empty() { Ok(()) } else { Err(Problem::Unsound(taken)) }
}

/// A person whom the caller keeps, with all that the person holds.
async fn kept(app: &App, caller: &Caller, id: &PersonId) -> Result<Person, ApiProblem> {
    // Whoever holds no such office learns that, and not who is there.
    let (rules, viewer) = caller.viewer(app);
    holds_office(&rules, &viewer)?;
    let wanted = id.clone();
    let found = app
        .run(move |realm| realm.read(|db| bihuan_store::realm::person(db, &wanted)))
        .await?
        .ok_or_else(ApiProblem::not_found)?;
    may_change(&rules, &viewer, &found)?;
    Ok(found)
}

/// Whether the caller keeps people anywhere.
fn holds_office(rules: &Rules, viewer: &Viewer) -> Result<(), ApiProblem> {
    let anywhere = |unit: &UnitId| may(rules, viewer, &Action::SeePeople(unit.clone()));
    let mut denials = rules.units.iter().map(|it| anywhere(&it.id));
    match denials.next() {
        Some(Err(Denied::OutOfArea { .. })) if denials.any(|it| it.is_ok()) => Ok(()),
        Some(Err(why)) => Err(denied(&why)),
        _ => Ok(()),
    }
}

/// Whether the caller keeps a person in every unit that employs that person.
fn may_change(rules: &Rules, viewer: &Viewer, person: &Person) -> Result<(), ApiProblem> {
    let held = person.memberships.iter().filter(|it| it.status != "left");
    let mut units: Vec<UnitId> = held.map(|it| it.unit.clone()).collect();
    if units.is_empty() {
        let tops = rules.units.iter().filter(|it| it.parent.is_none());
        units.extend(tops.map(|it| it.id.clone()));
    }
    for unit in units {
        let action = Action::ChangePerson { person: person.id.clone(), unit };
        may(rules, viewer, &action).map_err(|it| out_of_sight(&it))?;
    }
    // An office that is held back is no grant, and yet its person may hold it again.
    let mut held = person.memberships.iter().filter(|it| it.status != "left");
    if held.any(|it| is_administrative(&it.role)) {
        return Err(denied(&Denied::ByOperator));
    }
    Ok(())
}

/// Who is out of the caller's area is nobody.
fn out_of_sight(why: &Denied) -> ApiProblem {
    match why {
        Denied::OutOfArea { .. } => ApiProblem::not_found(),
        other => denied(other),
    }
}

/// The person of an account that the caller keeps; the account may be locked or ended.
async fn kept_account(
    app: &App,
    caller: &Caller,
    account: &AccountId,
) -> Result<Person, ApiProblem> {
    let (rules, viewer) = caller.viewer(app);
    holds_office(&rules, &viewer)?;
    let wanted = account.clone();
    let owner = app
        .run(move |realm| realm.read(|db| bihuan_store::realm::owner(db, &wanted)))
        .await?
        .ok_or_else(ApiProblem::not_found)?;
    kept(app, caller, &owner).await
}

fn invalid(field: &str, zh: &str, en: &str) -> ApiProblem {
    let text = Text::new(format!("{field}：{zh}"), format!("{field}: {en}"));
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text)
}

/// A telephone number that was given; an empty one is one that goes.
fn number(typed: Option<String>) -> Result<Option<String>, ApiProblem> {
    let Some(typed) = typed else { return Ok(None) };
    if typed.trim().is_empty() {
        return Ok(Some(String::new()));
    }
    let (zh, en) = ("5至15位数字，可带+号", "5 to 15 digits, with + or without");
    Ok(Some(crate::telephone::read(&typed).ok_or_else(|| invalid("telephone", zh, en))?))
}
