//! Why a statement failed, in words that are the same for both databases.

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A unique, foreign or not-null constraint.
    #[error("constraint failed: {0}")]
    Constraint(String),
    /// A value that cannot be stored, such as a text with NUL in it.
    #[error("a value cannot be stored: {0}")]
    Value(String),
    /// Somebody else holds the lock, or it took too long.
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
    /// Another process has the realm open for writing.
    #[error("the realm is in use: {0}")]
    InUse(String),
    /// The database cannot serve as it is set up.
    #[error("the database cannot be used: {0}")]
    Unfit(String),
    /// A fault in the program, caught before it could do harm.
    #[error("a fault in the program: {0}")]
    Fault(String),
    /// A column did not hold what the statement says.
    #[error("column {0} is not {1}")]
    Column(usize, &'static str),
    /// Anything else.
    #[error("the database failed: {0}")]
    Other(String),
}

impl DbError {
    /// A stable word for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            DbError::Constraint(_) => "constraint",
            DbError::Value(_) => "bad_value",
            DbError::Busy(_) => "busy",
            DbError::Full(_) => "disk_full",
            DbError::ReadOnly(_) => "read_only",
            DbError::Lost(_) => "connection_lost",
            DbError::OutcomeUnknown(_) => "outcome_unknown",
            DbError::InUse(_) => "in_use",
            DbError::Unfit(_) => "unfit",
            DbError::Fault(_) => "fault",
            DbError::Column(..) | DbError::Other(_) => "failed",
        }
    }

    /// The same error, met while committing: what may have happened is said to be unknown.
    ///
    /// An error of the disk counts as well: pages that did not reach it in order may still be
    /// found there after a loss of power.
    pub(super) fn of_commit(self) -> DbError {
        match self {
            DbError::Lost(why) | DbError::Other(why) => DbError::OutcomeUnknown(why),
            other => other,
        }
    }
}

/// What SQLite said.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> DbError {
    use rusqlite::ErrorCode;
    let why = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => DbError::Constraint(why),
        Some(ErrorCode::TypeMismatch | ErrorCode::TooBig) => DbError::Value(why),
        Some(
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted,
        ) => DbError::Busy(why),
        Some(ErrorCode::DiskFull) => DbError::Full(why),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => DbError::ReadOnly(why),
        Some(ErrorCode::CannotOpen | ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            DbError::Unfit(why)
        }
        _ => DbError::Other(why),
    }
}

/// What PostgreSQL said, or what became of the way there.
pub(crate) fn from_postgres(error: postgres::Error) -> DbError {
    let Some(said) = error.as_db_error() else {
        use std::error::Error;
        let why = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        // A value of the wrong type never left; everything else is about the connection.
        let is_value = error.source().is_some_and(|it| {
            it.is::<postgres::types::WrongType>() || it.is::<std::num::TryFromIntError>()
        });
        return if is_value { DbError::Value(why) } else { DbError::Lost(why) };
    };
    let code = said.code().code();
    let why = format!("{} ({code})", said.message());
    match code {
        // Integrity constraint violation.
        _ if code.starts_with("23") => DbError::Constraint(why),
        // Data exception.
        _ if code.starts_with("22") => DbError::Value(why),
        // Lock not available, serialization failure, deadlock, canceled, too many connections.
        "55P03" | "40001" | "40P01" | "57014" | "53300" => DbError::Busy(why),
        "53100" => DbError::Full(why),
        "25006" => DbError::ReadOnly(why),
        // Connection exception, shutdown, idle in transaction for too long.
        "25P03" => DbError::Lost(why),
        _ if code.starts_with("08") || code.starts_with("57P") => DbError::Lost(why),
        // Invalid authorisation, no such database, no privilege.
        "3D000" | "42501" => DbError::Unfit(why),
        _ if code.starts_with("28") => DbError::Unfit(why),
        _ => DbError::Other(why),
    }
}
