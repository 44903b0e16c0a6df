//! Tampering by SQL: whatever is changed behind the store's back, `verify` finds and names.

mod support;
#[expect(dead_code, reason = "the town has more than this file needs")]
mod town;

use bihuan_core::content::ContentRef;
use bihuan_core::id::MatterId;
use bihuan_store::db::Role;
use bihuan_store::file::waiting_for;
use bihuan_store::rules::Change;
use bihuan_store::verify::{VerifyReport, verify};
use bihuan_store::{Answer, Db, Value};
use std::collections::BTreeMap;
use support::Ground;
use town::Town;

/// Codes that may name a change, the SQL that makes it, and whether the entry is named too.
const CHANGES: &[(&str, &str, Option<u64>)] = &[
    ("entry_columns", "UPDATE event SET at_ms = at_ms + 1 WHERE seq = 9", Some(9)),
    ("entry_columns", "UPDATE event SET matter = 'x' WHERE seq = 9", Some(9)),
    ("entry_missing", "DELETE FROM event WHERE seq = 9", Some(10)),
    ("entry_missing", "DELETE FROM event WHERE seq = 1", Some(2)),
    ("head", "DELETE FROM event WHERE seq = (SELECT MAX(seq) FROM event)", None),
    ("head", "UPDATE head SET seq = seq - 1", None),
    ("head", "UPDATE head SET seq = seq + 1", None),
    ("tile", "DELETE FROM tile", None),
    ("row", "UPDATE matter SET state = state || ' '", None),
    ("head", "UPDATE head SET last_ms = last_ms + 1", None),
    ("head", "UPDATE head SET rules_rev = 0", None),
    ("command", "UPDATE command SET actor = actor || 'x'", None),
    ("command_missing", "DELETE FROM command", None),
    ("content_missing", "DELETE FROM content WHERE kind = 'person'", None),
    ("row", "UPDATE matter SET due_ms = 7", None),
    ("row", "UPDATE matter SET next_ms = 7", None),
    ("row", "UPDATE matter SET responsible = 'x'", None),
    ("row_missing", "DELETE FROM matter WHERE first_seq < 30", None),
    ("span", "UPDATE span SET from_ms = from_ms + 1", None),
    ("span", "DELETE FROM span WHERE left_seq IS NULL", None),
    ("score", "UPDATE score SET fen = fen + 1", None),
    ("score_missing", "DELETE FROM score", None),
    ("content", "UPDATE content SET salt = NULL, bytes = NULL, erased_seq = 1", None),
    ("content", "UPDATE content SET salt = NULL, bytes = NULL", None),
    ("content_missing", "DELETE FROM content WHERE kind = 'title'", None),
    ("file_missing", "DELETE FROM file", None),
    ("file_index", "DELETE FROM matter_file", None),
    ("file_index", "UPDATE matter_file SET matter = 'x'", None),
    ("part", "DELETE FROM matter_part", None),
    ("part", "UPDATE matter_part SET unit = 'v02' WHERE unit = 'v01'", None),
    ("part", "UPDATE matter_part SET first_seq = -first_seq", None),
    ("tally", "UPDATE tally SET at_ms = at_ms + 1", None),
    ("tally", "UPDATE tally SET left_seq = NULL WHERE left_seq IS NOT NULL", None),
    ("tally", "UPDATE tally SET first_seq = -first_seq WHERE kind = 'cleared'", None),
    ("tally_missing", "DELETE FROM tally WHERE kind = 'due'", None),
    ("row", "UPDATE matter SET assigned = 'squad'", None),
    ("row", "UPDATE matter SET opened_by = 'x'", None),
    ("file", "UPDATE file SET erased_seq = 1", None),
    ("audit", "DELETE FROM audit WHERE seq = 2", Some(2)),
    ("audit", "UPDATE audit SET account = 'x' WHERE seq = 2", Some(2)),
    ("audit", "UPDATE audit SET seq = 9000 WHERE seq = 2", Some(2)),
];

fn proof(db: &mut Db) -> VerifyReport {
    verify(db, None, &mut |_, _| {}).expect("what does not hold is in the report")
}

/// A town that lived for a while.
fn lived(ground: &Ground, seed: u64) -> Town {
    let mut town = Town::found(ground, seed);
    for _ in 0..40 {
        let batch = town.batch(16);
        let moment = town.moment();
        for (submission, answer) in batch.iter().zip(town.writer.execute(moment, &batch)) {
            let known = town.world.submit(submission).is_ok();
            assert_eq!(known, matches!(answer, Answer::Done(_)), "seed {seed}");
        }
    }
    town
}

/// Does `change` in a transaction, proves, and undoes it.
fn tampered(db: &mut Db, change: impl FnOnce(&mut Db) -> u64) -> (u64, VerifyReport) {
    db.begin().expect("a transaction");
    let rows = change(db);
    let report = proof(db);
    db.rollback();
    (rows, report)
}

#[test]
fn what_is_changed_by_sql_is_found_and_named() {
    for ground in Ground::all("tamper") {
        let mut town = lived(&ground, 11);
        let db = town.writer.db();
        let sound = proof(db);
        assert!(sound.is_sound(), "untouched: {:?}", sound.faults);
        assert!(sound.matters > 20 && sound.cleared > 0 && sound.scores > 0, "{sound:?}");
        for (code, sql, seq) in CHANGES {
            let (rows, report) = tampered(db, |db| db.execute(sql, &[]).expect(sql));
            assert!(rows > 0, "nothing to change: {sql}");
            let named = |it: &bihuan_store::verify::Fault| {
                it.code == *code && (seq.is_none() || it.seq == *seq)
            };
            assert!(report.faults.iter().any(named), "{sql}: {:?}", report.faults.first());
        }
        assert!(proof(db).is_sound(), "each change was undone");
    }
}

