//! What becomes of personal content whose period has run out: it is erased by recorded acts.
//!
//! Invariant: what is erased here is what a look at what is due told before; a matter on hold loses
//! nothing, also where the hold came a moment ago.

use crate::attachment::Attachments;
use crate::http::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::content::ContentRef;
use bihuan_store::retention::{Due, FILES, due};
use bihuan_store::rules::Change;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often periods are looked at.
const EVERY: Duration = Duration::from_secs(3_600);
/// Files that one look erases: each is an act of its own.
pub const FILES_EACH: usize = 50;
/// Who erases what has outlived its period.
pub const RETENTION: &str = "retention";

/// Looks at periods again and again.
pub(super) async fn repeat(app: App) {
    let mut next = interval(EVERY);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        if let Err(problem) = once(&app).await {
            tracing::warn!(job = "retention", code = problem.code, "failed; it is tried again");
        }
    }
}

/// Looks at periods once; how many texts and files went.
///
/// # Errors
/// As the database or the storage says; the next look goes on.
pub async fn once(app: &App) -> Result<(u64, u64), ApiProblem> {
    let work = |realm: &Realm, it: &Attachments| {
        let due = realm.read(|db| due(db, realm.now()))?;
        let (files, texts): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|it| it.what == FILES);
        let gone = texts.len() as u64;
        if !texts.is_empty() {
            let refs = texts.into_iter().map(|it| ContentRef(it.key)).collect();
            realm.store().change(RETENTION, Change::Erase(refs))?;
        }
        let mut erased = 0;
        for file in files.into_iter().take(FILES_EACH) {
            erased += u64::from(realm.store().erase_file(RETENTION, it.files()?, &file.key)?);
        }
        if gone + erased > 0 {
            tracing::info!(job = "retention", texts = gone, files = erased, "erased");
        }
        Ok::<_, Problem>((gone, erased))
    };
    Ok(app.attach(work).await?)
}
