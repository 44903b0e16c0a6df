//! Values that statements are given, and what neither database can hold.

use super::DbError;
use postgres::types::{IsNull, ToSql, Type, WrongType, private::BytesMut, to_sql_checked};
use std::error::Error;

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

impl Value {
    /// Refuses what one database would store and the other not, so that both refuse it.
    pub(super) fn check(&self) -> Result<(), DbError> {
        match self {
            Value::Text(it) if it.as_bytes().contains(&0) => {
                Err(DbError::Value("a text holds the character NUL".into()))
            }
            Value::Real(it) if it.is_nan() => Err(DbError::Value("a number is not one".into())),
            _ => Ok(()),
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
        // Eight letters would pass for a BIGINT on the wire: each value goes as its own type only.
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(it) if *ty == Type::INT8 => it.to_sql(ty, out),
            Value::Int(it) if *ty == Type::INT4 => i32::try_from(*it)?.to_sql(ty, out),
            Value::Real(it) if *ty == Type::FLOAT8 => it.to_sql(ty, out),
            Value::Text(it) if *ty == Type::TEXT || *ty == Type::VARCHAR => it.to_sql(ty, out),
            Value::Blob(it) if *ty == Type::BYTEA => it.to_sql(ty, out),
            _ => Err(Box::new(WrongType::new::<Value>(ty.clone()))),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::FLOAT8, Type::TEXT, Type::VARCHAR, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}
