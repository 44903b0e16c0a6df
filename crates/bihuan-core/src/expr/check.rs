//! Types: whether each part of an expression fits, and what it is made of once it does.
//!
//! Invariant: all faults are told at once, each at its column; a part with a fault counts as
//! fitting wherever it stands, so that one slip is told once.

use super::parse::{Ast, Call, Kind, Sign};
use super::schema::{Named, Schema};
use super::unit::{Type, Unit};
use super::{Expr, Fault, PLACES_MAX};
use crate::pack::{nearest, perhaps, quote};
use std::collections::BTreeSet;

/// A checked part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Int(i64),
    YesNo(bool),
    Field(String),
    /// A column of the row at hand.
    Cell(String),
    /// A field of the entry that the first names in its register.
    Entry(Box<Node>, String, String),
    Negative(Box<Node>),
    Not(Box<Node>),
    Pair(Sign, Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    /// A table, and what is reckoned for each row.
    Over(Over, String, Box<Node>),
    Count(String),
    /// The larger of two if the flag says so, else the smaller.
    Either(bool, Box<Node>, Box<Node>),
    Ratio(Box<Node>, Box<Node>, Scale),
    Param(String, Option<Box<Node>>),
    Months(Box<Node>, Box<Node>),
    Days(Box<Node>, Box<Node>),
}

/// What is made of the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Sum,
    Least,
    Greatest,
}

/// Decimal places of a ratio, and the powers of ten that bring its two sides there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) places: u8,
    pub(super) over: u32,
    pub(super) under: u32,
}

/// A part with its type; `None` where a fault was told.
type Typed = (Node, Option<Type>);

/// Checks a tree.
pub(super) fn check(ast: &Ast, schema: &Schema) -> Result<Expr, Vec<Fault>> {
    let mut checker = Checker { schema, faults: Vec::new(), names: BTreeSet::new(), table: None };
    let (root, of) = checker.part(ast);
    match of {
        Some(of) if checker.faults.is_empty() => Ok(Expr { root, of, names: checker.names }),
        _ => Err(checker.faults),
    }
}

struct Checker<'s> {
    schema: &'s Schema,
    faults: Vec<Fault>,
    names: BTreeSet<String>,
    /// The table whose rows are gone through.
    table: Option<String>,
}

