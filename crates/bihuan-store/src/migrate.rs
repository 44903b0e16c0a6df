//! Migrations: numbered SQL files, embedded, append-only, the same for both databases.
//!
//! Invariants: they run in order, each once, all in one transaction; one that has run never
//! changes.

use crate::db::{Db, DbError, Value};
use crate::dialect;
use sha2::{Digest, Sha256};

/// Migrations in order; a released one never changes.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_realm.sql")),
    (2, include_str!("../migrations/0002_page.sql")),
];

/// Brings a database to the newest schema.
///
/// # Errors
/// Where the database is newer than this program, or a migration that has run was changed,
/// removed or slipped in between; then nothing has changed.
pub fn migrate(db: &mut Db) -> Result<(), DbError> {
    db.begin()?;
    match migrate_locked(db) {
        Ok(()) => db.commit(),
        Err(error) => {
            db.rollback();
            Err(error)
        }
    }
}

fn migrate_locked(db: &mut Db) -> Result<(), DbError> {
    dialect::lock_tables(db)?;
    db.run(
        "CREATE TABLE IF NOT EXISTS migration (
           no BIGINT NOT NULL PRIMARY KEY,
           digest TEXT NOT NULL
         )",
    )?;
    let done = db.all("SELECT no, digest FROM migration ORDER BY no", &[], |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned()))
    })?;
    check(&done)?;
    for (no, sql) in &MIGRATIONS[done.len()..] {
        db.run(&dialect::migration(db, sql))?;
        if *no == 1 {
            dialect::create_search(db)?;
        }
        let values = [Value::Int(*no), Value::Text(digest(sql))];
        db.execute("INSERT INTO migration (no, digest) VALUES ($1, $2)", &values)?;
    }
    Ok(())
}

/// What has run must be the beginning of what we know.
fn check(done: &[(i64, String)]) -> Result<(), DbError> {
    let newest = MIGRATIONS.last().map_or(0, |it| it.0);
    if let Some((no, _)) = done.last().filter(|it| it.0 > newest) {
        return Err(DbError::Unfit(format!(
            "its schema is number {no}, this program knows up to {newest}: install a newer version"
        )));
    }
    for ((no, known), (expected, sql)) in done.iter().zip(MIGRATIONS) {
        if no != expected {
            return Err(DbError::Unfit(format!("migration {expected} was slipped in before {no}")));
        }
        if *known != digest(sql) {
            return Err(DbError::Unfit(format!("migration {no} has changed since it ran")));
        }
    }
    Ok(())
}

fn digest(sql: &str) -> String {
    bihuan_core::content::hex(&Sha256::digest(sql.as_bytes()))
}
