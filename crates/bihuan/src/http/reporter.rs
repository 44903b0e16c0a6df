//! Who reported a matter: kept apart, and shown once, for a reason, with a second person's consent.
//!
//! Invariants: only those who see everything of a matter ask, consent or are shown, so that
//! whoever fixes it never learns who reported it; whoever asked does not consent; every step is on
//! the audit trail, and being shown before it happens; no program does any of it.

use super::body::{Json, Path};
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App, Caller};
use crate::entropy;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::{Matter, Via};
use bihuan_core::policy::{Part, Scope, Sight, sight};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::reporter::{self, Reveal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest name of a reporter, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Longest telephone number.
const TELEPHONE_BYTES_MAX: usize = 40;
/// Longest reason.
const REASON_BYTES_MAX: usize = 2_000;

/// Who reported a matter.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Telephone number, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub telephone: Option<String>,
}

/// Why somebody asks.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevealInput {
    /// Why; the second person and the audit administrator read it.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Whether somebody consents.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentInput {
    /// False: it is refused for good.
    pub approve: bool,
}

/// A request that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevealMade {
    /// Its id.
    pub id: String,
}

/// What is known of who reported a matter, short of who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReporterShown {
    /// `kept`, `erased` or `none`.
    pub status: &'static str,
    /// Requests to see it, the newest first.
    pub reveals: Vec<RevealShown>,
}

/// A request to see who reported a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevealShown {
    /// Its id.
    pub id: String,
    /// Who asked.
    pub asked_by: PersonId,
    /// When, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub asked_at: Instant,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `waiting`, `approved`, `refused`, `lapsed` or `shown`.
    pub status: &'static str,
    /// Who consented or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonId>,
}

impl RevealShown {
    fn of(it: Reveal, now: Instant) -> RevealShown {
        let since = it.approved_at.unwrap_or(it.asked_at);
        let lapsed = now.0 - since.0 >= reporter::WAITS_MS;
        let status = match () {
            () if it.opened_at.is_some() => "shown",
            () if it.refused_by.is_some() => "refused",
            () if lapsed => "lapsed",
            () if it.approved_by.is_some() => "approved",
            () => "waiting",
        };
        RevealShown {
            id: it.id,
            asked_by: it.asked_by,
            asked_at: it.asked_at,
            reason: it.reason.text().map(ToOwned::to_owned),
            status,
            decided_by: it.approved_by.or(it.refused_by),
        }
    }
}

/// Keeps who reported a matter, once: by its opener, or by those on the case.
#[utoipa::path(
    put, path = "/api/v1/matters/{id}/reporter", tag = "reporter", params(("id" = MatterId, Path)),
    request_body = Reporter, responses((status = 204), WriteProblems)
)]
pub async fn keep(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
    Json(input): Json<Reporter>,
) -> Result<StatusCode, ApiProblem> {
    let (_, sight) = seen(&app, &caller, id).await?;
    if !matches!(sight, Sight::Own | Sight::OnCase) {
        return Err(not_for_those_who_fix());
    }
    let name_fits = !input.name.trim().is_empty() && input.name.len() <= NAME_BYTES_MAX;
    let telephone = input.telephone.as_deref().unwrap_or("0");
    let digits = telephone.bytes().all(|it| it.is_ascii_digit() || b"+- ".contains(&it));
    if !name_fits || telephone.is_empty() || telephone.len() > TELEPHONE_BYTES_MAX || !digits {
        return Err(invalid(
            "name",
            "请写姓名和电话（可不写电话）",
            "give a name, and a number or none",
        ));
    }
    let text = serde_json::to_vec(&input).expect("it has only string keys");
    let salt = entropy::salt();
    let kept = app
        .record(move |db, now| {
            if reporter::find(db, id)?.is_some() {
                return Ok((false, Vec::new()));
            }
            let of = id.to_string();
            let reference = reporter::keep_text(db, "reporter", (&salt, &of), &text)?;
            let kept = reporter::keep(db, id, &reference, now)?;
            let told = Audited::by(Act::ReporterKept, &caller.account).matter(id).text(reference);
            Ok((kept, vec![told]))
        })
        .await?;
    if kept { Ok(StatusCode::NO_CONTENT) } else { Err(kept_already()) }
}

