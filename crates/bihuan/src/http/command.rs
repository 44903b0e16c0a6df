//! Commands on the network: one, or many at once; decided by the same engine as everywhere.
//!
//! Invariants: who acts and by what way comes from the session, never from the body; many at once
//! are a bulk act, by which nothing is accepted; a refusal about a matter that the caller may not
//! see says that there is none.

use super::body::{Json, Query, unfit};
use super::preview::CommandPreview;
use super::problem::WriteProblems;
use super::{ApiProblem, App, Caller};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::id::{CommandId, MatterId};
use bihuan_core::matter::{Command, Refusal, Submission, Via};
use bihuan_core::place::Place;
use bihuan_core::policy::{Scope, Sight, Standpoint, Viewer, scope, sight};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::matter::among;
use bihuan_store::{Preview, Receipt};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most commands of one bulk act.
pub const BULK_MAX: usize = 1_000;

/// A command as its sender writes it; who acts, and by what way, the session says.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandInput {
    /// Chosen before sending (UUIDv7), kept through retries: the same id with the same body gets
    /// the same answer, with another body it is a conflict.
    pub id: CommandId,
    /// The matter acted on; for `open`, the id of the new one.
    pub matter: MatterId,
    /// The version that the sender saw; a matter that has moved on is `stale`.
    #[serde(default)]
    pub base_version: Option<u64>,
    /// When it happened, as the sender's device says, in milliseconds since 1970 UTC.
    #[serde(default)]
    pub captured_at: Option<Instant>,
    /// Where the sender's device was.
    #[serde(default)]
    pub captured_in: Option<Place>,
    /// What is to be done.
    pub command: Command,
}

impl CommandInput {
    /// The command as the store takes it.
    #[must_use]
    pub fn by(self, caller: &Caller, via: Via) -> Submission {
        Submission {
            id: self.id,
            by: caller.account.clone(),
            via,
            matter: self.matter,
            base_version: self.base_version,
            captured_at: self.captured_at,
            captured_in: self.captured_in,
            roles: caller.roles.clone(),
            command: self.command,
        }
    }
}

/// Whether to decide only.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommandQuery {
    /// Decide and tell what would happen; nothing changes.
    #[serde(default)]
    #[param(required = false)]
    pub preview: bool,
}

/// A command that is in the record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CommandDone {
    /// The matter.
    pub matter: MatterId,
    /// Its version after the command.
    pub version: u64,
    /// Whether this answer repeats an earlier one.
    pub replayed: bool,
    /// Where the command stands in the record; told to officials only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<CommandReceipt>,
}

/// Where a command stands in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CommandReceipt {
    /// First number of the record that it used.
    pub first_seq: u64,
    /// Last number of the record that it used.
    pub last_seq: u64,
}

/// What a command came to, or would come to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CommandAnswer {
    /// It is in the record.
    Done(CommandDone),
    /// It would be, and this would follow.
    Preview(CommandPreview),
}

/// Commands of one bulk act.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkInput {
    /// At most 1,000, done in this order, each by itself: one that is refused stops no other.
    #[schema(max_items = 1000, value_type = Vec<CommandInput>)]
    pub commands: Vec<RowInput>,
}

/// One command of a bulk act; one that cannot be read stops no other.
#[derive(Clone, Debug, PartialEq)]
pub struct RowInput {
    /// Its id, where there is one.
    pub id: Option<CommandId>,
    /// The command, or what is wrong with it.
    pub input: Result<CommandInput, ApiProblem>,
}

impl<'de> Deserialize<'de> for RowInput {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<RowInput, D::Error> {
        let value = serde_json::Value::deserialize(from)?;
        let id = value.get("id").and_then(|it| CommandId::deserialize(it).ok());
        let input = CommandInput::deserialize(value).map_err(|it| unfit(&it));
        Ok(RowInput { id, input })
    }
}

/// What a bulk act came to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BulkAnswer {
    /// One for each command, in the order of the commands.
    pub rows: Vec<BulkRow>,
}

/// What one command of a bulk act came to: either `done`, or `preview`, or `problem`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BulkRow {
    /// The command; absent where what was sent has no id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
    /// It is in the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<CommandDone>,
    /// It would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<CommandPreview>,
    /// It is not, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ApiProblem>,
}

