//! What a realm lacks for a pack: each lack is told, and what is staffed is not.

use bihuan_core::clock::{Calendar, Duty};
use bihuan_core::id::{PersonId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::matter::facts::{Grant, OFFLINE_WINDOW_MS};
use bihuan_core::pack::{Pack, PackFiles, staffing};
use bihuan_core::place::index::{AreaEntry, AreaIndex};
use bihuan_core::place::{Point, Polygon};
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, ZONE_DEFAULT};
use bihuan_core::unit::{Unit, UnitId, Units};
use std::collections::BTreeMap;

const NOW: Instant = Instant(1_618_540_200_000);

fn pack() -> Pack {
    let file = |name: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packs/good");
        (name.to_owned(), std::fs::read(format!("{folder}/{name}")).unwrap())
    };
    let files = ["pack.toml", "classes.csv", "documents/sheet.md"].map(file);
    Pack::load(&PackFiles { files: files.into_iter().collect() }).unwrap()
}

fn unit(id: &str, parent: Option<&str>, functions: &[&str]) -> Unit {
    Unit {
        id: id.into(),
        kind: "unit".into(),
        parent: parent.map(UnitId::from),
        title: Text::new(id, id),
        functions: functions.iter().map(|it| (*it).to_owned()).collect(),
        ..Unit::default()
    }
}

fn grant(role: &str, unit: &str, area: &str) -> Grant {
    Grant {
        person: PersonId(format!("{role}-{unit}")),
        role: RoleId::from(role),
        unit: unit.into(),
        area: area.into(),
        from: None,
        to: None,
    }
}

/// A town with a village and a company that lights it; only the village has ground.
fn rules(functions: &[&str], grants: &[Grant]) -> Rules {
    let units = vec![
        unit("town", None, functions),
        unit("v01", Some("town"), &[]),
        unit("lamps", Some("town"), &["lighting"]),
    ];
    let corner = |lon_e7: i64, lat_e7: i64| Point { lon_e7, lat_e7 };
    let (west, east, south, north) = (1_100_000_000, 1_100_100_000, 350_000_000, 350_100_000);
    let ring = vec![
        corner(west, south),
        corner(east, south),
        corner(east, north),
        corner(west, north),
        corner(west, south),
    ];
    let area = Polygon::new(vec![ring]).unwrap().into();
    let entry = AreaEntry { unit: "v01".into(), scope: "town/v01/".into(), level: 2, area };
    let calendar = Calendar::builtin();
    let every = Duty::every_day(Text::new("值班", "on duty"));
    let mut rules = Rules {
        registers: BTreeMap::new(),
        rev: 1,
        zone: ZONE_DEFAULT,
        offline_window_ms: OFFLINE_WINDOW_MS,
        calendar_every: calendar.on_duty(every).unwrap(),
        calendar,
        units: Units::build(units).unwrap(),
        areas: AreaIndex::build(vec![entry]),
        points: BTreeMap::new(),
        packs: BTreeMap::new(),
        accounts: BTreeMap::new(),
        grants: BTreeMap::new(),
        by_role: BTreeMap::new(),
        deputies: Vec::new(),
    };
    for grant in grants {
        rules.by_role.entry(grant.role.clone()).or_default().push(grant.clone());
        rules.grants.entry(grant.person.clone()).or_default().push(grant.clone());
    }
    rules
}

fn told(rules: &Rules) -> Vec<(&'static str, String, String)> {
    let word = |it: Option<String>| it.unwrap_or_default();
    staffing(rules, &pack(), NOW)
        .into_iter()
        .map(|it| (it.code, word(it.unit.map(|it| it.0)), word(it.role.map(|it| it.0))))
        .collect()
}

fn full() -> Vec<Grant> {
    vec![
        grant("dispatcher", "town", "town"),
        grant("fitter", "lamps", "lamps"),
        grant("fitter", "v01", "v01"),
        grant("inspector", "town", "town"),
    ]
}

fn gap(code: &'static str, unit: &str, role: &str) -> (&'static str, String, String) {
    (code, unit.to_owned(), role.to_owned())
}

#[test]
fn a_realm_with_everybody_lacks_nothing() {
    assert_eq!(told(&rules(&["dispatch_desk"], &full())), []);
}

#[test]
fn a_role_that_nobody_holds_is_told_for_the_unit_that_needs_it() {
    let mut grants = full();
    grants.remove(1);
    assert_eq!(told(&rules(&["dispatch_desk"], &grants)), [gap("nobody", "lamps", "fitter")]);
    let mut grants = full();
    grants[1].to = Some(NOW);
    assert_eq!(told(&rules(&["dispatch_desk"], &grants)), [gap("nobody", "lamps", "fitter")]);
}

#[test]
fn an_acceptor_of_the_handling_unit_is_no_other_party() {
    let mut grants = full();
    grants[3] = grant("inspector", "v01", "v01");
    // The village's inspector may accept what the company did, not what the village did.
    assert_eq!(told(&rules(&["dispatch_desk"], &grants)), [gap("no_acceptor", "v01", "inspector")]);
}

#[test]
fn a_realm_without_a_dispatch_desk_is_told_so() {
    let told = told(&rules(&[], &full()));
    assert!(told.contains(&gap("no_desk", "", "")), "{told:?}");
    assert!(told.contains(&gap("no_function", "", "dispatcher")), "{told:?}");
}

#[test]
fn a_realm_without_ground_is_told_so_and_nothing_more() {
    let mut rules = rules(&["dispatch_desk"], &full());
    rules.areas = AreaIndex::build(Vec::new());
    assert_eq!(told(&rules), [gap("no_ground", "", "")]);
}
