//! Who is slow is let go, and who is merely slow-going is served: connections in memory, under a
//! clock that is moved.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use bihuan::http::edge::{Client, Common, Limits, Pace, Trusted, serve_one};
use futures_util::stream::{self, StreamExt};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// What a connection may take beside its buffers: ten thousand of them are not to be felt.
const CONNECTION_BYTES_MAX: usize = 4_096;
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Longer than any of the limits below: what is still open then stays open.
const EVER: Duration = Duration::from_secs(3_600);

fn limits() -> Limits {
    Limits {
        first_byte: Duration::from_secs(5),
        header: Duration::from_secs(7),
        idle: Duration::from_secs(20),
        body: Pace { grace: Duration::from_secs(10), bytes_per_s: 100 },
        answer: Pace { grace: Duration::from_secs(30), bytes_per_s: 1_000 },
        ..Limits::default()
    }
}

/// Says how long the body is; says who asks; hands out much; waits for ever; tells news that end,
/// that do not, and that come without a pause.
fn router() -> Router {
    let echo = async |body: Bytes| body.len().to_string();
    let who = async |request: Request| {
        request.extensions().get::<Client>().map(|it| it.0.to_string()).unwrap_or_default()
    };
    let much = async || Body::from(vec![b'x'; 1 << 20]);
    let quiet = async || {
        let never = stream::pending::<Result<Bytes, Infallible>>();
        Body::from_stream(never).into_response()
    };
    let said = || stream::iter(["data: a\n\n", "data: b\n\n"]);
    let news = move || said().map(Ok::<_, Infallible>);
    let events = |body: Body| ([(header::CONTENT_TYPE, "text/event-stream")], body);
    let ending = async move || events(Body::from_stream(news()));
    let waiting = async move || events(Body::from_stream(news().chain(stream::pending())));
    let flood = async move || events(Body::from_stream(said().cycle().map(Ok::<_, Infallible>)));
    Router::new()
        .route("/echo", post(echo))
        .route("/who", get(who))
        .route("/much", get(much))
        .route("/quiet", get(quiet))
        .route("/news", get(ending))
        .route("/waiting", get(waiting))
        .route("/flood", get(flood))
}

struct Line {
    ours: DuplexStream,
    served: JoinHandle<&'static str>,
    began: Instant,
    closing: CancellationToken,
    cut: CancellationToken,
}

/// A connection whose buffers hold so many bytes.
fn line_of(bytes: usize) -> Line {
    let (ours, theirs) = duplex(bytes);
    let (closing, cut) = (CancellationToken::new(), CancellationToken::new());
    let trusted = Trusted(vec!["127.0.0.0/8".parse().expect("a network")]);
    let common = Common {
        router: router(),
        limits: limits(),
        trusted: Arc::new(trusted),
        closing: closing.clone(),
        cut: cut.clone(),
    };
    let served = tokio::spawn(serve_one(common, theirs, HERE));
    Line { ours, served, began: Instant::now(), closing, cut }
}

fn line() -> Line {
    line_of(64 * 1_024)
}

impl Line {
    async fn say(&mut self, text: &str) {
        self.ours.write_all(text.as_bytes()).await.expect("it is open");
    }

    /// The answer to one request, whose head and body come at once.
    async fn answer(&mut self) -> String {
        let mut bytes = vec![0; 4_096];
        let count = timeout(EVER, self.ours.read(&mut bytes)).await;
        let count = count.expect("an answer in time").expect("an answer");
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    }

