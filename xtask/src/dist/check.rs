//! The bundle as whoever installs it meets it: in a folder of its own, with the network off.
//!
//! Invariants: only what the bundle holds is used; the realm that is gone back to is the one that
//! was before the upgrade, to the byte of its root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::sign;
use crate::process::{on_path, output, succeeds};
use crate::service::{Question, Service};

/// What the bundle before is called where there is none.
const BEFORE: &str = "0.0.0-before";

/// What is handed to the process without a network.
#[derive(Clone, Debug, clap::Args)]
pub struct Scratch {
    /// The bundle.
    #[arg(long)]
    bundle: PathBuf,
    /// The one before.
    #[arg(long)]
    before: Option<PathBuf>,
}

/// Runs the check where there is no network, if that can be had.
///
/// # Errors
/// It could not be started.
pub(super) fn run(program: &Path, bundle: &Path, before: Option<&Path>) -> Result<bool> {
    let mut words = vec!["dist-check".into(), "--bundle".into(), bundle.to_path_buf()];
    if let Some(before) = before {
        words.extend(["--before".into(), before.to_path_buf()]);
    }
    let apart = ["--net", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"];
    let mut alone = Command::new("unshare");
    match why_not_apart() {
        None => succeeds(alone.args(apart).arg(program).args(words)),
        Some(why) => {
            println!("skipped: the network stays on while it is checked: {why}");
            succeeds(Command::new(program).args(words))
        }
    }
}

/// Why a process cannot be started without a network.
fn why_not_apart() -> Option<&'static str> {
    if on_path("unshare").is_none() || on_path("ip").is_none() {
        return Some("`unshare` or `ip` is not installed");
    }
    let tried = output(Command::new("unshare").args(["--net", "ip", "link", "set", "lo", "up"]));
    tried.is_err().then_some("a network of its own takes root")
}

/// Installs, upgrades and goes back; true where every step held.
///
/// # Errors
/// A step did not hold.
pub fn inside(scratch: &Scratch) -> Result<bool> {
    let folder = tempfile::tempdir().context("failed to make a scratch folder")?;
    let links = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let others = links.lines().skip(2).filter(|it| !it.trim().starts_with("lo:")).count();
    println!("check: {} networks beside the loopback", others);
    let now = unpack(&scratch.bundle, &folder.path().join("now"))?;
    let before = match &scratch.before {
        Some(it) => unpack(it, &folder.path().join("before"))?,
        None => {
            println!("  there is no bundle before: upgrading from this one, called {BEFORE}");
            let before = unpack(&scratch.bundle, &folder.path().join("before"))?;
            sign(&before, BEFORE)?;
            before
        }
    };
    let site = Site { root: folder.path().join("root") };
    site.setup(&before, "install")?;
    site.refuses(&before, "install")?;
    let mut demo = site.bihuan();
    demo.current_dir(&before).args(["demo", "--days", "1"]);
    output(&mut demo).context("the realm cannot be played")?;
    site.serves()?;
    let first = site.state()?;
    println!("  installed {}: {} entries, served", site.release()?, first.entries);
    site.damaged(&now, &folder.path().join("damaged"))?;
    site.setup(&now, "upgrade")?;
    let second = site.state()?;
    ensure!(first == second, "the upgrade changed the record: {first:?}, {second:?}");
    site.serves()?;
    println!("  upgraded to {}: the same record, served", site.release()?);
    let member = ["--name", "newcomer", "--role", "inspector", "--unit", "town"];
    output(site.bihuan().args(["user", "add", "newcomer"]).args(member))?;
    ensure!(site.state()?.entries > second.entries, "nothing was recorded after the upgrade");
    site.setup(&now, "rollback")?;
    let last = site.state()?;
    ensure!(first == last, "what was gone back to is another record: {first:?}, {last:?}");
    site.serves()?;
    println!("  went back to {}: the record of the backup, verified, served", site.release()?);
    site.refuses(&now, "rollback")?;
    Ok(true)
}

fn unpack(bundle: &Path, to: &Path) -> Result<PathBuf> {
    fs::create_dir_all(to)?;
    output(Command::new("tar").arg("--extract").arg("--file").arg(bundle).arg("-C").arg(to))?;
    let first = fs::read_dir(to)?.next().context("the bundle is empty")??;
    Ok(first.path())
}

/// Where it is installed.
struct Site {
    root: PathBuf,
}

/// What a realm has recorded.
#[derive(Debug, PartialEq, Eq)]
struct State {
    entries: u64,
    root: String,
}

impl Site {
    fn command(&self, bundle: &Path, verb: &str) -> Command {
        let mut setup = Command::new(bundle.join("setup"));
        setup.arg(verb).env("BIHUAN_ROOT", &self.root).env_remove("BIHUAN_DB");
        setup
    }

    fn setup(&self, bundle: &Path, verb: &str) -> Result<()> {
        output(&mut self.command(bundle, verb)).map(drop).with_context(|| format!("setup {verb}"))
    }

    fn refuses(&self, bundle: &Path, verb: &str) -> Result<()> {
        let told = self.command(bundle, verb).output()?;
        ensure!(!told.status.success(), "a second `setup {verb}` is not refused");
        Ok(())
    }

    /// A bundle with one byte more installs nothing.
    fn damaged(&self, bundle: &Path, to: &Path) -> Result<()> {
        output(Command::new("cp").arg("--recursive").arg(bundle).arg(to))?;
        let read = to.join("README.md");
        fs::write(&read, [fs::read(&read)?, b" ".to_vec()].concat())?;
        let before = self.release()?;
        self.refuses(to, "upgrade").context("a damaged bundle")?;
        ensure!(self.release()? == before, "a damaged bundle was installed");
        println!("  control: a bundle with one byte more is refused");
        Ok(())
    }

    fn program(&self) -> PathBuf {
        self.root.join("usr/local/bin/bihuan")
    }

    fn realm(&self) -> PathBuf {
        self.root.join("var/lib/bihuan")
    }

    fn bihuan(&self) -> Command {
        let mut command = Command::new(self.program());
        command.arg("--dir").arg(self.realm()).env_remove("BIHUAN_DB");
        command
    }

    fn release(&self) -> Result<String> {
        let text = fs::read_to_string(self.root.join("opt/bihuan/current/VERSION"))?;
        Ok(text.trim().to_owned())
    }

    fn state(&self) -> Result<State> {
        let told = output(self.bihuan().args(["verify", "--json"]))?;
        let told: Value = serde_json::from_str(&told).context("`bihuan verify` says no JSON")?;
        ensure!(told["sound"] == true, "the realm does not prove itself: {told}");
        let entries = told["report"]["entries"].as_u64().context("it counts no entries")?;
        let root = told["report"]["root"].as_str().context("it names no root")?.to_owned();
        Ok(State { entries, root })
    }

    /// The service answers; meanwhile it records what falls due.
    fn serves(&self) -> Result<()> {
        let service = Service::start(&self.program(), &self.realm())?;
        for (path, status) in [("/ready", 204), ("/api/v1/openapi.json", 200), ("/docs", 200)] {
            let told = service.ask("GET", path, None, &Value::Null)?;
            ensure!(told.status == status, "{path} answers {} {}", told.status, told.body);
        }
        for path in ["/field/", "/desk/"] {
            let page = service.bytes(Question { way: ("GET", path), ..Question::default() })?.1;
            let page = String::from_utf8_lossy(&page);
            ensure!(page.contains("<script"), "{path} is not in the program: {page}");
        }
        service.kill()
    }
}
