//! The process that is killed: a store with senders, started by a campaign and ended by it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};
use bihuan_store::db::Role;
use bihuan_store::{Db, Store, Target, Writer, migrate};
use clap::Args;

use super::load::{self, Bare, Plan};
use super::realm;

/// What the hidden command of the child is told.
#[derive(Args, Clone, Debug)]
pub struct Life {
    /// The file of the realm.
    #[arg(long)]
    pub realm: PathBuf,
    /// The folder of the journals.
    #[arg(long)]
    pub journals: PathBuf,
    /// Submissions without an answer.
    #[arg(long)]
    pub pending: PathBuf,
    /// The seed of the campaign.
    #[arg(long)]
    pub seed: u64,
    /// The round.
    #[arg(long)]
    pub round: u64,
    /// Say that it is done before it is: a control.
    #[arg(long)]
    pub early: bool,
    /// Commit without waiting for the disk: a control.
    #[arg(long)]
    pub weak: bool,
}

/// Lives until it is killed, or until whoever started it is gone.
///
/// # Errors
/// The realm cannot be opened, or a journal not be written.
pub fn live(life: &Life) -> Result<bool> {
    std::thread::spawn(|| {
        // The end of the pipe is the end of whoever holds the other side.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let target = Target::Sqlite(life.realm.clone());
    let ticker = load::ticker(life.seed, life.round);
    let plan = Plan {
        journals: life.journals.clone(),
        seed: life.seed,
        round: life.round,
        pending: load::read_pending(&life.pending)?,
        now: realm::START,
        early: life.early,
    };
    let stop = AtomicBool::new(false);
    if life.weak {
        let mut db = Db::connect(&target, Role::Writer)?;
        db.run("PRAGMA synchronous = NORMAL")?;
        migrate(&mut db)?;
        let writer = Writer::new(db, ticker())?;
        ready()?;
        load::run(&Bare::new(writer, ticker), &plan, &stop)?;
    } else {
        let store = Store::open(&target, ticker)?;
        ready()?;
        load::run(&store, &plan, &stop)?;
    }
    Ok(true)
}

fn ready() -> Result<()> {
    let mut out = std::io::stdout();
    out.write_all(b"ready\n").and_then(|()| out.flush()).context("nobody listens")
}

/// A running child. Dropping it kills it.
pub struct Running(Child);

impl Running {
    /// Starts a child and waits until it has opened the realm.
    ///
    /// # Errors
    /// It does not start, or says why it cannot open the realm.
    pub fn start(program: &Path, life: &Life) -> Result<Running> {
        let mut command = Command::new(program);
        command.arg("torture-child");
        for (name, path) in
            [("--realm", &life.realm), ("--journals", &life.journals), ("--pending", &life.pending)]
        {
            command.arg(name).arg(path);
        }
        command.arg("--seed").arg(life.seed.to_string());
        command.arg("--round").arg(life.round.to_string());
        for (name, set) in [("--early", life.early), ("--weak", life.weak)] {
            if set {
                command.arg(name);
            }
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("failed to start the child")?;
        let stdout = child.stdout.take().expect("the output was asked for as a pipe");
        let running = Running(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("failed to listen to the child")?;
        ensure!(line == "ready\n", "the child ended before it was ready");
        Ok(running)
    }

    /// Kills it by SIGKILL and waits until it is gone; it must still have been running.
    ///
    /// # Errors
    /// It had ended by itself.
    pub fn kill(mut self) -> Result<()> {
        let ended = self.0.try_wait().context("failed to look at the child")?;
        ensure!(ended.is_none(), "the child had ended by itself: {ended:?}");
        self.end();
        Ok(())
    }

    /// Ends it, running or not.
    pub fn end(&mut self) {
        // One that is gone already need not be killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
