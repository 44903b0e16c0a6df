//! Which part of the ground a drawing shows.

use crate::http::tile::{bbox_between, degrees_at, on_map};
use bihuan_core::place::{BBox, Point};

/// Width of the drawing, in its own units.
pub(super) const WIDTH: f64 = 480.0;
/// Its height.
pub(super) const HEIGHT: f64 = 360.0;
/// How much of it is left free around what is shown whole.
const MARGIN: f64 = 12.0;
/// The farthest view.
const ZOOM_MIN: u32 = 6;
/// The nearest one: less than a street.
pub(super) const ZOOM_MAX: u32 = 17;
/// Units that the whole world is wide at zoom 0.
const WORLD: f64 = 256.0;

/// A part of the ground: its middle and its zoom, as web maps count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http::public) struct View {
    pub(super) at: Point,
    pub(super) zoom: u32,
}

impl View {
    /// A view as an address says it; none where it says none that can be read.
    pub(in crate::http::public) fn read(at: Option<&str>, zoom: Option<&str>) -> Option<View> {
        let (lon, lat) = at?.split_once(',')?;
        let at = Point::new(lon.parse().ok()?, lat.parse().ok()?).ok()?;
        let zoom: u32 = zoom?.parse().ok()?;
        Some(View { at, zoom: zoom.clamp(ZOOM_MIN, ZOOM_MAX) })
    }

    /// The nearest view that shows a box whole.
    pub(super) fn around(bbox: &BBox) -> View {
        let (west, north) = on_map(Point { lon_e7: bbox.west_e7, lat_e7: bbox.north_e7 });
        let (east, south) = on_map(Point { lon_e7: bbox.east_e7, lat_e7: bbox.south_e7 });
        let fits = |zoom: &u32| {
            let world = world(*zoom);
            (east - west) * world <= WIDTH - 2.0 * MARGIN
                && (south - north) * world <= HEIGHT - 2.0 * MARGIN
        };
        let zoom = (ZOOM_MIN..=ZOOM_MAX).rev().find(fits).unwrap_or(ZOOM_MIN);
        let middle = (f64::midpoint(west, east), f64::midpoint(north, south));
        View { at: point_at(middle), zoom }
    }

    /// The same view as an address says it.
    pub(in crate::http::public) fn query(self) -> String {
        let View { at, zoom } = self;
        format!("at={:.5},{:.5}&amp;zoom={zoom}", at.lon(), at.lat())
    }

    /// The same with another zoom, around a place.
    pub(super) fn zoomed(self, at: Point, zoom: u32) -> View {
        View { at, zoom: zoom.clamp(ZOOM_MIN, ZOOM_MAX) }
    }

    /// The view beside it, so many halves of its width and height away.
    pub(super) fn moved(self, east: f64, south: f64) -> View {
        let (x, y) = on_map(self.at);
        let half = |side: f64| side / 2.0 / world(self.zoom);
        let to = (x + east * half(WIDTH), (y + south * half(HEIGHT)).clamp(0.0, 1.0));
        View { at: point_at(to), ..self }
    }

    /// Whether one can look nearer, and farther.
    pub(super) fn may_zoom(self) -> (bool, bool) {
        (self.zoom < ZOOM_MAX, self.zoom > ZOOM_MIN)
    }

    /// The box of what is seen.
    pub(super) fn bbox(self) -> BBox {
        let (x, y) = on_map(self.at);
        let half = (WIDTH / 2.0 / world(self.zoom), HEIGHT / 2.0 / world(self.zoom));
        bbox_between((x - half.0, y - half.1), (x + half.0, y + half.1))
    }

    /// Where a point lies on the drawing.
    pub(super) fn place(self, point: Point) -> (f64, f64) {
        let (here, middle) = (on_map(point), on_map(self.at));
        let world = world(self.zoom);
        let off = ((here.0 - middle.0) * world, (here.1 - middle.1) * world);
        (off.0 + WIDTH / 2.0, off.1 + HEIGHT / 2.0)
    }

    /// The point at a place of the drawing.
    pub(super) fn point(self, (x, y): (f64, f64)) -> Point {
        let middle = on_map(self.at);
        let world = world(self.zoom);
        point_at((middle.0 + (x - WIDTH / 2.0) / world, middle.1 + (y - HEIGHT / 2.0) / world))
    }

    /// The square of the whole map that a point lies in, so that what is shown together stays
    /// together when the view moves.
    pub(super) fn square(self, point: Point, side: f64) -> (i64, i64) {
        let (x, y) = on_map(point);
        let number = |it: f64| (it * world(self.zoom) / side).floor() as i64;
        (number(x), number(y))
    }

    /// Metres of a unit of the drawing, in its middle.
    pub(super) fn metres(self) -> f64 {
        let (here, there) = ((WIDTH / 2.0, HEIGHT / 2.0), (WIDTH / 2.0 + 100.0, HEIGHT / 2.0));
        f64::from(self.point(here).distance_dm(self.point(there))) / 1_000.0
    }
}

fn world(zoom: u32) -> f64 {
    WORLD * f64::from(1_u32 << zoom)
}

fn point_at(place: (f64, f64)) -> Point {
    let (lon, lat) = degrees_at(place);
    let e7 = |degrees: f64| (degrees * 1e7).round() as i64;
    Point { lon_e7: e7(lon), lat_e7: e7(lat) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: BBox = BBox {
        west_e7: 1_133_000_000,
        south_e7: 348_000_000,
        east_e7: 1_134_000_000,
        north_e7: 348_600_000,
    };

    #[test]
    fn a_view_shows_a_box_whole_and_is_read_as_it_was_written() {
        let view = View::around(&BOX);
        for (lon_e7, lat_e7) in [(BOX.west_e7, BOX.south_e7), (BOX.east_e7, BOX.north_e7)] {
            let (x, y) = view.place(Point { lon_e7, lat_e7 });
            assert!((MARGIN..=WIDTH - MARGIN).contains(&x), "{x}");
            assert!((MARGIN..=HEIGHT - MARGIN).contains(&y), "{y}");
        }
        let query = view.query();
        let (at, zoom) = query.split_once("&amp;").expect("two parts");
        let read = View::read(at.strip_prefix("at="), zoom.strip_prefix("zoom=")).expect("a view");
        assert!(read.at.distance_m(view.at) <= 1 && read.zoom == view.zoom);
        for odd in ["", "113.3", "x,y", "NaN,1", "200,34"] {
            assert_eq!(View::read(Some(odd), Some("14")), None, "{odd}");
        }
        assert_eq!(View::read(Some("113.3,34.8"), Some("99")).map(|it| it.zoom), Some(ZOOM_MAX));
    }

    #[test]
    fn whoever_goes_there_and_back_is_where_they_were() {
        let view = View::around(&BOX);
        let back = view.moved(1.0, 1.0).moved(-1.0, -1.0);
        assert!(back.at.distance_m(view.at) <= 1);
        let here = view.point((100.0, 50.0));
        let (x, y) = view.place(here);
        assert!((x - 100.0).abs() < 0.01 && (y - 50.0).abs() < 0.01);
        assert!(view.bbox().meets(&BOX));
    }
}
