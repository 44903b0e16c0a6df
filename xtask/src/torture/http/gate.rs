//! The service as senders reach it: photos by resumable uploads, then the command that names them.
//!
//! Invariants: a photo counts as safe only when the service has answered for its last byte; a
//! status of the 5xx is a fault whatever else happened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan_core::id::MatterId;
use bihuan_core::matter::submission::Submission;
use bihuan_core::matter::{Matter, Rules, Via};
use bihuan_core::policy::Scope;
use bihuan_store::Target;
use serde_json::Value;

use super::photo::Film;
use crate::service::{Question, Service, Told};
use crate::torture::journal::Heard;
use crate::torture::load::Gate;
use crate::torture::oracle::reader;

/// Of sixteen photos, those that stay on the phone.
const STAY: u8 = 2;

/// What senders share through all rounds.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Tokens of accounts: a session outlives the death of the service.
    tokens: BTreeMap<String, String>,
    /// Names that photos are made of, by digest.
    names: BTreeMap<String, String>,
    /// Uploads that were begun, by digest.
    begun: BTreeMap<String, String>,
    /// Photos that the service has answered for.
    pub(super) safe: BTreeSet<String>,
    /// Photos that never leave the phone.
    pub(super) stay: BTreeSet<String>,
    /// Uploads that went on where the service died.
    pub(super) resumed: u64,
    /// What must never be answered.
    pub(super) faults: Vec<String>,
}

/// The service in one round.
pub(super) struct Phones<'a> {
    /// The service.
    pub(super) service: &'a Service,
    /// Where its realm is, for looking.
    pub(super) target: &'a Target,
    /// The password of all.
    pub(super) password: &'a str,
    /// The film.
    pub(super) film: &'a Film,
    /// What is shared.
    pub(super) known: &'a Mutex<Known>,
    /// The rules.
    pub(super) rules: Arc<Rules>,
    /// Count a photo as safe before it is: only a control does that.
    pub(super) early: bool,
}

/// How far a photo came.
enum Came {
    Safe,
    Refused,
    Unknown,
}

