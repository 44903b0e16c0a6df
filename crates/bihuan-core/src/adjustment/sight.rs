//! Who sees what a unit is charged, and who ranks: one answer for one, a list, a statement.
//!
//! Invariants: whoever works for a unit sees all that the unit is charged; whoever decides on it
//! sees it; nobody else does. What is ranked is seen by whoever decides before it is published.

use crate::id::RoleId;
use crate::matter::Rules;
use crate::matter::facts::Grant;
use crate::pack::{Pack, RankingRule};
use crate::party::{Scene, covers_as};
use crate::policy::{Standpoint, Viewer};
use crate::unit::UnitId;

/// Whether a viewer sees the adjustments of a unit.
#[must_use]
pub fn sees_adjustments(rules: &Rules, viewer: &Viewer, pack: &Pack, unit: &UnitId) -> bool {
    let own = |it: &Grant| rules.units.is_within(&it.unit, unit);
    let adjusting = &pack.adjusting;
    let deciding = [&adjusting.propose, &adjusting.review, &adjusting.confirm, &adjusting.execute];
    viewer.standpoint() == Standpoint::Operator
        || viewer.offices().iter().any(own)
        || deciding.into_iter().any(|it| holds(rules, viewer, pack, it, unit))
}

/// Whether a viewer may propose adjustments of a unit.
#[must_use]
pub fn proposes_adjustments(rules: &Rules, viewer: &Viewer, pack: &Pack, unit: &UnitId) -> bool {
    viewer.standpoint() == Standpoint::Operator
        || holds(rules, viewer, pack, &pack.adjusting.propose, unit)
}

/// Whether a viewer sees a ranking that nobody has published yet.
#[must_use]
pub fn sees_ranking(
    rules: &Rules,
    viewer: &Viewer,
    (pack, rule): (&Pack, &RankingRule),
    under: &UnitId,
) -> bool {
    let lists = [&rule.publish, &pack.adjusting.propose];
    viewer.standpoint() == Standpoint::Operator
        || lists.into_iter().any(|it| holds(rules, viewer, pack, it, under))
}

/// Whether a viewer sees a ranking that was published: whoever works below the unit or above it.
#[must_use]
pub fn sees_published(rules: &Rules, viewer: &Viewer, under: &UnitId) -> bool {
    let near = |it: &Grant| {
        rules.units.is_within(&it.unit, under) || rules.units.is_within(under, &it.area)
    };
    viewer.standpoint() == Standpoint::Operator || viewer.offices().iter().any(near)
}

/// Whether a viewer holds one of some roles of a pack for a unit.
fn holds(rules: &Rules, viewer: &Viewer, pack: &Pack, roles: &[RoleId], unit: &UnitId) -> bool {
    let scene = Scene { place: unit, assigned: Some(unit), opener: None, opener_unit: None };
    viewer.offices().iter().filter(|it| roles.contains(&it.role)).any(|it| {
        let role = pack.role(&it.role);
        role.is_some_and(|role| covers_as(&rules.units, it, role, &scene, viewer.via()))
    })
}
