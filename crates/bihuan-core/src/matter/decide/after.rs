//! After the end: looking back, appeals, duties; and files that arrive late.

use crate::id::MatterId;
use crate::matter::decide::accept::first_other;
use crate::matter::decide::context::{Context, Entry, Scene, invalid};
use crate::matter::decide::moves::wrong_stage;
use crate::matter::decide::open::rebounded;
use crate::matter::event::{Event, Opened, Rechecked, What};
use crate::matter::refusal::Refusal;
use crate::matter::state::{AppealState, Matter};
use crate::matter::submission::{Appeal, Arrive, DutyDone, FILES_MAX, Found, Recheck, Via};
use crate::pack::{Meaning, Pack};

type Events = Result<Vec<(MatterId, Event)>, Refusal>;

/// Looking back is for another party too: whoever fixed it does not say that it stayed fixed.
pub(super) fn recheck(context: &mut Context<'_>, recheck: &Recheck) -> Events {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    if matter.standing.is != Meaning::Closed || matter.rebounded_as.is_some() {
        return Err(wrong_stage(pack, matter));
    }
    if !matches!(context.submission.via, Via::Person | Via::Requester) {
        return Err(Refusal::NotByMachine);
    }
    let roles = &pack.after.recheck;
    let grants = context.grants(pack, roles, &Scene::of(matter));
    let (grant, _) = first_other(context, matter, &matter.parts, &grants)
        .ok_or_else(|| Refusal::not_allowed(roles.clone()))??;
    context.act_under(&grant);
    let open =
        |it: &(usize, &crate::matter::state::Duty)| it.1.id == "recheck" && it.1.done_at.is_none();
    let duty = matter.duties.iter().enumerate().find(open);
    let files = context.files(&recheck.files, Some(matter), matter.place.as_ref())?;
    let rechecked = Rechecked {
        kept: recheck.found == Found::Kept,
        duty: duty.and_then(|it| u32::try_from(it.0).ok()),
        files,
        note: context.seal_some("note", recheck.note.as_ref())?,
    };
    let mut events = vec![(matter.id, Event::of(What::Rechecked(Box::new(rechecked))))];
    if let Found::Rebounded(new) = recheck.found {
        if context.facts.matters.contains_key(&new) {
            return Err(Refusal::MatterExists);
        }
        events.push((new, reopened(context, pack, matter, &grant.unit)?));
        events.push((matter.id, rebounded(context, pack, matter.id, new)));
    }
    Ok(events)
}

/// The matter that a rebound opens.
fn reopened(
    context: &Context<'_>,
    pack: &Pack,
    old: &Matter,
    unit: &crate::unit::UnitId,
) -> Result<Event, Refusal> {
    let class = context.class_of(context.pack_of(old)?, old)?;
    let stage = pack.stage_of(Meaning::Opened).ok_or_else(|| wrong_stage(pack, old))?;
    let factor = i64::from(pack.watch.rebound.map_or(1, |it| it.factor));
    let desk = context.rules.desk(&old.place_unit);
    let standing = context.enter(&Entry {
        pack,
        stage,
        class,
        weight_milli: class.points_milli.saturating_mul(factor),
        place: &old.place_unit,
        responsible: &desk,
        handling: None,
        opener_unit: unit,
        opened_at: context.now,
        not: &[],
    });
    let opened = Opened {
        pack: pack.id.clone(),
        rev: pack.rev,
        source: old.source.clone(),
        title: old.title.clone(),
        form: old.form.clone(),
        place: old.place.clone(),
        place_unit: old.place_unit.clone(),
        point: old.point.clone(),
        person: context.person.clone(),
        unit: unit.clone(),
        found_at: context.submission.captured_at,
        files: Vec::new(),
        exempt: false,
        similar: Vec::new(),
        rebound_of: Some(old.id),
        rebounds: old.rebounds + 1,
        parent: None,
        number: None,
        handling: None,
        on_behalf: None,
    };
    let mut event = Event::of(What::Opened(Box::new(opened)));
    event.standing = Some(standing);
    Ok(event)
}

/// An appeal exempts from scoring; the mark that the deadline was missed stays.
pub(super) fn appeal(context: &mut Context<'_>, appeal: &Appeal) -> Events {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    if !matter.is_final() || matter.overdue_at.is_none() {
        return Err(wrong_stage(pack, matter));
    }
    let decide = &pack.after.appeal_decide;
    let roles = match (appeal, matter.appeal) {
        (Appeal::Ask(_), _) => pack.after.appeal.clone(),
        (_, Some(AppealState::Asked(agreed))) => {
            decide.get(agreed as usize).into_iter().cloned().collect()
        }
        (_, _) => decide.clone(),
    };
    context.act_as(pack, &roles, &Scene::of(matter))?;
    let asked = match (appeal, matter.appeal) {
        (Appeal::Ask(_), None) => 0,
        (Appeal::Ask(_), Some(_)) => return Err(Refusal::Already),
        (_, Some(AppealState::Asked(agreed))) => agreed,
        (_, _) => return Err(Refusal::NotAsked),
    };
    let (state, text) = match appeal {
        Appeal::Ask(reason) => (AppealState::Asked(0), Some(context.seal("reason", reason)?)),
        Appeal::Refuse(reason) => (AppealState::Refused, Some(context.seal("reason", reason)?)),
        Appeal::Agree if asked as usize + 1 >= pack.after.appeal_decide.len() => {
            (AppealState::Granted, None)
        }
        Appeal::Agree => (AppealState::Asked(asked + 1), None),
    };
    Ok(vec![(matter.id, Event::of(What::Appealed(state, text)))])
}

pub(super) fn duty(context: &mut Context<'_>, done: &DutyDone) -> Events {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    let duty = matter.duties.get(done.no as usize).ok_or(Refusal::NotAsked)?;
    context.act_as(pack, std::slice::from_ref(&duty.role), &Scene::of(matter))?;
    if duty.done_at.is_some() {
        return Err(Refusal::Already);
    }
    if duty.id == "recheck" {
        return Err(invalid("no", "回头看请用专门的入口", "a recheck is done by looking back"));
    }
    let note = context.seal_some("note", done.note.as_ref())?;
    let files = context.files(&done.files, Some(matter), matter.place.as_ref())?;
    Ok(vec![(matter.id, Event::of(What::DutyDone(done.no, note, files)))])
}

/// Files are on disk: said by the clock's account after the store has them, never by a sender.
pub(super) fn arrive(context: &mut Context<'_>, arrive: &Arrive) -> Events {
    context.only_clock()?;
    let matter = context.matter()?;
    if arrive.digests.len() > FILES_MAX {
        return Err(invalid("digests", "一次最多40个文件", "at most 40 files at once"));
    }
    let waits =
        |digest: &&String| matter.files.iter().any(|it| it.digest == **digest && !it.arrived);
    let mut digests: Vec<String> = arrive.digests.iter().filter(waits).cloned().collect();
    digests.sort();
    digests.dedup();
    if digests.is_empty() {
        return Err(Refusal::Already);
    }
    Ok(vec![(matter.id, Event::of(What::Arrived(digests)))])
}
