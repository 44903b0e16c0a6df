//! Photos released to the public (公开照片): a person covers faces, plates and door numbers, says
//! so, and lets a copy go; and takes it back.
//!
//! Invariants: nothing is public that no person released; what is served is a covered copy, never
//! what it was made of; only those on the case who do not fix it release; every release is on the
//! audit trail before anybody sees it, and what is taken back is gone with the next request.

use super::body::{Json, Path};
use super::file::{made, refused, seen};
use super::problem::{ReadProblems, WriteProblems};
use super::reporter::free_on_case;
use super::served::{Served, served};
use super::{ApiProblem, App, Caller};
use crate::attached::is_public;
use crate::attachment::Attachments;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Matter;
use bihuan_core::policy::{Scope, Sight, publishes, shows_file};
use bihuan_press::image::{COVERS_MAX, Copy, Cover, SIDES};
use bihuan_store::audit::{Act, Audited};
use bihuan_store::file::{NewFile, is_digest};
use bihuan_store::release::{Release, find, is_named, of_copy, put, take_back as forget};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is released.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseInput {
    /// What is covered; at most 64 parts.
    #[schema(max_items = 64)]
    pub covers: Vec<CoverInput>,
    /// What the person says of the photo.
    pub statement: Statement,
}

/// A part of a photo, in fractions of its width and height from the upper left.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverInput {
    /// Where it begins, from the left.
    #[schema(minimum = 0, maximum = 1)]
    pub x: f64,
    /// Where it begins, from above.
    #[schema(minimum = 0, maximum = 1)]
    pub y: f64,
    /// How wide it is.
    #[schema(minimum = 0, maximum = 1)]
    pub w: f64,
    /// How high it is.
    #[schema(minimum = 0, maximum = 1)]
    pub h: f64,
}

/// What a person says of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// Faces, plates and door numbers are under the covers.
    Covered,
    /// There are none on it.
    NothingToCover,
}

impl Statement {
    fn word(self) -> &'static str {
        match self {
            Statement::Covered => "covered",
            Statement::NothingToCover => "nothing_to_cover",
        }
    }
}

impl ReleaseInput {
    fn covers(&self) -> Result<Vec<Cover>, ApiProblem> {
        let cover = |it: &CoverInput| Cover { x: it.x, y: it.y, w: it.w, h: it.h };
        let covers: Vec<Cover> = self.covers.iter().map(cover).collect();
        if covers.len() > COVERS_MAX || !covers.iter().all(Cover::is_part) {
            return Err(ApiProblem::invalid(
                "covers",
                "最多64处遮盖，须在照片之内，坐标为0至1之间的比例",
                "at most 64 parts, each within the photo, in fractions from 0 to 1",
            ));
        }
        if covers.is_empty() != (self.statement == Statement::NothingToCover) {
            return Err(ApiProblem::invalid(
                "statement",
                "有遮盖写 covered，确认无需遮盖写 nothing_to_cover",
                "say `covered` with covers, and `nothing_to_cover` without",
            ));
        }
        Ok(covers)
    }
}

/// A photo that was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReleaseMade {
    /// SHA-256 of the covered copy: its name in `/api/v1/public/photos/{digest}`.
    pub photo: String,
    /// Whether the public sees it now; else once the matter is cleared.
    pub shown: bool,
}

/// Releases a covered copy of a photo; the public sees it once the matter is cleared. Released
/// again, it is covered as was said last.
#[utoipa::path(
    put, path = "/api/v1/matters/{id}/files/{digest}/release", tag = "file",
    params(
        ("id" = MatterId, Path),
        ("digest" = String, Path, description = "SHA-256 of the original"),
    ),
    request_body = ReleaseInput,
    responses(
        (status = 200, body = ReleaseMade),
        (status = 410, body = ApiProblem, content_type = "application/problem+json",
            description = "the file was erased"),
        WriteProblems
    )
)]
pub async fn release(
    State(app): State<App>,
    caller: Caller,
    Path((id, digest)): Path<(MatterId, String)>,
    Json(input): Json<ReleaseInput>,
) -> Result<axum::Json<ReleaseMade>, ApiProblem> {
    let matter = may_release(&app, &caller, id, &digest).await?;
    if !app.public().photos {
        return Err(refused(
            StatusCode::CONFLICT,
            "photos_off",
            "本系统未开启照片公开（设置 public.photos），请联系运维人员",
            "photos are not public here (setting `public.photos`); ask who runs the service",
        ));
    }
    let rules = app.realm().rules();
    let pack = rules.pack_of(&matter).ok_or_else(ApiProblem::not_found)?;
    if !publishes(&rules, pack) || !shows_file(pack, &matter, Sight::Beside, &digest) {
        return Err(refused(
            StatusCode::CONFLICT,
            "not_published",
            "该事项包或该材料不对公众公开",
            "this pack, or this file of a sealed field, is not for the public",
        ));
    }
    let covers = input.covers()?;
    let copy = covered(&app, &caller, &digest, &covers).await?;
    let photo = keep(&app, &caller, (id, &digest), copy, &input).await?;
    let shown = is_public(&rules, &matter, app.realm().now());
    Ok(axum::Json(ReleaseMade { photo, shown }))
}

