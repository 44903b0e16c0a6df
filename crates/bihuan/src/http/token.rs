//! Tokens: what a person gives a program, so that it acts for that person within limits.
//!
//! Invariants: a secret is told once, when it is made, and only its digest is kept; a token reaches
//! addresses of its scopes alone, acts under its roles alone, and is never an administrator; it
//! ends with its date, with its account and with the last grant of its person.

use super::body::{Json, Path};
use super::problem::{ReadProblems, WriteProblems};
use super::route::Surface;
use super::session::{Guess, digest_of, guess, locked, wrong as wrong_password};
use super::{ApiProblem, App, Caller};
use crate::entropy;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bihuan_core::id::RoleId;
use bihuan_core::matter::Via;
use bihuan_core::policy::{Action, is_administrative};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant, date_of_day};
use bihuan_store::audit::{Act, Audited};
use bihuan_store::token::{self, Token};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a secret begins, so that people and scanners know one where they see it.
pub const PREFIX: &str = "bihuan_token_";
/// Longest life of a token, in days.
pub const DAYS_MAX: i64 = 365;
/// Longest name, in bytes.
const TITLE_BYTES_MAX: usize = 200;
/// Most roles of one token.
const ROLES_MAX: usize = 20;

/// What a token may be used for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Read matters, their files and what changes, as far as the person sees them.
    ReadMatters,
    /// Send commands, under the roles that the token names. Nothing is accepted by it.
    SendCommands,
    /// Upload files.
    Upload,
    /// Read rules: packs, units, areas, points, the calendar.
    ReadRules,
    /// Take rows away as a file.
    Export,
}

impl TokenScope {
    /// Every scope.
    pub const EACH: [TokenScope; 5] = [
        TokenScope::ReadMatters,
        TokenScope::SendCommands,
        TokenScope::Upload,
        TokenScope::ReadRules,
        TokenScope::Export,
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TokenScope::ReadMatters => "read_matters",
            TokenScope::SendCommands => "send_commands",
            TokenScope::Upload => "upload",
            TokenScope::ReadRules => "read_rules",
            TokenScope::Export => "export",
        }
    }

    /// The scope that an action of [`super::route::ROUTES`] takes; none where no token may do it.
    #[must_use]
    pub fn of(action: &str) -> Option<TokenScope> {
        let (noun, verb) = action.split_once('.').unwrap_or((action, ""));
        match (noun, verb) {
            (_, "export") => Some(TokenScope::Export),
            ("command", _) => Some(TokenScope::SendCommands),
            ("upload", _) => Some(TokenScope::Upload),
            (it, _) if MATTERS.contains(&it) => Some(TokenScope::ReadMatters),
            (it, _) if RULES.contains(&it) => Some(TokenScope::ReadRules),
            _ => None,
        }
    }
}

/// Nouns of addresses that read matters.
const MATTERS: &[&str] = &[
    "calendar_feed",
    "event",
    "figure",
    "file",
    "ledger",
    "map",
    "matter",
    "message",
    "ranking",
    "record",
    "search",
    "tile",
];
/// Nouns of addresses that read rules.
const RULES: &[&str] =
    &["area", "calendar", "class", "pack", "place", "point", "register", "rule", "unit"];

/// What a new token takes.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenInput {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// What it may be used for.
    #[schema(min_items = 1, max_items = 5)]
    pub scopes: Vec<TokenScope>,
    /// The roles under which it sends commands; needed with `send_commands`, and only then.
    #[serde(default)]
    #[schema(max_items = 20, value_type = Vec<String>)]
    pub roles: Vec<RoleId>,
    /// For how many days.
    #[schema(minimum = 1, maximum = 365)]
    pub days: i64,
    /// The caller's password: whoever finds a phone unlocked makes no token.
    #[schema(max_length = 256, format = Password)]
    pub password: String,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenShown {
    /// Id.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// The roles under which it sends commands.
    #[schema(value_type = Vec<String>)]
    pub roles: Vec<RoleId>,
    /// When it was made, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub created_at: Instant,
    /// When it ends.
    #[schema(value_type = i64)]
    pub ends_at: Instant,
    /// The day of its last use, such as `2021-04-16`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_on: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub revoked_at: Option<Instant>,
}

/// A token with its secret, which is told here and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TokenMade {
    /// The token.
    pub token: TokenShown,
    /// Its secret, for `Authorization: Bearer …`.
    pub secret: String,
}

/// The tokens of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tokens {
    /// The newest first.
    pub tokens: Vec<TokenShown>,
}

impl From<Token> for TokenShown {
    fn from(it: Token) -> TokenShown {
        TokenShown {
            id: it.id,
            title: it.title,
            scopes: it.scopes,
            roles: it.roles,
            created_at: it.created_at,
            ends_at: it.ends_at,
            used_on: it.used_day.map(|it| date_of_day(it).to_string()),
            revoked_at: it.revoked_at,
        }
    }
}

/// The caller's tokens.
#[utoipa::path(
    get, path = "/api/v1/tokens", tag = "token",
    responses((status = 200, body = Tokens), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<Tokens>, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let account = caller.account;
    let all = app.run(move |realm| realm.read(|db| token::of_account(db, &account))).await?;
    Ok(axum::Json(Tokens { tokens: all.into_iter().map(TokenShown::from).collect() }))
}

