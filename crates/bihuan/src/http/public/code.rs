//! Tracking codes (查询码): by one of them somebody without an account follows what was reported.
//!
//! Invariants: a code says nothing of what it follows and cannot be guessed (80 bits); it is made
//! again from the id of its report and a key of the realm, so that a report which is sent twice has
//! one code, and is kept nowhere.

use bihuan_core::content::{derive_salt, hex};
use bihuan_core::id::CommandId;
use sha2::{Digest, Sha256};

/// Digits of a code: none is taken for another (Crockford's base 32).
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a code.
const LENGTH: usize = 16;

/// A tracking code, as it is compared: 16 digits without groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The code of a report.
    #[must_use]
    pub fn of(key: &[u8; 32], report: CommandId) -> Code {
        let bytes = derive_salt(key, report.to_string().as_bytes());
        let bits = bytes[..10].iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let digit = |no: usize| {
            let five = (bits >> (5 * (LENGTH - 1 - no))) & 31;
            char::from(DIGITS[usize::try_from(five).unwrap_or_default()])
        };
        Code((0..LENGTH).map(digit).collect())
    }

    /// The code that somebody typed, in groups or not, in letters of any size; none where it can be
    /// no code.
    #[must_use]
    pub fn typed(text: &str) -> Option<Code> {
        if text.len() > 4 * LENGTH {
            return None;
        }
        let plain = text.chars().filter(|it| !matches!(it, '-' | ' ' | '_'));
        let read = |it: char| match it.to_ascii_uppercase() {
            'O' => Some('0'),
            'I' | 'L' => Some('1'),
            it if it.is_ascii() && DIGITS.contains(&(it as u8)) => Some(it),
            _ => None,
        };
        let digits: String = plain.map(read).collect::<Option<String>>()?;
        (digits.len() == LENGTH).then_some(Code(digits))
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }

    /// The same in groups of four, as people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        let groups: Vec<&str> = (0..4).map(|no| &self.0[no * 4..no * 4 + 4]).collect();
        groups.join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_report_has_one_code_and_another_report_another() {
        let id = |no| CommandId(Uuid::from_u128(no));
        let one = Code::of(&[7; 32], id(1));
        assert_eq!(one, Code::of(&[7; 32], id(1)));
        assert_ne!(one, Code::of(&[7; 32], id(2)));
        assert_ne!(one, Code::of(&[8; 32], id(1)), "another realm");
        assert_eq!(one.shown().len(), 19);
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::of(&[7; 32], CommandId(Uuid::from_u128(1)));
        let shown = code.shown();
        for typed in [shown.clone(), shown.to_lowercase(), shown.replace('-', " ")] {
            assert_eq!(Code::typed(&typed), Some(code.clone()), "{typed}");
        }
        assert_eq!(Code::typed("OIL0-0000-0000-0000"), Code::typed("0110-0000-0000-0000"));
        for none in ["", "0110", "U000-0000-0000-0000", &"0".repeat(500), "中0000000000000000"] {
            assert_eq!(Code::typed(none), None, "{none}");
        }
    }
}
