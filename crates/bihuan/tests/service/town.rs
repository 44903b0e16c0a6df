//! A small town with its people, and a way to ask its service as each of them.

use axum::body::Body;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bihuan::clock::machine_now;
use bihuan::config::Config;
use bihuan::http::{App, Caller, router};
use bihuan::outward::Outward;
use bihuan::realm::Realm;
use bihuan_core::id::{AccountId, PersonId};
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::place::{Datum, Point};
use bihuan_core::story::{self, world::World};
use bihuan_core::text::Lang;
use bihuan_core::time::HOUR_MS;
use bihuan_core::unit::UnitId;
use bihuan_store::Target;
use bihuan_store::file::FilePlace;
use bihuan_store::rules::{AreaRow, Change, FileRow, MembershipRow, PersonRow};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;

/// Who lives in the town; `name@unit` is both person and account.
const SCENE: &str = "
start 2021-03-01T08:30
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit v01 in=town kind=village
unit v02 in=town kind=village
unit g11 in=v01 kind=grid
person intake@town
person dispatcher@town
person leader@town
person squad@town
person acceptor@town
person inspector@v01
person handler@v01
person handler@g11 on=v01
person unit_head@v01
person acceptor@v01
person inspector@v02
person resident@district
person handler@v02
person unit_head@v02
person system_administrator@district
person security_administrator@district
person audit_administrator@district
person acceptor@district same_as=handler@v01
person acceptor@v02 on=town same_as=unit_head@v01
";

/// Half the side of the square around each place, in ten-millionths of a degree.
const HALF_E7: i64 = 50_000;
/// Somebody with an account and no role at all.
pub(crate) const STRANGER: &str = "stranger";

/// A small town whose service runs in process.
pub(crate) struct Town {
    pub(crate) app: App,
    pub(crate) service: axum::Router,
    places: BTreeMap<UnitId, Point>,
    next: AtomicU64,
    _dir: tempfile::TempDir,
}

impl Town {
    /// The town on a spring morning, with no matter yet.
    pub(crate) fn found() -> Town {
        let dir = tempfile::tempdir().expect("a folder");
        let target = Target::Sqlite(dir.path().join("realm.db"));
        Town::found_in(dir, target)
    }

    /// The same in a target.
    pub(crate) fn found_in(dir: tempfile::TempDir, target: Target) -> Town {
        let (realm, places) = found_at(dir.path(), target);
        let app = app(realm);
        let (service, next) = (router(app.clone()), AtomicU64::new(0));
        Town { app, service, places, next, _dir: dir }
    }

    /// Another node over the same database, whose clock shows the same.
    pub(crate) fn another_node(&self) -> App {
        let realm = self.app.realm();
        let config = Config {
            dir: realm.dir.clone(),
            target: realm.target.clone(),
            files: realm.files.clone(),
            lang: Lang::En,
            json: false,
        };
        let other = Realm::open(&config).expect("a database for many");
        other.clock.set_offset_ms(realm.clock.offset_ms());
        app(other)
    }

    /// The same town served from another folder, in which a copy of its database lies.
    pub(crate) fn another(&self, dir: tempfile::TempDir) -> Town {
        let config = Config {
            dir: dir.path().to_owned(),
            target: Target::Sqlite(dir.path().join("realm.db")),
            files: FilePlace::Folder(dir.path().join("files")),
            lang: Lang::En,
            json: false,
        };
        let realm = Realm::open(&config).expect("a copy of a realm");
        realm.clock.set_offset_ms(self.app.realm().clock.offset_ms());
        let app = app(realm);
        let next = AtomicU64::new(self.next.load(Ordering::Relaxed));
        let (service, places) = (router(app.clone()), self.places.clone());
        Town { app, service, places, next, _dir: dir }
    }

    /// An id that nobody has used.
    pub(crate) fn id(&self) -> String {
        let no = self.next.fetch_add(1, Ordering::Relaxed);
        format!("01900000-0000-7000-8000-{no:012x}")
    }

    /// What the realm's clock shows, in milliseconds.
    pub(crate) fn now(&self) -> i64 {
        self.app.realm().now().0
    }

