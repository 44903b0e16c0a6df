//! Links to one matter: a fixer without an account is told what to fix, and sends what was done; it
//! is the unit's to declare, and nobody who sent it out accepts.

use crate::photo::{encoded, pixels};
use crate::town::Town;
use crate::upload::Phone;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan::job::message::once;
use image::ImageFormat;
use serde_json::{Value, json};

/// A matter that v01 is at work on, with a photo that is there.
async fn fixing(town: &Town) -> (String, String) {
    let photo = encoded(&pixels(96, 64, 3), ImageFormat::Jpeg);
    let before = Phone(town, "inspector@v01").send(&photo, &[]).await;
    let matter = town.id();
    let mut opening = town.opening("v01");
    opening["open"]["files"][0]["digest"] = json!(before);
    let dispatch = json!({ "move": {
        "id": "dispatch", "unit": "v01", "form": { "measure": "清运", "standard": "见本色" },
    }});
    for (who, command) in [
        ("inspector@v01", opening),
        ("intake@town", json!({ "move": { "id": "file" } })),
        ("dispatcher@town", dispatch),
        ("handler@v01", json!({ "move": { "id": "receive" } })),
    ] {
        let (status, body) = town.act(who, &matter, command).await;
        assert_eq!(status, StatusCode::OK, "{who}: {body}");
    }
    (matter, before)
}

/// Makes a link as somebody.
async fn make(town: &Town, who: &str, matter: &str, body: Value) -> (StatusCode, Value) {
    town.send(("POST", &format!("/api/v1/matters/{matter}/links")), who, &body).await
}

