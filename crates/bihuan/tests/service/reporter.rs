//! Who reported a matter: kept apart, shown once, for a reason, with a second person's consent.

use crate::town::Town;
use bihuan_store::verify::verify;
use serde_json::{Value, json};

const NAME: &str = "郑某某";

async fn send(town: &Town, address: (&str, &str), account: &str, body: &Value) -> (u16, Value) {
    let (status, body) = town.send(address, account, body).await;
    (status.as_u16(), body)
}

fn path(matter: &str, rest: &str) -> String {
    format!("/api/v1/matters/{matter}/reporter{rest}")
}

/// A matter at work in v01, of which it is kept who reported it.
async fn kept(town: &Town) -> String {
    let matter = town.rectifying().await;
    let who = json!({ "name": NAME, "telephone": "139 0000 0000" });
    let (status, body) = send(town, ("PUT", &path(&matter, "")), "intake@town", &who).await;
    assert_eq!(status, 204, "{body}");
    matter
}

/// A request of the dispatcher's.
async fn asked(town: &Town, matter: &str) -> String {
    let reveals = path(matter, "/reveals");
    let why = json!({ "reason": "回访核实" });
    let (status, body) = send(town, ("POST", &reveals), "dispatcher@town", &why).await;
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn it_is_shown_once_to_whoever_asked_with_a_second_person_s_consent() {
    let town = Town::found();
    let matter = kept(&town).await;
    let reveal = asked(&town, &matter).await;
    let open = path(&matter, &format!("/reveals/{reveal}/open"));
    let consent = path(&matter, &format!("/reveals/{reveal}/consent"));
    let yes = json!({ "approve": true });
    let (status, body) = send(&town, ("POST", &open), "dispatcher@town", &Value::Null).await;
    assert_eq!((status, &body["code"]), (409, &json!("nothing_waits")), "nobody consented");
    let (status, _) = send(&town, ("POST", &consent), "dispatcher@town", &yes).await;
    assert_eq!(status, 409, "who asked does not consent");
    assert_eq!(send(&town, ("POST", &consent), "intake@town", &yes).await.0, 204);
    let (status, _) = send(&town, ("POST", &open), "intake@town", &Value::Null).await;
    assert_eq!(status, 409, "it is shown to whoever asked");
    let (status, body) = send(&town, ("POST", &open), "dispatcher@town", &Value::Null).await;
    assert_eq!((status, &body["name"]), (200, &json!(NAME)));
    let (status, _) = send(&town, ("POST", &open), "dispatcher@town", &Value::Null).await;
    assert_eq!(status, 409, "once");

    let auditor = "audit_administrator@district";
    let audit = format!("/api/v1/audit?matter={matter}");
    let (_, trail) = send(&town, ("GET", &audit), auditor, &Value::Null).await;
    let acts: Vec<&str> = trail["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|it| it["act"].as_str())
        .collect();
    assert_eq!(acts, ["revealed", "reveal_approved", "reveal_asked", "reporter_kept"]);
    assert_eq!(trail["entries"][2]["reason"], "回访核实");
    assert!(!trail.to_string().contains(NAME), "the trail names nobody");
    let report = town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).expect("it reads");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn whoever_fixes_it_never_learns_it_and_nobody_finds_it_elsewhere() {
    let town = Town::found();
    let matter = kept(&town).await;
    let reveal = asked(&town, &matter).await;
    let consent = path(&matter, &format!("/reveals/{reveal}/consent"));
    for (account, status) in [("handler@v01", 403), ("unit_head@v01", 403), ("handler@v02", 404)] {
        let why = json!({ "reason": "x" });
        let asks = path(&matter, "/reveals");
        assert_eq!(send(&town, ("POST", &asks), account, &why).await.0, status, "{account}");
        let yes = json!({ "approve": true });
        assert_eq!(send(&town, ("POST", &consent), account, &yes).await.0, status, "{account}");
        let shows = path(&matter, "");
        assert_eq!(send(&town, ("GET", &shows), account, &Value::Null).await.0, status);
    }
    for account in ["handler@v01", "dispatcher@town", "leader@town"] {
        let life = format!("/api/v1/matters/{matter}");
        let (status, body) = send(&town, ("GET", &life), account, &Value::Null).await;
        assert!(status != 200 || !body.to_string().contains(NAME), "{account}");
    }
    let (_, shown) = send(&town, ("GET", &path(&matter, "")), "leader@town", &Value::Null).await;
    assert!(!shown.to_string().contains(NAME), "{shown}");
}

#[tokio::test]
async fn a_request_is_refused_or_lapses_and_what_is_kept_does_not_change() {
    let town = Town::found();
    let matter = kept(&town).await;
    let other = json!({ "name": "别人" });
    let (status, body) = send(&town, ("PUT", &path(&matter, "")), "intake@town", &other).await;
    assert_eq!((status, &body["code"]), (409, &json!("reporter_kept")));
    let refused = asked(&town, &matter).await;
    let consent = |it: &str| path(&matter, &format!("/reveals/{it}/consent"));
    let (yes, no) = (json!({ "approve": true }), json!({ "approve": false }));
    assert_eq!(send(&town, ("POST", &consent(&refused)), "intake@town", &no).await.0, 204);
    assert_eq!(send(&town, ("POST", &consent(&refused)), "intake@town", &yes).await.0, 409);
    let late = asked(&town, &matter).await;
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 86_400_001);
    assert_eq!(send(&town, ("POST", &consent(&late)), "intake@town", &yes).await.0, 409, "a day");
    let (_, shown) = send(&town, ("GET", &path(&matter, "")), "intake@town", &Value::Null).await;
    let statuses: Vec<&str> = shown["reveals"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["status"].as_str())
        .collect();
    assert_eq!(
        (shown["status"].as_str(), &statuses[..]),
        (Some("kept"), &["lapsed", "refused"][..])
    );
    let nothing = town.opened().await;
    let why = json!({ "reason": "x" });
    let asks = path(&nothing, "/reveals");
    assert_eq!(send(&town, ("POST", &asks), "intake@town", &why).await.0, 404, "nothing is kept");
    let empty = json!({ "reason": " " });
    let asks = path(&matter, "/reveals");
    assert_eq!(send(&town, ("POST", &asks), "intake@town", &empty).await.0, 422);
    let odd = json!({ "name": "x", "telephone": "call me" });
    assert_eq!(send(&town, ("PUT", &path(&nothing, "")), "intake@town", &odd).await.0, 422);
}
