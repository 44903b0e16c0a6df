//! Words of full text: pairs of Chinese characters, so that a word of two is found; and Latin
//! words and numbers in lower case.

/// Longest text that is searched, in characters.
const CHARS_MAX: usize = 2_000;

/// The words that a text is found by, separated by blanks.
#[must_use]
pub fn grams(text: &str) -> String {
    let mut words = Vec::new();
    for run in runs(text) {
        match run {
            Run::Han(chars) => {
                // A last character alone is found by a word of one.
                for no in 0..chars.len() {
                    words.push(chars[no].to_string());
                    if let Some(pair) = chars.get(no..no + 2) {
                        words.push(pair.iter().collect());
                    }
                }
            }
            Run::Word(word) => words.push(word),
        }
    }
    words.sort();
    words.dedup();
    words.join(" ")
}

/// The words that must all be there for a query to be met.
#[must_use]
pub fn query_words(query: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in runs(query) {
        match run {
            Run::Han(chars) if chars.len() == 1 => words.push(chars[0].to_string()),
            Run::Han(chars) => {
                words.extend(chars.windows(2).map(|it| it.iter().collect::<String>()));
            }
            Run::Word(word) => words.push(word),
        }
    }
    words.sort();
    words.dedup();
    words
}

enum Run {
    Han(Vec<char>),
    Word(String),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    for it in text.chars().take(CHARS_MAX) {
        if is_han(it) {
            match runs.last_mut() {
                Some(Run::Han(chars)) => chars.push(it),
                _ => runs.push(Run::Han(vec![it])),
            }
        } else if it.is_alphanumeric() && it.is_ascii() {
            let lower = it.to_ascii_lowercase();
            match runs.last_mut() {
                Some(Run::Word(word)) if !word.ends_with(' ') => word.push(lower),
                _ => runs.push(Run::Word(lower.to_string())),
            }
        } else {
            // A blank ends a run without being one.
            match runs.last_mut() {
                Some(Run::Word(word)) if !word.ends_with(' ') => word.push(' '),
                Some(Run::Han(_)) => runs.push(Run::Word(" ".into())),
                _ => {}
            }
        }
    }
    for run in &mut runs {
        if let Run::Word(word) = run {
            word.truncate(word.trim_end().len());
        }
    }
    runs.retain(|it| !matches!(it, Run::Word(word) if word.is_empty()));
    runs
}

fn is_han(it: char) -> bool {
    matches!(it, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_characters_is_found_and_one_that_is_not_there_is_not() {
        let text = grams("农贸市场东门垃圾满溢, Gate 3号");
        let has = |query: &str| {
            query_words(query).iter().all(|it| text.split(' ').any(|word| word == it))
        };
        assert!(
            has("垃圾") && has("满溢") && has("gate") && has("3") && has("垃圾满溢") && has("号")
        );
        assert!(!has("污水") && !has("圾垃") && !has("场 圾垃"));
    }
}
