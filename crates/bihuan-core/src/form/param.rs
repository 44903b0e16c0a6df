//! Params: values that the law or a contract sets, each with its days and its source.
//!
//! Invariant: in a pack that loads, the days of a param follow each other without gap or overlap,
//! so at most one value is valid on a day.

use crate::text::Text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A value with dates, such as a minimum wage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Param {
    /// Key.
    pub id: String,
    /// Unit of its values, such as `fen`.
    pub unit: String,
    /// Values, by date.
    pub values: Vec<ParamValue>,
}

/// A value with its dates and source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ParamValue {
    /// First day, `2018-10-01`.
    pub from: String,
    /// First day of no more validity.
    pub to: Option<String>,
    /// The value, in the unit of the parameter.
    pub value: i64,
    /// Who says so.
    pub source: Text,
}

/// How the days of a value do not fit; the number counts values from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamSlip {
    /// It ends on or before the day on which it begins.
    Empty(usize),
    /// It begins before the value ahead of it ends.
    Overlap(usize),
    /// Between the value ahead of it and itself there are days without a value.
    Gap(usize),
}

impl Param {
    /// The value that is valid on a day.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<&ParamValue> {
        let day = day.to_string();
        let ends_later = |to: &String| day < *to;
        self.values.iter().find(|it| it.from <= day && it.to.as_ref().is_none_or(ends_later))
    }

    /// Every slip in the days of the values, in their order; none where each value begins on the
    /// day on which the one ahead of it ends.
    #[must_use]
    pub fn slips(&self) -> Vec<ParamSlip> {
        let mut slips = Vec::new();
        let mut ahead: Option<&ParamValue> = None;
        for (no, value) in self.values.iter().enumerate() {
            if value.to.as_ref().is_some_and(|to| *to <= value.from) {
                slips.push(ParamSlip::Empty(no));
            }
            match ahead.map(|it| &it.to) {
                Some(Some(to)) if *to < value.from => slips.push(ParamSlip::Gap(no)),
                Some(Some(to)) if *to == value.from => (),
                Some(_) => slips.push(ParamSlip::Overlap(no)),
                None => (),
            }
            ahead = Some(value);
        }
        slips
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn param(days: &[(&str, Option<&str>)]) -> Param {
        let value = |(no, (from, to)): (usize, &(&str, Option<&str>))| ParamValue {
            from: (*from).into(),
            to: to.map(Into::into),
            value: i64::try_from(no).unwrap(),
            source: Text::new("通知", "notice"),
        };
        let values = days.iter().enumerate().map(value).collect();
        Param { id: "wage".into(), unit: "fen/month".into(), values }
    }

    #[test]
    fn a_value_is_valid_from_its_first_day_to_the_day_before_its_end() {
        let wage = param(&[("2018-10-01", Some("2022-01-01")), ("2022-01-01", None)]);
        let on = |year, month, day| wage.on(date(year, month, day)).map(|it| it.value);
        assert_eq!(wage.slips(), []);
        assert_eq!(on(2018, 9, 30), None);
        assert_eq!(on(2018, 10, 1), Some(0));
        assert_eq!(on(2021, 12, 31), Some(0));
        assert_eq!(on(2022, 1, 1), Some(1));
        assert_eq!(on(2099, 12, 31), Some(1));
    }

    #[test]
    fn gaps_overlaps_and_empty_values_are_all_told() {
        let wage = param(&[
            ("2018-10-01", Some("2020-01-01")),
            ("2020-01-02", Some("2021-01-01")),
            ("2020-12-31", None),
            ("2022-01-01", Some("2022-01-01")),
        ]);
        let told =
            [ParamSlip::Gap(1), ParamSlip::Overlap(2), ParamSlip::Empty(3), ParamSlip::Overlap(3)];
        assert_eq!(wage.slips(), told);
        assert_eq!(param(&[]).slips(), []);
    }
}
