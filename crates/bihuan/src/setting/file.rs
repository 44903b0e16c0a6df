//! The file of settings, read key by key with the line of each.

use super::{Kind, SETTINGS};
use bihuan_core::text::Text;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Depth of tables in the file.
const DEPTH_MAX: usize = 2;
/// Faults of one file that are told.
const FAULTS_MAX: usize = 50;

/// What a file says: by key, the text and its line. What it should not say is added to `faults`.
pub(super) fn read(
    path: &Path,
    text: &str,
    faults: &mut Vec<Text>,
) -> BTreeMap<&'static str, (String, usize)> {
    let mut reader = Reader { path, text, faults, said: BTreeMap::new() };
    match DeTable::parse(text) {
        Ok(table) => reader.table("", table.get_ref(), 1),
        Err(error) => {
            let at = error.span().map_or(0, |it| it.start);
            let why = error.message();
            reader.fault(at, &format!("不是 TOML：{why}"), &format!("this is no TOML: {why}"));
        }
    }
    reader.said
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    faults: &'a mut Vec<Text>,
    said: BTreeMap<&'static str, (String, usize)>,
}

impl Reader<'_> {
    fn table(&mut self, before: &str, table: &DeTable<'_>, depth: usize) {
        for (name, value) in table.iter() {
            let at = name.span().start;
            let name = name.get_ref().as_ref();
            let key = if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") };
            match value.get_ref() {
                DeValue::Table(inner) if depth < DEPTH_MAX => self.table(&key, inner, depth + 1),
                _ => self.value(&key, at, value),
            }
        }
    }

    fn value(&mut self, key: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        let Some(setting) = SETTINGS.iter().find(|it| it.key == key) else {
            let key: String = key.chars().filter(|it| !it.is_control()).take(80).collect();
            let en = format!("there is no setting `{key}`");
            return self.fault(at, &format!("没有“{key}”这一项"), &en);
        };
        match said(value.get_ref(), setting.kind) {
            Some(text) => drop(self.said.insert(setting.key, (text, self.line(at)))),
            None => self.fault(
                at,
                &format!("{key} 的写法不对，须为 {}", setting.kind.unit()),
                &format!("{key} is of another kind: {}", setting.kind.unit()),
            ),
        }
    }

    fn fault(&mut self, at: usize, zh: &str, en: &str) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let (path, line) = (self.path.display(), self.line(at));
        let zh = format!("{path} 第 {line} 行：{zh}");
        self.faults.push(Text { zh, en: format!("{path}:{line}: {en}") });
    }

    /// The line, from 1, on which a byte stands.
    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        before.iter().filter(|it| **it == b'\n').count() + 1
    }
}

/// A value as a text; a list, where one may stand, with commas between.
fn said(value: &DeValue<'_>, kind: Kind) -> Option<String> {
    match value {
        DeValue::String(it) => Some(it.to_string()),
        DeValue::Integer(it) if it.radix() == 10 => Some(it.as_str().to_owned()),
        DeValue::Boolean(it) => Some(it.to_string()),
        DeValue::Array(items) if kind == Kind::Networks => {
            let text = |it: &Spanned<DeValue<'_>>| match it.get_ref() {
                DeValue::String(it) if !it.contains(',') => Some(it.to_string()),
                _ => None,
            };
            items.iter().map(text).collect::<Option<Vec<_>>>().map(|it| it.join(","))
        }
        _ => None,
    }
}
