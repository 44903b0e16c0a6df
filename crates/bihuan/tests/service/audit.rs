//! The audit trail: who is in it, who reads it, and that it cannot be changed unseen.

use crate::crowd::{Crowd, DESK, get};
use crate::entered::{PASSWORD, Told, ask, bearer, call, with_password};
use crate::town::Town;
use axum::http::StatusCode;
use bihuan::http::Caller;
use bihuan_store::audit::FAILURES_AN_HOUR_MAX;
use bihuan_store::verify::verify;
use serde_json::{Value, json};

const AUDITOR: &str = "audit_administrator@district";

async fn log_in(town: &Town, account: &str, password: &str) -> Told {
    let body = json!({ "account": account, "password": password });
    call(&town.service, ("POST", "/api/v1/sessions"), &[], &body).await
}

/// What the trail says, as the audit administrator reads it: act, account, about.
async fn trail(town: &Town, query: &str) -> Vec<(String, String, String)> {
    let path = format!("/api/v1/audit?{query}");
    let (status, body) = town.send(("GET", &path), AUDITOR, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let word = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    let entries = body["entries"].as_array().expect("entries");
    entries.iter().map(|it| (word(it, "act"), word(it, "account"), word(it, "about"))).collect()
}

#[tokio::test]
async fn log_ins_and_failures_are_on_record_without_what_was_typed() {
    let town = Town::found();
    with_password(&town, &["handler@v01"]);
    assert_eq!(log_in(&town, "handler@v01", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(log_in(&town, "handler@v01", "guess").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&town, "my-secret-word", "guess").await.status, StatusCode::UNAUTHORIZED);
    let told = trail(&town, "act=log_in,log_in_failed").await;
    let word = |it: &str| it.to_owned();
    assert_eq!(told[0], (word("log_in_failed"), word(""), word("")), "what nobody is called");
    assert_eq!(told[1], (word("log_in_failed"), word(""), word("handler@v01")));
    assert_eq!((&told[2].0[..], &told[2].1[..]), ("log_in", "handler@v01"));
    assert_eq!(told.len(), 3);
    // Reading it is in it, too, and so is every change of rules.
    assert_eq!(trail(&town, "act=audit_read").await.len(), 1, "the one before");
    let changes = trail(&town, "account=operator").await;
    assert!(changes.iter().any(|it| it.0 == "change_people"), "{changes:?}");
}

#[tokio::test]
async fn the_trail_is_for_the_audit_administrator_alone() {
    let town = Town::found();
    for path in ["/api/v1/audit", "/api/v1/audit/export"] {
        for account in
            ["system_administrator@district", "security_administrator@district", "leader@town"]
        {
            let (status, body) = town.send(("GET", path), account, &Value::Null).await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::FORBIDDEN, &json!("not_granted")),
                "{account}"
            );
        }
        let told = call(&town.service, ("GET", path), &[], &Value::Null).await;
        assert_eq!(told.code(), (401, "signed_out"));
    }
    assert!(trail(&town, "act=audit_read,audit_exported").await.is_empty(), "nobody was shown it");
}

#[tokio::test]
async fn the_trail_is_read_page_by_page_and_taken_away_as_a_table() {
    let town = Town::found();
    with_password(&town, &["handler@v01", AUDITOR]);
    for _ in 0..5 {
        log_in(&town, "handler@v01", PASSWORD).await;
    }
    let auditor = bearer(&town.service, AUDITOR).await;
    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/audit?act=log_in&account=handler@v01&limit=2{before}");
        let told = ask(&town.service, &auditor, ("GET", &path), &Value::Null).await;
        seen.extend(told.body["entries"].as_array().expect("entries").clone());
        let Some(next) = told.body["next"].as_u64() else { break };
        before = format!("&before={next}");
    }
    let seqs: Vec<u64> = seen.iter().map(|it| it["seq"].as_u64().expect("a number")).collect();
    assert_eq!(seqs.len(), 5);
    assert!(seqs.is_sorted_by(|a, b| a > b), "{seqs:?}");
    let path = "/api/v1/audit/export?act=log_in";
    let told = ask(&town.service, &auditor, ("GET", path), &Value::Null).await;
    assert_eq!(told.status, StatusCode::OK);
    assert_eq!(told.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(told.text.lines().count(), 1 + 6, "{}", told.text);
    assert_eq!(trail(&town, "act=audit_exported").await.len(), 1);
    let wrong = ask(&town.service, &auditor, ("GET", "/api/v1/audit?x=1"), &Value::Null).await;
    assert_eq!(wrong.code(), (400, "wrong_query"));
}

