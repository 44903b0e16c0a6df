//! The pages in a browser: stories of people over the real program, in Debian's Chromium.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Node, Pages, folder};
use crate::process::{cargo, on_path, root, succeeds, target_dir};

/// What a browser is called, the first that is found.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Where the program is, for the stories.
const PROGRAM: &str = "BIHUAN_BIN";
/// Where the browser is, for the stories.
const CHROMIUM: &str = "BIHUAN_CHROMIUM";
/// Where pictures of pages are put, for the stories.
const PICTURES: &str = "BIHUAN_PICTURES";

/// A browser that stories are played in.
#[derive(Clone, Debug)]
pub struct Browser(PathBuf);

/// How the outbox is tortured in a browser.
#[derive(Clone, Copy, Debug)]
pub struct Torture {
    /// The same seed makes the same choices.
    pub seed: u64,
    /// The long form, whose figures may be quoted.
    pub full: bool,
}

impl Browser {
    /// The one on the path.
    #[must_use]
    pub fn find() -> Option<Browser> {
        NAMES.iter().find_map(|it| on_path(it)).map(Browser)
    }

    /// Plays every story; the program must have been built with its pages.
    ///
    /// # Errors
    /// Something could not be started.
    pub fn stories(&self, node: &Node) -> Result<bool> {
        self.play(node, "run.mjs", &[], &debug_program()?)
    }

    /// Plays one file of `web/e2e` as a program, with these words.
    ///
    /// # Errors
    /// Something could not be started.
    pub fn play(&self, node: &Node, file: &str, words: &[String], program: &Path) -> Result<bool> {
        let mut play = node.node();
        play.arg(folder().join("e2e").join(file)).args(words);
        succeeds(play.env(PROGRAM, program).env(CHROMIUM, &self.0))
    }
}

/// Has the people of the whole loop take the pictures of the manual.
///
/// # Errors
/// Node, the browser or the program is missing.
pub fn take_pictures() -> Result<bool> {
    let (node, browser) = tools()?;
    let mut play = node.node();
    play.arg(folder().join("e2e/run.mjs")).arg("loop.test.mjs");
    play.env(PROGRAM, debug_program()?).env(CHROMIUM, &browser.0);
    succeeds(play.env(PICTURES, root().join("docs/user/pictures")))
}

/// Node and a browser, with the pages built.
fn tools() -> Result<(Node, Browser)> {
    let node = Node::find().map_err(anyhow::Error::msg)?;
    let browser = Browser::find().context("no Chromium is installed")?;
    Pages::prepare(node.clone())?.build()?;
    Ok((node, browser))
}

impl Torture {
    /// Tortures the outbox of the field app; true where nothing was lost and the control lost
    /// something.
    ///
    /// # Errors
    /// Node, the browser or the program is missing.
    pub fn run(self) -> Result<bool> {
        let (node, browser) = tools()?;
        let program = if self.full { release_program()? } else { debug_program()? };
        let mut words = vec!["--seed".to_owned(), self.seed.to_string()];
        if self.full {
            words.push("--full".to_owned());
        }
        browser.play(&node, "torture.mjs", &words, &program)
    }
}

/// The debug binary, which reads the pages from `web/dist` as they are.
fn debug_program() -> Result<PathBuf> {
    ensure!(succeeds(cargo().args(["build", "--bin", "bihuan"]))?, "the program does not build");
    Ok(target_dir().join("debug/bihuan"))
}

fn release_program() -> Result<PathBuf> {
    let built = succeeds(cargo().args(["build", "--release", "--bin", "bihuan"]))?;
    ensure!(built, "the release binary could not be built");
    Ok(target_dir().join("release/bihuan"))
}
