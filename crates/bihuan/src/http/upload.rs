//! Uploads that go on where they were broken off: tus 1.0 with creation, creation-with-upload,
//! expiration, checksum and termination.
//!
//! Invariants: an upload is its account's alone, or its link's; each offset that is answered is
//! safe on disk; a file is one only if it has the SHA-256 that the phone announced, and is a
//! picture or a document that we take.

pub(in crate::http) mod finish;
mod receive;
mod sender;
mod words;

pub use finish::finish;
pub(super) use finish::refused;
pub use sender::Sender;

use super::{ApiProblem, App};
use crate::problem::Problem;
use crate::upload::{Plan, Stage, Upload};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::time::{Instant, Zone};
use std::sync::Arc;
use words::version;

/// Largest upload, in bytes.
pub const UPLOAD_BYTES_MAX: u64 = 20 * 1024 * 1024;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
/// The type of bytes that go to an offset.
const BYTES: &str = "application/offset+octet-stream";

type Answer = Result<Response, ApiProblem>;

/// What the protocol can do here.
#[utoipa::path(
    options, path = "/api/v1/uploads", tag = "upload",
    responses((status = 204, description = "What is spoken", headers(
        ("Tus-Version" = String), ("Tus-Extension" = String), ("Tus-Max-Size" = u64),
        ("Tus-Checksum-Algorithm" = String)
    )))
)]
pub async fn options() -> Response {
    let said = [
        (TUS_VERSION, VERSION),
        (
            HeaderName::from_static("tus-extension"),
            HeaderValue::from_static(
                "creation,creation-with-upload,expiration,checksum,termination",
            ),
        ),
        (HeaderName::from_static("tus-max-size"), HeaderValue::from(UPLOAD_BYTES_MAX)),
        (
            HeaderName::from_static("tus-checksum-algorithm"),
            HeaderValue::from_static("sha1,sha256"),
        ),
    ];
    told((StatusCode::NO_CONTENT, said))
}

/// Begins an upload; its first bytes may come with it.
#[utoipa::path(
    post, path = "/api/v1/uploads", tag = "upload",
    params(
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "bytes, at most 20 MB"),
        ("Upload-Metadata" = String, Header, description = "base64 values of: sha256 (hex, \
            required), taken_at (ms), taken_in (a place as JSON); filename, filetype, name and \
            type are passed over"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, base64"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream",
        description = "the first bytes, or none"),
    responses(
        (status = 201, description = "Begun", headers(
            ("Location" = String), ("Upload-Offset" = u64), ("Upload-Expires" = String)
        )),
        (status = 410, body = ApiProblem, content_type = "application/problem+json",
            description = "the file was erased"),
        (status = 412, body = ApiProblem, content_type = "application/problem+json"),
        (status = 460, body = ApiProblem, content_type = "application/problem+json",
            description = "the checksum differs"),
        super::problem::WriteProblems
    )
)]
pub async fn begin(
    State(app): State<App>,
    sender: Sender,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answered(begun(app, sender, &headers, body).await)
}

async fn begun(app: App, sender: Sender, headers: &HeaderMap, body: Body) -> Answer {
    version(headers)?;
    let length = words::length(headers)?;
    let (digest, phone) = words::metadata(headers)?;
    let with_bytes = match headers.get(header::CONTENT_TYPE) {
        Some(kind) if kind == BYTES => true,
        None => false,
        Some(_) => return Err(words::wrong_type()),
    };
    sender.may_begin(&app).await?;
    let began_at = app.realm().now();
    let plan = Plan { account: sender.account, length, digest, phone, began_at };
    let begin = move |realm: &_, attachments: &crate::attachment::Attachments| {
        attachments.is_known(realm, &plan.digest)?;
        match attachments.uploads()?.begin(plan) {
            Err(crate::upload::UploadError::TooMany) => Ok(None),
            other => Ok(Some(other.map_err(Problem::from)?)),
        }
    };
    let upload = app.attach(begin).await.map_err(refused)?.ok_or_else(words::too_many)?;
    if with_bytes {
        let kept = Arc::clone(&upload);
        let received = receive::receive(app.clone(), upload, 0, headers.clone(), body).await;
        if let Err(problem) = received {
            // Nobody was told where it is, so nobody can go on with it.
            let end = move |_: &_, it: &crate::attachment::Attachments| {
                Ok::<_, Problem>(it.uploads()?.end(&kept, false)?)
            };
            app.attach(end).await?;
            return Err(problem);
        }
        return Ok(created(&kept));
    }
    Ok(created(&upload))
}

