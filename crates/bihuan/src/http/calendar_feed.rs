//! One's own deadlines for a calendar program (RFC 5545), by a secret that its owner makes.
//!
//! Invariants: the secret reads deadlines and nothing else; only its digest is kept; an entry says
//! number, class, stage and unit, never what anybody wrote, and sealed packs are left out, for it
//! lies with a program that we do not know.

use super::body::Query;
use super::problem::{ReadProblems, WriteProblems};
use super::tagged::tagged;
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bihuan_core::id::PersonId;
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::Compartment;
use bihuan_core::policy::{Action, Viewer, compartment, scope};
use bihuan_core::text::{Lang, Text};
use bihuan_core::time::{Instant, Zone};
use bihuan_core::unit::UnitId;
use bihuan_store::calendar_feed::{find, owed, remove, set};
use bihuan_store::matter::seen;
use icalendar::{Calendar, Component, Event};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Most deadlines of one feed.
const DEADLINES_MAX: usize = 200;
/// Matters that are looked through for them.
const LOOKED_MAX: i64 = 1_000;
/// How long an entry takes up in a calendar: half an hour up to the deadline, in milliseconds.
const LASTS_MS: i64 = 30 * 60_000;
/// The media type of a calendar.
const ICALENDAR: &str = "text/calendar; charset=utf-8";

/// A feed with its secret, which is told here and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CalendarFeed {
    /// Where a calendar program finds the feed, on this service: whoever has it reads it.
    #[schema(example = "/api/v1/calendar.ics?token=…")]
    pub path: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at: Instant,
}

/// Whose feed, in which language.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedQuery {
    /// The secret.
    #[param(max_length = 64)]
    pub token: String,
    /// `zh` or `en`; Chinese where absent.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "en")]
    pub lang: Option<Lang>,
}

/// Makes the caller's feed, or gives it a new secret: the one before reads nothing from now on.
#[utoipa::path(
    post, path = "/api/v1/calendar-feed", tag = "calendar",
    responses((status = 201, body = CalendarFeed), WriteProblems)
)]
pub async fn make(State(app): State<App>, caller: Caller) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let (token, created_at) = (hex(&entropy::salt()), app.realm().now());
    let digest = digest_of(&token);
    app.write(move |db| set(db, &caller.account, &digest, created_at)).await?;
    let path = format!("{}/calendar.ics?token={token}", super::API);
    Ok((StatusCode::CREATED, axum::Json(CalendarFeed { path, created_at })).into_response())
}

/// Ends the caller's feed.
#[utoipa::path(
    delete, path = "/api/v1/calendar-feed", tag = "calendar",
    responses((status = 204), WriteProblems)
)]
pub async fn end(State(app): State<App>, caller: Caller) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let ended = app.write(move |db| remove(db, &caller.account)).await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

/// The deadlines of whoever made the secret: of open matters on which that person owes the next
/// move, or a unit that employs that person in the role that owes it. At most 200, the soonest
/// first.
#[utoipa::path(
    get, path = "/api/v1/calendar.ics", tag = "calendar", params(FeedQuery),
    responses(
        (status = 200, body = String, content_type = "text/calendar"), (status = 304),
        ReadProblems,
    )
)]
pub async fn feed(
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<FeedQuery>,
) -> Result<Response, ApiProblem> {
    let (digest, lang) = (digest_of(&query.token), query.lang.unwrap_or_default());
    let text = app
        .run(move |realm| {
            let rules = realm.rules();
            let account = realm.read(|db| find(db, &digest))?;
            // An account that is not active has no person.
            let person = account.and_then(|it| rules.accounts.get(&it));
            person.map(|it| calendar(realm, &rules, it, lang)).transpose()
        })
        .await?;
    let text = text.ok_or_else(ApiProblem::not_found)?;
    Ok(tagged(&headers, ICALENDAR, text.into()))
}

fn digest_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn calendar(
    realm: &Realm,
    rules: &Rules,
    person: &PersonId,
    lang: Lang,
) -> Result<String, Problem> {
    let viewer = Viewer::person(rules, person, Via::Person, realm.now());
    let title = realm.title().unwrap_or_else(|| Text::new("闭环", "Bihuan"));
    let name = match lang {
        Lang::Zh => format!("{} · 办理期限", title.zh),
        Lang::En => format!("{} · deadlines", title.en),
    };
    let mut calendar = Calendar::new();
    calendar.name(&name);
    for matter in deadlines(realm, rules, &viewer, person)? {
        calendar.push(event(rules, &matter, lang));
    }
    Ok(calendar.to_string())
}

/// The matters whose deadlines somebody keeps, the soonest first.
fn deadlines(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    person: &PersonId,
) -> Result<Vec<Matter>, Problem> {
    let offices = viewer.offices();
    // Whoever stands in for somebody keeps that person's deadlines too.
    let persons: BTreeSet<PersonId> =
        offices.iter().map(|it| &it.person).chain([person]).cloned().collect();
    let units: BTreeSet<UnitId> = offices.iter().map(|it| it.unit.clone()).collect();
    let scope = scope(rules, viewer);
    let ids = realm.read(|db| owed(db, &scope, (&persons, &units), LOOKED_MAX))?;
    let is_kept = |it: &Matter| {
        let is_sealed = |pack| compartment(rules, pack) == Compartment::Sealed;
        let owes = it.standing.owner.as_ref().is_some_and(|owner| match &owner.person {
            Some(person) => persons.contains(person),
            None => offices.iter().any(|it| it.unit == owner.unit && it.role == owner.role),
        });
        owes && rules.pack_of(it).is_some_and(|it| !is_sealed(it))
    };
    let mut kept = Vec::new();
    for id in ids {
        let found = realm.read(|db| seen(db, rules, viewer, id))?;
        kept.extend(found.map(|it| it.matter).filter(is_kept));
        if kept.len() == DEADLINES_MAX {
            break;
        }
    }
    Ok(kept)
}

fn event(rules: &Rules, matter: &Matter, lang: Lang) -> Event {
    let pack = rules.pack_of(matter);
    let class = pack.and_then(|it| it.class(&matter.standing.class));
    let class = class.map_or(matter.standing.class.as_str(), |it| it.title.get(lang));
    let stage = pack.and_then(|it| it.stage(&matter.standing.stage));
    let stage = stage.map_or(matter.standing.stage.as_str(), |it| it.title.get(lang));
    let unit = rules.units.get(&matter.place_unit);
    let unit = unit.map_or(matter.place_unit.as_str(), |it| it.title.get(lang));
    let number = matter.number.as_ref().map_or(String::new(), |it| format!("{it} "));
    let due = matter.standing.due.as_ref().map_or(matter.opened_at, |it| it.at);
    let mut event = Event::new();
    event.uid(&format!("{}@bihuan", matter.id));
    event.summary(&format!("{number}{class} · {unit}"));
    event.description(stage);
    event.sequence(u32::try_from(matter.version).unwrap_or(u32::MAX));
    // Made when the matter was opened: a moment that stays keeps the feed the same.
    event.add_property("DTSTAMP", utc(matter.opened_at));
    event.add_property("DTSTART", utc(due.plus_ms(-LASTS_MS)));
    event.add_property("DTEND", utc(due));
    event.done()
}

/// A moment as the format writes it, in UTC.
fn utc(at: Instant) -> String {
    let civil = Zone(0).civil(at);
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_utc() {
        assert_eq!(utc(Instant(0)), "19700101T000000Z");
        assert_eq!(utc(Instant(1_618_561_800_000)), "20210416T083000Z");
    }
}
