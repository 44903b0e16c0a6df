//! The pure engine of closed loops.
//!
//! Invariants: no I/O, no clock, no randomness, no async; times, ids and salts come in as
//! arguments. Nothing here names a place, a department, a person or a pack.

pub mod clock;
pub mod id;
pub mod merkle;
pub mod place;
pub mod text;
pub mod time;
pub mod unit;
