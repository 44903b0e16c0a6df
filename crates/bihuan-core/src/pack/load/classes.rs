//! Reads `classes.csv`: one row a problem type, with its limit, standard and measure.

use super::files::CLASSES_FILE;
use super::gap::{Sink, nearest, perhaps, quote};
use super::value::is_date;
use crate::clock::Within;
use crate::id::{ClassCode, is_key};
use crate::pack::{Class, DefaultOwner};
use crate::text::Text;
use std::collections::BTreeMap;

/// Most classes of one pack.
pub const CLASSES_MAX: usize = 5_000;
/// Heaviest class, in points.
const POINTS_MAX: i64 = 1_000;
/// Columns that must be there.
const COLUMNS: [&str; 19] = [
    "code",
    "big",
    "big_zh",
    "big_en",
    "zh",
    "en",
    "condition_zh",
    "condition_en",
    "standard_zh",
    "standard_en",
    "measure_zh",
    "measure_en",
    "limit",
    "unit",
    "points",
    "owner",
    "point_types",
    "valid_from",
    "valid_to",
];
/// Columns that may be there; where a row comes from is kept for readers of the file.
const COLUMNS_FREE: [&str; 1] = ["source"];

/// One row on the line where it begins.
struct Row<'r> {
    sink: &'r Sink,
    line: u32,
    cells: BTreeMap<&'static str, String>,
}

pub(super) fn classes(text: &str, sink: &Sink) -> Vec<Class> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Option<&'static str>>> = None;
    let mut classes = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, |it| line_of(it.line()));
                let en = format!("the table cannot be read here: {error}");
                sink.gap_at("syntax", CLASSES_FILE, line, Text::new("此处无法读作表格", en));
                break;
            }
        };
        let line = record.position().map_or(0, |it| line_of(it.line()));
        let Some(columns) = &columns else {
            columns = Some(header(&record, line, sink));
            continue;
        };
        if classes.len() == CLASSES_MAX {
            let what =
                Text::new(format!("最多{CLASSES_MAX}类"), format!("keep to {CLASSES_MAX} classes"));
            sink.gap_at("too_many", CLASSES_FILE, line, what);
            break;
        }
        if record.len() != columns.len() {
            let (has, wants) = (record.len(), columns.len());
            let what = Text::new(
                format!("本行有{has}格，应为{wants}格"),
                format!("the row has {has} cells, the first row {wants}; quote cells with commas"),
            );
            sink.gap_at("row_length", CLASSES_FILE, line, what);
            continue;
        }
        let named = columns.iter().zip(record.iter());
        let cells = named.filter_map(|(name, it)| Some(((*name)?, it.to_owned()))).collect();
        sink.stands(&format!("class.{}", classes.len()), CLASSES_FILE, line);
        classes.push(Row { sink, line, cells }.class());
    }
    if columns.is_none() {
        let en = format!("the first row names the columns: {}", COLUMNS.join(","));
        sink.gap_at("missing_key", CLASSES_FILE, 1, Text::new("首行应为列名", en));
    }
    classes
}

fn line_of(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// The known column at each position; tells unknown, missing and repeated ones.
fn header(record: &csv::StringRecord, line: u32, sink: &Sink) -> Vec<Option<&'static str>> {
    let known = || COLUMNS.into_iter().chain(COLUMNS_FREE);
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    for name in record {
        let column = known().find(|it| *it == name);
        if column.is_none() {
            let (zh, en) = perhaps(nearest(name, known()));
            let name = quote(name);
            let what = Text::new(
                format!("没有“{name}”这一列{zh}"),
                format!("there is no column `{name}`{en}"),
            );
            sink.gap_at("unknown_key", CLASSES_FILE, line, what);
        } else if columns.contains(&column) {
            let name = quote(name);
            let what = Text::new(
                format!("“{name}”列重复"),
                format!("the column `{name}` stands twice; keep one"),
            );
            sink.gap_at("duplicate_id", CLASSES_FILE, line, what);
        }
        columns.push(column);
    }
    for name in COLUMNS.into_iter().filter(|it| !columns.contains(&Some(it))) {
        let what = Text::new(format!("请加上“{name}”列"), format!("add the column `{name}`"));
        sink.gap_at("missing_key", CLASSES_FILE, line, what);
    }
    columns
}

