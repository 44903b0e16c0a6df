//! The expression of packs: what clerks reckon with it, what it refuses, and where it has no value.

use bihuan_core::expr::{Expr, Fraction, NoValue, STEPS_MAX, Schema, Scope, Type};
use bihuan_core::expr::{Unit, Value};
use bihuan_core::form::{
    Entries, Entry, Field, FieldKind, FieldValue, Param, ParamValue, Register,
};
use bihuan_core::text::Text;
use bihuan_core::unit::UnitId;
use jiff::civil::{Date, date};
use std::cell::Cell;
use std::collections::BTreeMap;

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

fn number(id: &str, unit: &str) -> Field {
    field(id, FieldKind::Number { unit: unit.into(), places: 0, min: i64::MIN, max: i64::MAX })
}

fn table(id: &str, fields: Vec<Field>) -> Field {
    field(id, FieldKind::Rows { fields, max: 2_000 })
}

/// A form with something of everything.
fn fields() -> Vec<Field> {
    vec![
        number("over", "case"),
        number("under", "case"),
        number("now", "wan_yuan"),
        number("before", "wan_yuan"),
        number("share", "per_mille"),
        field("applied", FieldKind::Money),
        field("declared", FieldKind::Length),
        field("surveyed", FieldKind::Length),
        field("served", FieldKind::Period),
        field("began", FieldKind::Date),
        field("ended", FieldKind::Date),
        field("signed", FieldKind::YesNo),
        field("why", FieldKind::Text { max: 100 }),
        field("base", FieldKind::Register { register: "bases".into() }),
        table(
            "interns",
            vec![field("months", FieldKind::Period), field("retained", FieldKind::YesNo)],
        ),
        table(
            "segments",
            vec![
                field("length", FieldKind::Length),
                field("drawn", FieldKind::Length),
                field("laid", FieldKind::Date),
                field("note", FieldKind::Text { max: 100 }),
            ],
        ),
    ]
}

fn registers() -> Vec<Register> {
    let fields = vec![number("posts", "post"), field("name", FieldKind::Text { max: 100 })];
    vec![Register { id: "bases".into(), title: Text::new("基地", "Bases"), fields }]
}

/// The minimum wage of the first class in the seed's province, by month.
fn params() -> Vec<Param> {
    let value = |from: &str, to: Option<&str>, value| ParamValue {
        from: from.into(),
        to: to.map(Into::into),
        value,
        source: Text::new("通知", "notice"),
    };
    vec![
        Param {
            id: "wage".into(),
            unit: "fen/month".into(),
            values: vec![
                value("2018-10-01", Some("2022-01-01"), 190_000),
                value("2022-01-01", None, 200_000),
            ],
        },
        Param {
            id: "part".into(),
            unit: "per_mille".into(),
            values: vec![value("2019-10-10", None, 700)],
        },
    ]
}

fn schema() -> Schema {
    Schema::new(&fields(), &registers(), &params())
}

fn ints(values: &[(&str, i64)]) -> Values {
    values.iter().map(|(id, it)| ((*id).to_owned(), FieldValue::Int(*it))).collect()
}

fn rows(rows: Vec<Values>) -> FieldValue {
    FieldValue::Rows(rows)
}

fn today() -> Date {
    date(2021, 4, 16)
}

fn entries() -> Entries {
    let entry = Entry {
        title: Text::new("基地", "Base"),
        unit: UnitId::from("t"),
        person: None,
        from: None,
        to: None,
        fields: ints(&[("posts", 6)]),
    };
    let bases = BTreeMap::from([("b01".to_owned(), entry)]);
    BTreeMap::from([("bases".to_owned(), bases)])
}

#[track_caller]
fn read(text: &str) -> Expr {
    Expr::read(text, &schema()).unwrap_or_else(|faults| panic!("{text}: {faults:#?}"))
}

fn value(text: &str, form: &Values) -> Result<Value, NoValue> {
    let (params, entries, steps) = (params(), entries(), Cell::new(STEPS_MAX));
    let scope = Scope::new(form, &entries, &params, today(), &steps);
    read(text).value(&scope).map(|it| it.value)
}

