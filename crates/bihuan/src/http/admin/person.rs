//! People: who they are, how they begin and how they end.

use super::super::body::{Json, Path, Query};
use super::super::problem::{WriteProblems, denied};
use super::super::{ApiProblem, App, Caller};
use super::grant::{GrantInput, rows};
use super::{Changed, change, invalid, kept, number};
use crate::entropy;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bihuan_core::id::{AccountId, MatterId, PersonId, is_key};
use bihuan_core::matter::submission::{Command, HandOver};
use bihuan_core::matter::{Submission, Via};
use bihuan_core::policy::{Action, Denied, Standpoint, may, scope};
use bihuan_store::realm::owed_by;
use bihuan_store::rules::{Change, PersonRow, TelephoneRow};
use bihuan_store::{Answer, Preview};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Longest number that tells two people of one name apart.
const IDENTITY_BYTES_MAX: usize = 40;
/// Most accounts of a new person.
const ACCOUNTS_MAX: usize = 5;
/// Most matters that one request hands over; ask again for the rest.
pub const HAND_OVER_MAX: usize = 500;

/// A new person.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonInput {
    /// Key, never changed: letters, digits, `_`, `-`, `.`.
    pub id: PersonId,
    /// Name; kept as sealed content.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Number that tells two people of one name apart, such as a telephone; kept as a digest.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub identity: Option<String>,
    /// Work telephone, by which those of a matter call; kept as sealed content.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub telephone: Option<String>,
    /// Accounts; none of them has a password yet.
    #[serde(default)]
    #[schema(max_items = 5, value_type = Vec<String>)]
    pub accounts: Vec<AccountId>,
    /// Roles; at least one, which says who employs the person.
    #[schema(min_items = 1, max_items = 50)]
    pub grants: Vec<GrantInput>,
}

/// The work telephone of a person.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TelephoneInput {
    /// The number; null takes it away.
    #[schema(max_length = 40)]
    pub telephone: Option<String>,
}

/// To whom the open matters of somebody go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverInput {
    /// Who hands over.
    pub from: PersonId,
    /// Who takes over.
    pub to: PersonId,
    /// Why.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
}

/// Whether to try only.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HandOverQuery {
    /// Tell what would go over; nothing changes.
    #[serde(default)]
    #[param(required = false)]
    pub preview: bool,
}

/// What became of the open matters of somebody.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HandOverAnswer {
    /// Each that the caller sees, oldest first.
    pub matters: Vec<Handed>,
    /// How many the person still owes that the caller does not see, or that were too many for one
    /// request.
    pub rest: usize,
}

/// What became of one matter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Handed {
    /// The matter.
    pub matter: MatterId,
    /// Why it did not go over, or would not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ApiProblem>,
}

/// Adds a person with accounts and roles.
#[utoipa::path(
    post, path = "/api/v1/people", tag = "people", request_body = PersonInput,
    responses((status = 201, body = Changed), WriteProblems)
)]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<PersonInput>,
) -> Result<Response, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let PersonInput { id, name, identity, telephone, accounts, grants } = input;
    let telephone = number(telephone)?.filter(|it| !it.is_empty());
    for unit in grants.iter().map(|it| it.unit.clone()) {
        let action = Action::ChangePerson { person: id.clone(), unit };
        may(&rules, &viewer, &action).map_err(|it| denied(&it))?;
    }
    let memberships = rows(&rules, &viewer, &id, grants)?;
    let keys = accounts.iter().map(|it| it.as_str()).chain([id.as_str()]);
    if accounts.len() > ACCOUNTS_MAX || !keys.into_iter().all(is_key) {
        return Err(invalid(
            "id",
            "编号只用字母、数字、_ - .，账号最多5个",
            "a key is letters, digits, _ - .; at most 5 accounts",
        ));
    }
    let name = name.trim().to_owned();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return Err(invalid("name", "请写姓名（200字节以内）", "give a name of at most 200 bytes"));
    }
    if identity.as_ref().is_some_and(|it| it.is_empty() || it.len() > IDENTITY_BYTES_MAX) {
        return Err(invalid("identity", "40字节以内", "at most 40 bytes"));
    }
    let wanted = id.clone();
    let known =
        app.run(move |realm| realm.read(|db| bihuan_store::realm::person(db, &wanted))).await?;
    if known.is_some() {
        let (zh, en) = ("此编号已有人使用，请另取编号", "somebody has this key; choose another");
        return Err(ApiProblem::new(
            StatusCode::CONFLICT,
            "person_exists",
            bihuan_core::text::Text::new(zh, en),
        ));
    }
    let row = PersonRow { id, name, identity, telephone, accounts, memberships };
    let changed = change(&app, &caller, Change::People(vec![row])).await?;
    Ok((StatusCode::CREATED, axum::Json(changed)).into_response())
}

