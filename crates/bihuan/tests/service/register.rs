//! Registers as those who work in the realm read them: entries by unit and words, texts beside
//! their fields, and sealed fields for those who keep the entry.

use crate::town::{STRANGER, Town};
use axum::http::StatusCode;
use bihuan_core::id::PersonId;
use bihuan_core::pack::PackFiles;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::rules::{Change, EntryRow, RegisterRows};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const REGISTER: &str = r#"
[[register]]
id = "crew"
title = { zh = "养护队", en = "Crew" }
fields = [
  { id = "fee", title = { zh = "每月养护费", en = "Fee a month" }, type = "money", required = true },
  { id = "remark", title = { zh = "说明", en = "Remark" }, type = "text" },
  { id = "contact", title = { zh = "联系人", en = "Contact" }, type = "text", sealed = true },
]
"#;

/// A pack of the repository with a register, as a revision that is not published yet.
fn pack(name: &str) -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(name);
    let mut files = bihuan::pack_folder::read(&folder).expect("a pack").files;
    let text = String::from_utf8(files["pack.toml"].clone()).expect("UTF-8");
    let text = text.replacen("rev = 1", "rev = 2", 1) + REGISTER;
    files.insert("pack.toml".into(), text.into_bytes());
    PackFiles { files }
}

fn entry(id: String, unit: &str, ended: bool) -> EntryRow {
    EntryRow {
        title: Text::new(format!("养护{id}队"), format!("crew {id}")),
        unit: unit.into(),
        person: Some(PersonId::from("handler@v01")),
        from: None,
        to: ended.then_some(Instant(1)),
        fields: BTreeMap::from([
            ("fee".to_owned(), json!(120_000)),
            ("remark".to_owned(), json!("只在白天")),
            ("contact".to_owned(), json!("王小二")),
        ]),
        id,
    }
}

fn registered(name: &str, entries: Vec<EntryRow>) -> Town {
    let town = Town::found();
    let rows = RegisterRows { pack: name.into(), register: "crew".into(), entries };
    for change in [Change::Pack(pack(name)), Change::Register(rows)] {
        town.app.realm().change(change).expect("a sound change");
    }
    town
}

async fn read(town: &Town, account: &str, path: &str) -> (StatusCode, Value) {
    town.send(("GET", &format!("/api/v1/registers/{path}")), account, &Value::Null).await
}

fn ids(said: &Value) -> Vec<&str> {
    let entries = said["entries"].as_array().expect("entries");
    entries.iter().map(|it| it["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn entries_are_read_with_their_texts_and_sealed_ones_by_their_keepers() {
    let entries = vec![entry("a1".into(), "v01", false), entry("b1".into(), "v02", true)];
    let town = registered("sanitation", entries);
    let path = "sanitation/crew";
    let (status, said) = read(&town, "handler@v02", path).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert_eq!((&said["title"]["zh"], ids(&said)), (&json!("养护队"), vec!["a1", "b1"]));
    let first = &said["entries"][0];
    assert_eq!((&first["holds"], &said["entries"][1]["holds"]), (&json!(true), &json!(false)));
    assert_eq!(first["person"]["name"], "handler@v01 的姓名");
    let remark = first["fields"]["remark"]["ref"].as_str().expect("a reference");
    assert_eq!(first["texts"][remark], "只在白天");
    assert_eq!(first["fields"]["fee"], json!({ "int": 120_000 }));
    assert!(!said.to_string().contains("王小二"), "a sealed field: {said}");
    let (_, kept) = read(&town, "dispatcher@town", path).await;
    assert!(kept.to_string().contains("王小二"), "the desk keeps it: {kept}");
    for (query, found) in
        [("unit=v01", vec!["a1"]), ("q=yhb1", vec!["b1"]), ("after=a1", vec!["b1"])]
    {
        let (_, said) = read(&town, "handler@v02", &format!("{path}?{query}")).await;
        assert_eq!(ids(&said), found, "{query}");
    }
    for path in ["sanitation/none", "none/crew"] {
        assert_eq!(read(&town, "handler@v02", path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let (status, said) = read(&town, STRANGER, path).await;
    assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!("not_official")));
    let path = format!("/api/v1/registers/{path}");
    let (status, _, _) = town.call(("GET", &path), None, &[], b"").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_register_of_a_sealed_pack_is_not_there_for_others() {
    let town = registered("dispute", vec![entry("a1".into(), "v01", false)]);
    let (status, said) = read(&town, "leader@town", "dispute/crew").await;
    assert_eq!((status, &said["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[tokio::test]
async fn a_long_register_comes_in_pages() {
    let entries = (0..1_001).map(|it| entry(format!("e{it:04}"), "v01", false)).collect();
    let town = registered("sanitation", entries);
    let (_, first) = read(&town, "handler@v02", "sanitation/crew").await;
    assert_eq!((ids(&first).len(), &first["next"]), (1_000, &json!("e0999")));
    let (_, last) = read(&town, "handler@v02", "sanitation/crew?after=e0999").await;
    assert_eq!((ids(&last), last.get("next")), (vec!["e1000"], None));
}
