//! Another party: who may accept what others did.
//!
//! The law, in full: the accepting *unit* lies outside the subtree of every unit that took part;
//! the accepting *person* took no part and is employed in no such subtree, by whatever account. A
//! superior may accept unless it took part itself. Nothing in this crate gets around it.

use crate::id::PersonId;
use crate::matter::facts::Grant;
use crate::matter::refusal::SameParty;
use crate::matter::state::{Part, Relation};
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
    for part in parts {
        if part.person.as_ref() == Some(person) {
            return Err(SameParty::Person { unit: part.unit.clone() });
        }
        if units.is_within(unit, &part.unit) {
            return Err(SameParty::Unit { unit: part.unit.clone() });
        }
        if employments.iter().any(|it| units.is_within(&it.unit, &part.unit)) {
            return Err(SameParty::Employed { unit: part.unit.clone() });
        }
    }
    if parts.iter().any(|it| units.is_within(&it.unit, unit)) {
        return Ok(Relation::Superior);
    }
    Ok(Relation::OtherLine)
}
