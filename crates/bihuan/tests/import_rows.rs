//! Rows of tables: every right one is kept, every fault is told with line and column, at once.

use bihuan::import::ledger::Directory;
use bihuan::import::point::Known;
use bihuan::import::{Mapping, Preview, Table, area, ledger, person, point, unit};
use bihuan_core::id::{ClassCode, PersonId, PointId};
use bihuan_core::place::Datum;
use bihuan_core::time::ZONE_DEFAULT;
use bihuan_core::unit::Units;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn demo(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../demo").join(name)).unwrap()
}

fn table(text: &str) -> Table {
    Table::read("表.csv", text.as_bytes()).unwrap()
}

fn built(preview: &Preview<bihuan_core::unit::Unit>) -> Units {
    Units::build(preview.rows.iter().map(|it| it.row.clone()).collect()).unwrap()
}

/// A town with two villages that have a code and a name each.
fn units() -> Units {
    let text = "id,parent,kind,zh,en,code,functions\n\
        town,,town,苇溪镇,Weixi,990106100,dispatch_desk\n\
        v01,town,village,柳埠头村,Liubutou,990106100201,\n\
        v02,town,village,东槐坡村,Donghuaipo,990106100202,\n";
    built(&unit::read(&table(text), &Units::default(), ZONE_DEFAULT).unwrap())
}

/// Asserts the faults as line, column and code.
#[track_caller]
fn check_faults<T>(preview: &Preview<T>, expected: &[(usize, &str, &str)]) {
    let found: Vec<_> =
        preview.faults.iter().map(|it| (it.line, it.column.as_str(), it.code)).collect();
    assert_eq!(found, expected);
    assert!(preview.faults.iter().all(|it| !it.message.zh.is_empty() && !it.message.en.is_empty()));
}

#[test]
fn the_demonstration_town_is_read_without_a_fault() {
    let read = |name: &str| Table::read(name, &demo(name)).unwrap();
    let preview = unit::read(&read("units.csv"), &Units::default(), ZONE_DEFAULT).unwrap();
    assert!(preview.is_clean(), "{:?}", preview.faults.first());
    let units = built(&preview);
    let areas = area::read("areas.geojson", &demo("areas.geojson"), Datum::Wgs84, &units).unwrap();
    assert!(areas.is_clean(), "{:?}", areas.faults.first());
    let people = person::read(&read("people.csv"), &units, &[], ZONE_DEFAULT).unwrap();
    assert!(people.is_clean(), "{:?}", people.faults.first());
    let persons: BTreeSet<PersonId> = people.rows.iter().map(|it| it.row.person.clone()).collect();
    let known = Known { units: &units, persons: &persons, kinds: &[], zone: ZONE_DEFAULT };
    let points = point::read(&read("points.csv"), known).unwrap();
    assert!(points.is_clean(), "{:?}", points.faults.first());
    assert_eq!((points.rows_ok(), areas.rows_ok()), (185, 204));
}

#[test]
fn units_are_one_tree_or_the_rows_are_told() {
    let text = "编号,上级编号,类型,名称,停用日期,启用日期,备注\n\
        town,,town,苇溪镇,,,\n\
        V01,town,village,大写,,,\n\
        v02,nowhere,village,无上级,,,\n\
        v03,v04,village,甲,,,\n\
        v04,v03,village,乙,,,\n\
        town,,town,又一镇,,,\n\
        v05,town,village,,,,\n\
        v06,town,village,丙,2021-01-01,2021-02-01,\n\
        v07,v05,grid,丁,,,\n";
    let preview = unit::read(&table(text), &Units::default(), ZONE_DEFAULT).unwrap();
    check_faults(
        &preview,
        &[
            (3, "编号", "value_key"),
            (4, "上级编号", "value_unknown"),
            (5, "上级编号", "unit_cycle"),
            (6, "上级编号", "unit_cycle"),
            (7, "编号", "value_twice"),
            (8, "名称", "value_missing"),
            (9, "停用日期", "value_period"),
        ],
    );
    let ids: Vec<&str> = preview.rows.iter().map(|it| it.row.id.as_str()).collect();
    assert_eq!((ids, preview.ignored), (vec!["town", "v07"], vec!["备注".to_owned()]));
    let lacks = unit::read(&table("id,zh\nv01,甲\n"), &Units::default(), ZONE_DEFAULT);
    assert_eq!(lacks.unwrap_err().code, "column_missing");
}

