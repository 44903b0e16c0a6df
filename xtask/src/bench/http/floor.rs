//! A bare server that sends bytes that it was given: what HTTP itself costs.
//!
//! Invariant: the same framework, allocator and runtime as the service; it listens on this machine
//! alone, and ends with the process that started it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::service::{Question, Service};

/// The verb by which the automation calls itself for it.
const VERB: &str = "bench-floor";

/// What is sent.
type Sent = Arc<Mutex<Bytes>>;

/// The server, as a process of its own.
pub(super) struct Floor {
    pub(super) service: Service,
}

impl Floor {
    /// Starts it.
    pub(super) fn start(program: &Path) -> Result<Floor> {
        let mut serve = std::process::Command::new(program);
        serve.arg(VERB);
        Ok(Floor { service: Service::of(serve)? })
    }

    /// Tells it what to send from now on.
    pub(super) fn set(&self, bytes: &[u8]) -> Result<()> {
        let question = Question { way: ("PUT", "/"), bytes: bytes.to_vec(), ..Question::default() };
        let told = self.service.send(question)?;
        ensure!(told.status == 200, "the floor answers {}", told.status);
        Ok(())
    }
}

async fn told(State(sent): State<Sent>) -> impl IntoResponse {
    let bytes = sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
    ([(header::CONTENT_TYPE, "application/json")], bytes)
}

async fn posted(sent: State<Sent>, _body: Bytes) -> impl IntoResponse {
    told(sent).await
}

async fn set(State(sent): State<Sent>, body: Bytes) {
    *sent.lock().unwrap_or_else(PoisonError::into_inner) = body;
}

/// Serves until the process is ended.
///
/// # Errors
/// There is no port.
pub fn serve() -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no port")?;
        println!("{{\"listening\":\"http://{}\"}}", listener.local_addr()?);
        let limit = axum::extract::DefaultBodyLimit::disable();
        let router = Router::new().route("/", get(told).post(posted).put(set)).layer(limit);
        axum::serve(listener, router.with_state(Sent::default())).await?;
        anyhow::Ok(true)
    })
}
