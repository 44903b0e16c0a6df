//! The disk runs full, and has room again.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use super::super::http::binary;
use super::super::{Options, Seconds, image};
use super::pen::{Line, Noted, Pen, WITHIN_S};
use super::{Came, NOTES, TRIED, settings};
use crate::process::{output, pause};
use crate::service::Service;

/// Times that the disk runs full, in the full form and in the short one.
const ROUNDS: (u64, u64) = (40, 3);
/// Size of the disk, in the full form and in the short one: a realm that grows with each round, and
/// not much more.
const DISK_MB: (u64, u64) = (192, 24);
/// Notes until a disk without room is noticed: the log of the database has room of its own.
const NOTICED_MAX: usize = 8_000;

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
    let tried = || Disk::mount(DISK_MB.1).err().map(|it| format!("{it:#}"));
    image::unable(&[]).or_else(tried)
}

/// Runs it; true where all held, and where this machine cannot run it, which is said.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub(super) fn run(options: &Options) -> Result<bool> {
    if let Some(why) = unable() {
        println!("skipped: torture disk, full: {why}");
        return Ok(true);
    }
    let (seed, clock) = (options.seed, Seconds::start());
    let pick = |(full, short)| if options.full { full } else { short };
    let (rounds, size_mb) = (pick(ROUNDS), pick(DISK_MB));
    println!("torture disk: seed {seed}: a disk of {size_mb} MiB runs full {rounds} times");
    let disk = Disk::mount(size_mb)?;
    let came = campaign(options, &disk, rounds).with_context(|| format!("full, seed {seed}"))?;
    Ok(came.tell("full", options, &clock))
}

fn campaign(options: &Options, disk: &Disk, rounds: u64) -> Result<Came> {
    let (binary, dir) = (binary(options.full)?, disk.0.path().join("realm"));
    let mut pen = Pen::found(&binary, dir.clone(), options.seed)?;
    let service = Service::start_with(&binary, &dir, &settings())?;
    let line = pen.sign_in(&service)?;
    let mut came = Came::default();
    for no in 1..=rounds {
        round(&mut pen, &line, disk, &mut came).with_context(|| format!("round {no}"))?;
    }
    service.kill()?;
    came.settle(&pen)?;
    Ok(came)
}

/// Writes, fills the disk, tries, reads, frees the disk, and goes on.
fn round(pen: &mut Pen, line: &Line<'_>, disk: &Disk, came: &mut Came) -> Result<()> {
    pen.write(line, NOTES)?;
    disk.fill()?;
    let mut refused = Vec::new();
    for _ in 0..NOTICED_MAX {
        let id = pen.id();
        match pen.note(line, &id)? {
            Noted::Done => {}
            Noted::Refused => refused.push(id),
            Noted::Unknown => bail!("a full disk leaves no outcome open"),
        }
        if refused.len() >= TRIED {
            break;
        }
    }
    ensure!(refused.len() >= TRIED, "a full disk is not noticed");
    line.until("/ready", 503)?;
    ensure!(line.status("/live")? == 204, "the process does not say that it lives");
    line.read(&pen.path(), TRIED)?;
    came.missing += pen.missing(&refused)?;
    came.refused += refused.len();
    disk.free()?;
    let clock = Seconds::start();
    while pen.note(line, &refused[0])? != Noted::Done {
        ensure!(clock.gone() < WITHIN_S, "there is room again, and nothing is written");
        pause(Duration::from_millis(20));
    }
    let ready_s = line.until("/ready", 204)?;
    came.longest_s = came.longest_s.max(clock.gone()).max(ready_s);
    pen.send_again(line, &refused)
}
