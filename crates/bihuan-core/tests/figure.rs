//! Figures to the printed digit: what real bulletins published, the laws of rounding, periods and
//! round words, and the question in words.

use bihuan_core::figure::{
    Cut, Cycles, Exact, Period, Published, Question, Sealing, Unworded, holds_in_words, in_words,
    published, query, rounded, sides, told_as, value, written,
};
use bihuan_core::pack::{Against, Figure, Gap, Pack, PackFiles};
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, ZONE_DEFAULT};
use jiff::civil::date;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

fn load(figures: &str) -> Result<Pack, Vec<Gap>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/good");
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv", "documents/sheet.md"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    }
    files.get_mut("pack.toml").expect("it is there").extend_from_slice(figures.as_bytes());
    Pack::load(&PackFiles { files })
}

fn pack(figures: &str) -> Pack {
    load(figures).unwrap_or_else(|gaps| {
        let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
        panic!("{}", gaps.join("\n"))
    })
}

/// The codes of what is wrong with a figure.
fn faults(rest: &str) -> Vec<&'static str> {
    let other = figure("other", "count = \"opened\"\n");
    let gaps = load(&[other, figure("wrong", rest)].concat()).err().unwrap_or_default();
    assert!(gaps.iter().all(|it| !it.what.zh.is_empty() && !it.what.en.is_empty()), "{gaps:?}");
    gaps.iter().map(|it| it.code).collect()
}

fn figure(id: &str, rest: &str) -> String {
    format!("\n[[figure]]\nid = \"{id}\"\ntitle = {{ zh = \"{id}\", en = \"{id}\" }}\n{rest}\n")
}

/// The figure of a pack with these values for its sides.
fn told(pack: &Pack, id: &str, values: &[i64]) -> (String, Exact) {
    let figure = find(pack, id);
    let sides = sides(pack, figure);
    assert_eq!(sides.len(), values.len(), "{sides:?}");
    let sides: Vec<_> = sides.into_iter().zip(values).map(|(it, no)| (it, Some(*no), 1)).collect();
    let value = value(figure, &sides);
    (told_as(pack, figure, &value).zh, value)
}

fn find<'p>(pack: &'p Pack, id: &str) -> &'p Figure {
    pack.figures.iter().find(|it| it.id == id).expect("it is there")
}

fn rates() -> Pack {
    let rate = |places: u8| format!("count = \"cleared\"\nper = \"due\"\nplaces = {places}");
    pack(&[figure("two", &rate(2)), figure("one", &rate(1))].concat())
}

#[test]
fn what_real_bulletins_published_comes_out_to_the_printed_digit() {
    let pack = rates();
    for (over, under, id, said) in [
        // Filed 996, due 972, closed 911, on time 737.
        (911, 972, "two", "93.72%"),
        (737, 972, "two", "75.82%"),
        // Found on patrol 953, by the public 43.
        (953, 996, "two", "95.68%"),
        (43, 996, "two", "4.32%"),
        // Events, then parts.
        (902, 956, "two", "94.35%"),
        (9, 16, "two", "56.25%"),
        // 114 villages: 64 at 90 and more, 9 below 80.
        (64, 114, "two", "56.14%"),
        (9, 114, "one", "7.9%"),
        // Disputes of three quarters.
        (5_894, 5_935, "one", "99.3%"),
        // A bulletin printed 62.57.
        (311, 497, "two", "62.58%"),
        (0, 0, "two", "—"),
        (3, 0, "two", "—"),
    ] {
        assert_eq!(told(&pack, id, &[over, under]).0, said, "{over} of {under}");
    }
}

#[test]
fn a_published_figure_that_was_cut_off_is_told_from_one_that_was_rounded() {
    assert_eq!(published(311, 497, "62.57"), Published::Truncated);
    assert_eq!(published(311, 497, "62.58 %"), Published::Rounded);
    assert_eq!(published(311, 497, "62.6"), Published::Rounded);
    assert_eq!(published(311, 497, "62.59"), Published::Wrong);
    assert_eq!(published(737, 972, "75.82"), Published::Rounded, "both ways lead there");
    assert_eq!(published(1, 0, "100"), Published::NoValue);
    assert_eq!(published(311, 497, "sixty"), Published::Wrong);
}