impl BulkRow {
    /// The row of one answer.
    #[must_use]
    pub fn of(id: Option<CommandId>, answer: Result<CommandAnswer, ApiProblem>) -> BulkRow {
        let mut row = BulkRow { id, done: None, preview: None, problem: None };
        match answer {
            Ok(CommandAnswer::Done(it)) => row.done = Some(it),
            Ok(CommandAnswer::Preview(it)) => row.preview = Some(it),
            Err(it) => row.problem = Some(it),
        }
        row
    }
}

/// Does one thing to one matter.
///
/// The answer comes once it is safe in the record. Whoever gets no answer, or `outcome_unknown`,
/// sends the same again with the same id.
#[utoipa::path(
    post, path = "/api/v1/commands", tag = "command",
    params(CommandQuery), request_body = CommandInput,
    responses(
        (status = 200, body = CommandAnswer),
        WriteProblems,
    )
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CommandQuery>,
    Json(input): Json<CommandInput>,
) -> Result<axum::Json<CommandAnswer>, ApiProblem> {
    let via = caller.via;
    let submission = input.by(&caller, via);
    let answers = answer(&app, caller, query, vec![submission]).await?;
    answers.into_iter().next().unwrap_or_else(|| Err(ApiProblem::not_found())).map(axum::Json)
}

/// Does many things, each as if it came alone, in the order given.
///
/// Nothing is accepted in bulk: acceptance is by a person, one by one.
#[utoipa::path(
    post, path = "/api/v1/commands/bulk", tag = "command",
    params(CommandQuery), request_body = BulkInput,
    responses(
        (status = 200, body = BulkAnswer),
        WriteProblems,
    )
)]
pub async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CommandQuery>,
    Json(input): Json<BulkInput>,
) -> Result<axum::Json<BulkAnswer>, ApiProblem> {
    if input.commands.len() > BULK_MAX {
        return Err(too_many());
    }
    let via = in_bulk(caller.via);
    let (mut sent, mut rows) = (Vec::new(), Vec::with_capacity(input.commands.len()));
    for RowInput { id, input } in input.commands {
        rows.push((id, input.map(|it| sent.push(it.by(&caller, via)))));
    }
    let mut answers = answer(&app, caller, query, sent).await?.into_iter();
    let row = |(id, read): (_, Result<(), ApiProblem>)| {
        let mut next = || answers.next().unwrap_or_else(|| Err(ApiProblem::not_found()));
        BulkRow::of(id, read.and_then(|()| next()))
    };
    Ok(axum::Json(BulkAnswer { rows: rows.into_iter().map(row).collect() }))
}

/// The way of a bulk act: never one by which anything may be accepted.
pub(super) fn in_bulk(via: Via) -> Via {
    match via {
        Via::Person | Via::Requester => Via::Bulk,
        other => other,
    }
}

/// More than [`BULK_MAX`] at once.
pub(super) fn too_many() -> ApiProblem {
    let text = Text::new("一次最多1000条，请分批提交", "at most 1,000 at once; send them in parts");
    ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", text)
}

/// The answers to submissions of one caller, in order.
pub(super) async fn answer(
    app: &App,
    caller: Caller,
    query: CommandQuery,
    submissions: Vec<Submission>,
) -> Result<Vec<Result<CommandAnswer, ApiProblem>>, ApiProblem> {
    if query.preview {
        return app.run(move |realm| previewed(realm, &caller, &submissions)).await;
    }
    if let [submission] = &submissions[..]
        && !needs_a_look(submission)
    {
        // The usual way holds no thread while the writer commits.
        let told = app.answer(submission.clone()).await;
        return match Problem::of_answer(told) {
            Ok(receipt) => {
                let done = done(&receipt, is_official(app.realm(), &caller));
                Ok(vec![Ok(CommandAnswer::Done(done))])
            }
            Err(problem) => {
                let ask = move |realm: &Realm| {
                    Ok(vec![Err(shown(realm, &caller, &submissions[0], problem)?.into())])
                };
                app.run(ask).await
            }
        };
    }
    app.run(move |realm| submitted(realm, &caller, submissions)).await
}

