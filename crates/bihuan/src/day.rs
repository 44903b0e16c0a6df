//! Days as they are given on the command line, in the realm's zone.

use crate::problem::Problem;
use bihuan_core::time::{Instant, Zone, day_of_date};

/// The first moment of a day such as `2021-04-16`.
///
/// # Errors
/// Where it is no such day.
pub fn start(zone: Zone, text: &str) -> Result<Instant, Problem> {
    number(text).map(|it| zone.start_of_day(it))
}

/// The first moment after a day, for a period that includes it.
///
/// # Errors
/// Where it is no such day.
pub fn end(zone: Zone, text: &str) -> Result<Instant, Problem> {
    number(text).map(|it| zone.start_of_day(it + 1))
}

fn number(text: &str) -> Result<i64, Problem> {
    let date = text
        .parse()
        .map_err(|_| Problem::word(text, "日期应写成 2021-04-16", "write a day as 2021-04-16"))?;
    let day = day_of_date(date);
    let plausible = Zone(0).start_of_day(day).is_plausible();
    if plausible {
        return Ok(day);
    }
    Err(Problem::word(text, "日期须在 2000 年至 2100 年之间", "days lie in 2000 to 2100"))
}
