//! What is shown and printed: ledger columns and documents.

use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A column of the printed ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerColumn {
    /// Heading.
    pub title: Text,
    /// What it shows.
    pub shows: Shows,
}

/// What a ledger column shows (domain: the official columns of 整改台账).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// Running number in the list.
    Row,
    /// Number of the matter.
    Number,
    /// Source.
    Source,
    /// When found.
    FoundAt,
    /// Name of the point.
    Point,
    /// Unit whose area holds the place.
    PlaceUnit,
    /// Coordinates with datum.
    Coordinates,
    /// Big class.
    BigClass,
    /// Class.
    Class,
    /// Description.
    Description,
    /// Digests of the photos before.
    Before,
    /// Digests of the photos after.
    AfterPhoto,
    /// Responsible unit.
    Responsible,
    /// Responsible person.
    Person,
    /// Measure.
    Measure,
    /// Standard.
    Standard,
    /// Deadline.
    Due,
    /// When dispatched.
    DispatchedAt,
    /// Stage.
    Stage,
    /// When declared done.
    DeclaredAt,
    /// Who accepted.
    Acceptor,
    /// Number of the clearance.
    ClearNumber,
    /// When cleared.
    ClearedAt,
    /// Whether overdue.
    Overdue,
    /// How often sent back.
    Rework,
    /// Result of looking back.
    Recheck,
    /// Points.
    Points,
    /// Kind of loop.
    Pack,
    /// When opened.
    OpenedAt,
    /// Unit that owes the next move.
    Owner,
    /// Deadline that was missed first.
    OverdueAt,
    /// Level of supervision.
    Supervised,
    /// A field of the form.
    Field(String),
}

/// Something printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document {
    /// Key.
    pub id: String,
    /// Name.
    pub title: Text,
    /// File under `documents/` of the pack.
    pub template: String,
}
