//! The words after the `?` of an address that reads: each known, none twice that stands alone.
//!
//! Invariant: a key that nobody took, or a value that means nothing, is never passed over: the
//! answer names every fault and says what to give instead.

use super::ApiProblem;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use bihuan_core::text::{Lang, Text};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Most values of one address.
pub const VALUES_MAX: usize = 200;
/// Most bytes of one value.
pub const VALUE_BYTES_MAX: usize = 400;

/// What an address asks for, as it was sent; what is taken is gone.
#[derive(Clone, Debug, Default)]
pub struct Words {
    given: BTreeMap<String, Vec<String>>,
    faults: Vec<Fault>,
}

/// A fault of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    key: String,
    code: &'static str,
    text: Text,
}

impl<S: Send + Sync> FromRequestParts<S> for Words {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Words, ApiProblem> {
        type Pairs = Vec<(String, String)>;
        let super::body::Query(pairs) =
            super::body::Query::<Pairs>::from_request_parts(parts, state).await?;
        Ok(Words::of(pairs))
    }
}

impl Words {
    /// The words of key and value as they came.
    #[must_use]
    pub fn of(pairs: Vec<(String, String)>) -> Words {
        let mut words = Words::default();
        if pairs.len() > VALUES_MAX {
            words.fault(
                "?",
                "too_many_values",
                format!("参数最多 {VALUES_MAX} 个"),
                format!("at most {VALUES_MAX} values; name fewer"),
            );
            return words;
        }
        for (key, value) in pairs {
            if value.len() > VALUE_BYTES_MAX || value.contains('\0') {
                let (zh, en) = (
                    format!("每个值最多 {VALUE_BYTES_MAX} 字节"),
                    format!("a value has at most {VALUE_BYTES_MAX} bytes"),
                );
                words.fault(&key, "bad_parameter", zh, en);
                continue;
            }
            words.given.entry(key).or_default().push(value);
        }
        words
    }

    /// The words as a text that is the same in whatever order they came, without some of them:
    /// what a place in a list is bound to.
    #[must_use]
    pub fn bound(&self, without: &[&str]) -> String {
        let mut bound = String::new();
        for (key, values) in self.given.iter().filter(|it| !without.contains(&it.0.as_str())) {
            let mut values = values.clone();
            values.sort();
            values.dedup();
            bound += &json!([key, values]).to_string();
        }
        bound
    }

    /// All values of a key.
    pub fn several(&mut self, key: &str) -> Vec<String> {
        let mut values = self.given.remove(key).unwrap_or_default();
        values.sort();
        values.dedup();
        if values.iter().any(String::is_empty) {
            self.bad(key, "请填写值，或去掉此参数", "give a value, or leave the key out");
            return Vec::new();
        }
        values
    }

    /// All values of a key, in the order in which they came.
    pub fn ordered(&mut self, key: &str) -> Vec<String> {
        self.given.remove(key).unwrap_or_default()
    }

    /// The one value of a key.
    pub fn one(&mut self, key: &str) -> Option<String> {
        let mut values = self.given.remove(key)?;
        if values.len() > 1 {
            let (zh, en) = ("只能填一个值", "give one value");
            self.fault(key, "repeated_parameter", zh.into(), en.into());
            return None;
        }
        let value = values.pop().filter(|it| !it.is_empty());
        if value.is_none() {
            self.bad(key, "请填写值，或去掉此参数", "give a value, or leave the key out");
        }
        value
    }

    /// The one value of a key, read; `want` says what to give in both languages.
    pub fn read<T>(
        &mut self,
        key: &str,
        want: (&str, &str),
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.one(key)?;
        let read = read(&value);
        if read.is_none() {
            self.bad(key, want.0, want.1);
        }
        read
    }

    /// All values of a key, each read.
    pub fn each<T>(
        &mut self,
        key: &str,
        want: (&str, &str),
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let values = self.several(key);
        let found: Vec<T> = values.iter().filter_map(|it| read(it)).collect();
        if found.len() < values.len() {
            self.bad(key, want.0, want.1);
        }
        found
    }

