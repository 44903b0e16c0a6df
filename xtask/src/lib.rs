//! Automation of the workspace, as a library so that its rules are tests too.
//!
//! Nothing here ships: the product is built without this crate.

pub mod bench;
pub mod demo;
pub mod dist;
pub mod fuzz;
pub mod openapi;
pub mod postgres;
pub mod process;
pub mod s3;
pub mod service;
pub mod test;
pub mod tidy;
pub mod torture;
pub mod town;
pub mod web;
