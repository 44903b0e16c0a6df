//! Rules of the realm as rows: settings, units, areas, points, people, packs, calendars.
//!
//! Invariant: each change writes its rows, one entry in the record and a new revision together.

mod file;
mod load;
pub(crate) mod past;
mod person;
mod register;
mod write;

pub use load::key;
pub use load::settings;
pub(crate) use load::{found, load, rev, secret};
pub(crate) use write::write;

use crate::db::DbError;
use bihuan_core::adjustment::RuleDocument;
use bihuan_core::content::ContentRef;
use bihuan_core::id::{AccountId, MatterId, PackId, PersonId, PointId, RoleId};
use bihuan_core::pack::PackFiles;
use bihuan_core::photo::Flag;
use bihuan_core::place::{Datum, Point};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::{Unit, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name of the setting that holds the realm's secret.
const SECRET: &str = "secret";

/// A change of the rules of the realm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Sets settings by name.
    Settings(BTreeMap<String, String>),
    /// Adds or replaces units; the tree must stay a tree.
    Units(Vec<Unit>),
    /// Adds or replaces areas of units.
    Areas(Vec<AreaRow>),
    /// Adds or replaces points.
    Points(Vec<PointRow>),
    /// Adds or replaces people with their accounts and memberships.
    People(Vec<PersonRow>),
    /// Adds or replaces memberships of people that are known; names and accounts stay.
    Memberships(BTreeMap<PersonId, Vec<MembershipRow>>),
    /// Adds accounts, locks or opens them.
    Accounts(Vec<AccountRow>),
    /// Ends all that a person holds: roles, deputies, accounts, log-ins, tokens.
    EndPerson(PersonId),
    /// Sets or takes away the work telephone of a person.
    Telephone(TelephoneRow),
    /// Adds periods in which somebody stands in for somebody.
    Deputies(Vec<DeputyRow>),
    /// Adds or replaces entries of a register of a pack.
    Register(RegisterRows),
    /// Publishes a revision of a pack.
    Pack(PackFiles),
    /// Adds or replaces the table of a year.
    CalendarYear(String),
    /// Adds or replaces rule documents that let money be charged.
    RuleDocuments(Vec<RuleDocument>),
    /// Erases sealed texts, by a recorded act.
    Erase(Vec<ContentRef>),
    /// Says that files are safe on disk.
    Files(Vec<FileRow>),
    /// Erases one file and what is known about it, by a recorded act; its bytes go after it.
    EraseFile(String),
    /// Says that somebody is shown the original of a file.
    ShowOriginal(OriginalShown),
}

/// The area of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaRow {
    /// The unit.
    pub unit: UnitId,
    /// The datum of the coordinates.
    pub datum: Datum,
    /// A GeoJSON geometry: Polygon or MultiPolygon.
    pub geometry: serde_json::Value,
}

/// A named point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointRow {
    /// Key.
    pub id: PointId,
    /// Type.
    pub kind: String,
    /// Name.
    pub title: Text,
    /// Responsible unit.
    pub unit: UnitId,
    /// Responsible person.
    pub person: Option<PersonId>,
    /// Leader in charge.
    pub leader: Option<PersonId>,
    /// Where, WGS-84.
    pub at: Point,
}

/// Entries of one register.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisterRows {
    /// The pack, in its newest revision.
    pub pack: PackId,
    /// The register.
    pub register: String,
    /// The entries.
    pub entries: Vec<EntryRow>,
}

/// An entry of a register, as it is filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryRow {
    /// Key.
    pub id: String,
    /// Name.
    pub title: Text,
    /// The unit that answers for it.
    pub unit: UnitId,
    /// The person that answers for it.
    pub person: Option<PersonId>,
    /// From when.
    pub from: Option<Instant>,
    /// Until when, exclusive.
    pub to: Option<Instant>,
    /// Its fields, as a form is filled in.
    pub fields: BTreeMap<String, serde_json::Value>,
}

/// A person with accounts and memberships.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonRow {
    /// Key.
    pub id: PersonId,
    /// Name; kept as sealed content.
    pub name: String,
    /// Number that tells two people of one name apart, such as a phone; only its digest is kept.
    pub identity: Option<String>,
    /// Work telephone, digits with an optional `+`; kept as sealed content. Absent leaves it as it
    /// is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Memberships.
    pub memberships: Vec<MembershipRow>,
}

/// A role of a person, employed by a unit and working on an area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembershipRow {
    /// Role.
    pub role: RoleId,
    /// Employed by.
    pub unit: UnitId,
    /// Works on.
    pub area: UnitId,
    /// From when.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// `active`, `invited` or `suspended`; only an active one gives rights.
    pub status: String,
}

