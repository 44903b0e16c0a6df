//! Documents and pictures of Bihuan: workbooks, and what strangers photographed.

pub mod image;
pub mod xlsx;
