//! Files: kept whole in a folder or a bucket, read with their digest, said in the record, erased by
//! a recorded act.

#[expect(dead_code, reason = "the support has more than this file needs")]
mod support;

use bihuan_core::content::hex;
use bihuan_core::photo::{Camera, Facts, Flag, Phone};
use bihuan_core::time::Instant;
use bihuan_store::backup::{backup, restore};
use bihuan_store::file::{
    FILE_BYTES_MAX, FileError, FilePlace, FileStore, NewFile, S3Place, file, picture, waiting_for,
};
use bihuan_store::rules::{Change, FileRow, PictureRow, VariantRow};
use bihuan_store::verify::{VerifyReport, verify};
use bihuan_store::{Moment, Store, Target};
use std::fs;
use std::path::{Path, PathBuf};
use support::Ground;

fn photo(bytes: &[u8]) -> NewFile<'_> {
    NewFile { bytes, media: "image/jpeg" }
}

/// The bucket of the S3 service that the test command started; none where it started none.
fn bucket(test: &str) -> Option<S3Place> {
    #[expect(clippy::disallowed_methods, reason = "the one place where this test finds a bucket")]
    let Ok(endpoint) = std::env::var("BIHUAN_TEST_S3") else {
        println!("skipped on S3: BIHUAN_TEST_S3 names none");
        return None;
    };
    Some(S3Place {
        endpoint: Some(endpoint),
        region: "us-east-1".into(),
        bucket: "bihuan".into(),
        prefix: format!("{test}-{}", std::process::id()),
        key: "key".into(),
        secret: "secret".into(),
    })
}

/// A folder and, where there is one, a bucket.
fn places(test: &str, folder: &Path) -> Vec<FilePlace> {
    let mut places = vec![FilePlace::Folder(folder.to_owned())];
    places.extend(bucket(test).map(FilePlace::S3));
    places
}

fn realm(target: &Target) -> Store {
    let tick = || Moment { clock: Instant(1_614_558_600_000), salt: [7; 32] };
    Store::open(target, Box::new(tick)).unwrap()
}

fn check(store: &Store, files: &FileStore) -> VerifyReport {
    store.read(|db| verify(db, Some(files), &mut |_, _| {})).unwrap()
}

#[test]
fn a_file_is_kept_once_listed_read_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    for place in places("kept", dir.path()) {
        let files = place.open().unwrap();
        files.check().unwrap();
        let digests = files.put(&[photo(b"one"), photo(b""), photo(b"one")]).unwrap();
        assert_eq!(digests[0], digests[2]);
        assert_eq!(files.read(&digests[0]).unwrap(), b"one", "{place:?}");
        assert_eq!(files.read(&digests[1]).unwrap(), b"");
        assert_eq!(files.digest(&digests[0]).unwrap().as_ref(), Some(&digests[0]));
        let mut all = digests[..2].to_vec();
        all.sort();
        assert_eq!(files.all().unwrap(), all, "{place:?}");
        assert!(files.remove(&digests[0]).unwrap());
        assert!(!files.remove(&digests[0]).unwrap(), "it is gone");
        assert_eq!(files.read(&digests[0]).unwrap_err().code(), "no_such_file");
        assert_eq!(files.all().unwrap(), [digests[1].clone()]);
        assert!(files.remove(&digests[1]).unwrap());
    }
}

#[test]
fn what_was_damaged_is_refused_until_it_is_kept_again() {
    let dir = tempfile::tempdir().unwrap();
    let files = FileStore::open(dir.path()).unwrap();
    let digest = files.put(&[photo(b"one")]).unwrap().remove(0);
    fs::write(dir.path().join(&digest[..2]).join(&digest[2..]), b"two").unwrap();
    assert_eq!(files.read(&digest).unwrap_err().code(), "file_damaged");
    files.put(&[photo(b"one")]).unwrap();
    assert_eq!(files.read(&digest).unwrap(), b"one", "a damaged one is replaced");
}

