//! What a form computes: its formulas in their order, and the rules that must hold.
//!
//! Invariants: a formula names only what is filled in or computed before it, so none leads back
//! to itself; it is computed anew only when something it names was given; a rule without a value
//! fails.

use crate::expr::{Expr, Fault, NoValue, STEPS_MAX, Schema, Scope, Type, Value};
use crate::form::{Check, Entries, Field, FieldFault, FieldKind, FieldValue, Param, Register};
use crate::pack::Pack;
use crate::text::Text;
use jiff::civil::Date;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// What was filled in, by field.
type Values = BTreeMap<String, FieldValue>;

/// What a form is reckoned over beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// Registers that it may name.
    pub registers: &'a [Register],
    /// What stands in them.
    pub entries: &'a Entries,
    /// Values by date.
    pub params: &'a [Param],
    /// The day.
    pub today: Date,
}

impl<'a> Ground<'a> {
    /// What the form of `pack` is reckoned over.
    #[must_use]
    pub fn of(pack: &'a Pack, entries: &'a Entries, today: Date) -> Ground<'a> {
        Ground { registers: &pack.registers, entries, params: &pack.params, today }
    }

    fn scope<'b>(&'b self, form: &'b Values, steps: &'b Cell<u32>) -> Scope<'b> {
        Scope::new(form, self.entries, self.params, self.today, steps)
    }
}

/// The formulas and rules of a form, read and checked.
#[derive(Debug)]
pub struct Reckoning<'a> {
    columns: Vec<(&'a str, Vec<Formula<'a>>)>,
    formulas: Vec<Formula<'a>>,
    checks: Vec<(&'a Check, Option<Expr>)>,
}

#[derive(Debug)]
struct Formula<'a> {
    id: &'a str,
    expr: Expr,
}

/// Where in a form an expression stands; counting starts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A field.
    Field(usize),
    /// A column of a table: field, column.
    Column(usize, usize),
    /// A rule.
    Check(usize),
}

impl<'a> Reckoning<'a> {
    /// Reads the formulas and rules of a form. With each fault goes where it stands; what has
    /// one has no value, so a rule that cannot be read fails.
    #[must_use]
    pub fn of(
        fields: &'a [Field],
        checks: &'a [Check],
        registers: &[Register],
        params: &[Param],
    ) -> (Reckoning<'a>, Vec<(Stands, Fault)>) {
        let mut schema = Schema::new(fields, registers, params);
        let mut faults = Vec::new();
        let mut columns = Vec::new();
        for (at, field) in fields.iter().enumerate() {
            let FieldKind::Rows { fields: inner, .. } = &field.kind else { continue };
            let mut of_row = Schema::new(inner, registers, params);
            let stands = |column| Stands::Column(at, column);
            let found = formulas(inner, &mut of_row, stands, &mut faults, |column, of| {
                schema.computed_in(&field.id, column, of);
            });
            columns.push((field.id.as_str(), found));
        }
        let formulas = formulas(fields, &mut schema, Stands::Field, &mut faults, |_, _| ());
        let mut rules = Vec::new();
        for (at, check) in checks.iter().enumerate() {
            let rule = Expr::rule(&check.expr, &schema);
            let rule = rule.map_err(|found| {
                faults.extend(found.into_iter().map(|it| (Stands::Check(at), it)));
            });
            rules.push((check, rule.ok()));
        }
        (Reckoning { columns, formulas, checks: rules }, faults)
    }

    /// The type of a formula of the form; `None` where there is none that can be read.
    #[must_use]
    pub fn type_of(&self, id: &str) -> Option<Type> {
        self.formulas.iter().find(|it| it.id == id).map(|it| it.expr.of())
    }

