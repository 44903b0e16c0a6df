//! The service over a demonstration town, asked over HTTP as its people.

use std::path::Path;

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::{Service, Told};

/// What one of the administrators is shown, and nobody else: address and account.
const GUARDED: [(&str, &str); 2] =
    [("/api/v1/grants", "security-district"), ("/api/v1/audit?limit=1", "audit-district")];
/// What everybody is shown, as much of it as concerns each.
const SHARED: [&str; 3] = ["/api/v1/matters?limit=20", "/api/v1/due", "/api/v1/counts?by=stage"];
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

/// Everybody who is told can sign in and is known; nobody else is; the handler of `unit`, which
/// fixed `matter`, cannot accept it, and somebody of the squad could.
pub(super) fn prove(service: &Service, who: &SignIn, unit: &str, matter: &str) -> Result<bool> {
    let mut sound = true;
    let check = |what: &str, told: &Told, status: u16, code: Option<&str>| {
        let fits = told.status == status && code.is_none_or(|it| told.body["code"] == *it);
        if !fits {
            println!("{what}: {} {}", told.status, told.body);
        }
        fits
    };
    let told = service.ask("GET", "/api/v1/session", None, &Value::Null)?;
    sound &= check("nobody", &told, 401, Some("signed_out"));
    for Account { account } in &who.sign_in {
        let wrong = json!({ "account": account, "password": "wrong-password" });
        let told = service.ask("POST", "/api/v1/sessions", None, &wrong)?;
        sound &= check(account, &told, 401, Some("wrong_password"));
        let token = service.sign_in(account, &who.password)?;
        let told = service.ask("GET", "/api/v1/session", Some(&token), &Value::Null)?;
        sound &= check(account, &told, 200, None);
        if told.body["account"] != **account {
            bail!("{account} is taken for {}", told.body);
        }
        let mut rows = 0;
        for path in SHARED {
            let told = service.ask("GET", path, Some(&token), &Value::Null)?;
            sound &= check(&format!("{account}: {path}"), &told, 200, None);
            rows += told.body["rows"].as_array().map_or(0, Vec::len);
        }
        for (path, whose) in GUARDED {
            let told = service.ask("GET", path, Some(&token), &Value::Null)?;
            let (status, code) =
                if whose == account { (200, None) } else { (403, Some("not_granted")) };
            sound &= check(&format!("{account}: {path}"), &told, status, code);
        }
        println!("  {account}: {rows} matters in two lists");
    }
    // The right party has yet to give the photo that the pack asks for; the other never may.
    let handler = format!("handler-{unit}");
    for (account, status, code) in [(SQUAD, 422, Some("missing")), (handler.as_str(), 403, None)] {
        let token = service.sign_in(account, &who.password)?;
        let accept = json!({
            "id": "01900000-0000-7000-8000-00000000a11c", "matter": matter,
            "command": { "move": { "id": "accept" } },
        });
        let told = service.ask("POST", "/api/v1/commands?preview=true", Some(&token), &accept)?;
        println!("  {account}: accept → {} {}", told.status, told.body["code"]);
        sound &= check(account, &told, status, code);
    }
    println!("service: {} accounts signed in; only another party may accept", who.sign_in.len());
    Ok(sound)
}
