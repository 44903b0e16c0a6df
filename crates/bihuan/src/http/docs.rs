//! The documentation page: the description of the API made readable, from files inside the binary,
//! so that it works without the internet.
//!
//! Invariant: the page loads nothing from elsewhere and sends nothing.

use super::ApiProblem;
use super::body::Path;
use super::problem::ReadProblems;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::LazyLock;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

/// What the page may load: its own files, and the pictures inside its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bihuan API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<noscript><a href="/api/v1/openapi.json">openapi.json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"#;

const START: &str = r##"SwaggerUIBundle({
  url: "/api/v1/openapi.json", dom_id: "#page", deepLinking: true,
  validatorUrl: null, supportedSubmitMethods: []
});
"##;

/// The files of the page: name, media type.
const FILES: [(&str, &str); 2] =
    [("swagger-ui.css", "text/css"), ("swagger-ui-bundle.js", "text/javascript")];

/// The files, unpacked once.
static UNPACKED: LazyLock<BTreeMap<&'static str, Vec<u8>>> =
    LazyLock::new(|| FILES.iter().filter_map(|(name, _)| Some((*name, unpack(name)?))).collect());

fn unpack(name: &str) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    let end = format!("/dist/{name}");
    let mut names = archive.file_names().filter_map(Result::ok);
    let path = names.find(|it| it.ends_with(&end)).map(|it| it.into_owned())?;
    drop(names);
    let mut bytes = Vec::new();
    archive.by_name(&path).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The documentation page.
#[utoipa::path(
    get, path = "/docs", tag = "docs",
    responses((status = 200, body = String, content_type = "text/html"))
)]
pub async fn page() -> Response {
    served("text/html; charset=utf-8", PAGE.as_bytes())
}

/// A file of the documentation page.
#[utoipa::path(
    get, path = "/docs/{file}", tag = "docs", params(("file" = String, Path)),
    responses(
        (status = 200, content(
            (String = "text/css"), (String = "text/javascript"),
        )),
        ReadProblems,
    )
)]
pub async fn asset(Path(file): Path<String>) -> Result<Response, ApiProblem> {
    if file == "start.js" {
        return Ok(served("text/javascript", START.as_bytes()));
    }
    let kind = FILES.iter().find(|it| it.0 == file).map(|it| it.1);
    let bytes = UNPACKED.get(file.as_str());
    let (kind, bytes) = kind.zip(bytes).ok_or_else(ApiProblem::not_found)?;
    Ok(served(kind, bytes))
}

fn served(kind: &'static str, bytes: &'static [u8]) -> Response {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, bytes).into_response()
}
