//! Statistical periods: half-open stretches of commit time, in the realm's zone.
//!
//! A statistical month may begin on another day than the first: from the 21st to the 20th, and it
//! is named after the month in which it ends (CJ/T 292 leaves this to the operator).

use crate::time::{Instant, Zone, date_of_day, day_of_date};
use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Last day of a month on which a statistical month may begin.
pub const MONTH_FROM_MAX: u8 = 28;
/// Most campaigns of a realm.
pub const CAMPAIGNS_MAX: usize = 50;
/// Most days of a period: ten years.
pub const PERIOD_DAYS_MAX: i64 = 3_660;

/// How a realm cuts time into periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycles {
    /// The zone.
    pub zone: Zone,
    /// The day on which a statistical month begins, 1 to [`MONTH_FROM_MAX`]; 1 is the calendar's.
    pub month_from: u8,
    /// Campaigns by key: first and last day.
    pub campaigns: BTreeMap<String, (Date, Date)>,
}

/// A stretch of whole days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its name, such as `2021-04`, or its two days.
    pub name: String,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// When it begins.
    pub from: Instant,
    /// When it ends, exclusive.
    pub to: Instant,
    step: Step,
}

/// What leads from a period to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Days(i64),
    Months(i64),
}

/// Into what a period is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// Days.
    Day,
    /// Weeks from Monday.
    Week,
    /// Statistical months.
    Month,
}

impl Cycles {
    /// Calendar months and no campaigns.
    #[must_use]
    pub fn plain(zone: Zone) -> Cycles {
        Cycles { zone, month_from: 1, campaigns: BTreeMap::new() }
    }

    /// Reads the settings of a realm: the day on which months begin, and campaigns as
    /// `spring=2021-03-01/2021-04-30,…`. What cannot be read is passed over, since it was checked
    /// when it was set.
    #[must_use]
    pub fn of(zone: Zone, month_from: Option<&str>, campaigns: Option<&str>) -> Cycles {
        let month_from = month_from.and_then(read_month_from).unwrap_or(1);
        let campaigns = campaigns.and_then(read_campaigns).unwrap_or_default();
        Cycles { zone, month_from, campaigns }
    }

    /// The period of that name: a day `2021-04-16`, a week `2021-W15` (ISO 8601), a month
    /// `2021-04`, a quarter `2021-Q2`, a half `2021-H1`, a year `2021`, or a campaign's key.
    #[must_use]
    pub fn period(&self, name: &str) -> Option<Period> {
        if let Some((first, last)) = self.campaigns.get(name) {
            return Some(Period { name: name.to_owned(), ..self.days(*first, *last)? });
        }
        let (first, next, step) = self.named(name)?;
        let last = next.checked_sub(1.day()).ok()?;
        Some(Period { name: name.to_owned(), step, ..self.days(first, last)? })
    }

    fn named(&self, name: &str) -> Option<(Date, Date, Step)> {
        if let Ok(day) = name.parse::<Date>() {
            let next = day.checked_add(1.day()).ok()?;
            return (day.to_string() == name).then_some((day, next, Step::Days(1)));
        }
        let (year, rest) = match name.split_once('-') {
            Some((year, rest)) => (year, rest),
            None => (name, "Y"),
        };
        let year: i16 = Some(year).filter(|it| it.len() == 4).and_then(|it| it.parse().ok())?;
        let digits = |it: &str| it.parse::<i8>().ok();
        let months = |first: i8, count: i64| {
            let from = self.month(year, first)?;
            let next = shift(self.month(year, first)?, Step::Months(count), 1)?;
            Some((from, next, Step::Months(count)))
        };
        let mut letters = rest.chars();
        match (letters.next()?, letters.as_str()) {
            ('Y', "") => months(1, 12),
            ('H', half) => {
                digits(half).filter(|it| (1..=2).contains(it)).and_then(|it| months(it * 6 - 5, 6))
            }
            ('Q', part) => {
                digits(part).filter(|it| (1..=4).contains(it)).and_then(|it| months(it * 3 - 2, 3))
            }
            ('W', week) if week.len() == 2 => {
                let monday = ISOWeekDate::new(year, digits(week)?, Weekday::Monday).ok()?.date();
                Some((monday, monday.checked_add(7.days()).ok()?, Step::Days(7)))
            }
            _ if rest.len() == 2 => months(digits(rest).filter(|it| (1..=12).contains(it))?, 1),
            _ => None,
        }
    }

    /// The first day of a statistical month, which is named after the month in which it ends.
    fn month(&self, year: i16, month: i8) -> Option<Date> {
        let first = Date::new(year, month, 1).ok()?;
        if self.month_from <= 1 {
            return Some(first);
        }
        let day = i64::from(self.month_from) - 1;
        first.checked_sub(1.month()).ok()?.checked_add(day.days()).ok()
    }

