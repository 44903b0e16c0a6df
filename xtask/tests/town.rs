//! The demonstration town hangs together: committed, tiled without a gap, staffed, invented.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

type Vertex = (i64, i64);
type Row = BTreeMap<String, String>;

fn demo(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../demo").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn rows(name: &str) -> Vec<Row> {
    let text = demo(name);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Degrees with six decimals as whole micro-degrees, so that nothing below rounds.
fn micro(number: &serde_json::Number) -> i64 {
    let text = number.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}{part:0<6}").parse().unwrap()
}

fn rings() -> BTreeMap<String, Vec<Vertex>> {
    let json: serde_json::Value = serde_json::from_str(&demo("areas.geojson")).unwrap();
    let features = json["features"].as_array().unwrap();
    let ring = |feature: &serde_json::Value| -> Vec<Vertex> {
        let rings = feature["geometry"]["coordinates"].as_array().unwrap();
        assert_eq!(rings.len(), 1, "no area has a hole");
        let ring = rings[0].as_array().unwrap().iter();
        let number = |it: &serde_json::Value| micro(it.as_number().unwrap());
        ring.map(|it| (number(&it[0]), number(&it[1]))).collect()
    };
    let unit = |it: &serde_json::Value| it["properties"]["unit"].as_str().unwrap().to_owned();
    features.iter().map(|it| (unit(it), ring(it))).collect()
}

fn edges(ring: &[Vertex]) -> impl Iterator<Item = (Vertex, Vertex)> + '_ {
    ring.windows(2).map(|it| (it[0], it[1]))
}

/// Twice the area, positive when anticlockwise, in square micro-degrees.
fn area(ring: &[Vertex]) -> i64 {
    let base = ring[0];
    let at = |it: Vertex| (it.0 - base.0, it.1 - base.1);
    edges(ring).map(|(a, b)| (at(a), at(b))).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
}

fn contains(ring: &[Vertex], point: Vertex) -> bool {
    let crosses = edges(ring).filter(|&(a, b)| {
        let turn = (b.0 - a.0) * (point.1 - a.1) - (point.0 - a.0) * (b.1 - a.1);
        (a.1 <= point.1) != (b.1 <= point.1) && (turn > 0) == (b.1 > a.1)
    });
    crosses.count() % 2 == 1
}

/// Asserts that the areas right below `parent` tile it: same area, every edge shared or outer.
fn check_tiled(parent: &str, children: &[&str], rings: &BTreeMap<String, Vec<Vertex>>) {
    let sum: i64 = children.iter().map(|it| area(&rings[*it])).sum();
    assert_eq!(sum, area(&rings[parent]), "the parts of {parent} have its area");
    let mut inner = BTreeSet::new();
    for child in children {
        for edge in edges(&rings[*child]) {
            assert!(inner.insert(edge), "an edge of {child} lies on two areas on one side");
        }
    }
    let outer: BTreeSet<_> = edges(&rings[parent]).collect();
    let alone: BTreeSet<_> =
        inner.iter().filter(|&&(a, b)| !inner.contains(&(b, a))).copied().collect();
    assert_eq!(alone, outer, "edges of {parent}'s parts with one side are its outline");
}

#[test]
fn the_committed_files_are_what_the_seed_gives() {
    let files = xtask::town::files(&demo("names.toml"), xtask::town::SEED).unwrap();
    for file in files {
        assert!(file.text == demo(file.name), "run `cargo xtask gen demo`: {} differs", file.name);
    }
}

#[test]
fn another_seed_gives_another_town_and_no_names_give_none() {
    let names = demo("names.toml");
    let other = xtask::town::files(&names, xtask::town::SEED + 1).unwrap();
    assert!(other.iter().any(|it| it.name == "areas.geojson" && it.text != demo(it.name)));
    assert!(xtask::town::files("surnames = 3", 1).is_err());
}

