//! The second factor of log-in: codes of an app (TOTP, RFC 6238), and recovery codes.
//!
//! Invariants: a code works once, also within its half minute; guesses of codes are counted apart
//! from those of passwords; whoever removes a factor shows the password.

use super::super::body::Json;
use super::super::cursor::Seal;
use super::super::problem::{ReadProblems, WriteProblems};
use super::super::{ApiProblem, App, Caller};
use super::guess::waits_until;
use super::{Entered, Guess, digest_of, guess, locked, wrong};
use crate::clock::machine_now;
use crate::entropy;
use crate::realm::Realm;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::AccountId;
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::{Db, DbError, credential, factor, rules, session};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret, Totp};
use utoipa::ToSchema;

/// Recovery codes of an account.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a secret: 160 bits, as RFC 4226 asks.
const SECRET_BYTES: usize = 20;
/// Digits of a code.
const DIGITS: usize = 6;
/// Longest code that is looked at.
const CODE_BYTES_MAX: usize = 40;
/// What seals secrets.
const PURPOSE: &str = "second factor";

/// How the caller's second factor stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactorShown {
    /// Since when it is asked for at log-in, milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub since: Option<Instant>,
    /// Recovery codes that were not used.
    pub recovery_left: u64,
    /// Whether the caller's office asks for one.
    pub required: bool,
}

/// The caller's password, for what an unlocked phone alone must not do.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordInput {
    /// The password.
    #[schema(max_length = 256, format = Password)]
    pub password: String,
}

/// A secret for an app; it is asked for once a code of it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactorBegun {
    /// The secret in base 32, to type in.
    pub secret: String,
    /// The same as `otpauth://…`, to show as a QR code.
    pub uri: String,
}

/// A code of the app.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeInput {
    /// Six digits.
    #[schema(max_length = 40)]
    pub code: String,
}

/// Codes for whoever loses the device; each works once, and they are told here and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten of them.
    pub codes: Vec<String>,
}

/// How the caller's second factor stands.
#[utoipa::path(
    get, path = "/api/v1/session/factor", tag = "session",
    responses((status = 200, body = FactorShown), ReadProblems)
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<FactorShown>, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let required = app.requires_factor() && !caller.viewer(&app).1.powers().is_empty();
    let account = caller.account;
    let found = app.run(move |realm| realm.read(|db| factor::find(db, &account))).await?;
    let since = found.as_ref().and_then(|it| it.confirmed_at);
    let recovery_left = found.map_or(0, |it| it.recovery_left);
    Ok(axum::Json(FactorShown { since, recovery_left, required }))
}

/// Makes a secret for the caller's app.
#[utoipa::path(
    post, path = "/api/v1/session/factor", tag = "session", request_body = PasswordInput,
    responses((status = 201, body = FactorBegun), WriteProblems)
)]
pub async fn begin(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<PasswordInput>,
) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    match guess(&app, caller.account.clone(), input.password).await? {
        Guess::Right => {}
        Guess::Wrong => return Err(wrong()),
        Guess::Wait(wait_ms) => return Ok(locked(wait_ms)),
    }
    let (secret, account) = (entropy::bytes::<SECRET_BYTES>(), caller.account.clone());
    let begun = app
        .write(move |db| {
            let sealed = seal(db)?.seal_bytes(&secret, &account.0);
            factor::begin(db, &account, &sealed, machine_now())
        })
        .await?;
    if !begun {
        let text =
            Text::new("已启用第二重验证，请先停用", "a second factor is on; remove it first");
        return Err(ApiProblem::new(StatusCode::CONFLICT, "factor_on", text));
    }
    let base32 = Secret::from(secret.to_vec()).to_base32();
    let title = app.realm().title().map_or_else(|| "Bihuan".to_owned(), |it| it.zh);
    let uri = uri(&title, &caller.account, &base32);
    Ok((StatusCode::CREATED, axum::Json(FactorBegun { secret: base32, uri })).into_response())
}

/// Puts the second factor in force, shown a code of it; every other device is signed out.
#[utoipa::path(
    put, path = "/api/v1/session/factor", tag = "session", request_body = CodeInput,
    responses((status = 200, body = RecoveryCodes), WriteProblems)
)]
pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    by: Option<Extension<Entered>>,
    Json(input): Json<CodeInput>,
) -> Result<axum::Json<RecoveryCodes>, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| crate::password::draw()).collect();
    let digests: Vec<[u8; 32]> = codes.iter().map(|it| digest_of(it)).collect();
    let (account, this) = (caller.account, by.map(|it| it.0.0.id).unwrap_or_default());
    let done = app
        .record(move |db, now| {
            let Some(step) = step_of(db, &account, &input.code)? else {
                return Ok((false, vec![]));
            };
            if !factor::confirm(db, &account, step, &digests, now)? {
                return Ok((false, vec![]));
            }
            session::close_all(db, &account, Some(&this))?;
            session::strengthen(db, &account, &this)?;
            Ok((true, vec![Audited::by(Act::FactorOn, &account)]))
        })
        .await?;
    app.forget_sessions();
    if done { Ok(axum::Json(RecoveryCodes { codes })) } else { Err(wrong_code()) }
}

