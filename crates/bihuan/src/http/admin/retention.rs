//! How long personal content is kept, what is held back, and what is erased next.
//!
//! Invariants: what has no period is kept; periods are set by the system administrator, holds by
//! the security administrator; neither sees what they are about.

use super::super::body::{Json, Path};
use super::super::problem::{ReadProblems, WriteProblems};
use super::super::{ApiProblem, App, Caller};
use super::invalid;
use crate::entropy;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::id::{AccountId, MatterId, PackId};
use bihuan_core::matter::Rules;
use bihuan_core::policy::{Action, Scope};
use bihuan_core::time::Instant;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::reporter::keep_text;
use bihuan_store::retention::{self, FILES, REPORTER};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Shortest period: an appeal or a review may still come.
pub const DAYS_MIN: i64 = 30;
/// Longest period: a hundred years.
pub const DAYS_MAX: i64 = 36_500;
/// Most periods of one request.
const PERIODS_MAX: usize = 100;
/// Longest reason of a hold, in bytes.
const REASON_BYTES_MAX: usize = 2_000;
/// Kinds of texts that every pack has.
const TEXTS: [&str; 8] =
    ["title", "note", "reason", "party", "measure", "standard", "fixer", "proposal"];

/// How long something is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodInput {
    /// The pack.
    pub pack: PackId,
    /// `title`, `note`, `reason`, `party`, `measure`, `standard`, `fixer`, `proposal`, a field of
    /// the form, `files` or `reporter`.
    pub what: String,
    /// Days after the end of a matter; `null` keeps it.
    #[schema(minimum = 30, maximum = 36500)]
    pub days: Option<i64>,
}

/// Periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Periods {
    /// What is not listed is kept.
    #[schema(max_items = 100)]
    pub periods: Vec<PeriodInput>,
}

/// What is erased next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DueList {
    /// By matter and kind; at most 500 texts and 500 files are looked at.
    pub due: Vec<DueShown>,
}

/// What a matter loses next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DueShown {
    /// The matter.
    pub matter: MatterId,
    /// What kind of content.
    pub what: String,
    /// How many texts or files.
    pub count: usize,
}

/// Why a matter is held back, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldInput {
    /// Why.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    /// Until when, milliseconds since 1970 UTC; until it is ended where absent.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub until: Option<Instant>,
}

/// Matters that are held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holds {
    /// The oldest first.
    pub holds: Vec<HoldShown>,
}

/// A matter that is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HoldShown {
    /// The matter.
    pub matter: MatterId,
    /// By whom.
    pub by: AccountId,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    #[schema(value_type = i64)]
    pub since: Instant,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub until: Option<Instant>,
}

/// The periods that are set.
#[utoipa::path(
    get, path = "/api/v1/retention", tag = "personal_data",
    responses((status = 200, body = Periods), ReadProblems)
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<Periods>, ApiProblem> {
    caller.may(&app, &Action::SeeRules)?;
    let periods = app.run(|realm| realm.read(retention::periods)).await?;
    let shown =
        |it: retention::Period| PeriodInput { pack: it.pack, what: it.what, days: Some(it.days) };
    Ok(axum::Json(Periods { periods: periods.into_iter().map(shown).collect() }))
}

