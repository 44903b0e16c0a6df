//! The parts of a matter, and which of them each sight shows.

use super::sight::Sight;
use super::viewer::is_office;
use crate::form::FieldValue;
use crate::id::PersonId;
use crate::matter::facts::Rules;
use crate::matter::state::Matter;
use crate::pack::Pack;

/// A part of a matter that is shown or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Pack, stage, class, source, dates, deadline, responsible unit, rework, supervision.
    Standing,
    /// About where: [`crate::place::Point::coarse`] by the pack's `coarse_m`.
    CoarsePlace,
    /// Where, and the named point.
    ExactPlace,
    /// Number of filing and of clearance: told in sequence, so that they count.
    Numbers,
    /// The opener's words.
    Title,
    /// Files declared when it was opened.
    OpeningFiles,
    /// All files but those of sealed fields; see [`shows_file`].
    Files,
    /// Names of officials; see [`shows_person`].
    Staff,
    /// Notes, reasons, orders.
    Texts,
    /// The form, but its sealed fields.
    Fields,
    /// The entries of the record, with who did what.
    Entries,
    /// Sealed fields of the form, and their files.
    SealedFields,
    /// For whom somebody spoke, and how that person was reached.
    Parties,
    /// Who opened it, where that is no official; see [`shows_person`].
    Reporter,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 14] = [
        Part::Standing,
        Part::CoarsePlace,
        Part::ExactPlace,
        Part::Numbers,
        Part::Title,
        Part::OpeningFiles,
        Part::Files,
        Part::Staff,
        Part::Texts,
        Part::Fields,
        Part::Entries,
        Part::SealedFields,
        Part::Parties,
        Part::Reporter,
    ];

    /// The word of the part.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Part::Standing => "standing",
            Part::CoarsePlace => "coarse_place",
            Part::ExactPlace => "exact_place",
            Part::Numbers => "numbers",
            Part::Title => "title",
            Part::OpeningFiles => "opening_files",
            Part::Files => "files",
            Part::Staff => "staff",
            Part::Texts => "texts",
            Part::Fields => "fields",
            Part::Entries => "entries",
            Part::SealedFields => "sealed_fields",
            Part::Parties => "parties",
            Part::Reporter => "reporter",
        }
    }
}

impl Sight {
    /// Whether it shows a part.
    #[must_use]
    pub fn shows(self, part: Part) -> bool {
        match part {
            Part::Standing | Part::CoarsePlace => self >= Sight::Published,
            Part::ExactPlace | Part::Numbers | Part::Title | Part::OpeningFiles => {
                self >= Sight::Own
            }
            Part::Files | Part::Staff | Part::Texts | Part::Fields | Part::Entries => {
                self >= Sight::Beside
            }
            Part::SealedFields => self >= Sight::Fixing,
            Part::Parties => self == Sight::OnCase,
            Part::Reporter => matches!(self, Sight::Own | Sight::OnCase),
        }
    }
}

/// Whether a file of a matter is shown: one that the matter declared, and not in a sealed field
/// alone.
#[must_use]
pub fn shows_file(pack: &Pack, matter: &Matter, sight: Sight, digest: &str) -> bool {
    let Some(file) = matter.files.iter().find(|it| it.digest == digest) else { return false };
    let is_of_opening = file.since <= 1;
    let mut sealed = pack.form.iter().filter(|it| it.sealed);
    let is_sealed =
        sealed.any(|it| matter.form.get(&it.id).is_some_and(|it| names_file(it, digest)));
    if is_sealed && !sight.shows(Part::SealedFields) {
        // What the opener gave is the opener's to see again.
        return is_of_opening && sight == Sight::Own;
    }
    sight.shows(Part::Files) || is_of_opening && sight.shows(Part::OpeningFiles)
}

fn names_file(value: &FieldValue, digest: &str) -> bool {
    match value {
        FieldValue::Files(digests) => digests.iter().any(|it| it == digest),
        FieldValue::Rows(rows) => {
            rows.iter().flat_map(|it| it.values()).any(|it| names_file(it, digest))
        }
        _ => false,
    }
}

/// Whether a person who acted on a matter is shown: officials as [`Part::Staff`], a reporter from
/// outside as [`Part::Reporter`].
#[must_use]
pub fn shows_person(rules: &Rules, sight: Sight, person: &PersonId) -> bool {
    let mut grants = rules.grants.get(person).into_iter().flatten();
    let is_official = grants.any(|it| is_office(rules, &it.role));
    sight.shows(if is_official { Part::Staff } else { Part::Reporter })
}
