//! Whether an account may see a matter, and whether it is on the case.
//!
//! Invariant: of a sealed pack only those on the case see anything; who may not see a matter gets
//! the same answer as for one that does not exist.

use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::matter::{Matter, Refusal, Rules, Via};
use bihuan_core::pack::{Compartment, Pack};
use bihuan_core::party::{Scene, covers};
use bihuan_core::time::Instant;

/// How much of a matter may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everything: on the case.
    OnCase,
    /// All but sealed fields and parties.
    Beside,
}

/// How much of a matter an account may see at `now`.
///
/// # Errors
/// [`Refusal::NoAccount`] or [`Refusal::NoMatter`].
pub fn sight(
    rules: &Rules,
    pack: &Pack,
    matter: &Matter,
    account: &AccountId,
    now: Instant,
) -> Result<Sight, Refusal> {
    let person = rules.accounts.get(account).ok_or(Refusal::NoAccount)?;
    if is_on_case(rules, pack, matter, person, now) {
        return Ok(Sight::OnCase);
    }
    if pack.compartment == Compartment::Sealed {
        return Err(Refusal::NoMatter);
    }
    let units = &rules.units;
    let concerned = rules.grants_of(person, now).any(|it| {
        let handled = matter.parts.iter().any(|part| units.is_within(&part.unit, &it.unit));
        handled
            || units.is_within(&matter.place_unit, &it.area)
            || units.is_within(&matter.standing.responsible, &it.unit)
    });
    if concerned { Ok(Sight::Beside) } else { Err(Refusal::NoMatter) }
}

fn is_on_case(
    rules: &Rules,
    pack: &Pack,
    matter: &Matter,
    person: &PersonId,
    now: Instant,
) -> bool {
    let scene = Scene::of(matter);
    matter.opened_by == *person
        || rules.grants_of(person, now).any(|grant| {
            let role = pack.role(&grant.role);
            role.is_some_and(|it| covers(&rules.units, grant, &it.of, &scene, Via::Person))
        })
}
