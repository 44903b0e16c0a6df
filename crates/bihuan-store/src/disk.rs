//! The file of a realm on its disk: who has it, and whether the disk takes anything.

use crate::db::DbError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

/// Takes the lock on a realm's file: SQLite lets two processes write in turn, but the second one
/// is a mistake of somebody, who should hear of it.
pub(crate) fn lock(path: &Path) -> Result<File, DbError> {
    // One file under two names is still one realm.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut name = path.clone().into_os_string();
    name.push(".lock");
    let unfit = |it: std::io::Error| {
        let why = format!("{}: {it}", path.display());
        if it.kind() == ErrorKind::ReadOnlyFilesystem {
            DbError::ReadOnly(why)
        } else {
            DbError::Unfit(why)
        }
    };
    let options = OpenOptions::new().create(true).truncate(false).write(true).open(&name);
    let file = options.map_err(unfit)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DbError::InUse(format!(
            "another process has {} open for writing; stop it, or send it the work",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(unfit(error)),
    }
}

/// Whether the disk that holds a file can only be read. It is tried: a disk that the system made so
/// after a fault still says that it can be written.
#[must_use]
pub fn is_read_only(path: &Path) -> bool {
    let mut probe = path.to_owned().into_os_string();
    probe.push(".probe");
    let tried = File::create(&probe).and_then(|_| std::fs::remove_file(&probe));
    tried.is_err_and(|it| it.kind() == ErrorKind::ReadOnlyFilesystem)
}
