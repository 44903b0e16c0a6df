//! Uploads: begun, broken off, gone on with, finished, refused, given up; and matters that wait.

use crate::photo::{Shot, encoded, exif, jpeg_with, pixels};
use crate::town::Town;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan::http::router;
use bihuan::job;
use bihuan::upload::{LASTS_MS, OPEN_MAX};
use bihuan_core::content::hex;
use bihuan_core::id::MatterId;
use bihuan_core::photo::Flag;
use bihuan_core::policy::Scope;
use bihuan_store::file::{file, picture};
use bihuan_store::matter::matter;
use image::ImageFormat;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");
const WHO: &str = "handler@v01";

pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Somebody with a phone.
pub(crate) struct Phone<'a>(pub(crate) &'a Town, pub(crate) &'a str);

type Told = (StatusCode, HeaderMap, Value);

impl Phone<'_> {
    pub(crate) async fn call(
        &self,
        way: (&str, &str),
        headers: &[(&str, &str)],
        bytes: &[u8],
    ) -> Told {
        let headers = [&[TUS][..], headers].concat();
        let caller = self.0.caller(self.1);
        let (status, told, body) = self.0.call(way, Some(&caller), &headers, bytes).await;
        assert_eq!(told["tus-resumable"], "1.0.0", "{status}");
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        (status, told, body)
    }

    /// Begins an upload, with what the phone says of it.
    pub(crate) async fn begin(&self, bytes: &[u8], said: &[(&str, String)]) -> Told {
        let metadata = metadata(&digest(bytes), said);
        let length = bytes.len().to_string();
        let headers = [("upload-length", &length[..]), ("upload-metadata", &metadata)];
        self.call(("POST", "/api/v1/uploads"), &headers, b"").await
    }

    pub(crate) async fn add(&self, at: &str, offset: usize, bytes: &[u8]) -> Told {
        let offset = offset.to_string();
        self.call(("PATCH", at), &[BYTES, ("upload-offset", &offset)], bytes).await
    }

    pub(crate) async fn look(&self, at: &str) -> Told {
        self.call(("HEAD", at), &[], b"").await
    }

    /// A whole upload at once; its digest.
    pub(crate) async fn send(&self, bytes: &[u8], said: &[(&str, String)]) -> String {
        let (status, told, body) = self.begin(bytes, said).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let (status, _, body) = self.add(&location(&told), 0, bytes).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
        digest(bytes)
    }
}

fn metadata(digest: &str, said: &[(&str, String)]) -> String {
    let all = [&[("sha256", digest.to_owned())][..], said].concat();
    let pair = |(key, value): &(&str, String)| format!("{key} {}", STANDARD.encode(value));
    all.iter().map(pair).collect::<Vec<_>>().join(",")
}

fn location(told: &HeaderMap) -> String {
    told["location"].to_str().expect("text").to_owned()
}

fn photo(seed: u64) -> Vec<u8> {
    encoded(&pixels(400, 300, seed), ImageFormat::Jpeg)
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_broken_off_even_after_a_restart() {
    let mut town = Town::found();
    let bytes = photo(1);
    let (status, told, _) = Phone(&town, WHO).begin(&bytes, &[]).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(told["upload-offset"], "0");
    // Three days after a Monday morning.
    let expires = told["upload-expires"].to_str().unwrap();
    assert!(expires.starts_with("Thu, 04 Mar 2021 0") && expires.ends_with(" GMT"), "{expires}");
    let at = location(&told);
    let (status, told, _) = Phone(&town, WHO).add(&at, 0, &bytes[..1_000]).await;
    assert_eq!(
        (status, &told["upload-offset"]),
        (StatusCode::NO_CONTENT, &"1000".parse().unwrap())
    );
    let (status, _, body) = Phone(&town, WHO).add(&at, 999, &bytes[999..]).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("offset_differs")));

    // The same folder, found again by a service that knows nothing.
    town.app = town.app.clone().decoding_with(env!("CARGO_BIN_EXE_bihuan").into());
    town.service = router(town.app.clone());
    let phone = Phone(&town, WHO);
    let (status, told, _) = phone.look(&at).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(told["upload-offset"], "1000");
    assert_eq!(told["upload-length"], bytes.len().to_string().as_str());
    assert_eq!(told["cache-control"], "no-store");
    let unknown = |town: &Town| town.app.realm().read(|db| file(db, &digest(&bytes))).unwrap();
    assert!(unknown(&town).is_none(), "a part is no file");
    let (status, _, body) = phone.add(&at, 1_000, &bytes[1_000..]).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    let known = unknown(&town).expect("it is on record");
    assert_eq!((known.bytes, known.media.as_str()), (bytes.len() as u64, "image/jpeg"));
    let files = town.app.attachments().clone();
    let name = digest(&bytes);
    let read = tokio::task::spawn_blocking(move || files.files().unwrap().read(&name).unwrap());
    assert_eq!(read.await.unwrap(), bytes, "the original, byte by byte");
    // Whoever did not hear that it is whole asks, or sends the end again.
    let (status, told, _) = phone.look(&at).await;
    assert_eq!(
        (status, told["upload-offset"].clone()),
        (StatusCode::OK, told["upload-length"].clone())
    );
    assert_eq!(phone.add(&at, bytes.len(), b"").await.0, StatusCode::NO_CONTENT);
    let (status, _, body) = phone.call(("DELETE", &at), &[], b"").await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("upload_done")));
}

