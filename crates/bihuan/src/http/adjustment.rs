//! Adjustments (考核扣款) on the network: the rule documents, proposals, each step, statements.
//!
//! Invariants: who acts comes from the session, never from the body; what a caller does not see is
//! not there; the cases of a proposal are gathered by the engine, never named by the proposer.

pub mod proposal;
pub mod shown;

use super::body::{Json, Path};
use super::filter::moment;
use super::problem::{ReadProblems, WriteProblems};
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::day;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::adjustment::{
    Account, Adjustment, AdjustmentCommand, AdjustmentStage, AdjustmentSubmission, RuleDocument,
    sees_adjustments,
};
use bihuan_core::id::{AdjustmentId, CommandId, PackId};
use bihuan_core::matter::Rules;
use bihuan_core::policy::{Action, Viewer};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::adjustment::{self, AdjustmentFilter};
use bihuan_store::rules::Change;
use serde::{Deserialize, Serialize};
use shown::AdjustmentShown;
use utoipa::{IntoParams, ToSchema};

/// Most rule documents of one request.
const DOCUMENTS_MAX: usize = 100;

/// Rule documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleDocuments {
    /// In the order of their keys.
    #[schema(max_items = 100)]
    pub documents: Vec<RuleDocument>,
}

/// The documents of the operator that let money be charged.
#[utoipa::path(
    get, path = "/api/v1/rule-documents", tag = "adjustment",
    responses((status = 200, body = RuleDocuments), ReadProblems)
)]
pub async fn documents(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<RuleDocuments>, ApiProblem> {
    caller.may(&app, &Action::SeeRules)?;
    let documents = app.run(|realm| realm.read(adjustment::documents)).await?;
    Ok(axum::Json(RuleDocuments { documents }))
}

/// Enters rule documents, or replaces those of the same key. What was proposed under one keeps what
/// it needs of it.
#[utoipa::path(
    put, path = "/api/v1/rule-documents", tag = "adjustment", request_body = RuleDocuments,
    responses((status = 204), WriteProblems)
)]
pub async fn put_documents(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<RuleDocuments>,
) -> Result<StatusCode, ApiProblem> {
    caller.may(&app, &Action::ChangeSettings)?;
    if input.documents.is_empty() || input.documents.len() > DOCUMENTS_MAX {
        return Err(ApiProblem::invalid("documents", "每次1至100份", "name 1 to 100"));
    }
    app.run(move |realm| {
        let change = Change::RuleDocuments(input.documents);
        Ok(realm.store().change(&caller.account.0, change)?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adjustments.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AdjustmentList {
    /// The newest first; at most 500.
    pub adjustments: Vec<AdjustmentShown>,
}

/// Which adjustments.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `list` reads")]
pub struct AdjustmentParams {
    /// The pack; all packs unless said.
    pack: Option<String>,
    /// The unit, with all below.
    unit: Option<String>,
    /// The stage.
    stage: Option<String>,
}

/// The adjustments that the caller sees: of the own unit, or of units that the caller decides on.
#[utoipa::path(
    get, path = "/api/v1/adjustments", tag = "adjustment", params(AdjustmentParams),
    responses((status = 200, body = AdjustmentList), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<AdjustmentList>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let pack = words.read("pack", ("没有这个事项包", "there is no such pack"), |it| {
        rules.pack(&PackId::from(it)).map(|it| it.id.clone())
    });
    let under = words.read("unit", ("没有这个单位", "there is no such unit"), |it| {
        rules.units.get(&UnitId::from(it)).map(|it| it.id.clone())
    });
    let stages = AdjustmentStage::EACH.map(|it| (it.word(), it));
    let stage = words.word("stage", &stages);
    words.done()?;
    let within = |unit: &UnitId| under.as_ref().is_none_or(|it| rules.units.is_within(unit, it));
    let units = rules.units.iter().map(|it| it.id.clone());
    let units: Vec<UnitId> =
        units.filter(|it| within(it) && sees(&rules, &viewer, pack.as_ref(), it)).collect();
    let filter = AdjustmentFilter { units: Some(units), pack, stage };
    app.run(move |realm| {
        let rules = realm.rules();
        let mut found = realm.read(|db| adjustment::list(db, &filter))?;
        found.retain(|it| sees(&rules, &viewer, Some(&it.pack), &it.unit));
        let shown = |it: &Adjustment| shown::show(realm, it);
        let adjustments = found.iter().map(shown).collect::<Result<_, Problem>>()?;
        Ok(axum::Json(AdjustmentList { adjustments }))
    })
    .await
}

/// Whether a viewer sees the adjustments of a unit, of a pack or of any.
fn sees(rules: &Rules, viewer: &Viewer, pack: Option<&PackId>, unit: &UnitId) -> bool {
    let mut packs = rules.packs.iter().filter(|(id, _)| pack.is_none_or(|it| it == *id));
    packs.any(|(id, _)| rules.pack(id).is_some_and(|it| sees_adjustments(rules, viewer, it, unit)))
}

/// An adjustment that a viewer sees.
fn find(realm: &Realm, viewer: &Viewer, id: AdjustmentId) -> Result<Option<Adjustment>, Problem> {
    let rules = realm.rules();
    let found = realm.read(|db| adjustment::adjustment(db, id))?;
    Ok(found.filter(|it| sees(&rules, viewer, Some(&it.pack), &it.unit)))
}

/// One adjustment with its cases.
#[utoipa::path(
    get, path = "/api/v1/adjustments/{id}", tag = "adjustment",
    params(("id" = AdjustmentId, Path)),
    responses((status = 200, body = AdjustmentShown), ReadProblems)
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AdjustmentId>,
) -> Result<axum::Json<AdjustmentShown>, ApiProblem> {
    let (_, viewer) = caller.viewer(&app);
    let found = app
        .run(move |realm| find(realm, &viewer, id)?.map(|it| shown::show(realm, &it)).transpose())
        .await?;
    found.map(axum::Json).ok_or_else(ApiProblem::not_found)
}

/// A step of an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepInput {
    /// Chosen before sending (UUIDv7), kept through retries: the same id with the same body gets
    /// the same answer, with another body it is a conflict.
    pub id: CommandId,
    /// The version that the sender saw; an adjustment that has moved on is `stale`.
    #[serde(default)]
    pub base_version: Option<u64>,
    /// What is to be done.
    pub command: AdjustmentCommand,
}

/// A step that is in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StepDone {
    /// The adjustment.
    pub adjustment: AdjustmentId,
    /// Its version after the step.
    pub version: u64,
    /// Whether this answer repeats an earlier one.
    pub replayed: bool,
}

/// Does one step on one adjustment; for `propose` and `reverse` the id is that of the new one.
#[utoipa::path(
    post, path = "/api/v1/adjustments/{id}/steps", tag = "adjustment",
    params(("id" = AdjustmentId, Path)), request_body = StepInput,
    responses((status = 200, body = StepDone), WriteProblems)
)]
pub async fn step(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AdjustmentId>,
    Json(input): Json<StepInput>,
) -> Result<axum::Json<StepDone>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    // Of what the caller does not see, nobody learns that it is there.
    let on = match &input.command {
        AdjustmentCommand::Propose(it) if !sees(&rules, &viewer, Some(&it.pack), &it.unit) => {
            return Err(ApiProblem::not_found());
        }
        AdjustmentCommand::Propose(_) => None,
        AdjustmentCommand::Reverse(it) => Some(it.of),
        _ => Some(id),
    };
    let submission = AdjustmentSubmission {
        id: input.id,
        by: caller.account,
        via: caller.via,
        roles: caller.roles,
        adjustment: id,
        base_version: input.base_version,
        command: input.command,
    };
    let receipt = app
        .run(move |realm| {
            if let Some(on) = on
                && find(realm, &viewer, on)?.is_none()
            {
                return Ok(None);
            }
            Ok(Some(realm.store().adjust(submission)?))
        })
        .await?;
    let it = receipt.ok_or_else(ApiProblem::not_found)?;
    let (adjustment, version, replayed) = (it.adjustment, it.version, it.replayed);
    Ok(axum::Json(StepDone { adjustment, version, replayed }))
}

