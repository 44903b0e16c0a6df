//! Links to one matter (一事一链) for whoever fixes it without an account, and what they sent.
//!
//! Invariants: only the digest of a secret is kept; nothing here is part of the record of matters:
//! what a fixer sends is a proposal until somebody of the unit declares by an ordinary command;
//! a file is a link's only once its bytes have come by that link.

use crate::db::{Db, DbError, Row, Value};
use crate::page::matter_id;
use crate::text::Shown;
use bihuan_core::content::{ContentRef, derive_salt, seal};
use bihuan_core::id::{AccountId, MatterId, PersonId};
use bihuan_core::time::{HOUR_MS, Instant};
use bihuan_core::unit::UnitId;

/// Longest life of a link.
pub const LASTS_MAX_MS: i64 = 72 * HOUR_MS;
/// Most live links of one matter.
pub const LIVE_MAX: i64 = 5;
/// Links of one matter that a list shows, and proposals.
pub const LIST_MAX: i64 = 50;
/// Most files that come by one link.
pub const FILES_MAX: i64 = 12;
/// Most proposals by one link.
pub const PROPOSALS_MAX: i64 = 10;

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id, which is no secret.
    pub id: String,
    /// The matter.
    pub matter: MatterId,
    /// The account that made it.
    pub account: AccountId,
    /// The person.
    pub person: PersonId,
    /// The unit that handled the matter then: what comes by the link is that unit's.
    pub unit: UnitId,
    /// Who fixes it.
    pub fixer: Shown,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
    /// When it was first used.
    pub used_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl Link {
    /// Whether it is good at a moment.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && now < self.ends_at
    }
}

/// What a fixer says to have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Chosen by the sender.
    pub id: String,
    /// By which link.
    pub link: String,
    /// Of what matter.
    pub matter: MatterId,
    /// What was done.
    pub text: Shown,
    /// Photos, as JSON.
    pub files: String,
    /// When it came.
    pub at: Instant,
}

/// What became of a proposal that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// It is kept; so many there are of its matter now.
    New(i64),
    /// It was kept before.
    Again,
    /// Another one has its id.
    Conflict,
    /// The link has sent as many as it may.
    TooMany,
}

const COLUMNS: &str = "link.id, link.matter, link.account, link.person, link.unit,
    link.created_ms, link.ends_ms, link.used_ms, link.revoked_ms,
    content.ref, content.bytes, content.erased_seq";

fn read(row: &Row<'_>) -> Result<Link, DbError> {
    Ok(Link {
        id: row.text(0)?.to_owned(),
        matter: matter_id(row.text(1)?)?,
        account: AccountId::from(row.text(2)?),
        person: PersonId::from(row.text(3)?),
        unit: UnitId::from(row.text(4)?),
        created_at: Instant(row.int(5)?),
        ends_at: Instant(row.int(6)?),
        used_at: row.some_int(7)?.map(Instant),
        revoked_at: row.some_int(8)?.map(Instant),
        fixer: Shown::read(row, 9)?,
    })
}

/// Seals a text beside those of a matter, which erasure by kind finds; its reference.
///
/// # Errors
/// As the database says.
pub fn keep_text(
    db: &mut Db,
    matter: MatterId,
    (kind, salt, of): (&str, &[u8; 32], &str),
    text: &str,
) -> Result<ContentRef, DbError> {
    let salt = derive_salt(salt, of.as_bytes());
    let reference = seal(&salt, text.as_bytes());
    let row = vec![
        Value::Text(reference.0.clone()),
        Value::Text(matter.to_string()),
        Value::Text(kind.to_owned()),
        Value::Blob(salt.to_vec()),
        Value::Blob(text.as_bytes().to_vec()),
    ];
    db.insert("INSERT INTO content (ref, matter, kind, salt, bytes) VALUES", &[row], "")?;
    Ok(reference)
}