#[tokio::test]
async fn what_is_spoken_is_told_and_what_is_not_spoken_refused() {
    let town = Town::found();
    let phone = Phone(&town, WHO);
    let (status, told, _) = phone.call(("OPTIONS", "/api/v1/uploads"), &[], b"").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        (&told["tus-version"], &told["tus-max-size"]),
        (&"1.0.0".parse().unwrap(), &"20971520".parse().unwrap())
    );
    assert!(told["tus-extension"].to_str().unwrap().contains("termination"));
    let caller = town.caller(WHO);
    let old = [("tus-resumable", "0.2.2"), ("upload-length", "5")];
    let (status, told, _) = town.call(("POST", "/api/v1/uploads"), Some(&caller), &old, b"").await;
    assert_eq!(
        (status, &told["tus-version"]),
        (StatusCode::PRECONDITION_FAILED, &"1.0.0".parse().unwrap())
    );
    let (status, ..) = town.call(("POST", "/api/v1/uploads"), None, &[TUS], b"").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    let good = metadata(&digest(b"x"), &[]);
    let twice = format!("{good},{good}");
    let upper = metadata(&digest(b"x").to_uppercase(), &[]);
    let odd = metadata(&digest(b"x"), &[("colour", "red".into())]);
    let when = metadata(&digest(b"x"), &[("taken_at", "-5".into())]);
    let place = metadata(&digest(b"x"), &[("taken_in", "{}".into())]);
    for (length, metadata, status, code) in [
        ("20971521", &good, 413, "picture_too_large"),
        ("0", &good, 400, "wrong_length"),
        ("-1", &good, 400, "wrong_length"),
        ("+5", &good, 400, "wrong_length"),
        ("5", &String::new(), 400, "wrong_metadata"),
        ("5", &"sha256 !!".to_owned(), 400, "wrong_metadata"),
        ("5", &twice, 400, "wrong_metadata"),
        ("5", &upper, 400, "wrong_metadata"),
        ("5", &odd, 400, "wrong_metadata"),
        ("5", &when, 400, "wrong_metadata"),
        ("5", &place, 400, "wrong_metadata"),
    ] {
        let headers = [("upload-length", length), ("upload-metadata", metadata)];
        let (got, _, body) = phone.call(("POST", "/api/v1/uploads"), &headers, b"").await;
        assert_eq!((got.as_u16(), &body["code"]), (status, &json!(code)), "{length} {metadata}");
    }
    let bytes = photo(2);
    let at = location(&phone.begin(&bytes, &[("filename", "IMG 1.jpg".into())]).await.1);
    let patch = ("PATCH", &at[..]);
    for (headers, status, code) in [
        (&[("upload-offset", "0")][..], 415, "wrong_type"),
        (&[BYTES, ("upload-offset", "0"), ("content-encoding", "gzip")], 415, "wrong_type"),
        (&[BYTES], 400, "wrong_offset"),
        (&[BYTES, ("upload-offset", "0"), ("upload-checksum", "md5 x")], 400, "wrong_checksum"),
    ] {
        let (got, _, body) = phone.call(patch, headers, &bytes[..9]).await;
        assert_eq!((got.as_u16(), &body["code"]), (status, &json!(code)), "{headers:?}");
    }
    let (status, _, body) = phone.add(&at, 0, &[&bytes[..], b"and more"].concat()).await;
    assert_eq!((status.as_u16(), &body["code"]), (413, &json!("upload_too_long")));
    assert_eq!(phone.look(&at).await.1["upload-offset"], "0", "nothing of it was kept");
}

