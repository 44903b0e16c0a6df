//! Which addresses a listener has: those of its surfaces, and none beside.
//!
//! Invariant: an address that is not for a listener answers there as one that does not exist.

use crate::http::problem;
use crate::http::route::{ROUTES, Route, Surface};
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The surfaces of a listener, as an extension of its requests; without one, all are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach(pub &'static [Surface]);

/// Every surface but the one that watches.
pub const ALL: Reach = Reach(&[
    Surface::Anybody,
    Surface::Public,
    Surface::Desk,
    Surface::Field,
    Surface::Machine,
    Surface::Operator,
]);
/// The public page.
pub const PUBLIC: Reach = Reach(&[Surface::Anybody, Surface::Public]);
/// People in the field.
pub const FIELD: Reach = Reach(&[Surface::Anybody, Surface::Field]);
/// Desks, programs and administrators.
pub const DESK: Reach =
    Reach(&[Surface::Anybody, Surface::Desk, Surface::Machine, Surface::Operator]);
/// What watches the service.
pub const WATCH: Reach = Reach(&[Surface::Watch]);

impl Reach {
    /// Whether a route is there.
    #[must_use]
    pub fn has(&self, route: &Route) -> bool {
        route.surfaces.iter().any(|it| self.0.contains(it))
    }

    /// Whether a method of a path is there; a method that the path never has is, as long as any
    /// other is, so that it is told which.
    fn shows(&self, method: &Method, path: &str) -> bool {
        let of_path = || ROUTES.iter().filter(|it| it.path == path);
        // HEAD is answered where GET is; it says nothing that GET would not.
        let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
        match of_path().find(|it| it.method == method.as_str()) {
            Some(route) => self.has(route),
            None => of_path().any(|it| self.has(it)),
        }
    }
}

pub(super) async fn keep_to(request: Request, next: Next) -> Response {
    let reach = request.extensions().get::<Reach>();
    let path = request.extensions().get::<MatchedPath>();
    if let (Some(reach), Some(path)) = (reach, path)
        && !reach.shows(request.method(), path.as_str())
    {
        return problem::no_route().await.into_response();
    }
    next.run(request).await
}
