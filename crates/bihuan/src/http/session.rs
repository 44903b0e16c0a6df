//! Log-in and the sessions it opens; the layer that says who calls.
//!
//! Invariants: the token of a session lives on the device alone; a request of another site changes
//! nothing; who names an account nobody has gets the same answer after the same work.

use super::body::{Json, Path};
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::password;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::matter::Via;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::credential::{self, Failures};
use bihuan_store::session::{self, Session};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// How long a session lasts, used or not.
const LASTS_MS: i64 = 30 * DAY_MS;
/// How long it lasts unused.
const IDLE_MS: i64 = 7 * DAY_MS;
/// How often its use is noted.
const NOTED_MS: i64 = 10 * MINUTE_MS;
/// Failures that a name may have before it must wait.
const FREE_FAILURES: u32 = 5;
/// Longest wait after failures.
const WAIT_MAX_MS: i64 = 15 * MINUTE_MS;
/// Longest name of an account.
const ACCOUNT_BYTES_MAX: usize = 64;
/// Longest name of a device, in characters.
const DEVICE_CHARS_MAX: usize = 80;
/// The cookie, where connections may be plain because they never leave the machine.
const COOKIE: &str = "bihuan_session";
/// The cookie under TLS: bound to the host and never sent in the clear.
const COOKIE_SECURE: &str = "__Host-bihuan_session";

/// What a log-in takes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account.
    #[schema(max_length = 64)]
    pub account: String,
    /// Its password.
    #[schema(max_length = 256, format = Password)]
    pub password: String,
    /// What the device calls itself.
    #[serde(default)]
    #[schema(max_length = 80)]
    pub device: Option<String>,
    /// Whether the token is wanted in the answer, for a program that keeps no cookies.
    #[serde(default)]
    pub bearer: bool,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignedIn {
    /// The account.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// The person that it belongs to.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// Until when, milliseconds since 1970; `null` where another way than a session led in.
    #[schema(value_type = Option<i64>)]
    pub ends_at: Option<Instant>,
    /// The token, where it was asked for: `Authorization: Bearer …`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// A device that is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Device {
    /// Id of its session.
    pub id: String,
    /// What it calls itself.
    pub device: String,
    /// When it signed in.
    #[schema(value_type = i64)]
    pub began_at: Instant,
    /// When it last called, to ten minutes.
    #[schema(value_type = i64)]
    pub seen_at: Instant,
    /// When its session ends.
    #[schema(value_type = i64)]
    pub ends_at: Instant,
    /// Whether it is the one that asks.
    pub this: bool,
}

/// The devices of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Devices {
    /// The one used last first.
    pub devices: Vec<Device>,
}

/// The session that a request came in by.
#[derive(Clone, Debug)]
pub struct Entered(Session);

/// Signs in.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "session", request_body = LogIn,
    responses((status = 201, body = SignedIn), WriteProblems)
)]
pub async fn log_in(
    State(app): State<App>,
    Json(input): Json<LogIn>,
) -> Result<Response, ApiProblem> {
    let account = AccountId(input.account);
    let now = app.realm().now();
    match guess(&app, account.clone(), input.password).await? {
        Guess::Right => {}
        Guess::Wrong => return Err(wrong()),
        Guess::Wait(wait_ms) => return Ok(locked(wait_ms)),
    }
    let person = app.realm().rules().accounts.get(&account).cloned().ok_or_else(wrong)?;
    let token = hex(&entropy::salt());
    let session = Session {
        id: entropy::command_id(now).to_string(),
        account: account.clone(),
        device: device_name(input.device.as_deref()),
        began_at: now,
        seen_at: now,
        ends_at: now.plus_ms(LASTS_MS),
    };
    let (digest, kept) = (digest_of(&token), session.clone());
    app.write(move |db| session::open(db, &digest, &kept)).await?;
    let cookie = cookie(&app, &token, LASTS_MS / 1_000);
    let token = Some(token).filter(|_| input.bearer);
    let signed_in = SignedIn { account, person, ends_at: Some(session.ends_at), token };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], axum::Json(signed_in)).into_response())
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = SignedIn), ReadProblems)
)]
pub async fn who(caller: Caller, by: Option<Extension<Entered>>) -> axum::Json<SignedIn> {
    let ends_at = by.map(|it| it.0.0.ends_at);
    let Caller { account, person, .. } = caller;
    axum::Json(SignedIn { account, person, ends_at, token: None })
}

/// Signs this device out.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session",
    responses((status = 204), WriteProblems)
)]
pub async fn log_out(
    State(app): State<App>,
    caller: Caller,
    by: Option<Extension<Entered>>,
) -> Result<Response, ApiProblem> {
    if let Some(Extension(Entered(session))) = by {
        app.write(move |db| session::close(db, &caller.account, &session.id)).await?;
        app.forget_sessions();
    }
    let cookie = cookie(&app, "", 0);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The devices that are signed in to the caller's account.
#[utoipa::path(
    get, path = "/api/v1/sessions", tag = "session",
    responses((status = 200, body = Devices), ReadProblems)
)]
pub async fn devices(
    State(app): State<App>,
    caller: Caller,
    by: Option<Extension<Entered>>,
) -> Result<axum::Json<Devices>, ApiProblem> {
    let this = by.map(|it| it.0.0.id);
    let now = app.realm().now();
    let sessions = app
        .run(move |realm| realm.read(|db| session::of_account(db, &caller.account, now)))
        .await?;
    let device = |it: Session| Device {
        this: this.as_ref() == Some(&it.id),
        id: it.id,
        device: it.device,
        began_at: it.began_at,
        seen_at: it.seen_at,
        ends_at: it.ends_at,
    };
    let live = sessions.into_iter().filter(|it| is_live(it, now));
    Ok(axum::Json(Devices { devices: live.map(device).collect() }))
}

