//! The second factor: set up, asked for, never taken twice, and lost with a way back.

use crate::entered::{PASSWORD, Told, ask, bearer, call, with_password};
use crate::town::Town;
use axum::http::StatusCode;
use bihuan::clock::machine_now;
use bihuan::http::router;
use bihuan::http::session::factor::{RECOVERY_CODES, totp};
use serde_json::{Value, json};
use totp_rs::{Secret, Totp};

const ACCOUNT: &str = "handler@v01";
const FACTOR: &str = "/api/v1/session/factor";

/// The code of an app `steps` half minutes from now.
pub(crate) fn code(app: &Totp, steps: i64) -> String {
    let seconds = machine_now().0 / 1_000 + 30 * steps;
    app.generate(u64::try_from(seconds).expect("after 1970")).to_string()
}

async fn log_in(town: &Town, code: Option<&str>) -> Told {
    let body = json!({ "account": ACCOUNT, "password": PASSWORD, "code": code });
    call(&town.service, ("POST", "/api/v1/sessions"), &[], &body).await
}

/// Begins to set up a factor.
async fn begun(service: &axum::Router, person: &str) -> Totp {
    let password = json!({ "password": PASSWORD });
    let told = ask(service, person, ("POST", FACTOR), &password).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.body);
    let secret = told.body["secret"].as_str().expect("a secret");
    let uri = told.body["uri"].as_str().expect("a uri");
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(secret), "{uri}");
    app_of(secret)
}

/// An app that was given a secret.
pub(crate) fn app_of(secret: &str) -> Totp {
    let secret = Secret::try_from_base32(secret).expect("base 32");
    totp(secret.as_bytes().to_vec()).expect("a secret of twenty bytes")
}

/// A town whose handler has a second factor, the app and the recovery codes.
async fn town() -> (Town, String, Totp, Vec<String>) {
    let town = Town::found();
    with_password(&town, &[ACCOUNT]);
    let person = bearer(&town.service, ACCOUNT).await;
    let app = begun(&town.service, &person).await;
    let wrong = json!({ "code": "000000" });
    let told = ask(&town.service, &person, ("PUT", FACTOR), &wrong).await;
    assert_eq!(told.code(), (401, "wrong_code"));
    assert_eq!(log_in(&town, None).await.status, StatusCode::CREATED, "not yet asked for");
    // An earlier step, so that the present one is still to be used.
    let first = json!({ "code": code(&app, -1) });
    let told = ask(&town.service, &person, ("PUT", FACTOR), &first).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    let codes: Vec<String> = serde_json::from_value(told.body["codes"].clone()).expect("codes");
    assert_eq!(codes.len(), RECOVERY_CODES);
    (town, person, app, codes)
}

#[tokio::test]
async fn a_code_is_asked_for_and_taken_once() {
    let (town, person, app, _) = town().await;
    assert_eq!(log_in(&town, None).await.code(), (401, "code_needed"));
    let now = code(&app, 0);
    assert_eq!(log_in(&town, Some(&now)).await.status, StatusCode::CREATED);
    assert_eq!(log_in(&town, Some(&now)).await.code(), (401, "wrong_code"), "the same again");
    assert_eq!(log_in(&town, Some(&code(&app, -1))).await.code(), (401, "wrong_code"), "older");
    assert_eq!(log_in(&town, Some(&code(&app, 40))).await.code(), (401, "wrong_code"), "far off");
    let told = ask(&town.service, &person, ("GET", FACTOR), &Value::Null).await;
    assert!(told.body["since"].is_i64() && told.body["recovery_left"] == 10, "{}", told.body);
    let again = json!({ "password": PASSWORD });
    let told = ask(&town.service, &person, ("POST", FACTOR), &again).await;
    assert_eq!(told.code(), (409, "factor_on"));
}

#[tokio::test]
async fn a_recovery_code_works_once() {
    let (town, _, _, codes) = town().await;
    assert_eq!(log_in(&town, Some(&codes[3])).await.status, StatusCode::CREATED);
    assert_eq!(log_in(&town, Some(&codes[3])).await.code(), (401, "wrong_code"));
    assert_eq!(log_in(&town, Some(&codes[4])).await.status, StatusCode::CREATED);
    assert_eq!(log_in(&town, Some("abcdefghjkmnpqrs")).await.code(), (401, "wrong_code"));
}

#[tokio::test]
async fn whoever_knows_the_password_and_guesses_codes_must_wait() {
    let (town, _, app, _) = town().await;
    for _ in 0..5 {
        assert_eq!(log_in(&town, Some("12345")).await.code(), (401, "wrong_code"));
    }
    assert_eq!(log_in(&town, Some(&code(&app, 0))).await.code(), (429, "locked"));
}

#[tokio::test]
async fn a_factor_is_removed_with_the_password_alone() {
    let (town, person, _, _) = town().await;
    let removal = ("POST", "/api/v1/session/factor/removal");
    let wrong = json!({ "password": "guess" });
    let told = ask(&town.service, &person, removal, &wrong).await;
    assert_eq!(told.code(), (401, "wrong_password"));
    let right = json!({ "password": PASSWORD });
    assert_eq!(ask(&town.service, &person, removal, &right).await.status, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&town, None).await.status, StatusCode::CREATED);
    assert_eq!(ask(&town.service, &person, removal, &right).await.code(), (404, "not_found"));
}

#[tokio::test]
async fn administrators_do_nothing_without_one_where_it_is_required() {
    let town = Town::found();
    let admin = "system_administrator@district";
    with_password(&town, &[ACCOUNT, admin]);
    let service = router(town.app.clone().requiring_factor());
    let person = bearer(&service, admin).await;
    let webhooks = ("GET", "/api/v1/webhooks");
    let told = ask(&service, &person, webhooks, &Value::Null).await;
    assert_eq!(told.code(), (403, "factor_required"));
    let told = ask(&service, &person, ("GET", FACTOR), &Value::Null).await;
    assert_eq!(told.body["required"], true, "{}", told.body);
    let app = begun(&service, &person).await;
    let code = json!({ "code": code(&app, 0) });
    assert_eq!(ask(&service, &person, ("PUT", FACTOR), &code).await.status, StatusCode::OK);
    let told = ask(&service, &person, webhooks, &Value::Null).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    // Who holds no office is not asked.
    let handler = bearer(&service, ACCOUNT).await;
    let told = ask(&service, &handler, ("GET", FACTOR), &Value::Null).await;
    assert_eq!((told.status, &told.body["required"]), (StatusCode::OK, &json!(false)));
}
