//! Bytes as text: UTF-8, UTF-16 and GB18030, each checked strictly, nothing guessed loosely.
//!
//! Every sequence of bytes of some lengths is *some* GB18030, so decoding alone proves nothing:
//! what comes out must also look like Chinese as it is written.

use encoding_rs::{Encoding, GB18030, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Share of doubtful characters among the Chinese ones that is still believed, in percent.
const DOUBTFUL_PERCENT_MAX: usize = 10;

/// The text, or `None` when no encoding fits without a doubt.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let Some((encoding, mark_len)) = Encoding::for_bom(bytes) {
        let rest = &bytes[mark_len..];
        return encoding.decode_without_bom_handling_and_without_replacement(rest);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding.decode_without_bom_handling_and_without_replacement(bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(Cow::Borrowed(text));
    }
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes)?;
    is_believable(&text).then_some(text)
}

/// UTF-16 shows by its zero bytes: commas, digits and line breaks have one each.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4096)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|it| **it == 0).count();
    match (zeros(0), zeros(1)) {
        (0, odd) if odd > 0 => Some(UTF_16LE),
        (even, 0) if even > 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether the characters are those of Chinese office files.
///
/// Other encodings of the region read as GB18030 give rare characters, kana or private ones.
fn is_believable(text: &str) -> bool {
    let (mut wide, mut doubtful) = (0, 0);
    for it in text.chars().filter(|it| !it.is_ascii()) {
        wide += 1;
        let mut buffer = [0; 4];
        let (bytes, _, _) = GB18030.encode(it.encode_utf8(&mut buffer));
        // GB 2312: both bytes from A1; its rows of kana and other alphabets are A4 to A9.
        let is_common = matches!(*bytes, [first, second]
            if second >= 0xa1 && matches!(first, 0xa1..=0xa3 | 0xb0..=0xf7));
        doubtful += usize::from(!is_common);
    }
    doubtful * 100 <= wide * DOUBTFUL_PERCENT_MAX
}
