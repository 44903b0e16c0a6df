//! The rules of the realm over the network: by the system administrator, checked, and on record.

use crate::town::{Town, pack_files};
use serde_json::{Value, json};
use std::io::Write;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const SYSTEM: &str = "system_administrator@district";

async fn send(town: &Town, address: (&str, &str), account: &str, body: &Value) -> (u16, Value) {
    let (status, body) = town.send(address, account, body).await;
    (status.as_u16(), body)
}

fn unit(parent: &str) -> Value {
    json!({ "units": [{
        "id": "v09", "kind": "village", "parent": parent, "title": { "zh": "九村", "en": "v09" },
    }]})
}

#[tokio::test]
async fn units_areas_points_and_settings_change_on_record() {
    let town = Town::found();
    let (status, body) = send(&town, ("PUT", "/api/v1/units"), SYSTEM, &unit("town")).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["seq"].as_u64().is_some_and(|it| it > 0));
    assert!(town.app.realm().rules().units.get(&"v09".into()).is_some());
    let (status, body) = send(&town, ("PUT", "/api/v1/units"), SYSTEM, &unit("nowhere")).await;
    assert_eq!((status, &body["code"]), (422, &json!("unsound")), "no tree any more");

    let ring = [[110.0, 35.0], [110.1, 35.0], [110.1, 35.1], [110.0, 35.1], [110.0, 35.0]];
    let area = |unit: &str| {
        json!({ "areas": [{
            "unit": unit, "datum": "wgs84",
            "geometry": { "type": "Polygon", "coordinates": [ring] },
        }]})
    };
    assert_eq!(send(&town, ("PUT", "/api/v1/areas"), SYSTEM, &area("v09")).await.0, 200);
    assert_eq!(send(&town, ("PUT", "/api/v1/areas"), SYSTEM, &area("nowhere")).await.0, 422);

    let point = json!({ "points": [{
        "id": "p1", "kind": "bin", "title": { "zh": "垃圾桶", "en": "bin" }, "unit": "v01",
        "at": { "lon_e7": 1_100_250_000_i64, "lat_e7": 350_050_000_i64 },
    }]});
    assert_eq!(send(&town, ("PUT", "/api/v1/points"), SYSTEM, &point).await.0, 200);
    let (status, body) = send(&town, ("PUT", "/api/v1/points"), "handler@v01", &point).await;
    assert_eq!((status, &body["code"]), (403, &json!("not_granted")));

    let title = json!({ "settings": { "title_zh": "某区", "title_en": "a district" } });
    assert_eq!(send(&town, ("PUT", "/api/v1/settings"), SYSTEM, &title).await.0, 200);
    for (name, value) in [("secret", "x"), ("demonstration", "0"), ("clock_offset_ms", "1")] {
        let odd = json!({ "settings": { name: value } });
        let (status, body) = send(&town, ("PUT", "/api/v1/settings"), SYSTEM, &odd).await;
        assert_eq!((status, &body["code"]), (422, &json!("invalid")), "{name}");
    }
    let year = json!({ "source": "year = 2021" });
    let (status, body) = send(&town, ("PUT", "/api/v1/calendar/2022"), SYSTEM, &year).await;
    assert_eq!(status, 422, "{body}");
}

#[tokio::test]
async fn rules_are_changed_by_the_system_administrator_alone() {
    let town = Town::found();
    let files = json!({ "files": {} });
    for account in ["security_administrator@district", "leader@town"] {
        for (method, path, body) in [
            ("PUT", "/api/v1/units", unit("town")),
            ("PUT", "/api/v1/areas", json!({ "areas": [] })),
            ("PUT", "/api/v1/calendar/2021", json!({ "source": "" })),
            ("PUT", "/api/v1/settings", json!({ "settings": {} })),
            ("POST", "/api/v1/packs", files.clone()),
            ("POST", "/api/v1/imports/units?name=units.csv", Value::Null),
        ] {
            let (status, told) = send(&town, (method, path), account, &body).await;
            assert_eq!((status, &told["code"]), (403, &json!("not_granted")), "{account} {path}");
        }
    }
}

