//! From tokens to a tree, by binding powers (Pratt).
//!
//! Invariants: brackets, calls and signs nest to [`EXPR_DEPTH_MAX`], and a tree has at most
//! [`EXPR_NODES_MAX`] nodes, so nothing that walks it runs out of stack.

use super::token::{At, Token, tokens};
use super::{EXPR_DEPTH_MAX, EXPR_NODES_MAX, Fault};

/// A node of the tree with the character at which it stands.
#[derive(Debug)]
pub(super) struct Ast {
    pub(super) column: u32,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Kind {
    Int(i64),
    YesNo(bool),
    Name(String),
    /// `table.column` or `entry.field`.
    Part(String, String),
    Negative(Box<Ast>),
    Not(Box<Ast>),
    Pair(Sign, Box<Ast>, Box<Ast>),
    Call(Call, Vec<Ast>),
}

/// A sign between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Or,
    And,
    Less,
    AtMost,
    Equal,
    Unequal,
    AtLeast,
    More,
    Plus,
    Minus,
    Times,
}

/// What can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    If,
    Sum,
    Count,
    Min,
    Max,
    Ratio,
    Months,
    Days,
    Param,
}

/// Every call by its word.
pub(super) const CALLS: [(&str, Call); 9] = [
    ("if", Call::If),
    ("sum", Call::Sum),
    ("count", Call::Count),
    ("min", Call::Min),
    ("max", Call::Max),
    ("ratio", Call::Ratio),
    ("months", Call::Months),
    ("days", Call::Days),
    ("param", Call::Param),
];

/// How strongly a comparison binds; two do not stand in a row.
const COMPARE: u8 = 3;
/// How strongly `not` binds what follows.
const NOT: u8 = 3;
/// How strongly a sign before a number binds.
const NEGATIVE: u8 = 6;

impl Sign {
    fn power(self) -> u8 {
        match self {
            Sign::Or => 1,
            Sign::And => 2,
            Sign::Plus | Sign::Minus => 4,
            Sign::Times => 5,
            _ => COMPARE,
        }
    }
}

/// Reads an expression.
pub(super) fn parse(text: &str) -> Result<Ast, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new("empty", 1, "请写明算式", "write an expression"));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, nodes: 0 };
    let ast = parser.values(0)?;
    match parser.peek() {
        (Token::End, _) => Ok(ast),
        (_, column) => Err(unexpected(column)),
    }
}

struct Parser<'t> {
    tokens: &'t [At<'t>],
    at: usize,
    depth: u32,
    nodes: u32,
}

fn unexpected(column: u32) -> Fault {
    Fault::new("syntax", column, "此处读不懂", "this cannot be read here")
}

