//! The map: what GeoJSON and tiles show is the same, and is what whoever asks may see.

use crate::tile::{self, Feature};
use crate::town::{STRANGER, Town};
use axum::http::{StatusCode, header};
use bihuan::http::Caller;
use bihuan_core::pack::PackFiles;
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A box around the whole town, and far more.
const BOX: &str = "box=73,3,136,54";

async fn geojson(town: &Town, who: Option<&Caller>, query: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/map/matters.geojson?{query}");
    let (status, _, bytes) = town.call(("GET", &path), who, &[], b"").await;
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}

async fn tile(town: &Town, who: Option<&Caller>, address: &str) -> Vec<Feature> {
    let path = format!("/api/v1/map/{address}");
    let (status, headers, bytes) = town.call(("GET", &path), who, &[], b"").await;
    assert_eq!(status, StatusCode::OK, "{path}");
    assert_eq!(headers[header::CONTENT_TYPE], "application/vnd.mapbox-vector-tile");
    tile::read(&bytes)
}

/// The tile of a zoom that a feature of GeoJSON lies in.
fn address(zoom: u32, feature: &Value) -> String {
    let at = |no: usize| feature["geometry"]["coordinates"][no].as_f64().expect("a coordinate");
    let side = f64::from(1_u32 << zoom);
    let x = (at(0) + 180.0) / 360.0 * side;
    let y = (1.0 - at(1).to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
    format!("matters/{zoom}/{}/{}.mvt", x.floor(), y.floor())
}

fn features(map: &Value) -> &Vec<Value> {
    map["features"].as_array().expect("features")
}

fn ids(map: &Value) -> BTreeSet<String> {
    features(map).iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
}

/// Opens a matter in v02.
async fn opened_in_v02(town: &Town) -> String {
    let matter = town.id();
    let (status, said) = town.act("inspector@v02", &matter, town.opening("v02")).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    matter
}

#[tokio::test]
async fn tiles_show_what_geojson_shows_at_every_zoom() {
    let town = Town::found();
    let (one, other) = (town.rectifying().await, opened_in_v02(&town).await);
    let leader = town.caller("leader@town");
    let (status, map) = geojson(&town, Some(&leader), BOX).await;
    assert_eq!(status, StatusCode::OK, "{map}");
    assert_eq!((&map["counted"], &map["datum"]), (&json!(false), &json!("wgs84")));
    assert_eq!(ids(&map), BTreeSet::from([one.clone(), other]));
    for feature in features(&map) {
        for zoom in [0, 9, 12, 14, 22] {
            let shown = tile(&town, Some(&leader), &address(zoom, feature)).await;
            let alone = shown.iter().filter(|it| it.layer == "matters");
            let here: Vec<_> = alone.filter(|it| it.tags["id"] == feature["id"]).collect();
            let counted: u64 = shown.iter().filter_map(|it| it.tags.get("count")?.as_u64()).sum();
            assert!(here.len() == 1 || zoom < 12 && counted == 2, "zoom {zoom}: {shown:?}");
            for found in here {
                let mut tags = found.tags.clone();
                tags.remove("id");
                assert_eq!(Value::Object(tags), feature["properties"], "zoom {zoom}");
                let (x, y) = found.points[0];
                assert!((0..4_096).contains(&x) && (0..4_096).contains(&y), "{x} {y}");
            }
        }
    }
    let handled = features(&map).iter().find(|it| it["id"] == *one).expect("it is shown");
    assert_eq!(handled["properties"]["meaning"], "handling");
    assert_eq!(handled["properties"]["due"], "soon");
    let elsewhere = tile(&town, Some(&leader), "matters/12/0/0.mvt").await;
    assert_eq!(elsewhere, []);
}

#[tokio::test]
async fn filters_and_the_box_choose_and_limits_are_told() {
    let town = Town::found();
    let (one, other) = (town.rectifying().await, opened_in_v02(&town).await);
    let leader = town.caller("leader@town");
    for (query, found) in [
        ("unit=v01", vec![&one]),
        ("stage=reported", vec![&other]),
        ("class=0110&pack=sanitation", vec![&one, &other]),
        ("class=0111", vec![]),
        ("pack=none", vec![]),
        ("unit=none", vec![]),
        ("standing=overdue", vec![]),
        ("standing=any", vec![&one, &other]),
    ] {
        let (_, map) = geojson(&town, Some(&leader), &format!("{BOX}&{query}")).await;
        assert_eq!(
            ids(&map).iter().collect::<BTreeSet<_>>(),
            found.into_iter().collect(),
            "{query}"
        );
    }
    let (_, map) = geojson(&town, Some(&leader), "box=0,0,1,1").await;
    assert_eq!(map["total"], 0);
    for query in ["", "box=1,2,3", &format!("{BOX}&zoom=23")] {
        let (status, said) = geojson(&town, Some(&leader), query).await;
        assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")));
    }
    for path in ["matters/23/0/0.mvt", "matters/1/2/0.mvt", "matters/1/0/0", "areas/1/9/9.mvt"] {
        let path = format!("/api/v1/map/{path}");
        let (status, _, _) = town.call(("GET", &path), Some(&leader), &[], b"").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

/// Opens 1,001 matters in v01, a few metres from each other.
async fn opened_many(town: &Town) {
    let inspector = town.caller("inspector@v01");
    let opening = town.opening("v01");
    let command = |no: i64| {
        let mut opening = opening.clone();
        let at = &mut opening["open"]["place"]["at"];
        let lon_e7 = at["lon_e7"].as_i64().expect("a longitude");
        at["lon_e7"] = json!(lon_e7 + no % 10 * 1_000);
        json!({ "id": town.id(), "matter": town.id(), "command": opening })
    };
    let commands: Vec<Value> = (0..1_001).map(command).collect();
    for part in commands.chunks(1_000) {
        let body = json!({ "commands": part });
        let (status, said) = town.post("/api/v1/commands/bulk", Some(&inspector), &body).await;
        assert_eq!(status, StatusCode::OK, "{said}");
    }
}

#[tokio::test]
async fn many_matters_are_counted_and_none_is_lost() {
    let town = Town::found();
    opened_many(&town).await;
    opened_in_v02(&town).await;
    let leader = town.caller("leader@town");
    for zoom in [5, 13, 22] {
        let (_, map) = geojson(&town, Some(&leader), &format!("{BOX}&zoom={zoom}")).await;
        assert_eq!((&map["counted"], &map["total"]), (&json!(true), &json!(1_002)), "{zoom}");
        let count = |it: &Value| it["properties"]["count"].as_u64().unwrap_or(1);
        assert_eq!(features(&map).iter().map(count).sum::<u64>(), 1_002, "zoom {zoom}");
    }
    let (_, few) = geojson(&town, Some(&town.caller("inspector@v02")), BOX).await;
    assert_eq!((&few["counted"], features(&few).len()), (&json!(false), 1), "to whom it is one");
    // A calendar takes the deadlines that come first.
    let (_, said) = town.send(("POST", "/api/v1/calendar-feed"), "intake@town", &Value::Null).await;
    let path = said["path"].as_str().expect("a path");
    let (_, _, calendar) = town.call(("GET", path), None, &[], b"").await;
    let calendar = String::from_utf8(calendar.to_vec()).expect("UTF-8");
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 200);
    // A tile at a zoom that shows each where they are fewer counts them too.
    let (_, map) = geojson(&town, Some(&leader), &format!("{BOX}&zoom=14")).await;
    let most = features(&map).iter().max_by_key(|it| it["properties"]["count"].as_u64());
    let shown = tile(&town, Some(&leader), &address(14, most.expect("a square"))).await;
    let counted: u64 = shown.iter().filter_map(|it| it.tags.get("count")?.as_u64()).sum();
    assert!(shown.iter().any(|it| it.layer == "counts") && counted > 500, "{shown:?}");
}

#[tokio::test]
async fn the_map_shows_to_each_what_is_theirs() {
    let town = Town::found();
    let (filed, opened) = (town.rectifying().await, opened_in_v02(&town).await);
    let (_, own) = geojson(&town, Some(&town.caller("handler@v02")), BOX).await;
    assert_eq!(ids(&own), BTreeSet::from([opened]), "not the other village's");
    let (_, none) = geojson(&town, Some(&town.caller(STRANGER)), BOX).await;
    assert_eq!(none["total"], 0);
    // The public sees what was filed, in a square.
    let (status, public) = geojson(&town, None, BOX).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(ids(&public), BTreeSet::from([filed]));
    let (_, exact) = geojson(&town, Some(&town.caller("handler@v01")), BOX).await;
    let at = |map: &Value| features(map)[0]["geometry"]["coordinates"].clone();
    assert_ne!(at(&public), at(&exact), "about where, not just there");
    let shown = tile(&town, None, &address(14, &features(&public)[0])).await;
    assert_eq!(shown.len(), 1, "and in the tile of the square: {shown:?}");
    let path = "/api/v1/map/areas/10/0/0.mvt";
    let (status, _, _) = town.call(("GET", path), None, &[], b"").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let stranger = town.caller(STRANGER);
    let (status, _, _) = town.call(("GET", path), Some(&stranger), &[], b"").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// A pack of the repository, changed.
fn pack(name: &str, change: impl Fn(String) -> String) -> PackFiles {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(name);
    let mut files = bihuan::pack_folder::read(&folder).expect("a pack").files;
    let text = String::from_utf8(files["pack.toml"].clone()).expect("UTF-8");
    files.insert("pack.toml".into(), change(text).into_bytes());
    PackFiles { files }
}

#[tokio::test]
async fn a_pack_that_publishes_a_list_alone_is_not_on_the_public_map() {
    let town = Town::found();
    town.rectifying().await;
    let (_, before) = geojson(&town, None, BOX).await;
    assert_eq!(before["total"], 1);
    let unmapped = pack("sanitation", |text| {
        let changed =
            text.replacen("map = true", "map = false", 1).replacen("rev = 1", "rev = 2", 1);
        assert_ne!(changed, text);
        changed
    });
    town.app.realm().change(Change::Pack(unmapped)).expect("it is published");
    let (_, after) = geojson(&town, None, BOX).await;
    assert_eq!(after["total"], 0);
    let (_, map) = geojson(&town, Some(&town.caller("leader@town")), BOX).await;
    assert_eq!(map["total"], 1, "officials see it");
}

/// A town with a sealed pack whose agent works in v01.
fn with_sealed_pack() -> Town {
    let town = Town::found();
    let placed = pack("dispute", |text| text.replacen("kind = \"unit\"", "kind = \"point\"", 1));
    let agent = PersonRow {
        id: "grid_agent".into(),
        name: "网格调解员".into(),
        identity: None,
        telephone: None,
        accounts: vec!["grid_agent".into()],
        memberships: vec![MembershipRow {
            role: "grid_agent".into(),
            unit: "v01".into(),
            area: "v01".into(),
            from: None,
            to: None,
            status: "active".into(),
        }],
    };
    for change in [Change::Pack(placed), Change::People(vec![agent])] {
        town.app.realm().change(change).expect("a sound change");
    }
    town
}

#[tokio::test]
async fn a_sealed_matter_leaves_no_trace_on_the_map_of_others() {
    let (with, without) = (with_sealed_pack(), with_sealed_pack());
    for town in [&with, &without] {
        town.opened().await;
    }
    let open = json!({ "open": {
        "pack": "dispute", "class": "D02", "source": "applied", "place": with.place("v01"),
        "form": { "applicant_name": "甲", "facts": "噪声" },
    }});
    let sealed = with.id();
    let (status, said) = with.act("grid_agent", &sealed, open).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let agent = with.caller("grid_agent");
    let (_, map) = geojson(&with, Some(&agent), BOX).await;
    let place = features(&map).iter().find(|it| it["id"] == *sealed).expect("on the case").clone();
    let near = {
        let at = &place["geometry"]["coordinates"];
        format!("/api/v1/matters/near?at={},{}", at[0], at[1])
    };
    let mut paths = vec![format!("/api/v1/map/matters.geojson?{BOX}"), near];
    paths.extend([0, 9, 13, 22].map(|it| format!("/api/v1/map/{}", address(it, &place))));
    for path in paths {
        for who in [Some("leader@town"), Some("handler@v01"), Some(STRANGER), None] {
            let told = async |town: &Town| {
                let who = who.map(|it| town.caller(it));
                town.call(("GET", &path), who.as_ref(), &[], b"").await
            };
            let (a, b) = (told(&with).await, told(&without).await);
            assert_eq!(
                (a.0, &a.1.get("etag"), &a.2),
                (b.0, &b.1.get("etag"), &b.2),
                "{path} {who:?}"
            );
        }
        let (_, _, told) = with.call(("GET", &path), Some(&agent), &[], b"").await;
        let (_, _, other) = without.call(("GET", &path), Some(&agent), &[], b"").await;
        assert_ne!(told, other, "the control: {path}");
    }
}

#[tokio::test]
async fn the_ground_of_units_is_drawn_in_tiles() {
    let town = Town::found();
    town.opened().await;
    let leader = town.caller("leader@town");
    let (_, map) = geojson(&town, Some(&leader), BOX).await;
    let here = address(14, &features(&map)[0]).replace("matters", "areas");
    let shown = tile(&town, Some(&leader), &here).await;
    let village = shown.iter().find(|it| it.tags["id"] == "v01").expect("the village");
    assert_eq!((&village.layer[..], &village.tags["level"]), ("areas", &json!(3)));
    assert!(village.points.len() >= 4);
    let range = -64..=4_160;
    let inside = |it: &(i64, i64)| range.contains(&it.0) && range.contains(&it.1);
    assert!(village.points.iter().all(inside), "{:?}", village.points);
    assert_eq!(tile(&town, Some(&leader), "areas/14/0/0.mvt").await, []);
}

#[tokio::test]
async fn a_map_is_kept_until_something_on_it_changes() {
    let town = Town::found();
    town.opened().await;
    let leader = town.caller("leader@town");
    let (_, map) = geojson(&town, Some(&leader), BOX).await;
    let path = format!("/api/v1/map/{}", address(13, &features(&map)[0]));
    let (_, headers, _) = town.call(("GET", &path), Some(&leader), &[], b"").await;
    let tag = headers[header::ETAG].to_str().expect("a tag").to_owned();
    let asked = [("if-none-match", tag.as_str())];
    let (status, _, bytes) = town.call(("GET", &path), Some(&leader), &asked, b"").await;
    assert_eq!((status, bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    town.opened().await;
    let (status, _, _) = town.call(("GET", &path), Some(&leader), &asked, b"").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_is_about_to_report_sees_what_is_near() {
    let town = Town::found();
    let matter = town.opened().await;
    opened_in_v02(&town).await;
    let place = town.place("v01");
    let degrees = |name: &str| place["at"][name].as_i64().expect("a coordinate") as f64 / 1e7;
    let (lon, lat) = (degrees("lon_e7"), degrees("lat_e7"));
    let near = |at: String, more: &str| format!("/api/v1/matters/near?at={at}{more}");
    let beside = near(format!("{},{lat}", lon + 2e-4), "");
    let (status, said) = town.send(("GET", &beside), "inspector@v01", &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert_eq!(said["matters"].as_array().expect("a list").len(), 1, "{said}");
    assert_eq!(said["matters"][0]["id"], *matter);
    let metres = said["matters"][0]["metres"].as_u64().expect("a distance");
    assert!((15..22).contains(&metres), "{metres}");
    for (path, who) in [
        (near(format!("{},{lat}", lon + 2e-4), "&metres=10"), "inspector@v01"),
        (near(format!("{lon},{lat}"), "&class=0111"), "inspector@v01"),
        (near(format!("{lon},{lat}"), ""), "inspector@v02"),
        (near(format!("{lon},{lat}"), ""), STRANGER),
    ] {
        let (_, said) = town.send(("GET", &path), who, &Value::Null).await;
        assert_eq!(said, json!({ "matters": [] }), "{path} by {who}");
    }
    for path in [near("x".into(), ""), near(format!("{lon},{lat}"), "&metres=501")] {
        let (status, said) = town.send(("GET", &path), "inspector@v01", &Value::Null).await;
        assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")));
    }
    let (status, _, _) = town.call(("GET", &beside), None, &[], b"").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
