//! Packs: one kind of closed loop as data.
pub mod model;
pub use model::*;
