//! One thin type over two drivers: SQLite by default, PostgreSQL when one machine is outgrown.
//!
//! Invariants: the same SQL text runs on both, and what must differ is in [`crate::dialect`]; a
//! transaction in which anything failed is never committed.

mod error;
mod row;
mod value;

use crate::dialect::{self, Target};
use crate::disk;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use std::collections::HashMap;
use std::fs::File;
use std::ops::ControlFlow;
use std::sync::Arc;

pub use error::DbError;
pub(crate) use error::{from_postgres, from_sqlite};
pub use row::Row;
pub use value::Value;

/// Most parameters of one statement; both databases take more.
pub const PARAMETERS_MAX: usize = 8_192;
/// Rows that one statement inserts.
const CHUNKS: [usize; 4] = [64, 16, 4, 1];
/// Distinct statements that a connection knows before it forgets them all.
const STATEMENTS_MAX: usize = 256;

/// A connection.
pub struct Db {
    driver: Driver,
    target: Target,
    role: Role,
    statements: HashMap<String, Prepared>,
    /// Inserts by how they begin: their texts are long, and need not be made to be found.
    inserts: HashMap<String, Vec<Insert>>,
    executed: u64,
    state: State,
    /// Whether something failed since the last commit that may be the disk's fault.
    is_doubted: bool,
    /// Held for as long as a realm in a file is open for writing.
    _lock: Option<File>,
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

/// An insert of so many rows.
struct Insert {
    width: usize,
    rows: usize,
    casts: String,
    tail: String,
    prepared: Prepared,
}

/// Where a connection stands between `begin` and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Each statement by itself.
    Alone,
    /// In a transaction.
    Within,
    /// In a transaction in which something failed.
    Broken,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The one writer.
    Writer,
    /// One of the readers.
    Reader,
}

impl Db {
    /// Connects. A writer of a realm in a file holds a lock on it until it is dropped.
    ///
    /// # Errors
    /// Where the target cannot be reached or cannot serve, with what to do;
    /// [`DbError::InUse`] where another process has the file open for writing.
    pub fn connect(target: &Target, role: Role) -> Result<Db, DbError> {
        let lock = match (target, role) {
            (Target::Sqlite(path), Role::Writer) => Some(disk::lock(path)?),
            _ => None,
        };
        Ok(Db {
            driver: open(target, role)?,
            target: target.clone(),
            role,
            statements: HashMap::new(),
            inserts: HashMap::new(),
            executed: 0,
            state: State::Alone,
            is_doubted: false,
            _lock: lock,
        })
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

    /// Runs statements without parameters, separated by `;`.
    ///
    /// # Errors
    /// The first that failed.
    pub fn run(&mut self, sql: &str) -> Result<(), DbError> {
        self.executed += 1;
        let done = match &mut self.driver {
            Driver::Sqlite(it) => it.execute_batch(sql).map_err(from_sqlite),
            Driver::Postgres(it) => it.batch_execute(sql).map_err(from_postgres),
        };
        self.noted(done)
    }

    /// Begins a transaction that will write. A connection that was lost is made anew: nothing of
    /// it is remembered between transactions.
    ///
    /// # Errors
    /// Where the lock is not to be had, or the database not to be reached or only to be read.
    pub fn begin(&mut self) -> Result<(), DbError> {
        if self.state != State::Alone {
            self.rollback();
        }
        // Such a disk fails a commit in a way that leaves its outcome open: it is not tried again.
        if self.is_doubted
            && let Target::Sqlite(path) = &self.target
            && disk::is_read_only(path)
        {
            return Err(DbError::ReadOnly(format!("{} can only be read", path.display())));
        }
        let sql = dialect::begin_sql(self);
        let begun = match self.run(sql) {
            Err(DbError::Lost(_)) => {
                self.driver = open(&self.target, self.role)?;
                self.statements.clear();
                self.inserts.clear();
                self.run(sql)
            }
            other => other,
        };
        begun.inspect(|()| self.state = State::Within)
    }

    /// Begins to read one state of the realm, whatever is written meanwhile, unless a transaction
    /// is open already; then it says `false` and [`Db::rollback`] is not for the caller.
    ///
    /// # Errors
    /// As the database says.
    pub(crate) fn snapshot(&mut self) -> Result<bool, DbError> {
        if self.state != State::Alone {
            return Ok(false);
        }
        let sql = dialect::snapshot_sql(self);
        self.run(sql)?;
        self.state = State::Within;
        Ok(true)
    }

    /// Commits. A transaction in which anything failed is rolled back instead, since the
    /// databases differ in what would be left of it.
    ///
    /// # Errors
    /// [`DbError::OutcomeUnknown`] where the answer is lost.
    pub fn commit(&mut self) -> Result<(), DbError> {
        if self.state != State::Within {
            self.rollback();
            return Err(DbError::Other("a part of the transaction failed".into()));
        }
        let done = self.run("COMMIT").map_err(DbError::of_commit);
        if done.is_err() {
            self.rollback();
        }
        self.state = State::Alone;
        self.is_doubted = done.is_err();
        done
    }

    /// Rolls back, as far as there is anything to roll back.
    pub fn rollback(&mut self) {
        let is_open = match &self.driver {
            Driver::Sqlite(it) => !it.is_autocommit(),
            Driver::Postgres(it) => self.state != State::Alone && !it.is_closed(),
        };
        if is_open {
            // A connection that is lost has rolled back by itself.
            let _ = self.run("ROLLBACK");
        }
        self.state = State::Alone;
    }

    /// Runs a statement and says how many rows it touched.
    ///
    /// # Errors
    /// As the database says.
    pub fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let prepared = self.prepared(sql);
        let done = prepared.and_then(|it| self.execute_with(&it, values.iter().collect()));
        self.noted(done)
    }

