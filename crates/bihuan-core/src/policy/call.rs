//! Whom one may call about a matter, and who may.
//!
//! Invariants: only an official who takes part in an open matter, or owes its next act, calls
//! anybody; nobody from outside is called; of a sealed pack no person's number is given, but those
//! of units alone.

use super::sight::{Sight, compartment, sight};
use super::viewer::{Viewer, is_office};
use crate::id::{PersonId, RoleId};
use crate::matter::By;
use crate::matter::event::{Event, What};
use crate::matter::facts::Rules;
use crate::matter::state::Matter;
use crate::matter::submission::Via;
use crate::pack::{Compartment, Meaning, Pack};
use crate::party::{Scene, covers_as};
use crate::text::Text;
use crate::unit::{Unit, UnitId};
use std::collections::BTreeSet;

/// Somebody whom one may call about a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callee {
    /// As what: the role, or whose duty telephone it is.
    pub role: Text,
    /// The unit.
    pub unit: UnitId,
    /// The person; none for the duty telephone of the unit.
    pub person: Option<PersonId>,
}

/// Why a viewer calls nobody about a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCall {
    /// It is not there for the viewer.
    Unseen,
    /// It has ended.
    Ended,
    /// The viewer takes no part in it and does not owe its next act.
    NoPart,
}

/// Somebody of a matter, before it is asked which numbers there are.
struct Party<'a> {
    role: &'a RoleId,
    unit: &'a UnitId,
    person: Option<&'a PersonId>,
}

/// Whom a viewer may call about a matter whose entries are `acts`: who owes its next act first,
/// then who handles it, then whoever acted last in each other role; persons before the duty
/// telephones of their units.
///
/// # Errors
/// Why nobody.
pub fn callees(
    rules: &Rules,
    matter: &Matter,
    viewer: &Viewer,
    acts: &[(&By, &Event)],
) -> Result<Vec<Callee>, NoCall> {
    let pack = rules.pack_of(matter).ok_or(NoCall::Unseen)?;
    let seen = sight(rules, matter, viewer);
    let person = viewer.as_person().filter(|_| seen != Sight::Nothing).ok_or(NoCall::Unseen)?;
    if matter.is_final() {
        return Err(NoCall::Ended);
    }
    let acted = acts.iter().any(|(by, it)| by.person == *person && is_lasting(by, it))
        || matter.opened_by == *person
        || matter.parts.iter().any(|it| it.person.as_ref() == Some(person));
    if seen < Sight::Beside || !(acted || owes(rules, pack, matter, viewer)) {
        return Err(NoCall::NoPart);
    }
    let parties = parties(rules, pack, matter, acts);
    let mut lines = Vec::new();
    if compartment(rules, pack) != Compartment::Sealed {
        lines.extend(persons(rules, pack, viewer, &parties));
    }
    lines.extend(duties(rules, pack, matter, &parties));
    Ok(lines)
}

/// Whether the viewer, or whom the viewer stands in for, owes the next act.
fn owes(rules: &Rules, pack: &Pack, matter: &Matter, viewer: &Viewer) -> bool {
    let Some(owner) = &matter.standing.owner else { return false };
    let Some(role) = pack.role(&owner.role) else { return false };
    let scene = Scene::of(matter);
    viewer.offices().iter().filter(|it| it.role == owner.role).any(|it| match &owner.person {
        Some(person) => it.person == *person,
        None => {
            rules.units.is_within(&it.unit, &owner.unit)
                && covers_as(&rules.units, it, role, &scene, viewer.via())
        }
    })
}

fn parties<'a>(
    rules: &Rules,
    pack: &'a Pack,
    matter: &'a Matter,
    acts: &[(&'a By, &Event)],
) -> Vec<Party<'a>> {
    let mut parties: Vec<Party<'a>> = Vec::new();
    if let Some(it) = &matter.standing.owner {
        parties.push(Party { role: &it.role, unit: &it.unit, person: it.person.as_ref() });
    }
    let handles = pack.stages.iter().find(|it| it.is == Meaning::Handling);
    let handler = handles.and_then(|it| it.owner.as_ref());
    if let Some((role, it)) = handler.zip(matter.handling.as_ref()) {
        parties.push(Party { role: &role.role, unit: &it.unit, person: it.person.as_ref() });
    }
    for (by, _) in acts.iter().rev().filter(|(by, it)| is_lasting(by, it)) {
        let Some(unit) = &by.unit else { continue };
        // The role that it was done in says whether whoever did it came from outside.
        if !is_office(rules, &by.role) || !is_of(pack, &by.role) {
            continue;
        }
        match parties.iter_mut().find(|it| it.role == &by.role) {
            None => parties.push(Party { role: &by.role, unit, person: Some(&by.person) }),
            // Nobody was named: whoever of the unit has taken it up is the one to call.
            Some(it) if it.person.is_none() && rules.units.is_within(unit, it.unit) => {
                it.person = Some(&by.person);
            }
            Some(_) => {}
        }
    }
    parties
}

/// Whether somebody took part by an act: a note does not, else whoever may write one would be told
/// numbers for it.
fn is_lasting(by: &By, event: &Event) -> bool {
    let acts = matches!(
        event.what,
        What::Opened(_) | What::Moved(_) | What::Urged(_) | What::Supervised(..)
    );
    acts && by.via != Via::Clock
}

/// Whether a pack has a role for more than the public page.
fn is_of(pack: &Pack, role: &RoleId) -> bool {
    pack.role(role).is_some_and(|it| !it.is_public_only())
}

fn persons(rules: &Rules, pack: &Pack, viewer: &Viewer, parties: &[Party<'_>]) -> Vec<Callee> {
    let mut told: BTreeSet<&PersonId> = viewer.as_person().into_iter().collect();
    let mut lines = Vec::new();
    for it in parties.iter().filter(|it| is_of(pack, it.role)) {
        let Some(person) = it.person else { continue };
        let mut held = rules.grants_of(person, viewer.now());
        if held.any(|it| is_office(rules, &it.role)) && told.insert(person) {
            let role = title(pack, it.role);
            lines.push(Callee { role, unit: it.unit.clone(), person: Some(person.clone()) });
        }
    }
    lines
}

/// Duty telephones: of the unit itself, else of the nearest above it that has one.
fn duties(rules: &Rules, pack: &Pack, matter: &Matter, parties: &[Party<'_>]) -> Vec<Callee> {
    let handles = matter.handling.as_ref().map(|it| &it.unit);
    let mut told: BTreeSet<&UnitId> = BTreeSet::new();
    let mut lines = Vec::new();
    for it in parties.iter().filter(|it| is_of(pack, it.role)) {
        let mut above = rules.units.up_from(it.unit);
        let Some(Unit { id, .. }) = above.find(|it| it.telephone.is_some()) else { continue };
        if told.insert(id) {
            let role = match handles {
                Some(unit) if unit == it.unit => {
                    Text::new("责任单位值班电话", "Duty telephone of the responsible unit")
                }
                _ => {
                    let role = title(pack, it.role);
                    let en = format!("Duty telephone, {}", role.en);
                    Text::new(format!("{}单位值班电话", role.zh), en)
                }
            };
            lines.push(Callee { role, unit: id.clone(), person: None });
        }
    }
    lines
}

fn title(pack: &Pack, role: &RoleId) -> Text {
    pack.role(role).map(|it| it.title.clone()).unwrap_or_default()
}
