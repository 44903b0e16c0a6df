//! Which matters somebody sees at all, compiled once for a request: what lists, searches, counts,
//! tiles, exports and the event stream are held to.
//!
//! Invariant: [`Scope::holds`] is true of just the matters of which [`super::sight`] is not
//! nothing.

use super::condition::{Condition, Subtrees};
use super::sight::{compartment, office, publishes};
use super::viewer::{Standpoint, Viewer};
use crate::id::{PackId, PersonId};
use crate::matter::facts::{Grant, Rules};
use crate::matter::state::Matter;
use crate::pack::{Compartment, Of, Pack};
use crate::place::Point;
use crate::unit::{UnitId, Units};
use std::collections::{BTreeMap, BTreeSet};

/// Which matters somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    standpoint: Standpoint,
    sectors: Vec<Sector>,
    /// For the public, the side of the square that places of a pack are hidden in, in metres.
    coarse_m: BTreeMap<PackId, u32>,
}

/// Matters of some packs that are like one of some conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sector {
    /// Which packs.
    pub packs: Packs,
    /// Whether only those on the case see these matters.
    pub is_sealed: bool,
    /// What a matter must be like: one of these is enough.
    pub any: BTreeSet<Condition>,
}

/// Some packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packs {
    /// All.
    All,
    /// These.
    Some(Vec<PackRevs>),
}

/// Revisions of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackRevs {
    /// The pack.
    pub pack: PackId,
    /// Which revisions; `None` is all.
    pub revs: Option<BTreeSet<u32>>,
}

impl Sector {
    /// Whether a matter is in it.
    #[must_use]
    pub fn holds(&self, matter: &Matter) -> bool {
        let listed = match &self.packs {
            Packs::All => true,
            Packs::Some(packs) => packs.iter().any(|it| {
                it.pack == matter.pack
                    && it.revs.as_ref().is_none_or(|revs| revs.contains(&matter.rev))
            }),
        };
        listed && self.any.iter().any(|it| it.holds(matter))
    }
}

impl Scope {
    /// The operator at the machine sees everything.
    ///
    /// For the command line and for what the realm does by itself, never for what is answered to
    /// somebody else.
    #[must_use]
    pub fn operator() -> Scope {
        let any = BTreeSet::from([Condition::Always]);
        let all = Sector { packs: Packs::All, is_sealed: false, any };
        Scope { standpoint: Standpoint::Operator, sectors: vec![all], coarse_m: BTreeMap::new() }
    }

    /// From where the viewer looks: how much of each matter a list shows.
    #[must_use]
    pub fn standpoint(&self) -> Standpoint {
        self.standpoint
    }

    /// A matter is seen where one of these holds it; none sees nothing.
    #[must_use]
    pub fn sectors(&self) -> &[Sector] {
        &self.sectors
    }

    /// Whether everything is seen.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let whole = |it: &Sector| it.packs == Packs::All && it.any.contains(&Condition::Always);
        self.sectors.iter().any(whole)
    }

    /// Where a matter is shown: in a square for the public, else just there.
    #[must_use]
    pub fn shown_at(&self, pack: &PackId, at: Point) -> Point {
        self.coarse_m.get(pack).map_or(at, |side_m| at.coarse(*side_m))
    }

    /// The side of the largest square that places are hidden in, in metres; 0 where there is none.
    #[must_use]
    pub fn coarse_m(&self) -> u32 {
        self.coarse_m.values().copied().max().unwrap_or(0)
    }

    /// Whether a matter is seen at all.
    #[must_use]
    pub fn holds(&self, matter: &Matter) -> bool {
        self.sectors.iter().any(|it| it.holds(matter))
    }

    /// What a search by words finds: not sealed matters, whose words name their parties, and for
    /// the public nothing, since it does not see the words.
    #[must_use]
    pub fn searched(&self) -> Scope {
        let mut scope = self.clone();
        scope.sectors.retain(|it| !it.is_sealed && self.standpoint != Standpoint::Public);
        scope
    }
}

/// Packs of which the same is seen.
struct Group {
    is_sealed: bool,
    any: BTreeSet<Condition>,
    packs: BTreeMap<PackId, BTreeSet<u32>>,
}

/// Which matters a viewer sees.
#[must_use]
pub fn scope(rules: &Rules, viewer: &Viewer) -> Scope {
    scope_of(rules, viewer, |_| true)
}

/// Which matters a viewer sees on the map: for the public those of packs that publish a map, which
/// a pack that publishes a list need not do.
#[must_use]
pub fn map_scope(rules: &Rules, viewer: &Viewer) -> Scope {
    let is_public = viewer.standpoint() == Standpoint::Public;
    scope_of(rules, viewer, |pack| !is_public || maps(rules, pack))
}

/// Whether the public map shows matters of a pack: its revision and the newest one both say so.
fn maps(rules: &Rules, pack: &Pack) -> bool {
    let says = |it: &Pack| it.public.as_ref().is_some_and(|it| it.map);
    says(pack) && rules.pack(&pack.id).is_some_and(|it| says(it))
}

