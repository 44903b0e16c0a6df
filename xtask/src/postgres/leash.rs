//! The end of a cluster when this process ends without a word (ctrl-c, kill, panic).
//!
//! A shell of its own process group waits on a pipe that only we hold open.
//! A word on the pipe lets it go; the end of the pipe makes it stop the server and tidy up.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r word && exit 0
if read -r pid <"$1/data/postmaster.pid"; then
  kill -INT "$pid"
  tries=0
  while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

/// Holds one server; dropped without [`Leash::release`], it stops that server.
#[derive(Debug)]
pub(super) struct Leash(Child);

impl Leash {
    /// Ties the server in `dir` to this process: when we end, it is stopped and `dir` removed.
    pub(super) fn tie(dir: &Path) -> Result<Leash> {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "leash"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("failed to start the shell that outlives us")?;
        Ok(Leash(child))
    }

    /// Lets the server go: it has been stopped and its directory is ours to remove.
    pub(super) fn release(mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            // A shell that is gone already has nothing to be told.
            let _ = stdin.write_all(b"go\n");
        }
        let _ = self.0.wait();
    }
}
