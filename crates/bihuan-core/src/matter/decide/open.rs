//! Opening: where, which class, near-duplicates, and whether it is a rebound.

use crate::form::check_required;
use crate::id::MatterId;
use crate::matter::decide::context::{Context, Entry, Scene, invalid};
use crate::matter::event::{Event, Opened, What};
use crate::matter::facts::units_at;
use crate::matter::refusal::{PlaceFault, Refusal};
use crate::matter::state::Matter;
use crate::matter::submission::{Open, Via};
use crate::pack::{Class, Meaning, Pack, PlaceKind};
use crate::place::Place;
use crate::time::{DAY_MS, HOUR_MS};
use crate::unit::UnitId;

/// Most similar matters that an opening names.
const SIMILAR_MAX: usize = 8;

pub(super) fn open(
    context: &mut Context<'_>,
    open: &Open,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    let id = context.submission.matter;
    if context.facts.matters.contains_key(&id) {
        return Err(Refusal::MatterExists);
    }
    let no_pack = || Refusal::NoPack { pack: open.pack.clone() };
    let pack = context.rules.pack(&open.pack).ok_or_else(no_pack)?.as_ref();
    let openers: Vec<_> = pack.roles.iter().map(|it| it.id.clone()).collect();
    let is_by_person = context.submission.via != Via::Clock;
    if is_by_person && context.held().all(|it| pack.role(&it.role).is_none()) {
        return Err(Refusal::not_allowed(openers));
    }
    let class = valid_class(context, pack, &open.class)?;
    let source = pack.source(&open.source);
    let source = source
        .ok_or_else(|| invalid("source", "来源不在事项包内", "the pack has no such source"))?;
    let (place, place_unit) = locate(context, pack, open)?;
    let stage = pack.stage_of(Meaning::Opened).ok_or_else(no_pack)?;
    let person = context.person.clone();
    let scene = Scene {
        place: &place_unit,
        assigned: Some(&place_unit),
        opener: Some(&person),
        opener_unit: None,
    };
    let opener_unit = if open.schedule.is_some() {
        scheduled(context, pack, open)?;
        place_unit.clone()
    } else {
        context.act_as(pack, &openers, &scene)?.unit
    };
    let watch = look_around(context, pack, class, place.as_ref());
    let factor = i64::from(pack.watch.rebound.map_or(1, |it| it.factor));
    let doubled = if watch.rebound_of.is_some() { factor } else { 1 };
    let desk = context.rules.desk(&place_unit);
    let standing = context.enter(&Entry {
        pack,
        stage,
        class,
        weight_milli: class.points_milli.saturating_mul(doubled),
        place: &place_unit,
        responsible: &desk,
        handling: None,
        opener_unit: &opener_unit,
        opened_at: context.now,
        not: &[],
    });
    let rebound_of = watch.rebound_of;
    let opened = opened(context, pack, open, watch, (place, place_unit), opener_unit)?;
    let opened = Opened { exempt: source.self_reported, ..opened };
    let mut event = Event::of(What::Opened(Box::new(opened)));
    event.standing = Some(standing);
    let mut events = vec![(id, event)];
    if let Some(old) = rebound_of {
        events.push((old, rebounded(context, pack, old, id)));
    }
    Ok(events)
}

/// A schedule of the pack opens matters of its own class, by the clock alone.
fn scheduled(context: &mut Context<'_>, pack: &Pack, open: &Open) -> Result<(), Refusal> {
    context.only_clock()?;
    let fits = |it: &&crate::pack::Schedule| {
        Some(&it.id) == open.schedule.as_ref() && it.class == open.class
    };
    match pack.schedules.iter().find(fits) {
        Some(_) => Ok(()),
        None => Err(invalid("schedule", "事项包没有这个计划", "the pack has no such schedule")),
    }
}

fn opened(
    context: &mut Context<'_>,
    pack: &Pack,
    open: &Open,
    watch: Around,
    (place, place_unit): (Option<Place>, UnitId),
    unit: UnitId,
) -> Result<Opened, Refusal> {
    let form = context.form(pack, None, &open.form, &open.files)?;
    // What opens by itself is filled in later.
    if context.submission.via != Via::Clock {
        check_required(&pack.form, &form).map_err(|faults| Refusal::Form { faults })?;
    }
    let title = Some(&open.title).filter(|it| !it.is_empty());
    Ok(Opened {
        pack: pack.id.clone(),
        rev: pack.rev,
        source: open.source.clone(),
        title: context.seal_some("title", title)?,
        form,
        files: context.files(&open.files, None, place.as_ref())?,
        place,
        place_unit,
        point: open.point.clone(),
        person: context.person.clone(),
        unit,
        found_at: context.submission.captured_at,
        exempt: false,
        similar: watch.similar,
        rebound_of: watch.rebound_of,
        rebounds: watch.rebounds,
        parent: None,
        number: None,
        handling: None,
        on_behalf: context.behalf(open.on_behalf.as_ref())?,
    })
}

/// The old matter counts as rebounded; its unit bears the points.
pub(super) fn rebounded(context: &Context<'_>, pack: &Pack, old: MatterId, new: MatterId) -> Event {
    let mut event = Event::of(What::Rebounded(new));
    let matter = context.facts.matters.get(&old);
    if let Some((matter, handling)) = matter.and_then(|it| Some((it, it.handling.as_ref()?))) {
        let factor = i64::from(pack.watch.rebound.map_or(1, |it| it.factor));
        let weight = matter.standing.weight_milli.saturating_mul(factor);
        let on = crate::pack::TariffOn::Rebound;
        event.scores = context.scores(pack, on, &handling.unit, weight, matter.exempt);
    }
    event
}