    /// From the first day to the last; `None` where they are in the wrong order or too far apart.
    #[must_use]
    pub fn days(&self, first: Date, last: Date) -> Option<Period> {
        let (from, to) = (day_of_date(first), day_of_date(last) + 1);
        let days = to - from;
        if !(1..=PERIOD_DAYS_MAX).contains(&days) {
            return None;
        }
        Some(Period {
            name: format!("{first}/{last}"),
            first,
            last,
            from: self.zone.start_of_day(from),
            to: self.zone.start_of_day(to),
            step: Step::Days(days),
        })
    }

    /// The period that growth is against: the same days a year before (29 February becomes the
    /// 28th), or the period before of the same kind.
    #[must_use]
    pub fn before(&self, period: &Period, against: crate::pack::Against) -> Option<Period> {
        let step = match against {
            crate::pack::Against::Year => Step::Months(12),
            crate::pack::Against::Period => period.step,
        };
        let next = period.last.checked_add(1.day()).ok()?;
        let (first, next) = (shift(period.first, step, -1)?, shift(next, step, -1)?);
        let days = self.days(first, next.checked_sub(1.day()).ok()?)?;
        Some(Period { step: period.step, ..days })
    }

    /// The days, weeks or statistical months of a period; the first and last are cut to it.
    #[must_use]
    pub fn cut(&self, period: &Period, cut: Cut) -> Vec<Period> {
        let mut parts = Vec::new();
        let mut first = period.first;
        while first <= period.last {
            let Some((name, end)) = self.around(first, cut) else { break };
            let last = end.min(period.last);
            let Some(part) = self.days(first, last) else { break };
            parts.push(Period { name, ..part });
            let Ok(next) = last.checked_add(1.day()) else { break };
            first = next;
        }
        parts
    }

    /// The name and last day of the day, week or month in which a day lies.
    fn around(&self, day: Date, cut: Cut) -> Option<(String, Date)> {
        match cut {
            Cut::Day => Some((day.to_string(), day)),
            Cut::Week => {
                let week = day.iso_week_date();
                let sunday = ISOWeekDate::new(week.year(), week.week(), Weekday::Sunday).ok()?;
                Some((format!("{:04}-W{:02}", week.year(), week.week()), sunday.date()))
            }
            Cut::Month => {
                let ends_next =
                    self.month_from > 1 && i16::from(day.day()) >= i16::from(self.month_from);
                let named = if ends_next { day.checked_add(1.month()).ok()? } else { day };
                let next = shift(self.month(named.year(), named.month())?, Step::Months(1), 1)?;
                let name = format!("{:04}-{:02}", named.year(), named.month());
                Some((name, next.checked_sub(1.day()).ok()?))
            }
        }
    }
}

impl Period {
    /// The days of its name in words: both, or one alone.
    #[must_use]
    pub fn said(&self) -> crate::text::Text {
        let (first, last) = (self.first, self.last);
        if first == last {
            return crate::text::Text::new(format!("{first}"), format!("on {first}"));
        }
        let zh = format!("{first}至{last}（含首尾两日）");
        crate::text::Text::new(zh, format!("from {first} to {last}, both days included"))
    }
}

fn shift(day: Date, step: Step, sign: i64) -> Option<Date> {
    let span = match step {
        Step::Days(it) => Span::new().try_days(it * sign),
        Step::Months(it) => Span::new().try_months(it * sign),
    };
    day.checked_add(span.ok()?).ok()
}

/// The day on which a statistical month begins.
#[must_use]
pub fn read_month_from(text: &str) -> Option<u8> {
    text.parse().ok().filter(|it| (1..=MONTH_FROM_MAX).contains(it))
}

/// Campaigns as `spring=2021-03-01/2021-04-30,autumn=…`.
#[must_use]
pub fn read_campaigns(text: &str) -> Option<BTreeMap<String, (Date, Date)>> {
    let mut campaigns = BTreeMap::new();
    for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let (name, days) = part.split_once('=')?;
        let (first, last) = days.split_once('/')?;
        let (first, last): (Date, Date) = (first.parse().ok()?, last.parse().ok()?);
        let long = day_of_date(last) - day_of_date(first);
        let is_key = crate::id::is_key(name) && !name.starts_with(|it: char| it.is_ascii_digit());
        if !is_key || !(0..PERIOD_DAYS_MAX).contains(&long) {
            return None;
        }
        campaigns.insert(name.to_owned(), (first, last));
    }
    (campaigns.len() <= CAMPAIGNS_MAX).then_some(campaigns)
}

/// The period of the day at a moment, the one asked for where nobody says another.
#[must_use]
pub fn today(cycles: &Cycles, now: Instant) -> Option<Period> {
    let day = date_of_day(cycles.zone.day(now));
    let (name, _) = cycles.around(day, Cut::Month)?;
    cycles.period(&name)
}
