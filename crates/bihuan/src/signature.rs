//! Signatures of webhooks by Standard Webhooks 1.0: `v1`, HMAC-SHA256 over `id.timestamp.body`.

use crate::entropy;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that we make; the standard takes 24 to 64.
const SECRET_BYTES: usize = 32;

/// A new secret.
#[must_use]
pub fn new_secret() -> String {
    PREFIX.to_owned() + &STANDARD.encode(entropy::bytes::<SECRET_BYTES>())
}

/// The value of `webhook-signature`: one signature for each secret, so that a receiver that knows
/// either is content. A secret that is none signs nothing.
#[must_use]
pub fn sign(secrets: &[&str], id: &str, timestamp_s: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp_s}.{body}");
    let one = |secret: &&str| {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(signed.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    secrets.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;

    #[test]
    fn the_published_example_comes_out() {
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(&[SECRET], ID, 1_614_265_330, BODY), wanted);
        let other = new_secret();
        let both = sign(&[&other, SECRET], ID, 1_614_265_330, BODY);
        assert!(both.ends_with(&format!(" {wanted}")) && both.starts_with("v1,"), "{both}");
        assert_ne!(sign(&[SECRET], ID, 1_614_265_331, BODY), wanted, "another moment");
        assert_eq!(sign(&["whsec_!", "none"], ID, 1_614_265_330, BODY), "");
    }
}
