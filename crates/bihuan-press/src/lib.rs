//! Documents of Bihuan: workbooks.

pub mod xlsx;
