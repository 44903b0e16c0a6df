//! Second looks: drawn after commit by nobody's choice, given to another party, blind, and told by
//! unit.

use crate::town::Town;
use axum::http::StatusCode;
use bihuan::job::{message, second_look};
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use serde_json::{Value, json};

const LIST: &str = "/api/v1/second-looks";
const NOTE: &str = "现场已看，干净";

/// Adds somebody to the town.
fn add(town: &Town, id: &str, role: &str, unit: &str) {
    let member = MembershipRow {
        role: RoleId::from(role),
        unit: unit.into(),
        area: unit.into(),
        from: None,
        to: None,
        status: "active".into(),
    };
    let person = PersonRow {
        id: PersonId::from(id),
        name: format!("{id} 的姓名"),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(id)],
        memberships: vec![member],
    };
    town.app.realm().change(Change::People(vec![person])).expect("a sound change");
}

/// Has so many of a hundred acceptances drawn.
async fn percent(town: &Town, percent: &str) -> (StatusCode, Value) {
    let body = json!({ "settings": { "second_look_percent": percent } });
    town.send(("PUT", "/api/v1/settings"), "system_administrator@district", &body).await
}

/// A matter of v01 that the town's acceptor has accepted.
async fn accepted(town: &Town) -> String {
    let matter = town.declared().await;
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2], "note": NOTE } });
    let (status, said) = town.act("acceptor@town", &matter, accept).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    matter
}

fn draw(town: &Town) -> u64 {
    second_look::once(town.app.realm()).expect("it draws")
}

async fn get(town: &Town, who: &str, path: &str) -> Value {
    let (status, body) = town.send(("GET", path), who, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{who} {path}: {body}");
    body
}

async fn summary(town: &Town, who: &str) -> Value {
    let path = format!("{LIST}/summary?from=0&to={}", town.now() + 1);
    get(town, who, &path).await["rows"].clone()
}

#[tokio::test]
async fn another_party_looks_again_without_knowing_who_accepted_and_squad_hears_of_a_no() {
    let town = Town::found();
    add(&town, "second@district", "acceptor", "district");
    assert!(percent(&town, "100").await.0.is_success());
    let matter = accepted(&town).await;
    assert_eq!((draw(&town), draw(&town)), (1, 0), "once");
    message::once(town.app.realm()).expect("it is delivered");
    let told = get(&town, "second@district", "/api/v1/messages").await;
    assert!(told.to_string().contains("second_look"), "{told}");
    let looks = get(&town, "second@district", LIST).await;
    let look = &looks["rows"][0];
    assert_eq!(look["matter"], json!(matter), "{looks}");
    assert_eq!(look["after"].as_array().map(Vec::len), Some(1));
    // Neither here nor on the matter is it told who accepted, or what was noted.
    let path = format!("/api/v1/matters/{matter}");
    let whole = get(&town, "second@district", &path).await;
    for hidden in ["acceptor@town", NOTE] {
        assert!(!looks.to_string().contains(hidden) && !whole.to_string().contains(hidden));
    }
    assert!(get(&town, "squad@town", &path).await.to_string().contains(NOTE));

    let path = format!("{LIST}/{}", look["id"].as_str().expect("an id"));
    let no = json!({ "verdict": "disagree", "reason": "墙角仍有垃圾" });
    for who in ["acceptor@town", "squad@town", "handler@v01"] {
        let (status, _) = town.send(("POST", &path), who, &no).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{who} was not drawn");
    }
    let silent = json!({ "verdict": "disagree" });
    let (_, said) = town.send(("POST", &path), "second@district", &silent).await;
    assert_eq!(said["code"], "invalid", "a no says why");
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let (status, said) = town.send(("POST", &path), "second@district", &no).await;
        assert_eq!(status, expected, "once: {said}");
    }
    message::once(town.app.realm()).expect("it is delivered");
    let told = get(&town, "squad@town", "/api/v1/messages").await;
    assert!(told.to_string().contains("disagreed"), "{told}");
    let after = get(&town, "second@district", &format!("/api/v1/matters/{matter}")).await;
    assert!(after.to_string().contains(NOTE), "the verdict is given");
    assert_eq!(after["matter"]["standing"]["is"], "closed", "nothing is opened by it");
    let rows = summary(&town, "squad@town").await;
    let row = &rows[0];
    assert_eq!(
        (&row["unit"], &row["drawn"], &row["looked"], &row["colleagues"], &row["disagreed"]),
        (&json!("town"), &json!(1), &json!(1), &json!(0), &json!(1))
    );
    assert_eq!(summary(&town, "inspector@v02").await, json!([]), "of the own area alone");
}

#[tokio::test]
async fn where_no_other_unit_has_an_acceptor_a_colleague_looks_and_is_counted_as_one() {
    let town = Town::found();
    percent(&town, "100").await;
    accepted(&town).await;
    draw(&town);
    let looks = get(&town, "squad@town", LIST).await;
    let id = looks["rows"][0]["id"].as_str().expect("it is the squad's").to_owned();
    assert_eq!(get(&town, "acceptor@town", LIST).await["rows"], json!([]), "not who accepted");
    let yes = json!({ "verdict": "agree" });
    let path = format!("{LIST}/{id}");
    assert_eq!(town.send(("POST", &path), "squad@town", &yes).await.0, StatusCode::NO_CONTENT);
    let row = summary(&town, "leader@town").await[0].clone();
    assert_eq!((&row["colleagues"], &row["disagreed"]), (&json!(1), &json!(0)), "{row}");
}

#[tokio::test]
async fn a_look_goes_to_somebody_else_when_its_person_leaves() {
    let town = Town::found();
    percent(&town, "100").await;
    let matter = accepted(&town).await;
    draw(&town);
    add(&town, "second@district", "acceptor", "district");
    draw(&town);
    // Of another unit is better than a colleague.
    assert_eq!(get(&town, "squad@town", LIST).await["rows"], json!([]));
    let looks = get(&town, "second@district", LIST).await;
    assert_eq!(looks["rows"][0]["matter"], json!(matter));
}

#[tokio::test]
async fn how_many_are_drawn_is_a_setting_of_the_realm() {
    let town = Town::found();
    assert!(percent(&town, "0").await.0.is_success());
    accepted(&town).await;
    assert_eq!(draw(&town), 0);
    assert!(percent(&town, "100").await.0.is_success());
    assert_eq!(draw(&town), 0, "what was passed over stays so");
    for odd in ["101", "-1", "x"] {
        assert_eq!(percent(&town, odd).await.1["code"], "invalid", "{odd}");
    }
    let (status, said) =
        town.send(("GET", &format!("{LIST}/summary?from=0&to=1")), "stranger", &Value::Null).await;
    assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_official")));
}
