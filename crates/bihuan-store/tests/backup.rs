//! Backups: made while the realm is in use, restored only when they verify, and moved from one
//! database to the other.

mod support;
#[expect(dead_code, reason = "the town has more than this file needs")]
mod town;

use bihuan_store::backup::{BackupError, MANIFEST, Manifest, REALM_FILE, backup, restore};
use bihuan_store::db::Role;
use bihuan_store::file::{FilePlace, FileStore, NewFile};
use bihuan_store::{Db, Target, search};
use std::fs;
use std::path::Path;
use support::Ground;
use town::Town;

/// A backup of a town with one opened matter, and its folder.
fn backed_up(ground: &Ground, folder: &Path) -> Manifest {
    let mut town = Town::found(ground, 21);
    let opening = town.opening("农贸市场东门垃圾满溢");
    let moment = town.moment();
    town.writer.execute(moment, &[opening]);
    let files = FileStore::open(&folder.join("files")).unwrap();
    // The writer stays open: the realm is in use.
    backup(&ground.target, &files, &folder.join("kept"), &mut |_| {}).unwrap()
}

/// Writes the manifest anew, as somebody would who hides a change.
fn vouch(kept: &Path, change: impl Fn(&mut Manifest)) {
    let text = fs::read(kept.join(MANIFEST)).unwrap();
    let mut manifest: Manifest = serde_json::from_slice(&text).unwrap();
    let digest = bihuan_store::file::digest_of(&kept.join(REALM_FILE)).unwrap();
    manifest.files.insert(REALM_FILE.into(), digest);
    change(&mut manifest);
    fs::write(kept.join(MANIFEST), serde_json::to_vec(&manifest).unwrap()).unwrap();
}

#[test]
fn a_realm_moves_between_databases_with_its_root_and_its_search() {
    for ground in Ground::all("moves") {
        let dir = tempfile::tempdir().unwrap();
        let manifest = backed_up(&ground, dir.path());
        for (no, to) in Ground::all("moves_to").iter().enumerate() {
            let files = FilePlace::Folder(dir.path().join(format!("files{no}")));
            let report = restore(&dir.path().join("kept"), &to.target, &files, &mut |_| {});
            let report = report.unwrap();
            assert_eq!((report.entries, report.root), (manifest.entries, manifest.root.clone()));
            let mut db = to.writer();
            assert_eq!(search::find(&mut db, "垃圾", i64::MAX, 9).unwrap().len(), 1);
            drop(db);
            let again = restore(&dir.path().join("kept"), &to.target, &files, &mut |_| {});
            assert!(again.is_err(), "a realm is never written over");
        }
    }
}

#[test]
fn a_backup_gets_its_name_when_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let ground = Ground::sqlite();
    fs::create_dir(dir.path().join("kept")).unwrap();
    // What an attempt that was cut off left is no obstacle.
    fs::create_dir(dir.path().join("kept.partial")).unwrap();
    fs::write(dir.path().join("kept.partial").join(REALM_FILE), "half").unwrap();
    backed_up(&ground, dir.path());
    let mut names: Vec<_> = fs::read_dir(dir.path().join("kept"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [MANIFEST, REALM_FILE], "one file, no log and no lock beside it");
    assert!(!dir.path().join("kept.partial").exists());

    let files = FileStore::look(&dir.path().join("files")).unwrap();
    let missing = Target::Sqlite(dir.path().join("nothing.db"));
    assert!(backup(&missing, &files, &dir.path().join("other"), &mut |_| {}).is_err());
    assert!(!dir.path().join("other").exists() && !dir.path().join("other.partial").exists());
}

#[test]
fn a_backup_whose_record_was_changed_leaves_the_target_empty() {
    for to in Ground::all("unsound") {
        let dir = tempfile::tempdir().unwrap();
        let ground = Ground::sqlite();
        backed_up(&ground, dir.path());
        let (kept, folder) = (dir.path().join("kept"), dir.path().join("restored"));
        let files = FilePlace::Folder(folder.clone());

        vouch(&kept, |it| it.root = "00".repeat(32));
        let refused = restore(&kept, &to.target, &files, &mut |_| {});
        assert!(matches!(refused, Err(BackupError::NotWhole { .. })), "{refused:?}");

        vouch(&kept, |it| {
            it.files.insert("../secret".into(), "00".repeat(32));
        });
        let refused = restore(&kept, &to.target, &files, &mut |_| {});
        assert!(matches!(refused, Err(BackupError::NotWhole { .. })), "{refused:?}");

        let realm = Target::Sqlite(kept.join(REALM_FILE));
        let mut db = Db::connect(&realm, Role::Writer).unwrap();
        db.run("UPDATE matter SET state = REPLACE(state, '\"rework\":0', '\"rework\":1')").unwrap();
        db.run("PRAGMA journal_mode = DELETE").unwrap();
        drop(db);
        vouch(&kept, |it| {
            it.files.remove("../secret");
        });
        let refused = restore(&kept, &to.target, &files, &mut |_| {});
        assert!(matches!(refused, Err(BackupError::NotSound(_))), "{refused:?}");
        assert!(!folder.exists(), "nothing is left of it");
        match &to.target {
            Target::Sqlite(path) => {
                assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
            }
            Target::Postgres(_) => {
                let heads = to.writer().first("SELECT COUNT(*) FROM head", &[], |row| row.int(0));
                assert_eq!(heads.unwrap(), Some(0));
            }
        }
    }
}

#[test]
fn a_file_that_is_missing_or_changed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let ground = Ground::sqlite();
    let files = FileStore::open(&dir.path().join("files")).unwrap();
    let digest = files.put(&[NewFile { bytes: b"one", media: "image/jpeg" }]).unwrap().remove(0);
    backed_up(&ground, dir.path());
    let kept = dir.path().join("kept");
    let photo = kept.join("files").join(&digest[..2]).join(&digest[2..]);
    let to = Target::Sqlite(dir.path().join("new").join("realm.db"));
    let new = FilePlace::Folder(dir.path().join("new").join("files"));
    let refused = || {
        let refused = restore(&kept, &to, &new, &mut |_| {});
        assert!(matches!(&refused, Err(BackupError::NotWhole { .. })), "{refused:?}");
    };
    fs::remove_file(&photo).unwrap();
    refused();
    fs::write(&photo, b"on").unwrap();
    refused();
    fs::write(&photo, b"one").unwrap();
    restore(&kept, &to, &new, &mut |_| {}).unwrap();
}
