//! Who looks.
//!
//! Invariant: a viewer holds only grants that hold at its moment, and is made anew for each
//! request, so that a grant that ends is gone with the next one.

use super::action::is_administrative;
use crate::id::{AccountId, PersonId, RoleId};
use crate::matter::facts::{Grant, Rules};
use crate::matter::refusal::Refusal;
use crate::matter::submission::Via;
use crate::time::Instant;

/// From where somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standpoint {
    /// The operator at the machine, who holds the database anyway.
    Operator,
    /// An official: a person with at least one role of a pack that is not of the public page alone.
    Official,
    /// A person without such a role, or who came by a requester's own code.
    Outside,
    /// Nobody in particular.
    Public,
}

/// Who looks, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    standpoint: Standpoint,
    person: Option<PersonId>,
    via: Via,
    now: Instant,
    /// Grants that make an official, own ones and those of whom the person stands in for.
    offices: Vec<Grant>,
    /// Own grants that administer.
    powers: Vec<Grant>,
}

impl Viewer {
    /// Nobody in particular: the public page.
    #[must_use]
    pub fn public(now: Instant) -> Viewer {
        Viewer::nobody(Standpoint::Public, now)
    }

    /// Whoever operates the machine, and reads by its command line.
    #[must_use]
    pub fn operator(now: Instant) -> Viewer {
        Viewer::nobody(Standpoint::Operator, now)
    }

    fn nobody(standpoint: Standpoint, now: Instant) -> Viewer {
        Viewer {
            standpoint,
            person: None,
            via: Via::Person,
            now,
            offices: Vec::new(),
            powers: Vec::new(),
        }
    }

    /// Whoever an account belongs to.
    ///
    /// # Errors
    /// [`Refusal::NoAccount`] where there is no such account, or it is not active.
    pub fn of(
        rules: &Rules,
        account: &AccountId,
        via: Via,
        now: Instant,
    ) -> Result<Viewer, Refusal> {
        let person = rules.accounts.get(account).ok_or(Refusal::NoAccount)?;
        Ok(Viewer::person(rules, person, via, now))
    }

    /// A person.
    #[must_use]
    pub fn person(rules: &Rules, person: &PersonId, via: Via, now: Instant) -> Viewer {
        let (mut offices, mut powers) = (Vec::new(), Vec::new());
        if via != Via::Requester {
            let held = rules.grants_of(person, now);
            offices.extend(held.filter(|it| is_office(rules, &it.role)).cloned());
            let own = rules.grants.get(person).into_iter().flatten();
            let power = |it: &&Grant| it.holds(now) && is_administrative(&it.role);
            // No program is an administrator, whosever it is.
            powers.extend(own.filter(power).filter(|_| via == Via::Person).cloned());
        }
        let standpoint =
            if offices.is_empty() { Standpoint::Outside } else { Standpoint::Official };
        Viewer { standpoint, person: Some(person.clone()), via, now, offices, powers }
    }

    /// From where.
    #[must_use]
    pub fn standpoint(&self) -> Standpoint {
        self.standpoint
    }

    /// Which person; none for the public.
    #[must_use]
    pub fn as_person(&self) -> Option<&PersonId> {
        self.person.as_ref()
    }

    /// The way the viewer came in.
    #[must_use]
    pub fn via(&self) -> Via {
        self.via
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The grants that make an official.
    #[must_use]
    pub fn offices(&self) -> &[Grant] {
        &self.offices
    }

    /// The grants that administer.
    #[must_use]
    pub fn powers(&self) -> &[Grant] {
        &self.powers
    }
}

/// Whether a role makes an official: some pack has it for more than the public page.
pub(super) fn is_office(rules: &Rules, role: &RoleId) -> bool {
    let packs = rules.packs.values().flat_map(|it| it.values());
    let mut known = packs.filter_map(|it| it.role(role));
    !is_administrative(role) && known.any(|it| !it.is_public_only())
}
