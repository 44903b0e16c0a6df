//! Files of matters: which there are, the copies that are safe to show, and the sealed originals.
//!
//! Invariants: every answer goes through the policy of a matter that names the file; what is shown
//! in a page was encoded here; an original is handed over as an attachment, and only after the
//! record says to whom.

use super::problem::{ReadProblems, WriteProblems, denied};
use super::served::{Served, served};
use super::{ApiProblem, App, Caller};
use crate::attached::{Attached, Found, Seen, find, of_matter};
use crate::attachment::{ArriveError, Arrived, Attachments};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bihuan_core::id::{AccountId, MatterId};
use bihuan_core::photo::Phone;
use bihuan_core::policy::{Action, Viewer, may};
use bihuan_core::text::Text;
use bihuan_press::image::SIDES;
use bihuan_store::file::{FileError, is_digest};
use bihuan_store::rules::{Change, OriginalShown};
use serde::Serialize;
use utoipa::ToSchema;

/// By whom the record says that copies were made which nobody had sent for.
const SERVICE: &str = "service";

/// The files of a matter.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AttachedFiles {
    /// In the order in which they were declared.
    pub files: Vec<Attached>,
}

fn viewer(realm: &Realm, caller: &Caller) -> Viewer {
    Viewer::person(&realm.rules(), &caller.person, caller.via, realm.now())
}

/// The files of a matter, with what a person should look at.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}/files", tag = "file",
    params(("id" = String, Path, format = Uuid, description = "id of the matter")),
    responses((status = 200, body = AttachedFiles), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<AttachedFiles>, ApiProblem> {
    let id = id.parse().map(MatterId).map_err(|_| ApiProblem::not_found())?;
    let list = move |realm: &Realm| of_matter(realm, &viewer(realm, &caller), id);
    let files = app.run(list).await?.ok_or_else(ApiProblem::not_found)?;
    Ok(axum::Json(AttachedFiles { files }))
}

/// A copy of a picture, 320 (`small`) or 1,600 (`large`) pixels at most, or the `original`.
#[utoipa::path(
    get, path = "/api/v1/files/{digest}/{copy}", tag = "file",
    params(
        ("digest" = String, Path, description = "SHA-256 of the original"),
        ("copy" = String, Path, description = "`small`, `large` or `original`"),
        ("Range" = Option<String>, Header, description = "one range of bytes"),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has it"),
        (status = 410, body = ApiProblem, content_type = "application/problem+json",
            description = "the file was erased"),
        (status = 416, body = ApiProblem, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path((digest, copy)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let side_px = match copy.as_str() {
        "original" => None,
        copy => Some(side_px(copy).ok_or_else(ApiProblem::not_found)?),
    };
    let seen = seen(&app, &caller, &digest).await?;
    match side_px {
        Some(side_px) => copy_of(&app, *seen, side_px, &headers).await,
        None => original(&app, caller.account, *seen, &headers).await,
    }
}

/// How many pixels a copy has at most, by its word.
pub(super) fn side_px(copy: &str) -> Option<u32> {
    match copy {
        "small" => Some(SIDES[0].0),
        "large" => Some(SIDES[1].0),
        _ => None,
    }
}

/// Erases a file and all that is known about it, by an entry of the record.
#[utoipa::path(
    delete, path = "/api/v1/files/{digest}", tag = "file",
    params(("digest" = String, Path, description = "SHA-256 of the original")),
    responses((status = 204, description = "Erased"), WriteProblems)
)]
pub async fn erase(
    State(app): State<App>,
    caller: Caller,
    Path(digest): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    let erase = move |realm: &Realm, it: &Attachments| {
        let viewer = viewer(realm, &caller);
        if let Err(why) = may(&realm.rules(), &viewer, &Action::EraseContent) {
            return Err(Refused(denied(&why)));
        }
        let done = realm.store().erase_file(&caller.account.0, it.files()?, &digest);
        match done {
            Err(FileError::None(_)) => Err(Refused(ApiProblem::not_found())),
            other => other.map_err(|it| Refused::from(Problem::from(it))),
        }
    };
    app.attach(erase).await.map_err(|it: Refused| it.0)?;
    Ok(StatusCode::NO_CONTENT)
}

/// An answer from work that blocks.
pub(super) struct Refused(pub(super) ApiProblem);

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused(ApiProblem::from(problem))
    }
}

