//! The habits of the house, checked: sizes, words, walls between crates, numbered papers.
//!
//! Every rule is a function from a file, or from all files, to faults, and has a test that shows
//! it catching a bad sample. A rule that cannot be kept is changed here, not silenced.

mod code;
mod papers;
mod shape;
mod source;
mod sql;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::process::root;
use source::Source;

/// The longest file that is read; longer ones hold data, not habits.
const FILE_BYTES_MAX: u64 = 2 << 20;
/// Names that may not stand in the code of the product, one a line.
const NAMES: &str = "xtask/tidy-names.txt";

/// All files of the repository that hold text, by their path from the root.
type Files = BTreeMap<String, String>;

/// One broken habit.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, from the root of the workspace.
    pub path: String,
    /// The line, counted from 1; 0 speaks of the whole file.
    pub line: usize,
    /// What is wrong, and what to do.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.says)
    }
}

/// A rule for one Rust file: lines and what is wrong with them.
type RustRule = fn(&Source) -> Vec<(usize, String)>;
/// A rule for one text file of any kind.
type TextRule = fn(&str, &str) -> Vec<(usize, String)>;
/// A rule for the repository as a whole.
type WholeRule = fn(&Files) -> Vec<Fault>;

const RUST_RULES: &[RustRule] = &[
    shape::function_length,
    shape::module_says_what_it_is_for,
    code::no_allow,
    code::no_ignored_test,
    code::no_loose_ends,
    code::core_is_pure,
    sql::events_only_in_execute,
    sql::only_in_the_store,
];
const TEXT_RULES: &[TextRule] = &[
    shape::file_length,
    shape::line_length,
    sql::no_event_in_migrations,
    sql::durable,
    words::no_marks,
    words::no_workplace,
    words::public_registries,
];
const WHOLE_RULES: &[WholeRule] = &[
    words::no_names,
    papers::decisions_are_listed,
    papers::glossary_is_unique,
    papers::links_lead_somewhere,
];

/// Prints every fault; says whether there was none.
///
/// # Errors
/// The files of the workspace could not be read.
pub fn run() -> Result<bool> {
    let faults = check(&root())?;
    for fault in &faults {
        println!("{fault}");
    }
    println!("tidy: {} faults", faults.len());
    Ok(faults.is_empty())
}

/// Checks every rule on every file of the workspace at `root`, in the order of paths.
///
/// # Errors
/// A file could not be read.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let files = read(root)?;
    let mut faults = Vec::new();
    for (path, text) in &files {
        let mut add = |found: Vec<(usize, String)>| {
            let fault = |(line, says)| Fault { path: path.clone(), line, says };
            faults.extend(found.into_iter().map(fault));
        };
        for rule in TEXT_RULES {
            add(rule(path, text));
        }
        if !path.ends_with(".rs") {
            continue;
        }
        match Source::parse(path, text) {
            Ok(source) => RUST_RULES.iter().for_each(|rule| add(rule(&source))),
            Err(says) => add(vec![(0, says)]),
        }
    }
    for rule in WHOLE_RULES {
        faults.extend(rule(&files));
    }
    faults.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(faults)
}

/// Reads every text file that git would keep.
fn read(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut walk = ignore::WalkBuilder::new(root);
    walk.hidden(false).require_git(false).parents(false).git_global(false);
    walk.filter_entry(|it| it.file_name() != ".git");
    for entry in walk.build() {
        let entry = entry.context("failed to list the files of the workspace")?;
        let path = entry.path();
        let short = path.strip_prefix(root).expect("the walk stays under its root");
        let short = short.to_string_lossy().replace('\\', "/");
        if !path.is_file() || !is_text(&short) {
            continue;
        }
        let length = entry.metadata().map_or(0, |it| it.len());
        if length > FILE_BYTES_MAX {
            continue;
        }
        let bytes = fs::read(path).with_context(|| format!("failed to read `{short}`"))?;
        files.insert(short, String::from_utf8_lossy(&bytes).into_owned());
    }
    Ok(files)
}

fn is_text(path: &str) -> bool {
    const KINDS: &[&str] = &[
        "rs", "toml", "md", "sql", "sh", "yml", "yaml", "json", "ts", "js", "mjs", "vue", "css",
        "html", "txt", "lock", "csv", "story",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_none_or(|(_, kind)| KINDS.contains(&kind))
}

/// Files of programs that people write by hand: those whose size and marks matter.
fn is_code(path: &str, text: &str) -> bool {
    let by_hand = ["rs", "ts", "js", "mjs", "vue", "css", "sql", "sh"];
    let kind = path.rsplit_once('.').map_or("", |(_, kind)| kind);
    // Generated files say so at the top; they are compared, not read.
    let generated = text.lines().take(5).any(|it| it.contains(concat!("@gener", "ated")));
    (by_hand.contains(&kind) || path == ".ci/run") && !generated
}

/// What a line is, counted from 1.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

/// Whether `word` stands in `line` with no letter, digit or neighbour of one around it.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(|it| it.is_ascii_alphanumeric())
            && !after.is_some_and(|it| it.is_ascii_alphanumeric())
    })
}
