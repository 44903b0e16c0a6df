//! Areas: the ground of a unit, as polygons in whole units of 1e-7 degree.
//!
//! Whether a point lies inside, on the border or outside is decided in exact integers, the same on
//! every machine: on a border two units may be responsible, and that must show.
//! Invariants: rings are stored open, without repeated points, the outer one counter-clockwise, the
//! holes clockwise (RFC 7946, section 3.1.6); no edge of a polygon crosses another.

use super::cell::BBox;
use super::datum::Datum;
use super::point::{LAT_MAX_E7, LON_MAX_E7, Point};
use geo::GeodesicArea;
use thiserror::Error;

/// The most vertices of one polygon, holes included.
pub const VERTICES_MAX: usize = 10_000;
/// The most polygons of one area.
pub const POLYGONS_MAX: usize = 1_000;

/// Why something is not an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AreaError {
    /// No polygon, or a polygon without a ring.
    #[error("the area is empty")]
    Empty,
    /// A ring has fewer than three distinct points or encloses nothing.
    #[error("ring {ring} encloses nothing; a ring needs three points that are not on one line")]
    Flat {
        /// Number of the ring in its polygon, the outer one being 0.
        ring: usize,
    },
    /// More than [`VERTICES_MAX`] vertices or [`POLYGONS_MAX`] polygons.
    #[error("a polygon may have 10,000 vertices, an area 1,000 polygons; simplify it")]
    Large,
    /// A point lies off the globe.
    #[error("a vertex lies off the globe; longitude comes first")]
    Range,
    /// Two edges of a polygon cross.
    #[error(
        "two edges cross near {}, {}; redraw the border there",
        near.lon(), near.lat()
    )]
    Crosses {
        /// A vertex of one of the edges.
        near: Point,
    },
}

impl AreaError {
    /// A stable word for the error.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            AreaError::Empty => "area_empty",
            AreaError::Flat { .. } => "area_flat",
            AreaError::Large => "area_large",
            AreaError::Range => "area_range",
            AreaError::Crosses { .. } => "area_crosses",
        }
    }
}

/// Where a point lies in relation to an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Position {
    /// Strictly outside, or in a hole.
    Outside,
    /// On an edge or a vertex.
    Border,
    /// Strictly inside.
    Inside,
}

/// One outer ring and its holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polygon {
    rings: Vec<Vec<Point>>,
    bbox: BBox,
}

impl Polygon {
    /// A polygon from its outer ring and its holes, closed or open, wound either way.
    ///
    /// # Errors
    /// The first [`AreaError`] found.
    pub fn new(rings: Vec<Vec<Point>>) -> Result<Polygon, AreaError> {
        if rings.is_empty() {
            return Err(AreaError::Empty);
        }
        if rings.iter().map(Vec::len).sum::<usize>() > VERTICES_MAX + rings.len() {
            return Err(AreaError::Large);
        }
        let rings: Vec<Vec<Point>> = rings
            .into_iter()
            .enumerate()
            .map(|(number, ring)| clean(ring, number))
            .collect::<Result<_, _>>()?;
        let bbox = bbox_of(&rings[0]);
        let polygon = Polygon { rings, bbox };
        match polygon.crossing() {
            Some(near) => Err(AreaError::Crosses { near }),
            None => Ok(polygon),
        }
    }

    /// The outer ring, then the holes; open, wound as RFC 7946 says.
    #[must_use]
    pub fn rings(&self) -> &[Vec<Point>] {
        &self.rings
    }

