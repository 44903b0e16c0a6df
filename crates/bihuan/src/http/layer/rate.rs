//! How often an address, an account, and somebody who signs in may ask.
//!
//! Invariants: what is remembered is bounded, however many ask; who asks too often is told when to
//! ask again; an address is known only where the edge said whose it is.

use crate::http::edge::{Client, network};
use crate::http::{ApiProblem, App, Caller};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bihuan_core::text::Text;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;
use std::time::Duration;

/// Those who ask and are told apart, of each kind; beyond that, newcomers share.
const KEYS_MAX: usize = 100_000;
/// What newcomers share where there are too many.
const SHARED: u64 = 1_024;

/// How often one may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// In the long run, in a minute.
    pub per_min: u32,
    /// At once, after a rest.
    pub burst: u32,
}

/// How often each of many may ask (GCRA).
#[derive(Debug)]
struct Each<C: Clock> {
    limiter: RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    hasher: RandomState,
    keys_max: usize,
}

impl<C: Clock + Clone> Each<C> {
    fn new(rate: Rate, clock: C, keys_max: usize) -> Each<C> {
        let some = |it| NonZeroU32::new(it).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(some(rate.per_min)).allow_burst(some(rate.burst));
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Each { limiter, clock, hasher: RandomState::new(), keys_max }
    }

    /// How long to wait, where it is too often.
    fn wait(&self, who: impl Hash) -> Option<Duration> {
        let hash = self.hasher.hash_one(who);
        let key = if self.limiter.len() < self.keys_max { hash } else { hash % SHARED };
        let refused = self.limiter.check_key(&key).err()?;
        Some(refused.wait_time_from(self.clock.now()))
    }

    /// Forgets those who may ask as much as anybody.
    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// How often one may ask, of each kind.
#[derive(Debug)]
pub struct Rates {
    address: Each<DefaultClock>,
    account: Each<DefaultClock>,
    sign_in: Each<DefaultClock>,
    report: Each<DefaultClock>,
}

impl Rates {
    /// By address, by account, and for signing in, by address.
    #[must_use]
    pub fn new(address: Rate, account: Rate, sign_in: Rate) -> Rates {
        let each = |rate| Each::new(rate, DefaultClock::default(), KEYS_MAX);
        let report = each(sign_in);
        Rates { address: each(address), account: each(account), sign_in: each(sign_in), report }
    }

    /// The same with another rate of reports without an account, by address; that of signing in
    /// where it is not said.
    #[must_use]
    pub fn reports(self, rate: Rate) -> Rates {
        Rates { report: Each::new(rate, DefaultClock::default(), KEYS_MAX), ..self }
    }

    /// Forgets those who have not asked for a while; to be called again and again.
    pub fn forget(&self) {
        self.address.forget();
        self.account.forget();
        self.sign_in.forget();
        self.report.forget();
    }
}

pub(super) async fn by_address(State(app): State<App>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().map(|it| network(it.0));
    let wait = app.rates().zip(client).and_then(|(rates, client)| {
        let signs_in = is_sign_in(&request).then(|| rates.sign_in.wait(client)).flatten();
        let reports = is_report(&request).then(|| rates.report.wait(client)).flatten();
        signs_in.or(reports).or_else(|| rates.address.wait(client))
    });
    match wait {
        Some(wait) => too_often(wait),
        None => next.run(request).await,
    }
}

pub(super) async fn by_account(State(app): State<App>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>();
    let wait = app.rates().zip(caller).and_then(|(rates, it)| rates.account.wait(&it.account.0));
    match wait {
        Some(wait) => too_often(wait),
        None => next.run(request).await,
    }
}

fn is_sign_in(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    *request.method() == Method::POST && path == "/api/v1/sessions"
}

fn is_report(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    *request.method() == Method::POST && path.starts_with("/api/v1/public/reports")
}

fn too_often(wait: Duration) -> Response {
    let wait_s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let text = Text::new(
        format!("请求过于频繁，请在 {wait_s} 秒后再试"),
        format!("too many requests; try again in {wait_s} s"),
    );
    let problem = ApiProblem::new(StatusCode::TOO_MANY_REQUESTS, "too_often", text);
    let mut answer = problem.into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait_s));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    #[test]
    fn a_burst_is_let_through_and_then_the_rate() {
        let clock = FakeRelativeClock::default();
        let each = Each::new(Rate { per_min: 60, burst: 5 }, clock.clone(), 10);
        assert!((0..5).all(|_| each.wait("a").is_none()));
        let wait = each.wait("a").expect("the sixth is too much");
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert!(each.wait("b").is_none(), "another is not made to wait");
        clock.advance(Duration::from_secs(2));
        assert!(each.wait("a").is_none() && each.wait("a").is_none());
        assert!(each.wait("a").is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded_and_forgotten() {
        let clock = FakeRelativeClock::default();
        let each = Each::new(Rate { per_min: 60, burst: 1 }, clock.clone(), 50);
        for who in 0..5_000 {
            let _ = each.wait(who);
        }
        assert!(each.limiter.len() <= 50 + usize::try_from(SHARED).expect("few"));
        clock.advance(Duration::from_secs(60));
        each.forget();
        assert_eq!(each.limiter.len(), 0);
    }
}
