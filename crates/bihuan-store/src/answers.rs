//! Answers on their way from the writer to the thread that waits for them.
//!
//! Invariants: each ticket is answered once or dropped; whoever waits wakes when the last one is,
//! and has slept till then: a channel would have it spin first, for a commit of milliseconds.

use crate::execute::Answer;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};

/// Answers that one thread waits for.
pub(crate) struct Answers {
    shared: Arc<Shared>,
    count: usize,
}

struct Shared {
    answers: Mutex<Vec<Answer>>,
    /// Tickets not yet answered or dropped.
    open: AtomicUsize,
    waits: Thread,
}

/// The place of one answer.
pub(crate) struct Ticket {
    shared: Arc<Shared>,
    no: usize,
}

impl Answers {
    /// Room for `count` answers, which are `unanswered` until they come; the thread that calls
    /// this is the one that waits.
    pub(crate) fn new(count: usize, unanswered: &Answer) -> Answers {
        let shared = Shared {
            answers: Mutex::new(vec![unanswered.clone(); count]),
            open: AtomicUsize::new(count),
            waits: thread::current(),
        };
        Answers { shared: Arc::new(shared), count }
    }

    /// The tickets, in order; all of them are to be taken.
    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        (0..self.count).map(|no| Ticket { shared: Arc::clone(&self.shared), no }).collect()
    }

    /// Waits until no ticket is open.
    pub(crate) fn wait(self) -> Vec<Answer> {
        while self.shared.open.load(Ordering::Acquire) > 0 {
            thread::park();
        }
        std::mem::take(&mut *self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ticket {
    /// Gives the answer.
    pub(crate) fn answer(self, answer: Answer) {
        self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner)[self.no] = answer;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.shared.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.waits.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execute::Failure;

    fn failed(code: &'static str) -> Answer {
        Answer::Failed(Failure { code, why: String::new() })
    }

    #[test]
    fn answers_come_in_order_and_a_ticket_that_is_dropped_keeps_nobody_waiting() {
        let reply = Answers::new(3, &failed("closed"));
        let mut tickets = reply.tickets();
        let worker = std::thread::spawn(move || {
            let last = tickets.pop().expect("three");
            last.answer(failed("third"));
            drop(tickets.pop());
            tickets.remove(0).answer(failed("first"));
        });
        let codes: Vec<_> = reply.wait().iter().map(|it| format!("{it:?}")).collect();
        worker.join().expect("it ends");
        for (code, expected) in codes.iter().zip(["first", "closed", "third"]) {
            assert!(code.contains(expected), "{codes:?}");
        }
        assert!(Answers::new(0, &failed("closed")).wait().is_empty());
    }
}