#[test]
fn growth_share_and_points_keep_their_numbers_and_their_names() {
    let pack = pack(
        &[
            figure("now", "count = \"opened\""),
            figure("spot", "count = \"fixed_on_spot\""),
            figure("grown", "growth = \"now\"\nplaces = 2"),
            figure("part", "share = \"spot\"\nwhole = \"now\"\nplaces = 2"),
            figure("rate", "count = \"cleared\"\nper = \"due\"\nplaces = 2"),
            figure("gap", "above = \"part\"\nbase = \"rate\"\nplaces = 2"),
            figure("gain", "above = \"grown\"\nbase = \"rate\"\nplaces = 2"),
        ]
        .concat(),
    );
    let (said, exact) = told(&pack, "grown", &[32_815, 29_294]);
    assert_eq!((said.as_str(), exact), ("12.02%", Exact::Ratio { over: 3_521, under: 29_294 }));
    assert_eq!(told(&pack, "grown", &[5, 0]).0, "—", "nothing grows from nothing");
    assert_eq!(told(&pack, "grown", &[3_722, 5_508]).0, "-32.43%");
    assert_eq!(told(&pack, "part", &[29_093, 32_815]).0, "88.66%");
    // 88.657… − 81.200…, rounded once.
    let (said, exact) = told(&pack, "gap", &[29_093, 32_815, 23_786, 29_293]);
    assert_eq!(said, "7.46个百分点");
    assert!(matches!(exact, Exact::Difference { over: 29_093, base_under: 29_293, .. }));
    assert_eq!(told(&pack, "gain", &[120, 100, 1, 10]).0, "10.00个百分点");
    let en = told_as(&pack, find(&pack, "gap"), &exact).en;
    assert_eq!(en, "7.46 percentage points", "never per cent");
}

#[test]
fn round_words_hold_within_their_step_alone() {
    let words = "wording = { step = 100, words = { zh = \"{n}余条\", en = \"more than {n}\" } }";
    let pack = pack(&figure("closed", &format!("count = \"cleared\"\n{words}")));
    let closed = find(&pack, "closed");
    let said = |it: i64| in_words(&pack, closed, &Exact::Whole(it)).map(|it| it.zh);
    assert_eq!(said(4_000).as_deref(), Ok("4000余条"));
    assert_eq!(said(4_099).as_deref(), Ok("4000余条"));
    assert_eq!(said(4_100).as_deref(), Ok("4100余条"));
    assert_eq!(said(99), Err(Unworded::BelowStep));
    assert_eq!(said(0), Err(Unworded::BelowStep));
    let holds = |it: i64, words: &str| holds_in_words(&pack, closed, &Exact::Whole(it), words);
    assert_eq!(holds(4_050, "4000"), Ok(()));
    assert_eq!(holds(4_150, "4000"), Err(Unworded::NotInStep), "150 too many for `4000余`");
    assert_eq!(holds(3_999, "4000"), Err(Unworded::NotInStep), "never rounded up");
    let rate = find(&pack, "on_time_rate");
    let exact = Exact::Ratio { over: 1, under: 2 };
    assert_eq!(in_words(&pack, rate, &exact), Err(Unworded::NoWording));
}

