//! The public page: anybody reports, follows by a code, says that it was not well done, and reads
//! what a pack publishes; without an account, and to read without any script.
//!
//! Invariants: nothing here names a person; what is published goes through the policy of the
//! public, what a code follows is told to the holder of the code alone.

mod code;
mod draft;
mod lately;
pub mod listed;
mod map;
pub(in crate::http) mod page;
mod reception;
mod report;
mod sheet;
mod told;
mod view;

pub use code::Code;
pub use draft::PHOTOS_MAX;
pub use lately::Lately;
pub use listed::{PublicMatter, PublicMatters};
pub use reception::{PLACES, Reception};
pub use report::{PUBLIC, packs};
pub use told::Followed;

use super::edge::Client;
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App};
use axum::Extension;
use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::matter::Matter;
use bihuan_core::text::Text;
use draft::Draft;
use serde::Serialize;
use utoipa::ToSchema;

/// A report, as any browser sends it.
#[derive(Clone, Debug, Default, ToSchema)]
#[expect(dead_code, reason = "it describes the form that `Draft` reads")]
pub struct ReportForm {
    /// Chosen before sending (UUID), kept through retries: the same report has one code.
    id: String,
    /// The kind of loop; the first that takes reports where it is not said.
    pack: Option<String>,
    /// What it is about; officials may correct it.
    class: Option<String>,
    /// Both at once, as a page offers them: `pack/class`.
    kind: Option<String>,
    /// In the sender's words, at most 2,000 bytes; wanted where there is no photo.
    #[schema(max_length = 2000)]
    words: Option<String>,
    /// The point whose placard was read.
    point: Option<String>,
    /// Where the sender is, in degrees of WGS-84.
    lon: Option<f64>,
    /// The same.
    lat: Option<f64>,
    /// How exactly, in metres.
    accuracy_m: Option<u32>,
    /// Who reports; kept apart, shown to nobody who fixes it.
    #[schema(max_length = 100)]
    name: Option<String>,
    /// That person's telephone.
    #[schema(max_length = 40)]
    telephone: Option<String>,
    /// The version of the notice that was read; wanted with a name, where there is a notice.
    notice: Option<i64>,
    /// A photo, at most 20 MB; at most three of them.
    #[schema(value_type = Option<String>, format = Binary)]
    photo: Option<Vec<u8>>,
}

/// A report that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportMade {
    /// The tracking code (查询码), told here and nowhere else.
    #[schema(example = "7KQ2-9M4T-XR0B-C3HD")]
    pub code: String,
    /// Where it is followed.
    pub follow: String,
}

/// Reports something, without an account.
///
/// A browser that asks for a page is led to the page of the report.
#[utoipa::path(
    post, path = "/api/v1/public/reports", tag = "public",
    request_body(content = ReportForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = ReportMade),
        (status = 303, description = "To the page of the report, for a browser"),
        (status = 410, body = ApiProblem, content_type = "application/problem+json",
            description = "the photo was erased before"),
        WriteProblems,
    )
)]
pub async fn report(
    State(app): State<App>,
    client: Option<Extension<Client>>,
    headers: HeaderMap,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let sent = async {
        is_open(&app)?;
        let _place = app.reception().enter(client.map(|it| it.0))?;
        let draft = Draft::read(form.map_err(|_| no_form())?, app.reception()).await?;
        report::send(&app, draft).await
    };
    let code = match sent.await {
        Ok(code) => code.shown(),
        Err(problem) => return refused(&app, &headers, problem),
    };
    let follow = format!("/r/{code}");
    if wants_page(&headers) {
        return Redirect::to(&follow).into_response();
    }
    (StatusCode::CREATED, axum::Json(ReportMade { code, follow })).into_response()
}

/// How far a report is, by its tracking code.
#[utoipa::path(
    get, path = "/api/v1/public/reports/{code}", tag = "public",
    params(("code" = String, Path, description = "the tracking code")),
    responses((status = 200, body = Followed), ReadProblems)
)]
pub async fn follow(
    State(app): State<App>,
    Path(code): Path<String>,
) -> Result<axum::Json<Followed>, ApiProblem> {
    let code = Code::typed(&code).ok_or_else(told::unknown_code)?;
    let found = followed(&app, code).await?;
    found.map(|it| axum::Json(it.1)).ok_or_else(told::unknown_code)
}

