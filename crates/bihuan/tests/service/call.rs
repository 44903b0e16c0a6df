//! Whom one may call about a matter: the other side of it, while it is open, and nobody else.

use crate::crowd::Crowd;
use crate::town::Town;
use bihuan_store::verify::verify;
use serde_json::{Value, json};

const SECURITY: &str = "security_administrator@district";
const HANDLER: &str = "13900007711";

async fn send(town: &Town, address: (&str, &str), account: &str, body: &Value) -> (u16, Value) {
    let (status, body) = town.send(address, account, body).await;
    (status.as_u16(), body)
}

async fn call(town: &Town, account: &str, matter: &str) -> (u16, Value) {
    let path = format!("/api/v1/matters/{matter}/call");
    send(town, ("GET", &path), account, &Value::Null).await
}

/// Gives a person a work telephone.
async fn reached(town: &Town, person: &str, number: &Value) -> (u16, Value) {
    let path = format!("/api/v1/people/{person}/telephone");
    send(town, ("PUT", &path), SECURITY, &json!({ "telephone": number })).await
}

/// Gives v01 and the town duty telephones.
async fn on_duty(town: &Town) {
    let unit = |id: &str, parent: &str, kind: &str, number: &str| {
        json!({
            "id": id, "parent": parent, "kind": kind, "telephone": number,
            "title": { "zh": id, "en": id },
        })
    };
    let mut town_unit = unit("town", "district", "town", "0370-5550100");
    town_unit["functions"] = json!(["dispatch_desk"]);
    let units = json!({ "units": [town_unit, unit("v01", "town", "village", "0370-5550101")] });
    let system = "system_administrator@district";
    let (status, told) = send(town, ("PUT", "/api/v1/units"), system, &units).await;
    assert_eq!(status, 200, "{told}");
}

/// A matter that v01 is at work on, in a town that has numbers.
async fn rectifying(town: &Town) -> String {
    on_duty(town).await;
    for (person, number) in [
        ("handler@v01", HANDLER),
        ("dispatcher@town", "139-0000-7712"),
        ("resident@district", "13900007713"),
    ] {
        let (status, told) = reached(town, person, &json!(number)).await;
        assert_eq!(status, 200, "{told}");
    }
    town.rectifying().await
}

/// Role, unit and address of each.
fn told(calls: &Value) -> Vec<(String, String, String)> {
    let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
    let one = |it: &Value| (text(&it["role"]["zh"]), text(&it["unit"]), text(&it["tel"]));
    calls["calls"].as_array().expect("calls").iter().map(one).collect()
}

#[tokio::test]
async fn each_side_calls_the_other_and_the_trail_says_who_was_shown_whose_number() {
    let town = Town::found();
    let matter = rectifying(&town).await;
    let (status, calls) = call(&town, "dispatcher@town", &matter).await;
    assert_eq!(status, 200, "{calls}");
    let line = |role: &str, unit: &str, number: &str| {
        (role.to_owned(), unit.to_owned(), format!("tel:{number}"))
    };
    let expected = [
        line("整改责任人", "v01", HANDLER),
        line("责任单位值班电话", "v01", "03705550101"),
        line("派遣员单位值班电话", "town", "03705550100"),
    ];
    assert_eq!(told(&calls), expected);
    assert_eq!(calls["calls"][0]["name"], "handler@v01 的姓名");
    assert_eq!(calls["calls"][1].get("person"), None);

    let (_, calls) = call(&town, "handler@v01", &matter).await;
    assert_eq!(told(&calls)[0], line("派遣员", "town", "13900007712"), "{calls}");

    let audit = format!("/api/v1/audit?act=telephone_seen&matter={matter}");
    let auditor = "audit_administrator@district";
    let (_, trail) = send(&town, ("GET", &audit), auditor, &Value::Null).await;
    let entry = |no: usize| (&trail["entries"][no]["account"], &trail["entries"][no]["about"]);
    assert_eq!(entry(1), (&json!("dispatcher@town"), &json!("handler@v01")), "{trail}");
    assert_eq!(entry(0), (&json!("handler@v01"), &json!("dispatcher@town")), "{trail}");
    assert!(!trail.to_string().contains(HANDLER), "the trail holds no number");
}

