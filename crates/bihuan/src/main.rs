//! The bihuan binary.

fn main() {}
