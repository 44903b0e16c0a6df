//! The calendar of a year: which days work, and who says so.
//!
//! Invariant: a year for which nobody has announced anything is marked provisional: only its
//! weekdays are known.

use super::body::Path;
use super::problem::ReadProblems;
use super::tagged::tagged_json;
use super::{ApiProblem, App, Caller};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bihuan_core::clock::{Calendar, DayKind};
use bihuan_core::policy::Action;
use bihuan_core::text::Text;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// The first and the last year that a calendar may be asked for.
const YEARS: std::ops::RangeInclusive<i16> = 2_000..=2_100;

/// The days of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CalendarYear {
    /// The year.
    pub year: i16,
    /// Revision of the calendar.
    pub rev: u32,
    /// Where the days off come from; none where the year is provisional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whether only weekdays are known, because nobody has announced days off yet.
    pub provisional: bool,
    /// Every day that works, such as `2021-04-16`.
    #[schema(value_type = Vec<String>)]
    pub working_days: Vec<Date>,
    /// Rest days that work instead of others (调休上班); these are among the working days.
    pub make_up: Vec<NamedDay>,
    /// Days off by name; weekends that belong to no holiday are not listed.
    pub holidays: Vec<NamedDay>,
}

/// A day with the reason for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedDay {
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// Why.
    pub title: Text,
}

/// The working days of a year.
#[utoipa::path(
    get, path = "/api/v1/calendar/{year}", tag = "realm",
    params(("year" = i16, Path, minimum = 2000, maximum = 2100)),
    responses((status = 200, body = CalendarYear), (status = 304), ReadProblems)
)]
pub async fn year(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Path(year): Path<i16>,
) -> Result<Response, ApiProblem> {
    let (rules, _) = caller.may(&app, &Action::SeeRules)?;
    if !YEARS.contains(&year) {
        return Err(ApiProblem::not_found());
    }
    Ok(tagged_json(&headers, &year_of(&rules.calendar, year)))
}

fn year_of(calendar: &Calendar, year: i16) -> CalendarYear {
    let table = calendar.spec().years.iter().find(|it| it.year == year);
    let mut told = CalendarYear {
        year,
        rev: calendar.rev(),
        source: table.map(|it| it.source.clone()),
        provisional: !calendar.covers(year),
        working_days: Vec::new(),
        make_up: Vec::new(),
        holidays: Vec::new(),
    };
    let first = Date::new(year, 1, 1).expect("the year is one of those served");
    for date in first.series(jiff::Span::new().days(1)).take_while(|it| it.year() == year) {
        let kind = calendar.day(date).kind;
        if kind.is_working() {
            told.working_days.push(date);
        }
        match kind {
            DayKind::MakeUp(title) => told.make_up.push(NamedDay { date, title }),
            DayKind::Holiday(title) => told.holidays.push(NamedDay { date, title }),
            DayKind::Working | DayKind::Duty(_) | DayKind::Weekend => {}
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_lists_what_is_not_as_its_weekday_says() {
        let told = year_of(&Calendar::builtin(), 2_025);
        assert!(!told.provisional && told.source.is_some());
        assert_eq!(told.make_up.len(), 5);
        assert_eq!(told.make_up[0].date.to_string(), "2025-01-26");
        assert!(told.working_days.contains(&told.make_up[0].date));
        assert_eq!(told.holidays.iter().filter(|it| it.title.zh == "春节").count(), 8);
        assert!(told.holidays.iter().all(|it| !told.working_days.contains(&it.date)));
        let ahead = year_of(&Calendar::builtin(), 2_099);
        assert!(ahead.provisional && ahead.source.is_none() && ahead.holidays.is_empty());
        assert!(ahead.working_days.len() > 250);
    }
}
