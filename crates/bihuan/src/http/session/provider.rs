//! Signing in at the provider that the operator names (OpenID Connect).
//!
//! Invariants: an account is there before anybody signs in to it; the first sign-in binds it to one
//! person of the provider, and another one never gets in by the same name; what the browser carries
//! between is sealed, short-lived and good for one page.

use super::super::body::Query;
use super::super::cursor::Seal;
use super::super::problem::{ReadProblems, WriteProblems};
use super::super::{ApiProblem, App, Caller};
use super::cookie::{cookie, named_cookie};
use super::factor::code_needed;
use super::{Entered, LASTS_MS, close, device_name, open};
use crate::clock::machine_now;
use crate::problem::Problem;
use crate::provider::{Begun, Provider, ProviderError};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::id::AccountId;
use bihuan_core::text::Text;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::{factor, identity, rules};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long a sign-in may take, in milliseconds.
const SIGN_IN_MS: i64 = 10 * 60_000;
/// The cookie that a sign-in carries.
const COOKIE: &str = "bihuan_sign_in";
/// Where the cookie is sent.
const PATH: &str = "/api/v1/session/provider";
/// What seals it.
const PURPOSE: &str = "sign in at a provider";
/// Longest page to go on with.
const THEN_BYTES_MAX: usize = 500;

/// A provider, as a page of log-in shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProviderShown {
    /// What the button says.
    pub title: String,
}

/// Where to go on.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BeginQuery {
    /// The page of this service to go on with.
    #[serde(default)]
    #[param(max_length = 500)]
    pub then: Option<String>,
}

/// What the provider sends the browser back with.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReturnQuery {
    /// What the token is fetched with.
    #[serde(default)]
    pub code: Option<String>,
    /// What the sign-in began with.
    #[serde(default)]
    pub state: Option<String>,
    /// Why not, by a word of the provider.
    #[serde(default)]
    pub error: Option<String>,
}

/// Where to sign out, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Left {
    /// Where to send the browser so that the provider signs it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The provider, where there is one.
#[utoipa::path(
    get, path = "/api/v1/session/provider", tag = "session",
    responses((status = 200, body = ProviderShown), ReadProblems)
)]
pub async fn show(State(app): State<App>) -> Result<axum::Json<ProviderShown>, ApiProblem> {
    let title = provider(&app)?.config.title.clone();
    Ok(axum::Json(ProviderShown { title }))
}

/// Sends the browser to the provider.
#[utoipa::path(
    get, path = "/api/v1/session/provider/begin", tag = "session", params(BeginQuery),
    responses((status = 303), ReadProblems)
)]
pub async fn begin(
    State(app): State<App>,
    Query(query): Query<BeginQuery>,
) -> Result<Response, ApiProblem> {
    let provider = provider(&app)?;
    let then = query.then.filter(|it| is_own_page(it)).unwrap_or_else(|| "/".to_owned());
    let (url, begun) = provider.begin(then).await.map_err(|it| failed(&it))?;
    let text = serde_json::to_vec(&begun).expect("it has only string keys");
    let sealed =
        app.run(move |realm| realm.read(|db| seal(db).map(|it| it.seal_bytes(&text, "")))).await?;
    let cookie = named_cookie(&app, COOKIE, &sealed, PATH, SIGN_IN_MS / 1_000);
    Ok(see_other(&url, [cookie]))
}