    /// A number within bounds.
    pub fn number<T>(&mut self, key: &str, within: RangeInclusive<T>) -> Option<T>
    where
        T: std::str::FromStr + PartialOrd + Display,
    {
        let (zh, en) = (
            format!("应为 {} 至 {} 的整数", within.start(), within.end()),
            format!("give a whole number of {} to {}", within.start(), within.end()),
        );
        self.read(key, (&zh, &en), |it| it.parse().ok().filter(|it| within.contains(it)))
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let list = words.iter().map(|it| it.0).collect::<Vec<_>>().join(", ");
        let (zh, en) = (format!("可用：{list}"), format!("give one of {list}"));
        self.read(key, (&zh, &en), |it| words.iter().find(|word| word.0 == it).map(|it| it.1))
    }

    /// The language of cells and headings: `zh`, the language of record, unless said.
    pub fn lang(&mut self) -> Lang {
        self.word("lang", &[("zh", Lang::Zh), ("en", Lang::En)]).unwrap_or(Lang::Zh)
    }

    /// Says that a value cannot be used, and what to give instead.
    pub fn bad(&mut self, key: &str, zh: &str, en: &str) {
        self.fault(key, "bad_parameter", zh.to_owned(), en.to_owned());
    }

    fn fault(&mut self, key: &str, code: &'static str, zh: String, en: String) {
        self.faults.push(Fault { key: key.to_owned(), code, text: Text { zh, en } });
    }

    /// Ends the reading: nothing may be left, and nothing have been at fault.
    ///
    /// # Errors
    /// Every fault.
    pub fn done(&mut self) -> Result<(), ApiProblem> {
        for key in std::mem::take(&mut self.given).into_keys() {
            let (zh, en) = ("没有这个参数，请核对名称", "there is no such key; check its name");
            self.fault(&key, "unknown_parameter", zh.into(), en.into());
        }
        let Some(first) = self.faults.first() else { return Ok(()) };
        let text = |it: &Fault| {
            Text::new(format!("{}：{}", it.key, it.text.zh), format!("{}: {}", it.key, it.text.en))
        };
        let mut problem = ApiProblem::new(StatusCode::BAD_REQUEST, first.code, text(first));
        let detail = |it: &Fault| {
            json!({
                "parameter": it.key, "code": it.code, "title": it.text.en, "title_zh": it.text.zh,
            })
        };
        problem.details = self.faults.iter().map(detail).collect();
        Err(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(query: &[(&str, &str)]) -> Words {
        Words::of(query.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect())
    }

    #[test]
    fn what_is_asked_for_is_read_and_every_fault_is_told() {
        let mut good = words(&[("stage", "b"), ("stage", "a"), ("limit", "7")]);
        assert_eq!(good.several("stage"), ["a", "b"]);
        assert_eq!(good.number("limit", 1..=10), Some(7));
        assert!(good.done().is_ok());
        let mut bad =
            words(&[("limit", "7"), ("limit", "8"), ("sort", "x"), ("n", "0"), ("y", "")]);
        assert_eq!(bad.number("limit", 1..=10), None);
        assert_eq!(bad.word("sort", &[("newest", 1)]), None);
        assert_eq!(bad.number("n", 1..=10), None);
        let problem = bad.done().unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (400, "repeated_parameter"));
        let codes: Vec<_> = problem.details.iter().map(|it| it["code"].clone()).collect();
        assert_eq!(
            codes,
            ["repeated_parameter", "bad_parameter", "bad_parameter", "unknown_parameter"]
        );
    }

    #[test]
    fn limits_hold_and_a_list_is_the_same_in_any_order() {
        let long = "x".repeat(VALUE_BYTES_MAX + 1);
        assert!(words(&[("q", &long[1..])]).done().unwrap_err().code == "unknown_parameter");
        assert_eq!(words(&[("q", &long)]).done().unwrap_err().code, "bad_parameter");
        assert_eq!(words(&[("q", "a\0")]).done().unwrap_err().code, "bad_parameter");
        let many = vec![("q", "a"); VALUES_MAX + 1];
        assert_eq!(words(&many).done().unwrap_err().code, "too_many_values");
        let (one, other) = (&[("a", "1"), ("b", "2"), ("a", "3")], &[("a", "3"), ("b", "2")]);
        let other = words(&[&other[..], &[("a", "1"), ("limit", "5")]].concat());
        assert_eq!(words(one).bound(&["limit"]), other.bound(&["limit"]));
        assert_ne!(words(one).bound(&[]), other.bound(&[]));
    }
}
