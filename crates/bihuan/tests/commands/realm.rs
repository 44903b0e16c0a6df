//! From an empty folder to a staffed realm by the built binary: init, import, user, calendar, tick.

use crate::program::{Program, Told, packs};

const UNITS: &str = "编号,上级编号,类型,名称,职能\n\
    district,,district,测试区,\n\
    town,district,town,测试镇,dispatch_desk\n\
    v01,town,village,一村,\n\
    v02,town,village,二村,\n";
const PEOPLE: &str = "人员编号,账号,姓名,角色,所在单位,负责区域\n\
    p1,intake,王受理,intake,town,town\n\
    p1,intake,王受理,dispatcher,town,town\n\
    p2,inspector,李督导,inspector,town,town\n\
    p3,handler,赵整改,handler,v01,v01\n\
    p4,handler2,钱整改,handler,v01,v01\n\
    p5,acceptor,孙验收,acceptor,town,town\n";
const AREAS: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature",
    "properties":{"unit":"v01"},"geometry":{"type":"Polygon","coordinates":
    [[[113.0,34.0],[113.1,34.0],[113.1,34.1],[113.0,34.1],[113.0,34.0]]]}}]}"#;
const POINTS: &str = "编号,类型,名称,责任单位,责任人,经度,纬度,坐标系\n\
    pt1,market,东市场,v01,p3,113.05,34.05,wgs84\n";

fn realm(program: &Program) -> Realm<'_> {
    let realm = Realm(program);
    realm.run(&["init", "--title", "测试区", "--title-en", "Test district"]).good();
    realm.import("units", "units.csv", UNITS).good();
    for folder in packs() {
        realm.run(&["pack", "publish", &folder]).good();
    }
    realm.import("areas", "areas.geojson", AREAS).good();
    realm.import("people", "people.csv", PEOPLE).good();
    realm.import("points", "points.csv", POINTS).good();
    realm
}

struct Realm<'a>(&'a Program);

impl Realm<'_> {
    fn run(&self, words: &[&str]) -> Told {
        self.0.run(&[words, &["--dir", "realm"]].concat())
    }

    fn import(&self, kind: &str, name: &str, text: &str) -> Told {
        self.run(&["import", kind, &self.0.file(name, text)])
    }
}

#[test]
fn a_realm_is_made_once_and_asked_for_by_name() {
    let program = Program::new();
    let none = program.run(&["pack", "list", "--lang", "en"]).exits(3);
    assert!(none.stderr.contains("run `bihuan init`"), "{none:?}");
    let realm = realm(&program);
    let again = realm.run(&["init", "--json"]).exits(3).json();
    assert_eq!(again["problem"]["code"], "realm_exists");
    let list = realm.run(&["pack", "list", "--json"]).good().json();
    assert_eq!(list["packs"].as_array().unwrap().len(), packs().len());
    assert!(list.get("demonstration").is_none());
    let twice = realm.run(&["pack", "publish", &packs()[0], "--lang", "en"]).exits(1);
    assert!(twice.stderr.contains("a published one never changes"), "{twice:?}");
}

#[test]
fn one_wrong_row_imports_nothing_and_is_named() {
    let program = Program::new();
    let realm = Realm(&program);
    realm.run(&["init"]).good();
    let bad = UNITS.replace("v02,town", "v02,nowhere");
    let file = program.file("units.csv", &bad);
    let told = realm.run(&["import", "units", &file, "--lang", "zh"]).exits(1);
    assert!(told.stdout.contains("未导入任何一行"), "{told:?}");
    let json = realm.run(&["import", "units", &file, "--json"]).exits(1).json();
    assert_eq!((&json["applied"], &json["faults"][0]["line"]), (&false.into(), &5.into()));
    let preview = program.file("units.csv", UNITS);
    let json = realm.run(&["import", "units", &preview, "--preview", "--json"]).good().json();
    assert_eq!((&json["applied"], &json["rows_ok"]), (&false.into(), &4.into()));
    let json = realm.run(&["import", "units", &preview, "--json"]).good().json();
    assert_eq!(json["applied"], true);
}

