//! What a pack says, typed. The loader makes these from files; the engine reads only these.
//!
//! Invariant: every value here is already checked by the loader, so `decide` may trust it.

use crate::clock::Within;
use crate::form::{Check, Field, Param, Register};
use crate::id::{ClassCode, MoveId, PackId, RoleId, StageId};
use crate::text::Text;
use crate::unit::KindId;
use serde::{Deserialize, Serialize};

/// One kind of closed loop, at one published revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Columns of the printed ledger (台账).
    pub ledger: Vec<LedgerColumn>,
    /// Named figures.
    pub figures: Vec<Figure>,
    /// What is printed.
    pub documents: Vec<Document>,
}

/// Who may see the matters of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// Officials of the units concerned and, where `public` says so, everybody.
    Open,
    /// Officials of the units concerned.
    Internal,
    /// Only those on the case; others see counts.
    Sealed,
}

/// What the public page shows of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Templates with `{yyyy}` `{yy}` `{mm}` `{dd}` and `{n5}` (a counter of that many digits, per period).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    /// Number that a matter gets when it is filed (问题编号).
    pub open: String,
    /// Number of the clearance (销号).
    pub clear: String,
}

/// Whether and how a matter is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceRule {
    /// What kind of place.
    pub kind: PlaceKind,
    /// Whether a matter may be opened without one.
    pub required: bool,
}

/// Kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[serde(rename_all = "snake_case")]
pub enum DutyDays {
    /// The working days of the realm.
    Working,
    /// Every day: weekends and holidays too (a campaign's duty roster).
    Every,
}

/// Where matters come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Key, such as `patrol`.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Reported by the responsible unit on itself: exempt from points.
    pub self_reported: bool,
}

/// Who acts, and on which part of the realm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Key; the realm grants it to persons.
    pub id: RoleId,
    /// Name on screens.
    pub title: Text,
    /// Which unit a grant must cover.
    pub of: Of,
    /// Kinds of the unit that employs whoever holds the role; empty means any.
    pub kinds: Vec<KindId>,
    /// Surfaces the role works on; evidence must be possible there.
    pub surfaces: Vec<Surface>,
}

/// Which unit the area of a grant must cover, for a role to act on a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The unit whose area holds the place.
    Place,
    /// The unit the matter is assigned to.
    Assigned,
    /// The unit of the person who opened it, and that person.
    Opener,
    /// The party the matter is about, by own code or signed paper.
    Subject,
    /// The unit that holds this function in the realm, nearest above the place.
    Function(String),
}

/// Where a role works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// The phone in the field.
    Field,
    /// The desk.
    Desk,
    /// The public page.
    Public,
}

/// A problem type with what it takes to fix it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Key, unique in the pack.
    pub code: ClassCode,
    /// Big class (大类) key and name.
    pub big: String,
    /// Name of the big class.
    pub big_title: Text,
    /// Name of the class.
    pub title: Text,
    /// When to file (立案条件).
    pub condition: Text,
    /// What counts as fixed (整改标准); `；` separates checklist items.
    pub standard: Text,
    /// What to do (整改措施).
    pub measure: Text,
    /// How long handling may take.
    pub limit: Within,
    /// Weight of one matter, in thousandths of a point.
    pub points_milli: i64,
    /// Who is suggested as responsible.
    pub owner: DefaultOwner,
    /// Point types on which the class occurs; empty means all.
    pub point_types: Vec<String>,
    /// First day of validity, `2021-01-01`; `None` is always.
    pub valid_from: Option<String>,
    /// First day of no more validity.
    pub valid_to: Option<String>,
}

/// Who is suggested as responsible for a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultOwner {
    /// The unit whose area holds the place.
    Place,
    /// The unit responsible for the point, else that of the place.
    Point,
    /// The nearest unit above the place with this function, else that of the place.
    Function(String),
}

/// What a stage means to the engine.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Reported, not yet in the ledger.
    Opened,
    /// In the ledger with the dispatch desk (立案).
    Filed,
    /// With the unit made responsible.
    Handling,
    /// Declared done, waiting for another party.
    Declared,
    /// Accepted, or being checked, before sign-off.
    Verifying,
    /// Cleared (销号).
    Closed,
    /// Fixed by the inspector alone (自行处置).
    SelfHandled,
    /// A duplicate of another matter.
    Merged,
    /// Rejected (作废).
    Voided,
}

