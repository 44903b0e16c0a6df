//! What a realm consists of, as each of its people may read it.

use crate::town::{STRANGER, Town};
use axum::http::{HeaderMap, StatusCode, header};
use bihuan_core::id::{AccountId, PersonId, PointId, RoleId};
use bihuan_core::place::Point;
use bihuan_core::text::Text;
use bihuan_core::unit::{Unit, UnitId};
use bihuan_store::rules::{Change, MembershipRow, PersonRow, PointRow};
use serde_json::{Value, json};

/// Who keeps people: of the whole realm, and of one village.
const KEEPER: &str = "keeper";
const VILLAGE_KEEPER: &str = "village_keeper";

async fn get(town: &Town, account: &str, path: &str) -> (StatusCode, Value) {
    town.send(("GET", path), account, &Value::Null).await
}

async fn good(town: &Town, account: &str, path: &str) -> Value {
    let (status, said) = get(town, account, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {said}");
    said
}

fn keys<'a>(said: &'a Value, list: &str) -> Vec<&'a str> {
    let list = said[list].as_array().expect("a list");
    list.iter().map(|it| it["id"].as_str().expect("an id")).collect()
}

/// A town with points, and with those who keep people.
fn staffed() -> Town {
    let town = Town::found();
    let keeper = |id: &str, unit: &str| PersonRow {
        id: PersonId::from(id),
        name: "管家".into(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(id)],
        memberships: vec![MembershipRow {
            role: RoleId::from("security_administrator"),
            unit: unit.into(),
            area: unit.into(),
            from: None,
            to: None,
            status: "active".into(),
        }],
    };
    let people = vec![keeper(KEEPER, "district"), keeper(VILLAGE_KEEPER, "v01")];
    let place = town.place("v01");
    let e7 = |name: &str| place["at"][name].as_i64().expect("a coordinate");
    let at = Point { lon_e7: e7("lon_e7"), lat_e7: e7("lat_e7") };
    let point = |no: i64, unit: &str, person: &str| PointRow {
        id: PointId(format!("p{no}")),
        kind: "site".into(),
        title: Text::new(format!("河滩{no}号垃圾点"), format!("heap {no} by the river")),
        unit: unit.into(),
        person: Some(PersonId::from(person)),
        leader: None,
        at: Point { lon_e7: at.lon_e7 + no * 1_000, ..at },
    };
    let points = vec![point(1, "v01", "handler@v01"), point(2, "g11", STRANGER)];
    for change in [Change::People(people), Change::Points(points)] {
        town.app.realm().change(change).expect("a sound change");
    }
    town
}

