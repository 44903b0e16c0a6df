//! One value of `pack.toml`, read as the type that is wanted there, or told as a gap.

use super::gap::{nearest, perhaps, quote};
use super::node::{LIST_MAX, Node, Source};
use crate::clock::Within;
use crate::id::{KEY_BYTES_MAX, is_key};
use crate::pack::Of;
use crate::text::Text;
use crate::unit::{KindId, UNIT_KEY_BYTES_MAX, is_unit_key};
use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use std::fmt::Display;
use std::ops::RangeInclusive;
use toml::de::DeValue;

/// A value with its place in the file.
pub(crate) struct Value<'s> {
    pub(crate) source: &'s Source<'s>,
    pub(crate) value: &'s DeValue<'s>,
    pub(crate) path: String,
    pub(crate) line: u32,
}

impl<'s> Value<'s> {
    /// Tells a gap on the line of the value.
    pub(crate) fn gap(&self, code: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.source.sink.gap_at(code, self.source.file, self.line, Text::new(zh, en));
    }

    pub(crate) fn wrong_type(&self, wanted_en: &str, wanted_zh: &str) {
        let found = self.value.type_str();
        self.gap(
            "wrong_type",
            format!("此处应为{wanted_zh}"),
            format!("write {wanted_en} here, not {found}"),
        );
    }

    pub(crate) fn bad_value(&self, zh: impl Display, en: impl Display) {
        self.gap("bad_value", zh.to_string(), en.to_string());
    }

