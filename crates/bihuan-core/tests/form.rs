//! Forms: what is filled in is checked whole, what follows from it is computed and kept, and the
//! rules of the pack hold or are told.

use bihuan_core::form::{
    Check, ChoiceOption, Entries, FIELD_FILES_MAX, FIELD_TEXT_BYTES_MAX, FIELDS_MAX, Field,
    FieldKind, FieldValue, Ground, Param, ParamValue, ROWS_MAX, Reckoning, check_form,
    check_required, failing_checks, fill_formulas, sample,
};
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::story;
use bihuan_core::text::Text;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

type Values = BTreeMap<String, FieldValue>;

fn field(id: &str, kind: FieldKind) -> Field {
    Field {
        id: id.into(),
        title: Text::new("项", "item"),
        kind,
        required: false,
        sealed: false,
        help: None,
    }
}

fn formula(id: &str, expr: &str) -> Field {
    field(id, FieldKind::Formula { expr: expr.into() })
}

fn check(id: &str, expr: &str) -> Check {
    Check { id: id.into(), expr: expr.into(), message: Text::new("须相符", "must agree") }
}

fn fields() -> Vec<Field> {
    let option = ChoiceOption { id: "yes".into(), title: Text::new("是", "Yes") };
    let columns = vec![
        field("length", FieldKind::Length),
        field("note", FieldKind::Text { max: 10 }),
        formula("double", "length * 2"),
    ];
    vec![
        field("text", FieldKind::Text { max: 12 }),
        field("long", FieldKind::Text { max: usize::MAX }),
        field("number", FieldKind::Number { unit: "person".into(), places: 0, min: 1, max: 9 }),
        field("money", FieldKind::Money),
        field("length", FieldKind::Length),
        field("period", FieldKind::Period),
        field("date", FieldKind::Date),
        field("choice", FieldKind::Choice { options: vec![option] }),
        field("yes_no", FieldKind::YesNo),
        field("unit", FieldKind::Unit),
        field("rows", FieldKind::Rows { fields: columns, max: 3 }),
        field("all_rows", FieldKind::Rows { fields: Vec::new(), max: usize::MAX }),
        formula("total", "sum(rows, length)"),
        field("place", FieldKind::Place),
        field("photo", FieldKind::Photo { max: 2 }),
        field("file", FieldKind::File { max: usize::MAX }),
        field("signature", FieldKind::Signature),
    ]
}

fn digest(no: usize) -> String {
    format!("{no:064x}")
}

fn input(value: Value) -> BTreeMap<String, Value> {
    value.as_object().expect("an object").clone().into_iter().collect()
}

/// Codes with fields of everything that is wrong.
fn faults(value: Value) -> Vec<(&'static str, String)> {
    let faults = check_form(&fields(), &input(value)).expect_err("has faults");
    for fault in &faults {
        assert!(!fault.what.zh.is_empty() && !fault.what.en.is_empty(), "{fault:?}");
    }
    faults.into_iter().map(|it| (it.code, it.field)).collect()
}

fn today() -> Date {
    date(2021, 4, 16)
}

fn int(value: i64) -> FieldValue {
    FieldValue::Int(value)
}

#[test]
fn every_type_takes_its_sample() {
    for field in fields() {
        if matches!(field.kind, FieldKind::Formula { .. }) || field.id == "text" {
            continue;
        }
        let input = input(json!({ field.id.clone(): sample(&field.kind) }));
        if let FieldKind::Rows { fields, .. } = &field.kind
            && fields.iter().any(|it| it.id == "note")
        {
            // Ten bytes are less than a sample of text.
            continue;
        }
        assert!(check_form(&fields(), &input).is_ok(), "{}", field.id);
    }
}

