//! `torture power`: the file system under a writer loses its power, by an ioctl that drops all
//! that was not synced, on a loop mount of its own.
//!
//! Invariants: receipts are counted before the blow; the blow is seen to have struck. Control: a
//! writer that does not wait for the disk must lose some.

use std::fs;
use std::os::fd::AsRawFd;

use anyhow::{Context, Result, ensure};
use bihuan_core::story::chance::Chance;

use super::image::{self, Image};
use super::kill::{Bench, Counted, blow};
use super::{Options, Seconds, load};
use crate::process::pause;

/// Rounds of the full form, and of the short one.
const ROUNDS: (u64, u64) = (40, 3);
/// Rounds in which the control has to lose something.
const CONTROL_MAX: u64 = 12;
/// `EXT4_IOC_SHUTDOWN` and `XFS_IOC_GOINGDOWN`: `_IOR('X', 125, u32)`.
const SHUTDOWN: u64 = 0x8004_587d;
/// The flag for losing even the log.
const NO_LOG_FLUSH: u32 = 2;
/// File systems that know the ioctl, and how they are made.
const SYSTEMS: [(&str, &[&str]); 2] = [("ext4", &["-q", "-F"]), ("xfs", &["-q", "-f"])];

/// Cuts the power of a file system, and makes sure that it is gone.
fn cut(image: &Image) -> Result<()> {
    let root = fs::File::open(image.root()).context("failed to open the mount point")?;
    shut_down(&root)?;
    ensure!(!image.takes(), "the power was cut, and the file system still writes");
    Ok(())
}

#[expect(unsafe_code, reason = "no library offers this ioctl")]
fn shut_down(root: &fs::File) -> Result<()> {
    let flag = NO_LOG_FLUSH;
    // SAFETY: the descriptor is open for the call, and the kernel reads one `u32` from a pointer
    // to one.
    let done = unsafe { libc::ioctl(root.as_raw_fd(), SHUTDOWN as _, std::ptr::from_ref(&flag)) };
    ensure!(done == 0, "failed to shut down: {}", std::io::Error::last_os_error());
    Ok(())
}

/// Runs the campaign; true where every receipt held and the controls lost some, and where this
/// machine cannot run it, which is said.
///
/// # Errors
/// Something that must hold does not; the seed is in the message.
pub fn run(options: &Options) -> Result<bool> {
    let mut passed = true;
    for (system, how) in SYSTEMS {
        match unable(system, how) {
            Some(why) => println!("skipped: torture power on {system}: {why}"),
            None => passed &= on(options, system, how)?,
        }
    }
    Ok(passed)
}

/// Why this machine cannot cut the power of such a file system; none where it can.
fn unable(system: &str, how: &[&str]) -> Option<String> {
    let tried = || Image::make(system, how).and_then(|it| cut(&it)).err();
    image::unable(&[&format!("mkfs.{system}")]).or_else(|| tried().map(|it| format!("{it:#}")))
}

fn on(options: &Options, system: &str, how: &[&str]) -> Result<bool> {
    let seed = options.seed;
    let clock = Seconds::start();
    let most = if options.full { ROUNDS.0 } else { ROUNDS.1 };
    println!(
        "torture power on {system}: seed {seed}: {most} losses of power under {} senders",
        load::SENDERS
    );
    let said = || format!("{system}, seed {seed}");
    let (counted, entries) = rounds(options, (system, how), most).with_context(said)?;
    let control = control(options, (system, how)).with_context(said)?;
    println!(
        "  control, commits that do not wait for the disk: {} of {} receipts lost in {} of {} \
         rounds (some must be)",
        control.lost.0, control.acked, control.lost.1, control.rounds
    );
    let passed = counted.lost.0 == 0 && counted.acked > 0 && control.lost.0 > 0;
    println!(
        "torture power on {system}: seed {seed}: {} losses of power, {} receipts and {} refusals \
         before them, {} without an answer ({} of them written) and sent again; {entries} entries \
         sound, 0 damaged: {} lost, 0 doubled; {:.0} s: {}",
        counted.rounds,
        counted.acked,
        counted.refused,
        counted.unknown,
        counted.written,
        counted.lost.0,
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

fn rounds(options: &Options, (system, how): (&str, &[&str]), most: u64) -> Result<(Counted, u64)> {
    let mut disk = Image::make(system, how)?;
    let (mut chance, mut bench) = start(options, &disk)?;
    for round in 1..=most {
        strike(&mut disk, &mut bench, &mut chance, (options, false))
            .with_context(|| format!("round {round}"))?;
    }
    bench.settle()?;
    let entries = bench.sound()?.entries;
    Ok((bench.counted, entries))
}

/// Commits without waiting for the disk, until enough rounds or the first that shows it.
fn control(options: &Options, (system, how): (&str, &[&str])) -> Result<Counted> {
    let mut disk = Image::make(system, how)?;
    let (mut chance, mut bench) = start(options, &disk)?;
    while bench.counted.rounds < CONTROL_MAX && (options.full || bench.counted.lost.0 == 0) {
        strike(&mut disk, &mut bench, &mut chance, (options, true))?;
    }
    Ok(bench.counted)
}

fn start(options: &Options, disk: &Image) -> Result<(Chance, Bench)> {
    // What senders are told lies outside the file system that dies.
    let work = disk.beside("work");
    let bench = Bench::found(
        disk.root().join("realm.db"),
        work,
        options.seed,
        load::ticker(options.seed, 0),
    )?;
    Ok((Chance::new(options.seed), bench))
}

/// One round: senders, a loss of power, a restart, a look. A `weak` writer is a control.
fn strike(
    disk: &mut Image,
    bench: &mut Bench,
    chance: &mut Chance,
    (options, weak): (&Options, bool),
) -> Result<()> {
    let child = bench.start(&options.program, false, weak)?;
    pause(blow(chance));
    let told = bench.told()?;
    cut(disk)?;
    // It may have met the loss and ended.
    drop(child);
    disk.unmount()?;
    disk.mount()?;
    bench.look(&told, !weak)
}