impl Meaning {
    /// Whether a matter has ended.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Meaning::Closed | Meaning::SelfHandled | Meaning::Merged | Meaning::Voided)
    }

    /// Whether a matter stands in the ledger as open.
    #[must_use]
    pub fn is_in_ledger(self) -> bool {
        matches!(
            self,
            Meaning::Filed | Meaning::Handling | Meaning::Declared | Meaning::Verifying
        )
    }
}

/// A stage of a matter's life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Key.
    pub id: StageId,
    /// Name that clerks use.
    pub title: Text,
    /// What it means to the engine.
    pub is: Meaning,
    /// Who owes the next move; `None` only where the stage is final.
    pub owner: Option<Owner>,
    /// Until when; `None` only where the stage is final.
    pub clock: Option<Clock>,
    /// When to warn before the deadline.
    pub warn: Vec<Warn>,
    /// What happens after the deadline, in order.
    pub overdue: Vec<Escalation>,
    /// Side acts allowed here.
    pub allow: Allow,
    /// Ways out.
    pub moves: Vec<Move>,
}

/// Who owes the next move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The role.
    pub role: RoleId,
    /// Which unit's; the role's own `of` unless the stage says another.
    pub of: Of,
}

/// The clock of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// How long.
    pub within: ClockWithin,
    /// From when.
    pub starts: Starts,
    /// Whether a deadline on a rest day moves (`roll`) or stays (`stay`).
    pub rest_day: crate::clock::RestDay,
}

/// How long a stage may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockWithin {
    /// The limit of the matter's class; a shorter one may be ordered.
    Class,
    /// Always ordered by whoever dispatches.
    Ordered,
    /// A limit of the stage itself.
    Fixed(Within),
}

/// The moment a clock starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Starts {
    /// Entering the stage.
    Stage,
    /// Opening.
    Open,
    /// The dispatch to the unit; rework goes on with the same clock.
    Dispatch,
}

/// When to warn before a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warn {
    /// When this percentage of the limit has passed.
    Percent(u8),
    /// This long before the deadline.
    Before(Within),
}

/// What happens after a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// How long after; `None` is at once.
    pub after: Option<Within>,
    /// Role to tell.
    pub tell: Option<RoleId>,
    /// Level of supervision (督办) set.
    pub supervise: Option<Level>,
}

/// Level of supervision (督办).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Reminder with a limit (蓝).
    Blue,
    /// Warning (黄).
    Yellow,
    /// Ordered to finish (红).
    Red,
}

/// Side acts that a stage allows, each with who may do it; empty means nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// Extension (延期).
    pub extend: Option<AllowExtend>,
    /// Suspension (挂账).
    pub suspend: Option<AllowSuspend>,
    /// Joint handling (协同): who may add units.
    pub join: Vec<RoleId>,
    /// Naming a responsible person.
    pub name: Vec<RoleId>,
    /// Urging (催办).
    pub urge: Vec<RoleId>,
    /// Supervision (督办).
    pub supervise: Vec<RoleId>,
    /// Merging into another matter as its duplicate.
    pub merge: Vec<RoleId>,
    /// Changing the class, with a reason.
    pub reclass: Vec<RoleId>,
    /// Ordering a shorter limit, a measure or a standard.
    pub order: Vec<RoleId>,
    /// Adding a note.
    pub note: Vec<RoleId>,
}

/// Who may extend, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowExtend {
    /// How many extensions may be granted, at most 2.
    pub times: u32,
    /// Who may ask.
    pub ask: Vec<RoleId>,
    /// Who may grant or refuse.
    pub by: Vec<RoleId>,
}

/// Who may suspend, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowSuspend {
    /// How many suspensions, at most 1.
    pub times: u32,
    /// Longest suspension in natural days, at most 365.
    pub days_max: u32,
    /// Who may ask.
    pub ask: Vec<RoleId>,
    /// Who may grant.
    pub by: Vec<RoleId>,
}

/// A way out of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Key, unique in the pack.
    pub id: MoveId,
    /// Name of the act on buttons.
    pub title: Text,
    /// What the act means to the engine.
    pub act: Act,
    /// Who may do it.
    pub by: Vec<RoleId>,
    /// Where it leads.
    pub to: StageId,
    /// What must be given.
    pub needs: Vec<Need>,
    /// Kind of unit that the matter is lifted to (`act = "lift"`).
    pub lift: Option<KindId>,
    /// How often it may be made on one matter; required on cycles.
    pub at_most: Option<u32>,
    /// What happens when `at_most` is reached.
    pub then: Then,
    /// Typed reasons to choose from; empty means free text.
    pub reasons: Vec<Reason>,
    /// Who accepts, where `act` is an acceptance.
    pub accept_by: AcceptBy,
}

