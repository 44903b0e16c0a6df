//! The map: matters as points where they are few, counted where they are many, as GeoJSON and as
//! vector tiles; and the ground of units as tiles.
//!
//! Invariants: what is shown is what the scope of whoever asks holds, so that for the public a
//! place is its square; what has ended is shown only where it is asked for; over all tiles of a
//! zoom each matter is shown or counted once.

use super::body::{Path, Query};
use super::geo::{bbox_of, point_of};
use super::problem::ReadProblems;
use super::tagged::{GEOJSON, bytes_of, tagged};
use super::tile::{EXTENT, MVT, TileAt, ZOOM_MAX};
use super::{Anyone, ApiProblem, App, Caller};
use crate::problem::Problem;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bihuan_core::id::{ClassCode, PackId, StageId};
use bihuan_core::matter::Rules;
use bihuan_core::place::cell::{level_at, level_of, side_e7};
use bihuan_core::place::{BBox, Datum, LAT_MAX_E7, LON_MAX_E7, Point};
use bihuan_core::policy::{Action, map_scope, scope};
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_core::unit::UnitId;
use bihuan_store::filter::{Filter, Standing};
use bihuan_store::map::{Spot, Square, spots, squares};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

/// Most matters that one answer shows one by one.
pub const SPOTS_MAX: usize = 1_000;
/// Below this zoom a tile counts.
pub const COUNTED_BELOW: u32 = 12;
/// About the most squares of one answer.
const SQUARES_MAX: u64 = 1_024;
/// Zoom of a map whose asker names none: a town on a screen.
const ZOOM_DEFAULT: u32 = 13;
/// How long before its deadline a matter is due soon, in milliseconds.
const SOON_MS: i64 = DAY_MS;
/// Farthest that one may look around, in metres.
const NEAR_METRES_MAX: u32 = 500;
/// How far one looks around who names no distance, in metres.
const NEAR_METRES_DEFAULT: u32 = 50;
/// Most matters that are told to be near.
const NEAR_MAX: usize = 20;

/// Which matters.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MapQuery {
    /// `west,south,east,north` in degrees of WGS-84; only for the answer as GeoJSON.
    #[serde(default, rename = "box")]
    #[param(example = "113.2,34.7,113.4,34.9")]
    pub within: Option<String>,
    /// Zoom of the map, 0 to 22, which decides how coarsely many are counted.
    #[serde(default)]
    #[param(maximum = 22)]
    pub zoom: Option<u32>,
    /// Of this pack.
    #[serde(default)]
    pub pack: Option<PackId>,
    /// Of this class.
    #[serde(default)]
    pub class: Option<ClassCode>,
    /// In this stage.
    #[serde(default)]
    pub stage: Option<StageId>,
    /// For which this unit or one below it is responsible.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// `open` where absent.
    #[serde(default)]
    pub standing: MapStanding,
}

/// Whether a matter has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MapStanding {
    /// It has not.
    #[default]
    Open,
    /// It has not, and its deadline has passed.
    Overdue,
    /// Either.
    Any,
}

impl MapQuery {
    fn filter(&self, rules: &Rules, now: Instant) -> Filter {
        let below =
            |top: &UnitId| rules.units.subtree(top).iter().map(|it| it.id.clone()).collect();
        Filter {
            units: self.unit.as_ref().map(below),
            stages: self.stage.iter().cloned().collect(),
            classes: self.class.iter().cloned().collect(),
            packs: self.pack.iter().cloned().collect(),
            standing: match self.standing {
                MapStanding::Open => Standing::Open,
                MapStanding::Overdue => Standing::Overdue(now),
                MapStanding::Any => Standing::Any,
            },
            ..Filter::default()
        }
    }
}

