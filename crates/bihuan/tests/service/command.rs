//! Commands over the network: accepted beside refused, one and many, tried and undone.

use crate::town::{STRANGER, Town};
use axum::http::StatusCode;
use bihuan_core::matter::Via;
use serde_json::{Value, json};

fn accept() -> Value {
    json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } })
}

fn name(person: &str) -> Value {
    json!({ "name": { "person": person } })
}

#[tokio::test]
async fn nothing_is_done_for_nobody_and_the_answer_says_to_sign_in() {
    let town = Town::found();
    let body = json!({ "id": town.id(), "matter": town.id(), "command": town.opening("v01") });
    let (status, body) = town.post("/api/v1/commands", None, &body).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("signed_out")));
}

#[tokio::test]
async fn acceptance_is_by_another_party_by_whatever_way_it_is_asked_for() {
    let town = Town::found();
    let matter = town.declared().await;
    for (who, code) in [
        ("inspector@v01", "not_allowed"),
        ("acceptor@v01", "same_party"),
        // Who fixed it and the head of that unit, who hold an acceptor's office elsewhere too.
        ("handler@v01", "same_party"),
        ("acceptor@district", "same_party"),
        ("unit_head@v01", "same_party"),
        ("acceptor@v02", "same_party"),
        (STRANGER, "no_matter"),
    ] {
        let (status, body) = town.act(who, &matter, accept()).await;
        assert_eq!(body["code"], json!(code), "{who}: {body}");
        let wanted = if who == STRANGER { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        assert_eq!(status, wanted, "{who}");
    }
    let superior = town.caller("acceptor@town");
    let by_token = bihuan::http::Caller { via: Via::Token, ..superior.clone() };
    let body = json!({ "id": town.id(), "matter": matter, "command": accept() });
    let (status, said) = town.post("/api/v1/commands", Some(&by_token), &body).await;
    assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_by_machine")));
    let bulk = json!({ "commands": [{ "id": town.id(), "matter": matter, "command": accept() }] });
    let (status, said) = town.post("/api/v1/commands/bulk", Some(&superior), &bulk).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(said["rows"][0]["problem"]["code"], json!("not_by_machine"));

    let (status, said) = town.act("acceptor@town", &matter, accept()).await;
    assert_eq!(status, StatusCode::OK, "{said}");
}

#[tokio::test]
async fn who_acts_is_never_taken_from_the_body() {
    let town = Town::found();
    let handler = town.caller("handler@v01");
    for (field, value) in [("by", "acceptor@town"), ("via", "clock"), ("actor", "clock")] {
        let mut body =
            json!({ "id": town.id(), "matter": town.id(), "command": town.opening("v01") });
        body[field] = json!(value);
        let (status, said) = town.post("/api/v1/commands", Some(&handler), &body).await;
        assert_eq!(
            (status, &said["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("wrong_shape"))
        );
    }
    let matter = town.rectifying().await;
    let timer = json!({ "rule": "overdue", "occurrence": 0 });
    let arrive = json!({ "arrive": { "digests": [] } });
    for command in [json!({ "expire": timer }), json!("recompute"), arrive] {
        let (status, said) = town.act("leader@town", &matter, command).await;
        assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_allowed")));
    }
}

#[tokio::test]
async fn the_same_id_gets_the_same_answer_and_another_body_is_a_conflict() {
    let town = Town::found();
    let inspector = town.caller("inspector@v01");
    let matter = town.id();
    let mut body = json!({ "id": town.id(), "matter": matter, "command": town.opening("v01") });
    let (status, first) = town.post("/api/v1/commands", Some(&inspector), &body).await;
    assert_eq!((status, &first["replayed"]), (StatusCode::OK, &json!(false)), "{first}");
    let (_, again) = town.post("/api/v1/commands", Some(&inspector), &body).await;
    assert_eq!(again["replayed"], json!(true));
    assert_eq!((&again["version"], &again["receipt"]), (&first["version"], &first["receipt"]));
    body["command"]["open"]["title"] = json!("另一处");
    let (status, said) = town.post("/api/v1/commands", Some(&inspector), &body).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("conflict")));
}

#[tokio::test]
async fn a_refusal_says_what_is_still_needed_and_a_stale_sender_looks_again() {
    let town = Town::found();
    let matter = town.rectifying().await;
    let declare = json!({ "move": { "id": "declare" } });
    let (status, said) = town.act("handler@v01", &matter, declare).await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("missing")));
    let needs = said["details"][0]["needs"].as_array().expect("what is needed");
    assert!(needs.iter().any(|it| it["need"]["field"] == json!("measure_done")), "{said}");
    let note = json!({
        "id": town.id(), "matter": matter, "base_version": 1,
        "command": { "note": { "text": "已到现场" } },
    });
    let handler = town.caller("handler@v01");
    let (status, said) = town.post("/api/v1/commands", Some(&handler), &note).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("stale")));
    let no_datum = json!({
        "id": town.id(), "matter": matter, "captured_in": {
            "at": { "lon_e7": 1_133_000_000, "lat_e7": 348_000_000 }, "source": "gnss",
        },
        "command": { "note": { "text": "已到现场" } },
    });
    let (status, said) = town.post("/api/v1/commands", Some(&handler), &no_datum).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said["title"].as_str().expect("a title").contains("datum"), "{said}");
}

