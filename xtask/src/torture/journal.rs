//! What senders meant to send and what they were answered, as lines in files that outlive them.
//!
//! Invariant: a line is written whole and at once, an intention before it is sent and an answer
//! after it came; so a process may die at any moment and its promises are known.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use bihuan_core::matter::Submission;
use bihuan_store::Answer;

use super::oracle::{Key, Range};

/// What a sender hears of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is in the record, and has these numbers there.
    Done(Range),
    /// It is not.
    Refused,
    /// Its id was used with another body.
    Conflict,
    /// Nothing that can be relied on.
    Nothing,
}

impl From<&Answer> for Heard {
    fn from(answer: &Answer) -> Heard {
        match answer {
            Answer::Done(it) => Heard::Done((it.first_seq, it.last_seq)),
            Answer::Refused(_) => Heard::Refused,
            Answer::Conflict => Heard::Conflict,
            Answer::Failed(_) => Heard::Nothing,
        }
    }
}

/// The journal of one sender.
pub struct Journal(File);

impl Journal {
    /// Opens the journal of sender `no` in `dir`.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn open(dir: &Path, no: usize) -> Result<Journal> {
        let path = dir.join(format!("{no}.log"));
        let file = OpenOptions::new().append(true).create(true).open(&path);
        Ok(Journal(file.with_context(|| format!("failed to open `{}`", path.display()))?))
    }

    /// Says that a submission will be sent.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn intend(&mut self, submission: &Submission) -> Result<()> {
        let body = serde_json::to_string(submission)?;
        self.line(&format!("I {body}\n"))
    }

    /// Says what a submission was answered; a failure is no answer.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn answer(&mut self, submission: &Submission, heard: Heard) -> Result<()> {
        let (by, id) = (&submission.by, &submission.id);
        match heard {
            Heard::Done((first, last)) => self.line(&format!("D {by} {id} {first} {last}\n")),
            Heard::Refused => self.line(&format!("R {by} {id}\n")),
            Heard::Conflict => self.line(&format!("C {by} {id}\n")),
            Heard::Nothing => Ok(()),
        }
    }

    /// Says that a submission is done before anybody knows: the lie of the control.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn answer_early(&mut self, submission: &Submission) -> Result<()> {
        self.line(&format!("E {} {}\n", submission.by, submission.id))
    }

    fn line(&mut self, line: &str) -> Result<()> {
        self.0.write_all(line.as_bytes()).context("failed to write a journal")
    }
}

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Done, with the numbers used; none where the sender was told early.
    Done(Option<Range>),
    /// Refused.
    Refused,
}

/// The journals of all senders, up to a moment.
#[derive(Clone, Debug, Default)]
pub struct Journals {
    /// All that was to be sent.
    pub intended: BTreeMap<Key, Submission>,
    /// All that was answered.
    pub told: BTreeMap<Key, Told>,
}

/// The sizes of all journals in a folder: what had been said at this moment.
///
/// # Errors
/// The folder cannot be read.
pub fn sizes(dir: &Path) -> Result<BTreeMap<String, u64>> {
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(dir).context("failed to list the journals")? {
        let entry = entry.context("failed to list the journals")?;
        let bytes = entry.metadata().context("failed to look at a journal")?.len();
        sizes.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
    }
    Ok(sizes)
}

impl Journals {
    /// Reads all intentions, and the answers within `sizes`.
    ///
    /// # Errors
    /// A journal cannot be read, or says that a sender was told two things.
    pub fn read(dir: &Path, sizes: &BTreeMap<String, u64>) -> Result<Journals> {
        let mut read = Journals::default();
        for name in self::sizes(dir)?.keys() {
            let mut text = Vec::new();
            let mut file = File::open(dir.join(name)).context("failed to open a journal")?;
            file.read_to_end(&mut text).context("failed to read a journal")?;
            let until = sizes.get(name).copied().unwrap_or(0);
            let mut at = 0;
            for line in text.split_inclusive(|it| *it == b'\n') {
                at += line.len() as u64;
                // The last line of a sender that died may be torn.
                if let Some(line) = line.strip_suffix(b"\n") {
                    read.line(&String::from_utf8_lossy(line), at <= until)?;
                }
            }
        }
        Ok(read)
    }

    fn line(&mut self, line: &str, counts: bool) -> Result<()> {
        let words: Vec<&str> = line.split(' ').collect();
        let told = match words[..] {
            ["I", ..] => {
                let submission: Submission = serde_json::from_str(&line[2..])?;
                let key = (submission.by.to_string(), submission.id.to_string());
                self.intended.insert(key, submission);
                return Ok(());
            }
            ["D", _, _, first, last] => Told::Done(Some((first.parse()?, last.parse()?))),
            ["E", _, _] => Told::Done(None),
            ["R", _, _] => Told::Refused,
            _ => bail!("a sender was told what it never should be: {line}"),
        };
        let key = (words[1].to_owned(), words[2].to_owned());
        if counts {
            self.told.entry(key).or_insert(told);
        }
        Ok(())
    }

    /// What was sent or meant to be, and not answered.
    pub fn pending(&self) -> Vec<Submission> {
        let open = self.intended.iter().filter(|(key, _)| !self.told.contains_key(*key));
        open.map(|(_, it)| it.clone()).collect()
    }

    /// What was answered as done.
    pub fn done(&self) -> impl Iterator<Item = (&Key, Option<Range>)> {
        self.told.iter().filter_map(|(key, told)| match told {
            Told::Done(range) => Some((key, *range)),
            Told::Refused => None,
        })
    }
}
