//! A realm that is open: one writer thread that commits in groups, and readers beside it.

use crate::answers::Answers;
use crate::audit::Audited;
use crate::db::{Db, DbError, Role};
use crate::dialect::Target;
use crate::execute::{
    AdjustError, AdjustmentReceipt, Answer, BATCH_MAX, Failure, Moment, Preview, RankingError,
    RankingReceipt, RankingSubmission, Writer,
};
use crate::meter::Meter;
use crate::migrate::{is_current, migrate};
use crate::rules::{self, Change, ChangeError};
use bihuan_core::adjustment::AdjustmentSubmission;
use bihuan_core::matter::{Refusal, Rules, Submission};
use bihuan_core::time::Instant;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// Commands that wait for the writer before senders have to.
const QUEUE_MAX: usize = 1_024;
/// How long the writer waits for the next command of a group, while those whose last one it has
/// just answered are likely to send again: far less than a commit takes.
const GATHER: Duration = Duration::from_micros(200);
/// Readers that are kept.
const READERS_MAX: usize = 8;

/// Tells the moment and draws the salt of each batch; the only clock and chance of a store.
pub type Ticker = Box<dyn Fn() -> Moment + Send>;

/// A realm that is open. Dropping it writes what waits and closes.
pub struct Store {
    target: Target,
    work: Option<Sender<Work>>,
    writer: Option<JoinHandle<()>>,
    rules: Arc<RwLock<Arc<Rules>>>,
    readers: Mutex<Vec<Db>>,
    told: Arc<RwLock<Vec<Told>>>,
    meter: Arc<Meter>,
    held: Arc<OnceLock<Arc<AtomicBool>>>,
}

/// A write beside the record, such as a session.
type Aside = Box<dyn FnOnce(&mut Db) + Send>;

/// A write beside the record that the record tells of.
type Recorded = Box<dyn FnOnce(&mut Writer, &Moment) + Send>;

/// Is told after each commit, on the writer's thread: it must not wait.
type Told = Box<dyn Fn() + Send + Sync>;

/// Takes the answer to a command, on the writer's thread: it must not wait.
pub type Reply = Box<dyn FnOnce(Answer) + Send>;

enum Work {
    Submit(Box<Submission>, Reply),
    Change(Box<(String, Change)>, Sender<Result<u64, ChangeError>>),
    Write(Aside),
    Record(Recorded),
}

