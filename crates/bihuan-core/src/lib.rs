//! The pure engine of closed loops.
//!
//! Invariants: no I/O, no clock, no randomness, no async; times, ids and salts come in as
//! arguments. Nothing here names a place, a department, a person or a pack.

pub mod adjustment;
pub mod clock;
pub mod content;
pub mod expr;
pub mod figure;
pub mod form;
pub mod id;
pub mod ledger;
pub mod matter;
pub mod merkle;
pub mod notice;
pub mod pack;
pub mod party;
pub mod photo;
pub mod place;
pub mod policy;
pub mod ranking;
pub mod schedule;
pub mod story;
pub mod text;
pub mod time;
pub mod unit;
