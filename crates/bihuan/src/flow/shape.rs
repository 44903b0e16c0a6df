//! What a stage means, said twice: by the shape of its box and by colour, so that who cannot tell
//! the colours, or prints in grey, reads the same.

use bihuan_core::pack::Meaning;
use bihuan_core::text::Text;

/// The outline of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outline {
    /// Round ends.
    Pill,
    /// Round ends with a double line.
    DoublePill,
    /// Round corners.
    Rounded,
    /// Square corners.
    Square,
    /// Pointed at both sides.
    Pointed,
    /// Cut corners.
    Cut,
    /// Round corners with a broken line.
    Broken,
}

/// How a meaning looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) outline: Outline,
    /// Colour of the line, dark enough to read on white and on `fill`.
    pub(super) line: &'static str,
    /// Colour of the ground.
    pub(super) fill: &'static str,
}

/// How a meaning looks.
pub(super) fn look(is: Meaning) -> Look {
    let (outline, line, fill) = match is {
        Meaning::Opened => (Outline::Pill, "#8a6100", "#fff6da"),
        Meaning::Filed => (Outline::Rounded, "#1f5fb0", "#e7f0fd"),
        Meaning::Handling => (Outline::Square, "#b04a00", "#fdeee0"),
        Meaning::Declared => (Outline::Pointed, "#7a3eb1", "#f4eafd"),
        Meaning::Verifying => (Outline::Pointed, "#4a3aa7", "#ebe9fb"),
        Meaning::Closed => (Outline::DoublePill, "#1b7a32", "#e3f5e6"),
        Meaning::SelfHandled => (Outline::Pill, "#0b7468", "#e0f4f1"),
        Meaning::Merged => (Outline::Broken, "#5f6368", "#f1f1f1"),
        Meaning::Voided => (Outline::Cut, "#b3261e", "#fbe9e7"),
    };
    Look { outline, line, fill }
}

/// The word for a meaning.
pub(super) fn word(is: Meaning) -> Text {
    let (zh, en) = match is {
        Meaning::Opened => ("待立案", "opened"),
        Meaning::Filed => ("已立案", "filed"),
        Meaning::Handling => ("办理中", "being handled"),
        Meaning::Declared => ("待验收", "declared done"),
        Meaning::Verifying => ("复核中", "being verified"),
        Meaning::Closed => ("销号", "cleared"),
        Meaning::SelfHandled => ("自行处置", "fixed by the finder"),
        Meaning::Merged => ("并案", "merged"),
        Meaning::Voided => ("终止", "ended unfixed"),
    };
    Text::new(zh, en)
}

/// Radius of round ends, and depth of points and cuts.
pub(super) const ROUND: i32 = 22;
/// How far the points of a pointed box reach.
pub(super) const POINT: i32 = 16;
/// Length of a cut.
pub(super) const CUT: i32 = 14;

impl Outline {
    /// How far inside the box its side lies, `down` below its top, where it is `height` high.
    pub(super) fn inset(self, down: i32, height: i32) -> i32 {
        let from_edge = down.min(height - down).max(0);
        match self {
            Outline::Pill | Outline::DoublePill if from_edge < ROUND => {
                let (radius, rest) = (f64::from(ROUND), f64::from(ROUND - from_edge));
                (radius - (radius * radius - rest * rest).sqrt()).round() as i32
            }
            Outline::Pointed => {
                let part = f64::from((2 * down - height).abs()) / f64::from(height.max(1));
                (f64::from(POINT) * part).round() as i32
            }
            Outline::Cut => (CUT - from_edge).max(0),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_meanings_share_shape_and_colour() {
        let looks: Vec<Look> = Meaning::ALL.map(look).to_vec();
        let lines: BTreeSet<&str> = looks.iter().map(|it| it.line).collect();
        assert_eq!(lines.len(), looks.len());
        for (one, other) in looks.iter().zip(looks.iter().skip(1)) {
            assert_ne!((one.outline, one.fill), (other.outline, other.fill));
        }
    }

    #[test]
    fn an_arrow_touches_the_side_of_every_outline() {
        assert_eq!(Outline::Square.inset(3, 60), 0);
        assert_eq!(Outline::Pill.inset(30, 60), 0);
        assert_eq!(Outline::Pill.inset(0, 60), ROUND);
        assert_eq!(Outline::Pointed.inset(30, 60), 0);
        assert_eq!(Outline::Pointed.inset(0, 60), POINT);
        assert_eq!(Outline::Cut.inset(56, 60), CUT - 4);
    }
}
