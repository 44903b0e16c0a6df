//! Answers in JSON carry a tag of their content, so that who has it already is not sent it again.
//!
//! Invariant: a tag follows from the bytes of the answer alone, and tells no more than they do; it
//! is made after the policy has decided what is told.

use crate::http::tagged::{names, tag_of};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use hyper::body::Body as _;

/// Answers that are larger are sent each time.
const TAGGED_BYTES_MAX: u64 = 4 * 1_024 * 1_024;
/// It may be kept, and is asked for anew each time: rights end.
const KEPT: HeaderValue = HeaderValue::from_static("private, no-cache");

pub(super) async fn tag(request: Request, next: Next) -> Response {
    let asked = request.headers().get(header::IF_NONE_MATCH).cloned();
    let is_get = *request.method() == Method::GET;
    let answer = next.run(request).await;
    if is_get && is_tagged(&answer) { with_tag(answer, asked.as_ref()).await } else { answer }
}

/// Whether an answer is a whole one in JSON that says nothing of how it may be kept.
fn is_tagged(answer: &Response) -> bool {
    let headers = answer.headers();
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json");
    let says = headers.contains_key(header::ETAG) || headers.contains_key(header::CACHE_CONTROL);
    let size = answer.body().size_hint().exact();
    answer.status() == StatusCode::OK
        && is_json
        && !says
        && size.is_some_and(|it| it <= TAGGED_BYTES_MAX)
}

async fn with_tag(answer: Response, asked: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = answer.into_parts();
    let bytes = match body.collect().await {
        Ok(bytes) => bytes.to_bytes(),
        Err(error) => {
            tracing::warn!(%error, "an answer broke off");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let tag = tag_of(&bytes);
    let is_known = asked.is_some_and(|it| names(it, &tag));
    let tag = HeaderValue::try_from(tag).expect("it is hexadecimal digits");
    parts.headers.insert(header::ETAG, tag);
    parts.headers.insert(header::CACHE_CONTROL, KEPT);
    if !is_known {
        return Response::from_parts(parts, Body::from(bytes));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}
