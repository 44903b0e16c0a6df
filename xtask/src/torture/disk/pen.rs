//! Whoever writes while the disk fails.

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
use bihuan_store::{Answer, Db, Moment, Store, Target};
use serde_json::{Value, json};

use super::super::{Seconds, oracle, realm};
use crate::process::{clock_ms, pause};
use crate::service::Service;

/// Within so many seconds it must go on.
pub(super) const WITHIN_S: f64 = 5.0;
/// Submissions that are drawn until one opens a matter.
const DRAWN_MAX: usize = 2_000;
/// The password of whoever writes.
const PASSWORD: &str = "campaign-of-failing-disks";

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// There is a receipt.
    Done,
    /// It was refused with the word for such a disk.
    Refused,
    /// Nobody knows whether it was written.
    Unknown,
}

/// Whoever writes, and what was answered for.
pub(super) struct Pen {
    dir: PathBuf,
    account: String,
    matter: String,
    chance: Chance,
    pub(super) acked: BTreeSet<String>,
}

/// A service where whoever writes is signed in.
pub(super) struct Line<'a> {
    service: &'a Service,
    token: String,
}

impl Pen {
    /// Somebody who may write notes on the one matter of a new realm in a folder.
    pub(super) fn found(binary: &Path, dir: PathBuf, seed: u64) -> Result<Pen> {
        fs::create_dir(&dir).context("failed to make the folder of a realm")?;
        let mut chance = Chance::new(seed);
        let matter = found(&dir, &mut chance)?;
        let account = format!("inspector-town-{}", matter.place_unit);
        set_password(binary, &dir, &account)?;
        Ok(Pen { dir, account, matter: matter.id.to_string(), chance, acked: BTreeSet::new() })
    }

    pub(super) fn sign_in<'a>(&self, service: &'a Service) -> Result<Line<'a>> {
        Ok(Line { service, token: service.sign_in(&self.account, PASSWORD)? })
    }

    /// The address of the matter.
    pub(super) fn path(&self) -> String {
        format!("/api/v1/matters/{}", self.matter)
    }

    /// The database of the realm.
    pub(super) fn target(&self) -> Target {
        Target::Sqlite(self.dir.join("realm.db"))
    }

    pub(super) fn id(&mut self) -> String {
        CommandId(self.chance.uuid()).to_string()
    }

    /// Sends a note.
    pub(super) fn note(&mut self, line: &Line<'_>, id: &str) -> Result<Noted> {
        let text = "满".repeat(600);
        let command = json!({ "note": { "text": text } });
        let body = json!({ "id": id, "matter": self.matter, "command": command });
        let told = line.service.ask("POST", "/api/v1/commands", Some(&line.token), &body)?;
        let noted = match (told.status, told.body["code"].as_str()) {
            (200, _) => Noted::Done,
            (503, Some("disk_full" | "read_only")) => Noted::Refused,
            (503, Some("outcome_unknown")) => Noted::Unknown,
            _ => bail!("a note was answered with {} {}", told.status, told.body),
        };
        let says_when = noted == Noted::Done || told.headers.contains_key("retry-after");
        ensure!(says_when, "it does not say when to retry");
        if noted == Noted::Done {
            self.acked.insert(id.to_owned());
        }
        Ok(noted)
    }

    /// Sends so many notes, each of which must have a receipt.
    pub(super) fn write(&mut self, line: &Line<'_>, count: usize) -> Result<()> {
        for _ in 0..count {
            let id = self.id();
            let noted = self.note(line, &id)?;
            ensure!(noted == Noted::Done, "nothing is in the way, and a note is {noted:?}");
        }
        Ok(())
    }

    /// Sends notes once more, each of which must have a receipt.
    pub(super) fn send_again(&mut self, line: &Line<'_>, ids: &[String]) -> Result<()> {
        for id in ids {
            let noted = self.note(line, id)?;
            ensure!(noted == Noted::Done, "a note that is sent again is {noted:?}");
        }
        Ok(())
    }

    /// How many of these are not in the record.
    pub(super) fn missing<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Result<usize> {
        let there = oracle::commands(&mut oracle::reader(&self.target())?)?;
        let is_there = |id: &&String| there.contains_key(&(self.account.clone(), (*id).clone()));
        Ok(ids.into_iter().filter(|id| !is_there(id)).count())
    }
}

impl Line<'_> {
    /// The status that an address answers with.
    pub(super) fn status(&self, path: &str) -> Result<u16> {
        Ok(self.service.ask("GET", path, Some(&self.token), &Value::Null)?.status)
    }

    /// Reads so often, which must go on.
    pub(super) fn read(&self, path: &str, count: usize) -> Result<()> {
        for _ in 0..count {
            let status = self.status(path)?;
            ensure!(status == 200, "reading was answered with {status}");
        }
        Ok(())
    }

    /// Waits until an address answers with a status; how long that took, in seconds.
    pub(super) fn until(&self, path: &str, status: u16) -> Result<f64> {
        let clock = Seconds::start();
        while self.status(path)? != status {
            ensure!(clock.gone() < WITHIN_S, "{path} does not answer with {status}");
            pause(Duration::from_millis(50));
        }
        Ok(clock.gone())
    }
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
