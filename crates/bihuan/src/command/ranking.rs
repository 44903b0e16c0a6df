//! `bihuan ranking`: units by points as of an entry of the record, with what changed since the day
//! before.

use super::Outcome;
use crate::cli::adjustment::RankingWords;
use crate::config::Config;
use crate::http::ranking::{RankingRow, made, running};
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::PackId;
use bihuan_core::pack::Compartment;
use bihuan_core::ranking::{RankingList, RankingState};
use bihuan_core::unit::UnitId;
use bihuan_store::ranking::RankingAsk;
use serde_json::json;
use std::fmt::Write as _;

const HEADS: [(&str, &str); 9] = [
    ("名次", "rank"),
    ("昨日", "before"),
    ("单位", "unit"),
    ("得分", "points"),
    ("案件", "cases"),
    ("超期", "overdue"),
    ("返工", "rework"),
    ("销号", "cleared"),
    ("榜", "list"),
];

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: &RankingWords,
) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    let rules = realm.rules();
    let unknown = || Problem::unknown("排名", "ranking", &words.pack);
    let pack = rules.pack(&PackId::from(words.pack.as_str()));
    let pack = pack.filter(|it| it.compartment != Compartment::Sealed).ok_or_else(unknown)?;
    let mut all = pack.rankings.iter();
    let rule = all.find(|it| words.ranking.as_ref().is_none_or(|id| *id == it.id));
    let rule = rule.ok_or_else(unknown)?;
    let under = match &words.under {
        Some(it) => rules.units.get(&UnitId(it.clone())),
        None => rules.units.iter().find(|it| it.parent.is_none()),
    };
    let under = under
        .ok_or_else(|| Problem::unknown("单位", "unit", words.under.as_deref().unwrap_or("")))?;
    let period = running(&rules, realm.now(), words.from.clone(), words.to.clone());
    let (pack, under) = (pack.id.clone(), under.id.clone());
    let from = period.from.clone();
    let ask = RankingAsk { pack, under, period, as_of: 0 };
    let told = made(&realm, rule, ask, words.as_of)?.ok_or_else(|| {
        Problem::word(&from, "期间最长366天，写作 2021-03-01", "two days, at most 366 in all")
    })?;
    out.answer(json!(told), |text| {
        let (period, as_of) = (&told.period, told.as_of_seq);
        let title = out.text(&told.title);
        let said = out.pick("截至记录", "as of entry");
        let _ = writeln!(text, "{title} {} – {} {said} {as_of}", period.from, period.to);
        let heads = HEADS.map(|it| out.pick(it.0, it.1).to_owned());
        let rows: Vec<Vec<String>> = told.rows.iter().map(|it| row(out, it)).collect();
        table(text, &heads, &rows);
    });
    Ok(Outcome::Good)
}

fn row(out: &Output, it: &RankingRow) -> Vec<String> {
    let state = match it.state {
        RankingState::Ranked => "",
        RankingState::TooFew => out.pick("样本不足", "too few"),
        RankingState::NoProblem => out.pick("无问题", "no problem"),
        RankingState::NotInspected => out.pick("未巡查", "not inspected"),
        RankingState::NoBase => out.pick("无基数", "nothing to count for"),
    };
    let number = |it: Option<u64>| it.map_or_else(|| "—".to_owned(), |it| it.to_string());
    let points = |milli: i64| {
        let sign = if milli < 0 { "-" } else { "" };
        format!("{sign}{}.{:03}", milli.unsigned_abs() / 1_000, milli.unsigned_abs() % 1_000)
    };
    let list = match it.list {
        Some(RankingList::Red) => out.pick("红", "red"),
        Some(RankingList::Black) => out.pick("黑", "black"),
        None => "",
    };
    let is_ranked = it.state == RankingState::Ranked;
    vec![
        it.rank.map_or_else(|| state.to_owned(), |it| it.to_string()),
        number(it.rank_before),
        out.text(&it.title).to_owned(),
        if is_ranked { points(it.score_milli) } else { "—".to_owned() },
        it.tally.cases.to_string(),
        it.tally.overdue.to_string(),
        it.tally.rework.to_string(),
        it.tally.cleared.to_string(),
        list.to_owned(),
    ]
}
