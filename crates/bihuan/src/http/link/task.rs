//! What whoever has a link is told, and sends.
//!
//! Invariants: a link tells what is to be fixed, where, to which standard and until when, and
//! nothing else of the matter; photos are told as copies alone; it is good as long as its matter is
//! being fixed by the unit that made it, and no longer than its maker is in office.

use super::super::body::{Json, Path};
use super::super::file::{copy_of, side_px};
use super::super::problem::{ReadProblems, WriteProblems};
use super::super::session::digest_of;
use super::super::{ApiProblem, App};
use super::{PREFIX, ProposalId, account_of};
use crate::attached::Seen;
use crate::entropy;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::content::ContentRef;
use bihuan_core::form::FieldValue;
use bihuan_core::matter::Matter;
use bihuan_core::pack::Meaning;
use bihuan_core::place::Place;
use bihuan_core::policy::{Scope, Sight, shows_file};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::link::{self, Link, Proposal};
use bihuan_store::message::{Waiting, put};
use bihuan_store::realm::point_titles;
use bihuan_store::text::{Shown, texts_of};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The slot of photos that show what is to be fixed.
const BEFORE: &str = "before";
/// Longest text of what was done, in bytes.
const TEXT_BYTES_MAX: usize = 4_000;
/// Most photos of one proposal.
const PHOTOS_MAX: usize = 12;
/// Where the numbers of proposals in the outbox begin, beside those of commands.
const OUTBOX_NO: u64 = 2_000;

/// What is to be fixed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LinkTask {
    /// The problem type.
    pub class: Text,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The unit whose area holds the place.
    pub place_unit: Text,
    /// The named point.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub point: Option<Text>,
    /// Longitude, WGS-84, in 1e-7 degree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon_e7: Option<i64>,
    /// Latitude, WGS-84, in 1e-7 degree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_e7: Option<i64>,
    /// What counts as fixed.
    pub standard: Text,
    /// What to do.
    pub measure: Text,
    /// Until when, in milliseconds since 1970 UTC, as all moments are.
    pub due_at: Instant,
    /// The unit that answers for it.
    pub unit: Text,
    /// When the link ends.
    pub ends_at: Instant,
    /// Photos of what was found, by their digests.
    pub before: Vec<String>,
    /// Photos that have come by this link, by their digests.
    pub sent: Vec<String>,
    /// When something was last submitted by this link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub submitted_at: Option<Instant>,
}

/// A photo that was uploaded by a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkPhoto {
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    #[schema(min_length = 64, max_length = 64)]
    pub digest: String,
    /// When it was taken, as the phone says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    pub taken_at: Option<Instant>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_in: Option<Place>,
}

/// What was done, as its fixer says; it is the unit's to declare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSubmission {
    /// Chosen before sending, kept through retries.
    pub id: ProposalId,
    /// Photos that were uploaded by the same link.
    #[schema(min_items = 1, max_items = 12)]
    pub photos: Vec<LinkPhoto>,
    /// What was done.
    #[schema(min_length = 1, max_length = 4000)]
    pub measure_done: String,
}

/// What is kept of a submission, sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Proposed {
    pub(super) measure_done: String,
    pub(super) photos: Vec<LinkPhoto>,
}

/// A submission that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LinkSubmitted {
    /// Its id.
    pub id: ProposalId,
    /// Whether this answer repeats an earlier one.
    pub replayed: bool,
}

/// A link that is good, and its matter.
pub(in crate::http) async fn live(app: &App, token: &str) -> Result<(Link, Matter), ApiProblem> {
    if !token.starts_with(PREFIX) {
        return Err(ApiProblem::not_found());
    }
    let digest = digest_of(token);
    let find = move |realm: &Realm, _: &_| {
        let found = realm.read(|db| link::find(db, &digest))?;
        let link = found.ok_or_else(ApiProblem::not_found)?;
        let (rules, now) = (realm.rules(), realm.now());
        let is_active = rules.accounts.get(&link.account) == Some(&link.person);
        let holds_office = rules.grants_of(&link.person, now).next().is_some();
        if !link.is_live(now) || !is_active || !holds_office {
            return Err(ended());
        }
        let matter = realm
            .read(|db| bihuan_store::matter::matter(db, &Scope::operator(), link.matter))?
            .ok_or_else(ApiProblem::not_found)?;
        let handled_by = matter.handling.as_ref().map(|it| &it.unit);
        if handled_by != Some(&link.unit) || matter.standing.is != Meaning::Handling {
            return Err(ended());
        }
        Ok::<_, ApiProblem>((link, matter))
    };
    app.attach(find).await
}

