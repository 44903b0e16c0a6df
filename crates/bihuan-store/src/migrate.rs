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
    (3, include_str!("../migrations/0003_title.sql")),
    (4, include_str!("../migrations/0004_register.sql")),
    (5, include_str!("../migrations/0005_session.sql")),
    (INDEX_OF_FILES, include_str!("../migrations/0006_file.sql")),
    (7, include_str!("../migrations/0007_webhook.sql")),
    (WHOM_IT_CONCERNS, include_str!("../migrations/0008_scope.sql")),
    (9, include_str!("../migrations/0009_map.sql")),
    (10, include_str!("../migrations/0010_narrow.sql")),
    (11, include_str!("../migrations/0011_calendar_feed.sql")),
    (12, include_str!("../migrations/0012_list.sql")),
    (FIRST_LETTERS, include_str!("../migrations/0013_initials.sql")),
    (AUDIT_TRAIL, include_str!("../migrations/0014_audit.sql")),
    (15, include_str!("../migrations/0015_token.sql")),
    (16, include_str!("../migrations/0016_factor.sql")),
    (17, include_str!("../migrations/0017_reset.sql")),
    (18, include_str!("../migrations/0018_identity.sql")),
    (19, include_str!("../migrations/0019_reporter.sql")),
    (20, include_str!("../migrations/0020_retention.sql")),
    (21, include_str!("../migrations/0021_near.sql")),
    (22, include_str!("../migrations/0022_tracking.sql")),
    (23, include_str!("../migrations/0023_inbox.sql")),
    (24, include_str!("../migrations/0024_release.sql")),
    (25, include_str!("../migrations/0025_telephone.sql")),
    (26, include_str!("../migrations/0026_rebound.sql")),
    (STEPS_THAT_COUNT, include_str!("../migrations/0027_tally.sql")),
    (28, include_str!("../migrations/0028_adjustment.sql")),
];

/// The one that brings the index of files, which is filled from the matters that are there.
const INDEX_OF_FILES: i64 = 6;
/// The one that says whom a matter concerns, from the matters that are there.
const WHOM_IT_CONCERNS: i64 = 8;
/// The one that has texts found by first letters, from the texts that are there.
const FIRST_LETTERS: i64 = 13;
/// The one that brings the audit trail, from the changes that are in the record.
const AUDIT_TRAIL: i64 = 14;
/// The one that brings the steps that figures count, from the matters that are in the record.
const STEPS_THAT_COUNT: i64 = 27;

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

/// Whether the schema is the newest, without changing anything.
///
/// # Errors
/// Where it is older, newer, or none.
pub(crate) fn is_current(db: &mut Db) -> Result<(), DbError> {
    // A query fails alike where there is no table and where there is nothing at all.
    let done = done(db).map_err(|it| match it {
        DbError::Other(why) => DbError::Unfit(format!("there is no realm; run `init` ({why})")),
        other => other,
    })?;
    check(&done)?;
    if done.len() == MIGRATIONS.len() {
        return Ok(());
    }
    let (done, newest) = (done.len(), MIGRATIONS.len());
    Err(DbError::Unfit(format!(
        "its schema is number {done} of {newest}: start the service or run `bihuan migrate`"
    )))
}

/// What has run, in order.
fn done(db: &mut Db) -> Result<Vec<(i64, String)>, DbError> {
    db.all("SELECT no, digest FROM migration ORDER BY no", &[], |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned()))
    })
}

