//! Acceptance by another party, and what follows from clearing (销号).

use crate::clock::{RestDay, RuleRef, Within, due};
use crate::id::MatterId;
use crate::matter::decide::context::{Context, Scene, invalid};
use crate::matter::event::{Event, Moved, What};
use crate::matter::facts::{Grant, Wanted};
use crate::matter::refusal::Refusal;
use crate::matter::state::{Acceptance, Duty, Matter, Part, Relation};
use crate::matter::submission::{MoveInput, Via};
use crate::pack::{AcceptBy, DutyRule, Move, Of, Pack, RecheckWatch};
use crate::party::relation;
use crate::unit::UnitId;

/// The actor as another party than all of `parts`.
pub(super) fn by_another_party(
    context: &mut Context<'_>,
    pack: &Pack,
    made: &Move,
    matter: &Matter,
    parts: &[Part],
    input: &MoveInput,
) -> Result<Acceptance, Refusal> {
    if !matches!(context.submission.via, Via::Person | Via::Requester) {
        return Err(Refusal::NotByMachine);
    }
    let grants = context.grants(pack, &made.by, &Scene::of(matter));
    let (grant, relation) = first_other(context, matter, parts, &grants)
        .ok_or_else(|| Refusal::not_allowed(made.by.clone()))??;
    context.act_under(&grant);
    let relation = match made.accept_by {
        AcceptBy::Office => relation,
        AcceptBy::Requester => requester(context, input)?,
    };
    let person = context.person.clone();
    Ok(Acceptance { person, unit: grant.unit, relation, at: context.now })
}

/// The first grant that makes another party, else why the first grant does not; `None` without
/// grants.
pub(super) fn first_other(
    context: &Context<'_>,
    matter: &Matter,
    parts: &[Part],
    grants: &[Grant],
) -> Option<Result<(Grant, Relation), Refusal>> {
    let employments = context.rules.employments(&context.person, matter.opened_at, context.now);
    let mut refused = None;
    for grant in grants {
        let units = &context.rules.units;
        match relation(units, parts, &context.person, &grant.unit, &employments) {
            Ok(relation) => return Some(Ok((grant.clone(), relation))),
            Err(same) => refused = refused.or(Some(Err(Refusal::SameParty(same)))),
        }
    }
    refused
}

/// The requester by own code, or by a signed paper that somebody who took no part enters.
fn requester(context: &Context<'_>, input: &MoveInput) -> Result<Relation, Refusal> {
    if context.submission.via == Via::Requester {
        return Ok(Relation::Requester);
    }
    let paper = input.on_behalf.as_ref().filter(|it| it.means == "signed_paper");
    if paper.is_some_and(|it| it.evidence.is_some()) {
        return Ok(Relation::Requester);
    }
    Err(invalid(
        "on_behalf",
        "由诉求人本人确认，或附其签字材料",
        "the requester confirms by own code, or a signed paper is attached",
    ))
}

/// Gives the clearance its number and starts what follows it.
pub(super) fn clear(
    context: &mut Context<'_>,
    pack: &Pack,
    matter: &Matter,
    parts: &[Part],
    moved: &mut Moved,
) {
    moved.clear_number = Some(context.number(&pack.numbering.clear));
    let not: Vec<UnitId> = parts.iter().map(|it| it.unit.clone()).collect();
    for (no, watch) in pack.watch.recheck.iter().enumerate() {
        if is_sampled(matter, no, watch)
            && let Some(role) = pack.after.recheck.first()
        {
            let within = Within::NaturalDays(watch.after_days);
            let duty = duty(context, pack, matter, &not, ("recheck", role, within));
            moved.duties.push(duty);
        }
    }
}

/// Duties of the pack that begin on entering a stage.
pub(super) fn duties_on(
    context: &Context<'_>,
    pack: &Pack,
    matter: &Matter,
    rules: &[&DutyRule],
) -> Vec<Duty> {
    let start = |it: &&DutyRule| duty(context, pack, matter, &[], (&it.id, &it.role, it.within));
    rules.iter().map(start).collect()
}

fn duty(
    context: &Context<'_>,
    pack: &Pack,
    matter: &Matter,
    not: &[UnitId],
    (id, role, within): (&str, &crate::id::RoleId, Within),
) -> Duty {
    let of = pack.role(role).map_or(Of::Place, |it| it.of.clone());
    let unit = context.rules.owner_unit(&Wanted {
        role,
        of: &of,
        place: &matter.place_unit,
        assigned: matter.handling.as_ref().map(|it| &it.unit),
        opener: &matter.opened_unit,
        not,
        now: context.now,
    });
    let rule = RuleRef::Duty { id: id.to_owned() };
    let calendar = context.rules.calendar(pack);
    let due = due(calendar, context.rules.zone, context.now, within, RestDay::Roll, rule);
    Duty { id: id.to_owned(), role: role.clone(), unit, due, done_at: None }
}

/// Whether a matter is in the sample: drawn by its id, so that nobody can choose.
fn is_sampled(matter: &Matter, no: usize, watch: &RecheckWatch) -> bool {
    if watch.points_always && matter.point.is_some() {
        return true;
    }
    let (_, low) = matter.id.0.as_u64_pair();
    // Multiplying by the golden ratio spreads neighbouring ids; the round turns the sample.
    let round = u32::try_from(no).unwrap_or(u32::MAX) % 64 * 7;
    let drawn = low.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(round) >> 32;
    drawn % 100 < u64::from(watch.sample_percent)
}

/// Tells the parent that a part of it has ended.
pub(super) fn child_ended(
    context: &Context<'_>,
    matter: &Matter,
    events: &mut Vec<(MatterId, Event)>,
) {
    if let Some(parent) = matter.parent.filter(|it| context.facts.matters.contains_key(it)) {
        events.push((parent, Event::of(What::ChildEnded(matter.id))));
    }
}
