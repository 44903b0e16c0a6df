//! What differs between the two databases, and nowhere else: how to open them, placeholders,
//! the name of bytes, and full text.
//!
//! The ten rules that keep the rest the same are in `docs/decisions/0005`.

use crate::db::{Db, DbError, Role, Row, Value, from_postgres, from_sqlite};
use crate::search::Wanted;
use rusqlite::OpenFlags;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

/// Where a realm is kept.
#[derive(Clone, PartialEq, Eq)]
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

/// Without the password of a connection string.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Sqlite(path) => write!(f, "{}", path.display()),
            Target::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.rsplit_once('@').map_or(rest, |(_, it)| it);
                let place = rest.split('?').next().unwrap_or(rest);
                write!(f, "{scheme}://{place}")
            }
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How long a connection waits for a lock, in milliseconds.
const BUSY_MS: u64 = 5_000;
/// Statements that a SQLite connection that writes keeps prepared.
const STATEMENTS_MAX: usize = 256;
/// The same for one that reads: what a list of many ways is read by takes 300 KB.
const READ_STATEMENTS_MAX: usize = 32;
/// Oldest server that is known to serve, as `server_version_num` counts.
const POSTGRES_MIN: i32 = 150_000;

pub(crate) fn open_sqlite(path: &Path, role: Role) -> Result<rusqlite::Connection, DbError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A reader that finds nothing says so, and leaves no empty file behind.
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, role == Role::Writer);
    let connection =
        rusqlite::Connection::open_with_flags(path, flags).map_err(|error| match error {
            rusqlite::Error::SqliteFailure(_, _) => {
                DbError::Unfit(format!("{}: {error}", path.display()))
            }
            other => from_sqlite(other),
        })?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS)).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(match role {
        Role::Writer => STATEMENTS_MAX,
        Role::Reader => READ_STATEMENTS_MAX,
    });
    // A statement is planned once: else each new LIMIT would have it prepared again.
    let stable = rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
    connection.set_db_config(stable, true).map_err(from_sqlite)?;
    let pragmas = match role {
        // FULL: an acknowledged write survives power failure; NORMAL would lose some.
        Role::Writer => {
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; \
             PRAGMA journal_size_limit = 67108864; PRAGMA wal_autocheckpoint = 8000;"
        }
        Role::Reader => {
            // Pages come from the memory of the system: to map the file saves nothing that can be
            // measured, and would count as memory of the process.
            "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;"
        }
    };
    connection.execute_batch(pragmas).map_err(from_sqlite)?;
    if role == Role::Writer {
        let mode = |name| connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
        if mode("journal_mode").map_err(from_sqlite)? != "wal" {
            return Err(DbError::Unfit(format!(
                "{} cannot keep a write-ahead log; keep it on a local disk",
                path.display()
            )));
        }
    }
    Ok(connection)
}

pub(crate) fn open_postgres(url: &str, role: Role) -> Result<postgres::Client, DbError> {
    let (url, schema) = split_schema(url)?;
    let mut client = postgres::Client::connect(&url, postgres::NoTls).map_err(from_postgres)?;
    check_server(&mut client)?;
    if role == Role::Writer {
        create_schema(&mut client, &schema)?;
    }
    let settings = match role {
        // A commit is never cut short: its answer would be lost. It waits for the disk even where
        // the server was told not to.
        Role::Writer => {
            // Its statements are few and planned for any values: else those with ranges of cells
            // would be planned anew for each batch.
            "SET idle_in_transaction_session_timeout = '30s'; SET lock_timeout = '30s'; \
             SET statement_timeout = 0; SET plan_cache_mode = force_generic_plan; \
             SELECT CASE WHEN current_setting('synchronous_commit') IN ('on', 'remote_apply') \
             THEN '' ELSE set_config('synchronous_commit', 'on', false) END;"
        }
        Role::Reader => {
            "SET default_transaction_read_only = on; SET statement_timeout = '60s'; \
             SET lock_timeout = '30s';"
        }
    };
    // To compile a statement takes longer than any of ours runs.
    client
        .batch_execute(&format!("SET search_path = {schema}; SET jit = off; {settings}"))
        .map_err(from_postgres)?;
    Ok(client)
}

/// Refuses a server that would sort or store otherwise than SQLite does.
fn check_server(client: &mut postgres::Client) -> Result<(), DbError> {
    let row = client
        .query_one(
            "SELECT CAST(current_setting('server_version_num') AS INT),
                    current_setting('server_encoding'),
                    'B' < 'a' AND 'Z' < '_' AND '-b' < 'a' AND '~' < 'é' AND 'é' < '中',
                    datcollate
             FROM pg_database WHERE datname = current_database()",
            &[],
        )
        .map_err(from_postgres)?;
    let read = |it: postgres::Error| from_postgres(it);
    let version: i32 = row.try_get(0).map_err(read)?;
    let encoding: String = row.try_get(1).map_err(read)?;
    let is_plain: bool = row.try_get(2).map_err(read)?;
    let collation: String = row.try_get(3).map_err(read)?;
    if version < POSTGRES_MIN {
        return Err(DbError::Unfit(format!("PostgreSQL 15 or newer is needed, it is {version}")));
    }
    if encoding != "UTF8" {
        return Err(DbError::Unfit(format!(
            "its encoding is {encoding}; create the database with ENCODING 'UTF8'"
        )));
    }
    if !is_plain {
        return Err(DbError::Unfit(format!(
            "its collation is {collation}; create it with LC_COLLATE 'C' TEMPLATE template0, \
             so that keys sort the same everywhere"
        )));
    }
    Ok(())
}

