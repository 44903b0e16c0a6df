//! Laws that hold for every deadline, whatever the moment, the limit and the calendar.

use bihuan_core::clock::*;
use bihuan_core::text::Text;
use bihuan_core::time::{DAY_MS, HOUR_MS, INSTANT_MAX, INSTANT_MIN, Instant, ZONE_DEFAULT, Zone};
use proptest::prelude::*;
use std::sync::LazyLock;

const ZONE: Zone = ZONE_DEFAULT;

/// The shipped calendar, one with midnight and seasons, one on duty every weekend.
static CALENDARS: LazyLock<Vec<Calendar>> = LazyLock::new(|| {
    let plain = Calendar::builtin();
    let seasons = r#"[{"from":"06-01","hours":["08:00-12:00","15:00-18:30"]},
                      {"from":"10-01","hours":["00:00-01:00","22:00-24:00"]}]"#;
    let seasons = plain.amended(|it| {
        it.day_ends = DayEnds::Midnight;
        it.seasons = serde_json::from_str(seasons).expect("seasons");
    });
    let duty = Duty { holidays: false, ..Duty::every_day(Text::new("值守", "duty")) };
    let duty = plain.on_duty(duty).expect("a roster");
    vec![plain, seasons.expect("seasons"), duty]
});

fn calendar() -> impl Strategy<Value = &'static Calendar> {
    (0..3_usize).prop_map(|it| &CALENDARS[it])
}

/// Moments from 2003 to 2028, so that both ends of the covered years are crossed.
fn moment() -> impl Strategy<Value = Instant> {
    (INSTANT_MIN.0 + 3 * 365 * DAY_MS..1_830_000_000_000).prop_map(Instant)
}

fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![
        Just(Unit::UrgentHour),
        Just(Unit::WorkHour),
        Just(Unit::WorkDay),
        Just(Unit::NaturalDay)
    ]
}

fn rest_day() -> impl Strategy<Value = RestDay> {
    prop_oneof![Just(RestDay::Roll), Just(RestDay::Stay)]
}

fn reckon(calendar: &Calendar, start: Instant, within: Within, rest_day: RestDay) -> Due {
    due(calendar, ZONE, start, within, rest_day, RuleRef::Law { text: "test".into() })
}

fn is_working_time(calendar: &Calendar, at: Instant) -> bool {
    // A deadline is the end of a stretch of work, so look at the moment just before.
    let civil = ZONE.civil(at.plus_ms(-1));
    let ms = at.plus_ms(-1).0 - ZONE.start_of_day(ZONE.day(at.plus_ms(-1))).0;
    let works = |it: &Interval| (it.from.ms()..it.until.ms()).contains(&ms);
    calendar.is_working_day(civil.date())
        && calendar.hours(civil.date()).intervals().iter().any(works)
}

