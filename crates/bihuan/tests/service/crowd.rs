//! The town with everybody whom the tables of access name, and with secrets of its own.
//!
//! Invariant: whoever asks is one of [`WHO`]; a secret is a word that stands nowhere else.

use crate::photo::{encoded, pixels};
use crate::town::{STRANGER, Town, pack_files};
use crate::upload::Phone;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bihuan::http::token::{PREFIX, TokenScope};
use bihuan::http::{Caller, routes};
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::matter::Via;
use bihuan_core::text::Text;
use bihuan_core::unit::{KindId, Unit};
use bihuan_store::rules::{Change, MembershipRow, PersonRow};
use bihuan_store::session::{self, Session};
use bihuan_store::token::{self, Token};
use bihuan_store::{credential, factor};
use http_body_util::BodyExt;
use image::ImageFormat;
use serde_json::{Value, json};
use sha2::Digest;
use std::collections::BTreeMap;
use tower::ServiceExt;

/// Those who ask, in the order of the columns of the tables.
pub(crate) const WHO: [&str; 15] = [
    "signed_out",
    "stranger",
    "resident",
    "inspector",
    "handler",
    "unit_head",
    "dispatcher",
    "leader",
    "other_acceptor",
    "squad",
    "token",
    "system",
    "security",
    "audit",
    "ended",
];
/// Who takes disputes up, and is the only one on the case of one.
pub(crate) const DESK: &str = "mediation_desk@town";
/// A password as it is kept; nobody signs in by it.
const HASH: &str = "$argon2id$v=19$canary";
/// The title of the sealed dispute.
pub(crate) const DISPUTE_TITLE: &str = "canarytitle-of-a-sealed-dispute";
/// A party of it.
const PARTY: &str = "canaryparty-of-a-dispute";
/// The phone of that party.
const PARTY_PHONE: &str = "13900007701";
/// Who told of a matter in the street: the name of a person.
const REPORTER: &str = "canaryname-of-a-reporter";
/// The number that tells that person apart.
const REPORTER_PHONE: &str = "13900007702";
/// The work telephone of who fixes the matters of v01.
const WORK_PHONE: &str = "13900007703";
/// The work telephone of those on the sealed dispute.
const SEALED_PHONE: &str = "13900007704";
/// What stands in a matter of v01.
const TITLE: &str = "canarytext-of-a-matter";
/// What an official noted on the reporter's matter.
const NOTE: &str = "canarynote-of-an-official";
/// Who told of the matter of v01: kept apart.
const KEPT: &str = "canaryvault-of-a-matter";
/// Who fixes the reporter's matter by a link.
const FIXER: &str = "canaryfixer-by-a-link";
/// What a person wants to see of what is kept.
const REQUEST: &str = "canaryrequest-of-a-person";

/// The town, what there is in it, and what is secret.
pub(crate) struct Crowd {
    pub(crate) town: Town,
    /// A matter that v01 has declared done; it is kept who told of it.
    pub(crate) matter: String,
    /// A matter that a resident told of, which v01 has to fix; it is on hold.
    pub(crate) reported: String,
    /// A sealed dispute of v01.
    pub(crate) dispute: String,
    /// A photo of [`Crowd::matter`].
    pub(crate) file: String,
    /// A program that is told.
    pub(crate) webhook: String,
    /// What a person asks for, not yet answered.
    pub(crate) request: String,
    /// What the dispatcher's program shows, which has every scope.
    pub(crate) program: String,
    /// Secrets by their names in the table.
    pub(crate) secrets: BTreeMap<&'static str, String>,
}

impl Crowd {
    /// Gathers everybody.
    pub(crate) async fn gather() -> Crowd {
        let town = Town::found();
        settle(&town);
        let photo = encoded(&pixels(96, 64, 7), ImageFormat::Jpeg);
        let file = Phone(&town, "inspector@v01").send(&photo, &[]).await;
        let matter = declared(&town, &file).await;
        let reported = reported(&town).await;
        let dispute = dispute(&town, "v01").await;
        let hook = json!({ "title": "elsewhere", "url": "http://127.0.0.1:8111/hook" });
        let (webhook, webhook_secret) = crate::webhook::add(&town, hook).await;
        let request = kept(&town, &matter, &reported).await;
        let link = linked(&town, &reported).await;
        bihuan::job::message::once(town.app.realm()).expect("messages are delivered");
        let (token, program) = ("c".repeat(64), format!("{PREFIX}{}", "d".repeat(64)));
        let secrets = BTreeMap::new();
        let mut crowd =
            Crowd { town, matter, reported, dispute, file, webhook, request, program, secrets };
        crowd.session("handler", &token);
        crowd.program("token", &crowd.program);
        let secrets = [
            ("reporter", REPORTER),
            ("reporter_phone", REPORTER_PHONE),
            ("work_phone", WORK_PHONE),
            ("sealed_phone", SEALED_PHONE),
            ("matter_text", TITLE),
            ("official_note", NOTE),
            ("dispute_title", DISPUTE_TITLE),
            ("dispute_party", PARTY),
            ("dispute_party_phone", PARTY_PHONE),
            ("password_hash", HASH),
            ("session_token", &token),
            ("webhook_secret", &webhook_secret),
            ("kept_reporter", KEPT),
            ("person_request", REQUEST),
            ("link_secret", &link),
            ("link_fixer", FIXER),
        ];
        crowd.secrets = secrets.map(|(name, it)| (name, it.to_owned())).into_iter().collect();
        crowd
    }

