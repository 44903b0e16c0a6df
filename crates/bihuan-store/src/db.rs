//! One thin type over two drivers: SQLite by default, PostgreSQL when one machine is outgrown.
//!
//! Invariant: the same SQL text runs on both; what must differ is in [`crate::dialect`].

use crate::dialect::{self, Target};
use postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

/// A value that a column holds or a statement is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BLOB or BYTEA.
    Blob(Vec<u8>),
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique, foreign or not-null constraint.
    #[error("constraint failed: {0}")]
    Constraint(String),
    /// Somebody else holds the lock.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// No space left.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The database cannot be written.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// The connection is lost; nothing is known to have been committed.
    #[error("the connection to the database is lost: {0}")]
    Lost(String),
    /// The answer to a commit is lost: it may or may not have happened.
    #[error("the outcome of the commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// The database cannot serve as it is set up.
    #[error("the database cannot be used: {0}")]
    Unfit(String),
    /// A column did not hold what the statement says.
    #[error("column {0} is not {1}")]
    Column(usize, &'static str),
    /// Anything else.
    #[error("the database failed: {0}")]
    Other(String),
}

/// A connection.
pub struct Db {
    driver: Driver,
    statements: HashMap<String, Prepared>,
    executed: u64,
}

enum Driver {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Client>),
}

#[derive(Clone)]
enum Prepared {
    Sqlite(Arc<str>),
    Postgres(postgres::Statement),
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one writer.
    Writer,
    /// One of the readers.
    Reader,
}

/// One row of an answer.
pub enum Row<'a> {
    /// From SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a postgres::Row),
}

impl Db {
    /// Connects.
    ///
    /// # Errors
    /// Where the target cannot be reached or cannot serve, with what to do.
    pub fn connect(target: &Target, role: Role) -> Result<Db, DbError> {
        let driver = match target {
            Target::Sqlite(path) => Driver::Sqlite(dialect::open_sqlite(path, role)?),
            Target::Postgres(url) => Driver::Postgres(Box::new(dialect::open_postgres(url, role)?)),
        };
        Ok(Db { driver, statements: HashMap::new(), executed: 0 })
    }

