//! Which of the two languages to speak.

use bihuan_core::text::Lang;

/// The language that a locale such as `zh_CN.UTF-8` asks for.
///
/// Chinese is the language of record: it is spoken where the locale names none (`C`, `POSIX`,
/// nothing). Every other locale gets English.
#[must_use]
pub fn of_locale(locale: Option<&str>) -> Lang {
    let name = locale.unwrap_or("").split(['.', '@']).next().unwrap_or("");
    let language = name.split(['_', '-']).next().unwrap_or("").to_ascii_lowercase();
    match language.as_str() {
        "" | "c" | "posix" | "zh" => Lang::Zh,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_spoken_unless_another_locale_is_named() {
        for locale in [None, Some(""), Some("C"), Some("C.UTF-8"), Some("zh_CN.UTF-8")] {
            assert_eq!(of_locale(locale), Lang::Zh, "{locale:?}");
        }
        for locale in ["en_GB.UTF-8", "de_DE", "EN"] {
            assert_eq!(of_locale(Some(locale)), Lang::En, "{locale}");
        }
    }
}
