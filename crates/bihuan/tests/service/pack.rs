//! Packs as a client reads them: whole, as a graph, as a picture, and what the realm lacks for one.

use crate::town::{STRANGER, Town};
use axum::http::{StatusCode, header};
use bihuan_core::place::Datum;
use bihuan_core::text::Text;
use bihuan_core::unit::Unit;
use bihuan_store::rules::{AreaRow, Change};
use serde_json::{Value, json};

async fn good(town: &Town, account: &str, path: &str) -> Value {
    let (status, said) = town.send(("GET", path), account, &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{path}: {said}");
    said
}

#[tokio::test]
async fn a_pack_tells_all_that_a_form_is_made_of() {
    let town = Town::found();
    let list = good(&town, "handler@v01", "/api/v1/packs").await;
    let head = &list["packs"][0];
    assert_eq!((&head["id"], &head["compartment"]), (&json!("sanitation"), &json!("open")));
    let pack = good(&town, "handler@v01", "/api/v1/packs/sanitation").await;
    assert_eq!(pack["rev"], head["rev"]);
    let class = pack["classes"].as_array().expect("classes").iter().find(|it| it["code"] == "0110");
    let class = class.expect("the class of the opening");
    for part in ["title", "big_title", "condition", "standard", "measure"] {
        let both = class[part]["zh"].is_string() && class[part]["en"].is_string();
        assert!(both, "{part} in both languages: {class}");
    }
    assert_eq!(class["limit"], "4 work_hour");
    for part in ["purpose", "stages", "form", "roles", "sources", "ledger", "documents"] {
        assert!(!pack[part].is_null(), "{part}");
    }
    let old = format!("/api/v1/packs/sanitation?rev={}", head["rev"]);
    assert_eq!(good(&town, "handler@v01", &old).await, pack);
    for path in ["/api/v1/packs/sanitation?rev=99", "/api/v1/packs/none", "/api/v1/packs/none/flow"]
    {
        let (status, said) = town.send(("GET", path), "handler@v01", &Value::Null).await;
        assert_eq!((status, &said["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
    }
}

#[tokio::test]
async fn the_way_of_a_matter_is_a_graph_and_a_picture() {
    let town = Town::found();
    let flow = good(&town, "handler@v01", "/api/v1/packs/sanitation/flow").await;
    let stages = flow["stages"].as_array().expect("stages");
    let ends = stages.iter().skip_while(|it| !it["owner"].is_null()).collect::<Vec<_>>();
    assert_eq!((&stages[0]["is"], &ends[0]["is"]), (&json!("opened"), &json!("closed")));
    assert!(ends.iter().all(|it| it["owner"].is_null()), "ends come last: {ends:?}");
    let moves = flow["moves"].as_array().expect("moves");
    let send_back = moves.iter().find(|it| it["id"] == "send_back").expect("a way back");
    assert_eq!((&send_back["back"], &send_back["act"]), (&json!(true), &json!("send_back")));

    let handler = town.caller("handler@v01");
    for (query, word) in [("", "验收"), ("?lang=en", "Acceptor")] {
        let path = format!("/api/v1/packs/sanitation/flow.svg{query}");
        let (status, headers, bytes) = town.call(("GET", &path), Some(&handler), &[], b"").await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CONTENT_TYPE], "image/svg+xml");
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let svg = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        assert!(svg.starts_with("<svg ") && svg.contains(word), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("href"), "it loads and runs nothing");
    }
    let (status, said) = town
        .send(("GET", "/api/v1/packs/sanitation/flow.svg?lang=fr"), "handler@v01", &Value::Null)
        .await;
    assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!("wrong_query")));
}

/// A village outside the town, where nobody works yet.
fn found_village(town: &Town) {
    let unit = Unit {
        id: "v03".into(),
        kind: "village".into(),
        parent: Some("district".into()),
        title: Text::new("新村", "New Village"),
        ..Unit::default()
    };
    let ring = [[113.0, 34.0], [113.1, 34.0], [113.1, 34.1], [113.0, 34.0]];
    let geometry = json!({ "type": "Polygon", "coordinates": [ring] });
    let area = AreaRow { unit: "v03".into(), datum: Datum::Wgs84, geometry };
    for change in [Change::Units(vec![unit]), Change::Areas(vec![area])] {
        town.app.realm().change(change).expect("a sound change");
    }
}

#[tokio::test]
async fn what_is_lacking_is_told_to_whoever_can_mend_it() {
    let town = Town::found();
    let path = "/api/v1/packs/sanitation/gaps";
    let said = good(&town, "system_administrator@district", path).await;
    assert_eq!(said["gaps"], json!([]), "the town has everybody");
    found_village(&town);
    let said = good(&town, "system_administrator@district", path).await;
    let gaps = said["gaps"].as_array().expect("gaps");
    assert!(gaps.iter().all(|it| it["what"]["zh"].is_string() && it["code"].is_string()));
    assert!(gaps.iter().any(|it| it["code"] == "nobody" && it["unit"] == "v03"), "{said}");
    for (who, code) in [("leader@town", "not_granted"), (STRANGER, "not_granted")] {
        let (status, said) = town.send(("GET", path), who, &Value::Null).await;
        assert_eq!((status, &said["code"]), (StatusCode::FORBIDDEN, &json!(code)), "{who}");
    }
    let (status, _, _) = town.call(("GET", path), None, &[], b"").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