impl Checker<'_> {
    fn fault(
        &mut self,
        code: &'static str,
        at: &Ast,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Typed {
        self.faults.push(Fault::new(code, at.column, zh, en));
        (Node::Int(0), None)
    }

    fn part(&mut self, ast: &Ast) -> Typed {
        match &ast.kind {
            Kind::Int(number) => (Node::Int(*number), Some(Type::Plain)),
            Kind::YesNo(yes) => (Node::YesNo(*yes), Some(Type::YesNo)),
            Kind::Name(name) => self.name(ast, name),
            Kind::Part(whole, part) => self.whole_part(ast, whole, part),
            Kind::Negative(of) => {
                let (node, of) = self.number(of);
                (Node::Negative(Box::new(node)), of)
            }
            Kind::Not(of) => {
                let node = self.yes_no(of);
                (Node::Not(Box::new(node)), Some(Type::YesNo))
            }
            Kind::Pair(sign, left, right) => self.pair(ast, *sign, left, right),
            Kind::Call(call, given) => self.call(ast, *call, given),
        }
    }

    fn number(&mut self, ast: &Ast) -> Typed {
        match self.part(ast) {
            (_, Some(Type::YesNo | Type::Day)) => {
                self.fault("not_a_number", ast, "此处须是数", "a number belongs here")
            }
            typed => typed,
        }
    }

    fn yes_no(&mut self, ast: &Ast) -> Node {
        match self.part(ast) {
            (node, Some(Type::YesNo) | None) => node,
            _ => {
                let zh = "此处须有是否之分，例如 a <= b";
                let en = "true or false belongs here, such as a <= b";
                self.fault("not_yes_no", ast, zh, en).0
            }
        }
    }

    fn day(&mut self, ast: &Ast) -> Box<Node> {
        Box::new(match self.part(ast) {
            (node, Some(Type::Day) | None) => node,
            _ => self.fault("not_a_date", ast, "此处须是日期字段", "a date field belongs here").0,
        })
    }

    /// Two values that must be of one type, and the type they share.
    fn alike(&mut self, at: &Ast, left: Option<Type>, right: Option<Type>) -> Option<Type> {
        match (left, right) {
            (Some(Type::Plain), other @ Some(Type::Number(_))) => other,
            (other @ Some(Type::Number(_)), Some(Type::Plain)) => other,
            (Some(left), Some(right)) if left == right => Some(left),
            (Some(Type::Number(left)), Some(Type::Number(right))) => {
                let zh = format!("单位不同：{left}与{right}");
                let en = format!("{left} stands beside {right}; the units differ");
                self.fault("unit", at, zh, en).1
            }
            (Some(_), Some(_)) => {
                let zh = "两边类型不同";
                let en = "the two sides are of different types";
                self.fault("types_differ", at, zh, en).1
            }
            _ => None,
        }
    }

    fn pair(&mut self, ast: &Ast, sign: Sign, left: &Ast, right: &Ast) -> Typed {
        let pair = |left, right| Node::Pair(sign, Box::new(left), Box::new(right));
        match sign {
            Sign::And | Sign::Or => {
                let (left, right) = (self.yes_no(left), self.yes_no(right));
                (pair(left, right), Some(Type::YesNo))
            }
            Sign::Plus | Sign::Minus => {
                let ((left, one), (right, other)) = (self.number(left), self.number(right));
                let of = self.alike(ast, one, other);
                (pair(left, right), of)
            }
            Sign::Times => {
                let ((left, one), (right, other)) = (self.number(left), self.number(right));
                let of = match (one, other) {
                    (Some(Type::Number(one)), Some(Type::Number(other))) => {
                        let unit = one.times(other).map(Type::Number);
                        unit.or_else(|| self.too_many_units(ast))
                    }
                    (Some(Type::Plain), other) => other,
                    (other, Some(Type::Plain)) => other,
                    _ => None,
                };
                (pair(left, right), of)
            }
            _ => {
                let ((left, one), (right, other)) = (self.part(left), self.part(right));
                let of = self.alike(ast, one, other);
                let is_order = !matches!(sign, Sign::Equal | Sign::Unequal);
                if is_order && of == Some(Type::YesNo) {
                    let zh = "是否之间没有大小";
                    let en = "yes and no have no order; use = or !=";
                    return self.fault("types_differ", ast, zh, en);
                }
                (pair(left, right), Some(Type::YesNo))
            }
        }
    }

    fn too_many_units(&mut self, at: &Ast) -> Option<Type> {
        let zh = "相乘的单位过多";
        let en = "too many units are multiplied";
        self.fault("unit", at, zh, en).1
    }

    fn name(&mut self, ast: &Ast, name: &str) -> Typed {
        let Some(named) = self.schema.name(name) else {
            return self.unknown(ast, "字段", "field", name, self.schema.known_names());
        };
        self.names.insert(name.to_owned());
        self.named(ast, named, Node::Field(name.to_owned()))
    }

    fn unknown<'a>(
        &mut self,
        at: &Ast,
        zh: &str,
        en: &str,
        name: &str,
        known: impl Iterator<Item = &'a str>,
    ) -> Typed {
        let (maybe_zh, maybe_en) = perhaps(nearest(name, known));
        let name = quote(name);
        let zh = format!("没有名为“{name}”的{zh}{maybe_zh}");
        let en = format!("there is no {en} `{name}`{maybe_en}");
        self.fault("unknown_name", at, zh, en)
    }

    fn named(&mut self, at: &Ast, named: &Named, node: Node) -> Typed {
        match named {
            Named::Value(of) => (node, Some(*of)),
            Named::Broken => (node, None),
            Named::Table(_) => {
                let zh = "这是表格；请用 sum、count、min 或 max";
                let en = "this is a table; use sum, count, min or max";
                self.fault("not_a_value", at, zh, en)
            }
            Named::Entry(_) => {
                let zh = "这是名录条目；请写明其中的字段：条目.字段";
                let en = "this is an entry of a register; name one of its fields: entry.field";
                self.fault("not_a_value", at, zh, en)
            }
            Named::Later => {
                let zh = "该公式排在后面；请把它移到前面";
                let en = "this formula comes later; put it before";
                self.fault("computed_later", at, zh, en)
            }
            Named::NotReckoned => {
                let zh = "文字、选项、人员和单位不能参与计算";
                let en = "texts, choices, persons and units cannot be reckoned with";
                self.fault("not_a_value", at, zh, en)
            }
        }
    }

    /// `table.column` of the row at hand, or `entry.field`.
    fn whole_part(&mut self, ast: &Ast, whole: &str, part: &str) -> Typed {
        match self.schema.name(whole) {
            Some(Named::Table(_)) if self.table.as_deref() == Some(whole) => {
                self.column(ast, whole, part)
            }
            Some(Named::Table(_)) => {
                let zh = format!("表格各行的字段只在 sum、min、max 之内可用：sum({whole}, …)");
                let en = format!("rows have columns only within sum, min or max: sum({whole}, …)");
                self.fault("no_row", ast, zh, en)
            }
            Some(Named::Entry(register)) => {
                self.names.insert(whole.to_owned());
                self.entry(ast, Node::Field(whole.to_owned()), register, part)
            }
            Some(_) => {
                let zh = format!("“{}”没有下级字段", quote(whole));
                let en = format!("`{}` has no fields of its own", quote(whole));
                self.fault("not_a_value", ast, zh, en)
            }
            None => self.unknown(ast, "字段", "field", whole, self.schema.known_names()),
        }
    }

    fn entry(&mut self, ast: &Ast, key: Node, register: &str, part: &str) -> Typed {
        let Some(fields) = self.schema.register(register) else {
            let zh = "此处只知道条目的标识，不知道其内容";
            let en = "only the key of the entry is known here, not its fields";
            return self.fault("not_a_value", ast, zh, en);
        };
        let Some(named) = fields.get(part) else {
            let known = fields.keys().map(String::as_str);
            return self.unknown(ast, "名录字段", "field of the register", part, known);
        };
        let node = Node::Entry(Box::new(key), register.to_owned(), part.to_owned());
        self.named(ast, named, node)
    }

    fn column(&mut self, ast: &Ast, table: &str, column: &str) -> Typed {
        let Some(Named::Table(columns)) = self.schema.name(table) else {
            return self.unknown(ast, "表格", "table", table, std::iter::empty());
        };
        let Some(named) = columns.get(column) else {
            let known = columns.keys().map(String::as_str);
            return self.unknown(ast, "列", "column", column, known);
        };
        self.named(ast, named, Node::Cell(column.to_owned()))
    }

    fn call(&mut self, ast: &Ast, call: Call, given: &[Ast]) -> Typed {
        match (call, given) {
            (Call::If, [when, yes, no]) => {
                let when = self.yes_no(when);
                let ((yes, one), (no, other)) = (self.part(yes), self.part(no));
                let of = self.alike(ast, one, other);
                (Node::If(Box::new(when), Box::new(yes), Box::new(no)), of)
            }
            (Call::Sum, [table, each]) => self.over(Over::Sum, table, each),
            (Call::Count, [table]) => match self.table(table) {
                Some(table) => (Node::Count(table), Some(Type::Number(Unit::COUNT))),
                None => (Node::Int(0), None),
            },
            (Call::Min | Call::Max, [left, right]) => {
                let is_max = call == Call::Max;
                if self.is_table(left) {
                    let over = if is_max { Over::Greatest } else { Over::Least };
                    return self.over(over, left, right);
                }
                let ((left, one), (right, other)) = (self.number(left), self.number(right));
                let of = self.alike(ast, one, other);
                (Node::Either(is_max, Box::new(left), Box::new(right)), of)
            }
            (Call::Ratio, [over, under, places]) => self.ratio(ast, over, under, places),
            (Call::Months, [period]) => match self.number(period) {
                (node, None) => (node, None),
                (node, Some(of)) if of == Type::Number(Unit::MONTHS) => (node, Some(of)),
                _ => self.fault("unit", period, "此处须是月数", "a number of months belongs here"),
            },
            (Call::Months, [from, to]) => {
                let (from, to) = (self.day(from), self.day(to));
                (Node::Months(from, to), Some(Type::Number(Unit::MONTHS)))
            }
            (Call::Days, [from, to]) => {
                let (from, to) = (self.day(from), self.day(to));
                (Node::Days(from, to), Some(Type::Number(Unit::DAYS)))
            }
            (Call::Param, [name]) => self.param(name, None),
            (Call::Param, [name, on]) => {
                let on = self.day(on);
                self.param(name, Some(on))
            }
            (call, _) => {
                let shape = shape(call);
                let zh = format!("参数个数不对；应为 {shape}");
                self.fault("wrong_count", ast, zh, format!("write {shape}"))
            }
        }
    }

    fn is_table(&self, ast: &Ast) -> bool {
        matches!(&ast.kind, Kind::Name(it) if matches!(self.schema.name(it), Some(Named::Table(_))))
    }

    fn table(&mut self, ast: &Ast) -> Option<String> {
        let Kind::Name(name) = &ast.kind else {
            self.fault("not_a_table", ast, "此处须是表格", "the name of a table belongs here");
            return None;
        };
        match self.schema.name(name) {
            Some(Named::Table(_)) => {
                self.names.insert(name.clone());
                Some(name.clone())
            }
            Some(_) => {
                self.fault("not_a_table", ast, "此处须是表格", "the name of a table belongs here");
                None
            }
            None => {
                let schema = self.schema;
                self.unknown(ast, "表格", "table", name, schema.known_names());
                None
            }
        }
    }

    /// What is made of the rows of a table; `each` is reckoned for every row.
    fn over(&mut self, over: Over, table: &Ast, each: &Ast) -> Typed {
        if self.table.is_some() {
            let zh = "逐行计算之中不能再逐行计算";
            let en = "rows cannot be gone through within rows; use a formula as a column";
            return self.fault("rows_in_rows", table, zh, en);
        }
        let Some(table) = self.table(table) else { return (Node::Int(0), None) };
        self.table = Some(table.clone());
        let (node, of) = match &each.kind {
            // A name alone is a column: `sum(segments, length)`.
            Kind::Name(column) => match self.column(each, &table, column) {
                (_, Some(Type::YesNo | Type::Day)) => {
                    self.fault("not_a_number", each, "此处须是数", "a number belongs here")
                }
                typed => typed,
            },
            _ => self.number(each),
        };
        self.table = None;
        (Node::Over(over, table, Box::new(node)), of)
    }

    fn ratio(&mut self, ast: &Ast, over: &Ast, under: &Ast, places: &Ast) -> Typed {
        let ((over, one), (under, other)) = (self.number(over), self.number(under));
        let wanted = match places.kind {
            Kind::Int(it) => u8::try_from(it).ok().filter(|it| *it <= PLACES_MAX),
            _ => None,
        };
        let Some(wanted) = wanted else {
            let zh = format!("小数位数为0至{PLACES_MAX}");
            let en = format!("the decimal places are a number from 0 to {PLACES_MAX}");
            return self.fault("bad_places", places, zh, en);
        };
        let unit = |of: Option<Type>| match of {
            Some(Type::Number(unit)) => Some(unit),
            Some(_) => Some(Unit::COUNT),
            None => None,
        };
        let (Some(one), Some(other)) = (unit(one), unit(other)) else {
            return (Node::Int(0), None);
        };
        let Some(of) = one.per(other, wanted) else {
            let of = self.too_many_units(ast);
            return (Node::Int(0), of);
        };
        let scale = Scale {
            places: wanted,
            over: u32::from(wanted) + u32::from(other.places()),
            under: u32::from(one.places()),
        };
        (Node::Ratio(Box::new(over), Box::new(under), scale), Some(Type::Number(of)))
    }

    fn param(&mut self, name: &Ast, on: Option<Box<Node>>) -> Typed {
        let Kind::Name(id) = &name.kind else {
            let zh = "此处须是参数的标识";
            return self.fault("not_a_param", name, zh, "the key of a param belongs here");
        };
        let schema = self.schema;
        match schema.param(id) {
            Some(unit) => (Node::Param(id.clone(), on), Some(Type::Number(unit))),
            None => self.unknown(name, "参数", "param", id, schema.known_params()),
        }
    }
}

/// How a call is written.
fn shape(call: Call) -> &'static str {
    match call {
        Call::If => "if(a, b, c)",
        Call::Sum => "sum(table, column)",
        Call::Count => "count(table)",
        Call::Min => "min(a, b)",
        Call::Max => "max(a, b)",
        Call::Ratio => "ratio(over, under, places)",
        Call::Months => "months(period), months(from, to)",
        Call::Days => "days(from, to)",
        Call::Param => "param(name), param(name, date)",
    }
}