/// Matters in a box: each as a point, or counted by squares where they are more than 1,000.
///
/// A counted square has `count` and `overdue`, a point has `pack`, `stage`, `meaning`, `class` and
/// `due`: `later`, `soon` (within a day), `overdue` or `ended`.
#[utoipa::path(
    get, path = "/api/v1/map/matters.geojson", tag = "map", params(MapQuery),
    responses(
        (status = 200, body = Object, content_type = "application/geo+json"), (status = 304),
        ReadProblems,
    )
)]
pub async fn geojson(
    State(app): State<App>,
    who: Anyone,
    headers: HeaderMap,
    Query(query): Query<MapQuery>,
) -> Result<Response, ApiProblem> {
    let (rules, viewer) = who.viewer(&app);
    let within = bbox_of(query.within.as_deref().unwrap_or_default())?;
    let zoom = query.zoom.unwrap_or(ZOOM_DEFAULT);
    if zoom > ZOOM_MAX {
        return Err(ApiProblem::invalid("zoom", "请写0至22", "give 0 to 22"));
    }
    let now = viewer.now();
    let filter = Filter { within: Some(within), ..query.filter(&rules, now) };
    let level = level_of(&within, level_at(zoom), SQUARES_MAX);
    let bytes = app
        .run(move |realm| {
            let scope = map_scope(&rules, &viewer);
            let shown = realm.read(|db| spots(db, &scope, &filter, SPOTS_MAX + 1))?;
            if shown.len() <= SPOTS_MAX {
                let features = shown.iter().map(|it| spot_feature(it, now)).collect();
                return Ok(bytes_of(&collection(false, shown.len() as u64, features)));
            }
            let counted = realm.read(|db| squares(db, &scope, &filter, (level, now)))?;
            let total = counted.iter().map(|it| it.count).sum();
            let features = counted.iter().map(|it| square_feature(it, now)).collect();
            Ok(bytes_of(&collection(true, total, features)))
        })
        .await?;
    Ok(tagged(&headers, GEOJSON, bytes))
}

fn collection(counted: bool, total: u64, features: Vec<Value>) -> Value {
    json!({
        "type": "FeatureCollection", "datum": Datum::Wgs84, "counted": counted, "total": total,
        "features": features,
    })
}

fn geometry(at: Point) -> Value {
    json!({ "type": "Point", "coordinates": [at.lon(), at.lat()] })
}

fn spot_feature(spot: &Spot, now: Instant) -> Value {
    let Spot { id, pack, stage, meaning, class, .. } = spot;
    json!({
        "type": "Feature", "id": id, "geometry": geometry(spot.at),
        "properties": {
            "pack": pack, "stage": stage, "meaning": meaning, "class": class,
            "due": due(spot, now),
        },
    })
}

fn square_feature(square: &Square, now: Instant) -> Value {
    let Square { count, overdue, .. } = square;
    match &square.alone {
        Some(spot) => spot_feature(spot, now),
        None => json!({
            "type": "Feature", "geometry": geometry(square.at),
            "properties": { "count": count, "overdue": overdue },
        }),
    }
}

/// How a matter stands to its deadline.
fn due(spot: &Spot, now: Instant) -> &'static str {
    match spot.due_at {
        _ if spot.has_ended() => "ended",
        Some(due) if due < now => "overdue",
        Some(due) if due.0 - now.0 <= SOON_MS => "soon",
        _ => "later",
    }
}

