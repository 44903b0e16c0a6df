//! Anybody reports without an account, follows by a code, and says that it was not well done.

use crate::photo::{encoded, pixels};
use crate::town::Town;
use axum::Extension;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bihuan::http::app::Publishing;
use bihuan::http::edge::Client;
use bihuan::http::layer::{Rate, Rates};
use bihuan::http::router;
use bihuan_store::verify::verify;
use http_body_util::BodyExt;
use image::ImageFormat;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use tower::ServiceExt;

const NAME: &str = "郑某某";
const TELEPHONE: &str = "139 0000 0000";
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> 门口有垃圾";
pub(crate) const EDGE: &str = "-----------------------------7e9";

/// A town where anybody may report.
fn open() -> (Town, axum::Router) {
    let town = Town::found();
    let service = town.service.clone();
    (town, service)
}

/// A form as a browser sends it.
pub(crate) fn form(parts: &[(&str, &str)], photos: &[Vec<u8>]) -> Vec<u8> {
    let mut text = String::new();
    for (name, value) in parts {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        write!(text, "--{EDGE}\r\n{head}\r\n\r\n{value}\r\n").expect("text");
    }
    let mut bytes = text.into_bytes();
    for photo in photos {
        let head = "Content-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"";
        bytes.extend(format!("--{EDGE}\r\n{head}\r\n\r\n").bytes());
        bytes.extend(photo);
        bytes.extend(b"\r\n");
    }
    bytes.extend(format!("--{EDGE}--\r\n").bytes());
    bytes
}

pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }
}

pub(crate) async fn ask(service: &axum::Router, request: Request<Body>) -> Told {
    let answer = service.clone().oneshot(request).await.expect("it answers");
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let text = String::from_utf8(bytes.to_vec()).expect("text");
    Told { status: parts.status, headers: parts.headers, text }
}

async fn get(service: &axum::Router, path: &str) -> Told {
    ask(service, Request::get(path).body(Body::empty()).expect("a request")).await
}

pub(crate) async fn post(service: &axum::Router, path: &str, body: Vec<u8>, accept: &str) -> Told {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
        .header(header::ACCEPT, accept);
    ask(service, request.body(Body::from(body)).expect("a request")).await
}

/// What somebody in v01 sends who gives a name.
pub(crate) fn report(town: &Town, id: &str) -> Vec<u8> {
    let at = town.place("v01")["at"].clone();
    let degrees = |key: &str| (at[key].as_f64().expect("a number") / 1e7).to_string();
    let (lon, lat) = (degrees("lon_e7"), degrees("lat_e7"));
    let parts = [
        ("id", id),
        ("kind", "sanitation/0110"),
        ("words", EVIL),
        ("lon", &lon),
        ("lat", &lat),
        ("accuracy_m", "12"),
        ("name", NAME),
        ("telephone", TELEPHONE),
    ];
    let photo = encoded(&pixels(80, 60, 7), ImageFormat::Jpeg);
    form(&parts, &[photo])
}

pub(crate) const REPORTS: &str = "/api/v1/public/reports";

async fn reported(town: &Town, service: &axum::Router) -> String {
    let told = post(service, REPORTS, report(town, &town.id()), "application/json").await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    told.json()["code"].as_str().expect("a code").to_owned()
}

/// The matter that was opened last, as an official sees it.
async fn newest(town: &Town) -> String {
    let (status, list) =
        town.send(("GET", "/api/v1/matters?limit=1"), "intake@town", &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    list["rows"][0]["id"].as_str().expect("a matter").to_owned()
}

/// Takes a matter from the report to its clearance, by ordinary people.
async fn cleared(town: &Town, matter: &str) {
    let by_move = |id: &str| json!({ "move": { "id": id } });
    let dispatch = json!({ "move": {
        "id": "dispatch", "unit": "v01", "form": { "measure": "清运", "standard": "见本色" },
    }});
    let declare = json!({ "move": {
        "id": "declare", "form": { "measure_done": "已清运" },
        "files": [town.photo("after", "v01")],
    }});
    let (_, life) = town
        .send(("GET", &format!("/api/v1/matters/{matter}")), "acceptor@town", &Value::Null)
        .await;
    assert_eq!(life["matter"]["source"], "public", "{life}");
    for (who, command) in [
        ("intake@town", by_move("file")),
        ("dispatcher@town", dispatch),
        ("handler@v01", by_move("receive")),
        ("handler@v01", declare),
        ("acceptor@town", json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } })),
    ] {
        let (status, body) = town.act(who, matter, command).await;
        assert_eq!(status, StatusCode::OK, "{who}: {body}");
    }
}

