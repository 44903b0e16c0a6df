//! Checking what was filled in: all faults at once, each with a code and the field it is in.

use crate::content::ContentRef;
use crate::form::file::check_files;
use crate::form::{FIELD_TEXT_BYTES_MAX, FIELDS_MAX, Field, FieldKind, FieldValue, ROWS_MAX};
use crate::place::Place;
use crate::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Largest amount of a number, in its smallest unit: a billion times a million.
const INT_MAX: i64 = 1_000_000_000_000_000;

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// Stable code.
    pub code: &'static str,
    /// The field, `rows[3].length` within a table.
    pub field: String,
    /// What to do.
    pub what: Text,
}

/// A field as it was filled in: text still plain.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldInput {
    /// Anything that is no free text.
    Plain(FieldValue),
    /// Free text.
    Text(String),
    /// A place.
    Place(Place),
    /// A table.
    Rows(Vec<BTreeMap<String, FieldInput>>),
}

impl FieldInput {
    /// The value to keep, each free text and place sealed by `seal`.
    ///
    /// # Errors
    /// As `seal` says.
    pub fn into_value<E>(
        self,
        seal: &mut impl FnMut(&str) -> Result<ContentRef, E>,
    ) -> Result<FieldValue, E> {
        Ok(match self {
            FieldInput::Plain(value) => value,
            FieldInput::Text(text) => FieldValue::Ref(seal(&text)?),
            FieldInput::Place(place) => {
                let text = serde_json::to_string(&place).expect("a place is numbers and words");
                FieldValue::Ref(seal(&text)?)
            }
            FieldInput::Rows(rows) => {
                let mut values = Vec::with_capacity(rows.len());
                for row in rows {
                    let mut out = BTreeMap::new();
                    for (id, input) in row {
                        out.insert(id, input.into_value(seal)?);
                    }
                    values.push(out);
                }
                FieldValue::Rows(values)
            }
        })
    }
}

/// Checks what was filled in against the fields of a form.
///
/// # Errors
/// Every fault at once.
pub fn check_form(
    fields: &[Field],
    input: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, FieldInput>, Vec<FieldFault>> {
    let mut faults = Vec::new();
    let out = check_fields(fields, input.iter(), input.len(), "", &mut faults);
    if faults.is_empty() { Ok(out) } else { Err(faults) }
}

fn check_fields<'a>(
    fields: &[Field],
    input: impl Iterator<Item = (&'a String, &'a Value)>,
    count: usize,
    path: &str,
    faults: &mut Vec<FieldFault>,
) -> BTreeMap<String, FieldInput> {
    let mut out = BTreeMap::new();
    if count > FIELDS_MAX {
        faults.push(fault("too_many_fields", path, "字段过多", "at most 200 fields"));
        return out;
    }
    for (id, value) in input {
        let path = format!("{path}{id}");
        let Some(field) = fields.iter().find(|it| it.id == *id) else {
            faults.push(fault(
                "unknown_field",
                &path,
                "没有这个字段",
                "the form has no such field",
            ));
            continue;
        };
        if let Some(value) = check_value(&field.kind, value, &path, faults) {
            out.insert(id.clone(), value);
        }
    }
    out
}

