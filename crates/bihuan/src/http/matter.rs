//! Matters, as far as the caller may see them.
//!
//! Invariants: one that the caller may not see answers as one that is not there; whoever is shown
//! one of a sealed pack is on the audit trail before the answer is given; whoever looks at an
//! acceptance again is not told of it before the own verdict.

use super::problem::ReadProblems;
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::life::{self, Life};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::{Path, State};
use bihuan_core::id::MatterId;
use bihuan_core::matter::submission::MoveInput;
use bihuan_core::matter::{Command, Refusal, Submission};
use bihuan_core::pack::{Compartment, Move, Stage};
use bihuan_core::policy::{self, Sight, Viewer};
use bihuan_core::text::Text;
use bihuan_store::audit::{self, Audited};
use bihuan_store::second_look::drawn_for;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

/// JSON as it is sent: made once, where the matter is read.
type Made = Box<RawValue>;

/// A matter from end to end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatterLife {
    /// How much of it is shown: `published`, `own`, `beside`, `fixing` or `on_case`.
    #[schema(example = "on_case")]
    pub sight: &'static str,
    /// The matter as it stands.
    #[schema(value_type = Object)]
    pub matter: Made,
    /// Its title.
    #[schema(value_type = Object)]
    pub title: Made,
    /// The name of its stage.
    #[schema(value_type = Object)]
    pub stage: Made,
    /// What happened, in order, in words of both languages.
    #[schema(value_type = Vec<Object>)]
    pub timeline: Made,
    /// Where it stood, and how long.
    #[schema(value_type = Vec<Object>)]
    pub spans: Made,
    /// Its deadline, by which rule, and each step of the reckoning.
    #[schema(value_type = Object)]
    pub due: Made,
    /// The matters that it is a rebound of, nearest first.
    #[schema(value_type = Vec<Object>)]
    pub rebound_of: Made,
    /// Texts by their reference.
    #[schema(value_type = Object)]
    pub texts: Made,
    /// Where it stands in the record; told to officials on the case only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub receipt: Option<Made>,
    /// Every move of its stage: whether the caller may make it, and why not.
    pub acts: Vec<Act>,
}

/// A move that the stage of a matter offers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Act {
    /// Its key in the pack.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Whether the caller may make it, once what it asks for is given.
    pub allowed: bool,
    /// What it still asks for, or why the caller may not make it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ApiProblem>,
}

/// A matter from end to end, and what the caller may do with it.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}", tag = "matter",
    params(("id" = String, Path, format = Uuid, description = "id of the matter")),
    responses((status = 200, body = MatterLife), ReadProblems)
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<MatterLife>, ApiProblem> {
    let id = id.parse().map(MatterId).map_err(|_| ApiProblem::not_found())?;
    let seen = Audited::by(audit::Act::SealedSeen, &caller.account).via(caller.via).matter(id);
    let told = app.run(move |realm| life(realm, &caller, id)).await?;
    let (told, compartment) = told.ok_or_else(ApiProblem::not_found)?;
    if compartment == Compartment::Sealed {
        app.audit(seen).await?;
    }
    Ok(axum::Json(told))
}

fn life(
    realm: &Realm,
    caller: &Caller,
    id: MatterId,
) -> Result<Option<(MatterLife, Compartment)>, Problem> {
    let rules = realm.rules();
    let viewer = Viewer::person(&rules, &caller.person, caller.via, realm.now());
    let Some(mut life) = Life::read(realm, id, &viewer, false)? else { return Ok(None) };
    if let Some(seq) = realm.read(|db| drawn_for(db, &caller.person, id))? {
        life.keep_before(seq);
    }
    let stage = life.pack.stage(&life.matter.standing.stage);
    let acts = match stage.filter(|_| life.sight >= Sight::Beside) {
        Some(stage) => acts(realm, caller, &life, stage)?,
        None => Vec::new(),
    };
    let compartment = policy::compartment(&rules, &life.pack);
    let told = life::told(&rules, &life);
    let receipt = if life.sight == Sight::OnCase { Some(made(&told.receipt)?) } else { None };
    let told = MatterLife {
        sight: word(life.sight),
        matter: made(told.matter)?,
        title: made(&told.title)?,
        stage: made(&told.stage)?,
        timeline: made(&told.timeline)?,
        spans: made(told.spans)?,
        due: made(&told.due)?,
        rebound_of: made(&told.rebound_of)?,
        texts: made(told.texts)?,
        receipt,
        acts,
    };
    Ok(Some((told, compartment)))
}

fn made(part: &(impl Serialize + ?Sized)) -> Result<Made, Problem> {
    to_raw_value(part).map_err(|it| Problem::Other(it.to_string()))
}

fn word(sight: Sight) -> &'static str {
    match sight {
        Sight::Nothing => "nothing",
        Sight::Published => "published",
        Sight::Own => "own",
        Sight::Beside => "beside",
        Sight::Fixing => "fixing",
        Sight::OnCase => "on_case",
    }
}

/// The engine itself is asked of each move, so that what is told here is what it will say.
fn acts(realm: &Realm, caller: &Caller, life: &Life, stage: &Stage) -> Result<Vec<Act>, Problem> {
    let tried = |id: &bihuan_core::id::MoveId| Submission {
        id: entropy::command_id(realm.now()),
        by: caller.account.clone(),
        via: caller.via,
        matter: life.matter.id,
        base_version: None,
        captured_at: None,
        captured_in: None,
        roles: caller.roles.clone(),
        command: Command::Move(Box::new(MoveInput { id: id.clone(), ..MoveInput::default() })),
    };
    let tried: Vec<Submission> = stage.moves.iter().map(|it| tried(&it.id)).collect();
    let refusals = realm.store().refusals(realm.clock.ticker()(), &tried)?;
    let act = |(it, refusal): (&Move, Option<Box<Refusal>>)| {
        let allowed = refusal.as_deref().is_none_or(lacks_something);
        let problem = refusal.map(|it| ApiProblem::from(Problem::Refused(it)));
        Act { id: it.id.to_string(), title: it.title.clone(), allowed, problem }
    };
    Ok(stage.moves.iter().zip(refusals).map(act).collect())
}

/// Whether a refusal only says what has yet to be given.
pub(super) fn lacks_something(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Missing { .. }
            | Refusal::Form { .. }
            | Refusal::Invalid { .. }
            | Refusal::NoUnit { .. }
            | Refusal::Place(_)
    )
}
