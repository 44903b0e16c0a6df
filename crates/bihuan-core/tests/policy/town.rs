//! A small town to ask about: rules whose grants are set anew for each question, and a matter.

use bihuan_core::clock::{Due, RuleRef, Unit as DueUnit, Within};
use bihuan_core::id::{PersonId, RoleId};
use bihuan_core::matter::facts::{Deputy, Grant};
use bihuan_core::matter::state::{Handling, Part, PartHow};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::{Meaning, Of, Pack, PackFiles, Public, Role, Surface};
use bihuan_core::story;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const SCENE: &str = "
start 2021-03-01T08:30
unit d1 kind=district
unit t1 in=d1 kind=town does=dispatch_desk
unit t2 in=d1 kind=town does=dispatch_desk
unit dep in=d1 kind=department
unit s1 in=t1 kind=squad
unit v1 in=t1 kind=village
unit g1 in=v1 kind=grid
unit g2 in=v1 kind=grid
unit v2 in=t1 kind=village
person dispatcher@t1
";

/// A pack of the repository, of which the shape is taken.
pub(crate) fn pack() -> Pack {
    Pack::load(&files()).expect("the pack has no gaps")
}

/// Its files.
pub(crate) fn files() -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/street_tree");
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    }
    PackFiles { files }
}

/// The town without anybody, and its clock.
pub(crate) fn rules() -> (Rules, Instant) {
    let (mut world, _) = story::world(&pack(), SCENE).expect("the scene is sound");
    world.rules.packs.clear();
    world.rules.grants.clear();
    world.rules.by_role.clear();
    world.rules.accounts.clear();
    (world.rules, world.now)
}

pub(crate) fn role(id: &str, of: Of, surface: Surface) -> Role {
    let title = Text::new(id, id);
    Role { id: RoleId::from(id), title, of, kinds: Vec::new(), surfaces: vec![surface] }
}

/// Puts a pack into the rules.
pub(crate) fn add(rules: &mut Rules, pack: Pack) {
    rules.packs.entry(pack.id.clone()).or_default().insert(pack.rev, Arc::new(pack));
}

/// What the public sees of an open pack.
pub(crate) fn shown(coarse_m: u32) -> Option<Public> {
    Some(Public { list: true, map: true, coarse_m, count_min: 3 })
}

pub(crate) fn grant(person: &str, role: &str, unit: &str, area: &str) -> Grant {
    Grant {
        person: PersonId::from(person),
        role: RoleId::from(role),
        unit: UnitId::from(unit),
        area: UnitId::from(area),
        from: None,
        to: None,
    }
}

pub(crate) fn hold(rules: &mut Rules, grant: Grant) {
    rules.grants.entry(grant.person.clone()).or_default().push(grant);
}

pub(crate) fn deputy(person: &str, stands_for: &str, from: Instant, to: Instant) -> Deputy {
    Deputy { person: PersonId::from(person), stands_for: PersonId::from(stands_for), from, to }
}

/// A handling by a unit.
pub(crate) fn handling(unit: &str, now: Instant) -> Handling {
    let rule = RuleRef::Stage { id: "handling".into() };
    let at = now.plus_ms(DAY_MS);
    Handling {
        unit: UnitId::from(unit),
        person: None,
        within: Within::NaturalDays(1),
        since: now,
        due: Due::fixed(bihuan_core::time::ZONE_DEFAULT, at, DueUnit::NaturalDay, rule),
        stood: Vec::new(),
        fired: Default::default(),
        paused_at: None,
        extended: 0,
    }
}

/// A matter as far as a policy looks at one.
pub(crate) fn matter(pack: &str, rev: u32, is: Meaning, place: &str, now: Instant) -> Matter {
    let value = serde_json::json!({
        "id": "00000000-0000-7000-8000-000000000001",
        "version": 1,
        "pack": pack,
        "rev": rev,
        "standing": {
            "stage": "s", "is": is, "since": now, "responsible": "t1", "class": "c",
            "weight_milli": 0,
        },
        "place_unit": place,
        "source": "s",
        "opened_by": "stranger",
        "opened_unit": "dep",
        "opened_at": now,
    });
    serde_json::from_value(value).expect("a matter has no more than this")
}

/// Makes a unit responsible, which then took part.
pub(crate) fn dispatch(matter: &mut Matter, unit: &str, now: Instant) {
    matter.handling = Some(handling(unit, now));
    matter.standing.responsible = UnitId::from(unit);
    matter.parts.push(Part { unit: UnitId::from(unit), person: None, how: PartHow::Owned });
}
