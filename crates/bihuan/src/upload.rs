//! Uploads that have begun: their bytes so far in a folder, and what they will be.
//!
//! Invariants: what is acknowledged is on disk, so that an upload goes on after a restart; an
//! upload belongs to one account; one that ended is remembered for a while by its name alone.

use crate::entropy;
use bihuan_core::content::hex;
use bihuan_core::id::AccountId;
use bihuan_core::photo::Phone;
use bihuan_core::time::{DAY_MS, Instant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long an upload may take: as long as a phone may be without a network.
pub const LASTS_MS: i64 = 3 * DAY_MS;
/// How long one that ended is remembered.
const REMEMBERED_MS: i64 = 7 * DAY_MS;
/// Uploads that an account may have begun at once.
pub const OPEN_MAX: usize = 80;
/// Bytes that the uploads of an account may come to, together.
pub const OPEN_BYTES_MAX: u64 = 400 * 1024 * 1024;
/// Uploads that all accounts may have begun at once.
pub const ALL_MAX: usize = 20_000;

/// What an upload will be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Who sends it.
    pub account: AccountId,
    /// How many bytes it will have.
    pub length: u64,
    /// SHA-256 that they will have.
    pub digest: String,
    /// What the phone says of it.
    pub phone: Phone,
    /// When it began.
    pub began_at: Instant,
}

impl Plan {
    /// When it is given up.
    #[must_use]
    pub fn expires_at(&self) -> Instant {
        self.began_at.plus_ms(LASTS_MS)
    }
}

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// So many bytes are safe.
    Open(u64),
    /// It has become a file.
    Done,
    /// It was ended, refused or given up.
    Gone,
}

/// An upload.
#[derive(Debug)]
pub struct Upload {
    /// Its name: nobody can guess it.
    pub id: String,
    /// What it will be.
    pub plan: Plan,
    /// Held while somebody writes to it or makes a file of it.
    pub turn: tokio::sync::Mutex<()>,
    stage: Mutex<Stage>,
}

/// Why an upload was not begun.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The account has begun too many.
    #[error("too many uploads have begun")]
    TooMany,
    /// The folder could not be used.
    #[error("failed to use `{path}`: {source}")]
    System {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn at(path: &Path) -> impl Fn(io::Error) -> UploadError + '_ {
    |source| UploadError::System { path: path.to_owned(), source }
}

/// All uploads of a realm on this machine.
#[derive(Debug)]
pub struct Uploads {
    folder: PathBuf,
    all: Mutex<BTreeMap<String, Arc<Upload>>>,
}

impl Upload {
    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        *held(&self.stage)
    }

    /// Notes that so many bytes are safe; what has ended stays so.
    pub fn reached(&self, offset: u64) {
        let mut stage = held(&self.stage);
        if let Stage::Open(_) = *stage {
            *stage = Stage::Open(offset);
        }
    }
}

fn held<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Uploads {
    /// Opens a folder of uploads, making it where it is missing, and finds those that have begun.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(folder: &Path) -> Result<Uploads, UploadError> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let path = entry.map_err(at(folder))?.path();
            let id = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
            if path.extension().is_none_or(|it| it != "json") || !is_id(&id) {
                continue;
            }
            let text = fs::read(&path).map_err(at(&path))?;
            // One whose plan was cut off was never acknowledged.
            let Ok(plan) = serde_json::from_slice::<Plan>(&text) else { continue };
            let stage = Mutex::new(found(folder, &id));
            let turn = tokio::sync::Mutex::new(());
            all.insert(id.clone(), Arc::new(Upload { id, plan, turn, stage }));
        }
        Ok(Uploads { folder: folder.to_owned(), all: Mutex::new(all) })
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`UploadError::TooMany`], or as the system says.
    pub fn begin(&self, plan: Plan) -> Result<Arc<Upload>, UploadError> {
        let id = hex(&entropy::bytes::<16>());
        let turn = tokio::sync::Mutex::new(());
        let upload = Arc::new(Upload { id, plan, turn, stage: Mutex::new(Stage::Open(0)) });
        {
            let mut all = held(&self.all);
            let open = all.values().filter(|it| matches!(it.stage(), Stage::Open(_)));
            let own: Vec<u64> = open
                .filter(|it| it.plan.account == upload.plan.account)
                .map(|it| it.plan.length)
                .collect();
            let bytes = own.iter().sum::<u64>().saturating_add(upload.plan.length);
            if own.len() >= OPEN_MAX || bytes > OPEN_BYTES_MAX || all.len() >= ALL_MAX {
                return Err(UploadError::TooMany);
            }
            all.insert(upload.id.clone(), Arc::clone(&upload));
        }
        let written = self.write_begun(&upload);
        if written.is_err() {
            held(&self.all).remove(&upload.id);
        }
        written.map(|()| upload)
    }

    fn write_begun(&self, upload: &Upload) -> Result<(), UploadError> {
        let part = self.part(upload);
        File::create(&part).and_then(|it| it.sync_all()).map_err(at(&part))?;
        let plan = self.path(&upload.id, "json");
        let text = serde_json::to_vec(&upload.plan).expect("a plan has only string keys");
        let written = File::create(&plan).and_then(|mut it| {
            it.write_all(&text)?;
            it.sync_all()
        });
        written.map_err(at(&plan))?;
        self.sync()
    }

    /// An upload by its name.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Upload>> {
        held(&self.all).get(id).cloned()
    }

    /// The file of the bytes that have come.
    #[must_use]
    pub fn part(&self, upload: &Upload) -> PathBuf {
        self.path(&upload.id, "part")
    }

    /// Ends an upload: it has become a file, or it will never be one.
    ///
    /// # Errors
    /// As the system says.
    pub fn end(&self, upload: &Upload, is_file: bool) -> Result<(), UploadError> {
        let stage = if is_file { Stage::Done } else { Stage::Gone };
        *held(&upload.stage) = stage;
        if is_file {
            let done = self.path(&upload.id, "done");
            File::create(&done).and_then(|it| it.sync_all()).map_err(at(&done))?;
        }
        remove(&self.part(upload))?;
        self.sync()
    }

    /// Gives up what has taken too long, and forgets what ended long ago; how many were given up.
    ///
    /// # Errors
    /// As the system says.
    pub fn sweep(&self, now: Instant) -> Result<usize, UploadError> {
        let all: Vec<Arc<Upload>> = held(&self.all).values().cloned().collect();
        let mut given_up = 0;
        for upload in all {
            if upload.plan.expires_at() > now {
                continue;
            }
            // Somebody may be at it.
            let Ok(_turn) = upload.turn.try_lock() else { continue };
            if let Stage::Open(_) = upload.stage() {
                self.end(&upload, false)?;
                given_up += 1;
            }
            if upload.plan.expires_at().plus_ms(REMEMBERED_MS) <= now {
                held(&self.all).remove(&upload.id);
                for kind in ["json", "done", "part"] {
                    remove(&self.path(&upload.id, kind))?;
                }
            }
        }
        Ok(given_up)
    }

    /// Uploads whose bytes have all come, but that are no files yet: the service was ended, or
    /// could not keep them.
    #[must_use]
    pub fn whole(&self) -> Vec<Arc<Upload>> {
        let all = held(&self.all);
        let is_whole = |it: &&Arc<Upload>| it.stage() == Stage::Open(it.plan.length);
        all.values().filter(is_whole).cloned().collect()
    }

    fn path(&self, id: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{id}.{kind}"))
    }

    fn sync(&self) -> Result<(), UploadError> {
        File::open(&self.folder).and_then(|it| it.sync_all()).map_err(at(&self.folder))
    }
}

