//! Writing the rows of a change, after judging that it is sound.

use crate::batch::Head;
use crate::db::{Db, Value};
use crate::execute::Moment;
use crate::row::seq_value;
use crate::rules::{
    AreaRow, Change, ChangeError, DeputyRow, MembershipRow, PersonRow, PointRow, SECRET, Written,
};
use crate::rules::{file, past, person, register};
use crate::{retention, search};
use bihuan_core::adjustment::{RuleDocument, check_document};
use bihuan_core::clock::YearTable;
use bihuan_core::content::{ContentRef, derive_salt, hex, seal};
use bihuan_core::id::{PackId, PersonId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::place::geojson::area_from_json;
use bihuan_core::policy::shared_offices;
use bihuan_core::time::Instant;
use bihuan_core::unit::{Unit, UnitId, Units};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Writes the rows of a change.
pub(crate) fn write(
    db: &mut Db,
    rules: &Rules,
    secret: &[u8; 32],
    head: &Head,
    moment: Moment,
    change: &Change,
) -> Result<Written, ChangeError> {
    let body = serde_json::to_vec(change).expect("a change has only string keys");
    // Names and numbers of persons are in it: without the secret nobody can guess them back.
    let digest = keyed(secret, &body);
    let rows = match change {
        Change::Settings(settings) => write_settings(db, settings)?,
        Change::Units(units) => write_units(db, rules, units)?,
        Change::Areas(areas) => write_areas(db, rules, areas)?,
        Change::Points(points) => write_points(db, rules, points)?,
        Change::People(people) => write_people(db, rules, secret, moment, people)?,
        Change::Memberships(members) => write_memberships(db, rules, members)?,
        Change::Accounts(accounts) => person::write_accounts(db, head, accounts)?,
        Change::EndPerson(person) => person::end(db, rules, head, person)?,
        Change::Telephone(it) => {
            person::set_telephone(db, moment, &it.person, it.telephone.as_deref())?
        }
        Change::Deputies(deputies) => write_deputies(db, deputies)?,
        Change::Register(rows) => register::write(db, rules, moment, rows)?,
        Change::Pack(files) => write_pack(db, rules, head, files)?,
        Change::CalendarYear(source) => write_year(db, rules, source)?,
        Change::RuleDocuments(rows) => write_documents(db, rules, rows)?,
        Change::Erase(refs) => erase(db, head, refs)?,
        Change::Files(files) => file::write(db, head, moment, files)?,
        Change::EraseFile(digest) => file::erase(db, head, digest)?,
        Change::ShowOriginal(shown) => file::show(db, head, shown)?,
    };
    past::keep(db, head, change)?;
    Ok(Written { digest, rows })
}

fn keyed(secret: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

pub(super) fn unsound(faults: Vec<String>) -> Result<(), ChangeError> {
    if faults.is_empty() { Ok(()) } else { Err(ChangeError::Unsound(faults)) }
}

pub(super) fn text(it: &str) -> Value {
    Value::Text(it.to_owned())
}

pub(super) fn some(it: Option<&String>) -> Value {
    it.map_or(Value::Null, |it| Value::Text(it.clone()))
}

pub(super) fn ms(it: Option<Instant>) -> Value {
    it.map_or(Value::Null, |it| Value::Int(it.0))
}

pub(super) fn put(
    db: &mut Db,
    head: &str,
    rows: &[Vec<Value>],
    tail: &str,
) -> Result<u64, ChangeError> {
    db.insert(head, rows, tail)?;
    Ok(rows.len() as u64)
}

fn write_settings(db: &mut Db, settings: &BTreeMap<String, String>) -> Result<u64, ChangeError> {
    if settings.contains_key(SECRET) {
        return Err(ChangeError::Unsound(vec!["the secret of a realm is never set".into()]));
    }
    let rows: Vec<_> = settings.iter().map(|(name, value)| vec![text(name), text(value)]).collect();
    let tail = "ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    put(db, "INSERT INTO setting (name, value) VALUES", &rows, tail)
}

fn write_units(db: &mut Db, rules: &Rules, units: &[Unit]) -> Result<u64, ChangeError> {
    let new: BTreeMap<&UnitId, &Unit> = units.iter().map(|it| (&it.id, it)).collect();
    let kept = rules.units.iter().filter(|it| !new.contains_key(&it.id)).cloned();
    let all: Vec<Unit> = kept.chain(units.iter().map(|it| with_telephone(rules, it))).collect();
    let tree = Units::build(all)
        .map_err(|faults| ChangeError::Unsound(faults.iter().map(ToString::to_string).collect()))?;
    // A unit that moves takes the scopes of all below it along.
    let rows: Vec<Vec<Value>> = tree
        .iter()
        .map(|it| {
            vec![
                text(&it.id.0),
                some(it.parent.as_ref().map(|it| &it.0)),
                text(&it.kind.0),
                text(&it.scope),
                text(&it.title.zh),
                text(&it.title.en),
                some(it.code.as_ref()),
                Value::Text(it.functions.join("|")),
                ms(it.valid_from),
                ms(it.valid_to),
                some(it.telephone.as_ref()),
            ]
        })
        .collect();
    put(
        db,
        "INSERT INTO unit
         (id, parent, kind, scope, zh, en, code, functions, from_ms, to_ms, telephone) VALUES",
        &rows,
        "ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, kind = excluded.kind,
         scope = excluded.scope, zh = excluded.zh, en = excluded.en, code = excluded.code,
         functions = excluded.functions, from_ms = excluded.from_ms, to_ms = excluded.to_ms,
         telephone = excluded.telephone",
    )?;
    Ok(units.len() as u64)
}

/// A unit with the telephone that it has after a change which may not speak of it.
fn with_telephone(rules: &Rules, unit: &Unit) -> Unit {
    let known = || rules.units.get(&unit.id).and_then(|it| it.telephone.clone());
    let telephone = unit.telephone.clone().map_or_else(known, Some);
    Unit { telephone: telephone.filter(|it| !it.is_empty()), ..unit.clone() }
}

fn write_areas(db: &mut Db, rules: &Rules, areas: &[AreaRow]) -> Result<u64, ChangeError> {
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for area in areas {
        if rules.units.get(&area.unit).is_none() {
            faults.push(format!("area of {}: no such unit", area.unit.0));
        }
        if let Err(error) = area_from_json(&area.geometry, area.datum) {
            faults.push(format!("area of {}: {error}", area.unit.0));
        }
        let geometry = Value::Text(area.geometry.to_string());
        rows.push(vec![text(&area.unit.0), text(area.datum.as_str()), geometry]);
    }
    unsound(faults)?;
    let tail = "ON CONFLICT (unit) DO UPDATE
                SET datum = excluded.datum, geometry = excluded.geometry";
    put(db, "INSERT INTO area (unit, datum, geometry) VALUES", &rows, tail)
}

fn write_points(db: &mut Db, rules: &Rules, points: &[PointRow]) -> Result<u64, ChangeError> {
    let unknown = |it: &&PointRow| rules.units.get(&it.unit).is_none();
    let fault = |it: &PointRow| format!("point {}: no unit {}", it.id, it.unit.0);
    unsound(points.iter().filter(unknown).map(fault).collect())?;
    let row = |it: &PointRow| {
        vec![
            text(&it.id.0),
            text(&it.kind),
            text(&it.title.zh),
            text(&it.title.en),
            text(&it.unit.0),
            some(it.person.as_ref().map(|it| &it.0)),
            some(it.leader.as_ref().map(|it| &it.0)),
            Value::Int(it.at.lon_e7),
            Value::Int(it.at.lat_e7),
        ]
    };
    let rows: Vec<_> = points.iter().map(row).collect();
    put(
        db,
        "INSERT INTO point (id, kind, zh, en, unit, person, leader, lon_e7, lat_e7) VALUES",
        &rows,
        "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, zh = excluded.zh, en = excluded.en,
         unit = excluded.unit, person = excluded.person, leader = excluded.leader,
         lon_e7 = excluded.lon_e7, lat_e7 = excluded.lat_e7",
    )
}

fn write_people(
    db: &mut Db,
    rules: &Rules,
    secret: &[u8; 32],
    moment: Moment,
    people: &[PersonRow],
) -> Result<u64, ChangeError> {
    let mut faults = Vec::new();
    let (mut persons, mut contents) = (Vec::new(), Vec::new());
    let (mut accounts, mut members) = (Vec::new(), Vec::new());
    for person in people {
        let salt = derive_salt(&moment.salt, person.id.0.as_bytes());
        let name = seal(&salt, person.name.as_bytes());
        let identity = person.identity.as_ref().map(|it| keyed(secret, it.as_bytes()).to_vec());
        persons.push(vec![
            text(&person.id.0),
            Value::Text(name.0.clone()),
            identity.map_or(Value::Null, Value::Blob),
        ]);
        contents.push(vec![
            Value::Text(name.0),
            text("person"),
            Value::Blob(salt.to_vec()),
            Value::Blob(person.name.as_bytes().to_vec()),
        ]);
        for account in &person.accounts {
            faults.extend(person::somebody_elses(db, account, &person.id)?);
            accounts.push(vec![text(&account.0), text(&person.id.0), text("active")]);
        }
        members.extend(member_rows(rules, &person.id, &person.memberships, &mut faults));
    }
    unsound(faults)?;
    db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &contents, "")?;
    let tail = "ON CONFLICT (id) DO UPDATE
                SET name_ref = excluded.name_ref, identity = excluded.identity";
    let rows = put(db, "INSERT INTO person (id, name_ref, identity) VALUES", &persons, tail)?;
    // One that is locked or ended stays so: a list of people is no decision on it.
    for person in people {
        if let Some(telephone) = &person.telephone {
            person::set_telephone(db, moment, &person.id, Some(telephone))?;
        }
    }
    let tail = "ON CONFLICT (id) DO NOTHING";
    put(db, "INSERT INTO account (id, person, status) VALUES", &accounts, tail)?;
    put_members(db, &members)?;
    Ok(rows)
}

fn write_memberships(
    db: &mut Db,
    rules: &Rules,
    members: &BTreeMap<PersonId, Vec<MembershipRow>>,
) -> Result<u64, ChangeError> {
    let (mut faults, mut rows) = (Vec::new(), Vec::new());
    for (person, memberships) in members {
        let known = db.first("SELECT 1 FROM person WHERE id = $1", &[text(&person.0)], |_| Ok(()));
        if known?.is_none() {
            faults.push(format!("there is no person {person}; add the person first"));
        }
        rows.extend(member_rows(rules, person, memberships, &mut faults));
    }
    unsound(faults)?;
    put_members(db, &rows)
}

fn member_rows(
    rules: &Rules,
    person: &PersonId,
    memberships: &[MembershipRow],
    faults: &mut Vec<String>,
) -> Vec<Vec<Value>> {
    let mut rows = Vec::with_capacity(memberships.len());
    for it in memberships {
        for unit in [&it.unit, &it.area] {
            if rules.units.get(unit).is_none() {
                faults.push(format!("person {person}: no unit {}", unit.0));
            }
        }
        rows.push(vec![
            text(&person.0),
            text(&it.role.0),
            text(&it.unit.0),
            text(&it.area.0),
            ms(it.from),
            ms(it.to),
            text(&it.status),
        ]);
    }
    rows
}

fn put_members(db: &mut Db, rows: &[Vec<Value>]) -> Result<u64, ChangeError> {
    put(
        db,
        "INSERT INTO membership (person, role, unit, area, from_ms, to_ms, status) VALUES",
        rows,
        "ON CONFLICT (person, role, unit, area) DO UPDATE
         SET from_ms = excluded.from_ms, to_ms = excluded.to_ms, status = excluded.status",
    )
}

fn write_deputies(db: &mut Db, deputies: &[DeputyRow]) -> Result<u64, ChangeError> {
    let endless = |it: &&DeputyRow| it.from >= it.to || it.person == it.stands_for;
    let fault = |it: &DeputyRow| {
        format!("{} for {}: a stated period, another person", it.person, it.stands_for)
    };
    unsound(deputies.iter().filter(endless).map(fault).collect())?;
    let row = |it: &DeputyRow| {
        vec![text(&it.person.0), text(&it.stands_for.0), Value::Int(it.from.0), Value::Int(it.to.0)]
    };
    let rows: Vec<_> = deputies.iter().map(row).collect();
    put(
        db,
        "INSERT INTO deputy (person, stands_for, from_ms, to_ms) VALUES",
        &rows,
        "ON CONFLICT (person, stands_for, from_ms) DO UPDATE SET to_ms = excluded.to_ms",
    )
}

fn write_pack(
    db: &mut Db,
    rules: &Rules,
    head: &Head,
    files: &PackFiles,
) -> Result<u64, ChangeError> {
    let pack = Pack::load(files).map_err(ChangeError::Gaps)?;
    let known = rules.packs.get(&pack.id).is_some_and(|it| it.contains_key(&pack.rev));
    if known {
        let fault = format!(
            "pack {} rev {} is published: a published one never changes",
            pack.id, pack.rev
        );
        return Err(ChangeError::Unsound(vec![fault]));
    }
    let fault = |(other, role): (PackId, RoleId)| {
        format!(
            "role {role} is one of pack {other} too, and a sealed pack needs roles of its own: \
             whoever holds it there would see what is sealed; rename it"
        )
    };
    unsound(shared_offices(rules, &pack).into_iter().map(fault).collect())?;
    let texts: BTreeMap<&String, String> = files
        .files
        .iter()
        .map(|(name, bytes)| (name, String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    let texts = serde_json::to_string(&texts).expect("file names are strings");
    let digest = hex(&Sha256::digest(texts.as_bytes()));
    let row = vec![
        text(&pack.id.0),
        Value::Int(i64::from(pack.rev)),
        Value::Text(digest),
        Value::Text(texts),
        Value::Int(head.now.0),
    ];
    put(db, "INSERT INTO pack (id, rev, digest, files, published_ms) VALUES", &[row], "")
}

/// Nothing that an adjustment rests on changes: each keeps what it needs of its document.
fn write_documents(
    db: &mut Db,
    rules: &Rules,
    documents: &[RuleDocument],
) -> Result<u64, ChangeError> {
    let mut faults: Vec<String> =
        documents.iter().flat_map(|it| check_document(it, &rules.units)).collect();
    let unknown = documents.iter().filter(|it| rules.pack(&it.pack).is_none());
    faults.extend(unknown.map(|it| format!("rule document {}: no pack {}", it.id, it.pack)));
    unsound(faults)?;
    let row = |it: &RuleDocument| {
        let body = serde_json::to_string(it).expect("a document has only string keys");
        vec![text(&it.id), text(&it.pack.0), Value::Text(body)]
    };
    let rows: Vec<_> = documents.iter().map(row).collect();
    let tail = "ON CONFLICT (id) DO UPDATE SET pack = excluded.pack, body = excluded.body";
    put(db, "INSERT INTO rule_document (id, pack, body) VALUES", &rows, tail)
}

fn write_year(db: &mut Db, rules: &Rules, source: &str) -> Result<u64, ChangeError> {
    let table = YearTable::read(source).map_err(|it| ChangeError::Unsound(vec![it.to_string()]))?;
    let rev = i64::from(rules.calendar.rev()) + 1;
    let row = vec![Value::Int(i64::from(table.year)), Value::Int(rev), text(source)];
    let tail = "ON CONFLICT (year) DO UPDATE SET rev = excluded.rev, source = excluded.source";
    put(db, "INSERT INTO calendar_year (year, rev, source) VALUES", &[row], tail)
}

fn erase(db: &mut Db, head: &Head, refs: &[ContentRef]) -> Result<u64, ChangeError> {
    let mut rows = 0;
    for it in refs {
        if let Some(matter) = retention::holds_text(db, &it.0, head.now)? {
            return Err(held_back(&matter));
        }
        let first_seq = db.first(
            "SELECT matter.first_seq FROM content JOIN matter ON matter.id = content.matter
             WHERE content.ref = $1 AND content.kind = 'title'",
            &[text(&it.0)],
            |row| row.int(0),
        )?;
        if let Some(first_seq) = first_seq {
            search::remove(db, first_seq)?;
        }
        rows += db.execute(
            "UPDATE content SET salt = NULL, bytes = NULL, erased_seq = $2
             WHERE ref = $1 AND erased_seq IS NULL",
            &[text(&it.0), seq_value(head.seq)],
        )?;
    }
    if rows == 0 {
        return Err(ChangeError::Unsound(vec![
            "there is nothing to erase under these references".into(),
        ]));
    }
    Ok(rows)
}

/// A matter on hold loses nothing.
pub(super) fn held_back(matter: &str) -> ChangeError {
    let fault = format!("matter {matter} is on hold: end the hold first, then erase");
    ChangeError::Unsound(vec![fault])
}
