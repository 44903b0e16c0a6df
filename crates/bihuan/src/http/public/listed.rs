//! What packs publish, as a list: no words of anybody, no place nearer than a unit.
//!
//! Invariant: rows leave the store by the scope of the public alone.

use super::told::state;
use crate::http::body::Query;
use crate::http::problem::ReadProblems;
use crate::http::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use bihuan_core::id::{MatterId, PackId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::Meaning;
use bihuan_core::policy::{Viewer, scope};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::filter::Filter;
use bihuan_store::page::{Ask, PageRow, Sort, mark, seen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Matters of one page.
const PAGE: u32 = 50;
/// What cursors of this list are bound to.
const BOUND: &str = "public";

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PublicQuery {
    /// The cursor that the page before told.
    #[serde(default)]
    #[param(required = false)]
    pub cursor: Option<String>,
}

/// Published matters, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicMatters {
    /// The matters.
    pub matters: Vec<PublicMatter>,
    /// What to give as `cursor` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A published matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublicMatter {
    /// What it is about.
    pub class: Text,
    /// The unit whose area holds its place.
    pub place: Text,
    /// `filed`, `handling`, `declared` or `cleared`.
    pub state: &'static str,
    /// When it was opened, in milliseconds since 1970 UTC.
    pub opened_at: Instant,
    /// When it was cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Instant>,
}

/// What packs publish.
#[utoipa::path(
    get, path = "/api/v1/public/matters", tag = "public", params(PublicQuery),
    responses((status = 200, body = PublicMatters), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    Query(query): Query<PublicQuery>,
) -> Result<axum::Json<PublicMatters>, ApiProblem> {
    page(&app, query.cursor.as_deref()).await.map(axum::Json)
}

/// A page of it.
///
/// # Errors
/// Where the cursor is none of ours.
pub(super) async fn page(app: &App, cursor: Option<&str>) -> Result<PublicMatters, ApiProblem> {
    let seal = app.pages().await?;
    let after = match cursor.map(|it| seal.open_bytes(it, BOUND)) {
        None => None,
        Some(bytes) => {
            let id = bytes.and_then(|it| Uuid::from_slice(&it).ok());
            Some(MatterId(id.ok_or_else(crate::http::list::wrong_cursor)?))
        }
    };
    let (matters, last) = app.run(move |realm| read(realm, after)).await?;
    let next = last.map(|it| seal.seal_bytes(it.0.as_bytes(), BOUND));
    Ok(PublicMatters { matters, next })
}

fn read(
    realm: &Realm,
    after: Option<MatterId>,
) -> Result<(Vec<PublicMatter>, Option<MatterId>), Problem> {
    let (rules, viewer) = (realm.rules(), Viewer::public(realm.now()));
    let scope = scope(&rules, &viewer);
    let packs = listed(&rules);
    if packs.is_empty() {
        return Ok((Vec::new(), None));
    }
    let filter = Filter { packs, ..Filter::default() };
    let page = realm.read(|db| {
        let after = match after {
            None => None,
            // One that is published no more ends the list.
            Some(id) => match mark(db, &scope, Sort::Newest, id)? {
                Some(it) => Some(it),
                None => return Ok(bihuan_store::page::Page::default()),
            },
        };
        let ask = Ask { filter, sort: Sort::Newest, after, limit: PAGE, whole: false };
        seen(db, (&rules, &viewer, &scope), &ask)
    })?;
    let last = page.rows.last().map(|it| it.id).filter(|_| page.next.is_some());
    Ok((page.rows.iter().map(|it| PublicMatter::of(&rules, it)).collect(), last))
}

/// Packs that publish a list.
fn listed(rules: &Rules) -> Vec<PackId> {
    let lists =
        |it: &&PackId| rules.pack(it).and_then(|it| it.public.as_ref()).is_some_and(|it| it.list);
    rules.packs.keys().filter(lists).cloned().collect()
}

impl PublicMatter {
    fn of(rules: &Rules, row: &PageRow) -> PublicMatter {
        let class = rules.pack(&row.pack).and_then(|it| it.class(&row.class));
        let unit = row.place_unit.as_ref().and_then(|it| rules.units.get(it));
        let meaning = serde_json::from_value::<Meaning>(row.meaning.clone().into()).ok();
        PublicMatter {
            class: class.map_or_else(Text::default, |it| it.title.clone()),
            place: unit.map_or_else(Text::default, |it| it.title.clone()),
            state: meaning.map_or("handling", state),
            opened_at: row.opened_at,
            cleared_at: row.cleared_at,
        }
    }
}
