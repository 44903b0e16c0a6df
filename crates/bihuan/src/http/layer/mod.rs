//! What every request goes through on its way in, and every answer on its way out.
//!
//! Invariants: the order is here and nowhere else; what is refused on the way is refused as
//! `problem+json`; no answer leaves without the headers that keep browsers strict.

mod header;
mod press;
pub mod rate;
mod size;
mod surface;
mod tag;
mod trace;

pub use rate::{Rate, Rates};
pub use surface::{ALL, DESK, FIELD, PUBLIC, Reach, WATCH};
pub use trace::ProblemCode;

use super::{App, session};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};

/// Puts the layers around routes; whatever stands higher here is nearer to them.
pub(super) fn around(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(app.clone(), rate::by_account))
        .layer(from_fn_with_state(app.clone(), session::enter))
        .layer(from_fn(size::keep_to))
        .layer(from_fn_with_state(app.clone(), rate::by_address))
        .layer(from_fn(surface::keep_to))
        .layer(from_fn(tag::tag))
        .layer(press::layer())
        .layer(from_fn_with_state(app.clone(), header::add))
        .layer(from_fn_with_state(app.clone(), trace::note))
}