/// What a move means to the engine.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Check before filing (立案前核实).
    PreCheck,
    /// File into the ledger (立案).
    File,
    /// Reject (作废).
    Void,
    /// Make a unit responsible (派遣/交办).
    Dispatch,
    /// The unit confirms receipt (签收).
    Receive,
    /// Give back to whoever came before (回退).
    Return,
    /// Go on to another unit (移交).
    Transfer,
    /// Go up a tier (上交).
    Lift,
    /// Declare done (申请验收).
    Declare,
    /// Accept by another party (验收/核查).
    Accept,
    /// Send back for rework (返工).
    SendBack,
    /// Sign off after acceptance.
    SignOff,
    /// Fixed at once while the inspector waits, accepted on the spot (立行立改).
    FixOnSpot,
    /// Fixed by the inspector alone (自行处置).
    SelfHandle,
    /// A step with no meaning of its own to the engine.
    Advance,
}

impl Act {
    /// Whether the act is an acceptance, which only another party may do.
    #[must_use]
    pub fn is_acceptance(self) -> bool {
        matches!(self, Act::Accept | Act::FixOnSpot)
    }
}

/// Who may be the other party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptBy {
    /// An official of a unit that took no part.
    #[default]
    Office,
    /// The requester, by own code or signed paper, never entered by a participant.
    Requester,
}

/// What happens when a move has been made as often as it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It is refused from then on.
    #[default]
    Refuse,
    /// It goes on, under supervision of this level.
    Supervise(Level),
}

/// A typed reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
}

/// What a move needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A photo of a slot.
    Photo(PhotoNeed),
    /// A field of the form.
    Field(String),
    /// A note.
    Note,
    /// A reason.
    Reason,
    /// Each item of the class's standard ticked.
    Checklist,
    /// A responsible person.
    Person,
    /// A unit.
    Unit,
    /// A limit, from the class or ordered.
    Limit,
    /// A recorded visit.
    Visit,
    /// A signature.
    Signature,
    /// A document of this kind.
    Document(String),
    /// A recorded payment.
    Payment,
    /// A rows field with at least one complete row.
    Rows(String),
    /// All checks of the pack pass.
    Checks,
    /// All children have ended.
    Children,
}

/// A photo that a move needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoNeed {
    /// Slot: `before`, `after` or another word of the pack.
    pub slot: String,
    /// How many, at least 1.
    pub count: u32,
    /// Within this many metres of the matter's place.
    pub near_m: Option<u32>,
    /// Taken later than the photo of this slot.
    pub later_than: Option<String>,
    /// Taken at most this many minutes before the act's own moment.
    pub fresh_min: Option<u32>,
}

/// Duplicates, rebound and recheck.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// When to suggest that two matters are one.
    pub duplicate: Option<DuplicateWatch>,
    /// When a new matter is a rebound of a cleared one.
    pub rebound: Option<ReboundWatch>,
    /// When to look back (回头看).
    pub recheck: Vec<RecheckWatch>,
}

/// When to suggest that two matters are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateWatch {
    /// Metres.
    pub within_m: u32,
    /// Hours.
    pub within_hours: u32,
}

/// When a new matter is a rebound of a cleared one of the same class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReboundWatch {
    /// Metres.
    pub within_m: u32,
    /// Natural days after clearance.
    pub days: u32,
    /// Factor on the weight.
    pub factor: u32,
}

/// When to look back (回头看).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecheckWatch {
    /// Natural days after clearance.
    pub after_days: u32,
    /// Share of cleared matters, in percent.
    pub sample_percent: u8,
    /// Matters at a named point always.
    pub points_always: bool,
}

/// What may be done after a matter has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Who may look back.
    pub recheck: Vec<RoleId>,
    /// Who may appeal against an overdue mark, once.
    pub appeal: Vec<RoleId>,
    /// Who must agree, one after the other.
    pub appeal_decide: Vec<RoleId>,
}

/// A dated task attached to a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyRule {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Entering this stage starts it.
    pub on: StageId,
    /// Who owes it.
    pub role: RoleId,
    /// How long after.
    pub within: Within,
}

