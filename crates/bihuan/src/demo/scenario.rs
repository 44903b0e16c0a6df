//! How a demonstration realm lives: read from its scenario file, nothing of it is in the program.

use bihuan_core::story::chance::Chance;
use bihuan_core::text::Text;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How a demonstration realm lives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The password of every account: everything in a demonstration is invented, and told.
    pub password: String,
    /// Accounts to begin with, one for each kind of work.
    pub sign_in: Vec<SignIn>,
    /// The pack that most matters are of.
    pub pack: String,
    /// A pack of which a few dozen matters run beside.
    pub side_pack: String,
    /// How many.
    pub side_count: u32,
    /// Their titles.
    pub side_titles: Vec<String>,
    /// Their sources.
    pub side_source: Vec<String>,
    /// Matters found on each day, from Monday.
    pub found_per_day: [u32; 7],
    /// Share of finds at a named point, in percent.
    pub at_point_percent: u64,
    /// How often things go otherwise, in percent.
    pub chances: Chances,
    /// Sources with their weights.
    pub source: Vec<WeightedSource>,
    /// Classes with their weights.
    pub classes: BTreeMap<String, u64>,
    /// Words.
    pub texts: Texts,
}

/// An account to begin with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The account.
    pub account: String,
    /// What one does as it.
    pub does: Text,
}

/// How often things go otherwise, in percent.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chances {
    pub void: u64,
    pub self_handled: u64,
    pub on_the_spot: u64,
    pub wrong_unit: u64,
    pub extension: u64,
    pub suspension: u64,
    pub late: u64,
    pub rework: u64,
    pub rebound: u64,
    pub appeal: u64,
    pub urge: u64,
    pub supervise: u64,
    pub duplicate: u64,
    pub joint: u64,
}

/// A source with its weight.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedSource {
    /// Key in the pack.
    pub id: String,
    /// Weight among the sources.
    pub weight: u64,
}

/// Words that people of the realm write.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    #[serde(rename = "where")]
    pub whereabouts: Vec<String>,
    pub done: Vec<String>,
    pub send_back: Vec<String>,
    pub extend: Vec<String>,
    pub suspend: Vec<String>,
    pub appeal: Vec<String>,
    pub urge: Vec<String>,
    pub note: Vec<String>,
}

/// One of some weighted things.
pub(super) fn weighted<T>(
    chance: &mut Chance,
    things: impl Iterator<Item = (T, u64)> + Clone,
) -> Option<T> {
    let total: u64 = things.clone().map(|(_, weight)| weight).sum();
    let mut drawn = chance.below(total);
    for (thing, weight) in things {
        if drawn < weight {
            return Some(thing);
        }
        drawn -= weight;
    }
    None
}

/// One of some words; empty where there are none.
pub(super) fn word(chance: &mut Chance, words: &[String]) -> String {
    chance.one(words).cloned().unwrap_or_default()
}
