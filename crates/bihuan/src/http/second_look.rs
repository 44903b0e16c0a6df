//! Second looks (盲抽复核): what the caller was drawn to look at again, the verdict, and what units
//! come to.
//!
//! Invariants: whoever looks again is told neither who accepted nor what was noted then; a verdict
//! is given once, by a person, and changes nothing of the matter; a summary tells of units alone.

use super::body::{Json, Path, Query};
use super::problem::{ReadProblems, WriteProblems, denied};
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::job::second_look::candidates;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::id::{MatterId, PersonId, RoleId};
use bihuan_core::matter::Matter;
use bihuan_core::policy::{Denied, Scope, Standpoint, Viewer};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::link::keep_text;
use bihuan_store::message::{Waiting, put};
use bihuan_store::second_look::{self, SecondLook, Tally};
use bihuan_store::text::{Shown, texts_of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Longest reason, in bytes.
const REASON_BYTES_MAX: usize = 2_000;
/// Where the numbers of what a disagreement tells stand in the outbox, beside those of commands.
const DISAGREED_NO: u64 = 3_000;

/// What the caller looks at again.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SecondLooks {
    /// The oldest first, at most 200.
    pub rows: Vec<SecondLookShown>,
}

/// An acceptance that was drawn: the matter as it was to be judged, without who accepted it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SecondLookShown {
    /// Its id.
    pub id: String,
    /// The matter.
    pub matter: MatterId,
    /// The kind of loop.
    pub pack: String,
    /// The problem type.
    pub class: Text,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Number since filing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What counts as fixed; `；` separates the items of the checklist.
    pub standard: Text,
    /// When it was drawn, in milliseconds since 1970 UTC, as all moments are.
    pub drawn_at: Instant,
    /// Photos before, by their digests.
    pub before: Vec<String>,
    /// Photos after.
    pub after: Vec<String>,
}

/// What somebody says of an acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was fixed, as far as can be seen.
    Agree,
    /// It was not.
    Disagree,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictInput {
    /// Whether the acceptance was right.
    pub verdict: Verdict,
    /// Why; needed to disagree.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub reason: Option<String>,
}

/// Of which acceptances.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SummaryQuery {
    /// Accepted then or later, in milliseconds since 1970 UTC.
    pub from: i64,
    /// Accepted before.
    pub to: i64,
}

/// What second looks at acceptances of units came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SecondLookSummary {
    /// In the order of the units; those of the caller's area alone.
    pub rows: Vec<SecondLookTally>,
}

/// What second looks at acceptances of one unit came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SecondLookTally {
    /// The unit that accepted.
    pub unit: UnitId,
    /// Its name.
    pub title: Text,
    /// How many of its acceptances were drawn.
    pub drawn: i64,
    /// How many of those were looked at again.
    pub looked: i64,
    /// How many of those by a colleague of the same unit, since no other unit has an acceptor.
    pub colleagues: i64,
    /// How many verdicts disagree.
    pub disagreed: i64,
}

