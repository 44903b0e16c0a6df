//! In which order a page shows matters, and where in it the next page goes on.
//!
//! Invariant: every order is total and has an index that keeps it; a place in it is made of values
//! of the last matter shown, so that a page goes on where the one before ended, whatever became of
//! that matter meanwhile.

use crate::db::Value;
use crate::filter::Clauses;
use serde::{Deserialize, Serialize};

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Opened last first.
    #[default]
    Newest,
    /// Opened first first.
    Oldest,
    /// The deadline that comes next first, of what has not ended.
    Due,
    /// The deadline that was missed longest ago first, of what has not ended.
    Overdue,
    /// Changed last first.
    Changed,
    /// By number, of what has one.
    Number,
}

impl Sort {
    /// All there are.
    pub const ALL: [Sort; 6] =
        [Sort::Newest, Sort::Oldest, Sort::Due, Sort::Overdue, Sort::Changed, Sort::Number];

    /// The word of it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Sort::Newest => "newest",
            Sort::Oldest => "oldest",
            Sort::Due => "due",
            Sort::Overdue => "overdue",
            Sort::Changed => "changed",
            Sort::Number => "number",
        }
    }

    /// Whether matters come in the order in which they were opened, or its reverse.
    pub(crate) fn is_by_opening(self) -> bool {
        matches!(self, Sort::Newest | Sort::Oldest)
    }
}

/// A place in an order: that of the last matter shown. Numbers of the record, never to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// Its first or last number of the record.
    Seq(i64),
    /// A moment, and its first number.
    At(i64, i64),
    /// Its own number.
    Number(String),
}

/// An order as clauses; blurred where an index must not be followed for its sake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) sort: Sort,
    pub(crate) is_blurred: bool,
}

impl Order {
    /// What holds of every matter that has a place in it.
    pub(crate) fn implied(self) -> Option<&'static str> {
        match self.sort {
            Sort::Newest | Sort::Oldest | Sort::Changed => None,
            Sort::Due => Some("matter.owner_unit IS NOT NULL AND matter.due_ms IS NOT NULL"),
            Sort::Overdue => {
                Some("matter.owner_unit IS NOT NULL AND matter.overdue_ms IS NOT NULL")
            }
            Sort::Number => Some("matter.number IS NOT NULL"),
        }
    }

    /// What follows `ORDER BY`.
    pub(crate) fn by(self) -> String {
        let (first, last) = (self.int("first_seq"), self.int("last_seq"));
        match self.sort {
            Sort::Newest => format!("{first} DESC"),
            Sort::Oldest => first,
            Sort::Due => format!("{}, {first}", self.int("due_ms")),
            Sort::Overdue => format!("{}, {first}", self.int("overdue_ms")),
            Sort::Changed => format!("{last} DESC"),
            Sort::Number => self.number(),
        }
    }

    /// Holds rows to what comes after a place; after one of another order nothing does.
    pub(crate) fn after(self, clauses: &mut Clauses, mark: Option<&Mark>) {
        let Some(mark) = mark else { return };
        let part = match (self.sort, mark) {
            (Sort::Newest, Mark::Seq(seq)) => {
                format!("{} < {}", self.int("first_seq"), clauses.bind(Value::Int(*seq)))
            }
            (Sort::Oldest, Mark::Seq(seq)) => {
                format!("{} > {}", self.int("first_seq"), clauses.bind(Value::Int(*seq)))
            }
            (Sort::Changed, Mark::Seq(seq)) => {
                format!("{} < {}", self.int("last_seq"), clauses.bind(Value::Int(*seq)))
            }
            (Sort::Due, Mark::At(at, seq)) => self.pair(clauses, "due_ms", (*at, *seq)),
            (Sort::Overdue, Mark::At(at, seq)) => self.pair(clauses, "overdue_ms", (*at, *seq)),
            (Sort::Number, Mark::Number(number)) => {
                format!("{} > {}", self.number(), clauses.bind(Value::Text(number.clone())))
            }
            _ => "1 = 0".to_owned(),
        };
        clauses.parts.push(part);
    }

    fn pair(self, clauses: &mut Clauses, column: &str, (at, seq): (i64, i64)) -> String {
        let (at, seq) = (clauses.bind(Value::Int(at)), clauses.bind(Value::Int(seq)));
        format!("({}, {}) > ({at}, {seq})", self.int(column), self.int("first_seq"))
    }

    fn int(self, column: &str) -> String {
        format!("matter.{column}{}", if self.is_blurred { " + 0" } else { "" })
    }

    fn number(self) -> String {
        format!("matter.number{}", if self.is_blurred { " || ''" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_order_has_a_word_of_its_own_and_no_place_in_another() {
        let words: BTreeSet<&str> = Sort::ALL.iter().map(|it| it.word()).collect();
        assert_eq!(words.len(), Sort::ALL.len());
        let order = Order { sort: Sort::Due, is_blurred: false };
        let mut clauses = Clauses::default();
        order.after(&mut clauses, Some(&Mark::Number("A-1".into())));
        assert_eq!(clauses.parts, ["1 = 0"]);
        assert!(clauses.values.is_empty());
    }
}
