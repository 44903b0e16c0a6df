//! Tokens: what a program may do for a person, what it may not, and how it ends.

use crate::entered::{PASSWORD, Told, ask, bearer, with_password};
use crate::town::Town;
use axum::http::StatusCode;
use bihuan::http::route::{ROUTES, Surface};
use bihuan::http::token::{PREFIX, TokenScope};
use bihuan_core::id::PersonId;
use bihuan_store::rules::{Change, MembershipRow};
use bihuan_store::token::TOKENS_MAX;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A town in which the handler of v01 signed in.
async fn town() -> (Town, String) {
    let town = Town::found();
    with_password(&town, &["handler@v01", "system_administrator@district"]);
    let person = bearer(&town.service, "handler@v01").await;
    (town, person)
}

fn wanted(scopes: &[&str], roles: &[&str]) -> Value {
    json!({
        "title": "智能井盖", "scopes": scopes, "roles": roles, "days": 30, "password": PASSWORD,
    })
}

async fn made(town: &Town, person: &str, wanted: &Value) -> Told {
    ask(&town.service, person, ("POST", "/api/v1/tokens"), wanted).await
}

/// The header of a new token with these scopes.
async fn program(town: &Town, person: &str, scopes: &[&str], roles: &[&str]) -> String {
    let told = made(town, person, &wanted(scopes, roles)).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.body);
    format!("Bearer {}", told.body["secret"].as_str().expect("a secret"))
}

async fn get(town: &Town, program: &str, path: &str) -> Told {
    ask(&town.service, program, ("GET", path), &Value::Null).await
}

