//! The value of an expression over what was filled in.
//!
//! Invariants: whole numbers, each step checked; what has no value is told with a code, never a
//! panic; the steps of one form are counted together. `and`, `or` and `if` look only at what they
//! need.

use super::STEPS_MAX;
use super::check::{Node, Over, Scale};
use super::parse::Sign;
use crate::figure::rounded;
use crate::form::{Entries, FieldValue, Param};
use jiff::civil::Date;
use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What expressions are reckoned over: one form, the params of its pack, one day.
#[derive(Debug)]
pub struct Scope<'a> {
    form: &'a BTreeMap<String, FieldValue>,
    entries: &'a Entries,
    params: &'a [Param],
    today: Date,
    steps_left: &'a Cell<u32>,
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number in the unit of the expression.
    Int(i64),
    /// Yes or no.
    YesNo(bool),
    /// A day.
    Day(Date),
}

/// A value, and the two sides of it where it is a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The value.
    pub value: Value,
    /// Numerator and denominator, where the expression is a ratio as a whole.
    pub fraction: Option<Fraction>,
}

/// The two sides of a ratio, before rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Numerator.
    pub over: i64,
    /// Denominator, never 0.
    pub under: i64,
    /// Decimal places of the value.
    pub places: u8,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoValue {
    /// Not filled in.
    #[error("the field {field} is not filled in")]
    MissingField {
        /// The field or column.
        field: String,
    },
    /// A key that stands in no register.
    #[error("the register {register} has no entry {key}")]
    NoEntry {
        /// The register.
        register: String,
        /// The key looked for.
        key: String,
    },
    /// No value of a param on that day.
    #[error("the param {param} has no value on {on}")]
    NoParam {
        /// The param.
        param: String,
        /// The day.
        on: Date,
    },
    /// A table without rows has no smallest and no largest.
    #[error("the table {table} has no rows")]
    NoRows {
        /// The table.
        table: String,
    },
    /// A ratio to nothing.
    #[error("the denominator is zero")]
    ZeroDenominator,
    /// A number beyond what is reckoned with.
    #[error("the number is too large to reckon with")]
    Overflow,
    /// More steps than [`STEPS_MAX`].
    #[error("reckoning takes more than {STEPS_MAX} steps")]
    TooManySteps,
    /// The form carries another type than its schema says.
    #[error("the field {field} carries another type than its form says")]
    WrongType {
        /// The field, or what stood there.
        field: String,
    },
}

impl NoValue {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NoValue::MissingField { .. } => "missing_field",
            NoValue::NoEntry { .. } => "no_entry",
            NoValue::NoParam { .. } => "no_param",
            NoValue::NoRows { .. } => "no_rows",
            NoValue::ZeroDenominator => "zero_denominator",
            NoValue::Overflow => "overflow",
            NoValue::TooManySteps => "too_many_steps",
            NoValue::WrongType { .. } => "wrong_type",
        }
    }
}

impl<'a> Scope<'a> {
    /// A scope that takes its steps from `steps_left`, which begins at [`STEPS_MAX`].
    #[must_use]
    pub fn new(
        form: &'a BTreeMap<String, FieldValue>,
        entries: &'a Entries,
        params: &'a [Param],
        today: Date,
        steps_left: &'a Cell<u32>,
    ) -> Scope<'a> {
        Scope { form, entries, params, today, steps_left }
    }

    fn step(&self) -> Result<(), NoValue> {
        let left = self.steps_left.get().checked_sub(1).ok_or(NoValue::TooManySteps)?;
        self.steps_left.set(left);
        Ok(())
    }

    fn rows(&self, table: &str) -> Result<&'a [BTreeMap<String, FieldValue>], NoValue> {
        match self.form.get(table) {
            Some(FieldValue::Rows(rows)) => Ok(rows),
            Some(_) => Err(wrong(table)),
            None => Err(NoValue::MissingField { field: table.to_owned() }),
        }
    }
}

type Row<'a> = Option<&'a BTreeMap<String, FieldValue>>;

