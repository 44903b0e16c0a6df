//! Moves of the pack: who may, what is needed, what follows.

use crate::clock::{RuleRef, Within, shift};
use crate::content::ContentRef;
use crate::id::MatterId;
use crate::matter::decide::accept::{by_another_party, child_ended, clear, duties_on};
use crate::matter::decide::context::{Context, Entry, Scene, invalid};
use crate::matter::decide::evidence::{self, Given};
use crate::matter::decide::open::active_unit;
use crate::matter::decide::timer::overdue_scores;
use crate::matter::event::{Event, Moved, Score, What};
use crate::matter::refusal::{Refusal, Titles};
use crate::matter::state::{Fired, Handling, Matter, Part, PartHow};
use crate::matter::submission::{ITEMS_MAX, MoveInput, Via};
use crate::pack::{
    Act, Class, ClockWithin, DefaultOwner, Meaning, Move, Need, Pack, Stage, Starts, TariffOn, Then,
};
use crate::unit::UnitId;

/// A move about to be made.
struct Making<'a> {
    pack: &'a Pack,
    class: &'a Class,
    matter: &'a Matter,
    from: &'a Stage,
    to: &'a Stage,
    made: &'a Move,
    input: &'a MoveInput,
}

pub(super) fn make(
    context: &mut Context<'_>,
    input: &MoveInput,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    let matter = context.matter()?;
    let pack = context.pack_of(matter)?;
    let class = context.class_of(pack, matter)?;
    let wrong = || wrong_stage(pack, matter);
    let from = pack.stage(&matter.standing.stage).ok_or_else(wrong)?;
    let made = from.find_move(&input.id).ok_or_else(wrong)?;
    let to = pack.stage(&made.to).ok_or_else(wrong)?;
    by_person(context, made.act)?;
    // Who may not learns that before anything else that could be wrong.
    context.act_as(pack, &made.by, &Scene::of(matter))?;
    if let Some(suspension) = &matter.suspension {
        return Err(Refusal::Suspended { until: suspension.until });
    }
    if input.items.len() > ITEMS_MAX || input.checklist.len() > ITEMS_MAX {
        return Err(invalid("items", "一次最多40项", "at most 40 items at once"));
    }
    let making = Making { pack, class, matter, from, to, made, input };
    let mut moved = start(&making)?;
    let unit = target_unit(context, &making)?;
    let mut parts = matter.parts.clone();
    if made.act == Act::FixOnSpot {
        parts.extend(unit.iter().map(|it| owned(it, input)));
    }
    if needs_other_party(made.act, matter) {
        let acceptance = by_another_party(context, pack, made, matter, &parts, input)?;
        moved.acceptance = Some(acceptance).filter(|_| made.act.is_acceptance());
    }
    moved.files = context.files(&input.files, Some(matter), matter.place.as_ref())?;
    moved.form = context.form(pack, Some(matter), &input.form, &input.files)?;
    let given = Given { input, files: &moved.files, form: &moved.form };
    evidence::check(context, pack, class, matter, made, &given)?;
    check_parts_and_files(&making, &moved)?;
    reason(context, &making, &mut moved)?;
    moved.note = context.seal_some("note", input.note.as_ref())?;
    moved.on_behalf = context.behalf(input.on_behalf.as_ref())?;
    finish(context, &making, moved, unit, &mut parts)
}

pub(super) fn wrong_stage(pack: &Pack, matter: &Matter) -> Refusal {
    let stage = &matter.standing.stage;
    let offers = pack.stage(stage).map(|it| it.moves.iter().map(|it| it.id.clone()).collect());
    Refusal::WrongStage {
        stage: stage.clone(),
        offers: offers.unwrap_or_default(),
        titles: Titles::new(),
    }
}

/// Accepting is for persons, whatever role a program was given.
fn by_person(context: &Context<'_>, act: Act) -> Result<(), Refusal> {
    let is_person = matches!(context.submission.via, Via::Person | Via::Requester);
    if act.is_acceptance() && !is_person { Err(Refusal::NotByMachine) } else { Ok(()) }
}

