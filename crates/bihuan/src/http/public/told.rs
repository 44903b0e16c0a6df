//! What is told to whoever holds a tracking code, and of published matters to everybody.
//!
//! Invariants: nobody is named; of a pack that does not publish, the holder of a code is told how
//! far the own report is, and no unit.

use crate::attached::is_public;
use crate::http::ApiProblem;
use crate::http::app::Publishing;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::matter::Rules;
use bihuan_core::matter::state::Matter;
use bihuan_core::pack::Meaning;
use bihuan_core::policy::{self, Scope};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::realm::point_titles;
use bihuan_store::{release, tracking};
use serde::Serialize;
use utoipa::ToSchema;

use super::code::Code;

/// How far a report is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Followed {
    /// `received`, `filed`, `handling`, `declared`, `cleared`, `rejected` or `merged`.
    pub state: &'static str,
    /// The name of its stage.
    pub stage: Text,
    /// What it is about, as the officials have it now.
    pub class: Text,
    /// Where: the named point, or the unit whose area holds the place.
    pub place: Text,
    /// When it was received, in milliseconds since 1970 UTC, as all moments are.
    pub opened_at: Instant,
    /// When it was filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filed_at: Option<Instant>,
    /// When somebody was made responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_at: Option<Instant>,
    /// The responsible unit, where the pack publishes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text>,
    /// Until when it is to be fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    /// When it was declared done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_at: Option<Instant>,
    /// When somebody of another unit accepted it and it was cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Instant>,
    /// Photos that somebody covered and released, once it is cleared.
    pub photos: Vec<FollowedPhoto>,
    /// Whether whoever reported may say that it was not well done.
    pub may_object: bool,
    /// Reports that this one follows, since the one before was not well done.
    pub objections: usize,
}

/// A photo that was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FollowedPhoto {
    /// What it shows: `before`, `after` or another word of the pack.
    pub slot: String,
    /// Where the covered copy is.
    pub address: String,
}

impl FollowedPhoto {
    /// What the public may see of a matter's photos.
    fn of(realm: &Realm, matter: &Matter) -> Result<Vec<FollowedPhoto>, Problem> {
        if !is_public(&realm.rules(), matter, realm.now()) {
            return Ok(Vec::new());
        }
        let released = realm.read(|db| release::of_matter(db, matter.id))?;
        let slot = |digest: &str| matter.files.iter().find(|it| it.digest == digest);
        let photo = |it: release::Release| {
            let slot = slot(&it.digest)?.slot.clone();
            Some(FollowedPhoto { slot, address: format!("/api/v1/public/photos/{}", it.copy) })
        };
        Ok(released.into_iter().filter_map(photo).collect())
    }
}

impl Followed {
    /// What a code follows: the newest matter; none where there is no such code.
    ///
    /// # Errors
    /// As the database says.
    pub fn by(
        realm: &Realm,
        public: &Publishing,
        code: &Code,
    ) -> Result<Option<(Matter, Followed)>, Problem> {
        let digest = code.digest();
        let found = realm.read(|db| tracking::followed(db, &digest))?;
        let Some(newest) = found.first().copied() else { return Ok(None) };
        // The code itself is the right to see it: its holder sent it.
        let sent = Scope::operator();
        let matter = realm.read(|db| bihuan_store::matter::matter(db, &sent, newest))?;
        let Some(matter) = matter else { return Ok(None) };
        let points = realm.read(point_titles)?;
        let point = matter.point.as_ref().and_then(|it| points.get(it)).cloned();
        let told = Followed::of(&realm.rules(), &matter, point, found.len() - 1);
        let photos = if public.photos { FollowedPhoto::of(realm, &matter)? } else { Vec::new() };
        Ok(Some((matter, Followed { photos, ..told })))
    }

    fn of(rules: &Rules, matter: &Matter, point: Option<Text>, objections: usize) -> Followed {
        let pack = rules.pack_of(matter);
        let stage = pack.and_then(|it| it.stage(&matter.standing.stage));
        let class = pack.and_then(|it| it.class(&matter.standing.class));
        let publishes = pack.is_some_and(|it| policy::publishes(rules, it));
        let title = |id| rules.units.get(id).map(|it| it.title.clone());
        let handling = matter.handling.as_ref();
        let unit = handling.filter(|_| publishes).and_then(|it| title(&it.unit));
        let is_open = !matter.is_final();
        let place = point.or_else(|| title(&matter.place_unit));
        Followed {
            state: state(matter.standing.is),
            stage: stage.map_or_else(Text::default, |it| it.title.clone()),
            class: class.map_or_else(Text::default, |it| it.title.clone()),
            place: place.unwrap_or_default(),
            opened_at: matter.opened_at,
            filed_at: matter.filed_at,
            handed_at: handling.map(|it| it.since),
            unit,
            due_at: handling.filter(|_| is_open).map(|it| it.due.at),
            declared_at: matter.declared_at,
            cleared_at: matter.cleared_at,
            photos: Vec::new(),
            may_object: matter.standing.is == Meaning::Closed && matter.rebounded_as.is_none(),
            objections,
        }
    }
}

/// How far a matter is, in the words of the public page.
pub(super) fn state(is: Meaning) -> &'static str {
    match is {
        Meaning::Opened => "received",
        Meaning::Filed => "filed",
        Meaning::Handling => "handling",
        Meaning::Declared | Meaning::Verifying => "declared",
        Meaning::Closed | Meaning::SelfHandled => "cleared",
        Meaning::Merged => "merged",
        Meaning::Voided => "rejected",
    }
}

/// Nobody holds such a code.
pub(super) fn unknown_code() -> ApiProblem {
    let text = Text::new(
        "没有这个查询码，请核对后再试",
        "there is no such tracking code; compare it and try again",
    );
    ApiProblem::new(axum::http::StatusCode::NOT_FOUND, "unknown_code", text)
}