/// What the caller was drawn to look at again.
#[utoipa::path(
    get, path = "/api/v1/second-looks", tag = "second_look",
    responses((status = 200, body = SecondLooks), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<SecondLooks>, ApiProblem> {
    let read = move |realm: &Realm| {
        let looks = realm.read(|db| second_look::of_person(db, &caller.person))?;
        let mut rows = Vec::with_capacity(looks.len());
        for look in looks {
            let Some(matter) = matter(realm, look.matter)? else { continue };
            if may(realm, &matter, &caller.person) {
                rows.extend(shown(realm, look, &matter)?);
            }
        }
        Ok(axum::Json(SecondLooks { rows }))
    };
    app.run(read).await
}

fn matter(realm: &Realm, id: MatterId) -> Result<Option<Matter>, Problem> {
    realm.read(|db| bihuan_store::matter::matter(db, &Scope::operator(), id))
}

/// Whether a person may look at an acceptance again, by the rules of this moment.
fn may(realm: &Realm, matter: &Matter, person: &PersonId) -> bool {
    candidates(&realm.rules(), matter, realm.now()).1.contains(person)
}

fn shown(
    realm: &Realm,
    look: SecondLook,
    matter: &Matter,
) -> Result<Option<SecondLookShown>, Problem> {
    let rules = realm.rules();
    let Some(pack) = rules.pack_of(matter) else { return Ok(None) };
    let Some(class) = pack.class(&matter.standing.class) else { return Ok(None) };
    let texts = realm.read(|db| texts_of(db, matter))?;
    let title = matter.title.as_ref().and_then(|it| texts.get(it)).and_then(Shown::text);
    let of = |slot: &str| {
        let files = matter.files.iter().filter(|it| it.slot == slot && it.arrived);
        files.map(|it| it.digest.clone()).collect()
    };
    Ok(Some(SecondLookShown {
        id: look.id,
        matter: look.matter,
        pack: look.pack.0,
        class: class.title.clone(),
        title: title.map(ToOwned::to_owned),
        number: matter.number.clone(),
        standard: class.standard.clone(),
        drawn_at: look.drawn_at,
        before: of("before"),
        after: of("after"),
    }))
}

/// Says whether an acceptance was right; once. Nothing of the matter changes: those who may
/// supervise it are told where the verdict disagrees.
#[utoipa::path(
    post, path = "/api/v1/second-looks/{id}", tag = "second_look", params(("id" = String, Path)),
    request_body = VerdictInput, responses((status = 204), WriteProblems)
)]
pub async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<VerdictInput>,
) -> Result<StatusCode, ApiProblem> {
    let reason = input.reason.as_deref().map(str::trim).filter(|it| !it.is_empty());
    let reason = reason.map(ToOwned::to_owned);
    let is_odd = reason.as_ref().is_some_and(|it| it.len() > REASON_BYTES_MAX || it.contains('\0'));
    if is_odd || (input.verdict == Verdict::Disagree && reason.is_none()) {
        let (zh, en) = ("不同意须写明理由（2000字节以内）", "to disagree, say why, in 2,000 bytes");
        return Err(ApiProblem::invalid("reason", zh, en));
    }
    let person = caller.person.clone();
    let find = move |realm: &Realm| {
        let looks = realm.read(|db| second_look::of_person(db, &person))?;
        let Some(look) = looks.into_iter().find(|it| it.id == id) else { return Ok(None) };
        let found = matter(realm, look.matter)?;
        let Some(found) = found.filter(|it| may(realm, it, &person)) else { return Ok(None) };
        let told = told(realm, &look, &found);
        Ok(Some((look, told)))
    };
    let (look, told) = app.run(find).await?.ok_or_else(ApiProblem::not_found)?;
    let salt = entropy::salt();
    let decided = app
        .record(move |db, now| {
            let seal = |it: String| keep_text(db, look.matter, ("reason", &salt, &look.id), &it);
            let reason = reason.map(seal).transpose()?;
            let word = match input.verdict {
                Verdict::Agree => "agree",
                Verdict::Disagree => "disagree",
            };
            let by = (look.id.as_str(), &caller.person);
            if !second_look::decide(db, by, (word, reason.as_ref()), now)? {
                return Ok((false, Vec::new()));
            }
            if input.verdict == Verdict::Disagree {
                told.iter().try_for_each(|it| put(db, &Waiting { at: now, ..it.clone() }))?;
            }
            let entry = Audited::by(Act::SecondLooked, &caller.account).about(look.id);
            let entry = entry.matter(look.matter);
            Ok((true, vec![reason.into_iter().fold(entry, Audited::text)]))
        })
        .await?;
    if decided { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

/// Whoever may supervise the matter, as the outbox names them.
fn told(realm: &Realm, look: &SecondLook, matter: &Matter) -> Vec<Waiting> {
    let rules = realm.rules();
    let stages = rules.pack_of(matter).into_iter().flat_map(|it| &it.stages);
    let roles: BTreeSet<&RoleId> = stages.flat_map(|it| &it.allow.supervise).collect();
    let entry = |(no, role): (u64, &RoleId)| Waiting {
        seq: look.seq,
        no: DISAGREED_NO + no,
        kind: "disagreed".to_owned(),
        matter: look.matter,
        role: Some(role.clone()),
        unit: Some(matter.place_unit.clone()),
        person: None,
        at: realm.now(),
    };
    (0..).zip(roles).map(entry).collect()
}

/// What second looks came to, by accepting unit, in the caller's area.
#[utoipa::path(
    get, path = "/api/v1/second-looks/summary", tag = "second_look", params(SummaryQuery),
    responses((status = 200, body = SecondLookSummary), ReadProblems)
)]
pub async fn summary(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SummaryQuery>,
) -> Result<axum::Json<SecondLookSummary>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    if viewer.standpoint() != Standpoint::Official {
        return Err(denied(&Denied::NotOfficial));
    }
    let (from, to) = (Instant(query.from), Instant(query.to));
    let tallies = app.run(move |realm| realm.read(|db| second_look::summary(db, from, to))).await?;
    let sees = |viewer: &Viewer, unit: &UnitId| {
        let mut offices = viewer.offices().iter();
        let within = |above: &UnitId| rules.units.is_within(unit, above);
        offices.any(|it| within(&it.area) || within(&it.unit))
    };
    let row = |it: Tally| {
        let unit = rules.units.get(&it.unit);
        SecondLookTally {
            title: unit.map_or_else(|| Text::new(&*it.unit.0, &*it.unit.0), |it| it.title.clone()),
            unit: it.unit,
            drawn: it.drawn,
            looked: it.looked,
            colleagues: it.colleagues,
            disagreed: it.disagreed,
        }
    };
    let rows = tallies.into_iter().filter(|it| sees(&viewer, &it.unit)).map(row).collect();
    Ok(axum::Json(SecondLookSummary { rows }))
}
