//! The description of the API (OpenAPI 3.1), made from the handlers themselves.
//!
//! Invariant: what is served is what is committed as `docs/api/openapi.json`; a test fails where
//! they differ, and `cargo xtask gen openapi` writes it anew.

use super::ApiProblem;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa::openapi::RefOr;

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

/// The same where each answer is described: version 3.1 asks for words, which are those of the
/// status where nobody wrote others.
#[must_use]
pub fn complete(mut api: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for item in api.paths.paths.values_mut() {
        let ways = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.options,
            &mut item.head,
            &mut item.patch,
        ];
        for (status, answer) in
            ways.into_iter().flatten().flat_map(|it| &mut it.responses.responses)
        {
            let RefOr::T(answer) = answer else { continue };
            if answer.description.is_empty() {
                let status = status.parse().ok().and_then(|it| StatusCode::from_u16(it).ok());
                let words = status.and_then(|it| it.canonical_reason());
                answer.description = words.unwrap_or("As its code says").to_owned();
            }
        }
    }
    api
}

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
