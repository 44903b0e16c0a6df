//! What changes, told as it happens: server-sent events that go on where they broke off.
//!
//! Invariants: each event is told to those who may see its matter, and to nobody else; its id says
//! nothing of how much was recorded; a stream ends by itself, so that who was signed out is out.

use super::cursor::Seal;
use super::feed::Seat;
use super::problem::ReadProblems;
use super::{ApiProblem, App, Caller};
use crate::entropy;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response, Sse, sse};
use bihuan_core::id::{MatterId, PackId, PersonId};
use bihuan_core::policy::{Sight, Viewer, sight};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::feed::{FeedPage, since};
use futures_util::stream::{Stream, unfold};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Sleep;
use tokio::time::error::Elapsed;
use utoipa::ToSchema;

/// How often a stream says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a stream lasts; its client comes back by itself, and is asked again who it is.
const LASTS_S: u64 = 15 * 60;
/// Pages of the past that are read for one stream; more are not told one by one.
const PAGES_MAX: u32 = 50;

/// A matter has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatterChanged {
    /// The matter.
    pub matter: MatterId,
    /// The kind of loop.
    pub pack: PackId,
    /// Its version after the change.
    pub version: u64,
    /// What happened, such as `opened`, `moved`, `noted`; `changed` to who reported it.
    pub what: &'static str,
    /// When it was recorded, in milliseconds since 1970 UTC.
    pub at: Instant,
}

/// Tells what changes, as long as the connection lasts.
///
/// Events are `matter` (its data is a `MatterChanged`), `message`: the messages of the caller have
/// changed, load them anew; and `reset`: too much has happened since, load anew what is shown.
/// The stream ends after a quarter of an hour; a client comes back with
/// `Last-Event-ID` and misses nothing.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "event",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last id received.")),
    responses(
        (status = 200, body = MatterChanged, content_type = "text/event-stream"),
        ReadProblems,
    )
)]
pub async fn events(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    let seat = app.seat().await?.ok_or_else(full)?;
    let asked = headers.get("last-event-id").and_then(|it| it.to_str().ok());
    let stream = Sse::new(stream(app, caller, seat, asked));
    // Proxies that gather before they pass on would make it useless.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    let headers = [(header::CACHE_CONTROL, "no-store"), (unbuffered, "no")];
    Ok((headers, stream).into_response())
}

fn full() -> ApiProblem {
    let text = Text::new("连接过多，请稍后再试", "too many listen already; try again later");
    ApiProblem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text)
}

