//! What differs between the two databases, and nowhere else: how to open them, placeholders,
//! the name of bytes, and full text.
//!
//! The ten rules that keep the rest the same are in `docs/decisions/0004`.

use crate::db::{Db, DbError, Role, Row, Value, from_postgres, from_sqlite};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where a realm is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file.
    Sqlite(PathBuf),
    /// A connection string; `?schema=` names the realm.
    Postgres(String),
}

impl Target {
    /// Reads a target: a path, or `postgres://…`.
    #[must_use]
    pub fn parse(text: &str) -> Target {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Target::Postgres(text.to_owned())
        } else {
            Target::Sqlite(PathBuf::from(text.strip_prefix("sqlite://").unwrap_or(text)))
        }
    }
}

/// How long a connection waits for a lock, in milliseconds.
const BUSY_MS: u64 = 5_000;
/// Statements that a SQLite connection keeps prepared.
const STATEMENTS_MAX: usize = 256;

pub(crate) fn open_sqlite(path: &Path, role: Role) -> Result<rusqlite::Connection, DbError> {
    let connection = rusqlite::Connection::open(path).map_err(from_sqlite)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS)).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let pragmas = match role {
        // FULL: an acknowledged write survives power failure; NORMAL would lose some.
        Role::Writer => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; \
             PRAGMA journal_size_limit = 67108864;"
        }
        Role::Reader => {
            "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; \
             PRAGMA mmap_size = 1073741824;"
        }
    };
    connection.execute_batch(pragmas).map_err(from_sqlite)?;
    Ok(connection)
}

pub(crate) fn open_postgres(url: &str, role: Role) -> Result<postgres::Client, DbError> {
    let (url, schema) = split_schema(url)?;
    let mut client = postgres::Client::connect(&url, postgres::NoTls).map_err(from_postgres)?;
    let settings = format!(
        "CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}; \
         SET idle_in_transaction_session_timeout = '30s'; SET lock_timeout = '30s';"
    );
    // A reader may meet a standby, where nothing can be created.
    let reads = format!("SET search_path = {schema};");
    client
        .batch_execute(if role == Role::Writer { &settings } else { &reads })
        .map_err(from_postgres)?;
    let row = client
        .query_one("SELECT datcollate FROM pg_database WHERE datname = current_database()", &[])
        .map_err(from_postgres)?;
    let collation: String = row.get(0);
    if !["C", "POSIX", "C.UTF-8", "C.utf8"].contains(&collation.as_str()) {
        return Err(DbError::Unfit(format!(
            "its collation is {collation}; create it with LC_COLLATE 'C' TEMPLATE template0, \
             so that keys sort the same everywhere"
        )));
    }
    Ok(client)
}

/// The connection string without `schema`, and the schema.
fn split_schema(url: &str) -> Result<(String, String), DbError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut schema = "bihuan".to_owned();
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|it| !it.is_empty()) {
        match pair.strip_prefix("schema=") {
            Some(name) => name.clone_into(&mut schema),
            None => rest.push(pair),
        }
    }
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    if schema.is_empty() || schema.len() > 63 || !schema.bytes().all(plain) {
        return Err(DbError::Unfit("a schema is named by a-z, 0-9 and _".into()));
    }
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok((format!("{base}{query}"), schema))
}

/// `$n` as `?n`: SQLite would take `$2` for a name, numbered by its first appearance.
#[must_use]
pub fn numbered(sql: &str) -> String {
    let mut quoted = false;
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.chars().peekable();
    while let Some(it) = rest.next() {
        quoted ^= it == '\'';
        let is_number = !quoted && it == '$' && rest.peek().is_some_and(char::is_ascii_digit);
        out.push(if is_number { '?' } else { it });
    }
    out
}

