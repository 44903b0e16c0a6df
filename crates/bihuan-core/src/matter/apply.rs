//! `apply`: a matter after an event. It never fails on what `decide` made, and computes nothing.

use crate::id::MatterId;
use crate::matter::event::{Event, Expired, Moved, Opened, What};
use crate::matter::state::{AppealState, Asked, Fired, Handling, Matter, Part};
use crate::pack::Act;
use crate::time::Instant;

/// The matter after `event`, recorded at `at`. `None` only where a matter's first event does not
/// open it, which `verify` reports.
#[must_use]
pub fn apply(matter: Option<Matter>, id: MatterId, at: Instant, event: &Event) -> Option<Matter> {
    let mut matter = match (&event.what, matter) {
        (What::Opened(opened), None) => open(id, at, event, opened)?,
        (_, Some(matter)) => matter,
        (_, None) => return None,
    };
    matter.version += 1;
    change(&mut matter, at, event);
    if let Some(standing) = &event.standing {
        matter.standing = standing.clone();
    }
    if let Some(fired) = event.fired {
        matter.fired = fired;
    }
    Some(matter)
}

fn open(id: MatterId, at: Instant, event: &Event, opened: &Opened) -> Option<Matter> {
    let mut parts = Vec::new();
    if let Some(handling) = &opened.handling {
        parts.push(owned(handling));
    }
    Some(Matter {
        id,
        version: 0,
        pack: opened.pack.clone(),
        rev: opened.rev,
        standing: event.standing.clone()?,
        filed_at: opened.number.as_ref().map(|_| at),
        number: opened.number.clone(),
        clear_number: None,
        title: opened.title.clone(),
        form: opened.form.clone(),
        place: opened.place.clone(),
        place_unit: opened.place_unit.clone(),
        point: opened.point.clone(),
        source: opened.source.clone(),
        opened_by: opened.person.clone(),
        opened_unit: opened.unit.clone(),
        opened_at: at,
        found_at: opened.found_at,
        declared_at: None,
        cleared_at: None,
        handling: opened.handling.clone(),
        parts,
        acceptance: None,
        counts: std::collections::BTreeMap::new(),
        rework: 0,
        urged: 0,
        supervised: None,
        asked: None,
        suspension: None,
        suspended_times: 0,
        fired: Fired::default(),
        overdue_at: None,
        disputed: false,
        exempt: opened.exempt,
        appeal: None,
        files: opened.files.clone(),
        parent: opened.parent,
        children: Vec::new(),
        merged_into: None,
        similar: opened.similar.clone(),
        rebound_of: opened.rebound_of,
        rebounds: opened.rebounds,
        rebounded_as: None,
        duties: Vec::new(),
        measure: None,
        standard: None,
    })
}

fn owned(handling: &Handling) -> Part {
    Part {
        unit: handling.unit.clone(),
        person: handling.person.clone(),
        how: crate::matter::state::PartHow::Owned,
    }
}

fn change(matter: &mut Matter, at: Instant, event: &Event) {
    match &event.what {
        What::Opened(_) | What::Noted(_) | What::Absorbed(_) => {}
        What::Moved(moved) => change_by_move(matter, at, moved),
        What::Expired(expired) => change_by_clock(matter, expired),
        What::Named(person, handling) => {
            set_handling(matter, handling.as_ref());
            add_person_part(matter, person);
        }
        What::HandedOver(_, to, _, handling) => {
            set_handling(matter, handling.as_deref());
            add_person_part(matter, to);
        }
        What::Joined(children, _) => join(matter, children),
        What::ChildEnded(child) => {
            for it in matter.children.iter_mut().filter(|it| it.matter == *child) {
                it.ended = true;
            }
        }
        What::Ordered(ordered) => {
            set_handling(matter, ordered.handling.as_ref());
            matter.measure = ordered.measure.clone().or_else(|| matter.measure.take());
            matter.standard = ordered.standard.clone().or_else(|| matter.standard.take());
        }
        What::Urged(_) => matter.urged += 1,
        What::Supervised(level, _) => matter.supervised = Some(*level),
        What::Reclassed(_, _, handling) => set_handling(matter, handling.as_deref()),
        What::Recomputed(handling) => set_handling(matter, handling.as_deref()),
        What::Arrived(digests) => {
            for file in matter.files.iter_mut().filter(|it| digests.contains(&it.digest)) {
                file.arrived = true;
            }
        }
        What::ExtensionAsked(_)
        | What::ExtensionGranted(_)
        | What::ExtensionRefused(_)
        | What::SuspensionAsked(_)
        | What::SuspensionRefused(_)
        | What::Suspended(..)
        | What::Resumed(_) => change_by_asking(matter, &event.what),
        What::Merged(..)
        | What::Rechecked(_)
        | What::Rebounded(_)
        | What::Appealed(..)
        | What::DutyDone(..) => change_at_the_end(matter, at, &event.what),
    }
}

