//! Lists of matters: what they show to whom, in which order, and what they refuse.

use crate::town::{STRANGER, Town, with};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

/// Reads an address as somebody.
pub(crate) async fn get(town: &Town, account: &str, path: &str) -> (StatusCode, Value) {
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    request.extensions_mut().extend(with(town.caller(account)));
    town.ask(request).await
}

/// Ids that a list shows to somebody, page after page of `limit`.
async fn listed(town: &Town, account: &str, query: &str, limit: u32) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/matters?limit={limit}{query}{cursor}");
        let (status, page) = get(town, account, &path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        let rows = page["rows"].as_array().expect("rows");
        ids.extend(rows.iter().map(|it| it["id"].as_str().expect("an id").to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

/// A matter of v02 that its inspector opened.
async fn of_v02(town: &Town) -> String {
    let matter = town.id();
    let (status, body) = town.act("inspector@v02", &matter, town.opening("v02")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    matter
}

/// Three matters of v01 and one of v02, in the order in which they were opened.
async fn four(town: &Town) -> [String; 4] {
    [town.opened().await, town.rectifying().await, of_v02(town).await, town.declared().await]
}

#[tokio::test]
async fn each_sees_own_matters_in_the_order_asked_for_page_by_page() {
    let town = Town::found();
    let [a, b, c, d] = four(&town).await;
    for limit in [1, 2, 100] {
        let all = listed(&town, "dispatcher@town", "", limit).await;
        assert_eq!(all, [&d, &c, &b, &a].map(String::clone));
        let all = listed(&town, "dispatcher@town", "&sort=oldest", limit).await;
        assert_eq!(all, [&a, &b, &c, &d].map(String::clone));
        // What was declared changed last; numbers are given on filing.
        let all = listed(&town, "dispatcher@town", "&sort=changed", limit).await;
        assert_eq!(all, [&d, &c, &b, &a].map(String::clone));
        let all = listed(&town, "dispatcher@town", "&sort=number", limit).await;
        assert_eq!(all, [&b, &d].map(|it| it.clone()));
        let mut due = listed(&town, "dispatcher@town", "&sort=due", limit).await;
        due.sort();
        let mut four = [&a, &b, &c, &d].map(String::clone);
        four.sort();
        assert_eq!(due, four, "each is open and has a deadline");
        assert!(listed(&town, "dispatcher@town", "&sort=overdue", limit).await.is_empty());
        assert_eq!(listed(&town, "handler@v02", "", limit).await.join(" "), c);
        assert!(listed(&town, STRANGER, "", limit).await.is_empty());
    }
    let (_, page) = get(&town, "dispatcher@town", "/api/v1/matters?sort=due").await;
    let due: Vec<i64> = page["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| it["due_at"].as_i64().expect("due"))
        .collect();
    assert!(due.is_sorted(), "{due:?}");
}

#[tokio::test]
async fn every_column_of_a_row_is_a_filter_of_its_name() {
    let town = Town::found();
    let [_, b, c, _] = four(&town).await;
    let (_, page) = get(&town, "dispatcher@town", "/api/v1/matters").await;
    let row = |id: &String| {
        let rows = page["rows"].as_array().expect("rows");
        rows.iter().find(|it| it["id"] == json!(id)).expect("it is listed").clone()
    };
    let b = row(&b);
    assert_eq!(b["title"], "路边垃圾");
    for key in ["pack", "stage", "meaning", "class", "source", "unit", "owner", "place_unit"] {
        let value = b[key].as_str().unwrap_or_else(|| panic!("{key}: {b}"));
        let (status, page) =
            get(&town, "dispatcher@town", &format!("/api/v1/matters?{key}={value}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let rows = page["rows"].as_array().expect("rows");
        assert!(rows.iter().any(|it| it["id"] == b["id"]), "{key}");
        assert!(rows.iter().all(|it| it[key] == b[key] || key.contains("unit")), "{key}");
    }
    let number = b["number"].as_str().expect("a number");
    assert_eq!(listed(&town, "dispatcher@town", &format!("&number={number}"), 9).await.len(), 1);
    let prefix = &number[..number.len() - 1];
    let found = listed(&town, "dispatcher@town", &format!("&number_prefix={prefix}"), 9).await;
    assert_eq!(found.len(), 2);
    for (query, count) in [
        ("&unit=v02", 0),
        ("&place_unit=v02", 1),
        ("&place_unit=town", 4),
        ("&unit=v01&unit=v02", 2),
        ("&stage=rectifying&stage=accepting", 2),
        ("&meaning=closed", 0),
        ("&standing=open", 4),
        ("&standing=ended", 0),
        ("&standing=overdue", 0),
        ("&standing=suspended", 0),
        ("&rework_min=1", 0),
        ("&supervised=red", 0),
        ("&person=nobody", 0),
        ("&point=nowhere", 0),
        ("&opened_from=2021-03-01&opened_to=2021-03-01", 4),
        ("&opened_to=2021-02-28", 0),
        ("&due_from=2021-02-28", 4),
        ("&cleared_from=2021-02-28", 0),
        ("&overdue_from=2021-02-28", 0),
        ("&q=%E5%9E%83%E5%9C%BE", 4),
        ("&q=%E6%B1%A1%E6%B0%B4", 0),
        ("&bbox=-180,-90,180,90", 4),
        ("&bbox=0,0,0.001,0.001&sort=due", 0),
    ] {
        for sort in ["newest", "oldest", "due", "changed"] {
            let query = format!("{query}&sort={sort}").replace("&sort=due&sort", "&sort");
            let found = listed(&town, "dispatcher@town", &query, 3).await;
            assert_eq!(found.len(), count, "{query}");
        }
    }
    // A box around one place.
    let at = |it: &str| row(&c)[it].as_f64().expect("a place") / 1e7;
    let (lon, lat) = (at("lon_e7"), at("lat_e7"));
    let bbox = format!("&bbox={},{},{},{}", lon - 0.0001, lat - 0.0001, lon + 0.0001, lat + 0.0001);
    assert_eq!(listed(&town, "dispatcher@town", &bbox, 9).await, [c]);
}

#[tokio::test]
async fn a_cursor_holds_for_its_list_and_its_account_alone() {
    let town = Town::found();
    four(&town).await;
    let (_, page) = get(&town, "dispatcher@town", "/api/v1/matters?limit=1&unit=town").await;
    let cursor = page["next"].as_str().expect("there are more").to_owned();
    let good = format!("/api/v1/matters?unit=town&limit=9&cursor={cursor}");
    assert_eq!(get(&town, "dispatcher@town", &good).await.0, StatusCode::OK);
    let (_, again) = get(&town, "dispatcher@town", "/api/v1/matters?limit=1&unit=town").await;
    assert_ne!(again["next"], json!(cursor), "two of the same place tell nothing");
    let wrong = [
        ("dispatcher@town", format!("/api/v1/matters?cursor={cursor}")),
        ("dispatcher@town", format!("/api/v1/matters?unit=v01&cursor={cursor}")),
        ("dispatcher@town", format!("/api/v1/matters?unit=town&sort=due&cursor={cursor}")),
        ("leader@town", good.clone()),
        ("dispatcher@town", "/api/v1/matters?cursor=4711".to_owned()),
    ];
    for (who, path) in wrong {
        let (status, body) = get(&town, who, &path).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("wrong_cursor")));
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_what_to_give_instead() {
    let town = Town::found();
    for (query, code) in [
        ("colour=red", "unknown_parameter"),
        ("sort=newest&sort=oldest", "repeated_parameter"),
        ("sort=best", "bad_parameter"),
        ("limit=0", "bad_parameter"),
        ("limit=1001", "bad_parameter"),
        ("limit=many", "bad_parameter"),
        ("unit=nowhere", "bad_parameter"),
        ("stage=nowhere", "bad_parameter"),
        ("meaning=odd", "bad_parameter"),
        ("standing=odd", "bad_parameter"),
        ("opened_from=yesterday", "bad_parameter"),
        ("opened_from=2021-03-02&opened_to=2021-03-01", "bad_parameter"),
        ("q=%E5%9E%83", "bad_parameter"),
        ("q=%EF%BC%8C", "bad_parameter"),
        ("bbox=1,2,3", "bad_parameter"),
        ("bbox=3,2,1,4", "bad_parameter"),
        ("stage=", "bad_parameter"),
    ] {
        let path = format!("/api/v1/matters?{query}");
        let (status, body) = get(&town, "dispatcher@town", &path).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{query}");
        let told = body["title"].as_str().expect("what to do");
        assert!(
            told.starts_with(query.split('=').next().expect("a key").trim_end_matches("_from"))
        );
        assert!(body["title_zh"].is_string() && body["details"].is_array(), "{body}");
    }
    let nobody = Request::get("/api/v1/matters").body(Body::empty()).expect("a request");
    assert_eq!(town.ask(nobody).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&town, "dispatcher@town", "/api/v1/matters?limit=1000").await.0, StatusCode::OK);
}
