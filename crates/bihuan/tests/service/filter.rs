//! Rebounds, and what was cleared on time: lists, counts and files that figures open to.

use crate::town::Town;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// How many a list, the counts and the ledger's filter find.
async fn found(town: &Town, query: &str) -> (usize, u64) {
    let list = format!("/api/v1/matters?limit=100&{query}");
    let (status, list) = town.send(("GET", &list), "dispatcher@town", &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{list}");
    let counts = format!("/api/v1/counts?{query}");
    let (status, counts) = town.send(("GET", &counts), "dispatcher@town", &Value::Null).await;
    assert_eq!(status, StatusCode::OK, "{counts}");
    let rows = list["rows"].as_array().expect("rows").len();
    (rows, counts["total"].as_u64().expect("a total"))
}

async fn cleared(town: &Town) -> String {
    let matter = town.declared().await;
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    let (status, body) = town.act("acceptor@town", &matter, accept).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    matter
}

#[tokio::test]
async fn rebounds_and_what_was_cleared_on_time_are_found_alone() {
    let town = Town::found();
    cleared(&town).await;
    assert_eq!(found(&town, "rebound=true").await, (0, 0));
    let again = town.opened().await;
    assert_eq!(found(&town, "rebound=true").await, (1, 1), "it came back at the same place");
    assert_eq!(found(&town, "rebound=false").await, (1, 1));
    assert_eq!(found(&town, "rebound=true&standing=ended").await, (0, 0));
    assert_eq!(found(&town, "cleared_on_time=true").await, (1, 1));
    assert_eq!(found(&town, "cleared_on_time=false").await, (0, 0));

    let dispatch = json!({ "move": {
        "id": "dispatch", "unit": "v01", "form": { "measure": "清运", "standard": "见本色" },
    }});
    for (who, command) in [
        ("intake@town", json!({ "move": { "id": "file" } })),
        ("dispatcher@town", dispatch),
        ("handler@v01", json!({ "move": { "id": "receive" } })),
    ] {
        let (status, body) = town.act(who, &again, command).await;
        assert_eq!(status, StatusCode::OK, "{who}: {body}");
    }
    // Its deadline passes before it is declared.
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 30 * 86_400_000);
    bihuan::timer::fire(town.app.realm()).expect("the clock acts");
    let declare = json!({ "move": {
        "id": "declare", "form": { "measure_done": "已清运" },
        "files": [town.photo("after", "v01")],
    }});
    let accept = json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    for (who, command) in [("handler@v01", declare), ("acceptor@town", accept)] {
        let (status, body) = town.act(who, &again, command).await;
        assert_eq!(status, StatusCode::OK, "{who}: {body}");
    }
    assert_eq!(found(&town, "cleared_on_time=false").await, (1, 1), "a deadline was missed");
    assert_eq!(found(&town, "cleared_on_time=true").await, (1, 1));
    let report = town.app.realm().read(|db| bihuan_store::verify::verify(db, None, &mut |_, _| {}));
    assert!(report.expect("it reads").is_sound());
    let odd = "/api/v1/matters?rebound=maybe";
    let (status, said) = town.send(("GET", odd), "dispatcher@town", &Value::Null).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{said}");
}