#[test]
fn people_are_added_granted_suspended_and_stood_in_for() {
    let program = Program::new();
    let realm = realm(&program);
    let member = ["--role", "acceptor", "--unit", "town"];
    let add = ["user", "add", "p9", "--name", "周新人", "--account", "zhou"];
    realm.run(&[&add[..], &member].concat()).good();
    realm.run(&[&add[..], &member].concat()).exits(2);
    let unknown = ["user", "grant", "p9", "--role", "king", "--unit", "town", "--json"];
    assert_eq!(realm.run(&unknown).exits(2).json()["problem"]["code"], "unknown");
    realm.run(&["user", "grant", "p9", "--role", "inspector", "--unit", "town"]).good();
    let list = realm.run(&["user", "list", "--role", "inspector", "--json"]).good().json();
    assert_eq!(list["count"], 2);
    assert_eq!(list["people"][1]["name"]["text"], "周新人");
    realm.run(&["user", "suspend", "p9", "--role", "inspector"]).good();
    realm.run(&["user", "suspend", "p9", "--role", "inspector"]).exits(2);
    let list = realm.run(&["user", "list", "--unit", "town", "--lang", "zh"]).good();
    assert!(list.stdout.contains("inspector@town [停用]"), "{list:?}");
    let days = ["--from", "2026-01-01", "--to", "2026-01-31"];
    realm.run(&[&["user", "deputy", "p4", "--for", "p3"][..], &days].concat()).good();
    realm.run(&[&["user", "deputy", "p4", "--for", "p4"][..], &days].concat()).exits(1);
    let bad = ["user", "deputy", "p4", "--for", "p3", "--from", "01.01.2026", "--to", "x"];
    realm.run(&bad).exits(2);
}

#[test]
fn a_ledger_becomes_matters_once_and_cleared_rows_stay_out() {
    let program = Program::new();
    let realm = realm(&program);
    let ledger = "问题编号,发现时间,问题描述,责任单位,点位,销号时间\n\
        7,2026-01-05,垃圾满溢,一村,东市场,\n\
        8,2026-01-05,污水外溢,一村,,\n\
        9,2026-01-05,乱堆乱放,一村,东市场,2026-01-06\n";
    let file = program.file("ledger.csv", ledger);
    let preview = realm.run(&["import", "ledger", &file, "--preview", "--json"]).good().json();
    assert_eq!((&preview["rows_ok"], &preview["ended"]), (&3.into(), &1.into()));
    let words = ["import", "ledger", &file, "--pack", "sanitation", "--json"];
    assert_eq!(realm.run(&words).exits(2).json()["problem"]["code"], "word");
    let result = program.path("result.csv");
    let words = [&words[..], &["--as", "inspector", "--result", &result]].concat();
    let first = realm.run(&words).exits(1).json();
    assert_eq!(first["opened"], 1, "{first}");
    assert_eq!(first["rows"][1]["code"], "place", "{first}");
    assert_eq!(first["rows"][2]["code"], "ended");
    let again = realm.run(&words).exits(1).json();
    assert_eq!(again["rows"][0]["matter"], first["rows"][0]["matter"]);
    let result = std::fs::read_to_string(&result).unwrap();
    assert!(result.contains("2,7,done,") && result.contains("4,9,ended,"), "{result}");
}

#[test]
fn a_year_is_added_and_a_broken_one_is_refused() {
    let program = Program::new();
    let realm = realm(&program);
    let year = concat!(env!("CARGO_MANIFEST_DIR"), "/../bihuan-core/data/calendar/2026.toml");
    let text = std::fs::read_to_string(year).unwrap();
    let file = program.file("2026.toml", &text);
    let added = realm.run(&["calendar", "add", &file, "--json"]).good().json();
    assert_eq!(added["year"], 2026);
    let broken = program.file("x.toml", "year = 2027\n");
    assert_eq!(
        realm.run(&["calendar", "add", &broken, "--json"]).exits(1).json()["problem"]["code"],
        "unsound"
    );
    let list = realm.run(&["calendar", "list", "--json"]).good().json();
    assert!(list["years"].as_array().unwrap().iter().any(|it| it["year"] == 2026));
    assert_eq!(realm.run(&["tick", "--json"]).good().json()["done"], 0);
}

#[test]
fn staffing_is_told_for_the_realm_of_a_folder() {
    let program = Program::new();
    let _ = realm(&program);
    let packs = packs();
    let folder = packs.iter().find(|it| it.ends_with("street_tree")).unwrap();
    let words = ["pack", "check", folder, "--realm", "realm", "--json"];
    let json = program.run(&words).exits(1).json();
    let gaps = json["packs"][0]["staffing"].as_array().unwrap();
    assert!(gaps.iter().any(|it| it["role"] == "crew" && it["code"] == "nobody"), "{json}");
    program.run(&["pack", "check", folder]).good();
}

#[test]
fn beside_a_service_that_writes_everything_can_be_looked_at_and_nothing_changed() {
    let program = Program::new();
    let realm = realm(&program);
    let path = std::path::Path::new(&program.path("realm")).join("realm.db");
    let clock = bihuan::clock::RealmClock::default();
    let service = bihuan_store::Store::open(&bihuan_store::Target::Sqlite(path), clock.ticker());
    let service = service.unwrap();
    for words in [
        &["ledger"][..],
        &["ledger", "balance"],
        &["user", "list"],
        &["calendar", "list"],
        &["pack", "list"],
        &["verify"],
    ] {
        realm.run(words).good();
    }
    assert_ne!(realm.run(&["doctor"]).exit, Some(3));
    let told = realm.run(&["tick", "--json"]).exits(3).json();
    assert_eq!(told["problem"]["code"], "in_use");
    drop(service);
    realm.run(&["tick"]).good();
}