    /// Text in quotes.
    pub(crate) fn str(&self) -> Option<&'s str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.wrong_type("text in quotes", "带引号的文字");
        }
        text
    }

    /// `{ zh = "…", en = "…" }`, neither of them empty.
    pub(crate) fn text(&self) -> Option<Text> {
        let DeValue::Table(table) = self.value else {
            self.wrong_type("{ zh = \"…\", en = \"…\" }", "{ zh = \"…\", en = \"…\" }");
            return None;
        };
        let node = Node::new(self.source, table, self.path.clone(), self.line);
        let half = |key| {
            let value: Option<Value<'_>> = node.get(key);
            value.map_or(Some(""), |it| it.str()).map(|it| it.trim().to_owned())
        };
        let (zh, en) = (half("zh"), half("en"));
        node.finish();
        let (zh, en) = (zh?, en?);
        for (lang, half) in [("zh", &zh), ("en", &en)] {
            if half.is_empty() {
                self.gap(
                    "missing_text",
                    format!("请写明{lang}文字"),
                    format!("write the {lang} text"),
                );
            }
        }
        Some(Text { zh, en })
    }

    /// A key: letters, digits, `_`, `-`, `.`.
    pub(crate) fn id(&self) -> Option<&'s str> {
        let text = self.str()?;
        if !is_key(text) {
            self.gap(
                "bad_key",
                format!("标识只用1至{KEY_BYTES_MAX}个字母、数字、_、-、."),
                format!("a key is 1 to {KEY_BYTES_MAX} letters, digits, `_`, `-` and `.`"),
            );
            return None;
        }
        Some(text)
    }

    /// A kind of unit.
    pub(crate) fn kind(&self) -> Option<KindId> {
        let text = self.str()?;
        if !is_unit_key(text) {
            self.gap(
                "bad_key",
                format!("单位类别只用1至{UNIT_KEY_BYTES_MAX}个小写字母、数字、_、-"),
                format!("a kind of unit is 1 to {UNIT_KEY_BYTES_MAX} of a-z, 0-9, `_` and `-`"),
            );
            return None;
        }
        Some(KindId::from(text))
    }

    /// A word of the pack language; the words are those of the type's own serialisation.
    pub(crate) fn word<T: DeserializeOwned>(&self) -> Option<T> {
        let text = self.str()?;
        word_of(text).map_err(|known| self.bad_word(text, known)).ok()
    }

    pub(crate) fn bad_word(&self, text: &str, known: &[&str]) {
        let (zh, en) = perhaps(nearest(text, known.iter().copied()));
        let (text, words) = (quote(text), known.join(", "));
        self.gap(
            "bad_word",
            format!("“{text}”不是此处可用的词{zh}（可用：{words}）"),
            format!("`{text}` is no word here{en} (words: {words})"),
        );
    }

    /// `place`, `assigned`, `opener`, `subject` or `function:NAME`.
    pub(crate) fn of(&self) -> Option<Of> {
        const WORDS: [&str; 5] = ["place", "assigned", "opener", "subject", "function:NAME"];
        let text = self.str()?;
        let of = match text {
            "place" => Of::Place,
            "assigned" => Of::Assigned,
            "opener" => Of::Opener,
            "subject" => Of::Subject,
            _ => match text.strip_prefix("function:").filter(|it| is_key(it)) {
                Some(function) => Of::Function(function.to_owned()),
                None => {
                    self.bad_word(text, &WORDS);
                    return None;
                }
            },
        };
        Some(of)
    }

    /// A limit such as `4 work_hour`.
    pub(crate) fn within(&self) -> Option<Within> {
        let text = self.str()?;
        text.parse()
            .map_err(|error| {
                self.bad_value(
                    "期限写作“4 work_hour”，单位为urgent_hour、work_hour、work_day、natural_day",
                    error,
                );
            })
            .ok()
    }

    /// A whole number with a sign.
    pub(crate) fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let DeValue::Integer(integer) = self.value else {
            self.wrong_type("a whole number", "整数");
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let fits = number.filter(|it| range.contains(it));
        if fits.is_none() {
            let (least, most) = (range.start(), range.end());
            self.bad_value(
                format!("应在{least}至{most}之间"),
                format!("write a number from {least} to {most}"),
            );
        }
        fits
    }

    /// A whole number without a sign.
    pub(crate) fn number(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let (least, most) = range.into_inner();
        let number = self.integer(i64::from(least)..=i64::from(most))?;
        u32::try_from(number).ok()
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        let flag = self.value.as_bool();
        if flag.is_none() {
            self.wrong_type("true or false", "true或false");
        }
        flag
    }

    /// A date in quotes such as `2021-01-01`.
    pub(crate) fn date(&self) -> Option<String> {
        let text = self.str()?;
        if !is_date(text) {
            self.bad_value("日期写作2021-01-01", "write a date as 2021-01-01");
            return None;
        }
        Some(text.to_owned())
    }

    /// A table.
    pub(crate) fn node(&self) -> Option<Node<'s>> {
        let DeValue::Table(table) = self.value else {
            self.wrong_type("a table", "表");
            return None;
        };
        Some(Node::new(self.source, table, self.path.clone(), self.line))
    }

    /// The items of a list, or the value itself where it stands alone.
    pub(crate) fn one_or_more(&self) -> Vec<Value<'s>> {
        let DeValue::Array(items) = self.value else {
            let Value { source, value, line, .. } = *self;
            return vec![Value { source, value, line, path: self.path.clone() }];
        };
        if items.len() > LIST_MAX {
            self.gap(
                "too_many",
                format!("最多{LIST_MAX}项"),
                format!("keep to {LIST_MAX} entries"),
            );
        }
        let value = |(no, item): (usize, &'s toml::Spanned<DeValue<'s>>)| {
            let path = format!("{}.{no}", self.path);
            let line = self.source.line(item.span().start);
            self.source.sink.stands(&path, self.source.file, line);
            Value { source: self.source, value: item.get_ref(), path, line }
        };
        items.iter().take(LIST_MAX).enumerate().map(value).collect()
    }
}

/// Whether `text` is a date as `2021-01-01`.
pub(crate) fn is_date(text: &str) -> bool {
    text.parse::<jiff::civil::Date>().is_ok_and(|it| it.to_string() == text)
}

/// A word by its own serialisation, else the words that there are.
pub(crate) fn word_of<T: DeserializeOwned>(text: &str) -> Result<T, &'static [&'static str]> {
    T::deserialize(StrDeserializer::<WordError>::new(text)).map_err(|WordError(known)| known)
}

/// Catches the words that a type knows, from its own deserialiser.
#[derive(Debug)]
struct WordError(&'static [&'static str]);

impl Display for WordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "words: {}", self.0.join(", "))
    }
}

impl std::error::Error for WordError {}

impl serde::de::Error for WordError {
    fn custom<T: Display>(_: T) -> WordError {
        WordError(&[])
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> WordError {
        WordError(known)
    }
}
