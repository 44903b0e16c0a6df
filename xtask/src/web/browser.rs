//! The pages in a browser: stories of people over the real program, in Debian's Chromium.

use std::path::PathBuf;
use std::process::Command;

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

/// The stories whose pictures are in the manual.
const PICTURED: [&str; 2] = ["loop.test.mjs", "day.test.mjs"];

/// A browser that stories are played in.
#[derive(Clone, Debug)]
pub struct Browser(PathBuf);

/// A release or a debug program with its pages, and a browser that stories are played in.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What the stories run in.
    pub node: Node,
    browser: Browser,
    program: PathBuf,
}

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
}

impl Stage {
    /// Builds the pages and the program that carries them.
    ///
    /// # Errors
    /// Node or the browser is missing, or something does not build.
    pub fn prepare(in_release: bool) -> Result<Stage> {
        let node = Node::find().map_err(anyhow::Error::msg)?;
        let browser = Browser::find().context("no Chromium is installed")?;
        Pages::prepare(node.clone())?.build()?;
        let program = if in_release { release_program()? } else { debug_program()? };
        Ok(Stage { node, browser, program })
    }

    /// Plays every story over the debug program; the pages were built before.
    ///
    /// # Errors
    /// Something could not be started.
    pub fn stories(node: Node, browser: Browser) -> Result<bool> {
        let stage = Stage { node, browser, program: debug_program()? };
        succeeds(&mut stage.play("run.mjs"))
    }

    /// A file of `web/e2e`, to be played as a program.
    #[must_use]
    pub fn play(&self, file: &str) -> Command {
        let mut play = self.node.node();
        play.arg(folder().join("e2e").join(file));
        play.env(PROGRAM, &self.program).env(CHROMIUM, &self.browser.0);
        play
    }
}

/// Has the people of the whole loop take the pictures of the manual.
///
/// # Errors
/// Node, the browser or the program is missing.
pub fn take_pictures() -> Result<bool> {
    let mut play = Stage::prepare(false)?.play("run.mjs");
    play.args(PICTURED).env(PICTURES, root().join("docs/user/pictures"));
    succeeds(&mut play)
}

impl Torture {
    /// Tortures the outbox of the field app; true where nothing was lost and the control lost
    /// something.
    ///
    /// # Errors
    /// Node, the browser or the program is missing.
    pub fn run(self) -> Result<bool> {
        let mut play = Stage::prepare(self.full)?.play("torture.mjs");
        play.args(["--seed", &self.seed.to_string()]);
        if self.full {
            play.arg("--full");
        }
        succeeds(&mut play)
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
