//! Covering parts of a picture before the public sees it: faces, plates, door numbers.
//!
//! Invariant: a cover is one colour, drawn over the pixels before they are encoded, so that nothing
//! of what lay under it is in the copy.

use super::{Refused, SIDES, Seen, copy, decode, kind, look, smaller};
use bihuan_core::photo::Camera;
use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, Rgb, RgbImage};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

/// Most covers of one picture.
pub const COVERS_MAX: usize = 64;
/// What a cover looks like.
const COLOUR: Rgb<u8> = Rgb([32, 32, 32]);
/// By how many pixels a cover is larger than what was drawn: an earlier encoding has let what lies
/// under its edge run into the pixels beside it.
const MARGIN_PX: f64 = 8.0;

/// A part of a picture, in fractions of its width and height from the upper left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// Where it begins, from the left.
    pub x: f64,
    /// Where it begins, from above.
    pub y: f64,
    /// How wide it is.
    pub w: f64,
    /// How high it is.
    pub h: f64,
}

impl Cover {
    /// Whether it is a part of a picture.
    #[must_use]
    pub fn is_part(&self) -> bool {
        let within = |at: f64, long: f64| {
            (0.0..=1.0).contains(&at) && long > 0.0 && at + long <= 1.0 + f64::EPSILON
        };
        within(self.x, self.w) && within(self.y, self.h)
    }

    fn draw(&self, image: &mut RgbImage) {
        let span = |at: f64, long: f64, side: u32| {
            let from = (at * f64::from(side) - MARGIN_PX).floor().max(0.0);
            let to = ((at + long) * f64::from(side) + MARGIN_PX).ceil().min(f64::from(side));
            from as u32..to as u32
        };
        let columns = span(self.x, self.w, image.width());
        for row in span(self.y, self.h, image.height()) {
            for column in columns.clone() {
                image.put_pixel(column, row, COLOUR);
            }
        }
    }
}

/// A copy of a large copy with parts of it covered. Call it in a process that may come to harm.
///
/// # Errors
/// Why it is refused.
pub fn cover(bytes: &[u8], covers: &[Cover]) -> Result<Seen, Refused> {
    let kind = kind(bytes)?;
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|_| Refused::Broken)?;
    let (whole, _) = decode(decoder)?;
    let (side_px, quality) = SIDES[1];
    let mut image = smaller(whole, side_px).into_rgb8();
    if covers.len() > COVERS_MAX || !covers.iter().all(Cover::is_part) {
        return Err(Refused::Broken);
    }
    covers.iter().for_each(|it| it.draw(&mut image));
    let (width_px, height_px) = (image.width(), image.height());
    let copies = vec![copy(&image, side_px, quality)?];
    let look = look(&DynamicImage::ImageRgb8(image));
    Ok(Seen { kind, width_px, height_px, look, camera: Camera::default(), copies })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_is_a_part_of_the_picture() {
        let part = |x, y, w, h| Cover { x, y, w, h }.is_part();
        assert!(part(0.0, 0.0, 1.0, 1.0) && part(0.7, 0.2, 0.3, 0.1));
        for (x, y, w, h) in [
            (-0.1, 0.0, 0.5, 0.5),
            (0.0, 0.0, 0.0, 0.5),
            (0.6, 0.0, 0.5, 0.5),
            (f64::NAN, 0.0, 0.5, 0.5),
            (0.0, 0.0, 0.5, f64::INFINITY),
        ] {
            assert!(!part(x, y, w, h), "{x} {y} {w} {h}");
        }
    }
}
