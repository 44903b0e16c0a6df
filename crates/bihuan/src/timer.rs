//! Firing the timers of a realm: the clock acts by ordinary commands, each with an id of its own,
//! so that two nodes cannot do one thing twice.

use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::matter::{Matter, next_timer, timer_command};
use bihuan_core::policy::Scope;
use bihuan_core::schedule::openings;
use bihuan_store::matter::{among, due_timers};
use bihuan_store::{Answer, Store};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Timers that are fired together.
const BATCH: usize = 256;

/// What firing came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fired {
    /// Timers that fired and scheduled matters that opened.
    pub done: u64,
    /// Timers that were refused, by code; they wait.
    pub refused: BTreeMap<String, u64>,
}

/// Opens what schedules are due to open, then fires every timer that is due, until none is left
/// that may.
///
/// # Errors
/// As the store says.
pub fn fire(realm: &Realm) -> Result<Fired, Problem> {
    let mut fired = Fired::default();
    open_scheduled(realm, &mut fired)?;
    let mut waiting = BTreeSet::new();
    loop {
        let limit = i64::try_from(BATCH + waiting.len()).unwrap_or(i64::MAX);
        let due = realm.read(|db| due_timers(db, realm.now(), limit))?;
        let due: Vec<Matter> = due.into_iter().filter(|it| !waiting.contains(&it.id)).collect();
        if due.is_empty() {
            return Ok(fired);
        }
        fire_these(realm.store(), &due, &mut fired, &mut waiting)?;
        // A clock that is not believed holds them all: there is no use in asking for each.
        if fired.refused.contains_key("clock_held") {
            return Ok(fired);
        }
    }
}

/// Sends the openings of this period that are not in the record yet.
fn open_scheduled(realm: &Realm, fired: &mut Fired) -> Result<(), Problem> {
    let mut due = openings(&realm.rules(), realm.now());
    let ids: Vec<_> = due.iter().map(|it| it.matter).collect();
    let there = realm.read(|db| among(db, &Scope::operator(), &ids))?;
    due.retain(|it| !there.contains(&it.matter));
    for answer in realm.store().submit_all(due) {
        match answer {
            Answer::Done(receipt) if !receipt.replayed => fired.done += 1,
            Answer::Done(_) | Answer::Conflict => {}
            Answer::Refused(refusal) => {
                *fired.refused.entry(refusal.code().to_owned()).or_default() += 1;
            }
            Answer::Failed(failure) => return Err(Problem::Store(failure)),
        }
    }
    Ok(())
}

fn fire_these(
    store: &Store,
    due: &[Matter],
    fired: &mut Fired,
    waiting: &mut BTreeSet<bihuan_core::id::MatterId>,
) -> Result<(), Problem> {
    let rules = store.rules();
    let mut sent = Vec::with_capacity(due.len());
    for matter in due {
        match next_timer(&rules, matter) {
            Some((_, timer)) => sent.push((matter.id, timer_command(matter.id, timer))),
            None => drop(waiting.insert(matter.id)),
        }
    }
    let (ids, submissions): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
    for (id, answer) in ids.into_iter().zip(store.submit_all(submissions)) {
        match answer {
            Answer::Done(receipt) if !receipt.replayed => fired.done += 1,
            // Another node was quicker, or the timer is held back.
            Answer::Done(_) | Answer::Conflict => drop(waiting.insert(id)),
            Answer::Refused(refusal) => {
                *fired.refused.entry(refusal.code().to_owned()).or_default() += 1;
                waiting.insert(id);
            }
            Answer::Failed(failure) => return Err(Problem::Store(failure)),
        }
    }
    Ok(())
}
