//! Migrations: numbered SQL files, embedded, append-only, the same for both databases.

use crate::db::{Db, DbError, Value};
use crate::dialect;
use sha2::{Digest, Sha256};

/// Migrations in order; a released one never changes.
const MIGRATIONS: &[(i64, &str)] = &[(1, include_str!("../migrations/0001_realm.sql"))];

/// Brings a database to the newest schema.
///
/// # Errors
/// Where the database is newer than this program, or a released migration has changed.
pub fn migrate(db: &mut Db) -> Result<(), DbError> {
    db.run(
        "CREATE TABLE IF NOT EXISTS migration (no BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL)",
    )?;
    let done = db.all("SELECT no, digest FROM migration ORDER BY no", &[], |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned()))
    })?;
    let newest = MIGRATIONS.last().map_or(0, |it| it.0);
    if let Some((no, _)) = done.last().filter(|it| it.0 > newest) {
        return Err(DbError::Unfit(format!(
            "its schema is number {no}, this program knows up to {newest}: install a newer version"
        )));
    }
    for (no, sql) in MIGRATIONS {
        let digest = digest(sql);
        match done.iter().find(|it| it.0 == *no) {
            Some((_, known)) if *known != digest => {
                return Err(DbError::Unfit(format!("migration {no} has changed since it ran")));
            }
            Some(_) => {}
            None => apply(db, *no, sql, &digest)?,
        }
    }
    Ok(())
}

fn apply(db: &mut Db, no: i64, sql: &str, digest: &str) -> Result<(), DbError> {
    let sql = dialect::migration(db, sql);
    db.begin()?;
    let done =
        db.run(&sql).and_then(|()| if no == 1 { dialect::create_search(db) } else { Ok(()) });
    let done = done.and_then(|()| {
        let values = [Value::Int(no), Value::Text(digest.to_owned())];
        db.execute("INSERT INTO migration (no, digest) VALUES ($1, $2)", &values)
    });
    match done {
        Ok(_) => db.commit(),
        Err(error) => {
            db.rollback();
            Err(error)
        }
    }
}

fn digest(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|it| format!("{it:02x}")).collect()
}
