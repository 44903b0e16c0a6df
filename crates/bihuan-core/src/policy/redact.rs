//! A matter and its entries as somebody may see them.
//!
//! Invariant: sights from outside start from nothing and are given what they show, so that a field
//! that matters gain one day is not told by accident; the texts to be told are those that what is
//! left still names.

use super::part::{Part, shows_file, shows_person};
use super::scope::coarse_m;
use super::sight::Sight;
use crate::content::ContentRef;
use crate::form::FieldValue;
use crate::id::{AccountId, PersonId};
use crate::matter::By;
use crate::matter::event::{Behalf, Event, What};
use crate::matter::facts::Rules;
use crate::matter::state::{FileState, Fired, Matter, Owed, Standing};
use crate::matter::submission::CLOCK_ACCOUNT;
use crate::pack::Pack;
use crate::place::{Datum, Place};
use std::collections::{BTreeMap, BTreeSet};

/// What stands in the place of a person who is not shown.
pub const HIDDEN: &str = "hidden";

/// A matter as a sight of it shows it; nothing where it shows nothing.
#[must_use]
pub fn redact(rules: &Rules, matter: &Matter, sight: Sight) -> Option<Matter> {
    let pack = rules.pack_of(matter)?;
    let mut seen = match sight {
        Sight::Nothing => return None,
        Sight::Published | Sight::Own => from_outside(rules, matter, sight),
        Sight::Beside | Sight::Fixing | Sight::OnCase => matter.clone(),
    };
    if !sight.shows(Part::SealedFields) {
        unseal(pack, &mut seen.form);
    }
    seen.files = files(pack, matter, sight, &matter.files);
    if !shows_person(rules, sight, &seen.opened_by) {
        seen.opened_by = hidden();
    }
    Some(seen)
}

fn hidden() -> PersonId {
    PersonId(HIDDEN.to_owned())
}

fn unseal(pack: &Pack, form: &mut BTreeMap<String, FieldValue>) {
    form.retain(|id, _| pack.form.iter().any(|it| it.id == *id && !it.sealed));
}

fn files(pack: &Pack, matter: &Matter, sight: Sight, of: &[FileState]) -> Vec<FileState> {
    of.iter().filter(|it| shows_file(pack, matter, sight, &it.digest)).cloned().collect()
}

/// Where it stands; for its opener also what the opener said.
fn from_outside(rules: &Rules, matter: &Matter, sight: Sight) -> Matter {
    let exact = sight.shows(Part::ExactPlace);
    let standing = &matter.standing;
    let owner = standing.owner.as_ref();
    let owner = owner.map(|it| Owed { person: None, unit: it.unit.clone(), role: it.role.clone() });
    let numbers = sight.shows(Part::Numbers);
    Matter {
        id: matter.id,
        version: matter.version,
        pack: matter.pack.clone(),
        rev: matter.rev,
        standing: Standing { owner, ..standing.clone() },
        number: matter.number.clone().filter(|_| numbers),
        clear_number: matter.clear_number.clone().filter(|_| numbers),
        title: matter.title.clone().filter(|_| sight.shows(Part::Title)),
        form: BTreeMap::new(),
        place: matter
            .place
            .as_ref()
            .map(|it| if exact { it.clone() } else { coarse(rules, matter, it) }),
        place_unit: matter.place_unit.clone(),
        point: matter.point.clone().filter(|_| exact),
        source: matter.source.clone(),
        opened_by: matter.opened_by.clone(),
        opened_unit: matter.place_unit.clone(),
        opened_at: matter.opened_at,
        found_at: None,
        filed_at: matter.filed_at,
        declared_at: matter.declared_at,
        cleared_at: matter.cleared_at,
        handling: None,
        parts: Vec::new(),
        acceptance: None,
        counts: BTreeMap::new(),
        rework: matter.rework,
        urged: 0,
        supervised: matter.supervised,
        asked: None,
        suspension: None,
        suspended_times: 0,
        fired: Fired::default(),
        overdue_at: matter.overdue_at,
        disputed: false,
        exempt: false,
        appeal: None,
        files: Vec::new(),
        parent: None,
        children: Vec::new(),
        merged_into: None,
        similar: Vec::new(),
        rebound_of: None,
        rebounds: 0,
        rebounded_as: None,
        duties: Vec::new(),
        measure: None,
        standard: None,
    }
}

/// About where, as the public page shows it.
fn coarse(rules: &Rules, matter: &Matter, place: &Place) -> Place {
    let side_m = coarse_m(rules, &matter.pack);
    let at = if side_m == 0 { place.at } else { place.at.coarse(side_m) };
    Place {
        at,
        raw: None,
        datum: Datum::Wgs84,
        accuracy_m: side_m,
        source: place.source,
        at_ms: None,
    }
}

/// An entry of a matter's record as a sight of the matter shows it; nothing where it does not show
/// entries.
#[must_use]
pub fn redact_entry(
    rules: &Rules,
    matter: &Matter,
    sight: Sight,
    by: &By,
    event: &Event,
) -> Option<(By, Event)> {
    let pack = rules.pack_of(matter)?;
    if !sight.shows(Part::Entries) {
        return None;
    }
    let (mut by, mut event) = (by.clone(), event.clone());
    if by.person.as_str() != CLOCK_ACCOUNT && !shows_person(rules, sight, &by.person) {
        by.person = hidden();
        by.account = AccountId(HIDDEN.to_owned());
    }
    let shown = |form: &mut BTreeMap<_, _>, declared: &mut Vec<FileState>| {
        if !sight.shows(Part::SealedFields) {
            unseal(pack, form);
        }
        *declared = files(pack, matter, sight, declared);
    };
    let speaks = |behalf: &mut Option<Behalf>| {
        if !sight.shows(Part::Parties) {
            *behalf = None;
        }
    };
    match &mut event.what {
        What::Opened(it) => {
            shown(&mut it.form, &mut it.files);
            speaks(&mut it.on_behalf);
            if !shows_person(rules, sight, &it.person) {
                it.person = hidden();
            }
        }
        What::Moved(it) => {
            shown(&mut it.form, &mut it.files);
            speaks(&mut it.on_behalf);
        }
        _ => {}
    }
    Some((by, event))
}

/// The texts that may be told beside what was left of a matter and its entries.
#[must_use]
pub fn shown_texts<'a>(
    matter: &'a Matter,
    entries: impl IntoIterator<Item = &'a Event>,
) -> BTreeSet<&'a ContentRef> {
    let mut texts: BTreeSet<&ContentRef> = entries.into_iter().flat_map(Event::contents).collect();
    texts.extend(matter.title.iter().chain(&matter.measure).chain(&matter.standard));
    texts.extend(matter.form.values().flat_map(FieldValue::contents));
    texts
}