pub(super) fn valid_class<'a>(
    context: &Context<'a>,
    pack: &'a Pack,
    code: &crate::id::ClassCode,
) -> Result<&'a Class, Refusal> {
    let today = context.rules.zone.date(context.now).to_string();
    let class = pack.class(code).filter(|it| {
        it.valid_from.as_ref().is_none_or(|from| *from <= today)
            && it.valid_to.as_ref().is_none_or(|to| today < *to)
    });
    class.ok_or_else(|| Refusal::NoClass { class: code.clone() })
}

/// The place and the unit whose area holds it.
fn locate(
    context: &Context<'_>,
    pack: &Pack,
    open: &Open,
) -> Result<(Option<Place>, UnitId), Refusal> {
    let fault = |it| Err(Refusal::Place(it));
    let named = match &open.unit {
        Some(unit) => Some(active_unit(context, unit)?),
        None => None,
    };
    let point = match &open.point {
        Some(id) => Some(
            context
                .rules
                .points
                .get(id)
                .ok_or_else(|| invalid("point", "没有这个点位", "there is no such point"))?,
        ),
        None => None,
    };
    if pack.place.kind != PlaceKind::Point {
        if open.place.is_some() && pack.place.kind != PlaceKind::Area {
            return fault(PlaceFault::NotWanted);
        }
        let unit = named.or_else(|| open_unit(context));
        return unit.map_or(fault(PlaceFault::Required), |it| Ok((open.place.clone(), it)));
    }
    let Some(place) = &open.place else {
        return match (point, named) {
            (Some(point), _) => {
                let at = Place::of_point(point.at, context.now);
                Ok((Some(at), point.unit.clone()))
            }
            (None, Some(unit)) if !pack.place.required || open.schedule.is_some() => {
                Ok((None, unit))
            }
            _ => fault(PlaceFault::Required),
        };
    };
    place.check()?;
    let held_by = units_at(context.rules, place);
    match (held_by.as_slice(), named) {
        ([], _) => fault(PlaceFault::Outside),
        (_, Some(unit)) => {
            let fits = |it: &UnitId| {
                context.rules.units.is_within(it, &unit) || context.rules.units.is_within(&unit, it)
            };
            match held_by.iter().find(|it| fits(it)) {
                Some(it) => Ok((Some(place.clone()), it.clone())),
                None => fault(PlaceFault::Border { units: held_by }),
            }
        }
        ([unit], None) => Ok((Some(place.clone()), unit.clone())),
        (_, None) => fault(PlaceFault::Border { units: held_by }),
    }
}

/// The unit of the opener's own grant, where the pack has no place.
fn open_unit(context: &Context<'_>) -> Option<UnitId> {
    context.held().next().map(|it| it.area.clone())
}

pub(super) fn active_unit(context: &Context<'_>, unit: &UnitId) -> Result<UnitId, Refusal> {
    let active = context.rules.units.get(unit).filter(|it| it.is_valid_at(context.now));
    active.map(|it| it.id.clone()).ok_or_else(|| Refusal::NoUnit { unit: unit.clone() })
}

/// What lies near an opening.
#[derive(Default)]
struct Around {
    similar: Vec<MatterId>,
    rebound_of: Option<MatterId>,
    rebounds: u32,
}

fn look_around(context: &Context<'_>, pack: &Pack, class: &Class, place: Option<&Place>) -> Around {
    let mut around = Around::default();
    let Some(place) = place else { return around };
    if context.submission.via == Via::Import {
        return around;
    }
    let matters = context.facts.near.iter().filter_map(|it| context.facts.matters.get(it));
    let mut latest: Option<&Matter> = None;
    for matter in matters {
        if matter.pack != pack.id || matter.standing.class != class.code {
            continue;
        }
        let there = matter.place.as_ref().map(|it| it.at.distance_m(place.at));
        let Some(metres) = there else { continue };
        if is_similar(context, pack, matter, metres) && around.similar.len() < SIMILAR_MAX {
            around.similar.push(matter.id);
        }
        if is_rebound(context, pack, matter, metres)
            && latest.is_none_or(|it| it.cleared_at < matter.cleared_at)
        {
            latest = Some(matter);
        }
    }
    if let Some(old) = latest {
        around.rebound_of = Some(old.id);
        around.rebounds = old.rebounds + 1;
    }
    around
}

fn is_similar(context: &Context<'_>, pack: &Pack, matter: &Matter, metres: u32) -> bool {
    pack.watch.duplicate.is_some_and(|watch| {
        let age_ms = context.now.0.saturating_sub(matter.opened_at.0);
        !matter.is_final()
            && metres <= watch.within_m
            && age_ms <= i64::from(watch.within_hours) * HOUR_MS
    })
}

fn is_rebound(context: &Context<'_>, pack: &Pack, matter: &Matter, metres: u32) -> bool {
    pack.watch.rebound.is_some_and(|watch| {
        matter.rebounded_as.is_none()
            && metres <= watch.within_m
            && matter.cleared_at.is_some_and(|it| {
                context.now.0.saturating_sub(it.0) <= i64::from(watch.days) * DAY_MS
            })
    })
}
