//! Lists of matters, as far as the caller may see them: in one of a few orders, page by page.
//!
//! Invariants: what a row shows is what the caller may see; a cursor is sealed, holds for the one
//! list and the one account that it was made for, and tells nothing of how much was recorded.

use super::cursor::Seal;
use super::filter::{FilterParams, filter};
use super::problem::ReadProblems;
use super::query::Words;
use super::{ApiProblem, App, Caller};
use crate::look::Look;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::page::{Ask, Mark, PAGE_MAX, Page, PageRow, Sort};
use bihuan_store::text::Shown;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

/// Matters of a page where no number is given.
pub(super) const LIMIT: u32 = 100;

/// A page of matters.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatterPage {
    /// Its matters, in the order that was asked for.
    pub rows: Vec<MatterRow>,
    /// The cursor of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A matter in a list. Keys of packs, units and points are told with their names elsewhere.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MatterRow {
    /// Id.
    #[schema(format = Uuid)]
    pub id: String,
    /// Its version, for a command that changes it.
    pub version: u64,
    /// The kind of loop.
    pub pack: String,
    /// The stage it stands in.
    pub stage: String,
    /// What the stage means to the engine.
    pub meaning: String,
    /// The problem type.
    pub class: String,
    /// The source.
    pub source: String,
    /// Number since filing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Number of the clearance (销号).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_number: Option<String>,
    /// The responsible unit.
    pub unit: String,
    /// The unit that owes the next move; absent once ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The person who does, once named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// That person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    /// The unit whose area holds the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_unit: Option<String>,
    /// The named point.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// That point's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub point_title: Option<Text>,
    /// Longitude, WGS-84, in 1e-7 degree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon_e7: Option<i64>,
    /// Latitude, WGS-84, in 1e-7 degree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat_e7: Option<i64>,
    /// When it was opened, in milliseconds since 1970 UTC, as all moments are.
    pub opened_at: Instant,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    /// When it was cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Instant>,
    /// The deadline that was missed first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue_at: Option<Instant>,
    /// How often it was sent back.
    pub rework: i64,
    /// Level of supervision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supervised: Option<String>,
    /// The opener's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why no title is told: `sealed`, since lists tell none of such a pack, or `erased`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_withheld: Option<&'static str>,
}

/// Order, place and length of a page.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the keys that `Listed::of` reads")]
pub struct PageParams {
    /// `newest` (unless said), `oldest`, `due` (soonest deadline first, of what is open),
    /// `overdue` (missed longest ago first, of what is open), `changed` (last first) or `number`.
    sort: Option<String>,
    /// How many matters, 100 unless said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The cursor that the page before told.
    cursor: Option<String>,
}

/// A page of the matters that the caller may see.
#[utoipa::path(
    get, path = "/api/v1/matters", tag = "matter", params(FilterParams, PageParams),
    responses((status = 200, body = MatterPage), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    mut words: Words,
) -> Result<axum::Json<MatterPage>, ApiProblem> {
    let listed = Listed::of(&app, &caller, &mut words, LIMIT).await?;
    words.done()?;
    app.run(move |realm| {
        let look = Look::person(realm, &caller.person, caller.via);
        let page = look.page(realm, &listed.ask)?;
        let next = listed.next(&page);
        let rows = page.rows.into_iter().map(|it| MatterRow::of(&look, it)).collect();
        Ok(axum::Json(MatterPage { rows, next }))
    })
    .await
}

impl MatterRow {
    /// A matter as a list tells it.
    pub(super) fn of(look: &Look, row: PageRow) -> MatterRow {
        let (title, title_withheld) = match row.title {
            _ if look.is_sealed(&row) => (None, Some("sealed")),
            Shown::Text(title) => (Some(title), None),
            Shown::Erased(_) => (None, Some("erased")),
            Shown::None => (None, None),
        };
        MatterRow {
            id: row.id.to_string(),
            version: row.version,
            pack: row.pack.0,
            stage: row.stage.0,
            meaning: row.meaning,
            class: row.class.0,
            source: row.source,
            number: row.number,
            clear_number: row.clear_number,
            unit: row.responsible.0,
            owner: row.owner.map(|it| it.0),
            person: row.person.map(|it| it.0),
            person_name: row.person_name.text().map(ToOwned::to_owned),
            place_unit: row.place_unit.map(|it| it.0),
            point: row.point.map(|it| it.0),
            point_title: row.point_title,
            lon_e7: row.at.map(|it| it.lon_e7),
            lat_e7: row.at.map(|it| it.lat_e7),
            opened_at: row.opened_at,
            due_at: row.due_at,
            cleared_at: row.cleared_at,
            overdue_at: row.overdue_at,
            rework: row.rework,
            supervised: row.supervised,
            title,
            title_withheld,
        }
    }
}

