//! How large a body may be, by address.
//!
//! Invariant: a body that is too large is refused as soon as that is known, and never held whole.

use crate::http::ApiProblem;
use crate::http::body::too_large;
use crate::http::upload::UPLOAD_BYTES_MAX;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;

/// Bytes of a body where nothing else is said.
const BODY_BYTES_MAX: u64 = 256 * 1_024;
/// Bytes of many commands at once.
const BULK_BYTES_MAX: u64 = 4 * 1_024 * 1_024;

/// Bytes of a pack that is published.
const PACK_BYTES_MAX: u64 = crate::http::admin::pack::UPLOAD_BYTES_MAX as u64;
/// Bytes of a form with its photos.
const FORM_BYTES_MAX: u64 =
    BODY_BYTES_MAX + crate::http::public::PHOTOS_MAX as u64 * UPLOAD_BYTES_MAX;
/// Bytes of a table that is imported.
const TABLE_BYTES_MAX: u64 = crate::import::limit::FILE_BYTES_MAX as u64;

/// Largest body that an address takes.
fn bytes_max(path: &str) -> u64 {
    match path {
        "/api/v1/commands/bulk" => BULK_BYTES_MAX,
        "/api/v1/packs" => PACK_BYTES_MAX,
        "/api/v1/imports/{kind}" => TABLE_BYTES_MAX,
        "/api/v1/areas" | "/api/v1/points" | "/api/v1/units" => BULK_BYTES_MAX,
        "/api/v1/public/reports" | "/api/v1/public/reports/{code}/objections" => FORM_BYTES_MAX,
        "/api/v1/uploads" | "/api/v1/uploads/{id}" => UPLOAD_BYTES_MAX,
        _ => BODY_BYTES_MAX,
    }
}

pub(super) async fn keep_to(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let most = bytes_max(path);
    match refuse(request.headers(), most) {
        Some(problem) => problem.into_response(),
        None => {
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            next.run(request.map(|it| Body::new(Limited::new(it, most)))).await
        }
    }
}

/// Why a body is not even looked at.
fn refuse(headers: &HeaderMap, most: u64) -> Option<ApiProblem> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    let is_too_long = length.and_then(|it| it.parse::<u64>().ok()).is_some_and(|it| it > most);
    is_too_long.then(|| too_large(most))
}
