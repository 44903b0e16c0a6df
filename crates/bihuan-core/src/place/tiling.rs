//! Whether the areas of the units below one unit tile its ground: no gap, no overlap, none outside.
//!
//! A gap is ground for which nobody is responsible, an overlap ground that two may pass to and fro.
//! Invariant: what is smaller than the tolerance is not listed but summed up in `ignored_m2`.

use super::area::Area;
use super::cell::BBox;
use super::point::Point;
use crate::unit::UnitId;
use geo::{BooleanOps, Coord, GeodesicArea, InteriorPoint, MultiPolygon, unary_union};

/// Parts below this are drawing noise: 10 m², a thousandth of a unit grid of 10,000 m².
pub const TOLERANCE_M2: u64 = 10;
/// The most parts that a report lists of each sort.
pub const PARTS_MAX: usize = 1_000;

/// Ground without a unit below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Square metres.
    pub area_m2: u64,
    /// A point in it.
    pub near: Point,
}

/// Ground of two units at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// One unit.
    pub a: UnitId,
    /// The other.
    pub b: UnitId,
    /// Square metres.
    pub area_m2: u64,
    /// A point in it.
    pub near: Point,
}

/// Ground of a unit outside the unit above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The unit.
    pub unit: UnitId,
    /// Square metres.
    pub area_m2: u64,
    /// A point in it.
    pub near: Point,
}

/// How well the areas below tile the area above; each list with the largest part first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TilingReport {
    /// Ground without a unit.
    pub gaps: Vec<Gap>,
    /// Ground of two units.
    pub overlaps: Vec<Overlap>,
    /// Ground of a unit outside the one above.
    pub outside: Vec<Outside>,
    /// Sum of all parts below the tolerance, square metres.
    pub ignored_m2: u64,
}

impl TilingReport {
    /// Whether the areas tile the ground, but for the tolerance.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.gaps.is_empty() && self.overlaps.is_empty() && self.outside.is_empty()
    }
}

/// Compares the areas of units with the area of the unit above them.
///
/// `tolerance_m2`: parts of fewer square metres are ignored; see [`TOLERANCE_M2`].
#[must_use]
pub fn tiling_report(
    parent: &Area,
    children: &[(UnitId, Area)],
    tolerance_m2: u64,
) -> TilingReport {
    let ground = parent.to_geo();
    let shapes: Vec<MultiPolygon> = children.iter().map(|(_, area)| area.to_geo()).collect();
    let boxes: Vec<BBox> = children.iter().map(|(_, area)| area.bbox()).collect();
    let mut report = TilingReport::default();
    let mut parts = Parts { tolerance_m2, ignored_m2: 0.0 };
    for (area_m2, near) in parts.of(&ground.difference(&unary_union(&shapes))) {
        report.gaps.push(Gap { area_m2, near });
    }
    for (at, (unit, _)) in children.iter().enumerate() {
        for (area_m2, near) in parts.of(&shapes[at].difference(&ground)) {
            report.outside.push(Outside { unit: unit.clone(), area_m2, near });
        }
        for (other, (b, _)) in children.iter().enumerate().skip(at + 1) {
            if !boxes[at].meets(&boxes[other]) {
                continue;
            }
            for (area_m2, near) in parts.of(&shapes[at].intersection(&shapes[other])) {
                report.overlaps.push(Overlap { a: unit.clone(), b: b.clone(), area_m2, near });
            }
        }
    }
    report.gaps.sort_by_key(|it| (u64::MAX - it.area_m2, it.near));
    report.overlaps.sort_by_key(|it| (u64::MAX - it.area_m2, it.near));
    report.outside.sort_by_key(|it| (u64::MAX - it.area_m2, it.near));
    report.gaps.truncate(PARTS_MAX);
    report.overlaps.truncate(PARTS_MAX);
    report.outside.truncate(PARTS_MAX);
    report.ignored_m2 = parts.ignored_m2.round() as u64;
    report
}

/// Sorts the parts of a shape by whether they matter.
struct Parts {
    tolerance_m2: u64,
    ignored_m2: f64,
}

impl Parts {
    /// Size and a point of each part that matters; the others are summed up.
    fn of(&mut self, shape: &MultiPolygon) -> Vec<(u64, Point)> {
        let mut found = Vec::new();
        for part in shape {
            let area_m2 = part.geodesic_area_signed().abs();
            let inner = part.interior_point().map(|it| it.0);
            let near = inner.or(part.exterior().0.first().copied()).and_then(to_point);
            match near {
                Some(near) if area_m2 >= self.tolerance_m2 as f64 => {
                    found.push((area_m2.round() as u64, near));
                }
                _ => self.ignored_m2 += area_m2,
            }
        }
        found
    }
}

