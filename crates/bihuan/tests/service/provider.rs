//! Signing in at a provider: one that the test itself runs, and all that it may get wrong.

use crate::entered::{Told, call};
use crate::town::Town;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bihuan::clock::machine_now;
use bihuan::http::router;
use bihuan::provider::{Provider, ProviderConfig};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const PATH: &str = "/api/v1/session/provider";

/// What the provider says of whoever signs in.
#[derive(Clone, Debug)]
struct Says {
    subject: String,
    name: String,
    audience: String,
    /// What it says instead of the nonce that it was given.
    nonce: Option<String>,
    /// Whether it signs with a key that it does not publish.
    forges: bool,
}

impl Says {
    fn of(subject: &str, name: &str) -> Says {
        let (subject, name) = (subject.to_owned(), name.to_owned());
        Says { subject, name, audience: "bihuan".into(), nonce: None, forges: false }
    }
}

/// A provider on this machine.
#[derive(Clone)]
pub(crate) struct Idp {
    issuer: String,
    key: Arc<KeyPair>,
    other: Arc<KeyPair>,
    says: Arc<Mutex<Says>>,
    /// Nonce and challenge of the sign-in that is under way.
    asked: Arc<Mutex<(String, String)>>,
}

impl Idp {
    /// Begins to answer.
    pub(crate) async fn start() -> Idp {
        let key = || Arc::new(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let idp = Idp {
            issuer: format!("http://{}", listener.local_addr().expect("an address")),
            key: key(),
            other: key(),
            says: Arc::new(Mutex::new(Says::of("s-1", "handler@v01"))),
            asked: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(idp.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        idp
    }

    fn says(&self, says: Says) {
        *self.says.lock().expect("nobody failed") = says;
    }

    /// The service of a town whose people sign in here, too.
    pub(crate) fn service(&self, town: &Town) -> Router {
        let provider = Provider::new(ProviderConfig {
            issuer: self.issuer.clone(),
            client: "bihuan".into(),
            secret: Some("s3cret".into()),
            back: format!("http://bihuan.example{PATH}/return"),
            claim: "preferred_username".into(),
            title: "统一身份认证".into(),
        });
        router(town.app.clone().signing_in_at(provider.expect("a sound configuration")))
    }
}

async fn metadata(State(idp): State<Idp>) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", idp.issuer);
    Json(json!({
        "issuer": idp.issuer, "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"), "jwks_uri": at("/jwks"),
        "end_session_endpoint": at("/leave"), "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(idp): State<Idp>) -> Json<Value> {
    let point = idp.key.der_bytes();
    let part = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
    Json(json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "k",
        "x": part(1), "y": part(33),
    }]}))
}

async fn token(State(idp): State<Idp>, form: String) -> (axum::http::StatusCode, Json<Value>) {
    let form: BTreeMap<&str, &str> = form.split('&').filter_map(|it| it.split_once('=')).collect();
    let (nonce, challenge) = idp.asked.lock().expect("nobody failed").clone();
    let digest = Sha256::digest(form.get("code_verifier").copied().unwrap_or_default().as_bytes());
    if URL_SAFE_NO_PAD.encode(digest) != challenge || form.get("code") != Some(&"c") {
        return (axum::http::StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    }
    let says = idp.says.lock().expect("nobody failed").clone();
    let now = machine_now().0 / 1_000;
    let claims = json!({
        "iss": idp.issuer, "sub": says.subject, "aud": says.audience, "exp": now + 300, "iat": now,
        "nonce": says.nonce.unwrap_or(nonce), "preferred_username": says.name,
    });
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let head = part(&json!({ "alg": "ES256", "kid": "k", "typ": "JWT" }));
    let signed = format!("{head}.{}", part(&claims));
    let key = if says.forges { &idp.other } else { &idp.key };
    let signature = plain(&key.sign(signed.as_bytes()).expect("it signs"));
    let id_token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    let answer = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token });
    (axum::http::StatusCode::OK, Json(answer))
}

/// A signature as JWS has it, from DER: two numbers of 32 bytes.
fn plain(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut out = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = &number[number.len().saturating_sub(32)..];
        out.extend(std::iter::repeat_n(0, 32 - number.len()));
        out.extend(number);
        rest = &rest[2 + length..];
    }
    out
}

/// A browser that was sent to the provider.
struct Sent {
    cookie: String,
    state: String,
}