    /// Computes what follows from `given`, into it; `before` is what the matter carries.
    ///
    /// A formula that lacks something stays without a value.
    ///
    /// # Errors
    /// A number too large, or a formula that had a value and would lose it; all at once.
    pub fn fill(
        &self,
        before: &Values,
        given: &mut Values,
        ground: &Ground<'_>,
    ) -> Result<(), Vec<FieldFault>> {
        let steps = Cell::new(STEPS_MAX);
        let mut faults = Vec::new();
        for (table, formulas) in self.columns.iter().filter(|(_, it)| !it.is_empty()) {
            let Some(FieldValue::Rows(rows)) = given.get_mut(*table) else { continue };
            for (no, row) in rows.iter_mut().enumerate() {
                for formula in formulas {
                    let scope = ground.scope(row, &steps);
                    let path = || format!("{table}[{no}].{}", formula.id);
                    if let Some(value) = formula.value(&scope, false, path, &mut faults) {
                        row.insert(formula.id.to_owned(), value);
                    }
                }
            }
        }
        let mut form = before.clone();
        form.extend(given.iter().map(|(id, value)| (id.clone(), value.clone())));
        let mut fresh: BTreeSet<String> = given.keys().cloned().collect();
        for formula in &self.formulas {
            let had = form.contains_key(formula.id);
            if had && fresh.is_disjoint(formula.expr.names()) {
                continue;
            }
            let scope = ground.scope(&form, &steps);
            let path = || formula.id.to_owned();
            if let Some(value) = formula.value(&scope, had, path, &mut faults) {
                fresh.insert(formula.id.to_owned());
                form.insert(formula.id.to_owned(), value.clone());
                given.insert(formula.id.to_owned(), value);
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The rules that do not hold for a form; one without a value does not hold.
    #[must_use]
    pub fn failing(&self, form: &Values, ground: &Ground<'_>) -> Vec<&'a Check> {
        let steps = Cell::new(STEPS_MAX);
        let scope = ground.scope(form, &steps);
        let holds = |rule: &Expr| {
            let value = rule.value(&scope).map(|it| it.value);
            value == Ok(Value::YesNo(true))
        };
        let fails = self.checks.iter().filter(|(_, it)| !it.as_ref().is_some_and(holds));
        fails.map(|(check, _)| *check).collect()
    }
}

/// Reads the formulas among `fields`, each knowing those before it.
fn formulas<'a>(
    fields: &'a [Field],
    schema: &mut Schema,
    stands: impl Fn(usize) -> Stands,
    faults: &mut Vec<(Stands, Fault)>,
    mut tell: impl FnMut(&str, Option<Type>),
) -> Vec<Formula<'a>> {
    let mut formulas = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let FieldKind::Formula { expr } = &field.kind else { continue };
        let of = match Expr::formula(expr, schema) {
            Ok(expr) => {
                let of = expr.of();
                formulas.push(Formula { id: &field.id, expr });
                Some(of)
            }
            Err(found) => {
                faults.extend(found.into_iter().map(|it| (stands(at), it)));
                None
            }
        };
        schema.computed(&field.id, of);
        tell(&field.id, of);
    }
    formulas
}

impl Formula<'_> {
    /// The value, or a fault where the form must not be kept without one.
    fn value(
        &self,
        scope: &Scope<'_>,
        had: bool,
        path: impl Fn() -> String,
        faults: &mut Vec<FieldFault>,
    ) -> Option<FieldValue> {
        let why = match self.expr.value(scope).map(|it| it.value) {
            Ok(Value::Int(value)) => return Some(FieldValue::Int(value)),
            Ok(_) => NoValue::WrongType { field: self.id.to_owned() },
            Err(why) => why,
        };
        let broken =
            matches!(why, NoValue::Overflow | NoValue::TooManySteps | NoValue::WrongType { .. });
        if broken || had {
            let what = Text::new(
                "该字段因此无法计算，请核对所填内容",
                format!("nothing comes out: {why}"),
            );
            faults.push(FieldFault { code: why.code(), field: path(), what });
        }
        None
    }
}

/// Computes what follows from `given`, into it, as [`Reckoning::fill`].
///
/// # Errors
/// As [`Reckoning::fill`].
pub fn fill_formulas(
    fields: &[Field],
    ground: &Ground<'_>,
    before: &Values,
    given: &mut Values,
) -> Result<(), Vec<FieldFault>> {
    let is_computed = |it: &Field| matches!(it.kind, FieldKind::Formula { .. });
    let holds_computed = |it: &Field| match &it.kind {
        FieldKind::Rows { fields, .. } => fields.iter().any(is_computed),
        _ => is_computed(it),
    };
    if !fields.iter().any(holds_computed) {
        return Ok(());
    }
    let (registers, params) = (ground.registers, ground.params);
    Reckoning::of(fields, &[], registers, params).0.fill(before, given, ground)
}

/// The rules of a form that do not hold; one without a value does not hold.
#[must_use]
pub fn failing_checks<'a>(
    fields: &'a [Field],
    checks: &'a [Check],
    ground: &Ground<'_>,
    form: &Values,
) -> Vec<&'a Check> {
    if checks.is_empty() {
        return Vec::new();
    }
    let (registers, params) = (ground.registers, ground.params);
    Reckoning::of(fields, checks, registers, params).0.failing(form, ground)
}
