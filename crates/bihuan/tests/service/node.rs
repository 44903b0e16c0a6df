//! Two nodes over one PostgreSQL: whatever both set out to do is done once.

use crate::town::Town;
use crate::webhook::{Listener, add};
use bihuan::http::App;
use bihuan::job::webhook::round;
use bihuan::timer::fire;
use bihuan_core::matter::event::What;
use bihuan_core::policy::Scope;
use bihuan_core::time::DAY_MS;
use bihuan_store::db::Role;
use bihuan_store::matter::matter;
use bihuan_store::record::Said;
use bihuan_store::timeline::timeline;
use bihuan_store::verify::verify;
use bihuan_store::{Db, Target};
use serde_json::json;
use std::sync::{Arc, Barrier};
use tokio::runtime::Runtime;

/// A schema of its own that goes away with it, where a PostgreSQL is named.
struct Schema(Target);

impl Schema {
    fn of(test: &str) -> Option<Schema> {
        #[expect(clippy::disallowed_methods, reason = "the one place where these find a database")]
        let Ok(url) = std::env::var("BIHUAN_TEST_PG") else {
            println!("skipped on PostgreSQL: BIHUAN_TEST_PG names none");
            return None;
        };
        let mark = if url.contains('?') { '&' } else { '?' };
        let name = format!("node_{test}_{}", std::process::id());
        Some(Schema(Target::parse(&format!("{url}{mark}schema={name}"))))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        if let Target::Postgres(url) = &self.0 {
            let name = url.rsplit_once("schema=").expect("a schema of its own").1;
            let dropped = Db::connect(&self.0, Role::Writer)
                .and_then(|mut it| it.run(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")));
            if let Err(error) = dropped {
                println!("schema {name} stays: {error}");
            }
        }
    }
}

/// The driver of PostgreSQL blocks, which it may not do on a thread that serves connections: only
/// what is asked of the service runs on this.
fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// Three matters whose deadlines pass, on these nodes at once; what the clock did to each.
fn overdue(town: &Town, others: &[App]) -> (Vec<Vec<String>>, u64) {
    let matters = runtime().block_on(async {
        [town.rectifying().await, town.rectifying().await, town.opened().await]
    });
    let nodes: Vec<App> = std::iter::once(&town.app).chain(others).cloned().collect();
    for node in &nodes {
        let clock = &node.realm().clock;
        clock.set_offset_ms(town.app.realm().clock.offset_ms().max(clock.offset_ms()));
    }
    let offset_ms = town.app.realm().clock.offset_ms() + 30 * DAY_MS;
    nodes.iter().for_each(|it| it.realm().clock.set_offset_ms(offset_ms));
    let start = Arc::new(Barrier::new(nodes.len()));
    let fire_on = |node: App| {
        let start = Arc::clone(&start);
        std::thread::spawn(move || {
            start.wait();
            // Where the other was quicker a node leaves the rest of a matter to the next round.
            let rounds = (0..40).map(|_| fire(node.realm()).expect("it fires").done);
            rounds.sum::<u64>()
        })
    };
    let threads: Vec<_> = nodes.into_iter().map(fire_on).collect();
    let done = threads.into_iter().map(|it| it.join().expect("it ends")).sum();
    let mut said = Vec::new();
    for id in &matters {
        let id = bihuan_core::id::MatterId(id.parse().expect("an id"));
        let realm = town.app.realm();
        let found = realm.read(|db| matter(db, &Scope::operator(), id)).expect("it reads");
        let found = found.expect("it is there");
        let entries = realm.read(|db| timeline(db, &found)).expect("it reads");
        let fired = entries.into_iter().filter_map(|it| match it.said {
            Said::Matter(said) => match said.event.what {
                What::Expired(expired) => Some(format!("{:?}", expired.rule)),
                _ => None,
            },
            _ => None,
        });
        said.push(fired.collect());
    }
    (said, done)
}

#[test]
fn two_nodes_that_fire_the_same_timers_fire_each_once() {
    let Some(schema) = Schema::of("timers") else { return };
    let alone = Town::found();
    let (wanted, _) = overdue(&alone, &[]);
    let count = wanted.iter().map(|it| it.len() as u64).sum::<u64>();
    assert!(count > 10, "{wanted:?}");
    let town = Town::found_in(tempfile::tempdir().expect("a folder"), schema.0.clone());
    let (fired, done) = overdue(&town, &[town.another_node()]);
    assert_eq!(fired, wanted, "as one node alone would");
    assert_eq!(done, count, "each of them was one node's doing");
    let report = town.app.realm().read(|db| Ok(verify(db, None, &mut |_, _| {})));
    let report = report.expect("it reads").expect("it can be verified");
    assert!(report.is_sound(), "{:#?}", report.faults);
}

#[test]
fn two_nodes_that_tell_the_same_program_tell_it_each_thing_once() {
    let Some(schema) = Schema::of("webhook") else { return };
    let town = Town::found_in(tempfile::tempdir().expect("a folder"), schema.0.clone());
    let (other, listener) = (town.another_node(), Listener::default());
    let outward = town.app.outward().expect("a way out").clone();
    let runtime = runtime();
    runtime.block_on(async {
        let url = listener.listen().await;
        add(&town, json!({ "title": "市平台", "url": url, "kinds": ["matter.opened"] })).await;
        for _ in 0..20 {
            town.opened().await;
        }
        let both = async |app: &App| while round(app, &outward).await.expect("it reads") {};
        futures_util::future::join(both(&town.app), both(&other)).await;
    });
    drop(runtime);
    let mut ids: Vec<String> = listener.heard().into_iter().map(|it| it.0).collect();
    assert_eq!(ids.len(), 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "each was told once");
}