fn start(making: &Making<'_>) -> Result<Moved, Refusal> {
    let Making { made, matter, input, .. } = making;
    let mut supervised = None;
    let count = match made.at_most {
        None => None,
        Some(at_most) => {
            let count = matter.counts.get(&made.id).copied().unwrap_or(0) + 1;
            if count > at_most {
                match made.then {
                    Then::Refuse => return Err(Refusal::TooOften { times: at_most }),
                    Then::Supervise(level) => supervised = Some(level),
                }
            }
            Some(count)
        }
    };
    Ok(Moved {
        id: made.id.clone(),
        act: made.act,
        form: std::collections::BTreeMap::new(),
        files: Vec::new(),
        note: None,
        reason: None,
        reason_text: None,
        checklist: input.checklist.clone(),
        items: input.items.clone(),
        on_behalf: None,
        count,
        supervised,
        handling: None,
        parts: Vec::new(),
        acceptance: None,
        number: None,
        clear_number: None,
        disputed: false,
        overdue_at: None,
        duties: Vec::new(),
    })
}

/// Another party accepts; once a unit was made responsible, another party also voids and merges.
pub(super) fn needs_other_party(act: Act, matter: &Matter) -> bool {
    act.is_acceptance() || (matches!(act, Act::Void | Act::SelfHandle) && !matter.parts.is_empty())
}

/// The unit that the move makes responsible, if it makes one.
fn target_unit(context: &Context<'_>, making: &Making<'_>) -> Result<Option<UnitId>, Refusal> {
    let Making { made, matter, input, class, .. } = making;
    let handled_by = matter.handling.as_ref().map(|it| &it.unit);
    match made.act {
        Act::Dispatch | Act::FixOnSpot => {
            let unit = match &input.unit {
                Some(unit) => active_unit(context, unit)?,
                None => handled_by
                    .filter(|_| made.act == Act::FixOnSpot)
                    .cloned()
                    .unwrap_or_else(|| suggested_owner(context, matter, class)),
            };
            Ok(Some(unit))
        }
        Act::Transfer => {
            let missing = || Refusal::absent(Need::Unit);
            let unit = active_unit(context, input.unit.as_ref().ok_or_else(missing)?)?;
            if handled_by == Some(&unit) {
                return Err(Refusal::Already);
            }
            Ok(Some(unit))
        }
        Act::Lift => {
            let kind = made.lift.as_ref().ok_or(Refusal::NoTierAbove)?;
            let below = handled_by.unwrap_or(&matter.place_unit);
            let above = context.rules.units.ancestor_of_kind(below, kind);
            let above = above.filter(|it| it.id != *below).ok_or(Refusal::NoTierAbove)?;
            Ok(Some(above.id.clone()))
        }
        _ => Ok(None),
    }
}

/// The unit that the class suggests for a place.
pub(super) fn suggested_owner(context: &Context<'_>, matter: &Matter, class: &Class) -> UnitId {
    let place = &matter.place_unit;
    let point = matter.point.as_ref().and_then(|it| context.rules.points.get(it));
    let suggested = match &class.owner {
        DefaultOwner::Place => None,
        DefaultOwner::Point => point.map(|it| it.unit.clone()),
        DefaultOwner::Function(function) => {
            context.rules.units.with_function(place, function).map(|it| it.id.clone())
        }
    };
    suggested.unwrap_or_else(|| place.clone())
}

fn check_parts_and_files(making: &Making<'_>, moved: &Moved) -> Result<(), Refusal> {
    let Making { made, matter, .. } = making;
    let closes = made.act.is_acceptance() || making.to.is == Meaning::Closed;
    if closes || made.act == Act::Declare {
        let count = matter.children.iter().filter(|it| !it.ended).count();
        if count > 0 {
            return Err(Refusal::ChildrenOpen { count });
        }
    }
    if closes {
        let count = matter.files.iter().chain(&moved.files).filter(|it| !it.arrived).count();
        if count > 0 {
            return Err(Refusal::FilesMissing { count });
        }
    }
    Ok(())
}

fn reason(
    context: &mut Context<'_>,
    making: &Making<'_>,
    moved: &mut Moved,
) -> Result<(), Refusal> {
    let Some(reason) = &making.input.reason else { return Ok(()) };
    if making.made.reasons.is_empty() {
        moved.reason_text = Some(context.seal("reason", reason)?);
    } else if making.made.reasons.iter().any(|it| it.id == *reason) {
        moved.reason = Some(reason.clone());
    } else {
        return Err(invalid("reason", "请从列出的原因中选择", "choose one of the reasons listed"));
    }
    Ok(())
}