pub(super) fn outcome(root: &Node, scope: &Scope<'_>) -> Result<Outcome, NoValue> {
    let mut fraction = None;
    let value = match root {
        Node::Ratio(over, under, scale) => {
            let (over, under) = (int(over, scope, None)?, int(under, scope, None)?);
            fraction = Some(Fraction { over, under, places: scale.places });
            Value::Int(ratio(over, under, *scale)?)
        }
        _ => value(root, scope, None)?,
    };
    Ok(Outcome { value, fraction })
}

fn wrong(field: &str) -> NoValue {
    NoValue::WrongType { field: field.to_owned() }
}

fn int(node: &Node, scope: &Scope<'_>, row: Row<'_>) -> Result<i64, NoValue> {
    match value(node, scope, row)? {
        Value::Int(it) => Ok(it),
        _ => Err(wrong(named(node))),
    }
}

fn yes(node: &Node, scope: &Scope<'_>, row: Row<'_>) -> Result<bool, NoValue> {
    match value(node, scope, row)? {
        Value::YesNo(it) => Ok(it),
        _ => Err(wrong(named(node))),
    }
}

fn day(node: &Node, scope: &Scope<'_>, row: Row<'_>) -> Result<Date, NoValue> {
    match value(node, scope, row)? {
        Value::Day(it) => Ok(it),
        _ => Err(wrong(named(node))),
    }
}

fn named(node: &Node) -> &str {
    match node {
        Node::Field(name) | Node::Cell(name) | Node::Entry(_, _, name) => name,
        _ => "",
    }
}

fn value(node: &Node, scope: &Scope<'_>, row: Row<'_>) -> Result<Value, NoValue> {
    scope.step()?;
    let whole = |it: Option<i64>| it.map(Value::Int).ok_or(NoValue::Overflow);
    match node {
        Node::Int(it) => Ok(Value::Int(*it)),
        Node::YesNo(it) => Ok(Value::YesNo(*it)),
        Node::Field(field) => filled(Some(scope.form), field),
        Node::Cell(column) => filled(row, column),
        Node::Entry(key, register, field) => entry(key, register, field, scope),
        Node::Negative(of) => whole(int(of, scope, row)?.checked_neg()),
        Node::Not(of) => Ok(Value::YesNo(!yes(of, scope, row)?)),
        Node::Pair(sign, left, right) => pair(*sign, left, right, scope, row),
        Node::If(when, then, or) => {
            let chosen = if yes(when, scope, row)? { then } else { or };
            value(chosen, scope, row)
        }
        Node::Over(over, table, each) => over_rows(*over, table, each, scope),
        Node::Count(table) => whole(i64::try_from(scope.rows(table)?.len()).ok()),
        Node::Either(is_max, left, right) => {
            let (left, right) = (int(left, scope, row)?, int(right, scope, row)?);
            Ok(Value::Int(if *is_max { left.max(right) } else { left.min(right) }))
        }
        Node::Ratio(over, under, scale) => {
            let (over, under) = (int(over, scope, row)?, int(under, scope, row)?);
            ratio(over, under, *scale).map(Value::Int)
        }
        Node::Param(name, on) => {
            let on = match on {
                Some(on) => day(on, scope, row)?,
                None => scope.today,
            };
            param(name, on, scope).map(Value::Int)
        }
        Node::Months(from, to) => {
            Ok(Value::Int(months(day(from, scope, row)?, day(to, scope, row)?)))
        }
        Node::Days(from, to) => {
            let (from, to) = (day(from, scope, row)?, day(to, scope, row)?);
            Ok(Value::Int(crate::time::day_of_date(to) - crate::time::day_of_date(from)))
        }
    }
}

fn filled(from: Row<'_>, name: &str) -> Result<Value, NoValue> {
    match from.and_then(|it| it.get(name)) {
        None => Err(NoValue::MissingField { field: name.to_owned() }),
        Some(FieldValue::Int(it)) => Ok(Value::Int(*it)),
        Some(FieldValue::Yes(it)) => Ok(Value::YesNo(*it)),
        Some(FieldValue::Key(it)) => it.parse().map(Value::Day).map_err(|_| wrong(name)),
        Some(FieldValue::Ref(_) | FieldValue::Files(_) | FieldValue::Rows(_)) => Err(wrong(name)),
    }
}

