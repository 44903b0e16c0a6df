//! `decide`: facts and a command in, events or a refusal out.
//!
//! Invariants: a refusal changes nothing; every computed fact is in the events; acceptance is by
//! another party, here and nowhere else.

mod accept;
mod after;
mod context;
mod evidence;
mod joint;
mod moves;
mod open;
mod side;
mod timer;

use crate::content::ContentRef;
use crate::id::{AccountId, MatterId, PersonId, RoleId};
use crate::matter::event::Event;
use crate::matter::facts::Facts;
use crate::matter::refusal::Refusal;
use crate::matter::submission::{Command, Submission, Via};
use crate::pack::Pack;
use crate::unit::UnitId;
use context::Context;
use serde::{Deserialize, Serialize};

pub use timer::{next_timer, timer_command};

/// What a command leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Who did it, in which role and for which unit.
    pub by: By,
    /// What happened to which matters, in order.
    pub events: Vec<(MatterId, Event)>,
    /// Sealed texts, to be stored beside the record.
    pub contents: Vec<Content>,
    /// Counters that were used, each by one.
    pub counters: Vec<String>,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// The account.
    pub account: AccountId,
    /// The person.
    pub person: PersonId,
    /// For which unit; the clock acts for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// In which role.
    pub role: RoleId,
    /// The way it came in.
    pub via: Via,
}

/// A sealed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What events and rows carry.
    pub reference: ContentRef,
    /// 32 bytes.
    pub salt: [u8; 32],
    /// The text.
    pub bytes: Vec<u8>,
    /// What it is: `title`, `note`, `reason`, `party`, or a field.
    pub kind: String,
}

/// Decides on a submission.
///
/// # Errors
/// A [`Refusal`] says who may and what is missing; nothing has changed.
pub fn decide(facts: &Facts<'_>, submission: &Submission) -> Result<Decision, Refusal> {
    let mut context = Context::new(facts, submission)?;
    let events = events(&mut context, submission);
    let events = events.map_err(|it| it.titled(facts.rules, pack_of(facts, submission)))?;
    Ok(context.into_decision(events))
}

/// The pack that a submission is about.
fn pack_of<'a>(facts: &'a Facts<'_>, submission: &Submission) -> Option<&'a Pack> {
    let pack = match &submission.command {
        Command::Open(open) => facts.rules.pack(&open.pack),
        _ => facts.matters.get(&submission.matter).and_then(|it| facts.rules.pack_of(it)),
    };
    pack.map(AsRef::as_ref)
}

fn events(
    context: &mut Context<'_>,
    submission: &Submission,
) -> Result<Vec<(MatterId, Event)>, Refusal> {
    match &submission.command {
        Command::Open(open) => open::open(context, open),
        Command::Move(input) => moves::make(context, input),
        Command::Name(name) => side::name(context, name),
        Command::Join(join) => joint::join(context, join),
        Command::Order(order) => side::order(context, order),
        Command::Extend(extend) => side::extend(context, extend),
        Command::Suspend(suspend) => side::suspend(context, suspend),
        Command::Urge(remark) => side::urge(context, remark),
        Command::Supervise(supervise) => side::supervise(context, supervise),
        Command::Merge(merge) => joint::merge(context, merge),
        Command::Reclass(reclass) => side::reclass(context, reclass),
        Command::Recheck(recheck) => after::recheck(context, recheck),
        Command::Appeal(appeal) => after::appeal(context, appeal),
        Command::Duty(duty) => after::duty(context, duty),
        Command::HandOver(hand_over) => side::hand_over(context, hand_over),
        Command::Note(remark) => side::note(context, remark),
        Command::Arrive(arrive) => after::arrive(context, arrive),
        Command::Expire(timer) => timer::expire(context, *timer),
        Command::Recompute => timer::recompute(context),
    }
}
