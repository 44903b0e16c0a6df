//! Two worlds that differ in one secret record: to whoever may not see it, every address that is
//! read answers with the same bytes in both.
//!
//! Invariant: what may differ is named here, and tells no more than how much was recorded.

use crate::crowd::{Crowd, Heard, WHO, dispute, get};
use crate::town::Town;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Places in a list, which are sealed anew each time.
const CURSORS: [&str; 2] = ["next", "cursor"];
/// Fields that say where the record stands, wherever they are told.
const LOG_POSITIONS: [&str; 7] =
    ["seq", "first_seq", "last_seq", "root", "as_of_seq", "proof", "inclusion"];

/// Fields that say when the answer was made.
const MOMENTS: [&str; 2] = ["now", "delivered_at"];

/// Headers of each answer's own: its length follows from what is hidden, its name is drawn.
const OWN: [&str; 2] = ["content-length", "x-request-id"];
/// Addresses that tell nothing else: officials compare them with their receipts.
const OF_THE_RECORD: &str = "/api/v1/record/";
/// Addresses that tell who did what when: the two towns were asked at different moments, and an
/// entry is named by its place in the record.
const OF_THE_TRAIL: &str = "/api/v1/audit";

/// The same town once more: its database copied, its clock the same.
fn copied(town: &Town) -> Town {
    let dir = tempfile::tempdir().expect("a folder");
    let realm = town.app.realm();
    let from = realm.dir.clone();
    std::fs::create_dir(dir.path().join("files")).expect("a folder for files");
    // Nobody writes while it is copied, so the files of the database fit together.
    for entry in std::fs::read_dir(&from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_owned();
        if path.is_file() && !name.to_string_lossy().contains("lock") {
            std::fs::copy(&path, dir.path().join(name)).expect("a copy");
        }
    }
    copy_tree(&from.join("files"), &dir.path().join("files"));
    town.another(dir)
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// An answer without what may differ.
#[derive(PartialEq)]
struct Answer {
    status: StatusCode,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

fn comparable(heard: &Heard) -> Answer {
    let headers = heard.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let mut headers: Vec<_> = headers.filter(|it| !OWN.contains(&it.0.as_str())).collect();
    headers.sort();
    let body = match serde_json::from_slice::<Value>(&heard.body) {
        Ok(mut told) => {
            // A tag is of all bytes, the moment among them.
            let text = told.to_string();
            if MOMENTS.iter().any(|it| text.contains(&format!("\"{it}\""))) {
                headers.retain(|it| it.0 != "etag");
            }
            hide(&mut told);
            told.to_string().into_bytes()
        }
        Err(_) => heard.body.clone(),
    };
    Answer { status: heard.status, headers, body }
}

fn hide(told: &mut Value) {
    match told {
        Value::Array(all) => all.iter_mut().for_each(hide),
        Value::Object(fields) => {
            let differs = |it: &str| LOG_POSITIONS.contains(&it) || MOMENTS.contains(&it);
            fields.retain(|name, _| !differs(name));
            for (_, cursor) in fields.iter_mut().filter(|it| CURSORS.contains(&it.0.as_str())) {
                *cursor = json!(cursor.is_string());
            }
            fields.values_mut().for_each(hide);
        }
        _ => {}
    }
}

/// The same town twice: as it is, and with what a secret record adds.
struct Worlds {
    crowd: Crowd,
    /// A copy too, so that both were opened alike.
    here: Town,
    there: Town,
}

impl Worlds {
    async fn gather() -> Worlds {
        let crowd = Crowd::gather().await;
        let (here, there) = (copied(&crowd.town), copied(&crowd.town));
        Worlds { crowd, here, there }
    }
}

/// What differs between two worlds for somebody.
async fn differences(worlds: &Worlds, who: &str, addresses: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for address in addresses {
        let here = get(&worlds.here, address, worlds.crowd.caller(who)).await;
        let there = get(&worlds.there, address, worlds.crowd.caller(who)).await;
        let (here, there) = (comparable(&here), comparable(&there));
        if here != there {
            let told = |it: &Answer| {
                let text: String = String::from_utf8_lossy(&it.body).chars().take(300).collect();
                format!("{} {text}", it.status)
            };
            all.push(format!("{address}: {} and {}", told(&here), told(&there)));
        }
    }
    all
}

/// Nobody of `who` notices what `secret` added to the second world; whoever may see it does.
async fn check(worlds: &Worlds, (secret, sees): (&str, &str), who: &[&str]) {
    for town in [&worlds.here, &worlds.there] {
        bihuan::job::message::once(town.app.realm()).expect("messages are delivered");
    }
    let mut addresses = worlds.crowd.addresses();
    // Of their queries, which `secret.rs` tries, only places and boxes.
    let is_asked = |it: &str| !it.contains('?') || it.contains("?at=") || it.contains("?box=");
    let is_apart = |it: &str| it.starts_with(OF_THE_RECORD) || it.starts_with(OF_THE_TRAIL);
    addresses.retain(|it| !is_apart(it) && is_asked(it));
    addresses.push(format!("/api/v1/matters/{secret}"));
    addresses.push(format!("/api/v1/matters/{secret}/files"));
    let mut faults = String::new();
    for who in who {
        for it in differences(worlds, who, &addresses).await {
            writeln!(faults, "{who} {it}").expect("text");
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
    let noticed = differences(worlds, sees, &addresses).await;
    assert!(!noticed.is_empty(), "{sees} sees it, and yet nothing differs");
}

#[tokio::test]
async fn a_sealed_dispute_changes_no_answer_to_whoever_is_not_on_the_case() {
    let worlds = Worlds::gather().await;
    let secret = dispute(&worlds.there, "v02").await;
    check(&worlds, (&secret, "mediation_desk@town"), &WHO).await;
}

#[tokio::test]
async fn a_matter_of_another_village_changes_no_answer_to_whoever_does_not_see_it() {
    let worlds = Worlds::gather().await;
    let there = &worlds.there;
    let secret = there.id();
    let (status, said) = there.act("inspector@v02", &secret, there.opening("v02")).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let apart = ["signed_out", "stranger", "resident", "inspector", "handler", "unit_head"];
    let apart = [&apart[..], &["system", "security", "audit", "ended"]].concat();
    check(&worlds, (&secret, "dispatcher"), &apart).await;
    assert_eq!(there.act("handler", &secret, json!({ "note": { "text": "x" } })).await.0, 404);
}