fn created(upload: &Upload) -> Response {
    let location = format!("/api/v1/uploads/{}", upload.id);
    let location = HeaderValue::from_str(&location).expect("a name of an upload is plain");
    let said = [
        (header::LOCATION, location),
        (OFFSET, HeaderValue::from(offset(upload))),
        (EXPIRES, http_date(upload.plan.expires_at())),
    ];
    (StatusCode::CREATED, said).into_response()
}

/// How far an upload is.
#[utoipa::path(
    head, path = "/api/v1/uploads/{id}", tag = "upload",
    params(
        ("id" = String, Path),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 200, description = "It goes on at the offset", headers(
            ("Upload-Offset" = u64), ("Upload-Length" = u64), ("Upload-Expires" = String)
        )),
        (status = 401), (status = 404), (status = 410), (status = 412), (status = 422),
        (status = 503)
    )
)]
pub async fn look(
    State(app): State<App>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answered(looked(app, &sender, &id, &headers).await)
}

async fn looked(app: App, sender: &Sender, id: &str, headers: &HeaderMap) -> Answer {
    version(headers)?;
    let upload = own(&app, sender, id).await?;
    if upload.stage() == Stage::Open(upload.plan.length) {
        // All has come, and it is no file yet: the sender must not think that it is.
        finish(&app, &upload).await?;
    }
    let said = [
        (OFFSET, HeaderValue::from(offset(&upload))),
        (LENGTH, HeaderValue::from(upload.plan.length)),
        (EXPIRES, http_date(upload.plan.expires_at())),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((StatusCode::OK, said).into_response())
}

/// Adds bytes to an upload; with the last ones it becomes a file.
#[utoipa::path(
    patch, path = "/api/v1/uploads/{id}", tag = "upload",
    params(
        ("id" = String, Path),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "where the bytes go: what HEAD says"),
        ("Upload-Checksum" = Option<String>, Header, description = "sha1 or sha256, base64"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "Safe on disk", headers(
            ("Upload-Offset" = u64), ("Upload-Expires" = String)
        )),
        (status = 410, body = ApiProblem, content_type = "application/problem+json"),
        (status = 412, body = ApiProblem, content_type = "application/problem+json"),
        (status = 460, body = ApiProblem, content_type = "application/problem+json",
            description = "the checksum differs"),
        super::problem::WriteProblems
    )
)]
pub async fn add(
    State(app): State<App>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answered(added(app, &sender, &id, headers, body).await)
}

async fn added(app: App, sender: &Sender, id: &str, headers: HeaderMap, body: Body) -> Answer {
    version(&headers)?;
    if headers.get(header::CONTENT_TYPE).is_none_or(|it| it != BYTES) {
        return Err(words::wrong_type());
    }
    let at = words::offset(&headers)?;
    let upload = own(&app, sender, id).await?;
    receive::receive(app, Arc::clone(&upload), at, headers, body).await?;
    let said = [
        (OFFSET, HeaderValue::from(offset(&upload))),
        (EXPIRES, http_date(upload.plan.expires_at())),
    ];
    Ok((StatusCode::NO_CONTENT, said).into_response())
}

