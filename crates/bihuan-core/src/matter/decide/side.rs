//! Side acts of a stage: extension, suspension, urging, supervision, orders, naming, hand-over.

use crate::clock::{Due, extend as extended_due};
use crate::id::{MatterId, PersonId, RoleId};
use crate::matter::decide::context::{Context, Scene, invalid};
use crate::matter::decide::moves::{ordered_due, resumed, wrong_stage};
use crate::matter::decide::open::valid_class;
use crate::matter::event::{Event, Ordered, What};
use crate::matter::refusal::Refusal;
use crate::matter::state::{Asked, Fired, Handling, Matter, Standing, Suspension};
use crate::matter::submission::{
    Extend, HandOver, Name, Order, Reclass, Remark, Supervise, Suspend,
};
use crate::pack::{Meaning, Of, Pack, Stage};
use crate::time::{DAY_MS, Instant};
use crate::unit::UnitId;

type Events = Result<Vec<(MatterId, Event)>, Refusal>;

/// The matter with its pack and the stage it is in.
pub(super) fn staged<'a>(
    context: &Context<'a>,
) -> Result<(&'a Matter, &'a Pack, &'a Stage), Refusal> {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    let stage = pack.stage(&matter.standing.stage).ok_or_else(|| wrong_stage(pack, matter))?;
    Ok((matter, pack, stage))
}

/// As [`staged`], and the actor holds one of the roles that `allow` names for a side act.
fn allowed<'a>(
    context: &mut Context<'a>,
    allow: impl Fn(&Stage) -> &[RoleId],
) -> Result<(&'a Matter, &'a Pack, &'a Stage), Refusal> {
    let (matter, pack, stage) = staged(context)?;
    let roles = allow(stage);
    if roles.is_empty() {
        return Err(wrong_stage(pack, matter));
    }
    context.act_as(pack, roles, &Scene::of(matter))?;
    Ok((matter, pack, stage))
}

fn one(matter: &Matter, what: What) -> Vec<(MatterId, Event)> {
    vec![(matter.id, Event::of(what))]
}

/// An event that gives the running clock of handling another deadline.
fn with_due(matter: &Matter, what: What, due: Due) -> Vec<(MatterId, Event)> {
    let mut event = Event::of(what);
    event.fired = Some(Fired { total: matter.fired.total, ..Fired::default() });
    event.standing = Some(Standing { due: Some(due), suspended: false, ..matter.standing.clone() });
    vec![(matter.id, event)]
}

fn not_suspended(matter: &Matter) -> Result<(), Refusal> {
    match &matter.suspension {
        Some(suspension) => Err(Refusal::Suspended { until: suspension.until }),
        None => Ok(()),
    }
}

fn running(pack: &Pack, matter: &Matter) -> Result<Handling, Refusal> {
    let handling = matter.handling.clone().filter(|it| it.paused_at.is_none());
    let in_handling = matter.standing.is == Meaning::Handling;
    handling.filter(|_| in_handling).ok_or_else(|| wrong_stage(pack, matter))
}

pub(super) fn name(context: &mut Context<'_>, name: &Name) -> Events {
    let (matter, pack, _) = allowed(context, |it| &it.allow.name)?;
    let mut handling = running(pack, matter)?;
    may_own(context, pack, matter, &name.person, &handling.unit)?;
    if handling.person.as_ref() == Some(&name.person) {
        return Err(Refusal::Already);
    }
    handling.person = Some(name.person.clone());
    let what = What::Named(name.person.clone(), Some(handling));
    Ok(with_person(matter, what, &name.person))
}

fn with_person(matter: &Matter, what: What, person: &PersonId) -> Vec<(MatterId, Event)> {
    let mut event = Event::of(what);
    let mut standing = matter.standing.clone();
    if let Some(owner) = &mut standing.owner {
        owner.person = Some(person.clone());
    }
    event.standing = Some(standing);
    vec![(matter.id, event)]
}

/// Whether a person may be made responsible: holds the owner's role for the unit.
fn may_own(
    context: &Context<'_>,
    pack: &Pack,
    matter: &Matter,
    person: &PersonId,
    unit: &UnitId,
) -> Result<(), Refusal> {
    let role = matter.standing.owner.as_ref().map(|it| &it.role);
    let role = role.ok_or_else(|| wrong_stage(pack, matter))?;
    let of = pack.role(role).map(|it| &it.of);
    let anchor = if of == Some(&Of::Place) { &matter.place_unit } else { unit };
    let holds = context
        .rules
        .grants_of(person, context.now)
        .any(|it| it.role == *role && context.rules.units.is_within(anchor, &it.area));
    if holds { Ok(()) } else { Err(Refusal::not_allowed(vec![role.clone()])) }
}

