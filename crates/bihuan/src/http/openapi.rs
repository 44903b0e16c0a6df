//! The description of the API (OpenAPI 3.1), made from the handlers themselves.
//!
//! Invariant: what is served is what is committed as `docs/api/openapi.json`; a test fails where
//! they differ, and `cargo xtask gen openapi` writes it anew.

use super::ApiProblem;
use super::map::MapStanding;
use super::placard::Paper;
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
    components(schemas(ApiProblem, MapStanding, Paper))
)]
pub struct Description;

/// The same where each way has an id of its own, made of method and path, and each answer is
/// described: version 3.1 asks for words, which are those of the status where nobody wrote others.
#[must_use]
pub fn complete(mut api: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    for (path, item) in &mut api.paths.paths {
        let ways = [
            ("get", &mut item.get),
            ("put", &mut item.put),
            ("post", &mut item.post),
            ("delete", &mut item.delete),
            ("options", &mut item.options),
            ("head", &mut item.head),
            ("patch", &mut item.patch),
        ];
        let ways = ways.into_iter().filter_map(|(method, way)| {
            let way = way.as_mut()?;
            way.operation_id = Some(id_of(method, path));
            Some(way)
        });
        for (status, answer) in ways.flat_map(|it| &mut it.responses.responses) {
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

/// The id of a way: its method and the words of its path, such as `get_matters_id_files`.
fn id_of(method: &str, path: &str) -> String {
    let path = path.strip_prefix(super::API).unwrap_or(path);
    let words = path.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| !it.is_empty());
    [method].into_iter().chain(words).collect::<Vec<_>>().join("_")
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
