//! The days off and make-up working days of one year, as the State Council announces them.
//!
//! The tables are national law and ship as data (`data/calendar`); a new year is one more file.

use crate::text::Text;
use crate::time::{date_of_day, day_of_date};
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest file of one year, in bytes.
pub const YEAR_TEXT_BYTES_MAX: usize = 64 * 1024;
/// The longest run of days off that a table may state; longer is a slip of the pen.
const HOLIDAY_DAYS_MAX: i64 = 30;
/// The most entries of each kind in one table.
const ENTRIES_MAX: usize = 100;

/// The days of one year that are not what their weekday says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearTable {
    /// The year.
    pub year: i16,
    /// Where the facts come from.
    pub source: String,
    /// Days off (放假), weekends inside them included.
    pub holidays: Vec<Holiday>,
    /// Weekend days that work (调休上班).
    pub make_up: Vec<MakeUp>,
}

/// A run of days off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holiday {
    /// The first day off.
    pub first: Date,
    /// The last day off.
    pub last: Date,
    /// The holiday.
    #[serde(flatten)]
    pub name: Text,
}

/// A weekend day that works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MakeUp {
    /// The day.
    pub date: Date,
    /// The holiday that it makes up for.
    #[serde(flatten)]
    pub name: Text,
}

/// Why a year's table is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YearError {
    /// The file is larger than a year needs.
    #[error("the file of a year has at most {YEAR_TEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The text is not the TOML of a year.
    #[error("failed to read the file of a year: {0}")]
    Shape(String),
    /// A year that the engine does not reckon with.
    #[error("the year {0} is not between 2000 and 2100")]
    Year(i16),
    /// A year without holidays would be plain weekends.
    #[error("the table of {0} names no holiday; state them, or leave the year out")]
    Empty(i16),
    /// More entries than a year can have.
    #[error("the table of {0} has more than {ENTRIES_MAX} entries of one kind")]
    TooMany(i16),
    /// A day of another year.
    #[error("{date} is not a day of {year}")]
    OtherYear {
        /// The table's year.
        year: i16,
        /// The day.
        date: Date,
    },
    /// A run that ends before it starts, or never seems to end.
    #[error("the holiday from {first} to {last} is not a run of 1 to {HOLIDAY_DAYS_MAX} days")]
    Run {
        /// First day stated.
        first: Date,
        /// Last day stated.
        last: Date,
    },
    /// A day named twice.
    #[error("{0} is named twice")]
    Twice(Date),
    /// A make-up day on a day that works anyway.
    #[error("the make-up working day {0} is not on a weekend")]
    NotWeekend(Date),
    /// A name is missing.
    #[error("the name of {0} is missing in one of the two languages")]
    Nameless(Date),
}

/// What a table says of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Off(Text),
    Works(Text),
}

impl YearTable {
    /// Read and check the TOML text of one year.
    ///
    /// # Errors
    /// [`YearError`] names the first fault; nothing is guessed.
    pub fn read(text: &str) -> Result<YearTable, YearError> {
        if text.len() > YEAR_TEXT_BYTES_MAX {
            return Err(YearError::TooLong);
        }
        let table: YearTable =
            toml::from_str(text).map_err(|it| YearError::Shape(it.message().to_owned()))?;
        table.days()?;
        Ok(table)
    }

    /// The tables that ship with the engine, oldest first.
    #[must_use]
    pub fn builtin() -> Vec<YearTable> {
        let read = |text: &&str| YearTable::read(text).expect("the shipped tables are tested");
        BUILTIN.iter().map(read).collect()
    }