#[track_caller]
fn is(text: &str, form: &Values, wanted: i64) {
    assert_eq!(value(text, form), Ok(Value::Int(wanted)), "{text}");
}

#[track_caller]
fn holds(text: &str, form: &Values, wanted: bool) {
    assert_eq!(value(text, form), Ok(Value::YesNo(wanted)), "{text}");
}

#[track_caller]
fn has_no_value(text: &str, form: &Values, code: &str) {
    let why = value(text, form).expect_err(text);
    assert_eq!(why.code(), code, "{text}: {why}");
}

/// Codes with columns of everything that is wrong.
fn faults(text: &str) -> Vec<(&'static str, u32)> {
    let faults = Expr::read(text, &schema()).expect_err(text);
    for fault in &faults {
        assert!(!fault.what.zh.is_empty() && !fault.what.en.is_empty(), "{fault:?}");
    }
    faults.iter().map(|it| (it.code, it.column)).collect()
}

#[test]
fn an_internship_subsidy_is_person_months_times_a_part_of_the_wage() {
    let intern = |months: i64, retained: bool| {
        let mut row = ints(&[("months", months)]);
        row.insert("retained".into(), FieldValue::Yes(retained));
        row
    };
    // Six persons, 28 person-months.
    let months = [3, 6, 6, 5, 4, 4];
    let interns = months.iter().map(|it| intern(*it, *it == 6)).collect();
    let form = Values::from([("interns".to_owned(), rows(interns))]);
    is("sum(interns, months)", &form, 28);
    // 70 % of 1,900 yuan is 1,330 yuan.
    is("ratio(param(wage) * 70, 100, 0)", &form, 133_000);
    is("ratio(param(wage) * param(part), 1, 0)", &form, 133_000);
    // 28 × 1,330 yuan = 37,240 yuan.
    is("sum(interns, months) * ratio(param(wage) * 70, 100, 0)", &form, 3_724_000);
    is("sum(interns, interns.months * ratio(param(wage) * param(part), 1, 0))", &form, 3_724_000);
    let subsidy = read("sum(interns, months) * ratio(param(wage) * 70, 100, 0)");
    assert_eq!(subsidy.of(), Type::Number(Unit::FEN));
    // Half of them retained would be 110 %; two of six are not.
    let rate = "ratio(sum(interns, if(interns.retained, 1, 0)), count(interns), 3)";
    is(rate, &form, 333);
    is(&format!("if({rate} >= 500, 110, 70)"), &form, 70);
}

#[test]
fn a_param_is_valid_on_its_days_only() {
    let on = |day: &str| Values::from([("began".to_owned(), FieldValue::Key(day.into()))]);
    is("param(wage, began)", &on("2021-12-31"), 190_000);
    is("param(wage, began)", &on("2022-01-01"), 200_000);
    is("param(wage)", &on("2022-01-01"), 190_000);
    has_no_value("param(wage, began)", &on("2018-09-30"), "no_param");
    has_no_value("param(wage, began)", &Values::new(), "missing_field");
}

#[test]
fn a_segment_is_accepted_within_a_metre_or_a_hundredth() {
    let off = "max(surveyed - declared, declared - surveyed)";
    let rule = format!("{off} <= max(1000, ratio(declared, 100, 0))");
    let form = |declared, surveyed| ints(&[("declared", declared), ("surveyed", surveyed)]);
    // 50 m: one metre counts; 704.8 m: 7.048 m.
    holds(&rule, &form(50_000, 51_000), true);
    holds(&rule, &form(50_000, 48_999), false);
    holds(&rule, &form(704_800, 711_848), true);
    holds(&rule, &form(704_800, 711_849), false);
    assert_eq!(read(off).of(), Type::Number(Unit::MM));
}

