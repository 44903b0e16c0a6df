//! The description of the API (OpenAPI 3.1), made from the handlers themselves.
//!
//! Invariant: what is served is what is committed as `docs/api/openapi.json`; a test fails where
//! they differ, and `cargo xtask gen openapi` writes it anew.

use super::ApiProblem;
use axum::http::header;
use axum::response::IntoResponse;
use std::sync::LazyLock;
use utoipa::OpenApi;

/// What the description says before it comes to the addresses.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Bihuan",
        description = "闭环：问题从发现到销号 · a matter is found, fixed, accepted by another \
                       party, cleared"
    ),
    components(schemas(ApiProblem))
)]
pub struct Description;

/// The description as it is committed: indented, and one line break at its end.
#[must_use]
pub fn text() -> String {
    let described = super::routes().1;
    let json = serde_json::to_string_pretty(&described).expect("it has only string keys");
    json + "\n"
}

/// The description of this API.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", tag = "docs",
    responses((status = 200, body = Object, content_type = "application/json"))
)]
pub async fn json() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(text);
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}
