//! Laws of the expression: nothing panics, what is let through never meets a wrong type, and the
//! values are those of an interpreter so plain that it cannot be wrong.

use bihuan_core::expr::{Expr, NoValue, STEPS_MAX, Schema, Scope, Value};
use bihuan_core::form::{Entries, Field, FieldKind, FieldValue};
use bihuan_core::text::Text;
use jiff::civil::date;
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;

type Values = BTreeMap<String, FieldValue>;

/// A random expression as the plain interpreter knows it.
#[derive(Clone, Debug)]
enum Plain {
    Int(i64),
    /// A field, by number.
    Field(usize),
    /// A column of the row at hand, by number.
    Column(usize),
    Two(&'static str, Box<Plain>, Box<Plain>),
    Negative(Box<Plain>),
    Pick(&'static str, Box<Plain>, Box<Plain>),
    /// Compares two, then chooses one of two.
    If(&'static str, Box<[Plain; 4]>),
    Rows(&'static str, Box<Plain>),
    Count,
    Ratio(Box<Plain>, Box<Plain>, u32),
}

const FIELDS: [&str; 3] = ["a", "b", "c"];
const COLUMNS: [&str; 2] = ["x", "y"];

impl Plain {
    fn text(&self) -> String {
        match self {
            Plain::Int(it) => it.to_string(),
            Plain::Field(it) => FIELDS[*it].into(),
            Plain::Column(it) => format!("t.{}", COLUMNS[*it]),
            Plain::Two(sign, left, right) => format!("({} {sign} {})", left.text(), right.text()),
            Plain::Negative(of) => format!("-({})", of.text()),
            Plain::Pick(word, left, right) => format!("{word}({}, {})", left.text(), right.text()),
            Plain::If(sign, parts) => {
                let [one, other, yes, no] = &**parts;
                let (one, other) = (one.text(), other.text());
                format!("if(not {one} {sign} {other}, {}, {})", no.text(), yes.text())
            }
            Plain::Rows(word, each) => format!("{word}(t, 0 + {})", each.text()),
            Plain::Count => "count(t)".into(),
            Plain::Ratio(over, under, places) => {
                format!("ratio({}, {}, {places})", over.text(), under.text())
            }
        }
    }

    /// `Err` is the code of why there is no value.
    fn value(&self, form: &Form, row: Option<&[i64; 2]>) -> Result<i64, &'static str> {
        let fit = |it: i128| i64::try_from(it).map_err(|_| "overflow");
        let wide = |it: &Plain| it.value(form, row).map(i128::from);
        match self {
            Plain::Int(it) => Ok(*it),
            Plain::Field(it) => form.fields[*it].ok_or("missing_field"),
            Plain::Column(it) => Ok(row.expect("within rows")[*it]),
            Plain::Two("+", left, right) => fit(wide(left)? + wide(right)?),
            Plain::Two("-", left, right) => fit(wide(left)? - wide(right)?),
            Plain::Two(_, left, right) => fit(wide(left)? * wide(right)?),
            Plain::Negative(of) => fit(-wide(of)?),
            Plain::Pick("min", left, right) => fit(wide(left)?.min(wide(right)?)),
            Plain::Pick(_, left, right) => fit(wide(left)?.max(wide(right)?)),
            Plain::If(sign, parts) => {
                let [one, other, yes, no] = &**parts;
                let (one, other) = (wide(one)?, wide(other)?);
                let holds = match *sign {
                    "<" => one < other,
                    "<=" => one <= other,
                    "=" => one == other,
                    "!=" => one != other,
                    ">=" => one >= other,
                    _ => one > other,
                };
                if holds { yes } else { no }.value(form, row)
            }
            Plain::Rows(word, each) => {
                let mut all = Vec::new();
                for row in &form.rows {
                    all.push(i128::from(each.value(form, Some(row))?));
                }
                match *word {
                    "sum" => fit(all.iter().sum()),
                    "min" => fit(all.iter().copied().min().ok_or("no_rows")?),
                    _ => fit(all.iter().copied().max().ok_or("no_rows")?),
                }
            }
            Plain::Count => Ok(form.rows.len() as i64),
            Plain::Ratio(over, under, places) => {
                let (over, under) = (wide(over)?, wide(under)?);
                if under == 0 {
                    return Err("zero_denominator");
                }
                let (over, under) = (over * 10_i128.pow(*places), under);
                let size = (over.abs() * 2 + under.abs()) / (under.abs() * 2);
                fit(if (over < 0) == (under < 0) { size } else { -size })
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Form {
    fields: [Option<i64>; 3],
    rows: Vec<[i64; 2]>,
}

impl Form {
    fn values(&self) -> Values {
        let fields = FIELDS.iter().zip(&self.fields);
        let filled = fields.filter_map(|(id, it)| Some(((*id).into(), FieldValue::Int((*it)?))));
        let row = |row: &[i64; 2]| {
            let cells = COLUMNS.iter().zip(row);
            cells.map(|(id, it)| ((*id).to_owned(), FieldValue::Int(*it))).collect()
        };
        let mut values: Values = filled.collect();
        values.insert("t".into(), FieldValue::Rows(self.rows.iter().map(row).collect()));
        values
    }
}

fn schema() -> Schema {
    let field = |id: &str, kind| Field {
        id: id.into(),
        title: Text::new("项", "item"),
        kind,
        required: false,
        sealed: false,
        help: None,
    };
    let count =
        || FieldKind::Number { unit: "piece".into(), places: 0, min: i64::MIN, max: i64::MAX };
    let columns = COLUMNS.iter().map(|it| field(it, count())).collect();
    let mut fields: Vec<Field> = FIELDS.iter().map(|it| field(it, count())).collect();
    fields.push(field("t", FieldKind::Rows { fields: columns, max: 2_000 }));
    fields.extend([
        field("fen", FieldKind::Money),
        field("mm", FieldKind::Length),
        field("day", FieldKind::Date),
        field("yes", FieldKind::YesNo),
    ]);
    Schema::new(&fields, &[], &[])
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => -20..20_i64,
        2 => any::<i32>().prop_map(i64::from),
        1 => Just(i64::MAX),
        1 => Just(i64::MIN),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    let field = prop_oneof![9 => number().prop_map(Some), 1 => Just(None)];
    let rows = prop::collection::vec([number(), number()], 0..4);
    (prop::array::uniform3(field), rows).prop_map(|(fields, rows)| Form { fields, rows })
}

/// Expressions over fields and, within rows, columns; deep enough to matter, within the limits.
fn plain(in_rows: bool) -> BoxedStrategy<Plain> {
    let fields = (0..3_usize).prop_map(Plain::Field);
    let literals = (0..1_000_000_i64).prop_map(Plain::Int);
    let own = if in_rows {
        (0..2_usize).prop_map(Plain::Column).boxed()
    } else {
        let word = prop::sample::select(vec!["sum", "min", "max"]);
        let rows = (word, plain(true)).prop_map(|(word, of)| Plain::Rows(word, Box::new(of)));
        prop_oneof![3 => rows, 1 => Just(Plain::Count)].boxed()
    };
    let leaf = prop_oneof![fields, literals, own];
    leaf.prop_recursive(3, 12, 4, |of| {
        let boxed = || of.clone().prop_map(Box::new);
        let signs = prop::sample::select(vec!["+", "-", "*"]);
        let words = prop::sample::select(vec!["min", "max"]);
        let orders = prop::sample::select(vec!["<", "<=", "=", "!=", ">=", ">"]);
        let four = prop::array::uniform4(of.clone());
        prop_oneof![
            (signs, boxed(), boxed()).prop_map(|(it, one, other)| Plain::Two(it, one, other)),
            boxed().prop_map(Plain::Negative),
            (words, boxed(), boxed()).prop_map(|(it, one, other)| Plain::Pick(it, one, other)),
            (orders, four).prop_map(|(it, parts)| Plain::If(it, Box::new(parts))),
            (boxed(), boxed()).prop_map(|(one, other)| Plain::Ratio(one, other, 0)),
        ]
    })
    .boxed()
}

/// As [`plain`], and ratios of such with decimal places, which stand beside no count.
fn whole() -> impl Strategy<Value = Plain> {
    let ratio = (plain(false), plain(false), 0..=6_u32);
    let ratio = ratio.prop_map(|(one, other, it)| Plain::Ratio(Box::new(one), Box::new(other), it));
    prop_oneof![2 => plain(false), 1 => ratio]
}

fn value(text: &str, schema: &Schema, form: &Values) -> Result<Value, NoValue> {
    let expr = Expr::read(text, schema).unwrap_or_else(|it| panic!("{text}: {it:#?}"));
    let (entries, steps) = (Entries::new(), Cell::new(STEPS_MAX));
    expr.value(&Scope::new(form, &entries, &[], date(2021, 4, 16), &steps)).map(|it| it.value)
}

/// Scraps of the language, in any order.
fn scraps() -> impl Strategy<Value = String> {
    let scraps = [
        "a",
        "b",
        "t",
        "t.x",
        "x",
        "fen",
        "mm",
        "day",
        "yes",
        "sum(",
        "count(",
        "min(",
        "max(",
        "if(",
        "ratio(",
        "months(",
        "days(",
        "param(",
        "not ",
        " and ",
        " or ",
        "+",
        "-",
        "*",
        "<",
        "<=",
        "=",
        "!=",
        ">",
        "(",
        ")",
        ",",
        ", 2)",
        "1",
        "0",
        "true",
        "false",
        ".",
        "9999999999",
    ];
    prop::collection::vec(prop::sample::select(scraps.to_vec()), 0..24).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), bytes: Vec<u8>) {
        let schema = schema();
        let _ = Expr::read(&text, &schema);
        let _ = Expr::read(&String::from_utf8_lossy(&bytes), &schema);
    }

    #[test]
    fn no_depth_makes_the_reader_panic(
        open in prop::sample::select(vec!["(", "-", "not ", "if(", "sum(t,", "1+", "a and "]),
        deep in 0..2_000_usize,
        tail in "[a-z0-9)(, ]{0,8}",
    ) {
        let _ = Expr::read(&(open.repeat(deep) + &tail), &schema());
    }

    #[test]
    fn what_is_let_through_meets_no_wrong_type(text in scraps(), form in form(), yes: bool) {
        let schema = schema();
        let Ok(expr) = Expr::read(&text, &schema) else { return Ok(()) };
        let mut values = form.values();
        values.insert("yes".into(), FieldValue::Yes(yes));
        values.insert("day".into(), FieldValue::Key("2021-04-16".into()));
        values.extend(["fen", "mm"].map(|it| (it.to_owned(), FieldValue::Int(7))));
        let (entries, steps) = (Entries::new(), Cell::new(STEPS_MAX));
        let scope = Scope::new(&values, &entries, &[], date(2021, 4, 16), &steps);
        let value = expr.value(&scope);
        prop_assert!(!matches!(value, Err(NoValue::WrongType { .. })), "{text}: {value:?}");
    }

    #[test]
    fn values_are_those_of_a_plain_interpreter(plain in whole(), form in form()) {
        let text = plain.text();
        let schema = schema();
        // What outgrows the limits of the language is refused whole.
        if let Err(faults) = Expr::read(&text, &schema) {
            let too = |code: &str| ["too_long", "too_deep", "too_large"].contains(&code);
            prop_assert!(faults.iter().all(|it| too(it.code)), "{text}: {faults:?}");
            return Ok(());
        }
        let wanted = plain.value(&form, None);
        match value(&text, &schema, &form.values()) {
            Ok(Value::Int(it)) => prop_assert_eq!(Ok(it), wanted, "{}", text),
            Ok(other) => prop_assert!(false, "{text}: {other:?}"),
            Err(why) => prop_assert_eq!(Err(why.code()), wanted, "{}", text),
        }
    }
}
