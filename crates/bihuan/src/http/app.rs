//! What every handler shares: the realm, and how many may read it at once.

use super::problem::ApiProblem;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::matter::Submission;
use bihuan_store::{Answer, Receipt};
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};

/// Reads that run at once; more wait their turn.
const READS_MAX: usize = 8;

/// The application: cheap to clone, one realm.
#[derive(Clone)]
pub struct App {
    realm: Arc<Realm>,
    reads: Arc<Semaphore>,
}

impl App {
    /// The application over an open realm.
    #[must_use]
    pub fn new(realm: Realm) -> App {
        App { realm: Arc::new(realm), reads: Arc::new(Semaphore::new(READS_MAX)) }
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        &self.realm
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
}
