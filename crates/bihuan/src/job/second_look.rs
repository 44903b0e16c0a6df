//! Drawing acceptances for a second look (盲抽复核), after commit, and giving each to somebody.
//!
//! Invariants: which is drawn, and who looks, follows from the matter, the entry of its acceptance
//! and a secret of the realm: the same on every node, and nobody foresees it; whoever looks holds a
//! role that may accept, took no part, and is not whoever accepted.

use crate::entropy;
use crate::http::App;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::content::derive_salt;
use bihuan_core::id::{PersonId, RoleId};
use bihuan_core::matter::state::{Acceptance, Part, PartHow, Relation as Law};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::pack::{Act, Compartment, Pack};
use bihuan_core::party::{Scene, covers_as, relation};
use bihuan_core::policy::{Scope, compartment};
use bihuan_core::time::Instant;
use bihuan_store::message::{Waiting, put};
use bihuan_store::second_look::{
    Accepted, FRESH_MS, Relation, SecondLook, accepted, asked, draw, give, looked_through, open,
};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often acceptances are looked for.
const EVERY: Duration = Duration::from_secs(60);
/// The setting of the realm that says how many of a hundred acceptances are drawn.
pub const SETTING: &str = "second_look_percent";
/// How many of a hundred are drawn where nobody set it.
pub const PERCENT: u64 = 5;
/// Where the numbers of what is asked stand in the outbox, beside those of commands.
const ASKED_NO: u64 = 1_000;
/// The word of what somebody is asked.
const ASKED: &str = "second_look";

/// Draws again and again.
pub(super) async fn repeat(app: App) {
    let mut next = interval(EVERY);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        if let Err(problem) = app.run(|realm| once(realm).map(|_| ())).await {
            tracing::warn!(job = "second looks", code = problem.code, "failed; it is tried again");
        }
    }
}

/// Draws from what was accepted since the last time, and gives open looks to those who can; how
/// many were drawn.
///
/// # Errors
/// As the database says; the next time goes on.
pub fn once(realm: &Realm) -> Result<u64, Problem> {
    let mut drawn = 0;
    loop {
        let (after, last, found) = realm.read(accepted)?;
        if last == after {
            break;
        }
        let looks = drawn_from(realm, &found)?;
        drawn += looks.len() as u64;
        realm.store().write(move |db| {
            looks.iter().try_for_each(|it| draw(db, it))?;
            looked_through(db, last)
        })?;
    }
    give_out(realm)?;
    Ok(drawn)
}

/// Numbers that nobody foresees, of an acceptance.
fn lot(key: &[u8; 32], matter: &str, seq: u64) -> (u64, u64) {
    let bytes = derive_salt(key, format!("{matter} {seq}").as_bytes());
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        u64::from_be_bytes(eight)
    };
    (number(0), number(8))
}

fn drawn_from(realm: &Realm, found: &[Accepted]) -> Result<Vec<SecondLook>, Problem> {
    let now = realm.now();
    let (key, settings) = realm.read(|db| {
        Ok((bihuan_store::rules::key(db, ASKED)?, bihuan_store::rules::settings(db)?))
    })?;
    let percent = settings.get(SETTING).and_then(|it| it.parse().ok()).unwrap_or(PERCENT);
    let mut looks = Vec::new();
    for it in found {
        let Acceptance { unit, relation, at, .. } = &it.acceptance;
        let is_drawn = lot(&key, &it.matter.to_string(), it.seq).0 % 100 < percent;
        // Whom it was done for has the last word on it.
        if !is_drawn || *relation == Law::Requester || now.0 - at.0 > FRESH_MS {
            continue;
        }
        let id = it.matter;
        let read = |db: &mut _| bihuan_store::matter::matter(db, &Scope::operator(), id);
        let Some(matter) = realm.read(read)? else { continue };
        let rules = realm.rules();
        let pack = rules.pack_of(&matter);
        if pack.is_none_or(|it| compartment(&rules, it) == Compartment::Sealed) {
            continue;
        }
        looks.push(SecondLook {
            id: entropy::command_id(now).to_string(),
            seq: it.seq,
            matter: id,
            pack: matter.pack,
            unit: unit.clone(),
            accepted_at: *at,
            drawn_at: now,
            person: None,
        });
    }
    Ok(looks)
}

