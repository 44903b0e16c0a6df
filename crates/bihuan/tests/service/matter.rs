//! Reading a matter: what it tells, to whom, and what may be done with it and why not.

use crate::town::{STRANGER, Town, with};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

async fn read(town: &Town, account: &str, matter: &str) -> (StatusCode, Value) {
    let path = format!("/api/v1/matters/{matter}");
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    request.extensions_mut().extend(with(town.caller(account)));
    town.ask(request).await
}

fn act<'a>(life: &'a Value, id: &str) -> &'a Value {
    let acts = life["acts"].as_array().expect("acts");
    acts.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no {id} in {acts:?}"))
}

#[tokio::test]
async fn a_matter_tells_what_happened_and_why_its_deadline_is_what_it_is() {
    let town = Town::found();
    let matter = town.declared().await;
    let (status, life) = read(&town, "acceptor@town", &matter).await;
    assert_eq!(status, StatusCode::OK, "{life}");
    assert_eq!((&life["matter"]["id"], &life["stage"]["zh"]), (&json!(matter), &json!("待验收")));
    assert_eq!(life["timeline"].as_array().expect("a timeline").len(), 5);
    let because = life["due"]["because"].as_array().expect("the reckoning");
    assert!(because.iter().all(|it| it["zh"].is_string() && it["en"].is_string()));
    assert!(!because.is_empty() && life["due"]["at"].is_i64(), "{}", life["due"]);
}

#[tokio::test]
async fn each_act_says_whether_the_caller_may_and_why_not() {
    let town = Town::found();
    let matter = town.declared().await;
    let (_, life) = read(&town, "acceptor@town", &matter).await;
    let accept = act(&life, "accept");
    assert_eq!(accept["allowed"], true, "{accept}");
    let (_, life) = read(&town, "handler@v01", &matter).await;
    let accept = act(&life, "accept");
    assert_eq!(accept["allowed"], false);
    assert!(accept["problem"]["title_zh"].is_string(), "{accept}");
    // What is told is what the engine says when it is tried.
    let command = json!({ "move": { "id": "accept" } });
    let (_, refused) = town.act("handler@v01", &matter, command).await;
    assert_eq!(refused["code"], accept["problem"]["code"]);
}

#[tokio::test]
async fn who_may_not_see_a_matter_gets_the_answer_of_one_that_is_not_there() {
    let town = Town::found();
    let matter = town.declared().await;
    let unseen = read(&town, STRANGER, &matter).await;
    let absent = read(&town, STRANGER, &town.id()).await;
    assert_eq!(unseen.0, StatusCode::NOT_FOUND);
    assert_eq!(unseen, absent);
    assert_eq!(read(&town, "handler@v02", &matter).await, absent, "another village");
    assert_eq!(read(&town, STRANGER, "no-id").await, absent);
    let path = format!("/api/v1/matters/{matter}");
    let (status, body) = town.ask(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("signed_out")));
}