impl Store {
    /// Opens a realm, creating or migrating its tables.
    ///
    /// # Errors
    /// Where the target cannot be reached or cannot serve, with what to do.
    pub fn open(target: &Target, ticker: Ticker) -> Result<Store, DbError> {
        let mut db = Db::connect(target, Role::Writer)?;
        migrate(&mut db)?;
        let mut writer = Writer::new(db, ticker())?;
        let (meter, held) = (Arc::new(Meter::default()), Arc::default());
        writer.hold_while(Arc::clone(&held));
        let noted = Arc::clone(&meter);
        let rules = Arc::new(RwLock::new(Arc::clone(writer.rules())));
        let (work, queue) = bounded(QUEUE_MAX);
        let told = Arc::new(RwLock::new(Vec::new()));
        let (shown, tell) = (Arc::clone(&rules), Arc::clone(&told));
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || write(writer, &queue, &ticker, (&shown, &tell), &noted))
            .map_err(|it| DbError::Other(format!("the writer cannot start: {it}")))?;
        Ok(Store {
            target: target.clone(),
            work: Some(work),
            writer: Some(thread),
            rules,
            readers: Mutex::new(Vec::new()),
            told,
            meter,
            held,
        })
    }

    /// Opens a realm to look at it, beside whoever writes to it. Commands and changes are answered
    /// with `read_only`, and the rules stay as they were on opening.
    ///
    /// # Errors
    /// Where the target cannot be reached, or its schema is not the newest.
    pub fn look(target: &Target) -> Result<Store, DbError> {
        let mut db = Db::connect(target, Role::Reader)?;
        is_current(&mut db)?;
        let rules = Arc::new(RwLock::new(Arc::new(rules::load(&mut db)?)));
        let (work, writer, target) = (None, None, target.clone());
        let (readers, told) = (Mutex::new(vec![db]), Arc::default());
        let (meter, held) = (Arc::default(), Arc::default());
        Ok(Store { target, work, writer, rules, readers, told, meter, held })
    }

    /// Holds penal acts whenever `held` says so, because the clock is in doubt; for once.
    pub fn hold_while(&self, held: Arc<AtomicBool>) {
        // Who holds first, holds.
        let _ = self.held.set(held);
    }

    /// How much the writer does.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Commands and changes that wait for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.work.as_ref().map_or(0, Sender::len)
    }

    /// Why there is no writer to send to.
    fn no_writer(&self) -> Failure {
        match self.writer {
            None => Failure { code: "read_only", why: "the realm is open for reading only".into() },
            Some(_) => Failure { code: "failed", why: "the store is closing".into() },
        }
    }

    /// The rules as of the last batch.
    ///
    /// # Panics
    /// Never: the lock is held for a copy only.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Has `told` called after each commit of this process to the record, on the writer's thread:
    /// it must not wait. It may be called without one.
    pub fn on_commit(&self, told: impl Fn() + Send + Sync + 'static) {
        let mut all = self.told.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.push(Box::new(told));
    }

    /// Loads the rules anew where another process has changed them; says whether it had.
    ///
    /// # Errors
    /// As the database says, or where the rules cannot be loaded.
    pub fn renew_rules(&self) -> Result<bool, DbError> {
        let known = self.rules().rev;
        let renewed = self.read(|db| match rules::rev(db)? {
            rev if rev > known => rules::load(db).map(Some),
            _ => Ok(None),
        })?;
        let is_newer = renewed.is_some();
        renewed.into_iter().for_each(|it| show(&self.rules, &Arc::new(it)));
        Ok(is_newer)
    }

    /// Submits a command and waits for its answer, which comes after the commit.
    #[must_use]
    pub fn submit(&self, submission: Submission) -> Answer {
        self.submit_all(vec![submission]).remove(0)
    }

    /// Submits commands in order and waits for their answers.
    #[must_use]
    pub fn submit_all(&self, submissions: Vec<Submission>) -> Vec<Answer> {
        let answers = Answers::new(submissions.len(), &self.closing());
        for (submission, ticket) in submissions.into_iter().zip(answers.tickets()) {
            let reply = Box::new(move |answer| ticket.answer(answer));
            let work = Work::Submit(Box::new(submission), reply);
            if self.work.as_ref().is_none_or(|it| it.send(work).is_err()) {
                break;
            }
        }
        answers.wait()
    }

    /// Submits a command without waiting; `reply` has its answer after the commit. Where too many
    /// wait already, the answer comes at once and says to try again.
    pub fn send(&self, submission: Submission, reply: Reply) {
        let work = Work::Submit(Box::new(submission), reply);
        let Some(queue) = &self.work else {
            return answer(work, self.closing());
        };
        match queue.try_send(work) {
            Ok(()) => {}
            Err(TrySendError::Full(work)) => {
                let why = "too many commands wait".to_owned();
                answer(work, Answer::Failed(Failure { code: "busy", why }));
            }
            Err(TrySendError::Disconnected(work)) => answer(work, self.closing()),
        }
    }

    /// What is answered where there is no writer any more.
    #[must_use]
    pub fn closing(&self) -> Answer {
        Answer::Failed(self.no_writer())
    }

    /// Changes rules of the realm.
    ///
    /// # Errors
    /// Where the change is not sound or the database failed; nothing has changed.
    pub fn change(&self, by: &str, change: Change) -> Result<u64, ChangeError> {
        let (sender, answer) = bounded(1);
        let closed = || ChangeError::Db(DbError::Other(self.no_writer().why));
        let work = Work::Change(Box::new((by.to_owned(), change)), sender);
        let queue = self.work.as_ref().ok_or_else(closed)?;
        queue.send(work).map_err(|_| closed())?;
        answer.recv().map_err(|_| closed())?
    }

    /// Writes rows that are no part of the record, such as sessions, in a transaction of their own.
    ///
    /// # Errors
    /// As `write` or the database says; nothing has changed then.
    pub fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Db) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        let (sender, answer) = bounded(1);
        let closed = || DbError::Other(self.no_writer().why);
        let aside: Aside = Box::new(move |db| {
            let done = db.begin().and_then(|()| write(db)).and_then(|it| db.commit().map(|()| it));
            if done.is_err() {
                db.rollback();
            }
            // Whoever asked may have gone.
            let _ = sender.send(done);
        });
        let queue = self.work.as_ref().ok_or_else(closed)?;
        queue.send(Work::Write(aside)).map_err(|_| closed())?;
        answer.recv().map_err(|_| closed())?
    }

    /// Writes rows with `work`, at the moment it is told, and the entries of the audit trail that
    /// it names, in one transaction.
    ///
    /// # Errors
    /// As `work` or the database says; nothing has changed then.
    pub fn record<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db, Instant) -> Result<(T, Vec<Audited>), DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.recorded(move |writer, moment| writer.record(moment, work))?
    }

    /// Decides on a command on an adjustment, and waits for its answer after the commit.
    ///
    /// # Errors
    /// A refusal, a conflict, or as the database says; nothing has changed then.
    pub fn adjust(
        &self,
        submission: AdjustmentSubmission,
    ) -> Result<AdjustmentReceipt, AdjustError> {
        self.recorded(move |writer, moment| writer.adjust(moment, &submission))?
    }

    /// Publishes a ranking, and waits until it is in the record.
    ///
    /// # Errors
    /// Why not, or as the database says; nothing has changed then.
    pub fn publish_ranking(
        &self,
        submission: RankingSubmission,
    ) -> Result<RankingReceipt, RankingError> {
        self.recorded(move |writer, moment| writer.publish_ranking(moment, &submission))?
    }

    /// Has the writer do something to the record, and waits for what it says.
    fn recorded<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer, &Moment) -> T + Send + 'static,
    ) -> Result<T, DbError> {
        let (sender, answer) = bounded(1);
        let closed = || DbError::Other(self.no_writer().why);
        let recorded: Recorded = Box::new(move |writer, moment| {
            // Whoever asked may have gone.
            let _ = sender.send(work(writer, moment));
        });
        let queue = self.work.as_ref().ok_or_else(closed)?;
        queue.send(Work::Record(recorded)).map_err(|_| closed())?;
        answer.recv().map_err(|_| closed())
    }

    /// Reads with a connection of its own, which sees only what is committed.
    ///
    /// # Errors
    /// As `read` says, or where no connection is to be had.
    pub fn read<T>(&self, read: impl FnOnce(&mut Db) -> Result<T, DbError>) -> Result<T, DbError> {
        let mut db = self.reader()?;
        let result = read(&mut db);
        // A connection that is lost is not kept.
        if !matches!(result, Err(DbError::Lost(_))) {
            self.keep(db);
        }
        result
    }

    /// What commands would do if they came at `moment`, in order; nothing changes.
    ///
    /// # Errors
    /// Where what is committed cannot be read.
    pub fn preview(&self, moment: Moment, batch: &[Submission]) -> Result<Vec<Preview>, DbError> {
        let mut beside = Writer::beside(self.reader()?, self.rules())?;
        beside.hold_while(Arc::clone(&self.held));
        let previews = beside.preview(moment, batch)?;
        self.keep(beside.into_db());
        Ok(previews)
    }

    /// Why each of several commands would be refused if it came at `moment` and alone, or that it
    /// would not; nothing changes. The facts are read once, so many cost little more than one.
    ///
    /// # Errors
    /// Where what is committed cannot be read.
    pub fn refusals(
        &self,
        moment: Moment,
        batch: &[Submission],
    ) -> Result<Vec<Option<Box<Refusal>>>, DbError> {
        let mut beside = Writer::beside(self.reader()?, self.rules())?;
        beside.hold_while(Arc::clone(&self.held));
        let refusals = beside.refusals(moment, batch)?;
        self.keep(beside.into_db());
        Ok(refusals)
    }

    /// A reader that was kept, or a new one.
    fn reader(&self) -> Result<Db, DbError> {
        let kept = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        kept.map_or_else(|| Db::connect(&self.target, Role::Reader), Ok)
    }

    /// Keeps a reader for the next who reads.
    fn keep(&self, db: Db) {
        let mut readers = self.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if readers.len() < READERS_MAX {
            readers.push(db);
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.work = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing more to write.
            let _ = writer.join();
        }
    }
}

