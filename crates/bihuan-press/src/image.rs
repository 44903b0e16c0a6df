//! Pictures from strangers: what one is, what its camera said, and copies that are safe to serve.
//!
//! Invariants: nothing is decoded before its header was checked; a copy is made from pixels alone,
//! so that nothing which was beside them can be in it; the decoding happens in a process of its own
//! that may use little and reach nothing (see [`worker`]).

mod camera;
mod cover;
mod drone;
mod header;
mod limit;
mod look;
mod refused;
pub mod worker;

pub use camera::camera;
pub use cover::{COVERS_MAX, Cover, cover};
pub use header::{Kind, kind};
pub use look::look;
pub use refused::Refused;

use bihuan_core::photo::Camera;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, Limits, Rgb, RgbImage};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

/// Largest picture, in bytes.
pub const PICTURE_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Most pixels of a picture.
pub const PIXELS_MAX: u64 = 40_000_000;
/// Longest side of a picture, in pixels; a strip that is longer is no photo.
pub const SIDE_MAX: u32 = 20_000;
/// What decoding may take, in bytes.
const DECODE_BYTES_MAX: u64 = 330 * 1024 * 1024;
/// Longest sides of the copies that are served, in pixels, smallest first, and their quality.
pub const SIDES: [(u32, u8); 2] = [(320, 75), (1_600, 82)];
/// A picture is first made smaller cheaply, to so many times the side that is wanted.
const ROUGH: u32 = 2;

/// What a picture is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its format.
    pub kind: Kind,
    /// Width as it is seen, in pixels.
    pub width_px: u32,
    /// Height as it is seen, in pixels.
    pub height_px: u32,
    /// Perceptual hash.
    pub look: u64,
    /// What its camera said.
    pub camera: Camera,
    /// Copies, smallest first.
    pub copies: Vec<Copy>,
}

/// A copy that is safe to serve: a JPEG without anything beside its pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// Longest side that was asked for, in pixels.
    pub side_px: u32,
    /// Width, in pixels.
    pub width_px: u32,
    /// Height, in pixels.
    pub height_px: u32,
    /// Its bytes; they travel beside what is said of it.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// Looks at a picture and makes its copies. Call it in a process that may come to harm.
///
/// # Errors
/// Why it is refused.
pub fn see(bytes: &[u8]) -> Result<Seen, Refused> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    let kind = kind(bytes)?;
    let camera = camera(bytes);
    let input = Cursor::new(bytes);
    let broken = |_| Refused::Broken;
    let (whole, orientation) = match kind {
        Kind::Jpeg => decode(JpegDecoder::new(input).map_err(broken)?),
        Kind::Png => decode(PngDecoder::new(input).map_err(broken)?),
        Kind::Webp => {
            let decoder = WebPDecoder::new(input).map_err(broken)?;
            if decoder.has_animation() {
                return Err(Refused::Animated);
            }
            decode(decoder)
        }
    }?;
    let (width, height) = (whole.width(), whole.height());
    let mut copies = Vec::with_capacity(SIDES.len());
    let mut from = whole;
    for (side, quality) in SIDES.iter().rev() {
        from = smaller(from, *side);
        let mut upright = DynamicImage::ImageRgb8(flat(&from));
        upright.apply_orientation(orientation);
        copies.push(copy(&upright.into_rgb8(), *side, *quality)?);
    }
    copies.reverse();
    let mut upright = from;
    upright.apply_orientation(orientation);
    let look = look(&upright);
    let is_turned = matches!(orientation.to_exif(), 5..=8);
    let (width_px, height_px) = if is_turned { (height, width) } else { (width, height) };
    Ok(Seen { kind, width_px, height_px, look, camera, copies })
}

/// The pixels of a picture that is small enough, and which way up they are.
fn decode(
    mut decoder: impl ImageDecoder,
) -> Result<(DynamicImage, image::metadata::Orientation), Refused> {
    let (width, height) = decoder.dimensions();
    let too_long = width > SIDE_MAX || height > SIDE_MAX;
    if too_long || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(Refused::TooManyPixels);
    }
    if width == 0 || height == 0 {
        return Err(Refused::Broken);
    }
    if decoder.total_bytes() > DECODE_BYTES_MAX {
        return Err(Refused::TooManyPixels);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    decoder.set_limits(limits).map_err(|_| Refused::TooManyPixels)?;
    // One that says nonsense about its orientation is shown as it lies.
    let orientation = decoder.orientation();
    let orientation = orientation.unwrap_or(image::metadata::Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|_| Refused::Broken)?;
    Ok((image, orientation))
}

/// The picture no longer than `side`; one that is small already stays as it is.
fn smaller(image: DynamicImage, side: u32) -> DynamicImage {
    let longest = |it: &DynamicImage| it.width().max(it.height());
    let rough = side * ROUGH;
    let image = if longest(&image) > rough { image.thumbnail(rough, rough) } else { image };
    if longest(&image) > side { image.resize(side, side, FilterType::CatmullRom) } else { image }
}

/// What is transparent becomes white.
fn flat(image: &DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let image = image.to_rgba8();
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let over = |it: u32| u8::try_from((it * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
        *to = Rgb([over(red), over(green), over(blue)]);
    }
    flat
}

fn copy(image: &RgbImage, side_px: u32, quality: u8) -> Result<Copy, Refused> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    image.write_with_encoder(encoder).map_err(|_| Refused::Broken)?;
    Ok(Copy { side_px, width_px: image.width(), height_px: image.height(), bytes })
}
