//! Sizes: what must fit in a head and on a screen, and what must open with a sentence.

use super::source::Source;
use super::{is_code, numbered};

/// A file has fewer lines than this.
const FILE_LINES: usize = 500;
/// A function has fewer lines than this, from `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;
/// A line has at most so many characters; a Chinese one counts as one.
const LINE_CHARS_MAX: usize = 100;

pub(super) fn file_length(path: &str, text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().count();
    if !is_code(path, text) || lines < FILE_LINES {
        return Vec::new();
    }
    vec![(lines, format!("{lines} lines; a file has fewer than {FILE_LINES}: split it by nouns"))]
}

pub(super) fn line_length(path: &str, text: &str) -> Vec<(usize, String)> {
    if !is_code(path, text) || path.ends_with(".sql") {
        return Vec::new();
    }
    let long = numbered(text).filter(|(_, line)| {
        // An address cannot be broken.
        line.chars().count() > LINE_CHARS_MAX && !line.contains("https://")
    });
    long.map(|(line, _)| (line, format!("longer than {LINE_CHARS_MAX} characters"))).collect()
}

pub(super) fn function_length(source: &Source) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    for at in source.find(&["fn"]) {
        let Some(name) = source.tokens.get(at + 1).filter(|it| is_name(&it.text)) else {
            continue;
        };
        let first = source.tokens[at].line;
        let lines = last_line(source, at).map_or(1, |last| last - first + 1);
        if lines >= FUNCTION_LINES {
            let says = format!(
                "`{}` has {lines} lines; a function has fewer than {FUNCTION_LINES}",
                name.text
            );
            faults.push((first, says));
        }
    }
    faults
}

pub(super) fn module_says_what_it_is_for(source: &Source) -> Vec<(usize, String)> {
    if source.says_what_it_is_for {
        return Vec::new();
    }
    vec![(1, "open the module with `//!`: what it is for, and what is always true in it".into())]
}

/// The line of the brace that closes the function; none for one without a body.
fn last_line(source: &Source, mut at: usize) -> Option<usize> {
    loop {
        let token = source.tokens.get(at)?;
        match (token.text.as_str(), token.close) {
            ("{", Some(close)) => return Some(source.tokens[close].line),
            (";", _) => return None,
            (_, Some(close)) => at = close + 1,
            _ => at += 1,
        }
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|it: char| it.is_alphabetic() || it == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("//! x\nfn long() {{\n{}}}\n", "    call();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_70_lines_is_too_long() {
        let (bad, good) = (function(70), function(69));
        let found = function_length(&Source::parse("a.rs", &bad).expect("Rust"));
        assert_eq!(found.len(), 1);
        assert!(found[0].1.contains("`long` has 70 lines"), "{found:?}");
        assert!(function_length(&Source::parse("a.rs", &good).expect("Rust")).is_empty());
    }

    #[test]
    fn a_type_of_function_and_a_promise_have_no_length() {
        let text = "//! x\ntrait T { fn promised(&self); }\ntype F = fn(u8) -> u8;\n";
        assert!(function_length(&Source::parse("a.rs", text).expect("Rust")).is_empty());
    }

    #[test]
    fn a_file_of_500_lines_is_too_long_unless_a_program_wrote_it() {
        let text = "\n".repeat(500);
        assert_eq!(file_length("a.rs", &text).len(), 1);
        assert!(file_length("a.rs", &text[1..]).is_empty());
        assert!(file_length("a.csv", &text).is_empty());
        let generated = format!("// @{}\n{text}", "generated");
        assert!(file_length("a.ts", &generated).is_empty());
    }

    #[test]
    fn a_line_is_counted_in_characters() {
        assert!(line_length("a.rs", &"销".repeat(100)).is_empty());
        assert_eq!(
            line_length("a.rs", &"销".repeat(101)),
            [(1, "longer than 100 characters".into())]
        );
        assert!(line_length("a.rs", &format!("// https://{}", "x".repeat(100))).is_empty());
    }

    #[test]
    fn a_module_without_a_word_is_found() {
        let silent = Source::parse("a.rs", "/// of the item\nfn a() {}").expect("Rust");
        assert_eq!(module_says_what_it_is_for(&silent).len(), 1);
        let spoken = Source::parse("a.rs", "#![no_std]\n//! what\nfn a() {}").expect("Rust");
        assert!(module_says_what_it_is_for(&spoken).is_empty());
    }
}
