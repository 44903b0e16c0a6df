//! What people are told of how their data is used, version by version.
//!
//! Invariant: a version that was published never changes.

use crate::db::{Db, DbError, Row, Value};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;

/// A version of the notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its number, from 1.
    pub rev: i64,
    /// What it says.
    pub text: Text,
    /// Since when.
    pub published_at: Instant,
}

/// Publishes the next version; its number.
///
/// # Errors
/// As the database says.
pub fn publish(db: &mut Db, text: &Text, now: Instant) -> Result<i64, DbError> {
    let rev = newest(db)?.map_or(1, |it| it.rev + 1);
    let row = vec![
        Value::Int(rev),
        Value::Text(text.zh.clone()),
        Value::Text(text.en.clone()),
        Value::Int(now.0),
    ];
    db.insert("INSERT INTO notice (rev, zh, en, published_ms) VALUES", &[row], "")?;
    Ok(rev)
}

/// The newest version.
///
/// # Errors
/// As the database says.
pub fn newest(db: &mut Db) -> Result<Option<Notice>, DbError> {
    let sql = "SELECT rev, zh, en, published_ms FROM notice ORDER BY rev DESC LIMIT 1";
    db.first(sql, &[], read)
}

/// One version.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, rev: i64) -> Result<Option<Notice>, DbError> {
    let sql = "SELECT rev, zh, en, published_ms FROM notice WHERE rev = $1";
    db.first(sql, &[Value::Int(rev)], read)
}

fn read(row: &Row<'_>) -> Result<Notice, DbError> {
    let text = Text::new(row.text(1)?, row.text(2)?);
    Ok(Notice { rev: row.int(0)?, text, published_at: Instant(row.int(3)?) })
}
