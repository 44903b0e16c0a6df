//! Lines of a story split into words: `KEY=VALUE`, quotes keep blanks.

/// The words of a line; a value with blanks stands in `"…"`.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for it in line.chars() {
        match it {
            '"' => quoted = !quoted,
            it if it.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            it => word.push(it),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A word as key and value; a bare word is a key with an empty value.
pub(super) fn pair(word: &str) -> (&str, &str) {
    word.split_once('=').unwrap_or((word, ""))
}

/// A time given to the day, minute or second, in civil form.
pub(super) fn civil(text: &str) -> Option<jiff::civil::DateTime> {
    let padded = match text.len() {
        10 => format!("{text}T00:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_owned(),
    };
    padded.parse().ok()
}