/// As an upgrade meets it: what only looks refuses tables that are older, and says what to do.
#[test]
fn tables_of_an_older_release_are_brought_to_their_newest_form_and_nothing_else_changes() {
    let program = Program::new();
    let realm = realm(&program);
    let before = realm.run(&["verify", "--json"]).good().json();
    let path = std::path::Path::new(&program.path("realm")).join("realm.db");
    let target = bihuan_store::Target::Sqlite(path);
    let mut db = bihuan_store::Db::connect(&target, bihuan_store::db::Role::Writer).unwrap();
    // What newer migrations bring is made anew, and filled from the record.
    for newest in [
        "DROP TABLE rule_document",
        "DROP TABLE adjustment",
        "DROP TABLE adjustment_case",
        "DROP TABLE posting",
        "DROP TABLE ranking",
        "DROP TABLE tally",
        "DROP TABLE register_past",
        "DROP TABLE membership_past",
        "DROP INDEX score_at",
        "DELETE FROM migration WHERE no >= 27",
    ] {
        db.run(newest).unwrap();
    }
    drop(db);
    let old = realm.run(&["verify", "--json"]).exits(3).json();
    let said = old["problem"]["en"].as_str().unwrap_or_default();
    assert!(said.contains("run `bihuan migrate`"), "{old}");
    realm.run(&["migrate"]).good();
    assert_eq!(realm.run(&["verify", "--json"]).good().json(), before);
}

const REGISTER: &str = r#"
[[register]]
id = "crew"
title = { zh = "养护队", en = "Crew" }
fields = [
  { id = "fee", title = { zh = "每月养护费", en = "Fee a month" }, type = "money", required = true },
  { id = "contact", title = { zh = "联系人", en = "Contact" }, type = "text", sealed = true },
]

[[schedule]]
id = "monthly"
title = { zh = "每月查看", en = "Monthly look" }
every = "month"
register = "crew"
class = "0110"
"#;

/// A folder with the pack of street trees in a second revision that keeps a register.
fn trees_with_register(program: &Program) -> String {
    let from = packs().into_iter().find(|it| it.ends_with("street_tree")).unwrap();
    let folder = program.path("trees");
    std::fs::create_dir(&folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(format!("{from}/{name}")).unwrap();
    let (pack, classes) = (read("pack.toml"), read("classes.csv"));
    let class = classes.lines().nth(1).unwrap().split(',').next().unwrap();
    let register = REGISTER.replace("0110", class);
    let pack = pack.replacen("rev = 1", "rev = 2", 1) + &register;
    std::fs::write(format!("{folder}/pack.toml"), pack).unwrap();
    std::fs::write(format!("{folder}/classes.csv"), classes).unwrap();
    folder
}

#[test]
fn a_register_is_imported_whole_or_not_at_all() {
    let program = Program::new();
    let realm = realm(&program);
    realm.run(&["pack", "publish", &trees_with_register(&program)]).good();
    let text = "编号,名称,责任单位,责任人,每月养护费,contact\n\
        c1,一队,v01,p3,\"1,200.50\",赵某\n\
        c2,二队,v02,,900,\n";
    let bad = text.replace("v02,,900", "v09,p99,九百");
    let file = program.file("crew.csv", &bad);
    let words = ["import", "register", &file, "--pack", "street_tree", "--register"];
    let told = realm.run(&[&words[..], &["crew", "--json"]].concat()).exits(1).json();
    let codes: Vec<_> = told["faults"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes.len(), 3, "{told}");
    assert_eq!(told["applied"], false);
    let unknown = realm.run(&[&words[..], &["crews", "--json"]].concat()).exits(2).json();
    assert_eq!(unknown["problem"]["code"], "unknown");

    program.file("crew.csv", text);
    let told = realm.run(&[&words[..], &["crew", "--json"]].concat()).good().json();
    assert_eq!((&told["applied"], &told["rows_ok"]), (&true.into(), &2.into()));
    // The clock opens this month's look at each of them, once.
    let fired = realm.run(&["tick", "--json"]).good().json();
    assert_eq!(fired["done"], 2, "{fired}");
    assert_eq!(realm.run(&["tick", "--json"]).good().json()["done"], 0);
    let ledger = realm.run(&["ledger", "--json"]).good().json();
    assert_eq!(ledger["rows"].as_array().unwrap().len(), 2, "{ledger}");
    realm.run(&["verify", "--json"]).good();
}
