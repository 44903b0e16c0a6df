//! The cookie of a session, and whether the page that sends it is one of ours.

use super::super::App;
use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie, where connections may be plain because they never leave the machine.
const COOKIE: &str = "bihuan_session";
/// The cookie under TLS: bound to the host and never sent in the clear.
const COOKIE_SECURE: &str = "__Host-bihuan_session";

pub(super) fn from_cookie<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    value_of(headers, cookie_name(app))
}

/// The value of a cookie that was sent.
pub(super) fn value_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// Whether the browser says that the page which sends is one of ours.
pub(super) fn is_same_site(headers: &HeaderMap) -> bool {
    let word = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    if let Some(site) = word("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let host = |origin: &str| origin.split_once("://").map(|it| it.1.to_owned());
    match (word("origin"), word("host")) {
        (Some(origin), Some(own)) => host(origin).as_deref() == Some(own),
        _ => false,
    }
}

fn cookie_name(app: &App) -> &'static str {
    if app.is_secure() { COOKIE_SECURE } else { COOKIE }
}

pub(super) fn cookie(app: &App, token: &str, lasts_s: i64) -> HeaderValue {
    let name = cookie_name(app);
    let secure = if app.is_secure() { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_s}{secure}");
    HeaderValue::try_from(text).expect("a token is hexadecimal digits")
}

/// A cookie that only some addresses are sent.
pub(super) fn named_cookie(
    app: &App,
    name: &str,
    value: &str,
    path: &str,
    lasts_s: i64,
) -> HeaderValue {
    let secure = if app.is_secure() { "; Secure" } else { "" };
    let tail = format!("Path={path}; HttpOnly; SameSite=Lax; Max-Age={lasts_s}{secure}");
    HeaderValue::try_from(format!("{name}={value}; {tail}")).expect("what is sealed is plain text")
}
