//! One row of an answer, read by the number of a column.
//!
//! Invariant: a column that holds something else than asked for is an error, on both databases.

use super::DbError;

/// One row of an answer.
pub enum Row<'a> {
    /// From SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a postgres::Row),
}

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
