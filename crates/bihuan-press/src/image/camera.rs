//! What a camera wrote into a picture: EXIF, and what drones of DJI add in XMP.
//!
//! Invariant: whatever stands there, nothing fails; what makes no sense is as if it were not there.

use super::drone;
use bihuan_core::photo::Camera;
use bihuan_core::place::{Datum, Point};
use bihuan_core::time::{Instant, Zone};
use exif::{Exif, In, Reader, Tag, Value};
use jiff::civil;
use std::io::Cursor;

/// Longest word of a camera that is kept, in characters.
const WORD_CHARS_MAX: usize = 64;
/// The worst error of a position that still says something, metres.
const ACCURACY_MAX_M: f64 = 100_000.0;

/// What the camera wrote into a picture.
#[must_use]
pub fn camera(bytes: &[u8]) -> Camera {
    let mut camera = Camera::default();
    if let Ok(exif) = Reader::new().read_from_container(&mut Cursor::new(bytes)) {
        of_exif(&exif, &mut camera);
    }
    drone::of_xmp(bytes, &mut camera);
    camera
}

fn of_exif(exif: &Exif, camera: &mut Camera) {
    camera.make = word(exif, Tag::Make);
    camera.model = word(exif, Tag::Model);
    // The time of the file is the time of whoever saved it last.
    camera.taken = word(exif, Tag::DateTimeOriginal).and_then(|it| moment(&it));
    camera.offset_min = word(exif, Tag::OffsetTimeOriginal).and_then(|it| offset_min(&it));
    camera.datum = word(exif, Tag::GPSMapDatum).and_then(|it| datum(&it));
    let accuracy = numbers(exif, Tag::GPSHPositioningError).first().copied();
    let accuracy = accuracy.filter(|it| (0.0..=ACCURACY_MAX_M).contains(it));
    camera.accuracy_m = accuracy.map(|it| it.ceil() as u32);
    let lon = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, 'W');
    let lat = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, 'S');
    if let (Some(lon), Some(lat)) = (lon, lat) {
        camera.at = point(lon, lat, camera.datum);
    }
    camera.fix_at = fix_at(exif);
}

/// A point in WGS-84 of numbers in a datum; none where there was no fix.
pub(super) fn point(lon: f64, lat: f64, datum: Option<Datum>) -> Option<Point> {
    let given = Point::new(lon, lat).ok()?;
    match datum.filter(|it| !it.is_plain()) {
        None => Some(given),
        Some(datum) => {
            let (lon, lat) = datum.to_wgs84(given.lon(), given.lat());
            Point::new(lon, lat).ok()
        }
    }
}

fn word(exif: &Exif, tag: Tag) -> Option<String> {
    let field = exif.get_field(tag, In::PRIMARY)?;
    let Value::Ascii(parts) = &field.value else { return None };
    let text = String::from_utf8_lossy(parts.first()?);
    let kept = text.chars().filter(|it| !it.is_control() && *it != char::REPLACEMENT_CHARACTER);
    let text: String = kept.take(WORD_CHARS_MAX).collect();
    Some(text.trim().to_owned()).filter(|it| !it.is_empty())
}

fn numbers(exif: &Exif, tag: Tag) -> Vec<f64> {
    match exif.get_field(tag, In::PRIMARY).map(|it| &it.value) {
        Some(Value::Rational(parts)) => parts.iter().map(|it| it.to_f64()).collect(),
        _ => Vec::new(),
    }
}

/// Degrees, minutes and seconds as degrees; `negative` is the letter of the other side.
fn degrees(exif: &Exif, tag: Tag, side: Tag, negative: char) -> Option<f64> {
    let parts = numbers(exif, tag);
    let (degrees, rest) = parts.split_first()?;
    let minutes = rest.first().copied().unwrap_or(0.0);
    let seconds = rest.get(1).copied().unwrap_or(0.0);
    let value = degrees + minutes / 60.0 + seconds / 3_600.0;
    let is_negative = word(exif, side)?.to_ascii_uppercase().starts_with(negative);
    value.is_finite().then_some(if is_negative { -value } else { value })
}

/// `2021:04:16 10:30:00`; some write dashes.
fn moment(text: &str) -> Option<civil::DateTime> {
    let mut parts = text.split([':', '-', ' ', 'T', '.']);
    let mut next = |max: i16| {
        let number = parts.next()?.parse::<i16>().ok()?;
        (0..=max).contains(&number).then_some(number)
    };
    let (year, month, day) = (next(9_999)?, next(12)?, next(31)?);
    let (hour, minute, second) = (next(23)?, next(59)?, next(59)?);
    let small = |it: i16| i8::try_from(it).ok();
    let date = civil::Date::new(year, small(month)?, small(day)?).ok()?;
    let time = civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?;
    Some(date.to_datetime(time)).filter(|it| it.year() >= 1_990)
}

/// `+08:00` in minutes.
fn offset_min(text: &str) -> Option<i32> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let is_one = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    is_one.then_some(sign * (hours * 60 + minutes))
}

/// `WGS-84`, `CGCS2000`, `GCJ-02` and their other spellings.
fn datum(text: &str) -> Option<Datum> {
    let plain = text.chars().filter(char::is_ascii_alphanumeric);
    let plain: String = plain.map(|it| it.to_ascii_lowercase()).collect();
    match plain.as_str() {
        "wgs84" | "wgs1984" => Some(Datum::Wgs84),
        other => Datum::from_word(other),
    }
}

/// When the satellites were read: a date and a time of day in UTC.
fn fix_at(exif: &Exif) -> Option<Instant> {
    let date = word(exif, Tag::GPSDateStamp)?;
    let time = numbers(exif, Tag::GPSTimeStamp);
    let [hour, minute, second] = time.as_slice() else { return None };
    let whole = |it: &f64| (0.0..=59.0).contains(it).then_some(*it as i64);
    let time = format!("{:02}:{:02}:{:02}", whole(hour)?, whole(minute)?, whole(second)?);
    let at = Zone(0).instant(moment(&format!("{date} {time}"))?);
    Some(at).filter(|it| it.is_plausible())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_offsets_are_read_or_left() {
        let read = |text: &str| moment(text).map(|it| it.to_string());
        assert_eq!(read("2021:04:16 10:30:00").as_deref(), Some("2021-04-16T10:30:00"));
        assert_eq!(read("2021-04-16T10:30:00").as_deref(), Some("2021-04-16T10:30:00"));
        for odd in ["0000:00:00 00:00:00", "2021:02:30 10:30:00", "2021:04:16", "x", ""] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert_eq!(offset_min("+08:00"), Some(480));
        assert_eq!(offset_min("-03:30"), Some(-210));
        for odd in ["", "é", "Z", "08:00", "+99:00", "+08"] {
            assert_eq!(offset_min(odd), None, "{odd}");
        }
        assert_eq!(datum("WGS-84"), Some(Datum::Wgs84));
        assert_eq!(datum("GCJ-02"), Some(Datum::Gcj02));
        assert_eq!(datum("TOKYO"), None);
    }
}
