//! Cells as values: keys, dates, numbers, coordinates, words of a short list.
//!
//! Each function takes a cell that is filled; whether it must be is the reader's affair.

use super::fault::Fault;
use super::limit;
use bihuan_core::time::{DAY_MS, Instant, Zone, day_of_date};
use bihuan_core::unit::is_unit_key;
use jiff::civil;

/// A key of units or kinds.
///
/// # Errors
/// [`Fault::Key`].
pub fn unit_key(text: &str) -> Result<String, Fault> {
    if is_unit_key(text) { Ok(text.to_owned()) } else { Err(Fault::Key(text.to_owned())) }
}

/// A key of persons, accounts, points and roles: letters, digits, `_`, `-`, `.`.
///
/// # Errors
/// [`Fault::Key`].
pub fn key(text: &str) -> Result<String, Fault> {
    let is_key = bihuan_core::id::is_key(text);
    if is_key { Ok(text.to_owned()) } else { Err(Fault::Key(text.to_owned())) }
}

/// A name: one line of at most [`limit::NAME_CHARS_MAX`] characters.
///
/// # Errors
/// [`Fault::TextLong`], [`Fault::Control`].
pub fn name(text: &str) -> Result<String, Fault> {
    if text.contains(['\n', '\t']) {
        return Err(Fault::Control);
    }
    free(text, limit::NAME_CHARS_MAX)
}

/// Free text of at most so many characters.
///
/// # Errors
/// [`Fault::TextLong`].
pub fn free(text: &str, chars_max: usize) -> Result<String, Fault> {
    if text.chars().count() > chars_max {
        return Err(Fault::TextLong(chars_max));
    }
    Ok(text.to_owned())
}

/// A date, or a date with a time of day, on the wall clock of `zone`.
///
/// Read are `2021-04-16`, `2021/4/16`, `2021.4.16`, `2021年4月16日`, `20210416`, each with or
/// without `15:30` or `15:30:00` behind. A date alone is its first moment.
///
/// # Errors
/// [`Fault::Date`]; [`Fault::DateRange`] outside 2000 to 2099.
pub fn instant(text: &str, zone: Zone) -> Result<Instant, Fault> {
    let half = half_width(text);
    let refuse = || Fault::Date(text.to_owned());
    let plain = half.replace(['年', '月', '/', '.'], "-").replace(['日', 'T'], " ");
    let mut parts = plain.split_whitespace();
    let date = parts.next().and_then(civil_date).ok_or_else(refuse)?;
    let time_ms = match parts.next() {
        None => 0,
        Some(time) => time_of_day_ms(time).ok_or_else(refuse)?,
    };
    if parts.next().is_some() {
        return Err(refuse());
    }
    let local_ms = day_of_date(date) * DAY_MS + time_ms;
    let instant = Instant(local_ms - i64::from(zone.0) * 1_000);
    if instant.is_plausible() { Ok(instant) } else { Err(Fault::DateRange(text.to_owned())) }
}

/// A date, written as [`instant`] takes it, without a time of day.
///
/// # Errors
/// [`Fault::Date`].
pub fn date(text: &str) -> Result<civil::Date, Fault> {
    let plain = half_width(text).replace(['年', '月', '/', '.'], "-").replace('日', "");
    civil_date(plain.trim()).ok_or_else(|| Fault::Date(text.to_owned()))
}