    /// Somebody signed in.
    pub(crate) fn caller(&self, account: &str) -> Caller {
        let account = AccountId::from(account);
        let person = self.app.realm().rules().accounts.get(&account).cloned();
        let person = person.expect("the account is in the scene");
        Caller::person(account, person)
    }

    /// Asks the service.
    pub(crate) async fn ask(&self, request: Request<Body>) -> (StatusCode, Value) {
        let answer = self.service.clone().oneshot(request).await.expect("it answers");
        let status = answer.status();
        let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        if status.is_client_error() || status.is_server_error() {
            assert_eq!(kind.expect("a type"), "application/problem+json", "{status}");
        }
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        (status, body)
    }

    /// Asks with headers and bytes as somebody; the headers of the answer come with it.
    pub(crate) async fn call(
        &self,
        (method, path): (&str, &str),
        caller: Option<&Caller>,
        headers: &[(&str, &str)],
        bytes: &[u8],
    ) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(bytes.to_vec())).expect("a request");
        request.extensions_mut().extend(caller.map(|it| with(it.clone())).unwrap_or_default());
        let answer = self.service.clone().oneshot(request).await.expect("it answers");
        let (parts, body) = answer.into_parts();
        (parts.status, parts.headers, body.collect().await.expect("a body").to_bytes())
    }

    /// Posts a body as somebody, or as nobody.
    pub(crate) async fn post(
        &self,
        path: &str,
        caller: Option<&Caller>,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let mut request = request.body(Body::from(body.to_string())).expect("a request");
        request.extensions_mut().extend(caller.map(|it| with(it.clone())).unwrap_or_default());
        self.ask(request).await
    }

    /// Asks an address as somebody.
    pub(crate) async fn send(
        &self,
        (method, path): (&str, &str),
        account: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let mut request = request.body(Body::from(body.to_string())).expect("a request");
        request.extensions_mut().extend(with(self.caller(account)));
        self.ask(request).await
    }

    /// Does one thing to one matter as somebody.
    pub(crate) async fn act(
        &self,
        account: &str,
        matter: &str,
        command: Value,
    ) -> (StatusCode, Value) {
        let body = json!({ "id": self.id(), "matter": matter, "command": command });
        self.post("/api/v1/commands", Some(&self.caller(account)), &body).await
    }

    /// A photo that is safe on disk, as a command declares it.
    pub(crate) fn photo(&self, slot: &str, unit: &str) -> Value {
        let digest = format!("{:064x}", self.next.fetch_add(1, Ordering::Relaxed) + 0xF11E);
        let row = FileRow {
            digest: digest.clone(),
            bytes: 1_000,
            media: "image/jpeg".into(),
            picture: None,
        };
        self.app.realm().change(Change::Files(vec![row])).expect("files are safe");
        let taken_at = self.now() - if slot == "before" { HOUR_MS } else { 0 };
        json!({
            "digest": digest, "slot": slot, "taken_at": taken_at, "taken_in": self.place(unit),
        })
    }

    /// The middle of a unit's area.
    pub(crate) fn place(&self, unit: &str) -> Value {
        let at = self.places[&UnitId::from(unit)];
        let at = json!({ "lon_e7": at.lon_e7, "lat_e7": at.lat_e7 });
        json!({ "at": at, "datum": "wgs84", "accuracy_m": 5, "source": "gnss" })
    }

    /// What the inspector of a unit opens there.
    pub(crate) fn opening(&self, unit: &str) -> Value {
        json!({ "open": {
            "pack": "sanitation", "class": "0110", "source": "patrol", "title": "路边垃圾",
            "place": self.place(unit), "files": [self.photo("before", unit)],
        }})
    }

    /// A matter of v01 that its inspector opened.
    pub(crate) async fn opened(&self) -> String {
        let matter = self.id();
        let (status, body) = self.act("inspector@v01", &matter, self.opening("v01")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        matter
    }

    /// A matter that v01's handler is at work on.
    pub(crate) async fn rectifying(&self) -> String {
        let matter = self.opened().await;
        let dispatch = json!({ "move": {
            "id": "dispatch", "unit": "v01",
            "form": { "measure": "清运", "standard": "见本色" },
        }});
        for (who, command) in [
            ("intake@town", json!({ "move": { "id": "file" } })),
            ("dispatcher@town", dispatch),
            ("handler@v01", json!({ "move": { "id": "receive" } })),
        ] {
            let (status, body) = self.act(who, &matter, command).await;
            assert_eq!(status, StatusCode::OK, "{who}: {body}");
        }
        matter
    }

    /// A matter that v01's handler has declared done.
    pub(crate) async fn declared(&self) -> String {
        let matter = self.rectifying().await;
        let declare = json!({ "move": {
            "id": "declare", "form": { "measure_done": "已清运" },
            "files": [self.photo("after", "v01")],
        }});
        let (status, body) = self.act("handler@v01", &matter, declare).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        matter
    }
}

