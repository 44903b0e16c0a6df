//! Where connections come in: who may hold one, for how long, and who stands at its other end.
//!
//! Invariants: a connection that brings nothing on is closed by itself, so that nobody keeps others
//! out by being slow; each wait has an end of its own; what a proxy says of a caller is believed of
//! trusted proxies alone; closing lets what was begun end, for a limited time.

mod accept;
mod connection;
mod lasting;
mod limit;
mod pace;
mod place;
mod pulse;
mod tls;
mod trust;
mod watched;

pub use accept::Edge;
pub use connection::{Common, serve_one};
pub use limit::{Limits, Pace};
pub use place::network;
pub(in crate::http) use place::{Place, Places};
pub use tls::{Tls, TlsError};
pub use trust::{Client, Trusted};
