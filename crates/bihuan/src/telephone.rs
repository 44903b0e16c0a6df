//! Telephone numbers of offices, and of persons at work.

/// Fewest and most digits of a number (ITU-T E.164 allows 15).
const DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// A number as it is kept and dialled: digits with an optional `+`; blanks and hyphens are dropped.
/// None where it is no number.
#[must_use]
pub fn read(typed: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|it| !matches!(it, ' ' | '-')).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    let is_number = DIGITS.contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit());
    is_number.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_number_is_digits_and_nothing_that_a_telephone_would_act_on() {
        assert_eq!(read("0370-555 0123").as_deref(), Some("03705550123"));
        assert_eq!(read("+86 139-0000-0000").as_deref(), Some("+8613900000000"));
        for odd in ["", "110", "*21*13900000000#", "1390000000x", "13900000000;ext=1"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
