//! A small town lives through two days: its record verifies, on either database with the same
//! root; whatever is changed behind its back is found and named; a backup restores, or is refused.

use bihuan::demo::{Days, SEED, run};
use bihuan_core::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::Instant;
use bihuan_store::backup::{BackupError, MANIFEST, backup, restore};
use bihuan_store::db::Role;
use bihuan_store::file::{FilePlace, FileStore};
use bihuan_store::verify::{VerifyReport, prove_consistency, prove_inclusion, verify, verify_log};
use bihuan_store::{Db, Target, Value};
use std::path::Path;

const NOW: Instant = Instant(1_795_400_000_000);

fn town(folder: &Path) -> Target {
    let target = Target::Sqlite(folder.join("realm.db"));
    make(&target, folder);
    target
}

fn make(target: &Target, folder: &Path) {
    let keep = |pictures: &bihuan::demo::Pictures| {
        for (digest, bytes) in &pictures.all {
            let under = folder.join("files").join(&digest[..2]);
            std::fs::create_dir_all(&under)?;
            std::fs::write(under.join(&digest[2..]), bytes)?;
        }
        Ok(())
    };
    run(target, (SEED, Days::First(2)), NOW, keep, |_, _| {}).expect("the town lives");
}

fn check(target: &Target, folder: &Path) -> VerifyReport {
    let mut db = Db::connect(target, Role::Reader).expect("a reader");
    let files = FileStore::look(&folder.join("files")).expect("a folder");
    verify(&mut db, Some(&files), &mut |_, _| {}).expect("it can be read")
}

#[test]
fn the_town_verifies_and_the_same_seed_gives_the_same_root_on_both_databases() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = town(folder.path());
    let report = check(&target, folder.path());
    assert!(report.is_sound(), "{:#?}", report.faults);
    assert!(report.cleared > 20 && report.balanced_units > 20 && report.files > 100);
    #[expect(clippy::disallowed_methods, reason = "the one place where this test finds a database")]
    let Ok(url) = std::env::var("BIHUAN_TEST_PG") else {
        println!("skipped on PostgreSQL: BIHUAN_TEST_PG names none");
        return;
    };
    let mark = if url.contains('?') { '&' } else { '?' };
    let schema = format!("proof_{}", std::process::id());
    let other = Target::parse(&format!("{url}{mark}schema={schema}"));
    let second = tempfile::tempdir().expect("a folder");
    make(&other, second.path());
    let on_postgres = check(&other, second.path());
    assert!(on_postgres.is_sound(), "{:#?}", on_postgres.faults);
    assert_eq!(on_postgres.root, report.root);
    let mut db = Db::connect(&other, Role::Writer).expect("a writer");
    db.run(&format!("DROP SCHEMA {schema} CASCADE")).expect("it goes away");
}

/// What somebody at the database might do, and what `verify` must say of it.
const EDITS: [(&str, &str); 14] = [
    ("UPDATE event SET leaf = zeroblob(32) WHERE seq = 300", "entry_changed"),
    ("UPDATE event SET at_ms = at_ms + 1 WHERE seq = 301", "entry_columns"),
    ("UPDATE event SET matter = NULL WHERE seq = 302", "entry_columns"),
    ("DELETE FROM event WHERE seq = 303", "entry_missing"),
    ("DELETE FROM event WHERE seq = (SELECT MAX(seq) FROM event)", "head"),
    ("UPDATE head SET seq = seq + 1", "head"),
    ("UPDATE tile SET hash = zeroblob(32) WHERE no = 1", "tile"),
    ("UPDATE matter SET state = REPLACE(state, '\"rework\":0', '\"rework\":1')", "row"),
    ("UPDATE matter SET due_ms = due_ms + 1 WHERE due_ms IS NOT NULL", "row"),
    ("DELETE FROM matter WHERE cleared_ms IS NOT NULL", "row_missing"),
    ("UPDATE span SET left_as = NULL WHERE left_as = 'cleared'", "span"),
    ("UPDATE score SET points_milli = points_milli + 1", "score"),
    ("UPDATE content SET bytes = CAST('x' AS BLOB) WHERE kind = 'title'", "content"),
    ("UPDATE content SET salt = NULL, bytes = NULL, erased_seq = 5 WHERE kind = 'note'", "content"),
];

#[test]
fn whatever_is_changed_behind_its_back_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = town(folder.path());
    assert!(check(&target, folder.path()).is_sound(), "the control must pass");
    for (edit, code) in EDITS {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::copy(folder.path().join("realm.db"), copy.path().join("realm.db"))
            .expect("copied");
        let changed = Target::Sqlite(copy.path().join("realm.db"));
        let mut db = Db::connect(&changed, Role::Writer).expect("a writer");
        db.run(edit).expect(edit);
        drop(db);
        let report = check(&changed, folder.path());
        assert!(report.faults.iter().any(|it| it.code == code), "{edit}: {:#?}", report.faults);
    }
}

