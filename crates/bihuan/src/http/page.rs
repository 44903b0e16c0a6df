//! The pages of field and desk: files made beforehand, carried inside the program.
//!
//! Invariants: a page runs no script but its own and loads nothing from elsewhere, save the base
//! map where one is configured; pages use the described API alone; an address inside an app leads
//! to the app, so that a link can be kept.

use super::App;
use super::base_map::BaseMap;
use super::layer::Reach;
use super::problem;
use super::public;
use super::route::Surface;
use super::tagged::names;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use bihuan_core::content::hex;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What was built from `web/`; nothing where it was not built.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[exclude = ".gitignore"]
#[allow_missing = true]
struct Built;

/// The apps: where each begins, and the surface that has it.
const APPS: [(&str, Surface); 2] = [("desk", Surface::Desk), ("field", Surface::Field)];

/// What a page may load and run. Scripts are files of ours; a style may stand at an element, as
/// virtual lists and maps place theirs.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; \
    style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; manifest-src 'self'; \
    media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; ";

/// The whole policy: pictures and data come from this service, tiles from where the base map is.
fn policy(app: &App) -> String {
    let tiles = app.base_map().and_then(BaseMap::origin);
    let tiles = tiles.map(|it| format!(" {it}")).unwrap_or_default();
    format!("{POLICY}img-src 'self' data: blob:{tiles}; connect-src 'self'{tiles}")
}

/// Said where the program was made without pages.
const NOT_BUILT: &str = "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">\
    <title>Bihuan</title><p>此程序不含网页，只提供接口，见 <a href=\"/docs\">/docs</a>。</p>\
    <p>This program was made without pages; it serves the API alone, see <a href=\"/docs\">/docs\
    </a>.</p></html>";

/// Answers what no route answers: a file of an app, the app itself, or that there is nothing.
pub(super) async fn page_or_nothing(State(app): State<App>, request: Request) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let reach = request.extensions().get::<Reach>();
    let has = |surface: Surface| reach.is_none_or(|it| it.0.contains(&surface));
    let path = request.uri().path().trim_start_matches('/');
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let known = APPS.iter().find(|it| it.0 == name && has(it.1));
    match known {
        Some(_) if is_read && path == name => {
            Redirect::permanent(&format!("/{name}/")).into_response()
        }
        Some(_) if is_read => file_of(&app, name, rest, request.headers()).await,
        _ if is_read && has(Surface::Public) => {
            match public::page::page(&app, request.uri()).await {
                Some(page) => page,
                None => problem::no_route().await.into_response(),
            }
        }
        _ if is_read && path.is_empty() && (has(Surface::Desk) || has(Surface::Field)) => {
            let first = if has(Surface::Desk) { "/desk/" } else { "/field/" };
            Redirect::temporary(first).into_response()
        }
        _ => problem::no_route().await.into_response(),
    }
}

/// A file of an app; its page where the address is no file's.
async fn file_of(app: &App, name: &str, rest: &str, headers: &HeaderMap) -> Response {
    let is_file = rest.rsplit('/').next().is_some_and(|it| it.contains('.'));
    let page = format!("{name}/index.html");
    let name = if is_file { format!("{name}/{rest}") } else { page };
    match Packed::find(&name, headers) {
        Some(found) => found.answer(&name, &policy(app), headers),
        None if is_file => problem::no_route().await.into_response(),
        None => (html(), NOT_BUILT).into_response(),
    }
}

fn html() -> [(HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "text/html; charset=utf-8")]
}

/// A file as it lies in the program: compressed where that makes it smaller.
struct Packed {
    file: EmbeddedFile,
    coding: Option<&'static str>,
}

impl Packed {
    /// The smallest form that the caller can read.
    fn find(name: &str, headers: &HeaderMap) -> Option<Packed> {
        let codings = [("br", ".br"), ("gzip", ".gz")];
        let read = headers.get_all(header::ACCEPT_ENCODING).iter();
        let read: Vec<&str> = read.filter_map(|it| it.to_str().ok()).collect();
        let reads = |coding: &str| {
            let words = read.iter().flat_map(|it| it.split(','));
            words.map(|it| it.split(';').next().unwrap_or_default().trim()).any(|it| it == coding)
        };
        let packed = codings.iter().filter(|it| reads(it.0)).find_map(|(coding, end)| {
            let file = Built::get(&format!("{name}{end}"))?;
            Some(Packed { file, coding: Some(coding) })
        });
        packed.or_else(|| Some(Packed { file: Built::get(name)?, coding: None }))
    }

    fn answer(self, name: &str, policy: &str, headers: &HeaderMap) -> Response {
        let tag = format!("\"{}\"", &hex(&self.file.metadata.sha256_hash())[..32]);
        let has_it = headers.get(header::IF_NONE_MATCH).is_some_and(|it| names(it, &tag));
        let mut answer = match has_it {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => self.file.data.into_response(),
        };
        let kept = match name.contains("/assets/") {
            // The name holds the digest.
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        let coding = self.coding.map(|it| (header::CONTENT_ENCODING, it));
        let said = [
            (header::CONTENT_TYPE, media(name)),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, kept),
            (header::VARY, "accept-encoding"),
            (header::ETAG, tag.as_str()),
        ];
        for (name, value) in said.into_iter().chain(coding) {
            // What is no header is left out; none of ours is.
            if let Ok(value) = HeaderValue::from_str(value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

/// The media type of a file of ours, by its end.
fn media(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_one_that_a_browser_would_guess_at() {
        assert_eq!(media("field/assets/a-1.js"), "text/javascript; charset=utf-8");
        assert_eq!(media("field/sw.js.map"), "application/octet-stream");
    }

    #[test]
    fn no_page_may_run_what_stands_inside_it() {
        let scripts = POLICY.split(';').find(|it| it.contains("script-src")).expect("one");
        assert_eq!(scripts.trim(), "script-src 'self'");
        assert!(POLICY.starts_with("default-src 'none'"));
    }
}
