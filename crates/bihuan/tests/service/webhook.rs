//! Programs elsewhere are told of what happened, signed, again where they did not answer, and never
//! of what is not theirs.

use crate::town::Town;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bihuan::job::webhook::round;
use bihuan::signature::sign;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const ADMINISTRATOR: &str = "system_administrator@district";
const HOOKS: &str = "/api/v1/webhooks";

/// What came in: id, moment, signature, body.
type Heard = Arc<Mutex<Vec<(String, i64, String, String)>>>;

/// A program that listens, answers what it is set to, and keeps what it heard.
#[derive(Clone, Default)]
pub(crate) struct Listener {
    heard: Heard,
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
}

async fn hear(
    State(listener): State<Listener>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, HeaderMap) {
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    let moment = text("webhook-timestamp").parse().expect("a moment");
    let entry = (text("webhook-id"), moment, text("webhook-signature"), body);
    listener.heard.lock().unwrap().push(entry);
    let answer = listener.answers.lock().unwrap().pop();
    let (status, word) = answer.unwrap_or((204, ""));
    let mut headers = HeaderMap::new();
    match status {
        302 => drop(headers.insert("location", word.parse().expect("a value"))),
        429 => drop(headers.insert("retry-after", word.parse().expect("a value"))),
        _ => {}
    }
    (StatusCode::from_u16(status).expect("a status"), headers)
}

impl Listener {
    /// Begins to listen on this machine; where.
    pub(crate) async fn listen(&self) -> String {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        let service = axum::Router::new().route("/hook", post(hear)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(socket, service).await });
        format!("http://{address}/hook")
    }

    pub(crate) fn heard(&self) -> Vec<(String, i64, String, String)> {
        self.heard.lock().unwrap().clone()
    }

    fn answer(&self, answers: &[(u16, &'static str)]) {
        *self.answers.lock().unwrap() = answers.iter().rev().copied().collect();
    }
}

/// Adds a program; its id and its secret.
pub(crate) async fn add(town: &Town, input: Value) -> (String, String) {
    let (status, said) = town.send(("POST", HOOKS), ADMINISTRATOR, &input).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let text = |it: &Value| it.as_str().expect("text").to_owned();
    (text(&said["webhook"]["id"]), text(&said["secret"]))
}

/// Does whatever is due now.
async fn deliver(town: &Town) {
    let outward = town.app.outward().expect("a way out").clone();
    while round(&town.app, &outward).await.expect("it reads") {}
}

fn later(town: &Town, ms: i64) {
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + ms);
}