#[tokio::test]
async fn bytes_are_checked_as_they_come_and_as_a_whole() {
    let town = Town::found();
    let phone = Phone(&town, WHO);
    let bytes = photo(3);
    let at = location(&phone.begin(&bytes, &[]).await.1);
    let (first, second) = bytes.split_at(2_000);
    let wrong = format!("sha1 {}", STANDARD.encode(Sha1::digest(second)));
    let headers = [BYTES, ("upload-offset", "0"), ("upload-checksum", &wrong)];
    let (status, _, body) = phone.call(("PATCH", &at), &headers, first).await;
    assert_eq!((status.as_u16(), &body["code"]), (460, &json!("checksum_differs")));
    assert_eq!(phone.look(&at).await.1["upload-offset"], "0", "what is wrong is dropped");
    let right = format!("sha1 {}", STANDARD.encode(Sha1::digest(first)));
    let headers = [BYTES, ("upload-offset", "0"), ("upload-checksum", &right)];
    assert_eq!(phone.call(("PATCH", &at), &headers, first).await.0, StatusCode::NO_CONTENT);
    let right = format!("sha256 {}", STANDARD.encode(Sha256::digest(second)));
    let headers = [BYTES, ("upload-offset", "2000"), ("upload-checksum", &right)];
    assert_eq!(phone.call(("PATCH", &at), &headers, second).await.0, StatusCode::NO_CONTENT);

    let other = photo(4);
    let (_, told, _) = phone.begin(&other, &[]).await;
    let at = location(&told);
    let mut changed = other.clone();
    changed[500] ^= 1;
    let (status, _, body) = phone.add(&at, 0, &changed).await;
    assert_eq!((status.as_u16(), &body["code"]), (460, &json!("digest_differs")));
    assert_eq!(phone.look(&at).await.0, StatusCode::GONE, "it can never become what it should");
    assert!(town.app.realm().read(|db| file(db, &digest(&other))).unwrap().is_none());
}

#[tokio::test]
async fn an_upload_is_its_account_s_alone_and_ends_when_it_is_told_to() {
    let town = Town::found();
    let bytes = photo(5);
    let (_, told, _) = Phone(&town, WHO).begin(&bytes, &[]).await;
    let at = location(&told);
    for way in ["HEAD", "PATCH", "DELETE"] {
        let headers = [BYTES, ("upload-offset", "0")];
        let other = Phone(&town, "handler@v02").call((way, &at), &headers, b"x").await;
        assert_eq!(other.0, StatusCode::NOT_FOUND, "{way}");
    }
    let phone = Phone(&town, WHO);
    assert_eq!(phone.look("/api/v1/uploads/..%2f..%2frealm").await.0, StatusCode::NOT_FOUND);
    let instead = |way| [("x-http-method-override", way), BYTES, ("upload-offset", "0")];
    let (status, ..) = phone.call(("POST", &at), &instead("PATCH"), &bytes[..10]).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, told, _) = phone.call(("POST", &at), &instead("HEAD"), b"").await;
    assert_eq!((status, &told["upload-offset"]), (StatusCode::OK, &"10".parse().unwrap()));
    assert_eq!(phone.call(("POST", &at), &instead("PUT"), b"").await.0, StatusCode::BAD_REQUEST);
    let (status, ..) = phone.call(("POST", &at), &instead("DELETE"), b"").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _, body) = phone.add(&at, 10, b"x").await;
    assert_eq!((status, &body["code"]), (StatusCode::GONE, &json!("upload_gone")));
}

#[tokio::test]
async fn what_takes_too_long_is_given_up_and_too_many_are_not_begun() {
    let town = Town::found();
    let phone = Phone(&town, WHO);
    let at = location(&phone.begin(&photo(6), &[]).await.1);
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + LASTS_MS);
    assert_eq!(phone.look(&at).await.0, StatusCode::GONE, "late, swept or not");
    job::upload::once(&town.app).await.unwrap();
    assert_eq!(phone.look(&at).await.0, StatusCode::GONE);
    let bytes = photo(7);
    for _ in 0..OPEN_MAX {
        assert_eq!(phone.begin(&bytes, &[]).await.0, StatusCode::CREATED);
    }
    let (status, _, body) = phone.begin(&bytes, &[]).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_uploads"))
    );
    let (status, ..) = Phone(&town, "handler@v02").begin(&bytes, &[]).await;
    assert_eq!(status, StatusCode::CREATED);
}

#[tokio::test]
async fn what_is_no_picture_never_becomes_a_file() {
    let town = Town::found();
    let phone = Phone(&town, WHO);
    for (bytes, code) in [
        (&b"<svg onload='alert(1)'></svg>"[..], "picture_svg"),
        (b"GIF89a......", "picture_gif"),
        (b"\xff\xd8\xff\xe0 broken", "picture_broken"),
        (b"<html></html>", "picture_unknown"),
    ] {
        let at = location(&phone.begin(bytes, &[]).await.1);
        let (status, _, body) = phone.add(&at, 0, bytes).await;
        assert_eq!((status.as_u16(), &body["code"]), (422, &json!(code)));
        assert_eq!(phone.look(&at).await.0, StatusCode::GONE);
        assert!(town.app.realm().read(|db| file(db, &digest(bytes))).unwrap().is_none());
    }
    let document = b"%PDF-1.7 a scanned agreement";
    let name = phone.send(document, &[]).await;
    let known = town.app.realm().read(|db| file(db, &name)).unwrap().expect("it is on record");
    assert_eq!(known.media, "application/pdf");
}

