//! What happened to a matter, with every computed fact inside, so that `apply` computes nothing.

use crate::content::ContentRef;
use crate::form::FieldValue;
use crate::id::{ClassCode, MatterId, MoveId, PackId, PersonId, PointId, RoleId};
use crate::matter::state::{
    Acceptance, AppealState, Child, Duty, FileState, Fired, Handling, Part, Standing, Suspension,
};
use crate::matter::submission::{Item, TimerRule};
use crate::pack::{Act, Level, TariffOn};
use crate::place::Place;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that happened to one matter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub what: What,
    /// Where the matter stands after it, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// What the clock has fired, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fired: Option<Fired>,
    /// Points and money that follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Score>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Opened.
    Opened(Box<Opened>),
    /// A move of the pack was made.
    Moved(Box<Moved>),
    /// A person was named.
    Named(PersonId, Option<Handling>),
    /// Units were added to handle jointly.
    Joined(Vec<Child>, ContentRef),
    /// A child has ended.
    ChildEnded(MatterId),
    /// A limit, measure or standard was ordered.
    Ordered(Box<Ordered>),
    /// An extension was asked for.
    ExtensionAsked(ContentRef),
    /// An extension was granted.
    ExtensionGranted(Box<Handling>),
    /// An extension was refused.
    ExtensionRefused(ContentRef),
    /// A suspension was asked for.
    SuspensionAsked(ContentRef),
    /// A suspension was granted.
    Suspended(Box<Suspension>, ContentRef),
    /// A suspension was refused.
    SuspensionRefused(ContentRef),
    /// A suspension ended.
    Resumed(Box<Handling>),
    /// Urged.
    Urged(ContentRef),
    /// The level of supervision was set.
    Supervised(Level, ContentRef),
    /// Ended as the duplicate of another matter.
    Merged(MatterId, ContentRef, Option<Acceptance>),
    /// Another matter ended as the duplicate of this one.
    Absorbed(MatterId),
    /// The class was changed.
    Reclassed(ClassCode, ContentRef, Option<Box<Handling>>),
    /// Looked back.
    Rechecked(Box<Rechecked>),
    /// Came back as this matter.
    Rebounded(MatterId),
    /// An appeal went on.
    Appealed(AppealState, Option<ContentRef>),
    /// A duty was done.
    DutyDone(u32, Option<ContentRef>, Vec<FileState>),
    /// Handed over to a person.
    HandedOver(PersonId, PersonId, ContentRef, Option<Box<Handling>>),
    /// Noted.
    Noted(ContentRef),
    /// Files arrived.
    Arrived(Vec<String>),
    /// The clock fired.
    Expired(Box<Expired>),
    /// The deadline was computed anew.
    Recomputed(Option<Box<Handling>>),
}

/// An opening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// The kind of loop.
    pub pack: PackId,
    /// Its revision.
    pub rev: u32,
    /// The source.
    pub source: String,
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
    /// Who opened it.
    pub person: PersonId,
    /// The unit that the opener acted for.
    pub unit: UnitId,
    /// When it was found, as the device says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_at: Option<Instant>,
    /// Files declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileState>,
    /// Exempt from scoring.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exempt: bool,
    /// Open matters that may be the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similar: Vec<MatterId>,
    /// The cleared matter that this one is a rebound of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebound_of: Option<MatterId>,
    /// How many rebounds lie before this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rebounds: u32,
    /// The matter it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<MatterId>,
    /// The number, where it starts in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The clock of handling, where it starts with a unit (a child).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// The party spoken for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<Behalf>,
}

/// A party spoken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behalf {
    /// The party, sealed.
    pub party: ContentRef,
    /// By what means.
    pub means: String,
    /// Digest of the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// A move of the pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub id: MoveId,
    /// What it means to the engine.
    pub act: Act,
    /// Fields given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, FieldValue>,
    /// Files declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileState>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<ContentRef>,
    /// The reason, a word of the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The reason, in free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<ContentRef>,
    /// Items of the standard that were found met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<u32>,
    /// Visits, signatures, payments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// The party spoken for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf: Option<Behalf>,
    /// How often this move has been made now, where it is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Supervision that follows from too many tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervised: Option<Level>,
    /// The clock of handling, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// Who took part by this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// The acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// The number given on filing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The number given on clearing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_number: Option<String>,
    /// Declared late, but captured in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
    /// The deadline that had passed when handling was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_at: Option<Instant>,
    /// Duties that begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<Duty>,
}