/// Makes the schema where it is missing. Two nodes that start together do not collide.
fn create_schema(client: &mut postgres::Client, schema: &str) -> Result<(), DbError> {
    let sql = "SELECT to_regnamespace($1) IS NULL";
    let is_missing: bool =
        client.query_one(sql, &[&schema]).and_then(|it| it.try_get(0)).map_err(from_postgres)?;
    if is_missing {
        let sql = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('{schema}', 0)); \
             CREATE SCHEMA IF NOT EXISTS {schema}; COMMIT"
        );
        client.batch_execute(&sql).map_err(from_postgres)?;
    }
    Ok(())
}

/// How a transaction that will write begins.
pub(crate) fn begin_sql(db: &Db) -> &'static str {
    if db.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" }
}

/// Waits, within a transaction, until no other node changes the tables.
pub(crate) fn lock_tables(db: &mut Db) -> Result<(), DbError> {
    if db.is_postgres() {
        db.run("SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 0))")
    } else {
        // `BEGIN IMMEDIATE` holds the only lock there is.
        Ok(())
    }
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

/// A statement as SQLite is given it. An insert that fails rolls everything back, which [`Db`]
/// would do anyway: so SQLite keeps no copy of each page that it touches.
pub(crate) fn sqlite_text(sql: &str) -> String {
    let sql = numbered(sql);
    match sql.strip_prefix("INSERT INTO") {
        Some(rest) => format!("INSERT OR ROLLBACK INTO{rest}"),
        None => sql,
    }
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
    if db.is_postgres() { sql.to_owned() } else { sqlite_migration(sql) }
}

/// SQLite gets strict tables, which refuse a value of another type as PostgreSQL does. Where
/// several columns are the key together, the rows lie in the order of that key, instead of in a
/// tree of their own beside it.
fn sqlite_migration(sql: &str) -> String {
    let sql = sql
        .replace(" BYTEA", " BLOB")
        .replace(" BIGINT", " INTEGER")
        .replace(" DOUBLE PRECISION", " REAL");
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql.as_str();
    while let Some((table, after)) = rest.split_once("\n);") {
        let is_keyed = table.rsplit("CREATE TABLE").next().is_some_and(|it| {
            it.lines().any(|line| line.trim_start().starts_with("PRIMARY KEY ("))
        });
        out.push_str(table);
        out.push_str(if is_keyed { "\n) STRICT, WITHOUT ROWID;" } else { "\n) STRICT;" });
        rest = after;
    }
    out + rest
}

/// The tables of full text; `first_seq` of a matter names the row.
pub(crate) fn create_search(db: &mut Db) -> Result<(), DbError> {
    db.run(if db.is_postgres() {
        "CREATE TABLE search (first_seq BIGINT NOT NULL PRIMARY KEY, grams tsvector NOT NULL); \
         CREATE INDEX search_grams ON search USING gin (grams)"
    } else {
        // The words are ours: the tokenizer only has to split them at blanks.
        "CREATE VIRTUAL TABLE search USING fts5(grams, content='', contentless_delete=1, \
         tokenize='ascii', detail=none)"
    })
}

/// Adds texts to the search: first number of the matter, and the words of [`crate::search`].
pub(crate) fn insert_search(db: &mut Db, rows: &[Vec<Value>]) -> Result<(), DbError> {
    if db.is_postgres() {
        // The words go in as they are, past the parser and dictionaries of the server.
        db.insert_as(
            "INSERT INTO search (first_seq, grams)
             SELECT v.column1, array_to_tsvector(string_to_array(v.column2, ' ')) FROM (VALUES",
            "BIGINT, TEXT",
            rows,
            ") AS v",
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

/// The first numbers of the newest matters whose texts hold the words that the parameter `query`
/// asks for (see [`search_words`]), newest first, as a select; below `before`, where that is given.
pub(crate) fn search_sql(db: &Db, query: &str, before: Option<&str>, limit: i64) -> String {
    let below = |column: &str| before.map_or_else(String::new, |it| format!("AND {column} < {it}"));
    if db.is_postgres() {
        format!(
            "SELECT first_seq FROM search WHERE grams @@ CAST(CAST({query} AS TEXT) AS tsquery)
             {} ORDER BY first_seq DESC LIMIT {limit}",
            below("first_seq")
        )
    } else {
        format!(
            "SELECT rowid FROM search WHERE search MATCH {query} {}
             ORDER BY rowid DESC LIMIT {limit}",
            below("rowid")
        )
    }
}

/// The first so many numbers, each once, that selects of `first_seq` find, each in order along an
/// index. SQLite takes them from all in turn and stops at the last that is wanted;
/// PostgreSQL would gather and sort them all, so that each select ends by itself, and more come.
pub(crate) fn merged(db: &Db, selects: &[String], direction: &str, most: usize) -> String {
    let tail = format!("ORDER BY first_seq{direction} LIMIT {most}");
    if !db.is_postgres() {
        return format!("{} {tail}", selects.join(" UNION "));
    }
    let each = |(no, select): (usize, &String)| {
        format!("SELECT first_seq FROM ({select} {tail}) AS way{no}")
    };
    selects.iter().enumerate().map(each).collect::<Vec<_>>().join(" UNION ALL ")
}

/// The first numbers of all matters whose texts hold the words that the parameter `query` asks
/// for, as a table.
pub(crate) fn search_table(db: &Db, query: &str) -> String {
    if db.is_postgres() {
        format!(
            "SELECT search.first_seq FROM search
             WHERE search.grams @@ CAST(CAST({query} AS TEXT) AS tsquery)"
        )
    } else {
        format!("SELECT search.rowid AS first_seq FROM search WHERE search MATCH {query}")
    }
}

/// A query for all of `words`, which are letters and digits only, so that none of them can be read
/// as an operator.
pub(crate) fn search_words(db: &Db, words: &[Wanted]) -> Value {
    let (quote, and, or) =
        if db.is_postgres() { ('\'', " & ", " | ") } else { ('"', " AND ", " OR ") };
    let quoted = |it: &String| format!("{quote}{it}{quote}");
    let asked = |it: &Wanted| match &it.initials[..] {
        [] => quoted(&it.word),
        pairs => {
            let pairs: Vec<String> = pairs.iter().map(quoted).collect();
            format!("({}{or}({}))", quoted(&it.word), pairs.join(and))
        }
    };
    Value::Text(words.iter().map(asked).collect::<Vec<_>>().join(and))
}

/// Whether it groups by hashing; SQLite sorts what it groups, which costs several times what
/// reading the rows does.
pub(crate) fn groups_by_hash(db: &Db) -> bool {
    db.is_postgres()
}

/// Begins a transaction that sees one state of the realm, whatever is written meanwhile.
pub(crate) fn snapshot_sql(db: &Db) -> &'static str {
    if db.is_postgres() { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" } else { "BEGIN" }
}

/// Gives every row of a query to `each`, without holding all of them at once.
pub(crate) fn each_row(
    db: &mut Db,
    sql: &str,
    each: &mut dyn FnMut(&Row<'_>) -> Result<(), DbError>,
) -> Result<(), DbError> {
    if !db.is_postgres() {
        return db.query(sql, &[], each);
    }
    // A name of its own: a prepared FETCH keeps the columns of the cursor that it first met.
    let name = format!("rows_{}", db.executed());
    db.run(&format!("DECLARE {name} NO SCROLL CURSOR FOR {sql}"))?;
    let fetch = format!("FETCH 2000 FROM {name}");
    loop {
        let mut count = 0;
        db.query(&fetch, &[], |row| {
            count += 1;
            each(row)
        })?;
        if count == 0 {
            return db.run(&format!("CLOSE {name}"));
        }
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
    fn a_table_lies_in_the_order_of_its_key() {
        let sql = "CREATE TABLE a (\n  b BIGINT NOT NULL PRIMARY KEY\n);\n\
                   CREATE TABLE c (\n  d TEXT,\n  e BYTEA,\n  PRIMARY KEY (d, e)\n);\n-- end";
        let plain = "CREATE TABLE a (\n  b INTEGER NOT NULL PRIMARY KEY\n) STRICT;\n\
                     CREATE TABLE c (\n  d TEXT,\n  e BLOB,\n  PRIMARY KEY (d, e)\n) \
                     STRICT, WITHOUT ROWID;\n-- end";
        assert_eq!(sqlite_migration(sql), plain);
    }

    #[test]
    fn a_schema_is_named_plainly_or_refused() {
        let (url, schema) = split_schema("postgres://a@b/c?x=1&schema=town").unwrap();
        assert_eq!((url.as_str(), schema.as_str()), ("postgres://a@b/c?x=1", "town"));
        assert!(split_schema("postgres://a@b/c?schema=a;DROP").is_err());
    }

    #[test]
    fn a_password_is_never_shown() {
        let target = Target::parse("postgres://clerk:s3cret@db.example:5432/town?schema=x");
        assert_eq!(
            format!("{target:?} {target}"),
            "postgres://db.example:5432/town postgres://db.example:5432/town"
        );
        assert_eq!(Target::parse("sqlite:///data/a.db"), Target::Sqlite("/data/a.db".into()));
    }
}
