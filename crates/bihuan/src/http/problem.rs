//! A [`Problem`] as RFC 9457 tells it: one stable code, both languages, a status.

use super::layer::ProblemCode;
use crate::problem::Problem;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::adjustment::AdjustmentRefusal;
use bihuan_core::matter::Refusal;
use bihuan_core::policy::Denied;
use bihuan_core::text::Text;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response as Described, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// After how many seconds to try again where the service could not.
const RETRY_AFTER_S: &str = "1";

/// What went wrong and what to do.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ApiProblem {
    /// The status, again.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// What to do, in English.
    pub title: String,
    /// What to do, in Chinese.
    pub title_zh: String,
    /// Each fault of many, or what is still needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<serde_json::Value>,
}

impl ApiProblem {
    /// A problem of the network's own.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, text: Text) -> ApiProblem {
        let (status, code) = (status.as_u16(), code.to_owned());
        ApiProblem { status, code, title: text.en, title_zh: text.zh, details: Vec::new() }
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn signed_out() -> ApiProblem {
        let text = Text::new("请先登录", "sign in first");
        ApiProblem::new(StatusCode::UNAUTHORIZED, "signed_out", text)
    }

    /// Something asked for is not there, or not for this caller: nobody learns which.
    #[must_use]
    pub fn not_found() -> ApiProblem {
        let text = Text::new("没有此内容，或您无权查看", "there is none, or not for you");
        ApiProblem::new(StatusCode::NOT_FOUND, "not_found", text)
    }

    /// A field, or a part of an address, that cannot be used, and what to give instead.
    #[must_use]
    pub fn invalid(field: &str, zh: &str, en: &str) -> ApiProblem {
        let text = Text::new(format!("{field}：{zh}"), format!("{field}: {en}"));
        ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text)
    }
}

/// The problems that a reading address may answer, for its description.
#[derive(Clone, Copy, Debug)]
pub struct ReadProblems;

/// The problems that a writing address may answer, for its description.
#[derive(Clone, Copy, Debug)]
pub struct WriteProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        describe(&[400, 401, 403, 404, 422, 429, 503])
    }
}

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        describe(&[400, 401, 403, 404, 409, 413, 415, 422, 429, 503])
    }
}

fn describe(statuses: &[u16]) -> BTreeMap<String, RefOr<Described>> {
    let body = Ref::from_schema_name("ApiProblem");
    let content = ContentBuilder::new().schema(Some(body)).build();
    let one = |status: &u16| {
        let reason = StatusCode::from_u16(*status).ok().and_then(|it| it.canonical_reason());
        let response = ResponseBuilder::new()
            .description(reason.unwrap_or_default())
            .content("application/problem+json", content.clone());
        (status.to_string(), response.build().into())
    };
    statuses.iter().map(one).collect()
}

/// Why something is not for the caller.
#[must_use]
pub fn denied(why: &Denied) -> ApiProblem {
    let status = match why {
        Denied::SignedOut => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    ApiProblem::new(status, why.code(), why.text())
}

/// What an address that leads nowhere answers.
pub async fn no_route() -> ApiProblem {
    let text = Text::new("没有这个地址", "there is no such address");
    ApiProblem::new(StatusCode::NOT_FOUND, "no_route", text)
}

/// What an address answers to a method that it does not have.
pub async fn no_method() -> ApiProblem {
    let text = Text::new("此地址没有这种操作", "this address has no such method");
    ApiProblem::new(StatusCode::METHOD_NOT_ALLOWED, "no_method", text)
}

impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> ApiProblem {
        let mut told = ApiProblem::new(status(&problem), problem.code(), problem.text());
        told.details = problem.details();
        told
    }
}

/// The status of a problem.
fn status(problem: &Problem) -> StatusCode {
    match problem {
        Problem::Refused(refusal) => refused(refusal),
        Problem::Adjustment(refusal) => adjustment_refused(refusal),
        Problem::RankingRoles(_) => StatusCode::FORBIDDEN,
        Problem::Unknown { .. } => StatusCode::NOT_FOUND,
        Problem::Conflict | Problem::RankingChanged => StatusCode::CONFLICT,
        Problem::Word { .. } | Problem::Import(_) => StatusCode::BAD_REQUEST,
        Problem::Unsound(_)
        | Problem::Gaps(_)
        | Problem::TooMany { .. }
        | Problem::TooFine { .. }
        | Problem::AsOf { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Problem::Other(_) | Problem::NoRealm(_) | Problem::RealmExists(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ if problem.code() == "bad_value" => StatusCode::UNPROCESSABLE_ENTITY,
        _ if problem.code() == "fault" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn adjustment_refused(refusal: &AdjustmentRefusal) -> StatusCode {
    match refusal {
        AdjustmentRefusal::NoAdjustment => StatusCode::NOT_FOUND,
        AdjustmentRefusal::NoAccount
        | AdjustmentRefusal::NotAllowed { .. }
        | AdjustmentRefusal::NotByMachine
        | AdjustmentRefusal::SamePerson
        | AdjustmentRefusal::ChargedUnit { .. } => StatusCode::FORBIDDEN,
        AdjustmentRefusal::AdjustmentExists
        | AdjustmentRefusal::WrongStage { .. }
        | AdjustmentRefusal::Stale { .. } => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

fn refused(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NoMatter => StatusCode::NOT_FOUND,
        Refusal::NoAccount
        | Refusal::NotAllowed { .. }
        | Refusal::SameParty(_)
        | Refusal::NotByMachine => StatusCode::FORBIDDEN,
        Refusal::MatterExists | Refusal::WrongStage { .. } | Refusal::Stale { .. } => {
            StatusCode::CONFLICT
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let code = ProblemCode(self.code.clone());
        let mut response = (status, Json(self)).into_response();
        response.extensions_mut().insert(code);
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static(RETRY_AFTER_S);
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}
