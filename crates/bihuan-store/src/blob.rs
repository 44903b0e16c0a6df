//! Bytes of files, each under the SHA-256 of its bytes: in a folder of this machine, or in a
//! bucket of an S3 service. One library serves both.
//!
//! Invariants: when [`FileStore::put`] returns, the bytes survive power failure; what is there is
//! never changed; what is read has its digest.
//!
//! It waits for the storage: call it where waiting is allowed, never on a thread that serves
//! connections.

use crate::file::is_digest;
use crate::rules::ChangeError;
use bihuan_core::content::hex;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{
    ClientOptions, Error as StorageError, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most files of one call.
pub const FILES_PUT_MAX: usize = 256;
/// How often an S3 service is asked again before we give up.
const TRIES_MAX: usize = 4;
/// How long all tries of one request may take.
const TRYING_MAX: Duration = Duration::from_secs(30);

/// Where files are kept: content-addressed, `ab/cdef…`.
pub struct FileStore {
    objects: Arc<dyn ObjectStore>,
    /// What the library waits on; taken when we close.
    runtime: Option<Runtime>,
    /// The folder, where it is one.
    folder: Option<PathBuf>,
    /// What comes before the key in a bucket.
    prefix: String,
    name: String,
}

/// Where the files of a realm are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePlace {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a bucket.
    S3(S3Place),
}

impl FilePlace {
    /// Opens it for keeping files, making a folder that is missing.
    ///
    /// # Errors
    /// As the system says, or where the bucket cannot be one.
    pub fn open(&self) -> Result<FileStore, FileError> {
        match self {
            FilePlace::Folder(folder) => FileStore::open(folder),
            FilePlace::S3(place) => FileStore::s3(place),
        }
    }

    /// Opens it for reading; a folder that is missing holds no file.
    ///
    /// # Errors
    /// As the system says, or where the bucket cannot be one.
    pub fn look(&self) -> Result<FileStore, FileError> {
        match self {
            FilePlace::Folder(folder) => FileStore::look(folder),
            FilePlace::S3(place) => FileStore::s3(place),
        }
    }
}

/// A bucket of an S3 service.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Place {
    /// Address of the service, such as `https://s3.example:8333`; that of AWS where it is none.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// Bucket; it has to be there.
    pub bucket: String,
    /// What each key begins with; may be empty.
    pub prefix: String,
    /// Access key.
    pub key: String,
    /// Secret key.
    pub secret: String,
}

impl std::fmt::Debug for S3Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither key may reach a log.
        write!(out, "s3://{}/{}", self.bucket, self.prefix)
    }
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
    #[error("file {0} was changed where it is kept; restore it from a backup")]
    Damaged(String),
    /// The system could not.
    #[error("failed to use `{path}`: {source}")]
    System {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder or bucket could not.
    #[error("failed to use `{place}`: {source}")]
    Storage {
        /// Which folder or bucket.
        place: String,
        /// What it said.
        source: Box<StorageError>,
    },
    /// The files are safe, the record does not say so; keeping them again is harmless.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

impl FileError {
    /// A stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        use io::ErrorKind::{ReadOnlyFilesystem, StorageFull};
        match self {
            FileError::TooMuch => "too_much",
            FileError::None(_) => "no_such_file",
            FileError::Damaged(_) => "file_damaged",
            FileError::System { source, .. } if is(StorageFull, source) => "disk_full",
            FileError::Storage { source, .. } if is(StorageFull, &**source) => "disk_full",
            FileError::System { source, .. } if is(ReadOnlyFilesystem, source) => "read_only",
            FileError::Storage { source, .. } if is(ReadOnlyFilesystem, &**source) => "read_only",
            FileError::System { .. } => "failed",
            FileError::Storage { .. } => "files_unreachable",
            FileError::Change(ChangeError::Db(error)) => error.code(),
            FileError::Change(_) => "unsound",
        }
    }
}

/// Whether somewhere below an error the disk is full, or another such kind.
fn is(kind: io::ErrorKind, error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(it) = next {
        if it.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == kind) {
            return true;
        }
        next = it.source();
    }
    false
}