/// Gives each open look to somebody who can, and leaves it with whoever still can.
fn give_out(realm: &Realm) -> Result<(), Problem> {
    let (key, looks) = realm.read(|db| Ok((bihuan_store::rules::key(db, ASKED)?, open(db)?)))?;
    let (rules, now) = (realm.rules(), realm.now());
    for look in looks {
        let id = look.matter;
        let read = |db: &mut _| bihuan_store::matter::matter(db, &Scope::operator(), id);
        let Some(matter) = realm.read(read)? else { continue };
        let (relation, persons) = candidates(&rules, &matter, now);
        if look.person.as_ref().is_some_and(|it| persons.contains(it)) {
            continue;
        }
        let persons: Vec<PersonId> = persons.into_iter().collect();
        let lot = lot(&key, &id.to_string(), look.seq).1;
        let chosen = usize::try_from(lot % (persons.len().max(1) as u64)).unwrap_or(0);
        let person = persons.into_iter().nth(chosen);
        realm.store().write(move |db| {
            if !give(db, &look.id, person.as_ref().map(|it| (it, relation)))? {
                return Ok(());
            }
            let Some(person) = person else { return Ok(()) };
            let no = ASKED_NO + asked(db, look.seq, ASKED)?;
            put(
                db,
                &Waiting {
                    seq: look.seq,
                    no,
                    kind: ASKED.to_owned(),
                    matter: id,
                    role: None,
                    unit: None,
                    person: Some(person),
                    at: now,
                },
            )
        })?;
    }
    Ok(())
}

/// Who may look at an acceptance again: those of another unit than accepted, else colleagues.
#[must_use]
pub fn candidates(rules: &Rules, matter: &Matter, now: Instant) -> (Relation, BTreeSet<PersonId>) {
    let none = (Relation::Other, BTreeSet::new());
    let Some(pack) = rules.pack_of(matter) else { return none };
    let Some(first) = &matter.acceptance else { return none };
    let part = |unit| Part { unit, person: Some(first.person.clone()), how: PartHow::Owned };
    let apart = [&matter.parts[..], &[part(first.unit.clone())]].concat();
    let others = free(rules, pack, (matter, &apart), now);
    if !others.is_empty() {
        return (Relation::Other, others);
    }
    let mut colleagues = free(rules, pack, (matter, &matter.parts), now);
    colleagues.remove(&first.person);
    (Relation::Colleague, colleagues)
}

/// Whoever could have accepted a matter as another party than `parts`.
fn free(
    rules: &Rules,
    pack: &Pack,
    (matter, parts): (&Matter, &[Part]),
    now: Instant,
) -> BTreeSet<PersonId> {
    let moves = pack.stages.iter().flat_map(|it| &it.moves).filter(|it| it.act == Act::Accept);
    let roles: BTreeSet<&RoleId> = moves.flat_map(|it| &it.by).collect();
    let scene = Scene::of(matter);
    let grants = roles.into_iter().filter_map(|it| rules.by_role.get(it)).flatten();
    let is_free = |it: &&bihuan_core::matter::facts::Grant| {
        let covers = |role| covers_as(&rules.units, it, role, &scene, Via::Person);
        let employments = rules.employments(&it.person, matter.opened_at, now);
        it.holds(now)
            && pack.role(&it.role).is_some_and(covers)
            && relation(&rules.units, parts, &it.person, &it.unit, &employments).is_ok()
    };
    grants.filter(is_free).map(|it| it.person.clone()).collect()
}
