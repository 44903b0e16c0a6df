//! Cells: one integer key for a point, so that a viewport is a few ranges of one index.
//!
//! The key is the position on a Hilbert curve, not a Morton (Z) code: the curve never leaps, so a
//! box falls into a quarter fewer runs (a fourth of its perimeter against a third, Moon et al.
//! 2001), and joining runs takes in less that lies outside: with eight ranges a viewport reads 1.3
//! times its own cells on average.
//! Invariants: a key is 0 to 2^62 − 1 and never changes for a point (it is stored); a cell is 2e-7
//! degree each way (2.2 cm or less), so what a range answers is still to be compared with the box.

use super::PlaceError;
use super::point::{DEGREE_E7, LAT_MAX_E7, LON_MAX_E7, METRES_A_DEGREE, Point};

/// Bits of each axis.
const AXIS_BITS: u32 = 31;
/// Side of a cell, 1e-7 degree.
const CELL_E7: i64 = 2;
/// How finely a box is cut before runs are joined: at most about this many squares.
const SQUARES_MAX: u64 = 256;
/// Ranges of a query that asks for no other number.
pub const RANGES_MAX: usize = 8;

/// A box of longitudes and latitudes, edges included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BBox {
    /// Western edge, 1e-7 degree.
    pub west_e7: i64,
    /// Southern edge, 1e-7 degree.
    pub south_e7: i64,
    /// Eastern edge, 1e-7 degree, not west of the western one.
    pub east_e7: i64,
    /// Northern edge, 1e-7 degree, not south of the southern one.
    pub north_e7: i64,
}

impl BBox {
    /// A box from degrees in the order of RFC 7946: west, south, east, north.
    ///
    /// # Errors
    /// [`PlaceError::NotFinite`], or [`PlaceError::Range`] also where west and east, or south and
    /// north, are swapped: a box across the date line is two boxes.
    pub fn new(degrees: [f64; 4]) -> Result<BBox, PlaceError> {
        if degrees.iter().any(|it| !it.is_finite()) {
            return Err(PlaceError::NotFinite);
        }
        let [west_e7, south_e7, east_e7, north_e7] =
            degrees.map(|it| (it * DEGREE_E7 as f64).round() as i64);
        let on_globe = -LON_MAX_E7 <= west_e7
            && west_e7 <= east_e7
            && east_e7 <= LON_MAX_E7
            && -LAT_MAX_E7 <= south_e7
            && south_e7 <= north_e7
            && north_e7 <= LAT_MAX_E7;
        if !on_globe {
            return Err(PlaceError::Range);
        }
        Ok(BBox { west_e7, south_e7, east_e7, north_e7 })
    }

    /// A box that reaches `metres` further to all sides.
    #[must_use]
    pub fn grown_m(&self, metres: u32) -> BBox {
        let corner = |lon_e7, lat_e7| BBox::around(Point { lon_e7, lat_e7 }, metres);
        let low = corner(self.west_e7, self.south_e7);
        let high = corner(self.east_e7, self.north_e7);
        self.joined(&low).joined(&high)
    }

    /// The box that holds every point within `metres`; clipped at the poles and the date line.
    #[must_use]
    pub fn around(point: Point, metres: u32) -> BBox {
        let point = point.clamped();
        // A little more than needed: the sphere is not the ellipsoid.
        let north = f64::from(metres) / METRES_A_DEGREE * 1.01;
        let widest = (point.lat().abs() + north).min(90.0).to_radians().cos();
        let east = if widest < 1e-6 { 360.0 } else { (north / widest).min(360.0) };
        let units = |degrees: f64| (degrees * DEGREE_E7 as f64).ceil() as i64 + 1;
        BBox {
            west_e7: (point.lon_e7 - units(east)).max(-LON_MAX_E7),
            south_e7: (point.lat_e7 - units(north)).max(-LAT_MAX_E7),
            east_e7: (point.lon_e7 + units(east)).min(LON_MAX_E7),
            north_e7: (point.lat_e7 + units(north)).min(LAT_MAX_E7),
        }
    }

