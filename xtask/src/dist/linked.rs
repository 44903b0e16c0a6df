//! What a binary needs of the machine that it runs on: the oldest C library, or none.

use std::path::Path;

use anyhow::{Context, Result};

/// How a version of a symbol of the C library is written in a binary.
const MARK: &[u8] = b"GLIBC_";

/// The newest version of the GNU C library that a binary asks for; none where it is linked
/// statically.
///
/// # Errors
/// It cannot be read.
pub(super) fn glibc(binary: &Path) -> Result<Option<(u32, u32)>> {
    let bytes = std::fs::read(binary).context("failed to read the binary")?;
    Ok(newest(&bytes))
}

fn newest(bytes: &[u8]) -> Option<(u32, u32)> {
    let places = bytes.windows(MARK.len()).enumerate().filter(|(_, it)| *it == MARK);
    places.filter_map(|(at, _)| version(&bytes[at + MARK.len()..])).max()
}

/// `2.34` or `2.2.5`, ended by a zero, as names of versions are kept.
fn version(bytes: &[u8]) -> Option<(u32, u32)> {
    let end = bytes.iter().take(12).position(|it| *it == 0)?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut parts = text.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_counts_as_a_number() {
        assert_eq!(newest(b"x\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0"), Some((2, 34)));
        assert_eq!(newest(b"GLIBC_PRIVATE\0GLIBC_ in a text"), None);
        assert_eq!(newest(b"nothing"), None);
    }
}
