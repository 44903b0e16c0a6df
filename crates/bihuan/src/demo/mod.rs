//! A demonstration: an invented district is founded and lives through its weeks by ordinary
//! commands, with the clock moved.
//!
//! Invariant: everything that names a place, a pack or a person comes from the `demo` and `packs`
//! folders, which are embedded as data.

mod actors;
mod found;
mod money;
mod pictures;
mod play;
mod run;
mod scenario;
mod side;
mod steps;

pub use found::{Demonstration, found};
pub use pictures::Pictures;
pub use play::{Counted, Play};
pub use run::{Days, run};
pub use scenario::Scenario;

/// The seed of a demonstration that names none.
pub const SEED: u64 = 20_210_416;
