//! A clock that is wrong does no harm: nothing becomes overdue by it, and nothing penal is done.

use crate::town::Town;
use axum::http::StatusCode;
use bihuan::timer::fire;
use bihuan_core::id::MatterId;
use bihuan_core::policy::Scope;
use bihuan_core::time::{DAY_MS, HOUR_MS};
use bihuan_store::matter::matter;
use bihuan_store::realm::{confirm_clock, head};
use serde_json::json;

/// Ten years, in days.
const TEN_YEARS: i64 = 3_652;

async fn town() -> (Town, Vec<String>) {
    let town = Town::found();
    let matters = vec![town.rectifying().await, town.opened().await, town.declared().await];
    (town, matters)
}

/// Matters that are overdue, and those that were scored.
fn harmed(town: &Town, matters: &[String]) -> usize {
    let realm = town.app.realm();
    let found = matters.iter().map(|id| {
        let id = MatterId(id.parse().expect("an id"));
        let found = realm.read(|db| matter(db, &Scope::operator(), id)).expect("it reads");
        found.expect("it is there")
    });
    found.filter(|it| it.overdue_at.is_some()).count()
}

fn last(town: &Town) -> i64 {
    town.app.realm().read(head).expect("it reads").last_at.0
}

async fn note(town: &Town, matter: &str) {
    let note = json!({ "note": { "text": "看过" } });
    let (status, body) = town.act("handler@v01", matter, note).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test]
async fn a_clock_that_is_set_while_the_service_runs_is_not_believed() {
    let (town, matters) = town().await;
    for days in [TEN_YEARS, -400] {
        let before = last(&town);
        town.app.realm().clock.set_machine_ms(days * DAY_MS);
        for _ in 0..3 {
            let fired = fire(town.app.realm()).expect("it fires");
            assert_eq!(fired.done, 0, "{days} days: {fired:?}");
            note(&town, &matters[0]).await;
        }
        assert_eq!(harmed(&town, &matters), 0, "{days} days");
        assert!((0..HOUR_MS).contains(&(last(&town) - before)), "the record's time goes on");
        assert!(town.app.realm().clock.is_held());
        town.app.realm().clock.set_machine_ms(0);
    }
    note(&town, &matters[0]).await;
    assert!(!town.app.realm().clock.is_held());
    // The control: a month that really passes makes them overdue.
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 30 * DAY_MS);
    assert!(fire(town.app.realm()).expect("it fires").done > 0);
    assert!(harmed(&town, &matters) > 0);
}

#[tokio::test]
async fn a_deadline_that_passes_under_a_doubted_clock_waits() {
    let (town, matters) = town().await;
    let clock = &town.app.realm().clock;
    let _ = clock.now();
    clock.set_machine_ms(TEN_YEARS * DAY_MS);
    // The realm's own time goes on by a month meanwhile; whether that is right, nobody knows.
    clock.set_offset_ms(clock.offset_ms() + 30 * DAY_MS);
    let fired = fire(town.app.realm()).expect("it fires");
    assert!(fired.refused.contains_key("clock_held"), "{fired:?}");
    assert_eq!(harmed(&town, &matters), 0);
    clock.set_machine_ms(0);
    fire(town.app.realm()).expect("it fires");
    assert!(harmed(&town, &matters) > 0, "once it is right they are overdue");
}

#[tokio::test]
async fn a_clock_that_is_wrong_from_the_start_moves_nothing_until_a_person_has_looked() {
    let (town, matters) = town().await;
    let clock = &town.app.realm().clock;
    let offset_ms = clock.offset_ms();
    for days in [TEN_YEARS, -400] {
        let before = last(&town);
        // As a service that begins under a wrong clock has it.
        clock.set_offset_ms(offset_ms + days * DAY_MS);
        for _ in 0..3 {
            let fired = fire(town.app.realm()).expect("it fires");
            assert_eq!(fired.done, 0, "{days} days: {fired:?}");
            // What people do goes on, and what it writes does not make the clock right.
            note(&town, &matters[0]).await;
        }
        assert_eq!(harmed(&town, &matters), 0, "{days} days");
        assert_eq!(last(&town), before, "{days} days: the record's time stands still");
        clock.set_offset_ms(offset_ms);
        note(&town, &matters[0]).await;
        assert!((0..HOUR_MS).contains(&(last(&town) - before)), "and goes on afterwards");
    }
    // The control: a realm that did sleep for ten years, once a person says so.
    clock.set_offset_ms(offset_ms + TEN_YEARS * DAY_MS);
    let now = town.app.realm().now();
    town.app.realm().store().write(move |db| confirm_clock(db, now)).expect("it is noted");
    assert!(fire(town.app.realm()).expect("it fires").done > 0);
    assert!(harmed(&town, &matters) > 0);
}
