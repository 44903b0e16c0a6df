//! Other matters that a matter names: told only to whoever sees them too.
//!
//! Invariant: what is found and what is hidden are one walk, so that no name is found and left.

use crate::id::MatterId;
use crate::matter::Matter;
use crate::matter::event::{Event, What};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What stands in the place of a matter that is not shown.
pub const HIDDEN_MATTER: MatterId = MatterId(Uuid::nil());

/// Other matters that a matter and its entries name.
#[must_use]
pub fn links<'a>(
    matter: &Matter,
    entries: impl IntoIterator<Item = &'a Event>,
) -> BTreeSet<MatterId> {
    let mut found = BTreeSet::new();
    let mut note = |id: &mut MatterId| {
        found.insert(*id);
    };
    of_matter(&mut matter.clone(), &mut note);
    entries.into_iter().for_each(|it| of_event(&mut it.clone(), &mut note));
    found
}

/// Other matters that one entry names.
#[must_use]
pub fn event_links(event: &Event) -> BTreeSet<MatterId> {
    let mut found = BTreeSet::new();
    of_event(&mut event.clone(), &mut |id| {
        found.insert(*id);
    });
    found
}

/// Hides the matters that are not in `seen`; that there may be the same again is not told at all.
pub fn hide_links<'a>(
    matter: &mut Matter,
    entries: impl IntoIterator<Item = &'a mut Event>,
    seen: &BTreeSet<MatterId>,
) {
    let mut hide = |id: &mut MatterId| {
        if !seen.contains(id) {
            *id = HIDDEN_MATTER;
        }
    };
    of_matter(matter, &mut hide);
    matter.similar.retain(|it| *it != HIDDEN_MATTER);
    for event in entries {
        of_event(event, &mut hide);
        if let What::Opened(it) = &mut event.what {
            it.similar.retain(|it| *it != HIDDEN_MATTER);
        }
    }
}

fn of_matter(matter: &mut Matter, visit: &mut impl FnMut(&mut MatterId)) {
    let Matter { parent, merged_into, rebound_of, rebounded_as, children, similar, .. } = matter;
    let named = [parent, merged_into, rebound_of, rebounded_as].into_iter().flatten();
    let children = children.iter_mut().map(|it| &mut it.matter);
    named.chain(children).chain(similar).for_each(visit);
}

fn of_event(event: &mut Event, visit: &mut impl FnMut(&mut MatterId)) {
    match &mut event.what {
        What::Opened(it) => {
            let named = [&mut it.parent, &mut it.rebound_of].into_iter().flatten();
            named.chain(&mut it.similar).for_each(visit);
        }
        What::Joined(children, _) => children.iter_mut().for_each(|it| visit(&mut it.matter)),
        What::ChildEnded(id) | What::Merged(id, ..) | What::Absorbed(id) | What::Rebounded(id) => {
            visit(id);
        }
        _ => {}
    }
}
