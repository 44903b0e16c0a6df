//! What every handler shares: the realm, and how many may read it at once.

use super::base_map::BaseMap;
use super::cursor::Seal;
use super::edge::Edge;
use super::feed::{Feed, Seat};
use super::health::Health;
use super::layer::Rates;
use super::made::Made;
use super::problem::ApiProblem;
use super::public::{Lately, PLACES, Reception};
use crate::attachment::Attachments;
use crate::outward::Outward;
use crate::problem::Problem;
use crate::provider::Provider;
use crate::realm::Realm;
use crate::setting::Settings;
use crate::traces::Traces;
use bihuan_core::matter::Submission;
use bihuan_core::time::Instant;
use bihuan_store::audit::Audited;
use bihuan_store::session::Session;
use bihuan_store::{Answer, Db, DbError, Receipt};
use metrics_exporter_prometheus::PrometheusHandle;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore, oneshot};

/// Reads that run at once for each core; more wait their turn, since to begin them would only take
/// memory.
const READS_PER_CORE: usize = 2;
/// Reads that run at once at most, of which each has a connection.
const READS_MAX: usize = 8;
/// Passwords that are hashed at once: each takes 19 MiB and some milliseconds of a core.
const HASHES_MAX: usize = 2;
/// Exports that are written at once; more are asked to come again.
pub const EXPORTS_MAX: usize = 4;
/// Sessions that are remembered between requests.
const SESSIONS_KEPT: usize = 10_000;
/// How long a session is remembered before it is looked up again: a session that was ended
/// elsewhere lives no longer than this.
const SESSION_KEPT_MS: i64 = 1_000;

/// Sessions by the digest of their token, and when each was looked up.
type Sessions = HashMap<[u8; 32], (Instant, Session)>;

/// The application: cheap to clone, one realm.
#[derive(Clone)]
pub struct App {
    realm: Arc<Realm>,
    reads: Arc<Semaphore>,
    hashes: Arc<Semaphore>,
    exports: Arc<Semaphore>,
    sessions: Arc<Mutex<Sessions>>,
    is_secure: bool,
    requires_factor: bool,
    provider: Option<Provider>,
    base_map: Option<Arc<BaseMap>>,
    takes_reports: bool,
    reception: Arc<Reception>,
    lately: Arc<Lately>,
    publishing: Arc<Publishing>,
    feed: Arc<Feed>,
    made: Arc<Made>,
    pages: Arc<OnceCell<Seal>>,
    attachments: Arc<Attachments>,
    outward: Option<Outward>,
    rates: Option<Arc<Rates>>,
    watch: Option<Arc<Watch>>,
    traces: Option<Traces>,
    health: Arc<Health>,
}

/// What the public is shown, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishing {
    /// Where the public reaches the service; none where nobody said so.
    pub url: Option<String>,
    /// Whether photos may be released.
    pub photos: bool,
}

impl Publishing {
    /// As the settings say.
    #[must_use]
    pub fn of(settings: &Settings) -> Publishing {
        let url = settings.some("public.url").map(ToOwned::to_owned);
        Publishing { url, photos: settings.is("public.photos") }
    }
}

/// What figures for who watches are made from.
#[derive(Debug)]
pub struct Watch {
    /// What was counted.
    pub figures: PrometheusHandle,
    /// The connections.
    pub edge: Edge,
}

/// Reads that run at once on this machine.
fn reads_at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores * READS_PER_CORE).min(READS_MAX)
}

impl App {
    /// The application over an open realm.
    #[must_use]
    pub fn new(realm: Realm) -> App {
        // Where the system does not say which program this is, no picture can be decoded.
        let program = std::env::current_exe().unwrap_or_default();
        let reception = Arc::new(Reception::new(&realm.dir, PLACES));
        App {
            attachments: Arc::new(Attachments::new(&realm.dir, realm.files.clone(), program)),
            feed: Feed::of(&realm),
            made: Arc::default(),
            pages: Arc::default(),
            outward: None,
            rates: None,
            watch: None,
            traces: None,
            health: Arc::default(),
            realm: Arc::new(realm),
            reads: Arc::new(Semaphore::new(reads_at_once())),
            hashes: Arc::new(Semaphore::new(HASHES_MAX)),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            sessions: Arc::default(),
            is_secure: false,
            requires_factor: false,
            provider: None,
            base_map: None,
            takes_reports: false,
            reception,
            lately: Arc::default(),
            publishing: Arc::default(),
        }
    }

    /// The same where every connection is under TLS, so that cookies say so.
    #[must_use]
    pub fn secure(self) -> App {
        App { is_secure: true, ..self }
    }

