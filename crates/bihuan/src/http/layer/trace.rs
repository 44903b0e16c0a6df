//! What is told of each request: in the log, as a trace, and counted for who watches.
//!
//! Invariant: nothing of what was sent or answered is told, no query, no name, no address, no
//! token: only the template of the path, the status, the time it took and an id.

use crate::entropy;
use crate::http::App;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use bihuan_core::content::hex;
use tokio::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The code of the problem that an answer is, as an extension of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemCode(pub String);

pub(super) async fn note(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = hex(&entropy::bytes::<8>());
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or_else(|| "none".to_owned(), |it| it.as_str().to_owned());
    let method = word(request.method());
    // Of the highest level, so that it stands beside whatever is told of the request.
    let span = tracing::error_span!("request", id, method, route);
    let trace = app.traces().map(|it| it.begin(&id, method, &route));
    let began = Instant::now();
    let mut answer = next.run(request).instrument(span.clone()).await;
    let (took, status) = (began.elapsed(), answer.status().as_u16());
    let code = answer.extensions().get::<ProblemCode>().map_or("", |it| it.0.as_str());
    if let Some(trace) = trace {
        trace.end(status, code);
    }
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match status {
        500.. => tracing::warn!(status, code, took_ms, "could not"),
        _ => tracing::info!(status, code, took_ms, "answered"),
    });
    let labels = [("route", route.clone()), ("method", method.to_owned())];
    metrics::histogram!("bihuan_http_request_seconds", &labels).record(took.as_secs_f64());
    let status = status.to_string();
    let labels = [("route", route), ("method", method.to_owned()), ("status", status)];
    metrics::counter!("bihuan_http_requests_total", &labels).increment(1);
    if let Ok(id) = HeaderValue::try_from(id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

/// A method that we know; whatever else a caller makes up is one word, so that nothing grows.
fn word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
