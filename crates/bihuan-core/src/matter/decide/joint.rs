//! Matters in relation: joint handling by children, and merging of duplicates.

use crate::id::MatterId;
use crate::matter::decide::accept::{child_ended, first_other};
use crate::matter::decide::context::{Context, Entry, Scene, invalid};
use crate::matter::decide::moves::{stage_within, wrong_stage};
use crate::matter::decide::open::active_unit;
use crate::matter::event::{Event, Opened, What};
use crate::matter::refusal::Refusal;
use crate::matter::state::{Acceptance, Child, Fired, Handling, Matter};
use crate::matter::submission::{JOIN_MAX, Join, Merge};
use crate::pack::{Class, Meaning, Pack, Stage};
use crate::unit::UnitId;

pub(super) fn join(
    context: &mut Context<'_>,
    join: &Join,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    let class = context.class_of(pack, matter)?;
    let stage = pack.stage(&matter.standing.stage).ok_or_else(|| wrong_stage(pack, matter))?;
    if stage.is != Meaning::Handling || stage.allow.join.is_empty() || matter.parent.is_some() {
        return Err(wrong_stage(pack, matter));
    }
    context.act_as(pack, &stage.allow.join, &Scene::of(matter))?;
    if let Some(suspension) = &matter.suspension {
        return Err(Refusal::Suspended { until: suspension.until });
    }
    if join.children.is_empty() || matter.children.len() + join.children.len() > JOIN_MAX {
        return Err(invalid("children", "协同单位1至16个", "1 to 16 units join"));
    }
    let mut children: Vec<Child> = Vec::new();
    let mut opened = Vec::new();
    for it in &join.children {
        let unit = active_unit(context, &it.unit)?;
        let taken = context.facts.matters.contains_key(&it.matter)
            || children.iter().any(|child| child.matter == it.matter);
        if taken {
            return Err(Refusal::MatterExists);
        }
        if matter.has_part(&unit) || children.iter().any(|child| child.unit == unit) {
            return Err(Refusal::Already);
        }
        opened.push((it.matter, child(context, pack, class, stage, matter, &unit)));
        children.push(Child { matter: it.matter, unit, ended: false });
    }
    let reason = context.seal("reason", &join.reason)?;
    let mut events = vec![(matter.id, Event::of(What::Joined(children, reason)))];
    events.extend(opened);
    Ok(events)
}

fn child(
    context: &mut Context<'_>,
    pack: &Pack,
    class: &Class,
    stage: &Stage,
    parent: &Matter,
    unit: &UnitId,
) -> Event {
    let due = context.due_from(pack, stage, class, context.now);
    let handling = Handling {
        unit: unit.clone(),
        person: None,
        within: stage_within(stage, class),
        since: context.now,
        due,
        stood: Vec::new(),
        fired: Fired::default(),
        paused_at: None,
        extended: 0,
    };
    let standing = context.enter(&Entry {
        pack,
        stage,
        class,
        weight_milli: class.points_milli,
        place: &parent.place_unit,
        responsible: unit,
        handling: Some(&handling),
        opener_unit: &parent.opened_unit,
        opened_at: context.now,
        not: &[],
    });
    let opened = Opened {
        pack: pack.id.clone(),
        rev: pack.rev,
        source: parent.source.clone(),
        title: parent.title.clone(),
        form: parent.form.clone(),
        place: parent.place.clone(),
        place_unit: parent.place_unit.clone(),
        point: parent.point.clone(),
        person: parent.opened_by.clone(),
        unit: parent.opened_unit.clone(),
        found_at: parent.found_at,
        files: Vec::new(),
        exempt: parent.exempt,
        similar: Vec::new(),
        rebound_of: None,
        rebounds: 0,
        parent: Some(parent.id),
        number: Some(context.number(&pack.numbering.open)),
        handling: Some(handling),
        on_behalf: None,
    };
    let mut event = Event::of(What::Opened(Box::new(opened)));
    event.standing = Some(standing);
    event
}

pub(super) fn merge(
    context: &mut Context<'_>,
    merge: &Merge,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    let class = context.class_of(pack, matter)?;
    let stage = pack.stage(&matter.standing.stage).ok_or_else(|| wrong_stage(pack, matter))?;
    let merged = pack.stage_of(Meaning::Merged).ok_or_else(|| wrong_stage(pack, matter))?;
    if stage.is.is_final() || stage.allow.merge.is_empty() || !matter.children.is_empty() {
        return Err(wrong_stage(pack, matter));
    }
    let acceptance = merging_party(context, pack, stage, matter)?;
    let into = context.facts.matters.get(&merge.into).ok_or(Refusal::NoMatter)?;
    let fits = into.id != matter.id && into.pack == matter.pack && !into.is_final();
    if !fits || into.merged_into.is_some() {
        return Err(invalid(
            "into",
            "只能并入同类未办结的另一事项",
            "a duplicate merges into another open matter of the same pack",
        ));
    }
    let desk = context.rules.desk(&matter.place_unit);
    let standing = context.enter(&Entry {
        pack,
        stage: merged,
        class,
        weight_milli: matter.standing.weight_milli,
        place: &matter.place_unit,
        responsible: if stage.is == Meaning::Opened { &desk } else { &matter.standing.responsible },
        handling: None,
        opener_unit: &matter.opened_unit,
        opened_at: matter.opened_at,
        not: &[],
    });
    let reason = context.seal("reason", &merge.reason)?;
    let mut event = Event::of(What::Merged(merge.into, reason, acceptance));
    event.standing = Some(standing);
    event.fired = Some(Fired { total: matter.fired.total, ..Fired::default() });
    let mut events = vec![(matter.id, event), (into.id, Event::of(What::Absorbed(matter.id)))];
    child_ended(context, matter, &mut events);
    Ok(events)
}

/// Once a unit was made responsible, only another party may merge its matter away.
fn merging_party(
    context: &mut Context<'_>,
    pack: &Pack,
    stage: &Stage,
    matter: &Matter,
) -> Result<Option<Acceptance>, Refusal> {
    let roles = &stage.allow.merge;
    if matter.parts.is_empty() {
        context.act_as(pack, roles, &Scene::of(matter))?;
        return Ok(None);
    }
    let grants = context.grants(pack, roles, &Scene::of(matter));
    let (grant, relation) = first_other(context, matter, &matter.parts, &grants)
        .ok_or_else(|| Refusal::not_allowed(roles.clone()))??;
    context.act_under(&grant);
    let person = context.person.clone();
    Ok(Some(Acceptance { person, unit: grant.unit, relation, at: context.now }))
}