    /// Whether the point lies in the box or on its edge.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        (self.west_e7..=self.east_e7).contains(&point.lon_e7)
            && (self.south_e7..=self.north_e7).contains(&point.lat_e7)
    }

    /// The box of a cell at its corner and at the opposite one, on the axes of the curve.
    fn cells(&self) -> [(u64, u64); 2] {
        let corner = |lon_e7, lat_e7| axes(Point { lon_e7, lat_e7 });
        let (low, high) =
            (corner(self.west_e7, self.south_e7), corner(self.east_e7, self.north_e7));
        [low, (high.0.max(low.0), high.1.max(low.1))]
    }
}

/// The key of a point.
#[must_use]
pub fn key(point: Point) -> i64 {
    let (x, y) = axes(point);
    hilbert(x, y).cast_signed()
}

/// Ranges of keys, both ends included, that hold every point of the box: at most `ranges_max`.
///
/// They also hold points outside; compare the coordinates too.
#[must_use]
pub fn ranges(bbox: &BBox, ranges_max: usize) -> Vec<(i64, i64)> {
    let [(west, south), (east, north)] = bbox.cells();
    let squares = |level: u32| {
        let side = |low: u64, high: u64| (high >> level) - (low >> level) + 1;
        side(west, east).saturating_mul(side(south, north))
    };
    let level = (0..AXIS_BITS).find(|it| squares(*it) <= SQUARES_MAX).unwrap_or(AXIS_BITS);
    let mut starts = Vec::new();
    for x in (west >> level)..=(east >> level) {
        for y in (south >> level)..=(north >> level) {
            starts.push(hilbert(x << level, y << level) >> (2 * level));
        }
    }
    starts.sort_unstable();
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for start in starts {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == start => *last = start,
            _ => runs.push((start, start)),
        }
    }
    join(&mut runs, ranges_max.max(1));
    let end = |square: u64| ((square + 1) << (2 * level)) - 1;
    let signed =
        |(from, to): (u64, u64)| ((from << (2 * level)).cast_signed(), end(to).cast_signed());
    runs.into_iter().map(signed).collect()
}

/// The side of a square of a level, 1e-7 degree: a level is twice as wide as the one below.
#[must_use]
pub fn side_e7(level: u32) -> i64 {
    CELL_E7 << level.min(AXIS_BITS)
}

/// The level of squares that a map at `zoom` is counted in: about sixteen to the side of a tile.
#[must_use]
pub fn level_at(zoom: u32) -> u32 {
    27_u32.saturating_sub(zoom)
}

/// The lowest level, not below `level`, of which a box meets at most about `squares_max` squares.
#[must_use]
pub fn level_of(bbox: &BBox, level: u32, squares_max: u64) -> u32 {
    let [(west, south), (east, north)] = bbox.cells();
    let squares = |level: u32| {
        let side = |low: u64, high: u64| (high >> level) - (low >> level) + 1;
        side(west, east).saturating_mul(side(south, north))
    };
    (level..AXIS_BITS).find(|it| squares(*it) <= squares_max).unwrap_or(AXIS_BITS)
}

/// By what a key is divided for the number of the square that it lies in: the cells of one square
/// of the curve follow each other.
#[must_use]
pub fn square_cells(level: u32) -> i64 {
    1 << (2 * level.min(AXIS_BITS))
}

/// Ranges, at most `ranges_max`, that hold every point within `metres` of `point`.
#[must_use]
pub fn ranges_around(point: Point, metres: u32, ranges_max: usize) -> Vec<(i64, i64)> {
    ranges(&BBox::around(point, metres), ranges_max)
}