/// Matters of a tile: in layer `matters` one by one, in layer `counts` those that are counted,
/// which are all below zoom 12 and where they are more than 1,000.
///
/// The tile is `z/x/y.mvt` of the usual grid; its features have what those of GeoJSON have.
#[utoipa::path(
    get, path = "/api/v1/map/matters/{z}/{x}/{y}", tag = "map",
    params(
        ("z" = String, Path, description = "zoom, 0 to 22"), ("x" = String, Path),
        ("y" = String, Path, description = "row with its ending, such as `6500.mvt`"), MapQuery,
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 304), ReadProblems,
    )
)]
pub async fn matters(
    State(app): State<App>,
    who: Anyone,
    headers: HeaderMap,
    Path((z, x, y)): Path<(String, String, String)>,
    Query(query): Query<MapQuery>,
) -> Result<Response, ApiProblem> {
    let tile = TileAt::read(&z, &x, &y)?;
    let (rules, viewer) = who.viewer(&app);
    let now = viewer.now();
    let filter = query.filter(&rules, now);
    let bytes = app
        .run(move |realm| {
            let scope = map_scope(&rules, &viewer);
            if tile.z >= COUNTED_BELOW {
                let filter = Filter { within: Some(tile.bbox()), ..filter.clone() };
                let mut shown = realm.read(|db| spots(db, &scope, &filter, SPOTS_MAX + 1))?;
                if shown.len() <= SPOTS_MAX {
                    shown.retain(|it| tile.holds(it.at));
                    return matters_tile(tile, &shown, &[], now);
                }
            }
            let level = level_at(tile.z);
            let within = Some(grown(tile.bbox(), side_e7(level)));
            let filter = Filter { within, ..filter };
            let mut counted = realm.read(|db| squares(db, &scope, &filter, (level, now)))?;
            // A square belongs to the tile that its middle lies in, whole.
            counted.retain(|it| tile.holds(it.at));
            matters_tile(tile, &[], &counted, now)
        })
        .await?;
    Ok(tagged(&headers, MVT, bytes.into()))
}

/// A box with room for every square that has a part in it.
fn grown(bbox: BBox, side_e7: i64) -> BBox {
    BBox {
        west_e7: (bbox.west_e7 - side_e7).max(-LON_MAX_E7),
        south_e7: (bbox.south_e7 - side_e7).max(-LAT_MAX_E7),
        east_e7: (bbox.east_e7 + side_e7).min(LON_MAX_E7),
        north_e7: (bbox.north_e7 + side_e7).min(LAT_MAX_E7),
    }
}

fn matters_tile(
    tile: TileAt,
    shown: &[Spot],
    counted: &[Square],
    now: Instant,
) -> Result<Vec<u8>, Problem> {
    let failed = |it: mvt::Error| Problem::Other(format!("a tile cannot be made: {it}"));
    let mut made = mvt::Tile::new(EXTENT);
    let mut layer = made.create_layer("matters");
    for spot in shown.iter().chain(counted.iter().filter_map(|it| it.alone.as_ref())) {
        let mut feature = layer.into_feature(tile.point(spot.at).map_err(failed)?);
        feature.add_tag_string("id", &spot.id.to_string());
        feature.add_tag_string("pack", spot.pack.as_str());
        feature.add_tag_string("stage", spot.stage.as_str());
        feature.add_tag_string("meaning", &spot.meaning);
        feature.add_tag_string("class", spot.class.as_str());
        feature.add_tag_string("due", due(spot, now));
        layer = feature.into_layer();
    }
    if layer.num_features() > 0 {
        made.add_layer(layer).map_err(failed)?;
    }
    let mut layer = made.create_layer("counts");
    for square in counted.iter().filter(|it| it.alone.is_none()) {
        let mut feature = layer.into_feature(tile.point(square.at).map_err(failed)?);
        feature.add_tag_uint("count", square.count);
        feature.add_tag_uint("overdue", square.overdue);
        layer = feature.into_layer();
    }
    if layer.num_features() > 0 {
        made.add_layer(layer).map_err(failed)?;
    }
    made.to_bytes().map_err(failed)
}

/// The ground of units in a tile, layer `areas`: `id`, `kind`, `level`, `zh`, `en`.
#[utoipa::path(
    get, path = "/api/v1/map/areas/{z}/{x}/{y}", tag = "map",
    params(
        ("z" = String, Path, description = "zoom, 0 to 22"), ("x" = String, Path),
        ("y" = String, Path, description = "row with its ending, such as `6500.mvt`"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 304), ReadProblems,
    )
)]
pub async fn areas(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path((z, x, y)): Path<(String, String, String)>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    let tile = TileAt::read(&z, &x, &y)?;
    let bytes = app.run(move |_| areas_tile(tile, &rules)).await?;
    Ok(tagged(&headers, MVT, bytes.into()))
}