    /// The same where administrators do nothing without a second factor.
    #[must_use]
    pub fn requiring_factor(self) -> App {
        App { requires_factor: true, ..self }
    }

    /// The same where people sign in at a provider, too.
    #[must_use]
    pub fn signing_in_at(self, provider: Provider) -> App {
        App { provider: Some(provider), ..self }
    }

    /// The same where maps have a base.
    #[must_use]
    pub fn mapped(self, base_map: Option<BaseMap>) -> App {
        App { base_map: base_map.map(Arc::new), ..self }
    }

    /// The same where anybody may report without an account.
    #[must_use]
    pub fn taking_reports(self, takes_reports: bool) -> App {
        App { takes_reports, ..self }
    }

    /// The same where so many reports without an account come in at once.
    #[must_use]
    pub fn receiving(self, places: usize) -> App {
        App { reception: Arc::new(Reception::new(&self.realm.dir, places)), ..self }
    }

    /// Where reports without an account come in.
    #[must_use]
    pub fn reception(&self) -> &Reception {
        &self.reception
    }

    /// What public pages say of lately.
    #[must_use]
    pub fn lately(&self) -> &Lately {
        &self.lately
    }

    /// Whether anybody may report without an account.
    #[must_use]
    pub fn takes_reports(&self) -> bool {
        self.takes_reports
    }

    /// The base map, where there is one.
    #[must_use]
    pub fn base_map(&self) -> Option<&BaseMap> {
        self.base_map.as_deref()
    }

    /// The same where something is shown to the public.
    #[must_use]
    pub fn publishing(self, publishing: Publishing) -> App {
        App { publishing: Arc::new(publishing), ..self }
    }

    /// What the public is shown.
    #[must_use]
    pub fn public(&self) -> &Publishing {
        &self.publishing
    }

    /// The same where requests are traced.
    #[must_use]
    pub fn traced(self, traces: Traces) -> App {
        App { traces: Some(traces), ..self }
    }

    /// Where traces of requests go, if anywhere.
    #[must_use]
    pub fn traces(&self) -> Option<&Traces> {
        self.traces.as_ref()
    }

    /// The provider, where there is one.
    #[must_use]
    pub fn provider(&self) -> Option<&Provider> {
        self.provider.as_ref()
    }

    /// Whether administrators do nothing without a second factor.
    #[must_use]
    pub fn requires_factor(&self) -> bool {
        self.requires_factor
    }

    /// The same where another program decodes pictures, such as in tests.
    #[must_use]
    pub fn decoding_with(self, program: PathBuf) -> App {
        let attachments = Attachments::new(&self.realm.dir, self.realm.files.clone(), program);
        App { attachments: Arc::new(attachments), ..self }
    }

    /// Uploads, files and pictures.
    #[must_use]
    pub fn attachments(&self) -> &Arc<Attachments> {
        &self.attachments
    }

    /// Runs what blocks over attachments, as [`App::run`] does.
    ///
    /// # Errors
    /// As `work` says.
    pub async fn attach<T: Send + 'static, E: From<Problem> + Send + 'static>(
        &self,
        work: impl FnOnce(&Realm, &Attachments) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let closed = || Problem::Other("the service is closing".to_owned());
        let _turn = self.reads.acquire().await.map_err(|_| closed())?;
        let (realm, attachments) = (Arc::clone(&self.realm), Arc::clone(&self.attachments));
        let done = tokio::task::spawn_blocking(move || work(&realm, &attachments)).await;
        done.map_err(|_| closed())?
    }

    /// Whether every connection is under TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The same with a way out, so that programs elsewhere can be told.
    #[must_use]
    pub fn reaching(self, outward: Outward) -> App {
        App { outward: Some(outward), ..self }
    }

    /// The same where nobody asks too often.
    #[must_use]
    pub fn rated(self, rates: Arc<Rates>) -> App {
        App { rates: Some(rates), ..self }
    }

    /// How often one may ask, where that is limited.
    #[must_use]
    pub fn rates(&self) -> Option<&Rates> {
        self.rates.as_deref()
    }

    /// The same where somebody watches.
    #[must_use]
    pub fn watched(self, watch: Watch) -> App {
        App { watch: Some(Arc::new(watch)), ..self }
    }

    /// What is told to who watches, where somebody does.
    #[must_use]
    pub fn watch(&self) -> Option<&Watch> {
        self.watch.as_deref()
    }

