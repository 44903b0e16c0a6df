//! One reader of the record for all who listen: it wakes on a commit, reads what is new once, and
//! hands it to every stream.
//!
//! Invariants: nobody who listens costs a read; what is kept for slow ones is bounded, and who
//! falls behind reads for itself; nothing is handed on before commit.

use super::cursor::Seal;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::id::PersonId;
use bihuan_store::Target;
use bihuan_store::feed::{FeedPage, newest, since};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, broadcast, watch};

/// Streams of one process at once.
pub const STREAMS_MAX: usize = 20_000;
/// Pages that are kept for slow streams.
const PAGES_KEPT: usize = 64;
/// Tidings of messages that are kept for slow streams.
const TIDINGS_KEPT: usize = 16;
/// How often to look for what another node recorded.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait after a failed read.
const PAUSE: Duration = Duration::from_secs(5);

/// What is new, for all who listen.
#[derive(Debug)]
pub struct Feed {
    pages: broadcast::Sender<Arc<FeedPage>>,
    messages: broadcast::Sender<Arc<BTreeSet<PersonId>>>,
    last: AtomicU64,
    begun: OnceCell<Seal>,
    streams: Arc<Semaphore>,
    woken: watch::Receiver<u64>,
    closing: watch::Sender<bool>,
}

/// A place among those who listen; it ends when dropped.
#[derive(Debug)]
pub struct Seat {
    /// What is new from now on.
    pub pages: broadcast::Receiver<Arc<FeedPage>>,
    /// Whose messages have changed from now on.
    pub messages: broadcast::Receiver<Arc<BTreeSet<PersonId>>>,
    /// Whether the service is closing.
    pub closing: watch::Receiver<bool>,
    /// Seals places.
    pub seal: Seal,
    /// The last entry that was handed on before.
    pub last: u64,
    _permit: OwnedSemaphorePermit,
}

impl Feed {
    /// The feed of a realm; it reads nothing until somebody listens.
    #[must_use]
    pub fn of(realm: &Realm) -> Arc<Feed> {
        let (wake, woken) = watch::channel(0);
        realm.store().on_commit(move || wake.send_modify(|it| *it += 1));
        Arc::new(Feed {
            pages: broadcast::Sender::new(PAGES_KEPT),
            messages: broadcast::Sender::new(TIDINGS_KEPT),
            last: AtomicU64::new(0),
            begun: OnceCell::new(),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            woken,
            closing: watch::Sender::new(false),
        })
    }

    /// Changes after each commit of this process.
    #[must_use]
    pub fn woken(&self) -> watch::Receiver<u64> {
        self.woken.clone()
    }

    /// How many listen.
    #[must_use]
    pub fn streams(&self) -> usize {
        STREAMS_MAX - self.streams.available_permits()
    }

    /// Tells the streams of persons that their messages have changed.
    pub fn tell(&self, persons: BTreeSet<PersonId>) {
        if !persons.is_empty() {
            // Nobody may be listening just now.
            let _ = self.messages.send(Arc::new(persons));
        }
    }

    /// Ends every stream, before the service does.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// A place among those who listen; `None` where too many do.
    ///
    /// # Errors
    /// Where the realm cannot be read.
    pub async fn sit(self: &Arc<Feed>, realm: &Arc<Realm>) -> Result<Option<Seat>, Problem> {
        let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() else { return Ok(None) };
        let seal = self.begun.get_or_try_init(|| self.begin(realm)).await?.clone();
        // First the place, then the number: what comes between is met twice, never missed.
        let pages = self.pages.subscribe();
        let last = self.last.load(Ordering::Acquire);
        let (messages, closing) = (self.messages.subscribe(), self.closing.subscribe());
        Ok(Some(Seat { pages, messages, closing, seal, last, _permit: permit }))
    }

    /// Begins to read at what is newest now.
    async fn begin(self: &Arc<Feed>, realm: &Arc<Realm>) -> Result<Seal, Problem> {
        let read = |db: &mut _| Ok((newest(db)?, bihuan_store::rules::key(db, "events")?));
        let (last, key) = blocking(realm, move |realm| realm.read(read)).await?;
        self.last.store(last, Ordering::Release);
        // Another node commits without waking us.
        let look = matches!(realm.target, Target::Postgres(_)).then_some(LOOK);
        tokio::spawn(read_on(Arc::downgrade(self), Arc::downgrade(realm), self.woken(), look));
        Ok(Seal::new(key, "events"))
    }
}

/// Reads for all, as long as there are a feed and a realm.
async fn read_on(
    feed: Weak<Feed>,
    realm: Weak<Realm>,
    mut woken: watch::Receiver<u64>,
    look: Option<Duration>,
) {
    loop {
        let (Some(feed), Some(realm)) = (feed.upgrade(), realm.upgrade()) else { return };
        let after = feed.last.load(Ordering::Acquire);
        let read = blocking(&realm, move |realm| {
            if look.is_some() {
                realm.store().renew_rules()?;
            }
            realm.read(|db| since(db, after))
        });
        let mut wait = look;
        match read.await {
            Ok(page) if page.last > after => {
                feed.last.store(page.last, Ordering::Release);
                // Nobody may be listening just now.
                let _ = feed.pages.send(Arc::new(page));
                continue;
            }
            Ok(_) => {}
            Err(problem) => {
                tracing::warn!(code = problem.code(), "the feed of changes could not read");
                wait = Some(PAUSE);
            }
        }
        drop((feed, realm));
        match wait {
            Some(wait) => {
                let _ = tokio::time::timeout(wait, woken.changed()).await;
            }
            None if woken.changed().await.is_err() => return,
            None => {}
        }
    }
}

/// Runs what blocks off the threads that serve connections.
async fn blocking<T: Send + 'static>(
    realm: &Arc<Realm>,
    work: impl FnOnce(&Realm) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let realm = Arc::clone(realm);
    let done = tokio::task::spawn_blocking(move || work(&realm)).await;
    done.map_err(|_| Problem::Other("the work was broken off".to_owned()))?
}
