//! Telling programs elsewhere what happened: the record is the outbox, read after commit.
//!
//! Invariants: nothing is sent before commit; a delivery is claimed before it is tried, so that
//! one node tries it; what a sealed pack holds is told to nobody; a try waits on no other for
//! longer than its own time-out.

use crate::clock::machine_now;
use crate::entropy;
use crate::http::{ApiProblem, App};
use crate::outward::Outward;
use crate::problem::Problem;
use crate::realm::Realm;
use crate::signature::sign;
use bihuan_core::content::{derive_salt, hex};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::Compartment;
use bihuan_core::policy::compartment;
use bihuan_core::time::{HOUR_MS, Instant, SECOND_MS};
use bihuan_store::feed::{FeedPage, Happening, since};
use bihuan_store::webhook::{self, Claimed, NewDelivery, Status, Tried, WAITING_MAX, Webhook};
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::json;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Waits before each try, in seconds, by Standard Webhooks: the first at once, ten in all.
pub const SCHEDULE_S: [i64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How long a claim lasts, in milliseconds: longer than a try can take.
const LEASE_MS: i64 = 60 * SECOND_MS;
/// Deliveries that are tried at once.
const TRIED_AT_ONCE: i64 = 16;
/// How often to look for what is due.
const EVERY: Duration = Duration::from_secs(5);
/// How long to rest between two looks, however often something is recorded.
const REST: Duration = Duration::from_millis(200);
/// Pages of the record that are looked at for one program before deliveries are tried.
const PAGES_AT_ONCE: usize = 5;

/// What became of a try at the other end.
struct Outcome {
    status: Option<u16>,
    why: Option<String>,
    /// What the other end asked for, in seconds.
    retry_after_s: Option<i64>,
}

/// Tells programs elsewhere, for as long as the service runs.
pub async fn run(app: App) {
    let Some(outward) = app.outward().cloned() else { return };
    let mut woken = app.feed().woken();
    let mut pruned_at = app.realm().now();
    loop {
        let more = match round(&app, &outward).await {
            Ok(more) => more,
            Err(problem) => {
                tracing::warn!(job = "webhooks", code = problem.code, "failed; it is tried again");
                // Whoever else fails to write meanwhile does not have it tried sooner.
                sleep(EVERY).await;
                true
            }
        };
        if app.realm().now().0 - pruned_at.0 > HOUR_MS {
            pruned_at = app.realm().now();
            // What is not pruned now is pruned in an hour.
            let _ = app.write(move |db| webhook::prune(db, pruned_at)).await;
        }
        if more {
            continue;
        }
        sleep(REST).await;
        if let Ok(Err(_)) = timeout(EVERY, woken.changed()).await {
            return;
        }
    }
}

/// Takes up what is new, tries what is due; says whether there is more to do at once.
///
/// # Errors
/// As the database says.
pub async fn round(app: &App, outward: &Outward) -> Result<bool, ApiProblem> {
    let mut more = app.run(take_up).await?;
    let now = app.realm().now();
    let until = now.plus_ms(LEASE_MS);
    let claimed = app.write(move |db| webhook::claim(db, now, until, TRIED_AT_ONCE)).await?;
    more |= !claimed.is_empty();
    let tries = claimed.into_iter().map(|it| try_one(app, outward, it));
    for done in join_all(tries).await {
        done?;
    }
    Ok(more)
}

/// Makes deliveries of what was recorded since; says whether there is more.
fn take_up(realm: &Realm) -> Result<bool, Problem> {
    let mut more = false;
    let webhooks = realm.read(webhook::active)?;
    if webhooks.is_empty() {
        return Ok(false);
    }
    let key = realm.read(|db| bihuan_store::rules::key(db, "webhook"))?;
    for told in webhooks {
        let mut after = told.told;
        for no in 0..=PAGES_AT_ONCE {
            let page = realm.read(|db| since(db, after))?;
            if page.last == after {
                break;
            }
            let full = realm.read(|db| webhook::waiting(db, &told.id))? >= WAITING_MAX;
            if full || no == PAGES_AT_ONCE {
                more |= !full;
                break;
            }
            let (rules, last) = (realm.rules(), page.last);
            let deliveries = deliveries(&rules, &told, &page, &key);
            let (id, now) = (told.id.clone(), realm.now());
            realm.store().write(move |db| webhook::put(db, &id, last, &deliveries, now))?;
            after = last;
        }
    }
    Ok(more)
}

/// What a program is to be told of a page of the record.
fn deliveries(rules: &Rules, told: &Webhook, page: &FeedPage, key: &[u8; 32]) -> Vec<NewDelivery> {
    let wanted = page.happenings.iter().filter_map(|happening| {
        let matter = page.matters.get(&happening.matter)?;
        let kind = format!("matter.{}", happening.what);
        let asked = told.kinds.is_empty() || told.kinds.contains(&kind);
        (asked && may_tell(rules, told, matter)).then(|| NewDelivery {
            id: message_id(key, &told.id, happening.seq),
            body: body(&kind, happening, matter),
            kind,
        })
    });
    wanted.collect()
}

/// Whether a program may be told of a matter: never of a sealed pack.
fn may_tell(rules: &Rules, told: &Webhook, matter: &Matter) -> bool {
    let pack = rules.pack_of(matter);
    let is_open = pack.is_some_and(|it| compartment(rules, it) != Compartment::Sealed);
    let responsible = &matter.standing.responsible;
    let concerned = told.unit.as_ref().is_none_or(|it| rules.units.is_within(responsible, it));
    is_open && concerned
}

/// The id of a message: the same on every node, and telling nothing of how much was recorded.
fn message_id(key: &[u8; 32], webhook: &str, seq: u64) -> String {
    let digest = derive_salt(key, format!("{webhook} {seq}").as_bytes());
    format!("msg_{}", hex(&digest[..16]))
}

/// What is told: that something happened, and where to read on; nothing of anybody.
fn body(kind: &str, happening: &Happening, matter: &Matter) -> String {
    let at = jiff::Timestamp::from_millisecond(happening.at.0).unwrap_or_default();
    json!({
        "type": kind,
        "timestamp": at.to_string(),
        "data": {
            "matter": matter.id, "pack": matter.pack, "version": happening.version,
            "at": happening.at,
        },
    })
    .to_string()
}

/// Tries one delivery and notes what came of it.
async fn try_one(app: &App, outward: &Outward, claimed: Claimed) -> Result<(), ApiProblem> {
    let id = claimed.webhook.clone();
    let found = app.run(move |realm| realm.read(|db| webhook::find(db, &id))).await?;
    // One that was removed meanwhile has nothing on its way any more.
    let Some(told) = found else { return Ok(()) };
    let outcome = send(outward, &told, &claimed, app.realm().now()).await;
    let is_gone = outcome.status == Some(410);
    let next = retry_at(app.realm().now(), &claimed, &outcome).filter(|_| !is_gone);
    let tried = Tried { status: outcome.status, why: outcome.why, next };
    let (message, webhook) = (claimed.id, claimed.webhook);
    app.write(move |db| {
        webhook::settle(db, &message, &tried)?;
        if is_gone {
            webhook::set_status(db, &webhook, Status::Gone)?;
        }
        Ok(())
    })
    .await
}

/// When a try that failed is made again; none where it arrived or was the last.
fn retry_at(now: Instant, claimed: &Claimed, outcome: &Outcome) -> Option<Instant> {
    outcome.why.as_ref()?;
    let wait_s = *SCHEDULE_S.get(usize::try_from(claimed.tries).ok()? + 1)?;
    let longest = SCHEDULE_S[SCHEDULE_S.len() - 1];
    let wait_s = wait_s.max(outcome.retry_after_s.unwrap_or(0)).min(longest);
    // Up to a tenth more, so that many do not come back together.
    let [spread] = entropy::bytes();
    let spread_ms = wait_s * 100 * i64::from(spread) / 255;
    Some(now.plus_ms(wait_s * SECOND_MS + spread_ms))
}

/// One call.
async fn send(outward: &Outward, told: &Webhook, claimed: &Claimed, now: Instant) -> Outcome {
    let failed = |why: String| Outcome { status: None, why: Some(why), retry_after_s: None };
    let url = match outward.check(&told.url) {
        Ok(url) => url,
        Err(error) => return failed(error.to_string()),
    };
    let mut secrets = vec![told.secret.as_str()];
    let old = told.old_secret.as_ref().filter(|it| now < it.1);
    secrets.extend(old.map(|it| it.0.as_str()));
    let timestamp_s = machine_now().0 / SECOND_MS;
    let request = outward
        .client(&url)
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", &claimed.id)
        .header("webhook-timestamp", timestamp_s.to_string())
        .header("webhook-signature", sign(&secrets, &claimed.id, timestamp_s, &claimed.body))
        .body(claimed.body.clone());
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return failed(why(&error)),
    };
    let status = answer.status();
    let retry_after = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok());
    Outcome {
        status: Some(status.as_u16()),
        why: (!status.is_success()).then(|| format!("answered {status}")),
        retry_after_s: retry_after.and_then(|it| it.parse().ok()),
    }
}

