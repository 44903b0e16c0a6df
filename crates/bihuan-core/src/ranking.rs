//! Ranking of units (排名): competition ranking with ties inside a group, by points.
//!
//! Invariants: units are ranked, never persons; the order of two units depends on nothing but the
//! two, so that another unit changes no order; without matters there is no rank; petitions and
//! honest lifting to a higher tier score nothing, and a sealed pack has no ranking.

use crate::content::hex;
use crate::id::{PersonId, RoleId};
use crate::matter::facts::Grant;
use crate::matter::{Rules, Via};
use crate::pack::{Compartment, ListRule, Pack, RankingRule};
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What the record has of one unit in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnitTally {
    /// The unit.
    pub unit: UnitId,
    /// Its group; empty for the group without a name.
    pub group: String,
    /// Matters that it was made responsible for.
    pub cases: u64,
    /// Thousandths of a point.
    pub points_milli: i64,
    /// Matters that missed a deadline with it.
    pub overdue: u64,
    /// Times that work came back.
    pub rework: u64,
    /// Matters of the period that were cleared.
    pub cleared: u64,
    /// Milliseconds from dispatch to clearance of those, all together.
    pub took_ms: i64,
    /// Units below that points count for, such as grids; 1 where points count as they are.
    pub base: u64,
    /// Whether the record shows that somebody looked there.
    pub inspected: bool,
    /// Stretches in which something found there waited for dispatch and still does.
    pub waiting: u64,
}

/// Why a unit has a rank or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RankingState {
    /// It has a rank.
    Ranked,
    /// Fewer matters than the rule asks for (样本不足).
    TooFew,
    /// Somebody looked and nothing was found (无问题).
    NoProblem,
    /// Nobody looked, as far as the record shows (未巡查).
    NotInspected,
    /// Nothing below that points could count for.
    NoBase,
}

/// Which list a unit stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RankingList {
    /// The red list (红榜): praised.
    Red,
    /// The black list (黑榜): named.
    Black,
}

/// A unit in a ranking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ranked {
    /// What the record has of it.
    pub tally: UnitTally,
    /// Why it has a rank or none.
    pub state: RankingState,
    /// Its rank in its group, where it has one: 1, 2, 2, 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u64>,
    /// Thousandths of a point for each unit below, rounded half up; as they are where `base` is 1.
    pub score_milli: i64,
    /// The list that it stands on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<RankingList>,
}

/// Ranks units by a rule: by group, then by rank, those without one last, then by key.
#[must_use]
pub fn rank(rule: &RankingRule, tallies: &[UnitTally]) -> Vec<Ranked> {
    let mut groups: BTreeMap<&str, Vec<&UnitTally>> = BTreeMap::new();
    for it in tallies {
        groups.entry(&it.group).or_default().push(it);
    }
    groups.into_values().flat_map(|it| of_group(rule, it)).collect()
}

fn of_group(rule: &RankingRule, group: Vec<&UnitTally>) -> Vec<Ranked> {
    let (mut ranked, mut apart): (Vec<&UnitTally>, Vec<&UnitTally>) =
        group.into_iter().partition(|it| state(rule, it) == RankingState::Ranked);
    ranked.sort_by(|a, b| order(a, b).then_with(|| a.unit.cmp(&b.unit)));
    apart.sort_by(|a, b| a.unit.cmp(&b.unit));
    let better = |it: &UnitTally| ranked.iter().filter(|a| order(a, it).is_lt()).count() as u64;
    let worse = |it: &UnitTally| ranked.iter().filter(|a| order(a, it).is_gt()).count() as u64;
    let row = |it: &UnitTally, rank, list| Ranked {
        state: state(rule, it),
        rank,
        score_milli: score(it),
        list,
        tally: it.clone(),
    };
    let mut rows = Vec::with_capacity(ranked.len() + apart.len());
    for it in &ranked {
        let (better, worse) = (better(it), worse(it));
        rows.push(row(it, Some(better + 1), list(rule, it, better, worse)));
    }
    rows.extend(apart.into_iter().map(|it| row(it, None, None)));
    rows
}

fn state(rule: &RankingRule, it: &UnitTally) -> RankingState {
    match it.cases {
        0 if it.waiting > 0 => RankingState::TooFew,
        0 if it.inspected => RankingState::NoProblem,
        0 => RankingState::NotInspected,
        _ if it.base == 0 => RankingState::NoBase,
        cases if cases < u64::from(rule.minimum) => RankingState::TooFew,
        _ => RankingState::Ranked,
    }
}

/// The better first: more points for each unit below, then fewer overdue, then less rework, then
/// sooner done on average; what has cleared nothing comes after what has.
fn order(a: &UnitTally, b: &UnitTally) -> Ordering {
    let points =
        |it: &UnitTally, other: &UnitTally| i128::from(it.points_milli) * i128::from(other.base);
    let took = |it: &UnitTally, other: &UnitTally| {
        i128::from(it.took_ms) * i128::from(other.cleared.max(1))
    };
    points(b, a)
        .cmp(&points(a, b))
        .then_with(|| a.overdue.cmp(&b.overdue))
        .then_with(|| a.rework.cmp(&b.rework))
        .then_with(|| (a.cleared == 0).cmp(&(b.cleared == 0)))
        .then_with(|| took(a, b).cmp(&took(b, a)))
}

/// Points for each unit below, rounded half up.
fn score(it: &UnitTally) -> i64 {
    let base = i128::from(it.base.max(1));
    let doubled = 2 * i128::from(it.points_milli) + base;
    i64::try_from(doubled.div_euclid(2 * base)).unwrap_or(it.points_milli)
}

/// The list of a ranked unit, of which so many stand better and worse; where both lists would
/// have it, neither does.
fn list(rule: &RankingRule, it: &UnitTally, better: u64, worse: u64) -> Option<RankingList> {
    let reaches = |percent: u32| it.cleared * 100 >= it.cases * u64::from(percent);
    let within = |rule: ListRule, before: u64| rule.places.is_some_and(|it| before < u64::from(it));
    let red = rule.red.is_some_and(|it| within(it, better) || it.percent.is_some_and(reaches));
    let black =
        rule.black.is_some_and(|it| within(it, worse) || it.percent.is_some_and(|it| !reaches(it)));
    match (red, black) {
        (true, false) => Some(RankingList::Red),
        (false, true) => Some(RankingList::Black),
        _ => None,
    }
}

/// SHA-256 of what a ranking was made of, in any order of the units: whoever confirms it names it,
/// so that what is published is what was seen.
#[must_use]
pub fn digest(rule: &RankingRule, tallies: &[UnitTally]) -> String {
    let mut tallies: Vec<&UnitTally> = tallies.iter().collect();
    tallies.sort_by(|a, b| a.unit.cmp(&b.unit));
    let bytes = serde_json::to_vec(&(rule, tallies)).expect("a ranking has only string keys");
    hex(&Sha256::digest(bytes))
}

/// The grant under which a person may publish a ranking of the units below `under`; never by a
/// program, and nobody where the pack is sealed.
#[must_use]
pub fn publisher(
    rules: &Rules,
    pack: &Pack,
    rule: &RankingRule,
    (person, via, only): (&PersonId, Via, &[RoleId]),
    (under, now): (&UnitId, Instant),
) -> Option<Grant> {
    if via != Via::Person || pack.compartment == Compartment::Sealed {
        return None;
    }
    let may = |it: &&Grant| {
        rule.publish.contains(&it.role)
            && (only.is_empty() || only.contains(&it.role))
            && rules.units.is_within(under, &it.area)
    };
    rules.grants_of(person, now).find(may).cloned()
}