proptest! {
    #[test]
    fn a_later_start_or_a_longer_limit_never_ends_earlier(
        calendar in calendar(), start in moment(), unit in unit(), rest_day in rest_day(),
        count in 0..90_u32, more in 0..90_u32, later in 0..40 * DAY_MS,
    ) {
        let due = reckon(calendar, start, unit.times(count), rest_day);
        let longer = reckon(calendar, start, unit.times(count + more), rest_day);
        let later = reckon(calendar, start.plus_ms(later), unit.times(count), rest_day);
        prop_assert!(due.at <= longer.at && due.at <= later.at);
        prop_assert!(count == 0 || start < due.at);
        prop_assert!(due.because.len() <= STEPS_MAX);
    }

    #[test]
    fn work_ends_in_working_time(
        calendar in calendar(), start in moment(), count in 1..90_u32,
    ) {
        let due = reckon(calendar, start, Within::WorkHours(count), RestDay::Roll);
        prop_assert!(is_working_time(calendar, due.at), "{}", ZONE.civil(due.at));
        let worked = working_ms_between(calendar, ZONE, start, due.at);
        prop_assert_eq!(worked, i64::from(count) * HOUR_MS);
        let due = reckon(calendar, start, Within::WorkDays(count), RestDay::Roll);
        prop_assert!(calendar.is_working_day(due.date(ZONE)));
        if calendar.spec().day_ends == DayEnds::CloseOfBusiness {
            prop_assert!(is_working_time(calendar, due.at));
        }
    }

    #[test]
    fn working_hours_and_days_may_be_split(
        calendar in calendar(), start in moment(), a in 1..60_u32, b in 1..60_u32,
    ) {
        for unit in [Unit::WorkHour, Unit::WorkDay] {
            let whole = reckon(calendar, start, unit.times(a + b), RestDay::Roll);
            let first = reckon(calendar, start, unit.times(a), RestDay::Roll);
            prop_assert_eq!(extend(calendar, ZONE, &first, unit.times(b)).at, whole.at);
        }
    }

    #[test]
    fn the_jump_agrees_with_walking_day_by_day(
        calendar in calendar(), start in moment(), count in 1..60_u32,
    ) {
        let due = reckon(calendar, start, Within::WorkDays(count), RestDay::Roll);
        let (mut date, mut left) = (ZONE.date(start), count);
        while left > 0 {
            date = date.tomorrow().unwrap();
            left -= u32::from(calendar.is_working_day(date));
        }
        prop_assert_eq!(due.date(ZONE), date);
        let touched = (i32::from(ZONE.date(start).year())..=i32::from(date.year()))
            .any(|year| !calendar.covers(year as i16));
        // A start on 31 December does not count, so a firm result may touch its year.
        prop_assert!(touched || !due.provisional);
        prop_assert!(due.provisional || calendar.covers(date.year()));
    }

    #[test]
    fn standing_still_gives_back_what_was_taken(
        calendar in calendar(), start in moment(), unit in unit(), rest_day in rest_day(),
        count in 1..60_u32, paused in 0..100_i64, still_ms in 0..90 * DAY_MS,
    ) {
        let within = unit.times(count);
        let due = reckon(calendar, start, within, rest_day);
        let from = Instant(start.0 + (due.at.0 - start.0) * paused / 100);
        let to = from.plus_ms(still_ms);
        prop_assert_eq!(&shift(calendar, ZONE, &due, within, from, from), &due);
        prop_assert_eq!(&shift(calendar, ZONE, &due, within, due.at, to), &due);
        let later = shift(calendar, ZONE, &due, within, from, to);
        prop_assert!(later.at >= due.at && later.at > to.min(due.at));
        prop_assert!(later.at > to, "what runs on has time left");
        match unit {
            Unit::UrgentHour => prop_assert_eq!(later.at.0 - due.at.0, to.0 - from.0),
            Unit::WorkHour => prop_assert_eq!(
                working_ms_between(calendar, ZONE, to, later.at),
                working_ms_between(calendar, ZONE, from, due.at)
            ),
            Unit::WorkDay => prop_assert!(calendar.is_working_day(later.date(ZONE))),
            Unit::NaturalDay => prop_assert!(
                rest_day == RestDay::Stay || calendar.is_working_day(later.date(ZONE))
            ),
        }
    }

    #[test]
    fn a_warning_lies_between_start_and_deadline(
        calendar in calendar(), start in moment(), unit in unit(), count in 1..60_u32,
        a in 0..=100_u8, b in 0..=100_u8,
    ) {
        let due = reckon(calendar, start, unit.times(count), RestDay::Roll);
        let at = |percent| warn_at(calendar, ZONE, start, &due, percent);
        prop_assert!(start <= at(a) && at(a) <= due.at && at(100) == due.at);
        prop_assert!(at(a.min(b)) <= at(a.max(b)));
        let early = before(calendar, ZONE, &due, unit.times(1));
        prop_assert!(early < due.at);
    }

    #[test]
    fn any_moment_and_zone_has_an_answer(
        calendar in calendar(), a in any::<i64>(), b in any::<i64>(), offset in any::<i32>(),
        unit in unit(), count in any::<u32>(), rest_day in rest_day(), percent in any::<u8>(),
    ) {
        let (zone, within) = (Zone(offset), unit.times(count));
        let rule = RuleRef::Duty { id: "test".into() };
        let due = due(calendar, zone, Instant(a), within, rest_day, rule);
        let moved = shift(calendar, zone, &due, within, Instant(a), Instant(b));
        let longer = extend(calendar, zone, &moved, within);
        let text: Vec<_> =
            longer.because.iter().map(|it| it.text(bihuan_core::text::Lang::Zh)).collect();
        prop_assert!(text.len() <= STEPS_MAX);
        let warned = warn_at(calendar, zone, Instant(b), &longer, percent);
        let moments = [warned, before(calendar, zone, &due, within)];
        prop_assert!(moments.iter().all(|it| (INSTANT_MIN..=INSTANT_MAX).contains(it)));
        let worked = working_ms_between(calendar, zone, Instant(a), Instant(b));
        prop_assert_eq!(worked, -working_ms_between(calendar, zone, Instant(b), Instant(a)));
    }
}
