//! Trying a password: few at once, and ever more slowly after failures.
//!
//! Invariants: who names an account nobody has gets the same answer after the same work; a failure
//! is on record, without the name where nobody has it.

use super::super::{ApiProblem, App};
use crate::password;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bihuan_core::id::AccountId;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::audit::{self, Act, Audited};
use bihuan_store::credential::{self, Failures};

/// A minute in milliseconds.
const MINUTE_MS: i64 = 60_000;
/// Failures that a name may have before it must wait.
const FREE_FAILURES: u32 = 5;
/// Longest wait after failures.
const WAIT_MAX_MS: i64 = 15 * MINUTE_MS;
/// Longest name of an account.
const ACCOUNT_BYTES_MAX: usize = 64;

/// What trying a password came to.
pub(in crate::http) enum Guess {
    Right,
    Wrong,
    /// Too many were wrong: milliseconds to wait.
    Wait(i64),
}

/// Tries a password. Few are tried at once, and each looks at the failures first, so that many
/// sent together are not looked at together.
pub(in crate::http) async fn guess(
    app: &App,
    account: AccountId,
    password: String,
) -> Result<Guess, ApiProblem> {
    if account.0.len() > ACCOUNT_BYTES_MAX || password.len() > password::BYTES_MAX {
        return Ok(Guess::Wrong);
    }
    app.hash(move |realm| {
        let now = realm.now();
        let failures = realm.read(|db| credential::failures(db, &account.0))?;
        if let Some(until) = waits_until(failures).filter(|it| now < *it) {
            return Ok(Guess::Wait(until.0 - now.0));
        }
        // An account that is not active has no password that fits.
        let is_active = realm.rules().accounts.contains_key(&account);
        let hash = realm.read(|db| credential::hash_of(db, &account))?.filter(|_| is_active);
        let fits = password::fits(&password, hash.as_deref());
        if fits && failures.count == 0 {
            return Ok(Guess::Right);
        }
        let name = account.0;
        if fits {
            realm.store().write(move |db| credential::forgive(db, &name))?;
        } else {
            realm.store().record(move |db, now| {
                credential::fail(db, &name, now)?;
                let told = Audited::nobody(Act::LogInFailed);
                // What was typed in place of a name may be anything, such as a password.
                let told = if is_active { told.about(name) } else { told };
                let room = audit::has_room(db, now)?;
                Ok(((), room.then_some(told).into_iter().collect()))
            })?;
        }
        Ok(if fits { Guess::Right } else { Guess::Wrong })
    })
    .await
}

/// Until when a name must wait after its failures: a minute, then twice as long each time.
pub(super) fn waits_until(failures: Failures) -> Option<Instant> {
    let over = failures.count.checked_sub(FREE_FAILURES)?;
    let wait_ms = MINUTE_MS.saturating_mul(1 << over.min(10)).min(WAIT_MAX_MS);
    failures.last.map(|it| it.plus_ms(wait_ms))
}

pub(in crate::http) fn wrong() -> ApiProblem {
    let text = Text::new("账号或密码不对", "the account or the password is wrong");
    ApiProblem::new(StatusCode::UNAUTHORIZED, "wrong_password", text)
}

pub(in crate::http) fn locked(wait_ms: i64) -> Response {
    let seconds = wait_ms / 1_000 + 1;
    let text = Text::new(
        format!("失败次数过多，请在 {seconds} 秒后再试"),
        format!("too many failures; try again in {seconds} s"),
    );
    let problem = ApiProblem::new(StatusCode::TOO_MANY_REQUESTS, "locked", text);
    let mut response = problem.into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
