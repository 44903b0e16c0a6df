//! How long personal content is kept: what has a period goes after it, by a recorded act; what is
//! held back stays; what persons ask for is answered; what they are told has versions.

use crate::town::Town;
use bihuan::http::notice::stamped;
use bihuan::job::retention::once;
use bihuan_store::verify::verify;
use serde_json::{Value, json};

const SECURITY: &str = "security_administrator@district";
const SYSTEM: &str = "system_administrator@district";
const DAY_MS: i64 = 86_400_000;

async fn send(town: &Town, address: (&str, &str), account: &str, body: &Value) -> (u16, Value) {
    let (status, body) = town.send(address, account, body).await;
    (status.as_u16(), body)
}

fn later(town: &Town, days: i64) {
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + days * DAY_MS);
}

/// A matter that was rejected, so that it has ended, and of which it is kept who reported it.
async fn ended(town: &Town) -> String {
    let matter = town.opened().await;
    let who = json!({ "name": "郑某某", "telephone": "13900000000" });
    let path = format!("/api/v1/matters/{matter}/reporter");
    assert_eq!(send(town, ("PUT", &path), "intake@town", &who).await.0, 204);
    let void = json!({ "move": { "id": "void", "reason": "not_met" } });
    let (status, body) = town.act("intake@town", &matter, void).await;
    assert_eq!(status.as_u16(), 200, "{body}");
    matter
}

fn periods(what: &[&str], days: i64) -> Value {
    let one = |it: &&str| json!({ "pack": "sanitation", "what": it, "days": days });
    json!({ "periods": what.iter().map(one).collect::<Vec<_>>() })
}

#[tokio::test]
async fn what_has_a_period_goes_after_it_and_the_rest_is_kept() {
    let town = Town::found();
    let matter = ended(&town).await;
    let open = town.opened().await;
    let put = ("PUT", "/api/v1/retention");
    let set = periods(&["title", "reporter", "files"], 30);
    assert_eq!(send(&town, put, SYSTEM, &set).await.0, 204);
    let due = ("GET", "/api/v1/retention/due");
    assert_eq!(once(&town.app).await.expect("it looks"), (0, 0), "nothing is old");
    later(&town, 31);
    let (status, told) = send(&town, due, SECURITY, &Value::Null).await;
    assert_eq!(status, 200, "{told}");
    let list = told["due"].as_array().expect("a list");
    assert!(list.len() == 3 && list.iter().all(|it| it["matter"] == json!(matter)), "{told}");
    assert_eq!(once(&town.app).await.expect("it looks"), (2, 1));
    assert_eq!(once(&town.app).await.expect("it looks"), (0, 0), "it is gone");
    let path = format!("/api/v1/matters/{matter}/reporter");
    let (_, shown) = send(&town, ("GET", &path), "intake@town", &Value::Null).await;
    assert_eq!(shown["status"], "erased");
    let (status, life) =
        send(&town, ("GET", &format!("/api/v1/matters/{open}")), "intake@town", &Value::Null).await;
    assert_eq!((status, life.to_string().contains("路边垃圾")), (200, true), "what is open stays");
    let report = town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).expect("it reads");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn what_is_held_back_stays_whoever_asks() {
    let town = Town::found();
    let matter = ended(&town).await;
    assert_eq!(
        send(&town, ("PUT", "/api/v1/retention"), SYSTEM, &periods(&["title"], 30)).await.0,
        204
    );
    later(&town, 31);
    let path = format!("/api/v1/holds/{matter}");
    let why = json!({ "reason": "信访复查中", "until": town.now() + 10 * DAY_MS });
    assert_eq!(send(&town, ("PUT", &path), SECURITY, &why).await.0, 204);
    let (_, told) = send(&town, ("GET", "/api/v1/holds"), SECURITY, &Value::Null).await;
    assert_eq!(
        (&told["holds"][0]["matter"], &told["holds"][0]["reason"]),
        (&json!(matter), &json!("信访复查中"))
    );
    assert_eq!(once(&town.app).await.expect("it looks"), (0, 0));
    let realm = town.app.realm();
    let title = realm.read(|db| {
        let sql = "SELECT ref FROM content WHERE kind = 'title'";
        db.first(sql, &[], |row| Ok(row.text(0)?.to_owned()))
    });
    let title = bihuan_core::content::ContentRef(title.expect("it reads").expect("a title"));
    let erase = bihuan_store::rules::Change::Erase(vec![title]);
    assert!(realm.change(erase).is_err(), "not the operator either");
    later(&town, 11);
    assert_eq!(once(&town.app).await.expect("it looks"), (1, 0), "the hold is over");
    assert_eq!(send(&town, ("DELETE", &path), SECURITY, &Value::Null).await.0, 404, "by itself");
    let nothing = format!("/api/v1/holds/{}", town.id());
    let why = json!({ "reason": "x" });
    assert_eq!(send(&town, ("PUT", &nothing), SECURITY, &why).await.0, 404);
    let past = json!({ "reason": "x", "until": 1 });
    assert_eq!(send(&town, ("PUT", &path), SECURITY, &past).await.0, 422);
}