#[test]
fn the_segments_add_up_to_the_line() {
    // 54 segments: 38,061 m in all.
    let segment = |length: i64| ints(&[("length", length), ("drawn", length - 10)]);
    let mut segments: Vec<Values> = (0..53).map(|_| segment(704_800)).collect();
    segments.push(segment(38_061_000 - 53 * 704_800));
    let mut form = Values::from([("segments".to_owned(), rows(segments))]);
    holds("sum(segments, length) = 38061000 and count(segments) = 54", &form, true);
    is("sum(segments, segments.length - segments.drawn)", &form, 540);
    is("max(segments, length)", &form, 706_600);
    is("min(segments, segments.drawn)", &form, 704_790);
    if let Some(FieldValue::Rows(segments)) = form.get_mut("segments") {
        segments[7].insert("length".into(), FieldValue::Int(704_801));
    }
    holds("sum(segments, length) = 38061000", &form, false);
}

#[test]
fn growth_is_told_with_both_sides_kept() {
    // 32,815 against 29,293.9, in tenths: 12.02 %.
    let form = ints(&[("now", 328_150), ("before", 292_939)]);
    is("ratio(now - before, before, 4)", &form, 1_202);
    let (params, entries, steps) = (params(), entries(), Cell::new(STEPS_MAX));
    let scope = Scope::new(&form, &entries, &params, today(), &steps);
    let outcome = read("ratio(now - before, before, 4)").value(&scope).unwrap();
    let fraction = Fraction { over: 35_211, under: 292_939, places: 4 };
    assert_eq!(outcome.fraction, Some(fraction));
    // Non-tax revenue fell from 5,507.6 to 3,722: −32.42 %.
    is("ratio(now - before, before, 4)", &ints(&[("now", 37_220), ("before", 55_076)]), -3_242);
}

#[test]
fn published_rates_come_out_half_up() {
    for (over, under, places, wanted) in [
        (911, 972, 4, 9_372),
        (737, 972, 4, 7_582),
        (953, 996, 4, 9_568),
        (43, 996, 4, 432),
        (902, 956, 4, 9_435),
        (9, 16, 4, 5_625),
        (64, 114, 4, 5_614),
        (9, 114, 3, 79),
        // Printed once as 62.57, which is cut off and not rounded.
        (311, 497, 4, 6_258),
        (5_894, 5_935, 3, 993),
        (1, 2, 0, 1),
        (-1, 2, 0, -1),
        (1, -2, 0, -1),
        (-1, -2, 0, 1),
        (1, 3, 6, 333_333),
    ] {
        let form = ints(&[("over", over), ("under", under)]);
        is(&format!("ratio(over, under, {places})"), &form, wanted);
    }
}

#[test]
fn a_ratio_to_nothing_has_no_value() {
    let form = ints(&[("over", 3), ("under", 0)]);
    has_no_value("ratio(over, under, 2)", &form, "zero_denominator");
    is("if(under = 0, 0, ratio(over, under, 0))", &form, 0);
}

#[test]
fn what_is_missing_or_too_large_is_told_by_a_code() {
    let form = ints(&[("over", i64::MAX), ("under", 2)]);
    has_no_value("over + 1", &form, "overflow");
    has_no_value("over * under", &form, "overflow");
    has_no_value("-(-over - 1)", &form, "overflow");
    has_no_value("ratio(over, under, 6)", &form, "overflow");
    has_no_value("applied + 1", &form, "missing_field");
    has_no_value("sum(segments, length)", &form, "missing_field");
    let none = Values::from([("segments".to_owned(), rows(Vec::new()))]);
    has_no_value("max(segments, length)", &none, "no_rows");
    is(
        "sum(segments, length) + count(segments) * declared",
        &{
            let mut form = none.clone();
            form.extend(ints(&[("declared", 5)]));
            form
        },
        0,
    );
    let gap = Values::from([("segments".to_owned(), rows(vec![Values::new()]))]);
    has_no_value("sum(segments, length)", &gap, "missing_field");
    // A form that is not as its pack says, by whatever accident.
    let odd = Values::from([("over".to_owned(), FieldValue::Yes(true))]);
    has_no_value("over + 1", &odd, "wrong_type");
    let odd = Values::from([("began".to_owned(), FieldValue::Key("soon".into()))]);
    has_no_value("param(wage, began)", &odd, "wrong_type");
}