/// The statement of a unit (对账单).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatementShown {
    /// The unit.
    pub unit: UnitId,
    /// The beginning, in milliseconds since 1970 UTC.
    pub from: Instant,
    /// The end, exclusive.
    pub to: Instant,
    /// Fen before the first line; negative was taken from the unit.
    pub opening_fen: i64,
    /// The lines.
    pub lines: Vec<StatementLine>,
    /// Fen after the last line.
    pub closing_fen: i64,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StatementLine {
    /// When the money moved.
    pub at: Instant,
    /// Fen.
    pub fen: i64,
    /// What stood after it.
    pub stands_fen: i64,
    /// What moved it, with its cases.
    pub adjustment: AdjustmentShown,
}

/// Of which days.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `statement` reads")]
pub struct StatementParams {
    /// The first day, such as `2021-03-01`; from the beginning unless said.
    from: Option<String>,
    /// The last day; today unless said.
    to: Option<String>,
}

/// What a unit was charged and rewarded: opening, lines with their cases, closing.
#[utoipa::path(
    get, path = "/api/v1/statements/{unit}", tag = "adjustment",
    params(("unit" = String, Path), StatementParams),
    responses((status = 200, body = StatementShown), ReadProblems)
)]
pub async fn statement(
    State(app): State<App>,
    caller: Caller,
    Path(unit): Path<String>,
    mut words: Words,
) -> Result<axum::Json<StatementShown>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let want = ("日期应写成 2021-04-16", "give a day such as 2021-04-16");
    let from = words.read("from", want, |it| moment(rules.zone, it, day::start));
    let to = words.read("to", want, |it| moment(rules.zone, it, day::end));
    words.done()?;
    let unit = UnitId(unit);
    if !sees(&rules, &viewer, None, &unit) || rules.units.get(&unit).is_none() {
        return Err(ApiProblem::not_found());
    }
    let from = from.unwrap_or(Instant(0));
    let to = to.unwrap_or_else(|| rules.zone.start_of_day(rules.zone.day(app.realm().now()) + 1));
    app.run(move |realm| Ok(axum::Json(stated(realm, unit, (from, to))?))).await
}

/// The statement of a unit with the cases of each line.
///
/// # Errors
/// As the database says.
pub fn stated(
    realm: &Realm,
    unit: UnitId,
    (from, to): (Instant, Instant),
) -> Result<StatementShown, Problem> {
    let account = Account::Unit(unit.clone());
    let told = realm.read(|db| adjustment::statement(db, &account, (from, to)))?;
    let mut lines = Vec::with_capacity(told.lines.len());
    for (line, stands_fen) in told.lines {
        let Some(it) = realm.read(|db| adjustment::adjustment(db, line.adjustment))? else {
            continue;
        };
        let adjustment = shown::show(realm, &it)?;
        lines.push(StatementLine { at: line.at, fen: line.fen, stands_fen, adjustment });
    }
    let (opening_fen, closing_fen) = (told.opening_fen, told.closing_fen);
    Ok(StatementShown { unit, from, to, opening_fen, lines, closing_fen })
}
