//! Links to one matter (一事一链): somebody of the handling unit lets whoever fixes it, and has no
//! account, see what is to be fixed and send what was done.
//!
//! Invariants: a link is made by whoever could declare the matter done and is counted by the law of
//! another party among those who took part, so that its maker never accepts; its secret is told
//! once and only its digest is kept; what comes by it is a proposal until somebody of the unit
//! declares by an ordinary command, and never an acceptance; every step is on the audit trail.

pub mod task;

use super::body::{Json, Path};
use super::matter::lacks_something;
use super::problem::{ReadProblems, WriteProblems, denied};
use super::session::digest_of;
use super::{ApiProblem, App, Caller};
use crate::entropy;
use crate::look::Look;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::content::hex;
use bihuan_core::id::{CommandId, MatterId, PersonId};
use bihuan_core::matter::submission::MoveInput;
use bihuan_core::matter::{Command, Matter, Rules, Submission, Via};
use bihuan_core::pack::{Act as MoveAct, Compartment};
use bihuan_core::policy::{Denied, Sight, compartment};
use bihuan_core::text::Text;
use bihuan_core::time::{HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::link::{self, LASTS_MAX_MS, Link, Proposal};
use bihuan_store::text::Shown;
use serde::{Deserialize, Serialize};
use task::{LinkPhoto, Proposed};
use utoipa::ToSchema;

/// How a secret begins, so that people and scanners know one where they see it.
pub const PREFIX: &str = "bihuan_link_";
/// Longest name of whoever fixes it, in bytes.
const FIXER_BYTES_MAX: usize = 200;

/// What a new link takes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkInput {
    /// For how many hours.
    #[schema(minimum = 1, maximum = 72)]
    pub hours: i64,
    /// Who fixes it; kept sealed.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub fixer: Option<String>,
}

/// A link with its secret, which is told here and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkMade {
    /// Its id.
    pub id: String,
    /// The secret: whoever has it sees what is to be fixed.
    pub token: String,
    /// Where what is to be fixed is told, on this service.
    #[schema(example = "/api/v1/links/bihuan_link_…")]
    pub path: String,
    /// When it ends, in milliseconds since 1970 UTC, as all moments are.
    pub ends_at: Instant,
}

/// The links of a matter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Links {
    /// The newest first.
    pub links: Vec<LinkShown>,
    /// What was sent by them, the newest first.
    pub proposals: Vec<ProposalShown>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkShown {
    /// Its id.
    pub id: String,
    /// Who made it.
    pub made_by: PersonId,
    /// The unit that answers for what comes by it.
    pub unit: UnitId,
    /// Who fixes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixer: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// When it was first used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub used_at: Option<Instant>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub revoked_at: Option<Instant>,
    /// Whether it may be used now.
    pub live: bool,
}

/// What was sent by a link: to be looked at, and declared by somebody of the unit.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProposalShown {
    /// Its id.
    pub id: String,
    /// By which link.
    pub link: String,
    /// When it came.
    pub at: Instant,
    /// What was done; absent where it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure_done: Option<String>,
    /// The photos, as a declaration takes them.
    pub photos: Vec<LinkPhoto>,
    /// Whether the matter names one of them: somebody of the unit has declared it.
    pub declared: bool,
}

