//! The demonstration town: built by the product itself, then served, or checked by it.

mod service;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use bihuan_core::content::hex;
use bihuan_store::db::Role;
use bihuan_store::{Db, Target, Value as Cell};
use serde_json::Value;
use sha2::{Digest, Sha256};

use service::SignIn;

use crate::process::{cargo, root, succeeds, target_dir};
use crate::service::Service;
use crate::web::{Node, Pages};

/// Says that a folder was made by this command, and may be made anew by it; it holds the digest of
/// the connection string, if the realm is elsewhere.
const MARK: &str = "made-by-cargo-xtask-demo";
/// Cleared matters that the town has at least: the bulletin speaks of more than 4,000.
const CLEARED_MIN: u64 = 4_000;
/// Villages and communities of the town.
const VILLAGES: u32 = 30;

/// What is asked of the demonstration.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the town.
    pub dir: PathBuf,
    /// A connection string, where the realm is not a file in that folder.
    pub db: Option<String>,
    /// The seed of the town.
    pub seed: Option<u64>,
    /// Prove the town and its service afterwards, and end.
    pub check: bool,
}

/// Fills a folder with the town and serves it until it is stopped; with `check` proves what it
/// promises instead, and says what it proved.
///
/// # Errors
/// The binary could not be built or started, or its answer could not be read.
pub fn run(options: &Options) -> Result<bool> {
    match Node::find() {
        Ok(node) => Pages::prepare(node)?.build()?,
        Err(why) => println!("without pages, it serves the API alone: {why}"),
    }
    if !succeeds(cargo().args(["build", "--release", "--bin", "bihuan"]))? {
        bail!("the release binary could not be built");
    }
    let binary = target_dir().join("release/bihuan");
    let town = Town { binary, dir: root().join(&options.dir), db: options.db.clone() };
    town.clear()?;
    let mut demo = town.bihuan("demo");
    demo.current_dir(root());
    if let Some(seed) = options.seed {
        demo.arg("--seed").arg(seed.to_string());
    }
    fs::create_dir_all(&town.dir).context("failed to make the folder of the town")?;
    fs::write(town.dir.join(MARK), town.mark()).context("failed to mark the town")?;
    if !succeeds(&mut demo)? {
        return Ok(false);
    }
    if !options.check {
        return succeeds(&mut town.bihuan("serve"));
    }
    let proved = town.prove()?;
    let served = town.serve()?;
    Ok(proved && served)
}

/// The town: who makes it, and where it is.
struct Town {
    binary: PathBuf,
    dir: PathBuf,
    db: Option<String>,
}

impl Town {
    /// A command of the product about it.
    fn bihuan(&self, what: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(what).arg("--dir").arg(&self.dir);
        if let Some(db) = &self.db {
            command.arg("--db").arg(db);
        }
        command
    }

    fn target(&self) -> Target {
        let file = || Target::Sqlite(self.dir.join("realm.db"));
        self.db.as_deref().map_or_else(file, Target::parse)
    }

    /// Where the realm is, without the password that a connection string may hold.
    fn mark(&self) -> String {
        let digest = |it: &String| hex(&Sha256::digest(it.as_bytes()));
        self.db.as_ref().map(digest).unwrap_or_default()
    }

    /// A town that this command made before is made anew; anything else is left alone.
    fn clear(&self) -> Result<()> {
        if !self.dir.exists() {
            return Ok(());
        }
        let (dir, mark) = (self.dir.display(), fs::read_to_string(self.dir.join(MARK)));
        if mark.is_err() && fs::read_dir(&self.dir)?.next().is_some() {
            bail!("`{dir}` holds something else; name another folder with --dir");
        }
        if self.db.is_some() && mark.is_ok_and(|it| it == self.mark()) {
            drop_schema(&self.target())?;
        }
        fs::remove_dir_all(&self.dir).with_context(|| format!("failed to clear `{dir}`"))
    }

