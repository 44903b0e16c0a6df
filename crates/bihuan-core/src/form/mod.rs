//! Forms: typed fields of a pack, and the values that a matter carries.
//!
//! Invariants: values are integers, keys, digests and references; neither free text nor a place
//! ever stands in a value.

mod check;
mod file;
mod param;
mod reckon;
mod register;

pub use check::{FieldFault, FieldInput, check_form, check_required, sample};
pub use file::undeclared;
pub use param::{Param, ParamSlip, ParamValue};
pub use reckon::{Ground, Reckoning, Stands, failing_checks, fill_formulas};
pub use register::{Entries, Entry, Register, check_entries};

use crate::content::ContentRef;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most fields of a form, and of a row.
pub const FIELDS_MAX: usize = 200;
/// Most rows of a table.
pub const ROWS_MAX: usize = 2_000;
/// Most files of a field.
pub const FIELD_FILES_MAX: usize = 40;
/// Longest text of a field, in bytes.
pub const FIELD_TEXT_BYTES_MAX: usize = 16 * 1024;

/// A typed field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Field {
    /// Key, unique in the form.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Type.
    pub kind: FieldKind,
    /// Whether a matter cannot be opened without it.
    pub required: bool,
    /// Personal data: shown only to those on the case.
    pub sealed: bool,
    /// What to write here, for those who fill it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
}

/// Type of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Free text, at most so many bytes.
    Text {
        /// Bytes.
        max: usize,
    },
    /// A number with a unit, kept as a whole number of its smallest part.
    Number {
        /// Unit, such as `person`.
        unit: String,
        /// Decimal places: with 1, the value 935 stands for 93.5.
        #[serde(default)]
        places: u8,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// An amount in fen.
    Money,
    /// A length in millimetres.
    Length,
    /// A civil date, `2021-04-16`.
    Date,
    /// A number of months.
    Period,
    /// One of these.
    Choice {
        /// Keys with names.
        options: Vec<ChoiceOption>,
    },
    /// Yes or no.
    YesNo,
    /// A person of the realm.
    Person,
    /// A unit of the realm.
    Unit,
    /// An entry of a register.
    Register {
        /// Which register.
        register: String,
    },
    /// A place of its own, beside that of the matter; kept sealed.
    Place,
    /// Photos, by the digests of files declared.
    Photo {
        /// Most photos.
        max: usize,
    },
    /// Files, by the digests of files declared.
    File {
        /// Most files.
        max: usize,
    },
    /// A signature, by the digest of its image, a file declared.
    Signature,
    /// A table.
    Rows {
        /// Columns.
        #[cfg_attr(feature = "openapi", schema(no_recursion))]
        fields: Vec<Field>,
        /// Most rows.
        max: usize,
    },
    /// Computed from the others.
    Formula {
        /// The expression.
        expr: String,
    },
}

impl FieldKind {
    /// Whether its value names files.
    #[must_use]
    pub fn holds_files(&self) -> bool {
        matches!(self, FieldKind::Photo { .. } | FieldKind::File { .. } | FieldKind::Signature)
    }
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChoiceOption {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// A number, an amount in fen, a length in millimetres, months.
    Int(i64),
    /// A date, choice, person, unit or register entry, by its key.
    Key(String),
    /// Yes or no.
    Yes(bool),
    /// Free text or a place, sealed.
    Ref(ContentRef),
    /// Photos, files or one signature: SHA-256 of each, 64 lower-case hexadecimal digits.
    Files(Vec<String>),
    /// Rows.
    Rows(Vec<BTreeMap<String, FieldValue>>),
}

impl FieldValue {
    /// Whether it is a table with at least one row.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        matches!(self, FieldValue::Rows(rows) if !rows.is_empty())
    }

    /// Every sealed text that it names.
    #[must_use]
    pub fn contents(&self) -> Vec<&ContentRef> {
        match self {
            FieldValue::Ref(it) => vec![it],
            FieldValue::Rows(rows) => {
                rows.iter().flat_map(|it| it.values()).flat_map(FieldValue::contents).collect()
            }
            FieldValue::Int(_) | FieldValue::Key(_) | FieldValue::Yes(_) | FieldValue::Files(_) => {
                Vec::new()
            }
        }
    }
}

/// A rule over the form that must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// Key.
    pub id: String,
    /// The expression; true where the rule holds.
    pub expr: String,
    /// What to say where it does not.
    pub message: Text,
}
