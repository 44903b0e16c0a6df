//! The pages: what Node says of their sources, and what people meet in a browser.

use anyhow::Result;

use super::{Outcome, apt_install};
use crate::web::{Browser, Node, Pages, Stage};

/// Node; a full run installs it where it is absent.
pub(super) fn node(full: bool) -> std::result::Result<Node, String> {
    if full { Node::install().map_err(|it| format!("{it:#}")) } else { Node::find() }
}

/// Types, format, licences and the tests that need no browser; the pages are built.
pub(super) fn check(node: &std::result::Result<Node, String>, full: bool) -> Result<Outcome> {
    let node = match node {
        Ok(node) => node.clone(),
        Err(why) => return Ok(missing(why, full)),
    };
    Ok(seen(Pages::prepare(node)?.check()?))
}

/// Stories in Chromium, over the program that the tests were built with.
pub(super) fn browse(node: &std::result::Result<Node, String>, full: bool) -> Result<Outcome> {
    let node = match node {
        Ok(node) => node,
        Err(why) => return Ok(missing(why, full)),
    };
    let mut browser = Browser::find();
    if browser.is_none() && full && apt_install("chromium")? {
        browser = Browser::find();
    }
    match browser {
        Some(browser) => Ok(seen(Stage::stories(node.clone(), browser)?)),
        None => Ok(missing("Chromium is not installed", full)),
    }
}

fn seen(passed: bool) -> Outcome {
    if passed { Outcome::Passed } else { Outcome::Failed("see above".into()) }
}

fn missing(why: &str, full: bool) -> Outcome {
    if full { Outcome::Failed(why.into()) } else { Outcome::Skipped(why.into()) }
}
