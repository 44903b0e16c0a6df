//! Schemathesis, in an environment of its own below the target directory.
//!
//! Invariant: the versions are those that the tests were written against, down to what it needs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{output, target_dir};

/// It and all that it needs, each with its version.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// What an answer is looked at for.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";
/// What Schemathesis does not do by itself: bytes of an upload are sent as they are.
const HOOKS: &str = r#"import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def octets(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
"#;
/// Only a method that no address has is tried where none is described: another could do something.
const CONFIG: &str = "hooks = \"hooks.py\"\n[phases.coverage]\nunexpected-methods = [\"TRACE\"]\n";
/// How long one answer may take, in seconds.
const ANSWER_SECONDS: &str = "20";

/// What one run is to do.
#[derive(Clone, Debug)]
pub(super) struct Order<'a> {
    /// Name of the run, and of its files.
    pub(super) name: &'static str,
    /// The description to draw from.
    pub(super) description: &'a Value,
    /// Where the service listens.
    pub(super) base: &'a str,
    /// Whose token every request carries.
    pub(super) token: Option<&'a str>,
    /// Operations whose every constraint is covered once, as `METHOD path`, beside what is drawn.
    pub(super) covered: &'a BTreeSet<String>,
    /// Requests that are drawn for each operation.
    pub(super) examples: u32,
    /// The same seed draws the same requests.
    pub(super) seed: u64,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Came {
    /// Operations that were asked.
    pub(super) operations: u64,
    /// Requests that were drawn.
    pub(super) cases: u64,
    /// Faults, each once.
    pub(super) faults: u64,
    /// What it printed.
    pub(super) said: String,
}

/// The program, installed into the target directory if it is not there.
///
/// # Errors
/// It is not there and cannot be had: no Python, no network, no package for this machine.
pub(super) fn install() -> Result<PathBuf> {
    let version = REQUIREMENTS.lines().find_map(|it| it.strip_prefix("schemathesis=="));
    let version = version.context("its version is pinned")?;
    let folder = target_dir().join("tools").join(format!("schemathesis-{version}"));
    let program = folder.join("bin/st");
    let done = folder.join("installed");
    if done.is_file() {
        return Ok(program);
    }
    println!("installing Schemathesis {version} (once for a target directory)");
    output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .context("no environment of Python can be made")?;
    let list = folder.join("requirements.txt");
    fs::write(&list, REQUIREMENTS)?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--only-binary=:all:", "--timeout=15", "--retries=1", "--requirement"]);
    output(pip.arg(&list)).context("it cannot be installed")?;
    ensure!(program.is_file(), "the package holds no `bin/st`");
    fs::write(done, "")?;
    Ok(program)
}

/// Runs it in a folder for its files.
///
/// # Errors
/// It could not be started, or did not come to an end of its own.
pub(super) fn run(program: &Path, folder: &Path, order: &Order<'_>) -> Result<Came> {
    let folder = folder.join(order.name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("description.json"), serde_json::to_vec(order.description)?)?;
    fs::write(folder.join("hooks.py"), HOOKS)?;
    fs::write(folder.join("schemathesis.toml"), config(order))?;
    let mut run = Command::new(program);
    run.current_dir(&folder).args(["run", "description.json", "--url", order.base]);
    run.args(["--phases", "coverage,fuzzing", "--mode", "all", "--checks", CHECKS]);
    run.args(["--seed", &order.seed.to_string()]);
    run.args(["--max-examples", &order.examples.to_string()]);
    run.args(["--request-timeout", ANSWER_SECONDS, "--suppress-health-check", "all"]);
    run.args(["--generation-database", "none", "--no-shrink", "--continue-on-failure"]);
    run.args(["--no-color", "--warnings", "off", "--report", "json"]);
    run.args(["--report-json-path", "report.json"]);
    if let Some(token) = order.token {
        run.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let told = run.output().context("failed to start Schemathesis")?;
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    let report = fs::read(folder.join("report.json"));
    let report = report.with_context(|| format!("it ended without a report:\n{said}"))?;
    let report: Value = serde_json::from_slice(&report)?;
    let number = |path: &str| report.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    ensure!(report["complete"] == true, "it did not come to its end:\n{said}");
    let errors = report["errors"].as_array().map_or(0, Vec::len) as u64;
    Ok(Came {
        operations: number("/operations/tested"),
        cases: number("/test_cases/generated"),
        faults: number("/test_cases/unique_failures") + errors,
        said,
    })
}

/// The configuration, which spares operations the cases that cover them.
fn config(order: &Order<'_>) -> String {
    let mut config = CONFIG.to_owned();
    for name in operations(order.description).filter(|it| !order.covered.contains(it)) {
        let name = Value::from(name);
        let spared = "phases.coverage.enabled = false";
        config.push_str(&format!("[[operations]]\ninclude-name = {name}\n{spared}\n"));
    }
    config
}

/// Every operation of a description, as `METHOD path`.
pub(super) fn operations(description: &Value) -> impl Iterator<Item = String> {
    let paths = description["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
    })
}
