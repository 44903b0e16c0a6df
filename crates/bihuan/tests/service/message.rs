//! Messages: told to whom they concern, to nobody else, and how far each has got.

use crate::town::Town;
use axum::http::StatusCode;
use bihuan::job::message::once;
use serde_json::{Value, json};

const LIST: &str = "/api/v1/messages";

/// Delivers what waits.
fn deliver(town: &Town) -> u64 {
    once(town.app.realm()).expect("the outbox is read")
}

async fn get(town: &Town, account: &str, path: &str) -> Value {
    let (status, body) = town.send(("GET", path), account, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{account} {path}: {body}");
    body
}

fn kinds(page: &Value) -> Vec<&str> {
    let rows = page["rows"].as_array().expect("rows").iter();
    rows.map(|it| it["kind"].as_str().expect("a kind")).collect()
}

#[tokio::test]
async fn whoever_owes_the_next_move_is_told_and_the_state_of_it_is_kept() {
    let town = Town::found();
    let matter = town.rectifying().await;
    assert!(deliver(&town) > 0);
    assert_eq!(deliver(&town), 0, "once");
    let page = get(&town, "handler@v01", LIST).await;
    assert_eq!((kinds(&page), &page["unread"]), (vec!["yours"], &json!(1)));
    let row = &page["rows"][0];
    assert_eq!(
        (&row["matter"]["id"], &row["matter"]["title"]),
        (&json!(matter), &json!("路边垃圾"))
    );
    assert_eq!(row["text"]["zh"], "待您办理");
    assert!(row["delivered_at"].is_i64() && row["read_at"].is_null());
    let ids = json!({ "ids": [row["id"], "of-nobody"] });
    let (status, left) = town.send(("POST", "/api/v1/messages/read"), "handler@v01", &ids).await;
    assert_eq!((status, &left["unread"]), (StatusCode::OK, &json!(0)), "{left}");
    let unread = get(&town, "handler@v01", "/api/v1/messages?standing=unread").await;
    assert_eq!(kinds(&unread), Vec::<&str>::new());
    let id = row["id"].as_str().expect("an id");
    let receive = format!("{LIST}/{id}/receive");
    for _ in 0..2 {
        let (status, _) = town.send(("POST", &receive), "handler@v01", &Value::Null).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "twice is once");
    }
    let (status, _) = town.send(("POST", &receive), "handler@v02", &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "it is the message of somebody else");
    let again = get(&town, "handler@v01", LIST).await;
    assert!(again["rows"][0]["received_at"].is_i64() && again["rows"][0]["read_at"].is_i64());
}

