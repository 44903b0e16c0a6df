//! Units: what a number counts, and how units combine.
//!
//! Invariant: numbers add up and compare only within one unit; a factor joins units, a ratio
//! divides them.

use super::PLACES_MAX;
use std::fmt;

/// Largest power of a unit in a product.
const POWER_MAX: i8 = 4;
/// Most decimal places of a product.
const PRODUCT_PLACES_MAX: u8 = 9;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A number in a unit.
    Number(Unit),
    /// A plain number: takes the smallest unit of what it stands beside.
    Plain,
    /// Yes or no.
    YesNo,
    /// A day.
    Day,
}

/// What a number counts: powers of fen, millimetres, months and days, and decimal places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    fen: i8,
    mm: i8,
    months: i8,
    days: i8,
    places: u8,
}

impl Unit {
    /// Things counted: persons, rows, households.
    pub const COUNT: Unit = Unit { fen: 0, mm: 0, months: 0, days: 0, places: 0 };
    /// Hundredths of a yuan.
    pub const FEN: Unit = Unit { fen: 1, ..Unit::COUNT };
    /// Millimetres.
    pub const MM: Unit = Unit { mm: 1, ..Unit::COUNT };
    /// Months.
    pub const MONTHS: Unit = Unit { months: 1, ..Unit::COUNT };
    /// Days.
    pub const DAYS: Unit = Unit { days: 1, ..Unit::COUNT };
    /// Thousandths.
    pub const PER_MILLE: Unit = Unit { places: 3, ..Unit::COUNT };

    /// The unit that a field or param names: `fen`, `mm`, `months`, `days`, `per_mille`, one of
    /// these per another (`fen/months`); every other word counts things.
    #[must_use]
    pub fn named(text: &str) -> Unit {
        let word = |it: &str| match it.trim() {
            "fen" => Unit::FEN,
            "mm" => Unit::MM,
            "month" | "months" => Unit::MONTHS,
            "day" | "days" => Unit::DAYS,
            "per_mille" => Unit::PER_MILLE,
            _ => Unit::COUNT,
        };
        match text.split_once('/') {
            Some((over, under)) => {
                let (over, under) = (word(over), word(under));
                over.per(under, over.places).unwrap_or(over)
            }
            None => word(text),
        }
    }

    /// The same unit with more decimal places: tenths of a point, hundredths of a mu.
    #[must_use]
    pub fn with_places(self, places: u8) -> Unit {
        Unit { places: self.places.saturating_add(places), ..self }
    }

    /// Decimal places that a value carries: 3 says that 700 stands for 0.700.
    #[must_use]
    pub fn places(self) -> u8 {
        self.places
    }

    /// Whether it is one unit alone, so that a value in it can be shown.
    #[must_use]
    pub fn is_simple(self) -> bool {
        let powers = [self.fen, self.mm, self.months, self.days];
        let used = powers.iter().filter(|it| **it != 0).count();
        let first = used == 0 || (used == 1 && powers.contains(&1));
        first && self.places <= if used == 0 { PLACES_MAX } else { 0 }
    }

    /// The unit of a product; `None` where it grows out of hand.
    pub(super) fn times(self, other: Unit) -> Option<Unit> {
        let places = self.places.checked_add(other.places)?;
        self.join(other, 1, places)
    }

    /// The unit of a ratio with so many decimal places.
    pub(super) fn per(self, other: Unit, places: u8) -> Option<Unit> {
        self.join(other, -1, places)
    }

    fn join(self, other: Unit, sign: i8, places: u8) -> Option<Unit> {
        let power = |a: i8, b: i8| {
            let power = a.checked_add(b.checked_mul(sign)?)?;
            (-POWER_MAX..=POWER_MAX).contains(&power).then_some(power)
        };
        let unit = Unit {
            fen: power(self.fen, other.fen)?,
            mm: power(self.mm, other.mm)?,
            months: power(self.months, other.months)?,
            days: power(self.days, other.days)?,
            places,
        };
        (places <= PRODUCT_PLACES_MAX).then_some(unit)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let powers =
            [("fen", self.fen), ("mm", self.mm), ("months", self.months), ("days", self.days)];
        let words = |sign: i8| {
            let powers = powers.iter().filter(move |(_, it)| it.signum() == sign);
            powers.flat_map(|(name, it)| (0..it.unsigned_abs()).map(move |_| *name))
        };
        let over: Vec<&str> = words(1).collect();
        let under: Vec<&str> = words(-1).collect();
        f.write_str(&if over.is_empty() { "count".to_owned() } else { over.join(" × ") })?;
        for word in under {
            write!(f, " / {word}")?;
        }
        match self.places {
            0 => Ok(()),
            places => write!(f, " (÷ {})", 10_i64.pow(u32::from(places))),
        }
    }
}
