//! Where reports without an account come in: so many at once, their photos on the disk.
//!
//! Invariants: whoever finds no place is told so before anything is read; what came of a report is
//! deleted when it has become one or has not, and what a process that was killed left, at the next
//! start; few photos are in memory at once, whoever sends.

use super::draft::invalid;
use crate::entropy;
use crate::http::ApiProblem;
use crate::http::edge::{Client, Place, Places};
use crate::http::upload::UPLOAD_BYTES_MAX;
use crate::problem::Problem;
use axum::extract::multipart::Field;
use axum::http::StatusCode;
use bihuan_core::content::hex;
use bihuan_core::text::Text;
use bihuan_store::file::FileError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Reports that come in at once where nothing else is set.
pub const PLACES: usize = 32;
/// Of so many places one network has one.
const NETWORK_PART: usize = 4;
/// How long a form may take to come.
pub(super) const LASTS_MAX: Duration = Duration::from_secs(15 * 60);
/// Photos of reports that are in memory at once, of at most 20 MB each.
const PHOTOS_IN_MEMORY_MAX: usize = 2;
/// The folder of what comes in, below that of the realm.
const FOLDER: &str = "reports";
/// The code of a refusal for want of a place.
pub(super) const BUSY: &str = "reports_busy";
/// After how many seconds to try again then.
pub(super) const RETRY_AFTER_S: u64 = 30;

/// Where reports come in.
#[derive(Debug)]
pub struct Reception {
    folder: PathBuf,
    is_swept: OnceLock<()>,
    places: Arc<Places>,
    turns: Semaphore,
}

/// A photo that came in; its bytes are deleted with it.
#[derive(Debug)]
pub(super) struct Photo {
    path: PathBuf,
}

impl Reception {
    /// A reception of a realm in `dir`, for so many reports at once.
    #[must_use]
    pub fn new(dir: &Path, places: usize) -> Reception {
        let of_network = (places / NETWORK_PART).max(1);
        Reception {
            folder: dir.join(FOLDER),
            is_swept: OnceLock::new(),
            places: Places::new(places, of_network),
            turns: Semaphore::new(PHOTOS_IN_MEMORY_MAX),
        }
    }

    /// A place for a report, held until it is dropped.
    ///
    /// # Errors
    /// Where there is none, or the caller's network has too many.
    pub(super) fn enter(&self, client: Option<Client>) -> Result<Place, ApiProblem> {
        let seat = self.places.try_seat();
        let place = seat.and_then(|seat| match client {
            Some(client) => self.places.take(seat, client.0),
            None => Some(self.places.take_for_proxy(seat)),
        });
        place.ok_or_else(busy)
    }

    /// A turn to hold a photo in memory.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("turns are never closed")
    }

    /// Deletes what a process before this one left; it waits for the disk, and does so once.
    ///
    /// # Errors
    /// As the system says.
    pub fn sweep(&self) -> Result<(), Problem> {
        if self.is_swept.get().is_some() {
            return Ok(());
        }
        let failed = |it: io::Error| Problem::from(at(&self.folder)(it));
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut swept = Ok(());
        self.is_swept.get_or_init(|| swept = delete_all(&self.folder));
        swept.map_err(failed)
    }

    /// Takes a photo in, to the disk as it comes; none where the part is empty.
    pub(super) async fn photo(&self, mut field: Field<'_>) -> Result<Option<Photo>, ApiProblem> {
        self.sweep()?;
        let path = self.folder.join(hex(&entropy::bytes::<16>()));
        let mut taken: Option<(Photo, File)> = None;
        let mut length = 0_u64;
        while let Some(bytes) = field.chunk().await.map_err(|_| super::draft::unread())? {
            length += bytes.len() as u64;
            if length > UPLOAD_BYTES_MAX {
                return Err(invalid(
                    "photo",
                    "照片过大，每张须在20MB以内",
                    "a photo is too large; each may have 20 MB",
                ));
            }
            // A browser sends an empty part where no photo was chosen.
            if bytes.is_empty() {
                continue;
            }
            let failed = |it: io::Error| ApiProblem::from(Problem::from(at(&path)(it)));
            let (_, file) = match &mut taken {
                Some(it) => it,
                None => {
                    let file = File::create_new(&path).await.map_err(failed)?;
                    taken.insert((Photo { path: path.clone() }, file))
                }
            };
            file.write_all(&bytes).await.map_err(failed)?;
        }
        let Some((photo, mut file)) = taken else { return Ok(None) };
        file.flush().await.map_err(|it| Problem::from(at(&path)(it)))?;
        Ok(Some(photo))
    }
}

impl Photo {
    /// Where its bytes are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Photo {
    fn drop(&mut self) {
        // Whatever stays is swept at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::System { path: path.to_owned(), source }
}

fn delete_all(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        std::fs::remove_file(entry?.path())?;
    }
    Ok(())
}

fn busy() -> ApiProblem {
    let text = Text::new(
        format!("现在上报的人较多，请在 {RETRY_AFTER_S} 秒后再提交"),
        format!("many are reporting at this moment; send it again in {RETRY_AFTER_S} s"),
    );
    ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, BUSY, text)
}

/// What is answered to a form that took too long.
pub(super) fn too_slow() -> ApiProblem {
    let minutes = LASTS_MAX.as_secs() / 60;
    let text = Text::new(
        format!("{minutes} 分钟内没有传完；请换好一点的网络，或少传几张照片"),
        format!("it did not come within {minutes} min; try a better network, or fewer photos"),
    );
    ApiProblem::new(StatusCode::REQUEST_TIMEOUT, "form_too_slow", text)
}