fn owned(unit: &UnitId, input: &MoveInput) -> Part {
    Part { unit: unit.clone(), person: input.person.clone(), how: PartHow::Owned }
}

fn finish(
    context: &mut Context<'_>,
    making: &Making<'_>,
    mut moved: Moved,
    unit: Option<UnitId>,
    parts: &mut Vec<Part>,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    let Making { pack, class, matter, from, to, made: _, input } = making;
    let mut scores: Vec<Score> = Vec::new();
    let left_clock = from.clock.is_some_and(|it| it.starts == Starts::Dispatch);
    let mut handling = matter.handling.clone();
    if left_clock && let Some(handling) = &mut handling {
        handling.fired = matter.fired;
        leave_late(context, making, handling, &mut moved, &mut scores);
    }
    if let Some(unit) = &unit {
        handling = Some(hand_to(context, making, unit, handling.as_ref(), &moved)?);
        moved.parts.push(owned(unit, input));
    }
    follow_act(context, making, unit.as_ref(), &mut handling, &mut moved, &mut scores);
    parts.extend(moved.parts.iter().cloned());
    if to.is == Meaning::Closed {
        clear(context, pack, matter, parts, &mut moved);
        scores.extend(on_time(context, making, handling.as_ref(), &moved));
    }
    let rules: Vec<_> = pack.duties.iter().filter(|it| it.on == to.id).collect();
    moved.duties.extend(duties_on(context, pack, matter, &rules));
    let not: Vec<UnitId> = parts.iter().map(|it| it.unit.clone()).collect();
    let desk = context.rules.desk(&matter.place_unit);
    let running = handling.as_ref().filter(|it| it.paused_at.is_none());
    let standing = context.enter(&Entry {
        pack,
        stage: to,
        class,
        weight_milli: matter.standing.weight_milli,
        place: &matter.place_unit,
        responsible: running.map_or(&desk, |it| &it.unit),
        handling: running,
        opener_unit: &matter.opened_unit,
        opened_at: matter.opened_at,
        not: &not,
    });
    let enters_clock = to.clock.is_some_and(|it| it.starts == Starts::Dispatch);
    let fired = match &handling {
        Some(handling) if enters_clock => handling.fired,
        _ => Fired::default(),
    };
    moved.handling = handling.filter(|it| matter.handling.as_ref() != Some(it));
    let fired = Some(Fired { total: matter.fired.total, ..fired });
    let what = What::Moved(Box::new(moved));
    let mut events = vec![(matter.id, Event { what, standing: Some(standing), fired, scores })];
    if to.is.is_final() {
        child_ended(context, matter, &mut events);
    }
    Ok(events)
}

/// What an act brings with it beside the new stage.
fn follow_act(
    context: &mut Context<'_>,
    making: &Making<'_>,
    unit: Option<&UnitId>,
    handling: &mut Option<Handling>,
    moved: &mut Moved,
    scores: &mut Vec<Score>,
) {
    let Making { pack, matter, to, made, .. } = making;
    match made.act {
        Act::File => moved.number = Some(context.number(&pack.numbering.open)),
        Act::Dispatch | Act::Transfer => {
            let weight = matter.standing.weight_milli;
            if let Some(unit) = unit {
                let (on, exempt) = (TariffOn::Finding, matter.exempt);
                scores.extend(context.scores(pack, on, unit, weight, exempt));
            }
        }
        Act::Return if to.is == Meaning::Filed => {
            if let Some(handling) = handling {
                handling.paused_at = Some(context.now);
            }
        }
        Act::Declare => declare(context, matter, handling.as_ref(), moved),
        Act::SendBack => {
            if let Some(handling) = handling {
                let weight = matter.standing.weight_milli;
                let (on, exempt) = (TariffOn::Rework, matter.exempt);
                scores.extend(context.scores(pack, on, &handling.unit, weight, exempt));
            }
        }
        _ => {}
    }
}

