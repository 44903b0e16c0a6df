//! The page that people read: its parts are measured each by itself, and one is replaced without
//! the others.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::process::{output, root};

/// What is measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Commands and reads of the store, and of the service over HTTP.
    Service,
    /// The pages in a browser.
    Pages,
}

impl Part {
    const ALL: [Part; 2] = [Part::Service, Part::Pages];

    /// The heading that begins the part, and that no other line of it is like.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Part::Service => "# Results",
            Part::Pages => "# Results of the pages",
        }
    }
}

/// Where and when something was measured, as the second paragraph of a part.
pub(super) fn circumstances(seed: u64) -> String {
    let date = said("date", &["+%Y-%m-%d"]);
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    let (machine, cores) = (said("uname", &["-srm"]), said("nproc", &[]));
    format!("{date}, commit {commit}, seed {seed}, {machine}, {cores} cores.")
}

/// Writes a part into `bench/RESULTS.md`, and leaves the others as they are.
///
/// # Errors
/// The file could not be read or written.
pub(super) fn write(part: Part, text: &str) -> Result<()> {
    let path = path();
    let before = match fs::read_to_string(&path) {
        Ok(before) => before,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).context("failed to read bench/RESULTS.md"),
    };
    fs::create_dir_all(root().join("bench")).context("failed to make bench/")?;
    fs::write(&path, replaced(&before, part, text)).context("failed to write bench/RESULTS.md")
}

fn path() -> PathBuf {
    root().join("bench/RESULTS.md")
}

/// The page with one part replaced, in the order of the parts.
fn replaced(before: &str, part: Part, text: &str) -> String {
    let parts = Part::ALL.map(|it| if it == part { text.to_owned() } else { of(before, it) });
    let parts: Vec<&str> = parts.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    format!("{}\n", parts.join("\n\n"))
}

/// A part of the page, from its heading to the next part; empty where it was never measured.
fn of(page: &str, part: Part) -> String {
    let begins = |line: &str| Part::ALL.into_iter().find(|it| line == it.heading());
    let mut now = None;
    let mut lines = Vec::new();
    for line in page.lines() {
        now = begins(line).or(now);
        if now == Some(part) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// What a program says, or that it says nothing.
fn said(program: &str, words: &[&str]) -> String {
    output(std::process::Command::new(program).args(words)).unwrap_or_else(|_| "unknown".into())
}

#[cfg(test)]
mod tests {
    use super::{Part, replaced};

    #[test]
    fn one_part_is_replaced_and_the_other_stays() {
        let service = "# Results\n\nA.\n\n## sqlite\n\n| a |";
        let page = replaced("", Part::Service, service);
        assert_eq!(page, format!("{service}\n"));
        let page = replaced(&page, Part::Pages, "# Results of the pages\n\nB.");
        assert_eq!(page, format!("{service}\n\n# Results of the pages\n\nB.\n"));
        let page = replaced(&page, Part::Service, "# Results\n\nC.");
        assert_eq!(page, "# Results\n\nC.\n\n# Results of the pages\n\nB.\n");
    }
}
