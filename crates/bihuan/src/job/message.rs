//! Delivering what the outbox says to the inboxes of persons, and telling their pages.
//!
//! Invariant: what is delivered was committed before; whom it concerns is decided by the rules of
//! the moment of delivery.

use crate::entropy;
use crate::http::App;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::PersonId;
use bihuan_core::notice::{Notice, NoticeKind, recipients};
use bihuan_core::policy::Scope;
use bihuan_core::time::Instant;
use bihuan_store::matter::matter;
use bihuan_store::message::{FRESH_MS, Waiting, deliver, newest, told_since, waiting};
use std::collections::BTreeSet;
use std::time::Duration;

/// How often the outbox is looked at where nothing wakes us.
const EVERY: Duration = Duration::from_secs(5);
/// How long to wait after a failed look.
const PAUSE: Duration = Duration::from_secs(5);

/// Delivers after each commit, and again and again.
pub(super) async fn repeat(app: App) {
    let mut woken = app.feed().woken();
    let mut last = None;
    loop {
        if let Err(problem) = round(&app, &mut last).await {
            tracing::warn!(job = "messages", code = problem.code(), "failed; it is tried again");
            tokio::time::sleep(PAUSE).await;
        }
        // A feed that is closed wakes nobody any more; the look stays.
        if let Ok(Err(_)) = tokio::time::timeout(EVERY, woken.changed()).await {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Delivers what waits, and tells the pages of whoever got something, by this node or another.
async fn round(app: &App, last: &mut Option<u64>) -> Result<(), Problem> {
    let before = *last;
    let look = move |realm: &Realm, _: &_| -> Result<_, Problem> {
        let before = match before {
            Some(place) => place,
            None => realm.read(newest)?,
        };
        once(realm)?;
        // Whatever was taken away may have been the newest.
        let newest = realm.read(newest)?;
        realm.read(|db| told_since(db, before.min(newest)))
    };
    let (place, persons) = app.attach(look).await?;
    *last = Some(place);
    app.feed().tell(persons);
    Ok(())
}

/// Delivers what waits; how many messages that made.
///
/// # Errors
/// As the database says; what was delivered stays so.
pub fn once(realm: &Realm) -> Result<u64, Problem> {
    let mut made = 0;
    loop {
        let waiting = realm.read(waiting)?;
        if waiting.is_empty() {
            return Ok(made);
        }
        let now = realm.now();
        let mut told: Vec<(Waiting, Vec<(PersonId, String)>)> = Vec::with_capacity(waiting.len());
        for it in waiting {
            let persons = if now.0 - it.at.0 < FRESH_MS {
                concerned(realm, &it, now)?
            } else {
                BTreeSet::new()
            };
            let named = |it| (it, entropy::command_id(now).to_string());
            told.push((it, persons.into_iter().map(named).collect()));
        }
        made += told.iter().map(|it| it.1.len() as u64).sum::<u64>();
        realm.store().write(move |db| deliver(db, &told, now))?;
    }
}

/// Whom an entry of the outbox concerns.
fn concerned(
    realm: &Realm,
    waiting: &Waiting,
    now: Instant,
) -> Result<BTreeSet<PersonId>, Problem> {
    let none = BTreeSet::new();
    let Some(kind) = NoticeKind::of_word(&waiting.kind) else { return Ok(none) };
    let read = |db: &mut _| matter(db, &Scope::operator(), waiting.matter);
    let Some(matter) = realm.read(read)? else { return Ok(none) };
    let notice = Notice {
        kind,
        role: waiting.role.clone(),
        unit: waiting.unit.clone(),
        person: waiting.person.clone(),
    };
    Ok(recipients(&realm.rules(), &matter, &notice, now))
}
