//! Deadlines in a calendar program: whose they are, what they say, and that a secret that was
//! replaced or taken away reads nothing.

use crate::town::{STRANGER, Town};
use axum::http::{StatusCode, header};
use bihuan_core::id::{PersonId, RoleId};
use bihuan_store::rules::{Change, MembershipRow};
use serde_json::Value;
use std::collections::BTreeMap;

const FEED: &str = "/api/v1/calendar-feed";

async fn made(town: &Town, account: &str) -> String {
    let (status, said) = town.send(("POST", FEED), account, &Value::Null).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    said["path"].as_str().expect("a path").to_owned()
}

/// The feed as its lines, put together where the format folds them; nothing where it is refused.
async fn read(town: &Town, path: &str) -> Option<Vec<String>> {
    let (status, headers, bytes) = town.call(("GET", path), None, &[], b"").await;
    if status == StatusCode::NOT_FOUND {
        return None;
    }
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    assert!(text.lines().all(|it| it.len() <= 75), "lines are folded: {text}");
    let text = text.replace("\r\n ", "");
    Some(text.lines().map(|it| it.trim_end().to_owned()).collect())
}

fn all<'a>(lines: &'a [String], name: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|it| it.strip_prefix(name)?.strip_prefix(':')).collect()
}

#[tokio::test]
async fn each_finds_own_deadlines_and_no_words_of_anybody() {
    let town = Town::found();
    let matter = town.rectifying().await;
    let handler = made(&town, "handler@v01").await;
    let lines = read(&town, &handler).await.expect("a calendar");
    assert_eq!((lines[0].as_str(), lines.len() > 5), ("BEGIN:VCALENDAR", true));
    assert_eq!(all(&lines, "UID"), [format!("{matter}@bihuan")]);
    assert_eq!(all(&lines, "SUMMARY"), ["HW-2103-00001 暴露垃圾 · v01"]);
    assert_eq!(all(&lines, "DESCRIPTION"), ["整改中"]);
    // Dispatched at 8:30, four working hours: until 15:00, which is 7:00 in UTC.
    let ends = all(&lines, "DTEND");
    assert!(ends.len() == 1 && ends[0].starts_with("20210301T0700"), "{ends:?}");
    let told = lines.join("\n");
    assert!(!told.contains("路边") && !told.contains("姓名") && !told.contains("清运"), "{told}");
    let english = read(&town, &format!("{handler}&lang=en")).await.expect("a calendar");
    assert_eq!(all(&english, "SUMMARY"), ["HW-2103-00001 Exposed refuse · v01"]);

    for who in ["handler@v02", "dispatcher@town", "inspector@v01", STRANGER] {
        let lines = read(&town, &made(&town, who).await).await.expect("a calendar");
        assert_eq!(all(&lines, "UID"), [] as [&str; 0], "{who} owes nothing");
    }
}

#[tokio::test]
async fn a_program_that_asks_again_is_told_that_nothing_changed() {
    let town = Town::found();
    town.rectifying().await;
    let path = made(&town, "handler@v01").await;
    let (_, headers, _) = town.call(("GET", &path), None, &[], b"").await;
    let tag = headers[header::ETAG].to_str().expect("a tag").to_owned();
    let asked = [("if-none-match", tag.as_str())];
    let (status, _, _) = town.call(("GET", &path), None, &asked, b"").await;
    assert_eq!(status, StatusCode::NOT_MODIFIED);
    town.rectifying().await;
    let (status, _, _) = town.call(("GET", &path), None, &asked, b"").await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_reads_until_it_is_replaced_taken_away_or_its_rights_end() {
    let town = Town::found();
    town.rectifying().await;
    let first = made(&town, "handler@v01").await;
    let second = made(&town, "handler@v01").await;
    assert_ne!(first, second);
    assert_eq!(read(&town, &first).await, None, "replaced");
    assert!(read(&town, &second).await.is_some());

    let person = PersonId::from("handler@v01");
    let none = ["handler", "acceptor"].map(|role| MembershipRow {
        role: RoleId::from(role),
        unit: if role == "handler" { "v01".into() } else { "district".into() },
        area: if role == "handler" { "v01".into() } else { "district".into() },
        from: None,
        to: None,
        status: "suspended".into(),
    });
    let change = Change::Memberships(BTreeMap::from([(person, none.to_vec())]));
    town.app.realm().change(change).expect("a sound change");
    let lines = read(&town, &second).await.expect("a calendar");
    assert_eq!(all(&lines, "UID"), [] as [&str; 0], "the role is gone, and with it the deadline");

    let end = town.send(("DELETE", FEED), "handler@v01", &Value::Null).await;
    assert_eq!(end.0, StatusCode::NO_CONTENT);
    assert_eq!(read(&town, &second).await, None, "taken away");
    let again = town.send(("DELETE", FEED), "handler@v01", &Value::Null).await;
    assert_eq!(again.0, StatusCode::NOT_FOUND);
    for odd in ["/api/v1/calendar.ics?token=", "/api/v1/calendar.ics?token=0"] {
        assert_eq!(read(&town, odd).await, None, "{odd}");
    }
    for method in ["POST", "DELETE"] {
        let (status, _, _) = town.call((method, FEED), None, &[], b"").await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method}");
    }
    let (status, said) = town.send(("GET", "/api/v1/calendar.ics"), STRANGER, &Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
}
