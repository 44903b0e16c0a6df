//! Stories: transcripts that are specification, test and documentation of a pack at once.
//!
//! A story sets a scene and makes steps; each step says what is expected of it. The format is
//! described in `packs/README.md`. Running one uses the same `decide` and `apply` as the store.

pub mod chance;
mod expect;
mod run;
mod scene;
mod words;
pub mod world;

pub use run::{run, world};

use serde::Serialize;

/// Largest story, in bytes.
pub const STORY_BYTES_MAX: usize = 256 * 1024;

/// Something in a story that did not come out as it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoryFault {
    /// Line, from 1.
    pub line: u32,
    /// What the story says.
    pub expected: String,
    /// What came out.
    pub got: String,
}

/// What running a story showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoryReport {
    /// What did not come out as the story says.
    pub faults: Vec<StoryFault>,
    /// Moves and side acts that were made, as `move:declare` or `act:extend`.
    pub made: std::collections::BTreeSet<String>,
    /// Codes of refusals that came out.
    pub refused: std::collections::BTreeSet<String>,
    /// Number of steps.
    pub steps: usize,
}
