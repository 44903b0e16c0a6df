//! Files of matters: what the record says of each, and which matters name it.
//!
//! Invariants: a file is whole and durable in its [`FileStore`] before any row names it; what is
//! known about a picture lies beside its row and goes when the file is erased.

pub use crate::blob::{
    FILE_BYTES_MAX, FILES_PUT_MAX, FileError, FilePlace, FileStore, NewFile, S3Place,
};

use crate::db::{Db, DbError, Value};
use crate::matter::each;
use crate::rules::{Change, ChangeError, FileRow, VariantRow};
use crate::store::Store;
use bihuan_core::id::MatterId;
use bihuan_core::matter::Matter;
use bihuan_core::photo::{Facts, Flag};
use bihuan_core::time::Instant;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most matters that are told to wait for one file.
pub const WAITING_MAX: i64 = 1_000;

/// Whether a text is the SHA-256 of a file: 64 lower-case hexadecimal digits.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    let plain = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    text.len() == 64 && text.bytes().all(plain)
}

/// The SHA-256 of what a file of the system holds, in hex.
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
            return Ok(bihuan_core::content::hex(&hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

impl Store {
    /// Keeps files, then says so in the record; their digests come back, in order. The caller then
    /// tells the matters of [`waiting_for`] that they have arrived.
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
            picture: None,
        });
        if !digests.is_empty() {
            self.change(by, Change::Files(rows.collect()))?;
        }
        Ok(digests)
    }

    /// Erases a file by a recorded act, and then its bytes; whether the record did not say so yet.
    /// Done again, it removes bytes that an attempt which was cut off left.
    ///
    /// # Errors
    /// Where there is no such file, or as the storage says.
    pub fn erase_file(&self, by: &str, files: &FileStore, digest: &str) -> Result<bool, FileError> {
        let known = self.read(|db| file(db, digest)).map_err(ChangeError::Db)?;
        let Some(known) = known else { return Err(FileError::None(digest.to_owned())) };
        // Smaller copies go first: without their rows nobody could name them any more.
        for variant in self.read(|db| own_variants(db, digest)).map_err(ChangeError::Db)? {
            files.remove(&variant)?;
        }
        if known.erased_seq.is_none() {
            self.change(by, Change::EraseFile(digest.to_owned()))?;
        }
        files.remove(digest)?;
        Ok(known.erased_seq.is_none())
    }
}

/// A file as the record knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownFile {
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Number of bytes.
    pub bytes: u64,
    /// Media type.
    pub media: String,
    /// When it arrived.
    pub arrived_at: Instant,
    /// The entry that erased it.
    pub erased_seq: Option<u64>,
}

/// What is known about a picture that is not erased.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownPicture {
    /// Width as it is seen, in pixels.
    pub width_px: u32,
    /// Height as it is seen, in pixels.
    pub height_px: u32,
    /// What a person should look at.
    pub flags: Vec<Flag>,
    /// What camera and phone said.
    pub facts: Option<Facts>,
    /// What is served instead of it, smallest first.
    pub variants: Vec<VariantRow>,
}

/// A file by its digest; `None` where the record knows none.
///
/// # Errors
/// As the database says.
pub fn file(db: &mut Db, digest: &str) -> Result<Option<KnownFile>, DbError> {
    let sql = "SELECT bytes_len, media, arrived_ms, erased_seq FROM file WHERE digest = $1";
    db.first(sql, &[Value::Text(digest.to_owned())], |row| {
        Ok(KnownFile {
            digest: digest.to_owned(),
            bytes: row.count(0)?,
            media: row.text(1)?.to_owned(),
            arrived_at: Instant(row.int(2)?),
            erased_seq: row.some_int(3)?.and_then(|it| u64::try_from(it).ok()),
        })
    })
}

/// What is known about a picture by its digest.
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn picture(db: &mut Db, digest: &str) -> Result<Option<KnownPicture>, DbError> {
    let of = [Value::Text(digest.to_owned())];
    let damaged = |it: &dyn std::fmt::Display| {
        DbError::Unfit(format!("the row of picture {digest} is damaged: {it}"))
    };
    let side = |it: i64| u32::try_from(it).map_err(|it| damaged(&it));
    let variants = db.all(
        "SELECT side, variant, bytes_len, width, height FROM picture_variant
         WHERE digest = $1 ORDER BY side",
        &of,
        |row| {
            Ok(VariantRow {
                side_px: side(row.int(0)?)?,
                digest: row.text(1)?.to_owned(),
                bytes: row.count(2)?,
                width_px: side(row.int(3)?)?,
                height_px: side(row.int(4)?)?,
            })
        },
    )?;
    let sql = "SELECT picture.width, picture.height, picture.flags, content.bytes
               FROM picture LEFT JOIN content ON content.ref = picture.facts_ref
               WHERE picture.digest = $1";
    db.first(sql, &of, |row| {
        let facts = row.some_blob(3)?.map(serde_json::from_slice).transpose();
        Ok(KnownPicture {
            width_px: side(row.int(0)?)?,
            height_px: side(row.int(1)?)?,
            flags: serde_json::from_str(row.text(2)?).map_err(|it| damaged(&it))?,
            facts: facts.map_err(|it| damaged(&it))?,
            variants: variants.clone(),
        })
    })
}

