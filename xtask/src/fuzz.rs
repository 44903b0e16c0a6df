//! The API against its own description: Schemathesis draws requests from the description, and what
//! the service answers must be described, whoever asks.
//!
//! Invariants: every operation is asked by each caller, of a realm of the caller's own; the same
//! seed draws the same requests; where a status that is answered is described no longer, the run
//! must fail.

mod description;
mod program;
mod town;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{cargo, output, succeeds, target_dir};
use crate::torture::Seconds;
use program::{Came, Order};
use town::{CALLERS, Served};

/// The seed of a run that was given none, so that the same commit has the same result twice.
pub const USUAL_SEED: u64 = 20_210_416;
/// Requests that are drawn for each operation and caller, in the short form and the full one.
const EXAMPLES: (u32, u32) = (3, 250);
/// Callers whose runs go on at the same time.
const ABREAST: usize = 3;
/// Those who are signed in: one of them covers an operation in the short form.
const SHARES: usize = CALLERS.len() - 1;
/// Lines that are told of the faults of one caller.
const LINES_MAX: usize = 200;
/// What ends the session that it is asked with, and is therefore asked apart.
const SIGNS_OUT: [(&str, &str); 3] = [
    ("delete", "/api/v1/session"),
    ("delete", "/api/v1/sessions/{id}"),
    ("post", "/api/v1/session/provider/leave"),
];
/// What the control hides: a signed-out caller is answered so.
const HIDDEN: (&str, &str) = ("/api/v1/session", "401");

/// The tool; to have it installed is a step of its own, which may be impossible.
#[derive(Clone, Debug)]
pub struct Tool(PathBuf);

impl Tool {
    /// Installs it where it is not.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn install() -> Result<Tool> {
        program::install().map(Tool)
    }
}

/// Asks the whole API; true where all answers are as described and the control is caught.
///
/// # Errors
/// The program, its realm or the tool does not run.
pub fn run(tool: &Tool, seed: u64, full: bool) -> Result<bool> {
    let clock = Seconds::start();
    println!(
        "API fuzz: seed {seed}, {} requests drawn for each operation and caller",
        examples(full)
    );
    let build = ["build", "--quiet", "--bin", "bihuan"];
    ensure!(succeeds(cargo().args(build))?, "the program does not build");
    let binary = target_dir().join("debug/bihuan");
    let folder = tempfile::tempdir().context("failed to make a temporary directory")?;
    let realm = folder.path().join("realm");
    town::found(&binary, &realm, seed)?;
    let mut described: Value =
        serde_json::from_str(&output(std::process::Command::new(&binary).arg("openapi"))?)?;
    let endless = description::take_endless(&mut described);
    println!("  not asked, because the answer has no end: {}", endless.join(", "));
    let campaign = Campaign { tool, binary, folder: folder.path(), realm, described, seed };
    let came = campaign.callers(full)?;
    let caught = campaign.control()?;
    let faults: u64 = came.iter().map(|(_, it)| it.faults).sum();
    for (name, it) in came.iter().filter(|(_, it)| it.faults > 0) {
        println!("  {name}:\n{}", told(&it.said));
    }
    let passed = faults == 0 && caught;
    println!(
        "API fuzz: seed {seed}: {} requests to {} operations by {} callers, {faults} faults; \
         control {}; {:.0} s: {}",
        came.iter().map(|(_, it)| it.cases).sum::<u64>(),
        came.iter().map(|(_, it)| it.operations).max().unwrap_or_default(),
        CALLERS.len(),
        if caught { "caught" } else { "NOT caught" },
        clock.gone(),
        if passed { "passed" } else { "FAILED" }
    );
    Ok(passed)
}

fn examples(full: bool) -> u32 {
    if full { EXAMPLES.1 } else { EXAMPLES.0 }
}