fn ended() -> ApiProblem {
    let text = Text::new(
        "链接已失效：已到期、已作废或此件已不在整改中；请联系派活的人",
        "the link has ended: its time is over, it was revoked, or the matter is not being fixed \
         now; ask whoever sent it",
    );
    ApiProblem::new(StatusCode::GONE, "link_ended", text)
}

/// What is to be fixed, to whoever has the link.
#[utoipa::path(
    get, path = "/api/v1/links/{token}", tag = "link", params(("token" = String, Path)),
    responses(
        (status = 200, body = LinkTask),
        (status = 410, body = ApiProblem, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub async fn show(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, ApiProblem> {
    let (link, matter) = live(&app, &token).await?;
    if link.used_at.is_none() {
        let (id, of) = (link.id.clone(), link.matter);
        app.record(move |db, now| {
            let first = link::used(db, &id, now)?;
            let told = Audited::by(Act::LinkUsed, &account_of(&id)).about(id).matter(of);
            Ok(((), first.then_some(told).into_iter().collect()))
        })
        .await?;
    }
    let task = app.run(move |realm| task(realm, &link, &matter)).await?;
    let head = [(header::CACHE_CONTROL, "no-store")];
    Ok((head, axum::Json(task.ok_or_else(ended)?)).into_response())
}

fn task(realm: &Realm, link: &Link, matter: &Matter) -> Result<Option<LinkTask>, Problem> {
    let rules = realm.rules();
    let Some(pack) = rules.pack_of(matter) else { return Ok(None) };
    let Some(class) = pack.class(&matter.standing.class) else { return Ok(None) };
    let Some(handling) = &matter.handling else { return Ok(None) };
    let (texts, points, sent, proposals) = realm.read(|db| {
        let sent = link::files(db, &link.id)?;
        let points = point_titles(db)?;
        Ok((texts_of(db, matter)?, points, sent, link::proposals(db, matter.id)?))
    })?;
    let said = |it: &ContentRef| texts.get(it).and_then(Shown::text).map(ToOwned::to_owned);
    // What was ordered last, else what was given on dispatch, else what the class says.
    let order = |ordered: &Option<ContentRef>, field: &str, known: &Text| {
        let given = match matter.form.get(field) {
            Some(FieldValue::Ref(it)) => Some(it),
            _ => None,
        };
        let text = ordered.as_ref().or(given).and_then(said);
        text.map_or_else(|| known.clone(), |it| Text::new(it.clone(), it))
    };
    let unit = |it: &UnitId| {
        rules.units.get(it).map_or_else(|| Text::new(&*it.0, &*it.0), |it| it.title.clone())
    };
    let own = proposals.iter().filter(|it| it.link == link.id);
    Ok(Some(LinkTask {
        class: class.title.clone(),
        title: matter.title.as_ref().and_then(said),
        place_unit: unit(&matter.place_unit),
        point: matter.point.as_ref().and_then(|it| points.get(it).cloned()),
        lon_e7: matter.place.as_ref().map(|it| it.at.lon_e7),
        lat_e7: matter.place.as_ref().map(|it| it.at.lat_e7),
        standard: order(&matter.standard, "standard", &class.standard),
        measure: order(&matter.measure, "measure", &class.measure),
        due_at: handling.due.at,
        unit: unit(&handling.unit),
        ends_at: link.ends_at,
        before: before(realm, matter),
        sent,
        submitted_at: own.map(|it| it.at).max(),
    }))
}

/// Photos of what was found that anybody who fixes it may see.
fn before(realm: &Realm, matter: &Matter) -> Vec<String> {
    let rules = realm.rules();
    let Some(pack) = rules.pack_of(matter) else { return Vec::new() };
    let shown = matter.files.iter().filter(|it| {
        it.slot == BEFORE && it.arrived && shows_file(pack, matter, Sight::Beside, &it.digest)
    });
    shown.map(|it| it.digest.clone()).collect()
}

/// A copy of a photo that a link tells of, 320 (`small`) or 1,600 (`large`) pixels at most.
#[utoipa::path(
    get, path = "/api/v1/links/{token}/files/{digest}/{copy}", tag = "link",
    params(
        ("token" = String, Path), ("digest" = String, Path),
        ("copy" = String, Path, description = "`small` or `large`"),
        ("Range" = Option<String>, Header, description = "one range of bytes"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has it"),
        (status = 410, body = ApiProblem, content_type = "application/problem+json"),
        (status = 416, body = ApiProblem, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub async fn file(
    State(app): State<App>,
    Path((token, digest, copy)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let side_px = side_px(&copy).ok_or_else(ApiProblem::not_found)?;
    let (link, matter) = live(&app, &token).await?;
    let find = move |realm: &Realm| {
        let is_before = before(realm, &matter).contains(&digest);
        realm.read(|db| {
            if !is_before && !link::files(db, &link.id)?.contains(&digest) {
                return Ok(None);
            }
            let file = bihuan_store::file::file(db, &digest)?;
            Ok(file.zip(Some(bihuan_store::file::picture(db, &digest)?)))
        })
    };
    let found = app.run(find).await?.filter(|it| it.0.erased_seq.is_none());
    let (file, picture) = found.ok_or_else(ApiProblem::not_found)?;
    copy_of(&app, Seen { file, picture, original_for: None }, side_px, &headers).await
}

/// Takes what a fixer says to have done: a proposal that somebody of the unit looks at.
#[utoipa::path(
    post, path = "/api/v1/links/{token}/submission", tag = "link",
    params(("token" = String, Path)), request_body = LinkSubmission,
    responses(
        (status = 200, body = LinkSubmitted),
        (status = 410, body = ApiProblem, content_type = "application/problem+json"),
        WriteProblems
    )
)]
pub async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    Json(input): Json<LinkSubmission>,
) -> Result<axum::Json<LinkSubmitted>, ApiProblem> {
    let (link, matter) = live(&app, &token).await?;
    let text = input.measure_done.trim();
    if text.is_empty() || text.len() > TEXT_BYTES_MAX || text.contains('\0') {
        let (zh, en) = ("请写明做了什么（4000字节以内）", "say what was done, in 4,000 bytes");
        return Err(ApiProblem::invalid("measure_done", zh, en));
    }
    if !(1..=PHOTOS_MAX).contains(&input.photos.len()) {
        return Err(ApiProblem::invalid("photos", "请附1至12张照片", "add 1 to 12 photos"));
    }
    let of = link.id.clone();
    let came = app.run(move |realm| realm.read(|db| link::files(db, &of))).await?;
    if !input.photos.iter().all(|it| came.contains(&it.digest)) {
        let (zh, en) = ("照片尚未由此链接上传完成", "upload each photo by this link first");
        return Err(ApiProblem::invalid("photos", zh, en));
    }
    let body = serde_json::to_vec(&input).expect("it has only string keys");
    let body: [u8; 32] = Sha256::digest(&body).into();
    match keep(&app, (link, matter), &input, body).await? {
        link::Proposed::New(_) => Ok(axum::Json(LinkSubmitted { id: input.id, replayed: false })),
        link::Proposed::Again => Ok(axum::Json(LinkSubmitted { id: input.id, replayed: true })),
        link::Proposed::Conflict => Err(Problem::Conflict.into()),
        link::Proposed::TooMany => {
            let text = Text::new(
                "此链接最多提交10次，请联系派活的人",
                "a link submits at most 10 times; ask whoever sent it",
            );
            Err(ApiProblem::new(StatusCode::CONFLICT, "too_many_proposals", text))
        }
    }
}

/// Keeps a submission, and has whoever owes the next move told.
async fn keep(
    app: &App,
    (link, matter): (Link, Matter),
    input: &LinkSubmission,
    body: [u8; 32],
) -> Result<link::Proposed, ApiProblem> {
    let (id, salt, at) = (input.id.to_string(), entropy::salt(), app.realm().now());
    let digests: Vec<&String> = input.photos.iter().map(|it| &it.digest).collect();
    let files = serde_json::to_string(&digests).expect("they are texts");
    let said = Proposed {
        measure_done: input.measure_done.trim().to_owned(),
        photos: input.photos.clone(),
    };
    let said = serde_json::to_string(&said).expect("it has only string keys");
    let of = link.matter;
    let proposal = Proposal { id, link: link.id.clone(), matter: of, text: Shown::None, files, at };
    app.record(move |db, now| {
        let seal = |db: &mut _| link::keep_text(db, of, ("proposal", &salt, &proposal.id), &said);
        let kept = link::propose(db, &proposal, &body, seal)?;
        let link::Proposed::New(count) = kept else { return Ok((kept, Vec::new())) };
        let (owner, seq) = (matter.standing.owner, link::last_seq(db, of)?);
        put(
            db,
            &Waiting {
                seq,
                no: OUTBOX_NO + count.unsigned_abs(),
                kind: "proposed".to_owned(),
                matter: of,
                role: owner.as_ref().map(|it| it.role.clone()),
                unit: owner.as_ref().map(|it| it.unit.clone()),
                person: owner.and_then(|it| it.person),
                at: now,
            },
        )?;
        let told = Audited::by(Act::LinkSubmitted, &account_of(&link.id)).about(link.id);
        Ok((kept, vec![told.matter(of)]))
    })
    .await
}
