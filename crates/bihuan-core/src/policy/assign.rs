//! Who may be made responsible in a unit, and for whom that is to know.
//!
//! Invariant: whoever neither dispatches nor names anybody learns nobody's name here; of a sealed
//! pack only its own offices choose.

use super::action::Denied;
use super::sight::office;
use super::viewer::{Standpoint, Viewer};
use crate::id::RoleId;
use crate::matter::facts::{Grant, Rules};
use crate::matter::submission::Via;
use crate::pack::{Act, Meaning, Pack};
use crate::unit::UnitId;
use std::collections::BTreeSet;

/// The grants under which somebody may be made responsible in a unit, by a viewer who dispatches to
/// it, transfers to it or names persons there.
///
/// # Errors
/// Why the viewer may not know.
pub fn assignees<'a>(
    rules: &'a Rules,
    viewer: &Viewer,
    unit: &UnitId,
) -> Result<Vec<&'a Grant>, Denied> {
    if viewer.as_person().is_none() {
        return Err(Denied::SignedOut);
    }
    if viewer.via() != Via::Person {
        return Err(Denied::NotByMachine);
    }
    if viewer.standpoint() != Standpoint::Official {
        return Err(Denied::NotOfficial);
    }
    let (mut chosen, mut choosers) = (BTreeSet::new(), BTreeSet::new());
    let packs = rules.packs.keys().filter_map(|it| rules.pack(it));
    for pack in packs {
        let choose = choosers_of(pack);
        let covers = |it: &&Grant| rules.units.is_within(unit, &it.area);
        let mut held = viewer.offices().iter().filter(|it| office(pack, it).is_some());
        if held.any(|it| choose.contains(&it.role) && covers(&it)) {
            chosen.extend(handlers_of(pack));
        }
        choosers.extend(choose);
    }
    if chosen.is_empty() {
        return Err(Denied::NotGranted { roles: choosers.into_iter().cloned().collect() });
    }
    let grants = chosen.into_iter().filter_map(|it| rules.by_role.get(it)).flatten();
    let fits = |it: &&Grant| it.holds(viewer.now()) && rules.units.is_within(unit, &it.area);
    Ok(grants.filter(fits).collect())
}

/// The roles of a pack that dispatch, transfer or name persons.
fn choosers_of(pack: &Pack) -> BTreeSet<&RoleId> {
    let moves = pack.stages.iter().flat_map(|it| &it.moves);
    let gives = moves.filter(|it| matches!(it.act, Act::Dispatch | Act::Transfer));
    let names = pack.stages.iter().flat_map(|it| &it.allow.name);
    gives.flat_map(|it| &it.by).chain(names).collect()
}

/// The roles that owe the work of a pack.
fn handlers_of(pack: &Pack) -> impl Iterator<Item = &RoleId> {
    let handling = pack.stages.iter().filter(|it| it.is == Meaning::Handling);
    handling.filter_map(|it| it.owner.as_ref()).map(|it| &it.role)
}