/// Sets periods; each begins to work a day later. Others stay as they are.
#[utoipa::path(
    put, path = "/api/v1/retention", tag = "personal_data", request_body = Periods,
    responses((status = 204), WriteProblems)
)]
pub async fn put(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<Periods>,
) -> Result<StatusCode, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::ChangeSettings)?;
    if input.periods.is_empty() || input.periods.len() > PERIODS_MAX {
        return Err(invalid("periods", "每次1至100项", "name 1 to 100"));
    }
    for it in &input.periods {
        checked(&rules, it)?;
    }
    app.record(move |db, now| {
        let mut told = Vec::with_capacity(input.periods.len());
        for it in &input.periods {
            retention::set(db, &it.pack, &it.what, it.days, now)?;
            let days = it.days.map_or_else(|| "kept".to_owned(), |it| format!("{it} d"));
            let about = format!("{}/{}: {days}", it.pack, it.what);
            told.push(Audited::by(Act::RetentionSet, &caller.account).about(about));
        }
        Ok(((), told))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(rules: &Rules, it: &PeriodInput) -> Result<(), ApiProblem> {
    let pack = rules.packs.get(&it.pack);
    let pack = pack.ok_or_else(|| invalid("pack", "没有这个事项包", "there is no such pack"))?;
    let what = it.what.as_str();
    let is_field = || pack.values().any(|it| it.form.iter().any(|field| field.id == what));
    if !TEXTS.contains(&what) && ![FILES, REPORTER].contains(&what) && !is_field() {
        return Err(invalid("what", "没有这类内容", "the pack has no such content"));
    }
    if it.days.is_some_and(|it| !(DAYS_MIN..=DAYS_MAX).contains(&it)) {
        return Err(invalid("days", "30至36500天，或留空", "30 to 36,500 days, or null"));
    }
    Ok(())
}

/// What is erased next, by the periods that are set.
#[utoipa::path(
    get, path = "/api/v1/retention/due", tag = "personal_data",
    responses((status = 200, body = DueList), ReadProblems)
)]
pub async fn due(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<DueList>, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let due = app.run(|realm| realm.read(|db| retention::due(db, realm.now()))).await?;
    let mut counts: BTreeMap<(MatterId, String), usize> = BTreeMap::new();
    for it in due {
        *counts.entry((it.matter, it.what)).or_default() += 1;
    }
    let shown = |((matter, what), count)| DueShown { matter, what, count };
    Ok(axum::Json(DueList { due: counts.into_iter().map(shown).collect() }))
}

/// The matters that are held back from erasure.
#[utoipa::path(
    get, path = "/api/v1/holds", tag = "personal_data",
    responses((status = 200, body = Holds), ReadProblems)
)]
pub async fn holds(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<Holds>, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let holds = app.run(|realm| realm.read(|db| retention::holds(db, realm.now()))).await?;
    let shown = |it: retention::Hold| HoldShown {
        matter: it.matter,
        by: it.by,
        reason: it.reason.text().map(ToOwned::to_owned),
        since: it.since,
        until: it.until,
    };
    Ok(axum::Json(Holds { holds: holds.into_iter().map(shown).collect() }))
}

/// Holds a matter back: nothing of it is erased, whoever asks.
#[utoipa::path(
    put, path = "/api/v1/holds/{matter}", tag = "personal_data",
    params(("matter" = MatterId, Path)), request_body = HoldInput,
    responses((status = 204), WriteProblems)
)]
pub async fn hold(
    State(app): State<App>,
    caller: Caller,
    Path(matter): Path<MatterId>,
    Json(input): Json<HoldInput>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let reason = input.reason.trim().to_owned();
    if reason.is_empty() || reason.len() > REASON_BYTES_MAX {
        return Err(invalid("reason", "请写明理由（2000字节以内）", "say why, in 2,000 bytes"));
    }
    if input.until.is_some_and(|it| it <= app.realm().now()) {
        return Err(invalid("until", "须在将来", "it lies in the future"));
    }
    // The office sees no matters; that there is one is told to whoever names its id.
    let found = app
        .run(move |realm| {
            realm.read(|db| bihuan_store::matter::matter(db, &Scope::operator(), matter))
        })
        .await?;
    found.ok_or_else(ApiProblem::not_found)?;
    let salt = entropy::salt();
    app.record(move |db, now| {
        let of = matter.to_string();
        let reference = keep_text(db, "reason", (&salt, &of), reason.as_bytes())?;
        retention::hold(db, matter, &caller.account, (&reference, input.until), now)?;
        let told = Audited::by(Act::HoldSet, &caller.account).matter(matter).text(reference);
        Ok(((), vec![told]))
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a hold.
#[utoipa::path(
    delete, path = "/api/v1/holds/{matter}", tag = "personal_data",
    params(("matter" = MatterId, Path)), responses((status = 204), WriteProblems)
)]
pub async fn release(
    State(app): State<App>,
    caller: Caller,
    Path(matter): Path<MatterId>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::EraseContent)?;
    let ended = app
        .record(move |db, now| {
            let ended = retention::release(db, matter, now)?;
            let told = Audited::by(Act::HoldEnded, &caller.account).matter(matter);
            Ok((ended, ended.then_some(told).into_iter().collect()))
        })
        .await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}
