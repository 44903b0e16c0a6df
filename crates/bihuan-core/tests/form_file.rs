//! Fields that name files or places, numbers with decimal places, and the days of params: what a
//! pack may say of them, and what is refused.

use bihuan_core::form::{FieldKind, FieldValue};
use bihuan_core::matter::Submission;
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const SCENE: &str = "start 2021-04-16T09:00\n\
    unit district kind=district\n\
    unit town in=district kind=town does=dispatch_desk\n\
    unit v04 in=town kind=village\n\
    person inspector@v04\n\
    person dispatcher@town\n";

/// A page filled in at the spot.
const FIELDS: &str = r#"
[[field]]
id = "score"
title = { zh = "得分", en = "Score" }
type = "number"
unit = "point"
places = 1
max = 1000

[[field]]
id = "twice"
title = { zh = "两倍", en = "Twice" }
type = "formula"
expr = "score * 2"

[[field]]
id = "valve"
title = { zh = "阀门位置", en = "Valve" }
type = "place"

[[field]]
id = "sheet"
title = { zh = "台账照片", en = "Sheet" }
help = { zh = "拍清编号", en = "Let the number be read" }
type = "photo"
max = 2

[[field]]
id = "signed"
title = { zh = "签名", en = "Signed" }
type = "signature"

[[field]]
id = "segments"
title = { zh = "管段", en = "Segments" }
type = "rows"
fields = [
  { id = "length", title = { zh = "长", en = "Length" }, type = "length" },
  { id = "seen", title = { zh = "照片", en = "Photo" }, type = "photo" },
]
"#;

/// The good pack with more tables ahead of its stages.
fn files(more: &str) -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/good");
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    let names = ["pack.toml", "classes.csv", "documents/sheet.md"];
    let mut files = BTreeMap::from(names.map(read));
    let text = String::from_utf8(files["pack.toml"].clone()).expect("UTF-8");
    let first = "[[stage]]\nid = \"seen\"";
    assert_eq!(text.matches(first).count(), 1);
    let text = text.replace(first, &format!("{more}\n{first}"));
    files.insert("pack.toml".into(), text.into_bytes());
    PackFiles { files }
}

fn pack() -> Pack {
    Pack::load(&files(FIELDS)).unwrap_or_else(|gaps| panic!("{gaps:#?}"))
}

/// Codes with the texts of the lines they stand on.
fn gaps(more: &str) -> Vec<(&'static str, String)> {
    let files = files(more);
    let text = String::from_utf8(files.files["pack.toml"].clone()).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    let line = |no: u32| lines[usize::try_from(no).unwrap() - 1].trim().to_owned();
    let gaps = Pack::load(&files).expect_err("it has gaps");
    gaps.iter().map(|it| (it.code, line(it.line))).collect()
}

fn digest(no: u32) -> String {
    format!("{no:064x}")
}

fn opening(form: &Value, files: &[u32]) -> Submission {
    let files: Vec<Value> =
        files.iter().map(|it| json!({ "digest": digest(*it), "slot": "sheet" })).collect();
    let open = json!({
        "pack": "lamp", "class": "L1", "source": "patrol", "form": form, "files": files,
        "place": {
            "at": { "lon_e7": 1_100_250_000, "lat_e7": 350_050_000 },
            "datum": "wgs84", "accuracy_m": 5, "source": "gnss"
        },
    });
    serde_json::from_value(json!({
        "id": "00000000-0000-7000-8000-000000000001",
        "by": "inspector@v04",
        "matter": "00000000-0000-7000-8000-000000000002",
        "command": { "open": open },
    }))
    .expect("a submission")
}

/// The form as it is kept, or the codes and fields of what is refused.
fn open(
    form: &Value,
    files: &[u32],
) -> Result<BTreeMap<String, FieldValue>, Vec<(String, String)>> {
    let (mut world, _) = story::world(&pack(), SCENE).expect("the scene stands");
    let submission = opening(form, files);
    match world.submit(&submission) {
        Ok(_) => Ok(world.matters[&submission.matter].form.clone()),
        Err(refusal) => {
            let told = serde_json::to_value(&refusal).expect("a refusal is told as JSON");
            let faults = told.pointer("/faults").and_then(Value::as_array).cloned();
            let text = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
            let faults = faults.unwrap_or_else(|| panic!("{told}"));
            Err(faults.iter().map(|it| (text(it, "code"), text(it, "field"))).collect())
        }
    }
}

#[test]
fn a_form_names_only_files_that_are_declared() {
    let form = json!({
        "sheet": [digest(1), digest(2)],
        "signed": digest(3),
        "segments": [{ "length": 5 }, { "length": 7, "seen": [digest(4)] }],
    });
    let kept = open(&form, &[1, 2, 3, 4]).expect("all are declared");
    assert_eq!(kept["sheet"], FieldValue::Files(vec![digest(1), digest(2)]));
    assert_eq!(kept["signed"], FieldValue::Files(vec![digest(3)]));
    let not = |field: &str| ("not_declared".to_owned(), field.to_owned());
    assert_eq!(open(&form, &[1, 2]).unwrap_err(), [not("segments[1].seen"), not("signed")]);
    assert_eq!(
        open(&form, &[]).unwrap_err(),
        [not("segments[1].seen"), not("sheet"), not("signed")]
    );
}