#[test]
fn each_bad_value_is_told_by_its_code() {
    let huge = "大".repeat(FIELD_TEXT_BYTES_MAX);
    let deep = (0..100).fold(json!(1), |it, _| json!([it]));
    let here = json!({ "lon_e7": 1_132_500_000, "lat_e7": 347_900_000 });
    for (id, value, code) in [
        ("text", json!(1), "not_text"),
        ("text", json!(null), "not_text"),
        ("text", json!(" \t\n"), "empty"),
        ("text", json!("一二三四五"), "too_long"),
        ("long", json!(huge), "too_long"),
        ("long", json!(deep), "not_text"),
        ("number", json!("NaN"), "not_in_range"),
        ("number", json!("3"), "not_in_range"),
        ("number", json!(f64::NAN), "not_in_range"),
        ("number", json!(f64::INFINITY), "not_in_range"),
        ("number", json!(1.5), "not_in_range"),
        ("number", json!(0), "not_in_range"),
        ("number", json!(10), "not_in_range"),
        ("number", json!(true), "not_in_range"),
        ("money", json!(1e300), "not_money"),
        ("money", json!(u64::MAX), "not_money"),
        ("money", json!(i64::MIN), "not_money"),
        ("money", json!(12.34), "not_money"),
        ("money", json!("12"), "not_money"),
        ("length", json!(-1), "not_in_range"),
        ("length", json!(i64::MAX), "not_in_range"),
        ("period", json!([1]), "not_in_range"),
        ("date", json!("1800-01-01"), "not_a_date"),
        ("date", json!("2100-01-01"), "not_a_date"),
        ("date", json!("2021-02-29"), "not_a_date"),
        ("date", json!("2021-4-16"), "not_a_date"),
        ("date", json!("2021-04-16T09:00"), "not_a_date"),
        ("date", json!(20_210_416), "not_a_date"),
        ("choice", json!("no"), "not_a_choice"),
        ("choice", json!(["yes"]), "not_a_choice"),
        ("yes_no", json!(1), "not_yes_no"),
        ("yes_no", json!("true"), "not_yes_no"),
        ("unit", json!("../etc"), "not_a_key"),
        ("unit", json!("k".repeat(65)), "not_a_key"),
        ("rows", json!({ "length": 1 }), "not_rows"),
        ("rows", json!([{}, {}, {}, {}]), "not_rows"),
        ("all_rows", json!(vec![json!({}); ROWS_MAX + 1]), "not_rows"),
        ("total", json!(1), "computed"),
        ("nothing", json!(1), "unknown_field"),
        ("text", json!("a\u{0}b"), "bad_character"),
        ("text", json!("a\u{1b}[2J"), "bad_character"),
        ("place", json!("here"), "not_a_place"),
        ("place", json!({ "lon": 113.25, "lat": 34.79 }), "not_a_place"),
        ("place", json!({ "at": here, "source": "map_pick" }), "not_a_place"),
        ("photo", json!([]), "not_files"),
        ("photo", json!(digest(1)), "not_files"),
        ("photo", json!([digest(1), digest(2), digest(3)]), "not_files"),
        ("photo", json!(["../etc/passwd"]), "not_a_digest"),
        ("photo", json!([digest(1), digest(1)]), "duplicate"),
        ("file", json!((0..=FIELD_FILES_MAX).map(digest).collect::<Vec<_>>()), "not_files"),
        ("file", json!([1]), "not_a_digest"),
        ("signature", json!([digest(1)]), "not_a_digest"),
        ("signature", json!(digest(10).to_uppercase()), "not_a_digest"),
    ] {
        assert_eq!(faults(json!({ id: value })), [(code, id.to_owned())]);
    }
}

#[test]
fn faults_within_rows_name_row_and_column() {
    let rows = json!([{ "length": 1 }, { "length": -1, "double": 2 }, [], { "rows": [] }]);
    let rows = json!({ "rows": rows.as_array().expect("rows")[..3] });
    assert_eq!(
        faults(rows),
        [
            ("computed", "rows[1].double".to_owned()),
            ("not_in_range", "rows[1].length".to_owned()),
            ("not_a_row", "rows[2].".to_owned()),
        ]
    );
    let nested = json!({ "rows": [{ "rows": [{ "rows": [] }] }] });
    assert_eq!(faults(nested), [("unknown_field", "rows[0].rows".to_owned())]);
}

#[test]
fn all_faults_are_told_at_once_and_too_many_fields_not_read() {
    let told = faults(json!({ "date": "1800-01-01", "money": 0.5, "number": "x", "what": 1 }));
    assert_eq!(told.len(), 4, "{told:?}");
    let many: BTreeMap<String, Value> =
        (0..=FIELDS_MAX).map(|it| (format!("f{it}"), json!(1))).collect();
    let told = check_form(&fields(), &many).expect_err("too many");
    assert_eq!((told.len(), told[0].code), (1, "too_many_fields"));
}

