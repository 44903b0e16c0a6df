//! Reads typed fields, checks, registers and params.

use super::node::Node;
use super::value::Value;
use crate::expr::EXPR_BYTES_MAX;
use crate::expr::{PLACES_MAX, Unit};
use crate::form::{
    Check, ChoiceOption, FIELD_FILES_MAX, FIELD_TEXT_BYTES_MAX, Field, FieldKind, Param,
    ParamValue, ROWS_MAX, Register,
};

/// Longest text where a field does not say, in bytes.
const TEXT_BYTES_DEFAULT: u32 = 4_096;
/// Most rows where a table does not say.
const ROWS_DEFAULT: u32 = 200;
/// Most files where a field does not say.
const FILES_DEFAULT: u32 = 1;
/// Largest number of a field or param, well inside what JSON readers keep exact.
const NUMBER_MAX: i64 = 1_000_000_000_000_000;
/// Types of fields, by their word.
const TYPES: [&str; 17] = [
    "text",
    "number",
    "money",
    "length",
    "date",
    "period",
    "choice",
    "yes_no",
    "person",
    "unit",
    "register",
    "place",
    "photo",
    "file",
    "signature",
    "rows",
    "formula",
];

/// Where a field stands; a table does not stand in a table.
#[derive(Clone, Copy, PartialEq)]
enum Stands {
    InForm,
    InRow,
}

pub(super) fn field(node: &Node<'_>) -> Field {
    any_field(node, Stands::InForm)
}

fn column(node: &Node<'_>) -> Field {
    any_field(node, Stands::InRow)
}

fn any_field(node: &Node<'_>, stands: Stands) -> Field {
    let kind = node.need("type").and_then(|it| kind(node, &it, stands));
    if kind.is_none() {
        // The keys that go with a type mean nothing without it; only the type is told.
        for key in ["max", "min", "unit", "places", "choices", "register", "fields", "expr"] {
            node.get(key);
        }
    }
    Field {
        id: node.id("id"),
        title: node.text("title"),
        kind: kind.unwrap_or(FieldKind::YesNo),
        required: node.flag("required"),
        sealed: node.flag("sealed"),
        help: node.get("help").and_then(|it| it.text()),
    }
}

fn kind(node: &Node<'_>, word: &Value<'_>, stands: Stands) -> Option<FieldKind> {
    let kind = match word.str()? {
        "text" => FieldKind::Text { max: size(node, FIELD_TEXT_BYTES_MAX, TEXT_BYTES_DEFAULT) },
        "number" => number(node),
        "money" => FieldKind::Money,
        "length" => FieldKind::Length,
        "date" => FieldKind::Date,
        "period" => FieldKind::Period,
        "choice" => FieldKind::Choice { options: choices(node) },
        "yes_no" => FieldKind::YesNo,
        "person" => FieldKind::Person,
        "unit" => FieldKind::Unit,
        "register" => FieldKind::Register { register: node.id("register") },
        "place" => FieldKind::Place,
        "photo" => FieldKind::Photo { max: size(node, FIELD_FILES_MAX, FILES_DEFAULT) },
        "file" => FieldKind::File { max: size(node, FIELD_FILES_MAX, FILES_DEFAULT) },
        "signature" => FieldKind::Signature,
        "formula" => FieldKind::Formula { expr: expr(node) },
        "rows" if stands == Stands::InRow => {
            word.bad_value("表格中不能再有表格", "a table cannot stand in a table");
            return None;
        }
        "rows" => {
            let max = size(node, ROWS_MAX, ROWS_DEFAULT);
            let fields = node.each("fields", column);
            if fields.is_empty() {
                node.gap("missing_key", "请写明表格的各列：fields", "say the columns: `fields`");
            }
            FieldKind::Rows { fields, max }
        }
        other => {
            word.bad_word(other, &TYPES);
            return None;
        }
    };
    Some(kind)
}

/// The `max` of a field, of bytes, rows or files.
fn size(node: &Node<'_>, most: usize, or: u32) -> usize {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let size = node.some_number("max", 1..=most).unwrap_or(or.min(most));
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn number(node: &Node<'_>) -> FieldKind {
    let range = -NUMBER_MAX..=NUMBER_MAX;
    let min = node.get("min").and_then(|it| it.integer(range.clone())).unwrap_or(0);
    let max = node.get("max").and_then(|it| it.integer(range)).unwrap_or(NUMBER_MAX);
    if min > max {
        node.gap("bad_value", "min不能大于max", "min must not be larger than max");
    }
    let unit = node.string("unit");
    let places = node.some_number("places", 0..=u32::from(PLACES_MAX)).unwrap_or_default();
    if places > 0 && Unit::named(&unit) != Unit::COUNT {
        node.gap(
            "bad_value",
            "fen、mm等单位已是最小单位，不再有小数位：places",
            "fen, mm and the like are the smallest unit already; leave `places` out",
        );
    }
    FieldKind::Number { unit, places: u8::try_from(places).unwrap_or_default(), min, max }
}

fn choices(node: &Node<'_>) -> Vec<ChoiceOption> {
    let option = |it: &Node<'_>| ChoiceOption { id: it.id("id"), title: it.text("title") };
    let options = node.each("choices", option);
    if options.is_empty() {
        node.gap("missing_key", "请写明选项：choices", "say what to choose from: `choices`");
    }
    options
}

fn expr(node: &Node<'_>) -> String {
    let Some(value) = node.need("expr") else { return String::new() };
    let Some(text) = value.str() else { return String::new() };
    if text.trim().is_empty() || text.len() > EXPR_BYTES_MAX {
        value.bad_value(
            format!("算式不能为空，最长{EXPR_BYTES_MAX}字节"),
            format!("an expression is 1 to {EXPR_BYTES_MAX} bytes"),
        );
    }
    text.to_owned()
}

pub(super) fn check(node: &Node<'_>) -> Check {
    Check { id: node.id("id"), expr: expr(node), message: node.text("message") }
}

pub(super) fn register(node: &Node<'_>) -> Register {
    Register { id: node.id("id"), title: node.text("title"), fields: node.each("fields", column) }
}

pub(super) fn param(node: &Node<'_>) -> Param {
    let values = node.each("values", param_value);
    if values.is_empty() {
        node.gap("missing_key", "请写明各期数值：values", "say the values by date: `values`");
    }
    Param { id: node.id("id"), unit: node.string("unit"), values }
}

fn param_value(node: &Node<'_>) -> ParamValue {
    let from = node.need("from").and_then(|it| it.date());
    let value = node.need("value").and_then(|it| it.integer(-NUMBER_MAX..=NUMBER_MAX));
    ParamValue {
        from: from.unwrap_or_default(),
        to: node.date("to"),
        value: value.unwrap_or_default(),
        source: node.text("source"),
    }
}
