//! A matter as it stands: the fold of its events.
//!
//! Invariant: only [`crate::matter::apply`] makes or changes one.

use crate::clock::{Due, Within};
use crate::content::ContentRef;
use crate::form::FieldValue;
use crate::id::{ClassCode, MatterId, MoveId, PackId, PersonId, PointId, RoleId, StageId};
use crate::pack::{Level, Meaning};
use crate::place::Place;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matter {
    /// Its id.
    pub id: MatterId,
    /// Number of events so far.
    pub version: u64,
    /// The kind of loop.
    pub pack: PackId,
    /// The revision it was opened under.
    pub rev: u32,
    /// Where it stands: what spans are made of.
    pub standing: Standing,
    /// Number since filing (问题编号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Number of the clearance (销号).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_number: Option<String>,
    /// The opener's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<ContentRef>,
    /// The form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, FieldValue>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The unit whose area holds the place.
    pub place_unit: UnitId,
    /// The named point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointId>,
    /// The source.
    pub source: String,
    /// Who opened it.
    pub opened_by: PersonId,
    /// The unit that the opener acted for.
    pub opened_unit: UnitId,
    /// When its opening was recorded.
    pub opened_at: Instant,
    /// When it was found, as the device says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_at: Option<Instant>,
    /// When it was filed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_at: Option<Instant>,
    /// When it was last declared done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_at: Option<Instant>,
    /// When it was cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Instant>,
    /// The clock of handling; kept through return and rework.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// Units and persons that took part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// How often each limited move was made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<MoveId, u32>,
    /// How often it was sent back (返工).
    #[serde(default)]
    pub rework: u32,
    /// How often it was urged.
    #[serde(default)]
    pub urged: u32,
    /// Level of supervision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervised: Option<Level>,
    /// An extension or suspension asked for and not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Asked>,
    /// The suspension it is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<Suspension>,
    /// How often it was suspended.
    #[serde(default)]
    pub suspended_times: u32,
    /// What the clock did.
    #[serde(default)]
    pub fired: Fired,
    /// The deadline that was missed first; never erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_at: Option<Instant>,
    /// Declared late, but captured in time: penalties wait for a person.
    #[serde(default)]
    pub disputed: bool,
    /// Exempt from scoring, by the source or a granted appeal.
    #[serde(default)]
    pub exempt: bool,
    /// The appeal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<AppealState>,
    /// Files declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileState>,
    /// The matter that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<MatterId>,
    /// Its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Child>,
    /// The matter it was merged into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<MatterId>,
    /// Open matters that may be the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<MatterId>,
    /// The cleared matter that this one is a rebound of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebound_of: Option<MatterId>,
    /// How many rebounds lie before this one.
    #[serde(default)]
    pub rebounds: u32,
    /// The matter that this one came back as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebounded_as: Option<MatterId>,
    /// Dated tasks, also after the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
    /// Ordered measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<ContentRef>,
    /// Ordered standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<ContentRef>,
}

/// Where a matter stands. Whenever one of these changes, a span ends and the next begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Stage of the pack.
    pub stage: StageId,
    /// What the stage means.
    pub is: Meaning,
    /// When the stage was entered.
    pub since: Instant,
    /// The responsible unit; the dispatch desk before dispatch.
    pub responsible: UnitId,
    /// Who owes the next move; `None` once ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owed>,
    /// Until when; `None` once ended or while suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// The problem type.
    pub class: ClassCode,
    /// Weight, in thousandths of a point.
    pub weight_milli: i64,
    /// The clock stands still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

/// Who owes the next move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// The role.
    pub role: RoleId,
    /// The unit.
    pub unit: UnitId,
    /// The person, once named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// The clock of handling by one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handling {
    /// The unit made responsible.
    pub unit: UnitId,
    /// The person made responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The limit.
    pub within: Within,
    /// When the clock started.
    pub since: Instant,
    /// The deadline.
    pub due: Due,
    /// When the clock stood still: return and suspension, from and to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stood: Vec<(Instant, Instant)>,
    /// What the clock fired on this deadline, while another stage's deadline runs.
    #[serde(default)]
    pub fired: Fired,
    /// Since when it stands still, after a return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Instant>,
    /// How often it was extended.
    #[serde(default)]
    pub extended: u32,
}

/// A unit that took part, with the person where known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    /// The unit.
    pub unit: UnitId,
    /// The person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// How.
    pub how: PartHow,
}

/// How a unit took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartHow {
    /// Was owner after dispatch.
    Owned,
    /// Handled jointly.
    Joined,
    /// Declared done.
    Declared,
}

/// Who accepted, and why that was another party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The person.
    pub person: PersonId,
    /// The unit that employs the person.
    pub unit: UnitId,
    /// How that unit relates to those that took part.
    pub relation: Relation,
    /// When.
    pub at: Instant,
}

/// How an accepting unit relates to those that took part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Above at least one of them.
    Superior,
    /// Of another line.
    OtherLine,
    /// The requester.
    Requester,
}

/// Something asked for and not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// An extension.
    Extension,
    /// A suspension.
    Suspension,
}

/// A suspension under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspension {
    /// Since when.
    pub since: Instant,
    /// When it resumes by itself.
    pub until: Instant,
    /// The deadline that stands still.
    pub due: Due,
}

/// What the clock did to a matter, counted over the deadline that is running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// Warnings before the running deadline.
    pub warned: u32,
    /// Steps after the running deadline.
    pub overdue: u32,
    /// Days after the running deadline.
    pub days: u32,
    /// All firings over the life of the matter.
    pub total: u32,
}

/// The state of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppealState {
    /// Asked; so many have agreed.
    Asked(u32),
    /// Granted.
    Granted,
    /// Refused.
    Refused,
}

/// A declared file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileState {
    /// SHA-256 of the bytes.
    pub digest: String,
    /// What it shows.
    pub slot: String,
    /// When it was taken, as the device says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Instant>,
    /// Metres from the matter's place, where both are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_m: Option<u32>,
    /// Whether the bytes are here.
    pub arrived: bool,
    /// The version of the matter that declared it.
    pub since: u64,
}

/// A part of a matter, handled by another unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// The child.
    pub matter: MatterId,
    /// Its unit.
    pub unit: UnitId,
    /// Whether it has ended.
    pub ended: bool,
}

/// A dated task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Duty {
    /// `recheck`, or a duty of the pack.
    pub id: String,
    /// Who owes it.
    pub role: RoleId,
    /// The unit that owes it.
    pub unit: UnitId,
    /// Until when.
    pub due: Due,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Instant>,
}

impl Matter {
    /// Whether the matter has ended.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.standing.is.is_final()
    }

    /// Whether all files declared have arrived.
    #[must_use]
    pub fn has_all_files(&self) -> bool {
        self.files.iter().all(|it| it.arrived)
    }

    /// Whether the unit took part.
    #[must_use]
    pub fn has_part(&self, unit: &UnitId) -> bool {
        self.parts.iter().any(|it| it.unit == *unit)
    }
}