fn check_value(
    kind: &FieldKind,
    value: &Value,
    path: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<FieldInput> {
    let mut wrong = |code, zh: &str, en: &str| {
        faults.push(fault(code, path, zh, en));
        None
    };
    let int = |min: i64, max: i64| value.as_i64().filter(|it| (min..=max).contains(it));
    let plain = |it| Some(FieldInput::Plain(it));
    match kind {
        FieldKind::Text { max } => match why_no_text(*max, value) {
            None => Some(FieldInput::Text(value.as_str().unwrap_or_default().to_owned())),
            Some((code, zh, en)) => wrong(code, zh, en),
        },
        FieldKind::Number { min, max, .. } => match int(*min, *max) {
            Some(it) => plain(FieldValue::Int(it)),
            None => wrong("not_in_range", "请填写范围内的整数", "a whole number within its range"),
        },
        FieldKind::Money => match int(-INT_MAX, INT_MAX) {
            Some(it) => plain(FieldValue::Int(it)),
            None => wrong("not_money", "金额以分为单位填整数", "an amount in whole fen"),
        },
        FieldKind::Length | FieldKind::Period => match int(0, INT_MAX) {
            Some(it) => plain(FieldValue::Int(it)),
            None => wrong("not_in_range", "请填写非负整数", "a whole number, not negative"),
        },
        FieldKind::Date => match value.as_str().filter(|it| is_date(it)) {
            Some(it) => plain(FieldValue::Key(it.to_owned())),
            None => wrong(
                "not_a_date",
                "日期格式为2021-04-16，限2000至2100年",
                "a date like 2021-04-16, from 2000 to 2100",
            ),
        },
        FieldKind::Choice { options } => {
            match value.as_str().filter(|it| options.iter().any(|option| option.id == **it)) {
                Some(it) => plain(FieldValue::Key(it.to_owned())),
                None => wrong("not_a_choice", "请从选项中选择", "choose one of the options"),
            }
        }
        FieldKind::YesNo => match value.as_bool() {
            Some(it) => plain(FieldValue::Yes(it)),
            None => wrong("not_yes_no", "请填是或否", "true or false"),
        },
        FieldKind::Person | FieldKind::Unit | FieldKind::Register { .. } => {
            match value.as_str().filter(|it| crate::id::is_key(it)) {
                Some(it) => plain(FieldValue::Key(it.to_owned())),
                None => wrong("not_a_key", "请选择名单中的一项", "choose an entry of the list"),
            }
        }
        FieldKind::Place => check_place(value, path, faults),
        FieldKind::Photo { max } | FieldKind::File { max } => {
            check_files(*max, value, path, faults).map(FieldInput::Plain)
        }
        FieldKind::Signature => {
            check_files(1, &Value::Array(vec![value.clone()]), path, faults).map(FieldInput::Plain)
        }
        FieldKind::Rows { fields, max } => check_rows(fields, *max, value, path, faults),
        FieldKind::Formula { .. } => {
            wrong("computed", "该字段自动计算，不能填写", "this field is computed, not filled in")
        }
    }
}

/// Why a value is no text of at most so many bytes.
fn why_no_text(max: usize, value: &Value) -> Option<(&'static str, &'static str, &'static str)> {
    let Some(text) = value.as_str() else {
        return Some(("not_text", "请填写文字", "write a text"));
    };
    if text.trim().is_empty() {
        return Some(("empty", "不能为空", "must not be empty"));
    }
    if text.len() > max.min(FIELD_TEXT_BYTES_MAX) {
        return Some(("too_long", "文字过长", "the text is too long"));
    }
    let (zh, en) =
        ("含有无法显示的控制字符，请删除", "the text holds a control character; remove it");
    text.contains(is_unprintable).then_some(("bad_character", zh, en))
}

fn check_place(value: &Value, path: &str, faults: &mut Vec<FieldFault>) -> Option<FieldInput> {
    match Place::deserialize(value) {
        Ok(place) => Some(FieldInput::Place(place)),
        Err(why) => {
            let en = format!("pick a place on the map: {why}");
            faults.push(fault("not_a_place", path, "请在地图上选点，并注明坐标系", &en));
            None
        }
    }
}

fn check_rows(
    fields: &[Field],
    max: usize,
    value: &Value,
    path: &str,
    faults: &mut Vec<FieldFault>,
) -> Option<FieldInput> {
    let Some(rows) = value.as_array().filter(|it| it.len() <= max.min(ROWS_MAX)) else {
        faults.push(fault(
            "not_rows",
            path,
            "请填写表格，且不超过行数上限",
            "a table within its number of rows",
        ));
        return None;
    };
    let mut out = Vec::with_capacity(rows.len());
    for (no, row) in rows.iter().enumerate() {
        let path = format!("{path}[{no}].");
        match row.as_object() {
            Some(row) => {
                faults.extend(missing(fields, &path, |id| row.contains_key(id)));
                out.push(check_fields(fields, row.iter(), row.len(), &path, faults));
            }
            None => faults.push(fault("not_a_row", &path, "应为一行", "a row of fields")),
        }
    }
    Some(FieldInput::Rows(out))
}

/// The fields without which no matter opens and that were not filled in.
///
/// # Errors
/// Every one of them at once.
pub fn check_required(
    fields: &[Field],
    given: &BTreeMap<String, FieldValue>,
) -> Result<(), Vec<FieldFault>> {
    let faults: Vec<FieldFault> = missing(fields, "", |id| given.contains_key(id)).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn missing<'a>(
    fields: &'a [Field],
    path: &'a str,
    has: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = FieldFault> + 'a {
    let absent = fields.iter().filter(move |it| {
        it.required && !matches!(it.kind, FieldKind::Formula { .. }) && !has(&it.id)
    });
    absent.map(move |it| {
        fault("required", &format!("{path}{}", it.id), "请填写这一项", "fill this field in")
    })
}

/// A control character that no text of several lines needs; NUL among them, which PostgreSQL
/// cannot keep in a text.
fn is_unprintable(it: char) -> bool {
    it.is_control() && !matches!(it, '\n' | '\r' | '\t')
}

fn is_date(text: &str) -> bool {
    let date: Option<jiff::civil::Date> = text.parse().ok();
    text.len() == 10 && date.is_some_and(|it| (2000..2100).contains(&it.year()))
}

pub(super) fn fault(code: &'static str, field: &str, zh: &str, en: &str) -> FieldFault {
    FieldFault { code, field: field.to_owned(), what: Text::new(zh, en) }
}

/// A value that a field takes, for stories and simulation; whoever gives one for files declares
/// files of that digest.
#[must_use]
pub fn sample(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Text { .. } => "已按要求办理".into(),
        FieldKind::Number { min, .. } => (*min).max(1).into(),
        FieldKind::Money | FieldKind::Length | FieldKind::Period => 1.into(),
        FieldKind::Date => "2021-04-16".into(),
        FieldKind::Choice { options } => {
            options.first().map_or(Value::Null, |it| it.id.clone().into())
        }
        FieldKind::YesNo => true.into(),
        FieldKind::Person | FieldKind::Unit | FieldKind::Register { .. } => "sample".into(),
        FieldKind::Place => serde_json::json!({
            "at": { "lon_e7": 1_132_500_000, "lat_e7": 347_900_000 },
            "datum": "wgs84", "accuracy_m": 0, "source": "map_pick"
        }),
        FieldKind::Photo { .. } | FieldKind::File { .. } => {
            Value::Array(vec![sample(&FieldKind::Signature)])
        }
        FieldKind::Signature => "0".repeat(64).into(),
        FieldKind::Rows { fields, .. } => {
            let is_given = |it: &&Field| match it.kind {
                FieldKind::Formula { .. } => false,
                _ => it.required || !it.kind.holds_files(),
            };
            let filled = fields.iter().filter(is_given);
            let row = filled.map(|it| (it.id.clone(), sample(&it.kind))).collect();
            Value::Array(vec![Value::Object(row)])
        }
        FieldKind::Formula { .. } => Value::Null,
    }
}
