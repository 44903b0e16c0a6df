//! Adjustments and rankings over the network: who may do what, what each sees, and the whole way
//! from a finding to a statement.

use crate::town::{Town, pack_files};
use axum::http::StatusCode;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::time::DAY_MS;
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use bihuan_store::verify::verify;
use serde_json::{Value, json};

const ASSESSOR: &str = "assessor@town";
const LEADER: &str = "leader@town";
const HEAD: &str = "unit_head@v01";

/// The town whose operator has money on findings, and an assessor.
fn paying() -> Town {
    let town = Town::found();
    let mut files = pack_files("sanitation");
    let text = String::from_utf8(files.files["pack.toml"].clone()).expect("text");
    let (before, after) = text.split_once("[[tariff]]\nid = \"finding\"").expect("a tariff");
    let after = after.replacen("fen = 0", "fen = -10000", 1);
    let after = after.replacen("fen_kinds = []", "fen_kinds = [\"village\"]", 1);
    let text = format!("{before}[[tariff]]\nid = \"finding\"{after}");
    let text = text.replacen("rev = 1", "rev = 2", 1);
    files.files.insert("pack.toml".into(), text.into_bytes());
    let member = MembershipRow {
        role: RoleId::from("assessor"),
        unit: "town".into(),
        area: "town".into(),
        from: None,
        to: None,
        status: "active".into(),
    };
    let person = PersonRow {
        id: PersonId::from(ASSESSOR),
        name: "考核员".into(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(ASSESSOR)],
        memberships: vec![member],
    };
    for change in [Change::Pack(files), Change::People(vec![person])] {
        town.app.realm().change(change).expect("a sound change");
    }
    town
}

fn wait(town: &Town, days: i64) {
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + days * DAY_MS);
}

async fn get(town: &Town, who: &str, path: &str) -> (StatusCode, Value) {
    town.send(("GET", path), who, &Value::Null).await
}

/// Enters the document that lets money be charged.
async fn document(town: &Town, who: &str) -> StatusCode {
    let body = json!({ "documents": [{
        "id": "2021-3", "pack": "sanitation", "number": "镇发〔2021〕3号",
        "title": { "zh": "考核扣款办法", "en": "rules for adjustments" },
        "from": "2021-01-01", "fund": "保洁经费", "objection_days": 5,
    }]});
    town.send(("PUT", "/api/v1/rule-documents"), who, &body).await.0
}

fn proposal(town: &Town) -> Value {
    json!({
        "id": town.id(), "pack": "sanitation", "kind": "village", "document": "2021-3",
        "period": { "from": "2021-03-01", "to": "2021-03-01" },
    })
}

async fn step(town: &Town, who: &str, id: &str, command: Value) -> (StatusCode, String) {
    let path = format!("/api/v1/adjustments/{id}/steps");
    let body = json!({ "id": town.id(), "command": command });
    let (status, told) = town.send(("POST", &path), who, &body).await;
    (status, told["code"].as_str().unwrap_or_default().to_owned())
}

/// A proposal of what two findings of v01 come to; its id and amount.
async fn proposed(town: &Town) -> (String, i64) {
    assert_eq!(document(town, LEADER).await, StatusCode::FORBIDDEN);
    let system = "system_administrator@district";
    assert_eq!(document(town, system).await, StatusCode::NO_CONTENT);
    town.rectifying().await;
    town.rectifying().await;
    let body = proposal(town);
    let path = ("POST", "/api/v1/adjustments");
    let (status, early) = town.send(path, ASSESSOR, &body).await;
    assert_eq!(status, StatusCode::OK, "{early}");
    assert_eq!(early["units"][0]["problem"]["code"], "period_runs", "{early}");
    wait(town, 1);
    let body = proposal(town);
    let preview = ("POST", "/api/v1/adjustments?preview=true");
    let (status, told) = town.send(preview, ASSESSOR, &body).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let amount = told["amount_fen"].as_i64().expect("an amount");
    assert!(amount < 0 && told["units"][0]["adjustment"].is_null(), "{told}");
    assert_eq!(told["units"][0]["cases"].as_array().map(Vec::len), Some(2), "{told}");
    for who in [LEADER, HEAD, "dispatcher@town", "stranger", system] {
        assert_eq!(town.send(path, who, &body).await.0, StatusCode::FORBIDDEN, "{who}");
    }
    let (_, made) = town.send(path, ASSESSOR, &body).await;
    let (_, again) = town.send(path, ASSESSOR, &body).await;
    let id = made["units"][0]["adjustment"].as_str().expect("an id").to_owned();
    assert_eq!(again["units"][0]["adjustment"], id.as_str(), "a retry proposes nothing twice");
    (id, amount)
}