    /// Why it ended, and after how many seconds.
    async fn end(self) -> (&'static str, u64) {
        let end = timeout(EVER, self.served).await.expect("it ends by itself");
        (end.expect("it does not panic"), self.began.elapsed().as_secs())
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed() {
    assert_eq!(line().end().await, ("first_byte", 5));
}

#[tokio::test(start_paused = true)]
async fn half_a_head_is_closed_and_so_is_one_that_dribbles() {
    let mut half = line();
    half.say("GET /who HTTP/1.1\r\nHost: a\r\nX-").await;
    assert_eq!(half.end().await, ("header", 7));

    let mut dribble = line();
    dribble.say("GET /who HTTP/1.1\r\n").await;
    for _ in 0..6 {
        sleep(Duration::from_secs(1)).await;
        dribble.say("X-More: 1\r\n").await;
    }
    assert_eq!(dribble.end().await, ("header", 7), "each line does not buy time");

    let mut late = line();
    sleep(Duration::from_secs(4)).await;
    late.say("G").await;
    assert_eq!(late.end().await, ("header", 11), "counted from the first byte");

    let mut preface = line();
    preface.say("PRI * HTTP/2.0\r\n\r\nSM").await;
    assert_eq!(preface.end().await, ("header", 7), "half a preface of HTTP/2 too");
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_http_2_that_asks_nothing_is_closed() {
    let mut quiet = line();
    quiet.say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let (end, after_s) = quiet.end().await;
    assert_eq!((end, after_s), ("header", 7));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up_with_an_answer() {
    let mut slow = line();
    slow.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nabc").await;
    assert!(slow.answer().await.starts_with("HTTP/1.1 400"), "it is told");
    let (end, after_s) = slow.end().await;
    assert_eq!((end, after_s), ("done", 10), "ten seconds, and 3 bytes buy none");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_dribbles_is_given_up_and_one_that_comes_slowly_is_served() {
    // A byte a second is less than the pace.
    let mut dribble = line();
    dribble.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n").await;
    for _ in 0..9 {
        sleep(Duration::from_secs(1)).await;
        dribble.say("x").await;
    }
    assert!(dribble.answer().await.starts_with("HTTP/1.1 400"));
    assert_eq!(dribble.end().await.1, 10);

    // The control: 120 bytes a second for fifty seconds is slow, and it is enough.
    let mut steady = line();
    steady.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6000\r\n\r\n").await;
    for _ in 0..50 {
        sleep(Duration::from_secs(1)).await;
        steady.say(&"x".repeat(120)).await;
    }
    let answer = steady.answer().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("6000"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_rests_is_closed_later_and_one_that_asks_again_is_not() {
    let mut idle = line();
    for _ in 0..3 {
        sleep(Duration::from_secs(4)).await;
        idle.say("GET /who HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(idle.answer().await.ends_with("127.0.0.1"));
    }
    assert_eq!(idle.end().await, ("idle", 12 + 20));

    let mut half = line();
    half.say("GET /who HTTP/1.1\r\nHost: a\r\n\r\n").await;
    half.answer().await;
    sleep(Duration::from_secs(2)).await;
    half.say("GET /who HTTP/1.1\r\n").await;
    assert_eq!(half.end().await, ("header", 9), "a second head has the time of the first");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_given_up_and_one_taken_slowly_is_not() {
    let mut deaf = line_of(1_024);
    deaf.say("GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (end, after_s) = deaf.end().await;
    assert_eq!((end, after_s), ("answer", 31), "half a minute, and a second for what went");

    let mut slow = line_of(4_096);
    slow.say("GET /much HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut got, mut part) = (0, vec![0; 4_096]);
    while got < 1 << 20 {
        sleep(Duration::from_secs(2)).await;
        got += slow.ours.read(&mut part).await.expect("it goes on");
    }
    slow.say("GET /who HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(slow.answer().await.contains("127.0.0.1"), "two thousand a second are enough");
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_news_stays_open() {
    let mut quiet = line();
    quiet.say("GET /quiet HTTP/1.1\r\nHost: a\r\n\r\n").await;
    quiet.answer().await;
    assert!(timeout(EVER, &mut quiet.served).await.is_err(), "it waits for us, not we for it");
    quiet.closing.cancel();
    assert!(timeout(EVER, &mut quiet.served).await.is_err(), "what was begun may end");
    quiet.cut.cancel();
    assert_eq!(quiet.end().await.0, "cut");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_has_its_connection_to_itself() {
    let mut line = line();
    line.say("GET /who HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(line.answer().await.ends_with("127.0.0.1"), "whatever was asked before");
    line.say("GET /news HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut told = String::new();
    line.ours.read_to_string(&mut told).await.expect("it ends");
    let (head, body) = told.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in ["content-type: text/event-stream", "connection: close", "date: "] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert_eq!(body, "9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\n\r\n");
    assert_eq!(line.end().await.0, "done");

    // A caller that knows no chunks has it as any answer.
    let mut old = line_of(64 * 1_024);
    old.say("GET /news HTTP/1.0\r\n\r\n").await;
    let mut told = String::new();
    old.ours.read_to_string(&mut told).await.expect("it ends");
    assert!(told.ends_with("data: a\n\ndata: b\n\n") && !told.contains("chunked"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_events_ends_with_whoever_listens_and_with_whoever_does_not() {
    let request = "GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut waits = line();
    waits.say(request).await;
    assert!(waits.answer().await.starts_with("HTTP/1.1 200"));
    assert!(timeout(EVER, &mut waits.served).await.is_err(), "it waits for us, not we for it");
    waits.closing.cancel();
    assert!(timeout(EVER, &mut waits.served).await.is_err(), "what was begun may end");
    waits.cut.cancel();
    assert_eq!(waits.end().await.0, "cut");

    let mut gone = line();
    gone.say(request).await;
    gone.answer().await;
    gone.ours.shutdown().await.expect("it is open");
    assert_eq!(gone.end().await, ("done", 0));

    let mut talks = line();
    talks.say(request).await;
    talks.answer().await;
    talks.say("\r\n").await;
    assert!(timeout(EVER, &mut talks.served).await.is_err(), "a blank line too many is no matter");
    talks.say(&"x".repeat(100)).await;
    assert_eq!(talks.end().await.0, "done", "nothing else is asked on it");

    let mut deaf = line_of(1_024);
    deaf.say("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(deaf.end().await, ("answer", 30));
}

#[tokio::test(start_paused = true)]
async fn closing_ends_what_rests_at_once_and_what_is_under_way_after_its_answer() {
    let silent = line();
    silent.closing.cancel();
    assert_eq!(silent.end().await.1, 0);

    let mut busy = line();
    busy.say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").await;
    sleep(Duration::from_secs(1)).await;
    busy.closing.cancel();
    sleep(Duration::from_secs(1)).await;
    busy.say("cd").await;
    let answer = busy.answer().await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with('4'), "{answer}");
    assert_eq!(busy.end().await, ("done", 2));
}

#[tokio::test(start_paused = true)]
async fn a_head_has_a_size() {
    let mut large = line();
    large.say("GET /who HTTP/1.1\r\nHost: a\r\nX-Much: ").await;
    large.say(&"x".repeat(40_000)).await;
    assert!(large.answer().await.starts_with("HTTP/1.1 431"));
    assert_ne!(large.end().await.0, "header");

    let mut many = line();
    many.say("GET /who HTTP/1.1\r\nHost: a\r\n").await;
    many.say(&"X-A: b\r\n".repeat(150)).await;
    many.say("\r\n").await;
    assert!(many.answer().await.starts_with("HTTP/1.1 431"));
}

#[tokio::test]
async fn a_connection_takes_little_room() {
    let (_ours, theirs) = duplex(64);
    let common = Common {
        router: router(),
        limits: limits(),
        trusted: Arc::default(),
        closing: CancellationToken::new(),
        cut: CancellationToken::new(),
    };
    let size = size_of_val(&serve_one(common, theirs, HERE));
    println!("a connection is {size} bytes beside its buffers");
    assert!(size < CONNECTION_BYTES_MAX, "{size}");
}
