//! The committed description of the API, written by the program that serves it.

use anyhow::{Context, Result};

use crate::process::{cargo, output, root};

/// Where it is committed.
const PATH: &str = "docs/api/openapi.json";

/// Writes the description anew.
///
/// # Errors
/// The program could not be built, or the file could not be written.
pub fn write() -> Result<bool> {
    let mut program = cargo();
    program.args(["run", "--quiet", "--bin", "bihuan", "--", "openapi"]);
    let text = output(&mut program)? + "\n";
    let path = root().join(PATH);
    let folder = path.parent().expect("the path has a folder");
    std::fs::create_dir_all(folder).with_context(|| format!("failed to make {PATH}"))?;
    std::fs::write(&path, text).with_context(|| format!("failed to write {PATH}"))?;
    println!("wrote {PATH}");
    Ok(true)
}
