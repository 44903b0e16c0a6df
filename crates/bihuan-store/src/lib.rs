//! All SQL of Bihuan.
