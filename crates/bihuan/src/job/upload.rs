//! What becomes of uploads by itself: whole ones become files, late ones are given up, what a
//! killed process left of reports is deleted, and matters hear of files of which nobody could tell
//! them.

use crate::attachment::{Attachments, tell_rest};
use crate::http::{ApiProblem, App, upload};
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::time::DAY_MS;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often uploads are looked at.
const EVERY: Duration = Duration::from_secs(60);
/// Files that came so long ago are on record everywhere.
const RECENT_MS: i64 = DAY_MS;

/// Looks at uploads again and again.
pub(super) async fn repeat(app: App) {
    let mut next = interval(EVERY);
    next.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        next.tick().await;
        if let Err(problem) = once(&app).await {
            tracing::warn!(job = "uploads", code = problem.code, "failed; it is tried again");
        }
    }
}

/// Looks at uploads once.
///
/// # Errors
/// As the system or the database says; the next look goes on.
pub async fn once(app: &App) -> Result<(), ApiProblem> {
    let sweep = |realm: &Realm, it: &Attachments| {
        let uploads = it.uploads()?;
        let given_up = uploads.sweep(realm.now())?;
        if given_up > 0 {
            tracing::info!(job = "uploads", given_up, "given up");
        }
        Ok::<_, Problem>(uploads.whole())
    };
    let reception = app.clone();
    app.attach(move |_, _| reception.reception().sweep()).await?;
    for upload in app.attach(sweep).await? {
        if let Err(refused) = upload::finish(app, &upload).await {
            tracing::warn!(job = "uploads", code = refused.code, "an upload became no file");
        }
    }
    let rest = |realm: &Realm, _: &Attachments| tell_rest(realm, realm.now().plus_ms(-RECENT_MS));
    Ok(app.attach(rest).await?)
}