#[test]
fn one_byte_of_any_entry_is_found_and_the_entry_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let _ = town(folder.path());
    let (seed, mut chance) = (20_210_416, Chance::new(20_210_416));
    for _ in 0..12 {
        let copy = tempfile::tempdir().expect("a folder");
        std::fs::copy(folder.path().join("realm.db"), copy.path().join("realm.db"))
            .expect("copied");
        let changed = Target::Sqlite(copy.path().join("realm.db"));
        let mut db = Db::connect(&changed, Role::Writer).expect("a writer");
        let last = db.first("SELECT MAX(seq) FROM event", &[], |row| row.count(0));
        let last = last.expect("it reads").expect("there are entries");
        let seq = 1 + chance.below(last);
        let values = [Value::Int(i64::try_from(seq).expect("small"))];
        let bytes = db.first("SELECT bytes FROM event WHERE seq = $1", &values, |row| {
            Ok(row.blob(0)?.to_vec())
        });
        let mut bytes = bytes.expect("it reads").expect("it is there");
        let at = usize::try_from(chance.below(bytes.len() as u64)).expect("small");
        bytes[at] ^= 1 << chance.below(8);
        let hex = bihuan_core::content::hex(&bytes);
        db.run(&format!("UPDATE event SET bytes = x'{hex}' WHERE seq = {seq}")).expect("edited");
        drop(db);
        let report = check(&changed, folder.path());
        let named = report.faults.iter().any(|it| it.seq == Some(seq));
        assert!(named, "seed {seed}: byte {at} of entry {seq}: {:#?}", report.faults);
    }
}

#[test]
fn an_entry_is_proved_by_itself_and_the_record_by_its_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = town(folder.path());
    let report = check(&target, folder.path());
    let mut db = Db::connect(&target, Role::Reader).expect("a reader");
    let lines =
        db.all("SELECT bytes FROM event ORDER BY seq", &[], |row| Ok(row.blob(0)?.to_vec()));
    let lines = lines.expect("it reads");
    let (count, root) = verify_log(lines.iter().map(Vec::as_slice));
    assert_eq!((count, bihuan_core::content::hex(&root)), (report.entries, report.root));
    for seq in [1, 2, 255, 256, 257, 511, 700, count] {
        let proof = prove_inclusion(&mut db, seq, count).expect("it is there");
        let leaf = leaf_hash(&lines[usize::try_from(seq - 1).expect("small")]);
        assert!(verify_inclusion(&leaf, seq - 1, count, &proof, &root), "entry {seq}");
        assert!(!verify_inclusion(&leaf, seq, count, &proof, &root), "entry {seq} as another");
    }
    let old = 512;
    let (_, old_root) = verify_log(lines.iter().take(old).map(Vec::as_slice));
    let proof = prove_consistency(&mut db, old as u64, count).expect("both are there");
    assert!(verify_consistency(old as u64, count, &old_root, &root, &proof));
    assert!(prove_inclusion(&mut db, count + 1, count).is_err());
}

#[test]
fn a_backup_restores_and_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = town(folder.path());
    let before = check(&target, folder.path());
    let kept = folder.path().join("backup");
    let files = FileStore::look(&folder.path().join("files")).expect("a folder");
    let manifest = backup(&target, &files, &kept, &mut |_| {}).expect("it is backed up");
    assert_eq!((manifest.entries, &manifest.root), (before.entries, &before.root));
    let again = backup(&target, &files, &kept, &mut |_| {});
    assert!(matches!(again, Err(BackupError::NotEmpty(_))), "{again:?}");
    let home = folder.path().join("restored");
    let to = Target::Sqlite(home.join("realm.db"));
    let home_files = FilePlace::Folder(home.join("files"));
    let report = restore(&kept, &to, &home_files, &mut |_| {}).expect("it is restored");
    assert_eq!(report, before);
    let onto = restore(&kept, &to, &home_files, &mut |_| {});
    assert!(matches!(onto, Err(BackupError::NotEmpty(_))), "{onto:?}");
    let realm = kept.join("realm.db");
    let mut bytes = std::fs::read(&realm).expect("it reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&realm, &bytes).expect("it writes");
    let other = Target::Sqlite(folder.path().join("other/realm.db"));
    let other_files = FilePlace::Folder(folder.path().join("other/files"));
    let refused = restore(&kept, &other, &other_files, &mut |_| {});
    assert!(matches!(refused, Err(BackupError::NotWhole { .. })), "{refused:?}");
    std::fs::remove_file(kept.join(MANIFEST)).expect("it goes");
    let refused = restore(&kept, &other, &other_files, &mut |_| {});
    assert!(matches!(refused, Err(BackupError::NotWhole { .. })), "{refused:?}");
}
