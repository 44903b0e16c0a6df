//! The realm's side of the simulation: a writer that is dropped between batches and opened again,
//! and a clock that does not always go on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use anyhow::{Context, Result};
use bihuan_core::id::MatterId;
use bihuan_core::matter::submission::{Command, Submission};
use bihuan_core::matter::{Matter, next_timer, timer_command};
use bihuan_core::policy::Scope;
use bihuan_core::story::chance::Chance;
use bihuan_core::time::{HOUR_MS, Instant};
use bihuan_store::db::Role;
use bihuan_store::matter::{due_timers, matter};
use bihuan_store::rules::{Change, FileRow};
use bihuan_store::{Answer, Db, Target, Writer, migrate};

use crate::torture::realm::{self, moment};

/// Matters that phones may come to see: those touched last.
const RECENT_MAX: usize = 600;
/// Timers that one look finds.
const TIMERS_MAX: i64 = 200;

/// The realm under simulation.
pub(super) struct Server {
    target: Target,
    writer: Option<Writer>,
    chance: Chance,
    /// What an honest clock would show.
    pub(super) now: Instant,
    /// Digests of files that are on disk and have no row yet.
    files: BTreeSet<String>,
    pub(super) seen: BTreeMap<MatterId, Matter>,
    pub(super) recent: VecDeque<MatterId>,
    pub(super) crashes: u64,
    pub(super) clock_back: u64,
    pub(super) batches: u64,
}

impl Server {
    /// Founds a realm in a file of `dir`.
    pub(super) fn found(dir: &Path, seed: u64) -> Result<Server> {
        let mut server = Server {
            target: Target::Sqlite(dir.join("realm.db")),
            writer: None,
            chance: Chance::new(seed ^ 0x5E27),
            now: realm::START,
            files: BTreeSet::new(),
            seen: BTreeMap::new(),
            recent: VecDeque::new(),
            crashes: 0,
            clock_back: 0,
            batches: 0,
        };
        realm::found(|change| server.change(&change))?;
        Ok(server)
    }

    /// The writer, opened if the last one is gone.
    pub(super) fn writer(&mut self) -> Result<&mut Writer> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => {
                let mut db = Db::connect(&self.target, Role::Writer)?;
                // Here the process survives, so the file system need not be asked to sync.
                db.run("PRAGMA synchronous = OFF")?;
                migrate(&mut db)?;
                Writer::new(db, moment(&mut self.chance, self.now))
                    .context("the realm cannot be opened again")?
            }
        };
        Ok(self.writer.insert(writer))
    }

    /// Ends the writer without a word.
    pub(super) fn crash(&mut self) {
        self.writer = None;
        self.crashes += 1;
    }

    pub(super) fn change(&mut self, change: &Change) -> Result<()> {
        let moment = moment(&mut self.chance, self.now);
        self.writer()?.change(moment, "operator", change)?;
        Ok(())
    }

    /// Executes a batch; now and then the clock shows an earlier time than before.
    pub(super) fn execute(&mut self, batch: &[Submission]) -> Result<Vec<Answer>> {
        let mut clock = self.now;
        if self.chance.percent(2) {
            let hours = i64::try_from(self.chance.below(72)).expect("72 hours fit");
            clock = clock.plus_ms(-hours * HOUR_MS - 1);
            self.clock_back += 1;
        }
        let moment = moment(&mut self.chance, clock);
        let answers = self.writer()?.execute(moment, batch);
        self.batches += 1;
        for (submission, answer) in batch.iter().zip(&answers) {
            if let Answer::Done(receipt) = answer
                && !receipt.replayed
            {
                self.see(submission.matter)?;
                if let Command::Join(join) = &submission.command {
                    for child in &join.children {
                        self.see(child.matter)?;
                    }
                }
            }
        }
        Ok(answers)
    }

    fn see(&mut self, id: MatterId) -> Result<()> {
        if let Some(matter) = matter(self.writer()?.db(), &Scope::operator(), id)? {
            // Of what has ended, phones keep a part, to look back at.
            if matter.standing.is.is_final() && !self.chance.percent(20) {
                self.recent.retain(|it| *it != id);
                self.seen.remove(&id);
                return Ok(());
            }
            self.seen.insert(id, matter);
            if !self.recent.contains(&id) {
                self.recent.push_back(id);
            }
            if self.recent.len() > RECENT_MAX {
                let gone = self.recent.pop_front();
                gone.map(|it| self.seen.remove(&it));
            }
        }
        Ok(())
    }

    /// A file has come in.
    pub(super) fn arrive(&mut self, digest: String) {
        self.files.insert(digest);
    }

    /// Gives the files that came in their rows.
    pub(super) fn keep_files(&mut self) -> Result<()> {
        if self.files.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.files).into_iter().map(|digest| FileRow {
            digest,
            bytes: 1,
            media: "image/png".into(),
            picture: None,
        });
        self.change(&Change::Files(rows.collect()))
    }

    /// What the clock of the realm has to do.
    pub(super) fn due(&mut self) -> Result<Vec<Submission>> {
        let now = self.now;
        let rules = self.writer()?.rules().clone();
        let due = due_timers(self.writer()?.db(), now, TIMERS_MAX)?;
        let submissions = due.iter().filter_map(|matter| {
            let (_, timer) = next_timer(&rules, matter)?;
            Some(timer_command(matter.id, timer))
        });
        Ok(submissions.collect())
    }
}