fn to_point(at: Coord) -> Option<Point> {
    Point::new(at.x, at.y).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::area::Polygon;
    use proptest::prelude::*;

    const WEST: i64 = 1_133_000_000;
    const SOUTH: i64 = 348_000_000;

    /// A box in units of 1e-5 degree (about 0.9 by 1.1 metres) from a corner of the town.
    fn area([w, s, e, n]: [i64; 4]) -> Area {
        let at = |x: i64, y: i64| Point { lon_e7: WEST + x * 100, lat_e7: SOUTH + y * 100 };
        Polygon::new(vec![vec![at(w, s), at(e, s), at(e, n), at(w, n)]]).unwrap().into()
    }

    fn report(parent: [i64; 4], children: &[(&str, [i64; 4])]) -> TilingReport {
        let children: Vec<_> = children.iter().map(|(id, it)| ((*id).into(), area(*it))).collect();
        tiling_report(&area(parent), &children, TOLERANCE_M2)
    }

    #[test]
    fn villages_that_tile_their_town_are_clean() {
        let report = report(
            [0, 0, 1000, 1000],
            &[("a", [0, 0, 400, 1000]), ("b", [400, 0, 1000, 500]), ("c", [400, 500, 1000, 1000])],
        );
        assert_eq!(report, TilingReport::default());
        assert!(report.is_clean());
    }

    #[test]
    fn gap_overlap_and_outside_are_told_apart_with_size_and_place() {
        let report =
            report([0, 0, 1000, 1000], &[("a", [0, 0, 500, 1000]), ("b", [400, 0, 1100, 800])]);
        let [gap] = &report.gaps[..] else { panic!("{report:?}") };
        let [overlap] = &report.overlaps[..] else { panic!("{report:?}") };
        let [outside] = &report.outside[..] else { panic!("{report:?}") };
        // 1e-5 degree there: 0.915 m east, 1.109 m north.
        let m2 = |cells: f64| (cells * 0.915 * 1.1094) as u64;
        let close = |got: u64, want: u64| got.abs_diff(want) * 200 < want;
        assert!(close(gap.area_m2, m2(500.0 * 200.0)), "{gap:?}");
        assert!(close(overlap.area_m2, m2(100.0 * 800.0)), "{overlap:?}");
        assert!(close(outside.area_m2, m2(100.0 * 800.0)), "{outside:?}");
        assert!(area([500, 800, 1000, 1000]).bbox().contains(gap.near));
        assert!(area([400, 0, 500, 800]).bbox().contains(overlap.near));
        assert!(area([1000, 0, 1100, 800]).bbox().contains(outside.near));
        let names = (overlap.a.as_str(), overlap.b.as_str(), outside.unit.as_str());
        assert_eq!(names, ("a", "b", "b"));
        assert!(!report.is_clean());
    }

    #[test]
    fn a_sliver_below_the_tolerance_is_summed_up_and_no_child_leaves_all_open() {
        let sliver = report([0, 0, 1000, 8], &[("a", [0, 0, 999, 8])]);
        assert!(sliver.is_clean() && (7..10).contains(&sliver.ignored_m2), "{sliver:?}");
        let empty = report([0, 0, 1000, 8], &[]);
        assert_eq!(empty.gaps.len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_areas_make_the_report_panic_and_what_is_said_adds_up(
            boxes in proptest::collection::vec((0..90_i64, 0..90_i64, 1..60_i64, 1..60_i64), 0..8),
        ) {
            let children: Vec<(UnitId, Area)> = boxes.iter().enumerate().map(|(number, box_)| {
                let (w, s, x, y) = *box_;
                (UnitId(format!("u{number}")), area([w, s, w + x, s + y]))
            }).collect();
            let parent = area([0, 0, 100, 100]);
            let report = tiling_report(&parent, &children, 0);
            let gaps: u64 = report.gaps.iter().map(|it| it.area_m2).sum();
            let covered = (0..100 * 100).filter(|cell| boxes.iter().any(|(w, s, x, y)| {
                (*w..w + x).contains(&(cell % 100)) && (*s..s + y).contains(&(cell / 100))
            })).count() as f64;
            let want = parent.area_m2() as f64 * (1.0 - covered / 10_000.0);
            prop_assert!((gaps as f64 - want).abs() < 20.0, "{} for {}", gaps, want);
        }
    }
}
