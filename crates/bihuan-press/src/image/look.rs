//! How a picture looks, in 64 bits: whether each of 8 × 8 patches is darker than the one to its
//! right (difference hash, dHash).

use image::DynamicImage;
use image::imageops::FilterType;

/// The perceptual hash of a picture. Sizes, compression and a little more or less light leave most
/// of its bits as they are.
#[must_use]
pub fn look(image: &DynamicImage) -> u64 {
    let grey = image.resize_exact(9, 8, FilterType::Triangle).to_luma8();
    let mut bits = 0;
    for row in 0..8 {
        for column in 0..8 {
            let is_darker = grey.get_pixel(column, row).0 < grey.get_pixel(column + 1, row).0;
            bits = bits << 1 | u64::from(is_darker);
        }
    }
    bits
}