#[test]
fn a_required_field_is_asked_for_also_within_rows() {
    let mut fields = fields();
    fields[3].required = true;
    let given = Values::from([("money".to_owned(), int(1))]);
    assert_eq!(check_required(&fields, &given), Ok(()));
    let told = check_required(&fields, &Values::new()).expect_err("money is missing");
    assert_eq!((told.len(), told[0].code, told[0].field.as_str()), (1, "required", "money"));
    if let FieldKind::Rows { fields, .. } = &mut fields[10].kind {
        fields[0].required = true;
    }
    let rows = input(json!({ "rows": [{ "length": 1 }, { "note": "x" }] }));
    let told = check_form(&fields, &rows).expect_err("a length is missing");
    assert_eq!((told[0].code, told[0].field.as_str()), ("required", "rows[1].length"));
}

/// A claim: months from a table, a rate by the day, an amount, a share of what was asked for.
fn claim() -> (Vec<Field>, Vec<Param>) {
    let value = |from: &str, to: Option<&str>, value| ParamValue {
        from: from.into(),
        to: to.map(Into::into),
        value,
        source: Text::new("通知", "notice"),
    };
    let wage =
        vec![value("2018-10-01", Some("2022-01-01"), 190_000), value("2022-01-01", None, 200_000)];
    let columns = vec![
        field("months", FieldKind::Period),
        formula("paid", "months * ratio(param(wage) * 70, 100, 0)"),
    ];
    let fields = vec![
        formula("amount", "sum(interns, paid)"),
        formula("share", "ratio(amount, asked, 4)"),
        field("asked", FieldKind::Money),
        field("seen", FieldKind::YesNo),
        field("interns", FieldKind::Rows { fields: columns, max: 9 }),
    ];
    let wage = Param { id: "wage".into(), unit: "fen/month".into(), values: wage };
    (fields, vec![wage])
}

fn ground(params: &[Param], today: Date) -> Ground<'_> {
    static NONE: Entries = Entries::new();
    Ground { registers: &[], entries: &NONE, params, today }
}

fn interns(months: &[i64]) -> FieldValue {
    let row = |it: &i64| Values::from([("months".to_owned(), int(*it))]);
    FieldValue::Rows(months.iter().map(row).collect())
}

#[test]
fn what_follows_is_computed_row_by_row_and_kept() {
    let (fields, params) = claim();
    let mut given = Values::from([("interns".to_owned(), interns(&[12, 16]))]);
    fill_formulas(&fields, &ground(&params, today()), &Values::new(), &mut given).unwrap();
    assert_eq!(given["amount"], int(3_724_000));
    assert!(!given.contains_key("share"), "nothing was asked for yet");
    let FieldValue::Rows(rows) = &given["interns"] else { panic!("rows stay rows") };
    assert_eq!(rows[1]["paid"], int(16 * 133_000));

    // A later year changes nothing that was computed, unless what it stands on is given anew.
    let later = date(2022, 5, 1);
    let mut more = Values::from([("asked".to_owned(), int(7_448_000))]);
    fill_formulas(&fields, &ground(&params, later), &given, &mut more).unwrap();
    assert_eq!(more.keys().collect::<Vec<_>>(), ["asked", "share"]);
    assert_eq!(more["share"], int(5_000));
    let mut again = Values::from([("interns".to_owned(), interns(&[1]))]);
    let before = given.into_iter().chain(more).collect();
    fill_formulas(&fields, &ground(&params, later), &before, &mut again).unwrap();
    assert_eq!(again["amount"], int(140_000));
    assert_eq!(again["share"], int(188));
}

#[test]
fn a_number_too_large_or_a_value_lost_is_refused() {
    let (fields, params) = claim();
    let mut given = Values::from([("interns".to_owned(), interns(&[1, i64::MAX / 2]))]);
    let told =
        fill_formulas(&fields, &ground(&params, today()), &Values::new(), &mut given).unwrap_err();
    assert_eq!((told[0].code, told[0].field.as_str()), ("overflow", "interns[1].paid"));

    let mut before = Values::from([("interns".to_owned(), interns(&[1]))]);
    before.insert("asked".into(), int(133_000));
    let mut given = before.clone();
    fill_formulas(&fields, &ground(&params, today()), &Values::new(), &mut given).unwrap();
    assert_eq!(given["share"], int(10_000));
    let mut nothing = Values::from([("asked".to_owned(), int(0))]);
    let told = fill_formulas(&fields, &ground(&params, today()), &given, &mut nothing).unwrap_err();
    assert_eq!((told[0].code, told[0].field.as_str()), ("zero_denominator", "share"));
}