/// Ends what a person holds: roles, deputies, accounts, log-ins, tokens. Open matters stay in that
/// name until they are handed over.
#[utoipa::path(
    post, path = "/api/v1/people/{id}/end", tag = "people", params(("id" = String, Path)),
    responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    let person = kept(&app, &caller, &PersonId(id)).await?.id;
    let changed = change(&app, &caller, Change::EndPerson(person)).await?;
    app.forget_sessions();
    Ok(axum::Json(changed))
}

/// Sets or takes away the work telephone of a person; it is told to nobody but those who may call
/// about a matter.
#[utoipa::path(
    put, path = "/api/v1/people/{id}/telephone", tag = "people", params(("id" = String, Path)),
    request_body = TelephoneInput, responses((status = 200, body = Changed), WriteProblems)
)]
pub async fn put_telephone(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(input): Json<TelephoneInput>,
) -> Result<axum::Json<Changed>, ApiProblem> {
    let person = kept(&app, &caller, &PersonId(id)).await?.id;
    let telephone = number(input.telephone)?.filter(|it| !it.is_empty());
    let row = Change::Telephone(TelephoneRow { person, telephone });
    Ok(axum::Json(change(&app, &caller, row).await?))
}

/// Hands the open matters of somebody over, each by a command of the caller: who may is decided by
/// the pack of each matter, as if it came alone.
#[utoipa::path(
    post, path = "/api/v1/hand-overs", tag = "people", params(HandOverQuery),
    request_body = HandOverInput,
    responses((status = 200, body = HandOverAnswer), WriteProblems)
)]
pub async fn hand_over(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HandOverQuery>,
    Json(input): Json<HandOverInput>,
) -> Result<axum::Json<HandOverAnswer>, ApiProblem> {
    // An administrator sees no matters, and so is not told how many somebody owes.
    if caller.viewer(&app).1.standpoint() != Standpoint::Official {
        return Err(denied(&Denied::NotOfficial));
    }
    let done = app.run(move |realm| handed(realm, &caller, query.preview, &input)).await?;
    Ok(axum::Json(done))
}

fn handed(
    realm: &Realm,
    caller: &Caller,
    preview: bool,
    input: &HandOverInput,
) -> Result<HandOverAnswer, Problem> {
    let rules = realm.rules();
    let viewer =
        bihuan_core::policy::Viewer::person(&rules, &caller.person, caller.via, realm.now());
    let scope = scope(&rules, &viewer);
    let owed = realm.read(|db| owed_by(db, &input.from))?;
    let seen = realm.read(|db| bihuan_store::matter::among(db, &scope, &owed))?;
    let chosen: Vec<MatterId> =
        owed.iter().filter(|it| seen.contains(it)).take(HAND_OVER_MAX).copied().collect();
    let submission = |matter: &MatterId| Submission {
        id: entropy::command_id(realm.now()),
        by: caller.account.clone(),
        via: Via::Bulk,
        matter: *matter,
        base_version: None,
        captured_at: None,
        captured_in: None,
        roles: caller.roles.clone(),
        command: Command::HandOver(HandOver {
            from: input.from.clone(),
            to: input.to.clone(),
            reason: input.reason.clone(),
        }),
    };
    let submissions: Vec<Submission> = chosen.iter().map(submission).collect();
    let problems: Vec<Option<ApiProblem>> = if preview {
        let previews = realm.store().preview(realm.clock.ticker()(), &submissions)?;
        previews.into_iter().map(would_not).collect()
    } else {
        let answers = realm.store().submit_all(submissions);
        let problem = |it: Answer| Problem::of_answer(it).err().map(ApiProblem::from);
        answers.into_iter().map(problem).collect()
    };
    let rest = owed.len() - chosen.len();
    let matters = chosen.into_iter().zip(problems);
    let matters = matters.map(|(matter, problem)| Handed { matter, problem }).collect();
    Ok(HandOverAnswer { matters, rest })
}

fn would_not(preview: Preview) -> Option<ApiProblem> {
    match preview {
        Preview::Would(_) | Preview::Done(_) => None,
        Preview::Refused(refusal) => Some(Problem::Refused(refusal).into()),
        Preview::Conflict => Some(Problem::Conflict.into()),
    }
}