#[tokio::test]
async fn a_deduction_is_seen_by_its_unit_and_by_those_who_decide_alone() {
    let town = paying();
    let (id, _) = proposed(&town).await;
    let (one, all) = (format!("/api/v1/adjustments/{id}"), "/api/v1/adjustments");
    // Whoever is employed in a grid of the village is of the village too.
    for who in [ASSESSOR, LEADER, HEAD, "handler@v01", "inspector@v01", "handler@g11"] {
        assert_eq!(get(&town, who, &one).await.0, StatusCode::OK, "{who}");
        let (_, list) = get(&town, who, all).await;
        assert_eq!(list["adjustments"].as_array().map(Vec::len), Some(1), "{who}");
        assert_eq!(get(&town, who, "/api/v1/statements/v01").await.0, StatusCode::OK, "{who}");
    }
    let others = [
        "unit_head@v02",
        "handler@v02",
        "dispatcher@town",
        "squad@town",
        "resident@district",
        "stranger",
        "system_administrator@district",
        "audit_administrator@district",
    ];
    for who in others {
        assert_eq!(get(&town, who, &one).await.0, StatusCode::NOT_FOUND, "{who}");
        let (status, list) = get(&town, who, all).await;
        assert_eq!((status, &list["adjustments"]), (StatusCode::OK, &json!([])), "{who}");
        let statement = get(&town, who, "/api/v1/statements/v01").await.0;
        assert_eq!(statement, StatusCode::NOT_FOUND, "{who}");
        let reject = json!({ "reject": "x" });
        assert_eq!(step(&town, who, &id, reject).await.0, StatusCode::NOT_FOUND, "{who}");
    }
}

#[tokio::test]
async fn a_deduction_goes_the_whole_way_and_stands_on_the_statement() {
    let town = paying();
    let (id, amount) = proposed(&town).await;
    let refused = |it: (StatusCode, String)| (it.0.as_u16(), it.1);
    let review = || json!("review");
    assert_eq!(refused(step(&town, ASSESSOR, &id, review()).await).1, "not_allowed");
    assert_eq!(step(&town, LEADER, &id, review()).await.0, StatusCode::OK);
    let announce = json!({ "announce": "公示〔2021〕1号" });
    assert_eq!(step(&town, ASSESSOR, &id, announce).await.0, StatusCode::OK);
    let object = || json!({ "object": "当日暴雨，无法清运" });
    assert_eq!(
        refused(step(&town, "handler@v01", &id, object()).await),
        (403, "not_allowed".into())
    );
    assert_eq!(step(&town, HEAD, &id, object()).await.0, StatusCode::OK);
    assert_eq!(
        refused(step(&town, LEADER, &id, json!("confirm")).await),
        (409, "wrong_stage".into())
    );
    let overrule = json!({ "overrule": "已核实，当日无雨" });
    assert_eq!(step(&town, LEADER, &id, overrule).await.0, StatusCode::OK);
    assert_eq!(
        refused(step(&town, LEADER, &id, json!("confirm")).await),
        (422, "term_runs".into())
    );
    wait(&town, 6);
    assert_eq!(step(&town, LEADER, &id, json!("confirm")).await.0, StatusCode::OK);
    assert_eq!(step(&town, ASSESSOR, &id, json!("execute")).await.0, StatusCode::OK);
    let (_, told) = get(&town, "handler@v01", "/api/v1/statements/v01").await;
    assert_eq!((&told["opening_fen"], &told["closing_fen"]), (&json!(0), &json!(amount)));
    assert_eq!(told["lines"][0]["adjustment"]["cases"].as_array().map(Vec::len), Some(2));
    let steps = told["lines"][0]["adjustment"]["steps"].as_array().expect("steps").clone();
    let reasons: Vec<&str> = steps.iter().filter_map(|it| it["reason"].as_str()).collect();
    assert_eq!(reasons, ["当日暴雨，无法清运", "已核实，当日无雨"]);

    // What is executed is undone by a counter-entry, which goes the same way.
    let counter = town.id();
    let reverse = json!({ "reverse": { "of": id, "cases": [1], "reason": "误计" } });
    assert_eq!(step(&town, ASSESSOR, &counter, reverse.clone()).await.0, StatusCode::OK);
    let twice = step(&town, ASSESSOR, &town.id(), reverse).await;
    assert_eq!(refused(twice), (422, "not_open".into()));
    for (who, command) in [
        (LEADER, review()),
        (ASSESSOR, json!({ "announce": "公示〔2021〕2号" })),
        (LEADER, json!("confirm")),
        (ASSESSOR, json!("execute")),
    ] {
        let (status, code) = step(&town, who, &counter, command).await;
        assert_eq!(status, StatusCode::OK, "what gives back waits for no term: {code}");
    }
    let (_, told) = get(&town, HEAD, "/api/v1/statements/v01").await;
    let closing = told["closing_fen"].as_i64().expect("fen");
    assert!(closing < 0 && closing > amount, "{told}");
    let report = town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).expect("verified");
    assert!(report.is_sound() && report.adjustments == 2, "{:?}", report.faults);
}

