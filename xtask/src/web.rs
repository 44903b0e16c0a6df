//! The pages: made by Node from `web/`, before the program that carries them is built.
//!
//! Invariants: what is installed is what the lock file names; the pages of a program that is handed
//! out are those of its sources.

mod browser;
mod node;
pub mod part;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use bihuan_core::content::hex;
use sha2::{Digest, Sha256};

use crate::process::{root, succeeds};

pub use browser::{Browser, Stage, Torture, take_pictures};
pub use node::Node;

/// Names the lock file that was installed, by its digest; it lies among what was installed.
const MARK: &str = "node_modules/.installed";

/// Where the sources of the pages are.
#[must_use]
pub fn folder() -> PathBuf {
    root().join("web")
}

/// The pages can be made: Node is there, and everything that the lock file names.
pub struct Pages {
    node: Node,
}

impl Pages {
    /// Installs what the lock file names, if that is not there already.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn prepare(node: Node) -> Result<Pages> {
        let lock = fs::read(folder().join("package-lock.json")).context("no package-lock.json")?;
        let digest = hex(&Sha256::digest(&lock));
        let mark = folder().join(MARK);
        if fs::read_to_string(&mark).is_ok_and(|it| it == digest) {
            return Ok(Pages { node });
        }
        println!("installing the libraries of the pages (once for a package-lock.json)");
        ensure!(succeeds(node.npm().arg("ci"))?, "`npm ci` failed in `web`");
        fs::write(&mark, digest).context("failed to mark what was installed")?;
        Ok(Pages { node })
    }

    /// Builds the pages into `web/dist`, with types of the client from the description of the API.
    ///
    /// # Errors
    /// They do not build.
    pub fn build(&self) -> Result<()> {
        ensure!(self.run("build")?, "the pages do not build: see above");
        Ok(())
    }

    /// Types, format, licences and the tests that need no browser, each even if one before it
    /// failed; then the pages are built.
    ///
    /// # Errors
    /// Node could not be started, or the lock file cannot be read.
    pub fn check(&self) -> Result<bool> {
        let mut sound = part::check()?;
        // `check` reads the types of the client, which `client` writes.
        for script in ["client", "check", "format:check", "test", "build"] {
            println!("npm run {script}");
            sound &= self.run(script)?;
        }
        Ok(sound)
    }

    fn run(&self, script: &str) -> Result<bool> {
        succeeds(self.node.npm().args(["run", "--silent", script]))
    }
}
