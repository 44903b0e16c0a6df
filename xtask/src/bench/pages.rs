//! The pages in a browser: how long people wait, how often they tap, what Lighthouse says.
//!
//! What is measured prints a line of JSON for each figure; here the lines become tables.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::results::{Part, circumstances};
use super::{Options, SEED};
use crate::process::{output, target_dir};
use crate::web::{Node, Stage};

/// What judges pages; installed for the bench alone.
const LIGHTHOUSE: &str = "lighthouse@12.8.2";
/// Where the stories write how often people tapped.
const TAPS: &str = "BIHUAN_TAPS_FILE";

/// A figure, as `web/e2e/measure.mjs` prints it.
#[derive(Deserialize)]
struct Figure {
    what: String,
    measured: f64,
    unit: String,
    /// What it should be at most, in the same unit.
    most: Option<f64>,
    /// What it should be at least, in the same unit.
    least: Option<f64>,
}

/// How often somebody tapped for one act, as the stories write it.
#[derive(Deserialize)]
struct Taps {
    what: String,
    /// Taps or keys.
    taps: u32,
    /// Characters typed.
    typed: u32,
    /// Screens passed.
    screens: u32,
    /// Most taps or keys.
    aim: u32,
}

/// What Lighthouse says of a page, as `web/e2e/lighthouse.mjs` prints it; of a hundred.
#[derive(Deserialize)]
struct Judged {
    at: String,
    accessibility: u32,
    best_practices: u32,
    /// Audits that failed.
    faults: Vec<String>,
    aim: u32,
}

/// Measures the pages of the release program; the part of the page that people read.
///
/// # Errors
/// Node, the browser or the program is missing, or something could not be measured.
pub(super) fn measure(options: &Options) -> Result<String> {
    let stage = Stage::prepare(!options.quick)?;
    let matters = options.matters.first().copied().unwrap_or(0).to_string();
    println!("pages: figures, with {matters} matters in the ledger");
    let figures = lines(&output(stage.play("measure.mjs").args(["--matters", &matters]))?)?;
    println!("pages: taps");
    let taps = taps(&stage)?;
    println!("pages: Lighthouse");
    let judged = lighthouse(&stage)?;
    Ok(text(&figures, &taps, &judged))
}

fn taps(stage: &Stage) -> Result<Vec<Taps>> {
    let file = tempfile::NamedTempFile::new().context("failed to make a file for taps")?;
    output(stage.play("run.mjs").env(TAPS, file.path()))?;
    lines(&fs::read_to_string(file.path()).context("failed to read the taps")?)
}

fn lighthouse(stage: &Stage) -> Result<Vec<Judged>> {
    let folder = install(&stage.node)?;
    lines(&output(stage.play("lighthouse.mjs").env("BIHUAN_LIGHTHOUSE", folder))?)
}

/// Lighthouse, installed below the target directory if it is not there.
fn install(node: &Node) -> Result<PathBuf> {
    let folder = target_dir().join("tools").join(LIGHTHOUSE.replace('@', "-"));
    let done = folder.join("installed");
    if !done.is_file() {
        println!("installing {LIGHTHOUSE} (once for a target directory)");
        fs::create_dir_all(&folder).context("failed to make a folder for Lighthouse")?;
        let mut npm: Command = node.npm();
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        output(npm.arg(LIGHTHOUSE)).context("Lighthouse cannot be installed")?;
        fs::write(&done, "").context("failed to mark what was installed")?;
    }
    Ok(folder)
}

/// What was printed, a line of JSON for each.
fn lines<T: DeserializeOwned>(printed: &str) -> Result<Vec<T>> {
    let lines = printed.lines().filter(|it| it.starts_with('{'));
    let read: Vec<T> = lines
        .map(|it| serde_json::from_str(it).with_context(|| format!("not as agreed: {it}")))
        .collect::<Result<_>>()?;
    ensure!(!read.is_empty(), "nothing was measured: {printed}");
    Ok(read)
}

/// The part of the page.
fn text(figures: &[Figure], taps: &[Taps], judged: &[Judged]) -> String {
    let mut text = format!("{}\n\n{}\n", Part::Pages.heading(), circumstances(SEED));
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "Measured in Chromium over the release program, without a graphics processor; each wait is \
         the median of 5.\n\n| what | measured | aim | met |\n|---|---|---|---|"
    );
    for it in figures {
        let (aim, met) = match (it.most, it.least) {
            (Some(most), _) => (format!("≤ {most}"), yes(it.measured <= most)),
            (_, Some(least)) => (format!("≥ {least}"), yes(it.measured >= least)),
            _ => ("–".to_owned(), "–"),
        };
        let _ = writeln!(text, "| {} | {} {} | {aim} | {met} |", it.what, it.measured, it.unit);
    }
    let _ =
        writeln!(text, "\n## Taps\n\n| act | taps or keys | characters | screens | aim | met |");
    let _ = writeln!(text, "|---|---|---|---|---|---|");
    for it in taps {
        let Taps { what, taps, typed, screens, aim } = it;
        let met = yes(taps <= aim);
        let _ = writeln!(text, "| {what} | {taps} | {typed} | {screens} | ≤ {aim} | {met} |");
    }
    let head = "| page | accessibility | best practices | met | failed audits |";
    let _ =
        writeln!(text, "\n## Lighthouse ({LIGHTHOUSE}), of 100\n\n{head}\n|---|---|---|---|---|");
    for it in judged {
        let Judged { at, accessibility, best_practices, faults, aim } = it;
        let met = yes(accessibility.min(best_practices) >= aim);
        let failed = faults.join(", ");
        let _ = writeln!(text, "| {at} | {accessibility} | {best_practices} | {met} | {failed} |");
    }
    text
}

fn yes(it: bool) -> &'static str {
    if it { "yes" } else { "no" }
}
