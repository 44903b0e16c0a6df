//! Log-in: who is let in, who is not, and how everybody gets out again.

use crate::town::Town;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bihuan::password;
use bihuan_core::id::AccountId;
use bihuan_store::credential;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

const PASSWORD: &str = "村口的老槐树-77";

/// A town in which a handler has a password.
fn town() -> Town {
    let town = Town::found();
    let (hash, now) = (password::hash(PASSWORD), town.app.realm().now());
    let account = AccountId::from("handler@v01");
    let store = town.app.realm().store();
    store.write(move |db| credential::set(db, &account, &hash, now)).expect("it is set");
    town
}

struct Told {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

async fn call(town: &Town, method: &str, path: &str, head: &[(&str, &str)], body: Value) -> Told {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in head {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() {
        Body::empty()
    } else {
        request = request.header(header::CONTENT_TYPE, "application/json");
        Body::from(body.to_string())
    };
    let answer = town.service.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Told { status: parts.status, headers: parts.headers, body }
}

async fn log_in(town: &Town, account: &str, password: &str) -> Told {
    let body = json!({ "account": account, "password": password, "device": "手机" });
    call(town, "POST", "/api/v1/sessions", &[], body).await
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie(told: &Told) -> String {
    let set = told.headers.get(header::SET_COOKIE).expect("a cookie").to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn who_signs_in_is_known_until_signing_out() {
    let town = town();
    let nobody = call(&town, "GET", "/api/v1/session", &[], Value::Null).await;
    assert_eq!(
        (nobody.status, &nobody.body["code"]),
        (StatusCode::UNAUTHORIZED, &json!("signed_out"))
    );
    let told = log_in(&town, "handler@v01", PASSWORD).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.body);
    assert_eq!(told.body["person"], "handler@v01");
    assert!(told.body.get("token").is_none(), "only the cookie has it");
    let cookie = cookie(&told);
    let head = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let who = call(&town, "GET", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(who.body["account"], "handler@v01");
    let devices = call(&town, "GET", "/api/v1/sessions", &head, Value::Null).await.body;
    assert_eq!(
        (&devices["devices"][0]["device"], &devices["devices"][0]["this"]),
        (&json!("手机"), &json!(true))
    );
    let out = call(&town, "DELETE", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let gone = call(&town, "GET", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_account_get_the_same_answer() {
    let town = town();
    let wrong = log_in(&town, "handler@v01", "村口的老槐树-78").await;
    let nobody = log_in(&town, "nobody", PASSWORD).await;
    // An account that never set a password cannot be entered by any.
    let empty = log_in(&town, "acceptor@town", "").await;
    for told in [&wrong, &nobody, &empty] {
        assert_eq!(told.status, StatusCode::UNAUTHORIZED);
        assert_eq!(told.body, wrong.body);
        assert!(told.headers.get(header::SET_COOKIE).is_none());
    }
    let long = log_in(&town, "handler@v01", &"长".repeat(10_000)).await;
    assert_eq!(long.body, wrong.body);
}

#[tokio::test]
async fn whoever_guesses_must_wait_known_or_not() {
    let town = town();
    for account in ["handler@v01", "nobody"] {
        for _ in 0..5 {
            assert_eq!(log_in(&town, account, "guess").await.status, StatusCode::UNAUTHORIZED);
        }
        let told = log_in(&town, account, PASSWORD).await;
        assert_eq!(
            (told.status, &told.body["code"]),
            (StatusCode::TOO_MANY_REQUESTS, &json!("locked"))
        );
        assert!(told.headers.contains_key(header::RETRY_AFTER));
    }
    // The others are not held up, and after the wait the right password leads in again.
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 2 * 60_000);
    assert_eq!(log_in(&town, "handler@v01", PASSWORD).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn another_site_changes_nothing_with_a_cookie() {
    let town = town();
    let cookie = cookie(&log_in(&town, "handler@v01", PASSWORD).await);
    let cookie = ("cookie", cookie.as_str());
    let command = json!({ "id": town.id(), "matter": town.id(), "command": town.opening("v01") });
    for origin in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://elsewhere.example"), ("host", "bihuan.example")],
        vec![],
    ] {
        let head: Vec<_> = origin.into_iter().chain([cookie]).collect();
        let told = call(&town, "POST", "/api/v1/commands", &head, command.clone()).await;
        assert_eq!(
            (told.status, &told.body["code"]),
            (StatusCode::FORBIDDEN, &json!("other_site")),
            "{head:?}"
        );
    }
    let head = [cookie, ("origin", "https://bihuan.example"), ("host", "bihuan.example")];
    let told = call(&town, "POST", "/api/v1/commands", &head, command).await;
    assert_ne!(told.body["code"], "other_site", "{}", told.body);
    // Reading is no change.
    let head = [cookie, ("sec-fetch-site", "cross-site")];
    let told = call(&town, "GET", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(told.status, StatusCode::OK);
}

#[tokio::test]
async fn a_program_keeps_the_token_itself() {
    let town = town();
    let body = json!({ "account": "handler@v01", "password": PASSWORD, "bearer": true });
    let told = call(&town, "POST", "/api/v1/sessions", &[], body).await;
    let bearer = format!("Bearer {}", told.body["token"].as_str().expect("the token"));
    let head = [("authorization", bearer.as_str())];
    let who = call(&town, "GET", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(who.body["account"], "handler@v01");
    let forged = [("authorization", "Bearer 00")];
    let who = call(&town, "GET", "/api/v1/session", &forged, Value::Null).await;
    assert_eq!(who.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_unused_and_with_a_new_password() {
    let town = town();
    let cookie = cookie(&log_in(&town, "handler@v01", PASSWORD).await);
    let head = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let weak = json!({ "old": PASSWORD, "new": "1234" });
    let told = call(&town, "PUT", "/api/v1/session/password", &head, weak).await;
    assert_eq!(
        (told.status, &told.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("weak_password"))
    );
    let guess = json!({ "old": "不是这个密码", "new": "井台边的石榴树-2021" });
    let told = call(&town, "PUT", "/api/v1/session/password", &head, guess).await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED);
    let right = json!({ "old": PASSWORD, "new": "井台边的石榴树-2021" });
    let told = call(&town, "PUT", "/api/v1/session/password", &head, right).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.body);
    let gone = call(&town, "GET", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED, "every device is out");
    assert_eq!(log_in(&town, "handler@v01", PASSWORD).await.status, StatusCode::UNAUTHORIZED);

    let cookie = self::cookie(&log_in(&town, "handler@v01", "井台边的石榴树-2021").await);
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 8 * 86_400_000);
    let head = [("cookie", cookie.as_str())];
    let idle = call(&town, "GET", "/api/v1/session", &head, Value::Null).await;
    assert_eq!(idle.status, StatusCode::UNAUTHORIZED, "a week unused");
}

#[tokio::test]
async fn one_device_signs_another_out_but_not_a_stranger_s() {
    let town = town();
    let phone = cookie(&log_in(&town, "handler@v01", PASSWORD).await);
    let desk = cookie(&log_in(&town, "handler@v01", PASSWORD).await);
    let head = [("cookie", desk.as_str()), ("sec-fetch-site", "same-origin")];
    let devices = call(&town, "GET", "/api/v1/sessions", &head, Value::Null).await.body;
    let other = devices["devices"].as_array().unwrap().iter().find(|it| it["this"] == false);
    let path = format!("/api/v1/sessions/{}", other.unwrap()["id"].as_str().unwrap());
    // Somebody else may know the id, and it does not help.
    let mut request = Request::delete(&path).body(Body::empty()).unwrap();
    request.extensions_mut().extend(crate::town::with(town.caller("acceptor@town")));
    assert_eq!(town.ask(request).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        call(&town, "DELETE", &path, &head, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    let gone = [("cookie", phone.as_str())];
    let told = call(&town, "GET", "/api/v1/session", &gone, Value::Null).await;
    assert_eq!(told.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        call(&town, "DELETE", &path, &head, Value::Null).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn guesses_sent_together_are_not_tried_together() {
    let town = town();
    let guesses = (0..24).map(|_| log_in(&town, "handler@v01", "guess"));
    let told = futures_util::future::join_all(guesses).await;
    let tried = told.iter().filter(|it| it.status == StatusCode::UNAUTHORIZED).count();
    // Two are tried at once, so one may be under way when the fifth failure is counted.
    assert!((5..=6).contains(&tried), "{tried} were tried");
    assert!(told.iter().all(|it| it.status.is_client_error()));
}
