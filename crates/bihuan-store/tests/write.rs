//! The write path: batches against the engine in memory, on both databases, and what must hold of
//! the rows after any of them.

mod support;
mod town;

use bihuan_core::matter::{Matter, Via, apply};
use bihuan_core::merkle::{Frontier, leaf_hash, root};
use bihuan_core::policy::{Sight, Viewer, scope, sight};
use bihuan_store::page::{Ask, page};
use bihuan_store::realm;
use bihuan_store::record::{Record, Said};
use bihuan_store::verify::verify;
use bihuan_store::{Answer, Db, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::Ground;
use town::{Town, moment};

/// Every column of every table that commands write: t text, i number, b bytes.
const TABLES: &[(&str, &str)] = &[
    ("head", "seq:i rules_rev:i last_ms:i was_ms:i frontier:b"),
    ("event", "seq:i matter:t at_ms:i bytes:b leaf:b"),
    ("tile", "level:i no:i hash:b"),
    ("command", "actor:t id:t digest:b matter:t version:i first_seq:i last_seq:i"),
    ("quarantine", "actor:t id:t digest:b at_ms:i body:b"),
    (
        "matter",
        "id:t first_seq:i last_seq:i version:i pack:t stage:t meaning:t class:t source:t number:t \
         clear_number:t responsible:t owner_unit:t owner_person:t place_unit:t point:t lon_e7:i \
         lat_e7:i cell:i opened_ms:i due_ms:i next_ms:i cleared_ms:i overdue_ms:i rework:i \
         supervised:t span_seq:i state:t rev:i assigned:t opened_by:t opened_unit:t",
    ),
    (
        "span",
        "matter:t from_seq:i from_ms:i entered:t pack:t stage:t meaning:t suspended:i \
         responsible:t owner_unit:t due_ms:i class:t source:t weight_milli:i place_unit:t \
         left_seq:i left_ms:i left_as:t",
    ),
    ("matter_part", "unit:t first_seq:i"),
    ("measure", "matter:t field:t from_seq:i value:i left_seq:i"),
    ("score", "seq:i no:i matter:t unit:t tariff:t at_ms:i points_milli:i fen:i"),
    ("outbox", "seq:i no:i kind:t matter:t role:t unit:t person:t at_ms:i done_ms:i"),
    ("counter", "name:t next:i"),
    ("content", "ref:t matter:t kind:t salt:b bytes:b erased_seq:i"),
    ("file", "digest:t bytes_len:i media:t arrived_ms:i erased_seq:i"),
];

fn dump(db: &mut Db) -> BTreeMap<&'static str, Vec<String>> {
    let mut tables = BTreeMap::new();
    for (table, columns) in TABLES {
        let columns: Vec<(&str, &str)> =
            columns.split_whitespace().map(|it| it.split_once(':').unwrap()).collect();
        let names: Vec<&str> = columns.iter().map(|it| it.0).collect();
        let (names, keys) = (names.join(", "), names[..names.len().min(3)].join(", "));
        let sql = format!("SELECT {names} FROM {table} ORDER BY {keys}");
        let rows = db.all(&sql, &[], |row| {
            let mut cells = Vec::new();
            for (no, (name, kind)) in columns.iter().enumerate() {
                let cell = match *kind {
                    "t" => format!("{:?}", row.some_text(no)?),
                    "i" => format!("{:?}", row.some_int(no)?),
                    _ => format!("{:?}", row.some_blob(no)?),
                };
                cells.push(format!("{name}={cell}"));
            }
            Ok(cells.join(" "))
        });
        tables.insert(*table, rows.unwrap());
    }
    tables
}

/// A refusal's code, or that it was done.
fn word(answer: &Answer) -> String {
    match answer {
        Answer::Done(_) => "done".into(),
        Answer::Refused(it) => it.code().to_owned(),
        Answer::Conflict => "conflict".into(),
        Answer::Failed(it) => format!("failed {} {}", it.code, it.why),
    }
}

