//! Accounts: added, locked, unlocked, and let in again by a secret that works once.
//!
//! Invariants: an administrator never knows a password; a secret for a new one is told once, ends
//! soon, and only its digest is kept.

use super::super::body::{Json, Path};
use super::super::problem::WriteProblems;
use super::super::session::{digest_of, factor};
use super::super::{ApiProblem, App, Caller};
use super::{Changed, change, invalid, kept, kept_account};
use crate::entropy;
use crate::password;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bihuan_core::id::{AccountId, PersonId, is_key};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::audit::{Act, Audited};
use bihuan_store::credential;
use bihuan_store::rules::{AccountRow, Change};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long a secret for a new password is good.
const RESET_MS: i64 = DAY_MS;

/// Whether an account lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// It does.
    Active,
    /// It does not; devices are signed out and tokens revoked.
    Suspended,
}

/// What an account is to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountInput {
    /// Whose.
    pub person: PersonId,
    /// Whether it lets in.
    pub status: AccountStatus,
}

/// A secret by which somebody sets a password once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResetMade {
    /// The account.
    pub account: AccountId,
    /// The secret, told here and never again: hand it over in person.
    pub secret: String,
    /// Until when it is good, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub ends_at: Instant,
}

/// A new password by a secret.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetInput {
    /// The secret.
    #[schema(max_length = 100)]
    pub secret: String,
    /// The new password.
    #[schema(min_length = 10, max_length = 256, format = Password)]
    pub password: String,
}

/// Adds an account to a person, or locks or opens one.
#[utoipa::path(
    put, path = "/api/v1/accounts/{id}", tag = "people", params(("id" = String, Path)),
    request_body = AccountInput, responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<AccountInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    let known = kept(&app, &caller, &input.person).await?;
    let is_new = !known.accounts.iter().any(|it| it.as_str() == id);
    let person = known.id;
    if is_new && !is_key(&id) {
        return Err(invalid("id", "账号只用字母、数字、_ - .", "use letters, digits, _ - ."));
    }
    let status = match input.status {
        AccountStatus::Active => "active",
        AccountStatus::Suspended => "suspended",
    };
    let row = AccountRow { id: AccountId(id), person, status: status.to_owned() };
    let changed = change(&app, &caller, Change::Accounts(vec![row])).await?;
    app.forget_sessions();
    Ok(axum::Json(changed))
}

/// Forgets the failed log-ins of an account, so that it need not wait.
#[utoipa::path(
    post, path = "/api/v1/accounts/{id}/unlock", tag = "people", params(("id" = String, Path)),
    responses((status = 204), WriteProblems)
)]
pub async fn unlock(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let account = AccountId(id);
    kept_account(&app, &caller, &account).await?;
    app.record(move |db, _| {
        credential::forgive(db, &account.0)?;
        credential::forgive(db, &factor::failures_of(&account))?;
        Ok(((), vec![Audited::by(Act::Unlocked, &caller.account).about(account.0)]))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a secret by which whoever has it sets a new password, once, within a day.
#[utoipa::path(
    post, path = "/api/v1/accounts/{id}/reset", tag = "people", params(("id" = String, Path)),
    responses((status = 201, body = ResetMade), WriteProblems)
)]
pub async fn reset(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    let account = AccountId(id);
    kept_account(&app, &caller, &account).await?;
    let secret = hex(&entropy::salt());
    let (digest, ends_at) = (digest_of(&secret), app.realm().now().plus_ms(RESET_MS));
    let of = account.clone();
    app.record(move |db, _| {
        credential::allow_reset(db, &digest, &of, &caller.account, ends_at)?;
        Ok(((), vec![Audited::by(Act::ResetMade, &caller.account).about(of.0)]))
    })
    .await?;
    Ok((StatusCode::CREATED, axum::Json(ResetMade { account, secret, ends_at })).into_response())
}

/// Removes the second factor of somebody who lost device and recovery codes.
#[utoipa::path(
    delete, path = "/api/v1/accounts/{id}/factor", tag = "people", params(("id" = String, Path)),
    responses((status = 204), WriteProblems)
)]
pub async fn remove_factor(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let account = AccountId(id);
    kept_account(&app, &caller, &account).await?;
    let removed = app
        .record(move |db, _| {
            let removed = bihuan_store::factor::remove(db, &account)?;
            let told = Audited::by(Act::FactorOff, &caller.account).about(account.0);
            Ok((removed, removed.then_some(told).into_iter().collect()))
        })
        .await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

/// Sets a password by a secret, which is used up; every device of the account is signed out.
#[utoipa::path(
    post, path = "/api/v1/password-resets", tag = "session", request_body = ResetInput,
    responses((status = 204), WriteProblems)
)]
pub async fn use_reset(
    State(app): State<App>,
    Json(input): Json<ResetInput>,
) -> Result<StatusCode, ApiProblem> {
    let (digest, now) = (digest_of(&input.secret), app.realm().now());
    let found = app.run(move |realm| realm.read(|db| credential::reset(db, &digest, now))).await?;
    let active = |it: &AccountId| app.realm().rules().accounts.contains_key(it);
    let account = found.filter(active).ok_or_else(used_up)?;
    password::check(&account, &input.password)
        .map_err(|why| ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "weak_password", why))?;
    let hash = app.hash(move |_| Ok(password::hash(&input.password))).await?;
    let done = app
        .record(move |db, now| {
            if !credential::use_reset(db, &digest, now)? {
                return Ok((false, Vec::new()));
            }
            credential::set(db, &account, &hash, now)?;
            Ok((true, vec![Audited::nobody(Act::ResetUsed).about(account.0)]))
        })
        .await?;
    app.forget_sessions();
    if done { Ok(StatusCode::NO_CONTENT) } else { Err(used_up()) }
}

fn used_up() -> ApiProblem {
    let text = Text::new(
        "此链接无效、已用过或已过期，请向管理员再要一个",
        "this secret is wrong, used or too old; ask the administrator for another",
    );
    ApiProblem::new(StatusCode::FORBIDDEN, "reset_used", text)
}
