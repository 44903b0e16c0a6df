//! Named figures (指标): the closed vocabulary of what can be counted, and how it is told.
//!
//! Invariant: in a loaded pack a rate has like things above and below the line, a named base is
//! there, and no figure rests on itself.

use crate::id::RoleId;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// A named figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Figure {
    /// Key.
    pub id: String,
    /// Name on documents.
    pub title: Text,
    /// What it is.
    pub is: Formula,
    /// Decimal places that are told; rounded half up, away from zero where negative (四舍五入).
    pub places: u8,
    /// The unit that it is told in; that of what is counted unless said.
    pub unit: Option<Told>,
    /// How it may be told in round words.
    pub wording: Option<Wording>,
}

/// What a figure is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FigureFormula))]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// One number: a count, sum, average, least, most, first or last.
    One(Take),
    /// A rate of like things, in per cent; both sides are kept.
    Rate {
        /// Above the line.
        over: Take,
        /// Below the line.
        under: Take,
    },
    /// By how much another figure has grown, in per cent of what it was (同比、环比).
    Growth {
        /// The figure.
        of: String,
        /// Against when.
        against: Against,
    },
    /// A figure as a part of another, in per cent (占比).
    Share {
        /// The part.
        part: String,
        /// The whole.
        whole: String,
    },
    /// How far a rate lies above a named base, in percentage points (百分点); never in per cent.
    Above {
        /// The rate.
        rate: String,
        /// The rate that it is compared with.
        base: String,
    },
}

/// The period that growth is against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The same period of the year before (同比).
    Year,
    /// The period before (环比).
    Period,
}

/// How one number is taken, and of what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FigureTake))]
pub struct Take {
    /// How.
    pub how: How,
    /// Of what.
    pub of: Origin,
}

/// How one number is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FigureHow))]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// How many.
    Count,
    /// How many units among them, each counted once.
    Units,
    /// How many matters among them, each counted once.
    Matters,
    /// The sum of their values.
    Sum,
    /// The mean of their values.
    Average,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The value of the one that counts first.
    First,
    /// The value of the one that counts last.
    Last,
}

impl How {
    /// Whether it asks for values, not only for how many there are.
    #[must_use]
    pub fn wants_values(self) -> bool {
        !matches!(self, How::Count | How::Units | How::Matters)
    }
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FigureOrigin))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Something that happened to matters in the period; its value is how long it took.
    Matters(Counted),
    /// Points or money that fell in the period (考核).
    Scored(Scored),
    /// A number of the form of the matters to which something happened in the period.
    Field {
        /// Key of the field.
        field: String,
        /// What happened to them.
        at: Counted,
    },
    /// Entries of a register that hold on the last day of the period.
    Register {
        /// Key of the register.
        register: String,
        /// Key of the field that gives the value.
        field: Option<String>,
    },
    /// Persons who hold a role on the last day of the period.
    Holders(RoleId),
    /// The value of a param on the last day of the period.
    Param(String),
}

/// Points or money.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scored {
    /// Points or fen.
    pub what: Stake,
    /// Of which sign.
    pub sign: Sign,
    /// By which tariff; all unless said.
    pub tariff: Option<String>,
}

/// What was scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stake {
    /// Thousandths of a point.
    Points,
    /// Fen.
    Fen,
}

/// Which entries of points or money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ScoredSign))]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// All that are not nothing, with their sign.
    Both,
    /// Deductions alone, told as positive amounts (扣分、扣款).
    Deducted,
    /// Awards alone.
    Awarded,
}

/// The unit that a figure is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FigureUnit))]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Yuan, of fen.
    Yuan,
    /// Ten thousand yuan (万元), of fen.
    WanYuan,
    /// Metres, of millimetres.
    M,
    /// Kilometres, of millimetres.
    Km,
    /// Points, of thousandths.
    Point,
    /// Hours of the clock, of milliseconds.
    Hour,
    /// Days of 24 hours, of milliseconds.
    Day,
}

/// How a figure may be told in round words: `4000余条` where the value lies within one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FigureWording))]
pub struct Wording {
    /// The step, in units of the last place that is told.
    pub step: u32,
    /// The words, with `{n}` for the number.
    pub words: Text,
}

/// What can happen to matters, and is counted in a period by unit, class and source.
///
/// What happens counts at its commit; what is due counts at its deadline, what is opened and
/// became of it counts at the opening. A rate over one of the latter is a share of a cohort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Reported (上报数); counts for the unit that reported.
    Opened,
    /// Of the reported, neither rejected nor merged so far (有效上报数).
    OpenedKept,
    /// Of the reported, cleared so far (清零).
    OpenedCleared,
    /// Filed (立案数).
    Filed,
    /// Filed no later than the deadline of the stage before (按时立案数).
    FiledOnTime,
    /// Checked before filing (核实数).
    PreChecked,
    /// Checked before filing in time (按时核实数).
    PreCheckedOnTime,
    /// Made some unit's: dispatched, transferred, joined or fixed on the spot (派遣数).
    Dispatched,
    /// Of these, neither returned nor transferred so far (准确派遣数).
    DispatchedKept,
    /// Deadline of handling in the period, after extension and suspension (应处置数/应结案数).
    Due,
    /// Of the due, declared done so far.
    DueDeclared,
    /// Of the due, declared done without an overdue mark (按期处置数).
    DueDeclaredOnTime,
    /// Of the due, cleared so far (结案数).
    DueCleared,
    /// Of the due, cleared without an overdue mark (按期结案数).
    DueClearedOnTime,
    /// Of the due, overdue and not declared done (超期未处置数).
    DueMissed,
    /// Declared done (处置数).
    Declared,
    /// Declared done without an overdue mark.
    DeclaredOnTime,
    /// Accepted or sent back (核查数).
    Judged,
    /// Judged no later than the deadline of the stage (按时核查数).
    JudgedOnTime,
    /// Judged and accepted (核查通过数).
    Accepted,
    /// Judged and sent back (返工数).
    SentBack,
    /// Cleared (销号数).
    Cleared,
    /// Cleared without an overdue mark.
    ClearedOnTime,
    /// Of the cleared, fixed on the spot (立行立改数).
    FixedOnSpot,
    /// Fixed by the inspector alone (自行处置数).
    SelfHandled,
    /// Ended as a duplicate (并案数).
    Merged,
    /// Rejected (作废数).
    Voided,
    /// Returned by the unit (回退数).
    Returned,
    /// Passed on to another unit (移交数).
    Transferred,
    /// Passed to a tier above (上交数).
    Lifted,
    /// Extended (延期数).
    Extended,
    /// Suspended (挂账数).
    Suspended,
    /// Marked as overdue (超期数).
    Overdue,
    /// Urged (催办数).
    Urged,
    /// Put under supervision, or a higher level of it (督办数).
    Supervised,
    /// Looked back at (回头看抽查数).
    Rechecked,
    /// Of these, found come back (回头看发现反弹数).
    RecheckFailed,
    /// Came back as another matter; counts for the unit whose clearance did not hold (反弹数).
    Rebounded,
}
