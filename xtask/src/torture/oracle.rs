//! What must hold of a realm whatever happened to it, recomputed here from its rows.
//!
//! Written apart from the store: every entry is read back, chained, folded and counted.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::content::hex;
use bihuan_core::id::MatterId;
use bihuan_core::matter::{Matter, apply};
use bihuan_core::merkle::{Frontier, leaf_hash};
use bihuan_store::record::{Record, Said};
use bihuan_store::{Db, Target};
use sha2::{Digest, Sha256};

/// The key of an accepted command: account and id.
pub type Key = (String, String);
/// First and last number of the record that a command used.
pub type Range = (u64, u64);

/// A realm that was found sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// Accepted commands.
    pub commands: BTreeMap<Key, Range>,
    /// Entries of the record.
    pub entries: u64,
    /// Matters.
    pub matters: u64,
    /// Bodies kept aside.
    pub quarantined: u64,
    /// Root of the Merkle tree, in hex.
    pub root: String,
    /// SHA-256 over all entries, matters and commands, in hex.
    pub bytes: String,
}

/// Opens a realm to read it.
///
/// # Errors
/// It cannot be reached.
pub fn reader(target: &Target) -> Result<Db> {
    Db::connect(target, bihuan_store::db::Role::Reader).context("failed to open the realm")
}

/// Accepted commands, without looking at anything else.
///
/// # Errors
/// As the database says.
pub fn commands(db: &mut Db) -> Result<BTreeMap<Key, Range>> {
    let sql = "SELECT actor, id, first_seq, last_seq FROM command";
    let rows = db.all(sql, &[], |row| {
        let key = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        Ok((key, (row.count(2)?, row.count(3)?)))
    })?;
    Ok(rows.into_iter().collect())
}

/// The file of a SQLite realm is whole.
///
/// # Errors
/// What SQLite found.
pub fn whole(db: &mut Db) -> Result<()> {
    let found = db.first("PRAGMA integrity_check", &[], |row| Ok(row.text(0)?.to_owned()))?;
    ensure!(found.as_deref() == Some("ok"), "the file is damaged: {found:?}");
    Ok(())
}

/// Checks everything: numbers without gap or overlap, leaves and root, every matter's row equal
/// to the fold of its entries, every command in the record exactly once.
///
/// # Errors
/// The first thing that does not hold.
pub fn sound(db: &mut Db) -> Result<Sound> {
    let mut fold = Fold::default();
    db.query("SELECT seq, bytes, leaf FROM event ORDER BY seq", &[], |row| {
        let (seq, bytes, leaf) = (row.count(0)?, row.blob(1)?, row.blob(2)?);
        fold.take(seq, bytes, leaf).map_err(|it| bihuan_store::DbError::Other(format!("{it:#}")))
    })?;
    let mut digest = Sha256::new();
    digest.update(fold.digest.clone().finalize());
    let commands = commands(db)?;
    fold.agrees(&commands)?;
    for (key, range) in &commands {
        digest.update(format!("{key:?} {range:?}"));
    }
    let mut differs = Vec::new();
    let mut count = 0;
    db.query("SELECT id, state FROM matter ORDER BY id", &[], |row| {
        let (id, state) = (row.text(0)?, row.text(1)?);
        digest.update(state);
        count += 1;
        let folded = id.parse().ok().and_then(|it| fold.matters.get(&MatterId(it)));
        let folded = folded.and_then(|it| serde_json::to_string(it).ok());
        if folded.as_deref() != Some(state) {
            differs.push(id.to_owned());
        }
        Ok(())
    })?;
    ensure!(differs.is_empty(), "rows differ from the fold of their entries: {differs:?}");
    ensure!(count == fold.matters.len() as u64, "{count} rows of {} matters", fold.matters.len());
    fold.head(db)?;
    let quarantined =
        db.first("SELECT COUNT(*) FROM quarantine", &[], |row| row.count(0))?.unwrap_or(0);
    Ok(Sound {
        commands,
        entries: fold.seq,
        matters: count,
        quarantined,
        root: hex(&fold.frontier.root()),
        bytes: hex(&digest.finalize()),
    })
}

/// The record, folded entry by entry.
#[derive(Default)]
struct Fold {
    seq: u64,
    frontier: Frontier,
    digest: Sha256,
    matters: BTreeMap<MatterId, Matter>,
    /// Range of each command, by its id; a command that comes back later is doubled.
    ranges: BTreeMap<String, Range>,
    /// The command of the entry before.
    running: Option<String>,
}

impl Fold {
    fn take(&mut self, seq: u64, bytes: &[u8], leaf: &[u8]) -> Result<()> {
        ensure!(seq == self.seq + 1, "entry {} is missing", self.seq + 1);
        self.seq = seq;
        ensure!(leaf_hash(bytes) == *leaf, "the leaf of entry {seq} is not that of its bytes");
        self.frontier.push(leaf_hash(bytes))?;
        self.digest.update(bytes);
        let record = Record::from_bytes(bytes)
            .with_context(|| format!("entry {seq}: {}", String::from_utf8_lossy(bytes)))?;
        ensure!(record.seq == seq, "entry {seq} says that it is {}", record.seq);
        let Said::Matter(said) = record.said else {
            self.running = None;
            return Ok(());
        };
        let before = self.matters.remove(&said.id);
        let after = apply(before, said.id, record.at, &said.event)
            .with_context(|| format!("entry {seq} cannot be applied"))?;
        ensure!(after.version == said.version, "entry {seq} has another version than its fold");
        self.matters.insert(said.id, after);
        let command = said.command.to_string();
        if self.running.as_ref() == Some(&command) {
            if let Some(range) = self.ranges.get_mut(&command) {
                range.1 = seq;
            }
        } else {
            let doubled = self.ranges.insert(command.clone(), (seq, seq));
            ensure!(doubled.is_none(), "command {command} took effect twice: {doubled:?}, {seq}");
        }
        self.running = Some(command);
        Ok(())
    }

    /// Each command stands in the record exactly where its row says, and no entry is nobody's.
    fn agrees(&self, commands: &BTreeMap<Key, Range>) -> Result<()> {
        let mut seen = BTreeSet::new();
        for ((actor, id), range) in commands {
            let told = self.ranges.get(id);
            ensure!(told == Some(range), "{actor} {id} used {told:?}, its row says {range:?}");
            ensure!(seen.insert(id), "command {id} was accepted from two accounts");
        }
        if let Some(id) = self.ranges.keys().find(|it| !seen.contains(it)) {
            bail!("command {id} took effect and is not among the accepted");
        }
        Ok(())
    }

    fn head(&self, db: &mut Db) -> Result<()> {
        let head = db.first("SELECT seq, frontier FROM head WHERE id = 1", &[], |row| {
            Ok((row.count(0)?, row.blob(1)?.to_vec()))
        })?;
        let (seq, frontier) = head.context("the realm has no head")?;
        ensure!(seq == self.seq, "the head says {seq}, the record ends at {}", self.seq);
        ensure!(frontier == self.frontier.to_bytes(), "the head has another Merkle tree");
        Ok(())
    }
}
