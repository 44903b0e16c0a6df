//! Places in a stream as clients carry them: sealed, so that they tell nothing of how much was
//! recorded, and cannot be made up.

use crate::entropy;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

/// Bytes of a nonce.
const NONCE_BYTES: usize = 12;

/// Seals and opens places, for one purpose.
#[derive(Clone)]
pub struct Seal {
    cipher: ChaCha20Poly1305,
    purpose: &'static str,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seal").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

impl Seal {
    /// With a key of the realm, so that any of its nodes opens what another sealed.
    #[must_use]
    pub fn new(key: [u8; 32], purpose: &'static str) -> Seal {
        Seal { cipher: ChaCha20Poly1305::new(&Key::from(key)), purpose }
    }

    /// A place as a client carries it; the same place looks different each time.
    #[must_use]
    pub fn seal(&self, place: u64) -> String {
        self.seal_bytes(&place.to_be_bytes(), "")
    }

    /// The place that a client brought back; `None` where we did not seal it.
    #[must_use]
    pub fn open(&self, text: &str) -> Option<u64> {
        Some(u64::from_be_bytes(self.open_bytes(text, "")?.try_into().ok()?))
    }

    /// A place of any shape, bound to what it is a place in.
    ///
    /// # Panics
    /// Never: a few bytes can always be sealed.
    #[must_use]
    pub fn seal_bytes(&self, place: &[u8], within: &str) -> String {
        let nonce: [u8; NONCE_BYTES] = entropy::bytes();
        let payload = Payload { msg: place, aad: &self.bound(within) };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.expect("a few bytes can always be sealed");
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// The place that a client brought back; `None` where we did not seal it, or it is one in
    /// something else.
    #[must_use]
    pub fn open_bytes(&self, text: &str, within: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: &self.bound(within) };
        self.cipher.decrypt(&Nonce::from(*nonce), payload).ok()
    }

    /// What a seal holds for beside the key.
    fn bound(&self, within: &str) -> Vec<u8> {
        match within {
            "" => self.purpose.as_bytes().to_vec(),
            within => format!("{}\0{within}", self.purpose).into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_and_nothing_else_does() {
        let seal = Seal::new([7; 32], "events");
        let text = seal.seal(4_711);
        assert_eq!(seal.open(&text), Some(4_711));
        assert_ne!(seal.seal(4_711), text, "two of the same place tell nothing");
        assert_eq!(Seal::new([7; 32], "pages").open(&text), None, "of another purpose");
        assert_eq!(Seal::new([8; 32], "events").open(&text), None, "of another realm");
        for odd in ["", "4711", "!", &text[1..], &format!("{text}AAAA")] {
            assert_eq!(seal.open(odd), None, "{odd}");
        }
        let text = seal.seal_bytes(b"place", "stage=a");
        assert_eq!(seal.open_bytes(&text, "stage=a").as_deref(), Some(&b"place"[..]));
        assert_eq!(seal.open_bytes(&text, "stage=b"), None, "of another list");
    }
}