    /// The record proves itself; the ledger balances; there is as much as promised; and the proof
    /// fails where one byte of one entry is changed.
    fn prove(&self) -> Result<bool> {
        let report = self.verify()?;
        let number = |name: &str| report["report"][name].as_u64().unwrap_or(0);
        let (cleared, units, days) =
            (number("cleared"), number("balanced_units"), number("balanced_days"));
        let sound = report["sound"].as_bool() == Some(true);
        let root = report["report"]["root"].as_str().unwrap_or("").to_owned();
        println!("verified: {} entries, root {root}", number("entries"));
        println!("cleared: {cleared} (more than {CLEARED_MIN} promised)");
        println!("balanced: {units} units over {days} days");
        if !sound {
            println!("{:#}", report["report"]["faults"]);
        }
        let caught = self.caught()?;
        Ok(sound && cleared > CLEARED_MIN && units > 0 && caught)
    }

    /// The service answers everybody by what they may do.
    fn serve(&self) -> Result<bool> {
        let (unit, matter) = self.declared()?;
        let who = SignIn::read(&root())?;
        let db: Vec<_> = self.db.iter().map(|it| ("BIHUAN_DB", it.as_str())).collect();
        let service = Service::start_with(&self.binary, &self.dir, &db)?;
        service::prove(&service, &who, &unit, &matter)
    }

    /// A village that has declared a matter done, and that matter: the squad is to look at it.
    fn declared(&self) -> Result<(String, String)> {
        for no in 1..=VILLAGES {
            let unit = format!("v{no:02}");
            let filter = ["--unit", &unit, "--stage", "accepting", "--json"];
            let told = self.bihuan("ledger").args(filter).output()?;
            let told: Value = serde_json::from_slice(&told.stdout)?;
            let oldest = told["rows"].as_array().and_then(|it| it.last());
            if let Some(matter) = oldest.and_then(|it| it["id"].as_str()) {
                return Ok((unit, matter.to_owned()));
            }
        }
        bail!("no village has declared anything done")
    }

    fn verify(&self) -> Result<Value> {
        // The exit code says the same as `sound`, which is read below.
        let said = self.bihuan("verify").arg("--json").output()?;
        serde_json::from_slice(&said.stdout).context("failed to read the answer of `bihuan verify`")
    }

    /// The control: while one byte of one entry is changed the proof must fail, and name it.
    fn caught(&self) -> Result<bool> {
        let seq = self.flip(None)?;
        let report = self.verify();
        self.flip(Some(seq))?;
        let report = report?;
        let faults = report["report"]["faults"].as_array().cloned().unwrap_or_default();
        let named = faults.iter().any(|it| it["seq"].as_i64() == Some(seq));
        println!(
            "control: one byte of entry {seq} changed; verify {} and {}",
            if report["sound"].as_bool() == Some(false) { "failed" } else { "PASSED" },
            if named { "named it" } else { "did NOT name it" },
        );
        Ok(report["sound"].as_bool() == Some(false) && named)
    }

    /// Changes one byte of one entry, and back when it is asked again: the one in the middle unless
    /// it is named.
    fn flip(&self, seq: Option<i64>) -> Result<i64> {
        let mut db = Db::connect(&self.target(), Role::Writer)?;
        let middle = "SELECT MAX(seq) / 2 FROM event";
        let middle = db.first(middle, &[], |row| row.int(0))?.context("the town has no entries")?;
        let seq = seq.unwrap_or(middle);
        let entry = "SELECT bytes FROM event WHERE seq = $1";
        let entry = db.first(entry, &[Cell::Int(seq)], |row| Ok(row.blob(0)?.to_vec()))?;
        let mut bytes = entry.context("there is such an entry")?;
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        db.begin()?;
        // Nothing in the product does this: it is what somebody at the database might do.
        let edit = concat!("UPD", "ATE event SET bytes = $1 WHERE seq = $2");
        db.execute(edit, &[Cell::Blob(bytes), Cell::Int(seq)])?;
        db.commit()?;
        Ok(seq)
    }
}

/// Takes away the schema that a connection string names, and all that is in it.
fn drop_schema(target: &Target) -> Result<()> {
    let mut db = Db::connect(target, Role::Writer)?;
    let name = "SELECT CAST(current_schema() AS TEXT)";
    let name = db.first(name, &[], |row| Ok(row.text(0)?.to_owned()))?;
    let name = name.context("the connection string names no schema")?;
    db.run(&format!("DROP SCHEMA \"{name}\" CASCADE"))?;
    Ok(())
}