#[tokio::test]
async fn a_matter_out_of_sight_cannot_be_told_from_none() {
    let town = Town::found();
    let matter = town.rectifying().await;
    let own = town.id();
    town.act("inspector@v02", &own, town.opening("v02")).await;
    let remark = json!({ "note": { "text": "路过" } });
    let (_, hidden) = town.act("handler@v02", &matter, remark.clone()).await;
    let (_, none) = town.act("handler@v02", &town.id(), remark).await;
    assert_eq!((&hidden["code"], &hidden), (&json!("no_matter"), &none));
    let merge = json!({ "merge": { "into": matter, "reason": "重复" } });
    let (_, hidden) = town.act("inspector@v02", &own, merge.clone()).await;
    assert_eq!(hidden["code"], json!("no_matter"));
}

#[tokio::test]
async fn a_preview_tells_what_would_follow_and_changes_nothing() {
    let town = Town::found();
    let inspector = town.caller("inspector@v01");
    let matter = town.id();
    let body = json!({ "id": town.id(), "matter": matter, "command": town.opening("v01") });
    let path = "/api/v1/commands?preview=true";
    for _ in 0..2 {
        let (status, said) = town.post(path, Some(&inspector), &body).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        let row = &said["matters"][0];
        assert_eq!((&row["stage"], &row["version"]), (&json!("reported"), &json!(1)));
        assert_eq!(row["owner"]["role"], json!("intake"));
        assert!(row["due_at"].as_i64().expect("a deadline") > town.now());
    }
    let (status, said) = town.act("inspector@v01", &matter, name("handler@v01")).await;
    assert_eq!((status, &said["code"]), (StatusCode::NOT_FOUND, &json!("no_matter")));
    let (_, done) = town.post("/api/v1/commands", Some(&inspector), &body).await;
    assert_eq!(done["replayed"], json!(false), "a preview uses up no id");
    let (_, said) = town.post(path, Some(&inspector), &body).await;
    assert_eq!(said["replayed"], json!(true), "what is done is said to be");
    let wrong = json!({ "id": town.id(), "matter": matter, "command": accept() });
    let (status, said) = town.post(path, Some(&inspector), &wrong).await;
    assert_eq!((status, &said["code"]), (StatusCode::CONFLICT, &json!("wrong_stage")));
    let (status, said) = town.post("/api/v1/commands?preview=yes", Some(&inspector), &body).await;
    assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!("wrong_query")));
}

#[tokio::test]
async fn many_are_done_in_order_each_by_itself() {
    let town = Town::found();
    let intake = town.caller("intake@town");
    let (one, two) = (town.opened().await, town.id());
    let file = json!({ "move": { "id": "file" } });
    let note = json!({ "note": { "text": "先看" } });
    let rows = json!({ "commands": [
        { "id": town.id(), "matter": one, "command": note },
        { "id": town.id(), "matter": two, "command": file },
        { "matter": one },
        { "id": town.id(), "matter": one, "command": file },
        { "id": town.id(), "matter": one, "command": file },
    ]});
    let (status, said) =
        town.post("/api/v1/commands/bulk?preview=true", Some(&intake), &rows).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert_eq!(said["rows"][3]["preview"]["matters"][0]["version"], json!(3), "{said}");
    let (status, said) = town.post("/api/v1/commands/bulk", Some(&intake), &rows).await;
    assert_eq!(status, StatusCode::OK);
    let code = |no: usize| said["rows"][no]["problem"]["code"].as_str();
    assert_eq!(said["rows"].as_array().map(Vec::len), Some(5));
    assert_eq!(said["rows"][0]["done"]["version"], json!(2), "{said}");
    assert_eq!((code(1), code(2)), (Some("no_matter"), Some("wrong_shape")));
    assert_eq!(said["rows"][3]["done"]["version"], json!(3));
    assert_eq!(code(4), Some("wrong_stage"), "it sees what those before it did");
    let many = vec![json!({}); 1_001];
    let (status, said) =
        town.post("/api/v1/commands/bulk", Some(&intake), &json!({ "commands": many })).await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("too_many")));
}

#[tokio::test]
async fn what_has_a_way_back_is_undone_by_who_did_it_while_nothing_else_happened() {
    let town = Town::found();
    let (matter, head) = (town.rectifying().await, town.caller("unit_head@v01"));
    let undo = |undoes: &str| {
        let undos = [json!({ "id": town.id(), "undoes": undoes })];
        json!({ "undos": undos, "reason": "选错了人" })
    };
    let mut sent = Vec::new();
    for command in [name("handler@g11"), name("handler@v01")] {
        let id = town.id();
        let body = json!({ "id": id, "matter": matter, "command": command });
        let (status, said) = town.post("/api/v1/commands", Some(&head), &body).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        sent.push(id);
    }
    let reclass = json!({ "reclass": { "class": "0111", "reason": "实为渣土" } });
    let id = town.id();
    let body = json!({ "id": id, "matter": matter, "command": reclass });
    let dispatcher = town.caller("dispatcher@town");
    let (status, said) = town.post("/api/v1/commands", Some(&dispatcher), &body).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let path = "/api/v1/commands/undo";
    let (_, said) = town.post(path, Some(&head), &undo(&id)).await;
    assert_eq!(said["rows"][0]["problem"]["code"], json!("not_found"), "somebody else did it");
    let back = undo(&id);
    let (_, said) = town.post(path, Some(&dispatcher), &back).await;
    assert_eq!(said["rows"][0]["done"]["replayed"], json!(false), "{said}");
    let (_, said) = town.post(path, Some(&dispatcher), &back).await;
    assert_eq!(said["rows"][0]["done"]["replayed"], json!(true), "{said}");
    let (_, said) = town.post(path, Some(&head), &undo(&sent[1])).await;
    assert_eq!(said["rows"][0]["problem"]["code"], json!("stale"), "it has moved on");
    let (_, said) = town.post(path, Some(&head), &undo(&sent[0])).await;
    assert_eq!(
        said["rows"][0]["problem"]["code"],
        json!("cannot_undo"),
        "nobody had been named before"
    );
}