/// A matter without what depends on salts.
fn plain(matter: &Matter) -> String {
    let text = serde_json::to_string(matter).unwrap();
    let mut out = String::new();
    for part in text.split('"') {
        let is_digest = part.len() == 64 && part.bytes().all(|it| it.is_ascii_hexdigit());
        out.push_str(if is_digest { "#" } else { part });
        out.push('"');
    }
    out
}

#[test]
fn a_store_answers_as_the_engine_does_and_both_databases_write_the_same() {
    for seed in [1, 2] {
        let mut dumps = Vec::new();
        for ground in Ground::all(&format!("life{seed}")) {
            let mut town = Town::found(&ground, seed);
            let mut done = 0;
            for no in 0..40 {
                let size = 1 + town.chance.below(24);
                let batch = town.batch(size);
                let moment = town.moment();
                let answers = town.writer.execute(moment, &batch);
                for (submission, answer) in batch.iter().zip(&answers) {
                    let expected = match town.world.submit(submission) {
                        Ok(_) => "done",
                        Err(refusal) => refusal.code(),
                    };
                    assert_eq!(word(answer), expected, "seed {seed}, batch {no}: {submission:?}");
                    done += u32::from(expected == "done");
                    if let Answer::Done(receipt) = answer {
                        let version = town.world.matters[&submission.matter].version;
                        assert!(receipt.version <= version && !receipt.replayed);
                    }
                }
            }
            assert!(done > 150, "seed {seed}: only {done} commands were accepted");
            let expected: Vec<String> = town.world.matters.values().map(plain).collect();
            let sql = "SELECT state FROM matter ORDER BY id";
            let got = town.writer.db().all(sql, &[], |row| Ok(row.text(0)?.to_owned())).unwrap();
            let got: Vec<String> =
                got.iter().map(|it| plain(&serde_json::from_str(it).unwrap())).collect();
            assert_eq!(got, expected, "seed {seed}: rows are what the engine says");
            let matters = town.world.matters.values();
            let similar = matters.clone().filter(|it| !it.similar.is_empty()).count();
            let rebounds = matters.filter(|it| it.rebound_of.is_some()).count();
            println!("seed {seed}: {done} done, {similar} similar, {rebounds} rebounds");
            assert!(similar > 5 && rebounds > 0, "seed {seed}: what is near was never asked");
            check_record(town.writer.db(), seed);
            check_spans(town.writer.db(), seed);
            dumps.push(dump(town.writer.db()));
        }
        if let [sqlite, postgres] = dumps.as_slice() {
            for (table, rows) in sqlite {
                assert_eq!(rows, &postgres[table], "seed {seed}: table {table}");
            }
        }
    }
}

#[test]
fn a_page_shows_each_account_just_what_the_policy_says_of_each_matter() {
    for ground in Ground::all("seen") {
        let mut town = Town::found(&ground, 7);
        for _ in 0..30 {
            let batch = town.batch(20);
            let moment = town.moment();
            town.writer.execute(moment, &batch);
            batch.iter().for_each(|it| drop(town.world.submit(it)));
        }
        let rules = Arc::clone(town.writer.rules());
        let (now, mut sizes) = (town.world.now, BTreeSet::new());
        let accounts = rules.accounts.keys();
        let viewers = accounts.filter_map(|it| Viewer::of(&rules, it, Via::Person, now).ok());
        for viewer in viewers.chain([Viewer::public(now)]) {
            let sees = |it: &&Matter| sight(&rules, it, &viewer) != Sight::Nothing;
            let seen: BTreeSet<_> =
                town.world.matters.values().filter(sees).map(|it| it.id).collect();
            let scope = scope(&rules, &viewer);
            let ask = Ask { limit: 1_000, ..Ask::default() };
            let page = page(town.writer.db(), &scope, &ask).unwrap();
            let listed: BTreeSet<_> = page.rows.iter().map(|it| it.id).collect();
            assert_eq!(listed, seen, "{viewer:?}");
            sizes.insert(seen.len());
        }
        assert!(sizes.len() > 3, "all see alike: {sizes:?}");
        assert!(verify(town.writer.db(), None, &mut |_, _| {}).unwrap().is_sound());
    }
}

