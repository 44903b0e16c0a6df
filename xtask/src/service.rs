//! The service as a program of its own, asked over HTTP.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, ensure};
use bihuan_core::id::AccountId;
use bihuan_core::time::Instant;
use bihuan_store::db::Role;
use bihuan_store::{Db, Target, credential};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::process::clock_ms;

/// Settings under which one address may ask as much as it likes.
pub const UNLIMITED: [(&str, &str); 4] = [
    ("BIHUAN_RATE_ADDRESS_PER_MIN", "1000000"),
    ("BIHUAN_RATE_ADDRESS_BURST", "1000000"),
    ("BIHUAN_RATE_ACCOUNT_PER_MIN", "1000000"),
    ("BIHUAN_RATE_ACCOUNT_BURST", "1000000"),
];

/// A running service; dropped, it is ended.
pub struct Service {
    child: Mutex<Child>,
    /// Where it listens, such as `http://127.0.0.1:8080`.
    pub base: String,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Drop for Service {
    fn drop(&mut self) {
        let mut child = self.held();
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// What an address answered.
#[derive(Clone, Debug)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

/// A question to the service.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// Method and path.
    pub way: (&'a str, &'a str),
    /// The token of whoever asks.
    pub token: Option<&'a str>,
    /// Headers beside those that a client always sends.
    pub headers: &'a [(&'a str, String)],
    /// The body.
    pub bytes: Vec<u8>,
}

impl Service {
    /// Starts the service on a port of its own, and waits until it says that it listens.
    ///
    /// # Errors
    /// It does not start, or does not say where it listens.
    pub fn start(binary: &Path, dir: &Path) -> Result<Service> {
        Service::start_with(binary, dir, &[])
    }

    /// The same with settings, by their names in the environment.
    ///
    /// # Errors
    /// It does not start, or does not say where it listens.
    pub fn start_with(binary: &Path, dir: &Path, settings: &[(&str, &str)]) -> Result<Service> {
        let mut serve = Command::new(binary);
        serve.arg("serve").arg("--dir").arg(dir).args(["--listen", "127.0.0.1:0", "--json"]);
        serve.env("BIHUAN_LOG_LEVEL", "warn").envs(settings.iter().copied());
        Service::of(serve)
    }

    /// Starts a server that says in JSON where it is `listening`.
    ///
    /// # Errors
    /// It does not start, or does not say where it listens.
    pub fn of(mut serve: Command) -> Result<Service> {
        let mut child = serve.stdout(Stdio::piped()).spawn().context("the service cannot start")?;
        let stdout = child.stdout.take().context("the service has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("the service says nothing")?;
        let base = told["listening"].as_str().context("the service does not say where")?.to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("failed to start a client")?;
        Ok(Service { child: Mutex::new(child), base, runtime, client: reqwest::Client::new() })
    }

    /// Asks, from any thread; an error where no whole answer came.
    ///
    /// # Errors
    /// The service is gone.
    pub fn send(&self, question: Question<'_>) -> Result<Told> {
        let (status, headers, bytes) = self.whole(question)?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Told { status, headers, body })
    }

    /// Asks, and gives the status and the bytes of the answer as they came.
    ///
    /// # Errors
    /// The service is gone.
    pub fn bytes(&self, question: Question<'_>) -> Result<(u16, Vec<u8>)> {
        let (status, _, bytes) = self.whole(question)?;
        Ok((status, bytes))
    }

    fn whole(&self, question: Question<'_>) -> Result<(u16, HeaderMap, Vec<u8>)> {
        let (method, path) = question.way;
        let mut request = self.client.request(method.parse()?, format!("{}{path}", self.base));
        if let Some(token) = question.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in question.headers {
            request = request.header(*name, value);
        }
        self.runtime.block_on(async {
            let answer = request.body(question.bytes).send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok((status, headers, answer.bytes().await?.to_vec()))
        })
    }

    /// Asks with a body in JSON, or without one where it is null.
    ///
    /// # Errors
    /// The service is gone.
    pub fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &Value) -> Result<Told> {
        let json = [("content-type", "application/json".to_owned())];
        let headers: &[_] = if body.is_null() { &[] } else { &json };
        let bytes = if body.is_null() { Vec::new() } else { serde_json::to_vec(body)? };
        self.send(Question { way: (method, path), token, headers, bytes })
    }

    /// The token of an account that signs in.
    ///
    /// # Errors
    /// It cannot.
    pub fn sign_in(&self, account: &str, password: &str) -> Result<String> {
        let body = json!({ "account": account, "password": password, "bearer": true });
        let told = self.ask("POST", "/api/v1/sessions", None, &body)?;
        let token = told.body["token"].as_str().map(ToOwned::to_owned);
        token.with_context(|| format!("{account} cannot sign in: {} {}", told.status, told.body))
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.held().id()
    }

    /// Kills it by SIGKILL, while others may be asking, and waits until it is gone; it must still
    /// have been running.
    ///
    /// # Errors
    /// It had ended by itself.
    pub fn kill(&self) -> Result<()> {
        let mut child = self.held();
        let ended = child.try_wait().context("failed to look at the service")?;
        ensure!(ended.is_none(), "the service had ended by itself: {ended:?}");
        child.kill().context("failed to kill the service")?;
        child.wait().context("failed to wait for the service")?;
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives every account the same password: one is set as an operator sets it, and copied, because
/// hashing is slow by intention.
///
/// # Errors
/// The program refuses it, or the database does.
pub fn set_passwords(
    binary: &Path,
    (dir, target): (&Path, &Target),
    accounts: &[AccountId],
    password: &str,
) -> Result<()> {
    let first = accounts.first().context("the realm has people")?;
    let mut set = Command::new(binary);
    set.args(["user", "password", &first.0, "--stdin", "--dir"]).arg(dir);
    let mut set = set.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut stdin = set.stdin.take().context("a pipe was asked for")?;
    stdin.write_all(password.as_bytes())?;
    drop(stdin);
    ensure!(set.wait()?.success(), "no password can be set");
    let mut db = Db::connect(target, Role::Writer)?;
    let hash = credential::hash_of(&mut db, first)?.context("a password was set")?;
    for account in accounts {
        credential::set(&mut db, account, &hash, Instant(clock_ms()))?;
    }
    Ok(())
}
