//! Sealed texts read back: what they say, or that they were erased and by which entry.

use crate::db::{Db, DbError, Row, Value};
use crate::filter::Clauses;
use bihuan_core::content::ContentRef;
use bihuan_core::id::PersonId;
use bihuan_core::matter::Matter;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Texts that one statement reads.
const CHUNK: usize = 1_024;

/// A sealed text as it may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// There is none.
    #[default]
    None,
    /// What it says.
    Text(String),
    /// Erased, by this entry of the record.
    Erased(u64),
}

impl Shown {
    /// From three columns: reference, bytes, number of the erasing entry.
    pub(crate) fn read(row: &Row<'_>, first: usize) -> Result<Shown, DbError> {
        if row.some_text(first)?.is_none() {
            return Ok(Shown::None);
        }
        if let Some(seq) = row.some_int(first + 2)? {
            return Ok(Shown::Erased(seq.unsigned_abs()));
        }
        let bytes = row.some_blob(first + 1)?.unwrap_or_default();
        Ok(Shown::Text(String::from_utf8_lossy(bytes).into_owned()))
    }

    /// What it says, if it may still be read.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Shown::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Texts by their references.
///
/// # Errors
/// As the database says.
pub fn texts(
    db: &mut Db,
    refs: &BTreeSet<ContentRef>,
) -> Result<BTreeMap<ContentRef, Shown>, DbError> {
    let mut texts = BTreeMap::new();
    let keys: Vec<&ContentRef> = refs.iter().collect();
    for chunk in keys.chunks(CHUNK) {
        let mut clauses = Clauses::default();
        let names = clauses.bind_all(chunk.iter().map(|it| Value::Text(it.0.clone())));
        let sql = format!("SELECT ref, bytes, erased_seq FROM content WHERE ref IN ({names})");
        db.query(&sql, &clauses.values, |row| {
            texts.insert(ContentRef(row.text(0)?.to_owned()), Shown::read(row, 0)?);
            Ok(())
        })?;
    }
    Ok(texts)
}

/// All texts of a matter by their references; [`bihuan_core::policy::shown_texts`] says which may
/// be told.
///
/// # Errors
/// As the database says.
pub fn texts_of(db: &mut Db, matter: &Matter) -> Result<BTreeMap<ContentRef, Shown>, DbError> {
    let sql = "SELECT ref, bytes, erased_seq FROM content WHERE matter = $1";
    let rows = db.all(sql, &[Value::Text(matter.id.to_string())], |row| {
        Ok((ContentRef(row.text(0)?.to_owned()), Shown::read(row, 0)?))
    })?;
    Ok(rows.into_iter().collect())
}

/// Names of persons.
///
/// # Errors
/// As the database says.
pub fn names(
    db: &mut Db,
    persons: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Shown>, DbError> {
    of_persons(db, persons, "name_ref")
}

/// Work telephones of persons; whoever is shown one is on the audit trail with it.
///
/// # Errors
/// As the database says.
pub fn telephones(
    db: &mut Db,
    persons: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Shown>, DbError> {
    of_persons(db, persons, "telephone_ref")
}

fn of_persons(
    db: &mut Db,
    persons: &BTreeSet<PersonId>,
    column: &str,
) -> Result<BTreeMap<PersonId, Shown>, DbError> {
    let mut told = BTreeMap::new();
    let keys: Vec<&PersonId> = persons.iter().collect();
    for chunk in keys.chunks(CHUNK) {
        let mut clauses = Clauses::default();
        let bound = clauses.bind_all(chunk.iter().map(|it| Value::Text(it.0.clone())));
        let sql = format!(
            "SELECT person.id, content.ref, content.bytes, content.erased_seq
             FROM person LEFT JOIN content ON content.ref = person.{column}
             WHERE person.id IN ({bound})"
        );
        db.query(&sql, &clauses.values, |row| {
            told.insert(PersonId::from(row.text(0)?), Shown::read(row, 1)?);
            Ok(())
        })?;
    }
    Ok(told)
}