/// The record folds to the rows, and its leaves to the frontier.
fn check_record(db: &mut Db, seed: u64) {
    let entries = db
        .all("SELECT seq, bytes, leaf FROM event ORDER BY seq", &[], |row| {
            Ok((row.count(0)?, row.blob(1)?.to_vec(), row.blob(2)?.to_vec()))
        })
        .unwrap();
    let mut matters: BTreeMap<_, Matter> = BTreeMap::new();
    let mut leaves = Vec::new();
    for (no, (seq, bytes, leaf)) in (1..).zip(&entries) {
        assert_eq!(*seq, no, "seed {seed}: no gaps");
        let record = Record::from_bytes(bytes);
        let record = record.unwrap_or_else(|it| panic!("{it}: {}", String::from_utf8_lossy(bytes)));
        assert_eq!(record.to_bytes(), *bytes, "seed {seed}: what is read is what was written");
        assert_eq!(leaf_hash(bytes).as_slice(), leaf.as_slice(), "seed {seed}");
        leaves.push(leaf_hash(bytes));
        if let Said::Matter(said) = record.said {
            let before = matters.remove(&said.id);
            let after = apply(before, said.id, record.at, &said.event).unwrap();
            assert_eq!(after.version, said.version, "seed {seed}");
            matters.insert(said.id, after);
        }
    }
    let rows = db
        .all("SELECT state, version, last_seq FROM matter ORDER BY id", &[], |row| {
            Ok((row.text(0)?.to_owned(), row.count(1)?))
        })
        .unwrap();
    let folded: Vec<_> =
        matters.values().map(|it| (serde_json::to_string(it).unwrap(), it.version)).collect();
    assert_eq!(rows, folded, "seed {seed}: rows are the fold of the record");
    let head = db
        .first("SELECT seq, frontier FROM head", &[], |row| {
            Ok((row.count(0)?, row.blob(1)?.to_vec()))
        })
        .unwrap()
        .unwrap();
    let frontier = Frontier::from_bytes(&head.1).unwrap();
    assert_eq!((head.0, frontier.size()), (leaves.len() as u64, leaves.len() as u64));
    assert_eq!(frontier.root(), root(&leaves), "seed {seed}: the root of the record");
}

/// Spans of a matter follow on each other without a gap, and the last one runs or has ended it.
fn check_spans(db: &mut Db, seed: u64) {
    let sql = "SELECT span.matter, from_seq, left_seq, left_as, span_seq FROM span
               JOIN matter ON matter.id = span.matter ORDER BY span.matter, from_seq";
    let spans = db
        .all(sql, &[], |row| {
            let left_as = row.some_text(3)?.map(ToOwned::to_owned);
            Ok((row.text(0)?.to_owned(), row.int(1)?, row.some_int(2)?, left_as, row.int(4)?))
        })
        .unwrap();
    for pair in spans.windows(2) {
        let (one, next) = (&pair[0], &pair[1]);
        if one.0 == next.0 {
            assert_eq!(one.2, Some(next.1), "seed {seed}: a gap in {}", one.0);
        } else {
            assert_eq!(one.1, one.4, "seed {seed}: the row names its running span");
            assert!(one.2.is_none() || one.2 == Some(one.1) && one.3.is_some(), "seed {seed}");
        }
    }
    assert!(!spans.is_empty());
}

