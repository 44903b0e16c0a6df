//! Packs: one kind of closed loop as data, typed.
//!
//! Invariant: every value that comes from the loader is already checked, so `decide` may trust it.

mod allow;
mod class;
mod duty;
mod figure;
mod ledger;
mod load;
mod moves;
mod need;
mod proof;
mod ranking;
mod role;
mod staffing;
mod stage;
mod tariff;
mod watch;

use crate::form::{Check, Field, Param, Register};
use crate::id::{ClassCode, PackId, RoleId, StageId};
use crate::text::Text;
use serde::{Deserialize, Serialize};

pub use allow::{Allow, AllowExtend, AllowSuspend};
pub use class::{Class, DefaultOwner};
pub use duty::{DutyRule, Every, Schedule};
pub use figure::{
    Against, Counted, Figure, Formula, How, Origin, Scored, Sign, Stake, Take, Told, Wording,
};
pub use ledger::{Document, LedgerColumn, Shows};
pub use load::{
    CLASSES_FILE, CLASSES_MAX, DOCUMENTS_FOLDER, GAPS_MAX, Gap, LIST_MAX, PACK_BYTES_MAX,
    PACK_FILE, PACK_FILE_BYTES_MAX, PACK_FILES_MAX, PackFiles,
};
pub(crate) use load::{Sink, nearest, perhaps, quote};
pub use moves::{AcceptBy, Act, Move, Reason, Then};
pub use need::{Need, PhotoNeed};
pub use ranking::{ListRule, RankingRule};
pub use role::{Of, Role, Surface};
pub use staffing::{StaffingGap, staffing};
pub use stage::{Clock, ClockWithin, Escalation, Level, Meaning, Owner, Stage, Starts, Warn};
pub use tariff::{Adjusting, Tariff, TariffOn, is_never_charged, needs_contract};
pub use watch::{After, DuplicateWatch, ReboundWatch, RecheckWatch, Watch};

/// One kind of closed loop, at one published revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pack {
    /// Key of the pack.
    pub id: PackId,
    /// Revision; a published one never changes.
    pub rev: u32,
    /// Name on screens and documents.
    pub title: Text,
    /// What personal data and matters are handled for.
    pub purpose: Text,
    /// Laws and documents that the loop rests on.
    pub basis: Vec<Text>,
    /// Who may see matters at all.
    pub compartment: Compartment,
    /// What the public page shows; `None` shows nothing.
    pub public: Option<Public>,
    /// How matters and clearances are numbered.
    pub numbering: Numbering,
    /// Whether and how a matter is placed.
    pub place: PlaceRule,
    /// Days of its own on which the pack works, beside the calendar of the realm.
    pub duty_days: DutyDays,
    /// Where matters may come from (案件来源).
    pub sources: Vec<Source>,
    /// Who acts.
    pub roles: Vec<Role>,
    /// Typed fields of a matter.
    pub form: Vec<Field>,
    /// Rules over the form that must hold, each with its message.
    pub checks: Vec<Check>,
    /// Lists that matters refer to.
    pub registers: Vec<Register>,
    /// Values with dates, such as a minimum wage.
    pub params: Vec<Param>,
    /// Problem types (大类/小类) with limit, standard and measure.
    pub classes: Vec<Class>,
    /// Stages in the order of the file; the first `opened` one is where a matter starts.
    pub stages: Vec<Stage>,
    /// Duplicates, rebound and recheck.
    pub watch: Watch,
    /// What may be done after a matter has ended.
    pub after: After,
    /// Dated tasks attached to matters, also after their end.
    pub duties: Vec<DutyRule>,
    /// Matters that open by themselves, by period.
    pub schedules: Vec<Schedule>,
    /// Points and money on what happens.
    pub tariffs: Vec<Tariff>,
    /// Who decides on money.
    pub adjusting: Adjusting,
    /// Units compared by points.
    pub rankings: Vec<RankingRule>,
    /// Columns of the printed ledger (台账).
    pub ledger: Vec<LedgerColumn>,
    /// Named figures.
    pub figures: Vec<Figure>,
    /// What is printed.
    pub documents: Vec<Document>,
}

impl Pack {
    /// The stage with this key.
    #[must_use]
    pub fn stage(&self, id: &StageId) -> Option<&Stage> {
        self.stages.iter().find(|it| it.id == *id)
    }

    /// The first stage with this meaning.
    #[must_use]
    pub fn stage_of(&self, is: Meaning) -> Option<&Stage> {
        self.stages.iter().find(|it| it.is == is)
    }

    /// The class with this code.
    #[must_use]
    pub fn class(&self, code: &ClassCode) -> Option<&Class> {
        self.classes.iter().find(|it| it.code == *code)
    }

    /// The role with this key.
    #[must_use]
    pub fn role(&self, id: &RoleId) -> Option<&Role> {
        self.roles.iter().find(|it| it.id == *id)
    }

    /// The source with this key.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|it| it.id == id)
    }
}

/// Who may see the matters of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// Officials of the units concerned and, where `public` says so, everybody.
    Open,
    /// Officials of the units concerned.
    Internal,
    /// Only those on the case; others see counts.
    Sealed,
}

/// Counts of sealed matters below this could name somebody: they are withheld.
pub const SEALED_COUNT_MIN: u32 = 5;

/// What the public page shows of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Public {
    /// Whether matters are listed.
    pub list: bool,
    /// Whether matters are on the map.
    pub map: bool,
    /// Points are snapped to a grid of this many metres.
    pub coarse_m: u32,
    /// Counts below this are withheld.
    pub count_min: u32,
}

/// Widest counter in a numbering template, in digits.
pub const COUNTER_DIGITS_MAX: usize = 9;

/// Templates with `{yyyy}` `{yy}` `{mm}` `{dd}` and `{n5}`: a counter of that many digits, per
/// period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Numbering {
    /// Number that a matter gets when it is filed (问题编号).
    pub open: String,
    /// Number of the clearance (销号).
    pub clear: String,
}

/// Whether and how a matter is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlaceRule {
    /// What kind of place.
    pub kind: PlaceKind,
    /// Whether a matter may be opened without one.
    pub required: bool,
}

/// Kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// No place at all.
    None,
    /// Only the unit concerned.
    Unit,
    /// A point on the map.
    Point,
    /// A line with a length in millimetres.
    Line,
    /// A polygon.
    Area,
}

/// Which days a pack works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DutyDays {
    /// The working days of the realm.
    Working,
    /// Every day: weekends and holidays too (a campaign's duty roster).
    Every,
}

/// Where matters come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// Key, such as `patrol`.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Reported by the responsible unit on itself: exempt from points.
    pub self_reported: bool,
}
