//! Evidence: whether a move got what its pack asks for. All that is missing is told at once.

use crate::form::{Ground, failing_checks};
use crate::matter::decide::context::Context;
use crate::matter::refusal::{Missing, MissingWhy, Refusal};
use crate::matter::state::{FileState, Matter};
use crate::matter::submission::{Item, MoveInput};
use crate::pack::{Class, Move, Need, Pack, PhotoNeed};

/// What a move was given.
pub(super) struct Given<'a> {
    pub(super) input: &'a MoveInput,
    pub(super) files: &'a [FileState],
    pub(super) form: &'a std::collections::BTreeMap<String, crate::form::FieldValue>,
}

pub(super) fn check(
    context: &Context<'_>,
    pack: &Pack,
    class: &Class,
    matter: &Matter,
    made: &Move,
    given: &Given<'_>,
) -> Result<(), Refusal> {
    let missing = |need: &Need| {
        let why = why_missing(context, pack, class, matter, need, given)?;
        Some(Missing { need: need.clone(), why })
    };
    let needs: Vec<Missing> = made.needs.iter().filter_map(missing).collect();
    if needs.is_empty() { Ok(()) } else { Err(Refusal::missing(needs)) }
}

fn why_missing(
    context: &Context<'_>,
    pack: &Pack,
    class: &Class,
    matter: &Matter,
    need: &Need,
    given: &Given<'_>,
) -> Option<MissingWhy> {
    let input = given.input;
    let absent = |is_there: bool| (!is_there).then_some(MissingWhy::Absent);
    let has_field = |id: &String| given.form.contains_key(id) || matter.form.contains_key(id);
    match need {
        Need::Photo(need) => why_photo(context, matter, need, given.files),
        Need::Field(id) => absent(has_field(id)),
        Need::Note => absent(input.note.as_ref().is_some_and(|it| !it.trim().is_empty())),
        Need::Reason => absent(input.reason.as_ref().is_some_and(|it| !it.trim().is_empty())),
        Need::Checklist => {
            let items = checklist_len(class);
            let ticked = (0..items).filter(|it| input.checklist.contains(it)).count();
            (ticked < items as usize).then_some(MissingWhy::TooFew)
        }
        Need::Person => {
            let named = matter.handling.as_ref().is_some_and(|it| it.person.is_some());
            absent(input.person.is_some() || named)
        }
        Need::Unit => absent(input.unit.is_some() || matter.handling.is_some()),
        // Every class has a limit; an ordered one replaces it.
        Need::Limit => None,
        Need::Visit => absent(input.items.iter().any(|it| matches!(it, Item::Visit(_)))),
        Need::Signature => absent(
            input.items.iter().any(|it| matches!(it, Item::Signature(_)))
                || given.files.iter().any(|it| it.slot == "signature"),
        ),
        Need::Document(kind) => {
            absent(given.files.iter().chain(&matter.files).any(|it| it.slot == *kind))
        }
        Need::Payment => absent(input.items.iter().any(|it| matches!(it, Item::Payment { .. }))),
        Need::Rows(id) => {
            let rows = given.form.get(id).or_else(|| matter.form.get(id));
            absent(rows.is_some_and(crate::form::FieldValue::has_rows))
        }
        Need::Checks => {
            let mut form = matter.form.clone();
            form.extend(given.form.clone());
            let today = context.rules.zone.date(context.now);
            let ground = Ground::of(pack, context.rules.entries(&pack.id), today);
            let fails = failing_checks(&pack.form, &pack.checks, &ground, &form);
            (!fails.is_empty()).then_some(MissingWhy::CheckFails)
        }
        Need::Children => {
            (matter.children.iter().any(|it| !it.ended)).then_some(MissingWhy::Absent)
        }
    }
}

/// Number of items in the standard of a class; `；` separates them.
pub(super) fn checklist_len(class: &Class) -> u32 {
    let items = class.standard.zh.split('；').filter(|it| !it.trim().is_empty()).count();
    u32::try_from(items).unwrap_or(u32::MAX)
}

fn why_photo(
    context: &Context<'_>,
    matter: &Matter,
    need: &PhotoNeed,
    new: &[FileState],
) -> Option<MissingWhy> {
    // A photo that must be later than another has to come with this very move.
    let old = if need.later_than.is_some() { &[][..] } else { &matter.files[..] };
    let photos: Vec<&FileState> = new.iter().chain(old).filter(|it| it.slot == need.slot).collect();
    if photos.is_empty() {
        return Some(MissingWhy::Absent);
    }
    if photos.len() < need.count as usize {
        return Some(MissingWhy::TooFew);
    }
    if let Some(near_m) = need.near_m {
        if photos.iter().any(|it| it.off_m.is_none()) {
            return Some(MissingWhy::NoPosition);
        }
        if photos.iter().any(|it| it.off_m > Some(near_m)) {
            return Some(MissingWhy::TooFar);
        }
    }
    if let Some(slot) = &need.later_than {
        let before = matter.files.iter().chain(new).filter(|it| it.slot == *slot);
        let last = before.filter_map(|it| it.taken_at).max();
        if photos.iter().any(|it| it.taken_at.is_none() || it.taken_at <= last) {
            return Some(MissingWhy::NotLater);
        }
    }
    if let Some(fresh_min) = need.fresh_min {
        let act_at = context.submission.captured_at.unwrap_or(context.now);
        let oldest = act_at.plus_ms(-i64::from(fresh_min) * 60_000);
        if photos.iter().any(|it| it.taken_at.is_none_or(|at| at < oldest)) {
            return Some(MissingWhy::NotFresh);
        }
    }
    None
}
