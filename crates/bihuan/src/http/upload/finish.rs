//! Making a file of an upload whose bytes have all come.

use super::words::{self, problem};
use crate::attachment::{ArriveError, Arrived, Attachments};
use crate::http::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use crate::upload::{Stage, Upload};
use axum::http::StatusCode;
use std::sync::Arc;

/// Makes a file of an upload whose bytes have all come, and tells the matters that wait for it.
///
/// # Errors
/// Where it does not have its digest, or is refused: then the upload has ended. Where it could not
/// be kept, it may be tried again.
pub async fn finish(app: &App, upload: &Arc<Upload>) -> Result<(), ApiProblem> {
    let _turn = upload.turn.lock().await;
    match upload.stage() {
        Stage::Open(offset) if offset == upload.plan.length => {}
        Stage::Done => return Ok(()),
        Stage::Open(offset) => return Err(words::wrong_place(offset)),
        Stage::Gone => return Err(words::gone()),
    }
    match arrive(app, upload).await {
        Ok(()) => {
            super::sender::arrived(app, &upload.plan.account, &upload.plan.digest).await?;
            end(app, upload, true).await
        }
        // The disk or the database could not: what has come stays where it is.
        Err(refused) if refused.status >= 500 => Err(refused),
        Err(refused) => {
            end(app, upload, false).await?;
            Err(refused)
        }
    }
}

async fn arrive(app: &App, upload: &Arc<Upload>) -> Result<(), ApiProblem> {
    let kept = Arc::clone(upload);
    let read = move |realm: &Realm, it: &Attachments| {
        let part = it.uploads()?.part(&kept);
        it.is_known(realm, &kept.plan.digest)?;
        Ok::<_, ArriveError>(it.read_part(&part)?)
    };
    let (digest, bytes) = app.attach(read).await.map_err(refused)?;
    if digest != upload.plan.digest {
        return Err(words::digest_differs());
    }
    let plan = &upload.plan;
    let (by, phone) = (plan.account.clone(), plan.phone.clone());
    take(app, Arrived { by, digest, bytes, phone }).await
}

/// Looks at what has come, keeps it, and tells the matters that wait for it.
///
/// # Errors
/// Where it is refused or was erased; where it could not be kept, it may be tried again.
pub(in crate::http) async fn take(app: &App, arrived: Arrived) -> Result<(), ApiProblem> {
    let digest = arrived.digest.clone();
    let known = move |realm: &Realm, it: &Attachments| it.is_known(realm, &digest);
    let is_known = app.attach(known).await.map_err(refused)?;
    let look = if is_known { Ok(None) } else { app.attachments().look(&arrived.bytes).await };
    let told = look.map_err(refused)?;
    let keep = move |realm: &Realm, it: &Attachments| {
        if !is_known {
            it.keep(realm, &arrived, told)?;
        }
        if let Err(problem) = it.tell(realm, &arrived.digest) {
            // The file is on record; the matters are told by the next sweep.
            tracing::warn!(code = problem.code(), "matters that wait for a file were not told");
        }
        Ok::<_, ArriveError>(())
    };
    app.attach(keep).await.map_err(refused)
}

async fn end(app: &App, upload: &Arc<Upload>, is_file: bool) -> Result<(), ApiProblem> {
    let kept = Arc::clone(upload);
    let end =
        move |_: &Realm, it: &Attachments| Ok::<_, Problem>(it.uploads()?.end(&kept, is_file)?);
    Ok(app.attach(end).await?)
}

/// Why a file is not kept, as the network tells it.
pub(in crate::http) fn refused(error: ArriveError) -> ApiProblem {
    match error {
        ArriveError::Refused(refused) => {
            ApiProblem::new(StatusCode::UNPROCESSABLE_ENTITY, refused.code(), refused.text())
        }
        ArriveError::Erased(_) => problem(
            StatusCode::GONE,
            "file_erased",
            "此文件已依记录删除，不再接收",
            "this file was erased by a recorded act; it is not taken again",
        ),
        ArriveError::Problem(problem) => ApiProblem::from(problem),
    }
}
