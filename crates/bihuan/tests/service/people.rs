//! People over the network: begun, changed, locked, let in again, ended; and by whom not.

use crate::entered::{PASSWORD, Told, ask, bearer, call, with_password};
use crate::town::Town;
use axum::http::StatusCode;
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use bihuan_store::verify::verify;
use serde_json::{Value, json};

const SECURITY: &str = "security_administrator@district";
const SYSTEM: &str = "system_administrator@district";

fn newcomer() -> Value {
    json!({
        "id": "zhou", "name": "周某", "identity": "13900000000", "accounts": ["zhou"],
        "grants": [{ "role": "handler", "unit": "v02" }],
    })
}

async fn send(town: &Town, address: (&str, &str), account: &str, body: &Value) -> (u16, Value) {
    let (status, body) = town.send(address, account, body).await;
    (status.as_u16(), body)
}

/// Gives an account a password by a secret of the security administrator.
async fn let_in(town: &Town, account: &str) -> Told {
    let path = format!("/api/v1/accounts/{account}/reset");
    let (status, made) = send(town, ("POST", &path), SECURITY, &Value::Null).await;
    assert_eq!(status, 201, "{made}");
    let body = json!({ "secret": made["secret"], "password": PASSWORD });
    call(&town.service, ("POST", "/api/v1/password-resets"), &[], &body).await
}

