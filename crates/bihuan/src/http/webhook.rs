//! Programs elsewhere that are told of what happens: kept by the system administrator.
//!
//! Invariants: a secret is told once, when it is made; no address leads into a private network
//! unless the operator named it; machines keep no connections.

use super::body::{Json, Path, Query};
use super::problem::{ReadProblems, WriteProblems};
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::signature::new_secret;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::webhook::{self, Delivery, Status, Webhook};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Longest name, in bytes.
const TITLE_BYTES_MAX: usize = 200;
/// Most kinds that one program may choose.
const KINDS_MAX: usize = 40;
/// How long a secret that was replaced goes on signing, in milliseconds.
const OLD_SECRET_MS: i64 = DAY_MS;

/// A program that is to be told.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookInput {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// Where it listens: https, and a public address unless the operator named its network.
    #[schema(max_length = 2000)]
    pub url: String,
    /// Kinds of what it is told, such as `matter.opened`; empty for all.
    #[serde(default)]
    #[schema(max_items = 40)]
    pub kinds: Vec<String>,
    /// The responsible unit, with all below, of whose matters it is told; absent for all.
    #[serde(default)]
    pub unit: Option<UnitId>,
}

/// Whether a program is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookStatusInput {
    /// False: what happens meanwhile is told once it is true again.
    pub active: bool,
}

/// A program that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookShown {
    /// Id.
    pub id: String,
    /// What it is for.
    pub title: String,
    /// Where it listens.
    pub url: String,
    /// Kinds of what it is told; empty for all.
    pub kinds: Vec<String>,
    /// The responsible unit of whose matters it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// `active`, `paused`, or `gone` where it said so itself.
    pub status: &'static str,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_at: Instant,
    /// Until when the secret before the present one signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<Instant>,
}

/// A program with its secret, which is told here and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookSecret {
    /// The program.
    pub webhook: WebhookShown,
    /// Its secret, `whsec_…` by Standard Webhooks.
    pub secret: String,
}

/// All programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Webhooks {
    /// The oldest first.
    pub webhooks: Vec<WebhookShown>,
}

/// Which deliveries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// `waiting`, `done` or `dead`; absent for all.
    #[serde(default)]
    pub state: Option<String>,
    /// Go on after this one, the last of the page before.
    #[serde(default)]
    pub after: Option<String>,
}

/// A page of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Deliveries {
    /// The newest first.
    pub deliveries: Vec<DeliveryShown>,
    /// What to give as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryShown {
    /// Its id, as `webhook-id` says it.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// `waiting`, `done`, or `dead` where it was given up.
    pub state: String,
    /// When it was taken up, in milliseconds since 1970 UTC.
    pub at: Instant,
    /// How often it was tried.
    pub tries: i64,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Instant>,
    /// The last status that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl From<Delivery> for DeliveryShown {
    fn from(it: Delivery) -> DeliveryShown {
        let Delivery { id, kind, state, at, tries, next_at, status, why } = it;
        DeliveryShown { id, kind, state, at, tries, next_at, status, why }
    }
}

impl From<Webhook> for WebhookShown {
    fn from(it: Webhook) -> WebhookShown {
        WebhookShown {
            id: it.id,
            title: it.title,
            url: it.url,
            kinds: it.kinds,
            unit: it.unit,
            status: it.status.word(),
            created_at: it.created_at,
            old_secret_until: it.old_secret.map(|it| it.1),
        }
    }
}

/// All programs that are told.
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "webhook",
    responses((status = 200, body = Webhooks), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<Webhooks>, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    let all = app.run(|realm| realm.read(webhook::all)).await?;
    let webhooks = all.into_iter().map(WebhookShown::from).collect();
    Ok(axum::Json(Webhooks { webhooks }))
}

/// Adds a program; it is told of what happens from now on.
#[utoipa::path(
    post, path = "/api/v1/webhooks", tag = "webhook", request_body = WebhookInput,
    responses((status = 201, body = WebhookSecret), WriteProblems)
)]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<WebhookInput>,
) -> Result<Response, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    let url = checked(&app, &input)?;
    let now = app.realm().now();
    let webhook = Webhook {
        id: entropy::command_id(now).to_string(),
        title: input.title,
        url,
        kinds: input.kinds,
        unit: input.unit,
        status: Status::Active,
        secret: new_secret(),
        old_secret: None,
        created_at: now,
        told: 0,
    };
    let added = webhook.clone();
    if !app.write(move |db| webhook::add(db, &added)).await? {
        return Err(wrong("webhooks", "数量已达上限（50个）", "there are 50 already"));
    }
    let secret = webhook.secret.clone();
    let told = WebhookSecret { webhook: webhook.into(), secret };
    Ok((StatusCode::CREATED, axum::Json(told)).into_response())
}