fn areas_tile(tile: TileAt, rules: &Rules) -> Result<Vec<u8>, Problem> {
    let failed = |it: mvt::Error| Problem::Other(format!("a tile cannot be made: {it}"));
    let mut made = mvt::Tile::new(EXTENT);
    let mut layer = made.create_layer("areas");
    let bbox = tile.bbox();
    for entry in rules.areas.entries() {
        let near = grown(entry.area.bbox(), (bbox.east_e7 - bbox.west_e7) / 32).meets(&bbox);
        let ground = if near { tile.area(&entry.area).map_err(failed)? } else { None };
        let (Some(ground), Some(unit)) = (ground, rules.units.get(&entry.unit)) else { continue };
        let mut feature = layer.into_feature(ground);
        feature.add_tag_string("id", unit.id.as_str());
        feature.add_tag_string("kind", unit.kind.as_str());
        feature.add_tag_uint("level", u64::from(entry.level));
        feature.add_tag_string("zh", &unit.title.zh);
        feature.add_tag_string("en", &unit.title.en);
        layer = feature.into_layer();
    }
    if layer.num_features() > 0 {
        made.add_layer(layer).map_err(failed)?;
    }
    made.to_bytes().map_err(failed)
}

/// Around where.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NearQuery {
    /// `longitude,latitude` in degrees of WGS-84.
    #[param(example = "113.308,34.802")]
    pub at: String,
    /// How far around, in metres; 50 where absent.
    #[serde(default)]
    #[param(maximum = 500)]
    pub metres: Option<u32>,
    /// Of this pack.
    #[serde(default)]
    pub pack: Option<PackId>,
    /// Of this class.
    #[serde(default)]
    pub class: Option<ClassCode>,
}

/// Open matters around a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NearList {
    /// The nearest first; at most 20.
    pub matters: Vec<NearMatter>,
}

/// An open matter around a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NearMatter {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: bihuan_core::id::MatterId,
    /// Its pack.
    pub pack: PackId,
    /// Its class.
    pub class: ClassCode,
    /// Its stage.
    pub stage: StageId,
    /// Where.
    pub at: Point,
    /// How far away, in metres.
    pub metres: u32,
}

/// Open matters around a place, as far as the caller sees them: whoever is about to open one sees
/// whether it is there already.
#[utoipa::path(
    get, path = "/api/v1/matters/near", tag = "matter", params(NearQuery),
    responses((status = 200, body = NearList), ReadProblems)
)]
pub async fn near(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<NearQuery>,
) -> Result<axum::Json<NearList>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let at = point_of(&query.at)?;
    let metres = query.metres.unwrap_or(NEAR_METRES_DEFAULT);
    if metres > NEAR_METRES_MAX {
        return Err(ApiProblem::invalid("metres", "至多500米", "give at most 500"));
    }
    let filter = Filter {
        within: Some(BBox::around(at, metres)),
        packs: query.pack.into_iter().collect(),
        classes: query.class.into_iter().collect(),
        standing: Standing::Open,
        ..Filter::default()
    };
    let found = app
        .run(move |realm| {
            let scope = scope(&rules, &viewer);
            realm.read(|db| spots(db, &scope, &filter, SPOTS_MAX))
        })
        .await?;
    let near = |it: Spot| {
        let metres = at.distance_m(it.at);
        let Spot { id, pack, class, stage, at, .. } = it;
        NearMatter { id, pack, class, stage, at, metres }
    };
    let mut matters: Vec<NearMatter> =
        found.into_iter().map(near).filter(|it| it.metres <= metres).collect();
    matters.sort_by_key(|it| it.metres);
    matters.truncate(NEAR_MAX);
    Ok(axum::Json(NearList { matters }))
}
