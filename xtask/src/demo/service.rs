//! The service over a demonstration town, asked over HTTP as its people.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

/// An account of the squad that accepts.
const SQUAD: &str = "acceptor-1";

/// As whom people sign in, as the demonstration tells them.
#[derive(Debug, Deserialize)]
pub(super) struct SignIn {
    password: String,
    sign_in: Vec<Account>,
}

#[derive(Debug, Deserialize)]
struct Account {
    account: String,
}

impl SignIn {
    pub(super) fn read(root: &Path) -> Result<SignIn> {
        let text = std::fs::read_to_string(root.join("demo/scenario.toml"))?;
        Ok(toml::from_str(&text)?)
    }
}

/// A running service; dropped, it is ended.
pub(super) struct Service {
    child: Child,
    base: String,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an address answered.
struct Told {
    status: u16,
    body: Value,
}

impl Service {
    /// Starts the service on a port of its own, and waits until it says that it listens.
    pub(super) fn start(binary: &Path, dir: &Path) -> Result<Service> {
        let mut serve = Command::new(binary);
        serve.arg("serve").arg("--dir").arg(dir).args(["--listen", "127.0.0.1:0", "--json"]);
        let mut child = serve.stdout(Stdio::piped()).spawn().context("the service cannot start")?;
        let stdout = child.stdout.take().context("the service has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("the service says nothing")?;
        let base = told["listening"].as_str().context("the service does not say where")?.to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Service { child, base, runtime, client: reqwest::Client::new() })
    }

    fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Value) -> Result<Told> {
        let mut request = self.client.request(method.parse()?, format!("{}{path}", self.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        self.runtime.block_on(async {
            let answer = request.send().await?;
            let status = answer.status().as_u16();
            let bytes = answer.bytes().await?;
            let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            Ok(Told { status, body })
        })
    }

    /// The token of an account that signs in.
    fn sign_in(&self, account: &str, password: &str) -> Result<String> {
        let body = json!({ "account": account, "password": password, "bearer": true });
        let told = self.ask("POST", "/api/v1/sessions", None, body)?;
        let token = told.body["token"].as_str().map(ToOwned::to_owned);
        token.with_context(|| format!("{account} cannot sign in: {} {}", told.status, told.body))
    }

    /// Everybody who is told can sign in and is known; nobody else is; the handler of `unit`, which
    /// fixed `matter`, cannot accept it, and somebody of the squad could.
    pub(super) fn prove(&self, who: &SignIn, unit: &str, matter: &str) -> Result<bool> {
        let mut sound = true;
        let check = |what: &str, told: &Told, status: u16, code: Option<&str>| {
            let fits = told.status == status && code.is_none_or(|it| told.body["code"] == *it);
            if !fits {
                println!("{what}: {} {}", told.status, told.body);
            }
            fits
        };
        let told = self.ask("GET", "/api/v1/session", None, Value::Null)?;
        sound &= check("nobody", &told, 401, Some("signed_out"));
        for Account { account } in &who.sign_in {
            let wrong = json!({ "account": account, "password": "wrong-password" });
            let told = self.ask("POST", "/api/v1/sessions", None, wrong)?;
            sound &= check(account, &told, 401, Some("wrong_password"));
            let token = self.sign_in(account, &who.password)?;
            let told = self.ask("GET", "/api/v1/session", Some(&token), Value::Null)?;
            sound &= check(account, &told, 200, None);
            if told.body["account"] != **account {
                bail!("{account} is taken for {}", told.body);
            }
        }
        // The right party has yet to give the photo that the pack asks for; the other never may.
        let handler = format!("handler-{unit}");
        for (account, status, code) in
            [(SQUAD, 422, Some("missing")), (handler.as_str(), 403, None)]
        {
            let token = self.sign_in(account, &who.password)?;
            let accept = json!({
                "id": "01900000-0000-7000-8000-00000000a11c", "matter": matter,
                "command": { "move": { "id": "accept" } },
            });
            let told = self.ask("POST", "/api/v1/commands?preview=true", Some(&token), accept)?;
            println!("  {account}: accept → {} {}", told.status, told.body["code"]);
            sound &= check(account, &told, status, code);
        }
        println!(
            "service: {} accounts signed in; only another party may accept",
            who.sign_in.len()
        );
        Ok(sound)
    }
}
