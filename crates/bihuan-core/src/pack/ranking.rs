//! Rankings (排名): which units are compared, by points, and what the lists say.

use crate::id::RoleId;
use crate::text::Text;
use crate::unit::KindId;
use serde::{Deserialize, Serialize};

/// A ranking of units of one kind by the points of their matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RankingRule {
    /// Key.
    pub id: String,
    /// Name on screens and documents.
    pub title: Text,
    /// The kind of units that are ranked.
    pub kind: KindId,
    /// Functions that part the units into groups, each ranked by itself; a unit is of the first
    /// that it has, else of the group without a name.
    pub groups: Vec<String>,
    /// Points count for each unit of this kind below, such as each grid.
    pub per: Option<KindId>,
    /// Who publishes it: a person confirms what is said of units.
    pub publish: Vec<RoleId>,
    /// Fewest matters for a rank.
    pub minimum: u32,
    /// The red list (红榜).
    pub red: Option<ListRule>,
    /// The black list (黑榜).
    pub black: Option<ListRule>,
}

/// Who stands on a list: by rank or by rate, one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ListRule {
    /// The first so many ranks of a group, or the last so many.
    pub places: Option<u32>,
    /// Cleared of those found, in percent: at least so many for red, fewer for black.
    pub percent: Option<u32>,
}
