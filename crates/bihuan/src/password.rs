//! Passwords: what one must be, and its hash (argon2id, PHC form).

use crate::entropy;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use bihuan_core::id::AccountId;
use bihuan_core::text::Text;
use std::sync::LazyLock;

/// Shortest password, in characters.
pub const CHARS_MIN: usize = 10;
/// Longest, in bytes; more is work for nothing.
pub const BYTES_MAX: usize = 256;
/// Characters of a password that the program draws: none is taken for another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
/// How many of them: 80 bits.
const DRAWN_CHARS: usize = 16;

/// Why a password will not do.
///
/// # Errors
/// What to choose instead.
pub fn check(account: &AccountId, password: &str) -> Result<(), Text> {
    let refuse = |zh: &str, en: &str| Err(Text::new(zh, en));
    if password.chars().count() < CHARS_MIN {
        return refuse("密码至少10个字符", "a password has at least 10 characters");
    }
    if password.len() > BYTES_MAX {
        return refuse("密码过长", "the password is too long");
    }
    let lower = password.to_lowercase();
    let few = password.chars().collect::<std::collections::BTreeSet<_>>().len() < 4;
    if few || lower.contains(&account.0.to_lowercase()) {
        return refuse(
            "密码太容易猜：不要含账号名，不要只用几个字符",
            "easy to guess: leave out the account's name, use more than a few characters",
        );
    }
    Ok(())
}

/// A password that nobody can guess.
#[must_use]
pub fn draw() -> String {
    let bytes = entropy::salt();
    let letter = |it: &u8| char::from(ALPHABET[usize::from(it % 32)]);
    bytes.iter().take(DRAWN_CHARS).map(letter).collect()
}

/// The hash of a password under a new salt.
#[must_use]
pub fn hash(password: &str) -> String {
    hash_with(password, &entropy::salt()[..16])
}

/// The hash of a password under a salt of 16 bytes: twice the same. For demonstrations, whose
/// passwords are no secret.
///
/// # Panics
/// Never: salt and parameters are those that the method takes.
#[must_use]
pub fn hash_with(password: &str, salt: &[u8]) -> String {
    hash_by(&Argon2::default(), password, salt)
}

fn hash_by(method: &Argon2<'_>, password: &str, salt: &[u8]) -> String {
    let hash: Result<argon2::password_hash::phc::PasswordHash, _> =
        method.hash_password_with_salt(password.as_bytes(), salt);
    hash.expect("a password of any length and a salt of 16 bytes will do").to_string()
}

/// Whether a password is the one of a hash. Without a hash the same work is done and the answer is
/// no, so that nobody learns from the time whether there is such an account.
#[must_use]
pub fn fits(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_with("nobody", &[0; 16]));
    let known = hash.unwrap_or(&NOBODY);
    let Ok(parsed) = PasswordHash::new(known) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_and_no_other() {
        let hash = hash("翻不过去的墙-77");
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(fits("翻不过去的墙-77", Some(&hash)));
        assert!(!fits("翻不过去的墙-78", Some(&hash)));
        assert!(!fits("nobody", None) && !fits("x", Some("no hash")));
    }

    #[test]
    fn what_is_easy_to_guess_will_not_do() {
        let account = AccountId::from("zhao");
        assert!(check(&account, "kurz").is_err());
        assert!(check(&account, "1111111111111").is_err());
        assert!(check(&account, "Zhao-2021-04-16").is_err());
        assert!(check(&account, &"长".repeat(200)).is_err());
        assert!(check(&account, "柳埠头村口的井").is_err(), "seven characters");
        assert!(check(&account, "柳埠头村口的井很深呢").is_ok());
        let drawn = draw();
        assert!(check(&account, &drawn).is_ok() && drawn != draw());
    }
}
