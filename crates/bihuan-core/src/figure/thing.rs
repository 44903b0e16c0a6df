//! What a figure counts, so that only like things stand above and below one line.

use super::tally::TallyKind;
use crate::expr::{Type, Unit};
use crate::form::{Field, FieldKind, Reckoning};
use crate::pack::{Counted, Figure, Formula, How, Origin, Pack, Stake, Take, Told};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// Matters, or steps of them.
    Matters,
    /// Units.
    Units,
    /// Persons.
    Persons,
    /// Entries of a register.
    Entries,
    /// Entries of points or money.
    Scores,
    /// Milliseconds.
    Milliseconds,
    /// Thousandths of a point.
    Points,
    /// A number of a form, a register or a param.
    Number(Unit),
    /// Hundredths of a hundredth: per cent, with both sides kept.
    Percent,
    /// Percentage points.
    PercentPoints,
}

/// What a figure counts; `None` where it names something that is not there or has no value.
#[must_use]
pub fn thing(pack: &Pack, figure: &Figure) -> Option<Thing> {
    match &figure.is {
        Formula::One(take) => of_take(pack, take),
        Formula::Rate { .. } | Formula::Growth { .. } | Formula::Share { .. } => {
            Some(Thing::Percent)
        }
        Formula::Above { .. } => Some(Thing::PercentPoints),
    }
}

/// Whether two takes count like things in like ways, so that one may be a part of the other.
#[must_use]
pub fn like(pack: &Pack, one: &Take, other: &Take) -> bool {
    let thing = of_take(pack, one);
    one.how == other.how && adds_up(one) && thing.is_some() && thing == of_take(pack, other)
}

/// Whether what is taken can be a part of something, or grow: a mean, a least or a last of several
/// cannot; the one value of a param can.
#[must_use]
pub(crate) fn adds_up(take: &Take) -> bool {
    matches!(take.how, How::Count | How::Units | How::Matters | How::Sum)
        || matches!(take.of, Origin::Param(_))
}

pub(super) fn of_take(pack: &Pack, take: &Take) -> Option<Thing> {
    match (take.how, &take.of) {
        (How::Units, Origin::Matters(_) | Origin::Scored(_) | Origin::Field { .. }) => {
            Some(Thing::Units)
        }
        (How::Units, Origin::Register { field: None, .. }) => Some(Thing::Units),
        (How::Matters, Origin::Matters(_) | Origin::Scored(_)) => Some(Thing::Matters),
        (How::Units | How::Matters, _) => None,
        (How::Count, Origin::Matters(_)) => Some(Thing::Matters),
        (How::Count, Origin::Scored(_)) => Some(Thing::Scores),
        (How::Count, Origin::Register { field: None, .. }) => Some(Thing::Entries),
        (How::Count, Origin::Holders(_)) => Some(Thing::Persons),
        (How::Count, _) => None,
        (_, Origin::Matters(it)) => it.is_timed().then_some(Thing::Milliseconds),
        (_, Origin::Scored(it)) => Some(match it.what {
            Stake::Points => Thing::Points,
            Stake::Fen => Thing::Number(Unit::FEN),
        }),
        (_, Origin::Field { field, .. }) => number(pack, &pack.form, field).map(Thing::Number),
        (_, Origin::Register { register, field }) => {
            let register = pack.registers.iter().find(|it| it.id == *register)?;
            number(pack, &register.fields, field.as_ref()?).map(Thing::Number)
        }
        (How::Last, Origin::Param(param)) => {
            let param = pack.params.iter().find(|it| it.id == *param)?;
            Some(Thing::Number(Unit::named(&param.unit)))
        }
        (_, Origin::Param(_) | Origin::Holders(_)) => None,
    }
}

/// The unit of a field that holds a number.
fn number(pack: &Pack, fields: &[Field], id: &str) -> Option<Unit> {
    let field = fields.iter().find(|it| it.id == id)?;
    match &field.kind {
        FieldKind::Number { unit, places, .. } => Some(Unit::named(unit).with_places(*places)),
        FieldKind::Money => Some(Unit::FEN),
        FieldKind::Length => Some(Unit::MM),
        FieldKind::Period => Some(Unit::MONTHS),
        FieldKind::Formula { .. } => {
            let (reckoning, _) = Reckoning::of(fields, &[], &pack.registers, &pack.params);
            match reckoning.type_of(id)? {
                Type::Number(unit) => Some(unit),
                Type::Plain => Some(Unit::COUNT),
                Type::YesNo | Type::Day => None,
            }
        }
        _ => None,
    }
}

/// How a number is told: its ratio to the smallest unit, and the name of its unit, in Chinese and
/// English.
pub type InUnit = ((i64, i64), (&'static str, &'static str));

/// How a thing is told in the unit that a figure says, or in its own; `None` where the one said
/// does not fit.
#[must_use]
pub fn told(thing: Thing, unit: Option<Told>) -> Option<InUnit> {
    let fen = Thing::Number(Unit::FEN);
    let mm = Thing::Number(Unit::MM);
    Some(match (thing, unit) {
        (Thing::Percent, None) => ((100, 1), ("%", "%")),
        (Thing::PercentPoints, None) => ((100, 1), ("个百分点", " percentage points")),
        (Thing::Points, None | Some(Told::Point)) => ((1, 1_000), ("分", " points")),
        (Thing::Milliseconds, None | Some(Told::Hour)) => ((1, 3_600_000), ("小时", " hours")),
        (Thing::Milliseconds, Some(Told::Day)) => ((1, 86_400_000), ("天", " days")),
        (it, None | Some(Told::Yuan)) if it == fen => ((1, 100), ("元", " yuan")),
        (it, Some(Told::WanYuan)) if it == fen => ((1, 1_000_000), ("万元", " ten thousand yuan")),
        (it, None | Some(Told::M)) if it == mm => ((1, 1_000), ("米", " m")),
        (it, Some(Told::Km)) if it == mm => ((1, 1_000_000), ("公里", " km")),
        (Thing::Number(unit), None) => ((1, 10_i64.pow(u32::from(unit.places()))), ("", "")),
        (_, None) => ((1, 1), ("", "")),
        (_, Some(_)) => return None,
    })
}

impl Counted {
    /// Whether what is counted took a time that is kept: from the report to filing, from the
    /// dispatch to the declaration less what the clock stood, from the report to the clearance.
    #[must_use]
    pub fn is_timed(self) -> bool {
        matches!(
            self,
            Counted::Filed
                | Counted::FiledOnTime
                | Counted::Declared
                | Counted::DeclaredOnTime
                | Counted::Cleared
                | Counted::ClearedOnTime
                | Counted::FixedOnSpot
        )
    }

    /// Whether it happens to a matter once at most, so that what it is of is counted once.
    #[must_use]
    pub fn is_once(self) -> bool {
        let kind = self.counting().kind;
        kind.is_state()
            || matches!(
                kind,
                TallyKind::Filed
                    | TallyKind::Cleared
                    | TallyKind::SelfHandled
                    | TallyKind::Merged
                    | TallyKind::Voided
            )
    }
}