#[test]
fn one_byte_of_any_entry_leaf_or_text_is_found_and_named() {
    let ground = Ground::sqlite();
    let mut town = lived(&ground, 12);
    let mut chance = town.chance.clone();
    let db = town.writer.db();
    let last = proof(db).entries;
    for (column, table) in [("bytes", "event"), ("leaf", "event")].repeat(20) {
        let seq = 1 + chance.below(last);
        let key = [Value::Int(i64::try_from(seq).expect("small"))];
        let sql = format!("SELECT {column} FROM {table} WHERE seq = $1");
        let mut bytes = db.first(&sql, &key, |row| Ok(row.blob(0)?.to_vec())).unwrap().unwrap();
        let at = usize::try_from(chance.below(bytes.len() as u64)).expect("small");
        bytes[at] ^= 1 << chance.below(8);
        let sql = format!("UPDATE {table} SET {column} = $2 WHERE seq = $1");
        let values = [key[0].clone(), Value::Blob(bytes)];
        let (_, report) = tampered(db, |db| db.execute(&sql, &values).expect("one row"));
        let named =
            report.faults.iter().any(|it| it.code == "entry_changed" && it.seq == Some(seq));
        assert!(named, "byte {at} of {column} {seq}: {:?}", report.faults);
    }
    let sql = "UPDATE content SET bytes = $1
               WHERE ref = (SELECT MIN(ref) FROM content WHERE bytes IS NOT NULL)";
    let other = [Value::Blob(b"other words".to_vec())];
    let (_, report) = tampered(db, |db| db.execute(sql, &other).expect("one row"));
    assert!(report.faults.iter().any(|it| it.code == "content"), "{:?}", report.faults);
    let mut reader = Db::connect(&ground.target, Role::Reader).expect("a reader");
    assert!(proof(&mut reader).is_sound());
}

#[test]
fn an_erasure_covers_what_it_names_and_no_more() {
    for ground in Ground::all("erasure") {
        let mut town = lived(&ground, 13);
        let sql = "SELECT ref FROM content WHERE bytes IS NOT NULL ORDER BY ref LIMIT 4";
        let read = |row: &bihuan_store::db::Row<'_>| Ok(ContentRef(row.text(0)?.to_owned()));
        let refs = town.writer.db().all(sql, &[], read).expect("texts");
        let one = Change::Erase(vec![refs[0].clone()]);
        let moment = town.moment();
        let seq = town.writer.change(moment, "operator", &one).expect("it is erased");
        let two = Change::Erase(refs[1..3].to_vec());
        let moment = town.moment();
        town.writer.change(moment, "operator", &two).expect("they are erased");
        let db = town.writer.db();
        let report = proof(db);
        assert!(report.is_sound() && report.erased == 3, "{report:?}");
        for (seq, code) in [(seq, "content"), (seq + 1, "erasure")] {
            let sql = "UPDATE content SET salt = NULL, bytes = NULL, erased_seq = $1
                       WHERE ref = $2";
            let seq = i64::try_from(seq).expect("small");
            let values = [Value::Int(seq), Value::Text(refs[3].0.clone())];
            let (rows, report) = tampered(db, |db| db.execute(sql, &values).expect(sql));
            assert!(rows == 1 && report.faults.iter().any(|it| it.code == code), "{report:?}");
        }
    }
}

#[test]
fn a_matter_waits_for_its_file_until_it_has_arrived() {
    for ground in Ground::all("waiting") {
        let mut town = lived(&ground, 15);
        let mut waits: BTreeMap<&str, Vec<MatterId>> = BTreeMap::new();
        for matter in town.world.matters.values().filter(|it| it.standing.owner.is_some()) {
            for file in &matter.files {
                let ids = waits.entry(&file.digest).or_default();
                ids.extend(Some(matter.id).filter(|_| !file.arrived));
            }
        }
        assert!(waits.values().any(|it| !it.is_empty()), "the story must leave files behind");
        for (digest, ids) in waits {
            assert_eq!(waiting_for(town.writer.db(), digest).expect("matters"), ids);
        }
        assert!(waiting_for(town.writer.db(), "%").expect("no digest").is_empty());
    }
}

#[test]
fn timers_are_told_anew_when_the_rules_that_tell_them_change() {
    for ground in Ground::all("timers") {
        let mut town = lived(&ground, 14);
        let next = |db: &mut Db| {
            let sql = "SELECT next_ms FROM matter ORDER BY id";
            db.all(sql, &[], |row| row.some_int(0)).expect("timers")
        };
        let before = next(town.writer.db());
        // An hour further west, and a shorter wait for files that never arrive.
        let settings = [("offline_window_ms", "1000"), ("zone_s", "25200")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let moment = town.moment();
        let change = Change::Settings(BTreeMap::from(settings));
        town.writer.change(moment, "operator", &change).expect("settings");
        let db = town.writer.db();
        assert_ne!(next(db), before, "the story must move a timer");
        let report = proof(db);
        assert!(report.is_sound(), "{:?}", report.faults);
    }
}