#[test]
fn the_same_id_gets_the_same_answer_and_another_body_a_conflict() {
    for ground in Ground::all("again") {
        let mut town = Town::found(&ground, 3);
        let opening = town.opening("垃圾满溢");
        let moment = town.moment();
        let first = town.writer.execute(moment, std::slice::from_ref(&opening));
        let Answer::Done(receipt) = &first[0] else { panic!("{first:?}") };
        assert!(!receipt.replayed && receipt.version == 1);

        let mut other = opening.clone();
        other.base_version = Some(7);
        let fresh = town.opening("道路破损");
        let moment = town.moment();
        let batch = [opening.clone(), other.clone(), fresh, opening.clone()];
        let answers = town.writer.execute(moment, &batch);
        let Answer::Done(again) = &answers[0] else { panic!("{answers:?}") };
        assert!(again.replayed);
        assert_eq!((again.first_seq, again.version), (receipt.first_seq, receipt.version));
        assert_eq!(word(&answers[1]), "conflict");
        assert_eq!(word(&answers[2]), "done");
        assert_eq!(word(&answers[3]), "done");
        let kept = "SELECT COUNT(*) FROM quarantine";
        let count = |town: &mut Town| town.writer.db().first(kept, &[], |row| row.int(0)).unwrap();
        assert_eq!(count(&mut town), Some(1), "kept beside a batch that is committed");
        let moment = town.moment();
        assert_eq!(word(&town.writer.execute(moment, &[other])[0]), "conflict");
        assert_eq!(count(&mut town), Some(1), "and kept once");

        // A refused command is not remembered: it is decided afresh.
        let mut refused = town.opening("");
        refused.by.0 = "stranger".into();
        let moment = town.moment();
        let answer = town.writer.execute(moment, std::slice::from_ref(&refused)).remove(0);
        assert!(matches!(answer, Answer::Refused(_)), "{answer:?}");
        refused.by.0 = "inspector@v01".into();
        let moment = town.moment();
        assert_eq!(word(&town.writer.execute(moment, &[refused])[0]), "done");
        check_record(town.writer.db(), 3);
    }
}

#[test]
fn one_bad_command_does_not_stand_in_the_way_of_its_neighbours() {
    for ground in Ground::all("neighbours") {
        let mut town = Town::found(&ground, 4);
        let (good, mut bad, last) = (town.opening("一"), town.opening("二"), town.opening("三"));
        bad.by.0 = "inspector\0v01".into();
        let moment = town.moment();
        let answers = town.writer.execute(moment, &[good, bad, last]);
        let words: Vec<String> = answers.iter().map(word).collect();
        assert_eq!((words[0].as_str(), words[2].as_str()), ("done", "done"), "{words:?}");
        assert!(words[1].starts_with("failed bad_value"), "{words:?}");
        check_record(town.writer.db(), 4);
    }
}

#[test]
fn two_senders_with_one_id_share_nothing() {
    for ground in Ground::all("ids") {
        let mut town = Town::found(&ground, 5);
        let (one, mut two) = (town.opening("同样的话"), town.opening("同样的话"));
        two.id = one.id;
        two.by.0 = "inspector@squad".into();
        let moment = town.moment();
        let answers = town.writer.execute(moment, &[one, two]);
        assert_eq!(answers.iter().map(word).collect::<Vec<_>>(), ["done", "done"]);
    }
}

#[test]
fn a_clock_that_goes_back_does_not_take_the_record_along() {
    let ground = Ground::sqlite();
    let mut town = Town::found(&ground, 6);
    let now = town.world.now;
    for (no, clock) in [(1, now.plus_ms(60_000)), (2, now), (3, now.plus_ms(30_000))] {
        let opening = town.opening("时钟");
        assert_eq!(word(&town.writer.execute(moment(clock, no), &[opening])[0]), "done");
    }
    let sql = "SELECT DISTINCT at_ms FROM event WHERE matter IS NOT NULL";
    let at = town.writer.db().all(sql, &[], |row| row.int(0)).unwrap();
    assert_eq!(at, [now.0 + 60_000]);
}

