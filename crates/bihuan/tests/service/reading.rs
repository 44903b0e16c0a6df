//! The ledger, its balance, what is due, counts and exports: each shows what the list shows; and
//! whoever may not see a sealed matter cannot tell by any of them whether it is there.

use crate::list::get;
use crate::town::{STRANGER, Town, with};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bihuan::http::app::EXPORTS_MAX;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::pack::PackFiles;
use bihuan_core::unit::UnitId;
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use calamine::Reader;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tower::ServiceExt;

/// Asks an address as somebody; kind and bytes come back.
async fn bytes(town: &Town, account: &str, path: &str) -> (StatusCode, String, Vec<u8>) {
    let (status, headers, bytes) =
        town.call(("GET", path), Some(&town.caller(account)), &[], &[]).await;
    let kind = headers[header::CONTENT_TYPE].to_str().expect("a type").to_owned();
    (status, kind, bytes.to_vec())
}

async fn ok(town: &Town, account: &str, path: &str) -> Value {
    let (status, body) = get(town, account, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

/// A matter that was opened, one that is worked on and one that is declared done.
async fn three(town: &Town) -> [String; 3] {
    [town.opened().await, town.rectifying().await, town.declared().await]
}

fn len(of: &Value) -> usize {
    of.as_array().expect("a list").len()
}

#[tokio::test]
async fn the_ledger_has_the_columns_of_its_pack_and_totals() {
    let town = Town::found();
    let (_, declared) = (town.rectifying().await, town.declared().await);
    let page = ok(&town, "dispatcher@town", "/api/v1/ledger?lang=en").await;
    let columns = page["columns"].as_array().expect("columns");
    assert!(columns.len() >= 20, "{columns:?}");
    let at = |word: &str| columns.iter().position(|it| it["shows"] == word).expect(word);
    assert_eq!(columns[at("number")]["title"]["zh"], "问题编号");
    assert_eq!(
        (&columns[at("due")]["kind"], &columns[0]["kind"]),
        (&json!("moment"), &json!("integer"))
    );
    let row = &page["rows"][0];
    assert_eq!((&row["id"], len(&row["cells"])), (&json!(declared), columns.len()));
    assert!(row["cells"][at("declared_at")].is_i64(), "of the whole matter, too: {row}");
    assert_eq!(row["cells"][0], 1);
    let totals = &page["totals"];
    assert_eq!(totals, &json!({ "dispatched": 2, "rectified": 1, "unrectified": 1, "overdue": 0 }));
    // The running number goes on.
    let first = ok(&town, "dispatcher@town", "/api/v1/ledger?limit=1&columns=row,number").await;
    let next = first["next"].as_str().expect("there is more");
    let path = format!("/api/v1/ledger?limit=1&columns=row,number&cursor={next}");
    assert_eq!(ok(&town, "dispatcher@town", &path).await["rows"][0]["cells"][0], 2);
    for query in ["columns=field:nothing", "columns=best", "lang=de", "sort=best"] {
        let (status, body) =
            get(&town, "dispatcher@town", &format!("/api/v1/ledger?{query}")).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!("bad_parameter")));
    }
    assert_eq!(len(&ok(&town, STRANGER, "/api/v1/ledger").await["rows"]), 0);
}