/// Ends an upload that is not wanted any more.
#[utoipa::path(
    delete, path = "/api/v1/uploads/{id}", tag = "upload",
    params(
        ("id" = String, Path),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
    ),
    responses(
        (status = 204, description = "Ended"),
        (status = 410, body = ApiProblem, content_type = "application/problem+json"),
        (status = 412, body = ApiProblem, content_type = "application/problem+json"),
        super::problem::WriteProblems
    )
)]
pub async fn end(
    State(app): State<App>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answered(ended(app, &sender, &id, &headers).await)
}

async fn ended(app: App, sender: &Sender, id: &str, headers: &HeaderMap) -> Answer {
    version(headers)?;
    let upload = own(&app, sender, id).await?;
    let kept = Arc::clone(&upload);
    let Ok(_turn) = upload.turn.try_lock() else { return Err(words::busy()) };
    if upload.stage() == Stage::Done {
        return Err(words::is_file());
    }
    let end = move |_: &_, it: &crate::attachment::Attachments| {
        Ok::<_, Problem>(it.uploads()?.end(&kept, false)?)
    };
    app.attach(end).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The same as `PATCH`, `DELETE` or `HEAD`, for networks that let no such method pass:
/// `X-HTTP-Method-Override` says which.
#[utoipa::path(
    post, path = "/api/v1/uploads/{id}", tag = "upload",
    params(
        ("id" = String, Path),
        ("X-HTTP-Method-Override" = String, Header, description = "PATCH, DELETE or HEAD"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = Option<u64>, Header),
        ("Upload-Checksum" = Option<String>, Header),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 200, description = "As HEAD"),
        (status = 204, description = "As PATCH or DELETE"),
        (status = 410, body = ApiProblem, content_type = "application/problem+json"),
        (status = 412, body = ApiProblem, content_type = "application/problem+json"),
        (status = 460, body = ApiProblem, content_type = "application/problem+json"),
        super::problem::WriteProblems
    )
)]
pub async fn instead(
    State(app): State<App>,
    sender: Sender,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let method = headers.get(OVERRIDE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    answered(match method.to_ascii_uppercase().as_str() {
        "PATCH" => added(app, &sender, &id, headers, body).await,
        "DELETE" => ended(app, &sender, &id, &headers).await,
        "HEAD" => looked(app, &sender, &id, &headers).await,
        _ => Err(words::no_method()),
    })
}

/// An upload of the caller that has not ended without a file.
async fn own(app: &App, sender: &Sender, id: &str) -> Result<Arc<Upload>, ApiProblem> {
    let id = id.to_owned();
    let find =
        move |_: &_, it: &crate::attachment::Attachments| Ok::<_, Problem>(it.uploads()?.find(&id));
    let found = app.attach(find).await?.filter(|it| it.plan.account == sender.account);
    let upload = found.ok_or_else(ApiProblem::not_found)?;
    let is_late = upload.plan.expires_at() <= app.realm().now();
    match upload.stage() {
        Stage::Gone => Err(words::gone()),
        Stage::Open(_) if is_late => Err(words::gone()),
        _ => Ok(upload),
    }
}

/// How many bytes are safe.
fn offset(upload: &Upload) -> u64 {
    match upload.stage() {
        Stage::Open(offset) => offset,
        Stage::Done => upload.plan.length,
        Stage::Gone => 0,
    }
}

/// A moment as HTTP writes it (RFC 9110, 5.6.7).
fn http_date(at: Instant) -> HeaderValue {
    let text = Zone(0).civil(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::from_str(&text).expect("a date is plain")
}

fn answered(answer: Answer) -> Response {
    match answer {
        Ok(answer) => told(answer),
        Err(refused) => {
            let is_version = refused.status == StatusCode::PRECONDITION_FAILED.as_u16();
            let mut answer = told(refused);
            if is_version {
                answer.headers_mut().insert(TUS_VERSION, VERSION);
            }
            answer
        }
    }
}

/// Every answer says which version is spoken.
fn told(answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    answer.headers_mut().insert(RESUMABLE, VERSION);
    answer
}
