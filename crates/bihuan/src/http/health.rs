//! Whether the process lives, and whether it can serve.

use super::problem::ReadProblems;
use super::{ApiProblem, App};
use axum::extract::State;
use axum::http::StatusCode;

/// The process lives; says nothing about the realm.
#[utoipa::path(get, path = "/live", tag = "health", responses((status = 204)))]
pub async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The realm can be read.
#[utoipa::path(
    get, path = "/ready", tag = "health",
    responses((status = 204), ReadProblems)
)]
pub async fn ready(State(app): State<App>) -> Result<StatusCode, ApiProblem> {
    app.run(|realm| realm.read(bihuan_store::realm::head)).await?;
    Ok(StatusCode::NO_CONTENT)
}