impl<'t> Parser<'t> {
    fn peek(&self) -> At<'t> {
        let last = self.tokens.last().copied().unwrap_or((Token::End, 1));
        self.tokens.get(self.at).copied().unwrap_or(last)
    }

    fn next(&mut self) -> At<'t> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn expect(&mut self, wanted: Token<'_>, zh: &str, en: &str) -> Result<(), Fault> {
        match self.next() {
            (token, _) if token == wanted => Ok(()),
            (_, column) => Err(Fault::new("syntax", column, zh, en)),
        }
    }

    fn node(&mut self, column: u32, kind: Kind) -> Result<Ast, Fault> {
        self.nodes += 1;
        if self.nodes > EXPR_NODES_MAX {
            let zh = format!("算式过大，最多{EXPR_NODES_MAX}个数、名称和符号");
            let en = format!("keep to {EXPR_NODES_MAX} numbers, names and signs");
            return Err(Fault::new("too_large", column, zh, en));
        }
        Ok(Ast { column, kind })
    }

    /// Runs `read` one level deeper.
    fn deeper<T>(
        &mut self,
        column: u32,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.depth == EXPR_DEPTH_MAX {
            let zh = format!("嵌套最多{EXPR_DEPTH_MAX}层");
            let en = format!("nest at most {EXPR_DEPTH_MAX} levels");
            return Err(Fault::new("too_deep", column, zh, en));
        }
        self.depth += 1;
        let read = read(self)?;
        self.depth -= 1;
        Ok(read)
    }

    /// Values joined by signs that bind more strongly than `above`.
    fn values(&mut self, above: u8) -> Result<Ast, Fault> {
        let mut left = self.value()?;
        let mut compared = false;
        loop {
            let (token, column) = self.peek();
            let Some(sign) = sign(token) else { return Ok(left) };
            let power = sign.power();
            if power <= above {
                return Ok(left);
            }
            if power == COMPARE && compared {
                let zh = "一次只比较两个值；请用 and 连接";
                let en = "compare two values at a time; join comparisons by `and`";
                return Err(Fault::new("syntax", column, zh, en));
            }
            // Once a comparison is read, what follows binds it as a whole.
            compared = power == COMPARE;
            self.next();
            let right = self.values(power)?;
            left = self.node(column, Kind::Pair(sign, Box::new(left), Box::new(right)))?;
        }
    }

    fn value(&mut self) -> Result<Ast, Fault> {
        let (token, column) = self.next();
        match token {
            Token::Int(number) => self.node(column, Kind::Int(number)),
            Token::Minus => {
                let value = self.deeper(column, |it| it.values(NEGATIVE))?;
                self.node(column, Kind::Negative(Box::new(value)))
            }
            Token::Open => {
                let value = self.deeper(column, |it| it.values(0))?;
                self.expect(Token::Close, "缺少右括号", "a closing bracket is missing")?;
                Ok(value)
            }
            Token::Name("not") => {
                let value = self.deeper(column, |it| it.values(NOT - 1))?;
                self.node(column, Kind::Not(Box::new(value)))
            }
            Token::Name("true") => self.node(column, Kind::YesNo(true)),
            Token::Name("false") => self.node(column, Kind::YesNo(false)),
            Token::Name("and" | "or") => Err(unexpected(column)),
            Token::Name(name) => self.named(name, column),
            Token::End => {
                Err(Fault::new("syntax", column, "算式不完整", "the expression is not complete"))
            }
            _ => Err(unexpected(column)),
        }
    }

    fn named(&mut self, name: &str, column: u32) -> Result<Ast, Fault> {
        match self.peek() {
            (Token::Open, _) => {
                let Some((_, call)) = CALLS.iter().find(|(word, _)| *word == name) else {
                    let words = CALLS.map(|(word, _)| word).join(", ");
                    let zh = format!("没有这个函数；可用：{words}");
                    let en = format!("there is no such function; choose among {words}");
                    return Err(Fault::new("syntax", column, zh, en));
                };
                self.next();
                let given = self.deeper(column, Self::given)?;
                self.node(column, Kind::Call(*call, given))
            }
            (Token::Dot, _) => {
                self.next();
                match self.next() {
                    (Token::Name(part), _) => {
                        self.node(column, Kind::Part(name.to_owned(), part.to_owned()))
                    }
                    (_, column) => Err(unexpected(column)),
                }
            }
            _ => self.node(column, Kind::Name(name.to_owned())),
        }
    }

    /// What stands between the brackets of a call.
    fn given(&mut self) -> Result<Vec<Ast>, Fault> {
        let mut given = vec![self.values(0)?];
        while self.peek().0 == Token::Comma {
            self.next();
            given.push(self.values(0)?);
        }
        self.expect(Token::Close, "缺少右括号或逗号", "a comma or closing bracket is missing")?;
        Ok(given)
    }
}

fn sign(token: Token<'_>) -> Option<Sign> {
    Some(match token {
        Token::Name("or") => Sign::Or,
        Token::Name("and") => Sign::And,
        Token::Less => Sign::Less,
        Token::AtMost => Sign::AtMost,
        Token::Equal => Sign::Equal,
        Token::Unequal => Sign::Unequal,
        Token::AtLeast => Sign::AtLeast,
        Token::More => Sign::More,
        Token::Plus => Sign::Plus,
        Token::Minus => Sign::Minus,
        Token::Times => Sign::Times,
        _ => return None,
    })
}
