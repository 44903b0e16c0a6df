//! Who should handle a matter, each with the rule that says so; what it may be a duplicate of, and
//! what it may have come back from.
//!
//! Invariants: a suggestion decides nothing; each says its rule in words of both languages; other
//! matters are told as a list would tell them to the same caller, and not otherwise.

use super::body::Path;
use super::list::MatterRow;
use super::problem::ReadProblems;
use super::{ApiProblem, App, Caller};
use crate::look::Look;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::{Class, DefaultOwner, Pack};
use bihuan_core::place::BBox;
use bihuan_core::policy::Sight;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, HOUR_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::filter::{Filter, Period, Standing};
use bihuan_store::page::{Ask, PageRow, Sort};
use bihuan_store::realm::point_titles;
use serde::Serialize;
use utoipa::ToSchema;

/// Most matters that are told as likely duplicates.
const SIMILAR_MAX: usize = 10;
/// Matters of a class and area that are looked through for the last that was handled.
const LOOKED_MAX: u32 = 20;

/// What helps to dispatch a matter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Suggestions {
    /// Units that should handle it, best first.
    pub units: Vec<SuggestedUnit>,
    /// Open matters of the same class that may be the same, nearest first.
    pub duplicates: Vec<SimilarMatter>,
    /// The rule by which they are looked for; absent where the pack looks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub duplicate_rule: Option<Text>,
    /// The cleared matter that it may have come back from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebound_of: Option<SimilarMatter>,
    /// The rule by which it is looked for; absent where the pack looks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub rebound_rule: Option<Text>,
}

/// A unit that should handle a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuggestedUnit {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub title: Text,
    /// Whether it is the one that a dispatch takes where none is named.
    pub default: bool,
    /// Why, each rule that says so.
    pub why: Vec<SuggestionRule>,
}

/// A rule that suggests a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuggestionRule {
    /// `point`, `function`, `area` or `last`.
    pub rule: &'static str,
    /// The same in words.
    pub text: Text,
    /// The matter that it goes by, for `last`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<MatterId>,
}

/// Another matter near by.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SimilarMatter {
    /// How far away, in metres.
    pub metres: u32,
    /// The matter, as a list tells it.
    pub matter: MatterRow,
}

/// Who should handle a matter, by which rule, and what it may be the same as.
#[utoipa::path(
    get, path = "/api/v1/matters/{id}/suggestions", tag = "matter",
    params(("id" = MatterId, Path)),
    responses((status = 200, body = Suggestions), ReadProblems)
)]
pub async fn suggestions(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<MatterId>,
) -> Result<axum::Json<Suggestions>, ApiProblem> {
    app.attach(move |realm, _| told(realm, &caller, id)).await.map(axum::Json)
}

fn told(realm: &Realm, caller: &Caller, id: MatterId) -> Result<Suggestions, ApiProblem> {
    let look = Look::person(realm, &caller.person, caller.via);
    let seen = |db: &mut _| bihuan_store::matter::seen(db, &look.rules, &look.viewer, id);
    let seen = realm.read(seen)?.ok_or_else(ApiProblem::not_found)?;
    if seen.sight != Sight::OnCase {
        let text = Text::new(
            "派遣建议仅限经办此件且非整改方的人员查看",
            "suggestions are for those on the case who do not fix it",
        );
        return Err(ApiProblem::new(StatusCode::FORBIDDEN, "not_on_case", text));
    }
    let matter = seen.whole;
    let pack = look.rules.pack_of(&matter).ok_or_else(ApiProblem::not_found)?;
    let class = pack.class(&matter.standing.class).ok_or_else(ApiProblem::not_found)?;
    let (duplicate, rebound) = (pack.watch.duplicate, pack.watch.rebound);
    Ok(Suggestions {
        units: units(realm, &look, &matter, class)?,
        duplicates: duplicates(realm, &look, &matter, pack)?,
        duplicate_rule: duplicate.map(|it| {
            Text::new(
                format!("同类未结，{} 米以内，{} 小时以内", it.within_m, it.within_hours),
                format!(
                    "open, of the same class, within {} m and {} hours",
                    it.within_m, it.within_hours
                ),
            )
        }),
        rebound_of: came_back_from(realm, &look, &matter, pack)?,
        rebound_rule: rebound.map(|it| {
            Text::new(
                format!("同类已销号，{} 米以内，销号后 {} 日以内", it.within_m, it.days),
                format!(
                    "cleared, of the same class, within {} m and {} days after it",
                    it.within_m, it.days
                ),
            )
        }),
    })
}

