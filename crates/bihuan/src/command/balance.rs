//! `bihuan ledger balance`: what each unit began a period with, what came and went, what is left.

use super::Outcome;
use crate::day;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use crate::selection;
use bihuan_core::policy::Scope;
use bihuan_core::time::{Instant, Zone};
use bihuan_store::balance::{Balance, balance};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The days that somebody named.
pub(super) struct Days {
    pub(super) day: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

const HEADS: [(&str, &str); 12] = [
    ("单位", "unit"),
    ("期初", "opening"),
    ("立案", "filed"),
    ("反弹", "rebounded"),
    ("转入", "taken over"),
    ("转出", "handed over"),
    ("销号", "cleared"),
    ("自行处置", "self-handled"),
    ("并案", "merged"),
    ("作废", "voided"),
    ("期末", "closing"),
    ("其中挂账", "of it suspended"),
];

pub(super) fn run(
    realm: &Realm,
    out: &Output,
    unit: Option<&str>,
    days: &Days,
) -> Result<Outcome, Problem> {
    let rules = realm.rules();
    let (from, to) = period(rules.zone, realm.now(), days)?;
    let under = unit.map(|it| selection::units(&rules, it)).transpose()?.flatten();
    let mut accounts = realm.read(|db| balance(db, &Scope::operator(), from, to))?;
    if let Some(units) = under {
        accounts.retain(|it, _| units.contains(it));
    }
    let mut total = Balance::default();
    accounts.values().for_each(|it| total.add(it));
    let is_good = accounts.values().all(Balance::balances);
    let title = |id: &bihuan_core::unit::UnitId| {
        rules.units.get(id).map_or(id.as_str(), |it| it.title.get(out.lang)).to_owned()
    };
    let units: Vec<Value> = accounts
        .iter()
        .map(|(unit, it)| json!({ "unit": unit, "account": it, "balances": it.balances() }))
        .collect();
    let value = json!({
        "from": from, "to": to, "balances": is_good, "units": units, "total": total,
    });
    out.answer(value, |text| {
        let (first, last) = (rules.zone.date(from), rules.zone.date(to.plus_ms(-1)));
        let _ = writeln!(text, "{first} – {last}");
        let heads = HEADS.map(|it| out.pick(it.0, it.1).to_owned());
        let mut rows: Vec<Vec<String>> =
            accounts.iter().map(|(unit, it)| row(title(unit), it)).collect();
        rows.push(row(out.pick("合计", "total").to_owned(), &total));
        table(text, &heads, &rows);
        let said = if is_good {
            out.pick("账平", "the account balances")
        } else {
            out.pick("账不平，请运行 bihuan verify", "it does not balance; run `bihuan verify`")
        };
        let _ = writeln!(text, "{said}");
    });
    Ok(Outcome::of(is_good))
}

fn period(zone: Zone, now: Instant, days: &Days) -> Result<(Instant, Instant), Problem> {
    if let (Some(from), Some(to)) = (&days.from, &days.to) {
        let (from, to) = (day::start(zone, from)?, day::end(zone, to)?);
        if to <= from {
            let (zh, en) = ("结束日期早于开始日期", "the last day is before the first");
            return Err(Problem::word(days.to.as_deref().unwrap_or(""), zh, en));
        }
        return Ok((from, to));
    }
    if let Some(day) = &days.day {
        return Ok((day::start(zone, day)?, day::end(zone, day)?));
    }
    let today = zone.day(now);
    Ok((zone.start_of_day(today), zone.start_of_day(today + 1)))
}

fn row(title: String, it: &Balance) -> Vec<String> {
    let numbers = [
        it.opening,
        it.filed,
        it.rebounded,
        it.taken_over,
        it.handed_over,
        it.cleared,
        it.self_handled,
        it.merged,
        it.voided,
        it.closing,
        it.suspended,
    ];
    std::iter::once(title).chain(numbers.iter().map(ToString::to_string)).collect()
}