#[test]
fn a_figure_compares_like_with_like_and_rests_on_no_circle() {
    for right in [
        "count = \"cleared\"\nper = \"due\"",
        "sum = \"points_deducted\"\nper = \"points\"",
        "average = \"declared\"\nunit = \"day\"",
        "distinct = \"unit\"\nof = \"fen_deducted\"",
        "growth = \"other\"\nagainst = \"period\"",
        "share = \"other\"\nwhole = \"other\"",
        "sum = \"fen\"\nunit = \"wan_yuan\"",
    ] {
        assert!(faults(right).is_empty(), "{right}");
    }
    for (wrong, codes) in [
        ("count = \"cleared\"\nper = \"points\"", vec!["figure_unlike"]),
        ("count = \"points\"\nper = \"points:nobody\"", vec!["unknown_name"]),
        ("count = \"cleared\"\nsum = \"fen\"", vec!["figure_formula"]),
        ("places = 2", vec!["figure_formula"]),
        ("count = \"cleaned\"", vec!["bad_word"]),
        ("count = \"register:a/b/c\"", vec!["bad_word"]),
        ("count = \"cleared\"\nunit = \"km\"", vec!["figure_unlike"]),
        ("sum = \"returned\"", vec!["figure_unlike"]),
        ("growth = \"nothing\"", vec!["unknown_name"]),
        ("growth = \"on_time_rate\"", vec!["figure_unlike"]),
        ("growth = \"wrong\"", vec!["figure_circle", "figure_unlike"]),
        ("above = \"on_time_rate\"", vec!["missing_key"]),
        ("above = \"on_time_rate\"\nbase = \"other\"", vec!["figure_unlike"]),
        ("sum = \"field:work_done\"", vec!["figure_unlike"]),
        ("count = \"role:nobody\"", vec!["unknown_name"]),
        (
            "count = \"cleared\"\nwording = { step = 9, words = { zh = \"余\", en = \"{n}\" } }",
            vec!["bad_value"],
        ),
    ] {
        let mut told = faults(wrong);
        told.sort_unstable();
        assert_eq!(told, codes, "{wrong}");
    }
}

#[test]
fn a_statistical_month_is_what_the_realm_says() {
    let plain = Cycles::plain(ZONE_DEFAULT);
    let days = |it: &Period| (it.first.to_string(), it.last.to_string());
    let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    let named = |cycles: &Cycles, name: &str| days(&cycles.period(name).expect(name));
    assert_eq!(named(&plain, "2021-02"), pair("2021-02-01", "2021-02-28"));
    assert_eq!(named(&plain, "2021-04-16"), pair("2021-04-16", "2021-04-16"));
    assert_eq!(named(&plain, "2021-W15"), pair("2021-04-12", "2021-04-18"));
    assert_eq!(named(&plain, "2021-Q2"), pair("2021-04-01", "2021-06-30"));
    assert_eq!(named(&plain, "2021-H2"), pair("2021-07-01", "2021-12-31"));
    assert_eq!(named(&plain, "2021"), pair("2021-01-01", "2021-12-31"));
    let from_21 = Cycles::of(ZONE_DEFAULT, Some("21"), Some("spring=2021-03-01/2021-04-16"));
    assert_eq!(named(&from_21, "2019-05"), pair("2019-04-21", "2019-05-20"));
    assert_eq!(named(&from_21, "2019-01"), pair("2018-12-21", "2019-01-20"));
    assert_eq!(named(&from_21, "spring"), pair("2021-03-01", "2021-04-16"));
    let odd =
        ["", "2021-13", "2021-Q5", "2021-W60", "2021-2", "21-02", "2021-é", "x", "2021-02-30"];
    for odd in odd {
        assert_eq!(plain.period(odd), None, "{odd}");
    }
    let before = |cycles: &Cycles, name: &str, against| {
        let period = cycles.period(name).expect(name);
        days(&cycles.before(&period, against).expect("a period"))
    };
    let (year, period) = (Against::Year, Against::Period);
    assert_eq!(before(&plain, "2021-02", year), pair("2020-02-01", "2020-02-29"));
    assert_eq!(before(&plain, "2021-03", period), pair("2021-02-01", "2021-02-28"));
    assert_eq!(before(&from_21, "2019-05", period), pair("2019-03-21", "2019-04-20"));
    assert_eq!(before(&plain, "2020-02-29", year), pair("2019-02-28", "2019-02-28"));
    assert_eq!(before(&from_21, "spring", period), pair("2021-01-13", "2021-02-28"));
    let odd = [Some("0"), Some("29"), Some("x"), None];
    assert!(odd.iter().all(|it| Cycles::of(ZONE_DEFAULT, *it, None) == plain));
}

