//! Files of matters on disk, each under the SHA-256 of its bytes.
//!
//! Invariants: a file is whole and durable (its bytes, its name and its folder) before any row
//! names it; one that is there is never changed; what is read has its digest.

use crate::db::{Db, DbError, Value};
use crate::rules::{Change, ChangeError, FileRow};
use crate::store::Store;
use bihuan_core::content::hex;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Matter;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most files of one call.
pub const FILES_PUT_MAX: usize = 256;
/// Most matters that are told to wait for one file.
pub const WAITING_MAX: i64 = 1_000;
/// Folder of files that are being written.
const ARRIVING: &str = ".arriving";

/// A folder of files, content-addressed: `ab/cdef…`.
#[derive(Debug)]
pub struct FileStore {
    folder: PathBuf,
    next: AtomicU64,
}

/// A file that is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewFile<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its media type.
    pub media: &'a str,
}

/// Why a file was not kept or not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is too large, or there are too many at once.
    #[error("a file has at most {FILE_BYTES_MAX} bytes, and {FILES_PUT_MAX} are kept at once")]
    TooMuch,
    /// Nothing is kept under this digest.
    #[error("there is no file {0}")]
    None(String),
    /// What is kept does not have its digest.
    #[error("file {0} was changed on disk; restore it from a backup")]
    Damaged(String),
    /// The system could not.
    #[error("failed to use `{path}`")]
    System {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The files are safe on disk, the record does not say so; keeping them again is harmless.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl FileError {
    /// A stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            FileError::TooMuch => "too_much",
            FileError::None(_) => "no_such_file",
            FileError::Damaged(_) => "file_damaged",
            FileError::System { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "disk_full"
            }
            FileError::System { .. } => "failed",
            FileError::Change(ChangeError::Db(error)) => error.code(),
            FileError::Change(_) => "unsound",
        }
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::System { path: path.to_owned(), source }
}

/// Where a file is below its folder; none where `digest` is no SHA-256 in lower-case hex.
#[must_use]
pub fn path_in(folder: &Path, digest: &str) -> Option<PathBuf> {
    let plain = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    let is_digest = digest.len() == 64 && digest.bytes().all(plain);
    is_digest.then(|| folder.join(&digest[..2]).join(&digest[2..]))
}

/// The SHA-256 of what a file holds, in hex.
///
/// # Errors
/// As the system says.
pub fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

fn sync_folder(folder: &Path) -> Result<(), FileError> {
    File::open(folder).and_then(|it| it.sync_all()).map_err(at(folder))
}

impl FileStore {
    /// Opens a folder of files, making it where it is missing.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(folder: &Path) -> Result<FileStore, FileError> {
        let arriving = folder.join(ARRIVING);
        fs::create_dir_all(&arriving).map_err(at(&arriving))?;
        Ok(FileStore { folder: folder.to_owned(), next: AtomicU64::new(0) })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps files and gives their digests, in order. When it returns they survive power failure.
    /// One that is kept already is left alone; one that was damaged is replaced.
    ///
    /// # Errors
    /// [`FileError::TooMuch`] before anything is written, or as the system says.
    pub fn put(&self, files: &[NewFile<'_>]) -> Result<Vec<String>, FileError> {
        let too_large = |it: &NewFile<'_>| it.bytes.len() > FILE_BYTES_MAX;
        if files.len() > FILES_PUT_MAX || files.iter().any(too_large) {
            return Err(FileError::TooMuch);
        }
        let mut folders = BTreeSet::new();
        let mut digests = Vec::with_capacity(files.len());
        for file in files {
            let digest = hex(&Sha256::digest(file.bytes));
            let folder = self.folder.join(&digest[..2]);
            let path = folder.join(&digest[2..]);
            // Whoever wrote one that is there may not have made its name durable yet.
            folders.insert(folder);
            if digest_of(&path).ok().as_ref() != Some(&digest) {
                self.write(&path, file.bytes)?;
            }
            digests.push(digest);
        }
        for folder in &folders {
            sync_folder(folder)?;
        }
        if !folders.is_empty() {
            sync_folder(&self.folder)?;
        }
        Ok(digests)
    }

    /// Writes beside, makes the bytes durable, and only then gives them their name.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let no = self.next.fetch_add(1, Ordering::Relaxed);
        let beside = self.folder.join(ARRIVING).join(format!("{}-{no}", std::process::id()));
        let written = (|| {
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            let mut rights = file.metadata()?.permissions();
            rights.set_readonly(true);
            file.set_permissions(rights)?;
            file.sync_all()?;
            fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
            fs::rename(&beside, path)
        })();
        written.map_err(|source| {
            // What is left of it is of no use; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&beside);
            FileError::System { path: path.to_owned(), source }
        })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`FileError::None`], [`FileError::Damaged`], or as the system says.
    pub fn read(&self, digest: &str) -> Result<Vec<u8>, FileError> {
        let none = || FileError::None(digest.to_owned());
        let path = path_in(&self.folder, digest).ok_or_else(none)?;
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(none()),
            other => other.map_err(at(&path))?,
        };
        if hex(&Sha256::digest(&bytes)) == digest {
            Ok(bytes)
        } else {
            Err(FileError::Damaged(digest.to_owned()))
        }
    }
}

impl Store {
    /// Keeps files on disk, then says so in the record; their digests come back, in order. The
    /// caller then tells the matters of [`waiting_for`] that they have arrived.
    ///
    /// # Errors
    /// As [`FileStore::put`] and [`Store::change`] say. Sent again, it is harmless.
    pub fn put_files(
        &self,
        by: &str,
        folder: &FileStore,
        files: &[NewFile<'_>],
    ) -> Result<Vec<String>, FileError> {
        let digests = folder.put(files)?;
        let rows = digests.iter().zip(files).map(|(digest, file)| FileRow {
            digest: digest.clone(),
            bytes: file.bytes.len() as u64,
            media: file.media.to_owned(),
        });
        if !digests.is_empty() {
            self.change(by, Change::Files(rows.collect()))?;
        }
        Ok(digests)
    }
}

/// Open matters that wait for a file, oldest first; at most [`WAITING_MAX`]. It reads every open
/// matter: ask only when the sender of a file does not say for which matter it is.
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn waiting_for(db: &mut Db, digest: &str) -> Result<Vec<MatterId>, DbError> {
    if path_in(Path::new(""), digest).is_none() {
        return Ok(Vec::new());
    }
    let sql = "SELECT id, state FROM matter
               WHERE owner_unit IS NOT NULL AND state LIKE $1
               ORDER BY first_seq LIMIT $2";
    let values = [Value::Text(format!("%{digest}%")), Value::Int(WAITING_MAX)];
    let matters = db.all(sql, &values, |row| {
        serde_json::from_str::<Matter>(row.text(1)?).map_err(|it| {
            let id = row.text(0).unwrap_or_default();
            DbError::Unfit(format!("the row of matter {id} is damaged: {it}"))
        })
    })?;
    let waits = |it: &&Matter| it.files.iter().any(|it| it.digest == digest && !it.arrived);
    Ok(matters.iter().filter(waits).map(|it| it.id).collect())
}
