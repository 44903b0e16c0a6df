//! What the service does by itself, again and again.
//!
//! Invariants: each job may run on several nodes at once, because what it does has an id that
//! follows from its object; a job that fails is tried again and stops no other.

pub mod message;
pub mod retention;
pub mod second_look;
pub mod upload;
pub mod webhook;

use crate::http::App;
use crate::problem::Problem;
use crate::realm::Realm;
use crate::timer;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// How often timers are looked at.
const TIMERS_EVERY: Duration = Duration::from_secs(5);

/// Starts every job; dropping the set ends them.
#[must_use]
pub fn start(app: &App) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(repeat(app.clone(), TIMERS_EVERY, "timers", |realm| {
        let fired = timer::fire(realm)?;
        if fired.done > 0 {
            tracing::info!(job = "timers", done = fired.done, "fired");
        }
        Ok(())
    }));
    jobs.spawn(message::repeat(app.clone()));
    jobs.spawn(second_look::repeat(app.clone()));
    jobs.spawn(upload::repeat(app.clone()));
    jobs.spawn(retention::repeat(app.clone()));
    jobs.spawn(webhook::run(app.clone()));
    jobs
}

/// Runs a job, waits, and runs it again; one that takes long is not run twice at once.
async fn repeat(
    app: App,
    every: Duration,
    name: &'static str,
    job: fn(&Realm) -> Result<(), Problem>,
) {
    let mut next = interval(every);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        if let Err(problem) = app.run(job).await {
            tracing::warn!(job = name, code = problem.code, "failed; it is tried again");
        }
    }
}
