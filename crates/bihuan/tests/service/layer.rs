//! What every request goes through, and every answer.

use crate::town::{Town, with};
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bihuan::http::edge::Client;
use bihuan::http::layer::{ALL, DESK, FIELD, PUBLIC, Rate, Rates, Reach, WATCH};
use bihuan::http::route::{ROUTES, Surface};
use bihuan::http::router;
use bihuan::log::{Form, subscriber};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;
use tracing::Dispatch;

struct Told {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Told {
    fn code(&self) -> String {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        body["code"].as_str().unwrap_or_default().to_owned()
    }

    fn says(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().expect("text"))
    }
}

async fn ask(service: &axum::Router, request: Request<Body>) -> Told {
    let answer = service.clone().oneshot(request).await.expect("it answers");
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes().to_vec();
    Told { status: parts.status, headers: parts.headers, bytes }
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn every_answer_keeps_browsers_strict() {
    let town = Town::found();
    let app = town.app.clone().secure();
    for (service, is_secure) in [(&town.service, false), (&router(app), true)] {
        for path in ["/live", "/docs", "/nowhere", "/api/v1/session", "/api/v1/openapi.json"] {
            let told = ask(service, get(path)).await;
            let policy = told.says("content-security-policy");
            let strict = policy.contains("default-src 'none'");
            assert!(strict && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(told.says(name), value, "{path}");
            }
            let transport = told.says("strict-transport-security");
            assert_eq!(!transport.is_empty(), is_secure, "{path}: {transport}");
            assert!(!told.says("cache-control").is_empty(), "{path}");
            assert_eq!(told.says("x-request-id").len(), 16, "{path}");
        }
        let wrong = Request::delete("/live").body(Body::empty()).expect("a request");
        let told = ask(service, wrong).await;
        assert_eq!((told.status.as_u16(), told.code()), (405, "no_method".to_owned()));
        assert_eq!(told.says("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn a_listener_has_the_addresses_of_its_surfaces_and_none_beside() {
    let town = Town::found();
    for reach in [ALL, PUBLIC, FIELD, DESK, WATCH] {
        let service = router(town.app.clone()).layer(Extension(reach));
        for route in ROUTES {
            let path = route.path.replace(['{', '}', '*'], "");
            let request = Request::builder().method(route.method).uri(path);
            let told = ask(&service, request.body(Body::empty()).expect("a request")).await;
            let is_there = told.code() != "no_route";
            let is_for = route.surfaces.iter().any(|it| reach.0.contains(it));
            assert_eq!(is_there, is_for, "{} {} for {reach:?}", route.method, route.path);
            assert!(is_there || told.status == StatusCode::NOT_FOUND);
        }
    }
    let for_desks = |it: &Surface| matches!(it, Surface::Desk | Surface::Operator);
    assert!(!PUBLIC.0.iter().any(for_desks) && !FIELD.0.iter().any(for_desks));
    let others = [ALL, PUBLIC, FIELD, DESK];
    assert!(others.iter().all(|it: &Reach| !it.0.contains(&Surface::Watch)));
    // Another method of an address that is not there does not tell that it is.
    let service = router(town.app.clone()).layer(Extension(PUBLIC));
    let request = Request::put("/api/v1/webhooks").body(Body::empty()).expect("a request");
    assert_eq!(ask(&service, request).await.code(), "no_route");
}

#[tokio::test]
async fn who_has_an_answer_already_is_not_sent_it_again() {
    let town = Town::found();
    let matter = town.opened().await;
    let path = format!("/api/v1/matters/{matter}");
    let asked = |account: &str, tag: Option<&str>| {
        let mut request = Request::get(&path);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().extend(with(town.caller(account)));
        request
    };
    let first = ask(&town.service, asked("inspector@v01", None)).await;
    let tag = first.says("etag").to_owned();
    assert_eq!(first.says("cache-control"), "private, no-cache");
    let again = ask(&town.service, asked("inspector@v01", Some(&tag))).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.says("etag"), tag);
    let list = format!("W/\"x\", {tag}");
    let listed = ask(&town.service, asked("inspector@v01", Some(&list))).await;
    assert_eq!(listed.status, StatusCode::NOT_MODIFIED);
    // Whoever may not see it learns nothing by a tag.
    let hidden = ask(&town.service, asked("inspector@v02", Some(&tag))).await;
    assert_eq!((hidden.status, hidden.says("etag")), (StatusCode::NOT_FOUND, ""));
    assert_eq!(hidden.says("cache-control"), "no-store");
    town.act("inspector@v01", &matter, json!({ "note": { "text": "再看一眼" } })).await;
    let changed = ask(&town.service, asked("inspector@v01", Some(&tag))).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_ne!(changed.says("etag"), tag);
}

#[tokio::test]
async fn texts_are_compressed_for_whoever_reads_that() {
    let town = Town::found();
    let asked = |path: &str| {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, "gzip, br");
        request.body(Body::empty()).expect("a request")
    };
    let plain = ask(&town.service, get("/api/v1/openapi.json")).await;
    let packed = ask(&town.service, asked("/api/v1/openapi.json")).await;
    assert_eq!((plain.says("content-encoding"), packed.says("content-encoding")), ("", "gzip"));
    assert!(packed.bytes.len() * 5 < plain.bytes.len() && packed.says("vary").contains("encoding"));
    let tag = packed.says("etag").to_owned();
    assert_eq!(tag, plain.says("etag"), "one content, one tag");
    let mut events = asked("/api/v1/events");
    events.extensions_mut().extend(with(town.caller("inspector@v01")));
    let answer = town.service.clone().oneshot(events).await.expect("it answers");
    assert!(!answer.headers().contains_key("content-encoding"), "events do not wait");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let town = Town::found();
    let caller = town.caller("inspector@v01");
    let post = |path: &str, head: &[(&str, String)], body: Body| {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in head {
            request = request.header(*name, value);
        }
        let mut request = request.body(body).expect("a request");
        request.extensions_mut().extend(with(caller.clone()));
        request
    };
    for (path, most) in [("/api/v1/commands", 256 << 10), ("/api/v1/commands/bulk", 4 << 20)] {
        let length = [("content-length", (most + 1).to_string())];
        let never =
            Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, io::Error>>());
        let told = ask(&town.service, post(path, &length, never)).await;
        assert_eq!((told.status.as_u16(), told.code()), (413, "too_large".into()), "{path}");
        // One that does not say how long it is, is too large none the less.
        let parts = futures_util::stream::repeat_with(|| Ok::<_, io::Error>(vec![b' '; 1 << 16]));
        let told = ask(&town.service, post(path, &[], Body::from_stream(parts))).await;
        assert_eq!((told.status.as_u16(), told.code()), (413, "too_large".into()), "{path}");
        let fits = Body::from(" ".repeat(most));
        let told = ask(&town.service, post(path, &[], fits)).await;
        assert_ne!(told.status.as_u16(), 413, "{path}: {}", told.code());
    }
    let packed = [("content-encoding", "gzip".to_owned())];
    let told = ask(&town.service, post("/api/v1/commands", &packed, Body::empty())).await;
    assert_eq!((told.status.as_u16(), told.code()), (415, "packed_body".into()));
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let town = Town::found();
    let few = |burst| Rate { per_min: 1, burst };
    let rates = Arc::new(Rates::new(few(6), few(3), few(2)));
    let service = router(town.app.clone().rated(rates));
    let from = |mut request: Request<Body>, address: &str| {
        let address: IpAddr = address.parse().expect("an address");
        request.extensions_mut().insert(Client(address));
        request
    };
    let sign_in = || {
        let body = json!({ "account": "nobody", "password": "x" }).to_string();
        let request = Request::post("/api/v1/sessions");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        request.body(Body::from(body)).expect("a request")
    };
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(ask(&service, from(sign_in(), "192.0.2.1")).await);
    }
    let codes: Vec<String> = told.iter().map(Told::code).collect();
    assert_eq!(codes, ["wrong_password", "wrong_password", "too_often"]);
    let wait_s: u64 = told[2].says("retry-after").parse().expect("seconds");
    assert!((1..=60).contains(&wait_s), "{wait_s}");
    // The address has four of its six left, for anything else.
    for wanted in [204, 204, 204, 204, 429] {
        let told = ask(&service, from(get("/live"), "192.0.2.1")).await;
        assert_eq!(told.status.as_u16(), wanted);
    }
    assert_eq!(ask(&service, from(get("/live"), "192.0.2.2")).await.status.as_u16(), 204);
    // An account has its own, wherever it asks from.
    for (no, wanted) in [200, 200, 200, 429].into_iter().enumerate() {
        let mut request = from(get("/api/v1/sessions"), &format!("192.0.2.{}", 10 + no));
        request.extensions_mut().extend(with(town.caller("inspector@v01")));
        assert_eq!(ask(&service, request).await.status.as_u16(), wanted, "{no}");
    }
}

