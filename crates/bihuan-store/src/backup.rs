//! Backups: the whole realm, read in one snapshot while it stays in use, written to a folder that
//! proves itself. A backup is always a realm in a file, so it also moves a realm from one database
//! to the other.
//!
//! Invariant: a folder with a manifest is whole; one without is not a backup.

use crate::db::{Db, DbError, Role, Value};
use crate::dialect::{self, Target};
use crate::file::{FileError, FilePlace, FileStore, NewFile, digest_of};
use crate::migrate::{migrate, tables};
use crate::search;
use crate::verify::{VerifyReport, verify};
use bihuan_core::content::hex;
use bihuan_core::merkle::Frontier;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file of the realm in a backup.
pub const REALM_FILE: &str = "realm.db";
/// The folder of its files.
pub const FILES_FOLDER: &str = "files";
/// The file that makes a folder a backup.
pub const MANIFEST: &str = "manifest.json";
/// Rows that one insert of a copy takes.
const ROWS: usize = 64;

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Entries of the record.
    pub entries: u64,
    /// Merkle root.
    pub root: String,
    /// SHA-256 of each file, by its path in the folder.
    pub files: BTreeMap<String, String>,
}

/// Why a backup was not made or not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder is not empty.
    #[error("`{0}` is not empty; name an empty folder")]
    NotEmpty(PathBuf),
    /// The folder holds no whole backup.
    #[error("`{path}` is no whole backup: {why}")]
    NotWhole {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A restored realm does not verify.
    #[error("the restored realm has {} faults", .0.faults_total)]
    NotSound(Box<VerifyReport>),
    /// A file could not be used.
    #[error("failed to use `{path}`")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Files could not be read or kept.
    #[error(transparent)]
    Kept(#[from] FileError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> BackupError + '_ {
    |source| BackupError::File { path: path.to_owned(), source }
}

/// Backs a realm up into an empty or missing folder, while it stays in use. `files` is where its
/// files are kept; `progress` hears the tables and files done. It is written beside and gets its
/// name when it is whole.
///
/// # Errors
/// Where the folder is not empty, or as the database or the system says.
pub fn backup(
    from: &Target,
    files: &FileStore,
    to: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Manifest, BackupError> {
    empty(to)?;
    let beside = beside(to, ".partial");
    clear(&beside)?;
    fs::create_dir_all(&beside).map_err(at(&beside))?;
    let written = write(from, files, &beside, progress).and_then(|manifest| {
        settle(&beside, to)?;
        Ok(manifest)
    });
    if written.is_err() {
        // The first error is the one to tell.
        let _ = clear(&beside);
    }
    written
}

fn write(
    from: &Target,
    files: &FileStore,
    to: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Manifest, BackupError> {
    let realm = to.join(REALM_FILE);
    let mut digests = BTreeMap::new();
    let (entries, root) = {
        let mut source = Db::connect(from, Role::Reader)?;
        let mut copy = Db::connect(&Target::Sqlite(realm.clone()), Role::Writer)?;
        copy_realm(&mut source, &mut copy, progress)?;
        copy.commit()?;
        // One file, without the log beside it.
        copy.run("PRAGMA journal_mode = DELETE")?;
        head(&mut copy)?
    };
    clear(&beside(&realm, ".lock"))?;
    sync(&realm)?;
    digests.insert(REALM_FILE.to_owned(), digest(&realm)?);
    for digest in files.all()? {
        // One that was erased since the list was made is no loss.
        let bytes = match files.read(&digest) {
            Err(FileError::None(_)) => continue,
            other => other?,
        };
        let name = format!("{FILES_FOLDER}/{}/{}", &digest[..2], &digest[2..]);
        let copy = to.join(&name);
        write_file(&copy, &bytes)?;
        progress(&name);
        digests.insert(name, digest);
    }
    let manifest = Manifest { entries, root, files: digests };
    let text = serde_json::to_vec_pretty(&manifest).expect("a manifest has only string keys");
    let path = to.join(MANIFEST);
    let mut file = File::create(&path).map_err(at(&path))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(at(&path))?;
    sync(to)?;
    Ok(manifest)
}

/// Restores a backup into an empty target; `files` is where its files go. The realm is there only
/// once it is verified.
///
/// # Errors
/// Where the backup is not whole, the target is not empty, or the restored realm does not verify:
/// then the target is as empty as before, but for files in a bucket, which no realm names.
pub fn restore(
    from: &Path,
    to: &Target,
    files: &FilePlace,
    progress: &mut dyn FnMut(&str),
) -> Result<VerifyReport, BackupError> {
    let manifest = check(from)?;
    let files = match files {
        FilePlace::Folder(files) => files,
        FilePlace::S3(place) => {
            let store = FileStore::s3(place)?;
            for name in named(&manifest) {
                let path = from.join(FILES_FOLDER).join(name);
                let bytes = fs::read(&path).map_err(at(&path))?;
                store.put(&[NewFile { bytes: &bytes, media: "" }])?;
                progress(name);
            }
            let moved = |report: &VerifyReport| proved(report, &manifest, from);
            return restore_realm(from, to, &store, moved, progress);
        }
    };
    empty(files)?;
    let new_files = beside(files, ".restoring");
    clear(&new_files)?;
    fs::create_dir_all(&new_files).map_err(at(&new_files))?;
    let restored = (|| {
        for name in named(&manifest) {
            copy_file(&from.join(FILES_FOLDER).join(name), &new_files.join(name))?;
            progress(name);
        }
        let moved = |report: &VerifyReport| {
            proved(report, &manifest, from)?;
            settle(&new_files, files)
        };
        restore_realm(from, to, &FileStore::look(&new_files)?, moved, progress)
    })();
    if restored.is_err() {
        // The first error is the one to tell.
        let _ = clear(&new_files);
    }
    restored
}

/// The names of the files of a backup, below their folder.
fn named(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let prefix = format!("{FILES_FOLDER}/");
    manifest.files.keys().filter_map(move |it| it.strip_prefix(&prefix))
}

fn restore_realm(
    from: &Path,
    to: &Target,
    files: &FileStore,
    moved: impl FnOnce(&VerifyReport) -> Result<(), BackupError>,
    progress: &mut dyn FnMut(&str),
) -> Result<VerifyReport, BackupError> {
    let realm = from.join(REALM_FILE);
    match to {
        Target::Sqlite(path) => restore_file(&realm, path, files, moved),
        Target::Postgres(_) => restore_schema(&realm, to, files, moved, progress),
    }
}

/// What was restored must hold, and be what the manifest says.
fn proved(report: &VerifyReport, manifest: &Manifest, from: &Path) -> Result<(), BackupError> {
    if !report.is_sound() {
        return Err(BackupError::NotSound(Box::new(report.clone())));
    }
    if report.root != manifest.root || report.entries != manifest.entries {
        let why = "its record is not the one that the manifest names".to_owned();
        return Err(BackupError::NotWhole { path: from.join(MANIFEST), why });
    }
    Ok(())
}

/// A file beside, verified, and only then under its name.
fn restore_file(
    realm: &Path,
    path: &Path,
    files: &FileStore,
    moved: impl FnOnce(&VerifyReport) -> Result<(), BackupError>,
) -> Result<VerifyReport, BackupError> {
    if path.exists() {
        return Err(BackupError::NotEmpty(path.to_owned()));
    }
    let new = beside(path, ".restoring");
    copy_file(realm, &new)?;
    let report = (|| {
        let mut db = Db::connect(&Target::Sqlite(new.clone()), Role::Reader)?;
        let report = verify(&mut db, Some(files), &mut |_, _| {})?;
        moved(&report)?;
        Ok(report)
    })();
    if report.is_err() {
        // The first error is the one to tell.
        let _ = clear(&new);
    } else {
        fs::rename(&new, path).map_err(at(path))?;
        sync(parent(path))?;
    }
    report
}

/// A schema in one transaction, verified within it.
fn restore_schema(
    realm: &Path,
    to: &Target,
    files: &FileStore,
    moved: impl FnOnce(&VerifyReport) -> Result<(), BackupError>,
    progress: &mut dyn FnMut(&str),
) -> Result<VerifyReport, BackupError> {
    let mut source = Db::connect(&Target::Sqlite(realm.to_owned()), Role::Reader)?;
    let mut copy = Db::connect(to, Role::Writer)?;
    copy_realm(&mut source, &mut copy, progress)?;
    let report = verify(&mut copy, Some(files), &mut |_, _| {});
    let proved = report.map_err(BackupError::from).and_then(|report| {
        moved(&report)?;
        Ok(report)
    });
    if proved.is_err() {
        copy.rollback();
        return proved;
    }
    copy.commit()?;
    proved
}

/// Whether a folder is a whole backup: the manifest, and each file with its digest.
fn check(folder: &Path) -> Result<Manifest, BackupError> {
    let path = folder.join(MANIFEST);
    let not_whole = |path: &Path, why: String| BackupError::NotWhole { path: path.into(), why };
    let text = fs::read(&path).map_err(|it| not_whole(&path, it.to_string()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|it| not_whole(&path, it.to_string()))?;
    if !manifest.files.contains_key(REALM_FILE) {
        return Err(not_whole(&path, format!("it does not name {REALM_FILE}")));
    }
    for (name, expected) in &manifest.files {
        let path = folder.join(name);
        let inside = name.split('/').all(|it| !it.is_empty() && it != "." && it != "..");
        let got = if inside { digest(&path) } else { Ok(String::new()) };
        match got {
            Ok(got) if got == *expected => {}
            Ok(_) => return Err(not_whole(&path, "it does not have its digest".into())),
            Err(error) => return Err(not_whole(&path, error.to_string())),
        }
    }
    Ok(manifest)
}

/// Copies every table in one snapshot; full text is made anew from the texts. `to` is left in its
/// transaction, for the caller to commit.
fn copy_realm(
    from: &mut Db,
    to: &mut Db,
    progress: &mut dyn FnMut(&str),
) -> Result<(), BackupError> {
    migrate(to)?;
    let founded = to.first("SELECT COUNT(*) FROM head", &[], |row| row.int(0))?;
    if founded != Some(0) {
        return Err(DbError::Unfit("there is a realm in it already".into()).into());
    }
    from.snapshot()?;
    to.begin()?;
    for table in tables() {
        let head = format!("INSERT INTO {} ({}) VALUES", table.name, table.columns);
        let sql = format!("SELECT {} FROM {}", table.columns, table.name);
        let mut rows: Vec<Vec<Value>> = Vec::with_capacity(ROWS);
        dialect::each_row(from, &sql, &mut |row| {
            rows.push(crate::verify::values(row, &table.kinds)?);
            if rows.len() == ROWS {
                to.insert(&head, &rows, "")?;
                rows.clear();
            }
            Ok(())
        })?;
        to.insert(&head, &rows, "")?;
        progress(&table.name);
    }
    let texts = search::titles(from)?;
    dialect::insert_search(to, &texts)?;
    from.rollback();
    Ok(())
}

fn head(db: &mut Db) -> Result<(u64, String), DbError> {
    let head = db.first("SELECT seq, frontier FROM head WHERE id = 1", &[], |row| {
        Ok((row.count(0)?, row.blob(1)?.to_vec()))
    })?;
    let (entries, frontier) = head.ok_or_else(|| DbError::Unfit("it has no head row".into()))?;
    let frontier = Frontier::from_bytes(&frontier)
        .map_err(|it| DbError::Unfit(format!("its head is damaged: {it}")))?;
    Ok((entries, hex(&frontier.root())))
}

fn empty(folder: &Path) -> Result<(), BackupError> {
    let entries = fs::read_dir(folder).map(|mut it| it.next().is_some());
    if entries.unwrap_or(false) { Err(BackupError::NotEmpty(folder.into())) } else { Ok(()) }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path with something after its name.
fn beside(path: &Path, mark: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(mark);
    PathBuf::from(name)
}

/// Removes what an earlier attempt of ours left.
fn clear(path: &Path) -> Result<(), BackupError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// Gives a whole folder its name, in the place of an empty one.
fn settle(whole: &Path, to: &Path) -> Result<(), BackupError> {
    if to.exists() {
        fs::remove_dir(to).map_err(at(to))?;
    }
    fs::rename(whole, to).map_err(at(to))?;
    sync(parent(to))
}

fn write_file(to: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    fs::create_dir_all(parent(to)).map_err(at(to))?;
    let mut file = File::create(to).map_err(at(to))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(to))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::create_dir_all(parent(to)).map_err(at(to))?;
    fs::copy(from, to).map_err(at(to))?;
    sync(to)
}

fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|it| it.sync_all()).map_err(at(path))
}

fn digest(path: &Path) -> Result<String, BackupError> {
    digest_of(path).map_err(at(path))
}