/// Joins runs over their smallest gaps until no more than `max` are left.
fn join(runs: &mut Vec<(u64, u64)>, max: usize) {
    if runs.len() <= max {
        return;
    }
    let mut gaps: Vec<(u64, usize)> =
        runs.windows(2).enumerate().map(|(at, pair)| (pair[1].0 - pair[0].1, at)).collect();
    gaps.sort_unstable_by(|a, b| b.cmp(a));
    let mut kept: Vec<usize> = gaps.iter().take(max - 1).map(|(_, at)| *at).collect();
    kept.sort_unstable();
    kept.push(runs.len() - 1);
    let mut first = 0;
    let joined = kept.iter().map(|last| {
        let run = (runs[first].0, runs[*last].1);
        first = last + 1;
        run
    });
    *runs = joined.collect();
}

/// The cell of a point on the two axes, each below 2^31.
fn axes(point: Point) -> (u64, u64) {
    let point = point.clamped();
    let cell = |units: i64| (units / CELL_E7).cast_unsigned();
    (cell(point.lon_e7 + LON_MAX_E7), cell(point.lat_e7 + LAT_MAX_E7))
}

/// The position of a cell on the Hilbert curve of order 31, below 2^62.
///
/// Worked from the highest bit down, so that all cells of an aligned square share their first bits.
fn hilbert(x: u64, y: u64) -> u64 {
    let mask = (1 << AXIS_BITS) - 1;
    let (mut x, mut y) = (x & mask, y & mask);
    let mut position = 0;
    for bit in (0..AXIS_BITS).rev() {
        let (right, upper) = ((x >> bit) & 1, (y >> bit) & 1);
        position = position << 2 | ((3 * right) ^ upper);
        if upper == 0 {
            if right == 1 {
                (x, y) = (!x & mask, !y & mask);
            }
            (x, y) = (y, x);
        }
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    fn holds(ranges: &[(i64, i64)], key: i64) -> bool {
        ranges.iter().any(|(from, to)| (*from..=*to).contains(&key))
    }

    fn viewport() -> impl Strategy<Value = BBox> {
        let (lon, lat) = (73.0..135.0_f64, 18.0..53.0_f64);
        (lon, lat, 0.0002..0.3_f64, 0.4..2.5_f64).prop_map(|(west, south, width, shape)| {
            BBox::new([west, south, west + width, south + width / shape]).unwrap()
        })
    }

    #[test]
    fn the_curve_passes_each_cell_once_and_never_leaps() {
        let mut cells: Vec<(u64, u64, u64)> = Vec::new();
        for x in 0..64 {
            for y in 0..64 {
                cells.push((hilbert(x, y), x, y));
            }
        }
        cells.sort_unstable();
        for pair in cells.windows(2) {
            let ((a, ax, ay), (b, bx, by)) = (pair[0], pair[1]);
            assert_eq!(b, a + 1);
            assert_eq!(ax.abs_diff(bx) + ay.abs_diff(by), 1, "a neighbour");
        }
    }

    #[test]
    fn a_stored_key_never_changes() {
        let at = |lon, lat| key(Point::new(lon, lat).unwrap());
        let keys = [at(113.308, 34.802), at(-180.0, -90.0), at(180.0, 90.0), at(-70.6, -33.4)];
        // Computed by another program from the textbook algorithm.
        let other =
            [3_973_920_082_042_617_088, 0, 3_707_716_456_505_868_288, 552_280_371_757_451_946];
        assert_eq!(keys, other);
    }

    #[test]
    fn a_square_holds_its_cells_and_no_others() {
        for level in [0, 5, 13, 27] {
            let (side, cells) = (side_e7(level), square_cells(level));
            let square = |lon_e7: i64, lat_e7: i64| {
                let at = Point { lon_e7: lon_e7 - LON_MAX_E7, lat_e7: lat_e7 - LAT_MAX_E7 };
                key(at) / cells
            };
            let (x, y) = (side * 3, side);
            let own = square(x, y);
            assert_eq!(square(x + side - 1, y + side - 1), own, "level {level}");
            for (x, y) in [(x - 1, y), (x + side, y), (x, y - 1), (x, y + side)] {
                assert_ne!(square(x, y), own, "level {level}");
            }
        }
        let town = BBox::new([113.0, 34.0, 114.0, 35.0]).unwrap();
        assert_eq!(level_of(&town, level_at(9), 1_024), 18);
        assert_eq!(level_of(&town, 0, 1_024), 18, "coarser than asked for");
        assert_eq!(level_of(&town, 25, 1_024), 25);
        assert_eq!((level_at(0), level_at(30)), (27, 0));
    }

    #[test]
    fn a_box_that_is_none_is_refused() {
        assert_eq!(BBox::new([114.0, 34.0, 113.0, 35.0]), Err(PlaceError::Range), "west of west");
        assert_eq!(BBox::new([113.0, 34.0, 114.0, 91.0]), Err(PlaceError::Range));
        assert_eq!(BBox::new([f64::NAN, 34.0, 114.0, 35.0]), Err(PlaceError::NotFinite));
        let globe = BBox::new([-180.0, -90.0, 180.0, 90.0]).unwrap();
        assert!(holds(&ranges(&globe, 1), key(Point { lon_e7: 5, lat_e7: 7 })));
    }

    #[test]
    fn on_average_a_query_reads_little_that_lies_outside() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let (mut read, mut wanted, mut worst) = (0.0, 0.0, 0.0_f64);
        for _ in 0..2_000 {
            let bbox = viewport().new_tree(&mut runner).unwrap().current();
            let [(west, south), (east, north)] = bbox.cells();
            let inside = ((east - west + 1) * (north - south + 1)) as f64;
            let ranges = ranges(&bbox, RANGES_MAX);
            assert!(ranges.len() <= RANGES_MAX);
            let all: i64 = ranges.iter().map(|(from, to)| to - from + 1).sum();
            worst = worst.max(all as f64 / inside);
            read += all as f64 / inside;
            wanted += 1.0;
        }
        assert!(read / wanted < 1.4 && worst < 3.0, "{} {worst}", read / wanted);
    }

    proptest! {
        #[test]
        fn every_point_of_a_box_falls_in_a_range(
            bbox in viewport(), east in 0.0..=1.0_f64, north in 0.0..=1.0_f64, max in 0..20_usize,
        ) {
            let along = |from: i64, to: i64, part: f64| from + ((to - from) as f64 * part) as i64;
            let point = Point {
                lon_e7: along(bbox.west_e7, bbox.east_e7, east),
                lat_e7: along(bbox.south_e7, bbox.north_e7, north),
            };
            let ranges = ranges(&bbox, max);
            prop_assert!(ranges.len() <= max.max(1));
            prop_assert!(ranges.windows(2).all(|pair| pair[0].1 < pair[1].0), "apart and in order");
            prop_assert!(holds(&ranges, key(point)));
        }

        #[test]
        fn who_is_near_is_found(
            lon in -180.0..180.0_f64, lat in -89.0..89.0_f64, metres in 1..20_000_u32,
            turn in 0.0..std::f64::consts::TAU, part in 0.0..1.0_f64,
        ) {
            let here = Point::new(lon, lat).unwrap();
            let reach = f64::from(metres) * part / METRES_A_DEGREE;
            let east = reach * turn.cos() / lat.to_radians().cos();
            if let Ok(there) = Point::new(lon + east, lat + reach * turn.sin())
                && there.distance_dm(here) <= metres * 10
            {
                prop_assert!(BBox::around(here, metres).contains(there));
                prop_assert!(holds(&ranges_around(here, metres, RANGES_MAX), key(there)));
            }
        }

        #[test]
        fn no_numbers_make_a_key_or_a_range_panic(
            a in any::<[i64; 4]>(), degrees in any::<[f64; 4]>(), max in any::<usize>(),
            metres in any::<u32>(),
        ) {
            let _ = BBox::new(degrees);
            let [west_e7, south_e7, east_e7, north_e7] = a;
            let _ = ranges(&BBox { west_e7, south_e7, east_e7, north_e7 }, max);
            let point = Point { lon_e7: west_e7, lat_e7: south_e7 };
            prop_assert!(key(point) >= 0);
            let _ = ranges_around(point, metres, RANGES_MAX);
        }
    }
}