/// A log that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_nothing_of_what_was_said() {
    let town = Town::found();
    // Where a single subscriber lives, `tracing` asks the thread on which a call site is first met:
    // met by another test, it would be off for this one. Of several it asks each.
    let _beside = Dispatch::new(subscriber(Form::Text, "off", io::sink));
    for form in [Form::Json, Form::Text] {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = subscriber(form, "debug", move || writer.clone());
        let _here = tracing::subscriber::set_default(log);
        let matter = town.opened().await;
        let note = json!({ "note": { "text": "canary-text" } });
        town.act("inspector@v01", &matter, note).await;
        let body = json!({ "account": "canary-account", "password": "canary-password" });
        let request = Request::post("/api/v1/sessions?canary-query=1")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, "Bearer canary-token")
            .header(header::COOKIE, "bihuan_session=canary-cookie")
            .header(header::USER_AGENT, "canary-agent")
            .header("x-forwarded-for", "192.0.2.77");
        let mut request = request.body(Body::from(body.to_string())).expect("a request");
        request.extensions_mut().insert(Client("192.0.2.77".parse().expect("an address")));
        assert_eq!(ask(&town.service, request).await.status, StatusCode::UNAUTHORIZED);
        ask(&town.service, get("/canary-path/canary-text?q=canary-query")).await;
        ask(&town.service, get("/api/v1/matters/canary-id")).await;
        let log = String::from_utf8(kept.0.lock().expect("nobody panicked").clone());
        let log = log.expect("UTF-8");
        assert!(log.contains("/api/v1/sessions") && log.contains("wrong_password"), "{log}");
        assert!(log.contains("/api/v1/matters/{id}") && log.contains("took_ms"), "{log}");
        assert!(!log.contains("canary") && !log.contains("192.0.2.77"), "{log}");
        assert!(!log.contains(&matter), "{log}");
        if form == Form::Json {
            let is_json = |it: &str| serde_json::from_str::<Value>(it).is_ok();
            assert!(log.lines().count() > 3 && log.lines().all(is_json), "{log}");
        }
    }
}

#[tokio::test]
async fn ready_says_why_not() {
    let town = Town::found();
    assert_eq!(ask(&town.service, get("/ready")).await.status, StatusCode::NO_CONTENT);
    let other = Town::found();
    other.app.health().want_free(u64::MAX);
    let told = ask(&other.service, get("/ready")).await;
    assert_eq!((told.status.as_u16(), told.code()), (503, "disk_low".to_owned()));
    assert_eq!(ask(&other.service, get("/live")).await.status, StatusCode::NO_CONTENT);
    let figures = ask(&town.service, get("/metrics")).await;
    assert_eq!(figures.code(), "not_found", "nobody watches a service that nobody set up for it");
}
