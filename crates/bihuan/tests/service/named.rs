//! What stands in braces in the table of access, put in for each caller.
//!
//! Invariant: what is used up is made anew for each caller, so that an answer is about the caller
//! and not about whoever asked before.

use crate::crowd::{Crowd, guarded};
use crate::entered::{PASSWORD, with_password};
use crate::factor::{app_of, code};
use axum::http::StatusCode;
use bihuan::http::Caller;
use bihuan_core::id::{AccountId, MatterId, PersonId};
use bihuan_core::time::DAY_MS;
use bihuan_store::{credential, factor, reporter};
use serde_json::json;
use sha2::Digest;

/// Who asks and consents in the place of somebody else: an official who is on every case here.
const COLLEAGUE: &str = "intake@town";
/// Whose password is set anew.
const FORGETFUL: &str = "handler@v02";
/// What is made anew each time.
const ANEW: [&str; 10] = [
    "{webhook}",
    "{session}",
    "{program}",
    "{upload}",
    "{reset}",
    "{password}",
    "{guarded}",
    "{code}",
    "{asked}",
    "{reveal}",
];

impl Crowd {
    /// A text with what it names in braces.
    pub(crate) async fn named(&self, who: &str, text: &str) -> String {
        let mut text = text.replace("{matter}", &self.matter);
        for (name, value) in [
            ("{reported}", &self.reported),
            ("{dispute}", &self.dispute),
            ("{file}", &self.file),
            ("{request}", &self.request),
            ("{new}", &self.town.id()),
            ("{token}", &format!("{:0>64}", self.town.id())),
        ] {
            text = text.replace(name, value);
        }
        for name in ANEW.iter().filter(|it| text.contains(**it)).collect::<Vec<_>>() {
            text = text.replace(name, &self.anew(who, name).await);
        }
        text
    }

    /// One more of what a name stands for.
    async fn anew(&self, who: &str, name: &str) -> String {
        match name {
            "{webhook}" => self.hook(who).await,
            "{session}" => self.session(who, &self.town.id()),
            "{program}" => self.program(who, &self.town.id()),
            "{upload}" => self.upload(who).await,
            "{reset}" => self.reset(),
            "{password}" | "{guarded}" => self.password(who, name == "{guarded}"),
            "{code}" => self.code(who).await,
            "{asked}" => self.reveal(&PersonId::from(COLLEAGUE), None),
            "{reveal}" => {
                let person = self.person(who).person;
                self.reveal(&person, Some(PersonId::from(COLLEAGUE)))
            }
            _ => unreachable!("{name} is not made anew"),
        }
    }

    /// Whoever has a column, in person; the stranger where nobody is signed in.
    fn person(&self, who: &str) -> Caller {
        self.town.caller(&self.account(who).0)
    }

    async fn hook(&self, who: &str) -> String {
        if who != "system" {
            return self.webhook.clone();
        }
        let hook = json!({ "title": "one more", "url": "http://127.0.0.1:8111/hook" });
        crate::webhook::add(&self.town, hook).await.0
    }

    async fn upload(&self, who: &str) -> String {
        let caller = self.caller(who).or_else(|| self.caller("handler"));
        let way = ("POST", "/api/v1/uploads");
        let (_, headers, _) =
            self.town.call(way, caller.as_ref(), &crate::access::tus(), b"").await;
        let at = headers.get("location").and_then(|it| it.to_str().ok()).unwrap_or_default();
        at.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// A secret by which whoever has it sets a password.
    fn reset(&self) -> String {
        let secret = self.town.id();
        let digest: [u8; 32] = sha2::Sha256::digest(secret.as_bytes()).into();
        let realm = self.town.app.realm();
        let ends_at = realm.now().plus_ms(DAY_MS);
        let (of, by) = (AccountId::from(FORGETFUL), AccountId::from("security"));
        let kept =
            realm.store().write(move |db| credential::allow_reset(db, &digest, &of, &by, ends_at));
        kept.expect("it is kept");
        secret
    }

    /// The caller's password, with or without a second factor in force.
    fn password(&self, who: &str, is_guarded: bool) -> String {
        let account = self.account(who);
        with_password(&self.town, &[&account.0]);
        let of = account.clone();
        let removed = self.town.app.realm().store().write(move |db| factor::remove(db, &of));
        removed.expect("it is written");
        if is_guarded {
            guarded(&self.town, account);
        }
        PASSWORD.to_owned()
    }

    /// A code of the caller's app, whose secret waits to be confirmed.
    async fn code(&self, who: &str) -> String {
        let password = json!({ "password": self.password(who, false) });
        let caller = self.person(who);
        let path = "/api/v1/session/factor";
        let (status, told) = self.town.post(path, Some(&caller), &password).await;
        assert_eq!(status, StatusCode::CREATED, "{who}: {told}");
        code(&app_of(told["secret"].as_str().expect("a secret")), 0)
    }

    /// A request to see who told of [`Crowd::matter`].
    fn reveal(&self, by: &PersonId, consents: Option<PersonId>) -> String {
        let (id, by, now) = (self.town.id(), by.clone(), self.town.app.realm().now());
        let matter: MatterId =
            serde_json::from_value(json!(self.matter)).expect("it is a matter's id");
        let key = id.clone();
        let asked = self.town.app.realm().store().write(move |db| {
            let reference = reporter::keep_text(db, "reason", (&[7; 32], &key), b"x")?;
            reporter::ask(db, matter, (&key, &by), &reference, now)?;
            match consents {
                Some(other) => reporter::decide(db, matter, (&key, &other), (true, now)),
                None => Ok(true),
            }
        });
        assert!(asked.expect("it is written"), "nobody consents to an own request");
        id
    }
}