    /// The box around the outer ring.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        self.bbox
    }

    /// Where a point lies; exact.
    #[must_use]
    pub fn position(&self, point: Point) -> Position {
        if !self.bbox.contains(point) {
            return Position::Outside;
        }
        let mut inside = false;
        for (a, b) in self.edges() {
            let side = turn(a, b, point);
            if side == 0 && BBox::of(a, b).contains(point) {
                return Position::Border;
            }
            // A ray to the east meets the edges that pass from below to above on its right.
            if (a.lat_e7 > point.lat_e7) != (b.lat_e7 > point.lat_e7) {
                inside ^= (side > 0) == (b.lat_e7 > a.lat_e7);
            }
        }
        if inside { Position::Inside } else { Position::Outside }
    }

    /// Area on the ellipsoid, square metres.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        self.to_geo().geodesic_area_signed().abs()
    }

    /// Every edge of every ring.
    fn edges(&self) -> impl Iterator<Item = (Point, Point)> {
        self.rings.iter().flat_map(|ring| {
            let next = ring.iter().skip(1).chain(ring.first());
            ring.iter().copied().zip(next.copied())
        })
    }

    /// A vertex near which two edges cross, if any do; touching is allowed.
    fn crossing(&self) -> Option<Point> {
        let mut edges: Vec<(Point, Point)> = self.edges().collect();
        edges.sort_unstable_by_key(|(a, b)| a.lon_e7.min(b.lon_e7));
        for (at, (a, b)) in edges.iter().enumerate() {
            let reach = a.lon_e7.max(b.lon_e7);
            let (low, high) = (a.lat_e7.min(b.lat_e7), a.lat_e7.max(b.lat_e7));
            let beside = edges[at + 1..].iter().take_while(|(c, d)| c.lon_e7.min(d.lon_e7) < reach);
            for (c, d) in beside {
                let level = c.lat_e7.max(d.lat_e7) > low && c.lat_e7.min(d.lat_e7) < high;
                if level && cross((*a, *b), (*c, *d)) {
                    return Some(*c);
                }
            }
        }
        None
    }

    /// The polygon in degrees, closed.
    pub(super) fn to_geo(&self) -> geo::Polygon {
        let line = |ring: &Vec<Point>| {
            geo::LineString::from_iter(ring.iter().map(|it| (it.lon(), it.lat())))
        };
        geo::Polygon::new(line(&self.rings[0]), self.rings[1..].iter().map(line).collect())
    }
}

impl BBox {
    /// The box of two points.
    fn of(a: Point, b: Point) -> BBox {
        BBox {
            west_e7: a.lon_e7.min(b.lon_e7),
            south_e7: a.lat_e7.min(b.lat_e7),
            east_e7: a.lon_e7.max(b.lon_e7),
            north_e7: a.lat_e7.max(b.lat_e7),
        }
    }

    /// Whether two boxes share a point.
    #[must_use]
    pub fn meets(&self, other: &BBox) -> bool {
        self.west_e7 <= other.east_e7
            && other.west_e7 <= self.east_e7
            && self.south_e7 <= other.north_e7
            && other.south_e7 <= self.north_e7
    }

    /// The box around two boxes.
    #[must_use]
    pub fn joined(&self, other: &BBox) -> BBox {
        BBox {
            west_e7: self.west_e7.min(other.west_e7),
            south_e7: self.south_e7.min(other.south_e7),
            east_e7: self.east_e7.max(other.east_e7),
            north_e7: self.north_e7.max(other.north_e7),
        }
    }
}

/// The ground of one unit: one polygon, or several that lie apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    polygons: Vec<Polygon>,
}

impl From<Polygon> for Area {
    fn from(polygon: Polygon) -> Area {
        Area { polygons: vec![polygon] }
    }
}

impl Area {
    /// An area of several polygons.
    ///
    /// # Errors
    /// [`AreaError::Empty`] or [`AreaError::Large`].
    pub fn new(polygons: Vec<Polygon>) -> Result<Area, AreaError> {
        match polygons.len() {
            0 => Err(AreaError::Empty),
            1..=POLYGONS_MAX => Ok(Area { polygons }),
            _ => Err(AreaError::Large),
        }
    }

