//! A realm in memory: the engine with no store, for stories, properties and simulation.

use crate::id::{AccountId, MatterId, PersonId};
use crate::matter::{
    Decision, Facts, Matter, Refusal, Rules, Submission, apply, decide, needs_of, next_timer,
    timer_command,
};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// A realm in memory.
#[derive(Clone, Debug)]
pub struct World {
    /// Its rules.
    pub rules: Rules,
    /// Its clock.
    pub now: Instant,
    /// Its matters.
    pub matters: BTreeMap<MatterId, Matter>,
    /// Its events, in order.
    pub events: Vec<(Instant, MatterId, crate::matter::Event)>,
    /// Its counters.
    pub counters: BTreeMap<String, u64>,
    /// Digests of files that have arrived.
    pub arrived: BTreeSet<String>,
    /// Whether its clock is held to be out of bounds.
    pub clock_held: bool,
}

impl World {
    /// A realm with these rules and no matters.
    #[must_use]
    pub fn new(rules: Rules, now: Instant) -> World {
        World {
            rules,
            now,
            matters: BTreeMap::new(),
            events: Vec::new(),
            counters: BTreeMap::new(),
            arrived: BTreeSet::new(),
            clock_held: false,
        }
    }

    /// Decides on a submission and applies what follows.
    ///
    /// # Errors
    /// The refusal; nothing has changed.
    pub fn submit(&mut self, submission: &Submission) -> Result<Decision, Refusal> {
        let decision = self.decide(submission)?;
        for (id, event) in &decision.events {
            let before = self.matters.remove(id);
            let after = apply(before, *id, self.now, event);
            let after = after.expect("what decide makes, apply takes");
            self.matters.insert(*id, after);
            self.events.push((self.now, *id, event.clone()));
        }
        for name in &decision.counters {
            *self.counters.entry(name.clone()).or_insert(1) += 1;
        }
        Ok(decision)
    }

    /// Decides on a submission; nothing changes.
    ///
    /// # Errors
    /// The refusal.
    pub fn decide(&self, submission: &Submission) -> Result<Decision, Refusal> {
        let needs = needs_of(&self.rules, self.now, submission);
        let near: Vec<MatterId> = match needs.near {
            None => Vec::new(),
            Some(near) => {
                let is_near = |it: &&Matter| {
                    it.place.as_ref().is_some_and(|it| it.at.distance_m(near.at) <= near.metres)
                };
                self.matters.values().filter(is_near).map(|it| it.id).collect()
            }
        };
        let facts = Facts {
            now: self.now,
            clock_held: self.clock_held,
            rules: &self.rules,
            salt: &[7; 32],
            matters: &self.matters,
            near: &near,
            arrived: &self.arrived,
            counters: &self.counters,
        };
        decide(&facts, submission)
    }

    /// Moves the clock on to `to`, and whatever falls due on the way happens.
    ///
    /// # Panics
    /// Where a timer that is due is refused, which would be a fault of the engine.
    pub fn advance(&mut self, to: Instant) {
        while let Some((at, id, timer)) = self.next_timer().filter(|(at, ..)| *at <= to) {
            self.now = self.now.max(at);
            let submission = timer_command(id, timer);
            if let Err(refusal) = self.submit(&submission) {
                assert!(refusal == Refusal::ClockHeld, "a timer was refused: {refusal:?}");
                break;
            }
        }
        self.now = self.now.max(to);
    }

    fn next_timer(&self) -> Option<(Instant, MatterId, crate::matter::submission::Timer)> {
        let timers = self.matters.values().filter_map(|it| {
            let (at, timer) = next_timer(&self.rules, it)?;
            Some((at, it.id, timer))
        });
        timers.min_by_key(|(at, id, _)| (*at, *id))
    }

    /// Adds an account for a person.
    pub fn add_account(&mut self, account: &str, person: &PersonId) {
        self.rules.accounts.insert(AccountId(account.into()), person.clone());
    }
}