    /// Whether it can serve.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The way out, where there is one.
    #[must_use]
    pub fn outward(&self) -> Option<&Outward> {
        self.outward.as_ref()
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    /// What depends on the rules alone.
    #[must_use]
    pub fn made(&self) -> &Made {
        &self.made
    }

    /// Runs what blocks, such as a read, off the threads that serve connections.
    ///
    /// # Errors
    /// As `work` says.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Realm) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        let closed = || Problem::Other("the service is closing".to_owned());
        let _turn = self.reads.acquire().await.map_err(|_| closed())?;
        let realm = Arc::clone(&self.realm);
        let done = tokio::task::spawn_blocking(move || work(&realm)).await;
        Ok(done.map_err(|_| Problem::Other("the work was broken off".to_owned()))??)
    }

    /// What is new, for all who listen.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// What seals places in lists.
    ///
    /// # Errors
    /// Where the realm cannot be read.
    pub async fn pages(&self) -> Result<Seal, ApiProblem> {
        let read = |realm: &Realm| realm.read(|db| bihuan_store::rules::key(db, "pages"));
        let seal = || async { Ok(Seal::new(self.run(read).await?, "pages")) };
        self.pages.get_or_try_init(seal).await.cloned()
    }

    /// A place among the exports; `None` where too many are written.
    #[must_use]
    pub fn export(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.exports).try_acquire_owned().ok()
    }

    /// A place among those who listen; `None` where too many do.
    ///
    /// # Errors
    /// Where the realm cannot be read.
    pub async fn seat(&self) -> Result<Option<Seat>, ApiProblem> {
        Ok(self.feed.sit(&self.realm).await?)
    }

    /// Submits a command and waits for its answer, which comes after the commit.
    ///
    /// # Errors
    /// A refusal, a conflict, or why the store could not.
    pub async fn submit(&self, submission: Submission) -> Result<Receipt, ApiProblem> {
        Ok(Problem::of_answer(self.answer(submission).await)?)
    }

    /// The same, as the store answers.
    pub async fn answer(&self, submission: Submission) -> Answer {
        let (told, answer) = oneshot::channel();
        // Whoever asked may have gone; the command stands.
        let reply = Box::new(move |answer| drop(told.send(answer)));
        self.realm.store().send(submission, reply);
        answer.await.unwrap_or_else(|_| self.realm.store().closing())
    }

    /// Writes rows that are no part of the record.
    ///
    /// # Errors
    /// As `write` or the database says.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Db) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        self.run(move |realm| Ok(realm.store().write(write)?)).await
    }

    /// Writes rows with `work`, and what the audit trail says of it, in one transaction.
    ///
    /// # Errors
    /// As `work` or the database says; nothing has changed then.
    pub async fn record<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db, Instant) -> Result<(T, Vec<Audited>), DbError> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        self.run(move |realm| Ok(realm.store().record(work)?)).await
    }

    /// Puts an entry on the audit trail; what it tells of may be answered once this has returned.
    ///
    /// # Errors
    /// As the database says: then nothing may be shown.
    pub async fn audit(&self, entry: Audited) -> Result<(), ApiProblem> {
        self.record(move |_, _| Ok(((), vec![entry]))).await
    }

    /// Runs what hashes a password, of which few are hashed at once.
    ///
    /// # Errors
    /// As `work` says, or where the service is closing.
    pub async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Realm) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        let closed = || Problem::Other("the service is closing".to_owned());
        let _turn = self.hashes.acquire().await.map_err(|_| closed())?;
        let realm = Arc::clone(&self.realm);
        let done = tokio::task::spawn_blocking(move || work(&realm)).await;
        Ok(done.map_err(|_| closed())??)
    }

    /// The session under the digest of a token; one that was just looked up is remembered.
    ///
    /// # Errors
    /// As the database says.
    pub async fn session(
        &self,
        digest: [u8; 32],
        now: Instant,
    ) -> Result<Option<Session>, ApiProblem> {
        let is_fresh = |at: Instant| (0..SESSION_KEPT_MS).contains(&(now.0 - at.0));
        if let Some((_, session)) = self.kept().get(&digest).filter(|it| is_fresh(it.0)) {
            return Ok(Some(session.clone()));
        }
        let found = self
            .run(move |realm| realm.read(|db| bihuan_store::session::find(db, &digest)))
            .await?;
        let mut kept = self.kept();
        if kept.len() >= SESSIONS_KEPT {
            kept.clear();
        }
        match &found {
            Some(session) => drop(kept.insert(digest, (now, session.clone()))),
            None => drop(kept.remove(&digest)),
        }
        drop(kept);
        Ok(found)
    }

    /// Forgets the sessions that are remembered, because some were ended.
    pub fn forget_sessions(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
