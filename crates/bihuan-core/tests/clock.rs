//! Deadlines as a dispatcher, a petition clerk and an auditor meet them.

use bihuan_core::clock::*;
use bihuan_core::text::{Lang, Text};
use bihuan_core::time::{INSTANT_MAX, Instant, ZONE_DEFAULT, date_of_day, day_of_date};
use jiff::civil::{Date, date};

const ZONE: bihuan_core::time::Zone = ZONE_DEFAULT;

fn at(text: &str) -> Instant {
    let text = if text.len() == 10 { format!("{text} 10:00") } else { text.to_owned() };
    ZONE.instant(text.parse().expect("a civil time"))
}

fn shown(at: Instant) -> String {
    ZONE.civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

fn rule() -> RuleRef {
    RuleRef::Class { code: "0101".into(), rev: 1 }
}

fn due_in(calendar: &Calendar, start: &str, within: &str) -> Due {
    let within = within.parse().expect("a limit");
    due(calendar, ZONE, at(start), within, RestDay::Roll, rule())
}

fn check(start: &str, within: &str, deadline: &str) -> Due {
    let due = due_in(&Calendar::builtin(), start, within);
    let expected = if deadline.len() == 10 { format!("{deadline} 18:00") } else { deadline.into() };
    assert_eq!(shown(due.at), expected, "{start} {within}");
    assert!(!due.provisional);
    due
}

fn words(due: &Due, lang: Lang) -> Vec<String> {
    due.because.iter().map(|it| it.text(lang)).collect()
}

fn name(zh: &str, en: &str) -> Text {
    Text::new(zh, en)
}

#[test]
fn the_vectors_of_2021() {
    check("2021-04-16 11:00", "2 work_hour", "2021-04-16 15:30");
    check("2021-04-16 17:30", "5 work_hour", "2021-04-19 15:30");
    check("2021-04-30 17:00", "4 work_hour", "2021-05-06 11:30");
    check("2021-05-01 09:00", "4 work_hour", "2021-05-06 15:00");
    check("2021-05-01 09:00", "4 urgent_hour", "2021-05-01 13:00");
    let limits = [1, 2, 5, 10, 15, 30];
    let from_16 = ["04-19", "04-20", "04-23", "04-29", "05-10", "05-31"];
    let from_29 = ["04-30", "05-06", "05-10", "05-17", "05-24", "06-15"];
    for ((limit, a), b) in limits.iter().zip(from_16).zip(from_29) {
        check("2021-04-16", &format!("{limit} work_day"), &format!("2021-{a}"));
        check("2021-04-29", &format!("{limit} work_day"), &format!("2021-{b}"));
    }
    check("2021-04-16", "15 natural_day", "2021-05-06");
    check("2021-03-04", "60 natural_day", "2021-05-06");
}

#[test]
fn the_first_day_is_not_counted_and_the_last_may_move_or_stay() {
    // Rule 1: received on a Friday, one calendar day is Saturday, which moves to Monday.
    check("2021-04-16 09:00", "1 natural_day", "2021-04-19");
    let calendar = Calendar::builtin();
    let one = Within::NaturalDays(1);
    let stay = due(&calendar, ZONE, at("2021-04-16 09:00"), one, RestDay::Stay, rule());
    assert_eq!(shown(stay.at), "2021-04-17 18:00");
    assert!(stay.because.contains(&Step::Stayed(date(2021, 4, 17))));
    // A make-up Saturday is no rest day: 2021-05-08 holds the deadline.
    check("2021-05-07 09:00", "1 natural_day", "2021-05-08");
    check("2021-05-07 09:00", "1 work_day", "2021-05-08");
    // Late in the evening is still the first day.
    check("2021-04-19 23:59", "1 work_day", "2021-04-20");
}

#[test]
fn the_last_day_ends_at_closing_or_at_midnight() {
    let midnight = Calendar::builtin().amended(|it| it.day_ends = DayEnds::Midnight).unwrap();
    let due = due_in(&midnight, "2021-04-16", "1 work_day");
    assert_eq!(shown(due.at), "2021-04-20 00:00");
    assert_eq!(due.date(ZONE), date(2021, 4, 19));
    assert_eq!(words(&due, Lang::En).last().unwrap(), "ends 2021-04-19 24:00");
    let longer = extend(&midnight, ZONE, &due, Within::WorkDays(1));
    assert_eq!(longer.date(ZONE), date(2021, 4, 20), "midnight belongs to the day before it");
}

#[test]
fn every_day_of_23_years_agrees_with_an_independent_table() {
    let calendar = Calendar::builtin();
    let mut days = 0;
    for line in include_str!("data/workdays.txt").lines().filter(|it| !it.starts_with('#')) {
        let (year, digits) = line.split_once(' ').unwrap();
        let first = day_of_date(date(year.parse().unwrap(), 1, 1));
        for (day, digit) in (first..).zip(digits.chars()) {
            let date = date_of_day(day);
            assert_eq!(calendar.is_working_day(date), digit == '1', "{date}");
            assert!(!calendar.day(date).uncovered, "{date}");
            days += 1;
        }
        assert_eq!(date_of_day(first + digits.len() as i64).to_string(), next_year(year));
    }
    assert_eq!(days, 8_401);
    let working = |year| {
        let days = day_of_date(date(year, 1, 1))..day_of_date(date(year + 1, 1, 1));
        days.filter(|it| calendar.is_working_day(date_of_day(*it))).count()
    };
    assert_eq!((working(2021), working(2026)), (250, 248));
}

fn next_year(year: &str) -> String {
    format!("{}-01-01", year.parse::<i16>().expect("a year") + 1)
}

#[test]
fn days_have_their_kind_and_name() {
    let calendar = Calendar::builtin();
    let kind = |month, day| calendar.day(date(2021, month, day)).kind;
    assert_eq!(kind(4, 16), DayKind::Working);
    assert_eq!(kind(4, 17), DayKind::Weekend);
    assert_eq!(kind(5, 1), DayKind::Holiday(name("劳动节", "Labour Day")));
    assert_eq!(kind(5, 8), DayKind::MakeUp(name("劳动节", "Labour Day")));
}

#[test]
fn a_year_without_table_is_never_plain_weekends() {
    let calendar = Calendar::builtin();
    assert!(calendar.covers(2026) && !calendar.covers(2027) && !calendar.covers(2003));
    assert!(calendar.day(date(2027, 1, 4)).uncovered);
    let firm = due_in(&calendar, "2026-12-25", "4 work_day");
    assert_eq!((shown(firm.at).as_str(), firm.provisional), ("2026-12-31 18:00", false));
    let due = due_in(&calendar, "2026-12-25", "5 work_day");
    assert!(due.provisional);
    assert!(due.because.contains(&Step::Uncovered { first: 2027, last: 2027 }));
    assert!(words(&due, Lang::Zh).contains(&"2027年放假安排尚未录入，期限为暂定".to_owned()));
    assert!(due_in(&calendar, "2026-12-31 17:00", "2 work_hour").provisional);
    assert!(due_in(&calendar, "2026-12-30", "10 natural_day").provisional);
    // What no table could change is certain: hours by the clock on the wall.
    assert!(!due_in(&calendar, "2026-12-31 17:00", "20 urgent_hour").provisional);
    let text = include_str!("../data/calendar/2026.toml").replace("2026", "2027");
    let covered = YearTable::read(&text);
    assert!(covered.is_err(), "make-up days of another year fall on working days");
}

#[test]
fn an_imported_year_makes_the_deadline_firm() {
    let text = "year = 2027\nsource = \"test\"\nmake_up = []\nholidays = [\n\
                { first = \"2027-01-01\", last = \"2027-01-03\", zh = \"元旦\", en = \"NY\" }]\n";
    let table = YearTable::read(text).unwrap();
    let calendar = Calendar::builtin().amended(|it| {
        it.rev += 1;
        it.years.push(table.clone());
    });
    let calendar = calendar.unwrap();
    assert_eq!(calendar.rev(), 2);
    let due = due_in(&calendar, "2026-12-31", "1 work_day");
    assert_eq!((shown(due.at).as_str(), due.provisional), ("2027-01-04 18:00", false));
    let twice = calendar.amended(|it| it.years.push(table));
    assert_eq!(twice, Err(CalendarError::YearTwice(2027)));
}

#[test]
fn the_explanation_reads_in_both_languages() {
    let due = check("2021-04-30 19:00", "3 work_day", "2021-05-08");
    assert_eq!(
        words(&due, Lang::Zh),
        [
            "自2021-04-30 19:00起算",
            "时限3个工作日，当日不计",
            "2021-05-01至2021-05-05劳动节放假，不计",
            "2021-05-08调休上班（劳动节），计入",
            "2021-05-08 18:00截止",
        ]
    );
    let due = check("2021-05-01 09:00", "4 work_hour", "2021-05-06 15:00");
    assert_eq!(
        words(&due, Lang::En),
        [
            "runs from 2021-05-01 09:00",
            "limit 4 working hours",
            "waited for opening at 2021-05-06 08:30",
            "2021-05-01 to 2021-05-05 not counted: Labour Day",
        ]
    );
    let due = check("2021-04-16", "15 natural_day", "2021-05-06");
    let rolled = "最后一日2021-05-01为休息日，顺延至2021-05-06".to_owned();
    assert!(words(&due, Lang::Zh).contains(&rolled));
}

#[test]
fn a_long_explanation_stays_short() {
    let due = due_in(&Calendar::builtin(), "2010-01-04", "3660 work_day");
    assert!(due.because.len() <= STEPS_MAX, "{}", due.because.len());
    let others = |it: &Step| matches!(it, Step::Others { weekend_days, .. } if *weekend_days > 999);
    assert!(due.because.iter().any(others));
    let mut due = check("2021-01-04", "5 work_day", "2021-01-11");
    for _ in 0..40 {
        due = extend(&Calendar::builtin(), ZONE, &due, Within::WorkDays(20));
    }
    assert_eq!(due.because.len(), STEPS_MAX);
    assert!(matches!(due.because[..2], [Step::Start(_), Step::Limit(_)]));
}

#[test]
fn a_suspended_clock_keeps_what_was_left() {
    let calendar = Calendar::builtin();
    let paused = |due: &Due, within: &str, from: &str, to: &str| {
        shift(&calendar, ZONE, due, within.parse().unwrap(), at(from), at(to))
    };
    // Five working hours from Friday 17:30; two of them left when it stands still on Monday.
    let due = check("2021-04-16 17:30", "5 work_hour", "2021-04-19 15:30");
    let later = paused(&due, "5 work_hour", "2021-04-19 11:00", "2021-04-20 09:00");
    assert_eq!(shown(later.at), "2021-04-20 11:00");
    let left = "2021-04-19 11:00至2021-04-20 09:00暂停计时，余2个工作时0分".to_owned();
    assert!(words(&later, Lang::Zh).contains(&left));
    // Five working days, three left on Tuesday; back on the Friday before the holiday.
    let due = check("2021-04-16", "5 work_day", "2021-04-23");
    let later = paused(&due, "5 work_day", "2021-04-20 15:00", "2021-04-30 09:00");
    assert_eq!(shown(later.at), "2021-05-08 18:00");
    // Suspended on the last day: it ends on the day of return, or on the next when after hours.
    let back = |to| shown(paused(&due, "5 work_day", "2021-04-23 09:00", to).at);
    assert_eq!(back("2021-04-28 09:00"), "2021-04-28 18:00");
    assert_eq!(back("2021-04-30 18:00"), "2021-05-06 18:00");
    // Urgent hours and calendar days.
    let due = check("2021-05-01 09:00", "4 urgent_hour", "2021-05-01 13:00");
    let later = paused(&due, "4 urgent_hour", "2021-05-01 10:00", "2021-05-02 10:00");
    assert_eq!(shown(later.at), "2021-05-02 13:00");
    let due = check("2021-04-16", "5 natural_day", "2021-04-21");
    let later = paused(&due, "5 natural_day", "2021-04-19", "2021-04-29");
    assert_eq!(shown(later.at), "2021-05-06 18:00", "2021-05-01 rolls");
}

#[test]
fn a_clock_that_had_run_out_or_never_stood_is_not_moved() {
    let calendar = Calendar::builtin();
    let due = check("2021-04-16", "5 work_day", "2021-04-23");
    let five = Within::WorkDays(5);
    for (from, to) in [
        ("2021-04-23 18:00", "2021-04-30 18:00"),
        ("2021-04-26 09:00", "2021-04-30 18:00"),
        ("2021-04-20 09:00", "2021-04-20 09:00"),
        ("2021-04-20 09:00", "2021-04-19 09:00"),
    ] {
        assert_eq!(shift(&calendar, ZONE, &due, five, at(from), at(to)), due);
    }
}

#[test]
fn an_extension_counts_from_the_deadline() {
    let calendar = Calendar::builtin();
    let due = check("2021-04-16", "5 work_day", "2021-04-23");
    let longer = extend(&calendar, ZONE, &due, Within::WorkDays(5));
    assert_eq!(shown(longer.at), "2021-04-29 18:00", "Sunday 25 April works");
    let told = "extended from 2021-04-23 18:00 by 5 working days".to_owned();
    assert!(words(&longer, Lang::En).contains(&told));
    assert_eq!(longer.rule, due.rule);
    let hours = extend(&calendar, ZONE, &due, Within::WorkHours(1));
    assert_eq!(shown(hours.at), "2021-04-25 09:30");
}

#[test]
fn an_order_for_today_keeps_its_time_when_it_stands_still() {
    let calendar = Calendar::builtin();
    let ordered = RuleRef::Ordered { by: "leader".into(), reason: "inspection".into() };
    let due = Due::fixed(ZONE, at("2021-04-16 12:00"), Unit::WorkDay, ordered);
    let one = Within::WorkDays(1);
    let shift = |to| shown(shift(&calendar, ZONE, &due, one, at("2021-04-16 09:00"), at(to)).at);
    assert_eq!(shift("2021-04-16 11:00"), "2021-04-16 12:00");
    assert_eq!(shift("2021-04-16 13:00"), "2021-04-19 12:00", "too late for noon today");
    assert_eq!(shift("2021-04-19 09:00"), "2021-04-19 12:00");
    assert_eq!(words(&due, Lang::Zh), ["指定期限为2021-04-16 12:00"]);
}

#[test]
fn a_warning_comes_at_a_part_of_the_limit_in_its_own_unit() {
    let calendar = Calendar::builtin();
    let warn = |start: &str, within: &str, percent| {
        let due = due_in(&calendar, start, within);
        shown(warn_at(&calendar, ZONE, at(start), &due, percent))
    };
    assert_eq!(warn("2021-04-16 17:30", "5 work_hour", 80), "2021-04-19 12:00");
    assert_eq!(warn("2021-04-16 09:00", "5 work_day", 80), "2021-04-22 18:00");
    assert_eq!(warn("2021-05-01 09:00", "5 urgent_hour", 80), "2021-05-01 13:00");
    assert_eq!(warn("2021-04-16 09:00", "5 work_day", 200), "2021-04-23 18:00");
    assert_eq!(warn("2021-04-16 09:00", "5 work_hour", 0), "2021-04-16 09:00");
    let due = check("2021-04-29", "5 work_day", "2021-05-10");
    let early = |within: &str| shown(before(&calendar, ZONE, &due, within.parse().unwrap()));
    assert_eq!(early("1 work_day"), "2021-05-08 18:00");
    assert_eq!(early("2 work_day"), "2021-05-07 18:00");
    assert_eq!(early("8 work_hour"), "2021-05-08 17:00");
    assert_eq!(early("1 natural_day"), "2021-05-09 18:00");
    assert_eq!(early("2 urgent_hour"), "2021-05-10 16:00");
}

#[test]
fn working_time_between_two_moments() {
    let calendar = Calendar::builtin();
    let hours =
        |a: &str, b: &str| working_ms_between(&calendar, ZONE, at(a), at(b)) as f64 / 3_600_000.0;
    assert_eq!(hours("2021-04-16 11:00", "2021-04-16 15:30"), 2.0);
    assert_eq!(hours("2021-04-30 17:00", "2021-05-06 11:30"), 4.0);
    assert_eq!(hours("2021-05-06 11:30", "2021-04-30 17:00"), -4.0);
    assert_eq!(hours("2021-05-01 00:00", "2021-05-05 23:59"), 0.0);
}

#[test]
fn a_campaign_works_through_the_holiday_by_its_own_roster() {
    let calendar = Calendar::builtin();
    let roster = name("假期值守", "holiday roster");
    let every = calendar.on_duty(Duty::every_day(roster.clone())).unwrap();
    let due = due_in(&every, "2021-04-30 17:00", "4 work_hour");
    assert_eq!(shown(due.at), "2021-05-01 11:30");
    assert!(words(&due, Lang::Zh).contains(&"2021-05-01值守（假期值守），计入".to_owned()));
    assert!(!due_in(&every, "2026-12-31", "5 work_day").provisional, "no table could change it");
    let weekends = Duty { holidays: false, ..Duty::every_day(roster.clone()) };
    let weekends = calendar.on_duty(weekends).unwrap();
    assert_eq!(shown(due_in(&weekends, "2021-04-16", "1 work_day").at), "2021-04-17 18:00");
    assert_eq!(shown(due_in(&weekends, "2021-04-30", "1 work_day").at), "2021-05-06 18:00");
    let dated = Duty { until: Some(date(2021, 5, 2)), ..Duty::every_day(roster) };
    let dated = calendar.on_duty(dated).unwrap();
    assert_eq!(shown(due_in(&dated, "2021-04-30", "3 work_day").at), "2021-05-06 18:00");
    let nameless = Duty::every_day(Text::default());
    assert_eq!(calendar.on_duty(nameless), Err(CalendarError::Nameless("a duty roster")));
}

#[test]
fn a_realm_has_its_own_days_and_seasons() {
    let spec = r#"{"rev":7,"years":[],"local":[
        {"date":"2021-04-19","works":false,"zh":"停电","en":"power cut"},
        {"date":"2021-04-17","works":true,"zh":"补班","en":"make-up"}],
        "seasons":[{"from":"06-01","hours":["08:00-12:00","15:00-18:30"]},
                   {"from":"10-01","hours":["08:00-12:00","14:00-18:00"]},
                   {"from":"2021-07-01","hours":["08:00-14:00"]}]}"#;
    let mut spec: CalendarSpec = serde_json::from_str(spec).unwrap();
    spec.years = YearTable::builtin();
    let calendar = Calendar::new(spec).unwrap();
    let days = |start: &str, within: &str| shown(due_in(&calendar, start, within).at);
    assert_eq!(days("2021-04-16", "1 work_day"), "2021-04-17 18:00");
    assert_eq!(days("2021-04-16", "2 work_day"), "2021-04-20 18:00");
    assert_eq!(days("2021-05-31 17:00", "2 work_hour"), "2021-06-01 09:00", "summer opens at 8");
    assert_eq!(days("2021-06-15", "1 work_day"), "2021-06-16 18:30");
    assert_eq!(days("2021-07-15", "1 work_day"), "2021-07-16 14:00", "the dated season");
    assert_eq!(days("2022-07-14", "1 work_day"), "2022-07-15 18:30", "held until October");
    let json = serde_json::to_string(&calendar).unwrap();
    assert_eq!(serde_json::from_str::<Calendar>(&json).unwrap(), calendar);
    let twice = calendar.amended(|it| it.local.push(it.local[0].clone()));
    assert_eq!(twice, Err(CalendarError::LocalTwice(date(2021, 4, 19))));
    let season = calendar.amended(|it| it.seasons.push(it.seasons[0].clone()));
    assert!(matches!(season, Err(CalendarError::Hours(_))));
}

