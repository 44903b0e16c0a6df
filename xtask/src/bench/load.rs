//! A realm filled in bulk: rows cast from moulds, years of them, the newest still open.
//!
//! Invariant: the head, the leaves and the tiles are those of the entries loaded, so that the
//! store goes on where the load ended.

use anyhow::{Context, Result};
use bihuan_core::matter::Submission;
use bihuan_core::merkle::{Frontier, leaf_hash};
use bihuan_core::story::chance::Chance;
use bihuan_core::time::{DAY_MS, Instant};
use bihuan_store::db::Role;
use bihuan_store::row::MATTER_COLUMNS;
use bihuan_store::{Db, Target, Value, search};

use super::life::{Life, STEPS};
use super::mould::{EVENT, Fresh, Mould, TABLES, Tables};
use super::town::{NOW, found};

/// Matters of a year; more matters are more years, not more crowded ones.
const YEAR: u64 = 100_000;
/// The newest matters, which are still open.
const OPEN: u64 = 5_000;
/// Matters between two commits of the load.
const COMMIT: usize = 4_096;
/// Matters whose rows are gathered for one set of inserts.
const GATHER: usize = 256;

/// How an insert of events begins; it is put together because only the store writes them.
pub(super) fn insert_sql(table: &str, columns: &str) -> String {
    format!("INSERT INTO {table} ({columns}) VALUES")
}

/// The record of a realm, taken from its head and put back.
pub(super) struct Tip {
    pub(super) seq: i64,
    frontier: Frontier,
    tiles: Vec<Vec<Value>>,
}

impl Tip {
    /// # Errors
    /// The realm has no head.
    pub(super) fn read(db: &mut Db) -> Result<Tip> {
        let sql = "SELECT seq, frontier FROM head WHERE id = 1";
        let head = db.first(sql, &[], |row| Ok((row.int(0)?, row.blob(1)?.to_vec())))?;
        let (seq, frontier) = head.context("the realm has no head")?;
        let frontier = Frontier::from_bytes(&frontier).context("the head is damaged")?;
        Ok(Tip { seq, frontier, tiles: Vec::new() })
    }

    /// The next number of the record.
    pub(super) fn next(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }

    /// Adds entries in their order: each leaf becomes that of its bytes.
    pub(super) fn push(&mut self, events: &mut [Vec<Value>]) -> Result<()> {
        for event in events {
            let [.., Value::Blob(bytes), Value::Blob(leaf)] = &mut event[..] else { continue };
            let hash = leaf_hash(bytes);
            *leaf = hash.to_vec();
            for tile in self.frontier.push(hash).context("the record is full")? {
                let hash = Value::Blob(tile.hash.to_vec());
                let index = i64::try_from(tile.index)?;
                self.tiles.push(vec![Value::Int(i64::from(tile.level)), Value::Int(index), hash]);
            }
        }
        Ok(())
    }

    /// The tiles that became full.
    pub(super) fn take_tiles(&mut self) -> Vec<Vec<Value>> {
        std::mem::take(&mut self.tiles)
    }

    /// The values of the head: number and frontier.
    pub(super) fn values(&self) -> [Value; 2] {
        [Value::Int(self.seq), Value::Blob(self.frontier.to_bytes())]
    }

    fn write(&mut self, db: &mut Db) -> Result<()> {
        db.insert(&insert_sql("tile", "level, no, hash"), &self.take_tiles(), "")?;
        db.execute("UPDATE head SET seq = $1, frontier = $2 WHERE id = 1", &self.values())?;
        Ok(())
    }
}

/// Makes fresh matters for moulds, with numbers that no other matter has.
pub(super) struct Minter {
    pub(super) chance: Chance,
    minted: u64,
    /// Matters that there will be, over which their times are spread; 0 has all of them now.
    of: u64,
}

impl Minter {
    pub(super) fn new(seed: u64, of: u64) -> Minter {
        Minter { chance: Chance::new(seed), minted: 0, of }
    }