/// Answers a command that did not reach the writer.
fn answer(work: Work, answer: Answer) {
    if let Work::Submit(_, reply) = work {
        reply(answer);
    }
}

/// The writer's life: drain what waits, commit it together, answer.
fn write(
    mut writer: Writer,
    queue: &Receiver<Work>,
    ticker: &Ticker,
    (shown, told): (&RwLock<Arc<Rules>>, &RwLock<Vec<Told>>),
    meter: &Meter,
) {
    let mut held: Option<Work> = None;
    // Commands of the last group, whose senders have their answers.
    let mut answered = 0;
    while let Some(first) = held.take().or_else(|| queue.recv().ok()) {
        match first {
            Work::Change(change, answer) => {
                let done = writer.change(ticker(), &change.0, &change.1);
                // Whoever hears that it is done reads by it.
                show(shown, writer.rules());
                // Whoever asked may have gone.
                let _ = answer.send(done);
            }
            // Nothing of it is in the record, and whoever is told of that may write so itself.
            Work::Write(write) => {
                write(writer.db());
                continue;
            }
            Work::Record(work) => work(&mut writer, &ticker()),
            Work::Submit(submission, reply) => {
                let mut batch = vec![*submission];
                let mut waiting = vec![reply];
                // A lone sender is never kept waiting: there is nobody else to wait for.
                let expected = answered + queue.len();
                while batch.len() < BATCH_MAX {
                    match next(queue, batch.len() < expected) {
                        Some(Work::Submit(submission, reply)) => {
                            batch.push(*submission);
                            waiting.push(reply);
                        }
                        other => {
                            held = other;
                            break;
                        }
                    }
                }
                answered = batch.len();
                let answers = meter.measure(batch.len(), || writer.execute(ticker(), &batch));
                for (reply, answer) in waiting.into_iter().zip(answers) {
                    reply(answer);
                }
            }
        }
        show(shown, writer.rules());
        let told = told.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.iter().for_each(|it| it());
    }
}

/// Shows rules to all who ask, unless they know newer ones.
fn show(shown: &RwLock<Arc<Rules>>, rules: &Arc<Rules>) {
    let mut shown = shown.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    if rules.rev >= shown.rev {
        *shown = Arc::clone(rules);
    }
}

/// What comes next, if anything waits or comes soon.
fn next(queue: &Receiver<Work>, more_expected: bool) -> Option<Work> {
    match queue.try_recv() {
        Err(_) if more_expected => queue.recv_timeout(GATHER).ok(),
        other => other.ok(),
    }
}
