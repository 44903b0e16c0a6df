//! The audit trail, for the audit administrator alone.
//!
//! Invariant: whoever reads it or takes it away is in it before the answer is given.

use super::body::Query;
use super::problem::ReadProblems;
use super::{ApiProblem, App, Caller};
use crate::safe_csv::Writer;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::MatterId;
use bihuan_core::policy::Action;
use bihuan_core::time::Instant;
use bihuan_store::audit::{Act, AuditEntry, AuditFilter, Audited, EXPORT_MAX, PAGE_MAX, page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Entries of a page where nobody says how many.
const PAGE: i64 = 50;
/// Most acts that one reader may choose.
const ACTS_MAX: usize = 40;

/// Which entries of the trail.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Acts, separated by commas, such as `log_in,people_seen`; absent for all.
    #[serde(default)]
    pub act: Option<String>,
    /// By this account, or `operator`.
    #[serde(default)]
    pub account: Option<String>,
    /// About this key: an account, a person, a file, a token.
    #[serde(default)]
    pub about: Option<String>,
    /// About this matter.
    #[serde(default)]
    pub matter: Option<MatterId>,
    /// From this moment on, milliseconds since 1970 UTC.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    pub from: Option<Instant>,
    /// Before this moment.
    #[serde(default)]
    #[param(value_type = Option<i64>)]
    pub to: Option<Instant>,
    /// Older than this entry: `next` of the page before.
    #[serde(default)]
    pub before: Option<u64>,
    /// How many, at most 500.
    #[serde(default)]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<i64>,
}

/// A page of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditShown>,
    /// What to give as `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditShown {
    /// Its number in the record.
    pub seq: u64,
    /// When, milliseconds since 1970 UTC.
    #[schema(value_type = i64)]
    pub at: Instant,
    /// What; `change_…` for changes of rules.
    pub act: String,
    /// By which account, or `operator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// By what way, where not by a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<bihuan_core::matter::Via>,
    /// About which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// About which matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<String>,
    /// How many rows were changed, shown or taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Why, where a reason was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<AuditEntry> for AuditShown {
    fn from(it: AuditEntry) -> AuditShown {
        let AuditEntry { seq, at, act, account, via, about, matter, rows, reason } = it;
        AuditShown { seq, at, act, account, via, about, matter, rows, reason }
    }
}

/// Who entered, who was shown personal data, who administered.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, body = AuditPage), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<axum::Json<AuditPage>, ApiProblem> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let entries = read(&app, &caller, query, limit, Act::AuditRead).await?;
    let full = i64::try_from(entries.len()).is_ok_and(|it| it >= limit);
    let next = entries.last().filter(|_| full).map(|it| it.seq);
    let entries = entries.into_iter().map(AuditShown::from).collect();
    Ok(axum::Json(AuditPage { entries, next }))
}

/// The same as a table (CSV), the newest 20,000; go on with `before`, the last row's number.
#[utoipa::path(
    get, path = "/api/v1/audit/export", tag = "audit", params(AuditQuery),
    responses((status = 200, content_type = "text/csv", body = String), ReadProblems)
)]
pub async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AuditQuery>,
) -> Result<Response, ApiProblem> {
    let limit = query.limit.unwrap_or(EXPORT_MAX).clamp(1, EXPORT_MAX);
    let entries = read(&app, &caller, query, limit, Act::AuditExported).await?;
    let csv = table(&entries).expect("memory takes every write");
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((head, csv).into_response())
}

/// The entries, once the trail says who is shown them.
async fn read(
    app: &App,
    caller: &Caller,
    query: AuditQuery,
    limit: i64,
    act: Act,
) -> Result<Vec<AuditEntry>, ApiProblem> {
    caller.may(app, &Action::ReadAudit)?;
    let acts = query.act.as_deref().unwrap_or_default().split(',').filter(|it| !it.is_empty());
    let filter = AuditFilter {
        acts: acts.take(ACTS_MAX).map(ToOwned::to_owned).collect(),
        account: query.account,
        about: query.about,
        matter: query.matter,
        from: query.from,
        to: query.to,
        before: query.before,
    };
    let entries = app.run(move |realm| realm.read(|db| page(db, &filter, limit))).await?;
    app.audit(Audited::by(act, &caller.account).rows(entries.len())).await?;
    Ok(entries)
}

fn time(at: Instant) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

fn table(entries: &[AuditEntry]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut csv = Writer::new(&mut bytes)?;
    csv.text_row(&["seq", "at", "act", "account", "via", "about", "matter", "rows", "reason"])?;
    for it in entries {
        let via = it.via.map(|it| serde_json::to_value(it).unwrap_or_default());
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let cells = [
            it.seq.to_string(),
            time(it.at),
            it.act.clone(),
            text(&it.account),
            via.and_then(|it| it.as_str().map(ToOwned::to_owned)).unwrap_or_default(),
            text(&it.about),
            text(&it.matter),
            it.rows.map(|it| it.to_string()).unwrap_or_default(),
            text(&it.reason),
        ];
        csv.text_row(&cells.each_ref().map(String::as_str))?;
    }
    csv.finish()?;
    Ok(bytes)
}