#[test]
fn only_what_is_needed_is_looked_at() {
    let mut form = Values::from([("signed".to_owned(), FieldValue::Yes(false))]);
    holds("not signed or applied > 0", &form, true);
    holds("signed and applied > 0", &form, false);
    form.insert("signed".into(), FieldValue::Yes(true));
    has_no_value("not signed or applied > 0", &form, "missing_field");
    is("if(signed, 1, applied)", &form, 1);
}

#[test]
fn signs_bind_as_in_school() {
    let form = ints(&[("over", 2), ("under", 3)]);
    is("over + under * 4", &form, 14);
    is("(over + under) * 4", &form, 20);
    is("10 - over - under", &form, 5);
    is("-over * under", &form, -6);
    is("- -over", &form, 2);
    holds("not over = under and over < under or false", &form, true);
    holds("false and false or true", &form, true);
    holds("true or false and false", &form, true);
    holds("not (over > under) = true", &form, true);
    holds("over + 1 >= under", &form, true);
    holds("over != under", &form, true);
}

#[test]
fn days_and_months_lie_between_two_dates() {
    let form = |from: &str, to: &str| {
        let key = |it: &str| FieldValue::Key(it.into());
        Values::from([("began".to_owned(), key(from)), ("ended".to_owned(), key(to))])
    };
    for (from, to, months, days) in [
        ("2021-01-01", "2021-04-01", 3, 90),
        ("2021-01-02", "2021-04-01", 2, 89),
        ("2021-01-31", "2021-02-28", 1, 28),
        ("2020-02-29", "2021-02-28", 12, 365),
        ("2021-04-01", "2021-01-01", -3, -90),
        ("2021-04-16", "2021-04-16", 0, 0),
    ] {
        is("months(began, ended)", &form(from, to), months);
        is("days(began, ended)", &form(from, to), days);
    }
    holds("began < ended and months(began, ended) <= 12", &form("2021-01-01", "2021-12-31"), true);
    is("months(served)", &ints(&[("served", 11)]), 11);
}

#[test]
fn an_entry_of_a_register_lends_its_fields() {
    let base = |key: &str| Values::from([("base".to_owned(), FieldValue::Key(key.into()))]);
    is("base.posts", &base("b01"), 6);
    has_no_value("base.posts", &base("b02"), "no_entry");
    has_no_value("base.posts", &Values::new(), "missing_field");
    assert_eq!(faults("base.post"), [("unknown_name", 1)]);
    assert_eq!(faults("base.name = base"), [("not_a_value", 1), ("not_a_value", 13)]);
}

#[test]
fn units_do_not_mix() {
    assert_eq!(faults("applied + declared"), [("unit", 9)]);
    assert_eq!(faults("applied <= declared"), [("unit", 9)]);
    assert_eq!(faults("max(applied, served)"), [("unit", 1)]);
    assert_eq!(faults("sum(interns, months) * param(wage) = declared"), [("unit", 36)]);
    assert_eq!(faults("months(declared)"), [("unit", 8)]);
    assert_eq!(faults("share + over"), [("unit", 7)]);
    assert_eq!(read("declared * surveyed > 0").of(), Type::YesNo);
    let power = "declared * declared * declared * declared * declared";
    assert_eq!(faults(power), [("unit", 43)]);
    let area = Expr::formula("declared * surveyed", &schema()).unwrap_err();
    assert_eq!((area[0].code, area[0].what.en.contains("mm × mm")), ("unit", true));
    assert_eq!(Expr::formula("over = under", &schema()).unwrap_err()[0].code, "not_a_number");
    assert_eq!(Expr::rule("over", &schema()).unwrap_err()[0].code, "not_yes_no");
}

