//! What drones of DJI write beside EXIF: an XMP packet in their namespace, as attributes or as
//! elements. Their position has more digits than that of EXIF, so it goes before it.

use super::camera::point;
use bihuan_core::photo::{Camera, Drone};
use bihuan_core::place::Datum;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use std::collections::BTreeMap;

const NAMESPACE: &str = "http://www.dji.com/drone-dji/1.0/";
const START: &[u8] = b"<x:xmpmeta";
const END: &[u8] = b"</x:xmpmeta>";
/// How far into a file the packet may begin, and how far before its end, in bytes.
const NEAR: usize = 1024 * 1024;
/// Longest packet, in bytes.
const PACKET_MAX: usize = 64 * 1024;
/// Most parts of one that are read.
const PARTS_MAX: usize = 4_000;
/// Longest value that is kept, in bytes.
const VALUE_MAX: usize = 40;

/// Adds what the packet of a drone says, where there is one.
pub(super) fn of_xmp(bytes: &[u8], camera: &mut Camera) {
    let Some(values) = packet(bytes).map(values) else { return };
    let number = |names: &[&str]| {
        let text = names.iter().find_map(|it| values.get(*it))?;
        text.trim().parse::<f64>().ok().filter(|it| it.is_finite())
    };
    let lon = number(&["Longitude", "GpsLongitude", "GpsLongtitude"]);
    let lat = number(&["Latitude", "GpsLatitude"]);
    if let (Some(lon), Some(lat)) = (lon, lat)
        && let Some(at) = point(lon, lat, None)
    {
        camera.at = Some(at);
        camera.datum = Some(Datum::Wgs84);
    }
    let milli = |names: &[&str], max: f64| {
        number(names).filter(|it| it.abs() <= max).map(|it| (it * 1_000.0).round() as i64)
    };
    let drone = Drone {
        height_mm: milli(&["RelativeAltitude"], 100_000.0),
        yaw_mdeg: milli(&["GimbalYawDegree"], 360.0),
        pitch_mdeg: milli(&["GimbalPitchDegree"], 180.0),
        roll_mdeg: milli(&["GimbalRollDegree"], 360.0),
    };
    if drone != Drone::default() {
        camera.drone = Some(drone);
    }
}

/// The packet, without what stands around it.
fn packet(bytes: &[u8]) -> Option<&[u8]> {
    let first = &bytes[..bytes.len().min(NEAR)];
    let last = &bytes[bytes.len().saturating_sub(NEAR)..];
    let from = |it: &'_ [u8]| find(it, START);
    let part = match (from(first), from(last)) {
        (Some(at), _) => &bytes[at..],
        (None, Some(at)) => &last[at..],
        (None, None) => return None,
    };
    let part = &part[..part.len().min(PACKET_MAX)];
    find(part, END).map(|at| &part[..at + END.len()])
}

fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|it| *it == text[0]) {
        if bytes[from + at..].starts_with(text) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

/// What stands in the namespace of drones: attributes, and elements with a text.
fn values(packet: &[u8]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let text = String::from_utf8_lossy(packet);
    let mut reader = NsReader::from_str(&text);
    let is_ours = |it: &ResolveResult<'_>| *it == ResolveResult::Bound(Namespace(NAMESPACE));
    let mut open: Option<String> = None;
    for _ in 0..PARTS_MAX {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                for attribute in tag.attributes().flatten() {
                    let (space, name) = reader.resolver().resolve_attribute(attribute.key);
                    if is_ours(&space) {
                        keep(&mut values, name.as_ref(), &attribute.value);
                    }
                }
                let (space, name) = reader.resolver().resolve_element(tag.name());
                open = is_ours(&space).then(|| name.as_ref().to_owned());
            }
            Ok(Event::Text(text)) => {
                if let Some(name) = open.take() {
                    keep(&mut values, &name, &text);
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    values
}

fn keep(values: &mut BTreeMap<String, String>, name: &str, value: &str) {
    if value.len() <= VALUE_MAX && name.len() <= VALUE_MAX {
        values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(inside: &str) -> Camera {
        let mut camera = Camera::default();
        let text = format!(
            "junk<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
             xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
             xmlns:drone-dji=\"http://www.dji.com/drone-dji/1.0/\">{inside}</rdf:RDF></x:xmpmeta>"
        );
        of_xmp(text.as_bytes(), &mut camera);
        camera
    }

    #[test]
    fn attributes_and_elements_are_read_alike() {
        let attributes = of("<rdf:Description drone-dji:GpsLatitude=\"+34.8020000\" \
             drone-dji:GpsLongtitude=\"113.3080000\" drone-dji:RelativeAltitude=\"+39.80\" \
             drone-dji:GimbalPitchDegree=\"-89.90\" drone-dji:GimbalYawDegree=\"+12.5\"/>");
        let elements = of("<rdf:Description>\
             <drone-dji:GpsLatitude>+34.8020000</drone-dji:GpsLatitude>\
             <drone-dji:GpsLongitude>113.3080000</drone-dji:GpsLongitude>\
             <drone-dji:RelativeAltitude>+39.80</drone-dji:RelativeAltitude>\
             <drone-dji:GimbalPitchDegree>-89.90</drone-dji:GimbalPitchDegree>\
             <drone-dji:GimbalYawDegree>+12.5</drone-dji:GimbalYawDegree></rdf:Description>");
        assert_eq!(attributes, elements);
        let at = attributes.at.expect("a position");
        assert_eq!((at.lon_e7, at.lat_e7), (1_133_080_000, 348_020_000));
        let drone = attributes.drone.expect("a drone");
        assert_eq!((drone.height_mm, drone.pitch_mdeg), (Some(39_800), Some(-89_900)));
        assert_eq!((drone.yaw_mdeg, drone.roll_mdeg), (Some(12_500), None));
    }

    #[test]
    fn what_makes_no_sense_is_left() {
        for odd in [
            "<rdf:Description drone-dji:Latitude=\"0\" drone-dji:Longitude=\"0\"/>",
            "<rdf:Description drone-dji:Latitude=\"NaN\" drone-dji:Longitude=\"inf\"/>",
            "<rdf:Description other:Latitude=\"34\" other:Longitude=\"113\"/>",
            "<rdf:Description drone-dji:Latitude=\"34\"/>",
            "<<<>>>",
        ] {
            assert_eq!(of(odd), Camera::default(), "{odd}");
        }
        assert!(packet(b"<x:xmpmeta never ends").is_none());
        assert!(packet(b"").is_none());
    }
}
