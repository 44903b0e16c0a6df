//! Areas: exact borders, refused drawings, sizes.

use super::*;
use proptest::prelude::*;

fn at(lon_e7: i64, lat_e7: i64) -> Point {
    Point { lon_e7, lat_e7 }
}

fn ring(points: &[(i64, i64)]) -> Vec<Point> {
    points.iter().map(|(x, y)| at(*x, *y)).collect()
}

fn square(side: i64) -> Vec<Point> {
    ring(&[(0, 0), (side, 0), (side, side), (0, side)])
}

#[test]
fn inside_border_and_outside_are_exact_to_the_last_unit() {
    let hole = ring(&[(40, 40), (60, 40), (60, 60), (40, 60)]);
    let polygon = Polygon::new(vec![square(100), hole]).unwrap();
    let cases = [
        (50, 20, Position::Inside),
        (50, 50, Position::Outside),
        (40, 50, Position::Border),
        (60, 60, Position::Border),
        (0, 0, Position::Border),
        (100, 37, Position::Border),
        (101, 37, Position::Outside),
        (99, 99, Position::Inside),
        (50, 100, Position::Border),
        (20, 40, Position::Inside),
        (-5, 40, Position::Outside),
        (-5, 100, Position::Outside),
    ];
    for (x, y, want) in cases {
        assert_eq!(polygon.position(at(x, y)), want, "{x}, {y}");
    }
    // A slope over the whole globe: one unit off the line is off the border.
    let vast =
        ring(&[(-LON_MAX_E7, -LAT_MAX_E7), (LON_MAX_E7, LAT_MAX_E7), (-LON_MAX_E7, LAT_MAX_E7)]);
    let vast = Polygon::new(vec![vast]).unwrap();
    assert_eq!(vast.position(at(2_000, 1_000)), Position::Border);
    assert_eq!(vast.position(at(2_000, 1_001)), Position::Inside);
    assert_eq!(vast.position(at(2_001, 1_000)), Position::Outside);
}

#[test]
fn a_drawing_that_is_no_area_is_refused() {
    let refused = |rings: Vec<Vec<Point>>| Polygon::new(rings).unwrap_err();
    assert_eq!(refused(vec![]), AreaError::Empty);
    assert_eq!(refused(vec![vec![]]), AreaError::Flat { ring: 0 });
    assert_eq!(refused(vec![ring(&[(0, 0), (5, 5), (0, 0)])]), AreaError::Flat { ring: 0 });
    assert_eq!(refused(vec![square(9), ring(&[(1, 1)])]), AreaError::Flat { ring: 1 });
    let bow = ring(&[(0, 0), (10, 10), (10, 0), (0, 20)]);
    assert!(matches!(refused(vec![bow]), AreaError::Crosses { .. }));
    let sticks_out = ring(&[(5, 5), (15, 5), (15, 6), (5, 6)]);
    assert!(matches!(refused(vec![square(10), sticks_out]), AreaError::Crosses { .. }));
    assert_eq!(refused(vec![ring(&[(0, 0), (1, 0), (0, i64::MAX)])]), AreaError::Range);
    let many: Vec<Point> = (0..10_002).map(|it| at(it, it * it % 77)).collect();
    assert_eq!(refused(vec![many]), AreaError::Large);
    assert_eq!(Area::new(vec![]), Err(AreaError::Empty));
    let one = Polygon::new(vec![square(9)]).unwrap();
    assert_eq!(Area::new(vec![one; POLYGONS_MAX + 1]), Err(AreaError::Large));
}

#[test]
fn a_thousandth_of_a_degree_has_the_known_size() {
    let (west, south) = (1_133_000_000, 348_000_000);
    let corner = |x: i64, y: i64| at(west + x * 10_000, south + y * 10_000);
    let cell = vec![corner(0, 0), corner(0, 1), corner(1, 1), corner(1, 0)];
    let area: Area = Polygon::new(vec![cell]).unwrap().into();
    // On the ellipsoid at 34.8005° north: 91.51 by 110.94 metres.
    assert!((10_140..10_165).contains(&area.area_m2()), "{}", area.area_m2());
    assert_eq!(area.bbox().east_e7 - area.bbox().west_e7, 10_000);
    let moved = area.read_as(Datum::Gcj02).unwrap();
    assert!(moved.area_m2().abs_diff(area.area_m2()) < 100, "the shift stretches below 1 %");
    let shift_m = moved.polygons()[0].rings()[0][0].distance_m(area.polygons()[0].rings()[0][0]);
    assert!((580..610).contains(&shift_m));
    assert_eq!(area.read_as(Datum::Cgcs2000).unwrap(), area);
}

#[test]
fn ten_thousand_vertices_are_checked_without_ado() {
    let star: Vec<Point> = (0..10_000)
        .map(|it| {
            let angle = f64::from(it) / 10_000.0 * std::f64::consts::TAU;
            let radius = if it % 2 == 0 { 5_000_000.0 } else { 4_000_000.0 };
            at(1_130_000_000 + (angle.cos() * radius) as i64, (angle.sin() * radius) as i64)
        })
        .collect();
    let polygon = Polygon::new(vec![star]).unwrap();
    assert_eq!(polygon.position(at(1_130_000_000, 3)), Position::Inside);
}

proptest! {
    #[test]
    fn winding_and_starting_point_change_nothing(
        turn in 0..4_usize, backwards in any::<bool>(), x in -2..13_i64, y in -2..13_i64,
    ) {
        let mut points = ring(&[(0, 0), (10, 0), (7, 5), (0, 10)]);
        let want = Polygon::new(vec![points.clone()]).unwrap();
        points.rotate_left(turn);
        if backwards {
            points.reverse();
        }
        points.push(points[0]);
        let polygon = Polygon::new(vec![points]).unwrap();
        prop_assert_eq!(polygon.position(at(x, y)), want.position(at(x, y)));
        prop_assert!(doubled_area(&polygon.rings()[0]) > 0);
    }

    #[test]
    fn neighbours_share_their_border_and_nothing_else(
        cut in 1..9_i64, x in 0..10_i64, y in 0..10_i64,
    ) {
        let left = Polygon::new(vec![ring(&[(0, 0), (cut, 0), (9 - cut, 9), (0, 9)])]);
        let right = Polygon::new(vec![ring(&[(cut, 0), (9, 0), (9, 9), (9 - cut, 9)])]);
        let (left, right) = (left.unwrap().position(at(x, y)), right.unwrap().position(at(x, y)));
        let outer = x == 0 || x == 9 || y == 0 || y == 9;
        match (left, right) {
            (Position::Inside, other) | (other, Position::Inside) => {
                prop_assert_eq!(other, Position::Outside);
            }
            (Position::Border, Position::Border) => {}
            (a, b) => prop_assert!(outer && a.max(b) == Position::Border),
        }
    }

    #[test]
    fn no_points_make_a_polygon_panic(
        rings in proptest::collection::vec(
            proptest::collection::vec(
                (prop_oneof![any::<i64>(), -9..9_i64], prop_oneof![any::<i64>(), -9..9_i64]), 0..9,
            ), 0..3,
        ),
        x in any::<i64>(), y in any::<i64>(),
    ) {
        let rings = rings.iter().map(|it| ring(it)).collect();
        if let Ok(polygon) = Polygon::new(rings) {
            let _ = (polygon.position(at(x, y)), polygon.area_m2(), polygon.position(at(1, 1)));
            let _ = Area::from(polygon).read_as(Datum::Bd09);
        }
    }
}
