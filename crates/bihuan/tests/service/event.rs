//! What changes is told as it happens, to those who may see it, and goes on where it broke off.

use crate::town::{STRANGER, Town, with};
use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use bihuan::http::event::stream;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use std::pin::pin;
use tower::ServiceExt;

/// One client with an open stream.
struct Client {
    body: BodyDataStream,
    text: String,
}

/// One event as a client reads it.
struct Told {
    kind: String,
    id: String,
    data: Value,
}

impl Client {
    async fn open(town: &Town, account: &str, last: Option<&str>) -> Client {
        let mut request = Request::get("/api/v1/events");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().extend(with(town.caller(account)));
        let answer = town.service.clone().oneshot(request).await.expect("it answers");
        assert_eq!(answer.status(), StatusCode::OK);
        Client { body: answer.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; `None` once the stream has ended.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let line = |name: &str| {
                    let mut lines = block.lines().filter_map(|it| it.strip_prefix(name));
                    lines.next().unwrap_or_default().trim().to_owned()
                };
                let data = serde_json::from_str(&line("data:")).unwrap_or(Value::Null);
                let told = Told { kind: line("event:"), id: line("id:"), data };
                self.text = rest.to_owned();
                return Some(told);
            }
            let bytes = self.body.next().await?.expect("it reads");
            self.text += std::str::from_utf8(&bytes).expect("UTF-8");
        }
    }
}

#[tokio::test]
async fn each_is_told_what_happens_to_the_matters_in_sight_and_to_no_others() {
    let town = Town::found();
    let mut here = Client::open(&town, "inspector@v01", None).await;
    let mut there = Client::open(&town, "handler@v02", None).await;
    let mut nobody = Client::open(&town, STRANGER, None).await;
    let first = town.opened().await;
    let second = town.id();
    town.act("inspector@v02", &second, town.opening("v02")).await;
    let told = here.next().await.expect("it goes on");
    assert_eq!((told.kind.as_str(), &told.data["matter"]), ("matter", &json!(first)));
    assert_eq!((&told.data["what"], &told.data["version"]), (&json!("opened"), &json!(1)));
    let told = there.next().await.expect("it goes on");
    assert_eq!(told.data["matter"], json!(second), "what happened at v01 is not told at v02");
    town.app.feed().close();
    assert!(nobody.next().await.is_none() && here.next().await.is_none());
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off_and_says_when_it_cannot() {
    let town = Town::found();
    let mut client = Client::open(&town, "inspector@v01", None).await;
    let matter = town.opened().await;
    let told = client.next().await.expect("it goes on");
    drop(client);
    for text in ["先看一眼", "再看一眼"] {
        town.act("inspector@v01", &matter, json!({ "note": { "text": text } })).await;
    }
    let mut again = Client::open(&town, "inspector@v01", Some(&told.id)).await;
    for version in [2, 3] {
        let told = again.next().await.expect("it goes on");
        assert_eq!((&told.data["what"], &told.data["version"]), (&json!("noted"), &json!(version)));
        assert!(!told.id.is_empty() && told.data.get("seq").is_none());
    }
    town.act("inspector@v01", &matter, json!({ "note": { "text": "第三眼" } })).await;
    assert_eq!(again.next().await.expect("it goes on").data["version"], json!(4), "once, in order");
    let mut made_up = Client::open(&town, "inspector@v01", Some("42")).await;
    assert_eq!(made_up.next().await.expect("it goes on").kind, "reset");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_says_that_it_lives_and_ends_by_itself() {
    let town = Town::found();
    let mut client = Client::open(&town, STRANGER, None).await;
    let (mut beats, mut ids) = (0, std::collections::BTreeSet::new());
    while let Some(told) = client.next().await {
        assert_eq!((told.kind.as_str(), &told.data), ("", &Value::Null));
        beats += 1;
        ids.insert(told.id);
    }
    assert!((59..80).contains(&beats), "{beats} beats in a quarter of an hour and a little");
    assert_eq!(ids.len(), beats, "that nothing happened cannot be told from that something did");
}

#[tokio::test]
async fn ten_thousand_idle_streams_hear_one_commit_once() {
    let town = Town::found();
    let caller = town.caller("inspector@v01");
    let heard = FuturesUnordered::new();
    for _ in 0..10_000 {
        let seat = town.app.seat().await.expect("it reads").expect("there is room");
        let stream = stream(town.app.clone(), caller.clone(), seat, None);
        heard.push(async move { pin!(stream).next().await.is_some() });
    }
    let before = town.app.realm().now();
    town.opened().await;
    assert_eq!(heard.filter(|it| std::future::ready(*it)).count().await, 10_000);
    println!("told after {} ms", town.app.realm().now().0 - before.0);
}

#[tokio::test]
async fn a_stream_says_that_the_messages_of_its_person_have_changed() {
    let town = Town::found();
    let mut here = Client::open(&town, "handler@v01", None).await;
    let mut there = Client::open(&town, "handler@v02", None).await;
    let persons = [town.caller("handler@v01").person];
    town.app.feed().tell(persons.into());
    let told = here.next().await.expect("it goes on");
    assert_eq!((told.kind.as_str(), &told.data), ("message", &json!({})));
    town.app.feed().close();
    assert!(there.next().await.is_none(), "another is not told");
}

/// Else the jobs that write beside the record would wake themselves, for as long as they run.
#[tokio::test]
async fn what_is_no_part_of_the_record_wakes_nobody() {
    let town = Town::found();
    let mut woken = town.app.feed().woken();
    // Whatever founding the town still tells of is told before the second is answered.
    for _ in 0..2 {
        town.app.write(bihuan_store::realm::touch).await.expect("it is written");
    }
    woken.borrow_and_update();
    for _ in 0..2 {
        town.app.write(bihuan_store::realm::touch).await.expect("it is written");
    }
    assert!(!woken.has_changed().expect("the store is open"));
    town.opened().await;
    woken.changed().await.expect("the store is open");
}