#[tokio::test]
async fn whoever_takes_no_part_calls_nobody_and_neither_does_anybody_once_it_has_ended() {
    let town = Town::found();
    let matter = rectifying(&town).await;
    for (account, status, code) in [
        ("stranger", 404, "not_found"),
        ("resident@district", 404, "not_found"),
        ("handler@v02", 404, "not_found"),
        ("leader@town", 403, "no_part"),
        ("unit_head@v01", 403, "no_part"),
        (SECURITY, 404, "not_found"),
    ] {
        let (told, body) = call(&town, account, &matter).await;
        assert_eq!((told, &body["code"]), (status, &json!(code)), "{account}");
    }
    assert_eq!(call(&town, "handler@g11", &matter).await.0, 200, "who owes the next act");
    let note = json!({ "note": { "text": "已看" } });
    let (status, body) = town.act("squad@town", &matter, note).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(call(&town, "squad@town", &matter).await.0, 403, "a note is no part");
    let urge = json!({ "urge": { "text": "请抓紧" } });
    let (status, body) = town.act("squad@town", &matter, urge).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(call(&town, "squad@town", &matter).await.0, 200, "who urged takes part");

    let ended = town.opened().await;
    let void = json!({ "move": { "id": "void", "reason": "outside" } });
    let (status, body) = town.act("intake@town", &ended, void).await;
    assert_eq!(status, 200, "{body}");
    let (status, body) = call(&town, "inspector@v01", &ended).await;
    assert_eq!((status, &body["code"]), (409, &json!("matter_ended")));
}

#[tokio::test]
async fn nobody_calls_who_reported_it_and_of_a_sealed_pack_offices_alone() {
    let crowd = Crowd::gather().await;
    let town = &crowd.town;
    on_duty(town).await;
    for account in ["dispatcher@town", "handler", "intake@town"] {
        let (status, calls) = call(town, account, &crowd.reported).await;
        assert_eq!(status, 200, "{calls}");
        let told = calls.to_string();
        assert!(!told.contains("resident") && !told.contains("群众"), "{account}: {told}");
    }
    let (status, calls) = call(town, "grid_agent@v01", &crowd.dispute).await;
    assert_eq!(status, 200, "{calls}");
    let calls = calls["calls"].as_array().expect("calls").clone();
    assert!(!calls.is_empty() && calls.iter().all(|it| it.get("person").is_none()), "{calls:?}");
    assert_eq!(call(town, "dispatcher@town", &crowd.dispute).await.0, 404);
    let audit = format!("/api/v1/audit?act=sealed_seen&matter={}", crowd.dispute);
    let (_, trail) = send(town, ("GET", &audit), "audit", &Value::Null).await;
    assert_eq!(trail["entries"][0]["account"], "grid_agent@v01", "{trail}");
}

#[tokio::test]
async fn a_number_is_replaced_taken_away_and_gone_with_its_person() {
    let town = Town::found();
    let matter = rectifying(&town).await;
    let kept = || {
        let sql = "SELECT COUNT(*) FROM content WHERE kind = 'telephone'";
        let count = town.app.realm().read(|db| db.first(sql, &[], |row| row.int(0)));
        count.expect("it reads").expect("a count")
    };
    assert_eq!(kept(), 3);
    assert_eq!(reached(&town, "handler@v01", &json!("13900007799")).await.0, 200);
    assert_eq!(kept(), 3, "the number before is not kept");
    let (_, calls) = call(&town, "dispatcher@town", &matter).await;
    assert_eq!(calls["calls"][0]["telephone"], "13900007799");
    assert_eq!(reached(&town, "dispatcher@town", &Value::Null).await.0, 200);
    let (status, told) = reached(&town, "dispatcher@town", &Value::Null).await;
    assert_eq!((status, &told["code"]), (422, &json!("unsound")), "there is none");
    let (status, told) = reached(&town, "handler@v01", &json!("call me")).await;
    assert_eq!((status, &told["code"]), (422, &json!("invalid")));
    let end = ("POST", "/api/v1/people/handler@v01/end");
    assert_eq!(send(&town, end, SECURITY, &Value::Null).await.0, 200);
    assert_eq!(kept(), 1, "the resident's alone");
    let report = town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).expect("it reads");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn a_program_that_knows_no_duty_telephones_takes_none_away() {
    let town = Town::found();
    on_duty(&town).await;
    let system = "system_administrator@district";
    let mut unit = json!({
        "id": "v01", "parent": "town", "kind": "village", "title": { "zh": "甲", "en": "A" },
    });
    let put = |unit: Value| json!({ "units": [unit] });
    assert_eq!(send(&town, ("PUT", "/api/v1/units"), system, &put(unit.clone())).await.0, 200);
    let one = ("GET", "/api/v1/units/v01");
    let (_, shown) = send(&town, one, "handler@v01", &Value::Null).await;
    assert_eq!((&shown["title"]["zh"], &shown["telephone"]), (&json!("甲"), &json!("03705550101")));
    let (_, all) = send(&town, ("GET", "/api/v1/units"), "handler@v01", &Value::Null).await;
    assert!(!all.to_string().contains("5550101"), "a list tells no numbers");
    unit["telephone"] = json!("");
    assert_eq!(send(&town, ("PUT", "/api/v1/units"), system, &put(unit)).await.0, 200);
    let (_, shown) = send(&town, one, "handler@v01", &Value::Null).await;
    assert_eq!(shown.get("telephone"), None);
}