/// What it says of faults, as far as somebody reads it.
fn told(said: &str) -> String {
    let faults = said.lines().skip_while(|it| !it.starts_with("===")).filter(|it| !it.is_empty());
    faults.take(LINES_MAX).collect::<Vec<_>>().join("\n")
}

struct Campaign<'a> {
    tool: &'a Tool,
    binary: PathBuf,
    folder: &'a Path,
    realm: PathBuf,
    described: Value,
    seed: u64,
}

impl Campaign<'_> {
    /// All callers, some at a time.
    fn callers(&self, full: bool) -> Result<Vec<(&'static str, Came)>> {
        let mut came = Vec::new();
        for group in CALLERS.chunks(ABREAST) {
            let done = std::thread::scope(|scope| {
                let one = |it: &'static (&str, Option<&str>)| {
                    scope.spawn(move || self.caller(*it, full).context(it.0))
                };
                let running: Vec<_> = group.iter().map(one).collect();
                let ended = running.into_iter().map(|it| it.join().expect("no run panics"));
                ended.collect::<Result<Vec<_>>>()
            })?;
            for all in done {
                for (name, it) in all {
                    println!("  {name}: {} requests, {} faults", it.cases, it.faults);
                    came.push((name, it));
                }
            }
        }
        Ok(came)
    }

    /// Everything as one caller, and last what signs that caller out.
    fn caller(
        &self,
        (name, account): (&'static str, Option<&str>),
        full: bool,
    ) -> Result<Vec<(&'static str, Came)>> {
        let to = self.folder.join(format!("realm-{name}"));
        let served = Served::copy(&self.binary, (&self.realm, to), account)?;
        let mut described = self.described.clone();
        description::name(&mut described, &served.known(&self.described)?);
        let mut last = described.clone();
        if account.is_some() {
            description::take(&mut described, signs_out);
        }
        // In the short form each operation is covered by one of those who are signed in.
        let no = CALLERS.iter().position(|it| it.0 == name).unwrap_or_default();
        let operations = program::operations(&described).enumerate();
        let covered: BTreeSet<String> = operations
            .filter(|(at, _)| full || (no > 0 && (at + no) % SHARES == 0))
            .map(|it| it.1)
            .collect();
        let order = Order {
            name,
            description: &described,
            base: &served.service.base,
            token: served.token.as_deref(),
            covered: &covered,
            examples: examples(full),
            seed: self.seed,
        };
        let mut all = vec![(name, program::run(&self.tool.0, self.folder, &order)?)];
        ensure!(served.is_signed_in()?, "an operation signed the caller out: name it apart");
        if name == "inspector" {
            description::take(&mut last, |method, path, it| !signs_out(method, path, it));
            let order = Order { name: "signing-out", description: &last, ..order };
            all.push((order.name, program::run(&self.tool.0, self.folder, &order)?));
        }
        Ok(all)
    }

    /// Whether a status that is answered and not described is a fault.
    fn control(&self) -> Result<bool> {
        let to = self.folder.join("realm-control");
        let served = Served::copy(&self.binary, (&self.realm, to), None)?;
        let mut described = self.described.clone();
        description::take(&mut described, |_, path, _| path != HIDDEN.0);
        let hidden = description::hide_status(&mut described, HIDDEN.0, HIDDEN.1);
        ensure!(hidden, "the description does not say that {} answers {}", HIDDEN.0, HIDDEN.1);
        let order = Order {
            name: "control",
            description: &described,
            base: &served.service.base,
            token: None,
            covered: &BTreeSet::new(),
            examples: 5,
            seed: self.seed,
        };
        let came = program::run(&self.tool.0, self.folder, &order)?;
        let caught = came.faults > 0 && came.said.contains("Undocumented status code");
        println!("  control, {} without its {}: {} faults", HIDDEN.0, HIDDEN.1, came.faults);
        Ok(caught)
    }
}

fn signs_out(method: &str, path: &str, _: &Value) -> bool {
    SIGNS_OUT.contains(&(method, path))
}
