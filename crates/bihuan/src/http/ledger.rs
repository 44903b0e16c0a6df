//! The ledger (整改台账) in the official columns of its pack, and its balance for each unit and day.
//!
//! Invariants: the ledger shows just the matters that the list of the same filter shows to the same
//! caller; a balance counts just the matters that the caller may see.

use super::export::columns;
use super::filter::{FilterParams, moment};
use super::list::{LIMIT, Listed, PageParams};
use super::problem::ReadProblems;
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::column;
use crate::day;
use crate::look::Look;
use crate::sheet::Sheet;
use crate::totals::Totals;
use axum::extract::State;
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, Zone, date_of_day};
use bihuan_core::unit::UnitId;
use bihuan_store::balance::{Balance, DAYS_MAX, balance, daily};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// A page of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerPage {
    /// The columns.
    pub columns: Vec<ColumnShown>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<LedgerRow>,
    /// Totals of the page.
    pub totals: Totals,
    /// The cursor of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A column of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColumnShown {
    /// What it shows, as packs write it.
    pub shows: String,
    /// Its heading.
    pub title: Text,
    /// What its cells hold: `text`, `integer`, `milli` (thousandths) or `moment` (milliseconds
    /// since 1970 UTC).
    pub kind: &'static str,
}

/// A row of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LedgerRow {
    /// The matter.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its cells: a text, a number or nothing.
    pub cells: Vec<serde_json::Value>,
}

/// In which columns and language.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `page` reads")]
pub struct LedgerParams {
    /// The columns, with commas between them; those of the pack unless said, which has to be named
    /// by `pack` where there are several.
    columns: Option<String>,
    /// The language of cells, `zh` (unless said) or `en`.
    lang: Option<String>,
}

/// A page of the ledger.
#[utoipa::path(
    get, path = "/api/v1/ledger", tag = "ledger",
    params(FilterParams, PageParams, LedgerParams),
    responses((status = 200, body = LedgerPage), ReadProblems)
)]
pub async fn page(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<LedgerPage>, ApiProblem> {
    let rules = app.realm().rules();
    let mut listed = Listed::of(&app, &caller, &mut words, LIMIT).await?;
    let (lang, filter) = (words.lang(), &listed.ask.filter);
    let usual = || {
        let pack = filter.packs.first().filter(|_| filter.packs.len() == 1);
        column::columns(&rules, pack.and_then(|it| rules.pack(it)), &[]).unwrap_or_default()
    };
    let columns = columns(&mut words, &rules, filter, usual);
    words.done()?;
    listed.ask.whole = columns.iter().any(|it| column::needs_whole(&it.shows));
    app.run(move |realm| {
        let look = Look::person(realm, &caller.person, caller.via);
        let page = look.page(realm, &listed.ask)?;
        let sheet = Sheet::of(realm, &look, lang, &columns, &page.rows)?;
        let mut totals = Totals::default();
        let rows = page.rows.iter().zip(listed.before + 1..).map(|(row, no)| {
            totals.count(row, look.viewer.now());
            let cells = sheet.cells(row, i64::try_from(no).unwrap_or(i64::MAX));
            let cells = cells.iter().map(|it| serde_json::json!(it)).collect();
            LedgerRow { id: row.id.to_string(), cells }
        });
        let rows = rows.collect();
        let pack = listed.ask.filter.packs.first().and_then(|it| look.rules.pack(it));
        let columns = columns.iter().map(|it| ColumnShown {
            shows: column::word(&it.shows),
            title: it.title.clone(),
            kind: column::kind(&look.rules, pack, &it.shows),
        });
        let columns = columns.collect();
        let next = listed.next(&page);
        Ok(axum::Json(LedgerPage { columns, rows, totals, next }))
    })
    .await
}

/// The balance of the ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Balances {
    /// The beginning of the period, in milliseconds since 1970 UTC.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// Whether every account balances: opening + filed + rebounded + taken over − handed over −
    /// cleared − self-handled − merged − voided = closing.
    pub balances: bool,
    /// The account of each unit, or of each unit and day.
    pub accounts: Vec<AccountShown>,
    /// Their sum; absent where they are told by day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub total: Option<Balance>,
}