/// A file that the caller sees and that is there.
pub(super) async fn seen(
    app: &App,
    caller: &Caller,
    digest: &str,
) -> Result<Box<Seen>, ApiProblem> {
    if !is_digest(digest) {
        return Err(ApiProblem::not_found());
    }
    let (caller, digest) = (caller.clone(), digest.to_owned());
    let found = app.run(move |realm| find(realm, &viewer(realm, &caller), &digest)).await?;
    match found {
        Found::Nothing => Err(ApiProblem::not_found()),
        Found::Waiting => Err(refused(
            StatusCode::NOT_FOUND,
            "file_waiting",
            "文件尚未收到，请稍后再看",
            "it has not arrived yet; look again later",
        )),
        Found::File(seen) if seen.file.erased_seq.is_some() => Err(refused(
            StatusCode::GONE,
            "file_erased",
            "此文件已依记录删除",
            "this file was erased by a recorded act",
        )),
        Found::File(seen) => Ok(seen),
    }
}

pub(super) fn refused(status: StatusCode, code: &str, zh: &str, en: &str) -> ApiProblem {
    ApiProblem::new(status, code, Text::new(zh, en))
}

/// A copy that was encoded here.
pub(super) async fn copy_of(
    app: &App,
    seen: Seen,
    side_px: u32,
    headers: &HeaderMap,
) -> Result<Response, ApiProblem> {
    let seen = if seen.picture.is_none() { made(app, seen).await? } else { seen };
    let picture = seen.picture.as_ref();
    let variant = picture.and_then(|it| it.variants.iter().find(|it| it.side_px == side_px));
    let Some(variant) = variant.cloned() else {
        return Err(refused(
            StatusCode::NOT_FOUND,
            "no_copy",
            "此文件没有缩略图，请打开原件",
            "there are no copies of this file; ask for the original",
        ));
    };
    let name = format!("{}-{side_px}.jpg", &seen.file.digest[..16]);
    let what = Served { digest: variant.digest, media: "image/jpeg".into(), name, sealed: false };
    served(app, what, headers).await
}

/// The same with copies of a picture that came before there were any.
pub(super) async fn made(app: &App, mut seen: Seen) -> Result<Seen, ApiProblem> {
    if !seen.file.media.starts_with("image/") {
        return Ok(seen);
    }
    let digest = seen.file.digest.clone();
    let read = move |_: &Realm, it: &Attachments| Ok::<_, Problem>(it.files()?.read(&digest)?);
    let bytes = app.attach(read).await?;
    let told = app.attachments().look(&bytes).await.map_err(super::upload::refused)?;
    let arrived = Arrived {
        by: AccountId::from(SERVICE),
        digest: seen.file.digest.clone(),
        bytes,
        phone: Phone::default(),
    };
    let keep = move |realm: &Realm, it: &Attachments| {
        it.keep(realm, &arrived, told)?;
        let known = realm.read(|db| bihuan_store::file::picture(db, &arrived.digest))?;
        Ok::<_, ArriveError>(known)
    };
    seen.picture = app.attach(keep).await.map_err(super::upload::refused)?;
    Ok(seen)
}

/// The sealed original, once the record says who is shown it.
async fn original(
    app: &App,
    account: AccountId,
    seen: Seen,
    headers: &HeaderMap,
) -> Result<Response, ApiProblem> {
    let Some(matter) = seen.original_for else {
        return Err(refused(
            StatusCode::FORBIDDEN,
            "original_sealed",
            "原件已封存，仅限经办此件且非整改方的人员调阅",
            "the original is sealed: it is for those on the case who do not fix it",
        ));
    };
    let file = seen.file;
    let ending = file.media.split('/').nth(1).unwrap_or("bin");
    let name = format!("{}.{ending}", &file.digest[..16]);
    let digest = file.digest.clone();
    let what = Served { digest: file.digest, media: file.media, name, sealed: true };
    let shown = OriginalShown { digest, matter, account: account.clone() };
    app.run(move |realm| {
        realm.store().change(&account.0, Change::ShowOriginal(shown))?;
        Ok(())
    })
    .await?;
    served(app, what, headers).await
}
