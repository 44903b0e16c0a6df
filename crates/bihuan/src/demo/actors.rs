//! Who does what in a demonstration: somebody who holds the role, covers the place, and where an
//! acceptance is asked for, is another party. The engine judges again, as for everybody.

use bihuan_core::id::{AccountId, RoleId};
use bihuan_core::matter::facts::Grant;
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::Pack;
use bihuan_core::party::{Scene, covers, relation};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use std::collections::BTreeMap;

/// Accounts by person, and whom to ask.
pub(super) struct Actors {
    accounts: BTreeMap<String, Vec<AccountId>>,
}

/// Whether the act must be by another party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    /// Anybody who holds the role.
    Any,
    /// Another party than those that took part.
    Other,
}

impl Actors {
    /// The accounts of a realm.
    pub(super) fn new(rules: &Rules) -> Actors {
        let mut accounts: BTreeMap<String, Vec<AccountId>> = BTreeMap::new();
        for (account, person) in &rules.accounts {
            accounts.entry(person.0.clone()).or_default().push(account.clone());
        }
        Actors { accounts }
    }

    /// Somebody who may do on `matter` what `roles` may.
    pub(super) fn on(
        &self,
        chance: &mut Chance,
        rules: &Rules,
        pack: &Pack,
        matter: &Matter,
        (roles, party, now): (&[RoleId], Party, Instant),
    ) -> Option<(AccountId, Grant)> {
        let scene = Scene::of(matter);
        let fits = |grant: &&Grant| {
            let role = pack.role(&grant.role);
            let covered =
                role.is_some_and(|it| covers(&rules.units, grant, &it.of, &scene, Via::Person));
            let other = || {
                let employments = rules.employments(&grant.person, matter.opened_at, now);
                let (person, unit) = (&grant.person, &grant.unit);
                relation(&rules.units, &matter.parts, person, unit, &employments).is_ok()
            };
            grant.holds(now) && covered && (party == Party::Any || other())
        };
        self.one(chance, rules, roles, fits)
    }

    /// Somebody who holds one of `roles` and works on `unit`.
    pub(super) fn at(
        &self,
        chance: &mut Chance,
        rules: &Rules,
        unit: &UnitId,
        (roles, now): (&[RoleId], Instant),
    ) -> Option<(AccountId, Grant)> {
        let fits = |grant: &&Grant| grant.holds(now) && rules.units.is_within(unit, &grant.area);
        self.one(chance, rules, roles, fits)
    }

    fn one(
        &self,
        chance: &mut Chance,
        rules: &Rules,
        roles: &[RoleId],
        fits: impl Fn(&&Grant) -> bool,
    ) -> Option<(AccountId, Grant)> {
        let grants: Vec<&Grant> =
            roles.iter().filter_map(|it| rules.by_role.get(it)).flatten().filter(fits).collect();
        let grant = *chance.one(&grants)?;
        let account = self.accounts.get(&grant.person.0)?.first()?;
        Some((account.clone(), grant.clone()))
    }
}
