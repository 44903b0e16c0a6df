//! Roles: who acts, and on which part of the realm.

use crate::id::RoleId;
use crate::text::Text;
use crate::unit::KindId;
use serde::{Deserialize, Serialize};

/// Who acts, and on which part of the realm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Role {
    /// Key; the realm grants it to persons.
    pub id: RoleId,
    /// Name on screens.
    pub title: Text,
    /// Which unit a grant must cover.
    pub of: Of,
    /// Kinds of the unit that employs whoever holds the role; empty means any.
    pub kinds: Vec<KindId>,
    /// Surfaces the role works on; evidence must be possible there.
    pub surfaces: Vec<Surface>,
}

impl Role {
    /// Whether the role works on nothing but the public page: who holds it is no official.
    #[must_use]
    pub fn is_public_only(&self) -> bool {
        self.surfaces.contains(&Surface::Public)
            && self.surfaces.iter().all(|it| *it == Surface::Public)
    }
}

/// Which unit the area of a grant must cover, for a role to act on a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The unit whose area holds the place.
    Place,
    /// The unit the matter is assigned to.
    Assigned,
    /// The unit of the person who opened it, and that person.
    Opener,
    /// The party the matter is about, by own code or signed paper.
    Subject,
    /// The unit that holds this function in the realm, nearest above the place.
    Function(String),
}

/// Where a role works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The phone in the field.
    Field,
    /// The desk.
    Desk,
    /// The public page.
    Public,
}