/// Signs a device of the caller out.
#[utoipa::path(
    delete, path = "/api/v1/sessions/{id}", tag = "session",
    params(("id" = String, Path, description = "id of the session")),
    responses((status = 204), WriteProblems)
)]
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let ended = app.write(move |db| session::close(db, &caller.account, &id)).await?;
    app.forget_sessions();
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

/// What a change of the password takes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The present one.
    #[schema(max_length = 256, format = Password)]
    pub old: String,
    /// The new one.
    #[schema(min_length = 10, max_length = 256, format = Password)]
    pub new: String,
}

/// Changes the caller's password; every device is signed out.
#[utoipa::path(
    put, path = "/api/v1/session/password", tag = "session", request_body = NewPassword,
    responses((status = 204), WriteProblems)
)]
pub async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<NewPassword>,
) -> Result<Response, ApiProblem> {
    let (account, now) = (caller.account, app.realm().now());
    password::check(&account, &input.new)
        .map_err(|why| ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "weak_password", why))?;
    match guess(&app, account.clone(), input.old).await? {
        Guess::Right => {}
        Guess::Wrong => return Err(wrong()),
        Guess::Wait(wait_ms) => return Ok(locked(wait_ms)),
    }
    let hash = app.hash(move |_| Ok(password::hash(&input.new))).await?;
    app.write(move |db| credential::set(db, &account, &hash, now)).await?;
    app.forget_sessions();
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What trying a password came to.
enum Guess {
    Right,
    Wrong,
    /// Too many were wrong: milliseconds to wait.
    Wait(i64),
}

/// Tries a password. Few are tried at once, and each looks at the failures first, so that many
/// sent together are not looked at together.
async fn guess(app: &App, account: AccountId, password: String) -> Result<Guess, ApiProblem> {
    if account.0.len() > ACCOUNT_BYTES_MAX || password.len() > password::BYTES_MAX {
        return Ok(Guess::Wrong);
    }
    app.hash(move |realm| {
        let now = realm.now();
        let failures = realm.read(|db| credential::failures(db, &account.0))?;
        if let Some(until) = waits_until(failures).filter(|it| now < *it) {
            return Ok(Guess::Wait(until.0 - now.0));
        }
        // An account that is not active has no password that fits.
        let is_active = realm.rules().accounts.contains_key(&account);
        let hash = realm.read(|db| credential::hash_of(db, &account))?.filter(|_| is_active);
        let fits = password::fits(&password, hash.as_deref());
        if fits && failures.count == 0 {
            return Ok(Guess::Right);
        }
        let name = account.0;
        realm.store().write(move |db| match fits {
            true => credential::forgive(db, &name),
            false => credential::fail(db, &name, now),
        })?;
        Ok(if fits { Guess::Right } else { Guess::Wrong })
    })
    .await
}

/// The layer: finds the session of a request and says who calls; refuses what another site sends.
pub async fn enter(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match find(&app, &parts).await {
        Ok(Some((caller, session))) => {
            parts.extensions.insert(caller);
            parts.extensions.insert(Entered(session));
        }
        Ok(None) => {}
        Err(problem) => return problem.into_response(),
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn find(app: &App, parts: &Parts) -> Result<Option<(Caller, Session)>, ApiProblem> {
    let headers = &parts.headers;
    let token = match bearer(headers) {
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
    if now.0 - session.seen_at.0 > NOTED_MS {
        // A use that could not be noted is none the less a use.
        let _ = app.write(move |db| session::touch(db, &digest, now)).await;
    }
    let caller = Caller { account: session.account.clone(), person, via: Via::Person };
    Ok(Some((caller, session)))
}

fn is_live(session: &Session, now: Instant) -> bool {
    now < session.ends_at && now.0 - session.seen_at.0 < IDLE_MS
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::trim)
}

fn from_cookie<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(app);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let pairs = cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// Whether the browser says that the page which sends is one of ours.
fn is_same_site(headers: &HeaderMap) -> bool {
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

fn cookie(app: &App, token: &str, lasts_s: i64) -> HeaderValue {
    let name = cookie_name(app);
    let secure = if app.is_secure() { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts_s}{secure}");
    HeaderValue::try_from(text).expect("a token is hexadecimal digits")
}

fn digest_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn device_name(given: Option<&str>) -> String {
    let plain = given.unwrap_or("").chars().filter(|it| !it.is_control());
    plain.take(DEVICE_CHARS_MAX).collect()
}

/// Until when a name must wait after its failures: a minute, then twice as long each time.
fn waits_until(failures: Failures) -> Option<Instant> {
    let over = failures.count.checked_sub(FREE_FAILURES)?;
    let wait_ms = MINUTE_MS.saturating_mul(1 << over.min(10)).min(WAIT_MAX_MS);
    failures.last.map(|it| it.plus_ms(wait_ms))
}

fn wrong() -> ApiProblem {
    let text = Text::new("账号或密码不对", "the account or the password is wrong");
    ApiProblem::new(StatusCode::UNAUTHORIZED, "wrong_password", text)
}

fn other_site() -> ApiProblem {
    let text = Text::new(
        "请求来自其他网站，未执行；请在本系统页面内操作",
        "the request comes from another site and was not done; act on a page of this service",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "other_site", text)
}

fn locked(wait_ms: i64) -> Response {
    let seconds = wait_ms / 1_000 + 1;
    let text = Text::new(
        format!("失败次数过多，请在 {seconds} 秒后再试"),
        format!("too many failures; try again in {seconds} s"),
    );
    let problem = ApiProblem::new(StatusCode::TOO_MANY_REQUESTS, "locked", text);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