/// Extension and suspension: asked for, granted, refused, ended.
fn change_by_asking(matter: &mut Matter, what: &What) {
    matter.asked = match what {
        What::ExtensionAsked(_) => Some(Asked::Extension),
        What::SuspensionAsked(_) => Some(Asked::Suspension),
        _ => None,
    };
    match what {
        What::ExtensionGranted(handling) | What::Resumed(handling) => {
            matter.suspension = None;
            matter.handling = Some((**handling).clone());
        }
        What::Suspended(suspension, _) => {
            matter.suspended_times += 1;
            matter.suspension = Some((**suspension).clone());
        }
        _ => {}
    }
}

/// Merging, looking back, appeals and duties.
fn change_at_the_end(matter: &mut Matter, at: Instant, what: &What) {
    match what {
        What::Merged(into, _, acceptance) => {
            matter.merged_into = Some(*into);
            matter.acceptance = acceptance.clone();
        }
        What::Rechecked(rechecked) => {
            matter.files.extend(rechecked.files.iter().cloned());
            do_duty(matter, at, rechecked.duty);
        }
        What::Rebounded(new) => matter.rebounded_as = Some(*new),
        What::Appealed(state, _) => {
            matter.exempt |= *state == AppealState::Granted;
            matter.appeal = Some(*state);
        }
        What::DutyDone(no, _, files) => {
            matter.files.extend(files.iter().cloned());
            do_duty(matter, at, Some(*no));
        }
        _ => {}
    }
}

fn change_by_move(matter: &mut Matter, at: Instant, moved: &Moved) {
    matter.form.extend(moved.form.iter().map(|(id, value)| (id.clone(), value.clone())));
    matter.files.extend(moved.files.iter().cloned());
    set_handling(matter, moved.handling.as_ref());
    for part in &moved.parts {
        if !matter.parts.contains(part) {
            matter.parts.push(part.clone());
        }
    }
    if let Some(count) = moved.count {
        matter.counts.insert(moved.id.clone(), count);
    }
    if moved.supervised > matter.supervised {
        matter.supervised = moved.supervised;
    }
    if let Some(number) = &moved.number {
        matter.number = Some(number.clone());
        matter.filed_at = Some(at);
    }
    if let Some(number) = &moved.clear_number {
        matter.clear_number = Some(number.clone());
        matter.cleared_at = Some(at);
    }
    if let Some(acceptance) = &moved.acceptance {
        matter.acceptance = Some(acceptance.clone());
    }
    match moved.act {
        Act::SendBack => matter.rework += 1,
        Act::Declare => matter.declared_at = Some(at),
        _ => {}
    }
    matter.disputed |= moved.disputed;
    matter.overdue_at = matter.overdue_at.or(moved.overdue_at);
    matter.duties.extend(moved.duties.iter().cloned());
}

fn change_by_clock(matter: &mut Matter, expired: &Expired) {
    set_handling(matter, expired.handling.as_ref());
    if expired.supervised > matter.supervised {
        matter.supervised = expired.supervised;
    }
    matter.overdue_at = matter.overdue_at.or(expired.overdue_at);
    if expired.rule == crate::matter::submission::TimerRule::Resume {
        matter.suspension = None;
    }
}

fn set_handling(matter: &mut Matter, handling: Option<&Handling>) {
    if let Some(handling) = handling {
        matter.handling = Some(handling.clone());
    }
}

fn add_person_part(matter: &mut Matter, person: &crate::id::PersonId) {
    let Some(handling) = &matter.handling else { return };
    let part = Part { person: Some(person.clone()), ..owned(handling) };
    if !matter.parts.contains(&part) {
        matter.parts.push(part);
    }
}

fn join(matter: &mut Matter, children: &[crate::matter::state::Child]) {
    for child in children {
        matter.children.push(child.clone());
        matter.parts.push(Part {
            unit: child.unit.clone(),
            person: None,
            how: crate::matter::state::PartHow::Joined,
        });
    }
}

fn do_duty(matter: &mut Matter, at: Instant, no: Option<u32>) {
    let duty = no.and_then(|it| matter.duties.get_mut(it as usize));
    if let Some(duty) = duty {
        duty.done_at = Some(at);
    }
}