/// A limit, measure or standard ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ordered {
    /// The clock of handling, if a limit was ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    /// The measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<ContentRef>,
    /// The standard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard: Option<ContentRef>,
    /// Why.
    pub reason: ContentRef,
}

/// A look back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rechecked {
    /// Still good.
    pub kept: bool,
    /// The duty that this does, if one was open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<u32>,
    /// Photos.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileState>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<ContentRef>,
}

/// A firing of the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expired {
    /// What fired.
    pub rule: TimerRule,
    /// The role to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tell: Option<RoleId>,
    /// The level of supervision set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervised: Option<Level>,
    /// The deadline that was missed, on the first step after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_at: Option<Instant>,
    /// The clock of handling, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
}

/// Points and money that follow from an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Whom it counts for.
    pub unit: UnitId,
    /// By which tariff.
    pub tariff: String,
    /// On what.
    pub on: TariffOn,
    /// Thousandths of a point.
    pub points_milli: i64,
    /// Fen.
    pub fen: i64,
}

impl What {
    /// The word for it, as in the JSON of the record.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            What::Opened(..) => "opened",
            What::Moved(..) => "moved",
            What::Named(..) => "named",
            What::Joined(..) => "joined",
            What::ChildEnded(..) => "child_ended",
            What::Ordered(..) => "ordered",
            What::ExtensionAsked(..) => "extension_asked",
            What::ExtensionGranted(..) => "extension_granted",
            What::ExtensionRefused(..) => "extension_refused",
            What::SuspensionAsked(..) => "suspension_asked",
            What::Suspended(..) => "suspended",
            What::SuspensionRefused(..) => "suspension_refused",
            What::Resumed(..) => "resumed",
            What::Urged(..) => "urged",
            What::Supervised(..) => "supervised",
            What::Merged(..) => "merged",
            What::Absorbed(..) => "absorbed",
            What::Reclassed(..) => "reclassed",
            What::Rechecked(..) => "rechecked",
            What::Rebounded(..) => "rebounded",
            What::Appealed(..) => "appealed",
            What::DutyDone(..) => "duty_done",
            What::HandedOver(..) => "handed_over",
            What::Noted(..) => "noted",
            What::Arrived(..) => "arrived",
            What::Expired(..) => "expired",
            What::Recomputed(..) => "recomputed",
        }
    }
}

impl Event {
    /// Every sealed text that the event names.
    #[must_use]
    pub fn contents(&self) -> Vec<&ContentRef> {
        let mut refs = Vec::new();
        match &self.what {
            What::Opened(it) => {
                refs.extend(&it.title);
                refs.extend(it.on_behalf.iter().map(|it| &it.party));
                refs.extend(it.form.values().flat_map(FieldValue::contents));
            }
            What::Moved(it) => {
                refs.extend(it.note.iter().chain(&it.reason_text));
                refs.extend(it.on_behalf.iter().map(|it| &it.party));
                refs.extend(it.form.values().flat_map(FieldValue::contents));
            }
            What::Ordered(it) => {
                refs.push(&it.reason);
                refs.extend(it.measure.iter().chain(&it.standard));
            }
            What::Rechecked(it) => refs.extend(&it.note),
            What::Joined(_, it)
            | What::ExtensionAsked(it)
            | What::ExtensionRefused(it)
            | What::SuspensionAsked(it)
            | What::SuspensionRefused(it)
            | What::Suspended(_, it)
            | What::Urged(it)
            | What::Supervised(_, it)
            | What::Merged(_, it, _)
            | What::Reclassed(_, it, _)
            | What::HandedOver(_, _, it, _)
            | What::Noted(it) => refs.push(it),
            What::Appealed(_, it) | What::DutyDone(_, it, _) => refs.extend(it),
            What::Named(..)
            | What::ChildEnded(_)
            | What::ExtensionGranted(_)
            | What::Resumed(_)
            | What::Absorbed(_)
            | What::Rebounded(_)
            | What::Arrived(_)
            | What::Expired(_)
            | What::Recomputed(_) => {}
        }
        refs
    }
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}
