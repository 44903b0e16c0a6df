//! Reads named figures.

use super::node::Node;
use super::value::Value;
use crate::id::RoleId;
use crate::pack::{
    Against, Counted, Figure, Formula, How, Origin, Scored, Sign, Stake, Take, Told, Wording,
};

/// Most decimal places of a figure.
const PLACES_MAX: u32 = 4;
/// Largest step of round words.
const STEP_MAX: u32 = 1_000_000;

/// Keys that say how one number is taken.
const TAKES: [(&str, How); 7] = [
    ("count", How::Count),
    ("sum", How::Sum),
    ("average", How::Average),
    ("min", How::Min),
    ("max", How::Max),
    ("first", How::First),
    ("last", How::Last),
];

/// Of what units or matters are counted once each.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Distinct {
    Unit,
    Matter,
}

pub(super) fn figure(node: &Node<'_>) -> Figure {
    let places = node.some_number("places", 0..=PLACES_MAX).unwrap_or_default();
    Figure {
        id: node.id("id"),
        title: node.text("title"),
        is: formula(node).unwrap_or_else(|| Formula::One(stand_in())),
        places: u8::try_from(places).unwrap_or_default(),
        unit: node.get("unit").and_then(|it| it.word::<Told>()),
        wording: node.node("wording").map(|it| {
            let wording =
                Wording { step: it.number("step", 1..=STEP_MAX), words: it.text("words") };
            it.finish();
            wording
        }),
    }
}

fn stand_in() -> Take {
    Take { how: How::Count, of: Origin::Matters(Counted::Opened) }
}

/// Exactly one of the keys says what the figure is.
fn formula(node: &Node<'_>) -> Option<Formula> {
    let at = node.get("at").and_then(|it| it.word::<Counted>());
    let take = |how: How, value: &Value<'_>| {
        Some(Take { how, of: origin(value, at.unwrap_or(Counted::Opened))? })
    };
    let mut found: Vec<Option<Formula>> = Vec::new();
    for (key, how) in TAKES {
        let Some(value) = node.get(key) else { continue };
        let over = take(how, &value);
        let under = node.get("per").map(|it| take(how, &it));
        found.push(match under {
            None => over.map(Formula::One),
            Some(under) => over.zip(under).map(|(over, under)| Formula::Rate { over, under }),
        });
    }
    if let Some(what) = node.get("distinct") {
        let how = what.word().map(|it| match it {
            Distinct::Unit => How::Units,
            Distinct::Matter => How::Matters,
        });
        let of = node.need("of");
        found.push(how.zip(of).and_then(|(how, of)| take(how, &of)).map(Formula::One));
    }
    if let Some(of) = node.get("growth") {
        let against = node.word_or("against", Against::Year);
        found.push(of.id().map(|it| Formula::Growth { of: it.to_owned(), against }));
    }
    for (key, second) in [("share", "whole"), ("above", "base")] {
        let Some(one) = node.get(key) else { continue };
        let other = node.need(second);
        let ids = one.id().zip(other.and_then(|it| it.id()));
        found.push(ids.map(|(one, other)| match key {
            "share" => Formula::Share { part: one.to_owned(), whole: other.to_owned() },
            _ => Formula::Above { rate: one.to_owned(), base: other.to_owned() },
        }));
    }
    if found.len() != 1 {
        node.gap(
            "figure_formula",
            "请写明一项：count、sum、average、min、max、first、last、distinct、growth、share、above",
            "say one of count, sum, average, min, max, first, last, distinct, growth, share, above",
        );
    }
    found.pop().flatten()
}

/// A word of what happens to matters, `points` or `fen` (with `_deducted` or `_awarded`, and
/// `:TARIFF`), `field:KEY`, `register:KEY` or `register:KEY/FIELD`, `role:KEY`, `param:KEY`.
fn origin(value: &Value<'_>, at: Counted) -> Option<Origin> {
    let text = value.str()?;
    let (head, key) = match text.split_once(':') {
        Some((head, key)) => (head, Some(key)),
        None => (text, None),
    };
    let named = key.filter(|it| it.split('/').all(crate::id::is_key));
    if let Some(scored) = stake(head) {
        let tariff = named.map(str::to_owned);
        if key.is_none() || tariff.is_some() {
            return Some(Origin::Scored(Scored { tariff, ..scored }));
        }
    }
    let key = match (head, key, named) {
        (_, None, _) => return value.word().map(Origin::Matters),
        ("register", _, Some(key)) if key.matches('/').count() <= 1 => key,
        ("field" | "role" | "param", _, Some(key)) if !key.contains('/') => key,
        _ => {
            const WORDS: [&str; 5] =
                ["points:TARIFF", "field:KEY", "register:KEY/FIELD", "role:KEY", "param:KEY"];
            value.bad_word(text, &WORDS);
            return None;
        }
    };
    Some(match head {
        "field" => Origin::Field { field: key.to_owned(), at },
        "role" => Origin::Holders(RoleId::from(key)),
        "param" => Origin::Param(key.to_owned()),
        _ => {
            let (register, field) = match key.split_once('/') {
                Some((register, field)) => (register, Some(field.to_owned())),
                None => (key, None),
            };
            Origin::Register { register: register.to_owned(), field }
        }
    })
}

fn stake(word: &str) -> Option<Scored> {
    let (what, sign) = match word {
        "points" => (Stake::Points, Sign::Both),
        "points_deducted" => (Stake::Points, Sign::Deducted),
        "points_awarded" => (Stake::Points, Sign::Awarded),
        "fen" => (Stake::Fen, Sign::Both),
        "fen_deducted" => (Stake::Fen, Sign::Deducted),
        "fen_awarded" => (Stake::Fen, Sign::Awarded),
        _ => return None,
    };
    Some(Scored { what, sign, tariff: None })
}
