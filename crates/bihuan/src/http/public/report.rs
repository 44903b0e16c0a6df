//! Reports without an account, by ordinary commands of the account `public`.
//!
//! Invariants: that account has the roles which work on the public page alone, no password and no
//! session, so that it opens matters and does nothing else; who reported stands in the vault and
//! nowhere beside; the same report sent twice opens one matter and has one code.

use super::code::Code;
use super::draft::{Draft, invalid};
use super::reception::Photo;
use crate::attachment::Arrived;
use crate::entropy;
use crate::http::upload::finish::take;
use crate::http::{ApiProblem, App};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::http::StatusCode;
use bihuan_core::content::derive_salt;
use bihuan_core::id::{AccountId, CommandId, MatterId, PackId, PersonId, RoleId};
use bihuan_core::matter::state::Matter;
use bihuan_core::matter::submission::{FileDecl, Open};
use bihuan_core::matter::{Command, Rules, Submission, Via};
use bihuan_core::pack::{Meaning, Need, Pack};
use bihuan_core::photo::Phone;
use bihuan_core::place::{Datum, Place, PlaceSource};
use bihuan_core::text::Text;
use bihuan_store::audit::{Act, Audited};
use bihuan_store::rules::{Change, MembershipRow, PersonRow, key};
use bihuan_store::{reporter, tracking};
use std::sync::Arc;
use uuid::Uuid;

/// The account, and the person, that reports without an account are opened by.
pub const PUBLIC: &str = "public";
/// The source of such matters, as packs name it.
pub(super) const SOURCE: &str = "public";
/// What the key of codes is for.
const PURPOSE: &str = "tracking";
/// The slot of photos, where the pack says no other.
const SLOT: &str = "before";

/// The newest packs that take reports without an account: they have a role for the public page
/// alone, and a source for it.
#[must_use]
pub fn packs(rules: &Rules) -> Vec<Arc<Pack>> {
    let newest = rules.packs.keys().filter_map(|it| rules.pack(it));
    let takes = |it: &&Arc<Pack>| {
        it.roles.iter().any(|role| role.is_public_only()) && it.source(SOURCE).is_some()
    };
    newest.filter(takes).cloned().collect()
}

/// Sends a report; its code.
///
/// # Errors
/// What is wrong with it, a refusal of the engine, or why the store could not.
pub(super) async fn send(app: &App, draft: Draft) -> Result<Code, ApiProblem> {
    let id = draft.id.ok_or_else(|| invalid("id", "缺少编号", "an id is wanted"))?;
    let pack = chosen(&app.realm().rules(), draft.pack.as_ref())?;
    let contact = contact_of(&draft)?;
    check_notice(app, contact.is_some(), draft.notice).await?;
    let code_key = account(app).await?;
    let blank = opening(&pack, &draft)?;
    let mut files = Vec::new();
    for photo in &draft.photos {
        files.push(FileDecl { digest: keep(app, photo).await?, ..declared(&pack) });
    }
    let matter = matter_of(&code_key, &id.to_string());
    let open = Open { files, ..blank };
    submit(app, id, matter, open).await?;
    let code = Code::of(&code_key, id);
    let digest = code.digest();
    let now = app.realm().now();
    app.write(move |db| tracking::follow(db, &digest, matter, now)).await?;
    if let Some(contact) = contact {
        keep_contact(app, matter, contact).await?;
    }
    Ok(code)
}

