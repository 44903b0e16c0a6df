//! The API on the network: one router over one realm.
//!
//! Invariants: a handler reaches the store only through [`App`]; every route stands in the OpenAPI
//! description with the statuses that it answers; a refusal is `application/problem+json`.

pub mod app;
pub mod body;
pub mod caller;
pub mod command;
pub mod health;
pub mod preview;
pub mod problem;
pub mod undo;

pub use app::App;
pub use caller::Caller;
pub use problem::ApiProblem;

use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Where the API begins.
pub const API: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(info(
    title = "Bihuan",
    description = "闭环：问题从发现到销号 · a matter is found, fixed, accepted by another party, cleared"
))]
struct Description;

/// All routes, and their description.
pub fn routes() -> (axum::Router<App>, utoipa::openapi::OpenApi) {
    let api = OpenApiRouter::with_openapi(Description::openapi());
    api.routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(command::one))
        .routes(routes!(command::bulk))
        .routes(routes!(undo::undo))
        .split_for_parts()
}

/// What answers requests for a realm.
pub fn router(app: App) -> axum::Router {
    routes().0.fallback(problem::no_route).with_state(app)
}