fn is_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|it| it.is_ascii_hexdigit())
}

/// How far the files of an upload say that it is.
fn found(folder: &Path, id: &str) -> Stage {
    if folder.join(format!("{id}.done")).exists() {
        return Stage::Done;
    }
    let part = fs::metadata(folder.join(format!("{id}.part")));
    part.map_or(Stage::Gone, |it| Stage::Open(it.len()))
}

fn remove(path: &Path) -> Result<(), UploadError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Instant = Instant(1_614_558_600_000);

    fn plan(account: &str, length: u64) -> Plan {
        let (digest, phone) = ("00".repeat(32), Phone::default());
        Plan { account: AccountId::from(account), length, digest, phone, began_at: AT }
    }

    #[test]
    fn an_upload_is_found_again_after_a_restart_as_far_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(dir.path()).unwrap();
        let [open, done, gone] = [1, 2, 3].map(|it| uploads.begin(plan("a", it)).unwrap());
        fs::write(uploads.part(&open), b"x").unwrap();
        uploads.end(&done, true).unwrap();
        uploads.end(&gone, false).unwrap();
        fs::write(dir.path().join(format!("{}.json", "f".repeat(32))), b"{ cut o").unwrap();
        drop(uploads);

        let uploads = Uploads::open(dir.path()).unwrap();
        let stage = |it: &Upload| uploads.find(&it.id).unwrap().stage();
        assert_eq!(
            [&open, &done, &gone].map(|it| stage(it)),
            [Stage::Open(1), Stage::Done, Stage::Gone]
        );
        assert_eq!(uploads.find(&open.id).unwrap().plan, open.plan);
        assert_eq!(uploads.whole().len(), 1, "all its bytes have come");
        assert!(uploads.find(&"f".repeat(32)).is_none() && uploads.find("../x").is_none());
    }

    #[test]
    fn an_account_begins_so_many_and_another_is_not_hindered() {
        let dir = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(dir.path()).unwrap();
        for _ in 0..OPEN_MAX {
            uploads.begin(plan("a", 1)).unwrap();
        }
        assert!(matches!(uploads.begin(plan("a", 1)), Err(UploadError::TooMany)));
        let large = uploads.begin(plan("b", OPEN_BYTES_MAX)).unwrap();
        assert!(matches!(uploads.begin(plan("b", 1)), Err(UploadError::TooMany)));
        uploads.end(&large, false).unwrap();
        uploads.begin(plan("b", 1)).unwrap();
    }

    #[test]
    fn what_takes_too_long_is_given_up_and_later_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(dir.path()).unwrap();
        let upload = uploads.begin(plan("a", 1)).unwrap();
        assert_eq!(uploads.sweep(AT.plus_ms(LASTS_MS - 1)).unwrap(), 0);
        assert_eq!(uploads.sweep(AT.plus_ms(LASTS_MS)).unwrap(), 1);
        assert_eq!(upload.stage(), Stage::Gone);
        assert!(!uploads.part(&upload).exists() && uploads.find(&upload.id).is_some());
        uploads.sweep(AT.plus_ms(LASTS_MS + REMEMBERED_MS)).unwrap();
        assert!(uploads.find(&upload.id).is_none());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