#[tokio::test]
async fn officials_read_what_the_realm_consists_of_and_nobody_else_does() {
    let town = staffed();
    let paths = [
        "/api/v1/units",
        "/api/v1/units/v01",
        "/api/v1/units/v01/area",
        "/api/v1/areas",
        "/api/v1/points",
        "/api/v1/calendar/2021",
        "/api/v1/packs",
        "/api/v1/packs/sanitation",
        "/api/v1/packs/sanitation/flow",
        "/api/v1/packs/sanitation/flow.svg",
    ];
    for path in paths {
        good(&town, "handler@v02", path).await;
        let (status, said) = get(&town, STRANGER, path).await;
        assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_official")));
        let (status, _, _) = town.call(("GET", path), None, &[], b"").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/api/v1/units/v99", "/api/v1/units/V!", "/api/v1/calendar/1999"] {
        assert_eq!(get(&town, "handler@v02", path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn units_are_a_tree_that_is_searched_by_name_and_place() {
    let town = Town::found();
    let all = good(&town, "leader@town", "/api/v1/units").await;
    assert_eq!(
        keys(&all, "units"),
        ["district", "town", "v01", "g11", "v02"],
        "each below its own"
    );
    let village = &all["units"][2];
    assert_eq!(village["scope"], "district/town/v01/");
    assert_eq!((&village["parent"], &village["has_area"]), (&json!("town"), &json!(true)));
    let town_unit = &all["units"][1];
    assert_eq!(town_unit["functions"], json!(["dispatch_desk"]));
    for (query, found) in [
        ("below=v01", vec!["v01", "g11"]),
        ("kind=village", vec!["v01", "v02"]),
        ("function=dispatch_desk", vec!["town"]),
        ("q=g1", vec!["g11"]),
        ("after=v01", vec!["g11", "v02"]),
        ("below=v99", vec![]),
    ] {
        let said = good(&town, "leader@town", &format!("/api/v1/units?{query}")).await;
        assert_eq!(keys(&said, "units"), found, "{query}");
    }
    let long = format!("/api/v1/units?q={}", "x".repeat(101));
    assert_eq!(get(&town, "leader@town", &long).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, said) = get(&town, "leader@town", "/api/v1/units?colour=red").await;
    assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!("wrong_query")));
}

async fn asked(town: &Town, path: &str, tag: Option<&str>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let caller = town.caller("handler@v02");
    let headers: Vec<(&str, &str)> = tag.map(|it| ("if-none-match", it)).into_iter().collect();
    let (status, headers, bytes) = town.call(("GET", path), Some(&caller), &headers, b"").await;
    (status, headers, bytes.to_vec())
}

#[tokio::test]
async fn a_phone_keeps_the_map_of_the_realm_until_it_changes() {
    let town = Town::found();
    let (status, headers, bytes) = asked(&town, "/api/v1/areas", None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "application/geo+json");
    let map: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((&map["type"], &map["datum"]), (&json!("FeatureCollection"), &json!("wgs84")));
    let mut features = map["features"].as_array().expect("features").iter();
    let grid = features.find(|it| it["id"] == "g11").expect("the grid");
    assert_eq!(
        (&grid["properties"]["parent"], &grid["properties"]["level"]),
        (&json!("v01"), &json!(4))
    );
    let corner = grid["geometry"]["coordinates"][0][0][0].as_f64().expect("a longitude");
    assert!((corner * 1e5 - (corner * 1e5).round()).abs() < 1e-6, "{corner} is rounded");

    let tag = headers[header::ETAG].to_str().expect("a tag").to_owned();
    let (status, headers, bytes) = asked(&town, "/api/v1/areas", Some(&tag)).await;
    assert_eq!((status, bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(headers[header::CACHE_CONTROL], "private, no-cache");
    let mut units: Vec<_> = town.app.realm().rules().units.iter().cloned().collect();
    units[0].title.zh = "改名".into();
    town.app.realm().change(Change::Units(units)).expect("a sound change");
    let (status, _, bytes) = asked(&town, "/api/v1/areas", Some(&tag)).await;
    assert_eq!(status, StatusCode::OK, "a name has changed");
    assert!(String::from_utf8_lossy(&bytes).contains("改名"));

    let exact = good(&town, "handler@v02", "/api/v1/units/v01/area").await;
    assert_eq!((&exact["type"], &exact["datum"]), (&json!("Feature"), &json!("wgs84")));
    assert_eq!(exact["geometry"]["type"], "Polygon");
}

#[tokio::test]
async fn points_are_found_by_unit_place_and_words_and_name_colleagues_only() {
    let town = staffed();
    let all = good(&town, "handler@v02", "/api/v1/points").await;
    assert_eq!(keys(&all, "points"), ["p1", "p2"]);
    let person = &all["points"][0]["person"];
    assert_eq!(person["name"], "handler@v01 的姓名");
    assert_eq!(all["points"][1].get("person"), None, "who works nowhere is no colleague");
    let (at, point) = (&all["points"][0]["at"], |it: &Value| it.as_i64().expect("a number") as f64);
    let (lon, lat) = (point(&at["lon_e7"]) / 1e7, point(&at["lat_e7"]) / 1e7);
    let around = format!("box={},{},{},{}", lon - 1e-5, lat - 1e-5, lon + 1e-5, lat + 1e-5);
    for (query, found) in [
        (around.as_str(), vec!["p1"]),
        ("unit=g11", vec!["p2"]),
        ("unit=v01", vec!["p1", "p2"]),
        ("q=ht2", vec!["p2"]),
        ("q=heap%201", vec!["p1"]),
        ("kind=lane", vec![]),
        ("after=p1", vec!["p2"]),
    ] {
        let said = good(&town, "handler@v02", &format!("/api/v1/points?{query}")).await;
        assert_eq!(keys(&said, "points"), found, "{query}");
    }
    let (status, said) = get(&town, "handler@v02", "/api/v1/points?box=1,2,3").await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")));
}

#[tokio::test]
async fn people_are_shown_to_whoever_keeps_their_unit() {
    let town = staffed();
    let all = good(&town, KEEPER, "/api/v1/people").await;
    assert!(keys(&all, "people").contains(&STRANGER), "who works nowhere too");
    let own = good(&town, VILLAGE_KEEPER, "/api/v1/people").await;
    let seen = keys(&own, "people");
    assert!(seen.contains(&"handler@v01") && !seen.contains(&"handler@v02"), "{seen:?}");
    assert!(!seen.contains(&STRANGER) && !seen.contains(&"leader@town"), "{seen:?}");
    let handler = own["people"].as_array().expect("people").iter();
    let handler = handler.clone().find(|it| it["id"] == "handler@v01").expect("the handler");
    assert_eq!(handler["name"], "handler@v01 的姓名");
    let units: Vec<&Value> =
        handler["grants"].as_array().expect("grants").iter().map(|it| &it["unit"]).collect();
    assert_eq!(units, [&json!("v01")], "what is held at the district is the district's");
    for (path, who, found) in [
        ("/api/v1/people?role=leader", KEEPER, vec!["leader@town"]),
        ("/api/v1/people?unit=v02&role=handler", KEEPER, vec!["handler@v02"]),
        ("/api/v1/people?role=leader", VILLAGE_KEEPER, vec![]),
        ("/api/v1/people?q=lr", KEEPER, vec![STRANGER]),
    ] {
        assert_eq!(keys(&good(&town, who, path).await, "people"), found, "{path} by {who}");
    }
    let grants = good(&town, VILLAGE_KEEPER, "/api/v1/grants?role=handler").await;
    let grants = grants["grants"].as_array().expect("grants").clone();
    let holders: Vec<&Value> = grants.iter().map(|it| &it["person"]).collect();
    assert_eq!(holders, [&json!("handler@g11"), &json!("handler@v01")]);
    assert!(grants.iter().all(|it| it["role"] == "handler"), "{grants:?}");
    for path in ["/api/v1/people", "/api/v1/grants"] {
        for (who, code) in [
            ("leader@town", "not_granted"),
            ("system_administrator@district", "not_granted"),
            (STRANGER, "not_granted"),
        ] {
            let (status, said) = get(&town, who, path).await;
            assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!(code)), "{who}");
        }
        let (status, _, _) = town.call(("GET", path), None, &[], b"").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_year_says_which_days_work_and_a_far_one_that_nobody_knows_yet() {
    let town = Town::found();
    let year = good(&town, "handler@v01", "/api/v1/calendar/2021").await;
    assert_eq!(year["provisional"], false);
    assert!(year["source"].as_str().expect("a source").contains("国务院"));
    let make_up = year["make_up"].as_array().expect("days");
    assert!(make_up.iter().any(|it| it["date"] == "2021-02-07"), "{make_up:?}");
    let working = year["working_days"].as_array().expect("days");
    assert!(working.contains(&json!("2021-02-07")) && !working.contains(&json!("2021-10-01")));
    let ahead = good(&town, "handler@v01", "/api/v1/calendar/2090").await;
    assert_eq!((&ahead["provisional"], ahead.get("source")), (&json!(true), None));
}

#[tokio::test]
async fn a_large_realm_comes_in_pages() {
    let town = Town::found();
    let unit = |no: u32| Unit {
        id: UnitId(format!("w{no:04}")),
        kind: "grid".into(),
        parent: Some("v02".into()),
        title: Text::new("网格", "a grid"),
        ..Unit::default()
    };
    let units = Change::Units((0..5_001).map(unit).collect());
    town.app.realm().change(units).expect("a sound change");
    let first = good(&town, "leader@town", "/api/v1/units?below=v02&kind=grid").await;
    assert_eq!((keys(&first, "units").len(), &first["next"]), (5_000, &json!("w4999")));
    let last = good(&town, "leader@town", "/api/v1/units?below=v02&kind=grid&after=w4999").await;
    assert_eq!((keys(&last, "units"), last.get("next")), (vec!["w5000"], None));
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let town = staffed();
    let row = |no: i64| PointRow {
        id: PointId(format!("q{no:04}")),
        kind: "lane".into(),
        title: Text::new("小巷", "a lane"),
        unit: "v02".into(),
        person: None,
        leader: None,
        at: Point { lon_e7: 1_100_000_000 + no, lat_e7: 350_000_000 },
    };
    let person = |no: i64| PersonRow {
        id: PersonId(format!("q{no:04}")),
        name: "众人".into(),
        identity: None,
        telephone: None,
        accounts: Vec::new(),
        memberships: Vec::new(),
    };
    let points = Change::Points((0..1_001).map(row).collect());
    let people = Change::People((0..501).map(person).collect());
    for change in [points, people] {
        town.app.realm().change(change).expect("a sound change");
    }
    let first = good(&town, "handler@v02", "/api/v1/points?kind=lane").await;
    assert_eq!((keys(&first, "points").len(), &first["next"]), (1_000, &json!("q0999")));
    let last = good(&town, "handler@v02", "/api/v1/points?kind=lane&after=q0999").await;
    assert_eq!((keys(&last, "points"), last.get("next")), (vec!["q1000"], None));
    let first = good(&town, KEEPER, "/api/v1/people?q=zr").await;
    assert_eq!((keys(&first, "people").len(), &first["next"]), (500, &json!("q0499")));
    let last = good(&town, KEEPER, "/api/v1/people?q=zr&after=q0499").await;
    assert_eq!((keys(&last, "people"), last.get("next")), (vec!["q0500"], None));
}