    fn execute_with(&mut self, prepared: &Prepared, values: Vec<&Value>) -> Result<u64, DbError> {
        values.iter().try_for_each(|it| it.check())?;
        self.executed += 1;
        match (&mut self.driver, prepared) {
            (Driver::Sqlite(it), Prepared::Sqlite(sql)) => {
                let mut statement = it.prepare_cached(sql).map_err(from_sqlite)?;
                let values = rusqlite::params_from_iter(values);
                statement.execute(values).map(|it| it as u64).map_err(from_sqlite)
            }
            (Driver::Postgres(it), Prepared::Postgres(statement)) => {
                let values: Vec<_> = values.iter().map(|it| *it as &(dyn ToSql + Sync)).collect();
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
        let done = self.scan(sql, values, |row| each(row).map(ControlFlow::Continue));
        self.noted(done)
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
        let done = self.scan(sql, values, |row| {
            first = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        });
        self.noted(done)?;
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

    fn scan(
        &mut self,
        sql: &str,
        values: &[Value],
        mut each: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        values.iter().try_for_each(Value::check)?;
        let prepared = self.prepared(sql)?;
        self.executed += 1;
        match (&mut self.driver, &prepared) {
            (Driver::Sqlite(it), Prepared::Sqlite(sql)) => {
                let mut statement = it.prepare_cached(sql).map_err(from_sqlite)?;
                let values = rusqlite::params_from_iter(values);
                let mut rows = statement.query(values).map_err(from_sqlite)?;
                while let Some(row) = rows.next().map_err(from_sqlite)? {
                    if each(&Row::Sqlite(row))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
            (Driver::Postgres(it), Prepared::Postgres(statement)) => {
                let mut rows = it.query_raw(statement, values).map_err(from_postgres)?;
                while let Some(row) = rows.next().map_err(from_postgres)? {
                    if each(&Row::Postgres(&row))?.is_break() {
                        break;
                    }
                }
                Ok(())
            }
            _ => Err(DbError::Other("a statement of another driver".into())),
        }
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
            let prepared = self.prepared_insert(head, (width, now.len()), casts, tail);
            let values = now.iter().flatten().collect();
            let done = prepared.and_then(|it| self.execute_with(&it, values));
            self.noted(done)?;
        }
        Ok(())
    }

    fn prepared_insert(
        &mut self,
        head: &str,
        (width, rows): (usize, usize),
        casts: &str,
        tail: &str,
    ) -> Result<Prepared, DbError> {
        let is_it = |it: &&Insert| {
            it.rows == rows && it.width == width && it.tail == tail && it.casts == casts
        };
        if let Some(known) = self.inserts.get(head).and_then(|it| it.iter().find(is_it)) {
            return Ok(known.prepared.clone());
        }
        let prepared = self.prepared(&dialect::values_sql(head, width, rows, casts, tail))?;
        let (casts, tail) = (casts.to_owned(), tail.to_owned());
        let insert = Insert { width, rows, casts, tail, prepared: prepared.clone() };
        self.inserts.entry(head.to_owned()).or_default().push(insert);
        Ok(prepared)
    }

    fn prepared(&mut self, sql: &str) -> Result<Prepared, DbError> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared.clone());
        }
        let prepared = match &mut self.driver {
            Driver::Sqlite(_) => Prepared::Sqlite(dialect::sqlite_text(sql).into()),
            Driver::Postgres(it) => Prepared::Postgres(it.prepare(sql).map_err(from_postgres)?),
        };
        if self.statements.len() >= STATEMENTS_MAX {
            self.statements.clear();
            self.inserts.clear();
        }
        self.statements.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// Remembers that something failed within a transaction.
    fn noted<T>(&mut self, done: Result<T, DbError>) -> Result<T, DbError> {
        if done.is_err() && self.state == State::Within {
            self.state = State::Broken;
        }
        done
    }
}

fn open(target: &Target, role: Role) -> Result<Driver, DbError> {
    match target {
        Target::Sqlite(path) => dialect::open_sqlite(path, role).map(Driver::Sqlite),
        Target::Postgres(url) => {
            dialect::open_postgres(url, role).map(|it| Driver::Postgres(Box::new(it)))
        }
    }
}
