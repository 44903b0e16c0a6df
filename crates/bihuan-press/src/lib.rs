//! Documents of Bihuan.
