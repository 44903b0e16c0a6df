//! Photos: as many as one likes, each with bytes of its own.

use std::io::Cursor;

use anyhow::{Context, Result};
use bihuan_core::content::hex;
use image::{ImageFormat, Rgb, RgbImage};
use sha2::{Digest, Sha256};

/// Sides of a photo, in pixels.
const SIDES: (u32, u32) = (160, 120);
/// Where a comment may stand in a JPEG: after its first marker.
const AFTER_START: usize = 2;

/// The photo that all others are made of.
#[derive(Clone, Debug)]
pub(crate) struct Film(Vec<u8>);

impl Film {
    /// A film with a picture on it.
    ///
    /// # Errors
    /// It cannot be encoded.
    pub(crate) fn new() -> Result<Film> {
        let picture = RgbImage::from_fn(SIDES.0, SIDES.1, |x, y| {
            let mixed = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503);
            let [red, green, blue, _] = mixed.to_le_bytes();
            Rgb([red, green, blue])
        });
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Jpeg).context("failed to make a photo")?;
        Ok(Film(bytes.into_inner()))
    }

    /// The photo of a name, the same for the same name; and its digest.
    #[must_use]
    pub(crate) fn photo(&self, name: &str) -> (Vec<u8>, String) {
        let length = u16::try_from(name.len() + 2).expect("a name is short").to_be_bytes();
        let (start, rest) = self.0.split_at(AFTER_START);
        let bytes = [start, &[0xFF, 0xFE], &length, name.as_bytes(), rest].concat();
        let digest = hex(&Sha256::digest(&bytes));
        (bytes, digest)
    }
}
