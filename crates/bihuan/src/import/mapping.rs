//! Which column of an existing ledger (台账) holds which of our fields.
//!
//! Guessed from the headings that ledgers have, then corrected by a person, kept as TOML.

use super::fault::{Fault, ImportError, Spot};
use super::ledger::{FIELDS, Guess};
use super::point::datum;
use super::table::Table;
use bihuan_core::place::Datum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of a mapping.
const MAPPING_BYTES_MAX: usize = 64 * 1024;

/// A mapping as it is written down.
///
/// ```toml
/// datum = "gcj02"
/// [columns]
/// description = "问题描述"
/// unit = "承办单位"
/// [values.unit]
/// "柳埠头" = "v01"
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Datum of the coordinates, where the ledger has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datum: Option<String>,
    /// Our field, their heading.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Our field, their word, our word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// It is no TOML of this shape, or names a field or a datum that we do not have.
    pub fn read(file: &str, text: &str) -> Result<Mapping, ImportError> {
        let refuse = |word: String| ImportError::new(file, Spot::default(), &Fault::Mapping(word));
        if text.len() > MAPPING_BYTES_MAX {
            return Err(ImportError::new(file, Spot::default(), &Fault::FileLarge));
        }
        let mapping: Mapping =
            toml::from_str(text).map_err(|error| refuse(error.message().to_owned()))?;
        let named = mapping.columns.keys().chain(mapping.values.keys());
        let is_ours = |it: &&String| FIELDS.iter().any(|guess| guess.field.id == it.as_str());
        if let Some(other) = named.into_iter().find(|it| !is_ours(it)) {
            return Err(refuse(other.clone()));
        }
        mapping.datum().map_err(|fault| ImportError::new(file, Spot::default(), &fault))?;
        Ok(mapping)
    }

    /// The mapping that the headings suggest: each field takes the first heading that fits.
    #[must_use]
    pub fn guess(table: &Table) -> Mapping {
        let mut mapping = Mapping::default();
        let mut taken = Vec::new();
        // Exact headings first, so that 责任单位 is not taken for 责任单位联系人.
        for fits in [is_same as fn(&Guess, &str) -> bool, is_alike] {
            for guess in &FIELDS {
                if mapping.columns.contains_key(guess.field.id) {
                    continue;
                }
                let free = |it: &&String| !taken.contains(*it) && fits(guess, it.as_str());
                if let Some(heading) = table.columns.iter().find(free) {
                    taken.push(heading.clone());
                    mapping.columns.insert(guess.field.id.to_owned(), heading.clone());
                }
            }
        }
        mapping
    }

    /// The mapping as TOML, for a person to correct.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        if let Some(datum) = &self.datum {
            text += &format!("datum = {}\n\n", quoted(datum));
        }
        text += "[columns]\n";
        for (field, heading) in &self.columns {
            text += &format!("{field} = {}\n", quoted(heading));
        }
        for (field, words) in &self.values {
            text += &format!("\n[values.{field}]\n");
            for (theirs, ours) in words {
                text += &format!("{} = {}\n", quoted(theirs), quoted(ours));
            }
        }
        text
    }

    /// The datum of the coordinates.
    pub(super) fn datum(&self) -> Result<Option<Datum>, Fault> {
        self.datum.as_deref().map(datum).transpose()
    }

    /// The column of each field, in the order of the fields.
    pub(super) fn columns_in(&self, table: &Table) -> Result<Vec<Option<usize>>, ImportError> {
        let find = |guess: &Guess| match self.columns.get(guess.field.id) {
            None => Ok(None),
            Some(heading) => table.column(heading).map(Some).ok_or_else(|| {
                let spot = Spot::line(table.heading_line);
                ImportError::new(&table.file, spot, &Fault::ColumnMissing(heading.clone()))
            }),
        };
        FIELDS.iter().map(find).collect()
    }

    /// Our word for theirs in a field.
    pub(super) fn word<'a>(&'a self, field: &str, theirs: &'a str) -> &'a str {
        self.values.get(field).and_then(|it| it.get(theirs)).map_or(theirs, String::as_str)
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|it| match it {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            it if it.is_control() => format!("\\u{:04X}", u32::from(it)),
            it => it.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

fn is_same(guess: &Guess, heading: &str) -> bool {
    let bare = bare(heading);
    bare == guess.field.zh || bare == guess.field.id || guess.also.contains(&bare.as_str())
}

fn is_alike(guess: &Guess, heading: &str) -> bool {
    let bare = bare(heading);
    guess.also.iter().chain([&guess.field.zh]).any(|it| it.chars().count() > 2 && bare.contains(it))
}

/// A heading without blanks and without what stands in brackets.
fn bare(heading: &str) -> String {
    let mut depth = 0_usize;
    let mut bare = String::new();
    for it in heading.chars() {
        match it {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            it if depth == 0 && !it.is_whitespace() => bare.push(it),
            _ => {}
        }
    }
    bare
}