    /// One of the moulds, the first in more than half of all cases: it is of the usual class.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn mould<'a>(&mut self, moulds: &'a [Mould]) -> Result<&'a Mould> {
        let usual = if self.chance.below(2) == 0 { moulds.first() } else { None };
        usual.or_else(|| self.chance.one(moulds)).context("there are moulds")
    }

    /// A life and what a mould needs of it; its entries are numbered later.
    ///
    /// # Errors
    /// The clock does not reach as far back.
    pub(super) fn mint(&mut self, refs: usize) -> Result<(Life, Fresh)> {
        let no = self.minted;
        self.minted += 1;
        let ago = i64::try_from(self.of.saturating_sub(no))?;
        let shift_ms = -(ago * (365 * DAY_MS / i64::try_from(YEAR)?));
        let life = Life::new(&mut self.chance, Instant(NOW.0 + shift_ms))?;
        // Ever new months, which are no real ones, so that commands never meet these numbers.
        let number =
            format!("{:04}-{:05}", no / 90_000 + if self.of == 0 { 9_000 } else { 0 }, no % 90_000);
        let fresh = Fresh {
            matter: life.matter,
            commands: life.commands.clone(),
            village: life.village,
            at: life.at,
            number,
            refs: (0..refs).map(|_| self.chance.digest()).collect(),
            title: life.title.clone(),
            seqs: Vec::new(),
            shift_ms,
        };
        Ok((life, fresh))
    }
}

/// Fills an empty target with `matters`, and says how many entries its record has.
///
/// # Errors
/// The database refused something.
pub(super) fn load(target: &Target, moulds: &[Mould], matters: u64, seed: u64) -> Result<i64> {
    drop(found(target)?);
    let mut db = Db::connect(target, Role::Writer)?;
    let mut tip = Tip::read(&mut db)?;
    let mut minter = Minter::new(seed, matters);
    let mut rest = matters;
    while rest > 0 {
        db.begin()?;
        let mut of_commit = rest.min(COMMIT as u64);
        rest -= of_commit;
        while of_commit > 0 {
            let count = of_commit.min(GATHER as u64);
            of_commit -= count;
            gather(&mut db, &mut tip, &mut minter, moulds, (count, of_commit + rest))?;
        }
        tip.write(&mut db)?;
        db.commit()?;
    }
    db.execute("UPDATE head SET last_ms = $1, was_ms = $1 WHERE id = 1", &[Value::Int(NOW.0)])?;
    settle(&mut db, target)?;
    Ok(tip.seq)
}

/// Loads `count` matters, after which `later` more are to come.
fn gather(
    db: &mut Db,
    tip: &mut Tip,
    minter: &mut Minter,
    moulds: &[Mould],
    (count, later): (u64, u64),
) -> Result<()> {
    let mut matters = Vec::new();
    let mut tables = Tables::default();
    let mut texts = Vec::new();
    for no in (0..count).rev() {
        let mould = minter.mould(moulds)?;
        let (_, mut fresh) = minter.mint(mould.refs())?;
        let is_open = later + no < OPEN;
        let open = 1 + usize::try_from(minter.chance.below(STEPS as u64 - 1))?;
        let steps = if is_open { open } else { STEPS };
        fresh.seqs = (0..mould.entries(steps)).map(|_| tip.next()).collect();
        texts.push((u64::try_from(fresh.seqs[0])?, fresh.title.clone()));
        let (matter, rows) = mould.life(steps, &fresh);
        matters.push(matter);
        for (all, new) in tables.iter_mut().zip(rows) {
            all.extend(new);
        }
    }
    tip.push(&mut tables[EVENT])?;
    db.insert(&insert_sql("matter", MATTER_COLUMNS), &matters, "")?;
    for ((table, columns, _), rows) in TABLES.iter().zip(&tables) {
        db.insert(&insert_sql(table, columns), rows, "")?;
    }
    search::put(db, &texts)?;
    Ok(())
}

/// What a database does by itself in a quiet hour.
fn settle(db: &mut Db, target: &Target) -> Result<()> {
    match target {
        Target::Postgres(_) => db.run("VACUUM ANALYZE")?,
        Target::Sqlite(_) => db.run("PRAGMA wal_checkpoint(TRUNCATE)")?,
    }
    Ok(())
}

/// Lives that can be lived now, by `lives` of them, each as its commands.
///
/// # Errors
/// The clock does not reach as far back.
pub(super) fn lives(chance: &mut Chance, lives: usize) -> Result<Vec<Vec<Submission>>> {
    (0..lives).map(|_| Ok(Life::new(chance, NOW)?.submissions())).collect()
}
