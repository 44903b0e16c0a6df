//! Who looks at matters, and which are seen: made anew for each request.
//!
//! Invariant: the command line and the network read pages through the same look; what it tells is
//! what its viewer may see.

use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::PersonId;
use bihuan_core::matter::{Rules, Via};
use bihuan_core::pack::Compartment;
use bihuan_core::policy::{self, Scope, Standpoint, Viewer};
use bihuan_store::page::{Ask, Page, PageRow, seen};
use std::sync::Arc;

/// Who looks, under which rules, and which matters are seen.
#[derive(Clone, Debug)]
pub struct Look {
    /// The rules.
    pub rules: Arc<Rules>,
    /// Who.
    pub viewer: Viewer,
    /// Which matters.
    pub scope: Scope,
}

impl Look {
    /// A person, now.
    #[must_use]
    pub fn person(realm: &Realm, person: &PersonId, via: Via) -> Look {
        let rules = realm.rules();
        let viewer = Viewer::person(&rules, person, via, realm.now());
        let scope = policy::scope(&rules, &viewer);
        Look { rules, viewer, scope }
    }

    /// The operator at the machine, who sees everything.
    #[must_use]
    pub fn operator(realm: &Realm) -> Look {
        let (rules, viewer) = (realm.rules(), Viewer::operator(realm.now()));
        Look { rules, viewer, scope: Scope::operator() }
    }

    /// A page of what is seen.
    ///
    /// # Errors
    /// As the database says.
    pub fn page(&self, realm: &Realm, ask: &Ask) -> Result<Page, Problem> {
        realm.read(|db| seen(db, (&self.rules, &self.viewer, &self.scope), ask))
    }

    /// Whether the viewer is told what is among officials: points, and where the record stands.
    #[must_use]
    pub fn is_official(&self) -> bool {
        matches!(self.viewer.standpoint(), Standpoint::Operator | Standpoint::Official)
    }

    /// Whether a matter is of a sealed pack: its words name its parties, and no list tells them.
    #[must_use]
    pub fn is_sealed(&self, row: &PageRow) -> bool {
        let revs = self.rules.packs.get(&row.pack);
        let own = row.rev.and_then(|rev| revs.and_then(|it| it.get(&rev)));
        let pack = own.or_else(|| self.rules.pack(&row.pack));
        pack.is_none_or(|it| policy::compartment(&self.rules, it) == Compartment::Sealed)
    }
}