#[tokio::test]
async fn a_person_begins_is_let_in_once_and_ends() {
    let town = Town::found();
    let people = ("POST", "/api/v1/people");
    let (status, body) = send(&town, people, SECURITY, &newcomer()).await;
    assert_eq!(status, 201, "{body}");
    let (status, body) = send(&town, people, SECURITY, &newcomer()).await;
    assert_eq!((status, &body["code"]), (409, &json!("person_exists")));
    assert_eq!(let_in(&town, "zhou").await.status, StatusCode::NO_CONTENT);
    let zhou = bearer(&town.service, "zhou").await;
    let session = ("GET", "/api/v1/session");
    assert_eq!(ask(&town.service, &zhou, session, &Value::Null).await.status, StatusCode::OK);

    let (status, body) =
        send(&town, ("POST", "/api/v1/people/zhou/end"), SECURITY, &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    let gone = ask(&town.service, &zhou, session, &Value::Null).await;
    assert_eq!(gone.code(), (401, "signed_out"));
    let again = json!({ "account": "zhou", "password": PASSWORD });
    let again = call(&town.service, ("POST", "/api/v1/sessions"), &[], &again).await;
    assert_eq!(again.code(), (401, "wrong_password"));
    let (status, body) =
        send(&town, ("POST", "/api/v1/people/zhou/end"), SECURITY, &Value::Null).await;
    assert_eq!((status, &body["code"]), (422, &json!("unsound")), "nothing is left to end");
    let report = town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).expect("it reads");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn people_are_kept_by_the_security_administrator_and_nobody_else() {
    let town = Town::found();
    for account in [SYSTEM, "audit_administrator@district", "leader@town", "handler@v01"] {
        for (method, path, body) in [
            ("POST", "/api/v1/people", newcomer()),
            ("POST", "/api/v1/people/handler@v01/end", Value::Null),
            ("PUT", "/api/v1/people/handler@v01/grants", json!({ "grants": [] })),
            ("PUT", "/api/v1/accounts/x", json!({ "person": "handler@v01", "status": "active" })),
            ("POST", "/api/v1/accounts/handler@v01/reset", Value::Null),
            ("POST", "/api/v1/accounts/handler@v01/unlock", Value::Null),
            ("DELETE", "/api/v1/accounts/handler@v01/factor", Value::Null),
            ("POST", "/api/v1/imports/people?name=a.csv", Value::Null),
        ] {
            let (status, told) = send(&town, (method, path), account, &body).await;
            assert_eq!((status, &told["code"]), (403, &json!("not_granted")), "{account} {path}");
        }
    }
}

#[tokio::test]
async fn nobody_administers_oneself_or_another_administrator() {
    let town = Town::found();
    for (person, code) in [(SECURITY, "oneself"), (SYSTEM, "by_operator")] {
        for (method, path, body) in [
            ("POST", format!("/api/v1/people/{person}/end"), Value::Null),
            ("POST", format!("/api/v1/accounts/{person}/reset"), Value::Null),
            ("DELETE", format!("/api/v1/accounts/{person}/factor"), Value::Null),
        ] {
            let (status, told) = send(&town, (method, &path), SECURITY, &body).await;
            assert_eq!((status, &told["code"]), (403, &json!(code)), "{path}");
        }
    }
    let office = json!({ "grants": [{ "role": "system_administrator", "unit": "district" }] });
    let path = "/api/v1/people/handler@v01/grants";
    let (status, told) = send(&town, ("PUT", path), SECURITY, &office).await;
    assert_eq!((status, &told["code"]), (403, &json!("by_operator")));
}

#[tokio::test]
async fn roles_are_granted_changed_and_ended() {
    let town = Town::found();
    let path = "/api/v1/people/handler@v02/grants";
    let odd = json!({ "grants": [{ "role": "emperor", "unit": "v02" }] });
    let (status, told) = send(&town, ("PUT", path), SECURITY, &odd).await;
    assert_eq!((status, &told["code"]), (422, &json!("invalid")));
    let nowhere = json!({ "grants": [{ "role": "handler", "unit": "atlantis" }] });
    let (status, told) = send(&town, ("PUT", path), SECURITY, &nowhere).await;
    assert!(status == 403 || status == 422, "{told}");
    let more = json!({ "grants": [{ "role": "inspector", "unit": "v02", "area": "town" }] });
    assert_eq!(send(&town, ("PUT", path), SECURITY, &more).await.0, 200);
    let person = "handler@v02".into();
    let count = || {
        let rules = town.app.realm().rules();
        rules.grants_of(&person, town.app.realm().now()).count()
    };
    assert_eq!(count(), 2);
    let ended = json!({ "grants": [
        { "role": "inspector", "unit": "v02", "area": "town", "status": "left" },
    ]});
    assert_eq!(send(&town, ("PUT", path), SECURITY, &ended).await.0, 200);
    assert_eq!(count(), 1);
    let many = json!({ "grants": vec![ended["grants"][0].clone(); 51] });
    let (status, told) = send(&town, ("PUT", path), SECURITY, &many).await;
    assert_eq!((status, &told["code"]), (422, &json!("invalid")));

    let now = town.now();
    let deputy = |from: i64, to: i64| {
        json!({
            "person": "inspector@v02", "stands_for": "handler@v02", "from": from, "to": to,
        })
    };
    let deputies = ("POST", "/api/v1/deputies");
    let (status, told) = send(&town, deputies, SECURITY, &deputy(now, now)).await;
    assert_eq!((status, &told["code"]), (422, &json!("unsound")), "no time at all");
    assert_eq!(send(&town, deputies, SECURITY, &deputy(now, now + 86_400_000)).await.0, 200);
    assert_eq!(town.app.realm().rules().deputies.len(), 1);
}

#[tokio::test]
async fn an_account_is_locked_and_a_waiting_one_unlocked() {
    let town = Town::found();
    with_password(&town, &["handler@v01"]);
    let handler = bearer(&town.service, "handler@v01").await;
    let lock = json!({ "person": "handler@v01", "status": "suspended" });
    let add = json!({ "person": "handler@v01", "status": "active" });
    let odd = ("PUT", "/api/v1/accounts/a%20b");
    assert_eq!(send(&town, odd, SECURITY, &add).await.0, 422, "no key");
    assert_eq!(send(&town, ("PUT", "/api/v1/accounts/second"), SECURITY, &add).await.0, 200);
    assert_eq!(let_in(&town, "second").await.status, StatusCode::NO_CONTENT);
    let second = bearer(&town.service, "second").await;
    assert_eq!(send(&town, ("PUT", "/api/v1/accounts/second"), SECURITY, &lock).await.0, 200);
    let session = ("GET", "/api/v1/session");
    let told = ask(&town.service, &second, session, &Value::Null).await;
    assert_eq!(told.code(), (401, "signed_out"));
    let told = ask(&town.service, &handler, session, &Value::Null).await;
    assert_eq!(told.status, StatusCode::OK, "the other account stays");
    let taken = json!({ "person": "inspector@v02", "status": "active" });
    let (status, told) = send(&town, ("PUT", "/api/v1/accounts/second"), SECURITY, &taken).await;
    assert_eq!((status, &told["code"]), (422, &json!("unsound")), "it is somebody else's");

    let guess = json!({ "account": "handler@v01", "password": "guess" });
    for _ in 0..5 {
        call(&town.service, ("POST", "/api/v1/sessions"), &[], &guess).await;
    }
    let right = json!({ "account": "handler@v01", "password": PASSWORD });
    let told = call(&town.service, ("POST", "/api/v1/sessions"), &[], &right).await;
    assert_eq!(told.code(), (429, "locked"));
    let unlock = ("POST", "/api/v1/accounts/handler@v01/unlock");
    assert_eq!(send(&town, unlock, SECURITY, &Value::Null).await.0, 204);
    let told = call(&town.service, ("POST", "/api/v1/sessions"), &[], &right).await;
    assert_eq!(told.status, StatusCode::CREATED);
    let unlock = ("POST", "/api/v1/accounts/nobody/unlock");
    assert_eq!(send(&town, unlock, SECURITY, &Value::Null).await.0, 404);
}

#[tokio::test]
async fn an_account_that_is_locked_or_has_ended_is_given_to_nobody_else() {
    let town = Town::found();
    let people = ("POST", "/api/v1/people");
    assert_eq!(send(&town, people, SECURITY, &newcomer()).await.0, 201);
    let next = json!({
        "id": "wu", "name": "吴某", "accounts": ["zhou"],
        "grants": [{ "role": "handler", "unit": "v02" }],
    });
    let lock = json!({ "person": "zhou", "status": "suspended" });
    for (step, (method, path, body)) in [
        ("in use", ("GET", "/api/v1/people", &Value::Null)),
        ("locked", ("PUT", "/api/v1/accounts/zhou", &lock)),
        ("ended", ("POST", "/api/v1/people/zhou/end", &Value::Null)),
    ] {
        assert_eq!(send(&town, (method, path), SECURITY, body).await.0, 200, "{step}");
        let (status, told) = send(&town, people, SECURITY, &next).await;
        assert_eq!((status, &told["code"]), (422, &json!("unsound")), "{step}");
        let table = "人员编号,账号,姓名,角色,所在单位\nwu,zhou,吴某,handler,v02\n";
        let import = ("POST", "/api/v1/imports/people?name=people.csv");
        let caller = town.caller(SECURITY);
        let (status, _, told) = town.call(import, Some(&caller), &[], table.as_bytes()).await;
        let told: Value = serde_json::from_slice(&told).expect("JSON");
        assert_eq!((status.as_u16(), &told["code"]), (422, &json!("unsound")), "{step}: {told}");
    }
    let taken = town.app.realm().read(|db| bihuan_store::realm::owner(db, &"zhou".into()));
    assert_eq!(taken.expect("it reads"), Some("zhou".into()), "it stays the same person's");
}

#[tokio::test]
async fn a_secret_for_a_new_password_works_once_within_a_day() {
    let town = Town::found();
    let path = "/api/v1/accounts/handler@v01/reset";
    let (_, made) = send(&town, ("POST", path), SECURITY, &Value::Null).await;
    let resets = ("POST", "/api/v1/password-resets");
    let try_it = |password: &str| json!({ "secret": made["secret"], "password": password });
    let told = call(&town.service, resets, &[], &try_it("short")).await;
    assert_eq!(told.code(), (422, "weak_password"));
    let told = call(&town.service, resets, &[], &try_it(PASSWORD)).await;
    assert_eq!(told.status, StatusCode::NO_CONTENT);
    let told = call(&town.service, resets, &[], &try_it(PASSWORD)).await;
    assert_eq!(told.code(), (403, "reset_used"));
    let (_, made) = send(&town, ("POST", path), SECURITY, &Value::Null).await;
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 86_400_001);
    let late = json!({ "secret": made["secret"], "password": PASSWORD });
    let told = call(&town.service, resets, &[], &late).await;
    assert_eq!(told.code(), (403, "reset_used"), "a day later");
}

