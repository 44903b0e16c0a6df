//! Figures over the network: what is told traces to its records, as of any entry, for officials.

use crate::list::get;
use crate::town::{STRANGER, Town};
use axum::http::StatusCode;
use serde_json::{Value, json};

const MONTH: &str = "pack=sanitation&period=2021-03";

async fn ok(town: &Town, path: &str) -> Value {
    let (status, body) = get(town, "dispatcher@town", path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// The value of a figure where it is not told apart.
fn value(figures: &Value, figure: &str) -> Value {
    let cells = figures["cells"].as_array().expect("cells");
    let cell = cells.iter().find(|it| it["figure"] == figure).expect(figure);
    cell["value"].clone()
}

#[tokio::test]
async fn a_figure_tells_its_value_its_question_and_its_records() {
    let town = Town::found();
    let mut all = vec![town.opened().await, town.rectifying().await, town.declared().await];
    all.sort();
    let figures = ok(&town, &format!("/api/v1/figures?{MONTH}")).await;
    assert_eq!(value(&figures, "reported"), json!({ "whole": 3 }));
    assert_eq!(value(&figures, "filed"), json!({ "whole": 2 }));
    assert_eq!(value(&figures, "filing_rate"), json!({ "ratio": { "over": 2, "under": 3 } }));
    let cells = figures["cells"].as_array().expect("cells");
    let told = |id: &str| {
        cells.iter().find(|it| it["figure"] == id).expect("it is there")["text"]["zh"].clone()
    };
    assert_eq!((told("filing_rate"), told("rebound_rate")), (json!("66.67%"), json!("—")));
    let query = figures["figures"][0]["query"]["zh"].as_str().expect("words");
    assert!(query.contains("2021-03-01至2021-03-31") && query.contains("截至第"), "{query}");
    // The town is a part of its district.
    assert_eq!((&figures["whole"], &figures["withheld"]), (&json!(false), &json!(false)));

    let path = format!("/api/v1/figures/reported/records?{MONTH}");
    let first = ok(&town, &format!("{path}&limit=2")).await;
    let as_of = first["as_of"].as_u64().expect("a number");
    assert_eq!(first["digest"].as_str().map(str::len), Some(64));
    // What happens between two pages is on none of them.
    town.opened().await;
    let cursor = first["next"].as_str().expect("more");
    let second = ok(&town, &format!("{path}&limit=2&cursor={cursor}")).await;
    assert_eq!((&second["as_of"], &second["next"]), (&first["as_of"], &Value::Null));
    assert_eq!(second["digest"], Value::Null, "it goes with the first page");
    let rows = [&first, &second].map(|it| it["records"].as_array().expect("records").clone());
    let mut ids: Vec<String> =
        rows.concat().iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    assert_eq!(ids, all);
    let again = ok(&town, &format!("{path}&as_of={as_of}")).await;
    assert_eq!((&again["digest"], &again["cell"]), (&first["digest"], &first["cell"]));
    let now = ok(&town, &path).await;
    assert_eq!(now["cell"]["value"], json!({ "whole": 4 }));
    assert_ne!(now["digest"], first["digest"]);
    let (status, body) =
        get(&town, "leader@town", &format!("{path}&limit=2&cursor={cursor}")).await;
    assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("wrong_cursor")));
}

#[tokio::test]
async fn figures_are_told_apart_and_parts_add_up() {
    let town = Town::found();
    town.rectifying().await;
    town.declared().await;
    let by_unit = ok(&town, &format!("/api/v1/figures?{MONTH}&figure=dispatched&by=unit")).await;
    let v01 = json!({
        "figure": "dispatched", "key": "v01", "name": by_unit["cells"][0]["name"],
        "value": { "whole": 2 }, "text": { "zh": "2", "en": "2" },
    });
    assert_eq!(by_unit["cells"], json!([v01]));
    let by_day = ok(&town, &format!("/api/v1/figures?{MONTH}&figure=dispatched&by=day")).await;
    let cells = by_day["cells"].as_array().expect("days");
    assert_eq!((cells.len(), &cells[0]["key"]), (31, &json!("2021-03-01")));
    let sum: i64 = cells.iter().filter_map(|it| it["value"]["whole"].as_i64()).sum();
    assert_eq!(sum, 2);
    let one = format!("/api/v1/figures/dispatched/records?{MONTH}&by=unit&key=v01");
    let trace = ok(&town, &one).await;
    assert_eq!(trace["records"].as_array().map(Vec::len), Some(2));
    assert!(trace["query"]["zh"].as_str().is_some_and(|it| it.contains("仅“")), "{trace}");
    let (status, _) = get(&town, "dispatcher@town", &one.replace("v01", "v02")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nothing was dispatched there");
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_with_what_to_give_instead() {
    let town = Town::found();
    town.opened().await;
    for (query, status, code) in [
        ("figures?period=2021-03", 400, "bad_parameter"),
        ("figures?pack=nothing", 404, "not_found"),
        ("figures?pack=sanitation&figure=nothing", 404, "unknown"),
        ("figures?pack=sanitation&period=2021-13", 400, "bad_parameter"),
        ("figures?pack=sanitation&period=2021-03&from=2021-03-01", 400, "bad_parameter"),
        ("figures?pack=sanitation&from=2021-03-02&to=2021-03-01", 400, "bad_parameter"),
        ("figures?pack=sanitation&by=colour", 400, "bad_parameter"),
        ("figures?pack=sanitation&as_of=1000000", 422, "as_of_unknown"),
        ("figures?pack=sanitation&period=2021&by=day", 422, "too_many_cells"),
        ("figures/filed/records?pack=sanitation&by=unit", 400, "bad_parameter"),
        ("figures/nothing/records?pack=sanitation", 404, "unknown"),
    ] {
        let (got, body) = get(&town, "dispatcher@town", &format!("/api/v1/{query}")).await;
        assert_eq!((got.as_u16(), &body["code"]), (status, &json!(code)), "{query}: {body}");
    }
    let path = format!("/api/v1/figures?{MONTH}");
    assert_eq!(get(&town, STRANGER, &path).await.0, StatusCode::FORBIDDEN);
    // Of another village nothing is seen, and the answer says that it is not the whole.
    let (status, other) = get(&town, "handler@v02", &path).await;
    assert_eq!((status, &other["whole"]), (StatusCode::OK, &json!(false)));
    assert_eq!(value(&other, "reported"), json!({ "whole": 0 }));
}
