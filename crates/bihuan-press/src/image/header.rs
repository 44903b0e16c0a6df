//! What a file says it is by its first bytes; its name and its sender are not asked.

use super::Refused;
use serde::{Deserialize, Serialize};

/// How far into a file we look for the beginning of a drawing in XML, in bytes.
const LOOK: usize = 1_024;

/// A format that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl Kind {
    /// Its media type.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Webp => "image/webp",
        }
    }
}

/// The format of a picture, by its first bytes.
///
/// # Errors
/// The format that it is instead.
pub fn kind(bytes: &[u8]) -> Result<Kind, Refused> {
    let at = |from: usize, text: &[u8]| bytes.get(from..).is_some_and(|it| it.starts_with(text));
    if at(0, b"\xff\xd8\xff") {
        return Ok(Kind::Jpeg);
    }
    if at(0, b"\x89PNG\r\n\x1a\n") {
        return Ok(Kind::Png);
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Ok(Kind::Webp);
    }
    Err(if at(0, b"GIF8") {
        Refused::Gif
    } else if at(0, b"II*\0") || at(0, b"MM\0*") || at(0, b"II+\0") || at(0, b"MM\0+") {
        Refused::Tiff
    } else if at(4, b"ftyp") {
        Refused::Heic
    } else if is_svg(bytes) {
        Refused::Svg
    } else {
        Refused::Unknown
    })
}

fn is_svg(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOK)]).to_ascii_lowercase();
    start.contains("<svg") || start.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_first_bytes() {
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Ok(Kind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Ok(Kind::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Ok(Kind::Webp)),
            (b"RIFF\0\0\0\0WAVE", Err(Refused::Unknown)),
            (b"GIF89a", Err(Refused::Gif)),
            (b"II*\0", Err(Refused::Tiff)),
            (b"MM\0*", Err(Refused::Tiff)),
            (b"\0\0\0\x18ftypheic", Err(Refused::Heic)),
            (b"\0\0\0\x1cftypavif", Err(Refused::Heic)),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", Err(Refused::Svg)),
            ("\u{feff} <?xml version='1.0'?><SVG/>".as_bytes(), Err(Refused::Svg)),
            (b"<html><script>", Err(Refused::Unknown)),
            (b"%PDF-1.7", Err(Refused::Unknown)),
            (b"", Err(Refused::Unknown)),
        ] {
            assert_eq!(kind(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