    /// Whoever has a column; nobody where nobody is signed in.
    pub(crate) fn caller(&self, who: &str) -> Option<Caller> {
        let account = match who {
            "signed_out" => return None,
            "stranger" => STRANGER,
            "resident" => "resident@district",
            "inspector" => "inspector@v01",
            "dispatcher" | "token" => "dispatcher@town",
            "leader" => "leader@town",
            "squad" => "squad@town",
            "system" => "system_administrator@district",
            other => other,
        };
        let caller = self.town.caller(account);
        Some(if who == "token" { Caller { via: Via::Token, ..caller } } else { caller })
    }

    /// The account of whoever has a column; the stranger's where nobody is signed in.
    pub(crate) fn account(&self, who: &str) -> AccountId {
        self.caller(who).map_or(AccountId::from(STRANGER), |it| it.account)
    }

    /// A session of somebody; its id.
    pub(crate) fn session(&self, who: &str, token: &str) -> String {
        let account = self.account(who);
        let now = self.town.app.realm().now();
        let id = self.town.id();
        let session = Session {
            id: id.clone(),
            account,
            device: "canary".into(),
            began_at: now,
            seen_at: now,
            ends_at: now.plus_ms(86_400_000),
            factor: false,
        };
        let digest: [u8; 32] = sha2::Sha256::digest(token.as_bytes()).into();
        let store = self.town.app.realm().store();
        store.write(move |db| session::open(db, &digest, &session)).expect("it is opened");
        id
    }

    /// A program of somebody that may do whatever programs may; its id.
    pub(crate) fn program(&self, who: &str, secret: &str) -> String {
        let (id, now) = (self.town.id(), self.town.app.realm().now());
        let token = Token {
            id: id.clone(),
            account: self.account(who),
            title: "a program".into(),
            scopes: TokenScope::EACH.map(|it| it.word().to_owned()).into(),
            roles: vec![RoleId::from("dispatcher")],
            created_at: now,
            ends_at: now.plus_ms(86_400_000),
            used_day: None,
            revoked_at: None,
        };
        let digest: [u8; 32] = sha2::Sha256::digest(secret.as_bytes()).into();
        let store = self.town.app.realm().store();
        let added = store.write(move |db| token::add(db, &digest, &token));
        assert!(added.expect("it is added"), "{who} has too many");
        id
    }
}

/// Adds the people and the pack that the scene has not.
fn settle(town: &Town) {
    let realm = town.app.realm();
    let justice = Unit {
        id: "justice".into(),
        parent: Some("district".into()),
        kind: KindId::from("department"),
        title: Text::new("司法局", "justice"),
        ..Unit::default()
    };
    let now = realm.now();
    let ended =
        MembershipRow { to: Some(now.plus_ms(-86_400_000)), ..member("dispatcher", "town") };
    let people = vec![
        // The scene's own have a second office each.
        reached(WORK_PHONE, person("handler", member("handler", "v01"))),
        person("unit_head", member("unit_head", "v01")),
        person("security", member("security_administrator", "district")),
        person("audit", member("audit_administrator", "district")),
        person("other_acceptor", member("acceptor", "v02")),
        person("ended", ended),
        reached(SEALED_PHONE, person("grid_agent@v01", member("grid_agent", "v01"))),
        person("grid_agent@v02", member("grid_agent", "v02")),
        reached(SEALED_PHONE, person(DESK, member("mediation_desk", "town"))),
        PersonRow {
            name: REPORTER.into(),
            identity: Some(REPORTER_PHONE.into()),
            telephone: Some(REPORTER_PHONE.into()),
            ..person("resident@district", member("resident", "district"))
        },
    ];
    for change in
        [Change::Units(vec![justice]), Change::People(people), Change::Pack(pack_files("dispute"))]
    {
        realm.change(change).expect("a sound change");
    }
    let account = AccountId::from("handler");
    let kept = realm.store().write(move |db| credential::set(db, &account, HASH, now));
    kept.expect("a password is kept");
    guarded(town, AccountId::from("handler@v02"));
}

