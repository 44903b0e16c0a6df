//! The lists of invented names, read from `demo/names.toml`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A name in Chinese and its pinyin or English.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Name {
    pub(super) zh: String,
    pub(super) en: String,
}

impl Name {
    /// The name with a last word in each language.
    pub(super) fn with(&self, zh: &str, en: &str) -> Name {
        Name { zh: format!("{}{zh}", self.zh), en: format!("{} {en}", self.en) }
    }
}

/// A department of the district.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Department {
    pub(super) id: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) functions: Vec<String>,
}

/// A company that works for a unit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Company {
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) functions: Vec<String>,
}

/// Names of the villages and communities.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Places {
    pub(super) communities: Vec<Name>,
    pub(super) villages: Vec<Name>,
    pub(super) street_communities: Vec<Name>,
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub(super) surnames: String,
    pub(super) given: Vec<String>,
    pub(super) district: Name,
    pub(super) town: Name,
    pub(super) street: Name,
    pub(super) park: Name,
    pub(super) squad: Name,
    pub(super) department: Vec<Department>,
    pub(super) company: Vec<Company>,
    pub(super) names: Places,
    pub(super) stems: BTreeMap<String, Vec<Name>>,
}
