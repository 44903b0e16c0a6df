//! Numbers of matters and clearances, from the pack's templates.

use crate::pack::COUNTER_DIGITS_MAX;
use crate::time::{Instant, Zone};

/// The name of the counter behind a template on a day: the template with its dates filled in.
#[must_use]
pub fn counter_name(template: &str, zone: Zone, now: Instant) -> String {
    let date = zone.date(now);
    template
        .replace("{yyyy}", &format!("{:04}", date.year()))
        .replace("{yy}", &format!("{:02}", date.year().rem_euclid(100)))
        .replace("{mm}", &format!("{:02}", date.month()))
        .replace("{dd}", &format!("{:02}", date.day()))
}

/// The number that a counter's value makes: `{n5}` becomes five digits or more.
#[must_use]
pub fn format_number(counter_name: &str, value: u64) -> String {
    for digits in 1..=COUNTER_DIGITS_MAX {
        let slot = format!("{{n{digits}}}");
        if counter_name.contains(&slot) {
            return counter_name.replace(&slot, &format!("{value:0digits$}"));
        }
    }
    format!("{counter_name}{value}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::ZONE_DEFAULT;

    #[test]
    fn a_clearance_number_counts_by_month() {
        let now = Instant(1_618_540_200_000);
        let name = counter_name("HW-{yy}{mm}-{n5}", ZONE_DEFAULT, now);
        assert_eq!(name, "HW-2104-{n5}");
        assert_eq!(format_number(&name, 17), "HW-2104-00017");
        assert_eq!(format_number(&name, 123_456), "HW-2104-123456");
    }
}