#[tokio::test]
async fn the_first_bytes_may_come_with_the_beginning() {
    let town = Town::found();
    let phone = Phone(&town, WHO);
    let bytes = photo(8);
    let (length, said) = (bytes.len().to_string(), metadata(&digest(&bytes), &[]));
    let headers = [("upload-length", &length[..]), ("upload-metadata", &said), BYTES];
    let (status, told, body) = phone.call(("POST", "/api/v1/uploads"), &headers, &bytes).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    assert_eq!(told["upload-offset"], length.as_str());
    assert!(town.app.realm().read(|db| file(db, &digest(&bytes))).unwrap().is_some());
    let wrong =
        [&headers[..], &[("upload-checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]].concat();
    let (status, ..) = phone.call(("POST", "/api/v1/uploads"), &wrong, &bytes).await;
    assert_eq!(status.as_u16(), 460);
}

#[tokio::test]
async fn acceptance_waits_until_every_photo_has_come() {
    let town = Town::found();
    let id = town.rectifying().await;
    let bytes = photo(9);
    let mut declared = town.photo("after", "v01");
    declared["digest"] = json!(digest(&bytes));
    let declare = json!({ "move": {
        "id": "declare", "form": { "measure_done": "已清运" }, "files": [declared],
    }});
    let (status, body) = town.act(WHO, &id, declare).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let accept = || json!({ "move": { "id": "accept", "checklist": [0, 1, 2] } });
    let (status, body) = town.act("acceptor@town", &id, accept()).await;
    assert_eq!((status.as_u16(), &body["code"]), (422, &json!("files_missing")));

    let phone = Phone(&town, WHO);
    let at = location(&phone.begin(&bytes, &[]).await.1);
    phone.add(&at, 0, &bytes[..bytes.len() - 1]).await;
    let (status, body) = town.act("acceptor@town", &id, accept()).await;
    assert_eq!((status.as_u16(), &body["code"]), (422, &json!("files_missing")), "one byte short");
    let (status, ..) = phone.add(&at, bytes.len() - 1, &bytes[bytes.len() - 1..]).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let id = MatterId(id.parse().unwrap());
    let found = town.app.realm().read(|db| matter(db, &Scope::operator(), id)).unwrap().unwrap();
    assert!(found.has_all_files());
    let (status, body) = town.act("acceptor@town", &id.to_string(), accept()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test]
async fn camera_and_phone_are_compared_and_a_used_photo_is_known_again() {
    let town = Town::found();
    let phone = Phone(&town, WHO);
    let shot = Shot {
        lon: 113.308,
        lat: 34.802,
        taken: "2021:03:01 08:30:00",
        make: "Maker",
        orientation: 1,
    };
    let bytes = jpeg_with(&pixels(400, 300, 10), &[exif(&shot)]);
    let place = |lon_e7: i64| {
        json!({ "at": { "lon_e7": lon_e7, "lat_e7": 348_020_000 }, "datum": "wgs84",
                "accuracy_m": 5, "source": "gnss" })
        .to_string()
    };
    // 2021-03-01T08:30 at UTC+8, and two hours later.
    let (then, later) = ("1614558600000".to_owned(), "1614565800000".to_owned());
    let honest = [("taken_at", then), ("taken_in", place(1_133_080_000))];
    let first = phone.send(&bytes, &honest).await;
    let flags = |digest: &str| {
        let found = town.app.realm().read(|db| picture(db, digest)).unwrap();
        found.expect("it is a picture").flags
    };
    assert!(flags(&first).is_empty(), "{:?}", flags(&first));

    let poor = encoded(
        &pixels(400, 300, 10).resize(200, 150, image::imageops::Triangle),
        ImageFormat::Png,
    );
    let second = phone.send(&poor, &[]).await;
    let found = flags(&second);
    assert!(
        matches!(&found[..], [Flag::LooksLike { digest, .. }] if *digest == first),
        "{found:?}"
    );

    let other = jpeg_with(&pixels(400, 300, 11), &[exif(&shot)]);
    let third =
        phone.send(&other, &[("taken_at", later), ("taken_in", place(1_133_580_000))]).await;
    let found = flags(&third);
    assert!(
        matches!(
            &found[..],
            [Flag::PlaceDiffers { off_m: 4_000.. }, Flag::TimeDiffers { off_ms: 7_200_000 }]
        ),
        "{found:?}"
    );
}
