//! The one test command: every check, the pages, a PostgreSQL and an S3 service of its own, every
//! test, stories in a browser, one closing line.
//!
//! Nothing is skipped in silence: what could not run is named with its reason, and a full run
//! fails instead. Every step runs even if one before it failed, so that one run tells all.

mod deny;
mod pages;
mod tally;

use std::process::Command;

use anyhow::{Context, Result};

use crate::postgres::{Cluster, Installation};
use crate::process::{cargo, lines, on_path, succeeds};
use crate::s3::{self, Bucket};
use crate::{fuzz, tidy};
pub use tally::Tally;

/// Where the tests that need PostgreSQL find one.
pub const POSTGRES_URL: &str = "BIHUAN_TEST_PG";

/// Where the tests that need an S3 service find one.
const S3_URL: &str = "BIHUAN_TEST_S3";

/// What the property tests draw their cases from: set it to draw others.
const SEED: &str = "PROPTEST_RNG_SEED";

/// The seed of a run that was given none, so that the same commit has the same result twice.
const USUAL_SEED: &str = "20210416";

/// How one step ended.
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// The steps of a run so far, each with how it ended.
#[derive(Default)]
struct Report(Vec<(&'static str, Outcome)>);

impl Report {
    fn add(&mut self, step: &'static str, outcome: Result<Outcome>) {
        let outcome = outcome.unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        match &outcome {
            Outcome::Passed => {}
            Outcome::Failed(why) => println!("failed: {step}: {why}"),
            Outcome::Skipped(why) => println!("skipped: {step}: {why}"),
        }
        self.0.push((step, outcome));
    }

    fn check(&mut self, step: &'static str, run: impl FnOnce() -> Result<bool>) {
        heading(step);
        let outcome =
            run().map(
                |passed| {
                    if passed { Outcome::Passed } else { Outcome::Failed("see above".into()) }
                },
            );
        self.add(step, outcome);
    }

    /// Starts a service that tests want; `start` says why there is none where that is no fault.
    fn start<T>(
        &mut self,
        step: &'static str,
        start: impl FnOnce() -> Result<std::result::Result<T, String>>,
        url: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        heading(step);
        match start() {
            Ok(Ok(service)) => {
                println!("started at {}", url(&service));
                self.add(step, Ok(Outcome::Passed));
                Some(service)
            }
            Ok(Err(why)) => {
                self.add(step, Ok(Outcome::Skipped(why)));
                None
            }
            Err(error) => {
                self.add(step, Err(error));
                None
            }
        }
    }

    fn failures(&self) -> u64 {
        self.0.iter().filter(|(_, it)| matches!(it, Outcome::Failed(_))).count() as u64
    }

    fn print(&self) {
        heading("summary");
        for (step, outcome) in &self.0 {
            match outcome {
                Outcome::Passed => println!("passed   {step}"),
                Outcome::Failed(why) => println!("FAILED   {step}: {}", first_line(why)),
                Outcome::Skipped(why) => println!("skipped  {step}: {why}"),
            }
        }
    }
}

/// Runs everything. `full` installs what is missing, and fails where it cannot be had.
///
/// The last line is `N passed, N failed`: the tests that cargo counted, and each other step that
/// failed counts as one failure.
///
/// # Errors
/// None of its own: a step that cannot run is a failed step.
pub fn run(full: bool) -> Result<bool> {
    let mut report = Report::default();
    report.check("tidy", tidy::run);
    report.check("format", || succeeds(cargo().args(["fmt", "--all", "--check"])));
    report.check("clippy", || {
        let lint = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        succeeds(cargo().args(lint))
    });
    heading("licences, bans and sources");
    report.add("licences, bans and sources", deny::check(full));

    heading("pages");
    let node = pages::node(full);
    report.add("pages", pages::check(&node, full));

    let cluster = report.start("PostgreSQL", || postgres(full), Cluster::url);
    let bucket = report.start("S3", || bucket(full), Bucket::url);

    heading("tests");
    let mut tally = Tally::default();
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    let seed = seed();
    println!("property tests with {SEED}={seed}");
    tests.env(SEED, seed);
    for (name, url) in [
        (POSTGRES_URL, cluster.as_ref().map(Cluster::url)),
        (S3_URL, bucket.as_ref().map(Bucket::url)),
    ] {
        match url {
            Some(url) => tests.env(name, url),
            None => tests.env_remove(name),
        };
    }
    let passed = lines(&mut tests, |line| {
        println!("{line}");
        tally.read(line);
    });
    drop((cluster, bucket));
    // Failed tests are counted one by one; a run that died without counting is one failure.
    report.add("tests", passed.map(|passed| tests_outcome(passed, tally)));
    heading("pages in a browser");
    report.add("pages in a browser", pages::browse(&node, full));
    heading("API fuzz");
    report.add("API fuzz", fuzzed(full));
    report.print();
    let counted = if tally.failed > 0 { 1 } else { 0 };
    let failed = tally.failed + report.failures() - counted;
    println!("{} passed, {failed} failed", tally.passed);
    Ok(failed == 0)
}

/// Runs the tests so that every changed snapshot is accepted.
///
/// # Errors
/// Cargo could not be started.
pub fn bless() -> Result<bool> {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]).env("INSTA_UPDATE", "always");
    let passed = succeeds(&mut tests)?;
    println!("Accepted. Read `git diff` before you commit it.");
    Ok(passed)
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests chooses their seed")]
fn seed() -> String {
    std::env::var(SEED).unwrap_or_else(|_| USUAL_SEED.to_owned())
}

fn tests_outcome(passed: bool, tally: Tally) -> Outcome {
    match (passed, tally) {
        (true, Tally { passed: 0, .. }) => Outcome::Failed("cargo counted no test".into()),
        (true, Tally { failed: 0, .. }) => Outcome::Passed,
        (_, Tally { failed: 0, .. }) => {
            Outcome::Failed("cargo failed without a failed test: see above".into())
        }
        (_, Tally { failed, .. }) => Outcome::Failed(format!("{failed} failed")),
    }
}

/// A running cluster, or why there is none; in a full run that is an error.
fn postgres(full: bool) -> Result<std::result::Result<Cluster, String>> {
    let mut found = Installation::find()?;
    if found.is_none() && full && apt_install("postgresql")? {
        found = Installation::find()?;
    }
    match found {
        Some(installation) => Cluster::start(&installation, &[]).map(Ok),
        None if full => anyhow::bail!("no PostgreSQL of version 15 or newer is installed"),
        None => Ok(Err("not installed; the store was tested on SQLite alone".into())),
    }
}

/// A running S3 service, or why there is none; in a full run that is an error.
fn bucket(full: bool) -> Result<std::result::Result<Bucket, String>> {
    match s3::install() {
        Ok(program) => Bucket::start(&program).map(Ok),
        Err(error) if full => Err(error),
        Err(error) => {
            let why = format!("{error:#}");
            Ok(Err(format!("files were tested in a folder alone: {}", first_line(&why))))
        }
    }
}

/// The API against its description; a full run fails where the tool cannot be had.
fn fuzzed(full: bool) -> Result<Outcome> {
    match fuzz::Tool::install() {
        Ok(tool) => {
            let passed = fuzz::run(&tool, fuzz::USUAL_SEED, false)?;
            Ok(if passed { Outcome::Passed } else { Outcome::Failed("see above".into()) })
        }
        Err(error) if full => Err(error),
        Err(error) => {
            let why = format!("{error:#}");
            Ok(Outcome::Skipped(format!("nothing was drawn: {}", first_line(&why))))
        }
    }
}

/// Installs a package where that is possible: root on Debian. False where it is not.
fn apt_install(package: &str) -> Result<bool> {
    let Some(apt) = on_path("apt-get") else { return Ok(false) };
    let install = |arguments: &[&str]| {
        let mut command = Command::new(&apt);
        succeeds(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let installed = install(&["update"])?
        && install(&["install", "--yes", "--no-install-recommends", package])?;
    Ok(installed)
}

fn heading(step: &str) {
    println!("\n== {step}");
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Starts the cluster that a test wants, or says why there is none; for the tests of xtask.
///
/// # Errors
/// PostgreSQL is wanted, but not installed.
pub fn installation_for_tests() -> Result<Option<Installation>> {
    if crate::process::env(POSTGRES_URL).is_none() {
        println!("skipped: `{POSTGRES_URL}` is not set; `cargo xtask test` sets it");
        return Ok(None);
    }
    Installation::find()?.context("PostgreSQL is wanted, but not installed").map(Some)
}
