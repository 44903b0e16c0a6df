//! The disk fails, and the system makes it read-only: from the second write on it is said that it
//! can only be read, and the service goes on once the disk is mounted anew and it was started.

use anyhow::{Context, Result, bail, ensure};

use super::super::http::binary;
use super::super::image::{self, Image};
use super::super::{Options, Seconds};
use super::pen::{Line, Noted, Pen};
use super::{Came, NOTES, TRIED, settings};
use crate::service::Service;

/// Times that the disk fails, in the full form and in the short one.
const ROUNDS: (u64, u64) = (20, 1);
/// A file system that does as told, and how it is made.
const SYSTEM: (&str, &[&str]) = ("ext4", &["-q", "-F"]);

/// Runs it; true where all held, and where this machine cannot run it, which is said.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub(super) fn run(options: &Options) -> Result<bool> {
    if let Some(why) = unable() {
        println!("skipped: torture disk, read-only: {why}");
        return Ok(true);
    }
    let (seed, clock) = (options.seed, Seconds::start());
    let rounds = if options.full { ROUNDS.0 } else { ROUNDS.1 };
    println!("torture disk: seed {seed}: a disk becomes read-only {rounds} times");
    let came = campaign(options, rounds).with_context(|| format!("read-only, seed {seed}"))?;
    Ok(came.tell("read-only", options, &clock))
}

/// Why this machine cannot run it; none where it can.
fn unable() -> Option<String> {
    let tried = || Image::make(SYSTEM.0, SYSTEM.1).and_then(|it| it.fail()).err();
    image::unable(&[&format!("mkfs.{}", SYSTEM.0)]).or_else(|| tried().map(|it| format!("{it:#}")))
}

fn campaign(options: &Options, rounds: u64) -> Result<Came> {
    let mut disk = Image::make(SYSTEM.0, SYSTEM.1)?;
    let (binary, dir) = (binary(options.full)?, disk.root().join("realm"));
    let mut pen = Pen::found(&binary, dir.clone(), options.seed)?;
    let mut came = Came::default();
    let mut unsent = Vec::new();
    for no in 0..=rounds {
        let service = Service::start_with(&binary, &dir, &settings())?;
        let line = pen.sign_in(&service)?;
        let ready_s = line.until("/ready", 204)?;
        came.longest_s = came.longest_s.max(ready_s);
        pen.send_again(&line, &unsent)?;
        pen.write(&line, NOTES)?;
        if no == rounds {
            service.kill()?;
            break;
        }
        disk.fail()?;
        unsent = tried(&mut pen, &line, &mut came).with_context(|| format!("round {}", no + 1))?;
        service.kill()?;
        disk.unmount()?;
        disk.mount()?;
    }
    came.settle(&pen)?;
    Ok(came)
}

/// Writes and reads on a disk that can only be read; the notes that have to be sent again.
fn tried(pen: &mut Pen, line: &Line<'_>, came: &mut Came) -> Result<Vec<String>> {
    let (mut refused, mut unknown) = (Vec::new(), Vec::new());
    for no in 0..TRIED {
        let id = pen.id();
        match pen.note(line, &id)? {
            Noted::Refused => refused.push(id),
            // Whoever is the first to meet it.
            Noted::Unknown if no == 0 => unknown.push(id),
            noted => bail!("note {no} on a disk that can only be read is {noted:?}"),
        }
    }
    line.until("/ready", 503)?;
    ensure!(line.status("/live")? == 204, "the process does not say that it lives");
    line.read(&pen.path(), TRIED)?;
    came.missing += pen.missing(&refused)?;
    came.refused += refused.len();
    came.unknown += unknown.len();
    Ok([unknown, refused].concat())
}
