//! Vector tiles (Mapbox Vector Tile 2.1, web Mercator): where a tile is, and how points and ground
//! are drawn in it.
//!
//! Invariants: a point lies in one tile of each zoom; ground reaches a little over the edge of its
//! tile, so that no seam shows; what has no ground at a zoom is left out.

use super::ApiProblem;
use bihuan_core::place::{Area, BBox, DEGREE_E7, Point};
use mvt::{GeomData, GeomEncoder, GeomType};
use std::f64::consts::PI;

/// The media type of a tile.
pub(super) const MVT: &str = "application/vnd.mapbox-vector-tile";
/// Units of a side of a tile.
pub(super) const EXTENT: u32 = 4_096;
/// How far ground reaches over the edge, in units.
const BUFFER: f64 = 64.0;
/// The largest zoom of a tile.
pub(super) const ZOOM_MAX: u32 = 22;
/// The northern and southern edge of the map, in degrees.
const LAT_MAX: f64 = 85.051_128_779_806_6;

/// A tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TileAt {
    /// Zoom.
    pub(super) z: u32,
    /// Column, from the west.
    x: u32,
    /// Row, from the north.
    y: u32,
}

impl TileAt {
    /// A tile by the parts of its address; the last ends in `.mvt`.
    pub(super) fn read(z: &str, x: &str, y: &str) -> Result<TileAt, ApiProblem> {
        let number = |it: &str| it.parse::<u32>().map_err(|_| ApiProblem::not_found());
        let y = y.strip_suffix(".mvt").ok_or_else(ApiProblem::not_found)?;
        let (z, x, y) = (number(z)?, number(x)?, number(y)?);
        if z > ZOOM_MAX || x >= 1 << z || y >= 1 << z {
            return Err(ApiProblem::not_found());
        }
        Ok(TileAt { z, x, y })
    }

    /// The box of the tile, rounded outwards.
    pub(super) fn bbox(self) -> BBox {
        let side = f64::from(1_u32 << self.z);
        let part = |it: u32| f64::from(it) / side;
        bbox_between((part(self.x), part(self.y)), (part(self.x + 1), part(self.y + 1)))
    }

    /// Where a point lies, in units from the north-western corner.
    fn place(self, point: Point) -> (f64, f64) {
        let side = f64::from(1_u32 << self.z);
        let (x, y) = on_map(point);
        let within = |it: f64, no: u32| (it * side - f64::from(no)) * f64::from(EXTENT);
        (within(x, self.x), within(y, self.y))
    }

    /// Whether a point lies in the tile and in none beside it.
    pub(super) fn holds(self, point: Point) -> bool {
        let (x, y) = self.place(point);
        let within = |it: f64| (0.0..f64::from(EXTENT)).contains(&it);
        within(x) && within(y)
    }

    /// A point as a geometry.
    pub(super) fn point(self, point: Point) -> Result<GeomData, mvt::Error> {
        let (x, y) = self.place(point);
        GeomEncoder::new(GeomType::Point).point(x.floor(), y.floor())?.encode()
    }

    /// The part of a ring that lies in the tile and its buffer. The format turns rings the other
    /// way than GeoJSON does.
    fn ring(self, ring: &[Point]) -> Vec<(i32, i32)> {
        let placed: Vec<(f64, f64)> = ring.iter().rev().map(|it| self.place(*it)).collect();
        whole(&clip(&placed))
    }

    /// The part of an area that lies in the tile as a geometry; nothing where none does.
    pub(super) fn area(self, area: &Area) -> Result<Option<GeomData>, mvt::Error> {
        let mut encoder = GeomEncoder::new(GeomType::Polygon);
        let mut last: Option<(i32, i32)> = None;
        for polygon in area.polygons() {
            for (no, ring) in polygon.rings().iter().enumerate() {
                let mut ring = self.ring(ring);
                if ring.len() < 3 || twice_area(&ring) == 0 {
                    if no == 0 {
                        // Without its outer ring there is nothing to cut holes from.
                        break;
                    }
                    continue;
                }
                if ring.first() == last.as_ref() {
                    // The encoder takes a ring that begins where the last one ended for its rest.
                    ring.rotate_left(1);
                }
                last = ring.last().copied();
                for (x, y) in ring {
                    encoder.add_point(f64::from(x), f64::from(y))?;
                }
                encoder.complete_geom()?;
            }
        }
        last.map(|_| encoder.encode()).transpose()
    }
}

/// Where a point lies on the map of the whole world, from its north-western corner to 1 and 1.
pub(super) fn on_map(point: Point) -> (f64, f64) {
    let lat = point.lat().clamp(-LAT_MAX, LAT_MAX).to_radians();
    ((point.lon() + 180.0) / 360.0, (1.0 - lat.tan().asinh() / PI) / 2.0)
}