/// Adds a link under the digest of its secret; `false` where the matter has too many.
///
/// # Errors
/// As the database says.
pub fn add(
    db: &mut Db,
    digest: &[u8; 32],
    link: &Link,
    fixer: Option<&ContentRef>,
) -> Result<bool, DbError> {
    let sql = "SELECT COUNT(*) FROM link
               WHERE matter = $1 AND revoked_ms IS NULL AND ends_ms > $2";
    let of = [Value::Text(link.matter.to_string()), Value::Int(link.created_at.0)];
    if db.first(sql, &of, |row| row.int(0))?.unwrap_or(0) >= LIVE_MAX {
        return Ok(false);
    }
    let row = vec![
        Value::Text(link.id.clone()),
        Value::Blob(digest.to_vec()),
        Value::Text(link.matter.to_string()),
        Value::Text(link.account.0.clone()),
        Value::Text(link.person.0.clone()),
        Value::Text(link.unit.0.clone()),
        fixer.map_or(Value::Null, |it| Value::Text(it.0.clone())),
        Value::Int(link.created_at.0),
        Value::Int(link.ends_at.0),
    ];
    db.insert(
        "INSERT INTO link
         (id, digest, matter, account, person, unit, fixer_ref, created_ms, ends_ms) VALUES",
        &[row],
        "",
    )?;
    Ok(true)
}

/// The link under the digest of a secret, ended or not.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, digest: &[u8; 32]) -> Result<Option<Link>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM link LEFT JOIN content ON content.ref = link.fixer_ref
         WHERE link.digest = $1"
    );
    db.first(&sql, &[Value::Blob(digest.to_vec())], read)
}

/// The links of a matter, the newest first.
///
/// # Errors
/// As the database says.
pub fn of_matter(db: &mut Db, matter: MatterId) -> Result<Vec<Link>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM link LEFT JOIN content ON content.ref = link.fixer_ref
         WHERE link.matter = $1 ORDER BY link.created_ms DESC, link.id DESC LIMIT $2"
    );
    db.all(&sql, &[Value::Text(matter.to_string()), Value::Int(LIST_MAX)], read)
}

/// Revokes a link of a matter; whether there was one to revoke.
///
/// # Errors
/// As the database says.
pub fn revoke(db: &mut Db, matter: MatterId, id: &str, now: Instant) -> Result<bool, DbError> {
    let values = [Value::Text(matter.to_string()), Value::Text(id.to_owned()), Value::Int(now.0)];
    let sql = "UPDATE link SET revoked_ms = $3
               WHERE matter = $1 AND id = $2 AND revoked_ms IS NULL";
    Ok(db.execute(sql, &values)? > 0)
}

/// Notes the first use of a link; whether it is the first.
///
/// # Errors
/// As the database says.
pub fn used(db: &mut Db, id: &str, now: Instant) -> Result<bool, DbError> {
    let sql = "UPDATE link SET used_ms = $2 WHERE id = $1 AND used_ms IS NULL";
    Ok(db.execute(sql, &[Value::Text(id.to_owned()), Value::Int(now.0)])? > 0)
}

/// Files that have come by a link.
///
/// # Errors
/// As the database says.
pub fn files(db: &mut Db, link: &str) -> Result<Vec<String>, DbError> {
    let sql = "SELECT digest FROM link_file WHERE link = $1 ORDER BY digest";
    db.all(sql, &[Value::Text(link.to_owned())], |row| Ok(row.text(0)?.to_owned()))
}

/// Notes that the bytes of a file have come by a link, as far as it may send more.
///
/// # Errors
/// As the database says.
pub fn arrived(db: &mut Db, link: &str, digest: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO link_file (digest, link)
               SELECT $1, $2
               WHERE (SELECT COUNT(*) FROM link_file WHERE link = $2) < $3
               ON CONFLICT (digest, link) DO NOTHING";
    let values =
        [Value::Text(digest.to_owned()), Value::Text(link.to_owned()), Value::Int(FILES_MAX)];
    db.execute(sql, &values)?;
    Ok(())
}

