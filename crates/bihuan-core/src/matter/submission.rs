//! What a sender submits: one command with an id that the sender chose.

pub use crate::matter::timer::{Timer, TimerRule};

use crate::clock::Within;
use crate::id::{
    AccountId, ClassCode, CommandId, MatterId, MoveId, PackId, PersonId, PointId, RoleId,
};
use crate::pack::Level;
use crate::place::Place;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest free text of a command, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 * 1024;
/// Most files that one command may declare.
pub const FILES_MAX: usize = 40;
/// Most units that one joint act may add.
pub const JOIN_MAX: usize = 16;
/// Most evidence items of one command.
pub const ITEMS_MAX: usize = 40;

/// One command on its way to the store. The edge fills `by` and `via`, never the sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Submission {
    /// Chosen by the sender before sending, and kept through retries.
    pub id: CommandId,
    /// The account that acts.
    pub by: AccountId,
    /// The way it came in.
    #[serde(default)]
    pub via: Via,
    /// The matter acted on; for `open`, the id of the new one.
    pub matter: MatterId,
    /// The version the sender saw; an older one than the present is refused as stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u64>,
    /// When the sender's device says that it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Instant>,
    /// Where the sender's device was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_in: Option<Place>,
    /// The roles under which alone the sender may act, as the token that it came by says; all that
    /// the person holds where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
    /// What is to be done.
    pub command: Command,
}

/// The account by which the clock of a realm acts.
pub(crate) const CLOCK_ACCOUNT: &str = "clock";

impl Submission {
    /// What the clock of the realm sends.
    #[must_use]
    pub fn of_clock(id: CommandId, matter: MatterId, command: Command) -> Submission {
        Submission {
            id,
            by: AccountId(CLOCK_ACCOUNT.to_owned()),
            via: Via::Clock,
            matter,
            base_version: None,
            captured_at: None,
            captured_in: None,
            roles: Vec::new(),
            command,
        }
    }
}

/// The way a command came in. Acceptance is refused for all but `person` and `requester`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Via {
    /// A person at a phone or desk.
    #[default]
    Person,
    /// The requester, by own code.
    Requester,
    /// An access token of a program.
    Token,
    /// One act on many matters.
    Bulk,
    /// An importer.
    Import,
    /// The clock of the realm.
    Clock,
}

/// What is to be done with a matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Command {
    /// Open a matter (上报).
    Open(Box<Open>),
    /// Make a move of the pack.
    Move(Box<MoveInput>),
    /// Name the responsible person.
    Name(Name),
    /// Add units to handle jointly (协同), each by a child matter.
    Join(Join),
    /// Order a shorter limit, a measure or a standard.
    Order(Order),
    /// Ask for, grant or refuse an extension (延期).
    Extend(Extend),
    /// Ask for, grant, refuse or end a suspension (挂账).
    Suspend(Suspend),
    /// Urge (催办).
    Urge(Remark),
    /// Set the level of supervision (督办).
    Supervise(Supervise),
    /// End as the duplicate of another matter.
    Merge(Merge),
    /// Change the class.
    Reclass(Reclass),
    /// Look back (回头看).
    Recheck(Recheck),
    /// Appeal against an overdue mark, or decide on it.
    Appeal(Appeal),
    /// Do a duty.
    Duty(DutyDone),
    /// Hand an open matter over from one person to another.
    HandOver(HandOver),
    /// Add a note.
    Note(Remark),
    /// Files have arrived.
    Arrive(Arrive),
    /// The clock fires a timer.
    Expire(Timer),
    /// The calendar was revised: compute the deadline anew.
    Recompute,
}

impl Command {
    /// The files that the command declares.
    #[must_use]
    pub fn files(&self) -> &[FileDecl] {
        match self {
            Command::Open(it) => &it.files,
            Command::Move(it) => &it.files,
            Command::Recheck(it) => &it.files,
            Command::Duty(it) => &it.files,
            _ => &[],
        }
    }
}

/// Opening a matter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Open {
    /// The kind of loop.
    pub pack: PackId,
    /// The problem type.
    pub class: ClassCode,
    /// The source (案件来源), a word of the pack.
    pub source: String,
    /// What is wrong, in the opener's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Fields of the pack's form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, serde_json::Value>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The named point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointId>,
    /// The unit, where the place is a unit or lies on a border.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Files declared; they may arrive later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileDecl>,
    /// Who speaks for whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<OnBehalf>,
    /// The schedule of the pack that opens it; only the clock may name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