impl Phones<'_> {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of an account; none where it cannot sign in, or the service is gone.
    fn token(&self, account: &str) -> Option<String> {
        if let Some(token) = self.known().tokens.get(account) {
            return Some(token.clone());
        }
        let token = self.service.sign_in(account, self.password).ok()?;
        self.known().tokens.insert(account.to_owned(), token.clone());
        Some(token)
    }

    fn ask(&self, question: Question<'_>) -> Option<Told> {
        let way = format!("{} {}", question.way.0, question.way.1);
        let told = self.service.send(question).ok()?;
        if told.status >= 500 {
            self.known().faults.push(format!("{way}: {} {}", told.status, told.body));
        }
        Some(told)
    }

    /// Sends a photo, in two parts unless it goes on where it was broken off.
    fn upload(&self, token: &str, digest: &str) -> Came {
        let name = self.known().names.get(digest).cloned();
        let Some(name) = name else { return Came::Unknown };
        let (bytes, _) = self.film.photo(&name);
        if self.early {
            self.known().safe.insert(digest.to_owned());
        }
        let begun = self.known().begun.get(digest).cloned();
        let from = match begun {
            Some(at) => match self.offset(token, &at) {
                Some((200, offset)) => {
                    self.known().resumed += 1;
                    Some((at, offset))
                }
                // Ended as a file just before the blow, or not begun on disk.
                Some(_) => None,
                None => return Came::Unknown,
            },
            None => None,
        };
        let (at, from) = match from {
            Some(it) => it,
            None => match self.begin(token, digest, &bytes) {
                Ok(it) => it,
                Err(came) => return came,
            },
        };
        if from < bytes.len() {
            let headers = [
                ("tus-resumable", "1.0.0".to_owned()),
                ("upload-offset", from.to_string()),
                ("content-type", "application/offset+octet-stream".to_owned()),
            ];
            let way = ("PATCH", &*at);
            let rest = bytes[from..].to_vec();
            let question = Question { way, token: Some(token), headers: &headers, bytes: rest };
            match self.ask(question).map(|it| it.status) {
                Some(204) => {}
                Some(status) if status < 500 => return Came::Refused,
                _ => return Came::Unknown,
            }
        }
        self.known().safe.insert(digest.to_owned());
        Came::Safe
    }

    fn begin(&self, token: &str, digest: &str, bytes: &[u8]) -> Result<(String, usize), Came> {
        let half = bytes.len() / 2;
        let headers = [
            ("tus-resumable", "1.0.0".to_owned()),
            ("upload-length", bytes.len().to_string()),
            ("upload-metadata", format!("sha256 {}", STANDARD.encode(digest))),
            ("content-type", "application/offset+octet-stream".to_owned()),
        ];
        let way = ("POST", "/api/v1/uploads");
        let first = bytes[..half].to_vec();
        let question = Question { way, token: Some(token), headers: &headers, bytes: first };
        let told = self.ask(question).ok_or(Came::Unknown)?;
        let at = told.headers.get("location").and_then(|it| it.to_str().ok());
        match (told.status, at) {
            (201, Some(at)) => {
                self.known().begun.insert(digest.to_owned(), at.to_owned());
                Ok((at.to_owned(), half))
            }
            (500.., _) => Err(Came::Unknown),
            _ => Err(Came::Refused),
        }
    }

    fn offset(&self, token: &str, at: &str) -> Option<(u16, usize)> {
        let headers = [("tus-resumable", "1.0.0".to_owned())];
        let question = Question {
            way: ("HEAD", at),
            token: Some(token),
            headers: &headers,
            bytes: Vec::new(),
        };
        let told = self.ask(question)?;
        let offset = told.headers.get("upload-offset").and_then(|it| it.to_str().ok());
        Some((told.status, offset.and_then(|it| it.parse().ok()).unwrap_or(0)))
    }

    fn command(&self, token: &str, submission: &Submission) -> Result<Heard> {
        let mut body = serde_json::to_value(submission)?;
        if let Value::Object(fields) = &mut body {
            fields.remove("by");
            fields.remove("via");
        }
        let headers = [("content-type", "application/json".to_owned())];
        let way = ("POST", "/api/v1/commands");
        let bytes = serde_json::to_vec(&body)?;
        let question = Question { way, token: Some(token), headers: &headers, bytes };
        let Some(told) = self.ask(question) else { return Ok(Heard::Nothing) };
        let seq = |name: &str| told.body["receipt"][name].as_u64();
        Ok(match (told.status, seq("first_seq"), seq("last_seq")) {
            (200, Some(first), Some(last)) => Heard::Done((first, last)),
            (200, ..) => bail!("an official was told no receipt: {}", told.body),
            (409, ..) if told.body["code"] == "conflict" => Heard::Conflict,
            (500.., ..) => Heard::Nothing,
            (429, ..) => bail!("the campaign is held back: {}", told.body),
            _ => Heard::Refused,
        })
    }

    fn sent(&self, submission: &Submission) -> Result<Heard> {
        let Some(token) = self.token(&submission.by.0) else { return Ok(Heard::Nothing) };
        for file in submission.command.files() {
            let (safe, stays) = {
                let known = self.known();
                (known.safe.contains(&file.digest), known.stay.contains(&file.digest))
            };
            if safe || stays {
                continue;
            }
            if let Came::Unknown = self.upload(&token, &file.digest) {
                return Ok(Heard::Nothing);
            }
        }
        self.command(&token, submission)
    }
}

impl Gate for Phones<'_> {
    /// Takes a photo for each digest that was drawn.
    fn prepare(&self, submission: Submission) -> Result<Submission> {
        let files = submission.command.files().to_vec();
        let mut text = serde_json::to_string(&Submission { via: Via::Person, ..submission })?;
        for file in files {
            let (_, digest) = self.film.photo(&file.digest);
            text = text.replace(&file.digest, &digest);
            let mut known = self.known();
            if digest.as_bytes().first().is_some_and(|it| it.is_ascii_digit() && it - b'0' < STAY) {
                known.stay.insert(digest.clone());
            }
            known.names.insert(digest, file.digest);
        }
        serde_json::from_str(&text).context("a submission can be read back")
    }

    fn submit(&self, submission: Submission) -> Heard {
        self.sent(&submission).unwrap_or_else(|it| {
            self.known().faults.push(format!("{it:#}"));
            Heard::Nothing
        })
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules)
    }

    fn matter(&self, id: MatterId) -> Option<Matter> {
        let mut db = reader(self.target).ok()?;
        bihuan_store::matter::matter(&mut db, &Scope::operator(), id).ok().flatten()
    }
}
