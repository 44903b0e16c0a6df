//! Load: senders side by side that write down what they send and what they are answered.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bihuan_core::id::{AccountId, CommandId, MatterId};
use bihuan_core::matter::submission::{Command, Remark, Submission};
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::policy::Scope;
use bihuan_core::story::chance::{Chance, View, submission};
use bihuan_core::time::Instant;
use bihuan_store::{Moment, Store, Ticker, Writer};

use super::journal::{Heard, Journal};
use super::realm;
use crate::process::moment;

/// Senders side by side.
pub const SENDERS: usize = 8;
/// Matters that a sender works on.
const HELD_MAX: usize = 15;

/// Where senders send to.
pub trait Gate: Sync {
    /// Makes ready what a submission that was drawn speaks of, before it is sent.
    ///
    /// # Errors
    /// It cannot be made.
    fn prepare(&self, submission: Submission) -> Result<Submission> {
        Ok(submission)
    }
    /// Answers a submission.
    fn submit(&self, submission: Submission) -> Heard;
    /// The rules of the realm.
    fn rules(&self) -> Arc<Rules>;
    /// A matter as it stands, if it can be read.
    fn matter(&self, id: MatterId) -> Option<Matter>;
}

impl Gate for Store {
    fn submit(&self, submission: Submission) -> Heard {
        Heard::from(&Store::submit(self, submission))
    }

    fn rules(&self) -> Arc<Rules> {
        Store::rules(self)
    }

    fn matter(&self, id: MatterId) -> Option<Matter> {
        self.read(|db| bihuan_store::matter::matter(db, &Scope::operator(), id)).ok().flatten()
    }
}

/// A writer without a store around it, for the controls.
pub struct Bare(Mutex<(Writer, Ticker)>);

impl Bare {
    /// A writer whose batches hold one submission each.
    pub fn new(writer: Writer, ticker: Ticker) -> Bare {
        Bare(Mutex::new((writer, ticker)))
    }
}

impl Gate for Bare {
    fn submit(&self, submission: Submission) -> Heard {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = (held.1)();
        Heard::from(&held.0.execute(moment, &[submission]).remove(0))
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).0.rules())
    }

    fn matter(&self, id: MatterId) -> Option<Matter> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bihuan_store::matter::matter(held.0.db(), &Scope::operator(), id).ok().flatten()
    }
}

/// A clock that starts where round `round` does, and a salt from the seed.
pub fn ticker(seed: u64, round: u64) -> Ticker {
    let (start, chance) = (moment(), Mutex::new(Chance::new(seed ^ (round << 32))));
    let began = realm::START.plus_ms(i64::try_from(round * 10_000).expect("few rounds"));
    Box::new(move || -> Moment {
        let gone = moment().duration_since(start).as_millis();
        let clock = began.plus_ms(i64::try_from(gone).expect("a campaign is short"));
        let mut chance = chance.lock().unwrap_or_else(PoisonError::into_inner);
        realm::moment(&mut chance, clock)
    })
}

/// What the senders of a round do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The folder of the journals.
    pub journals: PathBuf,
    /// The same seed and answers make the same submissions.
    pub seed: u64,
    /// Which round: no two draw the same ids.
    pub round: u64,
    /// Submissions without an answer, sent first with the same ids and bodies.
    pub pending: Vec<Submission>,
    /// When senders think that it is.
    pub now: Instant,
    /// Whether senders are told that all is done before it is: only a control does that.
    pub early: bool,
}

/// Lets all senders send until `stop`, or until something fails.
///
/// # Errors
/// A journal cannot be written.
pub fn run(gate: &impl Gate, plan: &Plan, stop: &AtomicBool) -> Result<()> {
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|no| scope.spawn(move || Sender::new(gate, plan, no)?.send_all(stop)))
            .collect();
        let ended = senders.into_iter().map(|it| it.join().expect("a sender does not panic"));
        ended.collect::<Result<Vec<()>>>().map(drop)
    })
}

/// Submissions without an answer, as the next round finds them.
///
/// # Errors
/// The file cannot be read.
pub fn read_pending(path: &Path) -> Result<Vec<Submission>> {
    let text = std::fs::read_to_string(path).context("failed to read what is pending")?;
    text.lines().map(|it| Ok(serde_json::from_str(it)?)).collect()
}

/// Writes submissions without an answer for the next round.
///
/// # Errors
/// The file cannot be written.
pub fn write_pending(path: &Path, pending: &[Submission]) -> Result<()> {
    let lines: Result<Vec<String>> =
        pending.iter().map(|it| Ok(serde_json::to_string(it)? + "\n")).collect();
    std::fs::write(path, lines?.concat()).context("failed to write what is pending")
}

struct Sender<'a, G> {
    gate: &'a G,
    plan: &'a Plan,
    no: usize,
    journal: Journal,
    chance: Chance,
    matters: BTreeMap<MatterId, Matter>,
}

impl<'a, G: Gate> Sender<'a, G> {
    fn new(gate: &'a G, plan: &'a Plan, no: usize) -> Result<Sender<'a, G>> {
        let own = plan.round * SENDERS as u64 + no as u64;
        Ok(Sender {
            gate,
            plan,
            no,
            journal: Journal::open(&plan.journals, no)?,
            chance: Chance::new(plan.seed.wrapping_add(own.wrapping_mul(0x9E37_79B9))),
            matters: BTreeMap::new(),
        })
    }

    fn send_all(mut self, stop: &AtomicBool) -> Result<()> {
        let plan = self.plan;
        for submission in plan.pending.iter().skip(self.no).step_by(SENDERS) {
            if !self.send(submission)? {
                return Ok(());
            }
        }
        let rules = self.gate.rules();
        let pack = realm::pack(&rules)?;
        let places = realm::places();
        while !stop.load(Ordering::Relaxed) {
            let first = self.matters.values().find(|it| it.standing.stage.as_str() == "reported");
            let submission = match first.cloned() {
                Some(matter) if plan.early || self.chance.percent(40) => self.note(&matter),
                _ => {
                    let view = View {
                        rules: &rules,
                        pack: &pack,
                        now: plan.now,
                        matters: &self.matters,
                        places: &places,
                    };
                    submission(&mut self.chance, &view)
                }
            };
            let submission = self.gate.prepare(submission)?;
            if !self.send(&submission)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether the realm answered.
    fn send(&mut self, submission: &Submission) -> Result<bool> {
        self.journal.intend(submission)?;
        if self.plan.early && matches!(submission.command, Command::Note(_)) {
            self.journal.answer_early(submission)?;
        }
        let heard = self.gate.submit(submission.clone());
        self.journal.answer(submission, heard)?;
        let id = submission.matter;
        if matches!(heard, Heard::Done(_))
            && let Some(matter) = self.gate.matter(id)
        {
            self.matters.insert(id, matter);
            if self.matters.len() > HELD_MAX {
                self.matters.retain(|it, _| *it == id);
            }
        }
        Ok(heard != Heard::Nothing)
    }

    /// A note that the realm takes for certain.
    fn note(&mut self, matter: &Matter) -> Submission {
        Submission {
            id: CommandId(self.chance.uuid()),
            by: AccountId(format!("inspector-town-{}", matter.place_unit)),
            via: Via::Person,
            matter: matter.id,
            base_version: None,
            captured_at: Some(self.plan.now.plus_ms(1)),
            captured_in: None,
            roles: Vec::new(),
            command: Command::Note(Remark {
                text: format!("已查看{}", self.chance.below(1_000))
            }),
        }
    }
}
