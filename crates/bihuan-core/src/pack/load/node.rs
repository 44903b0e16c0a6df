//! Reading a table of `pack.toml` key by key: what is unknown, missing or of the wrong type is
//! told with its line, and a stand-in is read so that the rest is told too.
//!
//! Invariant: whatever is read with a stand-in has left a gap, so no pack is made of stand-ins.

use super::gap::{GAPS_MAX, Sink, nearest, perhaps, quote};
use super::value::Value;
use crate::text::Text;
use crate::unit::KindId;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use toml::de::{DeTable, DeValue};

/// Most entries of one list in `pack.toml`.
pub const LIST_MAX: usize = 500;

/// A text being read, and where what is found in it is told.
pub(crate) struct Source<'s> {
    pub(crate) file: &'s str,
    pub(crate) sink: &'s Sink,
    starts: Vec<usize>,
}

impl<'s> Source<'s> {
    pub(crate) fn new(file: &'s str, text: &str, sink: &'s Sink) -> Source<'s> {
        let ends = text.bytes().enumerate().filter(|(_, it)| *it == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Source { file, sink, starts }
    }

    /// The line, from 1, on which the byte at `offset` stands.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|it| *it <= offset)).unwrap_or(u32::MAX)
    }
}

/// A table of `pack.toml`.
pub(crate) struct Node<'s> {
    pub(crate) path: String,
    pub(crate) line: u32,
    source: &'s Source<'s>,
    table: &'s DeTable<'s>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'s> Node<'s> {
    pub(crate) fn new(
        source: &'s Source<'s>,
        table: &'s DeTable<'s>,
        path: String,
        line: u32,
    ) -> Node<'s> {
        source.sink.stands(&path, source.file, line);
        Node { path, line, source, table, asked: RefCell::default() }
    }

    /// Tells a gap on the line of the table.
    pub(crate) fn gap(&self, code: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.source.sink.gap_at(code, self.source.file, self.line, Text::new(zh, en));
    }

    pub(crate) fn sink(&self) -> &'s Sink {
        self.source.sink
    }

    /// The value of a key that may be left out.
    pub(crate) fn get(&self, key: &'static str) -> Option<Value<'s>> {
        self.asked.borrow_mut().insert(key);
        let (name, value) = self.table.get_key_value(key)?;
        let path =
            if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        let line = self.source.line(name.span().start);
        self.source.sink.stands(&path, self.source.file, line);
        Some(Value { source: self.source, value: value.get_ref(), path, line })
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &'static str) -> Option<Value<'s>> {
        let value = self.get(key);
        if value.is_none() {
            self.gap("missing_key", format!("请写明“{key}”"), format!("say `{key}`"));
        }
        value
    }

    /// Tells every key that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.into_inner();
        let unknown = self.table.iter().filter(|(it, _)| !asked.contains(it.get_ref().as_ref()));
        for (key, _) in unknown.take(GAPS_MAX) {
            let name = key.get_ref().as_ref();
            let (zh, en) = perhaps(nearest(name, asked.iter().copied()));
            let name = quote(name);
            let what = Text::new(
                format!("没有“{name}”这一项{zh}"),
                format!("there is no key `{name}` here{en}"),
            );
            let line = self.source.line(key.span().start);
            self.source.sink.gap_at("unknown_key", self.source.file, line, what);
        }
    }

    /// A text in both languages.
    pub(crate) fn text(&self, key: &'static str) -> Text {
        self.need(key).and_then(|it| it.text()).unwrap_or_default()
    }

    /// A plain string that must be there.
    pub(crate) fn string(&self, key: &'static str) -> String {
        self.need(key).and_then(|it| it.str().map(str::to_owned)).unwrap_or_default()
    }

    /// A key of the pack that must be there.
    pub(crate) fn id<T: for<'a> From<&'a str>>(&self, key: &'static str) -> T {
        T::from(self.need(key).and_then(|it| it.id()).unwrap_or_default())
    }

    /// Keys of the pack: a list, one alone, or nothing.
    pub(crate) fn ids<T: for<'a> From<&'a str>>(&self, key: &'static str) -> Vec<T> {
        let items = self.get(key).map(|it| it.one_or_more()).unwrap_or_default();
        items.iter().filter_map(Value::id).map(T::from).collect()
    }

    /// Kinds of units of the realm: a list, one alone, or nothing.
    pub(crate) fn kinds(&self, key: &'static str) -> Vec<KindId> {
        let items = self.get(key).map(|it| it.one_or_more()).unwrap_or_default();
        items.iter().filter_map(Value::kind).collect()
    }

    /// A word of the pack language that must be there.
    pub(crate) fn word<T: DeserializeOwned>(&self, key: &'static str) -> Option<T> {
        self.need(key).and_then(|it| it.word())
    }

    /// A word of the pack language that may be left out.
    pub(crate) fn word_or<T: DeserializeOwned>(&self, key: &'static str, or: T) -> T {
        self.get(key).and_then(|it| it.word()).unwrap_or(or)
    }

    /// Words of the pack language: a list, one alone, or nothing.
    pub(crate) fn words<T: DeserializeOwned>(&self, key: &'static str) -> Vec<T> {
        let items = self.get(key).map(|it| it.one_or_more()).unwrap_or_default();
        items.iter().filter_map(Value::word).collect()
    }

    /// A whole number that must be there.
    pub(crate) fn number(&self, key: &'static str, range: RangeInclusive<u32>) -> u32 {
        self.need(key).and_then(|it| it.number(range)).unwrap_or_default()
    }

    /// A whole number that may be left out.
    pub(crate) fn some_number(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        self.get(key).and_then(|it| it.number(range))
    }

    /// A whole number with a sign; 0 where it is left out.
    pub(crate) fn amount(&self, key: &'static str, most: i64) -> i64 {
        self.get(key).and_then(|it| it.integer(-most..=most)).unwrap_or_default()
    }

    /// `true` or `false`; false where it is left out.
    pub(crate) fn flag(&self, key: &'static str) -> bool {
        self.get(key).and_then(|it| it.flag()).unwrap_or_default()
    }

    /// A date such as `2021-01-01` that may be left out.
    pub(crate) fn date(&self, key: &'static str) -> Option<String> {
        self.get(key).and_then(|it| it.date())
    }

    /// A table that may be left out.
    pub(crate) fn node(&self, key: &'static str) -> Option<Node<'s>> {
        self.get(key).and_then(|it| it.node())
    }

    /// A table that must be there.
    pub(crate) fn need_node(&self, key: &'static str) -> Option<Node<'s>> {
        self.need(key).and_then(|it| it.node())
    }

    /// Reads each table of a list; a list left out is empty.
    pub(crate) fn each<T>(&self, key: &'static str, read: impl Fn(&Node<'s>) -> T) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.value else {
            value.wrong_type(&format!("a list: [[{key}]] or [{{ … }}]"), "列表");
            return Vec::new();
        };
        let mut read_all = Vec::new();
        for (no, item) in items.iter().enumerate() {
            if no == LIST_MAX {
                value.gap(
                    "too_many",
                    format!("最多{LIST_MAX}项"),
                    format!("keep to {LIST_MAX} entries"),
                );
                break;
            }
            let line = self.source.line(item.span().start);
            // What could not be read leaves no trace in the model, so it is not counted.
            let at = read_all.len();
            let path = match self.path.as_str() {
                "" => format!("{key}.{at}"),
                path => format!("{path}.{key}.{at}"),
            };
            let item = Value { source: self.source, value: item.get_ref(), path, line };
            if let Some(node) = item.node() {
                read_all.push(read(&node));
                node.finish();
            }
        }
        read_all
    }
}
