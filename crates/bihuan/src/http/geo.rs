//! Places in addresses: boxes and points as people and programs write them.

use super::ApiProblem;
use bihuan_core::place::{BBox, Point};

/// A box from `west,south,east,north` in degrees of WGS-84, as GeoJSON orders them.
pub(super) fn bbox_of(text: &str) -> Result<BBox, ApiProblem> {
    let wrong = || {
        ApiProblem::invalid(
            "box",
            "请写“西,南,东,北”，WGS-84 十进制度",
            "give west,south,east,north in degrees of WGS-84",
        )
    };
    let degrees: [f64; 4] = numbers(text).ok_or_else(wrong)?;
    BBox::new(degrees).map_err(|_| wrong())
}

/// A point from `longitude,latitude` in degrees of WGS-84.
pub(super) fn point_of(text: &str) -> Result<Point, ApiProblem> {
    let wrong = || {
        ApiProblem::invalid(
            "at",
            "请写“经度,纬度”，WGS-84 十进制度",
            "give longitude,latitude in degrees of WGS-84",
        )
    };
    let [lon, lat]: [f64; 2] = numbers(text).ok_or_else(wrong)?;
    Point::new(lon, lat).map_err(|_| wrong())
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let read: Result<Vec<f64>, _> = text.split(',').map(|it| it.trim().parse()).collect();
    read.ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_or_said_how_to_write() {
        let bbox = bbox_of("113.2, 34.7,113.4,34.9").unwrap();
        assert_eq!((bbox.west_e7, bbox.north_e7), (1_132_000_000, 349_000_000));
        assert_eq!(point_of("113.3,34.8").unwrap().lat_e7, 348_000_000);
        for odd in ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "114,34,113,35", "nan,1,2,3", "1,2,3,inf"]
        {
            assert_eq!(bbox_of(odd).unwrap_err().code, "invalid", "{odd}");
        }
        for odd in ["", "113.3", "34.8,113.3", "0,0", "nan,1"] {
            assert_eq!(point_of(odd).unwrap_err().code, "invalid", "{odd}");
        }
    }
}
