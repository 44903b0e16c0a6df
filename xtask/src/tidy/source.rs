//! A Rust file as a flat list of tokens, without comments, each with its line.
//!
//! The lexer is the compiler's own (proc-macro2), so strings and comments cannot mislead a rule.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A Rust file, ready for rules.
pub(super) struct Source<'a> {
    /// The path from the root of the workspace.
    pub(super) path: &'a str,
    /// All tokens, brackets included, doc comments left out.
    pub(super) tokens: Vec<Token>,
    /// Whether the file opens with `//!`.
    pub(super) says_what_it_is_for: bool,
    /// The lines of items that only tests see.
    test_lines: Vec<RangeInclusive<usize>>,
}

/// One token.
pub(super) struct Token {
    /// The line it begins on, counted from 1.
    pub(super) line: usize,
    /// As it is written.
    pub(super) text: String,
    /// For an opening bracket: the index of its closing one.
    pub(super) close: Option<usize>,
    /// For a string: what it says, on one line.
    pub(super) string: Option<String>,
}

impl<'a> Source<'a> {
    /// Lexes a file; the message says why it is not Rust.
    pub(super) fn parse(path: &'a str, text: &str) -> Result<Source<'a>, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let stream: TokenStream = text.parse().map_err(|it| format!("this is not Rust: {it}"))?;
        let mut tokens = Vec::new();
        let says_what_it_is_for = opens_with_doc(&stream);
        flatten(stream, &mut tokens);
        let test_lines = test_items(&tokens);
        Ok(Source { path, tokens, says_what_it_is_for, test_lines })
    }

    /// Whether a line belongs to tests: an item for tests, or a file of them.
    pub(super) fn is_test(&self, line: usize) -> bool {
        is_test_file(self.path) || self.test_lines.iter().any(|it| it.contains(&line))
    }

    /// The lines on which these tokens begin to follow one another.
    pub(super) fn lines_of(&self, words: &[&str]) -> Vec<usize> {
        self.find(words).into_iter().map(|at| self.tokens[at].line).collect()
    }

    /// The places where these tokens follow one another.
    pub(super) fn find(&self, words: &[&str]) -> Vec<usize> {
        let here = |at: &usize| {
            let found = self.tokens[*at..].iter().take(words.len());
            found.map(|it| it.text.as_str()).eq(words.iter().copied())
        };
        (0..self.tokens.len()).filter(here).collect()
    }

    /// The strings outside tests, with their lines.
    pub(super) fn strings(&self) -> impl Iterator<Item = (usize, &str)> {
        let outside = self.tokens.iter().filter(|it| !self.is_test(it.line));
        outside.filter_map(|it| Some((it.line, it.string.as_deref()?)))
    }
}

/// Whether a whole file is for tests.
pub(super) fn is_test_file(path: &str) -> bool {
    ["/tests/", "/benches/"].iter().any(|it| path.contains(it))
        || ["/tests.rs", "_tests.rs"].iter().any(|it| path.ends_with(it))
}

fn opens_with_doc(stream: &TokenStream) -> bool {
    let mut tokens = stream.clone().into_iter();
    while let (Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang))) =
        (tokens.next(), tokens.next())
    {
        let Some(TokenTree::Group(group)) = tokens.next() else { return false };
        if hash.as_char() != '#' || bang.as_char() != '!' {
            return false;
        }
        if is_doc(&group.stream()) {
            return true;
        }
    }
    false
}

fn is_doc(stream: &TokenStream) -> bool {
    matches!(stream.clone().into_iter().next(), Some(TokenTree::Ident(it)) if it == "doc")
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let plain = |text: String| Token { line, text, close: None, string: None };
        match tree {
            TokenTree::Group(group) => {
                if group.delimiter() == Delimiter::Bracket && is_doc(&group.stream()) {
                    continue;
                }
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                let at = tokens.len();
                tokens.push(plain(open.into()));
                flatten(group.stream(), tokens);
                tokens[at].close = Some(tokens.len());
                let line = group.span_close().start().line;
                tokens.push(Token { line, text: close.into(), close: None, string: None });
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let string = text.ends_with(['"', '#']).then(|| one_line(&text));
                tokens.push(Token { line, text, close: None, string });
            }
            other => tokens.push(plain(other.to_string())),
        }
    }
}

/// A string literal without its quotes, with every run of white space as one space.
fn one_line(literal: &str) -> String {
    let inner = literal.trim_start_matches(['b', 'c', 'r', '#']).trim_end_matches('#');
    let inner = inner.trim_matches('"').replace("\\\n", " ").replace("\\n", " ");
    inner.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of items under `#[cfg(test)]` or `#[test]`.
fn test_items(tokens: &[Token]) -> Vec<RangeInclusive<usize>> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(open) = tokens.get(at + 1).filter(|it| token.text == "#" && it.text == "[") else {
            continue;
        };
        let close = open.close.expect("an opening bracket knows its closing one");
        let inside: Vec<&str> = tokens[at + 2..close].iter().map(|it| it.text.as_str()).collect();
        let for_tests = match inside.as_slice() {
            ["test"] => true,
            ["cfg", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not"),
            _ => false,
        };
        if for_tests {
            found.push(token.line..=item_end(tokens, close + 1));
        }
    }
    found
}

/// The last line of the item that begins at `at`: its body in braces, or its semicolon.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while let Some(token) = tokens.get(at) {
        match (token.text.as_str(), token.close) {
            ("{", Some(close)) => return tokens[close].line,
            (";", _) => return token.line,
            (_, Some(close)) => at = close + 1,
            _ => at += 1,
        }
    }
    tokens.last().map_or(0, |it| it.line)
}

#[cfg(test)]
mod tests {
    use super::Source;

    const SAMPLE: &str = r##"//! What it is for.
/// A sentence with "quotes" and a SELECT.
fn one() -> &'static str { "a
   b" }
#[cfg(test)]
mod tests {
    const TWO: &str = r#"two"#;
}
#[cfg(not(test))]
const THREE: &str = "three";
"##;

    #[test]
    fn comments_are_no_tokens_and_tests_are_known() {
        let source = Source::parse("crates/x/src/lib.rs", SAMPLE).expect("the sample is Rust");
        assert!(source.says_what_it_is_for);
        assert_eq!(source.strings().collect::<Vec<_>>(), [(3, "a b"), (10, "three")]);
        assert!(source.is_test(7) && !source.is_test(3) && !source.is_test(10));
        assert_eq!(source.lines_of(&["fn", "one", "("]), [3]);
    }

    #[test]
    fn what_does_not_lex_is_said() {
        assert!(Source::parse("crates/x/src/lib.rs", "fn open( {").is_err());
    }
}