    /// Its polygons.
    #[must_use]
    pub fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }

    /// Where a point lies; exact.
    #[must_use]
    pub fn position(&self, point: Point) -> Position {
        let positions = self.polygons.iter().map(|it| it.position(point));
        positions.max().unwrap_or(Position::Outside)
    }

    /// Area on the ellipsoid, whole square metres.
    #[must_use]
    pub fn area_m2(&self) -> u64 {
        self.polygons.iter().map(Polygon::area_m2).sum::<f64>().round() as u64
    }

    /// The box around all polygons.
    #[must_use]
    pub fn bbox(&self) -> BBox {
        let boxes = self.polygons.iter().map(Polygon::bbox);
        boxes.reduce(|a, b| a.joined(&b)).expect("an area has a polygon")
    }

    /// The same ground if the coordinates were given in `datum`.
    ///
    /// # Errors
    /// An [`AreaError`] where moving the vertices makes the polygon invalid.
    pub fn read_as(&self, datum: Datum) -> Result<Area, AreaError> {
        if datum.is_plain() {
            return Ok(self.clone());
        }
        let moved = |point: &Point| {
            let (lon, lat) = datum.to_wgs84(point.lon(), point.lat());
            Point::new(lon, lat).map_err(|_| AreaError::Range)
        };
        let ring = |ring: &Vec<Point>| ring.iter().map(moved).collect::<Result<_, _>>();
        let polygon = |polygon: &Polygon| {
            Polygon::new(polygon.rings.iter().map(ring).collect::<Result<_, _>>()?)
        };
        Area::new(self.polygons.iter().map(polygon).collect::<Result<_, _>>()?)
    }

    /// The area in degrees.
    pub(super) fn to_geo(&self) -> geo::MultiPolygon {
        geo::MultiPolygon(self.polygons.iter().map(Polygon::to_geo).collect())
    }
}

/// Opens a ring, drops repeated points and winds it as RFC 7946 says.
fn clean(mut ring: Vec<Point>, number: usize) -> Result<Vec<Point>, AreaError> {
    let on_globe = |it: &Point| {
        (-LON_MAX_E7..=LON_MAX_E7).contains(&it.lon_e7)
            && (-LAT_MAX_E7..=LAT_MAX_E7).contains(&it.lat_e7)
    };
    if !ring.iter().all(on_globe) {
        return Err(AreaError::Range);
    }
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    if ring.len() > VERTICES_MAX {
        return Err(AreaError::Large);
    }
    let doubled = doubled_area(&ring);
    if doubled == 0 {
        return Err(AreaError::Flat { ring: number });
    }
    if (doubled > 0) != (number == 0) {
        ring.reverse();
    }
    Ok(ring)
}

/// Twice the enclosed area in units of (1e-7 degree)², positive when counter-clockwise.
fn doubled_area(ring: &[Point]) -> i128 {
    let next = ring.iter().skip(1).chain(ring.first());
    let term = |(a, b): (&Point, &Point)| {
        i128::from(a.lon_e7) * i128::from(b.lat_e7) - i128::from(b.lon_e7) * i128::from(a.lat_e7)
    };
    ring.iter().zip(next).map(term).sum()
}

/// The box around a ring, which has a point.
fn bbox_of(ring: &[Point]) -> BBox {
    let boxes = ring.iter().map(|it| BBox::of(*it, *it));
    boxes.reduce(|a, b| a.joined(&b)).expect("a clean ring has points")
}

/// Positive when `point` lies left of the line from `a` to `b`, 0 on it, negative right of it.
fn turn(a: Point, b: Point, point: Point) -> i128 {
    let [ax, ay, bx, by, px, py] =
        [a.lon_e7, a.lat_e7, b.lon_e7, b.lat_e7, point.lon_e7, point.lat_e7].map(i128::from);
    (bx - ax) * (py - ay) - (px - ax) * (by - ay)
}

/// Whether two edges cross in a point inside both.
fn cross((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let apart = |first: i128, second: i128| first.signum() * second.signum() < 0;
    apart(turn(a, b, c), turn(a, b, d)) && apart(turn(c, d, a), turn(c, d, b))
}

#[cfg(test)]
#[path = "area_tests.rs"]
mod tests;