/// Puts a second factor of an account in force, whose app nobody has.
pub(crate) fn guarded(town: &Town, account: AccountId) {
    let now = town.app.realm().now();
    let begun = town.app.realm().store().write(move |db| {
        factor::begin(db, &account, "sealed", now)?;
        factor::confirm(db, &account, 1, &[], now)
    });
    assert!(begun.expect("it is written"), "it was in force already");
}

/// What the desk and the administrators keep beside the matters; the id of a person's request.
async fn kept(town: &Town, matter: &str, reported: &str) -> String {
    let vault = format!("/api/v1/matters/{matter}/reporter");
    let hold = format!("/api/v1/holds/{reported}");
    let asked = json!({ "kind": "see", "text": REQUEST, "due_at": town.now() + 86_400_000 });
    let notice = json!({ "text": { "zh": "告知书", "en": "notice" } });
    let mut said = Value::Null;
    for (account, method, path, body) in [
        ("dispatcher@town", "PUT", vault.as_str(), json!({ "name": KEPT })),
        ("security", "PUT", &hold, json!({ "reason": "x" })),
        ("system_administrator@district", "POST", "/api/v1/notice", notice),
        ("security", "POST", "/api/v1/person-requests", asked),
    ] {
        let (status, told) = town.send((method, path), account, &body).await;
        assert!(status.is_success(), "{path}: {told}");
        said = told;
    }
    said["id"].as_str().expect("an id").to_owned()
}

/// A link to a matter that its handler made; its secret.
async fn linked(town: &Town, matter: &str) -> String {
    let (path, body) =
        (format!("/api/v1/matters/{matter}/links"), json!({ "hours": 72, "fixer": FIXER }));
    let (status, made) = town.send(("POST", &path), "handler", &body).await;
    assert!(status.is_success(), "{made}");
    made["token"].as_str().expect("a secret").to_owned()
}

fn reached(telephone: &str, person: PersonRow) -> PersonRow {
    PersonRow { telephone: Some(telephone.to_owned()), ..person }
}

fn person(id: &str, member: MembershipRow) -> PersonRow {
    PersonRow {
        id: PersonId::from(id),
        name: format!("{id} 的姓名"),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(id)],
        memberships: vec![member],
    }
}

fn member(role: &str, unit: &str) -> MembershipRow {
    MembershipRow {
        role: RoleId::from(role),
        unit: unit.into(),
        area: unit.into(),
        from: None,
        to: None,
        status: "active".into(),
    }
}

/// Does what must go well.
async fn done(town: &Town, account: &str, matter: &str, command: Value) {
    let (status, said) = town.act(account, matter, command).await;
    assert_eq!(status, StatusCode::OK, "{account}: {said}");
}

/// A matter with a photo that is there, declared done by v01.
async fn declared(town: &Town, file: &str) -> String {
    let matter = town.id();
    let mut opening = town.opening("v01");
    opening["open"]["title"] = json!(TITLE);
    opening["open"]["files"][0]["digest"] = json!(file);
    done(town, "inspector@v01", &matter, opening).await;
    fix(town, &matter).await;
    let declare = json!({ "move": {
        "id": "declare", "form": { "measure_done": "已清运" }, "files": [town.photo("after", "v01")],
    }});
    done(town, "handler", &matter, declare).await;
    matter
}

/// Files a matter and has v01 take it up.
async fn fix(town: &Town, matter: &str) {
    let dispatch = json!({ "move": {
        "id": "dispatch", "unit": "v01", "form": { "measure": "清运", "standard": "见本色" },
    }});
    done(town, "intake@town", matter, json!({ "move": { "id": "file" } })).await;
    done(town, "dispatcher@town", matter, dispatch).await;
    done(town, "handler", matter, json!({ "move": { "id": "receive" } })).await;
}

/// What a resident told of.
async fn reported(town: &Town) -> String {
    let matter = town.id();
    let mut opening = town.opening("v01");
    opening["open"]["source"] = json!("public");
    done(town, "resident@district", &matter, opening).await;
    fix(town, &matter).await;
    done(town, "dispatcher@town", &matter, json!({ "note": { "text": NOTE } })).await;
    matter
}

/// A sealed dispute of a village.
pub(crate) async fn dispute(town: &Town, village: &str) -> String {
    let matter = town.id();
    let opening = json!({ "open": {
        "pack": "dispute", "class": "D02", "source": "applied", "title": DISPUTE_TITLE,
        "unit": village, "form": { "applicant_name": PARTY, "applicant_phone": PARTY_PHONE },
    }});
    done(town, &format!("grid_agent@{village}"), &matter, opening).await;
    matter
}

