//! References to content: free text, names and numbers of persons live beside the record, and the
//! record carries only `SHA-256(salt ‖ bytes)`, so that erasing salt and bytes erases the text.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// `SHA-256(salt ‖ bytes)`, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentRef(pub String);

impl fmt::Display for ContentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The reference of `bytes` under a salt of 32 random bytes.
#[must_use]
pub fn seal(salt: &[u8; 32], bytes: &[u8]) -> ContentRef {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(bytes);
    ContentRef(hex(&hash.finalize()))
}

/// A salt of its own for each purpose, from 32 random bytes that were handed in.
#[must_use]
pub fn derive_salt(seed: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"bihuan salt");
    hash.update(seed);
    hash.update(purpose);
    hash.finalize().into()
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_under_two_salts_have_two_references() {
        let words = "张三".as_bytes();
        let (one, two) = (derive_salt(&[1; 32], b"a"), derive_salt(&[1; 32], b"b"));
        assert_ne!(seal(&one, words), seal(&two, words));
        assert_eq!(seal(&one, words), seal(&one, words));
        assert_eq!(seal(&one, words).0.len(), 64);
    }
}
