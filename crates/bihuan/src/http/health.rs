//! Whether the process lives, and whether it can serve: reads, writes, and has room to.
//!
//! Invariant: however many ask, the realm is tried once in [`FRESH`], and a try that hangs is
//! never joined by a second one.

use super::problem::ReadProblems;
use super::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use axum::http::StatusCode;
use bihuan_core::text::Text;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// How long a finding holds.
const FRESH: Duration = Duration::from_secs(2);
/// How long a try may take.
const TRY_MAX: Duration = Duration::from_secs(3);

/// A try, or what it found: a problem, or nothing.
type Found = Option<ApiProblem>;

/// Whether the realm can serve, tried now and then.
#[derive(Debug, Default)]
pub struct Health {
    free_bytes_min: AtomicU64,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    at: Option<Instant>,
    found: Found,
    /// A try that took too long and has not ended.
    hangs: Option<JoinHandle<Found>>,
}

impl Health {
    /// Less free space than this is said before nothing is left.
    pub fn want_free(&self, bytes: u64) {
        self.free_bytes_min.store(bytes, Ordering::Relaxed);
    }

    /// What stands in the way of serving.
    async fn look(&self, app: &App) -> Found {
        let mut last = self.last.lock().await;
        if last.at.is_some_and(|it| it.elapsed() < FRESH) {
            return last.found.clone();
        }
        last.found = match last.hangs.take() {
            Some(hangs) if !hangs.is_finished() => {
                last.hangs = Some(hangs);
                Some(stuck())
            }
            _ => {
                let (app, least) = (app.clone(), self.free_bytes_min.load(Ordering::Relaxed));
                let mut tried = tokio::task::spawn_blocking(move || try_out(app.realm(), least));
                match timeout(TRY_MAX, &mut tried).await {
                    Ok(found) => found.unwrap_or_else(|_| Some(stuck())),
                    Err(_) => {
                        last.hangs = Some(tried);
                        Some(stuck())
                    }
                }
            }
        };
        last.at = Some(Instant::now());
        last.found.clone()
    }
}

/// Reads, looks at the disk and writes.
fn try_out(realm: &Realm, free_bytes_min: u64) -> Found {
    if let Err(problem) = realm.read(bihuan_store::realm::head) {
        return Some(unready(problem));
    }
    if let Err(problem) = realm.store().write(bihuan_store::realm::touch) {
        return Some(unready(Problem::from(problem)));
    }
    let free = free_bytes(&realm.dir)?;
    (free < free_bytes_min).then(|| {
        let text = Text::new(
            format!("磁盘只剩 {} MiB，请尽快清理或扩容", free >> 20),
            format!("only {} MiB of disk space are left; free or add some soon", free >> 20),
        );
        ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "disk_low", text)
    })
}

/// Whatever the problem, somebody else is to be asked.
fn unready(problem: Problem) -> ApiProblem {
    let status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
    ApiProblem { status, ..ApiProblem::from(problem) }
}

fn stuck() -> ApiProblem {
    let text = Text::new(
        "写入长时间没有完成；请检查磁盘和数据库",
        "a write does not come to its end; look at the disk and the database",
    );
    ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "writer_stuck", text)
}

/// Free space where the realm is, in bytes, where the system tells.
#[must_use]
pub fn free_bytes(dir: &Path) -> Option<u64> {
    rustix::fs::statvfs(dir).ok().map(|it| it.f_bavail.saturating_mul(it.f_frsize))
}

/// The process lives; says nothing about the realm.
#[utoipa::path(get, path = "/live", tag = "health", responses((status = 204)))]
pub async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The realm can be read and written, and there is room to.
#[utoipa::path(
    get, path = "/ready", tag = "health",
    responses((status = 204), ReadProblems)
)]
pub async fn ready(State(app): State<App>) -> Result<StatusCode, ApiProblem> {
    match app.health().look(&app).await {
        None => Ok(StatusCode::NO_CONTENT),
        Some(problem) => Err(problem),
    }
}