pub(super) fn order(context: &mut Context<'_>, order: &Order) -> Events {
    let (matter, pack, stage) = allowed(context, |it| &it.allow.order)?;
    not_suspended(matter)?;
    if order.within.is_none() && order.measure.is_none() && order.standard.is_none() {
        return Err(invalid(
            "order",
            "请给出时限、措施或标准",
            "order a limit, a measure or a standard",
        ));
    }
    let reason = context.seal("reason", &order.reason)?;
    let measure = context.seal_some("measure", order.measure.as_ref())?;
    let standard = context.seal_some("standard", order.standard.as_ref())?;
    let Some(within) = order.within else {
        let ordered = Ordered { handling: None, measure, standard, reason };
        return Ok(one(matter, What::Ordered(Box::new(ordered))));
    };
    let mut handling = running(pack, matter)?;
    let due = ordered_due(context, pack, stage, within, Some(&reason));
    if due.at >= handling.due.at {
        return Err(Refusal::NotShorter);
    }
    handling.within = within;
    handling.since = context.now;
    handling.stood.clear();
    handling.due = due.clone();
    let ordered = Ordered { handling: Some(handling), measure, standard, reason };
    Ok(with_due(matter, What::Ordered(Box::new(ordered)), due))
}

pub(super) fn extend(context: &mut Context<'_>, extend: &Extend) -> Events {
    let (matter, pack, stage) = staged(context)?;
    let allow = stage.allow.extend.as_ref().ok_or_else(|| wrong_stage(pack, matter))?;
    let roles = if matches!(extend, Extend::Ask(_)) { &allow.ask } else { &allow.by };
    context.act_as(pack, roles, &Scene::of(matter))?;
    not_suspended(matter)?;
    let mut handling = running(pack, matter)?;
    let asked = matter.asked == Some(Asked::Extension);
    if handling.extended >= allow.times {
        return Err(Refusal::TooOften { times: allow.times });
    }
    match extend {
        Extend::Ask(reason) => {
            if matter.asked.is_some() {
                return Err(Refusal::Already);
            }
            if handling.due.at < context.now {
                return Err(Refusal::Overdue);
            }
            let reason = context.seal("reason", reason)?;
            Ok(one(matter, What::ExtensionAsked(reason)))
        }
        _ if !asked => Err(Refusal::NotAsked),
        Extend::Refuse(reason) => {
            let reason = context.seal("reason", reason)?;
            Ok(one(matter, What::ExtensionRefused(reason)))
        }
        Extend::Grant => {
            if handling.due.at < context.now {
                return Err(Refusal::Overdue);
            }
            let calendar = context.rules.calendar(pack);
            let zone = context.rules.zone;
            handling.due = extended_due(calendar, zone, &handling.due, handling.within);
            handling.extended += 1;
            let due = handling.due.clone();
            Ok(with_due(matter, What::ExtensionGranted(Box::new(handling)), due))
        }
    }
}

pub(super) fn suspend(context: &mut Context<'_>, suspend: &Suspend) -> Events {
    let (matter, pack, stage) = staged(context)?;
    let allow = stage.allow.suspend.as_ref().ok_or_else(|| wrong_stage(pack, matter))?;
    let roles = if matches!(suspend, Suspend::Ask(_)) { &allow.ask } else { &allow.by };
    context.act_as(pack, roles, &Scene::of(matter))?;
    let asked = matter.asked == Some(Asked::Suspension);
    match suspend {
        Suspend::Resume => resume(context, pack, matter),
        _ if matter.suspension.is_some() => Err(Refusal::Already),
        Suspend::Ask(_) | Suspend::Grant { .. } if matter.suspended_times >= allow.times => {
            Err(Refusal::TooOften { times: allow.times })
        }
        Suspend::Ask(reason) => {
            if matter.asked.is_some() {
                return Err(Refusal::Already);
            }
            running(pack, matter)?;
            let reason = context.seal("reason", reason)?;
            Ok(one(matter, What::SuspensionAsked(reason)))
        }
        Suspend::Refuse(_) if !asked => Err(Refusal::NotAsked),
        Suspend::Refuse(reason) => {
            let reason = context.seal("reason", reason)?;
            Ok(one(matter, What::SuspensionRefused(reason)))
        }
        Suspend::Grant { until, reason } => {
            let longest = context.now.plus_ms(i64::from(allow.days_max) * DAY_MS);
            grant_suspension(context, pack, matter, *until, longest, reason)
        }
    }
}

