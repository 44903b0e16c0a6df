//! Random realms: trees of units, packs whose roles reach in every way, people who come and go, and
//! matters that stand anywhere. Shared with the tests of the store.

use crate::town::{add, deputy, dispatch, hold, matter, pack, role, rules, shown};
use bihuan_core::id::{MatterId, PackId, PersonId};
use bihuan_core::matter::state::{Part, PartHow};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::{Compartment, Meaning, Of, Pack, Surface};
use bihuan_core::place::{Place, Point};
use bihuan_core::policy::{SYSTEM_ADMINISTRATOR, Viewer};
use bihuan_core::story::chance::Chance;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::{KindId, Unit, UnitId, Units};

/// Persons of a realm, `h0` on.
const PERSONS: u64 = 8;
/// Role keys that packs choose from; grants may name one more, which no pack has.
const ROLES: u64 = 6;

/// A realm as far as a policy looks at it.
pub(crate) struct Realm {
    pub(crate) rules: Rules,
    pub(crate) matters: Vec<Matter>,
    pub(crate) viewers: Vec<Viewer>,
}

/// What every realm begins with; making it takes longer than the rest.
pub(crate) struct Ground {
    rules: Rules,
    now: Instant,
    pack: Pack,
}

impl Ground {
    pub(crate) fn new() -> Ground {
        let (rules, now) = rules();
        Ground { rules, now, pack: pack() }
    }

    /// A random realm with so many matters in at most `units_max` units.
    pub(crate) fn realm(&self, chance: &mut Chance, units_max: u64, matters: u64) -> Realm {
        let mut rules = self.rules.clone();
        let count = 1 + chance.below(units_max);
        let units = units(chance, count);
        rules.units = Units::build(units).expect("each lies below one before it");
        for no in 0..1 + chance.below(3) {
            self.publish(chance, &mut rules, no);
        }
        people(chance, &mut rules, self.now);
        let matters = (0..matters).map(|no| self.matter(chance, &rules, no)).collect();
        let mut viewers = vec![Viewer::public(self.now)];
        for no in 0..PERSONS {
            let via = if chance.percent(10) { Via::Requester } else { Via::Person };
            viewers.push(Viewer::person(&rules, &person(no), via, self.now));
        }
        Realm { rules, matters, viewers }
    }

    fn publish(&self, chance: &mut Chance, rules: &mut Rules, no: u64) {
        for rev in 1..=1 + u32::from(chance.percent(40)) {
            let open = [Compartment::Open, Compartment::Internal, Compartment::Sealed];
            let compartment = *chance.one(&open).expect("three");
            let is_open = compartment == Compartment::Open;
            let public = if is_open && chance.percent(70) { shown(200) } else { None };
            let mut roles = Vec::new();
            for no in 0..ROLES {
                if chance.percent(60) {
                    let of = of(chance);
                    let surfaces = [Surface::Desk, Surface::Field, Surface::Public];
                    let surface = *chance.one(&surfaces).expect("three");
                    roles.push(role(&format!("r{no}"), of, surface));
                }
            }
            let id = PackId(format!("p{no}"));
            add(rules, Pack { id, rev, compartment, public, roles, ..self.pack.clone() });
        }
    }

    fn matter(&self, chance: &mut Chance, rules: &Rules, no: u64) -> Matter {
        let packs: Vec<(&PackId, u32)> = rules
            .packs
            .iter()
            .flat_map(|(id, revs)| revs.keys().map(move |it| (id, *it)))
            .collect();
        let (pack, rev) = *chance.one(&packs).expect("there is a pack");
        let is = *chance.one(&Meaning::ALL).expect("nine");
        let place = some_unit(chance, rules);
        let mut matter = matter(&pack.0, rev, is, &place.0, self.now);
        matter.id = MatterId(chance.uuid());
        matter.opened_by = person(chance.below(PERSONS + 2));
        matter.opened_unit = some_unit(chance, rules);
        matter.standing.responsible = some_unit(chance, rules);
        let off = |chance: &mut Chance| i64::try_from(chance.below(200_000)).expect("small");
        let at = Point { lon_e7: 1_100_000_000 + off(chance), lat_e7: 350_000_000 + off(chance) };
        matter.place = Some(Place::of_point(at, self.now));
        matter.number = Some(format!("N-{no}"));
        if chance.percent(60) {
            dispatch(&mut matter, &some_unit(chance, rules).0, self.now);
            // Returned: with the desk again, and still assigned.
            if chance.percent(20) {
                matter.standing.responsible = some_unit(chance, rules);
            }
        }
        for _ in 0..chance.below(3) {
            let unit = some_unit(chance, rules);
            let person = chance.percent(30).then(|| person(chance.below(PERSONS)));
            matter.parts.push(Part { unit, person, how: PartHow::Joined });
        }
        matter
    }
}

fn person(no: u64) -> PersonId {
    PersonId(format!("h{no}"))
}

fn some_unit(chance: &mut Chance, rules: &Rules) -> UnitId {
    let units: Vec<&UnitId> = rules.units.iter().map(|it| &it.id).collect();
    (*chance.one(&units).expect("there is a unit")).clone()
}

fn of(chance: &mut Chance) -> Of {
    match chance.below(5) {
        0 => Of::Place,
        1 => Of::Assigned,
        2 => Of::Opener,
        3 => Of::Subject,
        _ => Of::Function("dispatch_desk".into()),
    }
}

/// A tree, or now and then a few: each unit lies below one before it.
fn units(chance: &mut Chance, count: u64) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut depths: Vec<u32> = Vec::new();
    for no in 0..count {
        let above = usize::try_from(chance.below(no)).expect("small");
        let top = no == 0 || chance.percent(4) || depths[above] >= 7;
        depths.push(if top { 1 } else { depths[above] + 1 });
        let parent = (!top).then(|| units[above].id.clone());
        let functions =
            if chance.percent(25) { vec!["dispatch_desk".to_owned()] } else { Vec::new() };
        // Keys that sort on either side of the mark between two of them.
        let mark = *chance.one(&["-", "_", "", "a"]).expect("four");
        let id = UnitId(format!("u{mark}{no}"));
        let (kind, title) = (KindId::from("unit"), Text::new("单位", "unit"));
        units.push(Unit { id, kind, parent, title, functions, ..Unit::default() });
    }
    units
}

fn people(chance: &mut Chance, rules: &mut Rules, now: Instant) {
    for no in 0..PERSONS {
        for _ in 0..chance.below(4) {
            let role = match chance.below(ROLES + 2) {
                it if it <= ROLES => format!("r{it}"),
                _ => SYSTEM_ADMINISTRATOR.to_owned(),
            };
            let unit = some_unit(chance, rules);
            let area = if chance.percent(70) { unit.clone() } else { some_unit(chance, rules) };
            let mut grant = crate::town::grant(&person(no).0, &role, &unit.0, &area.0);
            grant.from = chance.percent(10).then(|| now.plus_ms(1));
            grant.to = chance.percent(10).then_some(now);
            hold(rules, grant);
        }
    }
    for _ in 0..chance.below(3) {
        let (by, of) = (person(chance.below(PERSONS)), person(chance.below(PERSONS)));
        rules.deputies.push(deputy(&by.0, &of.0, now, now.plus_ms(1)));
    }
}
