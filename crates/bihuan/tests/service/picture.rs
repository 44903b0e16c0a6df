//! Pictures from strangers: what is seen in them, what is refused, and that nothing but pixels
//! reaches a copy. Each is decoded by the built binary, in a process of its own.

use crate::photo::{
    Shot, chunk, claim, drone_xmp, encoded, exif, jpeg_with, pixels, png_with, scans, shade, tiff,
    webp_with,
};
use bihuan::picture::{DecodeError, Decoder};
use bihuan_core::photo::alike;
use bihuan_core::place::Datum;
use bihuan_press::image::worker::Told;
use bihuan_press::image::{Refused, Seen, look};
use image::{DynamicImage, ImageFormat};

fn decoder() -> Decoder {
    Decoder::new(env!("CARGO_BIN_EXE_bihuan").into())
}

async fn told(bytes: &[u8]) -> Result<Told, DecodeError> {
    decoder().see(bytes).await
}

async fn seen(bytes: &[u8]) -> Seen {
    told(bytes).await.expect("it is looked at").seen.expect("it is a picture")
}

async fn refused(bytes: &[u8]) -> Refused {
    match told(bytes).await {
        Ok(Told { seen: Err(refused), .. }) | Err(DecodeError::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

const SHOT: Shot<'_> =
    Shot { lon: 113.308, lat: 34.802, taken: "2021:03:01 08:30:00", make: "Maker", orientation: 1 };

#[tokio::test]
async fn a_photo_is_seen_upright_with_what_its_camera_said_and_two_copies() {
    let turned = Shot { orientation: 6, ..SHOT };
    let told = told(&jpeg_with(&pixels(2_000, 1_500, 1), &[exif(&turned)])).await.expect("told");
    assert!(told.is_confined, "this kernel can filter system calls");
    let seen = told.seen.expect("a picture");
    assert_eq!((seen.width_px, seen.height_px), (1_500, 2_000), "turned by a quarter");
    let sizes: Vec<_> = seen.copies.iter().map(|it| (it.width_px, it.height_px)).collect();
    assert_eq!(sizes, [(240, 320), (1_200, 1_600)]);
    for copy in &seen.copies {
        let again = image::load_from_memory(&copy.bytes).expect("a JPEG");
        assert_eq!((again.width(), again.height()), (copy.width_px, copy.height_px));
    }
    let camera = seen.camera;
    let at = camera.at.expect("a position");
    assert_eq!((at.lon_e7, at.lat_e7), (1_133_080_000, 348_020_000));
    assert_eq!(camera.taken.expect("a time").to_string(), "2021-03-01T08:30:00");
    assert_eq!((camera.offset_min, camera.datum), (Some(480), Some(Datum::Wgs84)));
    assert_eq!(camera.make.as_deref(), Some("Maker"));
}

#[tokio::test]
async fn a_drone_goes_before_the_camera_and_a_small_picture_stays_small() {
    let segments = [exif(&SHOT), drone_xmp(113.31, 34.81)];
    let seen = seen(&jpeg_with(&pixels(200, 100, 2), &segments)).await;
    let at = seen.camera.at.expect("a position");
    assert_eq!((at.lon_e7, at.lat_e7), (1_133_100_000, 348_100_000));
    assert_eq!(seen.camera.drone.expect("a drone").pitch_mdeg, Some(-89_900));
    let sizes: Vec<_> = seen.copies.iter().map(|it| (it.width_px, it.height_px)).collect();
    assert_eq!(sizes, [(200, 100), (200, 100)]);
}

#[tokio::test]
async fn what_is_no_still_jpeg_png_or_webp_is_refused_by_name() {
    for (bytes, expected) in [
        (
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            Refused::Svg,
        ),
        (b"GIF89a\x01\0\x01\0", Refused::Gif),
        (b"II*\0\x08\0\0\0", Refused::Tiff),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Refused::Heic),
        (b"<html><body>hello</body></html>", Refused::Unknown),
        (b"\xff\xd8\xff\xe0 and no more", Refused::Broken),
        (b"\x89PNG\r\n\x1a\n and no more", Refused::Broken),
        (b"", Refused::Unknown),
    ] {
        assert_eq!(refused(bytes).await, expected, "{}", String::from_utf8_lossy(bytes));
    }
    let whole = encoded(&pixels(300, 200, 3), ImageFormat::Png);
    assert_eq!(refused(&whole[..whole.len() / 2]).await, Refused::Broken, "half of one");
}

#[tokio::test]
async fn a_bomb_harms_nobody() {
    assert_eq!(refused(&claim(60_000, 60_000)).await, Refused::TooManyPixels);
    assert_eq!(refused(&claim(39, 1_000_000)).await, Refused::TooManyPixels, "a strip");
    let shade = shade(16_000, 16_000);
    assert!(shade.len() < 1024 * 1024, "{} bytes", shade.len());
    assert_eq!(refused(&shade).await, Refused::TooManyPixels);
    assert_eq!(refused(&vec![0xff; 20 * 1024 * 1024 + 1]).await, Refused::TooLarge);
    // More than three seconds of work in 250 kB: the process is ended from outside.
    assert_eq!(refused(&scans(3_000)).await, Refused::Broken);
    assert_eq!(seen(&encoded(&pixels(64, 64, 4), ImageFormat::WebP)).await.width_px, 64);
}

#[tokio::test]
async fn nothing_that_was_beside_the_pixels_reaches_a_copy() {
    const CANARY: &[u8] = b"CANARY-7f3a";
    // A digest, how long the whole is, and where this part begins.
    const LONG: &[u8] =
        b"http://ns.adobe.com/xmp/extension/\x00000102030405060708090A0B0C0D0E0F\0\0\0\x0c\0\0\0\0";
    let held = |before: &[u8]| [before, CANARY, b"\0"].concat();
    let image = pixels(400, 300, 5);
    let make = Shot { make: "CANARY-7f3a", ..SHOT };
    let small = encoded(&pixels(16, 16, 5), ImageFormat::Jpeg);
    let mut corpus: Vec<(&str, Vec<u8>)> = vec![
        ("exif", jpeg_with(&image, &[exif(&make)])),
        ("xmp", jpeg_with(&image, &[(0xe1, held(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>"))])),
        ("long xmp", jpeg_with(&image, &[(0xe1, held(LONG))])),
        ("profile", jpeg_with(&image, &[(0xe2, held(b"ICC_PROFILE\0\x01\x01"))])),
        ("many pictures", jpeg_with(&image, &[(0xe2, held(&[b"MPF\0", &small[..]].concat()))])),
        ("iptc", jpeg_with(&image, &[(0xed, held(b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x20"))])),
        ("comment", jpeg_with(&image, &[(0xfe, held(b""))])),
        ("unknown", jpeg_with(&image, &[(0xef, held(b"Maker\0"))])),
        ("behind the end", [encoded(&image, ImageFormat::Jpeg), held(b"PK\x03\x04")].concat()),
        ("text", png_with(&image, b"tEXt", &held(b"Comment\0"))),
        ("packed text", png_with(&image, b"zTXt", &held(b"Comment\0\0"))),
        ("unicode text", png_with(&image, b"iTXt", &held(b"XML:com.adobe.xmp\0\0\0\0\0"))),
        ("png exif", png_with(&image, b"eXIf", &tiff(&make))),
        ("own chunk", png_with(&image, b"caNA", &held(b""))),
        ("webp exif", webp_with(&image, b"EXIF", &tiff(&make))),
        ("webp xmp", webp_with(&image, b"XMP ", &held(b"<x:xmpmeta>"))),
        ("page", [encoded(&image, ImageFormat::Png), held(b"<script>")].concat()),
    ];
    corpus
        .push(("png behind", [encoded(&image, ImageFormat::Png), chunk(b"tEXt", CANARY)].concat()));
    for (name, bytes) in &corpus {
        assert!(find(bytes, CANARY), "{name}: the corpus itself");
        let seen = told(bytes).await.expect(name).seen.expect(name);
        assert_eq!(seen.copies.len(), 2, "{name}");
        for copy in &seen.copies {
            assert!(!find(&copy.bytes, b"CANARY"), "{name}");
            for word in [&b"Exif"[..], b"http:", b"ICC_PROFILE", b"Photoshop", b"MPF"] {
                assert!(!find(&copy.bytes, word), "{name}");
            }
        }
    }
}

fn find(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|it| it == word)
}

type Edit = fn(&DynamicImage) -> DynamicImage;

#[test]
fn an_edited_photo_looks_like_itself_and_another_does_not() {
    let edits: [(&str, Edit); 6] = [
        ("smaller", |it| it.thumbnail(120, 120)),
        ("larger", |it| it.resize(900, 900, image::imageops::FilterType::Triangle)),
        ("brighter", |it| it.brighten(15)),
        ("darker", |it| it.brighten(-15)),
        ("softer", |it| it.blur(1.5)),
        ("poor", |it| {
            let mut bytes = Vec::new();
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 40);
            it.write_with_encoder(encoder).expect("it is written");
            image::load_from_memory(&bytes).expect("it is read")
        }),
    ];
    let photos: Vec<DynamicImage> = (0..12).map(|it| pixels(320, 240, it)).collect();
    let looks: Vec<u64> = photos.iter().map(look).collect();
    for (photo, own) in photos.iter().zip(&looks) {
        for (name, edit) in &edits {
            assert!(alike(*own, look(&edit(photo))).is_some(), "{name}");
        }
    }
    let pairs = looks
        .iter()
        .enumerate()
        .flat_map(|(no, one)| looks[no + 1..].iter().map(move |other| alike(*one, *other)));
    let same = pairs.flatten().count();
    assert_eq!(same, 0, "of 66 pairs so many are taken for one");
}
