//! Rows of matters and spans: everything here is derived from a matter and its last event.

use crate::db::Value;
use bihuan_core::form::FieldValue;
use bihuan_core::ledger::movement;
use bihuan_core::matter::state::Matter;
use bihuan_core::matter::{Rules, next_timer};
use bihuan_core::pack::{Level, Meaning};
use bihuan_core::place::cell;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use std::collections::BTreeSet;

/// Columns of `matter`, in the order of [`matter_row`].
pub const MATTER_COLUMNS: &str = "first_seq, id, last_seq, version, pack, rev, stage, meaning, \
    class, source, number, clear_number, responsible, assigned, owner_unit, owner_person, \
    opened_by, opened_unit, place_unit, point, lon_e7, lat_e7, cell, opened_ms, due_ms, next_ms, \
    cleared_ms, overdue_ms, rework, supervised, span_seq, state, rebound";

/// Columns of `matter` that its opening settles for good. A later step leaves them out, since
/// SQLite moves the entry of every index whose columns are set, changed or not.
const MATTER_FIXED: [&str; 14] = [
    "id",
    "first_seq",
    "pack",
    "source",
    "place_unit",
    "point",
    "lon_e7",
    "lat_e7",
    "cell",
    "opened_ms",
    "rev",
    "opened_by",
    "opened_unit",
    "rebound",
];

/// Columns of `matter` that some steps change; see [`MATTER_FIXED`].
const MATTER_SETTLED: [&str; 3] = ["number", "clear_number", "responsible"];

/// How much of a matter's row a step may change; see [`MATTER_FIXED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What most steps do.
    Most,
    /// Numbers and the responsible unit too, which are settled for a while.
    Settled,
    /// The class too, which hardly ever changes.
    All,
}

impl Reach {
    /// All there are.
    pub const EACH: [Reach; 3] = [Reach::Most, Reach::Settled, Reach::All];

    /// How far the step from `before` to `after` reaches.
    #[must_use]
    pub(crate) fn of(before: Option<&Matter>, after: &Matter) -> Reach {
        let settled = |it: &Matter| {
            (it.number.clone(), it.clear_number.clone(), it.standing.responsible.clone())
        };
        match before {
            None => Reach::Most,
            Some(before) if before.standing.class != after.standing.class => Reach::All,
            Some(before) if settled(before) != settled(after) => Reach::Settled,
            Some(_) => Reach::Most,
        }
    }
}

/// What follows an insert of matters: those that are there take what a step may change.
#[must_use]
pub fn matter_upsert(reach: Reach) -> String {
    let columns = MATTER_COLUMNS.split(',').map(str::trim);
    let takes = |it: &str| {
        !MATTER_FIXED.contains(&it)
            && (reach >= Reach::Settled || !MATTER_SETTLED.contains(&it))
            && (reach == Reach::All || it != "class")
    };
    let sets = columns
        .filter(|it| takes(it))
        .map(|it| format!("{it} = excluded.{it}"))
        .collect::<Vec<_>>();
    format!("ON CONFLICT (first_seq) DO UPDATE SET {}", sets.join(", "))
}

/// Number of columns of `matter`.
pub const MATTER_COLUMN_COUNT: usize = 33;

/// Columns of `span`, in the order of [`Span::row`].
pub const SPAN_COLUMNS: &str = "matter, from_seq, from_ms, entered, pack, stage, meaning, \
    suspended, responsible, owner_unit, due_ms, class, source, weight_milli, place_unit, \
    left_seq, left_ms, left_as";

/// Columns of `tally`: a step of a matter that figures count.
pub const TALLY_COLUMNS: &str = "first_seq, kind, from_seq, at_ms, pack, unit, place_unit, class, \
    source, how, on_time, took_ms, left_seq";

/// The word of a meaning in rows.
#[must_use]
pub fn meaning_word(is: Meaning) -> &'static str {
    match is {
        Meaning::Opened => "opened",
        Meaning::Filed => "filed",
        Meaning::Handling => "handling",
        Meaning::Declared => "declared",
        Meaning::Verifying => "verifying",
        Meaning::Closed => "closed",
        Meaning::SelfHandled => "self_handled",
        Meaning::Merged => "merged",
        Meaning::Voided => "voided",
    }
}

/// The word of a level in rows.
#[must_use]
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Blue => "blue",
        Level::Yellow => "yellow",
        Level::Red => "red",
    }
}

fn some_text(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |it| Value::Text(it.to_owned()))
}