/// A unit that leaves handling late is marked, whether or not the clock has fired yet.
fn leave_late(
    context: &Context<'_>,
    making: &Making<'_>,
    handling: &mut Handling,
    moved: &mut Moved,
    scores: &mut Vec<Score>,
) {
    let Making { pack, matter, made, from, .. } = making;
    let late = handling.due.at < context.now && !handling.due.provisional;
    if from.is != Meaning::Handling || !late || context.facts.clock_held {
        return;
    }
    moved.overdue_at = Some(handling.due.at);
    let captured = context.submission.captured_at.filter(|it| *it <= handling.due.at);
    let window_ms = context.rules.offline_window_ms;
    let in_window = |at: crate::time::Instant| context.now.0.saturating_sub(at.0) <= window_ms;
    moved.disputed = made.act == Act::Declare && captured.is_some_and(in_window);
    if !moved.disputed {
        scores.extend(overdue_scores(context, pack, matter, handling));
    }
}

fn declare(context: &Context<'_>, matter: &Matter, handling: Option<&Handling>, moved: &mut Moved) {
    let unit = handling.map_or(&matter.place_unit, |it| &it.unit);
    moved.parts.push(Part {
        unit: unit.clone(),
        person: Some(context.person.clone()),
        how: PartHow::Declared,
    });
}

fn on_time(
    context: &Context<'_>,
    making: &Making<'_>,
    handling: Option<&Handling>,
    moved: &Moved,
) -> Vec<Score> {
    let Some(handling) = handling else { return Vec::new() };
    if making.matter.overdue_at.is_some() || moved.overdue_at.is_some() {
        return Vec::new();
    }
    let weight = making.matter.standing.weight_milli;
    let exempt = making.matter.exempt;
    context.scores(making.pack, TariffOn::OnTime, &handling.unit, weight, exempt)
}

/// The clock of handling by `unit`: resumed where it was paused, else started.
fn hand_to(
    context: &mut Context<'_>,
    making: &Making<'_>,
    unit: &UnitId,
    before: Option<&Handling>,
    moved: &Moved,
) -> Result<Handling, Refusal> {
    let Making { pack, class, matter, to, input, .. } = making;
    let person = input.person.clone().or_else(|| point_person(context, matter, unit));
    if let Some(before) = before
        && before.unit == *unit
        && let Some(paused_at) = before.paused_at
        && input.within.is_none()
    {
        let mut handling = resumed(context, pack, before, paused_at);
        handling.person = person.or(handling.person);
        return Ok(handling);
    }
    let ordered = matches!(to.clock.as_ref().map(|it| it.within), Some(ClockWithin::Ordered));
    let by_class = context.due_from(pack, to, class, context.now);
    let (within, due) = match input.within {
        Some(within) => {
            let due = ordered_due(context, pack, to, within, moved.reason_text.as_ref());
            if !ordered && due.at > by_class.at {
                return Err(Refusal::NotShorter);
            }
            (within, due)
        }
        None if ordered => {
            return Err(Refusal::absent(Need::Limit));
        }
        None => (stage_within(to, class), by_class),
    };
    let unit = unit.clone();
    let (since, stood, fired) = (context.now, Vec::new(), Fired::default());
    Ok(Handling { unit, person, within, since, due, stood, fired, paused_at: None, extended: 0 })
}

pub(super) fn stage_within(stage: &Stage, class: &Class) -> Within {
    match stage.clock.as_ref().map(|it| it.within) {
        Some(ClockWithin::Fixed(within)) => within,
        _ => class.limit,
    }
}

pub(super) fn ordered_due(
    context: &Context<'_>,
    pack: &Pack,
    stage: &Stage,
    within: Within,
    reason: Option<&ContentRef>,
) -> crate::clock::Due {
    let rule = RuleRef::Ordered {
        by: context.person.0.clone(),
        reason: reason.map(ToString::to_string).unwrap_or_default(),
    };
    context.due(pack, stage, context.now, within, rule)
}

/// The clock goes on where it stood still.
pub(super) fn resumed(
    context: &Context<'_>,
    pack: &Pack,
    before: &Handling,
    stood_since: crate::time::Instant,
) -> Handling {
    let calendar = context.rules.calendar(pack);
    let (zone, now) = (context.rules.zone, context.now);
    let mut handling = before.clone();
    handling.due = shift(calendar, zone, &before.due, before.within, stood_since, now);
    handling.stood.push((stood_since, now));
    handling.paused_at = None;
    handling
}

/// The person responsible for the named point, where the unit is responsible for it.
fn point_person(
    context: &Context<'_>,
    matter: &Matter,
    unit: &UnitId,
) -> Option<crate::id::PersonId> {
    let point = context.rules.points.get(matter.point.as_ref()?)?;
    if point.unit == *unit { point.person.clone() } else { None }
}