/// A list that is asked for: which page of it, and what its cursors hold for.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) ask: Ask,
    /// How many matters the pages before showed.
    pub(super) before: usize,
    place: Place,
}

/// What makes cursors of one list for one account.
#[derive(Debug)]
struct Place {
    seal: Seal,
    bound: String,
}

impl Place {
    /// Of the list that words ask for.
    async fn of(
        app: &App,
        caller: &Caller,
        words: &Words,
        kind: &str,
    ) -> Result<Place, ApiProblem> {
        let bound = words.bound(&["cursor", "limit", "lang", "columns"]);
        let bound = format!("{kind} {} {bound}", caller.account);
        Ok(Place { seal: app.pages().await?, bound })
    }

    /// A place, after so many matters, as the caller carries it.
    fn cursor(&self, place: (&Mark, usize)) -> String {
        let bytes = serde_json::to_vec(&place).unwrap_or_default();
        self.seal.seal_bytes(&bytes, &self.bound)
    }

    /// The place that the caller brought back.
    fn mark(&self, cursor: &str) -> Option<(Mark, usize)> {
        serde_json::from_slice(&self.seal.open_bytes(cursor, &self.bound)?).ok()
    }
}

impl Listed {
    /// Reads filter, order, length and place; other faults stay with the words.
    ///
    /// # Errors
    /// A cursor that is none of this list, or where the realm cannot be read.
    pub(super) async fn of(
        app: &App,
        caller: &Caller,
        words: &mut Words,
        limit: u32,
    ) -> Result<Listed, ApiProblem> {
        let sorts = Sort::ALL.map(|it| (it.word(), it));
        let place = Place::of(app, caller, words, "").await?;
        let sort = words.word("sort", &sorts).unwrap_or_default();
        Listed::at(app, words, (place, sort), limit)
    }

    /// The same in the order of deadlines, whatever words say.
    ///
    /// # Errors
    /// As [`Listed::of`].
    pub(super) async fn due(
        app: &App,
        caller: &Caller,
        words: &mut Words,
        limit: u32,
    ) -> Result<Listed, ApiProblem> {
        let place = Place::of(app, caller, words, "due").await?;
        Listed::at(app, words, (place, Sort::Due), limit)
    }

    fn at(
        app: &App,
        words: &mut Words,
        (place, sort): (Place, Sort),
        limit: u32,
    ) -> Result<Listed, ApiProblem> {
        let filter = filter(words, &app.realm().rules(), app.realm().now());
        let limit = words.number("limit", 1..=PAGE_MAX).unwrap_or(limit);
        let (after, before) = match words.one("cursor") {
            Some(cursor) => {
                let (mark, before) = place.mark(&cursor).ok_or_else(wrong_cursor)?;
                (Some(mark), before)
            }
            None => (None, 0),
        };
        Ok(Listed { ask: Ask { filter, sort, after, limit, whole: false }, before, place })
    }

    /// The cursor of the page after this one.
    pub(super) fn next(&self, page: &Page) -> Option<String> {
        let before = self.before + page.rows.len();
        page.next.as_ref().map(|it| self.place.cursor((it, before)))
    }
}

/// A cursor that we did not make, or made for another list or account.
pub(super) fn wrong_cursor() -> ApiProblem {
    let text = Text::new(
        "此游标不属于本列表（筛选、排序或账号已变）；请去掉 cursor 从第一页开始",
        "the cursor is none of this list: filter, order or account differ; begin without it",
    );
    ApiProblem::new(StatusCode::BAD_REQUEST, "wrong_cursor", text)
}
