//! Reading tables from strangers: any file is read safely or refused with a code.
//!
//! Invariants: nothing is written here; no bytes make it panic or use more than its limits; a
//! refusal names file, row and column as far as they are known, and says what to do.
//!
//! [`table::Table`] is the file as text; `unit`, `area`, `point`, `person` and `ledger` read its
//! rows, each into a [`preview::Preview`] of right rows and faults.

pub mod area;
pub mod change;
pub mod codes;
mod delimited;
mod encoding;
pub mod fault;
pub mod fuzz;
pub mod ledger;
pub mod limit;
pub mod mapping;
mod package;
pub mod person;
pub mod point;
pub mod preview;
pub mod register;
pub mod table;
pub mod unit;
pub mod value;
mod workbook;

pub use fault::{Fault, ImportError, RowFault};
pub use mapping::Mapping;
pub use preview::{Numbered, Preview};
pub use table::{Row, Table};