#[test]
fn a_place_of_a_form_never_stands_in_the_record() {
    let valve = json!({
        "raw": { "lon_e7": 1_132_561_234, "lat_e7": 347_891_234 },
        "datum": "gcj02", "accuracy_m": 8, "source": "map_pick"
    });
    let kept = open(&json!({ "valve": valve }), &[]).expect("a place");
    assert!(matches!(kept["valve"], FieldValue::Ref(_)), "{:?}", kept["valve"]);
    let nowhere = json!({ "valve": { "raw": { "lon_e7": 1, "lat_e7": 2 }, "source": "gnss" } });
    let told = open(&nowhere, &[]).unwrap_err();
    assert_eq!(told, [("not_a_place".to_owned(), "valve".to_owned())]);
    let column = format!(
        "{FIELDS}\n[[ledger]]\ntitle = {{ zh = \"处\", en = \"At\" }}\n\
         shows = \"field:valve\"\n"
    );
    assert_eq!(gaps(&column), [("private", "shows = \"field:valve\"".to_owned())]);
}

#[test]
fn a_number_may_have_decimal_places() {
    let kept = open(&json!({ "score": 935 }), &[]).expect("93.5 points");
    assert_eq!(kept["twice"], FieldValue::Int(1_870));
    for score in [json!(93.5), json!(1_001), json!("93.5")] {
        let told = open(&json!({ "score": score }), &[]).unwrap_err();
        assert_eq!(told, [("not_in_range".to_owned(), "score".to_owned())]);
    }
    let fits = FIELDS.replace("score * 2", "score + ratio(1, 3, 1)");
    Pack::load(&files(&fits)).expect("tenths add up to tenths");
    let mixed = FIELDS.replace("score * 2", "score + ratio(1, 3, 2)");
    assert_eq!(gaps(&mixed)[0].0, "formula_type", "tenths are no hundredths");
    let fen = FIELDS.replace("unit = \"point\"", "unit = \"fen\"");
    assert_eq!(gaps(&fen)[0].0, "bad_value");
}

#[test]
fn what_a_pack_says_of_a_field_is_kept() {
    let pack = pack();
    let sheet = pack.form.iter().find(|it| it.id == "sheet").expect("the field is there");
    assert_eq!(sheet.help.as_ref().map(|it| it.zh.as_str()), Some("拍清编号"));
    assert_eq!(sheet.kind, FieldKind::Photo { max: 2 });
    let again: Pack = serde_json::from_value(serde_json::to_value(&pack).unwrap()).unwrap();
    assert_eq!(again.form, pack.form);
    let many = FIELDS.replace("max = 2\n", "max = 41\n");
    assert_eq!(gaps(&many), [("bad_value", "max = 41".to_owned())]);
}

#[test]
fn a_field_from_before_places_and_help_is_still_read() {
    let old = json!({
        "id": "beds", "title": { "zh": "床位", "en": "Beds" }, "required": false, "sealed": false,
        "kind": { "number": { "unit": "bed", "min": 0, "max": 9 } },
    });
    let field: bihuan_core::form::Field = serde_json::from_value(old).expect("an old field");
    assert_eq!(field.help, None);
    assert!(matches!(field.kind, FieldKind::Number { places: 0, .. }));
}

#[test]
fn a_story_gives_files_by_their_number_and_a_place_by_its_unit() {
    let report = story::run(
        &pack(),
        &format!(
            "pack lamp\n{SCENE}\n\
             > inspector@v04 open class=L1 source=patrol place=v04 photo=before sheet=3\n  \
               refused: form not_files\n\
             > inspector@v04 open class=L1 source=patrol place=v04 photo=before sheet=2 \
               signed=1 valve=v04 score=935\n  \
               -> seen field:twice=1870\n\
             > dispatcher@town file signed=0\n  \
               refused: form not_a_digest\n\
             > dispatcher@town file sheet=1\n  \
               -> waiting\n"
        ),
    );
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
}

#[test]
fn the_days_of_a_param_follow_each_other() {
    let source = "source = { zh = \"通知\", en = \"notice\" }";
    let wage = |second: &str| {
        format!(
            "[[param]]\nid = \"wage\"\nunit = \"fen/month\"\nvalues = [\n\
             {{ from = \"2018-10-01\", to = \"2022-01-01\", value = 190000, {source} }},\n\
             {{ {second}, value = 200000, {source} }},\n]\n"
        )
    };
    Pack::load(&files(&wage("from = \"2022-01-01\""))).expect("one ends where the next begins");
    for slip in [
        "from = \"2022-01-02\"",
        "from = \"2021-12-31\"",
        "from = \"2022-01-01\", to = \"2022-01-01\"",
    ] {
        let told = gaps(&wage(slip));
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, "bad_value");
        assert!(told[0].1.contains(slip), "{told:?}");
    }
}
