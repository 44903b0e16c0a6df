//! What keeps a sealed pack sealed: its offices are its own.

use super::sight::compartment;
use crate::id::{PackId, RoleId};
use crate::matter::facts::Rules;
use crate::pack::{Compartment, Pack};
use std::collections::BTreeSet;

/// Offices that a pack would share with others although it is sealed, or one of those is: whoever
/// was given one for the other pack would see what is sealed. Such a pack is not published.
#[must_use]
pub fn shared_offices(rules: &Rules, pack: &Pack) -> Vec<(PackId, RoleId)> {
    let offices = |it: &Pack| -> BTreeSet<RoleId> {
        it.roles.iter().filter(|it| !it.is_public_only()).map(|it| it.id.clone()).collect()
    };
    let own = offices(pack);
    let is_sealed = pack.compartment == Compartment::Sealed;
    let others = rules.packs.values().flat_map(|it| it.values()).filter(|it| it.id != pack.id);
    let others = others.filter(|it| is_sealed || compartment(rules, it) == Compartment::Sealed);
    let shared: BTreeSet<(PackId, RoleId)> = others
        .flat_map(|it| offices(it).into_iter().map(|role| (it.id.clone(), role)))
        .filter(|(_, role)| own.contains(role))
        .collect();
    shared.into_iter().collect()
}
