//! How much of one matter somebody sees.

use super::viewer::{Standpoint, Viewer};
use crate::id::PersonId;
use crate::matter::facts::{Grant, Rules};
use crate::matter::state::Matter;
use crate::matter::submission::Via;
use crate::pack::{Compartment, Meaning, Of, Pack, Role};
use crate::party::{Scene, covers_as, relation};

/// How much of a matter somebody sees; [`Sight::shows`] says which parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Nothing: the answer is the same as for a matter that does not exist.
    Nothing,
    /// What the public page shows: where it stands, and about where.
    Published,
    /// What its opener sees from outside: that, and what the opener said.
    Own,
    /// What officials of the units concerned see: all but sealed fields, parties and reporter.
    Beside,
    /// What those who fix it see: all but who reported it.
    Fixing,
    /// Everything.
    OnCase,
}

/// The compartment that a pack is held to: the strictest of its revision and of the newest one.
///
/// What was opened under an open revision is not published on once the pack has been closed.
#[must_use]
pub fn compartment(rules: &Rules, pack: &Pack) -> Compartment {
    let newest = rules.pack(&pack.id).map_or(pack.compartment, |it| it.compartment);
    match (pack.compartment, newest) {
        (Compartment::Sealed, _) | (_, Compartment::Sealed) => Compartment::Sealed,
        (Compartment::Internal, _) | (_, Compartment::Internal) => Compartment::Internal,
        (Compartment::Open, Compartment::Open) => Compartment::Open,
    }
}

/// Whether the public page shows matters of a pack: its revision and the newest one both say so.
#[must_use]
pub fn publishes(rules: &Rules, pack: &Pack) -> bool {
    let says = |it: &Pack| it.public.as_ref().is_some_and(|it| it.list || it.map);
    compartment(rules, pack) == Compartment::Open
        && says(pack)
        && rules.pack(&pack.id).is_some_and(|it| says(it))
}

/// Whether the public page shows a matter that stands so: from filing on, unless it was rejected,
/// merged or never filed.
#[must_use]
pub fn is_published(is: Meaning) -> bool {
    is.is_in_ledger() || is == Meaning::Closed
}

/// How much of a matter a viewer sees.
#[must_use]
pub fn sight(rules: &Rules, matter: &Matter, viewer: &Viewer) -> Sight {
    let Some(pack) = rules.pack_of(matter) else { return Sight::Nothing };
    let seen = |sees: bool, sight: Sight| if sees { sight } else { Sight::Nothing };
    match (viewer.standpoint(), viewer.as_person()) {
        (Standpoint::Operator, _) => Sight::OnCase,
        (Standpoint::Official, Some(person)) => official(rules, pack, matter, viewer, person),
        (Standpoint::Outside, Some(person)) => seen(matter.opened_by == *person, Sight::Own),
        _ => {
            let shown = publishes(rules, pack) && is_published(matter.standing.is);
            seen(shown, Sight::Published)
        }
    }
}

fn official(
    rules: &Rules,
    pack: &Pack,
    matter: &Matter,
    viewer: &Viewer,
    person: &PersonId,
) -> Sight {
    let units = &rules.units;
    let scene = Scene::of(matter);
    let held = || viewer.offices().iter().filter_map(|it| Some((it, office(pack, it)?)));
    let covering = || held().filter(|(it, role)| covers_as(units, it, role, &scene, Via::Person));
    let opened = matter.opened_by == *person;
    let is_sealed = compartment(rules, pack) == Compartment::Sealed;
    if opened && held().next().is_some() {
        return Sight::OnCase;
    }
    if covering().next().is_some() {
        let free = || covering().any(|(grant, role)| is_free(rules, matter, viewer, grant, role));
        return if is_sealed || free() { Sight::OnCase } else { Sight::Fixing };
    }
    let concerned = viewer.offices().iter().any(|it| {
        matter.parts.iter().any(|part| units.is_within(&part.unit, &it.unit))
            || units.is_within(&matter.place_unit, &it.area)
            || units.is_within(&matter.standing.responsible, &it.unit)
    });
    if !is_sealed && (opened || concerned) { Sight::Beside } else { Sight::Nothing }
}

/// The role that a grant gives in a pack, where it is more than one of the public page.
pub(super) fn office<'a>(pack: &'a Pack, grant: &Grant) -> Option<&'a Role> {
    pack.role(&grant.role).filter(|it| !it.is_public_only())
}

/// Whether whoever acts under a grant is not one of those who fix: another party than all that
/// took part, and not employed where it happened, unless that unit files what is reported there.
fn is_free(rules: &Rules, matter: &Matter, viewer: &Viewer, grant: &Grant, role: &Role) -> bool {
    let units = &rules.units;
    let Some(person) = viewer.as_person() else { return false };
    let employments = rules.employments(person, matter.opened_at, viewer.now());
    let employers = || employments.iter().map(|it| &it.unit).chain([&grant.unit]);
    let desk = rules.desk(&matter.place_unit);
    role.of != Of::Assigned
        && relation(units, &matter.parts, person, &grant.unit, &employments).is_ok()
        && employers()
            .all(|it| !units.is_within(&matter.place_unit, it) || units.is_within(&desk, it))
}