/// What somebody says who finds it not well done.
#[derive(Clone, Debug, Default, ToSchema)]
#[expect(dead_code, reason = "it describes the form that `Draft` reads")]
pub struct ObjectionForm {
    /// In the sender's words, at most 2,000 bytes.
    #[schema(max_length = 2000)]
    words: Option<String>,
    /// A photo of how it looks now, at most 20 MB; at most three of them.
    #[schema(value_type = Option<String>, format = Binary)]
    photo: Option<Vec<u8>>,
}

/// Says that what was cleared was not well done (没整改好), once after each clearance.
///
/// It opens a matter at the same place, which the engine knows as a rebound of the one before, with
/// a clock of its own; the code follows it from then on.
#[utoipa::path(
    post, path = "/api/v1/public/reports/{code}/objections", tag = "public",
    params(("code" = String, Path, description = "the tracking code")),
    request_body(content = ObjectionForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = Followed),
        (status = 303, description = "To the page of the report, for a browser"),
        (status = 410, body = ApiProblem, content_type = "application/problem+json",
            description = "the photo was erased before"),
        WriteProblems,
    )
)]
pub async fn object(
    State(app): State<App>,
    Path(code): Path<String>,
    client: Option<Extension<Client>>,
    headers: HeaderMap,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Response {
    let told = async {
        is_open(&app)?;
        let code = Code::typed(&code).ok_or_else(told::unknown_code)?;
        let _place = app.reception().enter(client.map(|it| it.0))?;
        let draft = Draft::read(form.map_err(|_| no_form())?, app.reception()).await?;
        let found = followed(&app, code.clone()).await?;
        let (old, _) = found.ok_or_else(told::unknown_code)?;
        report::object(&app, &code, &old, draft).await?;
        let shown = code.shown();
        let found = followed(&app, code).await?;
        Ok((shown, found.ok_or_else(told::unknown_code)?.1))
    };
    match told.await {
        Ok((code, _)) if wants_page(&headers) => {
            Redirect::to(&format!("/r/{code}")).into_response()
        }
        Ok((_, followed)) => (StatusCode::CREATED, axum::Json(followed)).into_response(),
        Err(problem) => refused(&app, &headers, problem),
    }
}

/// The matter that a code follows, and what is told of it.
async fn followed(app: &App, code: Code) -> Result<Option<(Matter, Followed)>, ApiProblem> {
    let public = app.public().clone();
    app.run(move |realm| Followed::by(realm, &public, &code)).await
}

/// Whether a browser asks for a page, not a program for data.
fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
    accept.is_some_and(|it| it.contains("text/html"))
}

/// A refusal, as a page where a browser asks.
fn refused(app: &App, headers: &HeaderMap, problem: ApiProblem) -> Response {
    let is_busy = problem.code == reception::BUSY;
    let mut answer = match wants_page(headers) {
        true => page::refusal(app, page::reader_of(app, headers), "/p", &problem),
        false => problem.into_response(),
    };
    if is_busy {
        let later = HeaderValue::from(reception::RETRY_AFTER_S);
        answer.headers_mut().insert(header::RETRY_AFTER, later);
    }
    answer
}

/// Whether the operator takes reports without an account.
fn is_open(app: &App) -> Result<(), ApiProblem> {
    if app.takes_reports() {
        return Ok(());
    }
    Err(not_open())
}

fn not_open() -> ApiProblem {
    let text = Text::new(
        "本单位没有开通网上随手拍，请拨打服务热线",
        "reports without an account are not taken here; call the hotline",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "not_open", text)
}

fn no_form() -> ApiProblem {
    let text = Text::new("请以表单提交（multipart/form-data）", "send a form: multipart/form-data");
    ApiProblem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_form", text)
}