/// Whether it is kept who reported a matter, and who asked to see it.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}/reporter", tag = "reporter", params(("id" = MatterId, Path)),
    responses((status = 200, body = ReporterShown), ReadProblems)
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
) -> Result<axum::Json<ReporterShown>, ApiProblem> {
    on_case(&app, &caller, id).await?;
    let now = app.realm().now();
    let (kept, reveals) = app
        .run(move |realm| {
            realm.read(|db| Ok((reporter::find(db, id)?, reporter::reveals(db, id)?)))
        })
        .await?;
    let status = match kept {
        None => "none",
        Some((_, shown)) if shown.text().is_none() => "erased",
        Some(_) => "kept",
    };
    let reveals = reveals.into_iter().map(|it| RevealShown::of(it, now)).collect();
    Ok(axum::Json(ReporterShown { status, reveals }))
}

/// Asks to see who reported a matter; a second person consents within a day.
#[utoipa::path(
    post, path = "/api/v1/matters/{id}/reporter/reveals", tag = "reporter",
    params(("id" = MatterId, Path)), request_body = RevealInput,
    responses((status = 201, body = RevealMade), WriteProblems)
)]
pub async fn ask(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
    Json(input): Json<RevealInput>,
) -> Result<Response, ApiProblem> {
    on_case(&app, &caller, id).await?;
    let reason = input.reason.trim().to_owned();
    if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
        return Err(invalid("reason", "请写明理由（2000字节以内）", "say why, in 2,000 bytes"));
    }
    let (salt, request) = (entropy::salt(), entropy::command_id(app.realm().now()).to_string());
    let key = request.clone();
    let asked = app
        .record(move |db, now| {
            if reporter::find(db, id)?.is_none() {
                return Ok((false, Vec::new()));
            }
            let reference = reporter::keep_text(db, "reason", (&salt, &key), reason.as_bytes())?;
            reporter::ask(db, id, (&key, &caller.person), &reference, now)?;
            let told = Audited::by(Act::RevealAsked, &caller.account).about(key).matter(id);
            Ok((true, vec![told.text(reference)]))
        })
        .await?;
    if !asked {
        return Err(ApiProblem::not_found());
    }
    Ok((StatusCode::CREATED, axum::Json(RevealMade { id: request })).into_response())
}

/// Consents to a request of somebody else, or refuses it.
#[utoipa::path(
    post, path = "/api/v1/matters/{id}/reporter/reveals/{reveal}/consent", tag = "reporter",
    params(("id" = MatterId, Path), ("reveal" = String, Path)), request_body = ConsentInput,
    responses((status = 204), WriteProblems)
)]
pub async fn consent(
    State(app): State<App>,
    caller: Caller,
    Path((id, reveal)): Path<(MatterId, String)>,
    Json(input): Json<ConsentInput>,
) -> Result<StatusCode, ApiProblem> {
    on_case(&app, &caller, id).await?;
    let decided = app
        .record(move |db, now| {
            let by = (reveal.as_str(), &caller.person);
            let act = if input.approve { Act::RevealApproved } else { Act::RevealRefused };
            let done = reporter::decide(db, id, by, (input.approve, now))?;
            let told = Audited::by(act, &caller.account).about(reveal).matter(id);
            Ok((done, done.then_some(told).into_iter().collect()))
        })
        .await?;
    if decided { Ok(StatusCode::NO_CONTENT) } else { Err(nothing_waits()) }
}