impl Row<'_> {
    fn class(&self) -> Class {
        let both = [self.date("valid_from"), self.date("valid_to")];
        if let [Some(from), Some(to)] = &both
            && from >= to
        {
            self.gap(
                "bad_value",
                "有效期止须晚于有效期起",
                "valid_to must be later than valid_from",
            );
        }
        let [valid_from, valid_to] = both;
        let standard = self.text("standard_zh", "standard_en");
        self.same_items(&standard);
        Class {
            code: ClassCode(self.key("code")),
            big: self.key("big"),
            big_title: self.told("big_zh", "big_en"),
            title: self.told("zh", "en"),
            condition: self.text("condition_zh", "condition_en"),
            standard,
            measure: self.text("measure_zh", "measure_en"),
            limit: self.limit(),
            points_milli: self.points_milli(),
            owner: self.owner(),
            point_types: self.point_types(),
            valid_from,
            valid_to,
        }
    }

    fn gap(&self, code: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.sink.gap_at(code, CLASSES_FILE, self.line, Text::new(zh, en));
    }

    /// A cell; a column that is missing as a whole is told once, at the first row.
    fn cell(&self, column: &'static str) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    fn key(&self, column: &'static str) -> String {
        let Some(cell) = self.cell(column) else { return String::new() };
        if !is_key(cell) {
            self.gap(
                "bad_key",
                format!("“{column}”只用字母、数字、_、-、."),
                format!("`{column}` is of letters, digits, `_`, `-` and `.`"),
            );
        }
        cell.to_owned()
    }

    /// A text that may be empty, but not in one language only.
    fn text(&self, zh: &'static str, en: &'static str) -> Text {
        let text = Text::new(self.cell(zh).unwrap_or("-"), self.cell(en).unwrap_or("-"));
        for (half, other, column) in [(&text.zh, &text.en, zh), (&text.en, &text.zh, en)] {
            if half.is_empty() && !other.is_empty() {
                self.gap(
                    "missing_text",
                    format!("请填写“{column}”"),
                    format!("fill in `{column}`"),
                );
            }
        }
        text
    }

    /// A text that must not be empty.
    fn told(&self, zh: &'static str, en: &'static str) -> Text {
        let text = self.text(zh, en);
        if text.zh.is_empty() && text.en.is_empty() {
            self.gap(
                "missing_text",
                format!("请填写“{zh}”和“{en}”"),
                format!("fill in `{zh}` and `{en}`"),
            );
        }
        text
    }

    /// The items of a standard are ticked one by one, so both languages must have as many.
    fn same_items(&self, standard: &Text) {
        let items = |it: &str| it.split('；').filter(|it| !it.trim().is_empty()).count();
        let (zh, en) = (items(&standard.zh), items(&standard.en));
        if zh != en && zh > 0 && en > 0 {
            self.gap(
                "bad_value",
                format!("整改标准中文{zh}条、英文{en}条，应一致（以；分隔）"),
                format!("the standard has {zh} items in zh and {en} in en; separate them with ；"),
            );
        }
    }

    fn limit(&self) -> Within {
        let or = Within::WorkDays(1);
        let (Some(limit), Some(unit)) = (self.cell("limit"), self.cell("unit")) else { return or };
        format!("{limit} {unit}").parse().unwrap_or_else(|error| {
            let zh = "limit填数字，unit填urgent_hour、work_hour、work_day或natural_day";
            self.gap("bad_value", zh, format!("{error}"));
            or
        })
    }

    fn points_milli(&self) -> i64 {
        let Some(cell) = self.cell("points") else { return 0 };
        milli(cell).filter(|it| *it <= POINTS_MAX * 1_000).unwrap_or_else(|| {
            self.gap(
                "bad_value",
                format!("points填0至{POINTS_MAX}，最多三位小数"),
                format!("points are 0 to {POINTS_MAX} with at most three decimals"),
            );
            0
        })
    }

    fn owner(&self) -> DefaultOwner {
        match self.cell("owner").unwrap_or("place") {
            "place" => DefaultOwner::Place,
            "point" => DefaultOwner::Point,
            other => match other.strip_prefix("function:").filter(|it| is_key(it)) {
                Some(function) => DefaultOwner::Function(function.to_owned()),
                None => {
                    let other = quote(other);
                    self.gap(
                        "bad_word",
                        format!("owner填place、point或function:名称，不能是“{other}”"),
                        format!("owner is place, point or function:NAME, not `{other}`"),
                    );
                    DefaultOwner::Place
                }
            },
        }
    }

    fn point_types(&self) -> Vec<String> {
        let cell = self.cell("point_types").unwrap_or_default();
        let types = cell.split('|').map(str::trim).filter(|it| !it.is_empty());
        let types: Vec<String> = types.map(str::to_owned).collect();
        if let Some(bad) = types.iter().find(|it| !is_key(it)) {
            let bad = quote(bad);
            self.gap(
                "bad_key",
                format!("点位类型“{bad}”只用字母、数字、_、-、.，以|分隔"),
                format!(
                    "the point type `{bad}` is of letters, digits, `_`, `-`, `.`; separate with |"
                ),
            );
        }
        types
    }

    fn date(&self, column: &'static str) -> Option<String> {
        let cell = self.cell(column).filter(|it| !it.is_empty())?;
        if !is_date(cell) {
            self.gap(
                "bad_value",
                format!("“{column}”写作2021-01-01"),
                format!("write `{column}` as 2021-01-01"),
            );
            return None;
        }
        Some(cell.to_owned())
    }
}

/// A decimal such as `0.5` in thousandths.
fn milli(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || part.len() > 3 || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<3}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_kept_in_thousandths() {
        for (text, wanted) in [("0.5", 500), ("2", 2_000), ("0.125", 125), ("1.", 1_000)] {
            assert_eq!(milli(text), Some(wanted), "{text}");
        }
        for text in ["", ".5", "-1", "0.1234", "1e3", "half", "9999999"] {
            assert_eq!(milli(text), None, "{text}");
        }
    }
}