#[test]
fn areas_tile_without_gap_or_overlap() {
    let (units, rings) = (rows("units.csv"), rings());
    for ring in rings.values() {
        assert!(area(ring) > 0, "anticlockwise");
        assert_eq!(ring.first(), ring.last(), "closed");
        let distinct: BTreeSet<_> = ring.iter().collect();
        assert_eq!(distinct.len(), ring.len() - 1, "no ring touches itself");
    }
    for parent in units.iter().filter(|it| rings.contains_key(&it["id"]) && it["kind"] != "grid") {
        let below = units.iter().filter(|it| it["parent"] == parent["id"]);
        let below: Vec<&str> =
            below.map(|it| it["id"].as_str()).filter(|it| rings.contains_key(*it)).collect();
        check_tiled(&parent["id"], &below, &rings);
    }
}

#[test]
fn the_town_has_the_shape_of_a_town() {
    let units = rows("units.csv");
    let below = |parent: &str, kind: &str| {
        units.iter().filter(|it| it["parent"] == parent && it["kind"] == kind).count()
    };
    assert_eq!((below("town", "community"), below("town", "village")), (7, 22));
    assert_eq!((below("town", "park"), below("street", "community")), (1, 11));
    for unit in units.iter().filter(|it| it["kind"] == "grid" && !it["parent"].starts_with('s')) {
        assert!((3..=8).contains(&below(&unit["parent"], "grid")), "{}", unit["parent"]);
    }
    let mut codes = BTreeSet::new();
    for unit in units.iter().filter(|it| !it["code"].is_empty()) {
        assert!(unit["code"].starts_with("99"), "no division of the country begins with 99");
        assert!(codes.insert(&unit["code"]), "{} is given twice", unit["code"]);
    }
}

#[test]
fn every_point_lies_in_one_grid_and_has_somebody_responsible() {
    let rings = rings();
    let units: BTreeSet<String> = rows("units.csv").iter().map(|it| it["id"].clone()).collect();
    let people: BTreeSet<String> =
        rows("people.csv").iter().map(|it| it["person"].clone()).collect();
    let points = rows("points.csv");
    assert!((170..200).contains(&points.len()));
    for point in &points {
        let number = |it: &str| micro(&it.parse::<serde_json::Number>().unwrap());
        let place = (number(&point["lon"]), number(&point["lat"]));
        let grids: Vec<_> = rings
            .iter()
            .filter(|(unit, ring)| unit.contains("-g") && contains(ring, place))
            .collect();
        assert_eq!(grids.len(), 1, "{} lies in one grid", point["id"]);
        assert!(units.contains(&point["unit"]) && people.contains(&point["person"]));
        assert_eq!(point["datum"], "wgs84");
    }
}

#[test]
fn every_unit_that_is_made_responsible_is_staffed_and_nobody_is_real() {
    let (units, people) = (rows("units.csv"), rows("people.csv"));
    let ids: BTreeSet<&String> = units.iter().map(|it| &it["id"]).collect();
    let holds = |role: &str, unit: &str| {
        people.iter().filter(|it| it["role"] == role && it["unit"] == unit).count()
    };
    for unit in &units {
        if ["village", "community", "park", "company"].contains(&unit["kind"].as_str()) {
            assert_eq!((holds("handler", &unit["id"]), holds("unit_head", &unit["id"])), (1, 1));
        }
    }
    let in_street = |it: &&Row| it["unit"].starts_with('s') && it["status"] == "active";
    let street = |role: &str| {
        let held = people.iter().filter(in_street).filter(|it| it["role"] == role);
        held.map(|it| &it["person"]).collect::<BTreeSet<_>>().len()
    };
    assert_eq!((street("mediator"), street("grid_agent")), (13, 30));
    for row in &people {
        assert!(ids.contains(&row["unit"]) && ids.contains(&row["area"]), "{}", row["account"]);
        assert!(row["phone"].starts_with("000"), "no phone of the country begins with 000");
    }
    let mut accounts: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for row in &people {
        accounts.entry(&row["person"]).or_default().insert(&row["account"]);
    }
    assert!(accounts.values().any(|it| it.len() == 2), "somebody has two accounts");
}
