//! A small realm that is asked: everybody who acts, and matters in several stages.
//!
//! Invariants: everything in it came by the ways of the product; a copy of its folder is the same
//! realm again, so that one caller's requests do not change what another finds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::policy::{AUDIT_ADMINISTRATOR, SECURITY_ADMINISTRATOR, SYSTEM_ADMINISTRATOR};
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use bihuan_store::{Store, Target};
use serde_json::{Value, json};

use super::description::Known;
use crate::process::{clock_ms, output};
use crate::service::{Question, Service, UNLIMITED, set_passwords};
use crate::torture::http::photo::Film;
use crate::torture::http::wall;
use crate::torture::realm;

/// Everybody's password.
const PASSWORD: &str = "asked-in-many-ways";
/// Matters that are opened; each goes one step further than the one before.
const MATTERS: u64 = 4;
/// Programs that are to be told, so that some are left when others are removed.
const WEBHOOKS: usize = 12;
/// The three offices of administrators.
const OFFICES: [&str; 3] = [SYSTEM_ADMINISTRATOR, SECURITY_ADMINISTRATOR, AUDIT_ADMINISTRATOR];

/// Those who ask: a name, and the account; nobody is signed out.
pub(super) const CALLERS: [(&str, Option<&str>); 6] = [
    ("signed-out", None),
    ("inspector", Some("inspector-v00-v00")),
    ("leader", Some("leader-town-town")),
    ("system", Some(SYSTEM_ADMINISTRATOR)),
    ("security", Some(SECURITY_ADMINISTRATOR)),
    ("audit", Some(AUDIT_ADMINISTRATOR)),
];

/// Makes the realm in a folder.
///
/// # Errors
/// Something that everybody may do was refused.
pub(super) fn found(binary: &Path, dir: &Path, seed: u64) -> Result<()> {
    fs::create_dir_all(dir.join("files")).context("failed to make the folder of a realm")?;
    let target = Target::Sqlite(dir.join("realm.db"));
    {
        let store = Store::open(&target, wall(seed))?;
        let mut change = |it: Change| store.change("operator", it).map(drop).map_err(Into::into);
        realm::found(&mut change)?;
        change(Change::People(OFFICES.iter().map(|it| officer(it)).collect()))?;
    }
    let rules = Store::open(&target, wall(seed))?.rules();
    let accounts: Vec<AccountId> = rules.accounts.keys().cloned().collect();
    set_passwords(binary, (dir, &target), &accounts, PASSWORD)?;
    let service = Service::start_with(binary, dir, &UNLIMITED)?;
    for no in 0..MATTERS {
        matter(&service, no)?;
    }
    let token = service.sign_in(SYSTEM_ADMINISTRATOR, PASSWORD)?;
    for no in 0..WEBHOOKS {
        let hook = json!({ "title": format!("hook {no}"), "url": "https://example.org/hook" });
        ask(&service, &token, ("POST", "/api/v1/webhooks"), &hook)?;
    }
    service.kill()
}

fn officer(office: &str) -> PersonRow {
    PersonRow {
        id: PersonId(office.to_owned()),
        name: office.to_owned(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId(office.to_owned())],
        memberships: vec![MembershipRow {
            role: RoleId::from(office),
            unit: "district".into(),
            area: "district".into(),
            from: None,
            to: None,
            status: "active".into(),
        }],
    }
}

/// A matter of the first village, `steps` acts long after it was opened.
fn matter(service: &Service, steps: u64) -> Result<()> {
    let film = Film::new()?;
    let id = format!("01900000-0000-7000-8000-{steps:012x}");
    let (unit, at) = realm::places().into_iter().next().context("the realm has places")?;
    let place = json!({
        "at": { "lon_e7": at.lon_e7, "lat_e7": at.lat_e7 },
        "datum": "wgs84", "accuracy_m": 5, "source": "gnss",
    });
    let photo = |account: &str, slot: &str| -> Result<Value> {
        let digest = upload(service, account, &film.photo(&format!("{slot} {steps}")))?;
        let taken_at = clock_ms() - 60_000;
        Ok(json!({ "digest": digest, "slot": slot, "taken_at": taken_at, "taken_in": place }))
    };
    let (inspector, handler) =
        (format!("inspector-{unit}-{unit}"), format!("handler-{unit}-{unit}"));
    let open = json!({ "open": {
        "pack": realm::PACK, "class": "0110", "source": "patrol", "title": format!("road {steps}"),
        "place": place, "files": [photo(&inspector, "before")?],
    }});
    let moved = |it: &str| json!({ "move": { "id": it } });
    let form = json!({ "measure": "sweep", "standard": "clean" });
    let dispatch = json!({ "move": { "id": "dispatch", "unit": unit, "form": form } });
    let acts = [
        (inspector.as_str(), open),
        ("intake-town-town", moved("file")),
        ("dispatcher-town-town", dispatch),
        (&handler, moved("receive")),
    ];
    for (no, (account, command)) in (0..=steps).zip(acts) {
        let token = service.sign_in(account, PASSWORD)?;
        let command_id = format!("01900000-0000-7000-9000-{:012x}", steps * 100 + no);
        let body = json!({ "id": command_id, "matter": id, "command": command });
        ask(service, &token, ("POST", "/api/v1/commands"), &body)?;
    }
    Ok(())
}

