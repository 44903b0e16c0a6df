//! A town that lived for some days: show, ledger, balance, export, doctor, tick.

use crate::program::{Program, Told};
use bihuan_core::merkle::{self, Hash};
use serde_json::Value;
use std::sync::LazyLock;

struct Town(Program);

/// A town that nobody changes: made once for all who only look.
static TOWN: LazyLock<Town> = LazyLock::new(Town::new);

impl Town {
    fn new() -> Town {
        let program = Program::new();
        program.run(&["demo", "--days", "3", "--dir", "town"]).good();
        Town(program)
    }

    fn run(&self, words: &[&str]) -> Told {
        self.0.run(&[words, &["--dir", "town"]].concat())
    }

    fn json(&self, words: &[&str]) -> Value {
        self.run(&[words, &["--json"]].concat()).good().json()
    }
}

fn hash(text: &Value) -> Hash {
    let text = text.as_str().unwrap();
    let mut hash = [0; 32];
    for (no, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[no * 2..no * 2 + 2], 16).unwrap();
    }
    hash
}

#[test]
fn a_page_goes_on_where_the_last_one_ended_and_its_totals_agree() {
    let town = &*TOWN;
    let all = town.json(&["ledger", "--limit", "1000"]);
    assert_eq!(all["demonstration"], true);
    assert_eq!(all["next"], Value::Null);
    let all: Vec<&Value> = all["rows"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
    let (mut seen, mut after): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let mut words = vec!["ledger", "--limit", "100"];
        words.extend(after.iter().flat_map(|it| ["--after", it.as_str()]));
        let page = town.json(&words);
        seen.extend(page["rows"].as_array().unwrap().iter().map(|it| it["id"].clone()));
        let totals = &page["totals"];
        let (done, not) = (totals["rectified"].as_u64(), totals["unrectified"].as_u64());
        assert_eq!(totals["dispatched"].as_u64(), Some(done.unwrap() + not.unwrap()));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    assert!(seen.len() > 200 && seen.iter().collect::<Vec<_>>() == all, "{}", seen.len());
    for words in [["--limit", "0"], ["--limit", "1001"], ["--after", "x"], ["--columns", "x"]] {
        town.run(&[&["ledger"][..], &words].concat()).exits(2);
    }
}

#[test]
fn filters_agree_with_what_they_say_and_unknown_words_are_refused() {
    let town = &*TOWN;
    let columns = ["--columns", "stage,responsible,due,description", "--limit", "1000"];
    let rows = |words: &[&str]| {
        let page = town.json(&[&["ledger"], words, &columns].concat());
        page["rows"].as_array().unwrap().clone()
    };
    let all = rows(&[]).len();
    let open = rows(&["--open"]).len();
    assert!(0 < open && open < all);
    assert!(rows(&["--overdue"]).len() < open);
    let found = rows(&["--search", "垃圾"]);
    let has = |it: &Value| it["description"].as_str().is_some_and(|it| it.contains("垃圾"));
    assert!(!found.is_empty() && found.iter().all(has), "{found:?}");
    assert!(rows(&["--search", "没有这样的词"]).is_empty());
    let (town_rows, village) = (rows(&["--unit", "town"]).len(), rows(&["--unit", "v01"]).len());
    assert!(0 < village && village < town_rows && town_rows < all);
    assert_eq!(rows(&["--unit", "district"]).len(), all);
    assert!(rows(&["--from", "2021-03-02", "--to", "2021-03-02"]).len() < all);
    for words in [["--unit", "nowhere"], ["--stage", "x"], ["--class", "x"], ["--from", "x"]] {
        town.run(&[&["ledger"][..], &words].concat()).exits(2);
    }
}

#[test]
fn the_account_balances_day_by_day_and_what_one_day_leaves_the_next_begins_with() {
    let town = &*TOWN;
    let mut closing = 0;
    for day in ["2021-02-28", "2021-03-01", "2021-03-02", "2021-03-03"] {
        let it = town.json(&["ledger", "balance", "--day", day]);
        assert_eq!(it["balances"], true, "{it}");
        let total = &it["total"];
        assert_eq!(total["opening"], closing, "{day}");
        assert_eq!(total["taken_over"], total["handed_over"], "{day}");
        closing = total["closing"].as_i64().unwrap();
    }
    assert!(closing > 0);
    let text = town.run(&["ledger", "balance", "--unit", "v01", "--lang", "zh"]).good();
    assert!(text.stdout.starts_with("演示数据") && text.stdout.contains("账平"), "{text:?}");
    let back = ["ledger", "balance", "--from", "2021-03-03", "--to", "2021-03-01"];
    town.run(&back).exits(2);
}

#[test]
fn a_matter_is_shown_with_its_whole_life_and_a_proof_that_holds() {
    let town = &*TOWN;
    let page = town.json(&["ledger", "--stage", "closed", "--pack", "sanitation"]);
    let number = page["rows"][0]["clear_number"].as_str().unwrap().to_owned();
    let life = town.json(&["show", &number, "--proof"]);
    let proof = &life["receipt"]["inclusion"];
    let (seq, size) = (proof["seq"].as_u64().unwrap(), proof["size"].as_u64().unwrap());
    let path: Vec<Hash> = proof["proof"].as_array().unwrap().iter().map(hash).collect();
    let (leaf, root) = (hash(&proof["leaf"]), hash(&proof["root"]));
    assert!(merkle::verify_inclusion(&leaf, seq - 1, size, &path, &root));
    assert!(!merkle::verify_inclusion(&leaf, seq, size, &path, &root));
    let acts = life["timeline"].as_array().unwrap();
    assert_eq!(acts[0]["act"]["en"], "opened");
    assert!(acts.iter().any(|it| it["notes"].to_string().contains("accepted by")), "{life}");
    let zh = town.run(&["show", &number, "--lang", "zh"]).good().stdout;
    assert!(zh.contains("已销号") && zh.contains("经过") && zh.contains("收件凭证"), "{zh}");
    let en = town.run(&["show", &number, "--lang", "en"]).good().stdout;
    assert!(en.contains("what happened") && en.contains("cleared as"), "{en}");
    let none = town.run(&["show", "HW-0000", "--json"]).exits(2).json();
    assert_eq!(none["problem"]["code"], "unknown");
}

#[test]
fn an_open_matter_says_why_its_deadline_is_what_it_is() {
    let town = &*TOWN;
    let page = town.json(&["ledger", "--open", "--pack", "sanitation", "--limit", "1"]);
    let id = page["rows"][0]["id"].as_str().unwrap().to_owned();
    let due = town.json(&["show", &id])["due"].clone();
    assert!(!due["because"].as_array().unwrap().is_empty(), "{due}");
    let zh = town.run(&["show", &id, "--lang", "zh"]).good().stdout;
    assert!(zh.contains(due["because"][0]["zh"].as_str().unwrap()), "{zh}");
}

#[test]
fn a_sealed_matter_is_not_there_for_those_beside_the_case() {
    let town = &*TOWN;
    let page = town.json(&["ledger", "--pack", "dispute", "--columns", "row,description"]);
    let row = &page["rows"][0];
    assert_eq!(row["description"], "（封存）");
    let id = row["id"].as_str().unwrap();
    town.run(&["show", id]).good();
    let beside = town.run(&["show", id, "--as", "inspector-1", "--json"]);
    let code = beside.json()["problem"]["code"].clone();
    assert!(code == "unknown" || code == "no_account", "{beside:?}");
    let people = town.json(&["user", "list", "--role", "squad"]);
    let account = people["people"][0]["accounts"][0].as_str().unwrap();
    let beside = town.run(&["show", id, "--as", account, "--json"]).exits(2).json();
    assert_eq!(beside["problem"]["code"], "unknown");
    let open = town.json(&["ledger", "--pack", "sanitation", "--limit", "1"]);
    let id = open["rows"][0]["id"].as_str().unwrap();
    town.run(&["show", id, "--as", account]).good();
}

#[test]
fn the_exported_record_gives_a_third_person_the_same_root() {
    let town = &*TOWN;
    let path = town.0.path("record.jsonl");
    let told = town.json(&["export", "log", "--out", &path]);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let (last, entries) = lines.split_last().unwrap();
    let leaf = |it: &Value| merkle::leaf_hash(it["record"].as_str().unwrap().as_bytes());
    let leaves: Vec<Hash> = entries.iter().map(leaf).collect();
    assert!(entries.iter().zip(&leaves).all(|(it, leaf)| hash(&it["leaf"]) == *leaf));
    assert_eq!(merkle::root(&leaves), hash(&last["root"]));
    assert_eq!((&last["root"], last["demonstration"].as_bool()), (&told["root"], Some(true)));
}

#[test]
fn every_format_holds_the_same_matters_and_none_runs_a_formula() {
    let town = &*TOWN;
    let filter = ["--pack", "sanitation", "--unit", "v01"];
    let columns = ["--columns", "row,number,description,due,points"];
    let mut counts = Vec::new();
    for format in ["csv", "jsonl", "xlsx"] {
        let path = town.0.path(&format!("out.{format}"));
        let words = ["export", "--format", format, "--out", &path];
        let told = town.json(&[&words[..], &filter, &columns].concat());
        counts.push(told["rows"].as_u64().unwrap());
    }
    assert!(counts[0] > 0 && counts.iter().all(|it| *it == counts[0]), "{counts:?}");
    let csv = std::fs::read_to_string(town.0.path("out.csv")).unwrap();
    assert!(csv.starts_with("\u{feff}演示数据"), "{csv}");
    assert_eq!(csv.lines().count() as u64, counts[0] + 2);
    let jsonl = std::fs::read_to_string(town.0.path("out.jsonl")).unwrap();
    let first: Value = serde_json::from_str(jsonl.lines().next().unwrap()).unwrap();
    assert_eq!((&first["row"], first["demonstration"].as_bool()), (&1.into(), Some(true)));
    assert!(std::fs::read(town.0.path("out.xlsx")).unwrap().starts_with(b"PK"));
    town.run(&["export", "--format", "csv"]).exits(2);
    let nowhere = town.0.path("no/such/folder.csv");
    town.run(&["export", "--format", "csv", "--out", &nowhere]).exits(3);
}

#[test]
fn the_doctor_names_what_is_wrong_and_the_clock_catches_up() {
    let town = Town::new();
    let state = |json: &Value, id: &str| {
        let found = json["findings"].as_array().unwrap().iter().find(|it| it["id"] == id);
        found.unwrap()["state"].as_str().unwrap().to_owned()
    };
    let before = town.run(&["doctor", "--json"]).json();
    assert_eq!(state(&before, "timers"), "look");
    assert_eq!(state(&before, "areas"), "good");
    assert!(town.json(&["tick"])["done"].as_u64().unwrap() > 0);
    assert_eq!(town.json(&["tick"])["done"], 0);
    let after = town.run(&["doctor", "--json"]).json();
    assert_eq!(state(&after, "timers"), "good");
    let text = town.run(&["doctor", "--lang", "en"]).stdout;
    assert!(text.starts_with("demonstration data, clock shifted by"), "{text}");
    town.run(&["verify"]).good();
}

#[test]
fn a_leaving_person_is_previewed_and_then_handed_over() {
    let town = Town::new();
    let people = town.json(&["user", "list", "--role", "handler"]);
    let mut handlers = people["people"].as_array().unwrap().iter();
    let preview = |from: &str, to: &str| {
        let words = ["user", "hand-over", from, "--to", to, "--reason", "调离"];
        town.json(&words)["matters"].as_array().unwrap().len()
    };
    let busy = handlers.find(|it| preview(it["id"].as_str().unwrap(), "p001") > 0).unwrap();
    let from = busy["id"].as_str().unwrap();
    let unit = busy["memberships"][0]["unit"].as_str().unwrap();
    let member = ["--role", "handler", "--unit", unit];
    town.run(&[&["user", "add", "new-one", "--name", "秦接手"][..], &member].concat()).good();
    let count = preview(from, "new-one");
    let to_all = |to: &str| {
        let words = ["user", "hand-over", from, "--to", to, "--reason", "调离"];
        town.run(&[&words[..], &["--yes", "--json"]].concat())
    };
    // Somebody without the role gets none of them.
    let refused = to_all("p001").exits(1).json();
    assert_eq!(refused["refused"], count, "{refused}");
    let done = to_all("new-one").json();
    let went = done["matters"].as_array().unwrap().iter().filter(|it| it["code"] == "done");
    let went = went.count();
    assert!(went > 0, "{done}");
    assert_eq!((preview(from, "new-one"), preview("new-one", from)), (count - went, went));
    town.run(&["verify"]).good();
}
