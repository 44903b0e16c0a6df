//! `torture disk`: the disk under the service runs full while somebody writes, and has room again.
//!
//! Invariants: what was answered for stays; a write that finds no room says so and changes
//! nothing; reading goes on; once there is room, writing goes on by itself. Control: whoever takes
//! those refusals for receipts must miss every one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::id::CommandId;
use bihuan_core::matter::Matter;
use bihuan_core::policy::Scope;
use bihuan_core::story::chance::{Chance, View, submission};
use bihuan_core::time::Instant;
use bihuan_store::db::Role;
use bihuan_store::{Answer, Db, Moment, Store, Target};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::http::binary;
use super::{Options, Seconds, oracle, realm};
use crate::process::{clock_ms, on_path, output, pause};
use crate::service::{Service, UNLIMITED};

/// Times that the disk runs full, in the full form and in the short one.
const ROUNDS: (u64, u64) = (40, 3);
/// Size of the disk, in the full form and in the short one: a realm that grows with each round, and
/// not much more.
const DISK_MB: (u64, u64) = (192, 24);
/// Notes before the disk is filled.
const NOTES: usize = 20;
/// Notes that are tried on a full disk.
const TRIED: usize = 12;
/// Notes until a disk without room is noticed: the log of the database has room of its own.
const NOTICED_MAX: usize = 8_000;
/// Within so many seconds it must go on.
const WITHIN_S: f64 = 5.0;
/// Submissions that are drawn until one opens a matter.
const DRAWN_MAX: usize = 2_000;
/// The password of whoever writes.
const PASSWORD: &str = "campaign-of-full-disks";

/// A small disk of our own. Dropping it unmounts it.
struct Disk(TempDir);

impl Disk {
    fn mount(size_mb: u64) -> Result<Disk> {
        let dir = tempfile::Builder::new().prefix("bihuan-disk-").tempdir();
        let dir = dir.context("failed to make a directory")?;
        let size = format!("size={size_mb}m");
        let mut mount = Command::new("mount");
        output(mount.args(["-t", "tmpfs", "-o", &size, "none"]).arg(dir.path()))?;
        Ok(Disk(dir))
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Fills it to the last byte, and makes sure that it is full.
    fn fill(&self) -> Result<()> {
        let mut filler = fs::File::create(self.filler()).context("failed to fill the disk")?;
        for size in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
        let more = fs::write(self.0.path().join("probe"), [0; 8_192]);
        ensure!(more.is_err(), "the disk was filled, and still takes something");
        fs::remove_file(self.0.path().join("probe")).context("failed to remove a probe")
    }

    fn free(&self) -> Result<()> {
        fs::remove_file(self.filler()).context("failed to free the disk")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Err(error) = output(Command::new("umount").arg(self.0.path())) {
            eprintln!("warning: failed to unmount: {error:#}");
        }
    }
}

/// Why this machine cannot run the campaign; none where it can.
fn unable() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("only Linux has tmpfs".into());
    }
    match output(Command::new("id").arg("-u")).as_deref() {
        Ok("0") => {}
        Ok(_) => return Some("only root may mount".into()),
        Err(error) => return Some(format!("{error:#}")),
    }
    let missing = ["mount", "umount"].into_iter().find(|it| on_path(it).is_none());
    if let Some(program) = missing {
        return Some(format!("`{program}` is not installed"));
    }
    Disk::mount(DISK_MB.1).err().map(|it| format!("{it:#}"))
}