#[test]
fn a_check_without_a_value_fails() {
    let (fields, params) = claim();
    let checks = [
        check("within", "amount <= asked"),
        check("some", "count(interns) > 0"),
        check("broken", "amount <= seen"),
    ];
    let failing = |form: &Values| -> Vec<String> {
        let failing = failing_checks(&fields, &checks, &ground(&params, today()), form);
        failing.iter().map(|it| it.id.clone()).collect()
    };
    let mut form = Values::from([("interns".to_owned(), interns(&[1]))]);
    assert_eq!(failing(&Values::new()), ["within", "some", "broken"]);
    assert_eq!(failing(&form), ["within", "broken"]);
    form.insert("amount".into(), int(133_000));
    form.insert("asked".into(), int(132_999));
    assert_eq!(failing(&form), ["within", "broken"]);
    form.insert("asked".into(), int(133_000));
    assert_eq!(failing(&form), ["broken"]);
    let (_, faults) = Reckoning::of(&fields, &checks, &[], &params);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn formulas_name_only_what_comes_before() {
    let fields = [
        formula("first", "second + 1"),
        formula("second", "second + first"),
        formula("third", "first * 2"),
        field("own", FieldKind::Money),
    ];
    let (_, faults) = Reckoning::of(&fields, &[], &[], &[]);
    let codes: Vec<_> = faults.iter().map(|(_, it)| it.code).collect();
    assert_eq!(codes, ["computed_later", "computed_later"], "what names a broken one is not told");
}

/// The good pack with a length laid, a length surveyed, and a rule over both.
fn surveyed_pack() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/good");
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    let names = ["pack.toml", "classes.csv", "documents/sheet.md"];
    let mut files = BTreeMap::from(names.map(read));
    let text = String::from_utf8(files["pack.toml"].clone()).expect("UTF-8");
    let text = text.replace("{ field = \"work_done\" }", "{ field = \"work_done\" }, \"checks\"");
    let text = text.replace(
        "[[stage]]\nid = \"seen\"",
        "[[field]]\nid = \"laid\"\ntitle = { zh = \"申报\", en = \"Laid\" }\ntype = \"length\"\n\
         required = true\n\n\
         [[field]]\nid = \"surveyed\"\ntitle = { zh = \"勘测\", en = \"Surveyed\" }\n\
         type = \"length\"\n\n\
         [[field]]\nid = \"off\"\ntitle = { zh = \"差异\", en = \"Off\" }\ntype = \"formula\"\n\
         expr = \"max(surveyed - laid, laid - surveyed)\"\n\n\
         [[check]]\nid = \"near\"\nexpr = \"off <= max(1000, ratio(laid, 100, 0))\"\n\
         message = { zh = \"差异过大\", en = \"Too far off\" }\n\n\
         [[stage]]\nid = \"seen\"",
    );
    files.insert("pack.toml".into(), text.into_bytes());
    Pack::load(&PackFiles { files }).unwrap_or_else(|gaps| panic!("{gaps:#?}"))
}

#[test]
fn a_move_computes_what_follows_and_is_refused_where_a_check_fails() {
    let report = story::run(
        &surveyed_pack(),
        "pack lamp\n\
         start 2021-04-16T09:00\n\
         unit district kind=district\n\
         unit town in=district kind=town does=dispatch_desk\n\
         unit v04 in=town kind=village\n\
         unit firm in=town kind=company\n\
         person inspector@v04\n\
         person dispatcher@town\n\
         person fitter@firm\n\
         \n\
         > inspector@v04 open class=L1 source=patrol place=v04 photo=before\n  \
           refused: form required\n\
         > inspector@v04 open class=L1 source=patrol place=v04 photo=before laid=704800 off=1\n  \
           refused: form computed\n\
         > inspector@v04 open class=L1 source=patrol place=v04 photo=before laid=704800\n  \
           -> seen field:laid=704800 field:off=none\n\
         > dispatcher@town file\n  \
           -> waiting\n\
         > dispatcher@town dispatch unit=firm\n  \
           -> mending\n\
         > fitter@firm declare photo=after@5m work_done=x\n  \
           refused: missing CheckFails\n\
         > fitter@firm declare photo=after@5m work_done=x surveyed=711849\n  \
           refused: missing CheckFails\n\
         > fitter@firm declare photo=after@5m work_done=x surveyed=711848\n  \
           -> looking field:off=7048\n",
    );
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
}