#[tokio::test]
async fn periods_have_limits_and_their_keeper() {
    let town = Town::found();
    let put = ("PUT", "/api/v1/retention");
    for odd in [
        periods(&["title"], 29),
        periods(&["title"], 36_501),
        periods(&["no_such_field"], 365),
        periods(&[], 365),
        json!({ "periods": [{ "pack": "nothing", "what": "title", "days": 365 }] }),
    ] {
        let (status, told) = send(&town, put, SYSTEM, &odd).await;
        assert_eq!((status, &told["code"]), (422, &json!("invalid")), "{odd}");
    }
    let good = periods(&["title"], 365);
    for (account, address, body) in [
        (SECURITY, put, &good),
        (SYSTEM, ("GET", "/api/v1/retention/due"), &Value::Null),
        (SYSTEM, ("GET", "/api/v1/holds"), &Value::Null),
        ("leader@town", ("GET", "/api/v1/person-requests"), &Value::Null),
    ] {
        let (status, told) = send(&town, address, account, body).await;
        assert_eq!((status, &told["code"]), (403, &json!("not_granted")), "{account} {address:?}");
    }
    assert_eq!(send(&town, put, SYSTEM, &good).await.0, 204);
    let (_, told) = send(&town, ("GET", "/api/v1/retention"), SECURITY, &Value::Null).await;
    assert_eq!(told, good);
    let kept = json!({ "periods": [{ "pack": "sanitation", "what": "title", "days": null }] });
    assert_eq!(send(&town, put, SYSTEM, &kept).await.0, 204);
    let (_, told) = send(&town, ("GET", "/api/v1/retention"), SECURITY, &Value::Null).await;
    assert_eq!(told, json!({ "periods": [] }));
}

#[tokio::test]
async fn a_request_of_a_person_has_a_clock_and_one_outcome() {
    let town = Town::found();
    let all = "/api/v1/person-requests";
    let wanted = json!({
        "kind": "correct", "text": "郑某某，持身份证到场：电话登记有误", "due_at": town.now() + 30 * DAY_MS,
    });
    let (status, made) = send(&town, ("POST", all), SECURITY, &wanted).await;
    assert_eq!(status, 201, "{made}");
    let (_, list) = send(&town, ("GET", all), SECURITY, &Value::Null).await;
    assert_eq!(
        (&list["requests"][0]["kind"], &list["requests"][0]["overdue"]),
        (&json!("correct"), &json!(false))
    );
    later(&town, 31);
    let (_, list) = send(&town, ("GET", all), SECURITY, &Value::Null).await;
    assert_eq!(list["requests"][0]["overdue"], true);
    let path = format!("{all}/{}/outcome", made["id"].as_str().expect("an id"));
    let done = json!({ "outcome": "granted", "note": "已更正" });
    assert_eq!(send(&town, ("POST", &path), SECURITY, &done).await.0, 204);
    assert_eq!(send(&town, ("POST", &path), SECURITY, &done).await.0, 404, "once");
    for never in [town.now() - 1, i64::MIN, i64::MAX] {
        let never = json!({ "kind": "see", "text": "x", "due_at": never });
        assert_eq!(send(&town, ("POST", all), SECURITY, &never).await.0, 422);
    }
    let audit = "/api/v1/audit?act=requests_seen,request_entered,request_decided";
    let (_, trail) =
        send(&town, ("GET", audit), "audit_administrator@district", &Value::Null).await;
    assert_eq!(trail["entries"].as_array().map(Vec::len), Some(4));
    assert!(!trail.to_string().contains("郑某某"), "{trail}");
}

#[tokio::test]
async fn the_notice_has_versions_and_a_stamp_that_nobody_makes_up() {
    let town = Town::found();
    let newest = "/api/v1/notice";
    assert_eq!(send(&town, ("GET", newest), "stranger", &Value::Null).await.0, 404);
    let text = |it: &str| json!({ "text": { "zh": it, "en": it } });
    assert_eq!(send(&town, ("POST", newest), "leader@town", &text("a")).await.0, 403);
    assert_eq!(send(&town, ("POST", newest), SYSTEM, &text(" ")).await.0, 422);
    for (no, it) in ["一", "二"].iter().enumerate() {
        let (status, made) = send(&town, ("POST", newest), SYSTEM, &text(it)).await;
        assert_eq!((status, &made["rev"]), (201, &json!(no + 1)));
    }
    // Whoever reports is nobody in particular.
    let (status, told) = town.post("/api/v1/notice/1/accept", None, &Value::Null).await;
    assert_eq!((status.as_u16(), &told["code"]), (409, &json!("notice_changed")));
    let (status, told) = town.post("/api/v1/notice/2/accept", None, &Value::Null).await;
    assert_eq!(status.as_u16(), 201, "{told}");
    let stamp = told["stamp"].as_str().expect("a stamp").to_owned();
    let said = stamped(town.app.realm(), &stamp).expect("it reads");
    assert_eq!(said.map(|it| it.rev), Some(2));
    assert_eq!(stamped(town.app.realm(), "AAAA").expect("it reads"), None);
    later(&town, 2);
    assert_eq!(stamped(town.app.realm(), &stamp).expect("it reads"), None, "two days later");
    let (_, first) = send(&town, ("GET", "/api/v1/notice/1"), "stranger", &Value::Null).await;
    assert_eq!(first["text"]["zh"], "一", "it stays what it was");
}
