//! What goes on on one connection, and until when something must.
//!
//! Invariant: while no request is under way there is always a moment at which the connection ends;
//! while one is, there is such a moment whenever the other side keeps us waiting.

use super::limit::Limits;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Why a connection was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// It never said anything.
    FirstByte,
    /// The head of a request took too long.
    Header,
    /// It rested for too long between requests.
    Idle,
    /// It did not take its answer.
    Answer,
}

impl Late {
    /// A stable word for it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Late::FirstByte => "first_byte",
            Late::Header => "header",
            Late::Idle => "idle",
            Late::Answer => "answer",
        }
    }
}

/// What goes on on one connection.
#[derive(Debug)]
pub(super) struct Pulse {
    limits: Limits,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    /// Requests under way.
    requests: usize,
    /// Whether a request ever was.
    has_asked: bool,
    /// Whether the connection speaks HTTP/2, which has more to say than requests.
    is_http2: bool,
    /// Since when no request is under way.
    quiet: Instant,
    /// When the first byte after that came.
    head: Option<Instant>,
    /// Since when what we have to say is not taken.
    unsent: Option<Instant>,
    /// How long it was not taken before, in this answer.
    waited: Duration,
    /// Bytes that were taken since somebody first had to wait.
    taken: u64,
}

impl Pulse {
    pub(super) fn new(limits: Limits) -> Arc<Pulse> {
        let now = Now {
            requests: 0,
            has_asked: false,
            is_http2: false,
            quiet: Instant::now(),
            head: None,
            unsent: None,
            waited: Duration::ZERO,
            taken: 0,
        };
        Arc::new(Pulse { limits, now: Mutex::new(now) })
    }

    /// Bytes have come.
    pub(super) fn heard(&self) {
        let mut now = self.now();
        if now.requests == 0 && now.head.is_none() {
            now.head = Some(Instant::now());
        }
    }

    /// What we have to say is not taken.
    pub(super) fn waits(&self) {
        self.now().unsent.get_or_insert_with(Instant::now);
    }

    /// Whether something we have to say is not taken.
    pub(super) fn is_waiting(&self) -> bool {
        self.now().unsent.is_some()
    }

    /// So many bytes were taken.
    pub(super) fn said(&self, bytes: usize) {
        let mut now = self.now();
        if let Some(since) = now.unsent.take() {
            now.waited += since.elapsed();
            // The end of an answer may lie in our buffers long after it was made.
            now.quiet = Instant::now();
        }
        now.taken += bytes as u64;
    }

    /// A request is under way until what comes back is dropped.
    pub(super) fn begin(self: &Arc<Pulse>, is_http2: bool) -> Busy {
        let mut now = self.now();
        if now.requests == 0 && now.unsent.is_none() {
            (now.waited, now.taken) = (Duration::ZERO, 0);
        }
        now.requests += 1;
        now.has_asked = true;
        now.is_http2 |= is_http2;
        now.head = None;
        Busy(Arc::clone(self))
    }

    /// When the connection ends unless something happens, and why.
    pub(super) fn end(&self) -> Option<(Instant, Late)> {
        let (limits, now) = (&self.limits, self.now());
        if let Some(since) = now.unsent {
            let left = limits.answer.allowance(now.taken).saturating_sub(now.waited);
            return Some((since.checked_add(left)?, Late::Answer));
        }
        let (since, left, why) = match (now.requests, now.head) {
            (0, None) if !now.has_asked => (now.quiet, limits.first_byte, Late::FirstByte),
            (0, Some(head)) if !(now.is_http2 && now.has_asked) => {
                (head, limits.header, Late::Header)
            }
            (0, _) => (now.quiet, limits.idle, Late::Idle),
            _ => return None,
        };
        Some((since.checked_add(left)?, why))
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Pulse>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut now = self.0.now();
        now.requests -= 1;
        if now.requests == 0 {
            (now.quiet, now.head) = (Instant::now(), None);
        }
    }
}
