//! Units: a small realm, its faults, its ranges.

use super::*;
use proptest::prelude::*;

fn unit(id: &str, kind: &str, parent: Option<&str>, functions: &[&str]) -> Unit {
    Unit {
        id: id.into(),
        kind: kind.into(),
        parent: parent.map(UnitId::from),
        functions: functions.iter().map(|it| (*it).to_owned()).collect(),
        ..Unit::default()
    }
}

fn realm() -> Vec<Unit> {
    vec![
        unit("g12", "grid", Some("v04"), &[]),
        unit("v04", "village", Some("east"), &[]),
        unit("v041", "village", Some("east"), &[]),
        unit("east", "town", Some("district"), &[]),
        unit("west", "town", Some("district"), &["dispatch_desk"]),
        unit("east-desk", "department", Some("east"), &["dispatch_desk"]),
        unit("squad", "department", Some("district"), &["sanitation_unit"]),
        unit("district", "district", None, &["dispatch_desk"]),
    ]
}

fn id(text: &str) -> UnitId {
    text.into()
}

#[test]
fn scopes_come_from_parents_and_a_neighbour_with_a_longer_name_lies_outside() {
    let units = Units::build(realm()).unwrap();
    assert_eq!(units.get(&id("g12")).unwrap().scope, "district/east/v04/g12/");
    assert!(units.is_within(&id("g12"), &id("v04")));
    assert!(units.is_within(&id("v04"), &id("v04")));
    assert!(!units.is_within(&id("v041"), &id("v04")));
    assert!(!units.is_within(&id("v04"), &id("g12")));
    assert!(!units.is_within(&id("nowhere"), &id("nowhere")));
    assert_eq!(units.of_scope("district/east/").unwrap().id, id("east"));
    assert!(units.of_scope("district/west/v04/").is_none());
}

#[test]
fn the_unit_that_serves_is_the_nearest_one_up_the_tree() {
    let units = Units::build(realm()).unwrap();
    let serves =
        |unit: &str, function| units.with_function(&id(unit), function).map(|it| it.id.as_str());
    assert_eq!(serves("g12", "dispatch_desk"), Some("east-desk"));
    assert_eq!(serves("west", "dispatch_desk"), Some("west"));
    assert_eq!(serves("squad", "dispatch_desk"), Some("district"));
    assert_eq!(serves("g12", "sanitation_unit"), Some("squad"));
    assert_eq!(serves("g12", "snow_clearing"), None);
    let town = units.ancestor_of_kind(&id("g12"), &"town".into()).unwrap();
    assert_eq!(town.id, id("east"));
    assert!(units.ancestor_of_kind(&id("district"), &"town".into()).is_none());
    let desks: Vec<_> = units.all_with_function("dispatch_desk").map(|it| &it.id.0).collect();
    assert_eq!(desks, ["district", "east-desk", "west"]);
}

#[test]
fn children_and_subtrees_come_in_a_fixed_order() {
    let mut units = Units::build(realm()).unwrap();
    let below: Vec<_> = units.children(&id("east")).map(|it| &it.id.0).collect();
    assert_eq!(below, ["east-desk", "v04", "v041"]);
    let subtree: Vec<_> = units.subtree(&id("east")).iter().map(|it| &it.id.0).collect();
    assert_eq!(subtree, ["east", "east-desk", "v04", "g12", "v041"]);
    units.insert(unit("v041", "village", Some("west"), &[])).unwrap();
    assert_eq!(units.get(&id("v041")).unwrap().scope, "district/west/v041/");
    let before = units.clone();
    assert!(units.insert(unit("district", "district", Some("g12"), &[])).is_err());
    assert_eq!(units, before, "a refused unit changes nothing");
    assert_eq!((units.len(), units.is_empty()), (8, false));
}

#[test]
fn every_fault_of_a_list_is_reported_at_once() {
    let mut list = realm();
    list.push(unit("v04", "village", Some("east"), &[]));
    list.push(unit("orphan", "grid", Some("gone"), &[]));
    list.push(unit("a", "grid", Some("b"), &[]));
    list.push(unit("b", "grid", Some("a"), &[]));
    list.push(unit("alone", "grid", Some("alone"), &[]));
    list.push(unit("Shouting", "grid", None, &[]));
    for depth in 2..=9 {
        let parent = if depth == 2 { "district".into() } else { format!("d{}", depth - 1) };
        list.push(unit(&format!("d{depth}"), "grid", Some(&parent), &[]));
    }
    list.push(Unit {
        valid_from: Some(Instant(2)),
        valid_to: Some(Instant(2)),
        ..unit("brief", "grid", None, &[])
    });
    let faults = Units::build(list).unwrap_err();
    let unknown = UnitFault::UnknownParent { unit: id("orphan"), parent: id("gone") };
    assert_eq!(
        faults,
        [
            UnitFault::Key("Shouting".into()),
            UnitFault::Duplicate(id("v04")),
            unknown,
            UnitFault::Cycle(id("a")),
            UnitFault::Cycle(id("alone")),
            UnitFault::Cycle(id("b")),
            UnitFault::Depth(id("d9")),
            UnitFault::Validity(id("brief")),
        ]
    );
    let codes: BTreeSet<_> = faults.iter().map(UnitFault::code).collect();
    assert_eq!(codes.len(), 6);
}

#[test]
fn a_key_from_outside_is_checked_and_a_unit_has_its_days() {
    assert_eq!(serde_json::from_str::<UnitId>(r#""v-04_a""#).unwrap(), id("v-04_a"));
    assert_eq!(serde_json::to_string(&id("v04")).unwrap(), r#""v04""#);
    for bad in ["", "V04", "a/b", "村", "a b", &"a".repeat(33)] {
        let json = serde_json::to_string(bad).unwrap();
        assert!(serde_json::from_str::<UnitId>(&json).is_err(), "{bad:?}");
        assert!(!id(bad).is_valid());
    }
    let years = Unit {
        valid_from: Some(Instant(10)),
        valid_to: Some(Instant(20)),
        ..unit("v04", "village", None, &[])
    };
    let valid: Vec<bool> = [9, 10, 19, 20].map(|at| years.is_valid_at(Instant(at))).into();
    assert_eq!(valid, [false, true, true, false]);
}

proptest! {
    #[test]
    fn a_scope_range_holds_exactly_the_subtree(
        path in proptest::collection::vec("[a-z0-9_-]{1,3}", 1..4),
        other in proptest::collection::vec("[a-z0-9_-]{1,3}", 1..5),
    ) {
        let scope = |ids: &[String]| ids.join("/") + "/";
        let (lower, upper) = scope_range(&scope(&path));
        prop_assert_eq!(scope_range(&path.join("/")), (lower.clone(), upper.clone()));
        let scope = scope(&other);
        let inside = lower <= scope && scope < upper;
        prop_assert_eq!(inside, other.starts_with(&path), "{} in {}..{}", scope, lower, upper);
        let (lower, upper) = scope_range("");
        prop_assert!(lower <= scope && scope < upper, "the whole realm");
    }

    #[test]
    fn no_list_of_units_makes_the_tree_panic_or_leaves_it_half_built(
        list in proptest::collection::vec(("[a-f]{1,1}", proptest::option::of("[a-g]{1,1}")), 0..9),
    ) {
        let list: Vec<Unit> =
            list.iter().map(|(id, parent)| unit(id, "k", parent.as_deref(), &[])).collect();
        if let Ok(units) = Units::build(list.clone()) {
            prop_assert_eq!(units.len(), list.len());
            for unit in units.iter() {
                prop_assert_eq!(units.of_scope(&unit.scope), Some(unit));
            }
        }
    }
}