#[tokio::test]
async fn open_matters_of_who_leaves_are_handed_over_after_a_look() {
    let town = Town::found();
    let matter = town.rectifying().await;
    let name = json!({ "name": { "person": "handler@g11" } });
    let (status, body) = town.act("unit_head@v01", &matter, name).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let wanted = json!({ "from": "handler@g11", "to": "handler@v01", "reason": "调离" });
    let preview = ("POST", "/api/v1/hand-overs?preview=true");
    let (status, told) = send(&town, preview, "dispatcher@town", &wanted).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["matters"][0]["matter"], json!(matter));
    // Who sees nothing of it is told how many there are, and no more.
    let (_, unseen) = send(&town, preview, "inspector@v02", &wanted).await;
    assert_eq!((&unseen["matters"], &unseen["rest"]), (&json!([]), &json!(1)));
    let (status, done) =
        send(&town, ("POST", "/api/v1/hand-overs"), "dispatcher@town", &wanted).await;
    assert_eq!(status, 200, "{done}");
    assert_eq!(told["matters"], done["matters"], "the preview said so");
    assert!(done["matters"][0].get("problem").is_none(), "{done}");
    let (_, rest) = send(&town, preview, "dispatcher@town", &wanted).await;
    assert_eq!(rest, json!({ "matters": [], "rest": 0 }));
    // Administrators see no matters, and so are not told how many somebody owes.
    for account in ["stranger", SYSTEM, SECURITY, "audit_administrator@district"] {
        let (status, told) = send(&town, preview, account, &wanted).await;
        assert_eq!((status, &told["code"]), (403, &json!("not_official")), "{account}");
    }
}

