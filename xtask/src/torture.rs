//! Campaigns against the promises of the store: a receipt survives, nothing counts twice.
//!
//! Each prints its seed, what it did and its counts, and runs a control that must fail: a
//! campaign whose control passes has shown nothing.

pub mod child;
pub mod crowd;
pub mod disk;
pub mod failover;
pub mod http;
mod image;
pub mod journal;
pub mod kill;
pub mod load;
pub mod oracle;
pub mod power;
pub mod realm;
pub mod sim;

use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::ValueEnum;

use crate::process::{cargo, moment, succeeds};
use crate::web::Torture;

/// A campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Campaign {
    /// Simulated phones: offline, retrying, out of order, over a realm that dies.
    Sim,
    /// SIGKILL of a writer under load.
    Kill,
    /// Loss of power under a writer, on a loop mount; as root.
    Power,
    /// SIGKILL of the service under phones that send photos.
    Http,
    /// A disk that runs full under the service, and one that becomes read-only, on mounts of their
    /// own; as root.
    Disk,
    /// Thousands of slow and waiting connections beside somebody who works.
    Crowd,
    /// Death of a PostgreSQL primary under load, and promotion of its standby.
    Failover,
    /// Phones in a browser: no network, a killed page, a full disk, a service that fails.
    Browser,
}

/// How a campaign is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The same seed makes the same choices.
    pub seed: u64,
    /// The long form, whose figures may be quoted.
    pub full: bool,
    /// The program of the automation, which campaigns start again as a child.
    pub program: PathBuf,
}

/// Time since a campaign began.
pub(crate) struct Seconds(std::time::Instant);

impl Seconds {
    pub(crate) fn start() -> Seconds {
        Seconds(moment())
    }

    pub(crate) fn gone(&self) -> f64 {
        moment().duration_since(self.0).as_secs_f64()
    }
}

/// Runs a campaign; false where it lost something or its control did not.
///
/// The full form runs in release, by calling cargo again where it must.
///
/// # Errors
/// The campaign could not be run, or something that must hold does not.
pub fn run(campaign: Campaign, seed: Option<u64>, full: bool, program: &Path) -> Result<bool> {
    let seed = seed.unwrap_or_else(fresh_seed);
    if full && cfg!(debug_assertions) {
        let name = campaign.to_possible_value().expect("each campaign has a name");
        let mut again = cargo();
        again.args(["run", "--quiet", "--release", "--bin", "xtask", "--", "torture"]);
        return succeeds(again.arg(name.get_name()).args(["--seed", &seed.to_string(), "--full"]));
    }
    let options = Options { seed, full, program: program.to_path_buf() };
    match campaign {
        Campaign::Sim => sim::run(&options),
        Campaign::Kill => kill::run(&options),
        Campaign::Power => power::run(&options),
        Campaign::Http => http::run(&options),
        Campaign::Crowd => crowd::run(&options),
        Campaign::Disk => disk::run(&options),
        Campaign::Failover => failover::run(&options),
        Campaign::Browser => Torture { seed, full }.run(),
    }
}

/// A seed that nobody chose; it is printed.
fn fresh_seed() -> u64 {
    let hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.finish() >> 32
}
