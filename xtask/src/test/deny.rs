//! Licences, bans and sources of what we depend on, by `cargo deny`.

use anyhow::{Result, bail};

use super::Outcome;
use crate::process::{cargo, on_path, succeeds, target_dir};

/// The version whose answers `deny.toml` was written for.
const VERSION: &str = "0.20.2";

/// Checks them; a full run first installs the tool into the target directory if it is absent.
pub(super) fn check(full: bool) -> Result<Outcome> {
    let tools = target_dir().join("tools");
    let installed = tools.join("bin/cargo-deny");
    let program = if installed.is_file() { Some(installed.clone()) } else { on_path("cargo-deny") };
    let program = match program {
        Some(program) => program,
        None if full => {
            println!("installing cargo-deny {VERSION} (some minutes, once for a target directory)");
            let mut install = cargo();
            install.args(["install", "cargo-deny", "--version", VERSION, "--locked", "--root"]);
            if !succeeds(install.arg(&tools))? {
                bail!("cargo-deny {VERSION} could not be installed");
            }
            installed
        }
        None => {
            let why = "cargo-deny is not installed; `cargo xtask test --full` installs it";
            return Ok(Outcome::Skipped(why.into()));
        }
    };
    let mut deny = std::process::Command::new(program);
    deny.current_dir(crate::process::root());
    let passed = succeeds(deny.args(["check", "licenses", "bans", "sources"]))?;
    Ok(if passed { Outcome::Passed } else { Outcome::Failed("see above".into()) })
}