/// The files of the town's pack in its next revision, as texts.
fn next_revision() -> Vec<(String, String)> {
    let files = pack_files("sanitation").files.into_iter();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let next = |(name, bytes): (String, Vec<u8>)| {
        let text = text(bytes);
        match name.as_str() {
            "pack.toml" => (name, text.replacen("rev = 1", "rev = 2", 1)),
            _ => (name, text),
        }
    };
    files.map(next).collect()
}

#[tokio::test]
async fn a_pack_is_checked_and_published_from_json_or_a_zip() {
    let town = Town::found();
    let files: serde_json::Map<String, Value> =
        next_revision().into_iter().map(|(name, text)| (name, json!(text))).collect();
    let whole = json!({ "files": files });
    let preview = ("POST", "/api/v1/packs?preview=true");
    let (status, told) = send(&town, preview, SYSTEM, &whole).await;
    assert_eq!((status, &told["pack"], &told["rev"]), (200, &json!("sanitation"), &json!(2)));
    assert!(told.get("seq").is_none(), "nothing was published");
    let mut broken = whole.clone();
    broken["files"].as_object_mut().expect("files").remove("classes.csv");
    let (status, told) = send(&town, preview, SYSTEM, &broken).await;
    assert_eq!(status, 200);
    assert!(!told["gaps"].as_array().expect("gaps").is_empty());
    let packs = ("POST", "/api/v1/packs");
    let (status, told) = send(&town, packs, SYSTEM, &broken).await;
    assert_eq!((status, &told["code"]), (422, &json!("pack_gaps")));

    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut zip = ZipWriter::new(&mut bytes);
    for (name, text) in next_revision() {
        zip.start_file(format!("folder/{name}"), SimpleFileOptions::default()).expect("a file");
        zip.write_all(text.as_bytes()).expect("it is written");
    }
    zip.finish().expect("it is whole");
    let bytes = bytes.into_inner();
    let caller = town.caller(SYSTEM);
    let head = [("content-type", "application/zip")];
    let (status, _, body) = town.call(packs, Some(&caller), &head, &bytes).await;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(status.as_u16(), 201, "{body}");
    assert!(town.app.realm().rules().packs[&"sanitation".into()].contains_key(&2));
    let (status, _, body) = town.call(packs, Some(&caller), &head, &bytes).await;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((status.as_u16(), &body["code"]), (422, &json!("unsound")), "never changed");
    let head = [("content-type", "text/plain")];
    let (status, _, _) = town.call(packs, Some(&caller), &head, b"x").await;
    assert_eq!(status.as_u16(), 415);
}

#[tokio::test]
async fn a_table_is_looked_at_and_then_imported() {
    let town = Town::found();
    let caller = town.caller("security_administrator@district");
    let table = "人员编号,账号,姓名,角色,所在单位\nqian,qian,钱某,handler,v02\n";
    let broken = "人员编号,账号,姓名,角色,所在单位\nqian,qian,钱某,handler,nowhere\n";
    let path = |preview: &str| format!("/api/v1/imports/people?name=people.csv{preview}");
    let ask = async |preview: &str, table: &str| {
        let path = path(preview);
        let told = town.call(("POST", &path), Some(&caller), &[], table.as_bytes()).await;
        (told.0.as_u16(), serde_json::from_slice::<Value>(&told.2).expect("JSON"))
    };
    let (status, told) = ask("&preview=true", broken).await;
    assert_eq!((status, &told["rows"]), (200, &json!(0)));
    assert_eq!(told["faults"].as_array().expect("faults").len(), 1);
    let (status, told) = ask("", broken).await;
    assert_eq!((status, &told["code"]), (422, &json!("invalid")));
    let (status, told) = ask("&preview=true", table).await;
    assert_eq!((status, &told["rows"]), (200, &json!(1)));
    assert!(!town.app.realm().rules().accounts.contains_key(&"qian".into()), "only looked at");
    let (status, told) = ask("", table).await;
    assert_eq!(status, 200, "{told}");
    assert!(town.app.realm().rules().accounts.contains_key(&"qian".into()));
    let (status, told) =
        send(&town, ("POST", "/api/v1/imports/x?name=a.csv"), SYSTEM, &json!({})).await;
    assert_eq!((status, &told["code"]), (404, &json!("not_found")));
}