#[tokio::test]
async fn the_senders_side_sees_how_far_a_message_has_got_and_the_fixer_does_not() {
    let town = Town::found();
    let matter = town.rectifying().await;
    let urge = json!({ "urge": { "text": "请抓紧" } });
    assert_eq!(town.act("squad@town", &matter, urge).await.0, StatusCode::OK);
    deliver(&town);
    assert!(kinds(&get(&town, "handler@v01", LIST).await).contains(&"urged"));
    let path = format!("/api/v1/matters/{matter}/messages");
    let sent = get(&town, "dispatcher@town", &path).await;
    let of = |kind: &str, person: &str| {
        let mut rows = sent["rows"].as_array().expect("rows").iter();
        rows.find(|it| it["kind"] == kind && it["person"] == person).cloned().unwrap_or_default()
    };
    assert!(of("urged", "handler@v01")["delivered_at"].is_i64(), "{sent}");
    assert_eq!(of("urged", "handler@v01")["name"], "handler@v01 的姓名");
    assert!(of("urged", "handler@g11")["delivered_at"].is_null(), "nobody has looked there");
    let (status, said) = town.send(("GET", &path), "handler@v01", &Value::Null).await;
    assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_on_case")));
    let (status, _) = town.send(("GET", &path), "handler@v02", &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_message_about_a_matter_out_of_sight_tells_nothing_of_it() {
    let (town, who) = (Town::found(), "handler@g11");
    let matter = town.rectifying().await;
    deliver(&town);
    let before = get(&town, who, LIST).await;
    let id = before["rows"][0]["id"].as_str().expect("an id").to_owned();
    // Whoever leaves sees nothing of it any more.
    let left = json!([{ "role": "handler", "unit": "g11", "area": "v01", "status": "left" }]);
    let (path, body) = (format!("/api/v1/people/{who}/grants"), json!({ "grants": left }));
    let security = "security_administrator@district";
    let (status, said) = town.send(("PUT", &path), security, &body).await;
    assert!(status.is_success(), "{said}");
    let path = format!("/api/v1/matters/{matter}");
    assert_eq!(town.send(("GET", &path), who, &Value::Null).await.0, StatusCode::NOT_FOUND);
    let after = get(&town, who, LIST).await;
    assert_eq!((kinds(&after), &after["unread"]), (vec![], &json!(0)));
    let receive = format!("{LIST}/{id}/receive");
    let (status, _) = town.send(("POST", &receive), who, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_awaits_acceptance_is_told_to_another_party_alone() {
    let town = Town::found();
    let matter = town.declared().await;
    deliver(&town);
    // Of the two who accept for the town, one is head of the unit that fixed it.
    let about = |page: &Value| {
        let mut rows = page["rows"].as_array().expect("rows").iter();
        rows.any(|it| it["matter"]["id"] == json!(matter) && it["matter"]["stage"] == "accepting")
    };
    assert!(about(&get(&town, "acceptor@town", LIST).await));
    assert!(!about(&get(&town, "unit_head@v01", LIST).await));
    let unread = get(&town, "handler@v01", LIST).await["unread"].clone();
    assert!(unread.as_i64() > Some(0), "{unread}");
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    assert_eq!(town.act("acceptor@town", &matter, accept).await.0, StatusCode::OK);
    let page = get(&town, "handler@v01", LIST).await;
    assert_eq!(page["unread"], 0, "what has ended wants nothing: {page}");
    assert!(!kinds(&page).is_empty(), "and stays in the list");
    let mut rows = page["rows"].as_array().expect("rows").iter();
    assert!(rows.all(|it| it["unread"] == false), "where nothing is unread either: {page}");
}

#[tokio::test]
async fn what_is_owed_is_told_to_the_unit_that_owes_it_and_not_to_all_with_the_role() {
    let town = Town::found();
    // Another desk above files for the town, too.
    let grants = json!({ "grants": [{ "role": "squad", "unit": "district" }] });
    let security = "security_administrator@district";
    let path = "/api/v1/people/resident@district/grants";
    let (status, said) = town.send(("PUT", path), security, &grants).await;
    assert!(status.is_success(), "{said}");
    let matter = town.opened().await;
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 3 * 3_600_000);
    bihuan::timer::fire(town.app.realm()).expect("the clock acts");
    deliver(&town);
    let about = |page: &Value| {
        let mut rows = page["rows"].as_array().expect("rows").iter();
        rows.any(|it| it["kind"] == "overdue" && it["matter"]["id"] == json!(matter))
    };
    assert!(about(&get(&town, "squad@town", LIST).await), "the town's squad is told");
    let above = get(&town, "resident@district", LIST).await;
    assert!(!about(&above), "the district's is not, though it could act: {above}");
}

#[tokio::test]
async fn pages_go_on_by_a_sealed_cursor_and_a_program_delivers_nothing() {
    let town = Town::found();
    for _ in 0..3 {
        town.opened().await;
    }
    deliver(&town);
    let mut program = town.caller("intake@town");
    program.via = bihuan_core::matter::Via::Token;
    let (status, _, bytes) = town.call(("GET", LIST), Some(&program), &[], b"").await;
    let told: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!((status, told["rows"].as_array().map(Vec::len)), (StatusCode::OK, Some(3)));
    assert!(told["rows"][0]["delivered_at"].is_null(), "a program is not the person");
    let first = get(&town, "intake@town", "/api/v1/messages?limit=2").await;
    let cursor = first["next"].as_str().expect("there is more");
    let rest = get(&town, "intake@town", &format!("{LIST}?limit=2&cursor={cursor}")).await;
    assert_eq!((kinds(&first).len(), kinds(&rest).len(), &rest["next"]), (2, 1, &Value::Null));
    for (path, code) in [
        (format!("{LIST}?standing=unread&cursor={cursor}"), "wrong_cursor"),
        (format!("{LIST}?limit=0"), "invalid"),
        (format!("{LIST}?limit=101"), "invalid"),
    ] {
        let (_, said) = town.send(("GET", &path), "intake@town", &Value::Null).await;
        assert_eq!(said["code"], code, "{path}: {said}");
    }
    let many = json!({ "ids": vec!["x"; 101] });
    let (_, said) = town.send(("POST", "/api/v1/messages/read"), "intake@town", &many).await;
    assert_eq!(said["code"], "invalid");
}