/// Says that a cleared matter was not well done: another matter at the same place, of which the
/// engine finds that it is a rebound, and which runs by its own clock.
///
/// # Errors
/// Where it is not cleared, or its place is not known any more.
pub(super) async fn object(
    app: &App,
    code: &Code,
    old: &Matter,
    draft: Draft,
) -> Result<(), ApiProblem> {
    if old.standing.is != Meaning::Closed || old.rebounded_as.is_some() {
        return Err(not_cleared());
    }
    let code_key = account(app).await?;
    let pack = chosen(&app.realm().rules(), Some(&old.pack))?;
    let mut files = Vec::new();
    for photo in &draft.photos {
        files.push(FileDecl { digest: keep(app, photo).await?, ..declared(&pack) });
    }
    // Both are made of the old matter, so that two who press at once open one.
    let of = format!("objection {}", old.id);
    let (id, matter) = (CommandId(uuid_of(&code_key, &of)), matter_of(&code_key, &of));
    let words = draft.words.trim().to_owned();
    let title = if words.is_empty() {
        "没整改好".to_owned()
    } else {
        format!("没整改好：{words}")
    };
    let open = Open {
        pack: old.pack.clone(),
        class: old.standing.class.clone(),
        source: SOURCE.to_owned(),
        title,
        place: old.place.clone(),
        point: old.point.clone(),
        files,
        ..blank(&pack)
    };
    submit(app, id, matter, open).await?;
    let digest = code.digest();
    let now = app.realm().now();
    app.write(move |db| tracking::follow(db, &digest, matter, now)).await
}

/// The pack that is named, or the first that takes reports.
fn chosen(rules: &Rules, named: Option<&PackId>) -> Result<Arc<Pack>, ApiProblem> {
    let mut takes = packs(rules).into_iter();
    let found = takes.find(|it| named.is_none_or(|named| it.id == *named));
    found.ok_or_else(|| invalid("pack", "此类事项不接受群众上报", "no reports of this kind here"))
}

fn blank(pack: &Pack) -> Open {
    let wire = serde_json::json!({ "pack": pack.id, "class": "", "source": SOURCE });
    serde_json::from_value(wire).expect("an opening needs no more")
}

fn declared(pack: &Pack) -> FileDecl {
    let opened = pack.stages.iter().filter(|it| it.is == Meaning::Opened);
    let needs = opened.flat_map(|it| &it.moves).flat_map(|it| &it.needs);
    let slot = needs.into_iter().find_map(|it| match it {
        Need::Photo(photo) => Some(photo.slot.clone()),
        _ => None,
    });
    let slot = slot.unwrap_or_else(|| SLOT.to_owned());
    FileDecl { digest: String::new(), slot, taken_at: None, taken_in: None }
}

fn opening(pack: &Pack, draft: &Draft) -> Result<Open, ApiProblem> {
    let class = draft.class.clone();
    let class =
        class.ok_or_else(|| invalid("class", "请选择问题类别", "choose what it is about"))?;
    if draft.point.is_none() && draft.at.is_none() {
        return Err(invalid(
            "point",
            "请允许定位，或扫描点位牌上报",
            "say where: allow the \
            position, or scan the placard of the point",
        ));
    }
    let place = draft.at.map(|at| Place {
        at,
        raw: None,
        datum: Datum::Wgs84,
        accuracy_m: draft.accuracy_m,
        source: PlaceSource::Network,
        at_ms: None,
    });
    let title = draft.words.trim().to_owned();
    if title.is_empty() && draft.photos.is_empty() {
        return Err(invalid(
            "words",
            "请写明情况，或拍一张照片",
            "write a few words, or take a \
            photo",
        ));
    }
    Ok(Open { class, title, place, point: draft.point.clone(), ..blank(pack) })
}

async fn submit(app: &App, id: CommandId, matter: MatterId, open: Open) -> Result<(), ApiProblem> {
    let submission = Submission {
        id,
        by: AccountId::from(PUBLIC),
        via: Via::Requester,
        matter,
        base_version: None,
        captured_at: None,
        captured_in: None,
        roles: Vec::new(),
        command: Command::Open(Box::new(open)),
    };
    app.submit(submission).await.map(|_| ())
}

/// Keeps a photo like every other: looked at in a process of its own, made anew, the original
/// sealed; its digest.
async fn keep(app: &App, photo: &Photo) -> Result<String, ApiProblem> {
    let _turn = app.reception().turn().await;
    let path = photo.path().to_owned();
    let (digest, bytes) = app.attach(move |_, it| it.read_part(&path)).await?;
    let by = AccountId::from(PUBLIC);
    let arrived = Arrived { by, digest: digest.clone(), bytes, phone: Phone::default() };
    take(app, arrived).await?;
    Ok(digest)
}

