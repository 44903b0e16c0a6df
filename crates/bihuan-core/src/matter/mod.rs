//! Matters: what is submitted, what happens, how they stand, and the two functions between.

mod apply;
mod decide;
pub mod event;
pub mod facts;
pub mod number;
pub mod refusal;
pub mod state;
pub mod submission;
pub mod timer;
mod undo;

pub use apply::apply;
pub use decide::{By, Content, Decision, decide, next_timer, timer_command};
pub use event::{Event, What};
pub use facts::{Facts, Near, Needs, Rules, needs_of};
pub use refusal::Refusal;
pub use state::Matter;
pub use submission::{Command, Submission, Via};
pub use undo::undo_of;
