//! Who should handle a matter, by which rule, and what it may be the same as.

use crate::town::Town;
use axum::http::StatusCode;
use bihuan_core::id::{PersonId, PointId};
use bihuan_core::place::Point;
use bihuan_core::text::Text;
use bihuan_store::rules::{Change, PointRow};
use serde_json::{Value, json};

async fn suggestions(town: &Town, who: &str, matter: &str) -> (StatusCode, Value) {
    town.send(("GET", &format!("/api/v1/matters/{matter}/suggestions")), who, &Value::Null).await
}

/// The units of an answer with the rules that name them.
fn units(told: &Value) -> Vec<(String, Vec<String>)> {
    let text = |it: &Value| it.as_str().expect("a text").to_owned();
    let rules = |it: &Value| {
        it["why"].as_array().expect("rules").iter().map(|it| text(&it["rule"])).collect()
    };
    let rows = told["units"].as_array().expect("units").iter();
    rows.map(|it| (text(&it["unit"]), rules(it))).collect()
}

fn unit(unit: &str, rules: &[&str]) -> (String, Vec<String>) {
    (unit.to_owned(), rules.iter().map(|it| (*it).to_owned()).collect())
}

#[tokio::test]
async fn a_point_comes_first_then_the_area_and_who_handled_the_last_one() {
    let town = Town::found();
    let first = town.rectifying().await;
    let place = town.place("v01");
    let at = |name: &str| place["at"][name].as_i64().expect("a number");
    let point = PointRow {
        id: PointId::from("p1"),
        kind: "lane".into(),
        title: Text::new("柳荫巷", "Willow Lane"),
        unit: "v02".into(),
        person: None::<PersonId>,
        leader: None,
        at: Point { lon_e7: at("lon_e7"), lat_e7: at("lat_e7") },
    };
    town.app.realm().change(Change::Points(vec![point])).expect("a sound point");
    let matter = town.id();
    let mut opening = town.opening("v01");
    opening["open"]["point"] = json!("p1");
    let (status, said) = town.act("inspector@v01", &matter, opening).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let (status, told) = suggestions(&town, "dispatcher@town", &matter).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(units(&told), [unit("v02", &["point"]), unit("v01", &["area", "last"])]);
    assert_eq!(told["units"][0]["why"][0]["text"]["zh"], "点位“柳荫巷”的责任单位");
    assert_eq!(told["units"][0]["default"], true, "{told}");
    assert_eq!(told["units"][1]["why"][1]["matter"], json!(first));
    assert_eq!(told["duplicates"][0]["matter"]["id"], json!(first), "{told}");
    assert_eq!(told["duplicates"][0]["metres"], 0);
    assert!(told["rebound_of"].is_null() && told["rebound_rule"]["zh"].is_string());
}

#[tokio::test]
async fn what_was_cleared_here_lately_may_have_come_back() {
    let town = Town::found();
    let first = town.declared().await;
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    let (status, said) = town.act("acceptor@town", &first, accept).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let again = town.opened().await;
    let (_, told) = suggestions(&town, "dispatcher@town", &again).await;
    assert_eq!(told["rebound_of"]["matter"]["id"], json!(first), "{told}");
    assert_eq!(told["duplicates"], json!([]));
    assert_eq!(units(&told), [unit("v01", &["area", "last"])]);
}

#[tokio::test]
async fn suggestions_are_for_those_on_the_case() {
    let town = Town::found();
    let matter = town.rectifying().await;
    for (who, status) in [("squad@town", 200), ("handler@v01", 403), ("handler@v02", 404)] {
        let (told, said) = suggestions(&town, who, &matter).await;
        assert_eq!(told.as_u16(), status, "{who}: {said}");
    }
}
