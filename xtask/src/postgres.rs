//! PostgreSQL clusters of our own, for tests and campaigns.
//!
//! Invariants: a cluster lives in its own temporary directory, listens on 127.0.0.1 and a socket
//! in that directory only, keeps `fsync` on, and ends with this process, however that ends.

mod cluster;
mod installation;
mod leash;

pub use cluster::Cluster;
pub use installation::Installation;