#[tokio::test]
async fn a_resident_reports_follows_and_says_that_it_was_not_well_done() {
    let (town, service) = open();
    let code = reported(&town, &service).await;
    let path = format!("{REPORTS}/{code}");
    let told = get(&service, &path).await.json();
    assert_eq!((&told["state"], &told["may_object"]), (&json!("received"), &json!(false)));

    let objections = format!("{path}/objections");
    let early = post(&service, &objections, form(&[("words", "x")], &[]), "*/*").await;
    assert_eq!(
        (early.status, &early.json()["code"]),
        (StatusCode::CONFLICT, &json!("not_cleared"))
    );

    let matter = newest(&town).await;
    cleared(&town, &matter).await;
    let told = get(&service, &format!("{REPORTS}/{}", code.to_lowercase())).await.json();
    assert_eq!((&told["state"], &told["may_object"]), (&json!("cleared"), &json!(true)));
    assert!(told["unit"]["zh"].is_string(), "the pack publishes who answers for it: {told}");

    let again = post(&service, &objections, form(&[("words", "还在")], &[]), "*/*").await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text);
    let told = again.json();
    assert_eq!((&told["state"], &told["objections"]), (&json!("received"), &json!(1)));
    let rebound = newest(&town).await;
    let (_, life) = town
        .send(("GET", &format!("/api/v1/matters/{rebound}")), "intake@town", &Value::Null)
        .await;
    assert_eq!(life["matter"]["rebound_of"], json!(matter), "it finds its ancestor");
    assert!(life["due"]["at"].is_number(), "it has a clock of its own");

    let twice = post(&service, &objections, form(&[], &[]), "*/*").await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "once after each clearance");
    let report = town.app.realm().read(|db| verify(db, None, &mut |_, _| {})).expect("it reads");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn whoever_follows_sees_a_photo_once_somebody_covered_and_released_it() {
    let mut town = Town::found();
    town.app = town.app.clone().publishing(Publishing { url: None, photos: true });
    let service = router(town.app.clone());
    town.service = service.clone();
    let code = reported(&town, &service).await;
    let matter = newest(&town).await;
    cleared(&town, &matter).await;
    let path = format!("{REPORTS}/{code}");
    assert_eq!(get(&service, &path).await.json()["photos"], json!([]), "nothing by itself");
    let (_, files) = town
        .send(("GET", &format!("/api/v1/matters/{matter}/files")), "dispatcher@town", &Value::Null)
        .await;
    let before = files["files"].as_array().expect("files").iter();
    let mut before = before;
    let before = before.find(|it| it["slot"] == "before").expect("the photo of the report");
    let digest = before["digest"].as_str().expect("a digest");
    let release = format!("/api/v1/matters/{matter}/files/{digest}/release");
    let covers = json!({
        "covers": [{ "x": 0.1, "y": 0.1, "w": 0.2, "h": 0.2 }], "statement": "covered",
    });
    let (status, body) = town.send(("PUT", &release), "dispatcher@town", &covers).await;
    assert!(status.is_success(), "{status}: {body}");
    let told = get(&service, &path).await.json();
    assert_eq!(told["photos"][0]["slot"], "before", "{told}");
    let address = told["photos"][0]["address"].as_str().expect("an address");
    assert!(!address.contains(digest), "the original is named nowhere");
    let page = get(&service, &format!("/r/{code}")).await;
    assert!(
        page.text.contains(&format!("<img class=\"after\" src=\"{address}\"")),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_same_report_sent_twice_is_one_and_has_one_code() {
    let (town, service) = open();
    let id = town.id();
    let first = post(&service, REPORTS, report(&town, &id), "application/json").await;
    let second = post(&service, REPORTS, report(&town, &id), "application/json").await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!(first.json(), second.json());
    let (_, list) = town.send(("GET", "/api/v1/matters"), "intake@town", &Value::Null).await;
    assert_eq!(list["rows"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn whoever_reported_is_named_nowhere() {
    let (town, service) = open();
    let code = reported(&town, &service).await;
    let matter = newest(&town).await;
    cleared(&town, &matter).await;
    let mut seen = String::new();
    for path in [
        format!("{REPORTS}/{code}"),
        format!("/r/{code}"),
        "/list".into(),
        "/api/v1/public/matters".into(),
        "/".into(),
    ] {
        let told = get(&service, &path).await;
        assert_eq!(told.status, StatusCode::OK, "{path}");
        assert!(!told.text.contains("门口有垃圾"), "{path} tells the words of a report");
        seen.push_str(&told.text);
    }
    for account in ["intake@town", "handler@v01", "acceptor@town", "leader@town"] {
        for path in [format!("/api/v1/matters/{matter}"), "/api/v1/matters".into()] {
            let (_, body) = town.send(("GET", &path), account, &Value::Null).await;
            seen.push_str(&body.to_string());
        }
    }
    assert!(!seen.contains(NAME) && !seen.contains(TELEPHONE), "a name was told");
    let (_, kept) = town
        .send(("GET", &format!("/api/v1/matters/{matter}/reporter")), "intake@town", &Value::Null)
        .await;
    assert_eq!(kept["status"], "kept", "the vault has it");
}

#[tokio::test]
async fn pages_are_read_and_sent_without_any_script() {
    let (town, service) = open();
    let form_page = get(&service, "/p").await;
    assert_eq!(form_page.status, StatusCode::OK);
    assert!(form_page.text.contains("enctype=\"multipart/form-data\""), "{}", form_page.text);
    let policy = form_page.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let sent = post(&service, REPORTS, report(&town, &town.id()), "text/html").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let to = sent.headers["location"].to_str().expect("text").to_owned();
    for path in [to.clone(), format!("{to}?lang=en"), "/list?lang=en".into(), "/about".into()] {
        let page = get(&service, &path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.text.contains("<script>") && !page.text.contains("onerror"), "{path}");
    }
    let wrong = form(&[("id", "1")], &[]);
    let refused = post(&service, REPORTS, wrong, "text/html").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("role=\"alert\""), "a browser gets a page: {}", refused.text);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_opens_nothing() {
    let (town, service) = open();
    let id = town.id();
    let photo = |bytes: &[u8]| vec![bytes.to_vec()];
    for (parts, photos, code) in [
        (vec![("kind", "sanitation/0110"), ("words", "x")], vec![], "invalid"),
        (vec![("id", id.as_str()), ("words", "x"), ("lon", "113")], vec![], "invalid"),
        (vec![("id", &id), ("kind", "sanitation/0110"), ("words", "x")], vec![], "invalid"),
        (
            vec![("id", &id), ("kind", "nothing/0110"), ("lon", "1"), ("lat", "1")],
            vec![],
            "invalid",
        ),
        (
            vec![("id", &id), ("kind", "sanitation/0110"), ("lon", "x"), ("lat", "1")],
            vec![],
            "invalid",
        ),
        (
            vec![("id", &id), ("kind", "sanitation/0110"), ("lon", "113"), ("lat", "34")],
            photo(b"no picture at all"),
            "picture_unknown",
        ),
    ] {
        let told = post(&service, REPORTS, form(&parts, &photos), "application/json").await;
        assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY, "{parts:?}: {}", told.text);
        assert_eq!(told.json()["code"], code, "{parts:?}");
    }
    let no_form = Request::post(REPORTS).body(Body::from("x")).expect("a request");
    assert_eq!(ask(&service, no_form).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for code in ["x", "0000-0000-0000-0000"] {
        let told = get(&service, &format!("{REPORTS}/{code}")).await;
        assert_eq!(
            (told.status, &told.json()["code"]),
            (StatusCode::NOT_FOUND, &json!("unknown_code"))
        );
    }
    let (_, list) = town.send(("GET", "/api/v1/matters"), "intake@town", &Value::Null).await;
    assert_eq!(list["rows"], json!([]));
}

/// How many kinds of problem the form offers.
async fn kinds(service: &axum::Router) -> usize {
    get(service, "/p").await.text.matches("name=\"kind\"").count()
}

#[tokio::test]
async fn what_is_common_is_counted_once_in_a_while_however_many_ask() {
    let (town, service) = open();
    reported(&town, &service).await;
    assert_eq!(kinds(&service).await, 8, "nothing is published yet: the first of the pack");
    let matter = newest(&town).await;
    let file = json!({ "move": { "id": "file" } });
    assert_eq!(town.act("intake@town", &matter, file).await.0, StatusCode::OK);
    assert_eq!(kinds(&service).await, 8, "what was counted is still said");
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 10 * 60_000);
    assert_eq!(kinds(&service).await, 1, "counted anew: one class is common");
}

#[tokio::test]
async fn nobody_reports_where_the_operator_did_not_open_it() {
    let town = Town::found();
    let service = router(town.app.clone().taking_reports(false));
    let told = post(&service, REPORTS, report(&town, &town.id()), "application/json").await;
    assert_eq!((told.status, &told.json()["code"]), (StatusCode::FORBIDDEN, &json!("not_open")));
    assert_eq!(get(&service, "/p").await.status, StatusCode::FORBIDDEN);
    assert_eq!(get(&service, "/").await.status, StatusCode::OK, "what is published is read");
}

#[tokio::test]
async fn nobody_reports_too_often() {
    let town = Town::found();
    let most = Rate { per_min: 600, burst: 600 };
    let few = Rate { per_min: 1, burst: 2 };
    let rates = Arc::new(Rates::new(most, most, most).reports(few));
    let app = town.app.clone().rated(rates);
    let client = |last: u8| Client(IpAddr::from([10, 0, 0, last]));
    let service = |last| router(app.clone()).layer(Extension(client(last)));
    let send = |last| {
        let service = service(last);
        let body = report(&town, &town.id());
        async move { post(&service, REPORTS, body, "application/json").await }
    };
    assert_eq!(send(1).await.status, StatusCode::CREATED);
    assert_eq!(send(1).await.status, StatusCode::CREATED);
    let third = send(1).await;
    assert_eq!(
        (third.status, &third.json()["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_often"))
    );
    assert!(third.headers.contains_key("retry-after"));
    assert_eq!(send(2).await.status, StatusCode::CREATED, "another is not made to wait");
}

#[tokio::test]
async fn the_public_account_can_do_nothing_but_open() {
    let (town, service) = open();
    reported(&town, &service).await;
    let matter = newest(&town).await;
    let file = json!({ "move": { "id": "file" } });
    let (status, _) = town.act("public", &matter, file).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let body = json!({ "account": "public", "password": "public-public" });
    let (status, told) = town.post("/api/v1/sessions", None, &body).await;
    assert_eq!((status, &told["code"]), (StatusCode::UNAUTHORIZED, &json!("wrong_password")));
}

#[tokio::test]
async fn what_is_published_is_drawn_without_a_script_and_the_address_holds_the_view() {
    let (town, service) = open();
    let whole = get(&service, "/list").await;
    assert_eq!(whole.status, StatusCode::OK);
    assert!(whole.text.contains("整改中 0"), "{}", whole.text);
    let matter = town.rectifying().await;
    let page = get(&service, "/list").await.text;
    assert!(
        page.contains("<svg viewBox=\"0 0 480 360\" role=\"group\" aria-label=\"地图：整改中 1\"")
    );
    assert!(page.contains("不作划界依据") && page.contains("约50米的方格"), "{page}");
    assert!(!page.contains(&matter) && !page.contains("style="), "no id, and nothing inline");
    let at = page.split("href=\"/list?at=").nth(1).and_then(|it| it.split('"').next());
    let near = format!("/list?at={}", at.expect("a way nearer").replace("&amp;", "&"));
    let near = near.split('#').next().expect("an address").to_owned();
    let nearer = get(&service, &near).await.text;
    assert!(nearer.contains(">全图</a>"), "there is a way back");
    let english = get(&service, &format!("{near}&lang=en")).await.text;
    assert!(english.contains("&amp;lang=en#map") && english.contains("A sketch"), "{english}");
    for odd in ["/list?at=x&zoom=y", "/list?at=0,0&zoom=17", "/list?at=113.3,34.8&zoom=99"] {
        assert_eq!(get(&service, odd).await.status, StatusCode::OK, "{odd}");
    }
}
