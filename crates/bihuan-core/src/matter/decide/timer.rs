//! The clock of the realm as an actor: what fires when, and what follows.
//!
//! Invariants: a timer fires once (its occurrence is in the id of its command); nothing penal
//! fires on a provisional deadline, on a disputed one, or while the clock is out of bounds.

use crate::clock::{Due, before, extend, shift, warn_at};
use crate::id::{CommandId, MatterId};
use crate::matter::decide::context::Context;
use crate::matter::decide::moves::{stage_within, wrong_stage};
use crate::matter::decide::side::{resume, staged};
use crate::matter::event::{Event, Expired, Score, What};
use crate::matter::facts::Rules;
use crate::matter::refusal::Refusal;
use crate::matter::state::{Fired, Handling, Matter, Standing};
use crate::matter::submission::{Command, Submission, Timer, TimerRule};
use crate::pack::{Level, Meaning, Pack, Stage, Starts, TariffOn, Warn};
use crate::time::{DAY_MS, Instant};
use sha2::{Digest, Sha256};

/// The next thing that the clock does to a matter, and when.
#[must_use]
pub fn next_timer(rules: &Rules, matter: &Matter) -> Option<(Instant, Timer)> {
    if matter.is_final() {
        return None;
    }
    let pack = rules.pack_of(matter)?;
    let stage = pack.stage(&matter.standing.stage)?;
    let occurrence = matter.fired.total;
    let timer = |rule| Timer { rule, occurrence };
    if let Some(suspension) = &matter.suspension {
        return Some((suspension.until, timer(TimerRule::Resume)));
    }
    let mut next: Option<(Instant, Timer)> = None;
    let mut soonest = |at: Instant, rule: TimerRule| {
        if next.is_none_or(|(earliest, _)| at < earliest) {
            next = Some((at, timer(rule)));
        }
    };
    if let Some(at) = lapse_at(rules, matter) {
        soonest(at, TimerRule::Lapse);
    }
    let Some(due) = matter.standing.due.as_ref().filter(|it| !it.provisional) else {
        return next;
    };
    if let Some(at) = warning_at(rules, pack, stage, matter, due) {
        soonest(at, TimerRule::Warn);
    }
    if let Some(at) = step_at(rules, pack, stage, matter, due) {
        soonest(at, TimerRule::Overdue);
    }
    if let Some(at) = day_at(pack, matter, due) {
        soonest(at, TimerRule::OverdueDay);
    }
    next
}

/// The command by which a timer fires: the same on every node, so that two cannot do it twice.
#[must_use]
pub fn timer_command(matter: MatterId, timer: Timer) -> Submission {
    Submission::of_clock(timer_command_id(matter, timer), matter, Command::Expire(timer))
}

