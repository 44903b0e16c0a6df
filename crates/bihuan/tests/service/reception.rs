//! Reports without an account come in a few at a time, on the disk, and leave nothing there.

use crate::photo::{encoded, pixels};
use crate::public::{EDGE, REPORTS, Told, ask, form, post, report};
use crate::town::Town;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use bihuan::http::edge::Client;
use bihuan::http::{App, router};
use futures_util::StreamExt;
use image::ImageFormat;
use serde_json::json;
use std::net::IpAddr;
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A report whose sender stops in the middle of a photo until told to go on, or for ever.
struct Slow {
    answer: JoinHandle<Told>,
    go_on: oneshot::Sender<()>,
}

/// Sends a report so far that the service has taken in some of a photo, and waits for more.
async fn slow((app, service): (&App, &axum::Router), whole: Vec<u8>) -> Slow {
    let before = files(app);
    let (reached, mut is_read) = mpsc::unbounded_channel();
    let (go_on, more) = oneshot::channel::<()>();
    let rest = whole.len() - 200;
    let (first, last) = (whole[..rest].to_vec(), whole[rest..].to_vec());
    let first = futures_util::stream::once(async move { Ok::<_, axum::Error>(Bytes::from(first)) });
    // Whoever asks for this part has taken in the one before.
    let last = futures_util::stream::once(async move {
        let _ = reached.send(());
        let _ = more.await;
        Ok(Bytes::from(last))
    });
    let request = Request::post(REPORTS)
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
        .header(header::ACCEPT, "application/json")
        .body(Body::from_stream(first.chain(last)))
        .expect("a request");
    let service = service.clone();
    let answer = tokio::spawn(async move { ask(&service, request).await });
    is_read.recv().await.expect("it is read so far");
    while files(app) == before {
        tokio::task::yield_now().await;
    }
    Slow { answer, go_on }
}

fn folder(app: &App) -> PathBuf {
    app.realm().dir.join("reports")
}

fn files(app: &App) -> usize {
    std::fs::read_dir(folder(app)).map_or(0, Iterator::count)
}

#[tokio::test]
async fn slow_senders_fill_their_places_and_nobody_s_memory_or_disk() {
    let town = Town::found();
    let app = town.app.clone().receiving(2);
    let service = router(app.clone());
    let send = || report(&town, &town.id());
    let here = (&app, &service);
    let (one, other) = (slow(here, send()).await, slow(here, send()).await);
    assert_eq!(files(&app), 2, "what has come is on the disk");

    let third = post(&service, REPORTS, send(), "application/json").await;
    assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(third.json()["code"], "reports_busy");
    assert_eq!(third.headers["retry-after"], "30");
    let page = post(&service, REPORTS, send(), "text/html").await;
    assert_eq!((page.status, &page.headers["retry-after"]), (third.status, &"30".parse().unwrap()));
    assert!(page.text.contains("请在 30 秒后再提交"), "{}", page.text);

    one.answer.abort();
    assert!(one.answer.await.is_err_and(|it| it.is_cancelled()), "its sender is gone");
    assert_eq!(files(&app), 1, "and so is what it sent");
    let third = post(&service, REPORTS, send(), "application/json").await;
    assert_eq!(third.status, StatusCode::CREATED, "{}", third.text);
    other.go_on.send(()).expect("it waits");
    assert_eq!(other.answer.await.expect("an answer").status, StatusCode::CREATED);
    assert_eq!(files(&app), 0, "a report that was made leaves nothing");
}

#[tokio::test]
async fn one_network_has_a_quarter_of_the_places() {
    let town = Town::found();
    let app = town.app.clone().receiving(4);
    let from = |last: u8| {
        let client = Client(IpAddr::from([10, 0, 0, last]));
        router(app.clone()).layer(Extension(client))
    };
    let first = from(1);
    let _slow = slow((&app, &first), report(&town, &town.id())).await;
    let same = post(&from(1), REPORTS, report(&town, &town.id()), "application/json").await;
    assert_eq!((same.status.as_u16(), &same.json()["code"]), (503, &json!("reports_busy")));
    let other = post(&from(2), REPORTS, report(&town, &town.id()), "application/json").await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.text);
}

#[tokio::test]
async fn what_is_too_large_or_too_many_is_refused_and_leaves_nothing() {
    let town = Town::found();
    let service = &town.service;
    let large = form(&[("kind", "sanitation/0110")], &[vec![7; 20 * 1024 * 1024 + 1]]);
    let told = post(service, REPORTS, large, "application/json").await;
    assert_eq!((told.status.as_u16(), &told.json()["code"]), (422, &json!("invalid")));
    assert_eq!(files(&town.app), 0);
    let photo = encoded(&pixels(80, 60, 7), ImageFormat::Jpeg);
    let four =
        form(&[("kind", "sanitation/0110")], &[photo.clone(), photo.clone(), photo.clone(), photo]);
    let told = post(service, REPORTS, four, "application/json").await;
    assert_eq!((told.status.as_u16(), &told.json()["code"]), (422, &json!("invalid")));
    assert_eq!(files(&town.app), 0);
}

#[tokio::test]
async fn what_a_killed_process_left_is_gone_at_the_next_start() {
    let town = Town::found();
    std::fs::create_dir_all(folder(&town.app)).expect("a folder");
    std::fs::write(folder(&town.app).join("00ff"), b"half a photo").expect("a file");
    bihuan::job::upload::once(&town.app).await.expect("it looks");
    assert_eq!(files(&town.app), 0);
    let slow = slow((&town.app, &town.service), report(&town, &town.id())).await;
    bihuan::job::upload::once(&town.app).await.expect("it looks");
    assert_eq!(files(&town.app), 1, "what comes in now stays");
    slow.go_on.send(()).expect("it waits");
    assert_eq!(slow.answer.await.expect("an answer").status, StatusCode::CREATED);
}