async fn sent(idp: &Idp, service: &Router) -> Sent {
    let begin = format!("{PATH}/begin?then=/desk");
    let told = call(service, ("GET", &begin), &[], &Value::Null).await;
    assert_eq!(told.status.as_u16(), 303, "{}", told.text);
    let cookie = told.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let to = told.headers["location"].to_str().expect("text");
    assert!(to.starts_with(&idp.issuer), "{to}");
    let pairs: BTreeMap<String, String> = to
        .split_once('?')
        .expect("a query")
        .1
        .split('&')
        .filter_map(|it| it.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    assert_eq!(pairs["code_challenge_method"], "S256");
    *idp.asked.lock().expect("nobody failed") =
        (pairs["nonce"].clone(), pairs["code_challenge"].clone());
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    Sent { cookie, state: pairs["state"].clone() }
}

async fn back(service: &Router, cookie: &str, query: &str) -> Told {
    let path = format!("{PATH}/return?{query}");
    call(service, ("GET", &path), &[("cookie", cookie)], &Value::Null).await
}

/// A whole sign-in.
async fn sign_in(idp: &Idp, service: &Router) -> Told {
    let sent = sent(idp, service).await;
    back(service, &sent.cookie, &format!("code=c&state={}", sent.state)).await
}

#[tokio::test]
async fn somebody_whom_the_provider_knows_signs_in_to_an_account_that_is_there() {
    let (town, idp) = (Town::found(), Idp::start().await);
    let service = idp.service(&town);
    let shown = call(&service, ("GET", PATH), &[], &Value::Null).await;
    assert_eq!(shown.body["title"], "统一身份认证");
    let told = sign_in(&idp, &service).await;
    assert_eq!((told.status.as_u16(), &told.headers["location"]), (303, &"/desk".parse().unwrap()));
    let cookies = told.headers.get_all("set-cookie").iter();
    let cookies: Vec<&str> = cookies.filter_map(|it| it.to_str().ok()?.split(';').next()).collect();
    let session = cookies.iter().find(|it| it.starts_with("bihuan_session=")).expect("a session");
    let head = [("cookie", *session), ("sec-fetch-site", "same-origin")];
    let who = call(&service, ("GET", "/api/v1/session"), &head, &Value::Null).await;
    assert_eq!(who.body["account"], "handler@v01");
    let leave = format!("{PATH}/leave");
    let left = call(&service, ("POST", &leave), &head, &Value::Null).await;
    assert!(
        left.body["url"].as_str().is_some_and(|it| it.starts_with(&idp.issuer)),
        "{}",
        left.text
    );
    let who = call(&service, ("GET", "/api/v1/session"), &head, &Value::Null).await;
    assert_eq!(who.code(), (401, "signed_out"));
    let told = sign_in(&idp, &service).await;
    assert_eq!(told.status.as_u16(), 303, "and again");
}

#[tokio::test]
async fn no_account_is_made_and_none_changes_hands() {
    let (town, idp) = (Town::found(), Idp::start().await);
    let service = idp.service(&town);
    idp.says(Says::of("s-9", "nobody"));
    assert_eq!(sign_in(&idp, &service).await.code(), (403, "no_account"));
    idp.says(Says::of("s-1", "handler@v01"));
    assert_eq!(sign_in(&idp, &service).await.status.as_u16(), 303);
    // The name is given to somebody else one day: that one does not get in.
    idp.says(Says::of("s-2", "handler@v01"));
    assert_eq!(sign_in(&idp, &service).await.code(), (403, "no_account"));
    // And whoever is renamed does not get into another account.
    idp.says(Says::of("s-1", "leader@town"));
    assert_eq!(sign_in(&idp, &service).await.code(), (403, "no_account"));
}

#[tokio::test]
async fn what_is_not_signed_for_this_sign_in_is_not_believed() {
    let (town, idp) = (Town::found(), Idp::start().await);
    let service = idp.service(&town);
    let good = Says::of("s-1", "handler@v01");
    for (why, says) in [
        ("another key", Says { forges: true, ..good.clone() }),
        ("another service", Says { audience: "other".into(), ..good.clone() }),
        ("another sign-in", Says { nonce: Some("old".into()), ..good.clone() }),
    ] {
        idp.says(says);
        let told = sign_in(&idp, &service).await;
        assert_eq!(told.code(), (400, "begin_again"), "{why}");
        assert!(told.headers.get("set-cookie").is_none(), "{why}");
    }
    idp.says(good);
    let sent = sent(&idp, &service).await;
    let right = format!("code=c&state={}", sent.state);
    for (why, cookie, query) in [
        ("another state", sent.cookie.as_str(), "code=c&state=x".to_owned()),
        ("no state", &sent.cookie, "code=c".to_owned()),
        ("no code", &sent.cookie, format!("state={}", sent.state)),
        ("another code", &sent.cookie, format!("code=d&state={}", sent.state)),
        ("an error", &sent.cookie, format!("error=access_denied&state={}", sent.state)),
        ("no cookie", "a=b", right.clone()),
        ("a made-up cookie", "bihuan_sign_in=AAAA", right.clone()),
    ] {
        let told = back(&service, cookie, &query).await;
        assert_eq!(told.code(), (400, "begin_again"), "{why}");
    }
    assert_eq!(back(&service, &sent.cookie, &right).await.status.as_u16(), 303);
}

#[tokio::test]
async fn where_no_provider_is_named_there_is_none() {
    let town = Town::found();
    for path in [PATH.to_owned(), format!("{PATH}/begin"), format!("{PATH}/return")] {
        let told = call(&town.service, ("GET", &path), &[], &Value::Null).await;
        assert_eq!(told.code(), (404, "not_found"), "{path}");
    }
}
