//! The map of what packs publish, drawn by the service: no script, no picture from elsewhere.
//!
//! Invariants: matters leave the store by the map scope of the public, so that a place is its
//! square; what is drawn stands in words beside it.

mod draw;
mod ground;
mod view;

pub(super) use view::View;

use super::told::state;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::matter::Rules;
use bihuan_core::pack::Meaning;
use bihuan_core::place::{BBox, Point};
use bihuan_core::policy::{Viewer, map_scope};
use bihuan_core::text::Text;
use bihuan_core::time::DAY_MS;
use bihuan_store::filter::{Filter, Period, Standing};
use bihuan_store::map::{Spot, spots};
use ground::Ground;
use std::collections::BTreeMap;

/// Most matters that one drawing shows, open ones and cleared ones each.
const SPOTS_MAX: usize = 2_000;
/// How long what was cleared is shown.
const CLEARED_DAYS: i64 = 30;
/// Side of the squares in which matters are drawn together, in units of the drawing.
const TOGETHER: f64 = 34.0;
/// Marks that lie nearer than this are one, in units of the drawing.
const NEAR: f64 = 26.0;

/// How far published matters are, in the order of the way.
const STATES: [&str; 4] = ["filed", "handling", "declared", "cleared"];

/// A drawing of what is published.
pub(super) struct Map {
    view: View,
    /// The view of the whole realm.
    whole: View,
    ground: Vec<Ground>,
    marks: Vec<Mark>,
    /// The side of the squares that places are hidden in, in metres; 0 where they are not.
    coarse_m: u32,
    /// Whether there is more that is open, and more that was cleared, than is drawn.
    is_cut: [bool; 2],
}

/// Matters that are drawn together.
struct Mark {
    at: Point,
    /// How many are how far.
    states: BTreeMap<&'static str, usize>,
    /// What it is about, where it is one.
    class: Option<Text>,
}

impl Mark {
    fn count(&self) -> usize {
        self.states.values().sum()
    }

    /// Takes another in, in the middle of both.
    fn join(&mut self, other: Mark) {
        let weight = |it: &Mark| i64::try_from(it.count()).unwrap_or(i64::MAX);
        let (own, new) = (weight(self), weight(&other));
        let middle = |a: i64, b: i64| (a * own + b * new) / (own + new).max(1);
        self.at = Point {
            lon_e7: middle(self.at.lon_e7, other.at.lon_e7),
            lat_e7: middle(self.at.lat_e7, other.at.lat_e7),
        };
        for (state, count) in other.states {
            *self.states.entry(state).or_default() += count;
        }
        self.class = None;
    }
}

impl Map {
    /// What there is to be drawn; none where nothing publishes a map, or the realm has no areas.
    ///
    /// # Errors
    /// As the database says.
    pub(super) fn read(realm: &Realm, view: Option<View>) -> Result<Option<Map>, Problem> {
        let (rules, now) = (realm.rules(), realm.now());
        let scope = map_scope(&rules, &Viewer::public(now));
        let boxes = rules.areas.entries().iter().map(|it| it.area.bbox());
        let Some(all) = boxes.reduce(|all, it| all.joined(&it)) else { return Ok(None) };
        if scope.sectors().is_empty() {
            return Ok(None);
        }
        let whole = View::around(&all);
        let view = view.unwrap_or(whole);
        let within = Some(view.bbox());
        let open = Filter { within, standing: Standing::Open, ..Filter::default() };
        let since = Period { from: Some(now.plus_ms(-CLEARED_DAYS * DAY_MS)), to: None };
        let cleared = Filter { within, cleared: since, ..Filter::default() };
        let (open, cleared) = realm.read(|db| {
            let open = spots(db, &scope, &open, SPOTS_MAX)?;
            Ok((open, spots(db, &scope, &cleared, SPOTS_MAX)?))
        })?;
        let is_cut = [&open, &cleared].map(|it| it.len() == SPOTS_MAX);
        let cleared = cleared.into_iter().filter(Spot::has_ended);
        Ok(Some(Map {
            view,
            whole,
            ground: ground::of(&rules, view),
            marks: marks(&rules, view, open.into_iter().chain(cleared)),
            coarse_m: scope.coarse_m(),
            is_cut,
        }))
    }

    /// How many of each state are in view.
    fn counts(&self) -> [(&'static str, usize); 4] {
        let of = |state: &str| -> usize {
            self.marks.iter().filter_map(|it| it.states.get(state)).sum()
        };
        STATES.map(|it| (it, of(it)))
    }
}

fn marks(rules: &Rules, view: View, spots: impl Iterator<Item = Spot>) -> Vec<Mark> {
    let mut squares: BTreeMap<(i64, i64), Vec<Spot>> = BTreeMap::new();
    for spot in spots {
        squares.entry(view.square(spot.at, TOGETHER)).or_default().push(spot);
    }
    let mut marks: Vec<Mark> = Vec::new();
    for new in squares.into_values().map(|it| mark(rules, &it)) {
        // Two squares may meet where their marks would lie on each other.
        match marks.iter_mut().find(|it| is_near(view, it.at, new.at)) {
            Some(known) => known.join(new),
            None => marks.push(new),
        }
    }
    marks
}

fn is_near(view: View, one: Point, other: Point) -> bool {
    let ((x, y), (a, b)) = (view.place(one), view.place(other));
    (x - a).hypot(y - b) < NEAR
}

fn mark(rules: &Rules, spots: &[Spot]) -> Mark {
    let mut states = BTreeMap::new();
    for spot in spots {
        let meaning = serde_json::from_value::<Meaning>(spot.meaning.clone().into()).ok();
        let state = meaning.map(state).filter(|it| STATES.contains(it)).unwrap_or("handling");
        *states.entry(state).or_default() += 1;
    }
    let count = i64::try_from(spots.len()).unwrap_or(i64::MAX).max(1);
    let middle = |each: fn(&Spot) -> i64| spots.iter().map(each).sum::<i64>() / count;
    let at = Point { lon_e7: middle(|it| it.at.lon_e7), lat_e7: middle(|it| it.at.lat_e7) };
    let class = match spots {
        [only] => rules.pack(&only.pack).and_then(|it| it.class(&only.class)),
        _ => None,
    };
    Mark { at, states, class: class.map(|it| it.title.clone()) }
}

/// How wide a box is on a drawing, in its units.
fn width_of(view: View, bbox: &BBox) -> f64 {
    let west = view.place(Point { lon_e7: bbox.west_e7, lat_e7: bbox.north_e7 });
    let east = view.place(Point { lon_e7: bbox.east_e7, lat_e7: bbox.north_e7 });
    east.0 - west.0
}
