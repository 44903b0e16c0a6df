//! The policy against a table that people review, and against itself: what a list shows is what a
//! look at each matter allows.

mod cells;
mod oracle;
mod town;
mod world;

mod answer;
mod law;
