//! Rankings (排名) on the network: made from the record as of one of its entries, and published by
//! a person.
//!
//! Invariants: before it is published, a ranking is seen by whoever decides on it; what is
//! published is what was seen, by its digest; nothing sealed is ranked.

use super::body::Json;
use super::filter::moment;
use super::problem::{ReadProblems, WriteProblems};
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::day;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use bihuan_core::adjustment::{Period, sees_published, sees_ranking};
use bihuan_core::id::{PackId, PersonId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::{Compartment, Pack, RankingRule};
use bihuan_core::policy::Viewer;
use bihuan_core::ranking::{Ranked, RankingList, RankingState, UnitTally, digest, rank};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::RankingSubmission;
use bihuan_store::ranking::{self, Published, RankingAsk};
use bihuan_store::realm::{head, last_before};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A ranking as of an entry of the record.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RankingShown {
    /// The pack.
    pub pack: PackId,
    /// Which ranking of the pack.
    pub ranking: String,
    /// Its name.
    pub title: Text,
    /// The unit whose units below are ranked.
    pub under: UnitId,
    /// The days.
    pub period: Period,
    /// Up to which entry of the record it was made; told again, it is the same on any later day.
    pub as_of_seq: u64,
    /// SHA-256 of what it was made of; whoever publishes it names it.
    pub digest: String,
    /// By group, then by rank, those without one last.
    pub rows: Vec<RankingRow>,
}

/// A unit in a ranking.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RankingRow {
    /// Its name.
    pub title: Text,
    /// What the record has of it.
    pub tally: UnitTally,
    /// Why it has a rank or none.
    pub state: RankingState,
    /// Its rank in its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u64>,
    /// Thousandths of a point, for each unit below where the ranking counts so.
    pub score_milli: i64,
    /// The list that it stands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<RankingList>,
    /// Its rank at the end of the day before, where it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank_before: Option<u64>,
    /// Its score then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_before_milli: Option<i64>,
}

/// Which ranking.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `show` reads")]
pub struct RankingParams {
    /// The pack.
    pack: String,
    /// Which ranking of the pack; the first unless said.
    ranking: Option<String>,
    /// The unit whose units below are ranked; the topmost that the caller ranks unless said.
    under: Option<String>,
    /// The first day; the first of this month unless said.
    from: Option<String>,
    /// The last day; today unless said.
    to: Option<String>,
    /// Up to which entry of the record; the last unless said.
    as_of: Option<u64>,
}

/// Units by points, with what changed since the day before.
#[utoipa::path(
    get, path = "/api/v1/rankings", tag = "ranking", params(RankingParams),
    responses((status = 200, body = RankingShown), ReadProblems)
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<RankingShown>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let pack = words.one("pack").and_then(|it| rules.pack(&PackId(it)).cloned());
    let (ranking, under) = (words.one("ranking"), words.one("under"));
    let want = ("日期应写成 2021-04-16", "give a day such as 2021-04-16");
    let mut day = |key: &str| {
        words.read(key, want, |it| moment(rules.zone, it, day::start).map(|_| it.to_owned()))
    };
    let (from, to) = (day("from"), day("to"));
    let as_of = words.number("as_of", 0..=i64::MAX.unsigned_abs());
    words.done()?;
    let seen = pack.and_then(|it| choose(&rules, &viewer, it, (ranking, under)));
    let (pack, rule, under) = seen.ok_or_else(ApiProblem::not_found)?;
    let period = running(&rules, app.realm().now(), from, to);
    let ask = RankingAsk { pack: pack.id.clone(), under, period, as_of: 0 };
    let made = app.run(move |realm| made(realm, &rule, ask, as_of)).await?;
    let made = made.ok_or_else(|| {
        ApiProblem::invalid("period", "期间最长366天", "a period has at most 366 days, in order")
    });
    made.map(axum::Json)
}

/// The ranking and the unit that were asked for, as far as the viewer may see them.
fn choose(
    rules: &Rules,
    viewer: &Viewer,
    pack: Arc<Pack>,
    (ranking, under): (Option<String>, Option<String>),
) -> Option<(Arc<Pack>, RankingRule, UnitId)> {
    let mut all = pack.rankings.iter();
    let rule = all.find(|it| ranking.as_ref().is_none_or(|id| *id == it.id))?.clone();
    let sees = |unit: &UnitId| {
        pack.compartment != Compartment::Sealed && sees_ranking(rules, viewer, (&pack, &rule), unit)
    };
    let under = match under {
        Some(it) => rules.units.get(&UnitId(it)).map(|it| it.id.clone()).filter(sees),
        // The shortest way from the top is the widest view.
        None => {
            let seen = rules.units.iter().filter(|it| sees(&it.id));
            seen.min_by_key(|it| (it.scope.matches('/').count(), &it.id)).map(|it| it.id.clone())
        }
    }?;
    Some((pack, rule, under))
}

/// The days that were asked for; this month until today unless said.
#[must_use]
pub fn running(rules: &Rules, now: Instant, from: Option<String>, to: Option<String>) -> Period {
    let to = to.unwrap_or_else(|| rules.zone.date(now).to_string());
    let first = to.get(..8).map(|it| format!("{it}01"));
    Period { from: from.or(first).unwrap_or_else(|| to.clone()), to }
}