fn some_int(int: Option<i64>) -> Value {
    int.map_or(Value::Null, Value::Int)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Numbers of the record that a matter's row names.
#[derive(Clone, Copy, Debug)]
pub struct Seqs {
    /// The opening.
    pub first: u64,
    /// The last event.
    pub last: u64,
    /// The event with which the running span began.
    pub span: u64,
}

/// A number of the record as a column; one that no record reaches finds nothing.
#[must_use]
pub fn seq_value(seq: u64) -> Value {
    Value::Int(i64::try_from(seq).unwrap_or(i64::MAX))
}

/// The row of a matter.
#[must_use]
pub fn matter_row(rules: &Rules, matter: &Matter, seqs: Seqs) -> Vec<Value> {
    let standing = &matter.standing;
    let owner = standing.owner.as_ref();
    let at = matter.place.as_ref().map(|it| it.at);
    let next = next_timer(rules, matter).map(|(at, _)| at.0);
    let state = serde_json::to_string(matter).expect("a matter has only string keys");
    vec![
        seq_value(seqs.first),
        text(&matter.id.to_string()),
        seq_value(seqs.last),
        seq_value(matter.version),
        text(&matter.pack.0),
        Value::Int(i64::from(matter.rev)),
        text(&standing.stage.0),
        text(meaning_word(standing.is)),
        text(&standing.class.0),
        text(&matter.source),
        some_text(matter.number.as_deref()),
        some_text(matter.clear_number.as_deref()),
        text(&standing.responsible.0),
        some_text(matter.handling.as_ref().map(|it| it.unit.0.as_str())),
        some_text(owner.map(|it| it.unit.0.as_str())),
        some_text(owner.and_then(|it| it.person.as_ref()).map(|it| it.0.as_str())),
        text(&matter.opened_by.0),
        text(&matter.opened_unit.0),
        text(&matter.place_unit.0),
        some_text(matter.point.as_ref().map(|it| it.0.as_str())),
        some_int(at.map(|it| it.lon_e7)),
        some_int(at.map(|it| it.lat_e7)),
        some_int(at.map(cell::key)),
        Value::Int(matter.opened_at.0),
        some_int(standing.due.as_ref().map(|it| it.at.0)),
        some_int(next),
        some_int(matter.cleared_at.map(|it| it.0)),
        some_int(matter.overdue_at.map(|it| it.0)),
        Value::Int(i64::from(matter.rework)),
        some_text(matter.supervised.map(level_word)),
        seq_value(seqs.span),
        Value::Text(state),
        Value::Int(i64::from(matter.rebound_of.is_some())),
    ]
}

/// Rows of the units that took part in a matter by the step from `before` to `after`: unit, and
/// first number of the matter.
pub(crate) fn part_rows(
    before: Option<&Matter>,
    after: &Matter,
    first_seq: u64,
) -> Vec<Vec<Value>> {
    let old = before.map_or(0, |it| it.parts.len());
    let (known, new) = after.parts.split_at(old.min(after.parts.len()));
    let new: BTreeSet<&UnitId> = new.iter().map(|it| &it.unit).collect();
    let unknown = new.into_iter().filter(|unit| known.iter().all(|it| it.unit != **unit));
    unknown.map(|it| vec![text(&it.0), seq_value(first_seq)]).collect()
}

/// A number of a form that a step changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) field: String,
    pub(crate) before: Option<i64>,
    pub(crate) after: Option<i64>,
}

/// The numbers of a form that the step from `before` to `after` changed, in the order of fields.
pub(crate) fn measured(before: Option<&Matter>, after: &Matter) -> Vec<Measured> {
    let number = |matter: &Matter, field: &str| match matter.form.get(field) {
        Some(FieldValue::Int(it)) => Some(*it),
        _ => None,
    };
    let fields: BTreeSet<&String> =
        before.into_iter().chain([after]).flat_map(|it| it.form.keys()).collect();
    let step = |field: &String| Measured {
        field: field.clone(),
        before: before.and_then(|it| number(it, field)),
        after: number(after, field),
    };
    fields.into_iter().map(step).filter(|it| it.before != it.after).collect()
}

/// A span that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// How the span before it ends.
    pub left: Option<&'static str>,
    row: Vec<Value>,
}

impl Span {
    /// The span that the step from `before` to `after` begins, if one does.
    #[must_use]
    pub fn begun(before: Option<&Matter>, after: &Matter, seq: u64, at: Instant) -> Option<Span> {
        let standing = &after.standing;
        if before.is_some_and(|it| it.standing == *standing && it.place_unit == after.place_unit) {
            return None;
        }
        let movement = movement(before, after);
        let ended = movement.left_at_once.map(|it| it.word());
        let row = vec![
            text(&after.id.to_string()),
            seq_value(seq),
            Value::Int(at.0),
            some_text(movement.entered.map(|it| it.word())),
            text(&after.pack.0),
            text(&standing.stage.0),
            text(meaning_word(standing.is)),
            Value::Int(i64::from(standing.suspended)),
            text(&standing.responsible.0),
            some_text(standing.owner.as_ref().map(|it| it.unit.0.as_str())),
            some_int(standing.due.as_ref().map(|it| it.at.0)),
            text(&standing.class.0),
            text(&after.source),
            Value::Int(standing.weight_milli),
            text(&after.place_unit.0),
            ended.map_or(Value::Null, |_| seq_value(seq)),
            ended.map_or(Value::Null, |_| Value::Int(at.0)),
            some_text(ended),
        ];
        Some(Span { left: movement.left.map(|it| it.word()), row })
    }

    /// Its row.
    #[must_use]
    pub fn row(&self) -> &[Value] {
        &self.row
    }

    /// Ends the span before it was ever stored, by a later event of the same batch.
    pub fn end(&mut self, seq: u64, at: Instant, left: Option<&str>) {
        let start = self.row.len() - 3;
        self.row[start] = seq_value(seq);
        self.row[start + 1] = Value::Int(at.0);
        self.row[start + 2] = some_text(left);
    }
}
