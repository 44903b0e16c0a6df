//! What the automation takes from the outside: environment, waiting, other programs.
//!
//! Each thing that the product may not do has its one place here.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The value of an environment variable, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place where xtask reads the environment")]
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

/// Whether a forge runs us: there, nothing may be skipped.
pub fn in_ci() -> bool {
    env("CI").is_some_and(|it| it != "false" && it != "0")
}

/// Waits a moment between two looks at another process, which has no event to wait for.
#[expect(clippy::disallowed_methods, reason = "the one place where xtask waits for a while")]
pub fn pause(wait: Duration) {
    std::thread::sleep(wait);
}

/// A moment to measure from, of a campaign or a bench; it enters no figure of the product.
#[expect(clippy::disallowed_methods, reason = "the one place where xtask looks at a clock")]
pub fn moment() -> std::time::Instant {
    std::time::Instant::now()
}

/// What the clock of this machine shows, in milliseconds since 1970 UTC, for a realm that a service
/// of ours will live in.
#[expect(clippy::disallowed_methods, reason = "the one place where xtask looks at a wall clock")]
pub fn clock_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|it| i64::try_from(it.as_millis()).ok()).unwrap_or(0)
}

/// The root of the workspace, as it was when this program was built.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies inside the workspace").to_path_buf()
}

/// The directory that cargo builds into.
pub fn target_dir() -> PathBuf {
    env("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |it| root().join(it))
}

/// The cargo that called us, or the one on the path, started at the root of the workspace.
pub fn cargo() -> Command {
    let mut command = Command::new(env("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The first file of that name in the directories of `PATH`.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env("PATH")?;
    std::env::split_paths(&path).map(|it| it.join(name)).find(|it| it.is_file())
}

/// Runs a command with our own outputs; says whether it succeeded.
///
/// # Errors
/// The program could not be started.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command.status().with_context(|| format!("failed to start {}", said(command)))?;
    Ok(status.success())
}

/// Runs a command and returns what it printed on its standard output.
///
/// # Errors
/// The program could not be started, or failed; its standard error is in the message.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("failed to start {}", said(command)))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", said(command), output.status, error.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Runs a command, hands each line of its standard output to `each`, and says whether it
/// succeeded.
///
/// # Errors
/// The program could not be started, or its output could not be read.
pub fn lines(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start {}", said(command)))?;
    let stdout = child.stdout.take().expect("the output was asked for as a pipe");
    for line in BufReader::new(stdout).split(b'\n') {
        each(&String::from_utf8_lossy(&line.context("failed to read the output")?));
    }
    Ok(child.wait().context("failed to wait for the program")?.success())
}

/// The name of a command as it is shown in messages.
fn said(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().take(4).map(|it| it.to_string_lossy().into_owned()));
    format!("`{}`", words.join(" "))
}