#[test]
fn areas_are_polygons_of_known_units_in_the_datum_that_is_stated() {
    let ring = "[[113,34],[113.1,34],[113.1,34.1],[113,34.1],[113,34]]";
    let feature = |unit: &str, ring: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"unit":{unit:?}}},
            "geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    };
    let read = |features: &[String]| {
        let text = format!(r#"{{"type":"F","features":[{}]}}"#, features.join(","));
        area::read("a.geojson", text.as_bytes(), Datum::Wgs84, &units())
    };
    let preview = read(&[
        feature("town", ring),
        feature("v99", ring),
        feature("v01", "[[113,34],[113.1,34.1],[113.1,34],[113,34.3],[113,34]]"),
        feature("town", ring),
        r#"{"geometry":null}"#.to_owned(),
    ]);
    let preview = preview.unwrap();
    assert_eq!(preview.rows_ok(), 1);
    check_faults(
        &preview,
        &[
            (2, "unit", "value_unknown"),
            (3, "geometry", "area_crosses"),
            (4, "unit", "value_twice"),
            (5, "unit", "value_missing"),
        ],
    );
    let halves = read(&[
        feature("town", ring),
        feature("v01", "[[113,34],[113.05,34],[113.05,34.1],[113,34.1],[113,34]]"),
    ]);
    let gaps = area::tiling(&halves.unwrap(), &units());
    assert_eq!((gaps.len(), gaps[0].1.gaps.len()), (1, 1));
    assert_eq!(read(&[]).unwrap_err().code, "file_empty");
    let cut = area::read("a.geojson", b"{\"features\":[", Datum::Wgs84, &units());
    assert_eq!(cut.unwrap_err().code, "json");
}

#[test]
fn points_have_a_datum_and_no_nan() {
    let units = units();
    let persons = [PersonId::from("p1")].into();
    let kinds = ["lane".to_owned()];
    let known = Known { units: &units, persons: &persons, kinds: &kinds, zone: ZONE_DEFAULT };
    let text = "id,kind,zh,unit,person,lon,lat,datum\n\
        a,lane,甲,v01,p1,113.03,34.91,GCJ-02\n\
        b,lane,乙,v09,p9,NaN,34.91,wgs84\n\
        c,shed,丙,v01,,200,34.91,wgs84\n\
        d,lane,丁,v01,,113.03,34.91,\n\
        e,lane,戊,v01,,0,0,wgs84\n\
        a,lane,己,v01,,113.03,34.91,mars\n";
    let preview = point::read(&table(text), known).unwrap();
    check_faults(
        &preview,
        &[
            (3, "lon", "value_coordinate"),
            (3, "person", "value_unknown"),
            (3, "unit", "value_unknown"),
            (4, "kind", "value_unknown"),
            (4, "lon", "place_range"),
            (5, "datum", "value_missing"),
            (6, "lat", "place_no_fix"),
            (7, "datum", "value_choice"),
            (7, "id", "value_twice"),
        ],
    );
    let place = &preview.rows[0].row.place;
    assert!(place.at.lon_e7 < 1_130_300_000 && place.raw.unwrap().lon_e7 == 1_130_300_000);
}

#[test]
fn rows_of_one_person_agree_and_an_account_has_one_person() {
    let text = "person,account,name,phone,role,unit,area,from,to,status\n\
        p1,a1,林望舒,000 2100-0001,handler,v01,,2021-01-01,,\n\
        p1,a1-phone,林望舒,00021000001,handler,v01,v01,2021-01-01,,在岗\n\
        p1,a1,林听澜,,inspector,v01,,,,\n\
        p2,a1,周若谷,,handler,v02,,,,\n\
        p1,a1,林望舒,00021000001,handler,v01,v01,2021-01-01,,\n\
        p3,a3,吴知远,abc,handler,v01,v01,2021-02-01,2021-01-01,走了\n";
    let preview = person::read(&table(text), &units(), &[], ZONE_DEFAULT).unwrap();
    check_faults(
        &preview,
        &[
            (4, "name", "value_differs"),
            (4, "phone", "value_differs"),
            (5, "account", "value_differs"),
            (6, "role", "value_twice"),
            (7, "phone", "value_number"),
            (7, "status", "value_choice"),
            (7, "to", "value_period"),
        ],
    );
    let row = &preview.rows[0].row;
    assert_eq!((row.phone.as_deref(), row.area.as_str()), (Some("00021000001"), "v01"));
    let roles = ["handler".to_owned()];
    let listed = person::read(&table(text), &units(), &roles, ZONE_DEFAULT).unwrap();
    assert!(listed.faults.iter().any(|it| it.line == 4 && it.code == "value_unknown"));
}