/// The degrees of a place on the map of the whole world.
pub(super) fn degrees_at((x, y): (f64, f64)) -> (f64, f64) {
    (x * 360.0 - 180.0, (PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees())
}

/// The box between two places on the map of the whole world, rounded outwards.
pub(super) fn bbox_between(north_west: (f64, f64), south_east: (f64, f64)) -> BBox {
    let ((west, north), (east, south)) = (degrees_at(north_west), degrees_at(south_east));
    let e7 = |degrees: f64| degrees * DEGREE_E7 as f64;
    BBox {
        west_e7: e7(west).floor() as i64,
        south_e7: e7(south).floor() as i64,
        east_e7: e7(east).ceil() as i64,
        north_e7: e7(north).ceil() as i64,
    }
}

/// What of a ring lies in the tile and its buffer (Sutherland and Hodgman, 1974).
fn clip(ring: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (low, high) = (-BUFFER, f64::from(EXTENT) + BUFFER);
    let swap = |(x, y): (f64, f64)| (y, x);
    let turned = |ring: Vec<(f64, f64)>| ring.into_iter().map(swap).collect::<Vec<_>>();
    let across = |ring: &[(f64, f64)]| beyond(&beyond(ring, low, 1.0), high, -1.0);
    turned(across(&turned(across(ring))))
}

/// What of a ring has `sign · x` at least `sign · edge`.
fn beyond(ring: &[(f64, f64)], edge: f64, sign: f64) -> Vec<(f64, f64)> {
    let inside = |it: (f64, f64)| (it.0 - edge) * sign >= 0.0;
    let mut kept = Vec::with_capacity(ring.len() + 4);
    for (no, here) in ring.iter().enumerate() {
        let before = ring[if no == 0 { ring.len() - 1 } else { no - 1 }];
        if inside(*here) != inside(before) {
            let part = (edge - before.0) / (here.0 - before.0);
            kept.push((edge, before.1 + (here.1 - before.1) * part));
        }
        if inside(*here) {
            kept.push(*here);
        }
    }
    kept
}

/// A ring in whole units, without points that became one.
fn whole(ring: &[(f64, f64)]) -> Vec<(i32, i32)> {
    let mut points: Vec<(i32, i32)> =
        ring.iter().map(|(x, y)| (x.round() as i32, y.round() as i32)).collect();
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

/// Twice the area of a ring, by the shoelace formula.
fn twice_area(ring: &[(i32, i32)]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let cross = |((ax, ay), (bx, by)): (&(i32, i32), &(i32, i32))| {
        i64::from(*ax) * i64::from(*by) - i64::from(*bx) * i64::from(*ay)
    };
    ring.iter().zip(next).map(cross).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_core::place::Polygon;

    fn tile(z: u32, x: u32, y: u32) -> TileAt {
        TileAt::read(&z.to_string(), &x.to_string(), &format!("{y}.mvt")).unwrap()
    }

    #[test]
    fn a_point_lies_in_one_tile_of_each_zoom() {
        let at = Point::new(113.308, 34.802).unwrap();
        for (z, x, y) in [(0, 0, 0), (1, 1, 0), (10, 834, 406), (14, 13_348, 6_500)] {
            assert!(tile(z, x, y).holds(at), "{z}/{x}/{y}");
            assert!(tile(z, x, y).bbox().contains(at));
            let beside = tile(z, (x + 1) % (1 << z), y);
            assert!(z == 0 || !beside.holds(at), "{z}");
        }
        // On the very edge of four tiles.
        let edge = Point { lon_e7: 0, lat_e7: 0 };
        let holders = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| tile(1, x, y).holds(edge));
        assert_eq!(holders.iter().filter(|it| **it).count(), 1);
    }

    #[test]
    fn what_is_no_tile_is_not_there() {
        for (z, x, y) in
            [("1", "2", "0.mvt"), ("23", "0", "0.mvt"), ("1", "0", "0"), ("a", "0", "")]
        {
            assert_eq!(TileAt::read(z, x, y).unwrap_err().status, 404, "{z}/{x}/{y}");
        }
    }

    #[test]
    fn ground_is_cut_at_the_edge_and_turns_as_the_format_asks() {
        let e7 = |(lon, lat): (f64, f64)| Point::new(lon, lat).unwrap();
        let ring = [(-10.0, -10.0), (10.0, -10.0), (10.0, 10.0), (-10.0, 10.0)].map(e7);
        let area: Area = Polygon::new(vec![ring.to_vec()]).unwrap().into();
        let south_east = tile(1, 1, 1);
        let cut = south_east.ring(&area.polygons()[0].rings()[0]);
        assert!(cut.iter().all(|(x, y)| *x >= -64 && *y >= -64 && *x < 4_096 && *y < 4_096));
        assert!(cut.contains(&(-64, -64)), "with its buffer: {cut:?}");
        assert!(
            twice_area(&cut) > 0,
            "an outer ring turns with the clock on a map whose y is down"
        );
        assert!(south_east.area(&area).unwrap().is_some());
        assert!(tile(4, 0, 0).area(&area).unwrap().is_none(), "elsewhere");
    }
}