#[test]
fn a_deadline_is_stored_and_read_again() {
    let due = check("2021-04-30 19:00", "3 work_day", "2021-05-08");
    let json = serde_json::to_string(&due).unwrap();
    assert_eq!(serde_json::from_str::<Due>(&json).unwrap(), due);
    assert!(json.len() < 600, "{json}");
    let unknown = json.replace("\"limit\"", "\"guess\"");
    assert!(serde_json::from_str::<Due>(&unknown).is_err());
}

#[test]
fn no_moment_is_too_absurd() {
    let calendar = Calendar::builtin();
    for start in [i64::MIN, -1, 0, i64::MAX] {
        for within in ["10000 urgent_hour", "10000 work_hour", "3660 work_day", "3660 natural_day"]
        {
            let within = within.parse().unwrap();
            let due = due(&calendar, ZONE, Instant(start), within, RestDay::Roll, rule());
            assert!(due.at <= INSTANT_MAX);
            let wide = shift(&calendar, ZONE, &due, within, Instant(i64::MIN), due.at);
            let longer = extend(&calendar, ZONE, &due, within);
            assert!(wide.at <= INSTANT_MAX && due.at <= longer.at && longer.at <= INSTANT_MAX);
            assert!(start < i64::MAX || longer.because.contains(&Step::Clamped));
        }
    }
    assert!(Calendar::builtin().day(Date::MAX).uncovered);
}
