//! Places: what a phone sends, what is kept, what is refused.

use super::*;
use proptest::prelude::*;

const TOWN_GCJ: (f64, f64) = (113.314_393_754, 34.801_094_665);
const TOWN_BD: (f64, f64) = (113.320_918_656, 34.807_017_483);

fn town() -> Point {
    Point::new(113.308, 34.802).unwrap()
}

#[test]
fn a_phone_reads_gcj02_and_the_record_keeps_both() {
    let read = |(lon, lat), datum| {
        Place::from_raw(lon, lat, datum, 12, PlaceSource::Gnss, Some(Instant(5)))
    };
    let place = read(TOWN_GCJ, Some(Datum::Gcj02)).unwrap();
    assert!(place.at.distance_dm(town()) == 0, "{:?}", place.at);
    assert_eq!(place.raw, Some(Raw { lon_e7: 1_133_143_938, lat_e7: 348_010_947 }));
    assert_eq!(read(TOWN_BD, Some(Datum::Bd09)).unwrap().at.distance_dm(town()), 0);
    let plain = read((113.308, 34.802), Some(Datum::Cgcs2000)).unwrap();
    assert_eq!((plain.at, plain.raw), (town(), None), "decimetres: taken as equal");
    assert_eq!(read(TOWN_GCJ, None), Err(PlaceError::DatumMissing));
    assert_eq!(read((0.0, 0.0), Some(Datum::Gcj02)), Err(PlaceError::NoFix));
    assert_eq!(read((f64::NAN, 0.0), Some(Datum::Gcj02)), Err(PlaceError::NotFinite));
    let vague = Place::from_raw(1.0, 1.0, Some(Datum::Wgs84), 100_001, PlaceSource::Network, None);
    assert_eq!(vague, Err(PlaceError::Accuracy));
}

#[test]
fn a_place_is_written_and_read_alike_and_a_contradiction_is_refused() {
    let (lon, lat) = TOWN_GCJ;
    let place =
        Place::from_raw(lon, lat, Some(Datum::Gcj02), 12, PlaceSource::MapPick, None).unwrap();
    let json = serde_json::to_value(&place).unwrap();
    assert_eq!(serde_json::from_value::<Place>(json.clone()).unwrap(), place);
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = json.clone();
        change(&mut json);
        serde_json::from_value::<Place>(json).map_err(|it| it.to_string())
    };
    let moved = refused(&|it| it["at"]["lon_e7"] = 1_133_143_938.into()).unwrap_err();
    assert!(moved.contains("not the raw reading"), "{moved}");
    let nameless = refused(&|it| drop(it.as_object_mut().unwrap().remove("datum"))).unwrap_err();
    assert!(nameless.contains("say which datum"), "{nameless}");
    let bare = refused(&|it| drop(it.as_object_mut().unwrap().remove("raw"))).unwrap_err();
    assert!(bare.contains("raw reading"), "{bare}");
    assert!(refused(&|it| it["city"] = "somewhere".into()).is_err());
    let raw_only = refused(&|it| drop(it.as_object_mut().unwrap().remove("at"))).unwrap();
    assert_eq!(raw_only, place, "a client need not convert");
    let plain =
        r#"{"at":{"lon_e7":1133080000,"lat_e7":348020000},"datum":"wgs84","source":"gnss"}"#;
    assert_eq!(serde_json::from_str::<Place>(plain).unwrap().at, town());
}

#[test]
fn a_place_put_together_by_hand_is_checked() {
    let place = Place::of_point(town(), Instant(5));
    assert_eq!((place.check(), place.source), (Ok(()), PlaceSource::Point));
    let shifted = Place { datum: Datum::Gcj02, ..place.clone() };
    assert_eq!(shifted.check(), Err(PlaceError::PointMissing), "where is the reading?");
    let raw = Raw { lon_e7: 1_133_143_938, lat_e7: 348_010_947 };
    let shifted = Place { raw: Some(raw), ..shifted };
    assert_eq!(shifted.check(), Ok(()));
    let twice = Place { datum: Datum::Wgs84, ..shifted.clone() };
    assert_eq!(twice.check(), Err(PlaceError::RawMismatch));
    let double = r#"{"raw":{"lon_e7":1,"lat_e7":1},"datum":"wgs84","source":"gnss",
        "at":{"lon_e7":9,"lat_e7":9}}"#;
    assert!(serde_json::from_str::<Place>(double).is_err());
    let off = Place { at: Point { lon_e7: i64::MAX, lat_e7: 0 }, ..shifted };
    assert_eq!(off.check(), Err(PlaceError::Range));
}

#[test]
fn a_reading_in_the_wrong_datum_is_suspected_and_never_moved_in_silence() {
    let near_town = |point: Point| point.distance_m(town()) < 50;
    let (lon, lat) = TOWN_GCJ;
    let found = other_readings(lon, lat, Datum::Wgs84, near_town).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].fits, found[0].at.distance_dm(town())), (Datum::Gcj02, 0));
    assert!((580..610).contains(&found[0].moved_m), "{}", found[0].moved_m);
    assert!(found[0].text().zh.contains("GCJ-02") && found[0].text().en.contains("GCJ-02"));
    assert_eq!(other_readings(lon, lat, Datum::Gcj02, near_town).unwrap(), []);
    assert_eq!(other_readings(120.0, 30.0, Datum::Wgs84, near_town).unwrap(), []);
    assert_eq!(other_readings(0.0, 0.0, Datum::Wgs84, near_town), Err(PlaceError::NoFix));
}

proptest! {
    #[test]
    fn no_reading_makes_a_place_panic_and_what_is_written_can_be_read(
        lon in prop_oneof![any::<f64>(), -181.0..181.0_f64, 72.0..138.0_f64],
        lat in prop_oneof![any::<f64>(), -91.0..91.0_f64, 0.0..56.0_f64],
        datum in proptest::sample::select(Datum::ALL.to_vec()),
        accuracy_m in any::<u32>(),
    ) {
        let _ = other_readings(lon, lat, datum, |it| it.lon_e7 % 2 == 0);
        let place =
            Place::from_raw(lon, lat, Some(datum), accuracy_m, PlaceSource::Import, None);
        if let Ok(place) = place {
            let json = serde_json::to_string(&place).unwrap();
            prop_assert_eq!(place.check(), Ok(()));
            prop_assert_eq!(serde_json::from_str::<Place>(&json).unwrap(), place);
        }
    }
}