#[tokio::test]
async fn a_ranking_is_for_those_who_decide_until_a_person_publishes_it() {
    let town = paying();
    town.rectifying().await;
    let path = "/api/v1/rankings?pack=sanitation";
    for who in ["handler@v01", "unit_head@v01", "dispatcher@town", "stranger", "squad@town"] {
        assert_eq!(get(&town, who, path).await.0, StatusCode::NOT_FOUND, "{who}");
    }
    let (status, seen) = get(&town, LEADER, path).await;
    assert_eq!((status, &seen["under"]), (StatusCode::OK, &json!("town")), "{seen}");
    let rows = seen["rows"].as_array().expect("rows").clone();
    let state = |unit: &str| {
        let row = rows.iter().find(|it| it["tally"]["unit"] == unit).expect("a row");
        row["state"].as_str().expect("a word").to_owned()
    };
    assert_eq!((state("v01"), state("v02")), ("too_few".into(), "not_inspected".into()));
    assert_eq!(get(&town, LEADER, "/api/v1/rankings?pack=dispute").await.0, StatusCode::NOT_FOUND);
    let input = |digest: &Value| {
        json!({
            "pack": "sanitation", "ranking": "villages", "under": "town", "digest": digest,
            "period": seen["period"], "as_of_seq": seen["as_of_seq"],
        })
    };
    let publish = ("POST", "/api/v1/rankings");
    let (right, wrong) = (input(&seen["digest"]), input(&json!("x")));
    assert_eq!(town.send(publish, ASSESSOR, &right).await.0, StatusCode::FORBIDDEN);
    let (status, told) = town.send(publish, LEADER, &wrong).await;
    assert_eq!((status, &told["code"]), (StatusCode::CONFLICT, &json!("ranking_changed")));
    let (status, told) = town.send(publish, LEADER, &right).await;
    assert_eq!((status, &told["replayed"]), (StatusCode::OK, &json!(false)), "{told}");
    let (_, told) = town.send(publish, LEADER, &right).await;
    assert_eq!(told["replayed"], json!(true));
    let list = "/api/v1/rankings/published";
    for (who, count) in [("handler@v01", 1), (LEADER, 1), ("stranger", 0)] {
        let (_, told) = get(&town, who, list).await;
        assert_eq!(told["rankings"].as_array().map(Vec::len), Some(count), "{who}");
    }
}