/// The service over a realm, with a way out to this machine alone.
fn app(realm: Realm) -> App {
    let outward = Outward::new(vec!["127.0.0.0/8".parse().expect("a network")]);
    App::new(realm)
        .decoding_with(env!("CARGO_BIN_EXE_bihuan").into())
        .reaching(outward.expect("it can encrypt"))
        .taking_reports(true)
}

/// The extension by which the session layer says who calls.
pub(crate) fn with(caller: Caller) -> axum::http::Extensions {
    let mut extensions = axum::http::Extensions::new();
    extensions.insert(caller);
    extensions
}

/// Founds the town in a target, and tells where its units are.
pub(crate) fn found_at(dir: &Path, target: Target) -> (Realm, BTreeMap<UnitId, Point>) {
    let files = FilePlace::Folder(dir.join("files"));
    let config = Config { dir: dir.to_owned(), target, files, lang: Lang::En, json: false };
    let files = pack_files("sanitation");
    let pack = Pack::load(&files).expect("the pack has no gaps");
    let (world, places) = story::world(&pack, SCENE).expect("the scene is sound");
    // The clock of a demonstration runs beside the machine's, so that the town lives in 2021.
    let offset_ms = world.now.0 - machine_now().0;
    let settings = [("demonstration", "1".to_owned()), ("clock_offset_ms", offset_ms.to_string())];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let realm = Realm::make(&config).expect("an empty realm");
    realm.clock.set_offset_ms(offset_ms);
    for change in [
        Change::Settings(settings.into_iter().collect()),
        Change::Units(world.rules.units.iter().cloned().collect()),
        Change::Areas(places.iter().map(area).collect()),
        Change::People(people(&world)),
        Change::Pack(files),
    ] {
        realm.change(change).expect("a sound change");
    }
    (realm, places.into_iter().collect())
}

/// The files of a pack of the repository.
pub(crate) fn pack_files(pack: &str) -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack);
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    }
    for entry in std::fs::read_dir(folder.join("documents")).expect("documents") {
        let entry = entry.expect("a document");
        let name = format!("documents/{}", entry.file_name().to_string_lossy());
        files.insert(name, std::fs::read(entry.path()).expect("a document"));
    }
    PackFiles { files }
}

fn area((unit, at): &(UnitId, Point)) -> AreaRow {
    let corner = |(east, north): (i64, i64)| {
        [at.lon_e7 + east * HALF_E7, at.lat_e7 + north * HALF_E7].map(|it| it as f64 / 1e7)
    };
    let ring = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)].map(corner);
    let geometry = json!({ "type": "Polygon", "coordinates": [ring] });
    AreaRow { unit: unit.clone(), datum: Datum::Wgs84, geometry }
}

fn people(world: &World) -> Vec<PersonRow> {
    let accounts = |person: &PersonId| {
        let own = world.rules.accounts.iter().filter(|(_, it)| *it == person);
        own.map(|(account, _)| account.clone()).collect()
    };
    let row = |(person, grants): (&PersonId, &Vec<bihuan_core::matter::facts::Grant>)| PersonRow {
        id: person.clone(),
        name: format!("{person} 的姓名"),
        identity: None,
        telephone: None,
        accounts: accounts(person),
        memberships: grants
            .iter()
            .map(|it| MembershipRow {
                role: it.role.clone(),
                unit: it.unit.clone(),
                area: it.area.clone(),
                from: None,
                to: None,
                status: "active".into(),
            })
            .collect(),
    };
    let stranger = PersonRow {
        id: PersonId::from(STRANGER),
        name: "路人".into(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(STRANGER)],
        memberships: Vec::new(),
    };
    world.rules.grants.iter().map(row).chain([stranger]).collect()
}
