//! The demonstration town: built by the product itself, then served, or checked by it.

mod service;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use service::SignIn;

use crate::process::{cargo, output, root, succeeds, target_dir};
use crate::service::Service;

/// Says that a folder was made by this command, and may be made anew by it.
const MARK: &str = "made-by-cargo-xtask-demo";
/// Cleared matters that the town has at least: the bulletin speaks of more than 4,000.
const CLEARED_MIN: u64 = 4_000;
/// Villages and communities of the town.
const VILLAGES: u32 = 30;

/// Fills `dir` with the town and serves it until it is stopped; with `check` proves what it
/// promises instead, and says what it proved.
///
/// # Errors
/// The binary could not be built or started, or its answer could not be read.
pub fn run(dir: &Path, seed: Option<u64>, check: bool) -> Result<bool> {
    if !succeeds(cargo().args(["build", "--release", "--bin", "bihuan"]))? {
        bail!("the release binary could not be built");
    }
    let dir = root().join(dir);
    let binary = target_dir().join("release/bihuan");
    clear(&dir)?;
    let mut demo = Command::new(&binary);
    demo.current_dir(root()).arg("demo").arg("--dir").arg(&dir);
    if let Some(seed) = seed {
        demo.arg("--seed").arg(seed.to_string());
    }
    if !succeeds(&mut demo)? {
        return Ok(false);
    }
    fs::write(dir.join(MARK), "").context("failed to mark the town")?;
    if !check {
        let mut serve = Command::new(&binary);
        return succeeds(serve.arg("serve").arg("--dir").arg(&dir));
    }
    let proved = prove(&binary, &dir)?;
    let served = serve(&binary, &dir)?;
    Ok(proved && served)
}

/// A town that this command made before is made anew; anything else is left alone.
fn clear(dir: &Path) -> Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    if !dir.join(MARK).exists() && fs::read_dir(dir)?.next().is_some() {
        bail!("`{}` holds something else; name another folder with --dir", dir.display());
    }
    fs::remove_dir_all(dir).with_context(|| format!("failed to clear `{}`", dir.display()))
}

/// The record proves itself; the ledger balances; there is as much as promised; and the proof
/// fails where one byte of one entry is changed.
fn prove(binary: &Path, dir: &Path) -> Result<bool> {
    let report = verify(binary, dir)?;
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
    let caught = caught(binary, dir)?;
    Ok(sound && cleared > CLEARED_MIN && units > 0 && caught)
}

/// The service answers everybody by what they may do.
fn serve(binary: &Path, dir: &Path) -> Result<bool> {
    let (unit, matter) = declared(binary, dir)?;
    let who = SignIn::read(&root())?;
    let service = Service::start(binary, dir)?;
    service::prove(&service, &who, &unit, &matter)
}

/// A village that has declared a matter done, and that matter: the squad is to look at it.
fn declared(binary: &Path, dir: &Path) -> Result<(String, String)> {
    for no in 1..=VILLAGES {
        let unit = format!("v{no:02}");
        let mut ledger = Command::new(binary);
        let filter = ["--unit", &unit, "--stage", "accepting", "--json"];
        let told = ledger.arg("ledger").args(filter).arg("--dir").arg(dir).output()?;
        let told: Value = serde_json::from_slice(&told.stdout)?;
        let oldest = told["rows"].as_array().and_then(|it| it.last());
        if let Some(matter) = oldest.and_then(|it| it["id"].as_str()) {
            return Ok((unit, matter.to_owned()));
        }
    }
    bail!("no village has declared anything done")
}

fn verify(binary: &Path, dir: &Path) -> Result<Value> {
    let mut verify = Command::new(binary);
    // The exit code says the same as `sound`, which is read below.
    let said = verify.arg("verify").arg("--dir").arg(dir).arg("--json").output()?;
    serde_json::from_slice(&said.stdout).context("failed to read the answer of `bihuan verify`")
}

/// The control: a copy with one byte of one entry changed must fail, and the entry be named.
fn caught(binary: &Path, dir: &Path) -> Result<bool> {
    let copy = tempfile::tempdir().context("failed to make a folder for the control")?;
    let folder = copy.path().join("town");
    output(Command::new("cp").arg("-r").arg(dir).arg(&folder))?;
    let target = bihuan_store::Target::Sqlite(folder.join("realm.db"));
    let seq = {
        let mut db = bihuan_store::Db::connect(&target, bihuan_store::db::Role::Writer)?;
        let sql = "SELECT seq, bytes FROM event WHERE seq = (SELECT MAX(seq) / 2 FROM event)";
        let entry = db.first(sql, &[], |row| Ok((row.int(0)?, row.blob(1)?.to_vec())))?;
        let (seq, mut bytes) = entry.context("the town has no entries")?;
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        db.begin()?;
        let values = [bihuan_store::Value::Blob(bytes), bihuan_store::Value::Int(seq)];
        // Nothing in the product does this: it is what somebody at the database might do.
        let edit = concat!("UPD", "ATE event SET bytes = $1 WHERE seq = $2");
        db.execute(edit, &values)?;
        db.commit()?;
        seq
    };
    let report = verify(binary, &folder)?;
    let faults = report["report"]["faults"].as_array().cloned().unwrap_or_default();
    let named = faults.iter().any(|it| it["seq"].as_i64() == Some(seq));
    println!(
        "control: one byte of entry {seq} changed; verify {} and {}",
        if report["sound"].as_bool() == Some(false) { "failed" } else { "PASSED" },
        if named { "named it" } else { "did NOT name it" },
    );
    Ok(report["sound"].as_bool() == Some(false) && named)
}