/// The text of an insert of `count` rows of `width` values.
pub(crate) fn values_sql(
    head: &str,
    width: usize,
    count: usize,
    casts: &str,
    tail: &str,
) -> String {
    let casts: Vec<&str> = casts.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    let mut sql = String::with_capacity(head.len() + tail.len() + count * width * 6);
    sql.push_str(head);
    for row in 0..count {
        sql.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            let number = row * width + column + 1;
            // Writing to a String cannot fail.
            let _ = match casts.get(column) {
                Some(cast) => write!(sql, "{comma}CAST(${number} AS {cast})"),
                None => write!(sql, "{comma}${number}"),
            };
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

/// A migration as this database wants it.
pub(crate) fn migration(db: &Db, sql: &str) -> String {
    if db.is_postgres() { sql.to_owned() } else { sql.replace(" BYTEA", " BLOB") }
}

/// The tables of full text; `first_seq` of a matter names the row.
pub(crate) fn create_search(db: &mut Db) -> Result<(), DbError> {
    if db.is_postgres() {
        db.run(
            "CREATE TABLE search (first_seq BIGINT NOT NULL PRIMARY KEY, grams tsvector NOT NULL); \
             CREATE INDEX search_grams ON search USING gin (grams)",
        )
    } else {
        db.run(
            "CREATE VIRTUAL TABLE search USING fts5(grams, content='', contentless_delete=1, \
             tokenize='unicode61', detail=none)",
        )
    }
}

/// Adds texts to the search: first number of the matter, and the words of [`crate::search`].
pub(crate) fn insert_search(db: &mut Db, rows: &[Vec<Value>]) -> Result<(), DbError> {
    if db.is_postgres() {
        db.insert_as(
            "INSERT INTO search (first_seq, grams) SELECT v.column1, to_tsvector('simple', v.column2) \
             FROM (VALUES",
            "BIGINT, TEXT",
            rows,
            ") AS v ON CONFLICT (first_seq) DO NOTHING",
        )
    } else {
        db.insert("INSERT INTO search (rowid, grams) VALUES", rows, "")
    }
}

/// Removes a text from the search.
pub(crate) fn delete_search(db: &mut Db, first_seq: i64) -> Result<(), DbError> {
    let sql = if db.is_postgres() {
        "DELETE FROM search WHERE first_seq = $1"
    } else {
        "DELETE FROM search WHERE rowid = $1"
    };
    db.execute(sql, &[Value::Int(first_seq)]).map(|_| ())
}

/// The newest matters whose texts hold all of `words`, newest first.
pub(crate) fn find_search(
    db: &mut Db,
    words: &[String],
    before: i64,
    limit: i64,
    each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
) -> Result<(), DbError> {
    if db.is_postgres() {
        let query = words.iter().map(|it| format!("'{it}'")).collect::<Vec<_>>().join(" & ");
        db.query(
            "SELECT first_seq FROM search WHERE grams @@ CAST($1 AS tsquery) AND first_seq < $2 \
             ORDER BY first_seq DESC LIMIT $3",
            &[Value::Text(query), Value::Int(before), Value::Int(limit)],
            each,
        )
    } else {
        let query = words.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(" AND ");
        db.query(
            "SELECT rowid FROM search WHERE search MATCH $1 AND rowid < $2 \
             ORDER BY rowid DESC LIMIT $3",
            &[Value::Text(query), Value::Int(before), Value::Int(limit)],
            each,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_numbers() {
        assert_eq!(numbered("SELECT '$1', $2 WHERE a = $1"), "SELECT '$1', ?2 WHERE a = ?1");
        assert_eq!(
            values_sql("INSERT INTO t (a, b) VALUES", 2, 2, "", "RETURNING a"),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) RETURNING a"
        );
    }

    #[test]
    fn a_schema_is_named_plainly_or_refused() {
        let (url, schema) = split_schema("postgres://a@b/c?x=1&schema=town").unwrap();
        assert_eq!((url.as_str(), schema.as_str()), ("postgres://a@b/c?x=1", "town"));
        assert!(split_schema("postgres://a@b/c?schema=a;DROP").is_err());
    }
}