/// Removes the caller's second factor.
#[utoipa::path(
    post, path = "/api/v1/session/factor/removal", tag = "session", request_body = PasswordInput,
    responses((status = 204), WriteProblems)
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<PasswordInput>,
) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    match guess(&app, caller.account.clone(), input.password).await? {
        Guess::Right => {}
        Guess::Wrong => return Err(wrong()),
        Guess::Wait(wait_ms) => return Ok(locked(wait_ms)),
    }
    let account = caller.account;
    let removed = app
        .record(move |db, _| {
            let removed = factor::remove(db, &account)?;
            let told = Audited::by(Act::FactorOff, &account).about(account.0.clone());
            Ok((removed, removed.then_some(told).into_iter().collect()))
        })
        .await?;
    if removed { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(ApiProblem::not_found()) }
}

/// What the second step of a log-in came to.
pub(super) enum Step {
    /// None is asked for.
    None,
    /// The code is right.
    Passed,
    /// It is asked for and was not given.
    Needed,
    /// The code is wrong, or was used before.
    Wrong,
    /// Too many were wrong: milliseconds to wait.
    Wait(i64),
}

/// Takes the second step of an account whose password was right.
pub(super) async fn second_step(
    app: &App,
    account: AccountId,
    code: Option<String>,
) -> Result<Step, ApiProblem> {
    // One after the other, as passwords are: many sent together are not looked at together.
    app.hash(move |realm| {
        let found = realm.read(|db| factor::find(db, &account))?;
        if found.is_none_or(|it| it.confirmed_at.is_none()) {
            return Ok(Step::None);
        }
        let Some(code) = code else { return Ok(Step::Needed) };
        let name = failures_of(&account);
        let (now, failures) = (realm.now(), realm.read(|db| credential::failures(db, &name))?);
        if let Some(until) = waits_until(failures).filter(|it| now < *it) {
            return Ok(Step::Wait(until.0 - now.0));
        }
        Ok(if tried(realm, account, name, code)? { Step::Passed } else { Step::Wrong })
    })
    .await
}

/// The name under which wrong codes of an account are counted; no account has such a name.
pub(in crate::http) fn failures_of(account: &AccountId) -> String {
    format!("second factor of {account}")
}

/// Uses a code; whether it was good.
fn tried(
    realm: &Realm,
    account: AccountId,
    name: String,
    code: String,
) -> Result<bool, crate::problem::Problem> {
    Ok(realm.store().record(move |db, now| {
        let by_app = match step_of(db, &account, &code)? {
            Some(step) => factor::use_step(db, &account, step)?,
            None => false,
        };
        let by_recovery = !by_app
            && code.len() > DIGITS
            && factor::use_code(db, &account, &digest_of(code.trim()), now)?;
        if by_app || by_recovery {
            credential::forgive(db, &name)?;
            let told = Audited::by(Act::RecoveryUsed, &account);
            return Ok((true, by_recovery.then_some(told).into_iter().collect()));
        }
        credential::fail(db, &name, now)?;
        Ok((false, vec![Audited::nobody(Act::LogInFailed).about(account.0.clone())]))
    })?)
}

/// The step of time that a code of an account's app is of; none where it is wrong.
fn step_of(db: &mut Db, account: &AccountId, code: &str) -> Result<Option<i64>, DbError> {
    let code = code.trim();
    if code.len() != DIGITS || code.len() > CODE_BYTES_MAX {
        return Ok(None);
    }
    let Some(found) = factor::find(db, account)? else { return Ok(None) };
    let secret = seal(db)?.open_bytes(&found.secret, &account.0);
    let Some(totp) = secret.and_then(totp) else { return Ok(None) };
    // An app goes by the time of day, also where the realm's clock is a demonstration's.
    let seconds = u64::try_from(machine_now().0 / 1_000).unwrap_or(0);
    Ok(totp.check(code, seconds).and_then(|it| i64::try_from(it).ok()))
}

/// What makes the codes of a secret.
#[must_use]
pub fn totp(secret: Vec<u8>) -> Option<Totp> {
    Builder::new().with_secret(Secret::from(secret)).build().ok()
}

fn seal(db: &mut Db) -> Result<Seal, DbError> {
    Ok(Seal::new(rules::key(db, PURPOSE)?, PURPOSE))
}

/// What an app reads from a QR code (Key Uri Format).
fn uri(title: &str, account: &AccountId, base32: &str) -> String {
    let title = utf8_percent_encode(title, NON_ALPHANUMERIC);
    let name = utf8_percent_encode(&account.0, NON_ALPHANUMERIC);
    format!("otpauth://totp/{title}:{name}?secret={base32}&issuer={title}")
}

/// A code is asked for.
pub(super) fn code_needed() -> ApiProblem {
    let text = Text::new("请再输入验证器上的六位数字", "give the six digits of your app, too");
    ApiProblem::new(StatusCode::UNAUTHORIZED, "code_needed", text)
}

/// A code is wrong.
pub(super) fn wrong_code() -> ApiProblem {
    let text = Text::new(
        "验证码不对或已用过，请等下一组数字",
        "the code is wrong or was used; wait for the next one",
    );
    ApiProblem::new(StatusCode::UNAUTHORIZED, "wrong_code", text)
}