/// Matters for which a file has come by a link.
///
/// # Errors
/// As the database says.
pub fn matters_of(db: &mut Db, digest: &str) -> Result<Vec<MatterId>, DbError> {
    let sql = "SELECT DISTINCT link.matter FROM link_file
               JOIN link ON link.id = link_file.link
               WHERE link_file.digest = $1
               LIMIT $2";
    let values = [Value::Text(digest.to_owned()), Value::Int(LIST_MAX)];
    db.all(sql, &values, |row| matter_id(row.text(0)?))
}

/// Keeps a proposal whose body has a digest, with a text that `seal` keeps.
///
/// # Errors
/// As the database says.
pub fn propose(
    db: &mut Db,
    proposal: &Proposal,
    body: &[u8; 32],
    seal: impl FnOnce(&mut Db) -> Result<ContentRef, DbError>,
) -> Result<Proposed, DbError> {
    let sql = "SELECT link, body_digest FROM proposal WHERE id = $1";
    let known = db.first(sql, &[Value::Text(proposal.id.clone())], |row| {
        Ok((row.text(0)?.to_owned(), row.blob(1)?.to_vec()))
    })?;
    if let Some((link, digest)) = known {
        let same = link == proposal.link && digest == body;
        return Ok(if same { Proposed::Again } else { Proposed::Conflict });
    }
    let sql = "SELECT COUNT(*) FROM proposal WHERE link = $1";
    let sent = db.first(sql, &[Value::Text(proposal.link.clone())], |row| row.int(0))?;
    if sent.unwrap_or(0) >= PROPOSALS_MAX {
        return Ok(Proposed::TooMany);
    }
    let reference = seal(db)?;
    let row = vec![
        Value::Text(proposal.id.clone()),
        Value::Text(proposal.link.clone()),
        Value::Text(proposal.matter.to_string()),
        Value::Blob(body.to_vec()),
        Value::Text(reference.0),
        Value::Text(proposal.files.clone()),
        Value::Int(proposal.at.0),
    ];
    db.insert(
        "INSERT INTO proposal (id, link, matter, body_digest, text_ref, files, at_ms) VALUES",
        &[row],
        "",
    )?;
    let sql = "SELECT COUNT(*) FROM proposal WHERE matter = $1";
    let of = [Value::Text(proposal.matter.to_string())];
    Ok(Proposed::New(db.first(sql, &of, |row| row.int(0))?.unwrap_or(0)))
}

/// The proposals of a matter, the newest first.
///
/// # Errors
/// As the database says.
pub fn proposals(db: &mut Db, matter: MatterId) -> Result<Vec<Proposal>, DbError> {
    let sql = "SELECT proposal.id, proposal.link, proposal.matter, proposal.files,
                 proposal.at_ms, content.ref, content.bytes, content.erased_seq
               FROM proposal LEFT JOIN content ON content.ref = proposal.text_ref
               WHERE proposal.matter = $1
               ORDER BY proposal.at_ms DESC, proposal.id DESC LIMIT $2";
    db.all(sql, &[Value::Text(matter.to_string()), Value::Int(LIST_MAX)], |row| {
        Ok(Proposal {
            id: row.text(0)?.to_owned(),
            link: row.text(1)?.to_owned(),
            matter: matter_id(row.text(2)?)?,
            files: row.text(3)?.to_owned(),
            at: Instant(row.int(4)?),
            text: Shown::read(row, 5)?,
        })
    })
}

/// The last entry of the record of a matter.
///
/// # Errors
/// As the database says.
pub fn last_seq(db: &mut Db, matter: MatterId) -> Result<u64, DbError> {
    let sql = "SELECT last_seq FROM matter WHERE id = $1";
    Ok(db.first(sql, &[Value::Text(matter.to_string())], |row| row.count(0))?.unwrap_or(0))
}