fn uuid_of(key: &[u8; 32], of: &str) -> Uuid {
    let bytes = derive_salt(key, of.as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    uuid::Builder::from_custom_bytes(half).into_uuid()
}

fn matter_of(key: &[u8; 32], of: &str) -> MatterId {
    MatterId(uuid_of(key, &format!("matter {of}")))
}

/// Makes sure of the account `public`; the key of codes.
async fn account(app: &App) -> Result<[u8; 32], ApiProblem> {
    app.run(|realm| {
        ensure(realm)?;
        realm.read(|db| key(db, PURPOSE))
    })
    .await
}

/// The account, made where it is not there, and granted what a new pack wants.
fn ensure(realm: &Realm) -> Result<(), Problem> {
    let rules = realm.rules();
    let person = PersonId::from(PUBLIC);
    let wanted: Vec<RoleId> = packs(&rules)
        .iter()
        .flat_map(|it| it.roles.iter().filter(|role| role.is_public_only()))
        .map(|it| it.id.clone())
        .collect();
    let held = rules.grants.get(&person);
    let has = |role: &RoleId| held.is_some_and(|it| it.iter().any(|grant| grant.role == *role));
    if rules.accounts.contains_key(&AccountId::from(PUBLIC)) && wanted.iter().all(has) {
        return Ok(());
    }
    let top = rules.units.iter().find(|it| it.parent.is_none()).map(|it| it.id.clone());
    let Some(top) = top else { return Ok(()) };
    let membership = |role: &RoleId| MembershipRow {
        role: role.clone(),
        unit: top.clone(),
        area: top.clone(),
        from: None,
        to: None,
        status: "active".to_owned(),
    };
    realm.change(Change::People(vec![PersonRow {
        id: person,
        name: "群众（公众页面）".to_owned(),
        identity: None,
        telephone: None,
        accounts: vec![AccountId::from(PUBLIC)],
        memberships: wanted.iter().map(membership).collect(),
    }]))?;
    Ok(())
}

/// Who reported, as the vault keeps it.
fn contact_of(draft: &Draft) -> Result<Option<Vec<u8>>, ApiProblem> {
    if draft.name.is_empty() && draft.telephone.is_empty() {
        return Ok(None);
    }
    let digits = draft.telephone.bytes().all(|it| it.is_ascii_digit() || b"+- ".contains(&it));
    if draft.name.is_empty() || draft.name.len() > 100 || draft.telephone.len() > 40 || !digits {
        return Err(invalid(
            "name",
            "请写姓名和电话（可不写电话）",
            "give a name, and a number or \
            none",
        ));
    }
    let telephone = Some(&draft.telephone).filter(|it| !it.is_empty());
    let kept = serde_json::json!({ "name": draft.name, "telephone": telephone });
    Ok(Some(kept.to_string().into_bytes()))
}

/// Whoever leaves a name has read the newest notice, where there is one.
async fn check_notice(app: &App, is_named: bool, read: Option<i64>) -> Result<(), ApiProblem> {
    let newest = app.run(|realm| realm.read(bihuan_store::privacy::newest)).await?;
    match newest {
        Some(it) if is_named && read != Some(it.rev) => {
            Err(invalid("notice", "请先阅读并同意告知书", "read the notice first and agree to it"))
        }
        _ => Ok(()),
    }
}

async fn keep_contact(app: &App, matter: MatterId, contact: Vec<u8>) -> Result<(), ApiProblem> {
    let salt = entropy::salt();
    app.record(move |db, now| {
        if reporter::find(db, matter)?.is_some() {
            return Ok(((), Vec::new()));
        }
        let of = matter.to_string();
        let reference = reporter::keep_text(db, "reporter", (&salt, &of), &contact)?;
        reporter::keep(db, matter, &reference, now)?;
        let account = AccountId::from(PUBLIC);
        let told = Audited::by(Act::ReporterKept, &account).matter(matter).text(reference);
        Ok(((), vec![told]))
    })
    .await
}

fn not_cleared() -> ApiProblem {
    let text = Text::new(
        "尚未销号，或已经提出过：销号后可以说没整改好一次",
        "it is not cleared, or this was said already: it can be said once after each clearance",
    );
    ApiProblem::new(StatusCode::CONFLICT, "not_cleared", text)
}
