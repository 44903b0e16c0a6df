//! Photos in public: none before somebody released it, covered where it was said, gone when it is
//! taken back, and released by those alone who do not fix the matter.

use crate::photo::{encoded, pixels};
use crate::town::{STRANGER, Town};
use crate::upload::{Phone, digest};
use axum::http::StatusCode;
use bihuan::http::{Publishing, router};
use bihuan_store::verify::verify;
use image::ImageFormat;
use serde_json::{Value, json};

fn publishing(town: &mut Town, photos: bool) {
    town.app = town.app.clone().publishing(Publishing { url: None, photos });
    town.service = router(town.app.clone());
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
    Phone(town, "handler@v01").send(bytes, &[]).await;
    id
}

async fn cleared(town: &Town, matter: &str) {
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    let (status, body) = town.act("acceptor@town", matter, accept).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

fn covering(covers: &Value) -> Value {
    let none = covers.as_array().is_some_and(Vec::is_empty);
    json!({ "covers": covers, "statement": if none { "nothing_to_cover" } else { "covered" } })
}

async fn public(town: &Town, photo: &str) -> (StatusCode, Vec<u8>) {
    let path = format!("/api/v1/public/photos/{photo}");
    let (status, _, body) = town.call(("GET", &path), None, &[], b"").await;
    (status, body.to_vec())
}

async fn listed(town: &Town, matter: &str) -> Value {
    let path = format!("/api/v1/matters/{matter}/files");
    let (_, list) = town.send(("GET", &path), "leader@town", &Value::Null).await;
    list["files"][1]["released"].clone()
}

#[tokio::test]
async fn a_photo_is_public_only_covered_released_and_cleared() {
    let mut town = Town::found();
    let bytes = encoded(&pixels(800, 600, 41), ImageFormat::Jpeg);
    let matter = declared(&town, &bytes).await;
    let address = format!("/api/v1/matters/{matter}/files/{}/release", digest(&bytes));
    let put = ("PUT", address.as_str());
    let body = covering(&json!([{ "x": 0.25, "y": 0.25, "w": 0.5, "h": 0.25 }]));
    let (status, told) = town.send(put, "leader@town", &body).await;
    assert_eq!((status, &told["code"]), (StatusCode::CONFLICT, &json!("photos_off")));
    publishing(&mut town, true);

    for (who, expected) in [("handler@v01", 403), ("unit_head@v01", 403), (STRANGER, 404)] {
        let (status, told) = town.send(put, who, &body).await;
        assert_eq!(status.as_u16(), expected, "{who}: {told}");
    }
    let other = town.declared().await;
    let foreign = format!("/api/v1/matters/{other}/files/{}/release", digest(&bytes));
    for way in ["PUT", "DELETE"] {
        let (status, _) = town.send((way, &foreign), "leader@town", &body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{way} a digest of another matter");
    }
    for odd in [
        json!({ "covers": [], "statement": "covered" }),
        json!({ "covers": [{ "x": 0.9, "y": 0, "w": 0.2, "h": 0.1 }], "statement": "covered" }),
        json!({ "covers": [{ "x": 0, "y": 0, "w": 1, "h": 1 }], "statement": "nothing_to_cover" }),
        covering(&json!(vec![json!({ "x": 0, "y": 0, "w": 0.1, "h": 0.1 }); 65])),
    ] {
        let (status, told) = town.send(put, "leader@town", &odd).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
    }

    let (status, told) = town.send(put, "leader@town", &body).await;
    assert_eq!((status, &told["shown"]), (StatusCode::OK, &json!(false)), "{told}");
    let photo = told["photo"].as_str().expect("a digest").to_owned();
    assert_eq!(public(&town, &photo).await.0, StatusCode::NOT_FOUND, "it is not cleared");
    cleared(&town, &matter).await;
    let (status, copy) = public(&town, &photo).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(public(&town, &digest(&bytes)).await.0, StatusCode::NOT_FOUND, "the original");
    let shown = listed(&town, &matter).await;
    assert_eq!(shown["by"], "leader@town");
    assert_eq!((&shown["photo"], &shown["shown"]), (&json!(photo), &json!(true)));
    assert_covered(&copy, &bytes);

    // What is off shows nothing; what is erased, neither.
    publishing(&mut town, false);
    assert_eq!(public(&town, &photo).await.0, StatusCode::NOT_FOUND);
    publishing(&mut town, true);
    taken_back(&town, &matter, (&address, &photo)).await;
}

/// What was covered is one colour, and what was not is as it was.
fn assert_covered(copy: &[u8], bytes: &[u8]) {
    let copy = image::load_from_memory(copy).expect("a JPEG").to_rgb8();
    let before = image::load_from_memory(bytes).expect("a JPEG").to_rgb8();
    assert_eq!(copy.dimensions(), (800, 600));
    let mut differs = 0_u32;
    for (x, y, pixel) in copy.enumerate_pixels() {
        let apart = |it: [u8; 3]| pixel.0.iter().zip(it).any(|(a, b)| a.abs_diff(b) > 40);
        if (200..600).contains(&x) && (150..300).contains(&y) {
            assert!(pixel.0.iter().all(|it| it.abs_diff(32) < 12), "{x} {y}: {pixel:?}");
        } else if !(180..620).contains(&x) || !(130..320).contains(&y) {
            differs += u32::from(apart(before.get_pixel(x, y).0));
        }
    }
    assert!(differs < 800 * 600 / 20, "{differs} pixels beside the cover differ");
}

async fn taken_back(town: &Town, matter: &str, (address, photo): (&str, &str)) {
    let (status, _) = town.send(("DELETE", address), "handler@v01", &Value::Null).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(public(town, photo).await.0, StatusCode::OK);
    let (status, _) = town.send(("DELETE", address), "squad@town", &Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(public(town, photo).await.0, StatusCode::NOT_FOUND, "at once");
    assert_eq!(listed(town, matter).await, Value::Null);
    let body = covering(&json!([]));
    let (_, told) = town.send(("PUT", address), "dispatcher@town", &body).await;
    let again = told["photo"].as_str().expect("a digest").to_owned();
    assert!(again != photo && told["shown"] == json!(true), "{told}");
    assert_eq!(public(town, &again).await.0, StatusCode::OK);
    let acts = "/api/v1/audit?act=photo_released,photo_taken_back";
    let (_, trail) = town.send(("GET", acts), "audit_administrator@district", &Value::Null).await;
    let entries = trail["entries"].as_array().expect("entries");
    let told: Vec<_> = entries.iter().map(|it| (&it["act"], &it["account"])).collect();
    let entry = |act: &str, who: &str| (json!(act), json!(who));
    let expected = [
        entry("photo_released", "dispatcher@town"),
        entry("photo_taken_back", "squad@town"),
        entry("photo_released", "leader@town"),
    ];
    assert_eq!(told, expected.each_ref().map(|it| (&it.0, &it.1)));
    assert!(entries.iter().all(|it| it["matter"] == json!(matter)));
    let (app, attachments) = (town.app.clone(), town.app.attachments().clone());
    let report = tokio::task::spawn_blocking(move || {
        let files = attachments.files().expect("files");
        app.realm().read(|db| verify(db, Some(files), &mut |_, _| {})).expect("a report")
    });
    let report = report.await.expect("it ends");
    let of_photos = report.faults.iter().filter(|it| it.code == "photo_release").count();
    assert_eq!(of_photos, 0, "{:?}", report.faults);
}
