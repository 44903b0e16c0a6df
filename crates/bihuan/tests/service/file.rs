//! Files of matters: who sees which copy, to whom an original is shown, and what is erased.

use crate::photo::{Shot, encoded, exif, jpeg_with, pixels};
use crate::town::{STRANGER, Town};
use crate::upload::{Phone, digest};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use bihuan_core::content::hex;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::matter::Via;
use bihuan_core::policy::SECURITY_ADMINISTRATOR;
use bihuan_core::unit::UnitId;
use bihuan_store::file::NewFile;
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use bihuan_store::verify::verify;
use image::ImageFormat;
use serde_json::{Value, json};

const SHOT: Shot<'_> = Shot {
    lon: 113.308,
    lat: 34.802,
    taken: "2021:03:01 08:30:00",
    make: "CANARY-7f3a",
    orientation: 1,
};

async fn get(
    town: &Town,
    who: &str,
    path: &str,
    more: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Bytes) {
    town.call(("GET", path), Some(&town.caller(who)), more, b"").await
}

async fn code(town: &Town, who: &str, path: &str) -> (u16, Value) {
    let (status, _, body) = get(town, who, path, &[]).await;
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    (status.as_u16(), body["code"].clone())
}

/// A matter that is declared done with a photo, and the photo sent.
async fn declared(town: &Town, bytes: &[u8]) -> String {
    let id = town.rectifying().await;
    let mut photo = town.photo("after", "v01");
    photo["digest"] = json!(digest(bytes));
    let form = json!({ "measure_done": "已清运" });
    let declare = json!({ "move": { "id": "declare", "form": form, "files": [photo] } });
    let (status, body) = town.act("handler@v01", &id, declare).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    id
}

async fn list(town: &Town, who: &str, matter: &str) -> Vec<Value> {
    let (status, _, body) = get(town, who, &format!("/api/v1/matters/{matter}/files"), &[]).await;
    assert_eq!(status, StatusCode::OK, "{who}");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    body["files"].as_array().expect("files").clone()
}

