//! Requests of persons about their own data: entered, answered within a time, and kept as asked.
//!
//! Invariants: who asked stands in sealed content; reading the list is on the audit trail; it is in
//! the order of the clock and is searched by nobody's name.

use super::super::body::{Json, Path};
use super::super::problem::{ReadProblems, WriteProblems};
use super::super::{ApiProblem, App, Caller};
use super::invalid;
use crate::entropy;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::AccountId;
use bihuan_core::policy::Action;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::audit::{Act, Audited};
use bihuan_store::reporter::keep_text;
use bihuan_store::request::{self, PersonRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest text, in bytes.
const TEXT_BYTES_MAX: usize = 8_000;
/// Longest time to answer, in days.
const DUE_DAYS_MAX: i64 = 365;

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To see what is kept.
    See,
    /// To have it corrected.
    Correct,
    /// To have it erased.
    Erase,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestOutcome {
    /// It was done.
    Granted,
    /// It was done in part.
    Partly,
    /// It was not done.
    Refused,
}

/// A request, as it is entered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestInput {
    /// What is asked for.
    pub kind: RequestKind,
    /// Who asks, how that was checked, and what about.
    #[schema(min_length = 1, max_length = 8000)]
    pub text: String,
    /// Until when it is to be answered, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub due_at: Instant,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomeInput {
    /// What came of it.
    pub outcome: RequestOutcome,
    /// What was answered, and why.
    #[schema(min_length = 1, max_length = 8000)]
    pub note: String,
}

/// A request that was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestMade {
    /// Its id.
    pub id: String,
}

/// Requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Requests {
    /// Those that wait, the most urgent first; then the others, the newest first; at most 200.
    pub requests: Vec<RequestShown>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RequestShown {
    /// Its id.
    pub id: String,
    /// `see`, `correct` or `erase`.
    pub kind: String,
    /// Who asked, and what about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When it came.
    #[schema(value_type = i64)]
    pub received_at: Instant,
    /// Until when it is to be answered.
    #[schema(value_type = i64)]
    pub due_at: Instant,
    /// Whether it waits although its time is over.
    pub overdue: bool,
    /// Who entered it.
    pub by: AccountId,
    /// `granted`, `partly` or `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<AccountId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub decided_at: Option<Instant>,
}

impl RequestShown {
    fn of(it: PersonRequest, now: Instant) -> RequestShown {
        RequestShown {
            overdue: it.outcome.is_none() && it.due_at <= now,
            id: it.id,
            kind: it.kind,
            text: it.text.text().map(ToOwned::to_owned),
            received_at: it.received_at,
            due_at: it.due_at,
            by: it.by,
            outcome: it.outcome,
            note: it.note.text().map(ToOwned::to_owned),
            decided_by: it.decided_by,
            decided_at: it.decided_at,
        }
    }
}

/// Requests of persons about their own data.
#[utoipa::path(
    get, path = "/api/v1/person-requests", tag = "personal_data",
    responses((status = 200, body = Requests), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<Requests>, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let (found, now) = (app.run(|realm| realm.read(request::list)).await?, app.realm().now());
    app.audit(Audited::by(Act::RequestsSeen, &caller.account).rows(found.len())).await?;
    let requests = found.into_iter().map(|it| RequestShown::of(it, now)).collect();
    Ok(axum::Json(Requests { requests }))
}

/// Enters a request.
#[utoipa::path(
    post, path = "/api/v1/person-requests", tag = "personal_data", request_body = RequestInput,
    responses((status = 201, body = RequestMade), WriteProblems)
)]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<RequestInput>,
) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let text = told("text", &input.text)?;
    let now = app.realm().now();
    if !(now.0 + 1..=now.0 + DUE_DAYS_MAX * DAY_MS).contains(&input.due_at.0) {
        return Err(invalid("due_at", "须在一年之内", "it lies within a year"));
    }
    let (salt, id) = (entropy::salt(), entropy::command_id(now).to_string());
    let key = id.clone();
    app.record(move |db, now| {
        let reference = keep_text(db, "request", (&salt, &key), text.as_bytes())?;
        let kind = word(&input.kind);
        request::add(db, (&key, &kind), &reference, &caller.account, (now, input.due_at))?;
        let told = Audited::by(Act::RequestEntered, &caller.account).about(key).text(reference);
        Ok(((), vec![told]))
    })
    .await?;
    Ok((StatusCode::CREATED, axum::Json(RequestMade { id })).into_response())
}

/// Says what came of a request, once.
#[utoipa::path(
    post, path = "/api/v1/person-requests/{id}/outcome", tag = "personal_data",
    params(("id" = String, Path)), request_body = OutcomeInput,
    responses((status = 204), WriteProblems)
)]
pub async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<OutcomeInput>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let (note, salt) = (told("note", &input.note)?, entropy::salt());
    let done = app
        .record(move |db, now| {
            let of = format!("outcome {id}");
            let waits = request::list(db)?.iter().any(|it| it.id == id && it.outcome.is_none());
            if !waits {
                return Ok((false, Vec::new()));
            }
            let reference = keep_text(db, "request", (&salt, &of), note.as_bytes())?;
            let outcome = word(&input.outcome);
            let done = request::decide(db, (&id, &outcome), &reference, &caller.account, now)?;
            let told = Audited::by(Act::RequestDecided, &caller.account).about(id).text(reference);
            Ok((done, vec![told]))
        })
        .await?;
    if done { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

fn told(field: &str, text: &str) -> Result<String, ApiProblem> {
    let text = text.trim();
    if text.is_empty() || text.len() > TEXT_BYTES_MAX || text.contains('\0') {
        return Err(invalid(field, "请填写（8000字节以内）", "say it, in 8,000 bytes"));
    }
    Ok(text.to_owned())
}

/// The word of a kind or an outcome.
fn word(it: &impl Serialize) -> String {
    let value = serde_json::to_value(it).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