fn entry(key: &Node, register: &str, field: &str, scope: &Scope<'_>) -> Result<Value, NoValue> {
    let at = named(key);
    let key = match scope.form.get(at) {
        Some(FieldValue::Key(key)) => key,
        Some(_) => return Err(wrong(at)),
        None => return Err(NoValue::MissingField { field: at.to_owned() }),
    };
    let entry = scope.entries.get(register).and_then(|it| it.get(key));
    let missing = || NoValue::NoEntry { register: register.to_owned(), key: key.clone() };
    filled(Some(&entry.ok_or_else(missing)?.fields), field)
}

fn pair(
    sign: Sign,
    left: &Node,
    right: &Node,
    scope: &Scope<'_>,
    row: Row<'_>,
) -> Result<Value, NoValue> {
    let sum = |reckon: fn(i64, i64) -> Option<i64>| {
        let value = reckon(int(left, scope, row)?, int(right, scope, row)?);
        value.map(Value::Int).ok_or(NoValue::Overflow)
    };
    let order = |holds: fn(Ordering) -> bool| {
        let (one, other) = (value(left, scope, row)?, value(right, scope, row)?);
        let order = match (one, other) {
            (Value::Int(one), Value::Int(other)) => one.cmp(&other),
            (Value::Day(one), Value::Day(other)) => one.cmp(&other),
            (Value::YesNo(one), Value::YesNo(other)) => one.cmp(&other),
            _ => return Err(wrong(named(left))),
        };
        Ok(Value::YesNo(holds(order)))
    };
    match sign {
        Sign::Or => {
            Ok(Value::YesNo(if yes(left, scope, row)? { true } else { yes(right, scope, row)? }))
        }
        Sign::And => {
            Ok(Value::YesNo(if yes(left, scope, row)? { yes(right, scope, row)? } else { false }))
        }
        Sign::Plus => sum(i64::checked_add),
        Sign::Minus => sum(i64::checked_sub),
        Sign::Times => sum(i64::checked_mul),
        Sign::Less => order(Ordering::is_lt),
        Sign::AtMost => order(Ordering::is_le),
        Sign::Equal => order(Ordering::is_eq),
        Sign::Unequal => order(Ordering::is_ne),
        Sign::AtLeast => order(Ordering::is_ge),
        Sign::More => order(Ordering::is_gt),
    }
}

fn over_rows(over: Over, table: &str, each: &Node, scope: &Scope<'_>) -> Result<Value, NoValue> {
    // Rows are few enough that a sum of them cannot leave 128 bits.
    let mut sum: i128 = 0;
    let mut best: Option<i64> = None;
    for row in scope.rows(table)? {
        let value = int(each, scope, Some(row))?;
        sum += i128::from(value);
        best = Some(match (over, best) {
            (Over::Least, Some(best)) => best.min(value),
            (_, Some(best)) => best.max(value),
            (_, None) => value,
        });
    }
    match over {
        Over::Sum => i64::try_from(sum).map(Value::Int).map_err(|_| NoValue::Overflow),
        _ => best.map(Value::Int).ok_or(NoValue::NoRows { table: table.to_owned() }),
    }
}

/// Rounded half away from zero (四舍五入), as figures are.
fn ratio(over: i64, under: i64, scale: Scale) -> Result<i64, NoValue> {
    // At most 19 digits and 15 more: within 128 bits.
    let over = i128::from(over) * 10_i128.pow(scale.over);
    let under = i128::from(under) * 10_i128.pow(scale.under);
    let ratio = rounded(over, under).ok_or(NoValue::ZeroDenominator)?;
    i64::try_from(ratio).map_err(|_| NoValue::Overflow)
}

fn param(name: &str, on: Date, scope: &Scope<'_>) -> Result<i64, NoValue> {
    let value = scope.params.iter().find(|it| it.id == name).and_then(|it| it.on(on));
    value.map(|it| it.value).ok_or_else(|| NoValue::NoParam { param: name.to_owned(), on })
}

/// Whole months from one day to another; negative where the second comes first.
fn months(from: Date, to: Date) -> i64 {
    if to < from {
        return -months(to, from);
    }
    let count = |it: Date| i64::from(it.year()) * 12 + i64::from(it.month());
    // The last day of a month ends a month that began on a later day of its own: 31 Jan – 28 Feb.
    let is_full = to.day() >= from.day() || to.day() == to.days_in_month();
    count(to) - count(from) - i64::from(!is_full)
}
