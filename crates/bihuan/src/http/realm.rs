//! The realm as every page needs to know it before anybody has signed in.
//!
//! Invariant: it tells nothing that its placard would not.

use super::App;
use super::base_map::{BaseMap, BaseMapShown};
use axum::extract::State;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

/// The realm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RealmShown {
    /// Its name, where one is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// Its zone: seconds east of UTC. Days and hours are told in it.
    pub zone_s: i32,
    /// What its clock shows, in milliseconds since 1970 UTC: a device whose clock is wrong corrects
    /// by it what it says of when.
    pub now: Instant,
    /// Whether its matters are invented.
    pub demonstration: bool,
    /// The base map, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_map: Option<BaseMapShown>,
}

/// What every page knows of the realm.
#[utoipa::path(
    get, path = "/api/v1/realm", tag = "realm", responses((status = 200, body = RealmShown))
)]
pub async fn show(State(app): State<App>) -> axum::Json<RealmShown> {
    let realm = app.realm();
    axum::Json(RealmShown {
        title: realm.title(),
        zone_s: realm.rules().zone.0,
        now: realm.now(),
        demonstration: realm.is_demonstration(),
        base_map: app.base_map().map(BaseMap::shown),
    })
}