/// A decimal number as a whole number of its smallest part: with two places `12.5` is 1250.
/// Commas may part the thousands.
///
/// # Errors
/// [`Fault::Number`], also where it has more places than that.
pub fn scaled(text: &str, places: u8) -> Result<i64, Fault> {
    let refuse = || Fault::Number(text.to_owned());
    let plain = half_width(text).replace(',', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, plain.as_str()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let places = usize::from(places);
    let is_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let part = part.trim_end_matches('0');
    if !is_digits(whole) || !(part.is_empty() || is_digits(part)) || part.len() > places {
        return Err(refuse());
    }
    let number: i64 = format!("{whole}{part:0<places$}").parse().map_err(|_| refuse())?;
    Ok(sign * number)
}

fn civil_date(text: &str) -> Option<civil::Date> {
    let mut parts: Vec<&str> = text.trim_end_matches('-').split('-').collect();
    if let [whole] = parts[..]
        && whole.len() == 8
        && whole.is_ascii()
    {
        parts = vec![&whole[..4], &whole[4..6], &whole[6..]];
    }
    let [year, month, day] = parts[..] else { return None };
    let is_digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if year.len() != 4 || !is_digits(year) || !is_digits(month) || !is_digits(day) {
        return None;
    }
    civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn time_of_day_ms(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|it| {
        let is_short = (1..=2).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit());
        if is_short { it.parse::<i64>().ok() } else { None }
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let fits = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    fits.then_some(((hour * 60 + minute) * 60 + second) * 1_000)
}

/// A number of degrees; `NaN` and infinity are no numbers here.
///
/// # Errors
/// [`Fault::Coordinate`] for what is no finite number; the range is the place's affair.
pub fn degrees(text: &str) -> Result<f64, Fault> {
    let half = half_width(text);
    let plain = half.trim_end_matches(['°', 'E', 'N', 'e', 'n']).trim();
    let is_plain = plain.bytes().all(|it| it.is_ascii_digit() || b"+-.".contains(&it));
    let number = plain.parse::<f64>().ok().filter(|it| is_plain && it.is_finite());
    number.ok_or_else(|| Fault::Coordinate(text.to_owned()))
}

/// Two numbers of degrees in one cell, longitude first: `113.03,34.91`.
///
/// # Errors
/// [`Fault::Coordinate`].
pub fn degrees_pair(text: &str) -> Result<(f64, f64), Fault> {
    let half = half_width(text);
    let parts: Vec<&str> =
        half.split([',', '、', ';', ' ']).map(str::trim).filter(|it| !it.is_empty()).collect();
    match parts[..] {
        [lon, lat] => Ok((degrees(lon)?, degrees(lat)?)),
        _ => Err(Fault::Coordinate(text.to_owned())),
    }
}

/// Yes or no, as ledgers write it.
///
/// # Errors
/// [`Fault::Choice`].
pub fn yes_no(text: &str) -> Result<bool, Fault> {
    match text {
        "是" | "√" | "✓" | "Y" | "y" | "yes" | "1" | "true" | "已超期" | "超期" => {
            Ok(true)
        }
        "否" | "×" | "N" | "n" | "no" | "0" | "false" | "未超期" | "无" => Ok(false),
        _ => Err(Fault::Choice(text.to_owned(), "是 / 否")),
    }
}

/// Full-width digits, letters and signs as half-width ones.
fn half_width(text: &str) -> String {
    let half = |it: char| match it {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(it) - 0xfee0).unwrap_or(it),
        '\u{3000}' => ' ',
        _ => it,
    };
    text.chars().map(half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bihuan_core::time::ZONE_DEFAULT;

    #[test]
    fn dates_are_read_as_clerks_write_them() {
        let first = instant("2021-04-16", ZONE_DEFAULT).unwrap();
        for same in ["2021/4/16", "2021.04.16", "2021年4月16日", "20210416", "２０２１－４－１６"]
        {
            assert_eq!(instant(same, ZONE_DEFAULT), Ok(first), "{same}");
        }
        let later = instant("2021年4月16日 15:30", ZONE_DEFAULT).unwrap();
        assert_eq!(later.0 - first.0, (15 * 60 + 30) * 60_000);
        assert_eq!(instant("2021-04-16T15:30:00", ZONE_DEFAULT), Ok(later));
    }

    #[test]
    fn amounts_become_whole_numbers_of_their_smallest_part() {
        assert_eq!(scaled("1,200.5", 2), Ok(120_050));
        assert_eq!(scaled("-3", 2), Ok(-300));
        assert_eq!(scaled("38.061", 3), Ok(38_061));
        assert_eq!(scaled("12.00", 0), Ok(12));
        for bad in ["", "12.345", "1e3", "十二", "1.2.3", "--1", ".5", "99999999999999999999"] {
            assert!(scaled(bad, 2).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_date_or_no_date_of_this_century_is_refused() {
        for bad in
            ["", "昨天", "2021-02-29", "2021-13-01", "16-04-2021", "2021-04-16 25:00", "44302"]
        {
            assert!(matches!(instant(bad, ZONE_DEFAULT), Err(Fault::Date(_))), "{bad}");
        }
        for far in ["1800-01-01", "1999-12-31", "2100-01-02", "9999-12-31"] {
            assert!(matches!(instant(far, ZONE_DEFAULT), Err(Fault::DateRange(_))), "{far}");
        }
    }

    #[test]
    fn coordinates_are_degrees_and_never_nan() {
        assert_eq!(degrees("113.0302"), Ok(113.0302));
        assert_eq!(degrees_pair("113.03，34.91"), Ok((113.03, 34.91)));
        for bad in ["NaN", "nan", "inf", "1e400", "1e2", "", "东经113", "113,03", "-"] {
            assert!(degrees(bad).is_err(), "{bad}");
        }
        assert!(degrees_pair("113.03").is_err() && degrees_pair("1,2,3").is_err());
    }

    #[test]
    fn keys_and_names_keep_to_their_form() {
        assert!(unit_key("v04-g1").is_ok() && unit_key("V04").is_err() && unit_key("").is_err());
        assert!(key("intake-1").is_ok() && key("a b").is_err());
        assert!(
            name("柳埠头村").is_ok() && name("a\nb").is_err() && name(&"字".repeat(101)).is_err()
        );
        assert_eq!((yes_no("是"), yes_no("否")), (Ok(true), Ok(false)));
        assert!(yes_no("也许").is_err());
    }
}
