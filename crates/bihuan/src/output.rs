//! What a command answers: JSON for programs, text in one of two languages for persons.
//!
//! Invariant: every answer of a demonstration realm says so first, with how far its clock is
//! moved; a reader that went away is no error.

use crate::problem::Problem;
use bihuan_core::text::{Lang, Text};
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant, Zone};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use unicode_width::UnicodeWidthStr;

/// Widest cell of a table on a terminal, in columns.
const CELL_WIDTH_MAX: usize = 40;

/// Where a command's answer goes.
#[derive(Clone, Debug)]
pub struct Output {
    /// The language of texts.
    pub lang: Lang,
    /// Whether to answer in JSON.
    pub json: bool,
    demonstration: Option<i64>,
}

impl Output {
    /// An output in a language, as text or JSON.
    #[must_use]
    pub fn new(lang: Lang, json: bool) -> Output {
        Output { lang, json, demonstration: None }
    }

    /// From here on answers are about a demonstration realm whose clock is moved by `offset_ms`.
    pub fn demonstrate(&mut self, offset_ms: i64) {
        self.demonstration = Some(offset_ms);
    }

    /// By how much the clock is moved, where answers are about a demonstration realm.
    #[must_use]
    pub fn demonstration(&self) -> Option<i64> {
        self.demonstration
    }

    /// The half of a pair that is spoken.
    #[must_use]
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The half of a text that is spoken.
    #[must_use]
    pub fn text<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.lang)
    }

    /// Answers: `value` where JSON is asked for, else what `human` writes.
    pub fn answer(&self, value: Value, human: impl FnOnce(&mut String)) {
        if self.json {
            self.print(&format!("{}\n", self.marked(value)));
            return;
        }
        let mut text = self.banner();
        human(&mut text);
        self.print(&text);
    }

    /// Adds a remark for a person, beside the answer.
    pub fn remark(&self, text: &str) {
        let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
    }

    /// Tells a problem.
    pub fn problem(&self, problem: &Problem) {
        let text = problem.text();
        if self.json {
            let value = json!({
                "problem": {
                    "code": problem.code(), "zh": text.zh, "en": text.en,
                    "details": problem.details(),
                }
            });
            self.print(&format!("{}\n", self.marked(value)));
            return;
        }
        let mut said = format!("{}: {}\n", problem.code(), self.text(&text));
        for detail in problem.details() {
            let _ = writeln!(said, "  - {}", plain(&detail));
        }
        // A reader that went away cannot be told.
        let _ = std::io::stderr().write_all(said.as_bytes());
    }

    /// The first line of every answer about a demonstration realm.
    #[must_use]
    pub fn banner(&self) -> String {
        let Some(offset_ms) = self.demonstration else { return String::new() };
        let (days, hours) = (offset_ms / DAY_MS, offset_ms % DAY_MS / HOUR_MS);
        match self.lang {
            Lang::Zh => format!("演示数据，时钟偏移 {days} 天 {hours} 小时\n"),
            Lang::En => format!("demonstration data, clock shifted by {days} d {hours} h\n"),
        }
    }

    /// `value` with the mark of a demonstration realm, if this is one.
    #[must_use]
    pub fn marked(&self, mut value: Value) -> Value {
        if let (Some(offset_ms), Some(map)) = (self.demonstration, value.as_object_mut()) {
            map.insert("demonstration".into(), Value::Bool(true));
            map.insert("clock_offset_ms".into(), json!(offset_ms));
        }
        value
    }

    fn print(&self, text: &str) {
        // A reader that went away, such as `head`, has read enough.
        let _ = std::io::stdout().write_all(text.as_bytes());
    }

    /// A moment as a clerk reads it: `2021-04-16 (周五) 15:30`.
    #[must_use]
    pub fn moment(&self, zone: Zone, at: Instant) -> String {
        let civil = zone.civil(at);
        let day = usize::from(civil.date().weekday().to_monday_zero_offset().unsigned_abs());
        let zh = ["一", "二", "三", "四", "五", "六", "日"];
        let en = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let day = match self.lang {
            Lang::Zh => format!("周{}", zh[day]),
            Lang::En => en[day].to_owned(),
        };
        format!("{} ({day}) {:02}:{:02}", civil.date(), civil.hour(), civil.minute())
    }
}

/// A detail of a problem on one line.
fn plain(detail: &Value) -> String {
    match detail {
        Value::String(it) => it.clone(),
        other => other.to_string(),
    }
}

/// Writes a table whose columns line up, wide characters counted as two.
pub fn table(out: &mut String, headings: &[String], rows: &[Vec<String>]) {
    let cut = |it: &String| shorten(it);
    let head: Vec<String> = headings.iter().map(cut).collect();
    let body: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cut).collect()).collect();
    let width_of = |column: usize| {
        let cells = std::iter::once(&head).chain(&body).filter_map(|it| it.get(column));
        cells.map(|it| it.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width_of).collect();
    for row in std::iter::once(&head).chain(&body) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.width() + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn shorten(cell: &str) -> String {
    let cell: String = cell.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    if cell.width() <= CELL_WIDTH_MAX {
        return cell;
    }
    let mut cut = String::new();
    for it in cell.chars() {
        if cut.width() + 3 > CELL_WIDTH_MAX {
            break;
        }
        cut.push(it);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_core::time::ZONE_DEFAULT;

    #[test]
    fn columns_line_up_under_wide_characters() {
        let mut out = String::new();
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        table(&mut out, &row("编号", "b"), &[row("x", "垃圾"), row("四个汉字", "y")]);
        assert_eq!(out, "编号      b\nx         垃圾\n四个汉字  y\n");
    }

    #[test]
    fn a_moment_names_the_day_of_the_week_in_both_languages() {
        let at = Instant(1_618_558_200_000);
        let said = |lang| Output::new(lang, false).moment(ZONE_DEFAULT, at);
        assert_eq!(said(Lang::Zh), "2021-04-16 (周五) 15:30");
        assert_eq!(said(Lang::En), "2021-04-16 (Fri) 15:30");
    }

    #[test]
    fn a_demonstration_says_so_and_a_real_realm_does_not() {
        let mut out = Output::new(Lang::En, true);
        assert_eq!(out.marked(json!({})), json!({}));
        assert_eq!(out.banner(), "");
        out.demonstrate(DAY_MS);
        assert_eq!(out.marked(json!({}))["demonstration"], true);
        assert!(out.banner().starts_with("demonstration data, clock shifted by 1 d 0 h"));
    }
}
