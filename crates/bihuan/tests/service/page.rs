//! Pages that the program carries, and the base map under them.

use crate::town::Town;
use axum::Extension;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use bihuan::http::base_map::BaseMap;
use bihuan::http::layer::{DESK, FIELD, PUBLIC};
use bihuan::http::router;
use bihuan::problem::Problem;
use bihuan::setting::Settings;
use http_body_util::BodyExt;
use serde_json::Value;
use std::path::Path;
use tower::ServiceExt;

async fn ask(service: &axum::Router, path: &str, range: Option<&str>) -> Response {
    let mut request = Request::get(path);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    let request = request.body(Body::empty()).expect("a request");
    service.clone().oneshot(request).await.expect("it answers")
}

fn says(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or(String::new(), |it| it.to_str().expect("text").to_owned())
}

fn base_map(key: &'static str, value: &str) -> Result<Option<BaseMap>, Problem> {
    BaseMap::of(&Settings::of(None, |_| None, &[(key, value.to_owned())])?)
}

#[tokio::test]
async fn an_app_is_where_its_people_are() {
    let town = Town::found();
    for (reach, has, has_not) in [(DESK, "/desk/", "/field/"), (FIELD, "/field/", "/desk/")] {
        let service = town.service.clone().layer(Extension(reach));
        for path in [has.to_owned(), format!("{has}matters/1")] {
            let told = ask(&service, &path, None).await;
            assert_eq!(told.status(), StatusCode::OK, "{path}");
            assert_eq!(says(&told, "content-type"), "text/html; charset=utf-8");
        }
        assert_eq!(ask(&service, has_not, None).await.status(), StatusCode::NOT_FOUND);
        let lost = format!("{has}assets/none-1.js");
        assert_eq!(ask(&service, &lost, None).await.status(), StatusCode::NOT_FOUND);
        let bare = ask(&service, has.trim_end_matches('/'), None).await;
        assert_eq!(says(&bare, "location"), has);
    }
    let public = town.service.clone().layer(Extension(PUBLIC));
    for path in ["/desk/", "/field/"] {
        assert_eq!(ask(&public, path, None).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn nobody_writes_to_a_page() {
    let town = Town::found();
    let post = Request::post("/desk/").body(Body::empty()).expect("a request");
    let told = town.service.clone().oneshot(post).await.expect("it answers");
    assert_eq!(told.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_base_map_is_read_in_parts_where_there_is_one() {
    let town = Town::found();
    let none = ask(&town.service, "/api/v1/base-map", None).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);

    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("town.pmtiles");
    std::fs::write(&path, b"PMTiles\x03 and tiles").expect("written");
    let map = base_map("map.file", &path.display().to_string()).expect("it is one");
    let service = router(town.app.clone().mapped(map));
    let part = ask(&service, "/api/v1/base-map", Some("bytes=0-6")).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    let bytes = part.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(&bytes[..], b"PMTiles");
    let outside = ask(&service, "/api/v1/base-map", Some("bytes=99-")).await;
    assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);

    let realm = ask(&service, "/api/v1/realm", None).await;
    let bytes = realm.into_body().collect().await.expect("a body").to_bytes();
    let told: Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(told["base_map"]["url"], "/api/v1/base-map");
}

#[tokio::test]
async fn pages_load_tiles_from_the_one_origin_that_is_set() {
    let town = Town::found();
    let address = "https://t0.tiles.example/{z}/{x}/{y}.png";
    let map = base_map("map.tiles", address).expect("it is one");
    let service = router(town.app.clone().mapped(map));
    let policy = says(&ask(&service, "/desk/", None).await, "content-security-policy");
    assert!(policy.contains("img-src 'self' data: blob: https://t0.tiles.example;"), "{policy}");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let plain = says(&ask(&town.service, "/desk/", None).await, "content-security-policy");
    assert!(!plain.contains("https:"), "{plain}");
}

#[test]
fn what_is_no_base_map_is_told_at_the_start() {
    assert!(base_map("map.file", &Path::new("none.pmtiles").display().to_string()).is_err());
    assert!(base_map("map.tiles", "https://a/{z}/{x}").is_err());
    assert!(base_map("map.file", "").expect("none is no fault").is_none());
}
