//! What the service does by itself.

use crate::town::Town;
use bihuan::job;
use bihuan_core::id::MatterId;
use bihuan_core::policy::Scope;
use bihuan_core::time::DAY_MS;
use bihuan_store::matter::matter;

/// Looks that are enough by far: each is a read of the store.
const LOOKS_MAX: usize = 20_000;

#[tokio::test]
async fn a_deadline_that_passes_is_acted_on_without_anybody_asking() {
    let town = Town::found();
    let id = MatterId(town.rectifying().await.parse().unwrap());
    let is_overdue = || {
        let found = town
            .app
            .realm()
            .read(|db| matter(db, &Scope::operator(), id))
            .unwrap()
            .expect("it is there");
        found.overdue_at.is_some()
    };
    assert!(!is_overdue());
    let clock = &town.app.realm().clock;
    clock.set_offset_ms(clock.offset_ms() + 30 * DAY_MS);
    let _jobs = job::start(&town.app);
    for _ in 0..LOOKS_MAX {
        if is_overdue() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nothing happened");
}
