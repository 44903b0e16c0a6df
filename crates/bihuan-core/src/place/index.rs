//! Which unit a point belongs to: an R-tree over the areas of a realm, held in memory.
//!
//! Invariants: the answer is exact and in a fixed order; on a border it names every unit whose
//! border it is, for the person at the place to choose from.

use super::area::{Area, Position};
use super::point::Point;
use crate::unit::UnitId;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeMap;

/// The area of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaEntry {
    /// The unit.
    pub unit: UnitId,
    /// Its scope: tells which coarser areas it stands in for.
    pub scope: String,
    /// How fine its kind is: a grid above a village above a town.
    pub level: u32,
    /// Its ground.
    pub area: Area,
}

/// The answer to "whose ground is this?".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// The units on the finest level that hold the point, in the order of ids; on a border also
    /// their neighbours. One is certain, several are to be chosen from, none is outside.
    pub candidates: Vec<UnitId>,
    /// Whether the point lies on the border of a candidate.
    pub on_border: bool,
}

impl Located {
    /// The unit, where there is no doubt.
    #[must_use]
    pub fn certain(&self) -> Option<&UnitId> {
        match self.candidates.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// The box of a polygon and the number of its entry.
type Leaf = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// All areas of a realm; none by default.
#[derive(Clone, Debug, Default)]
pub struct AreaIndex {
    entries: Vec<AreaEntry>,
    tree: RTree<Leaf>,
}

impl AreaIndex {
    /// An index over areas; a unit may have several.
    #[must_use]
    pub fn build(mut entries: Vec<AreaEntry>) -> AreaIndex {
        entries.sort_by(|a, b| a.unit.cmp(&b.unit));
        let leaves = entries.iter().enumerate().flat_map(|(number, entry)| {
            entry.area.polygons().iter().map(move |polygon| {
                let bbox = polygon.bbox();
                // Units of 1e-7 degree are exact in a double.
                let low = [bbox.west_e7 as f64, bbox.south_e7 as f64];
                let high = [bbox.east_e7 as f64, bbox.north_e7 as f64];
                GeomWithData::new(Rectangle::from_corners(low, high), number)
            })
        });
        let tree = RTree::bulk_load(leaves.collect());
        AreaIndex { entries, tree }
    }

    /// The entries in the order of unit ids.
    #[must_use]
    pub fn entries(&self) -> &[AreaEntry] {
        &self.entries
    }

    /// Every unit whose ground holds the point or has it on its border, in the order of ids.
    #[must_use]
    pub fn holding(&self, point: Point) -> Vec<(&AreaEntry, Position)> {
        let here = AABB::from_point([point.lon_e7 as f64, point.lat_e7 as f64]);
        let mut found: BTreeMap<usize, Position> = BTreeMap::new();
        for leaf in self.tree.locate_in_envelope_intersecting(&here) {
            found.entry(leaf.data).or_insert_with(|| self.entries[leaf.data].area.position(point));
        }
        let held = found.into_iter().filter(|(_, position)| *position != Position::Outside);
        held.map(|(number, position)| (&self.entries[number], position)).collect()
    }

    /// Whose ground the point is.
    ///
    /// The finest level that holds the point answers. Where it lies only on borders, a coarser
    /// neighbour on whose border it lies is a candidate too, unless it merely encloses one.
    #[must_use]
    pub fn locate(&self, point: Point) -> Located {
        let held = self.holding(point);
        let finest = held.iter().map(|(entry, _)| entry.level).max().unwrap_or(0);
        let fine = |entry: &AreaEntry| entry.level == finest;
        let certain = held.iter().any(|(it, at)| fine(it) && *at == Position::Inside);
        let encloses = |outer: &AreaEntry| {
            held.iter().any(|(it, _)| it.unit != outer.unit && it.scope.starts_with(&outer.scope))
        };
        let chosen: Vec<_> = held
            .iter()
            .filter(|(it, at)| fine(it) || (!certain && *at == Position::Border && !encloses(it)))
            .collect();
        let mut candidates: Vec<UnitId> = chosen.iter().map(|(it, _)| it.unit.clone()).collect();
        candidates.dedup();
        let on_border = chosen.iter().any(|(_, at)| *at == Position::Border);
        Located { candidates, on_border }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::area::Polygon;
    use proptest::prelude::*;

    fn at(lon_e7: i64, lat_e7: i64) -> Point {
        Point { lon_e7, lat_e7 }
    }

    fn entry(unit: &str, scope: &str, level: u32, [w, s, e, n]: [i64; 4]) -> AreaEntry {
        let ring = vec![at(w, s), at(e, s), at(e, n), at(w, n)];
        let area = Polygon::new(vec![ring]).unwrap().into();
        AreaEntry { unit: unit.into(), scope: scope.into(), level, area }
    }

    /// Two villages side by side in a town; the western one has two grids.
    fn town() -> AreaIndex {
        AreaIndex::build(vec![
            entry("town", "town/", 1, [0, 0, 200, 100]),
            entry("v1", "town/v1/", 2, [0, 0, 100, 100]),
            entry("v2", "town/v2/", 2, [100, 0, 200, 100]),
            entry("g2", "town/v1/g2/", 3, [50, 0, 100, 100]),
            entry("g1", "town/v1/g1/", 3, [0, 0, 50, 100]),
        ])
    }

    fn located(lon_e7: i64, lat_e7: i64) -> (Vec<String>, bool) {
        let located = town().locate(at(lon_e7, lat_e7));
        (located.candidates.into_iter().map(|it| it.0).collect(), located.on_border)
    }

    #[test]
    fn the_finest_ground_answers_and_a_border_shows_both_sides() {
        assert_eq!(located(20, 50), (vec!["g1".into()], false));
        assert_eq!(located(150, 50), (vec!["v2".into()], false));
        assert_eq!(located(50, 50), (vec!["g1".into(), "g2".into()], true));
        assert_eq!(located(100, 50), (vec!["g2".into(), "v2".into()], true), "grid and village");
        assert_eq!(located(0, 50), (vec!["g1".into()], true), "the outer border of the town");
        assert_eq!(located(-1, 50), (vec![], false));
        assert_eq!(town().locate(at(20, 50)).certain(), Some(&"g1".into()));
        assert_eq!(town().locate(at(50, 50)).certain(), None);
        assert_eq!(AreaIndex::build(vec![]).locate(at(1, 1)), Located::default());
        assert_eq!(AreaIndex::default().locate(at(1, 1)), Located::default());
    }

    proptest! {
        #[test]
        fn the_index_finds_what_a_walk_over_all_areas_finds(
            boxes in proptest::collection::vec((0..50_i64, 0..50_i64, 1..20_i64, 1..20_i64), 0..40),
            lon in -1..72_i64, lat in -1..72_i64,
        ) {
            let entries: Vec<AreaEntry> = boxes.iter().enumerate().map(|(number, (w, s, x, y))| {
                entry(&format!("u{number:02}"), "", 1, [*w, *s, w + x, s + y])
            }).collect();
            let index = AreaIndex::build(entries.clone());
            let want: Vec<UnitId> = entries
                .iter()
                .filter(|it| it.area.position(at(lon, lat)) != Position::Outside)
                .map(|it| it.unit.clone())
                .collect();
            let got: Vec<UnitId> =
                index.holding(at(lon, lat)).iter().map(|(it, _)| it.unit.clone()).collect();
            prop_assert_eq!(got, want);
        }

        #[test]
        fn no_point_makes_the_index_panic(lon_e7 in any::<i64>(), lat_e7 in any::<i64>()) {
            prop_assert!(town().locate(at(lon_e7, lat_e7)).candidates.len() < 3);
        }
    }
}