#[test]
fn the_question_is_told_in_words_and_sealed_with_its_records() {
    let pack = rates();
    let cycles = Cycles::plain(ZONE_DEFAULT);
    let period = cycles.period("2021-04").expect("a month");
    let village = Text::new("一村", "Village One");
    let group = Some(("unit", "v01", &village));
    let question = Question { pack: &pack, period: &period, as_of: 1_234, group };
    let two = find(&pack, "two");
    let words = query(&question, two);
    assert!(words.zh.contains("2021-04-01至2021-04-30（含首尾两日）"), "{}", words.zh);
    assert!(words.zh.contains("销号的事项的个数÷时限在期内的事项的个数"), "{}", words.zh);
    assert!(words.zh.contains("仅“一村”") && words.zh.contains("截至第1234条"), "{}", words.zh);
    assert!(words.en.contains("of Village One alone; as of entry 1234"), "{}", words.en);
    let exact = Exact::Ratio { over: 1, under: 2 };
    let sealed = |question: &Question<'_>, contribution: i64| {
        let mut sealing = Sealing::begin(question, "two", &exact);
        sealing.side("over", &period);
        sealing.record(7, "m", contribution);
        sealing.done()
    };
    let digest = sealed(&question, 1);
    assert_eq!(digest.len(), 64);
    assert_eq!(digest, sealed(&question, 1), "the same again");
    assert_ne!(digest, sealed(&question, 2));
    assert_ne!(digest, sealed(&Question { as_of: 1_235, ..question }, 1));
    assert_ne!(digest, sealed(&Question { group: None, ..question }, 1));
}

proptest! {
    #[test]
    fn rounding_is_that_of_the_schoolbook(over in -1_000_000_000_000_i64..1_000_000_000_000,
                                          under in 1_i64..1_000_000_000, places in 0_u8..5) {
        let exact = Exact::Ratio { over, under };
        let got = exact.at((100, 1), places).expect("a value");
        // |got / 10^places − 100·over/under| ≤ half of the last place, and a half goes outwards.
        let scale = 10_i128.pow(u32::from(places));
        let (wide, under) = (i128::from(over) * 100 * scale, i128::from(under));
        let off = got * under - wide;
        prop_assert!(2 * off.abs() <= under);
        if 2 * off.abs() == under {
            prop_assert!(off.signum() == i128::from(over.signum()));
        }
        let (plus, minus) = (i128::from(over), -i128::from(over));
        prop_assert_eq!(rounded(minus, under), rounded(plus, under).map(|it| -it));
        let text = written(got, places);
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        prop_assert_eq!(digits.parse::<i128>().expect("digits"), got.abs());
    }

    #[test]
    fn parts_of_a_period_meet_without_gap_or_overlap(from in 0_i64..8_000, long in 0_i64..400,
                                                     month_from in 1_u8..=28) {
        let cycles = Cycles { month_from, ..Cycles::plain(ZONE_DEFAULT) };
        let first = date(2010, 1, 1).saturating_add(jiff::Span::new().days(from));
        let period = cycles.days(first, first.saturating_add(jiff::Span::new().days(long)))
            .expect("a period");
        for cut in [Cut::Day, Cut::Week, Cut::Month] {
            let parts = cycles.cut(&period, cut);
            prop_assert_eq!(parts[0].from, period.from);
            prop_assert_eq!(parts[parts.len() - 1].to, period.to);
            prop_assert!(parts.windows(2).all(|it| it[0].to == it[1].from));
            // A part in the middle is the whole day, week or month of that name.
            for part in parts.iter().skip(1).rev().skip(1) {
                let whole = cycles.period(&part.name).expect("its name");
                prop_assert_eq!((whole.from, whole.to), (part.from, part.to));
            }
        }
        prop_assert_eq!(period.to.0 - period.from.0, (long + 1) * DAY_MS);
    }

    #[test]
    fn any_name_of_a_period_is_read_or_refused(name in "\\PC{0,12}") {
        let _ = Cycles::plain(ZONE_DEFAULT).period(&name);
    }

    #[test]
    fn round_words_never_say_more_than_there_is(value in 0_i64..1_000_000, step in 1_u32..5_000) {
        let words = "words = { zh = \"{n}\", en = \"{n}\" }";
        let words = format!("count = \"cleared\"\nwording = {{ step = {step}, {words} }}");
        let pack = pack(&figure("closed", &words));
        if let Ok(said) = in_words(&pack, find(&pack, "closed"), &Exact::Whole(value)) {
            let said: i64 = said.zh.parse().expect("a number");
            prop_assert!(said <= value && value < said + i64::from(step));
            prop_assert_eq!(said % i64::from(step), 0);
        } else {
            prop_assert!(value < i64::from(step));
        }
    }
}
