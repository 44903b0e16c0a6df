//! What keeps a sealed pack sealed: its offices are its own.

use super::sight::compartment;
use super::viewer::Standpoint;
use crate::id::{PackId, RoleId};
use crate::matter::facts::Rules;
use crate::pack::{Compartment, Pack, SEALED_COUNT_MIN};
use std::collections::BTreeSet;

/// The least count of matters of a pack that is told to whoever looks from there; smaller ones are
/// withheld. The public is told what the pack says; of a sealed pack nobody is told a small one,
/// since figures are copied to where the matters themselves are not seen.
#[must_use]
pub fn count_min(rules: &Rules, standpoint: Standpoint, pack: &PackId) -> u64 {
    let revs = || rules.packs.get(pack).into_iter().flat_map(|it| it.values());
    let said = revs().filter_map(|it| it.public.as_ref()).map(|it| it.count_min).max();
    let is_sealed = revs().any(|it| compartment(rules, it) == Compartment::Sealed);
    let least = match standpoint {
        Standpoint::Operator => 1,
        _ if is_sealed => said.unwrap_or_default().max(SEALED_COUNT_MIN),
        Standpoint::Public => said.unwrap_or(1),
        Standpoint::Official | Standpoint::Outside => 1,
    };
    u64::from(least)
}

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