    /// Whether this is PostgreSQL; only [`crate::dialect`] asks.
    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.driver, Driver::Postgres(_))
    }

    /// Number of statements executed on this connection, begin and commit included.
    #[must_use]
    pub fn executed(&self) -> u64 {
        self.executed
    }

    /// The SQLite connection, for what only SQLite has (online backup).
    pub(crate) fn sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.driver {
            Driver::Sqlite(it) => Some(it),
            Driver::Postgres(_) => None,
        }
    }

    /// Runs statements without parameters, separated by `;`.
    ///
    /// # Errors
    /// The first that failed.
    pub fn run(&mut self, sql: &str) -> Result<(), DbError> {
        self.executed += 1;
        match &mut self.driver {
            Driver::Sqlite(it) => it.execute_batch(sql).map_err(from_sqlite),
            Driver::Postgres(it) => it.batch_execute(sql).map_err(from_postgres),
        }
    }

    /// Begins a transaction that will write.
    ///
    /// # Errors
    /// Where the lock is not to be had.
    pub fn begin(&mut self) -> Result<(), DbError> {
        let sql = if self.is_postgres() { "BEGIN" } else { "BEGIN IMMEDIATE" };
        self.run(sql)
    }

    /// Commits.
    ///
    /// # Errors
    /// [`DbError::OutcomeUnknown`] where the answer is lost.
    pub fn commit(&mut self) -> Result<(), DbError> {
        self.run("COMMIT").map_err(|it| match it {
            DbError::Lost(why) => DbError::OutcomeUnknown(why),
            other => other,
        })
    }

    /// Rolls back, as far as there is anything to roll back.
    pub fn rollback(&mut self) {
        // A connection that is lost has rolled back by itself.
        let _ = self.run("ROLLBACK");
    }

    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// As the database says.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let prepared = self.prepared(sql)?;
        self.executed += 1;
        match (&mut self.driver, &prepared) {
            (Driver::Sqlite(it), Prepared::Sqlite(sql)) => {
                let mut statement = it.prepare_cached(sql).map_err(from_sqlite)?;
                let values = rusqlite::params_from_iter(values);
                statement.execute(values).map(|it| it as u64).map_err(from_sqlite)
            }
            (Driver::Postgres(it), Prepared::Postgres(statement)) => {
                let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|it| it as _).collect();
                it.execute(statement, &values).map_err(from_postgres)
            }
            _ => Err(DbError::Other("a statement of another driver".into())),
        }
    }

    /// Runs a query and gives each row to `each`.
    ///
    /// # Errors
    /// As the database or `each` says.
    pub fn query(
        &mut self,
        sql: &str,
        values: &[Value],
        mut each: impl FnMut(&Row<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let prepared = self.prepared(sql)?;
        self.executed += 1;
        match (&mut self.driver, &prepared) {
            (Driver::Sqlite(it), Prepared::Sqlite(sql)) => {
                let mut statement = it.prepare_cached(sql).map_err(from_sqlite)?;
                let values = rusqlite::params_from_iter(values);
                let mut rows = statement.query(values).map_err(from_sqlite)?;
                while let Some(row) = rows.next().map_err(from_sqlite)? {
                    each(&Row::Sqlite(row))?;
                }
                Ok(())
            }
            (Driver::Postgres(it), Prepared::Postgres(statement)) => {
                let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|it| it as _).collect();
                for row in it.query(statement, &values).map_err(from_postgres)? {
                    each(&Row::Postgres(&row))?;
                }
                Ok(())
            }
            _ => Err(DbError::Other("a statement of another driver".into())),
        }
    }

    /// The first row of a query, read by `read`.
    ///
    /// # Errors
    /// As the database or `read` says.
    pub fn first<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        read: impl Fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut first = None;
        self.query(sql, values, |row| {
            if first.is_none() {
                first = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// All rows of a query, read by `read`.
    ///
    /// # Errors
    /// As the database or `read` says.
    pub fn all<T>(
        &mut self,
        sql: &str,
        values: &[Value],
        read: impl Fn(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut all = Vec::new();
        self.query(sql, values, |row| {
            all.push(read(row)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Inserts rows by statements of several rows each: `head` is `INSERT INTO t (a, b) VALUES`
    /// and `tail` what follows, such as `ON CONFLICT …`. Rows go in chunks of 64, 16, 4 and 1, so
    /// that few distinct statements are prepared.
    ///
    /// # Errors
    /// The first chunk that failed.
    pub fn insert(&mut self, head: &str, rows: &[Vec<Value>], tail: &str) -> Result<(), DbError> {
        self.insert_as(head, "", rows, tail)
    }

    /// As [`Db::insert`], each value cast as `casts` says, for `UPDATE … FROM (VALUES …)`.
    ///
    /// # Errors
    /// The first chunk that failed.
    pub(crate) fn insert_as(
        &mut self,
        head: &str,
        casts: &str,
        rows: &[Vec<Value>],
        tail: &str,
    ) -> Result<(), DbError> {
        let mut rest = rows;
        while let Some(first) = rest.first() {
            let width = first.len();
            let most = PARAMETERS_MAX / width.max(1);
            let size = CHUNKS.into_iter().find(|it| *it <= rest.len() && *it <= most);
            let (now, later) = rest.split_at(size.unwrap_or(1));
            rest = later;
            let sql = dialect::values_sql(head, width, now.len(), casts, tail);
            let values: Vec<Value> = now.iter().flatten().cloned().collect();
            self.execute(&sql, &values)?;
        }
        Ok(())
    }

    fn prepared(&mut self, sql: &str) -> Result<Prepared, DbError> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared.clone());
        }
        let prepared = match &mut self.driver {
            Driver::Sqlite(_) => Prepared::Sqlite(dialect::numbered(sql).into()),
            Driver::Postgres(it) => Prepared::Postgres(it.prepare(sql).map_err(from_postgres)?),
        };
        self.statements.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

/// Most parameters of one statement; both databases take more.
pub const PARAMETERS_MAX: usize = 8_192;

/// Rows that one statement inserts.
const CHUNKS: [usize; 4] = [64, 16, 4, 1];

impl Row<'_> {
    /// A BIGINT.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn int(&self, no: usize) -> Result<i64, DbError> {
        self.some_int(no)?.ok_or(DbError::Column(no, "a number"))
    }

    /// A BIGINT or nothing.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn some_int(&self, no: usize) -> Result<Option<i64>, DbError> {
        let wrong = |()| DbError::Column(no, "a number or nothing");
        match self {
            Row::Sqlite(it) => it.get(no).map_err(|_| wrong(())),
            Row::Postgres(it) => it.try_get(no).map_err(|_| wrong(())),
        }
    }

    /// A BIGINT that is never negative.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn count(&self, no: usize) -> Result<u64, DbError> {
        u64::try_from(self.int(no)?).map_err(|_| DbError::Column(no, "a count"))
    }

    /// A DOUBLE PRECISION.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn real(&self, no: usize) -> Result<f64, DbError> {
        match self {
            Row::Sqlite(it) => it.get(no).map_err(|_| DbError::Column(no, "a real number")),
            Row::Postgres(it) => it.try_get(no).map_err(|_| DbError::Column(no, "a real number")),
        }
    }

    /// A TEXT.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn text(&self, no: usize) -> Result<&str, DbError> {
        self.some_text(no)?.ok_or(DbError::Column(no, "a text"))
    }

    /// A TEXT or nothing.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn some_text(&self, no: usize) -> Result<Option<&str>, DbError> {
        match self {
            Row::Sqlite(it) => match it.get_ref(no) {
                Ok(rusqlite::types::ValueRef::Null) => Ok(None),
                Ok(it) => it.as_str().map(Some).map_err(|_| DbError::Column(no, "a text")),
                Err(_) => Err(DbError::Column(no, "a text")),
            },
            Row::Postgres(it) => it.try_get(no).map_err(|_| DbError::Column(no, "a text")),
        }
    }

    /// A BLOB or BYTEA.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn blob(&self, no: usize) -> Result<&[u8], DbError> {
        self.some_blob(no)?.ok_or(DbError::Column(no, "bytes"))
    }

    /// A BLOB or BYTEA or nothing.
    ///
    /// # Errors
    /// Where the column holds something else.
    pub fn some_blob(&self, no: usize) -> Result<Option<&[u8]>, DbError> {
        match self {
            Row::Sqlite(it) => match it.get_ref(no) {
                Ok(rusqlite::types::ValueRef::Null) => Ok(None),
                Ok(rusqlite::types::ValueRef::Blob(it)) => Ok(Some(it)),
                // Bytes edited by hand may have become text; they are still bytes.
                Ok(rusqlite::types::ValueRef::Text(it)) => Ok(Some(it)),
                _ => Err(DbError::Column(no, "bytes")),
            },
            Row::Postgres(it) => it.try_get(no).map_err(|_| DbError::Column(no, "bytes")),
        }
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(it) => ValueRef::Integer(*it),
            Value::Real(it) => ValueRef::Real(*it),
            Value::Text(it) => ValueRef::Text(it.as_bytes()),
            Value::Blob(it) => ValueRef::Blob(it),
        }))
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(it) if *ty == Type::INT4 => i32::try_from(*it)?.to_sql(ty, out),
            Value::Int(it) => it.to_sql(ty, out),
            Value::Real(it) => it.to_sql(ty, out),
            Value::Text(it) => it.to_sql(ty, out),
            Value::Blob(it) => it.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::FLOAT8, Type::TEXT, Type::VARCHAR, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

pub(crate) fn from_sqlite(error: rusqlite::Error) -> DbError {
    use rusqlite::ErrorCode;
    let why = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => DbError::Constraint(why),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DbError::Busy(why),
        Some(ErrorCode::DiskFull) => DbError::Full(why),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => DbError::ReadOnly(why),
        _ => DbError::Other(why),
    }
}

pub(crate) fn from_postgres(error: postgres::Error) -> DbError {
    let why = match error.as_db_error() {
        Some(it) => format!("{} ({})", it.message(), it.code().code()),
        None => error.to_string(),
    };
    if error.is_closed() {
        return DbError::Lost(why);
    }
    match error.code().map(|it| it.code().to_owned()).as_deref() {
        Some(code) if code.starts_with("23") => DbError::Constraint(why),
        Some("55P03" | "40001" | "40P01") => DbError::Busy(why),
        Some("53100") => DbError::Full(why),
        Some("25006") => DbError::ReadOnly(why),
        Some(code) if code.starts_with("08") || code.starts_with("57P") => DbError::Lost(why),
        Some(_) => DbError::Other(why),
        None => DbError::Lost(why),
    }
}
