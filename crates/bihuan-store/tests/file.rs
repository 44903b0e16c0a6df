//! Files on disk: kept whole and sealed, read with their digest, and said in the record.

use bihuan_core::content::hex;
use bihuan_core::time::Instant;
use bihuan_store::file::{FILE_BYTES_MAX, FileError, FileStore, NewFile, waiting_for};
use bihuan_store::verify::verify;
use bihuan_store::{Moment, Store, Target};
use std::fs;

fn photo(bytes: &[u8]) -> NewFile<'_> {
    NewFile { bytes, media: "image/jpeg" }
}

#[test]
fn a_file_is_kept_once_sealed_and_read_only_with_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let files = FileStore::open(dir.path()).unwrap();
    let digests = files.put(&[photo(b"one"), photo(b""), photo(b"one")]).unwrap();
    assert_eq!(digests[0], digests[2]);
    assert_eq!(files.read(&digests[0]).unwrap(), b"one");
    assert_eq!(files.read(&digests[1]).unwrap(), b"");
    let path = dir.path().join(&digests[0][..2]).join(&digests[0][2..]);
    assert!(fs::metadata(&path).unwrap().permissions().readonly());
    assert_eq!(fs::read_dir(dir.path().join(".arriving")).unwrap().count(), 0);

    fs::remove_file(&path).unwrap();
    assert_eq!(files.read(&digests[0]).unwrap_err().code(), "no_such_file");
    fs::write(&path, b"two").unwrap();
    assert_eq!(files.read(&digests[0]).unwrap_err().code(), "file_damaged");
    files.put(&[photo(b"one")]).unwrap();
    assert_eq!(files.read(&digests[0]).unwrap(), b"one", "a damaged one is replaced");
}

#[test]
fn what_is_no_digest_or_too_large_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let files = FileStore::open(dir.path()).unwrap();
    for odd in ["", "ab", "../../etc/passwd", "é", &"A".repeat(64), &"./".repeat(32)] {
        assert!(matches!(files.read(odd), Err(FileError::None(_))), "{odd}");
    }
    let large = vec![0; FILE_BYTES_MAX + 1];
    assert_eq!(files.put(&[photo(b"x"), photo(&large)]).unwrap_err().code(), "too_much");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was written");
    assert_eq!(files.put(&vec![photo(b"x"); 257]).unwrap_err().code(), "too_much");
    assert!(files.put(&[]).unwrap().is_empty());
}

#[test]
fn the_record_says_which_files_are_safe_and_verify_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let target = Target::Sqlite(dir.path().join("realm.db"));
    let tick = || Moment { clock: Instant(1_614_558_600_000), salt: [7; 32] };
    let store = Store::open(&target, Box::new(tick)).unwrap();
    let files = FileStore::open(&dir.path().join("files")).unwrap();
    let digests = store.put_files("edge", &files, &[photo(b"one"), photo(b"two")]).unwrap();
    store.put_files("edge", &files, &[photo(b"one")]).unwrap();
    let check = || store.read(|db| verify(db, Some(files.folder()), &mut |_, _| {})).unwrap();
    let report = check();
    assert!(report.is_sound() && report.files == 2, "{report:?}");
    assert!(store.read(|db| waiting_for(db, &digests[0])).unwrap().is_empty());

    let unknown = hex(&[1; 32]);
    assert!(store.read(|db| waiting_for(db, &unknown)).unwrap().is_empty());
    fs::remove_file(dir.path().join("files").join(&digests[1][..2]).join(&digests[1][2..]))
        .unwrap();
    let report = check();
    assert_eq!((report.faults_total, report.faults[0].code), (1, "file"));
}