fn units(
    realm: &Realm,
    look: &Look,
    matter: &Matter,
    class: &Class,
) -> Result<Vec<SuggestedUnit>, Problem> {
    let rules = &look.rules;
    let rule = |rule, zh: String, en: String| SuggestionRule {
        rule,
        text: Text::new(zh, en),
        matter: None,
    };
    let mut found: Vec<(UnitId, SuggestionRule)> = Vec::new();
    let point = matter.point.as_ref().and_then(|it| Some((it, rules.points.get(it)?)));
    if let Some((id, point)) = point {
        let titles = realm.read(point_titles)?;
        let title = titles.get(id).cloned().unwrap_or_else(|| Text::new(&*id.0, &*id.0));
        let (zh, en) =
            (format!("点位“{}”的责任单位", title.zh), format!("answers for point {}", title.en));
        found.push((point.unit.clone(), rule("point", zh, en)));
    }
    let area = (
        matter.place_unit.clone(),
        rule("area", "所在地的单位（属地）".into(), "its area holds the place".into()),
    );
    let owner = function_owner(rules, matter, class).map(|(unit, function)| {
        let (zh, en) = (
            format!("类别“{}”由职能“{function}”的单位负责（属主）", class.title.zh),
            format!("class {} is for the unit with function {function}", class.title.en),
        );
        (unit, rule("function", zh, en))
    });
    // Parts go to their owner first, events to where they happened first.
    if is_part(matter, class) {
        found.extend(owner);
        found.push(area);
    } else {
        found.push(area);
        found.extend(owner);
    }
    if let Some(last) = last_handled(realm, look, matter)? {
        let number = last.number.clone().unwrap_or_default();
        let (zh, en) = (
            format!("此地上一件同类事项由其办理 {number}"),
            format!("handled the last matter of this class here {number}"),
        );
        let why = rule("last", zh.trim_end().to_owned(), en.trim_end().to_owned());
        found.push((last.responsible, SuggestionRule { matter: Some(last.id), ..why }));
    }
    Ok(gathered(rules, realm.now(), &default_owner(rules, matter, class), found))
}

/// One row for each active unit, in the order in which the rules name them.
fn gathered(
    rules: &Rules,
    now: Instant,
    default: &UnitId,
    found: Vec<(UnitId, SuggestionRule)>,
) -> Vec<SuggestedUnit> {
    let mut units: Vec<SuggestedUnit> = Vec::new();
    for (id, why) in found {
        let Some(unit) = rules.units.get(&id).filter(|it| it.is_valid_at(now)) else { continue };
        match units.iter_mut().find(|it| it.unit == id) {
            Some(known) => known.why.push(why),
            None => units.push(SuggestedUnit {
                default: id == *default,
                title: unit.title.clone(),
                unit: id,
                why: vec![why],
            }),
        }
    }
    units
}

/// Whether a matter is about a thing that somebody owns (部件), not something that happened (事件).
fn is_part(matter: &Matter, class: &Class) -> bool {
    matter.point.is_some() || class.owner == DefaultOwner::Point || !class.point_types.is_empty()
}

fn function_owner<'a>(
    rules: &Rules,
    matter: &Matter,
    class: &'a Class,
) -> Option<(UnitId, &'a str)> {
    let DefaultOwner::Function(function) = &class.owner else { return None };
    let unit = rules.units.with_function(&matter.place_unit, function)?;
    Some((unit.id.clone(), function))
}