/// Why a call failed, without the address, which may hold a token.
fn why(error: &reqwest::Error) -> String {
    use std::error::Error;
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let kind = match error {
        it if it.is_timeout() => "it took too long",
        it if it.is_connect() => "no connection",
        _ => "the call failed",
    };
    format!("{kind}: {deepest}").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_come_further_apart_and_end_after_ten() {
        let claimed =
            |tries| Claimed { id: "msg_1".into(), webhook: "w".into(), body: String::new(), tries };
        let failed = |retry_after_s| Outcome { status: None, why: Some("x".into()), retry_after_s };
        let wait = |tries, after| {
            retry_at(Instant(0), &claimed(tries), &failed(after)).map(|it| it.0 / SECOND_MS)
        };
        for (tries, least) in SCHEDULE_S[1..].iter().enumerate() {
            let wait = wait(u32::try_from(tries).expect("few"), None).expect("it goes on");
            assert!((*least..=*least + *least / 10).contains(&wait), "{tries}: {wait}");
        }
        assert_eq!(wait(9, None), None, "the tenth try is the last");
        assert!(wait(0, Some(600)).expect("it goes on") >= 600, "what was asked for is heeded");
        assert!(wait(0, Some(i64::MAX)).expect("it goes on") <= 95_040, "within reason");
        let arrived = Outcome { status: Some(200), why: None, retry_after_s: None };
        assert_eq!(retry_at(Instant(0), &claimed(0), &arrived), None);
    }
}
