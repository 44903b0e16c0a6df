//! The layer that says who calls.
//!
//! Invariant: a request of another site changes nothing.

use super::super::{ApiProblem, App, Caller, route, token};
use super::cookie::{from_cookie, is_same_site};
use super::{Entered, digest_of, is_live};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bihuan_core::text::Text;
use bihuan_store::session::{self, Session};

/// How often the use of a session is noted, in milliseconds.
const NOTED_MS: i64 = 10 * 60_000;

/// The layer: finds the session of a request and says who calls; refuses what another site sends.
pub async fn enter(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match find(&app, &parts).await {
        Ok(Some((caller, session))) => {
            parts.extensions.insert(caller);
            if let Some(session) = session {
                parts.extensions.insert(Entered(session));
            }
        }
        Ok(None) => {}
        Err(problem) => return problem.into_response(),
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Who calls, and by which session, where not by a token.
async fn find(app: &App, parts: &Parts) -> Result<Option<(Caller, Option<Session>)>, ApiProblem> {
    let headers = &parts.headers;
    let token = match bearer(headers) {
        Some(secret) if secret.starts_with(token::PREFIX) => {
            return Ok(token::caller(app, secret, parts).await?.map(|it| (it, None)));
        }
        Some(token) => token,
        None => {
            let Some(token) = from_cookie(app, headers) else { return Ok(None) };
            // A cookie goes along by itself, so where the request comes from must be known.
            let is_safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
            if !is_safe && !is_same_site(headers) {
                return Err(other_site());
            }
            token
        }
    };
    let now = app.realm().now();
    let digest = digest_of(token);
    let Some(session) = app.session(digest, now).await? else { return Ok(None) };
    if !is_live(&session, now) {
        return Ok(None);
    }
    let Some(person) = app.realm().rules().accounts.get(&session.account).cloned() else {
        return Ok(None);
    };
    let caller = Caller::person(session.account.clone(), person);
    if app.requires_factor() && !session.factor && is_office(app, &caller, parts) {
        return Err(factor_required());
    }
    if now.0 - session.seen_at.0 > NOTED_MS {
        // A use that could not be noted is none the less a use.
        let _ = app.write(move |db| session::touch(db, &digest, now)).await;
    }
    Ok(Some((caller, Some(session))))
}

/// Whether an administrator asks for more than to see to the own log-in.
fn is_office(app: &App, caller: &Caller, parts: &Parts) -> bool {
    let action = route::of(parts).map_or("", |it| it.action);
    let own =
        action.split_once('.').is_some_and(|it| ["session", "docs", "health"].contains(&it.0));
    !own && !caller.viewer(app).1.powers().is_empty()
}

fn factor_required() -> ApiProblem {
    let text = Text::new(
        "管理员须先启用第二重验证并重新登录",
        "administrators set up a second factor first, and sign in with it",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "factor_required", text)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

fn other_site() -> ApiProblem {
    let text = Text::new(
        "请求来自其他网站，未执行；请在本系统页面内操作",
        "the request comes from another site and was not done; act on a page of this service",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "other_site", text)
}
