//! Photos released to the public (公开照片): which covered copy of which file of which matter, by whom.
//!
//! Invariants: a copy has bytes of its own, kept like any file's, and is shown only while its row
//! stands; what it was made of is never shown instead; a file that is erased takes its row along.

use crate::db::{Db, DbError, Row, Value};
use crate::row::seq_value;
use bihuan_core::id::{AccountId, MatterId, PersonId};
use bihuan_core::time::Instant;

/// Matters whose rows one look-up of a copy reads.
const NAMING_MAX: i64 = 100;

/// A photo that was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Of which matter.
    pub matter: MatterId,
    /// SHA-256 of the original.
    pub digest: String,
    /// SHA-256 of the covered copy.
    pub copy: String,
    /// Number of bytes of the copy.
    pub bytes: u64,
    /// Its width, in pixels.
    pub width_px: u32,
    /// Its height, in pixels.
    pub height_px: u32,
    /// `covered` or `nothing_to_cover`.
    pub statement: String,
    /// What is covered, as JSON.
    pub covers: String,
    /// By which account.
    pub account: AccountId,
    /// By whom.
    pub person: PersonId,
    /// When.
    pub at: Instant,
}

const COLUMNS: &str = "matter, digest, copy, bytes_len, width, height, statement, covers,
    by_account, by_person, released_ms";

fn read(row: &Row<'_>) -> Result<Release, DbError> {
    let damaged = || DbError::Unfit("a row of photo_release is damaged".to_owned());
    let side = |it: i64| u32::try_from(it).map_err(|_| damaged());
    Ok(Release {
        matter: MatterId(row.text(0)?.parse().map_err(|_| damaged())?),
        digest: row.text(1)?.to_owned(),
        copy: row.text(2)?.to_owned(),
        bytes: row.count(3)?,
        width_px: side(row.int(4)?)?,
        height_px: side(row.int(5)?)?,
        statement: row.text(6)?.to_owned(),
        covers: row.text(7)?.to_owned(),
        account: AccountId::from(row.text(8)?),
        person: PersonId::from(row.text(9)?),
        at: Instant(row.int(10)?),
    })
}

fn key(matter: MatterId, digest: &str) -> [Value; 2] {
    [Value::Text(matter.to_string()), Value::Text(digest.to_owned())]
}

/// Releases a photo, or the same photo covered otherwise.
///
/// # Errors
/// As the database says.
pub fn put(db: &mut Db, it: &Release) -> Result<(), DbError> {
    take_back(db, it.matter, &it.digest)?;
    let row = vec![
        Value::Text(it.matter.to_string()),
        Value::Text(it.digest.clone()),
        Value::Text(it.copy.clone()),
        seq_value(it.bytes),
        Value::Int(i64::from(it.width_px)),
        Value::Int(i64::from(it.height_px)),
        Value::Text(it.statement.clone()),
        Value::Text(it.covers.clone()),
        Value::Text(it.account.0.clone()),
        Value::Text(it.person.0.clone()),
        Value::Int(it.at.0),
    ];
    db.insert(&format!("INSERT INTO photo_release ({COLUMNS}) VALUES"), &[row], "")
}

/// Takes a photo back; whether there was one.
///
/// # Errors
/// As the database says.
pub fn take_back(db: &mut Db, matter: MatterId, digest: &str) -> Result<bool, DbError> {
    let sql = "DELETE FROM photo_release WHERE matter = $1 AND digest = $2";
    Ok(db.execute(sql, &key(matter, digest))? > 0)
}

/// What was released of a file of a matter.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, matter: MatterId, digest: &str) -> Result<Option<Release>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM photo_release WHERE matter = $1 AND digest = $2");
    db.first(&sql, &key(matter, digest), read)
}

/// All that was released of a matter, in the order of release.
///
/// # Errors
/// As the database says.
pub fn of_matter(db: &mut Db, matter: MatterId) -> Result<Vec<Release>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM photo_release WHERE matter = $1 ORDER BY released_ms, digest"
    );
    db.all(&sql, &[Value::Text(matter.to_string())], read)
}

/// For which matters a copy was released.
///
/// # Errors
/// As the database says.
pub fn of_copy(db: &mut Db, copy: &str) -> Result<Vec<Release>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM photo_release WHERE copy = $1 ORDER BY released_ms LIMIT $2"
    );
    db.all(&sql, &[Value::Text(copy.to_owned()), Value::Int(NAMING_MAX)], read)
}

/// Whether any row names bytes: those of a copy that was taken back may go where none does.
///
/// # Errors
/// As the database says.
pub fn is_named(db: &mut Db, digest: &str) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM photo_release WHERE copy = $1
               UNION ALL SELECT 1 FROM picture_variant WHERE variant = $1
               UNION ALL SELECT 1 FROM file WHERE digest = $1 AND erased_seq IS NULL";
    let found = db.first(sql, &[Value::Text(digest.to_owned())], |_| Ok(()))?;
    Ok(found.is_some())
}