#[test]
fn a_change_that_is_not_sound_changes_nothing() {
    use bihuan_store::rules::Change;
    for ground in Ground::all("unsound") {
        let mut town = Town::found(&ground, 7);
        let before = dump(town.writer.db());
        let rev = town.writer.rules().rev;
        let secret = BTreeMap::from([("secret".to_owned(), "guess".to_owned())]);
        let moment = town.moment();
        assert!(town.writer.change(moment, "operator", &Change::Settings(secret)).is_err());
        assert_eq!(dump(town.writer.db()), before);
        assert_eq!(town.writer.rules().rev, rev);
        let setting = BTreeMap::from([("offline_window_ms".to_owned(), "1000".to_owned())]);
        let moment = town.moment();
        town.writer.change(moment, "operator", &Change::Settings(setting)).unwrap();
        assert_eq!(town.writer.rules().rev, rev + 1);
        assert_eq!(town.writer.rules().offline_window_ms, 1000);
    }
}

#[test]
fn a_sealed_pack_that_shares_a_role_is_not_published() {
    use bihuan_store::rules::{Change, ChangeError};
    let files = |mediator: &str| {
        let mut files = town::files_of("dispute");
        let told = files.files.get_mut("pack.toml").expect("a pack has its text");
        let text = String::from_utf8_lossy(told).replace("mediator\"", &format!("{mediator}\""));
        *told = text.into_bytes();
        Change::Pack(files)
    };
    for ground in Ground::all("sealed") {
        let mut town = Town::found(&ground, 7);
        let before = dump(town.writer.db());
        let moment = town.moment();
        let refused = town.writer.change(moment, "operator", &files("handler"));
        let Err(ChangeError::Unsound(faults)) = refused else { panic!("{refused:?}") };
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("role handler") && faults[0].contains("sanitation"));
        assert_eq!(dump(town.writer.db()), before);
        let moment = town.moment();
        town.writer.change(moment, "operator", &files("mediator")).expect("roles of its own");
    }
}