/// Makes a link for whoever fixes a matter without an account; its secret is told once, here.
///
/// It takes somebody of the handling unit who could declare the matter done.
#[utoipa::path(
    post, path = "/api/v1/matters/{id}/links", tag = "link", params(("id" = MatterId, Path)),
    request_body = LinkInput, responses((status = 201, body = LinkMade), WriteProblems)
)]
pub async fn make(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
    Json(input): Json<LinkInput>,
) -> Result<Response, ApiProblem> {
    let asked = caller.clone();
    let unit = app.attach(move |realm, _| handled(realm, &asked, id)).await?;
    if !(1..=LASTS_MAX_MS / HOUR_MS).contains(&input.hours) {
        return Err(ApiProblem::invalid("hours", "有效期为1至72小时", "give 1 to 72 hours"));
    }
    let fixer = input.fixer.as_deref().map(str::trim).filter(|it| !it.is_empty());
    if fixer.is_some_and(|it| it.len() > FIXER_BYTES_MAX || it.contains('\0')) {
        return Err(ApiProblem::invalid(
            "fixer",
            "姓名最多200字节",
            "a name has at most 200 bytes",
        ));
    }
    let (now, salt) = (app.realm().now(), entropy::salt());
    let token = format!("{PREFIX}{}", hex(&entropy::salt()));
    let link = Link {
        id: entropy::command_id(now).to_string(),
        matter: id,
        account: caller.account.clone(),
        person: caller.person.clone(),
        unit,
        fixer: Shown::None,
        created_at: now,
        ends_at: now.plus_ms(input.hours * HOUR_MS),
        used_at: None,
        revoked_at: None,
    };
    let (digest, fixer, kept) = (digest_of(&token), fixer.map(ToOwned::to_owned), link.clone());
    let added = app
        .record(move |db, _| {
            let of = |it: String| link::keep_text(db, id, ("fixer", &salt, &kept.id), &it);
            let fixer = fixer.map(of).transpose()?;
            let added = link::add(db, &digest, &kept, fixer.as_ref())?;
            let told = Audited::by(Act::LinkMade, &kept.account).about(kept.id).matter(id);
            Ok((added, added.then_some(told).into_iter().collect()))
        })
        .await?;
    if !added {
        let text = Text::new(
            "此件已有5个有效链接，请先作废一个",
            "this matter has 5 live links; revoke one first",
        );
        return Err(ApiProblem::new(StatusCode::CONFLICT, "too_many_links", text));
    }
    let path = format!("{}/links/{token}", super::API);
    let made = LinkMade { id: link.id, token, path, ends_at: link.ends_at };
    let head = [(header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::CREATED, head, axum::Json(made)).into_response())
}

/// The links of a matter, and what was sent by them; for those who fix it or are on the case.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}/links", tag = "link", params(("id" = MatterId, Path)),
    responses((status = 200, body = Links), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
) -> Result<axum::Json<Links>, ApiProblem> {
    let read = move |realm: &Realm, _: &_| {
        let matter = inside(realm, &caller, id)?;
        let now = realm.now();
        let (links, sent) = realm
            .read(|db| Ok((link::of_matter(db, id)?, link::proposals(db, id)?)))
            .map_err(ApiProblem::from)?;
        let links = links.into_iter().map(|it| shown(it, now)).collect();
        let proposals = sent.into_iter().map(|it| proposal(&matter, it)).collect();
        Ok::<_, ApiProblem>(axum::Json(Links { links, proposals }))
    };
    app.attach(read).await
}

/// Revokes a link: whoever has it sees nothing by it from now on.
#[utoipa::path(
    delete, path = "/api/v1/matters/{id}/links/{link}", tag = "link",
    params(("id" = MatterId, Path), ("link" = String, Path)),
    responses((status = 204), WriteProblems)
)]
pub async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path((id, link)): Path<(MatterId, String)>,
) -> Result<StatusCode, ApiProblem> {
    let asked = caller.clone();
    app.attach(move |realm, _| inside(realm, &asked, id)).await?;
    let revoked = app
        .record(move |db, now| {
            let revoked = link::revoke(db, id, &link, now)?;
            let told = Audited::by(Act::LinkRevoked, &caller.account).about(link).matter(id);
            Ok((revoked, revoked.then_some(told).into_iter().collect()))
        })
        .await?;
    if revoked { Ok(StatusCode::NO_CONTENT) } else { Err(ApiProblem::not_found()) }
}

fn shown(it: Link, now: Instant) -> LinkShown {
    LinkShown {
        live: it.is_live(now),
        id: it.id,
        made_by: it.person,
        unit: it.unit,
        fixer: it.fixer.text().map(ToOwned::to_owned),
        created_at: it.created_at,
        ends_at: it.ends_at,
        used_at: it.used_at,
        revoked_at: it.revoked_at,
    }
}

fn proposal(matter: &Matter, it: Proposal) -> ProposalShown {
    let digests: Vec<String> = serde_json::from_str(&it.files).unwrap_or_default();
    let said: Option<Proposed> = it.text.text().and_then(|it| serde_json::from_str(it).ok());
    let (measure_done, photos) = said.map_or((None, Vec::new()), |it| {
        let Proposed { measure_done, photos } = it;
        (Some(measure_done), photos)
    });
    let declared = matter.files.iter().any(|it| digests.contains(&it.digest));
    ProposalShown { id: it.id, link: it.link, at: it.at, measure_done, photos, declared }
}

