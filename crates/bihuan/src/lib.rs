//! What the bihuan binary is made of, as a library so that tests and fuzzers reach it.

pub mod cli;
pub mod clock;
pub mod column;
pub mod command;
pub mod config;
pub mod day;
pub mod demo;
pub mod entropy;
pub mod examination;
pub mod http;
pub mod import;
pub mod job;
pub mod life;
pub mod locale;
pub mod output;
pub mod pack_folder;
pub mod password;
pub mod picture;
pub mod problem;
pub mod progress;
pub mod realm;
pub mod safe_csv;
pub mod selection;
pub mod sheet;
pub mod telling;
pub mod timer;
