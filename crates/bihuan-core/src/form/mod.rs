//! Forms: typed fields of a pack, and the values that a matter carries.
//!
//! Invariants: values are integers, keys and references; free text never stands in a value.

mod check;
mod reckon;

pub use check::{FieldFault, FieldInput, check_form, check_required, sample};
pub use reckon::{Reckoning, Stands, failing_checks, fill_formulas};

use crate::content::ContentRef;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most fields of a form, and of a row.
pub const FIELDS_MAX: usize = 200;
/// Most rows of a table.
pub const ROWS_MAX: usize = 2_000;
/// Longest text of a field, in bytes.
pub const FIELD_TEXT_BYTES_MAX: usize = 16 * 1024;

/// A typed field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

/// Type of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Free text, at most so many bytes.
    Text {
        /// Bytes.
        max: usize,
    },
    /// A whole number with a unit.
    Number {
        /// Unit, such as `person`.
        unit: String,
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
    /// A table.
    Rows {
        /// Columns.
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

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Free text, sealed.
    Ref(ContentRef),
    /// Rows.
    Rows(Vec<BTreeMap<String, FieldValue>>),
}

impl FieldValue {
    /// Whether it is a table with at least one row.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        matches!(self, FieldValue::Rows(rows) if !rows.is_empty())
    }
}

/// A rule over the form that must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Key.
    pub id: String,
    /// The expression; true where the rule holds.
    pub expr: String,
    /// What to say where it does not.
    pub message: Text,
}

/// A list that matters refer to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Register {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Typed fields of an entry.
    pub fields: Vec<Field>,
}

/// A value with dates, such as a minimum wage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Key.
    pub id: String,
    /// Unit of its values, such as `fen`.
    pub unit: String,
    /// Values, by date.
    pub values: Vec<ParamValue>,
}

/// A value with its dates and source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamValue {
    /// First day, `2018-10-01`.
    pub from: String,
    /// First day of no more validity.
    pub to: Option<String>,
    /// The value, in the unit of the parameter.
    pub value: i64,
    /// Who says so.
    pub source: Text,
}
