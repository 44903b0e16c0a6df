//! From characters to the words and signs of an expression.

use super::{EXPR_BYTES_MAX, Fault};

/// A word or sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Int(i64),
    Name(&'t str),
    Dot,
    Comma,
    Open,
    Close,
    Plus,
    Minus,
    Times,
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    More,
    End,
}

/// A token with the character, from 1, at which it begins.
pub(super) type At<'t> = (Token<'t>, u32);

/// All tokens, the last one [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<At<'_>>, Fault> {
    if text.len() > EXPR_BYTES_MAX {
        return Err(Fault::new(
            "too_long",
            1,
            format!("算式最长{EXPR_BYTES_MAX}字节"),
            format!("an expression has at most {EXPR_BYTES_MAX} bytes"),
        ));
    }
    let mut tokens = Vec::new();
    let (mut rest, mut column) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let taken = if first.is_whitespace() {
            first.len_utf8()
        } else {
            let (token, taken) = token(rest, first, column)?;
            tokens.push((token, column));
            taken
        };
        let (before, after) = rest.split_at(taken);
        column += u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
        rest = after;
    }
    tokens.push((Token::End, column));
    Ok(tokens)
}

/// The token at the beginning of `rest`, and its length in bytes.
fn token(rest: &str, first: char, column: u32) -> Result<(Token<'_>, usize), Fault> {
    let run = |is: fn(&u8) -> bool| rest.bytes().take_while(is).count();
    if first.is_ascii_digit() {
        let taken = run(u8::is_ascii_digit);
        let number = rest[..taken].parse().map_err(|_| {
            Fault::new("number_too_large", column, "数字过大", "the number is too large")
        })?;
        return Ok((Token::Int(number), taken));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let taken = run(|it| it.is_ascii_alphanumeric() || *it == b'_');
        return Ok((Token::Name(&rest[..taken]), taken));
    }
    let pair = rest.as_bytes().get(1);
    Ok(match (first, pair) {
        ('<', Some(b'=')) => (Token::AtMost, 2),
        ('>', Some(b'=')) => (Token::AtLeast, 2),
        ('!', Some(b'=')) => (Token::Unequal, 2),
        ('<', _) => (Token::Less, 1),
        ('>', _) => (Token::More, 1),
        ('=', _) => (Token::Equal, 1),
        ('.', _) => (Token::Dot, 1),
        (',', _) => (Token::Comma, 1),
        ('(', _) => (Token::Open, 1),
        (')', _) => (Token::Close, 1),
        ('+', _) => (Token::Plus, 1),
        ('-', _) => (Token::Minus, 1),
        ('*', _) => (Token::Times, 1),
        ('/', _) => {
            let zh = "没有除号；请用 ratio(分子, 分母, 小数位)";
            let en = "there is no `/`; write ratio(over, under, places)";
            return Err(Fault::new("syntax", column, zh, en));
        }
        (other, _) => {
            let shown = if other.is_control() { ' ' } else { other };
            let zh = format!("不认识“{shown}”；只用英文半角符号，没有文字和小数");
            let en = format!("`{shown}` means nothing here; there are no texts and no decimals");
            return Err(Fault::new("syntax", column, zh, en));
        }
    })
}