    /// Each named day, by its number; checks the whole table on the way.
    pub(super) fn days(&self) -> Result<BTreeMap<i64, Said>, YearError> {
        self.check_shape()?;
        let mut days = BTreeMap::new();
        for it in &self.holidays {
            let (first, last) = (day_of_date(it.first), day_of_date(it.last));
            if !(0..HOLIDAY_DAYS_MAX).contains(&(last - first)) {
                return Err(YearError::Run { first: it.first, last: it.last });
            }
            for day in first..=last {
                self.name(&mut days, day, &it.name, Said::Off(it.name.clone()))?;
            }
        }
        for it in &self.make_up {
            if !matches!(it.date.weekday(), Weekday::Saturday | Weekday::Sunday) {
                return Err(YearError::NotWeekend(it.date));
            }
            let said = Said::Works(it.name.clone());
            self.name(&mut days, day_of_date(it.date), &it.name, said)?;
        }
        Ok(days)
    }

    fn check_shape(&self) -> Result<(), YearError> {
        if !(2000..=2100).contains(&self.year) {
            return Err(YearError::Year(self.year));
        }
        if self.holidays.is_empty() {
            return Err(YearError::Empty(self.year));
        }
        if self.holidays.len().max(self.make_up.len()) > ENTRIES_MAX {
            return Err(YearError::TooMany(self.year));
        }
        Ok(())
    }

    fn name(
        &self,
        days: &mut BTreeMap<i64, Said>,
        day: i64,
        name: &Text,
        said: Said,
    ) -> Result<(), YearError> {
        let date = date_of_day(day);
        if date.year() != self.year {
            return Err(YearError::OtherYear { year: self.year, date });
        }
        if name.zh.trim().is_empty() || name.en.trim().is_empty() {
            return Err(YearError::Nameless(date));
        }
        match days.insert(day, said) {
            Some(_) => Err(YearError::Twice(date)),
            None => Ok(()),
        }
    }
}

macro_rules! shipped {
    ($($year:literal)+) => {
        &[$(include_str!(concat!("../../data/calendar/", $year, ".toml"))),+]
    };
}

const BUILTIN: &[&str] = shipped! {
    2004 2005 2006 2007 2008 2009 2010 2011 2012 2013 2014 2015
    2016 2017 2018 2019 2020 2021 2022 2023 2024 2025 2026
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check(year: i16, holidays: &str, make_up: &str) -> Result<(), String> {
        let text = format!(
            "year = {year}\nsource = \"test\"\nholidays = [{holidays}]\nmake_up = [{make_up}]\n"
        );
        YearTable::read(&text).map(|_| ()).map_err(|it| it.to_string())
    }

    const MAY: &str = r#"{ first = "2021-05-01", last = "2021-05-05", zh = "劳动节", en = "L" }"#;

    #[test]
    fn every_shipped_year_reads_and_prints_again() {
        let tables = YearTable::builtin();
        assert_eq!((tables[0].year, tables.len()), (2004, 23));
        for table in tables {
            let json = serde_json::to_string(&table).unwrap();
            assert_eq!(serde_json::from_str::<YearTable>(&json).unwrap(), table);
        }
    }

    #[test]
    fn a_table_with_a_slip_of_the_pen_is_refused() {
        assert_eq!(check(2021, MAY, ""), Ok(()));
        let day = |date: &str| format!(r#"{{ date = "{date}", zh = "劳动节", en = "L" }}"#);
        for (got, part) in [
            (check(2021, "", ""), "names no holiday"),
            (check(1821, MAY, ""), "not between"),
            (check(2020, MAY, ""), "not a day of 2020"),
            (check(2021, &format!("{MAY},{MAY}"), ""), "named twice"),
            (check(2021, MAY, &day("2021-05-01")), "named twice"),
            (check(2021, MAY, &day("2021-05-07")), "not on a weekend"),
            (check(2021, &MAY.replace("05-05", "04-30"), ""), "not a run"),
            (check(2021, &MAY.replace("05-05", "12-05"), ""), "not a run"),
            (check(2021, &MAY.replace("劳动节", " "), ""), "missing in one"),
            (check(2021, &MAY.replace("05-05", "05-32"), ""), "failed to read"),
            (check(2021, &"#".repeat(YEAR_TEXT_BYTES_MAX), ""), "at most"),
        ] {
            let message = got.unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