fn grant_suspension(
    context: &mut Context<'_>,
    pack: &Pack,
    matter: &Matter,
    until: Instant,
    longest: Instant,
    reason: &str,
) -> Events {
    let handling = running(pack, matter)?;
    if until <= context.now || until > longest {
        return Err(invalid(
            "until",
            "挂账须有未来的截止日，且不超过规定的最长期限",
            "a suspension ends in the future, within the longest time allowed",
        ));
    }
    let reason = context.seal("reason", reason)?;
    let suspension = Suspension { since: context.now, until, due: handling.due };
    let mut event = Event::of(What::Suspended(Box::new(suspension), reason));
    event.standing = Some(Standing { due: None, suspended: true, ..matter.standing.clone() });
    Ok(vec![(matter.id, event)])
}

/// The clock goes on from where it stood still.
pub(super) fn resume(context: &Context<'_>, pack: &Pack, matter: &Matter) -> Events {
    let suspension = matter.suspension.as_ref().ok_or(Refusal::NotAsked)?;
    let handling = matter.handling.as_ref().ok_or(Refusal::NotAsked)?;
    let handling = resumed(context, pack, handling, suspension.since);
    let due = handling.due.clone();
    Ok(with_due(matter, What::Resumed(Box::new(handling)), due))
}

pub(super) fn urge(context: &mut Context<'_>, remark: &Remark) -> Events {
    let (matter, ..) = allowed(context, |it| &it.allow.urge)?;
    let text = context.seal("note", &remark.text)?;
    Ok(one(matter, What::Urged(text)))
}

pub(super) fn supervise(context: &mut Context<'_>, supervise: &Supervise) -> Events {
    let (matter, ..) = allowed(context, |it| &it.allow.supervise)?;
    if matter.supervised >= Some(supervise.level) {
        return Err(Refusal::Already);
    }
    let reason = context.seal("reason", &supervise.reason)?;
    Ok(one(matter, What::Supervised(supervise.level, reason)))
}

pub(super) fn note(context: &mut Context<'_>, remark: &Remark) -> Events {
    let (matter, ..) = allowed(context, |it| &it.allow.note)?;
    let text = context.seal("note", &remark.text)?;
    Ok(one(matter, What::Noted(text)))
}

pub(super) fn reclass(context: &mut Context<'_>, reclass: &Reclass) -> Events {
    let (matter, pack, stage) = allowed(context, |it| &it.allow.reclass)?;
    not_suspended(matter)?;
    let class = valid_class(context, pack, &reclass.class)?;
    if class.code == matter.standing.class {
        return Err(Refusal::Already);
    }
    let reason = context.seal("reason", &reclass.reason)?;
    // The clock of a unit that handles already is not touched: a longer limit is an extension.
    let due = match &matter.handling {
        Some(_) => matter.standing.due.clone(),
        None => stage
            .clock
            .as_ref()
            .map(|_| context.due_from(pack, stage, class, matter.standing.since)),
    };
    let mut event = Event::of(What::Reclassed(class.code.clone(), reason, None));
    let weight_milli = matter
        .standing
        .weight_milli
        .saturating_mul(class.points_milli)
        .checked_div(pack.class(&matter.standing.class).map_or(0, |it| it.points_milli))
        .unwrap_or(class.points_milli);
    let class = class.code.clone();
    event.standing = Some(Standing { class, weight_milli, due, ..matter.standing.clone() });
    Ok(vec![(matter.id, event)])
}

/// Leave and leaving: an open matter goes from one person to another of the same unit.
pub(super) fn hand_over(context: &mut Context<'_>, hand_over: &HandOver) -> Events {
    let (matter, pack, stage) = staged(context)?;
    let roles: Vec<RoleId> = match context.person == hand_over.from {
        true => stage.owner.iter().map(|it| it.role.clone()).collect(),
        false => stage.allow.name.clone(),
    };
    if roles.is_empty() {
        return Err(wrong_stage(pack, matter));
    }
    context.act_as(pack, &roles, &Scene::of(matter))?;
    let mut handling = running(pack, matter)?;
    if handling.person.as_ref() != Some(&hand_over.from) {
        return Err(Refusal::NotAsked);
    }
    may_own(context, pack, matter, &hand_over.to, &handling.unit)?;
    let reason = context.seal("reason", &hand_over.reason)?;
    handling.person = Some(hand_over.to.clone());
    let (from, to) = (hand_over.from.clone(), hand_over.to.clone());
    let what = What::HandedOver(from, to, reason, Some(Box::new(handling)));
    Ok(with_person(matter, what, &hand_over.to))
}
