//! Full text: pairs of Chinese characters, so that a word of two is found, and pairs of the first
//! letters of how they are read (拼音首字母); other words and numbers in lower case.
//!
//! Invariants: words consist of letters and digits, and both databases keep them as they are; all
//! that a text is found by is in one row, which goes with the text.

use crate::db::{Db, DbError, Value};
use crate::dialect;
use crate::filter::Clauses;
use pinyin::ToPinyinMulti;
use std::collections::{BTreeMap, BTreeSet};

/// Longest text that is searched, in characters.
const CHARS_MAX: usize = 2_000;
/// Longest query, in characters.
const QUERY_CHARS_MAX: usize = 64;
/// Longest word that is not Chinese, in bytes; a character may go beyond.
const WORD_BYTES_MAX: usize = 128;
/// Ways of reading a character that are told apart.
const READINGS_MAX: usize = 4;
/// Longest word that is looked for among first letters, too.
const INITIALS_MAX: usize = 16;

/// Something that a text must hold for a query to be met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    /// The word itself.
    pub(crate) word: String,
    /// Or else all of these, the pairs of first letters that it may stand for.
    pub(crate) initials: Vec<String>,
}

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
    let words = wanted(query);
    if words.is_empty() {
        return None;
    }
    let query = clauses.bind(dialect::search_words(db, &words));
    Some(dialect::search_sql(db, &query, before, limit))
}

/// All that a query finds, as a table with the column `first_seq`; `None` where it has no word.
pub(crate) fn table(db: &Db, clauses: &mut Clauses, query: &str) -> Option<String> {
    let words = wanted(query);
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
                words.extend(initials(&chars));
            }
            Run::Word(word) => words.push(word),
        }
    }
    words.sort();
    words.dedup();
    words.join(" ")
}

/// Pairs of first letters of neighbours; who is read in several ways stands for each of them.
fn initials(chars: &[char]) -> BTreeSet<String> {
    let letters = |it: &char| -> BTreeSet<&'static str> {
        let readings = it.to_pinyin_multi().into_iter().flatten().take(READINGS_MAX);
        let letters = readings.map(pinyin::Pinyin::first_letter);
        letters.filter(|it| it.bytes().all(|it| it.is_ascii_lowercase())).collect()
    };
    let letters: Vec<BTreeSet<&str>> = chars.iter().map(letters).collect();
    let mut pairs = BTreeSet::new();
    for pair in letters.windows(2) {
        for first in &pair[0] {
            pairs.extend(pair[1].iter().map(|second| format!("{first}{second}")));
        }
    }
    pairs
}

/// Everything that texts must hold for a query to be met.
fn wanted(query: &str) -> Vec<Wanted> {
    let of = |word: String| {
        let is_initials = (3..=INITIALS_MAX).contains(&word.len())
            && word.bytes().all(|it| it.is_ascii_lowercase());
        let pairs = || (0..word.len() - 1).map(|it| word[it..it + 2].to_owned()).collect();
        let initials = if is_initials { pairs() } else { Vec::new() };
        Wanted { word, initials }
    };
    query_words(query).into_iter().map(of).collect()
}

/// The words of every title that may still be read: first number of its matter, and the words.
///
/// # Errors
/// As the database says.
pub(crate) fn titles(db: &mut Db) -> Result<Vec<Vec<Value>>, DbError> {
    let sql = "SELECT matter.first_seq, content.bytes FROM content
               JOIN matter ON matter.id = content.matter
               WHERE content.kind = 'title' AND content.bytes IS NOT NULL";
    let mut texts: BTreeMap<i64, Value> = BTreeMap::new();
    dialect::each_row(db, sql, &mut |row| {
        let text = String::from_utf8_lossy(row.blob(1)?).into_owned();
        texts.insert(row.int(0)?, Value::Text(grams(&text)));
        Ok(())
    })?;
    Ok(texts.into_iter().map(|(seq, text)| vec![Value::Int(seq), text]).collect())
}

/// Finds anew what every title is found by.
///
/// # Errors
/// As the database says.
pub(crate) fn index(db: &mut Db) -> Result<(), DbError> {
    let titles = titles(db)?;
    dialect::insert_search(db, &titles)
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

    #[test]
    fn first_letters_of_neighbours_are_found_in_every_way_of_reading() {
        let pairs = |text: &str| initials(&text.chars().collect::<Vec<_>>());
        assert!(pairs("垃圾满溢").contains("lj") && pairs("垃圾满溢").contains("my"));
        assert!(!pairs("垃圾满溢").contains("lm"));
        // 重 is read zhòng and chóng.
        assert!(pairs("重建").contains("zj") && pairs("重建").contains("cj"));
        let asked = wanted("LJMY 3号 gate1 lj");
        let initials: Vec<usize> = asked.iter().map(|it| it.initials.len()).collect();
        assert_eq!(asked.len(), 5);
        assert_eq!(initials.iter().sum::<usize>(), 3, "of `ljmy` alone: {asked:?}");
        assert!(wanted(&"a".repeat(INITIALS_MAX + 1))[0].initials.is_empty());
    }
}
