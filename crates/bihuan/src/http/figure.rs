//! Figures of a pack that trace: their values, and the records behind each.
//!
//! Invariants: positions of the record are told to officials alone, and so are figures; what is
//! counted is what the caller may see; small counts of a sealed pack are withheld.

use super::list::wrong_cursor;
use super::problem::ReadProblems;
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::day;
use crate::figured::{Asked, BY, Figured, FiguresShown, TraceShown, realm_cycles};
use crate::look::Look;
use crate::problem::Problem;
use axum::extract::State;
use bihuan_core::figure::{Cycles, Period, today};
use bihuan_core::id::PackId;
use bihuan_core::matter::Rules;
use bihuan_core::pack::Pack;
use bihuan_core::policy::Action;
use bihuan_core::time::Instant;
use bihuan_store::figure::{Place, RECORDS_MAX};
use std::sync::Arc;
use utoipa::IntoParams;

use super::body::Path;

/// Records of one page unless said.
const LIMIT: usize = 100;

/// Of what.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `asked` reads")]
pub struct FigureParams {
    /// The pack.
    pack: String,
    /// The period: a day `2021-04-16`, a week `2021-W15`, a statistical month `2021-04` (as the
    /// realm says when it begins), a quarter `2021-Q2`, a half `2021-H1`, a year `2021`, or the
    /// key of a campaign; this month unless said.
    period: Option<String>,
    /// The first day instead of a period, such as `2021-04-01`.
    from: Option<String>,
    /// The last day.
    to: Option<String>,
    /// Told apart by `unit`, `place`, `class`, `source`, `day`, `week` or `month`.
    by: Option<String>,
    /// One key of `by` alone.
    key: Option<String>,
    /// The last entry of the record that counts; all unless said.
    as_of: Option<u64>,
}

/// Which figures.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the key that `list` reads")]
pub struct WhichParams {
    /// Figures of the pack; all unless named.
    figure: Option<Vec<String>>,
}

/// Which page.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `records` reads")]
pub struct RecordParams {
    /// Records of one page, 1 to 1,000; 100 unless said.
    limit: Option<usize>,
    /// The cursor that the page before told.
    cursor: Option<String>,
}

/// Figures of a pack, each with its value and the question in words.
#[utoipa::path(
    get, path = "/api/v1/figures", tag = "figure", params(FigureParams, WhichParams),
    responses((status = 200, body = FiguresShown), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<FiguresShown>, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::ReadRecord)?;
    let (of, mut asked) = of(&app, &rules, &mut words).await?;
    asked.figures = words.several("figure");
    words.done()?;
    let Some(of) = of else { return Err(ApiProblem::not_found()) };
    app.run(move |realm| {
        let look = Look::person(realm, &caller.person, caller.via);
        Figured::of(realm, &look, of, asked)?.shown().map(axum::Json)
    })
    .await
}

/// One figure with the records behind it: their entries, what each adds, and a digest over all.
#[utoipa::path(
    get, path = "/api/v1/figures/{id}/records", tag = "figure",
    params(("id" = String, Path, description = "The figure."), FigureParams, RecordParams),
    responses((status = 200, body = TraceShown), ReadProblems)
)]
pub async fn records(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    mut words: Words,
) -> Result<axum::Json<TraceShown>, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::ReadRecord)?;
    let bound = format!("figure {id} {} {}", caller.account, words.bound(&["cursor", "limit"]));
    let seal = app.pages().await?;
    let limit = words.number("limit", 1..=RECORDS_MAX).unwrap_or(LIMIT);
    let cursor = words.one("cursor");
    let (of, mut asked) = of(&app, &rules, &mut words).await?;
    if asked.by.is_some() != asked.key.is_some() {
        words.bad("key", "by与key须同时给出", "give `by` and `key` together");
    }
    words.done()?;
    let Some(of) = of else { return Err(ApiProblem::not_found()) };
    // Later pages are of the entry as of which the first one was.
    let after = match cursor {
        None => None,
        Some(cursor) => {
            let bytes = seal.open_bytes(&cursor, &bound).ok_or_else(wrong_cursor)?;
            let (as_of, place): (u64, Mark) =
                serde_json::from_slice(&bytes).map_err(|_| wrong_cursor())?;
            asked.as_of = Some(as_of);
            Some(place.place())
        }
    };
    asked.figures = vec![id];
    let found = app
        .run(move |realm| {
            let look = Look::person(realm, &caller.person, caller.via);
            let figured = Figured::of(realm, &look, of, asked)?;
            let trace = figured.trace(after.as_ref(), limit)?;
            Ok::<_, Problem>(trace.map(|(mut trace, next)| {
                trace.next = next.map(|it| {
                    let place = (figured.as_of(), Mark::of(it));
                    let bytes = serde_json::to_vec(&place).unwrap_or_default();
                    seal.seal_bytes(&bytes, &bound)
                });
                trace
            }))
        })
        .await?;
    found.map(axum::Json).ok_or_else(ApiProblem::not_found)
}

/// A place in the records, as a cursor carries it: side, entry, number in it, id.
#[derive(serde::Serialize, serde::Deserialize)]
struct Mark(usize, u64, i64, String);

impl Mark {
    fn of(place: Place) -> Mark {
        Mark(place.side, place.seq, place.no, place.id)
    }

    fn place(self) -> Place {
        Place { side: self.0, seq: self.1, no: self.2, id: self.3 }
    }
}

/// The pack and period that words name, and what else is asked; `None` where there is no such pack,
/// or none that the caller may know of.
async fn of(
    app: &App,
    rules: &Arc<Rules>,
    words: &mut Words,
) -> Result<(Option<(Arc<Pack>, Period)>, Asked), ApiProblem> {
    let look = Arc::clone(rules);
    let cycles = app.run(move |realm| realm_cycles(realm, look.zone)).await?;
    let now = app.realm().now();
    let pack = words.one("pack");
    if pack.is_none() {
        words.bad("pack", "请写明事项包", "name the pack");
    }
    let pack = pack.and_then(|it| rules.pack(&PackId::from(it.as_str())).cloned());
    let period = period(words, &cycles, now);
    let by = words.word("by", &BY);
    let asked = Asked {
        figures: Vec::new(),
        by,
        key: words.one("key"),
        as_of: words.number("as_of", 0..=u64::MAX),
    };
    Ok((pack.zip(period), asked))
}

/// A named period, two days, or this month.
fn period(words: &mut Words, cycles: &Cycles, now: Instant) -> Option<Period> {
    let (zh, en) = (
        "没有这个期间；如 2021-04、2021-W15、2021-Q2",
        "no such period; give one such \
        as 2021-04, 2021-W15 or 2021-Q2",
    );
    let named = words.read("period", (zh, en), |it| cycles.period(it));
    let want = ("日期应写成 2021-04-16", "give a day such as 2021-04-16");
    let mut date = |key: &str| {
        words.read(key, want, |it| Some(cycles.zone.date(day::start(cycles.zone, it).ok()?)))
    };
    let days = (date("from"), date("to"));
    match (named, days) {
        (Some(period), (None, None)) => Some(period),
        (None, (None, None)) => today(cycles, now),
        (None, (Some(first), Some(last))) => {
            let days = cycles.days(first, last);
            if days.is_none() {
                words.bad(
                    "to",
                    "结束日期早于开始日期或期间过长",
                    "give a later day, within ten years",
                );
            }
            days
        }
        _ => {
            words.bad(
                "period",
                "请给出period，或from与to",
                "give `period`, or both `from` and `to`",
            );
            None
        }
    }
}