/// Sends a photo whole; its digest.
fn upload(service: &Service, account: &str, (bytes, digest): &(Vec<u8>, String)) -> Result<String> {
    let token = service.sign_in(account, PASSWORD)?;
    let headers = [
        ("tus-resumable", "1.0.0".to_owned()),
        ("upload-length", bytes.len().to_string()),
        ("upload-metadata", format!("sha256 {}", STANDARD.encode(digest))),
        ("content-type", "application/offset+octet-stream".to_owned()),
    ];
    let way = ("POST", "/api/v1/uploads");
    let bytes = bytes.clone();
    let told = service.send(Question { way, token: Some(&token), headers: &headers, bytes })?;
    ensure!(told.status == 201, "a photo is refused: {} {}", told.status, told.body);
    Ok(digest.clone())
}

fn ask(service: &Service, token: &str, (method, path): (&str, &str), body: &Value) -> Result<()> {
    let told = service.ask(method, path, Some(token), body)?;
    ensure!(told.status < 300, "{method} {path} with {body}: {} {}", told.status, told.body);
    Ok(())
}

/// A copy of the realm that is served, and a token of whoever asks it.
pub(super) struct Served {
    /// The service.
    pub(super) service: Service,
    /// The token; none where nobody is signed in.
    pub(super) token: Option<String>,
}

impl Served {
    /// Serves a copy of the realm in `from`.
    ///
    /// # Errors
    /// It cannot be copied or served.
    pub(super) fn copy(
        binary: &Path,
        (from, to): (&Path, PathBuf),
        account: Option<&str>,
    ) -> Result<Served> {
        output(Command::new("cp").arg("--recursive").arg(from).arg(&to))?;
        let service = Service::start_with(binary, &to, &UNLIMITED)?;
        let token = account.map(|it| service.sign_in(it, PASSWORD)).transpose()?;
        Ok(Served { service, token })
    }

    /// Another session of the same caller.
    ///
    /// # Errors
    /// It cannot sign in.
    pub(super) fn sign_in(&self, account: &str) -> Result<String> {
        self.service.sign_in(account, PASSWORD)
    }

    /// Whether the caller is still who it was.
    pub(super) fn is_signed_in(&self) -> Result<bool> {
        let Some(token) = &self.token else { return Ok(true) };
        let told = self.service.ask("GET", "/api/v1/session", Some(token), &Value::Null)?;
        Ok(told.status == 200)
    }

    /// What there is to name: what lists tell to whoever may see most, by their address.
    ///
    /// # Errors
    /// The service is gone.
    pub(super) fn known(&self, description: &Value) -> Result<Known> {
        let mut known = Known::new();
        let matters: Vec<String> =
            (0..MATTERS).map(|it| format!("01900000-0000-7000-8000-{it:012x}")).collect();
        let paths = description["paths"].as_object().into_iter().flatten().map(|it| it.0.clone());
        let lists: Vec<String> = paths.filter(|it| !it.contains('{')).collect();
        let askers = ["dispatcher-town-town"].into_iter().chain(OFFICES);
        for account in askers {
            let token = self.sign_in(account)?;
            let files = matters.iter().map(|it| format!("/api/v1/matters/{it}/files"));
            for path in lists.iter().filter(|it| is_list(description, it)).cloned().chain(files) {
                let told = self.service.ask("GET", &path, Some(&token), &Value::Null)?;
                let place = if path.ends_with("/files") { "/api/v1/files" } else { &path };
                let names = known.entry(format!("{place}/")).or_default();
                names_in(&told.body, names);
            }
        }
        known.entry("/api/v1/matters/".to_owned()).or_default().extend(matters);
        // Whoever ends the session that it asks with is told nothing afterwards.
        known.remove("/api/v1/sessions/");
        for names in known.values_mut() {
            names.sort();
            names.dedup();
            names.truncate(NAMES_MAX);
        }
        Ok(known)
    }
}

/// Names of one kind that are offered.
const NAMES_MAX: usize = 20;

fn is_list(description: &Value, path: &str) -> bool {
    let answer = &description["paths"][path]["get"]["responses"]["200"]["content"];
    !answer["application/json"].is_null() && path.starts_with("/api/")
}

/// Every `id` and `digest` in an answer.
fn names_in(told: &Value, names: &mut Vec<String>) {
    match told {
        Value::Array(all) => all.iter().for_each(|it| names_in(it, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(name) if matches!(key.as_str(), "id" | "digest") => {
                        names.push(name.clone());
                    }
                    other => names_in(other, names),
                }
            }
        }
        _ => {}
    }
}