fn timer_command_id(matter: MatterId, timer: Timer) -> CommandId {
    let mut hash = Sha256::new();
    hash.update(b"bihuan timer");
    hash.update(matter.0.as_bytes());
    hash.update([timer.rule as u8]);
    hash.update(timer.occurrence.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    CommandId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// A declaration whose files never arrived lapses after the offline window.
fn lapse_at(rules: &Rules, matter: &Matter) -> Option<Instant> {
    let is_claimed = matter.standing.is == Meaning::Declared && !matter.has_all_files();
    let declared_at = matter.declared_at.filter(|_| is_claimed && matter.handling.is_some())?;
    Some(declared_at.plus_ms(rules.offline_window_ms))
}

fn warning_at(
    rules: &Rules,
    pack: &Pack,
    stage: &Stage,
    matter: &Matter,
    due: &Due,
) -> Option<Instant> {
    let warn = stage.warn.get(matter.fired.warned as usize)?;
    let calendar = rules.calendar(pack);
    let start = clock_start(stage, matter);
    Some(match warn {
        Warn::Percent(percent) => warn_at(calendar, rules.zone, start, due, *percent),
        Warn::Before(within) => before(calendar, rules.zone, due, *within).max(start),
    })
}

fn clock_start(stage: &Stage, matter: &Matter) -> Instant {
    match (stage.clock.as_ref().map(|it| it.starts), &matter.handling) {
        (Some(Starts::Dispatch), Some(handling)) => handling.since,
        (Some(Starts::Open), _) => matter.opened_at,
        _ => matter.standing.since,
    }
}

fn step_at(
    rules: &Rules,
    pack: &Pack,
    stage: &Stage,
    matter: &Matter,
    missed: &Due,
) -> Option<Instant> {
    let step = stage.overdue.get(matter.fired.overdue as usize)?;
    let Some(after) = step.after else { return Some(missed.at.plus_ms(1)) };
    Some(extend(rules.calendar(pack), rules.zone, missed, after).at)
}

/// The next day after the deadline that counts: only for handling, only where a tariff asks.
fn day_at(pack: &Pack, matter: &Matter, missed: &Due) -> Option<Instant> {
    if matter.standing.is != Meaning::Handling || matter.exempt || matter.disputed {
        return None;
    }
    let days = matter.fired.days;
    (days < days_max(pack)).then(|| missed.at.plus_ms(1 + i64::from(days) * DAY_MS))
}

fn days_max(pack: &Pack) -> u32 {
    let tariffs = pack.tariffs.iter().filter(|it| it.on == TariffOn::OverdueDay);
    tariffs.map(|it| it.times_max).max().unwrap_or(0)
}

/// Points for the days begun after the deadline that the clock has not counted yet.
pub(super) fn overdue_scores(
    context: &Context<'_>,
    pack: &Pack,
    matter: &Matter,
    handling: &mut Handling,
) -> Vec<Score> {
    let late_ms = context.now.0.saturating_sub(handling.due.at.0);
    let begun = u32::try_from(late_ms / DAY_MS + 1).unwrap_or(u32::MAX).min(days_max(pack));
    let (weight, exempt) = (matter.standing.weight_milli, matter.exempt);
    let mut scores = Vec::new();
    for _ in handling.fired.days..begun {
        let on = TariffOn::OverdueDay;
        scores.extend(context.scores(pack, on, &handling.unit, weight, exempt));
    }
    handling.fired.days = handling.fired.days.max(begun);
    scores
}

pub(super) fn expire(
    context: &mut Context<'_>,
    timer: Timer,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    context.only_clock()?;
    let (matter, pack, stage) = staged(context)?;
    let next = next_timer(context.rules, matter);
    let (at, due_timer) = next.ok_or(Refusal::Already)?;
    if due_timer != timer || context.now < at {
        return Err(Refusal::Already);
    }
    if context.facts.clock_held && !matches!(timer.rule, TimerRule::Warn) {
        return Err(Refusal::ClockHeld);
    }
    let fired = Fired { total: matter.fired.total + 1, ..matter.fired };
    let mut events = match timer.rule {
        TimerRule::Resume => resume(context, pack, matter)?,
        TimerRule::Lapse => lapse(context, pack, matter)?,
        TimerRule::Warn => {
            let tell = stage.owner.as_ref().map(|it| it.role.clone());
            let fired = Fired { warned: fired.warned + 1, ..fired };
            let expired = Expired { tell, ..plain(timer.rule) };
            vec![(matter.id, expired_event(expired, fired))]
        }
        TimerRule::Overdue => overdue_step(matter, stage, fired),
        TimerRule::OverdueDay => {
            let fired = Fired { days: fired.days + 1, ..fired };
            let unit = &matter.standing.responsible;
            let (weight, on) = (matter.standing.weight_milli, TariffOn::OverdueDay);
            let mut event = expired_event(plain(timer.rule), fired);
            event.scores = context.scores(pack, on, unit, weight, matter.exempt);
            vec![(matter.id, event)]
        }
    };
    if matches!(timer.rule, TimerRule::Resume | TimerRule::Lapse) {
        for (_, event) in &mut events {
            let before = event.fired.unwrap_or(matter.fired);
            event.fired = Some(Fired { total: fired.total, ..before });
        }
    }
    Ok(events)
}

fn plain(rule: TimerRule) -> Expired {
    Expired { rule, tell: None, supervised: None, overdue_at: None, handling: None }
}

fn expired_event(expired: Expired, fired: Fired) -> Event {
    let mut event = Event::of(What::Expired(Box::new(expired)));
    event.fired = Some(fired);
    event
}

fn overdue_step(matter: &Matter, stage: &Stage, fired: Fired) -> Vec<(MatterId, Event)> {
    let step = stage.overdue.get(matter.fired.overdue as usize);
    let is_handling = matter.standing.is == Meaning::Handling;
    let missed = matter.standing.due.as_ref().map(|it| it.at);
    let supervised: Option<Level> = step.and_then(|it| it.supervise);
    let expired = Expired {
        tell: step.and_then(|it| it.tell.clone()),
        supervised,
        overdue_at: missed.filter(|_| is_handling),
        ..plain(TimerRule::Overdue)
    };
    let fired = Fired { overdue: fired.overdue + 1, ..fired };
    vec![(matter.id, expired_event(expired, fired))]
}

/// Back to handling, with the clock run on as if it had never been declared done.
fn lapse(
    context: &Context<'_>,
    pack: &Pack,
    matter: &Matter,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    let wrong = || wrong_stage(pack, matter);
    let handling = matter.handling.as_ref().ok_or_else(wrong)?;
    let from = pack.stage(&matter.standing.stage).ok_or_else(wrong)?;
    // The stage that whoever sends back for rework would send it to.
    let back = from.moves.iter().find(|it| it.act == crate::pack::Act::SendBack);
    let to = back.and_then(|it| pack.stage(&it.to)).or_else(|| pack.stage_of(Meaning::Handling));
    let stage = to.ok_or_else(wrong)?;
    let class = context.class_of(context.pack_of(matter)?, matter)?;
    let standing = context.enter(&crate::matter::decide::context::Entry {
        pack,
        stage,
        class,
        weight_milli: matter.standing.weight_milli,
        place: &matter.place_unit,
        responsible: &handling.unit,
        handling: Some(handling),
        opener_unit: &matter.opened_unit,
        opened_at: matter.opened_at,
        not: &[],
    });
    let mut event = expired_event(plain(TimerRule::Lapse), handling.fired);
    event.standing = Some(standing);
    Ok(vec![(matter.id, event)])
}

/// The deadline of a matter under a revised calendar; an expired one never moves.
pub(super) fn recompute(context: &mut Context<'_>) -> Result<Vec<(MatterId, Event)>, Refusal> {
    context.only_clock()?;
    let (matter, pack, stage) = staged(context)?;
    let Some(old) = matter.standing.due.as_ref().filter(|it| context.now <= it.at) else {
        return Err(Refusal::Already);
    };
    let by_dispatch = stage.clock.is_some_and(|it| it.starts == Starts::Dispatch);
    let class = context.class_of(context.pack_of(matter)?, matter)?;
    let (new, handling) = match &matter.handling {
        Some(handling) if by_dispatch => {
            let new = replayed(context, pack, stage, handling);
            (new.clone(), Some(Box::new(Handling { due: new, ..handling.clone() })))
        }
        _ => {
            let start = clock_start(stage, matter);
            let within = stage_within(stage, class);
            (context.due(pack, stage, start, within, old.rule.clone()), None)
        }
    };
    if new == *old {
        return Err(Refusal::Already);
    }
    let mut event = Event::of(What::Recomputed(handling));
    event.standing = Some(Standing { due: Some(new), ..matter.standing.clone() });
    Ok(vec![(matter.id, event)])
}

/// The deadline of handling counted anew, with its pauses and extensions.
fn replayed(context: &Context<'_>, pack: &Pack, stage: &Stage, handling: &Handling) -> Due {
    let calendar = context.rules.calendar(pack);
    let zone = context.rules.zone;
    let rule = handling.due.rule.clone();
    let mut new = context.due(pack, stage, handling.since, handling.within, rule);
    for (from, to) in &handling.stood {
        new = shift(calendar, zone, &new, handling.within, *from, *to);
    }
    for _ in 0..handling.extended {
        new = extend(calendar, zone, &new, handling.within);
    }
    new
}