/// The secret of a link that v01's handler made.
async fn link(town: &Town, matter: &str) -> (String, String) {
    let body = json!({ "hours": 24, "fixer": "保洁员老李" });
    let (status, made) = make(town, "handler@v01", matter, body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let text = |it: &str| made[it].as_str().expect("a text").to_owned();
    assert_eq!(text("path"), format!("/api/v1/links/{}", text("token")));
    (text("id"), text("token"))
}

/// Asks as nobody.
async fn get(town: &Town, path: &str) -> (StatusCode, Value) {
    let (status, _, bytes) = town.call(("GET", path), None, &[], b"").await;
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Uploads by a link; the digest.
async fn upload(town: &Town, token: &str, seed: u64) -> (StatusCode, String) {
    let bytes = encoded(&pixels(96, 64, seed), ImageFormat::Jpeg);
    let digest = crate::upload::digest(&bytes);
    let metadata = format!("sha256 {}", STANDARD.encode(&digest));
    let (bearer, length) = (format!("Bearer {token}"), bytes.len().to_string());
    let headers = [
        ("authorization", bearer.as_str()),
        ("tus-resumable", "1.0.0"),
        ("upload-length", &length),
        ("upload-metadata", &metadata),
        ("content-type", "application/offset+octet-stream"),
    ];
    let (status, _, _) = town.call(("POST", "/api/v1/uploads"), None, &headers, &bytes).await;
    (status, digest)
}

#[tokio::test]
async fn a_fixer_is_told_what_to_fix_and_nothing_else_and_what_he_sends_is_the_units_to_declare() {
    let town = Town::found();
    let (matter, before) = fixing(&town).await;
    let (_, token) = link(&town, &matter).await;
    let path = format!("/api/v1/links/{token}");
    let (status, task) = get(&town, &path).await;
    assert_eq!(status, StatusCode::OK, "{task}");
    assert_eq!((&task["title"], &task["before"]), (&json!("路边垃圾"), &json!([before])));
    assert_eq!(
        (&task["standard"]["zh"], &task["measure"]["zh"]),
        (&json!("见本色"), &json!("清运"))
    );
    let text = task.to_string();
    for hidden in ["inspector@v01", "handler@v01", "老李", matter.as_str()] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    let photo = format!("{path}/files/{before}");
    assert_eq!(get(&town, &format!("{photo}/small")).await.0, StatusCode::OK);
    assert_eq!(get(&town, &format!("{photo}/original")).await.0, StatusCode::NOT_FOUND);

    let (status, digest) = upload(&town, &token, 9).await;
    assert_eq!(status, StatusCode::CREATED);
    let photos = json!([{
        "digest": digest, "taken_at": town.now(), "taken_in": town.place("v01"),
    }]);
    let body = json!({ "id": town.id(), "photos": photos, "measure_done": "已清运" });
    let submit = format!("{path}/submission");
    for replayed in [false, true] {
        let (status, said) = town.post(&submit, None, &body).await;
        assert_eq!((status, &said["replayed"]), (StatusCode::OK, &json!(replayed)), "{said}");
    }
    let other = json!({ "id": body["id"], "photos": photos, "measure_done": "别的" });
    assert_eq!(town.post(&submit, None, &other).await.0, StatusCode::CONFLICT);

    once(town.app.realm()).expect("it is delivered");
    let (_, page) = town.send(("GET", "/api/v1/messages"), "handler@v01", &Value::Null).await;
    assert_eq!(page["rows"][0]["kind"], "proposed", "{page}");
    let list = format!("/api/v1/matters/{matter}/links");
    let (_, links) = town.send(("GET", &list), "handler@v01", &Value::Null).await;
    assert_eq!(links["links"][0]["fixer"], "保洁员老李");
    let proposal = links["proposals"][0].clone();
    assert_eq!(
        (&proposal["measure_done"], &proposal["declared"]),
        (&json!("已清运"), &json!(false))
    );
    let copy = format!("/api/v1/files/{digest}/small");
    for (who, expected) in [("handler@v01", 200), ("dispatcher@town", 200), ("handler@v02", 404)] {
        let (status, said) = town.send(("GET", &copy), who, &Value::Null).await;
        assert_eq!(status.as_u16(), expected, "{who}: {said}");
    }

    // Nothing has moved until somebody of the unit declares it.
    let mut photo = proposal["photos"][0].clone();
    photo["slot"] = json!("after");
    let declare = json!({ "move": {
        "id": "declare", "form": { "measure_done": proposal["measure_done"] }, "files": [photo],
    }});
    let (status, said) = town.act("handler@v01", &matter, declare).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let (_, links) = town.send(("GET", &list), "handler@v01", &Value::Null).await;
    assert_eq!(links["proposals"][0]["declared"], true);
    let (status, said) = get(&town, &path).await;
    assert_eq!((status, &said["code"]), (StatusCode::GONE, &json!("link_ended")));
}

#[tokio::test]
async fn a_link_is_made_by_the_handling_unit_alone_and_its_maker_never_accepts() {
    let town = Town::found();
    let (matter, _) = fixing(&town).await;
    for (who, code) in [
        ("inspector@v01", "not_allowed"),
        ("dispatcher@town", "not_allowed"),
        ("handler@v02", "not_found"),
    ] {
        let (_, said) = make(&town, who, &matter, json!({ "hours": 1 })).await;
        assert_eq!(said["code"], code, "{who}: {said}");
    }
    for hours in [0, 73] {
        let (_, said) = make(&town, "handler@v01", &matter, json!({ "hours": hours })).await;
        assert_eq!(said["code"], "invalid", "{hours}");
    }
    for _ in 0..5 {
        link(&town, &matter).await;
    }
    let (_, said) = make(&town, "handler@v01", &matter, json!({ "hours": 1 })).await;
    assert_eq!(said["code"], "too_many_links");
    let opened = town.opened().await;
    let (_, said) = make(&town, "handler@v01", &opened, json!({ "hours": 1 })).await;
    assert_eq!(said["code"], "not_fixing", "{said}");
    // The maker is an acceptor of the district too: the law counts him among those who took part.
    let (_, digest) = (0, town.photo("after", "v01"));
    let declare = json!({ "move": {
        "id": "declare", "form": { "measure_done": "已清运" }, "files": [digest],
    }});
    let (status, said) = town.act("handler@g11", &matter, declare).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    let (_, said) = town.act("handler@v01", &matter, accept).await;
    assert_eq!(said["code"], "same_party", "{said}");
}

#[tokio::test]
async fn a_link_that_is_revoked_or_over_tells_and_takes_nothing() {
    let town = Town::found();
    let (matter, _) = fixing(&town).await;
    let (id, token) = link(&town, &matter).await;
    let path = format!("/api/v1/links/{token}");
    assert_eq!(get(&town, "/api/v1/links/bihuan_link_00").await.0, StatusCode::NOT_FOUND);
    let (_, foreign) = (0, "ab".repeat(32));
    let body = json!({
        "id": town.id(), "photos": [{ "digest": foreign }], "measure_done": "已清运",
    });
    let (_, said) = town.post(&format!("{path}/submission"), None, &body).await;
    assert_eq!(said["code"], "invalid", "a photo that did not come by it: {said}");
    let revoke = format!("/api/v1/matters/{matter}/links/{id}");
    let (status, _) = town.send(("DELETE", &revoke), "handler@v02", &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let (status, _) = town.send(("DELETE", &revoke), "dispatcher@town", &Value::Null).await;
        assert_eq!(status, expected);
    }
    assert_eq!(get(&town, &path).await.1["code"], "link_ended");
    assert_eq!(upload(&town, &token, 4).await.0, StatusCode::GONE);
    let (_, token) = link(&town, &matter).await;
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 24 * 3_600_000);
    assert_eq!(get(&town, &format!("/api/v1/links/{token}")).await.1["code"], "link_ended");
}

#[tokio::test]
async fn a_link_sends_no_more_than_twelve_files() {
    let town = Town::found();
    let (matter, _) = fixing(&town).await;
    let (_, token) = link(&town, &matter).await;
    for seed in 20..32 {
        assert_eq!(upload(&town, &token, seed).await.0, StatusCode::CREATED, "{seed}");
    }
    assert_eq!(upload(&town, &token, 99).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}
