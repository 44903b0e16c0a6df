//! The demonstration town: built by the product itself, then checked by it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, output, root, succeeds, target_dir};

/// Fills `dir` with the town; with `check` verifies its record and the shape of its files.
///
/// # Errors
/// The binary could not be built or started, or its answer could not be read.
pub fn run(dir: &Path, seed: Option<u64>, check: bool) -> Result<bool> {
    if !succeeds(cargo().args(["build", "--release", "--package", "bihuan"]))? {
        bail!("the release binary could not be built");
    }
    let dir = root().join(dir);
    let binary = target_dir().join("release/bihuan");
    let mut demo = Command::new(&binary);
    demo.current_dir(root()).arg("demo").arg("--dir").arg(&dir);
    if let Some(seed) = seed {
        demo.arg("--seed").arg(seed.to_string());
    }
    if !succeeds(&mut demo)? {
        return Ok(false);
    }
    if !check {
        return Ok(true);
    }
    holds_something(&dir)?;
    verify(&binary, &dir)
}

/// The record proves itself: every row follows from the events, and the root is the root.
fn verify(binary: &Path, dir: &Path) -> Result<bool> {
    let mut verify = Command::new(binary);
    let said = output(verify.arg("verify").arg("--dir").arg(dir).arg("--json"))?;
    let report: serde_json::Value =
        serde_json::from_str(&said).context("failed to read the answer of `bihuan verify`")?;
    println!("{report:#}");
    Ok(true)
}

fn holds_something(dir: &Path) -> Result<()> {
    let mut files = fs::read_dir(dir).with_context(|| format!("no town in `{}`", dir.display()))?;
    if files.next().is_none() {
        bail!("the town in `{}` is empty", dir.display());
    }
    Ok(())
}
