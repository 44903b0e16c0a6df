//! A collector of OpenTelemetry is told what the log is told; where it is gone, nobody notices.

use crate::town::{Town, with};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use axum::routing::post;
use bihuan::http::router;
use bihuan::traces::Traces;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::spawn_blocking;
use tower::ServiceExt;

/// A collector, and what it is sent.
async fn collector() -> (String, UnboundedReceiver<Bytes>) {
    let (keep, kept) = unbounded_channel();
    let take = post(async move |sent: Bytes| drop(keep.send(sent)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let service = Router::new().route("/v1/traces", take);
    tokio::spawn(async move { axum::serve(listener, service).await });
    (format!("http://{at}/v1/traces"), kept)
}

/// Asks as an inspector; the status and the id that the log has of it.
async fn ask(service: &Router, town: &Town, path: &str) -> (StatusCode, String) {
    let mut request = Request::get(path).body(Body::empty()).expect("a request");
    request.extensions_mut().extend(with(town.caller("inspector@v01")));
    let answer = service.clone().oneshot(request).await.expect("it answers");
    let id = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    (answer.status(), id)
}

#[tokio::test]
async fn a_collector_is_told_of_a_request_and_nothing_that_was_said() {
    let (address, mut kept) = collector().await;
    let traces = Traces::to(&address).expect("an address");
    let town = Town::found();
    let matter = town.opened().await;
    let service = router(town.app.clone().traced(traces.clone()));
    let path = format!("/api/v1/matters/{matter}?canary=canary");
    let (refused, _) = ask(&service, &town, &path).await;
    let (found, id) = ask(&service, &town, &format!("/api/v1/matters/{matter}")).await;
    assert!(refused.is_client_error() || refused.is_success());
    assert_eq!(found, StatusCode::OK);
    // It sends from a thread of its own, and waits for the answer on this one.
    spawn_blocking(move || traces.end()).await.expect("it ends");
    let mut sent = Vec::new();
    while let Ok(part) = kept.try_recv() {
        sent.extend(part);
    }
    let sent = String::from_utf8_lossy(&sent);
    for said in ["bihuan", "GET /api/v1/matters/{id}", "http.response.status_code", id.as_str()] {
        assert!(sent.contains(said), "{said} in {sent}");
    }
    for kept_back in [matter.as_str(), "canary", "inspector"] {
        assert!(!sent.contains(kept_back), "{kept_back} in {sent}");
    }
}

#[tokio::test]
async fn a_collector_that_is_gone_costs_nothing_but_the_traces() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    drop(listener);
    let traces = Traces::to(&format!("http://{at}/v1/traces")).expect("an address");
    let town = Town::found();
    let service = router(town.app.clone().traced(traces.clone()));
    let (status, _) = ask(&service, &town, "/api/v1/sessions").await;
    assert_eq!(status, StatusCode::OK);
    spawn_blocking(move || traces.end()).await.expect("it ends");
    let (status, _) = ask(&service, &town, "/api/v1/sessions").await;
    assert_eq!(status, StatusCode::OK, "also after they ended");
    assert!(Traces::to("no address").is_err());
}
