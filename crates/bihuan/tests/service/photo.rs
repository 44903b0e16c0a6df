//! Photos made for tests: pixels with something to see, and whatever a camera may write beside.

use bihuan_core::story::chance::Chance;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// A picture with something to see in it: soft spots; another seed, another picture.
pub(crate) fn pixels(width: u32, height: u32, seed: u64) -> DynamicImage {
    let mut chance = Chance::new(seed);
    let spots = RgbImage::from_fn(9, 7, |_, _| {
        image::Rgb([0; 3].map(|_: u8| u8::try_from(chance.below(256)).expect("a byte")))
    });
    DynamicImage::ImageRgb8(spots).resize_exact(width, height, FilterType::CatmullRom)
}

/// The bytes of a picture in a format.
pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).expect("it is written");
    out.into_inner()
}

/// A JPEG with segments behind its first two bytes: the number of each and what it holds.
pub(crate) fn jpeg_with(image: &DynamicImage, segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let plain = encoded(image, ImageFormat::Jpeg);
    let mut out = plain[..2].to_vec();
    for (marker, held) in segments {
        let length = u16::try_from(held.len() + 2).expect("a segment is short");
        out.extend([0xff, *marker]);
        out.extend(length.to_be_bytes());
        out.extend(held);
    }
    out.extend(&plain[2..]);
    out
}

/// What a camera writes into EXIF: place, time and itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shot<'a> {
    pub(crate) lon: f64,
    pub(crate) lat: f64,
    /// `2021:03:01 08:30:00`.
    pub(crate) taken: &'a str,
    pub(crate) make: &'a str,
    /// 1 upright, 6 turned by a quarter.
    pub(crate) orientation: u16,
}

/// A value of a directory of TIFF: its type, how many, and its bytes.
type Entry = (u16, u16, u32, Vec<u8>);

fn words(tag: u16, text: &str) -> Entry {
    let bytes = [text.as_bytes(), b"\0"].concat();
    (tag, 2, u32::try_from(bytes.len()).expect("short"), bytes)
}

fn ratios(tag: u16, parts: &[(u32, u32)]) -> Entry {
    let bytes = parts.iter().flat_map(|it| [it.0.to_be_bytes(), it.1.to_be_bytes()].concat());
    (tag, 5, u32::try_from(parts.len()).expect("few"), bytes.collect())
}

fn long(tag: u16, value: u32) -> Entry {
    (tag, 4, 1, value.to_be_bytes().to_vec())
}

/// One directory as it lies at `at`: its entries, then the values that do not fit into them.
fn directory(at: usize, entries: &[Entry]) -> Vec<u8> {
    let mut head = u16::try_from(entries.len()).expect("few").to_be_bytes().to_vec();
    let mut rest: Vec<u8> = Vec::new();
    let after = at + 2 + entries.len() * 12 + 4;
    for (tag, kind, count, bytes) in entries {
        head.extend(tag.to_be_bytes());
        head.extend(kind.to_be_bytes());
        head.extend(count.to_be_bytes());
        if bytes.len() <= 4 {
            let mut bytes = bytes.clone();
            bytes.resize(4, 0);
            head.extend(bytes);
        } else {
            head.extend(u32::try_from(after + rest.len()).expect("short").to_be_bytes());
            rest.extend(bytes);
        }
    }
    head.extend([0; 4]);
    head.extend(rest);
    head
}

/// A TIFF structure as EXIF holds it.
pub(crate) fn tiff(shot: &Shot<'_>) -> Vec<u8> {
    let degrees = |it: f64| {
        let parts = (it.abs() * 3_600_000.0).round() as u32;
        [(parts / 3_600_000, 1), (parts / 60_000 % 60, 1), (parts % 60_000, 1_000)]
    };
    let side = |it: f64, plus: &'static str, minus| if it < 0.0 { minus } else { plus };
    let gps = [
        words(1, side(shot.lat, "N", "S")),
        ratios(2, &degrees(shot.lat)),
        words(3, side(shot.lon, "E", "W")),
        ratios(4, &degrees(shot.lon)),
        words(18, "WGS-84"),
    ];
    let own = [words(0x9003, shot.taken), words(0x9011, "+08:00")];
    let root = |exif: usize, gps: usize| {
        let at = |it: usize| u32::try_from(it).expect("short");
        let orientation = (0x0112, 3, 1, shot.orientation.to_be_bytes().to_vec());
        let own = [long(0x8769, at(exif)), long(0x8825, at(gps))];
        [vec![words(0x010f, shot.make), orientation], own.to_vec()].concat()
    };
    let exif_at = 8 + directory(8, &root(0, 0)).len();
    let own = directory(exif_at, &own);
    let gps_at = exif_at + own.len();
    let start = [&b"MM\0*"[..], &8_u32.to_be_bytes()].concat();
    [start, directory(8, &root(exif_at, gps_at)), own, directory(gps_at, &gps)].concat()
}