/// Takes a released photo back: the public is told at once that there is none.
#[utoipa::path(
    delete, path = "/api/v1/matters/{id}/files/{digest}/release", tag = "file",
    params(
        ("id" = MatterId, Path),
        ("digest" = String, Path, description = "SHA-256 of the original"),
    ),
    responses((status = 204, description = "Taken back, or it was not released"), WriteProblems)
)]
pub async fn take_back(
    State(app): State<App>,
    caller: Caller,
    Path((id, digest)): Path<(MatterId, String)>,
) -> Result<StatusCode, ApiProblem> {
    may_release(&app, &caller, id, &digest).await?;
    let account = caller.account;
    let gone = app
        .record(move |db, _| {
            let known = find(db, id, &digest)?;
            let done = forget(db, id, &digest)?;
            let told = Audited::by(Act::PhotoTakenBack, &account).about(digest).matter(id);
            Ok((known, done.then_some(told).into_iter().collect()))
        })
        .await?;
    drop_copy(&app, gone.map(|it| it.copy)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A photo that was released: a covered copy, of a matter that is cleared and published.
#[utoipa::path(
    get, path = "/api/v1/public/photos/{digest}", tag = "file",
    params(
        ("digest" = String, Path, description = "SHA-256 of the covered copy"),
        ("Range" = Option<String>, Header, description = "one range of bytes"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/jpeg"),
        (status = 206, body = Vec<u8>, content_type = "image/jpeg"),
        (status = 304, description = "The caller has it"),
        (status = 416, body = ApiProblem, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub async fn photo(
    State(app): State<App>,
    Path(digest): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    if !app.public().photos || !is_digest(&digest) {
        return Err(ApiProblem::not_found());
    }
    let name = digest.clone();
    let is_shown = app
        .run(move |realm| {
            let (rules, now) = (realm.rules(), realm.now());
            for release in realm.read(|db| of_copy(db, &digest))? {
                let scope = Scope::operator();
                let read = |db: &mut _| bihuan_store::matter::matter(db, &scope, release.matter);
                if realm.read(read)?.is_some_and(|it| is_public(&rules, &it, now)) {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await?;
    if !is_shown {
        return Err(ApiProblem::not_found());
    }
    let file = format!("{}.jpg", &name[..16]);
    let what = Served { digest: name, media: "image/jpeg".into(), name: file, sealed: false };
    served(&app, what, &headers).await
}

/// The matter, where the caller is on its case, does not fix it, and it has the file.
async fn may_release(
    app: &App,
    caller: &Caller,
    id: MatterId,
    digest: &str,
) -> Result<Matter, ApiProblem> {
    let Some(matter) = free_on_case(app, caller, id).await? else {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "release_not_yours",
            "照片公开仅限经办此件且非整改方的人员（受理、派遣、专班、分管领导）",
            "photos are released by those on the case who do not fix it: intake, dispatcher, \
             squad, leader",
        ));
    };
    let has = matter.files.iter().any(|it| it.digest == digest);
    if has { Ok(matter) } else { Err(ApiProblem::not_found()) }
}

/// A copy of the large copy of a photo with parts of it covered.
async fn covered(
    app: &App,
    caller: &Caller,
    digest: &str,
    covers: &[Cover],
) -> Result<Copy, ApiProblem> {
    let mut seen = *seen(app, caller, digest).await?;
    if seen.picture.is_none() {
        seen = made(app, seen).await?;
    }
    let variants = seen.picture.map(|it| it.variants).unwrap_or_default();
    let Some(large) = variants.into_iter().find(|it| it.side_px == SIDES[1].0) else {
        return Err(refused(
            StatusCode::CONFLICT,
            "no_picture",
            "此文件不是照片，不能公开",
            "this file is no picture, so it is not released",
        ));
    };
    let read =
        move |_: &Realm, it: &Attachments| Ok::<_, Problem>(it.files()?.read(&large.digest)?);
    let bytes = app.attach(read).await?;
    app.attachments().cover(&bytes, covers).await.map_err(super::upload::refused)
}

/// Keeps a covered copy, and then says in the trail and in its row that it is released.
async fn keep(
    app: &App,
    caller: &Caller,
    (matter, digest): (MatterId, &str),
    copy: Copy,
    input: &ReleaseInput,
) -> Result<String, ApiProblem> {
    let (width_px, height_px, bytes) = (copy.width_px, copy.height_px, copy.bytes.len() as u64);
    let write = move |_: &Realm, it: &Attachments| {
        let new = [NewFile { bytes: &copy.bytes, media: "image/jpeg" }];
        Ok::<_, Problem>(it.files()?.put(&new)?.remove(0))
    };
    let photo = app.attach(write).await?;
    let mut release = Release {
        matter,
        digest: digest.to_owned(),
        copy: photo.clone(),
        bytes,
        width_px,
        height_px,
        statement: input.statement.word().to_owned(),
        covers: serde_json::to_string(&input.covers).expect("it has only string keys"),
        account: caller.account.clone(),
        person: caller.person.clone(),
        at: app.realm().now(),
    };
    let before = app
        .record(move |db, now| {
            release.at = now;
            let before = find(db, matter, &release.digest)?;
            put(db, &release)?;
            let told = Audited::by(Act::PhotoReleased, &release.account);
            Ok((before, vec![told.about(release.digest).matter(matter)]))
        })
        .await?;
    drop_copy(app, before.map(|it| it.copy)).await?;
    Ok(photo)
}

/// Removes the bytes of a copy that no row names any more.
async fn drop_copy(app: &App, copy: Option<String>) -> Result<(), ApiProblem> {
    let Some(copy) = copy else { return Ok(()) };
    let remove = move |realm: &Realm, it: &Attachments| {
        if !realm.read(|db| is_named(db, &copy))? {
            it.files()?.remove(&copy)?;
        }
        Ok::<_, Problem>(())
    };
    Ok(app.attach(remove).await?)
}