#[test]
fn what_is_no_digest_or_too_large_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let files = FileStore::open(dir.path()).unwrap();
    for odd in ["", "ab", "../../etc/passwd", "é", &"A".repeat(64), &"./".repeat(32)] {
        assert!(matches!(files.read(odd), Err(FileError::None(_))), "{odd}");
        assert!(!files.remove(odd).unwrap() && files.digest(odd).unwrap().is_none(), "{odd}");
    }
    let large = vec![0; FILE_BYTES_MAX + 1];
    assert_eq!(files.put(&[photo(b"x"), photo(&large)]).unwrap_err().code(), "too_much");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was written");
    assert_eq!(files.put(&vec![photo(b"x"); 257]).unwrap_err().code(), "too_much");
    assert!(files.put(&[]).unwrap().is_empty());
}

#[test]
fn a_folder_that_is_missing_holds_nothing_and_a_bucket_that_is_away_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let files = FileStore::look(&dir.path().join("none")).unwrap();
    assert!(files.all().unwrap().is_empty() && !dir.path().join("none").exists());
    // Nobody listens on the port of discarded bytes.
    let away = S3Place {
        endpoint: Some("http://127.0.0.1:9".into()),
        region: "us-east-1".into(),
        bucket: "none".into(),
        prefix: String::new(),
        key: "open sesame".into(),
        secret: "very secret".into(),
    };
    let error = FileStore::s3(&away).unwrap().check().unwrap_err();
    assert_eq!(error.code(), "files_unreachable");
    let told = format!("{error:?} {error}");
    assert!(!told.contains("secret") && !told.contains("sesame"), "{told}");
}

#[test]
fn the_record_says_which_files_are_safe_and_verify_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let ground = Ground::sqlite();
    let store = realm(&ground.target);
    for place in places("record", &dir.path().join("files")) {
        let files = place.open().unwrap();
        let digests = store.put_files("edge", &files, &[photo(b"one"), photo(b"two")]).unwrap();
        store.put_files("edge", &files, &[photo(b"one")]).unwrap();
        let report = check(&store, &files);
        assert!(report.is_sound() && report.files == 2, "{report:?}");
        assert!(store.read(|db| waiting_for(db, &digests[0])).unwrap().is_empty());

        let unknown = hex(&[1; 32]);
        assert!(store.read(|db| waiting_for(db, &unknown)).unwrap().is_empty());
        files.remove(&digests[1]).unwrap();
        let report = check(&store, &files);
        assert_eq!((report.faults_total, report.faults[0].code), (1, "file"));
        files.remove(&digests[0]).unwrap();
    }
}

#[test]
fn files_move_with_a_backup_from_folder_to_bucket_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let from = Target::Sqlite(dir.path().join("realm.db"));
    let store = realm(&from);
    let places = places("moved", &dir.path().join("files"));
    for (no, place) in places.iter().enumerate() {
        let files = place.open().unwrap();
        let digest = store.put_files("edge", &files, &[photo(b"one")]).unwrap().remove(0);
        let kept = dir.path().join(format!("kept{no}"));
        let manifest = backup(&from, &files, &kept, &mut |_| {}).unwrap();
        let name = format!("files/{}/{}", &digest[..2], &digest[2..]);
        assert_eq!(manifest.files.get(&name), Some(&digest));
        let mut others = vec![FilePlace::Folder(dir.path().join(format!("restored{no}")))];
        others.extend(bucket(&format!("restored{no}")).map(FilePlace::S3));
        for (to, other) in others.iter().enumerate() {
            let target: PathBuf = dir.path().join(format!("realm{no}{to}.db"));
            restore(&kept, &Target::Sqlite(target), other, &mut |_| {}).unwrap();
            assert_eq!(other.look().unwrap().read(&digest).unwrap(), b"one");
        }
    }
}

/// A row of a picture whose smaller copy has this digest.
fn row(digest: &str, look: u64, variant: &str) -> FileRow {
    let phone = Phone { taken_at: Some(Instant(1_614_558_000_000)), taken_in: None };
    let facts = Facts { camera: Camera::default(), phone };
    let variant = VariantRow {
        side_px: 320,
        digest: variant.to_owned(),
        bytes: 5,
        width_px: 320,
        height_px: 240,
    };
    let picture = PictureRow {
        width_px: 4_000,
        height_px: 3_000,
        look,
        flags: vec![Flag::TimeDiffers { off_ms: 9 }],
        facts: serde_json::to_string(&facts).ok(),
        variants: vec![variant],
    };
    let (bytes, media) = (3, "image/jpeg".to_owned());
    FileRow { digest: digest.to_owned(), bytes, media, picture: Some(picture) }
}