/// Smaller copies of a picture, and covered ones, that no other picture has too.
fn own_variants(db: &mut Db, digest: &str) -> Result<Vec<String>, DbError> {
    let sql = "SELECT variant FROM
                 (SELECT variant FROM picture_variant WHERE digest = $1
                  UNION SELECT copy AS variant FROM photo_release WHERE digest = $1) AS own
               WHERE variant NOT IN
                 (SELECT variant FROM picture_variant WHERE digest <> $1)
                 AND variant NOT IN (SELECT copy FROM photo_release WHERE digest <> $1)
                 AND variant NOT IN (SELECT digest FROM file WHERE erased_seq IS NULL)";
    db.all(sql, &[Value::Text(digest.to_owned())], |row| Ok(row.text(0)?.to_owned()))
}

/// Matters that name files which have arrived since `since`: whoever brought one may have been cut
/// off before the matters were told. At most [`WAITING_MAX`] pairs of matter and digest.
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn untold(db: &mut Db, since: Instant) -> Result<Vec<(MatterId, String)>, DbError> {
    let sql = "SELECT matter_file.digest, matter.id, matter.state
               FROM file
               JOIN matter_file ON matter_file.digest = file.digest
               JOIN matter ON matter.id = matter_file.matter
               WHERE file.arrived_ms >= $1 AND file.erased_seq IS NULL
               ORDER BY matter.first_seq, matter_file.digest";
    let mut pairs = Vec::new();
    db.query(sql, &[Value::Int(since.0)], |row| {
        let (digest, id) = (row.text(0)?, row.text(1)?);
        let matter: Matter = serde_json::from_str(row.text(2)?)
            .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))?;
        let waits = matter.files.iter().any(|it| it.digest == digest && !it.arrived);
        if waits && pairs.len() < WAITING_MAX as usize {
            pairs.push((matter.id, digest.to_owned()));
        }
        Ok(())
    })?;
    Ok(pairs)
}

/// Matters that wait for a file, oldest first; at most [`WAITING_MAX`].
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn waiting_for(db: &mut Db, digest: &str) -> Result<Vec<MatterId>, DbError> {
    let matters = naming(db, digest)?;
    let waits = |it: &&Matter| it.files.iter().any(|it| it.digest == digest && !it.arrived);
    Ok(matters.iter().filter(waits).map(|it| it.id).collect())
}

/// Matters that name a file, oldest first; at most [`WAITING_MAX`].
///
/// # Errors
/// As the database says, or where a row is damaged.
pub fn naming(db: &mut Db, digest: &str) -> Result<Vec<Matter>, DbError> {
    let sql = "SELECT matter.id, matter.state
               FROM matter_file JOIN matter ON matter.id = matter_file.matter
               WHERE matter_file.digest = $1
               ORDER BY matter.first_seq LIMIT $2";
    let values = [Value::Text(digest.to_owned()), Value::Int(WAITING_MAX)];
    db.all(sql, &values, |row| {
        serde_json::from_str::<Matter>(row.text(1)?).map_err(|it| {
            let id = row.text(0).unwrap_or_default();
            DbError::Unfit(format!("the row of matter {id} is damaged: {it}"))
        })
    })
}

/// Fills the index of files of a realm that lived before there was one.
pub(crate) fn index(db: &mut Db) -> Result<(), DbError> {
    each(db, |db, matters| {
        let pair = |digest: &str, matter: &Matter| {
            vec![Value::Text(digest.to_owned()), Value::Text(matter.id.to_string())]
        };
        let rows: Vec<Vec<Value>> = matters
            .iter()
            .flat_map(|(_, it)| it.files.iter().map(move |file| pair(&file.digest, it)))
            .collect();
        db.insert("INSERT INTO matter_file (digest, matter) VALUES", &rows, "")
    })
}
