//! The inventory of addresses: what the router has, the description says and the list names is the
//! same; the committed description is the one that is served.

use crate::town::Town;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bihuan::http::route::ROUTES;
use bihuan::http::{openapi, routes};
use http_body_util::BodyExt;
use std::collections::BTreeSet;
use tower::ServiceExt;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The paths of the router itself: it tells them in its debug output and nowhere else.
fn paths() -> BTreeSet<String> {
    let told = format!("{:?}", routes().0);
    let parts = told.split('"').skip(1).step_by(2);
    // The two paths of the router's own fallback; that `/` is no route is a test below.
    let own = |it: &&str| *it != "/" && !it.contains("__private");
    parts.filter(|it| it.starts_with('/')).filter(own).map(str::to_owned).collect()
}

fn described() -> BTreeSet<(String, String)> {
    let json = serde_json::to_value(routes().1).expect("it has only string keys");
    let paths = json["paths"].as_object().expect("paths").clone();
    let mut all = BTreeSet::new();
    for (path, item) in paths {
        for method in METHODS {
            if item.get(method.to_lowercase()).is_some() {
                all.insert((path.clone(), method.to_owned()));
            }
        }
    }
    all
}

#[test]
fn the_list_the_description_and_the_router_name_the_same_addresses() {
    let listed: BTreeSet<(String, String)> =
        ROUTES.iter().map(|it| (it.path.to_owned(), it.method.to_owned())).collect();
    assert_eq!(listed.len(), ROUTES.len(), "an address is listed twice");
    assert_eq!(listed, described(), "add what is missing to `http/route.rs`, or describe it");
    let described: BTreeSet<String> = described().into_iter().map(|it| it.0).collect();
    assert_eq!(paths(), described, "an address is served that nobody described");
    assert!(ROUTES.iter().all(|it| !it.surfaces.is_empty() && it.action.contains('.')));
    assert!(ROUTES.is_sorted_by_key(|it| it.path), "the list is in the order of paths");
}

#[tokio::test]
async fn no_address_answers_a_method_that_is_not_described() {
    let (town, described) = (Town::found(), described());
    let root = Request::post("/").body(Body::empty()).expect("a request");
    let (_, said) = town.ask(root).await;
    assert_eq!(said["code"], "no_route", "pages are what no route answers, and are only read");
    for path in paths() {
        for method in METHODS {
            let uri = path.replace(['{', '}', '*'], "");
            let request = Request::builder().method(method).uri(uri);
            let request = request.body(Body::empty()).expect("a request");
            let status = town.service.clone().oneshot(request).await.expect("it answers").status();
            let answers = status != StatusCode::METHOD_NOT_ALLOWED;
            let is_described = described.contains(&(path.clone(), method.to_owned()));
            assert_eq!(answers, is_described, "{method} {path}: {status}");
        }
    }
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let same = committed == openapi::text();
    assert!(same, "the API has changed: run `cargo xtask gen openapi` and read the diff");
}

#[test]
fn each_answer_of_a_route_is_described() {
    let json = serde_json::to_value(routes().1).expect("it has only string keys");
    let ways = json["paths"].as_object().expect("paths").iter();
    for (path, item) in ways {
        for (method, way) in item.as_object().expect("ways") {
            for (status, answer) in way["responses"].as_object().into_iter().flatten() {
                let words = answer["description"].as_str().unwrap_or_default();
                assert!(!words.is_empty(), "{method} {path}: {status} has no description");
            }
        }
    }
}

#[tokio::test]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let town = Town::found();
    let page = Request::get("/docs").body(Body::empty()).expect("a request");
    let answer = town.service.clone().oneshot(page).await.expect("it answers");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
    let html = answer.into_body().collect().await.expect("a body").to_bytes();
    let html = String::from_utf8(html.to_vec()).expect("UTF-8");
    let quoted = html.split('"').skip(1).step_by(2);
    let files: Vec<&str> = quoted.filter(|it| it.starts_with('/')).collect();
    assert!(files.len() >= 4 && !html.contains("//"), "{html}");
    for file in files {
        let request = Request::get(file).body(Body::empty()).expect("a request");
        let answer = town.service.clone().oneshot(request).await.expect("it answers");
        assert_eq!(answer.status(), StatusCode::OK, "{file}");
        let size = answer.into_body().collect().await.expect("a body").to_bytes().len();
        assert!(size > 100, "{file}: {size} bytes");
    }
    let (status, body) =
        town.ask(Request::get("/docs/../x").body(Body::empty()).expect("a request")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{body}");
}

/// All that a part of the description refers to.
fn referred(part: &serde_json::Value, found: &mut BTreeSet<String>) {
    match part {
        serde_json::Value::Object(map) => {
            found.extend(map.get("$ref").and_then(|it| it.as_str()).map(str::to_owned));
            map.values().for_each(|it| referred(it, found));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|it| referred(it, found)),
        _ => {}
    }
}

#[test]
fn the_description_refers_to_nothing_that_is_not_in_it() {
    let json = serde_json::to_value(routes().1).expect("it has only string keys");
    let mut found = BTreeSet::new();
    referred(&json, &mut found);
    let lost: Vec<_> = found
        .iter()
        .filter(|it| it.strip_prefix('#').is_none_or(|at| json.pointer(at).is_none()))
        .collect();
    assert!(found.len() > 100 && lost.is_empty(), "{lost:?}");
}

#[test]
fn each_way_has_an_id_of_its_own() {
    let json = serde_json::to_value(routes().1).expect("it has only string keys");
    let items = json["paths"].as_object().expect("paths").values();
    let ways = items.flat_map(|it| it.as_object().expect("ways").values());
    let ids: Vec<_> = ways.filter_map(|it| it["operationId"].as_str()).collect();
    let once: BTreeSet<_> = ids.iter().collect();
    assert!(ids.len() > 100 && once.len() == ids.len(), "an id names two ways");
    assert!(ids.contains(&"get_matters_id_files"), "{ids:?}");
}
