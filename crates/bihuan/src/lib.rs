//! What the bihuan binary is made of, as a library so that tests and fuzzers reach it.

pub mod demo;
pub mod import;