const LOOK: u64 = 0x0f1e_2d3c_4b5a_6978;

#[test]
fn a_picture_that_looks_like_an_earlier_one_is_flagged_with_it() {
    for ground in Ground::all("looks") {
        let store = realm(&ground.target);
        let digests: Vec<String> = (1..=4).map(|it| hex(&[it; 32])).collect();
        let looks = [LOOK, LOOK ^ 0b111, !LOOK, 0];
        for (digest, look) in digests.iter().zip(looks) {
            let row = row(digest, look, &hex(&[9; 32]));
            store.change("edge", Change::Files(vec![row.clone()])).unwrap();
            store.change("edge", Change::Files(vec![row])).unwrap();
        }
        let known = |no: usize| store.read(|db| picture(db, &digests[no])).unwrap().unwrap();
        let time = Flag::TimeDiffers { off_ms: 9 };
        assert_eq!(known(0).flags, std::slice::from_ref(&time), "the first is like none");
        let like = Flag::LooksLike { digest: digests[0].clone(), bits: 3 };
        assert_eq!(known(1).flags, [time.clone(), like]);
        assert_eq!((&known(2).flags, &known(3).flags), (&vec![time.clone()], &vec![time]));
        assert_eq!(known(1).facts.unwrap().phone.taken_at, Some(Instant(1_614_558_000_000)));
        assert_eq!((known(1).width_px, known(1).variants.len()), (4_000, 1));
        assert!(store.read(|db| picture(db, &hex(&[8; 32]))).unwrap().is_none());
    }
}

#[test]
fn an_erased_file_is_gone_with_all_that_was_known_and_stays_gone() {
    for ground in Ground::all("erased_file") {
        let dir = tempfile::tempdir().unwrap();
        let store = realm(&ground.target);
        let files = FileStore::open(&dir.path().join("files")).unwrap();
        let all = [photo(b"one"), photo(b"two"), photo(b"small"), photo(b"shared")];
        let digests = files.put(&all).unwrap();
        let (mut one, mut two) =
            (row(&digests[0], LOOK, &digests[2]), row(&digests[1], !LOOK, &digests[3]));
        let shared =
            VariantRow { side_px: 1_600, ..two.picture.as_ref().unwrap().variants[0].clone() };
        one.picture.as_mut().unwrap().variants.push(shared);
        two.bytes = 3;
        store.change("edge", Change::Files(vec![one.clone(), two])).unwrap();
        assert!(check(&store, &files).is_sound(), "{:?}", check(&store, &files).faults);

        assert!(store.erase_file("operator", &files, &digests[0]).unwrap());
        assert!(
            !store.erase_file("operator", &files, &digests[0]).unwrap(),
            "it was erased before"
        );
        let left = files.all().unwrap();
        let mut expected = [digests[1].clone(), digests[3].clone()];
        expected.sort();
        assert_eq!(left, expected, "what another picture has too stays");
        assert!(store.read(|db| picture(db, &digests[0])).unwrap().is_none());
        assert!(store.read(|db| file(db, &digests[0])).unwrap().unwrap().erased_seq.is_some());
        let report = check(&store, &files);
        // The file, and what camera and phone said.
        assert!(report.is_sound() && report.erased == 2, "{:?}", report.faults);

        store.change("edge", Change::Files(vec![one])).unwrap();
        assert!(
            store.read(|db| picture(db, &digests[0])).unwrap().is_none(),
            "it does not come back"
        );
        files.put(&[photo(b"one")]).unwrap();
        let report = check(&store, &files);
        assert_eq!(
            (report.faults_total, report.faults[0].code),
            (1, "file"),
            "bytes that are back"
        );
        store.erase_file("operator", &files, &digests[0]).unwrap();
        assert!(check(&store, &files).is_sound());
        let unknown = store.erase_file("operator", &files, &hex(&[1; 32]));
        assert_eq!(unknown.unwrap_err().code(), "no_such_file");
    }
}
