//! Rows of files and pictures: that they are safe, that one was erased, that one was shown.

use crate::batch::Head;
use crate::db::{Db, Value};
use crate::execute::Moment;
use crate::retention;
use crate::row::seq_value;
use crate::rules::write::{held_back, put, some, text};
use crate::rules::{ChangeError, FileRow, OriginalShown, PictureRow};
use bihuan_core::content::{derive_salt, seal};
use bihuan_core::photo::{Flag, alike, look_parts};

/// Earlier pictures that one is compared with.
const COMPARED_MAX: i64 = 20_000;

pub(super) fn write(
    db: &mut Db,
    head: &Head,
    moment: Moment,
    files: &[FileRow],
) -> Result<u64, ChangeError> {
    let row = |it: &FileRow| {
        vec![text(&it.digest), seq_value(it.bytes), text(&it.media), Value::Int(head.now.0)]
    };
    let rows: Vec<_> = files.iter().map(row).collect();
    let tail = "ON CONFLICT (digest) DO NOTHING";
    let count =
        put(db, "INSERT INTO file (digest, bytes_len, media, arrived_ms) VALUES", &rows, tail);
    for file in files {
        if let Some(picture) = &file.picture {
            write_picture(db, moment, &file.digest, picture)?;
        }
    }
    count
}

/// Writes what is known about a picture, once, and never about one that is erased.
fn write_picture(
    db: &mut Db,
    moment: Moment,
    digest: &str,
    picture: &PictureRow,
) -> Result<(), ChangeError> {
    let of = [text(digest)];
    let is_erased = "SELECT 1 FROM file WHERE digest = $1 AND erased_seq IS NOT NULL";
    let is_known = "SELECT 1 FROM picture WHERE digest = $1";
    for sql in [is_erased, is_known] {
        if db.first(sql, &of, |_| Ok(()))?.is_some() {
            return Ok(());
        }
    }
    let mut flags = picture.flags.clone();
    flags.extend(earlier(db, digest, picture.look)?);
    let facts = picture.facts.as_ref().map(|facts| {
        let salt = derive_salt(&moment.salt, digest.as_bytes());
        (seal(&salt, facts.as_bytes()), salt, facts)
    });
    if let Some((reference, salt, facts)) = &facts {
        let row = vec![
            text(&reference.0),
            text("photo"),
            Value::Blob(salt.to_vec()),
            Value::Blob(facts.as_bytes().to_vec()),
        ];
        db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &[row], "")?;
    }
    let flags = serde_json::to_string(&flags).expect("flags have only string keys");
    let row = vec![
        text(digest),
        Value::Int(i64::from(picture.width_px)),
        Value::Int(i64::from(picture.height_px)),
        Value::Int(picture.look.cast_signed()),
        Value::Text(flags),
        some(facts.as_ref().map(|it| &it.0.0)),
    ];
    let sql = "INSERT INTO picture (digest, width, height, look, flags, facts_ref) VALUES";
    db.insert(sql, &[row], "")?;
    let parts = look_parts(picture.look).map(|it| vec![Value::Int(it), text(digest)]);
    db.insert("INSERT INTO picture_part (part, digest) VALUES", &parts, "")?;
    let variant = |it: &crate::rules::VariantRow| {
        vec![
            text(digest),
            Value::Int(i64::from(it.side_px)),
            text(&it.digest),
            seq_value(it.bytes),
            Value::Int(i64::from(it.width_px)),
            Value::Int(i64::from(it.height_px)),
        ]
    };
    let rows: Vec<_> = picture.variants.iter().map(variant).collect();
    db.insert(
        "INSERT INTO picture_variant (digest, side, variant, bytes_len, width, height) VALUES",
        &rows,
        "",
    )?;
    Ok(())
}

/// The earlier picture that looks most like one, where there is one.
fn earlier(db: &mut Db, digest: &str, look: u64) -> Result<Option<Flag>, ChangeError> {
    if alike(look, look).is_none() {
        return Ok(None);
    }
    let mut nearest: Option<(u32, String)> = None;
    for part in look_parts(look) {
        let values = [Value::Int(part), text(digest), Value::Int(COMPARED_MAX)];
        db.query(
            "SELECT picture.digest, picture.look
             FROM picture_part JOIN picture ON picture.digest = picture_part.digest
             WHERE picture_part.part = $1 AND picture.digest <> $2
             ORDER BY picture_part.digest LIMIT $3",
            &values,
            |row| {
                let found = alike(look, row.int(1)?.cast_unsigned());
                let found = found.map(|bits| (bits, row.text(0).map(ToOwned::to_owned)));
                if let Some((bits, digest)) = found {
                    let found = (bits, digest?);
                    if nearest.as_ref().is_none_or(|it| found < *it) {
                        nearest = Some(found);
                    }
                }
                Ok(())
            },
        )?;
    }
    Ok(nearest.map(|(bits, digest)| Flag::LooksLike { digest, bits }))
}

/// Marks a file as erased and removes what is known about it; the number of sealed texts erased.
pub(super) fn erase(db: &mut Db, head: &Head, digest: &str) -> Result<u64, ChangeError> {
    if let Some(matter) = retention::holds_file(db, digest, head.now)? {
        return Err(held_back(&matter));
    }
    let values = [text(digest), seq_value(head.seq)];
    let sql = "UPDATE file SET erased_seq = $2 WHERE digest = $1 AND erased_seq IS NULL";
    if db.execute(sql, &values)? == 0 {
        let fault = format!("there is no file {digest} to erase");
        return Err(ChangeError::Unsound(vec![fault]));
    }
    let texts = db.execute(
        "UPDATE content SET salt = NULL, bytes = NULL, erased_seq = $2
         WHERE erased_seq IS NULL AND kind = 'photo'
           AND ref IN (SELECT facts_ref FROM picture WHERE digest = $1)",
        &values,
    )?;
    for sql in [
        "DELETE FROM picture WHERE digest = $1",
        "DELETE FROM picture_part WHERE digest = $1",
        "DELETE FROM picture_variant WHERE digest = $1",
        "DELETE FROM photo_release WHERE digest = $1",
    ] {
        db.execute(sql, &values[..1])?;
    }
    Ok(texts)
}

pub(super) fn show(db: &mut Db, head: &Head, shown: &OriginalShown) -> Result<u64, ChangeError> {
    let row = vec![
        seq_value(head.seq),
        text(&shown.digest),
        Value::Text(shown.matter.to_string()),
        text(&shown.account.0),
        Value::Int(head.now.0),
    ];
    let sql = "INSERT INTO original_shown (seq, digest, matter, account, at_ms) VALUES";
    put(db, sql, &[row], "")
}