/// A matter that a person sees as one who fixes it or is on its case.
fn inside(realm: &Realm, caller: &Caller, id: MatterId) -> Result<Matter, ApiProblem> {
    only_person(caller)?;
    let look = Look::person(realm, &caller.person, caller.via);
    let seen = |db: &mut _| bihuan_store::matter::seen(db, &look.rules, &look.viewer, id);
    let seen = realm.read(seen)?.ok_or_else(ApiProblem::not_found)?;
    if seen.sight >= Sight::Fixing {
        return Ok(seen.whole);
    }
    let text = Text::new(
        "链接仅限整改单位和经办此件的人员查看",
        "links are for those who fix the matter and those on the case",
    );
    Err(ApiProblem::new(StatusCode::FORBIDDEN, "not_on_case", text))
}

fn only_person(caller: &Caller) -> Result<(), ApiProblem> {
    if caller.via == Via::Person { Ok(()) } else { Err(denied(&Denied::NotByMachine)) }
}

/// The unit that handles a matter, where the caller may send it out to be fixed.
fn handled(realm: &Realm, caller: &Caller, id: MatterId) -> Result<UnitId, ApiProblem> {
    let rules = realm.rules();
    let matter = inside(realm, caller, id)?;
    let Some(pack) = rules.pack_of(&matter) else { return Err(ApiProblem::not_found()) };
    if compartment(&rules, pack) == Compartment::Sealed {
        let text = Text::new("保密事项不能发链接", "no link is made for a sealed matter");
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "sealed", text));
    }
    let stage = pack.stage(&matter.standing.stage);
    let mut moves = stage.into_iter().flat_map(|it| &it.moves);
    let declare = moves.find(|it| it.act == MoveAct::Declare).ok_or_else(not_fixing)?;
    let handling = matter.handling.as_ref().ok_or_else(not_fixing)?;
    // The engine itself is asked whether the caller could declare it done.
    let tried = Submission {
        id: entropy::command_id(realm.now()),
        by: caller.account.clone(),
        via: caller.via,
        matter: id,
        base_version: None,
        captured_at: None,
        captured_in: None,
        roles: caller.roles.clone(),
        command: Command::Move(Box::new(MoveInput {
            id: declare.id.clone(),
            ..MoveInput::default()
        })),
    };
    let refused =
        realm.store().refusals(realm.clock.ticker()(), &[tried]).map_err(Problem::from)?;
    if let Some(refusal) = refused.into_iter().flatten().find(|it| !lacks_something(it)) {
        return Err(Problem::Refused(refusal).into());
    }
    if !took_part(&rules, &matter, &caller.person, realm.now()) {
        let text = Text::new(
            "须由责任单位本单位人员发出链接",
            "somebody employed by the handling unit makes the link",
        );
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "not_of_unit", text));
    }
    Ok(handling.unit.clone())
}

/// Whether a person never accepts a matter, whatever happens later: the law counts each employment
/// since the opening, and parts are never taken away.
fn took_part(rules: &Rules, matter: &Matter, person: &PersonId, now: Instant) -> bool {
    let employments = rules.employments(person, matter.opened_at, now);
    matter.parts.iter().any(|part| {
        part.person.as_ref() == Some(person)
            || employments.iter().any(|it| rules.units.is_within(&it.unit, &part.unit))
    })
}

fn not_fixing() -> ApiProblem {
    let text = Text::new(
        "此件不在整改环节，请先签收",
        "the matter is not being fixed now; confirm receipt first",
    );
    ApiProblem::new(StatusCode::CONFLICT, "not_fixing", text)
}

/// The account by which uploads of a link are kept apart; no person has it.
pub(super) fn account_of(link: &str) -> bihuan_core::id::AccountId {
    bihuan_core::id::AccountId(format!("{ACCOUNT}{link}"))
}

/// How such accounts begin.
pub(super) const ACCOUNT: &str = "link:";

/// A command id as the sender of a proposal chose it.
pub(super) type ProposalId = CommandId;
