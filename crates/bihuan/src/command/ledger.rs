//! `bihuan ledger`: a page of the ledger (台账) in the columns of its pack, with the page's totals.

use super::{Outcome, balance};
use crate::cli::{LedgerCommand, LedgerWords};
use crate::column;
use crate::config::Config;
use crate::look::Look;
use crate::output::{Output, table};
use crate::problem::Problem;
use crate::realm::Realm;
use crate::selection;
use crate::sheet::Sheet;
use crate::totals::Totals;
use bihuan_core::id::{MatterId, PackId};
use bihuan_core::policy::Scope;
use bihuan_store::page::{Ask, Mark, PAGE_MAX, Sort, mark};
use serde_json::{Value, json};
use std::fmt::Write as _;

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
        after: words.after.as_deref().map(|it| after(&realm, it)).transpose()?,
        limit: words.limit,
        sort: Sort::Newest,
        whole: columns.iter().any(|it| column::needs_whole(&it.shows)),
    };
    let look = Look::operator(&realm);
    let page = look.page(&realm, &ask)?;
    let next = page.rows.last().map(|it| it.id).filter(|_| page.next.is_some());
    let sheet = Sheet::of(&realm, &look, out.lang, &columns, &page.rows)?;
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
        "next": next,
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
        if let Some(next) = next {
            let _ = writeln!(text, "{}: --after {next}", out.pick("下一页", "next page"));
        }
    });
    Ok(Outcome::Good)
}

/// The place of the matter that the page before ended with.
fn after(realm: &Realm, word: &str) -> Result<Mark, Problem> {
    let zh = "请用上一页给出的 --after 值";
    let unfit = || Problem::word(word, zh, "give the value of --after that the page before told");
    let id = word.parse().map(MatterId).map_err(|_| unfit())?;
    let found = realm.read(|db| mark(db, &Scope::operator(), Sort::Newest, id))?;
    found.ok_or_else(unfit)
}
