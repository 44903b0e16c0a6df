//! The one expression of packs: small, total and typed, for `formula` fields and `check` rules.
//!
//! Invariants: only whole numbers, yes and no, and days; no text, no loop, no function of a
//! pack's own; what [`Expr::read`] lets through never meets a wrong type in a form that its
//! schema describes; every failure is a typed error with a code, and no input panics. Work is
//! bounded by the limits named here.

mod check;
mod eval;
mod fault;
mod parse;
mod schema;
mod token;
mod unit;

pub use eval::{Fraction, NoValue, Outcome, Scope, Value};
pub use fault::Fault;
pub use schema::Schema;
pub use unit::{Type, Unit};

use check::Node;
use std::collections::BTreeSet;

/// Longest expression, in bytes.
pub const EXPR_BYTES_MAX: usize = 2_000;
/// Deepest nesting of brackets, calls and signs.
pub const EXPR_DEPTH_MAX: u32 = 16;
/// Most numbers, names and operations of one expression.
pub const EXPR_NODES_MAX: u32 = 256;
/// Most steps that the expressions of one form may take together.
pub const STEPS_MAX: u32 = 1_000_000;
/// Most decimal places of a ratio.
pub const PLACES_MAX: u8 = 6;

/// An expression that was read and fits its schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    root: Node,
    of: Type,
    names: BTreeSet<String>,
}

impl Expr {
    /// Reads an expression and checks it against what may be named in it.
    ///
    /// # Errors
    /// What cannot be read, or else everything that does not fit, each with its column; nothing
    /// where it only names formulas that have faults of their own.
    pub fn read(text: &str, schema: &Schema) -> Result<Expr, Vec<Fault>> {
        let ast = parse::parse(text).map_err(|it| vec![it])?;
        check::check(&ast, schema)
    }

    /// Reads a formula: its value is a number in one plain unit.
    ///
    /// # Errors
    /// As [`Expr::read`], and where the value is none.
    pub fn formula(text: &str, schema: &Schema) -> Result<Expr, Vec<Fault>> {
        let expr = Expr::read(text, schema)?;
        match expr.of {
            Type::Plain => Ok(expr),
            Type::Number(unit) if unit.is_simple() => Ok(expr),
            Type::Number(unit) => Err(vec![Fault::new(
                "unit",
                1,
                format!("结果的单位是{unit}；公式的结果只能是一种单位"),
                format!("the value is in {unit}; a formula gives a value in one plain unit"),
            )]),
            _ => Err(vec![Fault::new(
                "not_a_number",
                1,
                "公式的结果须是数",
                "a formula gives a number",
            )]),
        }
    }

    /// Reads a rule: its value is yes or no.
    ///
    /// # Errors
    /// As [`Expr::read`], and where the value is neither.
    pub fn rule(text: &str, schema: &Schema) -> Result<Expr, Vec<Fault>> {
        let expr = Expr::read(text, schema)?;
        if expr.of == Type::YesNo {
            return Ok(expr);
        }
        Err(vec![Fault::new(
            "not_yes_no",
            1,
            "规则须有是否之分，例如 a <= b",
            "a rule is true or false, such as a <= b",
        )])
    }

    /// The type of its value; [`Type::Plain`] where no unit came in.
    #[must_use]
    pub fn of(&self) -> Type {
        self.of
    }

    /// The fields of the form that it names.
    #[must_use]
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// Its value.
    ///
    /// # Errors
    /// [`NoValue`] where there is none: a field not filled in, a division by nothing, a number
    /// too large.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Outcome, NoValue> {
        eval::outcome(&self.root, scope)
    }
}
