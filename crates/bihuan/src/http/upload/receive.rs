//! Taking bytes in: to the disk as they come, safe before they are acknowledged.

use super::words::{self, Checksum};
use crate::http::{ApiProblem, App};
use crate::problem::Problem;
use crate::upload::{Stage, Upload};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::io::SeekFrom;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio::time::timeout;

/// How long a sender may say nothing before what has come is all that comes.
const SILENT_MAX: Duration = Duration::from_secs(30);

/// How receiving ended.
enum Ending {
    Whole,
    Broken,
    TooLong,
}

/// Takes the bytes of a request in, at an offset; with the last ones it makes a file of them. It
/// goes on when the sender is gone, so that what came is not lost.
pub(super) async fn receive(
    app: App,
    upload: Arc<Upload>,
    at: u64,
    headers: HeaderMap,
    body: Body,
) -> Result<(), ApiProblem> {
    let task = tokio::spawn(async move { take(&app, &upload, at, &headers, body).await });
    let broken = |_| Problem::Other("receiving was broken off".to_owned());
    task.await.map_err(broken)?
}

async fn take(
    app: &App,
    upload: &Arc<Upload>,
    at: u64,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), ApiProblem> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|it| it != "identity") {
        return Err(words::wrong_type());
    }
    let checksum = words::checksum(headers)?;
    {
        let Ok(_turn) = upload.turn.try_lock() else { return Err(words::busy()) };
        match upload.stage() {
            Stage::Done if at == upload.plan.length => return Ok(()),
            Stage::Done => return Err(words::wrong_place(upload.plan.length)),
            Stage::Gone => return Err(words::gone()),
            Stage::Open(expected) if expected != at => return Err(words::wrong_place(expected)),
            Stage::Open(_) => {}
        }
        let room = upload.plan.length - at;
        let stated = headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok());
        if stated.and_then(|it| it.parse::<u64>().ok()).is_some_and(|it| it > room) {
            return Err(words::too_long());
        }
        write(app, upload, at, body, checksum).await?;
    }
    if upload.stage() == Stage::Open(upload.plan.length) {
        super::finish(app, upload).await?;
    }
    Ok(())
}

/// Writes what comes behind what is there, and notes how far it is.
async fn write(
    app: &App,
    upload: &Upload,
    at: u64,
    body: Body,
    checksum: Option<Checksum>,
) -> Result<(), ApiProblem> {
    let path = app.attachments().uploads()?.part(upload);
    let failed = |it: std::io::Error| ApiProblem::from(wrong(&path, it));
    let mut file = OpenOptions::new().write(true).open(&path).await.map_err(failed)?;
    // What a process that was killed wrote behind the last acknowledged byte is nobody's.
    file.set_len(at).await.map_err(failed)?;
    file.seek(SeekFrom::Start(at)).await.map_err(failed)?;
    let mut sums = checksum.as_ref().map(|_| (Sha1::new(), Sha256::new()));
    let room = upload.plan.length - at;
    let (count, ending) = copy(&mut file, body, room, &mut sums).await.map_err(failed)?;
    let is_right = match (checksum, sums) {
        (Some(Checksum::Sha1(sum)), Some((got, _))) => got.finalize()[..] == sum,
        (Some(Checksum::Sha256(sum)), Some((_, got))) => got.finalize()[..] == sum,
        _ => true,
    };
    // Bytes that came before a break are good, unless they were to be checked.
    let keeps = is_right && !matches!(ending, Ending::TooLong);
    let kept = if keeps { at + count } else { at };
    if !keeps {
        file.set_len(at).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    file.sync_all().await.map_err(failed)?;
    upload.reached(kept);
    match ending {
        Ending::TooLong => Err(words::too_long()),
        Ending::Broken => Err(words::broken()),
        Ending::Whole if is_right => Ok(()),
        Ending::Whole => Err(words::sum_differs()),
    }
}

async fn copy(
    file: &mut File,
    body: Body,
    room: u64,
    sums: &mut Option<(Sha1, Sha256)>,
) -> std::io::Result<(u64, Ending)> {
    let mut parts = body.into_data_stream();
    let mut count = 0_u64;
    loop {
        let part: Bytes = match timeout(SILENT_MAX, parts.next()).await {
            Ok(Some(Ok(part))) => part,
            Ok(None) => return Ok((count, Ending::Whole)),
            Ok(Some(Err(_))) | Err(_) => return Ok((count, Ending::Broken)),
        };
        count += part.len() as u64;
        if count > room {
            return Ok((count, Ending::TooLong));
        }
        if let Some((sha1, sha256)) = sums {
            sha1.update(&part);
            sha256.update(&part);
        }
        file.write_all(&part).await?;
    }
}

fn wrong(path: &Path, error: std::io::Error) -> Problem {
    Problem::from(bihuan_store::file::FileError::System { path: path.to_owned(), source: error })
}
