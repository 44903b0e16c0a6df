//! The ground of units on a drawing: as fine as there is room for, with the names that fit.

use super::view::{HEIGHT, View, WIDTH};
use super::width_of;
use bihuan_core::matter::Rules;
use bihuan_core::place::area::Position;
use bihuan_core::place::index::AreaEntry;
use bihuan_core::place::{BBox, Point};
use bihuan_core::text::{Lang, Text};
use std::fmt::Write as _;

/// How wide the units of a level are at least, half of them, where they are drawn.
const WIDTH_MIN: f64 = 44.0;
/// Points of an outline that lie nearer than this are one.
const STEP: f64 = 0.8;
/// Height of a name, in units of the drawing.
const LETTER: f64 = 17.0;
/// How far a mark reaches.
const MARK: f64 = 11.0;

/// The ground of a unit.
pub(super) struct Ground {
    /// The outline.
    pub(super) path: String,
    /// Whether it is of the finest level that is drawn.
    pub(super) is_fine: bool,
    /// The name, where it is of the finest level, and where it may stand.
    name: Option<(Text, Vec<(f64, f64)>)>,
}

/// The ground that a view shows, the coarsest first.
pub(super) fn of(rules: &Rules, view: View) -> Vec<Ground> {
    let seen = view.bbox();
    let mut entries: Vec<&AreaEntry> =
        rules.areas.entries().iter().filter(|it| it.area.bbox().meets(&seen)).collect();
    entries.sort_by_key(|it| it.level);
    let finest = finest(&entries, view);
    entries.retain(|it| it.level <= finest);
    let ground = |it: &AreaEntry| {
        let is_fine = it.level == finest;
        let title = rules.units.get(&it.unit).map(|it| it.title.clone()).filter(|_| is_fine);
        let name = title.map(|title| (title, inside(it, view, &seen)));
        Ground { path: outline(it, view), is_fine, name }
    };
    entries.into_iter().map(ground).collect()
}

/// The finest level of which there is room for the units.
fn finest(entries: &[&AreaEntry], view: View) -> u32 {
    let mut finest = entries.first().map_or(0, |it| it.level);
    for level in entries.iter().map(|it| it.level) {
        let of_level = entries.iter().filter(|it| it.level == level);
        let mut widths: Vec<f64> = of_level.map(|it| width_of(view, &it.area.bbox())).collect();
        widths.sort_by(f64::total_cmp);
        if widths[widths.len() / 2] >= WIDTH_MIN {
            finest = finest.max(level);
        }
    }
    finest
}

fn outline(entry: &AreaEntry, view: View) -> String {
    let mut path = String::new();
    for ring in entry.area.polygons().iter().flat_map(|it| it.rings()) {
        let mut last: Option<(f64, f64)> = None;
        for (x, y) in ring.iter().map(|it| view.place(*it)) {
            let is_near = |(a, b): (f64, f64)| (x - a).abs() < STEP && (y - b).abs() < STEP;
            if last.is_some_and(is_near) {
                continue;
            }
            let word = if last.is_none() { 'M' } else { 'L' };
            let _ = write!(path, "{word}{x:.1} {y:.1}");
            last = Some((x, y));
        }
        path.push('Z');
    }
    path
}

/// Places for a name, the best first: inside the ground and in view.
fn inside(entry: &AreaEntry, view: View, seen: &BBox) -> Vec<(f64, f64)> {
    let bbox = entry.area.bbox();
    let (west, east) = (bbox.west_e7.max(seen.west_e7), bbox.east_e7.min(seen.east_e7));
    let (south, north) = (bbox.south_e7.max(seen.south_e7), bbox.north_e7.min(seen.north_e7));
    let part = |low: i64, high: i64, of: i64| low + (high - low) * of / 4;
    let places = [(2, 2), (2, 1), (2, 3), (1, 2), (3, 2), (1, 1), (3, 3), (1, 3), (3, 1)];
    let points =
        places.map(|(x, y)| Point { lon_e7: part(west, east, x), lat_e7: part(south, north, y) });
    let is_inside = |it: &&Point| entry.area.position(**it) == Position::Inside;
    points.iter().filter(is_inside).map(|it| view.place(*it)).collect()
}

/// The names that stand free of each other and of the marks, in a language.
pub(super) fn names(
    ground: &[Ground],
    lang: Lang,
    marks: impl Iterator<Item = (f64, f64)>,
) -> Vec<(&str, (f64, f64))> {
    let around = |(x, y): (f64, f64)| [x - MARK, y - MARK, x + MARK, y + MARK];
    let mut taken: Vec<[f64; 4]> = marks.map(around).collect();
    let mut names = Vec::new();
    for (title, places) in ground.iter().filter_map(|it| it.name.as_ref()) {
        let title = if lang == Lang::Zh { &title.zh } else { &title.en };
        let half = letters(title) * LETTER / 2.0;
        let own = |(x, y): (f64, f64)| [x - half, y - LETTER, x + half, y + LETTER / 3.0];
        let is_free = |it: [f64; 4]| {
            let is_in = it[0] >= 0.0 && it[1] >= 0.0 && it[2] <= WIDTH && it[3] <= HEIGHT;
            let meets =
                |of: &[f64; 4]| it[0] < of[2] && of[0] < it[2] && it[1] < of[3] && of[1] < it[3];
            is_in && !taken.iter().any(meets)
        };
        if let Some(at) = places.iter().copied().find(|at| is_free(own(*at))) {
            taken.push(own(at));
            names.push((title.as_str(), at));
        }
    }
    names
}

/// How many letters of full width a name is long.
fn letters(name: &str) -> f64 {
    name.chars().map(|it| if it.is_ascii() { 0.58 } else { 1.0 }).sum()
}
