//! Parties: whom a role covers, and who is another party that may accept what others did.
//!
//! The law, in full: the accepting *unit* lies outside the subtree of every unit that took part;
//! the accepting *person* took no part and is employed in no such subtree, by whatever account. A
//! superior may accept unless it took part itself. Nothing in this crate gets around it.

use crate::id::PersonId;
use crate::matter::facts::Grant;
use crate::matter::refusal::SameParty;
use crate::matter::state::{Matter, Part, Relation};
use crate::matter::submission::Via;
use crate::pack::{Of, Role};
use crate::text::Text;
use crate::unit::{UnitId, Units};

/// How `person`, acting for `unit`, relates to those that took part.
///
/// `employments` are all grants of the person that were active at any time since the matter was
/// opened, under whatever account and role.
///
/// # Errors
/// [`SameParty`] names the unit or tells that the person took part.
pub fn relation(
    units: &Units,
    parts: &[Part],
    person: &PersonId,
    unit: &UnitId,
    employments: &[&Grant],
) -> Result<Relation, SameParty> {
    let title = |part: &Part| match units.get(&part.unit) {
        Some(unit) => unit.title.clone(),
        None => Text::new(part.unit.as_str(), part.unit.as_str()),
    };
    for part in parts {
        if part.person.as_ref() == Some(person) {
            return Err(SameParty::Person { unit: part.unit.clone(), title: title(part) });
        }
        if units.is_within(unit, &part.unit) {
            return Err(SameParty::Unit { unit: part.unit.clone(), title: title(part) });
        }
        if employments.iter().any(|it| units.is_within(&it.unit, &part.unit)) {
            return Err(SameParty::Employed { unit: part.unit.clone(), title: title(part) });
        }
    }
    if parts.iter().any(|it| units.is_within(&it.unit, unit)) {
        return Ok(Relation::Superior);
    }
    Ok(Relation::OtherLine)
}

/// The units and persons that roles are measured against.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The unit whose area holds the place.
    pub place: &'a UnitId,
    /// The unit made responsible.
    pub assigned: Option<&'a UnitId>,
    /// Who opened the matter.
    pub opener: Option<&'a PersonId>,
    /// For which unit.
    pub opener_unit: Option<&'a UnitId>,
}

impl<'a> Scene<'a> {
    /// The scene of a matter.
    #[must_use]
    pub fn of(matter: &'a Matter) -> Scene<'a> {
        Scene {
            place: &matter.place_unit,
            assigned: matter.handling.as_ref().map(|it| &it.unit),
            opener: Some(&matter.opened_by),
            opener_unit: Some(&matter.opened_unit),
        }
    }
}

/// Whether a grant covers a scene in a role of a pack.
///
/// Who only works on the public page speaks for nobody else: another resident of the same unit is
/// not the opener.
#[must_use]
pub fn covers_as(units: &Units, grant: &Grant, role: &Role, on: &Scene<'_>, via: Via) -> bool {
    match role.of {
        Of::Opener if role.is_public_only() => on.opener == Some(&grant.person),
        _ => covers(units, grant, &role.of, on, via),
    }
}

/// Whether a grant covers a scene, for a role that is measured by `of`.
#[must_use]
pub fn covers(units: &Units, grant: &Grant, of: &Of, on: &Scene<'_>, via: Via) -> bool {
    match of {
        Of::Place => units.is_within(on.place, &grant.area),
        Of::Assigned => on.assigned.is_some_and(|it| units.is_within(it, &grant.area)),
        Of::Opener => on.opener == Some(&grant.person) || on.opener_unit == Some(&grant.unit),
        Of::Subject => via == Via::Requester && on.opener == Some(&grant.person),
        Of::Function(function) => {
            units.get(&grant.unit).is_some_and(|it| it.has_function(function))
                && units.is_within(on.place, &grant.area)
        }
    }
}