async fn deliveries(town: &Town, id: &str, query: &str) -> Vec<Value> {
    let path = format!("{HOOKS}/{id}/deliveries{query}");
    let (status, said) = town.send(("GET", &path), ADMINISTRATOR, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    said["deliveries"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_happens_is_told_once_signed_and_with_nothing_of_anybody() {
    let (town, listener) = (Town::found(), Listener::default());
    let url = listener.listen().await;
    town.opened().await;
    let (_, secret) = add(&town, json!({ "title": "市平台", "url": url, "unit": "town" })).await;
    let kinds = json!(["matter.moved"]);
    add(&town, json!({ "title": "只看流转", "url": url, "kinds": kinds })).await;
    add(&town, json!({ "title": "别处", "url": url, "unit": "v02" })).await;
    let matter = town.opened().await;
    deliver(&town).await;
    deliver(&town).await;
    let heard = listener.heard();
    assert_eq!(heard.len(), 1, "what happened before is not told, and what is told is told once");
    let (id, moment, signature, body) = &heard[0];
    assert_eq!(*signature, sign(&[&secret], id, *moment, body));
    let said: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&said["type"], &said["data"]["matter"]), (&json!("matter.opened"), &json!(matter)));
    assert!(
        !body.contains("垃圾") && !body.contains("seq") && !body.contains("inspector"),
        "{body}"
    );
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let (town, listener) = (Town::found(), Listener::default());
    let url = listener.listen().await;
    let (id, old) = add(&town, json!({ "title": "市平台", "url": url })).await;
    let path = format!("{HOOKS}/{id}/secret");
    let (_, said) = town.send(("POST", &path), ADMINISTRATOR, &Value::Null).await;
    let new = said["secret"].as_str().expect("a secret").to_owned();
    town.opened().await;
    deliver(&town).await;
    later(&town, 25 * 3_600_000);
    town.opened().await;
    deliver(&town).await;
    let heard = listener.heard();
    let by = |no: usize, secrets: &[&str]| {
        let (id, moment, signature, body) = &heard[no];
        assert_eq!(*signature, sign(secrets, id, *moment, body));
    };
    by(0, &[&new, &old]);
    by(1, &[&new]);
    let (_, said) = town.send(("GET", HOOKS), ADMINISTRATOR, &Value::Null).await;
    assert!(!said.to_string().contains("whsec_"), "a secret is told once");
}

#[tokio::test]
async fn who_does_not_answer_is_tried_again_then_given_up_then_tried_when_asked() {
    let (town, listener) = (Town::found(), Listener::default());
    let url = listener.listen().await;
    let (id, _) = add(&town, json!({ "title": "市平台", "url": url.clone() })).await;
    // What is answered with another address is not followed.
    listener.answer(&[(500, ""), (302, "http://127.0.0.1:9/else"), (429, "7200")]);
    town.opened().await;
    for wait_ms in [0, 6_000, 340_000, 8_000_000] {
        later(&town, wait_ms);
        deliver(&town).await;
    }
    let heard = listener.heard();
    assert_eq!(heard.len(), 4);
    assert!(heard.iter().all(|it| it.0 == heard[0].0 && it.3 == heard[0].3), "one message");
    let all = deliveries(&town, &id, "").await;
    assert_eq!((&all[0]["state"], &all[0]["tries"]), (&json!("done"), &json!(4)));

    listener.answer(&[(500, ""); 10]);
    town.opened().await;
    for _ in 0..12 {
        deliver(&town).await;
        later(&town, 27 * 3_600_000);
    }
    assert_eq!(listener.heard().len(), 14, "ten tries and no more");
    let dead = deliveries(&town, &id, "?state=dead").await;
    assert_eq!((dead.len(), &dead[0]["status"]), (1, &json!(500)));
    let message = dead[0]["id"].as_str().expect("an id");
    let path = format!("{HOOKS}/{id}/deliveries/{message}/redeliver");
    let (status, _) = town.send(("POST", &path), ADMINISTRATOR, &Value::Null).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    deliver(&town).await;
    assert_eq!(listener.heard().len(), 15);
    let (status, _) = town.send(("POST", &path), ADMINISTRATOR, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "it arrived");
}

#[tokio::test]
async fn who_is_gone_is_told_nothing_more_and_who_is_paused_misses_nothing() {
    let (town, listener) = (Town::found(), Listener::default());
    let url = listener.listen().await;
    let (id, _) = add(&town, json!({ "title": "市平台", "url": url })).await;
    listener.answer(&[(410, "")]);
    town.opened().await;
    deliver(&town).await;
    town.opened().await;
    deliver(&town).await;
    assert_eq!(listener.heard().len(), 1);
    let (_, said) = town.send(("GET", HOOKS), ADMINISTRATOR, &Value::Null).await;
    assert_eq!(said["webhooks"][0]["status"], json!("gone"));
    let path = format!("{HOOKS}/{id}");
    let (status, _) = town.send(("PATCH", &path), ADMINISTRATOR, &json!({ "active": true })).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    deliver(&town).await;
    assert_eq!(listener.heard().len(), 2, "what happened meanwhile");
    let (status, _) = town.send(("DELETE", &path), ADMINISTRATOR, &Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    town.opened().await;
    deliver(&town).await;
    assert_eq!(listener.heard().len(), 2);
}

#[tokio::test]
async fn connections_are_kept_by_the_system_administrator_alone_and_lead_into_no_private_network() {
    let town = Town::found();
    let hook = |url: &str| json!({ "title": "市平台", "url": url });
    for who in ["leader@town", "acceptor@district"] {
        let input = hook("https://example.org/hook");
        let (status, said) = town.send(("POST", HOOKS), who, &input).await;
        assert_eq!(
            (status, &said["code"]),
            (StatusCode::FORBIDDEN, &json!("not_granted")),
            "{who}"
        );
        let (status, _) = town.send(("GET", HOOKS), who, &Value::Null).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    for url in ["https://10.0.0.1/", "http://[::1]/", "https://localhost/x", "ftp://example.org"] {
        let (status, said) = town.send(("POST", HOOKS), ADMINISTRATOR, &hook(url)).await;
        assert_eq!(
            (status, &said["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("wrong_address")),
            "{url}"
        );
    }
    let odd = json!({ "title": "市平台", "url": "https://example.org", "kinds": ["rules"] });
    let (status, said) = town.send(("POST", HOOKS), ADMINISTRATOR, &odd).await;
    assert_eq!((status, &said["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")));
}
