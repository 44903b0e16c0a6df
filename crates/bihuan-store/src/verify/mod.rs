//! Verifying a realm: the record against itself, the rows against the record, the account against
//! the rows, and every digest present or erased by a recorded act.
//!
//! Invariants: nothing is trusted that can be computed from the bytes of the record; memory does
//! not grow with the number of matters, save for some bytes a command.

mod account;
mod adjustment;
mod audit;
mod command;
mod content;
mod file;
mod log;
mod proof;
mod replay;
mod rows;
mod tallied;

pub(crate) use rows::values;

pub use proof::{entry, prove_consistency, prove_inclusion, root_of, verify_log};

use crate::db::{Db, DbError};
use crate::file::FileStore;
use crate::rules;
use crate::tally::Tallies;
use account::Accounts;
use bihuan_core::content::hex;
use bihuan_core::id::MatterId;
use bihuan_core::pack::Meaning;
use bihuan_core::text::Text;
use content::Contents;
use log::Log;
use replay::{Range, Replay};
use serde::Serialize;

/// Most faults that a report tells; all are counted.
pub const FAULTS_MAX: usize = 200;

/// What verifying a realm found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Entries of the record.
    pub entries: u64,
    /// Merkle root computed from the bytes of the record.
    pub root: String,
    /// Matters.
    pub matters: u64,
    /// Cleared matters (销号).
    pub cleared: u64,
    /// Units with an account, and days on which it moved.
    pub balanced_units: u64,
    /// See `balanced_units`.
    pub balanced_days: u64,
    /// Spans.
    pub spans: u64,
    /// Scores.
    pub scores: u64,
    /// Adjustments.
    pub adjustments: u64,
    /// Rankings that were published.
    pub rankings: u64,
    /// Numbers of forms.
    pub measures: u64,
    /// Steps that figures count.
    pub tallies: u64,
    /// Accepted commands that are remembered.
    pub commands: u64,
    /// Sealed texts that are whole.
    pub contents: u64,
    /// Sealed texts that were erased by a recorded act.
    pub erased: u64,
    /// Files whose bytes were read and have their digest.
    pub files: u64,
    /// What does not hold; at most [`FAULTS_MAX`].
    pub faults: Vec<Fault>,
    /// How many faults there are in all.
    pub faults_total: u64,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Stable code.
    pub code: &'static str,
    /// The entry of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// The matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matter: Option<MatterId>,
    /// What does not hold.
    pub what: Text,
}

impl VerifyReport {
    /// Whether everything holds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults_total == 0
    }

    pub(crate) fn fault(
        &mut self,
        code: &'static str,
        (seq, matter): (Option<u64>, Option<MatterId>),
        what: Text,
    ) {
        self.faults_total += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { code, seq, matter, what });
        }
    }
}

/// Verifies a realm; `files` is where its files are kept. `progress` hears how many entries of how
/// many are done.
///
/// # Errors
/// As the database says; what does not hold is in the report.
pub fn verify(
    db: &mut Db,
    files: Option<&FileStore>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, DbError> {
    // One state of the realm throughout: it may be in use.
    let is_ours = db.snapshot()?;
    let report = verify_state(db, files, progress);
    if is_ours {
        db.rollback();
    }
    report
}

fn verify_state(
    db: &mut Db,
    files: Option<&FileStore>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, DbError> {
    let mut report = VerifyReport::default();
    let rules = rules::load(db)?;
    let of = db.first("SELECT seq FROM head WHERE id = 1", &[], |row| row.count(0))?;
    // Every entry is read twice: as part of the sequence, and as part of its matter.
    let of = of.unwrap_or(0) * 2;
    let log = Log::read(db, &mut report, &mut |done| progress(done, of))?;
    report.root = hex(&log.frontier.root());
    rows::head(db, &log, &mut report)?;
    command::commands(db, &log.commands, &mut report)?;
    let mut accounts = Accounts::new(rules.zone);
    let mut contents = Contents::new(&log);
    let (mut low, mut done) = (String::new(), report.entries);
    loop {
        let range = Range::after(db, &low)?;
        let replay = Replay::run(db, range, &mut accounts, &mut report)?;
        report.matters += replay.matters.len() as u64;
        rows::matters(db, &rules, &replay, &mut report)?;
        rows::spans(db, &replay, &mut report)?;
        rows::parts(db, &replay, &mut report)?;
        rows::measures(db, &replay, &mut report)?;
        rows::scores(db, &replay, &mut report)?;
        tallied::tallies(db, &replay, &mut report)?;
        contents.of_matters(db, &replay, &mut report)?;
        file::of_matters(db, &replay, &mut report)?;
        laws(&rules, &replay, &mut report);
        done += replay.entries;
        progress(done, of);
        if replay.range.is_last() {
            break;
        }
        low = replay.range.high().to_owned();
    }
    accounts.close(&mut report);
    contents.close(db, &mut report)?;
    rows::parts_of_none(db, &mut report)?;
    tallied::of_none(db, &mut report)?;
    tallied::past(db, &mut report)?;
    log.book.compare(db, &mut report)?;
    adjustment::rankings(db, &log.rankings, &mut report)?;
    file::all(db, &log, files, &mut report)?;
    Ok(report)
}

/// Hands the steps that figures count of all matters in the record, some hundred matters at a time,
/// to whoever writes them.
///
/// # Errors
/// As the database says; what cannot be read is told by [`verify`].
pub(crate) fn replayed(
    db: &mut Db,
    mut each: impl FnMut(&mut Db, &Tallies) -> Result<(), DbError>,
) -> Result<(), DbError> {
    let (mut report, mut low) = (VerifyReport::default(), String::new());
    loop {
        // The accounts of units are not looked at: any zone will do.
        let mut accounts = Accounts::new(bihuan_core::time::ZONE_DEFAULT);
        let range = Range::after(db, &low)?;
        let replay = Replay::run(db, range, &mut accounts, &mut report)?;
        each(db, &replay.tallies)?;
        if replay.range.is_last() {
            return Ok(());
        }
        low = replay.range.high().to_owned();
    }
}

/// What must be true of every matter, whoever wrote it.
fn laws(rules: &bihuan_core::matter::Rules, replay: &Replay, report: &mut VerifyReport) {
    for (id, known) in &replay.matters {
        let matter = &known.matter;
        let at = (Some(known.seqs.last), Some(*id));
        let standing = &matter.standing;
        let waits =
            standing.owner.is_some() && (standing.due.is_some() || matter.suspension.is_some());
        if !matter.is_final() && !waits {
            let what = Text::new("未办结却无责任人或时限", "open, without an owner or a deadline");
            report.fault("ownerless", at, what);
        }
        if standing.is != Meaning::Closed {
            continue;
        }
        report.cleared += 1;
        let accepted = matter.acceptance.as_ref().is_some_and(|it| {
            matter.parts.iter().all(|part| {
                part.person.as_ref() != Some(&it.person)
                    && !rules.units.is_within(&it.unit, &part.unit)
            })
        });
        if !accepted || matter.clear_number.is_none() {
            let what = Text::new(
                "已销号却没有另一方的验收",
                "cleared without acceptance by another party",
            );
            report.fault("acceptance", at, what);
        }
    }
}