/// The account of a unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountShown {
    /// The responsible unit.
    pub unit: UnitId,
    /// The day, where accounts are told by day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// Plain numbers of matters.
    #[schema(value_type = Object)]
    pub account: Balance,
}

/// Of which units and days.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `balances` reads")]
pub struct BalanceParams {
    /// The responsible unit, with all below; all units unless said.
    unit: Option<String>,
    /// The first day, such as `2021-04-16`; today unless said.
    from: Option<String>,
    /// The last day; the first one unless said.
    to: Option<String>,
    /// `day` for an account of each unit and day, over at most 92 days.
    by: Option<String>,
}

/// The balance of the ledger for each responsible unit over a period, or for each of its days.
#[utoipa::path(
    get, path = "/api/v1/ledger/balance", tag = "ledger", params(BalanceParams),
    responses((status = 200, body = Balances), ReadProblems)
)]
pub async fn balances(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<Balances>, ApiProblem> {
    let (rules, now) = (app.realm().rules(), app.realm().now());
    let unit =
        words.read("unit", ("没有这个单位", "there is no such unit; check the key"), |it| {
            rules.units.get(&UnitId::from(it)).map(|it| it.id.clone())
        });
    let days = days(&mut words, rules.zone, now);
    let is_daily = words.word("by", &[("day", true)]).unwrap_or(false);
    if is_daily && days.1 - days.0 >= DAYS_MAX {
        let (zh, en) =
            (format!("逐日最多 {DAYS_MAX} 天"), format!("at most {DAYS_MAX} days by day"));
        words.bad("to", &zh, &en);
    }
    words.done()?;
    app.run(move |realm| {
        let Look { rules, scope, .. } = Look::person(realm, &caller.person, caller.via);
        let from = rules.zone.start_of_day(days.0);
        let to = rules.zone.start_of_day(days.1 + 1);
        let mut accounts: BTreeMap<(Option<i64>, UnitId), Balance> = if is_daily {
            let daily = realm.read(|db| daily(db, &scope, rules.zone, days))?;
            daily.into_iter().map(|((day, unit), it)| ((Some(day), unit), it)).collect()
        } else {
            let all = realm.read(|db| balance(db, &scope, from, to))?;
            all.into_iter().map(|(unit, it)| ((None, unit), it)).collect()
        };
        if let Some(top) = &unit {
            accounts.retain(|it, _| rules.units.is_within(&it.1, top));
        }
        let balances = accounts.values().all(Balance::balances);
        let total = (!is_daily).then(|| {
            let mut total = Balance::default();
            accounts.values().for_each(|it| total.add(it));
            total
        });
        let shown = |((day, unit), account): ((Option<i64>, UnitId), Balance)| AccountShown {
            unit,
            day: day.map(|it| date_of_day(it).to_string()),
            account,
        };
        let accounts = accounts.into_iter().map(shown).collect();
        Ok(axum::Json(Balances { from, to, balances, accounts, total }))
    })
    .await
}

/// First and last day of a period, counted from 1970-01-01.
fn days(words: &mut Words, zone: Zone, now: Instant) -> (i64, i64) {
    let want = ("日期应写成 2021-04-16", "give a day such as 2021-04-16");
    let mut day =
        |key: &str| words.read(key, want, |it| moment(zone, it, day::start)).map(|it| zone.day(it));
    let (from, to) = (day("from"), day("to"));
    let first = from.or(to).unwrap_or_else(|| zone.day(now));
    let last = to.unwrap_or(first);
    if last < first {
        words.bad("to", "结束日期早于开始日期", "it lies before the first day; give a later one");
    }
    (first, last.max(first))
}