/// Shows who reported a matter, once, to whoever asked and was let.
#[utoipa::path(
    post, path = "/api/v1/matters/{id}/reporter/reveals/{reveal}/open", tag = "reporter",
    params(("id" = MatterId, Path), ("reveal" = String, Path)),
    responses((status = 200, body = Reporter), WriteProblems)
)]
pub async fn open(
    State(app): State<App>,
    caller: Caller,
    Path((id, reveal)): Path<(MatterId, String)>,
) -> Result<Response, ApiProblem> {
    on_case(&app, &caller, id).await?;
    let found = app
        .record(move |db, now| {
            let kept = reporter::find(db, id)?.and_then(|it| it.1.text().map(ToOwned::to_owned));
            let Some(kept) = kept else { return Ok((None, Vec::new())) };
            if !reporter::open(db, id, (reveal.as_str(), &caller.person), now)? {
                return Ok((None, Vec::new()));
            }
            let told = Audited::by(Act::Revealed, &caller.account).about(reveal).matter(id);
            Ok((Some(kept), vec![told]))
        })
        .await?;
    let found: Reporter =
        found.and_then(|it| serde_json::from_str(&it).ok()).ok_or_else(nothing_waits)?;
    let head = [(axum::http::header::CACHE_CONTROL, "no-store")];
    Ok((head, axum::Json(found)).into_response())
}

/// A matter that the caller sees, and how much of it.
async fn seen(app: &App, caller: &Caller, id: MatterId) -> Result<(Matter, Sight), ApiProblem> {
    if caller.via != Via::Person {
        return Err(super::problem::denied(&bihuan_core::policy::Denied::NotByMachine));
    }
    let (rules, viewer) = caller.viewer(app);
    let found = app
        .run(move |realm| realm.read(|db| bihuan_store::matter::matter(db, &Scope::operator(), id)))
        .await?
        .ok_or_else(ApiProblem::not_found)?;
    match sight(&rules, &found, &viewer) {
        Sight::Nothing => Err(ApiProblem::not_found()),
        sight => Ok((found, sight)),
    }
}

/// Whether the caller sees everything of a matter, as one who does not fix it.
async fn on_case(app: &App, caller: &Caller, id: MatterId) -> Result<(), ApiProblem> {
    free_on_case(app, caller, id).await?.map(drop).ok_or_else(not_for_those_who_fix)
}

/// A matter of which the caller sees everything, as one who does not fix it; none where the caller
/// sees less.
pub(super) async fn free_on_case(
    app: &App,
    caller: &Caller,
    id: MatterId,
) -> Result<Option<Matter>, ApiProblem> {
    let (matter, sight) = seen(app, caller, id).await?;
    let sees = sight.shows(Part::Parties) && sight.shows(Part::Reporter);
    // In a sealed pack those who handle it see the rest of it, and this none the less not.
    let (rules, viewer) = caller.viewer(app);
    let fixes = matter.parts.iter().any(|part| {
        let mut offices = viewer.offices().iter();
        part.person.as_ref() == Some(&caller.person)
            || offices.any(|it| rules.units.is_within(&it.unit, &part.unit))
    });
    Ok(Some(matter).filter(|_| sees && !fixes))
}

fn not_for_those_who_fix() -> ApiProblem {
    let text = Text::new(
        "举报人信息仅限经办此件且非整改方的人员",
        "who reported it is for those on the case who do not fix it",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "reporter_sealed", text)
}

fn kept_already() -> ApiProblem {
    let text = Text::new("举报人信息已登记，不能更改", "it is kept already and does not change");
    ApiProblem::new(StatusCode::CONFLICT, "reporter_kept", text)
}

fn nothing_waits() -> ApiProblem {
    let text = Text::new(
        "没有可办理的申请：须另一人在24小时内同意，且只能查看一次",
        "nothing waits: another person consents within a day, and it is shown once",
    );
    ApiProblem::new(StatusCode::CONFLICT, "nothing_waits", text)
}

fn invalid(field: &str, zh: &str, en: &str) -> ApiProblem {
    let text = Text::new(format!("{field}：{zh}"), format!("{field}: {en}"));
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text)
}