/// A file declared by its digest; the bytes travel separately.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileDecl {
    /// SHA-256 of the bytes, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// What it shows: `before`, `after`, or a document kind of the pack.
    pub slot: String,
    /// When it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Instant>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_in: Option<Place>,
}

/// Who speaks for a party without an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OnBehalf {
    /// The party, in the speaker's words; sealed.
    pub party: String,
    /// By what means: `phone`, `visit`, `letter`, `signed_paper`.
    pub means: String,
    /// Digest of the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// Making a move of the pack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MoveInput {
    /// Which move.
    pub id: MoveId,
    /// Fields of the pack's form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, serde_json::Value>,
    /// Files declared; they may arrive later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileDecl>,
    /// A note in free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The reason: a word of the pack, or free text where the pack lists none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The unit made responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// The person made responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// A shorter limit than the class's, ordered with a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// Numbers (from 0) of the items of the standard that were found met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<u32>,
    /// Visits, signatures, payments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Who speaks for whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<OnBehalf>,
}

/// Evidence that is not a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Item {
    /// A visit at this moment.
    Visit(Instant),
    /// A signature, by the digest of its image.
    Signature(String),
    /// A payment.
    Payment {
        /// Amount in fen.
        amount_fen: i64,
        /// Number of the voucher.
        voucher: String,
    },
}

/// Naming the responsible person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Name {
    /// Who.
    pub person: PersonId,
}

/// Adding units to handle jointly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Join {
    /// One child matter for each unit; the sender chooses their ids.
    pub children: Vec<JoinUnit>,
    /// Why.
    pub reason: String,
}

/// A unit that handles jointly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinUnit {
    /// Id of the child matter.
    pub matter: MatterId,
    /// The unit.
    pub unit: UnitId,
}

/// Ordering a shorter limit, a measure or a standard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Order {
    /// A shorter limit; counts from the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// A measure (整改措施).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// A standard (整改标准).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<String>,
    /// Why.
    pub reason: String,
}

/// Asking for, granting or refusing an extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Extend {
    /// Ask, with the reason.
    Ask(String),
    /// Grant.
    Grant,
    /// Refuse, with the reason; uses up no try.
    Refuse(String),
}

/// Asking for, granting, refusing or ending a suspension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Suspend {
    /// Ask, with the reason.
    Ask(String),
    /// Grant until then.
    Grant {
        /// When it resumes by itself.
        until: Instant,
        /// Why.
        reason: String,
    },
    /// Refuse, with the reason.
    Refuse(String),
    /// Resume before the end.
    Resume,
}

/// Free text with no more effect than being on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Remark {
    /// The text.
    pub text: String,
}

/// Setting the level of supervision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Supervise {
    /// The level.
    pub level: Level,
    /// Why.
    pub reason: String,
}

/// Ending as the duplicate of another matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Merge {
    /// The matter that goes on.
    pub into: MatterId,
    /// Why.
    pub reason: String,
}

/// Changing the class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reclass {
    /// The right class.
    pub class: ClassCode,
    /// Why.
    pub reason: String,
}

/// Looking back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recheck {
    /// What was found.
    pub found: Found,
    /// Photos.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileDecl>,
    /// In free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was found on looking back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Found {
    /// Still good (保持).
    Kept,
    /// Back again (反弹): opens the new matter with this id.
    Rebounded(MatterId),
}

/// Appealing against an overdue mark, or deciding on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Appeal {
    /// Ask, with the reason.
    Ask(String),
    /// Agree; the last of those who must agree exempts from scoring.
    Agree,
    /// Refuse, with the reason.
    Refuse(String),
}

/// Doing a duty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DutyDone {
    /// Number of the duty in the matter.
    pub no: u32,
    /// In free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileDecl>,
}

/// Handing an open matter over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandOver {
    /// Who leaves.
    pub from: PersonId,
    /// Who takes over.
    pub to: PersonId,
    /// Why: leave, transfer, illness.
    pub reason: String,
}

/// Files have arrived and are safe on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Arrive {
    /// Their digests.
    pub digests: Vec<String>,
}