/// The unit that the engine takes where a dispatch names none.
fn default_owner(rules: &Rules, matter: &Matter, class: &Class) -> UnitId {
    let point = matter.point.as_ref().and_then(|it| rules.points.get(it));
    let unit = match &class.owner {
        DefaultOwner::Place => None,
        DefaultOwner::Point => point.map(|it| it.unit.clone()),
        DefaultOwner::Function(_) => function_owner(rules, matter, class).map(|it| it.0),
    };
    unit.unwrap_or_else(|| matter.place_unit.clone())
}

fn filter(matter: &Matter) -> Filter {
    Filter {
        packs: vec![matter.pack.clone()],
        classes: vec![matter.standing.class.clone()],
        ..Filter::default()
    }
}

/// The last other matter of the class and area that some unit was made responsible for.
fn last_handled(realm: &Realm, look: &Look, matter: &Matter) -> Result<Option<PageRow>, Problem> {
    let filter = Filter { places: Some(vec![matter.place_unit.clone()]), ..filter(matter) };
    let ask = Ask { filter, sort: Sort::Newest, limit: LOOKED_MAX, ..Ask::default() };
    // Before dispatch the desk is responsible: that is no suggestion.
    let desk = look.rules.desk(&matter.place_unit);
    let rows = look.page(realm, &ask)?.rows;
    Ok(rows.into_iter().find(|it| it.id != matter.id && it.responsible != desk))
}

/// Other matters of the class around the place, with how far away each is, nearest first.
fn around(
    realm: &Realm,
    look: &Look,
    matter: &Matter,
    (filter, metres): (Filter, u32),
) -> Result<Vec<(u32, PageRow)>, Problem> {
    let Some(place) = &matter.place else { return Ok(Vec::new()) };
    let filter = Filter { within: Some(BBox::around(place.at, metres)), ..filter };
    let ask = Ask { filter, sort: Sort::Newest, limit: 200, ..Ask::default() };
    let rows = look.page(realm, &ask)?.rows.into_iter().filter(|it| it.id != matter.id);
    let far = |it: PageRow| Some((it.at?.distance_m(place.at), it));
    let mut near: Vec<_> = rows.filter_map(far).filter(|it| it.0 <= metres).collect();
    near.sort_by_key(|it| it.0);
    Ok(near)
}

fn duplicates(
    realm: &Realm,
    look: &Look,
    matter: &Matter,
    pack: &Pack,
) -> Result<Vec<SimilarMatter>, Problem> {
    let Some(watch) = pack.watch.duplicate else { return Ok(Vec::new()) };
    let hours_ms = i64::from(watch.within_hours) * HOUR_MS;
    let (from, to) = (matter.opened_at.plus_ms(-hours_ms), matter.opened_at.plus_ms(hours_ms + 1));
    let opened = Period { from: Some(from), to: Some(to) };
    let filter = Filter { standing: Standing::Open, opened, ..filter(matter) };
    let near = around(realm, look, matter, (filter, watch.within_m))?;
    Ok(near.into_iter().take(SIMILAR_MAX).map(|it| similar(look, it)).collect())
}

fn came_back_from(
    realm: &Realm,
    look: &Look,
    matter: &Matter,
    pack: &Pack,
) -> Result<Option<SimilarMatter>, Problem> {
    let Some(watch) = pack.watch.rebound else { return Ok(None) };
    let from = matter.opened_at.plus_ms(-i64::from(watch.days) * DAY_MS);
    let cleared = Period { from: Some(from), to: Some(matter.opened_at.plus_ms(1)) };
    let filter = Filter { standing: Standing::Ended, cleared, ..filter(matter) };
    let near = around(realm, look, matter, (filter, watch.within_m))?;
    // What the engine found at the opening comes first, else what was cleared last.
    let known = |it: &&(u32, PageRow)| Some(it.1.id) == matter.rebound_of;
    let found = near.iter().find(known).or_else(|| near.iter().max_by_key(|it| it.1.cleared_at));
    Ok(found.cloned().map(|it| similar(look, it)))
}

fn similar(look: &Look, (metres, row): (u32, PageRow)) -> SimilarMatter {
    SimilarMatter { metres, matter: MatterRow::of(look, row) }
}