/// Which matters a viewer sees of some packs.
fn scope_of(rules: &Rules, viewer: &Viewer, is_meant: impl Fn(&Pack) -> bool) -> Scope {
    let mut coarse = BTreeMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let packs = rules.packs.values().flat_map(BTreeMap::values);
    for pack in packs.filter(|it| is_meant(it)) {
        let any = conditions(rules, pack, viewer);
        if any.is_empty() {
            continue;
        }
        if viewer.standpoint() == Standpoint::Public {
            coarse.insert(pack.id.clone(), coarse_m(rules, &pack.id));
        }
        let is_sealed = compartment(rules, pack) == Compartment::Sealed;
        let no = groups.iter().position(|it| it.is_sealed == is_sealed && it.any == any);
        let no = no.unwrap_or_else(|| {
            groups.push(Group { is_sealed, any, packs: BTreeMap::new() });
            groups.len() - 1
        });
        groups[no].packs.entry(pack.id.clone()).or_default().insert(pack.rev);
    }
    let sector = |Group { is_sealed, any, packs }| {
        let packs = packs_of(rules, packs);
        Sector { packs, is_sealed, any }
    };
    let sectors = groups.into_iter().map(sector).collect();
    coarse.retain(|_, it| *it > 0);
    Scope { standpoint: viewer.standpoint(), sectors, coarse_m: coarse }
}

/// The side of the square that the public sees a place of a pack in, in metres; 0 shows it just
/// there. One for all revisions: two squares around one place would say more than either.
#[must_use]
pub fn coarse_m(rules: &Rules, pack: &PackId) -> u32 {
    let revs = rules.packs.get(pack).into_iter().flat_map(BTreeMap::values);
    revs.filter_map(|it| it.public.as_ref()).map(|it| it.coarse_m).max().unwrap_or(0)
}

/// Revisions as a list; those of a pack with all its revisions are not named.
fn packs_of(rules: &Rules, packs: BTreeMap<PackId, BTreeSet<u32>>) -> Packs {
    let is_whole = |pack: &PackId, revs: &BTreeSet<u32>| {
        rules.packs.get(pack).is_some_and(|it| it.keys().all(|rev| revs.contains(rev)))
    };
    if packs.len() == rules.packs.len() && packs.iter().all(|(pack, revs)| is_whole(pack, revs)) {
        return Packs::All;
    }
    let named = |(pack, revs): (PackId, BTreeSet<u32>)| {
        let revs = Some(revs).filter(|it| !is_whole(&pack, it));
        PackRevs { pack, revs }
    };
    Packs::Some(packs.into_iter().map(named).collect())
}

/// What a matter of a pack must be like for a viewer to see it.
fn conditions(rules: &Rules, pack: &Pack, viewer: &Viewer) -> BTreeSet<Condition> {
    let own = || viewer.as_person().cloned().into_iter().collect::<BTreeSet<PersonId>>();
    let any = match viewer.standpoint() {
        Standpoint::Operator => vec![Condition::Always],
        Standpoint::Official => {
            let mut wide = Wide::default();
            let is_sealed = compartment(rules, pack) == Compartment::Sealed;
            let holds_office = viewer.offices().iter().any(|it| office(pack, it).is_some());
            if !is_sealed || holds_office {
                wide.persons.extend(own());
            }
            for grant in viewer.offices() {
                if !is_sealed {
                    wide.concern(grant);
                }
                wide.on_case(rules, pack, grant);
            }
            wide.conditions(&rules.units)
        }
        Standpoint::Outside => vec![Condition::OpenedBy(own())],
        Standpoint::Public if publishes(rules, pack) => vec![Condition::Published],
        Standpoint::Public => Vec::new(),
    };
    any.into_iter().filter(|it| !it.is_never()).collect()
}

/// What an official sees of one pack, unit by unit.
#[derive(Default)]
struct Wide<'a> {
    place: Vec<&'a UnitId>,
    responsible: Vec<&'a UnitId>,
    part: Vec<&'a UnitId>,
    assigned: Vec<&'a UnitId>,
    persons: BTreeSet<PersonId>,
    opened_for: BTreeSet<UnitId>,
}

impl<'a> Wide<'a> {
    /// Where the unit of a grant is concerned.
    fn concern(&mut self, grant: &'a Grant) {
        self.place.push(&grant.area);
        self.responsible.push(&grant.unit);
        self.part.push(&grant.unit);
    }

    /// Where a grant puts on the case; as [`crate::party::covers_as`].
    fn on_case(&mut self, rules: &Rules, pack: &Pack, grant: &'a Grant) {
        let Some(role) = office(pack, grant) else { return };
        match &role.of {
            Of::Place => self.place.push(&grant.area),
            Of::Assigned => self.assigned.push(&grant.area),
            Of::Opener => {
                self.persons.insert(grant.person.clone());
                self.opened_for.insert(grant.unit.clone());
            }
            Of::Subject => {}
            Of::Function(function) => {
                let unit = rules.units.get(&grant.unit);
                if unit.is_some_and(|it| it.has_function(function)) {
                    self.place.push(&grant.area);
                }
            }
        }
    }

    fn conditions(self, units: &Units) -> Vec<Condition> {
        let subtrees = |tops: &[&UnitId]| Subtrees::of(units, tops.iter().copied());
        let place = subtrees(&self.place);
        if place.units().len() == units.len() && !units.is_empty() {
            return vec![Condition::Always];
        }
        let (responsible, part) = (subtrees(&self.responsible), subtrees(&self.part));
        let mut any =
            vec![Condition::OpenedBy(self.persons), Condition::OpenedFor(self.opened_for)];
        let assigned = subtrees(&self.assigned);
        // Whoever a matter is assigned to took part in it.
        if !part.holds(&assigned) {
            any.push(Condition::Assigned(assigned));
        }
        any.extend([
            Condition::Place(place),
            Condition::Responsible(responsible),
            Condition::Part(part),
        ]);
        any
    }
}
