//! Log-in and the sessions it opens; the layer that says who calls.
//!
//! Invariants: the token of a session lives on the device alone; a request of another site changes
//! nothing; who names an account nobody has gets the same answer after the same work.

mod cookie;
mod enter;
pub mod factor;
mod guess;
pub mod provider;

pub use enter::enter;

use super::body::{Json, Path};
use super::person::GrantShown;
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::password;
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::audit::{Act, Audited};
use bihuan_store::session::{self, Session};
use bihuan_store::{credential, realm};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use cookie::cookie;
use factor::{Step, code_needed, second_step, wrong_code};
pub(super) use guess::{Guess, guess, locked, wrong};

/// How long a session lasts, used or not.
const LASTS_MS: i64 = 30 * DAY_MS;
/// How long it lasts unused.
const IDLE_MS: i64 = 7 * DAY_MS;
/// Longest name of a device, in characters.
const DEVICE_CHARS_MAX: usize = 80;

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
    /// The six digits of the account's app, or a recovery code, where `code_needed` was answered.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub code: Option<String>,
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
pub struct Entered(pub(super) Session);

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
    match guess(&app, account.clone(), input.password).await? {
        Guess::Right => {}
        Guess::Wrong => return Err(wrong()),
        Guess::Wait(wait_ms) => return Ok(locked(wait_ms)),
    }
    let factor = match second_step(&app, account.clone(), input.code).await? {
        Step::None => false,
        Step::Passed => true,
        Step::Needed => return Err(code_needed()),
        Step::Wrong => return Err(wrong_code()),
        Step::Wait(wait_ms) => return Ok(locked(wait_ms)),
    };
    let device = device_name(input.device.as_deref());
    let entered = open(&app, account, device, factor).await?;
    let Opened { person, session, token } = entered.ok_or_else(wrong)?;
    let cookie = cookie(&app, &token, LASTS_MS / 1_000);
    let token = Some(token).filter(|_| input.bearer);
    let (account, ends_at) = (session.account, Some(session.ends_at));
    let signed_in = SignedIn { account, person, ends_at, token };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], axum::Json(signed_in)).into_response())
}

/// A session that was opened, and the token that leads into it.
pub(super) struct Opened {
    pub(super) person: PersonId,
    pub(super) session: Session,
    pub(super) token: String,
}

/// Opens a session of an account; none where it is not active any more.
pub(super) async fn open(
    app: &App,
    account: AccountId,
    device: String,
    factor: bool,
) -> Result<Option<Opened>, ApiProblem> {
    let now = app.realm().now();
    let Some(person) = app.realm().rules().accounts.get(&account).cloned() else {
        return Ok(None);
    };
    let token = hex(&entropy::salt());
    let session = Session {
        factor,
        id: entropy::command_id(now).to_string(),
        account,
        device,
        began_at: now,
        seen_at: now,
        ends_at: now.plus_ms(LASTS_MS),
    };
    let (digest, kept) = (digest_of(&token), session.clone());
    app.record(move |db, _| {
        session::open(db, &digest, &kept)?;
        Ok(((), vec![Audited::by(Act::LogIn, &kept.account).about(kept.id.clone())]))
    })
    .await?;
    Ok(Some(Opened { person, session, token }))
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Who {
    /// The account.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// The person that it belongs to.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// That person's name; none where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The roles of that person that hold at this moment.
    pub grants: Vec<GrantShown>,
    /// Until when, milliseconds since 1970; `null` where another way than a session led in.
    #[schema(value_type = Option<i64>)]
    pub ends_at: Option<Instant>,
}

/// Who is signed in, and as what.
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session",
    responses((status = 200, body = Who), ReadProblems)
)]
pub async fn who(
    State(app): State<App>,
    caller: Caller,
    by: Option<Extension<Entered>>,
) -> Result<axum::Json<Who>, ApiProblem> {
    let ends_at = by.map(|it| it.0.0.ends_at);
    let Caller { account, person, .. } = caller;
    let (id, now) = (person.clone(), app.realm().now());
    let found = app.run(move |realm| realm.read(|db| realm::person(db, &id))).await?;
    let name = found.as_ref().and_then(|it| it.name.text().map(str::to_owned));
    let holds = |it: &GrantShown| {
        let begun = it.from.is_none_or(|from| from <= now);
        it.status == "active" && begun && it.to.is_none_or(|to| now < to)
    };
    let grants = found.into_iter().flat_map(|it| it.memberships).map(GrantShown::from);
    let grants = grants.filter(holds).collect();
    Ok(axum::Json(Who { account, person, name, grants, ends_at }))
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
        close(&app, caller, session.id).await?;
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
    if close(&app, caller, id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiProblem::not_found())
    }
}

/// Ends a session of the caller; whether there was one.
async fn close(app: &App, caller: Caller, id: String) -> Result<bool, ApiProblem> {
    let ended = app
        .record(move |db, _| {
            let ended = session::close(db, &caller.account, &id)?;
            let told = Audited::by(Act::LogOut, &caller.account).about(id);
            Ok((ended, ended.then_some(told).into_iter().collect()))
        })
        .await?;
    app.forget_sessions();
    Ok(ended)
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
    app.record(move |db, _| {
        credential::set(db, &account, &hash, now)?;
        Ok(((), vec![Audited::by(Act::PasswordChanged, &account)]))
    })
    .await?;
    app.forget_sessions();
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn device_name(given: Option<&str>) -> String {
    let plain = given.unwrap_or("").chars().filter(|it| !it.is_control());
    plain.take(DEVICE_CHARS_MAX).collect()
}

fn is_live(session: &Session, now: Instant) -> bool {
    now < session.ends_at && now.0 - session.seen_at.0 < IDLE_MS
}

pub(super) fn digest_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
