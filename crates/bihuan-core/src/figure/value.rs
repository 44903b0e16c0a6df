//! What a figure comes to, and how it may be told: rounded by its rule, or in its round words.

use super::exact::{Exact, NO_VALUE, written};
use super::side::Side;
use super::thing::{Thing, thing, told};
use crate::pack::{Figure, Formula, How, Pack};
use crate::text::Text;

/// The value of a figure from those of its sides, in their order; a side without a value is
/// nothing. A count of nothing is 0, a least or last of nothing has no value.
///
/// Each side brings its sum, or what was taken, and how many it was taken of.
#[must_use]
pub fn value(figure: &Figure, sides: &[(Side, Option<i64>, i64)]) -> Exact {
    let number = |no: usize| {
        let (side, value, _) = sides.get(no)?;
        let counts = !matches!(side.take.how, How::Min | How::Max | How::First | How::Last);
        if counts { Some(value.unwrap_or(0)) } else { *value }
    };
    let ratio = |over: Option<i64>, under: Option<i64>| match (over, under) {
        (Some(over), Some(under)) => Exact::Ratio { over, under },
        _ => Exact::Nothing,
    };
    match &figure.is {
        Formula::One(take) if take.how == How::Average => {
            ratio(number(0), sides.first().map(|it| it.2))
        }
        Formula::One(_) => number(0).map_or(Exact::Nothing, Exact::Whole),
        Formula::Rate { .. } | Formula::Share { .. } => ratio(number(0), number(1)),
        Formula::Growth { .. } => {
            let gain = number(0).zip(number(1)).and_then(|(now, was)| now.checked_sub(was));
            ratio(gain, number(1))
        }
        Formula::Above { .. } => above(sides, number),
    }
}

/// Both rates of a difference; growth on either side brings two numbers, as a rate does.
fn above(sides: &[(Side, Option<i64>, i64)], number: impl Fn(usize) -> Option<i64>) -> Exact {
    let pair = |first: usize| {
        let (one, two) = (number(first)?, number(first + 1)?);
        let grows = sides.get(first)?.0.name.ends_with(".now.value");
        Some((if grows { one.checked_sub(two)? } else { one }, two))
    };
    match (pair(0), pair(2)) {
        (Some((over, under)), Some((base_over, base_under))) if sides.len() == 4 => {
            Exact::Difference { over, under, base_over, base_under }
        }
        _ => Exact::Nothing,
    }
}

/// How a value is told: rounded to the places of its figure, with its unit; `—` without a value.
#[must_use]
pub fn told_as(pack: &Pack, figure: &Figure, value: &Exact) -> Text {
    let shown = shown(pack, figure, value);
    let Some((number, zh, en)) = shown else { return Text::new(NO_VALUE, NO_VALUE) };
    let number = written(number, figure.places);
    Text::new(format!("{number}{zh}"), format!("{number}{en}"))
}

fn shown(
    pack: &Pack,
    figure: &Figure,
    value: &Exact,
) -> Option<(i128, &'static str, &'static str)> {
    let (scale, (zh, en)) = told(thing(pack, figure)?, figure.unit)?;
    Some((value.at(scale, figure.places)?, zh, en))
}

/// Why a value is not told in round words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unworded {
    /// The figure has no words.
    NoWording,
    /// It has no value, or lies below the first step.
    BelowStep,
    /// The number said is not the step that the value lies in.
    NotInStep,
}

/// The round words of a value (`4000余条`): the exact value is at least k steps and less than
/// k + 1, with k ≥ 1, and k steps are printed.
///
/// # Errors
/// Where the figure has no words, or the value lies below its first step.
pub fn in_words(pack: &Pack, figure: &Figure, value: &Exact) -> Result<Text, Unworded> {
    let wording = figure.wording.as_ref().ok_or(Unworded::NoWording)?;
    let floor = floor(pack, figure, value, wording.step).ok_or(Unworded::BelowStep)?;
    let number = written(floor, figure.places);
    let fill = |it: &str| it.replace("{n}", &number);
    Ok(Text::new(fill(&wording.words.zh), fill(&wording.words.en)))
}

/// Whether a number said in round words (the `4000` of `4000余`) may stand for a value.
///
/// # Errors
/// Where the figure has no words, or the number is not the step that the value lies in.
pub fn holds_in_words(
    pack: &Pack,
    figure: &Figure,
    value: &Exact,
    said: &str,
) -> Result<(), Unworded> {
    let wording = figure.wording.as_ref().ok_or(Unworded::NoWording)?;
    let floor = floor(pack, figure, value, wording.step).ok_or(Unworded::BelowStep)?;
    if written(floor, figure.places) == said { Ok(()) } else { Err(Unworded::NotInStep) }
}

/// The last step that the exact value has reached, in units of the last place; never rounded up.
fn floor(pack: &Pack, figure: &Figure, value: &Exact, step: u32) -> Option<i128> {
    let (scale, _) = told(thing(pack, figure)?, figure.unit)?;
    let whole = value.cut(scale, figure.places).filter(|it| *it > 0)?;
    let steps = whole / i128::from(step.max(1));
    (steps >= 1).then(|| steps * i128::from(step.max(1)))
}

/// What a published percentage is to its two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// Rounded half up, as it should be.
    Rounded,
    /// Cut off where it should have been rounded up (a trap of real bulletins).
    Truncated,
    /// Neither.
    Wrong,
    /// There is no value, or what was said is no number.
    NoValue,
}

/// What a published percentage such as `62.57` is to the two numbers it was made of.
#[must_use]
pub fn published(over: i64, under: i64, said: &str) -> Published {
    let said = said.trim().trim_end_matches(['%', '％']).trim_end();
    let decimals = said.split_once('.').map_or(0, |it| it.1.len());
    let Ok(places) = u8::try_from(decimals) else { return Published::NoValue };
    let value = Exact::Ratio { over, under };
    let scale = (100, 1);
    match (value.at(scale, places), value.cut(scale, places)) {
        (Some(right), _) if written(right, places) == said => Published::Rounded,
        (Some(_), Some(cut)) if written(cut, places) == said => Published::Truncated,
        (Some(_), Some(_)) => Published::Wrong,
        _ => Published::NoValue,
    }
}

/// Whether a figure is told in per cent.
#[must_use]
pub(crate) fn is_percent(pack: &Pack, figure: &Figure) -> bool {
    thing(pack, figure) == Some(Thing::Percent)
}
