//! Needs: what a move must be given before it counts.

use serde::{Deserialize, Serialize};

/// What a move needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A photo of a slot.
    Photo(PhotoNeed),
    /// A field of the form.
    Field(String),
    /// A note.
    Note,
    /// A reason.
    Reason,
    /// Each item of the class's standard ticked.
    Checklist,
    /// A responsible person.
    Person,
    /// A unit.
    Unit,
    /// A limit, from the class or ordered.
    Limit,
    /// A recorded visit.
    Visit,
    /// A signature.
    Signature,
    /// A document of this kind.
    Document(String),
    /// A recorded payment.
    Payment,
    /// A rows field with at least one complete row.
    Rows(String),
    /// All checks of the pack pass.
    Checks,
    /// All children have ended.
    Children,
}

/// A photo that a move needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhotoNeed {
    /// Slot: `before`, `after` or another word of the pack.
    pub slot: String,
    /// How many, at least 1.
    pub count: u32,
    /// Within this many metres of the matter's place.
    pub near_m: Option<u32>,
    /// Taken later than the photo of this slot.
    pub later_than: Option<String>,
    /// Taken at most this many minutes before the act's own moment.
    pub fresh_min: Option<u32>,
}