/// Makes a token; its secret is told once, here.
#[utoipa::path(
    post, path = "/api/v1/tokens", tag = "token", request_body = TokenInput,
    responses((status = 201, body = TokenMade), WriteProblems)
)]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<TokenInput>,
) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let now = app.realm().now();
    let token = checked(&app, &caller, &input, now)?;
    match guess(&app, caller.account.clone(), input.password).await? {
        Guess::Right => {}
        Guess::Wrong => return Err(wrong_password()),
        Guess::Wait(wait_ms) => return Ok(locked(wait_ms)),
    }
    let secret = format!("{PREFIX}{}", hex(&entropy::salt()));
    let (digest, made) = (digest_of(&secret), token.clone());
    let added = app
        .record(move |db, _| {
            let added = token::add(db, &digest, &made)?;
            let told = Audited::by(Act::TokenMade, &made.account).about(made.id);
            Ok((added, added.then_some(told).into_iter().collect()))
        })
        .await?;
    if !added {
        return Err(wrong("tokens", "有效令牌已达20个，请先作废一个", "there are 20; revoke one"));
    }
    let told = TokenMade { token: token.into(), secret };
    Ok((StatusCode::CREATED, axum::Json(told)).into_response())
}

/// Revokes a token of the caller.
#[utoipa::path(
    delete, path = "/api/v1/tokens/{id}", tag = "token", params(("id" = String, Path)),
    responses((status = 204), WriteProblems)
)]
pub async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::ChangeOwnLogin)?;
    let revoked = app
        .record(move |db, now| {
            let revoked = token::revoke(db, &caller.account, &id, now)?;
            let told = Audited::by(Act::TokenRevoked, &caller.account).about(id);
            Ok((revoked, revoked.then_some(told).into_iter().collect()))
        })
        .await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

/// A token as it would be made, of words that are in order.
fn checked(
    app: &App,
    caller: &Caller,
    input: &TokenInput,
    now: Instant,
) -> Result<Token, ApiProblem> {
    let title = input.title.trim();
    if title.is_empty() || title.len() > TITLE_BYTES_MAX || title.contains('\0') {
        return Err(wrong(
            "title",
            "请写明用途（200字节以内）",
            "say what it is for, in 200 bytes",
        ));
    }
    let mut scopes = input.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(wrong("scopes", "至少选一项", "choose at least one"));
    }
    if !(1..=DAYS_MAX).contains(&input.days) {
        return Err(wrong("days", "有效期为1至365天", "a token lives for 1 to 365 days"));
    }
    let sends = scopes.contains(&TokenScope::SendCommands);
    if sends == input.roles.is_empty() || input.roles.len() > ROLES_MAX {
        return Err(wrong(
            "roles",
            "发送命令的令牌须写明角色，其他令牌不写",
            "a token that sends commands names its roles, others name none",
        ));
    }
    let rules = app.realm().rules();
    let held = |role: &RoleId| {
        !is_administrative(role) && rules.grants_of(&caller.person, now).any(|it| it.role == *role)
    };
    if !input.roles.iter().all(held) {
        return Err(wrong("roles", "只能写本人现有的角色", "name roles that you hold"));
    }
    Ok(Token {
        id: entropy::command_id(now).to_string(),
        account: caller.account.clone(),
        title: title.to_owned(),
        scopes: scopes.into_iter().map(|it| it.word().to_owned()).collect(),
        roles: input.roles.clone(),
        created_at: now,
        ends_at: now.plus_ms(input.days * DAY_MS),
        used_day: None,
        revoked_at: None,
    })
}

/// Who calls by a secret; nobody where it is of no live token.
pub(super) async fn caller(
    app: &App,
    secret: &str,
    parts: &Parts,
) -> Result<Option<Caller>, ApiProblem> {
    let digest = digest_of(secret);
    let found = app.run(move |realm| realm.read(|db| token::find(db, &digest))).await?;
    let (rules, now) = (app.realm().rules(), app.realm().now());
    let Some(token) = found.filter(|it| it.is_live(now)) else { return Ok(None) };
    let Some(person) = rules.accounts.get(&token.account).cloned() else { return Ok(None) };
    if rules.grants_of(&person, now).next().is_none() {
        return Ok(None);
    }
    in_scope(&token, parts)?;
    let day = rules.zone.day(now);
    if token.used_day != Some(day) {
        let (id, account) = (token.id.clone(), token.account.clone());
        app.record(move |db, _| {
            let first = token::used(db, &id, day)?;
            let told = Audited::by(Act::TokenUsed, &account).via(Via::Token).about(id);
            Ok(((), first.then_some(told).into_iter().collect()))
        })
        .await?;
    }
    Ok(Some(Caller { account: token.account, person, via: Via::Token, roles: token.roles }))
}

/// Whether a token reaches an address.
fn in_scope(token: &Token, parts: &Parts) -> Result<(), ApiProblem> {
    // An address that leads nowhere says so itself.
    let Some(route) = super::route::of(parts) else { return Ok(()) };
    if route.surfaces.contains(&Surface::Anybody) || route.action == "session.read" {
        return Ok(());
    }
    let scope = TokenScope::of(route.action).filter(|_| route.surfaces.contains(&Surface::Machine));
    let Some(scope) = scope else {
        let text =
            Text::new("只能由本人操作，程序不能代办", "only a person may do this, not a program");
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "not_by_machine", text));
    };
    if token.scopes.iter().any(|it| it == scope.word()) {
        return Ok(());
    }
    let word = scope.word();
    let text = Text::new(
        format!("此令牌没有“{word}”权限，请另建令牌"),
        format!("this token has no scope `{word}`; make another one"),
    );
    Err(ApiProblem::new(StatusCode::FORBIDDEN, "out_of_scope", text))
}

fn wrong(field: &str, zh: &str, en: &str) -> ApiProblem {
    let text = Text::new(format!("{field}：{zh}"), format!("{field}: {en}"));
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text)
}