/// The segment of JPEG that holds EXIF.
pub(crate) fn exif(shot: &Shot<'_>) -> (u8, Vec<u8>) {
    (0xe1, [&b"Exif\0\0"[..], &tiff(shot)].concat())
}

/// The segment of JPEG that holds an XMP packet of a drone.
pub(crate) fn drone_xmp(lon: f64, lat: f64) -> (u8, Vec<u8>) {
    let packet = format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         xmlns:drone-dji=\"http://www.dji.com/drone-dji/1.0/\" \
         drone-dji:GpsLatitude=\"{lat:+.7}\" drone-dji:GpsLongtitude=\"{lon:+.7}\" \
         drone-dji:RelativeAltitude=\"+39.80\" drone-dji:GimbalPitchDegree=\"-89.90\"/>\
         </rdf:RDF></x:xmpmeta>"
    );
    (0xe1, [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat())
}

/// A PNG with a chunk behind its header.
pub(crate) fn png_with(image: &DynamicImage, kind: &[u8; 4], held: &[u8]) -> Vec<u8> {
    let plain = encoded(image, ImageFormat::Png);
    // The signature and the header: 8 and 25 bytes.
    let (head, rest) = plain.split_at(33);
    [head, &chunk(kind, held), rest].concat()
}

/// A chunk of PNG with its sum.
pub(crate) fn chunk(kind: &[u8; 4], held: &[u8]) -> Vec<u8> {
    let named = [&kind[..], held].concat();
    let length = u32::try_from(held.len()).expect("short").to_be_bytes();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

/// The cyclic sum of PNG (ISO/IEC 15948, annex D).
fn crc(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

/// A PNG of one shade, one bit a pixel: small here, and large once it is decoded.
pub(crate) fn shade(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    let row = usize::try_from(width.div_ceil(8)).expect("small");
    let pixels = vec![0; row * usize::try_from(height).expect("small")];
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    out
}

/// A PNG that claims a size and holds next to nothing.
pub(crate) fn claim(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 6, 0, 0, 0]);
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &[0x78, 1]), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

/// A progressive JPEG (ITU-T T.81, annex G) of so many scans, each of which says in few bytes that
/// nothing changes in any of 620,000 blocks.
pub(crate) fn scans(count: usize) -> Vec<u8> {
    let side = 6_300_u16.to_be_bytes();
    let mut out = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    out.extend([1; 64]);
    out.extend([0xff, 0xc2, 0, 11, 8, side[0], side[1], side[0], side[1], 1, 1, 0x11, 0]);
    for (table, symbol) in [(0x00, 0x00), (0x10, 0xe0)] {
        out.extend([0xff, 0xc4, 0, 20, table, 1]);
        out.extend([0; 15]);
        out.push(symbol);
    }
    let scan = |from: u8, to: u8, bytes: usize| {
        [vec![0xff, 0xda, 0, 8, 1, 1, 0, from, to, 0], vec![0; bytes]].concat()
    };
    out.extend(scan(0, 0, 78_000));
    for _ in 0..count {
        out.extend(scan(1, 63, 72));
    }
    out.extend([0xff, 0xd9]);
    out
}

/// A WebP in its extended form, with a chunk behind the pixels.
pub(crate) fn webp_with(image: &DynamicImage, kind: &[u8; 4], held: &[u8]) -> Vec<u8> {
    let plain = encoded(image, ImageFormat::WebP);
    let pixels = &plain[12..];
    // EXIF is announced by one bit, XMP by another.
    let flags = if kind == b"EXIF" { 0x08 } else { 0x04 };
    let side = |it: u32| (it - 1).to_le_bytes()[..3].to_vec();
    let extended = [vec![flags, 0, 0, 0], side(image.width()), side(image.height())].concat();
    let mut body = b"WEBPVP8X\x0a\0\0\0".to_vec();
    body.extend(extended);
    body.extend(pixels);
    body.extend(kind);
    body.extend(u32::try_from(held.len()).expect("short").to_le_bytes());
    body.extend(held);
    if held.len() % 2 == 1 {
        body.push(0);
    }
    let length = u32::try_from(body.len()).expect("short").to_le_bytes();
    [&b"RIFF"[..], &length, &body].concat()
}