fn at(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    |source| FileError::System { path: path.to_owned(), source }
}

impl FileStore {
    /// Opens a folder of files, making it where it is missing.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(folder: &Path) -> Result<FileStore, FileError> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        FileStore::look(folder)
    }

    /// Opens a folder of files to read them; one that is missing holds none.
    ///
    /// # Errors
    /// As the system says.
    pub fn look(folder: &Path) -> Result<FileStore, FileError> {
        let name = folder.display().to_string();
        if !folder.is_dir() {
            return FileStore::over(Arc::new(InMemory::new()), name);
        }
        let place = name.clone();
        let wrong = |it| FileError::Storage { place, source: Box::new(it) };
        let objects = LocalFileSystem::new_with_prefix(folder).map_err(wrong)?.with_fsync(true);
        let mut store = FileStore::over(Arc::new(objects), name)?;
        store.folder = Some(folder.to_owned());
        Ok(store)
    }

    /// Opens a bucket; it is first asked when a file is.
    ///
    /// # Errors
    /// Where the place cannot be one.
    pub fn s3(place: &S3Place) -> Result<FileStore, FileError> {
        let retry = RetryConfig { max_retries: TRIES_MAX, ..RetryConfig::default() };
        let retry = RetryConfig { retry_timeout: TRYING_MAX, ..retry };
        let endpoint = place.endpoint.as_deref();
        let is_open = endpoint.is_some_and(|it| it.starts_with("http://"));
        let options = ClientOptions::new()
            .with_allow_http(is_open)
            .with_connect_timeout(Duration::from_secs(5))
            .with_timeout(TRYING_MAX);
        let mut builder = AmazonS3Builder::new()
            .with_client_options(options)
            .with_retry(retry)
            .with_region(&place.region)
            .with_bucket_name(&place.bucket)
            .with_access_key_id(&place.key)
            .with_secret_access_key(&place.secret);
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let name = format!("{place:?}");
        let objects = builder
            .build()
            .map_err(|it| FileError::Storage { place: name.clone(), source: Box::new(it) })?;
        let mut store = FileStore::over(Arc::new(objects), name)?;
        store.prefix = place.prefix.trim_matches('/').to_owned();
        Ok(store)
    }

    fn over(objects: Arc<dyn ObjectStore>, name: String) -> Result<FileStore, FileError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(at(Path::new(&name)))?;
        let prefix = String::new();
        Ok(FileStore { objects, runtime: Some(runtime), folder: None, prefix, name })
    }

    /// The folder, where the files are in one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it is taken on closing only")
    }

    fn key(&self, digest: &str) -> Key {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        Key::from(format!("{}{slash}{}/{}", self.prefix, &digest[..2], &digest[2..]))
    }

    fn wrong(&self) -> impl Fn(StorageError) -> FileError + '_ {
        |it| FileError::Storage { place: self.name.clone(), source: Box::new(it) }
    }

    /// Keeps files and gives their digests, in order. When it returns they survive power failure.
    /// One that is kept already is left alone; one that was damaged is replaced.
    ///
    /// # Errors
    /// [`FileError::TooMuch`] before anything is written, or as the storage says.
    pub fn put(&self, files: &[NewFile<'_>]) -> Result<Vec<String>, FileError> {
        let too_large = |it: &NewFile<'_>| it.bytes.len() > FILE_BYTES_MAX;
        if files.len() > FILES_PUT_MAX || files.iter().any(too_large) {
            return Err(FileError::TooMuch);
        }
        let mut digests = Vec::with_capacity(files.len());
        let mut there = BTreeSet::new();
        for file in files {
            let digest = hex(&Sha256::digest(file.bytes));
            if self.digest(&digest)?.as_ref() == Some(&digest) {
                there.insert(digest[..2].to_owned());
            } else {
                let payload = PutPayload::from(file.bytes.to_vec());
                let key = self.key(&digest);
                self.runtime().block_on(self.objects.put(&key, payload)).map_err(self.wrong())?;
            }
            digests.push(digest);
        }
        if let Some(folder) = &self.folder {
            // Whoever wrote one that is there may not have made its name durable yet.
            for below in there.iter().map(|it| folder.join(it)).chain([folder.clone()]) {
                File::open(&below).and_then(|it| it.sync_all()).map_err(at(&below))?;
            }
        }
        Ok(digests)
    }

    /// The digest that the bytes kept under one have; none where nothing is.
    ///
    /// # Errors
    /// As the storage says.
    pub fn digest(&self, digest: &str) -> Result<Option<String>, FileError> {
        if !is_digest(digest) {
            return Ok(None);
        }
        let read = async {
            let got = match self.objects.get(&self.key(digest)).await {
                Err(StorageError::NotFound { .. }) => return Ok(None),
                other => other?,
            };
            let mut hash = Sha256::new();
            let mut parts = got.into_stream();
            while let Some(part) = parts.try_next().await? {
                hash.update(&part);
            }
            Ok(Some(hex(&hash.finalize())))
        };
        self.runtime().block_on(read).map_err(self.wrong())
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`FileError::None`], [`FileError::Damaged`], or as the storage says.
    pub fn read(&self, digest: &str) -> Result<Vec<u8>, FileError> {
        let none = || FileError::None(digest.to_owned());
        if !is_digest(digest) {
            return Err(none());
        }
        let key = self.key(digest);
        let read = async { self.objects.get(&key).await?.bytes().await };
        let bytes = match self.runtime().block_on(read) {
            Err(StorageError::NotFound { .. }) => return Err(none()),
            other => other.map_err(self.wrong())?,
        };
        if hex(&Sha256::digest(&bytes)) == digest {
            Ok(bytes.to_vec())
        } else {
            Err(FileError::Damaged(digest.to_owned()))
        }
    }

    /// Removes a file; whether one was there.
    ///
    /// # Errors
    /// As the storage says.
    pub fn remove(&self, digest: &str) -> Result<bool, FileError> {
        if !is_digest(digest) {
            return Ok(false);
        }
        let key = self.key(digest);
        let remove = async {
            match self.objects.head(&key).await {
                Err(StorageError::NotFound { .. }) => return Ok(false),
                other => other?,
            };
            self.objects.delete(&key).await.map(|()| true)
        };
        let removed = self.runtime().block_on(remove).map_err(self.wrong())?;
        if let (true, Some(folder)) = (removed, &self.folder) {
            // What was erased must not come back after a power failure.
            let below = folder.join(&digest[..2]);
            File::open(&below).and_then(|it| it.sync_all()).map_err(at(&below))?;
        }
        Ok(removed)
    }

    /// The digests of all files, sorted; what is not named by one is passed over.
    ///
    /// # Errors
    /// As the storage says.
    pub fn all(&self) -> Result<Vec<String>, FileError> {
        let prefix = (!self.prefix.is_empty()).then(|| Key::from(self.prefix.clone()));
        let listed = self.objects.list(prefix.as_ref()).map(|it| {
            it.map(|it| {
                let parts: Vec<String> =
                    it.location.parts().map(|it| it.as_ref().to_owned()).collect();
                match parts.as_slice() {
                    [.., first, rest] => format!("{first}{rest}"),
                    _ => String::new(),
                }
            })
        });
        let all: Vec<String> =
            self.runtime().block_on(listed.try_collect()).map_err(self.wrong())?;
        let mut all: Vec<String> = all.into_iter().filter(|it| is_digest(it)).collect();
        all.sort();
        Ok(all)
    }

    /// Whether the folder or bucket answers.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check(&self) -> Result<(), FileError> {
        let missing = self.key(&"0".repeat(64));
        match self.runtime().block_on(self.objects.list(Some(&missing)).next()) {
            Some(Err(error)) => Err(self.wrong()(error)),
            _ => Ok(()),
        }
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        // Waiting for it would not be allowed where the last owner may be.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
