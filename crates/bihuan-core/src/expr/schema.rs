//! What an expression may name: fields, tables with their columns, entries of registers, params.

use super::unit::{Type, Unit};
use crate::form::{Field, FieldKind, Param, Register};
use std::collections::BTreeMap;

/// What an expression may name, with types.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    names: BTreeMap<String, Named>,
    registers: BTreeMap<String, BTreeMap<String, Named>>,
    params: BTreeMap<String, Unit>,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Named {
    /// A value.
    Value(Type),
    /// A table.
    Table(BTreeMap<String, Named>),
    /// An entry of a register.
    Entry(String),
    /// A formula that has not been computed where the expression stands.
    Later,
    /// A formula with faults of its own: told once, there.
    Broken,
    /// Text, a choice, a person, a unit, a place or a file.
    NotReckoned,
}

impl Schema {
    /// What the formulas and checks of a form may name. Formulas come in by
    /// [`Schema::computed`], one after the other, so none can lead back to itself.
    #[must_use]
    pub fn new(fields: &[Field], registers: &[Register], params: &[Param]) -> Schema {
        let columns = |it: &Register| (it.id.clone(), names(&it.fields));
        Schema {
            names: names(fields),
            registers: registers.iter().map(columns).collect(),
            params: params.iter().map(|it| (it.id.clone(), Unit::named(&it.unit))).collect(),
        }
    }

    /// From here on the formula may be named; `None` says that it has faults of its own.
    pub fn computed(&mut self, id: &str, of: Option<Type>) {
        self.names.insert(id.to_owned(), formula(of));
    }

    /// As [`Schema::computed`], for a column of a table.
    pub fn computed_in(&mut self, table: &str, column: &str, of: Option<Type>) {
        if let Some(Named::Table(columns)) = self.names.get_mut(table) {
            columns.insert(column.to_owned(), formula(of));
        }
    }

    pub(super) fn name(&self, name: &str) -> Option<&Named> {
        self.names.get(name)
    }

    pub(super) fn known_names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    pub(super) fn register(&self, register: &str) -> Option<&BTreeMap<String, Named>> {
        self.registers.get(register)
    }

    pub(super) fn param(&self, name: &str) -> Option<Unit> {
        self.params.get(name).copied()
    }

    pub(super) fn known_params(&self) -> impl Iterator<Item = &str> {
        self.params.keys().map(String::as_str)
    }
}

fn formula(of: Option<Type>) -> Named {
    match of {
        Some(Type::Plain) => Named::Value(Type::Number(Unit::COUNT)),
        Some(of) => Named::Value(of),
        None => Named::Broken,
    }
}

fn names(fields: &[Field]) -> BTreeMap<String, Named> {
    fields.iter().map(|it| (it.id.clone(), named(&it.kind))).collect()
}

fn named(kind: &FieldKind) -> Named {
    let number = |it| Named::Value(Type::Number(it));
    match kind {
        FieldKind::Number { unit, places, .. } => number(Unit::named(unit).with_places(*places)),
        FieldKind::Money => number(Unit::FEN),
        FieldKind::Length => number(Unit::MM),
        FieldKind::Period => number(Unit::MONTHS),
        FieldKind::Date => Named::Value(Type::Day),
        FieldKind::YesNo => Named::Value(Type::YesNo),
        FieldKind::Register { register } => Named::Entry(register.clone()),
        FieldKind::Rows { fields, .. } => Named::Table(names(fields)),
        FieldKind::Formula { .. } => Named::Later,
        FieldKind::Text { .. } | FieldKind::Choice { .. } => Named::NotReckoned,
        FieldKind::Person | FieldKind::Unit | FieldKind::Place => Named::NotReckoned,
        FieldKind::Photo { .. } | FieldKind::File { .. } | FieldKind::Signature => {
            Named::NotReckoned
        }
    }
}