/// A ranking as of an entry, with what changed since the end of the day before; `None` where the
/// period is none.
///
/// # Errors
/// As the database says.
pub fn made(
    realm: &Realm,
    rule: &RankingRule,
    ask: RankingAsk,
    as_of: Option<u64>,
) -> Result<Option<RankingShown>, Problem> {
    let rules = realm.rules();
    let last = realm.read(head)?.seq;
    let ask = RankingAsk { as_of: as_of.unwrap_or(last).min(last), ..ask };
    let Some((_, to)) = ask.period.instants(rules.zone) else { return Ok(None) };
    let tallies = realm.read(|db| ranking::tallies(db, &rules, rule, &ask))?.unwrap_or_default();
    let today = rules.zone.day(realm.now().min(to.plus_ms(-1)));
    let before = realm.read(|db| last_before(db, rules.zone.start_of_day(today)))?;
    let then = RankingAsk { as_of: before.min(ask.as_of), ..ask.clone() };
    let then = realm.read(|db| ranking::tallies(db, &rules, rule, &then))?.unwrap_or_default();
    let then: BTreeMap<UnitId, Ranked> =
        rank(rule, &then).into_iter().map(|it| (it.tally.unit.clone(), it)).collect();
    let row = |it: Ranked| {
        let unit = &it.tally.unit;
        let before = then.get(unit);
        let title = rules.units.get(unit).map(|it| it.title.clone());
        RankingRow {
            title: title.unwrap_or_else(|| Text::new(&*unit.0, &*unit.0)),
            rank_before: before.and_then(|it| it.rank),
            score_before_milli: before.map(|it| it.score_milli),
            tally: it.tally,
            state: it.state,
            rank: it.rank,
            score_milli: it.score_milli,
            list: it.list,
        }
    };
    Ok(Some(RankingShown {
        pack: ask.pack,
        ranking: rule.id.clone(),
        title: rule.title.clone(),
        under: ask.under,
        period: ask.period,
        as_of_seq: ask.as_of,
        digest: digest(rule, &tallies),
        rows: rank(rule, &tallies).into_iter().map(row).collect(),
    }))
}

/// A ranking to be published, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RankingInput {
    /// The pack.
    pub pack: PackId,
    /// Which ranking of the pack.
    pub ranking: String,
    /// The unit whose units below are ranked.
    pub under: UnitId,
    /// The days.
    pub period: Period,
    /// Up to which entry of the record it was made.
    pub as_of_seq: u64,
    /// SHA-256 of what it was made of.
    pub digest: String,
}

/// A ranking that is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankingDone {
    /// SHA-256 of what it was made of.
    pub digest: String,
    /// Whether it had been published before.
    pub replayed: bool,
}

/// Publishes a ranking just as it was seen; a person confirms it.
#[utoipa::path(
    post, path = "/api/v1/rankings", tag = "ranking", request_body = RankingInput,
    responses((status = 200, body = RankingDone), WriteProblems)
)]
pub async fn publish(
    State(app): State<App>,
    caller: Caller,
    Json(input): Json<RankingInput>,
) -> Result<axum::Json<RankingDone>, ApiProblem> {
    let submission = RankingSubmission {
        by: caller.account,
        via: caller.via,
        roles: caller.roles,
        ask: RankingAsk {
            pack: input.pack,
            under: input.under,
            period: input.period,
            as_of: input.as_of_seq,
        },
        ranking: input.ranking,
        digest: input.digest,
    };
    let receipt = app.run(move |realm| Ok(realm.store().publish_ranking(submission)?)).await?;
    Ok(axum::Json(RankingDone { digest: receipt.digest, replayed: receipt.replayed }))
}

/// Published rankings.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PublishedList {
    /// The newest first; at most 200.
    pub rankings: Vec<PublishedShown>,
}

/// A published ranking.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PublishedShown {
    /// When it was published, in milliseconds since 1970 UTC.
    pub at: Instant,
    /// Who confirmed it.
    pub person: PersonId,
    /// The pack.
    pub pack: PackId,
    /// Which ranking of the pack.
    pub ranking: String,
    /// The unit whose units below are ranked.
    pub under: UnitId,
    /// The days.
    pub period: Period,
    /// Up to which entry of the record it was made.
    pub as_of_seq: u64,
    /// SHA-256 of what it was made of.
    pub digest: String,
    /// What was published.
    pub rows: Vec<Ranked>,
}

/// The rankings that were published, as far as the caller works below or above their unit.
#[utoipa::path(
    get, path = "/api/v1/rankings/published", tag = "ranking",
    responses((status = 200, body = PublishedList), ReadProblems)
)]
pub async fn published(
    State(app): State<App>,
    caller: Caller,
) -> Result<axum::Json<PublishedList>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let found = app.run(|realm| realm.read(ranking::published)).await?;
    let shown = |Published { at, said }: Published| PublishedShown {
        at,
        person: said.by.person,
        pack: said.pack,
        ranking: said.ranking,
        under: said.under,
        period: said.period,
        as_of_seq: said.as_of,
        digest: said.digest,
        rows: said.rows,
    };
    let seen = found.into_iter().filter(|it| sees_published(&rules, &viewer, &it.said.under));
    Ok(axum::Json(PublishedList { rankings: seen.map(shown).collect() }))
}