/// The work telephone of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelephoneRow {
    /// Whose.
    pub person: PersonId,
    /// Digits with an optional `+`; none takes it away.
    pub telephone: Option<String>,
}

/// An account of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// The account.
    pub id: AccountId,
    /// Whose.
    pub person: PersonId,
    /// `active` or `suspended`.
    pub status: String,
}

/// Somebody standing in for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeputyRow {
    /// Who stands in.
    pub person: PersonId,
    /// For whom.
    pub stands_for: PersonId,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
}

/// A file that is safe on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileRow {
    /// SHA-256 of the bytes.
    pub digest: String,
    /// Number of bytes.
    pub bytes: u64,
    /// Media type.
    pub media: String,
    /// What it looks like, where it is a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<PictureRow>,
}

/// What is known about a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureRow {
    /// Width as it is seen, in pixels.
    pub width_px: u32,
    /// Height as it is seen, in pixels.
    pub height_px: u32,
    /// Perceptual hash: two that differ in few bits look alike.
    pub look: u64,
    /// What a person should look at.
    pub flags: Vec<Flag>,
    /// What camera and phone said, as JSON; kept as sealed content.
    pub facts: Option<String>,
    /// What is served instead of it.
    pub variants: Vec<VariantRow>,
}

/// A re-encoded copy of a picture; its bytes are kept like any file's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantRow {
    /// Longest side that it may have, in pixels.
    pub side_px: u32,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Number of bytes.
    pub bytes: u64,
    /// Width, in pixels.
    pub width_px: u32,
    /// Height, in pixels.
    pub height_px: u32,
}

/// Somebody is shown the original of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalShown {
    /// SHA-256 of the file.
    pub digest: String,
    /// The matter that it is shown for.
    pub matter: MatterId,
    /// To whom.
    pub account: AccountId,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is not sound; every fault in words.
    #[error("the change is not sound: {}", .0.join("; "))]
    Unsound(Vec<String>),
    /// The pack has gaps.
    #[error("the pack has {} gaps", .0.len())]
    Gaps(Vec<bihuan_core::pack::Gap>),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a change wrote.
pub(crate) struct Written {
    pub(crate) digest: [u8; 32],
    pub(crate) rows: u64,
}

impl Change {
    /// The word for it in the record.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Change::Settings(_) => "settings",
            Change::Units(_) => "units",
            Change::Areas(_) => "areas",
            Change::Points(_) => "points",
            Change::People(_) => "people",
            Change::Memberships(_) => "memberships",
            Change::Accounts(_) => "accounts",
            Change::EndPerson(_) => "end_person",
            Change::Telephone(_) => "telephone",
            Change::Deputies(_) => "deputies",
            Change::Register(_) => "register",
            Change::Pack(_) => "pack",
            Change::CalendarYear(_) => "calendar_year",
            Change::RuleDocuments(_) => "rule_documents",
            Change::Erase(_) => "erase",
            Change::Files(_) => "files",
            Change::EraseFile(_) => "erase_file",
            Change::ShowOriginal(_) => "show_original",
        }
    }

    /// Whether decisions may come out otherwise after it, so that every node loads the rules anew.
    #[must_use]
    pub fn is_rule(&self) -> bool {
        !matches!(
            self,
            Change::RuleDocuments(_)
                | Change::Erase(_)
                | Change::Files(_)
                | Change::EraseFile(_)
                | Change::ShowOriginal(_)
                | Change::Telephone(_)
        )
    }

    /// What it is about, where that is one thing.
    #[must_use]
    pub fn of(&self) -> Option<String> {
        match self {
            Change::Erase(refs) => refs.first().filter(|_| refs.len() == 1).map(|it| it.0.clone()),
            Change::RuleDocuments(rows) => one(rows).map(|it| it.id.clone()),
            Change::EraseFile(digest) => Some(digest.clone()),
            Change::People(rows) => one(rows).map(|it| it.id.0.clone()),
            Change::Memberships(rows) => {
                rows.keys().next().filter(|_| rows.len() == 1).map(|it| it.0.clone())
            }
            Change::Accounts(rows) => one(rows).map(|it| it.id.0.clone()),
            Change::EndPerson(person) => Some(person.0.clone()),
            Change::Telephone(it) => Some(it.person.0.clone()),
            Change::Deputies(rows) => one(rows).map(|it| it.stands_for.0.clone()),
            Change::ShowOriginal(it) => Some(it.digest.clone()),
            _ => None,
        }
    }
}

/// The one row of a change that has just one.
fn one<T>(rows: &[T]) -> Option<&T> {
    rows.first().filter(|_| rows.len() == 1)
}
