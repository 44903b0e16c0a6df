//! Classes: the kinds of problems, each with its limit, standard and measure.

use crate::clock::Within;
use crate::id::ClassCode;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A problem type with what it takes to fix it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Class {
    /// Key, unique in the pack.
    pub code: ClassCode,
    /// Big class (大类) key and name.
    pub big: String,
    /// Name of the big class.
    pub big_title: Text,
    /// Name of the class.
    pub title: Text,
    /// When to file (立案条件).
    pub condition: Text,
    /// What counts as fixed (整改标准); `；` separates checklist items.
    pub standard: Text,
    /// What to do (整改措施).
    pub measure: Text,
    /// How long handling may take.
    pub limit: Within,
    /// Weight of one matter, in thousandths of a point.
    pub points_milli: i64,
    /// Who is suggested as responsible.
    pub owner: DefaultOwner,
    /// Point types on which the class occurs; empty means all.
    pub point_types: Vec<String>,
    /// First day of validity, `2021-01-01`; `None` is always.
    pub valid_from: Option<String>,
    /// First day of no more validity.
    pub valid_to: Option<String>,
}

/// Who is suggested as responsible for a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DefaultOwner {
    /// The unit whose area holds the place.
    Place,
    /// The unit responsible for the point, else that of the place.
    Point,
    /// The nearest unit above the place with this function, else that of the place.
    Function(String),
}
