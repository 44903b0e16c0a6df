//! What puts back what a command did, as far as the engine has an act for it.
//!
//! Invariants: nothing is ever taken out of the record; what undoes is an ordinary command that is
//! decided like any other; where the engine has no such act, there is none: an opening, a move of
//! the pack, an acceptance, a merger, an urging, a note, a level of supervision, an order and a
//! decision on an extension or appeal stay.

use crate::matter::event::What;
use crate::matter::state::Matter;
use crate::matter::submission::{Command, HandOver, Name, Reclass, Suspend};

/// The command that puts `before` back after `what`, or none.
///
/// A suspension that is ended stays counted, and the deadline moves on by the time that it stood.
#[must_use]
pub fn undo_of(before: &Matter, what: &What, reason: &str) -> Option<Command> {
    let reason = reason.to_owned();
    match what {
        What::Named(..) => {
            let person = before.handling.as_ref()?.person.clone()?;
            Some(Command::Name(Name { person }))
        }
        What::HandedOver(from, to, ..) => {
            let (from, to) = (to.clone(), from.clone());
            Some(Command::HandOver(HandOver { from, to, reason }))
        }
        What::Reclassed(..) => {
            let class = before.standing.class.clone();
            Some(Command::Reclass(Reclass { class, reason }))
        }
        What::Suspended(..) => Some(Command::Suspend(Suspend::Resume)),
        _ => None,
    }
}