fn submitted(
    realm: &Realm,
    caller: &Caller,
    submissions: Vec<Submission>,
) -> Result<Vec<Result<CommandAnswer, ApiProblem>>, Problem> {
    let (mut sent, mut unseen) = (Vec::with_capacity(submissions.len()), Vec::new());
    for submission in &submissions {
        let may = sees_all(realm, caller, submission)?;
        if may {
            sent.push(submission.clone());
        }
        unseen.push(!may);
    }
    let official = is_official(realm, caller);
    let mut told = realm.store().submit_all(sent).into_iter();
    let mut answers = Vec::with_capacity(submissions.len());
    for (submission, unseen) in submissions.iter().zip(unseen) {
        let closing = || realm.store().closing();
        let problem = if unseen {
            Problem::Refused(Box::new(Refusal::NoMatter))
        } else {
            match Problem::of_answer(told.next().unwrap_or_else(closing)) {
                Ok(receipt) => {
                    answers.push(Ok(CommandAnswer::Done(done(&receipt, official))));
                    continue;
                }
                Err(problem) => problem,
            }
        };
        answers.push(Err(shown(realm, caller, submission, problem)?.into()));
    }
    Ok(answers)
}

fn previewed(
    realm: &Realm,
    caller: &Caller,
    submissions: &[Submission],
) -> Result<Vec<Result<CommandAnswer, ApiProblem>>, Problem> {
    let (rules, official) = (realm.rules(), is_official(realm, caller));
    let moment = realm.clock.ticker()();
    let viewer = Viewer::person(&rules, &caller.person, caller.via, realm.now());
    let scope = scope(&rules, &viewer);
    let previews = realm.store().preview(moment, submissions)?;
    let mut answers = Vec::with_capacity(previews.len());
    for (submission, preview) in submissions.iter().zip(previews) {
        let problem = match preview {
            Preview::Would(would) if sees_all(realm, caller, submission)? => {
                let first = submission.matter;
                let others: Vec<_> = CommandPreview::others(first, &would).into_iter().collect();
                let seen = realm.read(|db| among(db, &scope, &others))?;
                let preview = CommandPreview::of(&rules, first, &would, &seen);
                answers.push(Ok(CommandAnswer::Preview(preview)));
                continue;
            }
            Preview::Done(receipt) => {
                answers.push(Ok(CommandAnswer::Done(done(&receipt, official))));
                continue;
            }
            Preview::Would(_) => Problem::Refused(Box::new(Refusal::NoMatter)),
            Preview::Refused(refusal) => Problem::Refused(refusal),
            Preview::Conflict => Problem::Conflict,
        };
        answers.push(Err(shown(realm, caller, submission, problem)?.into()));
    }
    Ok(answers)
}

fn done(receipt: &Receipt, official: bool) -> CommandDone {
    let (first_seq, last_seq) = (receipt.first_seq, receipt.last_seq);
    CommandDone {
        matter: receipt.matter,
        version: receipt.version,
        replayed: receipt.replayed,
        receipt: official.then_some(CommandReceipt { first_seq, last_seq }),
    }
}

/// Whether the caller holds an office: only then are positions of the record told.
fn is_official(realm: &Realm, caller: &Caller) -> bool {
    let rules = realm.rules();
    let viewer = Viewer::person(&rules, &caller.person, caller.via, realm.now());
    viewer.standpoint() == Standpoint::Official
}

/// Whether a command names a second matter, which the engine does not hold against the sender.
fn needs_a_look(submission: &Submission) -> bool {
    matches!(submission.command, Command::Merge(_))
}

/// Whether the caller may see the second matter that a command names.
fn sees_all(realm: &Realm, caller: &Caller, submission: &Submission) -> Result<bool, Problem> {
    match &submission.command {
        Command::Merge(merge) => Ok(!is_hidden(realm, caller, merge.into)?),
        _ => Ok(true),
    }
}

/// A problem as the caller may know it: of a matter out of sight, nothing but that there is none.
fn shown(
    realm: &Realm,
    caller: &Caller,
    submission: &Submission,
    problem: Problem,
) -> Result<Problem, Problem> {
    match problem {
        Problem::Refused(refusal) if *refusal != Refusal::NoAccount => {
            let opens = matches!(submission.command, Command::Open(_));
            if !opens && is_hidden(realm, caller, submission.matter)? {
                return Ok(Problem::Refused(Box::new(Refusal::NoMatter)));
            }
            Ok(Problem::Refused(refusal))
        }
        other => Ok(other),
    }
}

/// Whether there is such a matter, out of the caller's sight.
fn is_hidden(realm: &Realm, caller: &Caller, id: MatterId) -> Result<bool, Problem> {
    let rules = realm.rules();
    let Some(matter) = realm.read(|db| bihuan_store::matter::matter(db, &Scope::operator(), id))?
    else {
        return Ok(false);
    };
    let viewer = Viewer::of(&rules, &caller.account, caller.via, realm.now());
    Ok(viewer.is_ok_and(|it| sight(&rules, &matter, &it) == Sight::Nothing))
}