#[test]
fn a_register_keeps_its_entries_and_seals_their_texts() {
    use bihuan_core::pack::Pack;
    use bihuan_store::rules::{Change, EntryRow, RegisterRows};
    let register = r#"
[[register]]
id = "outlet"
title = { zh = "经营网点", en = "Outlet" }
fields = [
  { id = "rent", title = { zh = "月租", en = "Monthly rent" }, type = "money", required = true },
  { id = "owner", title = { zh = "经营者", en = "Owner" }, type = "text", sealed = true },
]
"#;
    for ground in Ground::all("register") {
        let mut town = Town::found(&ground, 9);
        let mut files = town::pack_files();
        let source = files.files.get_mut("pack.toml").unwrap();
        let text = String::from_utf8_lossy(source).replacen("rev = 1", "rev = 2", 1);
        *source = (text + register).into_bytes();
        assert_eq!(Pack::load(&files).unwrap().rev, 2);
        let moment = town.moment();
        town.writer.change(moment, "operator", &Change::Pack(files)).unwrap();
        let entry = |id: &str, unit: &str, fields| EntryRow {
            id: id.into(),
            title: bihuan_core::text::Text::new("小卖部", "Shop"),
            unit: unit.into(),
            person: None,
            from: None,
            to: None,
            fields: serde_json::from_value(fields).unwrap(),
        };
        let rows = |entries| {
            let (pack, register) = ("sanitation".into(), "outlet".to_owned());
            Change::Register(RegisterRows { pack, register, entries })
        };
        let good = entry("o1", "v01", serde_json::json!({ "rent": 1200, "owner": "某某" }));
        let bad = entry("o 2", "v99", serde_json::json!({ "owner": 7, "colour": "red" }));
        let before = dump(town.writer.db());
        let moment = town.moment();
        let refused = town.writer.change(moment, "operator", &rows(vec![good.clone(), bad]));
        let told = format!("{refused:?}");
        for word in ["o 2", "v99", "not_text", "unknown_field"] {
            assert!(told.contains(word), "{word} in {told}");
        }
        assert_eq!(dump(town.writer.db()), before, "nothing changed");

        let moment = town.moment();
        town.writer.change(moment, "operator", &rows(vec![good])).unwrap();
        let entries = town.writer.rules().entries(&"sanitation".into()).clone();
        let fields = serde_json::to_string(&entries["outlet"]["o1"].fields).unwrap();
        assert!(fields.contains(r#""rent":{"int":1200}"#) && !fields.contains("某某"), "{fields}");
        let sql = "SELECT bytes FROM content WHERE kind = 'register'";
        let sealed = town.writer.db().all(sql, &[], |row| Ok(row.blob(0)?.to_vec())).unwrap();
        assert_eq!(sealed, ["某某".as_bytes()]);
    }
}

#[test]
fn another_node_sees_changed_rules_before_it_decides() {
    use bihuan_store::rules::Change;
    let Some(ground) = Ground::postgres("nodes") else { return };
    let mut town = Town::found(&ground, 8);
    let mut other = bihuan_store::Writer::new(ground.writer(), town.moment()).unwrap();
    let setting = BTreeMap::from([("offline_window_ms".to_owned(), "1000".to_owned())]);
    let moment = town.moment();
    other.change(moment, "operator", &Change::Settings(setting)).unwrap();
    let opening = town.opening("两个节点");
    let moment = town.moment();
    assert_eq!(word(&town.writer.execute(moment, std::slice::from_ref(&opening))[0]), "done");
    assert_eq!(town.writer.rules().offline_window_ms, 1000);
    // Whoever asks the other node with the same id gets the same answer.
    let answer = other.execute(moment, &[opening]).remove(0);
    assert!(matches!(&answer, Answer::Done(it) if it.replayed), "{answer:?}");
}

#[test]
fn a_writer_goes_on_after_its_connection_was_lost() {
    let Some(ground) = Ground::postgres("goes_on") else { return };
    let mut town = Town::found(&ground, 9);
    let sql = "SELECT CAST(pg_backend_pid() AS BIGINT)";
    let pid = town.writer.db().first(sql, &[], |row| row.int(0)).unwrap().unwrap();
    let kill = "SELECT CASE WHEN pg_terminate_backend(CAST(CAST($1 AS BIGINT) AS INT), 5000)
                THEN 1 ELSE 0 END";
    ground.writer().query(kill, &[Value::Int(pid)], |_| Ok(())).unwrap();
    let opening = town.opening("断线之后");
    let moment = town.moment();
    assert_eq!(word(&town.writer.execute(moment, &[opening])[0]), "done");
}

#[test]
fn a_clock_far_ahead_moves_nothing_until_a_person_has_confirmed_it() {
    for ground in Ground::all("ahead") {
        let mut town = Town::found(&ground, 4);
        let now = town.world.now;
        let ahead = now.plus_ms(3_652 * 86_400_000);
        let last = |db: &mut Db| realm::head(db).unwrap().last_at;
        // The second meets nothing that would make it look less far ahead than the first.
        for no in 1..=2 {
            let opening = town.opening("路边垃圾");
            assert_eq!(word(&town.writer.execute(moment(ahead, no), &[opening])[0]), "done");
            assert_eq!(last(town.writer.db()), now, "it is written at the last moment believed");
        }
        let opening = town.opening("路边垃圾");
        let later = now.plus_ms(60_000);
        town.writer.execute(moment(later, 3), &[opening]);
        assert_eq!(last(town.writer.db()), later, "a clock that is right again goes on");
        realm::confirm_clock(town.writer.db(), ahead).unwrap();
        let opening = town.opening("路边垃圾");
        town.writer.execute(moment(ahead.plus_ms(1), 4), &[opening]);
        assert_eq!(last(town.writer.db()), ahead.plus_ms(1));
    }
}