/// What an address answered, all of it.
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Asks an address by GET as somebody, or as nobody.
pub(crate) async fn get(town: &Town, path: &str, caller: Option<Caller>) -> Heard {
    let mut request = Request::get(path).body(Body::empty()).expect("an address");
    request.extensions_mut().extend(caller.map(crate::town::with).unwrap_or_default());
    let answer = town.service.clone().oneshot(request).await.expect("it answers");
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    Heard { status: parts.status, headers: parts.headers, body }
}

/// Most values that are tried for one part of an address.
const VALUES_MAX: usize = 5;

impl Crowd {
    /// Addresses of every route that is read, with whatever could be asked for in its path and, one
    /// at a time, in its query.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let described = serde_json::to_value(routes().1).expect("it has only string keys");
        let mut all = Vec::new();
        for (path, item) in described["paths"].as_object().expect("paths") {
            let get = &item["get"];
            // What has no end is looked at in `event.rs`.
            let endless = get["responses"]["200"]["content"].get("text/event-stream").is_some();
            if get.is_null() || endless {
                continue;
            }
            let parameters = get["parameters"].as_array().cloned().unwrap_or_default();
            let queried = parameters.iter().filter(|it| it["in"] == "query");
            let asked: Vec<(&Value, Vec<String>)> =
                queried.map(|it| (it, self.asked(it))).collect();
            let must = asked.iter().filter(|it| it.0["required"] == true);
            let must: Vec<String> = must.map(|it| it.1[0].clone()).collect();
            for filled in self.filled(path) {
                let base = format!("{filled}?{}", must.join("&"));
                all.push(base.trim_end_matches('?').to_owned());
                let one = |it: &String| format!("{base}&{it}").replacen("?&", "?", 1);
                for (parameter, values) in &asked {
                    if parameter["required"] == true {
                        all.extend(values.iter().map(|it| format!("{filled}?{it}")));
                    } else {
                        all.extend(values.iter().map(one));
                    }
                }
            }
        }
        all
    }

    /// A path with each of its parts named in every way.
    fn filled(&self, path: &str) -> Vec<String> {
        let mut filled = vec![path.to_owned()];
        while let Some((before, rest)) = filled[0].split_once('{') {
            let (name, _) = rest.split_once('}').expect("a part ends");
            let part = format!("{{{name}}}");
            let values = self.parts(before, name.trim_start_matches('*'));
            filled = filled
                .iter()
                .flat_map(|it| values.iter().map(|value| it.replacen(&part, value, 1)))
                .collect();
        }
        filled
    }

    /// What may stand in a part of a path.
    fn parts(&self, before: &str, name: &str) -> Vec<String> {
        let own = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
        match name {
            "copy" => own(&["small", "large", "original"]),
            "digest" => own(&[&self.file]),
            "id" if before == "/api/v1/matters/" => {
                own(&[&self.matter, &self.reported, &self.dispute])
            }
            _ if before.ends_with("/webhooks/") => own(&[&self.webhook]),
            "z" | "x" => own(&["0", "1"]),
            "y" => own(&["0.mvt", "1.mvt"]),
            _ => self.words(),
        }
    }

    /// What may be given for a parameter of a query, as `name=value`.
    fn asked(&self, parameter: &Value) -> Vec<String> {
        let name = parameter["name"].as_str().expect("a name");
        let values = self.values(name, &parameter["schema"]);
        values.into_iter().map(|it| format!("{name}={it}")).collect()
    }

    /// What may be given for a part of a query.
    fn values(&self, name: &str, schema: &Value) -> Vec<String> {
        let told = schema["enum"].as_array().into_iter().flatten();
        let told: Vec<String> = told.filter_map(|it| it.as_str().map(str::to_owned)).collect();
        if !told.is_empty() {
            return told;
        }
        let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
        match (name, kind) {
            ("bbox" | "box", _) => vec!["70,10,140,55".into()],
            ("at", _) => vec![self.place()],
            ("zoom", _) => vec!["12".into()],
            (_, Some("boolean")) => vec!["true".into()],
            (_, Some("integer" | "number")) => vec!["1".into(), "100".into()],
            _ => self.words(),
        }
    }

    /// The middle of v01, as a query names it.
    fn place(&self) -> String {
        let at = self.town.place("v01");
        let degrees = |name: &str| {
            let e7 = at["at"][name].as_i64().expect("a number");
            format!("{}.{:07}", e7 / 10_000_000, e7 % 10_000_000)
        };
        format!("{},{}", degrees("lon_e7"), degrees("lat_e7"))
    }

    /// Words that name something, each kind once.
    fn words(&self) -> Vec<String> {
        let words =
            [&self.dispute, "v01", "dispute", "sanitation", "canary", "town", "resident@district"];
        words.iter().take(VALUES_MAX).map(|it| (*it).to_owned()).collect()
    }
}
