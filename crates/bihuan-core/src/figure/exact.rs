//! Exact arithmetic of figures: whole numbers and ratios of them, rounded once, when told.
//!
//! Invariant: no floating point; both sides of a ratio are kept; a zero below the line has no
//! value and is told as `—`.

use serde::{Deserialize, Serialize};

/// What is told where there is no value.
pub const NO_VALUE: &str = "—";
/// Most decimal places.
pub const PLACES_MAX: u8 = 9;

/// The exact value of a figure, in the smallest unit of what is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ExactValue))]
#[serde(rename_all = "snake_case")]
pub enum Exact {
    /// There is none: nothing was there to take a value of.
    Nothing,
    /// A whole number.
    Whole(i64),
    /// A ratio; without a value where `under` is 0.
    Ratio {
        /// Above the line.
        over: i64,
        /// Below the line.
        under: i64,
    },
    /// The difference of two ratios.
    Difference {
        /// Above the line of the first.
        over: i64,
        /// Below the line of the first.
        under: i64,
        /// Above the line of the second.
        base_over: i64,
        /// Below the line of the second.
        base_under: i64,
    },
}

/// `over / under` rounded half away from zero (四舍五入), so that −0.5 becomes −1 as 0.5 becomes 1;
/// `None` for a zero denominator.
#[must_use]
pub fn rounded(over: i128, under: i128) -> Option<i128> {
    if under == 0 {
        return None;
    }
    let (whole, rest) = (over / under, over % under);
    // Not `rest * 2 >= under`, which could leave 128 bits.
    let up = rest.unsigned_abs() >= under.unsigned_abs() - rest.unsigned_abs();
    let away = if (over < 0) == (under < 0) { 1 } else { -1 };
    Some(whole + if up { away } else { 0 })
}

impl Exact {
    /// Above and below the one line that it comes to; `None` where there is no value or it leaves
    /// 128 bits.
    #[must_use]
    pub fn fraction(&self) -> Option<(i128, i128)> {
        let wide = |it: &i64| i128::from(*it);
        let (over, under) = match self {
            Exact::Nothing => return None,
            Exact::Whole(it) => (wide(it), 1),
            Exact::Ratio { over, under } => (wide(over), wide(under)),
            Exact::Difference { over, under, base_over, base_under } => {
                // Products of two numbers of 64 bits, and their difference: within 128 bits.
                let over =
                    (wide(over) * wide(base_under)).checked_sub(wide(base_over) * wide(under))?;
                (over, wide(under) * wide(base_under))
            }
        };
        (under != 0).then_some((over, under))
    }

    /// The value times `scale`, a ratio, with so many decimal places, as a whole number of the last
    /// place.
    #[must_use]
    pub fn at(&self, scale: (i64, i64), places: u8) -> Option<i128> {
        let (over, under) = self.fraction()?;
        let ten = 10_i128.checked_pow(u32::from(places.min(PLACES_MAX)))?;
        let over = over.checked_mul(i128::from(scale.0))?.checked_mul(ten)?;
        rounded(over, under.checked_mul(i128::from(scale.1))?)
    }

    /// The same, cut off instead of rounded: how a figure must not be told.
    #[must_use]
    pub(super) fn cut(&self, scale: (i64, i64), places: u8) -> Option<i128> {
        let (over, under) = self.fraction()?;
        let ten = 10_i128.checked_pow(u32::from(places.min(PLACES_MAX)))?;
        let over = over.checked_mul(i128::from(scale.0))?.checked_mul(ten)?;
        over.checked_div(under.checked_mul(i128::from(scale.1))?)
    }
}

/// A whole number of the last of so many decimal places, written out.
#[must_use]
pub fn written(number: i128, places: u8) -> String {
    let ten = 10_u128.pow(u32::from(places.min(PLACES_MAX)));
    let (sign, size) = (if number < 0 { "-" } else { "" }, number.unsigned_abs());
    match places {
        0 => format!("{sign}{size}"),
        _ => format!("{sign}{}.{:0width$}", size / ten, size % ten, width = usize::from(places)),
    }
}