/// The events of one client from `asked` on, or from now.
pub fn stream(
    app: App,
    caller: Caller,
    seat: Seat,
    asked: Option<&str>,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + use<> {
    let mut listener = Listener::new(app, caller, seat);
    match asked.map(|it| listener.seat.seal.open(it)) {
        // What lies between is read for this stream alone.
        Some(Some(last)) if last <= listener.last => listener.rewind(last),
        Some(Some(_)) => {}
        Some(None) => listener.waiting.push_back(reset(&listener.seat.seal, listener.last)),
        None => {}
    }
    unfold(listener, |mut it| async move { Some((Ok(it.next().await?), it)) })
}

/// Whose messages have changed.
type Tidings = Result<Arc<BTreeSet<PersonId>>, RecvError>;

/// What a client heard of.
enum Heard {
    /// What is new, or that nothing is for a while.
    Page(Result<Result<Arc<FeedPage>, RecvError>, Elapsed>),
    Message(Tidings),
}

/// One client.
struct Listener {
    app: App,
    caller: Caller,
    seat: Seat,
    /// The last entry that was looked at.
    last: u64,
    /// Pages of the past that may still be read; 0 where the past is caught up with.
    behind: u32,
    waiting: VecDeque<sse::Event>,
    end: Pin<Box<Sleep>>,
}

impl Listener {
    fn new(app: App, caller: Caller, seat: Seat) -> Listener {
        let [spread] = entropy::bytes();
        // Streams that began together do not end together.
        let lasts = Duration::from_secs(LASTS_S + u64::from(spread));
        let (last, end) = (seat.last, Box::pin(tokio::time::sleep(lasts)));
        Listener { app, caller, seat, last, behind: 0, waiting: VecDeque::new(), end }
    }

    fn rewind(&mut self, last: u64) {
        self.behind = PAGES_MAX;
        self.last = last;
    }

    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.behind > 0 {
                self.catch_up().await?;
                continue;
            }
            let quiet = tokio::time::timeout(HEARTBEAT, self.seat.pages.recv());
            let heard = tokio::select! {
                heard = quiet => Heard::Page(heard),
                told = self.seat.messages.recv() => Heard::Message(told),
                () = &mut self.end => return None,
                _ = self.seat.closing.wait_for(|it| *it) => return None,
            };
            let heard = match heard {
                Heard::Page(heard) => heard,
                Heard::Message(told) => {
                    self.waiting.extend(self.message(told));
                    continue;
                }
            };
            match heard {
                // The id moves on with what is not for this client, without saying so.
                Err(_) => {
                    let id = self.seat.seal.seal(self.last);
                    return Some(sse::Event::default().comment("").id(id));
                }
                Ok(Ok(page)) if page.after > self.last => self.behind = PAGES_MAX,
                Ok(Ok(page)) => self.take(&page)?,
                Ok(Err(RecvError::Lagged(_))) => self.behind = PAGES_MAX,
                Ok(Err(RecvError::Closed)) => return None,
            }
        }
    }

    /// What to tell of messages, where they are this client's; who was too slow to hear looks.
    fn message(&self, told: Result<Arc<BTreeSet<PersonId>>, RecvError>) -> Option<sse::Event> {
        let concerns = match told {
            Ok(persons) => persons.contains(&self.caller.person),
            Err(it) => matches!(it, RecvError::Lagged(_)),
        };
        let id = || self.seat.seal.seal(self.last);
        concerns.then(|| sse::Event::default().event("message").id(id()).data("{}"))
    }

    /// Reads the next page of what is past; `None` ends the stream.
    async fn catch_up(&mut self) -> Option<()> {
        let after = self.last;
        let read = self.app.run(move |realm| realm.read(|db| since(db, after)));
        let page = read.await.ok()?;
        if page.last == after {
            self.behind = 0;
            return Some(());
        }
        self.behind -= 1;
        if self.behind == 0 {
            // Too much to tell one by one.
            let newest = self.app.run(|realm| realm.read(bihuan_store::feed::newest)).await;
            self.last = newest.ok()?;
            self.waiting.push_back(reset(&self.seat.seal, self.last));
            return Some(());
        }
        self.take(&page)
    }

    /// Puts what this client may see of a page into the queue; `None` where it may see nothing
    /// any more.
    fn take(&mut self, page: &FeedPage) -> Option<()> {
        let realm = self.app.realm();
        let (rules, now) = (realm.rules(), realm.now());
        let viewer = Viewer::of(&rules, &self.caller.account, self.caller.via, now).ok()?;
        for happening in page.happenings.iter().filter(|it| it.seq > self.last) {
            let Some(matter) = page.matters.get(&happening.matter) else { continue };
            let what = match sight(&rules, matter, &viewer) {
                Sight::Nothing | Sight::Published => continue,
                // What officials say to each other is not for who reported it.
                Sight::Own => "changed",
                Sight::Beside | Sight::Fixing | Sight::OnCase => happening.what,
            };
            let changed = MatterChanged {
                matter: happening.matter,
                pack: matter.pack.clone(),
                version: happening.version,
                what,
                at: happening.at,
            };
            let data = serde_json::to_string(&changed).expect("it has only string keys");
            let id = self.seat.seal.seal(happening.seq);
            self.waiting.push_back(sse::Event::default().event("matter").id(id).data(data));
        }
        self.last = self.last.max(page.last);
        Some(())
    }
}

/// Tells a client to load anew what it shows.
fn reset(seal: &Seal, last: u64) -> sse::Event {
    sse::Event::default().event("reset").id(seal.seal(last)).data("{}")
}