#[tokio::test]
async fn a_program_reads_what_its_person_sees_and_no_more() {
    let (town, person) = town().await;
    let told = made(&town, &person, &wanted(&["read_matters"], &[])).await;
    let secret = told.body["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with(PREFIX) && secret.len() > 64, "{secret}");
    let program = format!("Bearer {secret}");
    let matter = town.rectifying().await;
    let path = format!("/api/v1/matters/{matter}");
    assert_eq!(get(&town, &program, &path).await.status, StatusCode::OK);
    let who = get(&town, &program, "/api/v1/session").await;
    assert_eq!(who.body["account"], "handler@v01");
    // The secret is nowhere again; the day of its use is.
    let list = get(&town, &person, "/api/v1/tokens").await;
    assert!(!list.text.contains(&secret) && list.body["tokens"][0]["used_on"].is_string());
    let realm = town.app.realm();
    let stored =
        realm.read(|db| db.all("SELECT digest FROM token", &[], |row| Ok(row.blob(0)?.to_vec())));
    assert!(stored.expect("it reads").iter().all(|it| it.len() == 32), "only a digest is kept");
    // Other scopes, and what is for people alone, are out of its reach.
    let command =
        json!({ "id": town.id(), "matter": matter, "command": { "note": { "text": "x" } } });
    let told = ask(&town.service, &program, ("POST", "/api/v1/commands"), &command).await;
    assert_eq!(told.code(), (403, "out_of_scope"));
    for address in [("GET", "/api/v1/tokens"), ("GET", "/api/v1/sessions")] {
        let told = ask(&town.service, &program, address, &Value::Null).await;
        assert_eq!(told.code(), (403, "not_by_machine"), "{address:?}");
    }
    let nothing = get(&town, &program, "/api/v1/nothing").await;
    assert_eq!(nothing.code(), (404, "no_route"));
}

#[tokio::test]
async fn a_program_asks_for_the_head_of_what_it_may_read_alone() {
    let (town, person) = town().await;
    let reads = program(&town, &person, &["read_matters"], &[]).await;
    let uploads = program(&town, &person, &["upload"], &[]).await;
    let head = async |program: &str, path: &str| {
        ask(&town.service, program, ("HEAD", path), &Value::Null).await.status.as_u16()
    };
    assert_eq!(head(&reads, "/api/v1/matters").await, 200);
    assert_eq!(head(&uploads, "/api/v1/matters").await, 403, "out of its scope");
    assert_eq!(head(&reads, "/api/v1/tokens").await, 403, "for people alone");
    assert_eq!(head(&reads, "/api/v1/uploads/x").await, 403, "out of its scope");
    assert_ne!(head(&uploads, "/api/v1/uploads/x").await, 403);
}

#[tokio::test]
async fn a_program_acts_under_the_roles_of_its_token_and_accepts_nothing() {
    let town = Town::found();
    // handler@v01 is employed as an acceptor of the district, too.
    with_password(&town, &["handler@v01", "acceptor@town"]);
    let matter = town.declared().await;
    let acceptor = bearer(&town.service, "acceptor@town").await;
    let program = program(&town, &acceptor, &["send_commands"], &["acceptor"]).await;
    let accept = json!({ "id": town.id(), "matter": matter, "command": { "move": {
        "id": "accept", "files": [town.photo("recheck", "v01")],
    }}});
    let told = ask(&town.service, &program, ("POST", "/api/v1/commands"), &accept).await;
    assert_eq!(told.code(), (403, "not_by_machine"), "{}", told.body);

    let handler = bearer(&town.service, "handler@v01").await;
    let foreign = made(&town, &handler, &wanted(&["send_commands"], &["leader"])).await;
    assert_eq!(foreign.code(), (422, "invalid"), "not a role of that person");
    let narrow = self::program(&town, &handler, &["send_commands"], &["acceptor"]).await;
    let wide = self::program(&town, &handler, &["send_commands"], &["handler"]).await;
    let matter = town.rectifying().await;
    let declare = |id: String| {
        json!({ "id": id, "matter": matter, "command": { "move": {
            "id": "declare", "form": { "measure_done": "已清运" },
            "files": [town.photo("after", "v01")],
        }}})
    };
    let told = ask(&town.service, &narrow, ("POST", "/api/v1/commands"), &declare(town.id())).await;
    assert_eq!(told.code(), (403, "not_allowed"), "{}", told.body);
    let told = ask(&town.service, &wide, ("POST", "/api/v1/commands"), &declare(town.id())).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
}

#[tokio::test]
async fn a_token_is_made_with_the_password_within_limits() {
    let (town, person) = town().await;
    let good = wanted(&["read_matters"], &[]);
    let odd = |key: &str, value: Value| {
        let mut odd = good.clone();
        odd[key] = value;
        odd
    };
    for (key, value) in [
        ("title", json!(" ")),
        ("title", json!("长".repeat(100))),
        ("scopes", json!([])),
        ("days", json!(0)),
        ("days", json!(366)),
        ("roles", json!(["handler"])),
    ] {
        let told = made(&town, &person, &odd(key, value.clone())).await;
        assert_eq!(told.code(), (422, "invalid"), "{key} {value}");
    }
    let told = made(&town, &person, &odd("scopes", json!(["everything"]))).await;
    assert_eq!(told.code(), (422, "wrong_shape"));
    let told = made(&town, &person, &odd("password", json!("guess"))).await;
    assert_eq!(told.code(), (401, "wrong_password"));
    for _ in 0..TOKENS_MAX {
        assert_eq!(made(&town, &person, &good).await.status, StatusCode::CREATED);
    }
    assert_eq!(made(&town, &person, &good).await.code(), (422, "invalid"), "too many");
}

#[tokio::test]
async fn a_token_ends_revoked_with_its_date_and_with_its_person_s_grants() {
    let (town, person) = town().await;
    let told = made(&town, &person, &wanted(&["read_matters"], &[])).await;
    let first = format!("Bearer {}", told.body["secret"].as_str().expect("a secret"));
    let second = program(&town, &person, &["read_matters"], &[]).await;
    let path = format!("/api/v1/tokens/{}", told.body["token"]["id"].as_str().expect("an id"));
    let (status, _) = town.send(("DELETE", &path), "acceptor@town", &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "somebody else's");
    let told = ask(&town.service, &person, ("DELETE", &path), &Value::Null).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
    assert_eq!(get(&town, &first, "/api/v1/session").await.code(), (401, "signed_out"));
    assert_eq!(get(&town, &second, "/api/v1/session").await.status, StatusCode::OK);

    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 31 * 86_400_000);
    assert_eq!(get(&town, &second, "/api/v1/session").await.code(), (401, "signed_out"), "ended");
    clock.set_offset_ms(clock.offset_ms() - 31 * 86_400_000);

    let people = town.app.realm().read(bihuan_store::realm::people).expect("it reads");
    let of = PersonId::from("handler@v01");
    let rows: Vec<MembershipRow> = people
        .iter()
        .find(|it| it.id == of)
        .expect("known")
        .memberships
        .iter()
        .map(|it| MembershipRow { status: "suspended".into(), ..it.clone() })
        .collect();
    town.app.realm().change(Change::Memberships(BTreeMap::from([(of, rows)]))).expect("sound");
    assert_eq!(get(&town, &second, "/api/v1/session").await.code(), (401, "signed_out"));
}

#[tokio::test]
async fn no_program_is_an_administrator() {
    let (town, _) = town().await;
    let admin = "system_administrator@district";
    let person = bearer(&town.service, admin).await;
    let program = program(&town, &person, &["read_matters", "read_rules"], &[]).await;
    assert_eq!(get(&town, &person, "/api/v1/webhooks").await.status, StatusCode::OK);
    assert_eq!(get(&town, &program, "/api/v1/webhooks").await.code(), (403, "not_by_machine"));
}

#[test]
fn every_address_for_programs_has_a_scope() {
    let for_programs = ROUTES.iter().filter(|it| it.surfaces.contains(&Surface::Machine));
    let open: BTreeSet<&str> = for_programs
        .filter(|it| it.action != "session.read" && TokenScope::of(it.action).is_none())
        .map(|it| it.action)
        .collect();
    assert!(open.is_empty(), "no token reaches {open:?}: see `TokenScope::of`, or drop `Machine`");
    let words: BTreeSet<&str> = TokenScope::EACH.iter().map(|it| it.word()).collect();
    assert_eq!(words.len(), TokenScope::EACH.len());
}
