//! A realm on disk: a folder with `realm.db` and `files/`, or a schema and a folder.

use crate::clock::RealmClock;
use crate::config::Config;
use crate::output::Output;
use crate::problem::Problem;
use bihuan_core::matter::{Rules, Submission};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_store::file::FilePlace;
use bihuan_store::rules::{Change, settings};
use bihuan_store::{Db, DbError, Receipt, Store, Target};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Who changes rules from the machine itself.
pub const OPERATOR: &str = "operator";

/// A realm that is open.
pub struct Realm {
    /// Its folder.
    pub dir: PathBuf,
    /// Where its database is.
    pub target: Target,
    /// Where its files are kept.
    pub files: FilePlace,
    /// Its clock.
    pub clock: RealmClock,
    store: Store,
    settings: BTreeMap<String, String>,
}

impl Realm {
    /// Opens the realm that the configuration names, for writing.
    ///
    /// # Errors
    /// Where there is none, another process writes to it, or the database cannot serve.
    pub fn open(config: &Config) -> Result<Realm, Problem> {
        is_there(config)?;
        Realm::open_target(config)
    }

    /// Opens the realm that the configuration names to look at it, beside whoever writes to it.
    ///
    /// # Errors
    /// Where there is none, or the database cannot serve.
    pub fn look(config: &Config) -> Result<Realm, Problem> {
        is_there(config)?;
        Realm::around(config, RealmClock::default(), Store::look(&config.target)?)
    }

    /// Makes an empty realm.
    ///
    /// # Errors
    /// Where there is one already, or the folder cannot be made.
    pub fn make(config: &Config) -> Result<Realm, Problem> {
        if let Target::Sqlite(path) = &config.target
            && path.exists()
        {
            return Err(Problem::RealmExists(config.target.to_string()));
        }
        std::fs::create_dir_all(&config.dir).map_err(|it| Problem::file(&config.dir, &it))?;
        config.files.open()?;
        let realm = Realm::open_target(config)?;
        if realm.rules().rev > 0 {
            return Err(Problem::RealmExists(config.target.to_string()));
        }
        Ok(realm)
    }

    fn open_target(config: &Config) -> Result<Realm, Problem> {
        let clock = RealmClock::default();
        let store = Store::open(&config.target, clock.ticker())?;
        Realm::around(config, clock, store)
    }

    fn around(config: &Config, clock: RealmClock, store: Store) -> Result<Realm, Problem> {
        store.hold_while(clock.held());
        let settings = store.read(settings)?;
        let offset_ms = settings.get("clock_offset_ms").and_then(|it| it.parse().ok());
        let is_demonstration = settings.get("demonstration").is_some_and(|it| it == "1");
        // A realm that is no demonstration runs by the machine's clock, whatever is set.
        clock.set_offset_ms(offset_ms.filter(|_| is_demonstration).unwrap_or(0));
        let (dir, target) = (config.dir.clone(), config.target.clone());
        Ok(Realm { dir, target, files: config.files.clone(), clock, store, settings })
    }

    /// Marks an output as being about a demonstration, if this is one.
    pub fn mark(&self, out: &mut Output) {
        if self.is_demonstration() {
            out.demonstrate(self.clock.offset_ms());
        }
    }

    /// Whether its matters are invented.
    #[must_use]
    pub fn is_demonstration(&self) -> bool {
        self.settings.get("demonstration").is_some_and(|it| it == "1")
    }

    /// Its name, where one is set.
    #[must_use]
    pub fn title(&self) -> Option<Text> {
        let word = |name: &str| self.settings.get(name).cloned();
        Some(Text { zh: word("title_zh")?, en: word("title_en")? })
    }

    /// The rules as of the last batch.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        self.store.rules()
    }

    /// What its clock shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The store under it.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Reads what is committed.
    ///
    /// # Errors
    /// As `read` says.
    pub fn read<T>(&self, read: impl FnOnce(&mut Db) -> Result<T, DbError>) -> Result<T, Problem> {
        Ok(self.store.read(read)?)
    }

    /// Changes rules, as the operator of this machine.
    ///
    /// # Errors
    /// Where the change is not sound.
    pub fn change(&self, change: Change) -> Result<u64, Problem> {
        Ok(self.store.change(OPERATOR, change)?)
    }

    /// Submits a command.
    ///
    /// # Errors
    /// A refusal, or why the store could not.
    pub fn submit(&self, submission: Submission) -> Result<Receipt, Problem> {
        Problem::of_answer(self.store.submit(submission))
    }
}

/// Whether there is a realm to open; a schema of PostgreSQL is asked when it is opened.
fn is_there(config: &Config) -> Result<(), Problem> {
    match &config.target {
        Target::Sqlite(path) if !path.is_file() => {
            let dir = path.parent().map_or_else(|| config.dir.clone(), PathBuf::from);
            Err(Problem::NoRealm(dir))
        }
        _ => Ok(()),
    }
}
