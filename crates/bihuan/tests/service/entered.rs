//! People who sign in with a password, as tests of log-in need them.

use crate::town::Town;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bihuan::password;
use bihuan_core::id::AccountId;
use bihuan_store::credential;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "村口的老槐树下-77";

/// An answer with its headers.
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Told {
    /// The stable code of a problem.
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or_default())
    }
}

/// Gives accounts the password.
pub(crate) fn with_password(town: &Town, accounts: &[&str]) {
    let (hash, now) = (password::hash(PASSWORD), town.app.realm().now());
    for account in accounts {
        let (account, hash) = (AccountId::from(*account), hash.clone());
        let store = town.app.realm().store();
        store.write(move |db| credential::set(db, &account, &hash, now)).expect("it is set");
    }
}

/// Asks with headers.
pub(crate) async fn call(
    service: &axum::Router,
    (method, path): (&str, &str),
    head: &[(&str, &str)],
    body: &Value,
) -> Told {
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
    let request = request.body(body).expect("a request");
    let (parts, body) = service.clone().oneshot(request).await.expect("it answers").into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Told { status: parts.status, headers: parts.headers, body, text }
}

/// Signs in, and gives back what to send as `Authorization`.
pub(crate) async fn bearer(service: &axum::Router, account: &str) -> String {
    let body = json!({ "account": account, "password": PASSWORD, "bearer": true });
    let told = call(service, ("POST", "/api/v1/sessions"), &[], &body).await;
    assert_eq!(told.status, StatusCode::CREATED, "{account}: {}", told.body);
    format!("Bearer {}", told.body["token"].as_str().expect("a token"))
}

/// Asks as whoever has `bearer`.
pub(crate) async fn ask(
    service: &axum::Router,
    bearer: &str,
    address: (&str, &str),
    body: &Value,
) -> Told {
    call(service, address, &[("authorization", bearer)], body).await
}
