//! Undoing for those who have just done something: an ordinary command that puts back what was
//! before, where the engine has one.
//!
//! Invariants: nothing leaves the record; only who did it undoes it, and only while the matter
//! stands as it was left; what has no way back is told so.

use super::body::Json;
use super::command::{BULK_MAX, BulkAnswer, BulkRow, CommandQuery, answer, in_bulk, too_many};
use super::problem::WriteProblems;
use super::{ApiProblem, App, Caller};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::id::CommandId;
use bihuan_core::matter::{Submission, undo_of};
use bihuan_core::text::Text;
use bihuan_store::command::accepted;
use serde::Deserialize;
use utoipa::ToSchema;

/// What is to be undone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoInput {
    /// At most 1,000 commands of the caller.
    #[schema(max_items = 1000)]
    pub undos: Vec<Undo>,
    /// Why; stands in the record where the act asks for a reason.
    pub reason: String,
}

/// One command to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Id of the command that undoes, chosen before sending and kept through retries.
    pub id: CommandId,
    /// The command that is undone.
    pub undoes: CommandId,
}

/// Undoes commands of the caller, each as if it came alone, in the order given.
///
/// Naming a person, handing over, changing the class and granting a suspension have a way back.
/// An opening, a move of the pack, an acceptance, a merger, joining units, an order, an urging, a
/// note, a level of supervision, a recheck, a duty and decisions on extensions and appeals have
/// none (`cannot_undo`): the pack's own moves go on from there. A matter that has moved on since
/// is `stale`.
#[utoipa::path(
    post, path = "/api/v1/commands/undo", tag = "command", request_body = UndoInput,
    responses(
        (status = 200, body = BulkAnswer),
        WriteProblems,
    )
)]
pub async fn undo(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<UndoInput>,
) -> Result<axum::Json<BulkAnswer>, ApiProblem> {
    if input.undos.len() > BULK_MAX {
        return Err(too_many());
    }
    let undos = input.undos.clone();
    let who = caller.clone();
    let ways = app.run(move |realm| ways_back(realm, &who, &input)).await?;
    let sent = ways.iter().filter_map(|it| it.as_ref().ok()).cloned().collect();
    let mut answers = answer(&app, caller, CommandQuery::default(), sent).await?.into_iter();
    let row = |(undo, way): (Undo, Result<Submission, ApiProblem>)| {
        let answer = way.and_then(|_| answers.next().unwrap_or_else(|| Err(cannot())));
        BulkRow::of(Some(undo.id), answer)
    };
    let rows = undos.into_iter().zip(ways).map(row).collect();
    Ok(axum::Json(BulkAnswer { rows }))
}

/// The command that undoes each, or why there is none.
fn ways_back(
    realm: &Realm,
    caller: &Caller,
    input: &UndoInput,
) -> Result<Vec<Result<Submission, ApiProblem>>, Problem> {
    realm.read(|db| {
        let mut ways = Vec::with_capacity(input.undos.len());
        for undo in &input.undos {
            let Some(done) = accepted(db, &caller.account, undo.undoes)? else {
                ways.push(Err(ApiProblem::not_found()));
                continue;
            };
            let command = match (&done.before, &done.what[..]) {
                (Some(before), [what]) => undo_of(before, what, &input.reason),
                _ => None,
            };
            ways.push(command.ok_or_else(cannot).map(|command| Submission {
                id: undo.id,
                by: caller.account.clone(),
                via: in_bulk(caller.via),
                matter: done.receipt.matter,
                base_version: Some(done.receipt.version),
                captured_at: None,
                captured_in: None,
                roles: caller.roles.clone(),
                command,
            }));
        }
        Ok(ways)
    })
}

fn cannot() -> ApiProblem {
    let text = Text::new(
        "这一步不能撤销，请按流程办理下一步",
        "this has no way back; go on by the moves that the matter offers",
    );
    ApiProblem::new(StatusCode::CONFLICT, "cannot_undo", text)
}