const LEDGER: &str = "苇溪镇环境卫生整改台账,,,,,,,,\n\
    序号,问题编号,发现时间,点位,存在问题,责任单位（村）,坐标,销号时间,是否超期\n\
    1,A-1,2021年3月5日,豆腐巷,垃圾未清,柳埠头村,\"113.03,34.91\",2021-03-06 10:00,否\n\
    2,A-2,1800-01-01,豆腐巷,乱堆,柳埠头村,,,\n\
    3,A-1,2021/3/8,,污水,无此村,\"NaN,1\",2021/3/1,也许\n\
    4,A-4,2021/3/9,,,990106100202,,,\n";

#[test]
fn a_ledger_is_read_through_the_mapping_that_its_headings_suggest() {
    let (units, table) = (units(), table(LEDGER));
    let classes: BTreeMap<String, ClassCode> = BTreeMap::new();
    let points = [("豆腐巷".to_owned(), PointId::from("pt1"))].into();
    let directory =
        Directory { units: &units, classes: &classes, points: &points, zone: ZONE_DEFAULT };
    let mut mapping = Mapping::guess(&table);
    let guessed = |field: &str| mapping.columns.get(field).map(String::as_str);
    assert_eq!(guessed("unit"), Some("责任单位（村）"));
    assert_eq!((guessed("description"), guessed("person")), (Some("存在问题"), None));
    let undated = ledger::read(&table, &mapping, directory).unwrap();
    assert!(undated.faults.iter().any(|it| it.code == "place_datum_missing"));
    mapping.datum = Some("gcj02".to_owned());
    let preview = ledger::read(&table, &mapping, directory).unwrap();
    check_faults(
        &preview,
        &[
            (4, "发现时间", "value_date_range"),
            (5, "坐标", "value_coordinate"),
            (5, "是否超期", "value_choice"),
            (5, "责任单位（村）", "value_unknown"),
            (5, "销号时间", "value_time_order"),
            (5, "问题编号", "value_twice"),
            (6, "存在问题", "value_missing"),
        ],
    );
    let row = &preview.rows[0].row;
    assert_eq!((row.unit.as_str(), row.point.as_ref().unwrap().as_str()), ("v01", "pt1"));
    assert_eq!((row.is_overdue, preview.ignored), (Some(false), vec!["序号".to_owned()]));
}

#[test]
fn a_mapping_translates_words_and_names_only_what_is_there() {
    let text = "[columns]\nunit = \"责任单位（村）\"\ndescription = \"存在问题\"\n\
        found_at = \"发现时间\"\n[values.unit]\n\"无此村\" = \"v02\"\n";
    let (units, empty, points) = (units(), BTreeMap::new(), BTreeMap::new());
    let directory =
        Directory { units: &units, classes: &empty, points: &points, zone: ZONE_DEFAULT };
    let mapping = Mapping::read("m.toml", text).unwrap();
    let preview = ledger::read(&table(LEDGER), &mapping, directory).unwrap();
    let read: Vec<_> = preview.rows.iter().map(|it| (it.line, it.row.unit.as_str())).collect();
    assert_eq!(read, [(3, "v01"), (5, "v02")]);
    let absent = Mapping::read("m.toml", "[columns]\nunit = \"没有这列\"\n").unwrap();
    let error = ledger::read(&table(LEDGER), &absent, directory).unwrap_err();
    assert_eq!((error.code, error.line), ("column_missing", Some(2)));
    for bad in ["[columns]\nunits = \"x\"", "datum = \"mars\"", "columns = 3", "x"] {
        assert!(Mapping::read("m.toml", bad).is_err(), "{bad}");
    }
}