#[tokio::test]
async fn an_administrator_whose_office_is_held_back_is_still_kept_at_the_machine() {
    let town = Town::found();
    let office = |status: &str| MembershipRow {
        role: "system_administrator".into(),
        unit: "district".into(),
        area: "district".into(),
        from: None,
        to: None,
        status: status.into(),
    };
    let chief = |status: &str| PersonRow {
        id: "chief".into(),
        name: "吴某".into(),
        identity: None,
        telephone: None,
        accounts: vec!["chief".into()],
        memberships: vec![office(status)],
    };
    town.app.realm().change(Change::People(vec![chief("suspended")])).expect("a sound change");
    let own = json!({ "person": "chief", "status": "active" });
    let role = json!({ "grants": [{ "role": "handler", "unit": "v02" }] });
    for (method, path, body) in [
        ("POST", "/api/v1/people/chief/end", &Value::Null),
        ("PUT", "/api/v1/people/chief/grants", &role),
        ("PUT", "/api/v1/accounts/second", &own),
        ("POST", "/api/v1/accounts/chief/reset", &Value::Null),
    ] {
        let (status, told) = send(&town, (method, path), SECURITY, body).await;
        assert_eq!((status, &told["code"]), (403, &json!("by_operator")), "{path}");
    }
    let table = "人员编号,账号,姓名,角色,所在单位\nchief,second,吴某,handler,v02\n";
    let path = "/api/v1/imports/people?name=people.csv";
    let caller = town.caller(SECURITY);
    let (status, _, told) = town.call(("POST", path), Some(&caller), &[], table.as_bytes()).await;
    let told: Value = serde_json::from_slice(&told).expect("JSON");
    assert_eq!((status.as_u16(), &told["code"]), (403, &json!("by_operator")), "{told}");
    // An office that has ended is none any more.
    town.app.realm().change(Change::People(vec![chief("left")])).expect("a sound change");
    let (status, told) = send(&town, ("PUT", "/api/v1/accounts/second"), SECURITY, &own).await;
    assert_eq!(status, 200, "{told}");
}

#[tokio::test]
async fn whoever_is_shown_people_is_on_the_trail() {
    let town = Town::found();
    let (status, list) = send(&town, ("GET", "/api/v1/people"), SECURITY, &Value::Null).await;
    assert_eq!(status, 200, "{list}");
    let (status, _) = send(&town, ("GET", "/api/v1/people"), "handler@v01", &Value::Null).await;
    assert_eq!(status, 403);
    let audit = "/api/v1/audit?act=people_seen";
    let auditor = "audit_administrator@district";
    let (_, trail) = send(&town, ("GET", audit), auditor, &Value::Null).await;
    let entries = trail["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1, "who was shown nothing is not");
    assert_eq!(entries[0]["account"], SECURITY);
    assert_eq!(entries[0]["rows"].as_u64(), list["people"].as_array().map(|it| it.len() as u64));
}
