//! Figures for who watches the service, as Prometheus reads them; on a listener of their own.
//!
//! Invariant: figures tell how much and how fast, never of whom or of what.

use super::health::free_bytes;
use super::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use bihuan_core::time::Instant;
use bihuan_store::realm::{COUNT_MAX, late_timers, stuck_messages};
use bihuan_store::webhook::all_waiting;
use metrics::{counter, gauge};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// Bounds of the buckets that times of requests are counted in, in seconds.
const BUCKETS_S: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0];

/// Gathers figures from here on; once in a process.
///
/// # Errors
/// Where somebody gathers already.
pub fn gather() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new().set_buckets(&BUCKETS_S)?.install_recorder()
}

/// The figures of this service.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 404, body = ApiProblem, content_type = "application/problem+json",
            description = "nobody watches: no listener is set for it")
    )
)]
pub async fn figures(State(app): State<App>) -> Result<impl IntoResponse, ApiProblem> {
    let watch = app.watch().ok_or_else(ApiProblem::not_found)?;
    gauge!("bihuan_connections").set(count(watch.edge.connections()));
    gauge!("bihuan_streams").set(count(app.feed().streams()));
    app.run(of_realm).await?;
    let head = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((head, watch.figures.render()))
}

fn of_realm(realm: &Realm) -> Result<(), Problem> {
    let meter = realm.store().meter();
    counter!("bihuan_store_batches_total").absolute(meter.batches());
    counter!("bihuan_store_commands_total").absolute(meter.commands());
    counter!("bihuan_store_batch_microseconds_total").absolute(meter.micros());
    gauge!("bihuan_store_waiting").set(count(realm.store().waiting()));
    gauge!("bihuan_clock_held").set(f64::from(u8::from(realm.clock.is_held())));
    if let Some(free) = free_bytes(&realm.dir) {
        gauge!("bihuan_disk_free_bytes").set(exact(free));
    }
    let now = realm.now();
    let live = move |db: &mut _| bihuan_store::session::count_live(db, now, COUNT_MAX);
    gauge!("bihuan_sessions").set(of(realm.read(live)?));
    gauge!("bihuan_deliveries_waiting").set(of(realm.read(|db| all_waiting(db, COUNT_MAX))?));
    let waiting = realm.read(|db| stuck_messages(db, Instant(i64::MAX)))?;
    gauge!("bihuan_outbox_waiting").set(of(waiting));
    gauge!("bihuan_timers_late").set(of(realm.read(|db| late_timers(db, now))?));
    Ok(())
}

fn of(count: i64) -> f64 {
    exact(u64::try_from(count).unwrap_or(0))
}

fn count(count: usize) -> f64 {
    exact(count as u64)
}

/// Figures beyond 2^53 would be rounded, which nobody would see.
#[expect(clippy::cast_precision_loss, reason = "Prometheus knows no other numbers")]
fn exact(count: u64) -> f64 {
    count as f64
}
