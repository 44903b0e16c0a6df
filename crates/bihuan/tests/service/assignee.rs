//! Who may be made responsible in a unit: told to whoever dispatches to it, and to nobody else.

use crate::town::Town;
use serde_json::{Value, json};

async fn asked(town: &Town, account: &str, path: &str) -> (u16, Value) {
    let (status, body) = town.send(("GET", path), account, &Value::Null).await;
    (status.as_u16(), body)
}

const V01: &str = "/api/v1/units/v01/assignees";

#[tokio::test]
async fn a_dispatcher_chooses_by_name_and_is_on_the_trail() {
    let town = Town::found();
    let (status, told) = asked(&town, "dispatcher@town", V01).await;
    assert_eq!(status, 200, "{told}");
    let persons = told["persons"].as_array().expect("persons");
    let ids: Vec<&str> = persons.iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(ids, ["handler@g11", "handler@v01"], "{told}");
    assert_eq!(
        persons[1],
        json!({
            "id": "handler@v01", "name": "handler@v01 的姓名", "role": "handler", "unit": "v01",
        })
    );
    let (_, told) = asked(&town, "dispatcher@town", &format!("{V01}?q=handler@v01")).await;
    assert_eq!(told["persons"].as_array().map(Vec::len), Some(1), "{told}");
    let (_, told) = asked(&town, "dispatcher@town", &format!("{V01}?role=leader")).await;
    assert_eq!(told["persons"], json!([]), "a leader is not made responsible");
    let audit = "/api/v1/audit?act=people_seen&about=v01";
    let (_, trail) = asked(&town, "audit_administrator@district", audit).await;
    let entry = &trail["entries"][2];
    assert_eq!((&entry["account"], &entry["rows"]), (&json!("dispatcher@town"), &json!(2)));
}

#[tokio::test]
async fn whoever_neither_dispatches_nor_names_learns_nobody_s_name() {
    let town = Town::found();
    for account in ["handler@v01", "inspector@v01", "leader@town", "stranger"] {
        let (status, told) = asked(&town, account, V01).await;
        assert_eq!(status, 403, "{account}: {told}");
        assert!(!told.to_string().contains("姓名"), "{account}");
    }
    let (status, told) = asked(&town, "unit_head@v01", V01).await;
    assert_eq!(status, 200, "who names a handler there chooses one: {told}");
    let (status, told) = asked(&town, "unit_head@v01", "/api/v1/units/v02/assignees").await;
    assert_eq!((status, &told["code"]), (403, &json!("not_granted")), "not in another village");
    assert_eq!(asked(&town, "dispatcher@town", "/api/v1/units/nowhere/assignees").await.0, 403);
}