/// Runs the campaign; true where all held and the control missed all, and where this machine
/// cannot run it, which is said.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    if let Some(why) = unable() {
        println!("skipped: torture disk: {why}");
        return Ok(true);
    }
    let (seed, clock) = (options.seed, Seconds::start());
    let pick = |(full, short)| if options.full { full } else { short };
    let (rounds, size_mb) = (pick(ROUNDS), pick(DISK_MB));
    println!("torture disk: seed {seed}: a disk of {size_mb} MiB runs full {rounds} times");
    let disk = Disk::mount(size_mb)?;
    let came = campaign(options, &disk, rounds).with_context(|| format!("seed {seed}"))?;
    println!(
        "  control, refusals taken for receipts: {} of {} lost (all must be)",
        came.missing, came.refused
    );
    let passed = came.lost == 0 && came.refused > 0 && came.missing == came.refused;
    println!(
        "torture disk: seed {seed}: {} receipts, {} refusals for want of room, each sent again; \
         {} reads meanwhile; it went on after {:.1} s at most; {} lost; {:.0} s: {}",
        came.acked,
        came.refused,
        came.reads,
        came.longest_s,
        came.lost,
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

/// What the campaign came to.
#[derive(Debug, Default)]
struct Came {
    acked: usize,
    lost: usize,
    refused: usize,
    /// Refused ones that were not in the record while there was no room: all must be.
    missing: usize,
    reads: usize,
    longest_s: f64,
}

fn campaign(options: &Options, disk: &Disk, rounds: u64) -> Result<Came> {
    let dir = disk.0.path().join("realm");
    fs::create_dir(&dir).context("failed to make the folder of a realm")?;
    let mut chance = Chance::new(options.seed);
    let binary = binary(options.full)?;
    let matter = found(&dir, &mut chance)?;
    let account = format!("inspector-town-{}", matter.place_unit);
    set_password(&binary, &dir, &account)?;
    let all = [("BIHUAN_DISK_FREE_MIN_MB", "1")].into_iter().chain(UNLIMITED);
    let settings: Vec<_> = all.collect();
    let service = Service::start_with(&binary, &dir, &settings)?;
    let token = service.sign_in(&account, PASSWORD)?;
    let id = matter.id.to_string();
    let mut pen = Pen { service: &service, token, matter: id, chance, acked: BTreeSet::new() };
    let mut came = Came::default();
    for round in 1..=rounds {
        pen.round(disk, &dir, &account, &mut came).with_context(|| format!("round {round}"))?;
    }
    let acked = std::mem::take(&mut pen.acked);
    service.kill()?;
    let mut db = Db::connect(&Target::Sqlite(dir.join("realm.db")), Role::Writer)?;
    let there = oracle::commands(&mut db)?;
    came.acked = acked.len();
    let is_there = |id: &&String| there.contains_key(&(account.clone(), (*id).clone()));
    came.lost = acked.iter().filter(|it| !is_there(it)).count();
    oracle::sound(&mut db)?;
    Ok(came)
}

/// Founds a realm with one matter that notes can be made on.
fn found(dir: &Path, chance: &mut Chance) -> Result<Matter> {
    let target = Target::Sqlite(dir.join("realm.db"));
    let now = Instant(clock_ms());
    let open = || Store::open(&target, Box::new(move || Moment { clock: now, salt: [7; 32] }));
    let store = open()?;
    realm::found(|it| Ok(store.change("campaign", it).map(drop)?))?;
    drop(store);
    let store = open()?;
    let (rules, places) = (store.rules(), realm::places());
    let pack = realm::pack(&rules)?;
    let matters = BTreeMap::new();
    for _ in 0..DRAWN_MAX {
        let view = View { rules: &rules, pack: &pack, now, matters: &matters, places: &places };
        let drawn = submission(chance, &view);
        let id = drawn.matter;
        if matches!(store.submit(drawn), Answer::Done(_)) {
            let read = |db: &mut Db| bihuan_store::matter::matter(db, &Scope::operator(), id);
            return store.read(read)?.context("a matter that was opened is there");
        }
    }
    bail!("no matter could be opened")
}

fn set_password(binary: &Path, dir: &Path, account: &str) -> Result<()> {
    let mut set = Command::new(binary);
    set.args(["user", "password", account, "--stdin", "--dir"]).arg(dir);
    let mut set = set.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    set.stdin.take().context("a pipe was asked for")?.write_all(PASSWORD.as_bytes())?;
    ensure!(set.wait()?.success(), "no password can be set");
    Ok(())
}

/// Whoever writes.
struct Pen<'a> {
    service: &'a Service,
    token: String,
    matter: String,
    chance: Chance,
    acked: BTreeSet<String>,
}

impl Pen<'_> {
    fn id(&mut self) -> String {
        CommandId(self.chance.uuid()).to_string()
    }

    /// Sends a note; true where there is a receipt, false where there was no room.
    fn note(&mut self, id: &str) -> Result<bool> {
        let text = "满".repeat(600);
        let command = json!({ "note": { "text": text } });
        let body = json!({ "id": id, "matter": self.matter, "command": command });
        let told = self.service.ask("POST", "/api/v1/commands", Some(&self.token), &body)?;
        match (told.status, told.body["code"].as_str()) {
            (200, _) => {
                self.acked.insert(id.to_owned());
                Ok(true)
            }
            (503, Some("disk_full")) => {
                ensure!(told.headers.contains_key("retry-after"), "it does not say when to retry");
                Ok(false)
            }
            _ => bail!("a note was answered with {} {}", told.status, told.body),
        }
    }

    fn status(&self, path: &str) -> Result<u16> {
        Ok(self.service.ask("GET", path, Some(&self.token), &Value::Null)?.status)
    }

    /// Waits until an address answers with a status; how long that took, in seconds.
    fn until(&self, path: &str, status: u16) -> Result<f64> {
        let clock = Seconds::start();
        while self.status(path)? != status {
            ensure!(clock.gone() < WITHIN_S, "{path} does not answer with {status}");
            pause(Duration::from_millis(50));
        }
        Ok(clock.gone())
    }

    /// Writes, fills the disk, tries, reads, frees the disk, and goes on.
    fn round(&mut self, disk: &Disk, dir: &Path, account: &str, came: &mut Came) -> Result<()> {
        for _ in 0..NOTES {
            let id = self.id();
            ensure!(self.note(&id)?, "there is room, and a note is refused for want of it");
        }
        disk.fill()?;
        let mut refused = Vec::new();
        for _ in 0..NOTICED_MAX {
            let id = self.id();
            if !self.note(&id)? {
                refused.push(id);
            }
            if refused.len() >= TRIED {
                break;
            }
        }
        ensure!(refused.len() >= TRIED, "a full disk is not noticed");
        self.until("/ready", 503)?;
        ensure!(self.status("/live")? == 204, "the process does not say that it lives");
        for _ in 0..TRIED {
            let status = self.status(&format!("/api/v1/matters/{}", self.matter))?;
            ensure!(status == 200, "reading was answered with {status}");
            came.reads += 1;
        }
        let there = oracle::commands(&mut oracle::reader(&Target::Sqlite(dir.join("realm.db")))?)?;
        let is_there = |id: &&String| there.contains_key(&(account.to_owned(), (*id).clone()));
        came.missing += refused.iter().filter(|it| !is_there(it)).count();
        came.refused += refused.len();
        disk.free()?;
        let clock = Seconds::start();
        while !self.note(&refused[0])? {
            ensure!(clock.gone() < WITHIN_S, "there is room again, and nothing is written");
            pause(Duration::from_millis(20));
        }
        let ready_s = self.until("/ready", 204)?;
        came.longest_s = came.longest_s.max(clock.gone()).max(ready_s);
        for id in &refused {
            ensure!(self.note(id)?, "a note that is sent again finds no room");
        }
        Ok(())
    }
}