#[tokio::test]
async fn copies_are_for_those_who_see_the_matter_and_the_original_is_sealed() {
    let town = Town::found();
    let bytes = jpeg_with(&pixels(2_000, 1_500, 20), &[exif(&SHOT)]);
    let matter = declared(&town, &bytes).await;
    let file = format!("/api/v1/files/{}", digest(&bytes));
    let (small, original) = (format!("{file}/small"), format!("{file}/original"));
    assert_eq!(code(&town, "handler@v01", &small).await, (404, json!("file_waiting")));
    assert_eq!(list(&town, "handler@v01", &matter).await[1]["state"], "waiting");
    Phone(&town, "handler@v01").send(&bytes, &[]).await;

    for who in ["handler@v01", "acceptor@town", "leader@town"] {
        let (status, told, copy) = get(&town, who, &small, &[]).await;
        assert_eq!(status, StatusCode::OK, "{who}");
        assert_eq!(told["content-type"], "image/jpeg");
        assert_eq!(told["cache-control"], "private, no-cache");
        assert_eq!(told["x-content-type-options"], "nosniff");
        assert!(told["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert!(!copy.windows(6).any(|it| it == b"CANARY"), "{who}");
        let copy = image::load_from_memory(&copy).expect("a JPEG");
        assert_eq!((copy.width(), copy.height()), (320, 240));
    }
    for who in ["handler@v02", "inspector@v02", STRANGER] {
        for path in [&small, &format!("{file}/large"), &original] {
            assert_eq!(code(&town, who, path).await, (404, json!("not_found")), "{who} {path}");
        }
        let path = format!("/api/v1/matters/{matter}/files");
        assert_eq!(code(&town, who, &path).await.0, 404, "{who}");
    }
    let (status, ..) = town.call(("GET", &small), None, &[], b"").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    assert_eq!(code(&town, "handler@v01", &original).await, (403, json!("original_sealed")));
    let mut program = town.caller("acceptor@town");
    program.via = Via::Token;
    let (status, ..) = town.call(("GET", &original), Some(&program), &[], b"").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "a program is shown no original");
    let entries =
        |town: &Town| town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).unwrap().entries;
    let before = entries(&town);
    let (status, told, whole) = get(&town, "acceptor@town", &original, &[]).await;
    assert_eq!((status, &whole[..]), (StatusCode::OK, &bytes[..]), "the evidence, byte by byte");
    assert_eq!(told["cache-control"], "private, no-store");
    assert!(told["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(entries(&town), before + 1, "the record says to whom");
    let seen = list(&town, "acceptor@town", &matter).await.remove(1);
    assert_eq!((&seen["original"], &seen["camera"]["make"]), (&json!(true), &json!("CANARY-7f3a")));
    let seen = list(&town, "handler@v01", &matter).await.remove(1);
    assert_eq!((&seen["original"], &seen["camera"]), (&json!(false), &Value::Null));
}

#[tokio::test]
async fn naming_a_file_again_opens_no_original() {
    let town = Town::found();
    let bytes = encoded(&pixels(400, 300, 21), ImageFormat::Jpeg);
    let first = declared(&town, &bytes).await;
    Phone(&town, "handler@v01").send(&bytes, &[]).await;
    let mut opening = town.opening("v02");
    opening["open"]["files"][0]["digest"] = json!(digest(&bytes));
    let second = town.id();
    let (status, body) = town.act("inspector@v02", &second, opening).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let file = format!("/api/v1/files/{}", digest(&bytes));
    let (status, ..) = get(&town, "inspector@v02", &format!("{file}/small"), &[]).await;
    assert_eq!(status, StatusCode::OK, "it belongs to the second matter too");
    let refused = code(&town, "inspector@v02", &format!("{file}/original")).await;
    assert_eq!(refused, (403, json!("original_sealed")));
    let flags = list(&town, "inspector@v02", &second).await[0]["flags"].clone();
    assert_eq!(flags, json!([{ "kind": "used_before", "matters": [] }]), "of whom is not told");
    let flags = list(&town, "acceptor@town", &second).await[0]["flags"].clone();
    assert_eq!(flags, json!([{ "kind": "used_before", "matters": [first] }]));
    assert_eq!(list(&town, "acceptor@town", &first).await[1]["flags"], json!([]));
}

#[tokio::test]
async fn what_a_person_should_look_at_is_told_beside_the_file() {
    let town = Town::found();
    let bytes = jpeg_with(&pixels(400, 300, 22), &[exif(&SHOT)]);
    let matter = declared(&town, &bytes).await;
    let later = [("taken_at", (1_614_558_600_000_i64 + 7_200_000).to_string())];
    Phone(&town, "handler@v01").send(&bytes, &later).await;
    let file = list(&town, "acceptor@town", &matter).await.remove(1);
    assert_eq!(file["flags"], json!([{ "kind": "time_differs", "off_ms": 7_200_000 }]));
    assert_eq!((&file["state"], &file["width_px"]), (&json!("arrived"), &json!(400)));

    let again = encoded(&pixels(400, 300, 22).thumbnail(200, 150), ImageFormat::Png);
    let second = declared(&town, &again).await;
    Phone(&town, "handler@v01").send(&again, &[]).await;
    let flags = list(&town, "acceptor@town", &second).await[1]["flags"].clone();
    let flag = &flags[0];
    assert_eq!((&flag["kind"], &flag["digest"]), (&json!("looks_like"), &json!(digest(&bytes))));
    assert_eq!(flag["matters"], json!([matter]));
}

#[tokio::test]
async fn a_part_is_handed_over_and_what_the_caller_has_is_not() {
    let town = Town::found();
    let bytes = encoded(&pixels(400, 300, 23), ImageFormat::Jpeg);
    declared(&town, &bytes).await;
    Phone(&town, "handler@v01").send(&bytes, &[]).await;
    let path = format!("/api/v1/files/{}/large", digest(&bytes));
    let (_, told, whole) = get(&town, "handler@v01", &path, &[]).await;
    let tag = told["etag"].to_str().unwrap().to_owned();
    assert_eq!(told["accept-ranges"], "bytes");
    let (status, told, part) = get(&town, "handler@v01", &path, &[("range", "bytes=2-5")]).await;
    assert_eq!((status, &part[..]), (StatusCode::PARTIAL_CONTENT, &whole[2..6]));
    assert_eq!(told["content-range"], format!("bytes 2-5/{}", whole.len()).as_str());
    let range = [("range", "bytes=2-5"), ("if-range", "\"another\"")];
    let (status, _, all) = get(&town, "handler@v01", &path, &range).await;
    assert_eq!((status, all.len()), (StatusCode::OK, whole.len()));
    let (status, told, _) = get(&town, "handler@v01", &path, &[("range", "bytes=9999999-")]).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(told["content-range"], format!("bytes */{}", whole.len()).as_str());
    let (status, _, body) = get(&town, "handler@v01", &path, &[("if-none-match", &tag)]).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    let other = get(&town, "handler@v02", &path, &[("if-none-match", &tag)]).await;
    assert_eq!(other.0, StatusCode::NOT_FOUND, "to know the tag opens nothing");
    for odd in ["tiny", "..%2foriginal", "LARGE"] {
        let path = format!("/api/v1/files/{}/{odd}", digest(&bytes));
        assert_eq!(code(&town, "handler@v01", &path).await.0, 404, "{odd}");
    }
    let unknown = format!("/api/v1/files/{}/small", hex(&[9; 32]));
    assert_eq!(code(&town, "handler@v01", &unknown).await, (404, json!("not_found")));
}

#[tokio::test]
async fn a_picture_that_came_before_there_were_copies_gets_them_when_asked() {
    let town = Town::found();
    let bytes = encoded(&pixels(400, 300, 24), ImageFormat::Png);
    let attachments = town.app.attachments().clone();
    let (app, copy) = (town.app.clone(), bytes.clone());
    let keep = move || {
        let files = attachments.files().unwrap();
        let new = [NewFile { bytes: &copy, media: "image/png" }];
        app.realm().store().put_files("import", files, &new).unwrap();
    };
    tokio::task::spawn_blocking(keep).await.unwrap();
    declared(&town, &bytes).await;
    let path = format!("/api/v1/files/{}/small", digest(&bytes));
    for _ in 0..2 {
        let (status, told, _) = get(&town, "handler@v01", &path, &[]).await;
        assert_eq!(
            (status, &told["content-type"]),
            (StatusCode::OK, &"image/jpeg".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn an_erased_file_is_gone_for_everybody_and_does_not_come_back() {
    let town = Town::found();
    let administrator = PersonRow {
        id: PersonId::from("security"),
        name: "安全管理员".into(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from("security")],
        memberships: vec![MembershipRow {
            role: RoleId::from(SECURITY_ADMINISTRATOR),
            unit: UnitId::from("district"),
            area: UnitId::from("district"),
            from: None,
            to: None,
            status: "active".into(),
        }],
    };
    town.app.realm().change(Change::People(vec![administrator])).unwrap();
    let bytes = encoded(&pixels(400, 300, 25), ImageFormat::Jpeg);
    let matter = declared(&town, &bytes).await;
    Phone(&town, "handler@v01").send(&bytes, &[]).await;
    let file = format!("/api/v1/files/{}", digest(&bytes));
    for who in ["acceptor@town", "leader@town", STRANGER] {
        let (status, ..) = town.call(("DELETE", &file), Some(&town.caller(who)), &[], b"").await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{who}");
    }
    let security = town.caller("security");
    assert_eq!(
        code(&town, "security", &format!("{file}/small")).await.0,
        404,
        "erasing is no seeing"
    );
    let unknown = format!("/api/v1/files/{}", hex(&[9; 32]));
    let (status, ..) = town.call(("DELETE", &unknown), Some(&security), &[], b"").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        let (status, ..) = town.call(("DELETE", &file), Some(&security), &[], b"").await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    for copy in ["small", "original"] {
        let gone = code(&town, "acceptor@town", &format!("{file}/{copy}")).await;
        assert_eq!(gone, (410, json!("file_erased")), "{copy}");
    }
    let seen = list(&town, "acceptor@town", &matter).await.remove(1);
    assert_eq!((&seen["state"], &seen["original"]), (&json!("erased"), &json!(false)));
    let (status, _, body) = Phone(&town, "handler@v01").begin(&bytes, &[]).await;
    assert_eq!((status, &body["code"]), (StatusCode::GONE, &json!("file_erased")));
    let left = town.app.attachments().clone();
    let left = tokio::task::spawn_blocking(move || left.files().unwrap().all().unwrap()).await;
    assert!(left.unwrap().is_empty(), "neither the original nor a copy");
}
