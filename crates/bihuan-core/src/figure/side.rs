//! The numbers that a figure is made of, each with its name and period.

use crate::pack::{Against, Figure, Formula, Pack, Take};

/// One number that a figure is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// Its name in the digest and in lists of records, such as `over` or `base.under`.
    pub name: String,
    /// What is taken.
    pub take: Take,
    /// Of the period before or of the year before; of the period itself unless said.
    pub against: Option<Against>,
}

/// How deep figures may rest on figures.
const DEPTH_MAX: u8 = 4;

/// All sides of a figure, in the order of its digest.
#[must_use]
pub fn sides(pack: &Pack, figure: &Figure) -> Vec<Side> {
    let mut sides = Vec::new();
    gather(pack, figure, "", None, DEPTH_MAX, &mut sides);
    sides
}

fn gather(
    pack: &Pack,
    figure: &Figure,
    prefix: &str,
    against: Option<Against>,
    depth: u8,
    sides: &mut Vec<Side>,
) {
    let mut side = |name: &str, take: &Take| {
        let name = format!("{prefix}{name}");
        sides.push(Side { name, take: take.clone(), against });
    };
    match &figure.is {
        Formula::One(take) => side("value", take),
        Formula::Rate { over, under } => {
            side("over", over);
            side("under", under);
        }
        Formula::Growth { of, against } => {
            let (before, now) = (Some(*against), None);
            rest(pack, of, (prefix, "now"), now, depth, sides);
            rest(pack, of, (prefix, "before"), before, depth, sides);
        }
        Formula::Share { part, whole } => {
            rest(pack, part, (prefix, "part"), against, depth, sides);
            rest(pack, whole, (prefix, "whole"), against, depth, sides);
        }
        Formula::Above { rate, base } => {
            rest(pack, rate, (prefix, "rate"), against, depth, sides);
            rest(pack, base, (prefix, "base"), against, depth, sides);
        }
    }
}

/// The sides of another figure that one rests on.
fn rest(
    pack: &Pack,
    id: &str,
    (prefix, name): (&str, &str),
    against: Option<Against>,
    depth: u8,
    sides: &mut Vec<Side>,
) {
    let figure = pack.figures.iter().find(|it| it.id == id);
    if let (Some(figure), Some(depth)) = (figure, depth.checked_sub(1)) {
        gather(pack, figure, &format!("{prefix}{name}."), against, depth, sides);
    }
}