#[test]
fn every_slip_is_told_at_once_with_its_column() {
    assert_eq!(
        faults("aplied + sum(segment, length) > why and over"),
        [("unknown_name", 1), ("unknown_name", 14), ("not_a_value", 33), ("not_yes_no", 41)]
    );
    let told = Expr::read("aplied + 1", &schema()).unwrap_err();
    assert!(told[0].what.en.contains("did you mean `applied`"), "{told:?}");
    for (text, wanted) in [
        ("over + signed", ("not_a_number", 8)),
        ("not over", ("not_yes_no", 5)),
        ("if(over, 1, 2)", ("not_yes_no", 4)),
        ("if(signed, 1, began)", ("types_differ", 1)),
        ("signed < signed", ("types_differ", 8)),
        ("began + 1 > 2", ("not_a_number", 1)),
        ("segments + 1", ("not_a_value", 1)),
        ("segments.length", ("no_row", 1)),
        ("over.length", ("not_a_value", 1)),
        ("sum(over, over)", ("not_a_table", 5)),
        ("sum(1, over)", ("not_a_table", 5)),
        ("sum(segments, lenght)", ("unknown_name", 15)),
        ("sum(segments, note)", ("not_a_value", 15)),
        ("sum(segments, laid)", ("not_a_number", 15)),
        ("sum(segments, sum(interns, months))", ("rows_in_rows", 19)),
        ("sum(segments)", ("wrong_count", 1)),
        ("ratio(1, 2, over)", ("bad_places", 13)),
        ("ratio(1, 2, 7)", ("bad_places", 13)),
        ("param(wages)", ("unknown_name", 7)),
        ("param(1)", ("not_a_param", 7)),
        ("param(wage, over)", ("not_a_date", 13)),
        ("days(began, served)", ("not_a_date", 13)),
    ] {
        assert_eq!(faults(text), [wanted], "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_told_where() {
    for (text, wanted) in [
        ("", ("empty", 1)),
        (" \n", ("empty", 1)),
        ("over +", ("syntax", 7)),
        ("(over", ("syntax", 6)),
        ("over under", ("syntax", 6)),
        ("over / under", ("syntax", 6)),
        ("over == under", ("syntax", 7)),
        ("over = '3'", ("syntax", 8)),
        ("1.5 * over", ("syntax", 2)),
        ("1 < over < 3", ("syntax", 10)),
        ("and over", ("syntax", 1)),
        ("exec(over)", ("syntax", 1)),
        ("sum()", ("syntax", 5)),
        ("over.", ("syntax", 6)),
        ("长度 + 1", ("syntax", 1)),
        ("over + （1）", ("syntax", 8)),
        ("9223372036854775808", ("number_too_large", 1)),
    ] {
        assert_eq!(faults(text), [wanted], "{text}");
    }
}

#[test]
fn length_depth_size_and_steps_have_limits() {
    let nested = |deep: usize| format!("{}1{}", "(".repeat(deep), ")".repeat(deep));
    read(&nested(16));
    assert_eq!(faults(&nested(17)), [("too_deep", 17)]);
    assert_eq!(faults(&format!("{}1", "-".repeat(17))), [("too_deep", 17)]);
    assert_eq!(faults(&"not ".repeat(17))[0].0, "too_deep");
    let chain = |parts: usize| vec!["1"; parts].join("+");
    read(&chain(128));
    assert_eq!(faults(&chain(129))[0].0, "too_large");
    assert_eq!(faults(&" ".repeat(2_001))[0].0, "empty");
    assert_eq!(faults(&format!("1{}", " ".repeat(2_000))), [("too_long", 1)]);
    // 100 values a row, in many rows, several times.
    let row = vec!["segments.length"; 60].join("+");
    let text = format!("sum(segments, {row})");
    let segment = ints(&[("length", 1)]);
    let form = |count| Values::from([("segments".to_owned(), rows(vec![segment.clone(); count]))]);
    is(&text, &form(2_000), 120_000);
    has_no_value(&text, &form(20_000), "too_many_steps");
}