/// Pauses a program or has it told again; one that said that it is gone is told again too.
#[utoipa::path(
    patch, path = "/api/v1/webhooks/{id}", tag = "webhook",
    params(("id" = String, Path)), request_body = WebhookStatusInput,
    responses((status = 204), WriteProblems)
)]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<WebhookStatusInput>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    let status = if input.active { Status::Active } else { Status::Paused };
    found(app.write(move |db| webhook::set_status(db, &id, status)).await?)
}

/// Removes a program with all that is on its way.
#[utoipa::path(
    delete, path = "/api/v1/webhooks/{id}", tag = "webhook", params(("id" = String, Path)),
    responses((status = 204), WriteProblems)
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    found(app.write(move |db| webhook::remove(db, &id)).await?)
}

/// Gives a program a new secret; for a day the one before signs beside it.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{id}/secret", tag = "webhook", params(("id" = String, Path)),
    responses((status = 200, body = WebhookSecret), WriteProblems)
)]
pub async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<WebhookSecret>, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    let (secret, old_until) = (new_secret(), app.realm().now().plus_ms(OLD_SECRET_MS));
    let rotated = secret.clone();
    let webhook = app
        .write(move |db| {
            webhook::rotate(db, &id, &rotated, old_until)?;
            webhook::find(db, &id)
        })
        .await?;
    let webhook = webhook.ok_or_else(ApiProblem::not_found)?.into();
    Ok(axum::Json(WebhookSecret { webhook, secret }))
}

/// What became of deliveries to a program.
#[utoipa::path(
    get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhook",
    params(("id" = String, Path), DeliveryQuery),
    responses((status = 200, body = Deliveries), ReadProblems)
)]
pub async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<DeliveryQuery>,
) -> Result<axum::Json<Deliveries>, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    let page = app
        .run(move |realm| {
            realm.read(|db| {
                let (state, after) = (query.state.as_deref(), query.after.as_deref());
                Ok(match webhook::find(db, &id)? {
                    Some(_) => Some(webhook::deliveries(db, &id, state, after)?),
                    None => None,
                })
            })
        })
        .await?
        .ok_or_else(ApiProblem::not_found)?;
    let full = i64::try_from(page.len()).is_ok_and(|it| it >= webhook::LIST_MAX);
    let next = page.last().filter(|_| full).map(|it| it.id.clone());
    let deliveries = page.into_iter().map(DeliveryShown::from).collect();
    Ok(axum::Json(Deliveries { deliveries, next }))
}

/// Puts a delivery that was given up on its way again.
#[utoipa::path(
    post, path = "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver", tag = "webhook",
    params(("id" = String, Path), ("delivery" = String, Path)),
    responses((status = 202), WriteProblems)
)]
pub async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::ChangeConnections)?;
    let now = app.realm().now();
    found(app.write(move |db| webhook::redeliver(db, &id, &delivery, now)).await?)?;
    Ok(StatusCode::ACCEPTED)
}

fn found(is_there: bool) -> Result<StatusCode, ApiProblem> {
    if is_there { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

/// The address of a program whose other words are in order too.
fn checked(app: &App, input: &WebhookInput) -> Result<String, ApiProblem> {
    let is_kind = |it: &String| {
        let what = it.strip_prefix("matter.").unwrap_or_default();
        !what.is_empty()
            && what.len() <= 40
            && what.bytes().all(|it| it.is_ascii_lowercase() || it == b'_')
    };
    let title = input.title.trim();
    if title.is_empty() || title.len() > TITLE_BYTES_MAX || title.contains('\0') {
        return Err(wrong(
            "title",
            "请写明用途（200字节以内）",
            "say what it is for, in 200 bytes",
        ));
    }
    if input.kinds.len() > KINDS_MAX || !input.kinds.iter().all(is_kind) {
        return Err(wrong(
            "kinds",
            "请写种类，如 matter.opened",
            "name kinds, such as matter.opened",
        ));
    }
    if input.unit.as_ref().is_some_and(|it| app.realm().rules().units.get(it).is_none()) {
        return Err(wrong("unit", "没有这个单位", "there is no such unit"));
    }
    let outward = app.outward().ok_or_else(|| {
        let text = Text::new("本服务不对外发送", "this service calls nobody");
        ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "no_way_out", text)
    })?;
    let refused = |it: crate::outward::Unreachable| {
        ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_address", it.text())
    };
    Ok(outward.check(&input.url).map_err(refused)?.to_string())
}

fn wrong(field: &str, zh: &str, en: &str) -> ApiProblem {
    let text = Text::new(format!("{field}：{zh}"), format!("{field}: {en}"));
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", text)
}