#[tokio::test]
async fn whoever_takes_matters_away_or_opens_a_sealed_one_is_on_the_trail() {
    let Crowd { town, matter, dispute, .. } = Crowd::gather().await;
    let one = |id: &str| format!("/api/v1/matters/{id}");
    let by = |who: &str| Some(Caller::person(who.into(), who.into()));
    let table = "/api/v1/matters/export";
    for (path, who, status) in [
        // Neither an open matter, nor one that is not shown, nor what is refused.
        (one(&matter), by("leader@town"), StatusCode::OK),
        (one(&dispute), by("leader@town"), StatusCode::NOT_FOUND),
        (one(&dispute), None, StatusCode::UNAUTHORIZED),
        (format!("{table}?format=pdf"), by("leader@town"), StatusCode::BAD_REQUEST),
        (table.to_owned(), None, StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(get(&town, &path, who).await.status, status, "{path}");
    }
    assert_eq!(trail(&town, "act=sealed_seen,exported").await, []);
    for path in [one(&dispute), format!("{table}?format=jsonl")] {
        assert_eq!(get(&town, &path, by(DESK)).await.status, StatusCode::OK, "{path}");
    }
    let entry = |act: &str, about: &str| (act.to_owned(), DESK.to_owned(), about.to_owned());
    assert_eq!(
        trail(&town, "act=sealed_seen,exported").await,
        [entry("exported", "jsonl"), entry("sealed_seen", "")]
    );
    let of_it = format!("matter={dispute}&act=sealed_seen");
    assert_eq!(trail(&town, &of_it).await.len(), 1, "found by the matter, too");
}

#[tokio::test]
async fn guesses_from_outside_do_not_fill_the_record() {
    let town = Town::found();
    let store = town.app.realm().store();
    let full = move |db: &mut bihuan_store::Db, _| {
        let one = bihuan_store::audit::Audited::nobody(bihuan_store::audit::Act::LogInFailed);
        let _ = db;
        Ok(((), vec![one; usize::try_from(FAILURES_AN_HOUR_MAX).expect("small")]))
    };
    store.record(full).expect("it is written");
    let before = town.app.realm().read(bihuan_store::feed::newest).expect("it reads");
    assert_eq!(log_in(&town, "nobody", "guess").await.code(), (401, "wrong_password"));
    let after = town.app.realm().read(bihuan_store::feed::newest).expect("it reads");
    assert_eq!(before, after, "this hour is full");
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 3_600_000);
    assert_eq!(log_in(&town, "nobody", "guess").await.code(), (401, "wrong_password"));
    let next = town.app.realm().read(bihuan_store::feed::newest).expect("it reads");
    assert_eq!(next, after + 1, "the next hour is not");
}

#[tokio::test]
async fn whoever_changes_the_trail_is_found_by_the_record() {
    let town = Town::found();
    with_password(&town, &["handler@v01"]);
    log_in(&town, "handler@v01", PASSWORD).await;
    let realm = town.app.realm();
    let report = |db: &mut bihuan_store::Db| verify(db, None, &mut |_, _| {});
    let sound = realm.read(report).expect("it reads");
    assert!(sound.is_sound(), "{:?}", sound.faults);
    let changed = realm.store().write(|db| {
        db.execute("UPDATE audit SET account = 'leader@town' WHERE act = 'log_in'", &[])
    });
    assert_eq!(changed.expect("it is changed"), 1);
    let odd = realm.read(report).expect("it reads");
    assert!(odd.faults.iter().any(|it| it.code == "audit"), "{:?}", odd.faults);
}
