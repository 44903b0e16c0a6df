//! `bihuan ledger`: a page of the ledger (台账) in the columns of its pack, with the page's totals.

use super::{Outcome, balance};
use crate::cli::{LedgerCommand, LedgerWords};
use crate::column;
use crate::config::Config;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use crate::selection;
use crate::sheet::{Sheet, is_overdue};
use bihuan_core::id::{MatterId, PackId};
use bihuan_core::policy::Scope;
use bihuan_core::time::Instant;
use bihuan_store::page::{Ask, PAGE_MAX, PageRow, page};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Totals of a printed page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    /// Handed to a unit (交办).
    dispatched: usize,
    /// Of these, declared done (整改).
    rectified: usize,
    /// Of these, not yet (未整改).
    unrectified: usize,
    /// Missed a deadline (超期).
    overdue: usize,
}

impl Totals {
    /// Counts a row at `now`.
    pub(super) fn count(&mut self, row: &PageRow, now: Instant) {
        let done = matches!(row.meaning.as_str(), "declared" | "verifying" | "closed");
        let handling = row.meaning == "handling";
        self.dispatched += usize::from(done || handling);
        self.rectified += usize::from(done);
        self.unrectified += usize::from(handling);
        self.overdue += usize::from(is_overdue(row, now));
    }

    /// In words.
    pub(super) fn said(&self, out: &Output) -> String {
        let Totals { dispatched, rectified, unrectified, overdue } = self;
        match out.pick("zh", "en") {
            "zh" => {
                format!("交办 {dispatched}，整改 {rectified}，未整改 {unrectified}，超期 {overdue}")
            }
            _ => format!(
                "dispatched {dispatched}, rectified {rectified}, not yet {unrectified}, \
                 overdue {overdue}"
            ),
        }
    }
}

pub(super) fn run(
    config: &Config,
    out: &mut Output,
    words: LedgerWords,
) -> Result<Outcome, Problem> {
    let realm = Realm::look(config)?;
    realm.mark(out);
    if let Some(LedgerCommand::Balance { unit, day, from, to }) = words.command {
        let days = balance::Days { day, from, to };
        return balance::run(&realm, out, unit.as_deref(), &days);
    }
    if !(1..=PAGE_MAX).contains(&words.limit) {
        let word = words.limit.to_string();
        let zh = format!("每页 1 至 {PAGE_MAX} 件");
        return Err(Problem::word(&word, &zh, &format!("a page has 1 to {PAGE_MAX} matters")));
    }
    let rules = realm.rules();
    let now = realm.now();
    let pack = words.filter.pack.as_deref().and_then(|it| rules.pack(&PackId::from(it)));
    let columns = column::columns(&rules, pack, &words.columns)?;
    let ask = Ask {
        filter: selection::filter(&rules, now, &words.filter)?,
        after: words.after.as_deref().map(cursor).transpose()?,
        limit: words.limit,
        whole: columns.iter().any(|it| column::needs_whole(&it.shows)),
    };
    let page = realm.read(|db| page(db, &Scope::operator(), &ask))?;
    let sheet = Sheet::of(&realm, &rules, out.lang, &columns, &page.rows)?;
    let mut totals = Totals::default();
    page.rows.iter().for_each(|it| totals.count(it, now));
    let numbered = || page.rows.iter().zip(1_i64..);
    let heads: Vec<Value> = columns
        .iter()
        .map(|it| json!({ "shows": column::word(&it.shows), "title": it.title }))
        .collect();
    let rows: Vec<Value> = numbered().map(|(row, no)| sheet.object(row, no)).collect();
    let value = json!({
        "columns": heads, "rows": rows, "totals": totals, "count": page.rows.len(),
        "next": page.next,
    });
    out.answer(value, |text| {
        let heads: Vec<String> = columns.iter().map(|it| out.text(&it.title).to_owned()).collect();
        let rows = numbered().map(|(row, no)| {
            let cells = sheet.cells(row, no);
            cells.iter().map(|it| it.human(out, rules.zone)).collect()
        });
        table(text, &heads, &rows.collect::<Vec<Vec<String>>>());
        let count = page.rows.len();
        let said = out.pick("本页", "this page");
        let _ = writeln!(text, "{said} {count}: {}", totals.said(out));
        if let Some(next) = page.next {
            let _ = writeln!(text, "{}: --after {next}", out.pick("下一页", "next page"));
        }
    });
    Ok(Outcome::Good)
}

fn cursor(word: &str) -> Result<MatterId, Problem> {
    let zh = "请用上一页给出的 --after 值";
    word.parse()
        .map(MatterId)
        .map_err(|_| Problem::word(word, zh, "give the value of --after that the page before told"))
}