/// Takes the browser back from the provider and signs it in.
#[utoipa::path(
    get, path = "/api/v1/session/provider/return", tag = "session", params(ReturnQuery),
    responses((status = 303), ReadProblems)
)]
pub async fn back(
    State(app): State<App>,
    Query(query): Query<ReturnQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let provider = provider(&app)?;
    let carried = super::cookie::value_of(&headers, COOKIE).map(ToOwned::to_owned);
    let opened = app
        .run(move |realm| {
            realm.read(|db| {
                let seal = seal(db)?;
                Ok(carried.and_then(|it| seal.open_bytes(&it, "")))
            })
        })
        .await?;
    let begun: Begun =
        opened.and_then(|it| serde_json::from_slice(&it).ok()).ok_or_else(begin_again)?;
    let is_it = query.state.as_ref() == Some(&begun.state);
    let age_ms = machine_now().0 - begun.at.0;
    if !is_it || !(0..SIGN_IN_MS).contains(&age_ms) || query.error.is_some() {
        return Err(begin_again());
    }
    let code = query.code.ok_or_else(begin_again)?;
    let known = provider.finish(&begun, code).await.map_err(|it| failed(&it))?;
    let account = AccountId(known.account);
    let (issuer, subject, of) =
        (provider.config.issuer.clone(), known.subject.clone(), account.clone());
    if !app.realm().rules().accounts.contains_key(&account) {
        refused(&app).await?;
        return Err(no_account());
    }
    let bound =
        app.write(move |db| identity::bind(db, &issuer, &subject, &of, machine_now())).await?;
    if !bound {
        refused(&app).await?;
        return Err(no_account());
    }
    let of = account.clone();
    let own = app.run(move |realm| realm.read(|db| factor::find(db, &of))).await?;
    if own.is_some_and(|it| it.confirmed_at.is_some()) && !known.factor {
        return Err(code_needed());
    }
    let device = device_name(headers.get(header::USER_AGENT).and_then(|it| it.to_str().ok()));
    let opened = open(&app, account, device, known.factor).await?.ok_or_else(no_account)?;
    let session = cookie(&app, &opened.token, LASTS_MS / 1_000);
    let gone = named_cookie(&app, COOKIE, "", PATH, 0);
    Ok(see_other(&begun.then, [session, gone]))
}

/// Signs this device out, and says where the provider does.
#[utoipa::path(
    post, path = "/api/v1/session/provider/leave", tag = "session",
    responses((status = 200, body = Left), WriteProblems)
)]
pub async fn leave(
    State(app): State<App>,
    caller: Caller,
    by: Option<Extension<Entered>>,
) -> Result<Response, ApiProblem> {
    if let Some(Extension(Entered(session))) = by {
        close(&app, caller, session.id).await?;
    }
    // Whoever leaves has left here, whether the provider answers or not.
    let url = match app.provider() {
        Some(it) => it.leave().await.unwrap_or_default(),
        None => None,
    };
    let gone = cookie(&app, "", 0);
    Ok(([(header::SET_COOKIE, gone)], axum::Json(Left { url })).into_response())
}

fn provider(app: &App) -> Result<&Provider, ApiProblem> {
    app.provider().ok_or_else(ApiProblem::not_found)
}

fn seal(db: &mut bihuan_store::Db) -> Result<Seal, bihuan_store::DbError> {
    Ok(Seal::new(rules::key(db, PURPOSE)?, PURPOSE))
}

/// Somebody whom the provider knows, and nobody here.
async fn refused(app: &App) -> Result<(), ApiProblem> {
    app.record(|db, now| {
        let room = bihuan_store::audit::has_room(db, now)?;
        Ok(((), room.then_some(Audited::nobody(Act::LogInFailed)).into_iter().collect()))
    })
    .await
}

/// Whether a page is one of this service: nobody is led elsewhere after signing in.
fn is_own_page(page: &str) -> bool {
    page.len() <= THEN_BYTES_MAX
        && page.starts_with('/')
        && !page.starts_with("//")
        && page.bytes().all(|it| it.is_ascii_graphic() && it != b'\\')
}

fn see_other<const N: usize>(to: &str, cookies: [HeaderValue; N]) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let Ok(to) = HeaderValue::from_str(to) {
        headers.insert(header::LOCATION, to);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

fn begin_again() -> ApiProblem {
    let text = Text::new("登录未完成或已超时，请重新登录", "the sign-in is over; begin again");
    ApiProblem::new(StatusCode::BAD_REQUEST, "begin_again", text)
}

fn no_account() -> ApiProblem {
    let text = Text::new(
        "本系统没有与您对应的账号，请联系管理员",
        "there is no account for you here; ask the administrator",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "no_account", text)
}

fn failed(error: &ProviderError) -> ApiProblem {
    tracing::warn!(%error, "a sign-in at the provider failed");
    match error {
        ProviderError::Unbelievable(_) => begin_again(),
        other => Problem::Other(other.to_string()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_own_page;

    #[test]
    fn nobody_is_led_elsewhere_after_signing_in() {
        for own in ["/", "/desk?x=1", "/a/b#c"] {
            assert!(is_own_page(own), "{own}");
        }
        for other in ["", "//evil.example", "https://evil.example", "/\\evil", "/a b", "desk"] {
            assert!(!is_own_page(other), "{other}");
        }
    }
}