fn migrate_locked(db: &mut Db) -> Result<(), DbError> {
    dialect::lock_tables(db)?;
    db.run(
        "CREATE TABLE IF NOT EXISTS migration (
           no BIGINT NOT NULL PRIMARY KEY,
           digest TEXT NOT NULL
         )",
    )?;
    let done = done(db)?;
    check(&done)?;
    for (no, sql) in &MIGRATIONS[done.len()..] {
        db.run(&dialect::migration(db, sql))?;
        if *no == 1 {
            dialect::create_search(db)?;
        }
        if *no == INDEX_OF_FILES {
            crate::file::index(db)?;
        }
        if *no == WHOM_IT_CONCERNS {
            crate::scope::index(db)?;
        }
        if *no == FIRST_LETTERS {
            crate::search::index(db)?;
        }
        if *no == AUDIT_TRAIL {
            crate::audit::index(db)?;
        }
        if *no == STEPS_THAT_COUNT {
            crate::tally::index(db)?;
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

/// A table of the realm, as its migration makes it.
pub(crate) struct Table {
    /// Name.
    pub(crate) name: String,
    /// Columns, separated by commas.
    pub(crate) columns: String,
    /// For each column `t` (text), `i` (integer) or `b` (bytes).
    pub(crate) kinds: String,
}

/// Every table of the newest schema, read from the migrations themselves.
pub(crate) fn tables() -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for line in MIGRATIONS.iter().flat_map(|(_, sql)| sql.lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["CREATE", "TABLE", name, ..] = words[..] {
            let (name, columns, kinds) = (name.to_owned(), String::new(), String::new());
            tables.push(Table { name, columns, kinds });
        }
        if let ["DROP", "TABLE", name] = words[..] {
            tables.retain(|it| it.name != name.trim_end_matches(';'));
        }
        if let ["ALTER", "TABLE", old, "RENAME", "TO", new] = words[..] {
            for table in tables.iter_mut().filter(|it| it.name == old) {
                new.trim_end_matches(';').clone_into(&mut table.name);
            }
        }
        // A column that came later: the words of its line stand as in the table.
        let (at, words) = match words[..] {
            ["ALTER", "TABLE", name, "ADD", "COLUMN", ref column @ ..] => {
                (tables.iter().position(|it| it.name == name), column.to_vec())
            }
            _ => (tables.len().checked_sub(1), words),
        };
        let kind = match words.get(1).map(|it| it.trim_end_matches([',', ';'])) {
            Some("TEXT") => 't',
            Some("BIGINT") => 'i',
            Some("BYTEA") => 'b',
            _ => continue,
        };
        if let Some(table) = at.and_then(|it| tables.get_mut(it)) {
            let comma = if table.columns.is_empty() { "" } else { ", " };
            table.columns += &format!("{comma}{}", words[0]);
            table.kinds.push(kind);
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_that_is_older_keeps_its_matters() {
        let dir = tempfile::tempdir().expect("a folder");
        let target = crate::Target::Sqlite(dir.path().join("realm.db"));
        let mut db = Db::connect(&target, crate::db::Role::Writer).expect("a database");
        let table = "CREATE TABLE migration (no BIGINT NOT NULL PRIMARY KEY, digest TEXT NOT NULL)";
        db.run(table).expect("a table");
        for (no, sql) in MIGRATIONS.iter().filter(|(no, _)| *no < 10) {
            db.run(&dialect::migration(&db, sql)).expect("it runs");
            if *no == 1 {
                dialect::create_search(&mut db).expect("the tables of full text");
            }
            let values = [Value::Int(*no), Value::Text(digest(sql))];
            let done = "INSERT INTO migration (no, digest) VALUES ($1, $2)";
            db.execute(done, &values).expect("it is noted");
        }
        let matter = "INSERT INTO matter (id, first_seq, last_seq, version, pack, stage, meaning,
                      class, source, responsible, opened_ms, rework, span_seq, state, rev) VALUES
                      ('m', 7, 9, 2, 'p', 's', 'filed', 'c', 'patrol', 'u', 5, 0, 7, '{}', 3)";
        db.execute(matter, &[]).expect("a matter");
        let title = "INSERT INTO content (ref, matter, kind, bytes) VALUES ($1, 'm', 'title', $2)";
        let said = Value::Blob("垃圾满溢".into());
        db.execute(title, &[Value::Text("r".into()), said]).expect("its title");
        let words = vec![Value::Int(7), Value::Text("垃 垃圾".into())];
        dialect::insert_search(&mut db, &[words]).expect("as it was found before");
        migrate(&mut db).expect("it is brought up to date");
        migrate(&mut db).expect("once is enough");
        let sql = "SELECT first_seq, id, rev, state FROM matter";
        let kept = db.all(sql, &[], |row| {
            Ok((row.int(0)?, row.text(1)?.to_owned(), row.int(2)?, row.text(3)?.to_owned()))
        });
        assert_eq!(kept.expect("rows"), [(7, "m".to_owned(), 3, "{}".to_owned())]);
        for query in ["满溢", "ljmy"] {
            let found = crate::search::find(&mut db, query, i64::MAX, 9).expect("a search");
            assert_eq!(found, [7], "what was there is found anew: {query}");
        }
    }

    #[test]
    fn every_table_is_read_with_all_its_columns() {
        let tables = tables();
        let find = |name: &str| tables.iter().find(|it| it.name == name).expect("it is there");
        assert_eq!(find("event").columns, "seq, matter, at_ms, bytes, leaf");
        assert_eq!(find("event").kinds, "itibb");
        assert_eq!(find("matter").columns, crate::row::MATTER_COLUMNS);
        assert!(tables.len() >= 23 && tables.iter().all(|it| !it.columns.is_empty()));
    }
}