/// Matters that open by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// How often.
    pub every: Every,
    /// One matter for each entry of this register; `None` is one for each unit.
    pub register: Option<String>,
    /// One matter for each unit of this kind.
    pub kind: Option<KindId>,
    /// Class of the matters.
    pub class: ClassCode,
}

/// How often a schedule opens matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Every natural day.
    Day,
    /// Every Monday.
    Week,
    /// The first of every month.
    Month,
    /// The first of January, April, July and October.
    Quarter,
    /// The first of January.
    Year,
}

/// Points and money on what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tariff {
    /// Key.
    pub id: String,
    /// Name on documents.
    pub title: Text,
    /// What is scored.
    pub on: TariffOn,
    /// Thousandths of a point, negative for a deduction; times the class weight if `by_weight`.
    pub points_milli: i64,
    /// Fen, negative for a deduction.
    pub fen: i64,
    /// Multiply by the class weight (1,000 thousandths = once).
    pub by_weight: bool,
    /// At most this many times on one matter.
    pub times_max: u32,
    /// Kinds of units that fen may be charged to; empty charges no fen.
    pub fen_kinds: Vec<KindId>,
    /// First day of validity.
    pub valid_from: Option<String>,
    /// First day of no more validity.
    pub valid_to: Option<String>,
}

/// What a tariff is on.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TariffOn {
    /// A matter was dispatched to the unit.
    Finding,
    /// A day has passed after the deadline.
    OverdueDay,
    /// Sent back for rework.
    Rework,
    /// A rebound.
    Rebound,
    /// Cleared on time.
    OnTime,
}

/// A column of the printed ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerColumn {
    /// Heading.
    pub title: Text,
    /// What it shows.
    pub shows: Shows,
}

/// What a ledger column shows (domain: the official columns of 整改台账).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// Running number in the list.
    Row,
    /// Number of the matter.
    Number,
    /// Source.
    Source,
    /// When found.
    FoundAt,
    /// Name of the point.
    Point,
    /// Unit whose area holds the place.
    PlaceUnit,
    /// Coordinates with datum.
    Coordinates,
    /// Big class.
    BigClass,
    /// Class.
    Class,
    /// Description.
    Description,
    /// Digests of the photos before.
    Before,
    /// Digests of the photos after.
    AfterPhoto,
    /// Responsible unit.
    Responsible,
    /// Responsible person.
    Person,
    /// Measure.
    Measure,
    /// Standard.
    Standard,
    /// Deadline.
    Due,
    /// When dispatched.
    DispatchedAt,
    /// Stage.
    Stage,
    /// When declared done.
    DeclaredAt,
    /// Who accepted.
    Acceptor,
    /// Number of the clearance.
    ClearNumber,
    /// When cleared.
    ClearedAt,
    /// Whether overdue.
    Overdue,
    /// How often sent back.
    Rework,
    /// Result of looking back.
    Recheck,
    /// Points.
    Points,
    /// A field of the form.
    Field(String),
}

/// A named figure; the closed vocabulary of what can be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Key.
    pub id: String,
    /// Name on documents.
    pub title: Text,
    /// What is counted above the line.
    pub count: Counted,
    /// What it is divided by; `None` for a plain count.
    pub per: Option<Counted>,
    /// Decimal places of a rate, rounded half up.
    pub places: u8,
}

/// What can be counted in a period, by unit, class and source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Reported.
    Opened,
    /// Filed (立案数).
    Filed,
    /// Dispatched (派遣数).
    Dispatched,
    /// Due in the period (应结案数).
    Due,
    /// Declared done (处置数).
    Declared,
    /// Cleared (结案数/销号数).
    Cleared,
    /// Cleared on time (按期结案数).
    ClearedOnTime,
    /// Sent back (返工数).
    SentBack,
    /// Returned (回退数).
    Returned,
    /// Extended (延期数).
    Extended,
    /// Looked back at (回头看抽查数).
    Rechecked,
    /// Rebounded (反弹数).
    Rebounded,
    /// Fixed by the inspector alone (自行处置数).
    SelfHandled,
    /// Rejected (作废数).
    Voided,
}

/// Something printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Key.
    pub id: String,
    /// Name.
    pub title: Text,
    /// File under `documents/` of the pack.
    pub template: String,
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

impl Stage {
    /// The move with this key.
    #[must_use]
    pub fn find_move(&self, id: &MoveId) -> Option<&Move> {
        self.moves.iter().find(|it| it.id == *id)
    }
}
