//! A linker for machines that are older than this one, or of another kind: Zig, as a package of
//! Python below the target directory, driven by `cargo-zigbuild`.
//!
//! Invariant: the versions are those that bundles were made with before.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{env, output, root, succeeds, target_dir};

/// Zig and what drives it.
const PARTS: [&str; 2] = ["ziglang==0.17.1", "cargo-zigbuild==0.24.1"];
/// The oldest GNU C library that the standard library of Rust runs with: that of 2012.
pub(super) const GLIBC: (u32, u32) = (2, 17);

/// The linker, installed.
#[derive(Clone, Debug)]
pub(super) struct Linker(PathBuf);

impl Linker {
    /// Installs it if it is not there.
    ///
    /// # Errors
    /// It is not there and cannot be had: no Python, no network.
    pub(super) fn install() -> Result<Linker> {
        let folder = target_dir().join("tools").join(PARTS.join("-").replace("==", "-"));
        let done = folder.join("installed");
        if !done.is_file() {
            println!("installing {} (once for a target directory)", PARTS.join(" and "));
            output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
                .context("no environment of Python can be made")?;
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            pip.args(["--no-deps", "--only-binary=:all:", "--retries=1"]).args(PARTS);
            output(&mut pip).context("it cannot be installed")?;
            fs::write(done, "")?;
        }
        Ok(Linker(folder.join("bin")))
    }

    /// Builds the release binary for a target; where it lies.
    ///
    /// # Errors
    /// It does not build, such as where the standard library of the target is not installed.
    pub(super) fn build(&self, target: &str) -> Result<PathBuf> {
        let path = env("PATH").unwrap_or_default();
        let mut build = Command::new(self.0.join("cargo-zigbuild"));
        build.current_dir(root()).env("PATH", format!("{}:{path}", self.0.display()));
        let with = format!("{target}.{}.{}", GLIBC.0, GLIBC.1);
        build.args(["zigbuild", "--release", "--locked", "--bin", "bihuan", "--target", &with]);
        // Names of functions stay; lines of sources, which are most of it, do not.
        build.env("CARGO_PROFILE_RELEASE_STRIP", "debuginfo");
        ensure!(succeeds(&mut build)?, "the program does not build for {target}");
        Ok(target_dir().join(target).join("release/bihuan"))
    }
}
