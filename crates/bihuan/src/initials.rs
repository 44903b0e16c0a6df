//! What somebody means who types the beginnings of a name: Chinese, its pinyin initials, or
//! English.
//!
//! Invariant: a character with several readings is found by any of them.

use bihuan_core::text::Text;
use pinyin::{ToPinyin, ToPinyinMulti};

/// The initials of a Chinese name by its usual readings, such as `qsz` for 清水镇; what is no
/// Chinese character stays, in lower case, without blanks and marks.
#[must_use]
pub fn initials(name: &str) -> String {
    let initial = |it: char| match it.to_pinyin() {
        Some(reading) => reading.first_letter().chars().next(),
        None => it.is_alphanumeric().then(|| it.to_ascii_lowercase()),
    };
    name.chars().filter_map(initial).collect()
}

/// Whether a name is meant: part of it in either language, or of the initials of the Chinese one.
#[must_use]
pub fn is_meant(name: &Text, typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    name.zh.to_lowercase().contains(&typed)
        || name.en.to_lowercase().contains(&typed)
        || begins_so(&name.zh, &typed)
}

/// Whether some run of characters has these initials.
fn begins_so(name: &str, typed: &str) -> bool {
    let named: Vec<char> = name.chars().filter(|it| it.is_alphanumeric()).collect();
    let typed: Vec<char> = typed.chars().collect();
    !typed.is_empty()
        && named.windows(typed.len()).any(|run| run.iter().zip(&typed).all(|(a, b)| reads(*a, *b)))
}

fn reads(character: char, initial: char) -> bool {
    let own = || character.to_lowercase().eq([initial]);
    match character.to_pinyin_multi() {
        Some(readings) => {
            let mut readings = readings.into_iter();
            own() || readings.any(|it| it.first_letter().starts_with(initial))
        }
        None => own(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_initials_in_any_reading() {
        let name = Text::new("重庆路3号网格", "Grid 3, Chongqing Road");
        for typed in ["cql", "zql", "CQL3", "重庆", "庆l", "3号", "wg", "chongqing", " grid 3"]
        {
            assert!(is_meant(&name, typed), "{typed}");
        }
        for typed in ["cqx", "lqc", "cql33", "路庆", "village"] {
            assert!(!is_meant(&name, typed), "{typed}");
        }
        assert_eq!(initials("清水镇（东）2号 A"), "qszd2ha");
        assert_eq!(initials(""), "");
    }
}
