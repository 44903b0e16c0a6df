//! Full text: pairs of Chinese characters, so that a word of two is found; other words and
//! numbers in lower case.
//!
//! Invariant: words consist of letters and digits, and both databases keep them as they are.

use crate::db::{Db, DbError, Value};
use crate::dialect;
use crate::filter::Clauses;

/// Longest text that is searched, in characters.
const CHARS_MAX: usize = 2_000;
/// Longest query, in characters.
const QUERY_CHARS_MAX: usize = 64;
/// Longest word that is not Chinese, in bytes; a character may go beyond.
const WORD_BYTES_MAX: usize = 128;

/// Makes matters findable by a text: the first number of each in the record, and the text.
///
/// # Errors
/// As the database says.
pub fn put(db: &mut Db, texts: &[(u64, String)]) -> Result<(), DbError> {
    let row =
        |(seq, text): &(u64, String)| vec![crate::row::seq_value(*seq), Value::Text(grams(text))];
    dialect::insert_search(db, &texts.iter().map(row).collect::<Vec<_>>())
}

/// Makes a matter findable no more.
///
/// # Errors
/// As the database says.
pub fn remove(db: &mut Db, first_seq: i64) -> Result<(), DbError> {
    dialect::delete_search(db, first_seq)
}

/// First numbers of at most `limit` matters below `before` whose texts hold all words of
/// `query`, newest first; none where the query has no word.
///
/// # Errors
/// As the database says.
pub fn find(db: &mut Db, query: &str, before: i64, limit: i64) -> Result<Vec<i64>, DbError> {
    let mut clauses = Clauses::default();
    let before = clauses.bind(Value::Int(before));
    match select(db, &mut clauses, (query, Some(&before)), limit) {
        Some(sql) => db.all(&sql, &clauses.values, |row| row.int(0)),
        None => Ok(Vec::new()),
    }
}

/// What [`find`] finds, as a select; `None` where the query has no word.
pub(crate) fn select(
    db: &Db,
    clauses: &mut Clauses,
    (query, before): (&str, Option<&str>),
    limit: i64,
) -> Option<String> {
    let words = query_words(query);
    if words.is_empty() {
        return None;
    }
    let query = clauses.bind(dialect::search_words(db, &words));
    Some(dialect::search_sql(db, &query, before, limit))
}

/// All that a query finds, as a table with the column `first_seq`; `None` where it has no word.
pub(crate) fn table(db: &Db, clauses: &mut Clauses, query: &str) -> Option<String> {
    let words = query_words(query);
    if words.is_empty() {
        return None;
    }
    let query = clauses.bind(dialect::search_words(db, &words));
    Some(dialect::search_table(db, &query))
}

/// The words that a text is found by, separated by blanks.
#[must_use]
pub fn grams(text: &str) -> String {
    let mut words = Vec::new();
    for run in runs(text, CHARS_MAX) {
        match run {
            // Each character is also found alone.
            Run::Han(chars) => {
                words.extend(chars.iter().map(ToString::to_string));
                words.extend(chars.windows(2).map(|it| it.iter().collect::<String>()));
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
    for run in runs(query, QUERY_CHARS_MAX) {
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

fn runs(text: &str, chars_max: usize) -> Vec<Run> {
    let mut runs = Vec::new();
    // Whether the last run may go on.
    let mut goes_on = false;
    for it in text.chars().take(chars_max).map(narrow) {
        match runs.last_mut() {
            Some(Run::Han(chars)) if goes_on && is_han(it) => chars.push(it),
            Some(Run::Word(word)) if goes_on && is_letter(it) => lower(it, word),
            _ if is_han(it) => runs.push(Run::Han(vec![it])),
            _ if is_letter(it) => {
                let mut word = String::new();
                lower(it, &mut word);
                runs.push(Run::Word(word));
            }
            _ => {}
        }
        goes_on = is_han(it) || is_letter(it);
    }
    runs
}

/// Adds a letter to a word in lower case; a word that is too long is found by its beginning.
fn lower(it: char, word: &mut String) {
    if word.len() < WORD_BYTES_MAX {
        word.extend(it.to_lowercase().filter(|it| it.is_alphanumeric()));
    }
}

/// Full-width letters and digits (３号) are the same as plain ones.
fn narrow(it: char) -> char {
    match it {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(it as u32 - 0xfee0).unwrap_or(it),
        other => other,
    }
}

fn is_letter(it: char) -> bool {
    it.is_alphanumeric() && !is_han(it)
}

fn is_han(it: char) -> bool {
    matches!(it, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_characters_is_found_and_one_that_is_not_there_is_not() {
        let text = grams("农贸市场东门垃圾满溢, Gate ３号 ئۇيغۇر");
        let has = |query: &str| {
            query_words(query).iter().all(|it| text.split(' ').any(|word| word == it))
        };
        assert!(
            has("ئۇيغۇر")
                && has("垃圾")
                && has("满溢")
                && has("gate")
                && has("3")
                && has("垃圾满溢")
                && has("号")
        );
        assert!(!has("污水") && !has("圾垃") && !has("场 圾垃"));
    }
}
