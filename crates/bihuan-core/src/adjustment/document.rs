//! Periods, and the dated rule document of the operator that money is charged under.

use crate::id::{PackId, is_key};
use crate::text::Text;
use crate::time::{Instant, Zone, day_of_date};
use crate::unit::{UnitId, Units};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest period of one adjustment, in days.
pub const PERIOD_DAYS_MAX: i64 = 366;
/// Longest term for objections, in days.
const OBJECTION_DAYS_MAX: u32 = 60;
/// Longest number, fund or contract reference, in bytes.
const WORDS_BYTES_MAX: usize = 200;
/// Largest pool of rewards, in fen: a hundred million yuan.
const POOL_FEN_MAX: i64 = 10_000_000_000;

/// Days from a first to a last one, both included, such as `2021-03-21` to `2021-04-20`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AdjustmentPeriod))]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl Period {
    /// The numbers of the first and last day, counted from 1970-01-01; `None` where they are no
    /// days, or no period of at most [`PERIOD_DAYS_MAX`].
    #[must_use]
    pub fn days(&self) -> Option<(i64, i64)> {
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        (0..PERIOD_DAYS_MAX).contains(&(to - from)).then_some((from, to))
    }

    /// From when until when, the end exclusive.
    #[must_use]
    pub fn instants(&self, zone: Zone) -> Option<(Instant, Instant)> {
        let (from, to) = self.days()?;
        Some((zone.start_of_day(from), zone.start_of_day(to + 1)))
    }
}

/// The number of a day that is written just like `2021-04-16`, so that days sort as texts.
fn day(text: &str) -> Option<i64> {
    let date: Date = text.parse().ok()?;
    (text.len() == 10 && date.to_string() == text).then(|| day_of_date(date))
}

/// A dated document of the operator that lets money be charged (扣款办法); the operator keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleDocument {
    /// Key.
    pub id: String,
    /// The pack whose tariffs it puts in force.
    pub pack: PackId,
    /// Its number (文号).
    pub number: String,
    /// Its name.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub title: Text,
    /// First day on which it is in force.
    pub from: String,
    /// Last day; in force until it is replaced where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The fund that deductions go to and rewards come from (资金来源).
    pub fund: String,
    /// Days after the announcement in which the charged unit may object.
    pub objection_days: u32,
    /// Most fen of rewards in one period, all units together; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool_fen: Option<i64>,
    /// Contract references of units that are no public body, such as cleaning companies.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub contracts: BTreeMap<UnitId, String>,
}

impl RuleDocument {
    /// Whether it is in force on every day of a period.
    #[must_use]
    pub fn covers(&self, period: &Period) -> bool {
        self.from <= period.from && self.to.as_ref().is_none_or(|it| period.to <= *it)
    }
}

/// What is wrong with a rule document, each fault in words.
#[must_use]
pub fn check_document(document: &RuleDocument, units: &Units) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |it: &str| faults.push(format!("rule document {}: {it}", document.id));
    if !is_key(&document.id) {
        fault("its id is 1 to 64 letters, digits, _, - or .");
    }
    let first = day(&document.from);
    if first.is_none() {
        fault("from is a day such as 2021-01-01");
    }
    if document.to.as_ref().is_some_and(|it| day(it).is_none() || *it < document.from) {
        fault("to is a day such as 2021-12-31, not before from");
    }
    let words = [("number", &document.number), ("fund", &document.fund)];
    let contracts = document.contracts.values().map(|it| ("a contract", it));
    for (name, it) in words.into_iter().chain(contracts) {
        if it.trim().is_empty() || it.len() > WORDS_BYTES_MAX || it.contains('\0') {
            fault(&format!("{name} has 1 to {WORDS_BYTES_MAX} bytes"));
        }
    }
    if document.title.zh.trim().is_empty() || document.title.en.trim().is_empty() {
        fault("give its title in zh and en");
    }
    if !(1..=OBJECTION_DAYS_MAX).contains(&document.objection_days) {
        fault(&format!("objection_days is 1 to {OBJECTION_DAYS_MAX}"));
    }
    if document.pool_fen.is_some_and(|it| !(0..=POOL_FEN_MAX).contains(&it)) {
        fault(&format!("pool_fen is 0 to {POOL_FEN_MAX}"));
    }
    for unit in document.contracts.keys().filter(|it| units.get(it).is_none()) {
        fault(&format!("contracts name {unit}, which is no unit"));
    }
    faults
}

/// What an adjustment rests on; it stays, whatever becomes of the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AdjustmentBasis))]
pub struct Basis {
    /// Key of the rule document.
    pub document: String,
    /// Its number.
    pub number: String,
    /// The fund.
    pub fund: String,
    /// Days in which the charged unit may object.
    pub objection_days: u32,
    /// The contract, where the unit is no public body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
}