#[tokio::test]
async fn a_balance_is_told_for_a_period_and_for_each_day() {
    let town = Town::found();
    three(&town).await;
    let whole = ok(&town, "dispatcher@town", "/api/v1/ledger/balance").await;
    assert_eq!(whole["balances"], true, "{whole}");
    assert_eq!((&whole["total"]["filed"], &whole["total"]["closing"]), (&json!(2), &json!(2)));
    let path = "/api/v1/ledger/balance?from=2021-02-27&to=2021-03-03&by=day";
    let daily = ok(&town, "dispatcher@town", path).await;
    assert_eq!(daily["balances"], true, "{daily}");
    let of = |unit: &str, day: &str| {
        let accounts = daily["accounts"].as_array().expect("accounts");
        accounts.iter().find(|it| it["unit"] == unit && it["day"] == day).cloned()
    };
    let today = of("v01", "2021-03-01").expect("matters came to v01");
    let today = &today["account"];
    assert_eq!((&today["taken_over"], &today["closing"]), (&json!(2), &json!(2)));
    let later = of("v01", "2021-03-02").expect("they are still there");
    let later = &later["account"];
    assert_eq!((&later["opening"], &later["closing"]), (&json!(2), &json!(2)));
    assert!(of("v01", "2021-02-28").is_none() && of("v02", "2021-03-01").is_none());
    let of_v01 = ok(&town, "dispatcher@town", "/api/v1/ledger/balance?unit=v01").await;
    assert_eq!(len(&of_v01["accounts"]), 1);
    for query in ["by=week", "from=2021-03-02&to=2021-03-01", "unit=nowhere", "day=2021-03-01"] {
        let path = format!("/api/v1/ledger/balance?{query}");
        assert_eq!(
            get(&town, "dispatcher@town", &path).await.0,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    let days = |last: &str| format!("/api/v1/ledger/balance?from=2021-01-01&to={last}&by=day");
    assert_eq!(get(&town, "dispatcher@town", &days("2021-04-02")).await.0, StatusCode::OK);
    assert_eq!(get(&town, "dispatcher@town", &days("2021-04-03")).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_falls_due_is_told_in_the_order_in_which_it_goes_wrong() {
    let town = Town::found();
    let (opened, rectifying) = (town.opened().await, town.rectifying().await);
    let ids = |page: &Value| -> Vec<String> {
        let rows = page["rows"].as_array().expect("rows");
        rows.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect()
    };
    let all = ok(&town, "dispatcher@town", "/api/v1/due?days=30").await;
    let due: Vec<i64> = all["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|it| it["due_at"].as_i64().unwrap())
        .collect();
    assert!(due.is_sorted() && due.len() == 2 && due[0] > all["now"].as_i64().unwrap(), "{all}");
    assert!(ids(&ok(&town, "dispatcher@town", "/api/v1/due?days=0").await).is_empty());
    // Later the same matters are overdue.
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 90 * 86_400_000);
    let late = ok(&town, "dispatcher@town", "/api/v1/due?days=0").await;
    assert_eq!(ids(&late), ids(&all));
    let unit = ok(&town, "handler@v01", "/api/v1/due?days=0&whose=unit").await;
    assert!(ids(&unit).contains(&rectifying), "{unit}");
    let unit = ok(&town, "dispatcher@town", "/api/v1/due?days=0&whose=unit&owner=v02").await;
    assert!(ids(&unit).is_empty(), "{unit}");
    let own = ok(&town, "handler@v01", "/api/v1/due?days=0&whose=own").await;
    assert!(!ids(&own).contains(&opened), "{own}");
    let own = ok(&town, "handler@v01", "/api/v1/due?days=0&whose=own&person=somebody").await;
    assert!(ids(&own).is_empty());
    for query in ["whose=theirs", "days=366", "days=-1", "sort=newest"] {
        let path = format!("/api/v1/due?{query}");
        assert_eq!(get(&town, "handler@v01", &path).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn counts_are_those_of_the_list_by_one_or_two_of_its_columns() {
    let town = Town::found();
    three(&town).await;
    let count = |query: &'static str| {
        let town = &town;
        async move { ok(town, "dispatcher@town", &format!("/api/v1/counts?{query}")).await }
    };
    let sum = count("").await;
    assert_eq!((&sum["total"], &sum["cells"][0]["keys"]), (&json!(3), &json!([])));
    let by = count("by=unit&by=stage").await;
    assert_eq!((&by["by"], &by["total"]), (&json!(["unit", "stage"]), &json!(3)));
    assert!(by["cells"].as_array().unwrap().contains(&json!({
        "keys": ["v01", "rectifying"], "count": 1,
    })));
    assert_eq!(count("by=opened_day").await["cells"][0]["keys"], json!(["2021-03-01"]));
    assert_eq!(count("by=opened_week").await["cells"][0]["keys"], json!(["2021-03-01"]));
    assert_eq!(count("by=opened_month").await["cells"][0]["keys"], json!(["2021-03"]));
    assert_eq!(count("by=cleared_day").await["cells"][0]["keys"], json!([null]));
    assert_eq!(count("by=stage&q=%E5%9E%83%E5%9C%BE").await["total"], 3);
    assert_eq!(count("by=stage&q=%E6%B1%A1%E6%B0%B4").await["total"], 0);
    assert_eq!(count("by=class&stage=rectifying").await["total"], 1);
    assert_eq!(count("by=rework&by=supervised").await["cells"][0]["keys"], json!(["0", null]));
    for dimension in
        ["pack", "meaning", "class", "source", "owner", "person", "place_unit", "point"]
    {
        let path = format!("/api/v1/counts?by={dimension}");
        assert_eq!(ok(&town, "dispatcher@town", &path).await["total"], 3, "{dimension}");
    }
    for query in ["by=colour", "by=unit&by=unit", "by=unit&by=stage&by=class", "sort=newest"] {
        let path = format!("/api/v1/counts?{query}");
        assert_eq!(get(&town, "handler@v01", &path).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(ok(&town, STRANGER, "/api/v1/counts?by=stage").await["total"], 0);
}

#[tokio::test]
async fn an_export_holds_the_list_and_its_cells_run_nothing() {
    let town = Town::found();
    let (first, second) = (town.id(), town.opened().await);
    let mut opening = town.opening("v01");
    opening["open"]["title"] = json!("=HYPERLINK(\"http://x\")");
    let (status, body) = town.act("inspector@v01", &first, opening).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let path = "/api/v1/matters/export?format=csv&lang=en&sort=oldest";
    let (status, kind, csv) = bytes(&town, "dispatcher@town", path).await;
    assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/csv; charset=utf-8"));
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert!(csv.starts_with('\u{feff}') && csv.contains("\"'=HYPERLINK("), "{csv}");
    assert_eq!(csv.lines().count(), 3, "headings and two rows: {csv}");
    let path = "/api/v1/matters/export?format=jsonl&columns=row,description";
    let (_, kind, lines) = bytes(&town, "dispatcher@town", path).await;
    let lines = String::from_utf8(lines).expect("UTF-8");
    let lines: Vec<Value> =
        lines.lines().map(|it| serde_json::from_str(it).expect("JSON")).collect();
    assert_eq!((kind.as_str(), lines.len()), ("application/x-ndjson", 2));
    assert_eq!((&lines[0]["id"], &lines[1]["id"]), (&json!(first), &json!(second)));
    assert_eq!((&lines[1]["row"], &lines[1]["description"]), (&json!(2), &json!("路边垃圾")));
    let path = "/api/v1/matters/export?format=xlsx&columns=ledger";
    let (status, _, book) = bytes(&town, "dispatcher@town", path).await;
    assert_eq!(status, StatusCode::OK);
    let mut book: calamine::Xlsx<_> =
        calamine::Xlsx::new(std::io::Cursor::new(book)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("it is whole");
    assert!(sheet.height() >= 4 && sheet.width() >= 20, "{:?}", sheet.get_size());
    let left = std::fs::read_dir(town.app.realm().dir.join("exports")).expect("the folder");
    assert_eq!(left.count(), 0, "no file stays behind");
    let (_, _, csv) = bytes(&town, "handler@v02", "/api/v1/matters/export").await;
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert_eq!(csv.lines().count(), 1, "another village has none of them: {csv}");
    for query in ["format=pdf", "columns=best", "limit=5", "cursor=x"] {
        let path = format!("/api/v1/matters/export?{query}");
        assert_eq!(get(&town, "handler@v01", &path).await.0, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn few_exports_are_written_at_once() {
    let town = Town::found();
    town.opened().await;
    let ask = || {
        let mut request =
            Request::get("/api/v1/matters/export").body(Body::empty()).expect("a request");
        request.extensions_mut().extend(with(town.caller("dispatcher@town")));
        town.service.clone().oneshot(request)
    };
    let mut open = Vec::new();
    for _ in 0..EXPORTS_MAX {
        let answer = ask().await.expect("it answers");
        assert_eq!(answer.status(), StatusCode::OK);
        open.push(answer);
    }
    let refused = ask().await.expect("it answers");
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    // Read to its end, or given up: the place is free again.
    open.pop().expect("one").into_body().collect().await.expect("it is whole");
    drop(open.pop());
    assert_eq!(ask().await.expect("it answers").status(), StatusCode::OK);
}

fn dispute() -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/dispute");
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    }
    for entry in std::fs::read_dir(folder.join("documents")).expect("documents") {
        let entry = entry.expect("a document");
        let name = format!("documents/{}", entry.file_name().to_string_lossy());
        files.insert(name, std::fs::read(entry.path()).expect("a document"));
    }
    PackFiles { files }
}

fn person(id: &str, role: &str, unit: &str) -> PersonRow {
    PersonRow {
        id: PersonId::from(id),
        name: format!("{id} 的姓名"),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(id)],
        memberships: vec![MembershipRow {
            role: RoleId::from(role),
            unit: UnitId::from(unit),
            area: UnitId::from(unit),
            from: None,
            to: None,
            status: "active".into(),
        }],
    }
}

/// Everything that reading addresses tell somebody, without what differs at each look: places in
/// lists and the moment of the look.
async fn told(town: &Town, account: &str) -> Vec<String> {
    let mut told = Vec::new();
    for query in [
        "matters?",
        "matters?sort=oldest",
        "matters?sort=due",
        "matters?sort=overdue",
        "matters?sort=changed",
        "matters?sort=number",
        "matters?limit=2",
        "matters?q=%E5%99%AA%E5%A3%B0",
        "matters?q=zsjf",
        "matters?unit=town",
        "matters?place_unit=v01&sort=changed",
        "matters?pack=dispute",
        "matters?person=agent",
        "matters?number_prefix=JF",
        "matters?bbox=-180,-90,180,90",
        "due?days=60",
        "due?days=60&whose=unit",
        "counts?",
        "counts?by=pack&by=stage",
        "counts?by=unit&by=opened_day",
        "counts?by=person",
        "counts?by=class&q=%E5%99%AA%E5%A3%B0",
        "ledger?",
        "ledger?pack=dispute",
        "ledger/balance?",
        "ledger/balance?from=2021-02-27&to=2021-03-03&by=day",
        "matters/export?format=csv&columns=number,description,stage,due,responsible",
        "matters/export?format=jsonl",
        "figures?pack=dispute",
        "figures?pack=dispute&by=unit",
        "figures/applied/records?pack=dispute&as_of=12",
    ] {
        let path = format!("/api/v1/{query}");
        let (status, _, bytes) = bytes(town, account, &path).await;
        let mut said = String::from_utf8(bytes).expect("UTF-8");
        if let Ok(Value::Object(mut object)) = serde_json::from_str::<Value>(&said) {
            let more = object.remove("next").is_some();
            // How much was recorded is no secret among officials, and questions name it.
            for key in ["now", "as_of", "as_of_at", "figures"] {
                object.remove(key);
            }
            said = format!("{} {more}", Value::Object(object));
        }
        told.push(format!("{path} {status} {said}"));
    }
    told
}

#[tokio::test]
async fn whoever_may_not_see_a_sealed_matter_cannot_tell_whether_it_is_there() {
    let town = Town::found();
    let people = vec![
        person("agent", "grid_agent", "v01"),
        person("other_agent", "grid_agent", "v02"),
        person("desk", "mediation_desk", "town"),
    ];
    for change in [Change::Pack(dispute()), Change::People(people)] {
        town.app.realm().change(change).expect("a sound change");
    }
    three(&town).await;
    let blind =
        ["dispatcher@town", "leader@town", "handler@v01", "handler@v02", "other_agent", STRANGER];
    let seeing = ["agent", "desk"];
    let mut before = Vec::new();
    for who in blind.iter().chain(&seeing) {
        before.push(told(&town, who).await);
    }
    let secret = town.id();
    let open = json!({ "open": {
        "pack": "dispute", "class": "D02", "source": "applied", "title": "张三李四噪声纠纷",
        "unit": "v01", "form": { "applicant_name": "张三", "facts": "噪声" },
    }});
    let (status, body) = town.act("agent", &secret, open).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    for (who, before) in blind.iter().chain(&seeing).zip(&before) {
        let after = told(&town, who).await;
        if blind.contains(who) {
            assert_eq!(&after, before, "{who}");
        } else {
            // The control: who may see it is told of it, but of no party's name by any list.
            let fresh = after.iter().zip(before).filter(|it| it.0 != it.1).count();
            assert!(fresh > 10, "{who}: {fresh} answers differ");
            assert!(!after.iter().any(|it| it.contains("张三")), "{who}: {after:?}");
            let list = ok(&town, who, "/api/v1/matters?pack=dispute").await;
            assert_eq!(list["rows"][0]["title_withheld"], "sealed", "{list}");
            // One alone could name somebody.
            let figures = ok(&town, who, "/api/v1/figures?pack=dispute&figure=applied").await;
            assert_eq!(figures["cells"], json!([{ "figure": "applied", "withheld": true }]));
            let trace = ok(&town, who, "/api/v1/figures/applied/records?pack=dispute").await;
            assert_eq!((&trace["records"], &trace["digest"]), (&json!([]), &Value::Null));
            let counts = ok(&town, who, "/api/v1/counts?by=pack&pack=dispute").await;
            assert_eq!(
                counts["cells"],
                json!([
                    { "keys": ["dispute"], "count": 0, "withheld": true },
                ])
            );
        }
    }
}
