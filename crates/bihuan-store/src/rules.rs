//! Rules of the realm as rows: settings, units, areas, points, people, packs, calendars.
//!
//! Invariant: each change writes its rows, one entry in the record and a new revision together.

use crate::batch::Head;
use crate::db::{Db, DbError, Value};
use crate::dialect;
use crate::execute::Moment;
use crate::row::seq_value;
use bihuan_core::clock::{Calendar, CalendarSpec, Duty, YearTable};
use bihuan_core::content::{ContentRef, derive_salt, seal};
use bihuan_core::id::{AccountId, PackId, PersonId, PointId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::matter::facts::{Deputy, Grant, NamedPoint, OFFLINE_WINDOW_MS};
use bihuan_core::merkle::Frontier;
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::place::geojson::area_from_json;
use bihuan_core::place::index::{AreaEntry, AreaIndex};
use bihuan_core::place::{Datum, Point};
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, ZONE_DEFAULT, Zone};
use bihuan_core::unit::{KindId, Unit, UnitId, Units};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the setting that holds the realm's secret.
const SECRET: &str = "secret";

/// A change of the rules of the realm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Sets settings by name.
    Settings(BTreeMap<String, String>),
    /// Adds or replaces units; the tree must stay a tree.
    Units(Vec<Unit>),
    /// Adds or replaces areas of units.
    Areas(Vec<AreaRow>),
    /// Adds or replaces points.
    Points(Vec<PointRow>),
    /// Adds or replaces people with their accounts and memberships.
    People(Vec<PersonRow>),
    /// Adds periods in which somebody stands in for somebody.
    Deputies(Vec<DeputyRow>),
    /// Publishes a revision of a pack.
    Pack(PackFiles),
    /// Adds or replaces the table of a year.
    CalendarYear(String),
    /// Erases sealed texts, by a recorded act.
    Erase(Vec<ContentRef>),
    /// Says that files are safe on disk.
    Files(Vec<FileRow>),
}

/// The area of a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AreaRow {
    /// The unit.
    pub unit: UnitId,
    /// The datum of the coordinates.
    pub datum: Datum,
    /// A GeoJSON geometry: Polygon or MultiPolygon.
    pub geometry: serde_json::Value,
}

/// A named point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointRow {
    /// Key.
    pub id: PointId,
    /// Type.
    pub kind: String,
    /// Name.
    pub title: Text,
    /// Responsible unit.
    pub unit: UnitId,
    /// Responsible person.
    pub person: Option<PersonId>,
    /// Leader in charge.
    pub leader: Option<PersonId>,
    /// Where, WGS-84.
    pub at: Point,
}

/// A person with accounts and memberships.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonRow {
    /// Key.
    pub id: PersonId,
    /// Name; kept as sealed content.
    pub name: String,
    /// Number that tells two people of one name apart, such as a phone; only its digest is kept.
    pub identity: Option<String>,
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Memberships.
    pub memberships: Vec<MembershipRow>,
}

/// A role of a person, employed by a unit and working on an area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembershipRow {
    /// Role.
    pub role: RoleId,
    /// Employed by.
    pub unit: UnitId,
    /// Works on.
    pub area: UnitId,
    /// From when.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
    /// `active`, `invited` or `suspended`; only an active one gives rights.
    pub status: String,
}

/// Somebody standing in for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeputyRow {
    /// Who stands in.
    pub person: PersonId,
    /// For whom.
    pub stands_for: PersonId,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
}

/// A file that is safe on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileRow {
    /// SHA-256 of the bytes.
    pub digest: String,
    /// Number of bytes.
    pub bytes: u64,
    /// Media type.
    pub media: String,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It is not sound; every fault in words.
    #[error("the change is not sound: {}", .0.join("; "))]
    Unsound(Vec<String>),
    /// The pack has gaps.
    #[error("the pack has {} gaps", .0.len())]
    Gaps(Vec<bihuan_core::pack::Gap>),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What a change wrote.
pub(crate) struct Written {
    pub(crate) digest: [u8; 32],
    pub(crate) rows: u64,
}

impl Change {
    /// The word for it in the record.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Change::Settings(_) => "settings",
            Change::Units(_) => "units",
            Change::Areas(_) => "areas",
            Change::Points(_) => "points",
            Change::People(_) => "people",
            Change::Deputies(_) => "deputies",
            Change::Pack(_) => "pack",
            Change::CalendarYear(_) => "calendar_year",
            Change::Erase(_) => "erase",
            Change::Files(_) => "files",
        }
    }

    /// What it is about, where that is one thing.
    #[must_use]
    pub fn of(&self) -> Option<String> {
        match self {
            Change::Erase(refs) => refs.first().filter(|_| refs.len() == 1).map(|it| it.0.clone()),
            _ => None,
        }
    }
}

/// Founds a realm that has no head yet.
pub(crate) fn found(db: &mut Db, moment: Moment) -> Result<(), DbError> {
    let frontier = Value::Blob(Frontier::default().to_bytes());
    let founded = db.execute(
        "INSERT INTO head (id, seq, rules_rev, last_ms, was_ms, frontier)
         VALUES (1, 0, 0, 0, 0, $1) ON CONFLICT (id) DO NOTHING",
        &[frontier],
    )?;
    if founded > 0 {
        let secret = derive_salt(&moment.salt, b"secret of the realm");
        let secret = bihuan_core::content::hex(&secret);
        let rows = vec![vec![Value::Text(SECRET.into()), Value::Text(secret)]];
        db.insert("INSERT INTO setting (name, value) VALUES", &rows, "")?;
    }
    Ok(())
}

/// The realm's secret: keys the digests of command bodies and of identities.
pub(crate) fn secret(db: &mut Db) -> Result<[u8; 32], DbError> {
    let row = db.first("SELECT value FROM setting WHERE name = 'secret'", &[], |row| {
        Ok(row.text(0)?.to_owned())
    })?;
    let hex = row.ok_or_else(|| DbError::Unfit("it has no secret; restore a backup".into()))?;
    let mut secret = [0; 32];
    for (no, byte) in secret.iter_mut().enumerate() {
        let digits = hex.get(no * 2..no * 2 + 2);
        let value = digits.and_then(|it| u8::from_str_radix(it, 16).ok());
        *byte = value.ok_or_else(|| DbError::Unfit("its secret is damaged".into()))?;
    }
    Ok(secret)
}

/// Loads all rules.
pub(crate) fn load(db: &mut Db) -> Result<Rules, DbError> {
    let rev = db.first("SELECT rules_rev FROM head WHERE id = 1", &[], |row| row.count(0))?;
    let settings = settings(db)?;
    let number = |name: &str| settings.get(name).and_then(|it| it.parse::<i64>().ok());
    let units = load_units(db)?;
    let areas = load_areas(db, &units)?;
    let calendar = load_calendar(db)?;
    let every = Duty::every_day(Text::new("值班", "on duty"));
    let calendar_every = calendar.on_duty(every).map_err(|it| unfit(&it))?;
    let zone = number("zone_s").and_then(|it| i32::try_from(it).ok()).map_or(ZONE_DEFAULT, Zone);
    let mut rules = Rules {
        rev: rev.unwrap_or(0),
        zone,
        offline_window_ms: number("offline_window_ms").unwrap_or(OFFLINE_WINDOW_MS),
        calendar,
        calendar_every,
        units,
        areas,
        points: load_points(db)?,
        packs: load_packs(db)?,
        accounts: BTreeMap::new(),
        grants: BTreeMap::new(),
        by_role: BTreeMap::new(),
        deputies: load_deputies(db)?,
    };
    load_people(db, &mut rules)?;
    Ok(rules)
}

/// All settings but the secret.
///
/// # Errors
/// As the database says.
pub fn settings(db: &mut Db) -> Result<BTreeMap<String, String>, DbError> {
    let rows = db.all("SELECT name, value FROM setting WHERE name <> 'secret'", &[], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
    })?;
    Ok(rows.into_iter().collect())
}

fn unfit(error: &dyn std::fmt::Display) -> DbError {
    DbError::Unfit(error.to_string())
}

fn load_units(db: &mut Db) -> Result<Units, DbError> {
    let sql =
        "SELECT id, parent, kind, zh, en, code, functions, from_ms, to_ms FROM unit ORDER BY id";
    let units = db.all(sql, &[], |row| {
        Ok(Unit {
            id: UnitId(row.text(0)?.to_owned()),
            parent: row.some_text(1)?.map(|it| UnitId(it.to_owned())),
            kind: KindId(row.text(2)?.to_owned()),
            title: Text::new(row.text(3)?, row.text(4)?),
            code: row.some_text(5)?.map(ToOwned::to_owned),
            functions: words(row.text(6)?),
            valid_from: row.some_int(7)?.map(Instant),
            valid_to: row.some_int(8)?.map(Instant),
            ..Unit::default()
        })
    })?;
    Units::build(units).map_err(|faults| DbError::Unfit(format!("its units: {faults:?}")))
}

fn words(text: &str) -> Vec<String> {
    text.split('|').filter(|it| !it.is_empty()).map(ToOwned::to_owned).collect()
}

fn load_areas(db: &mut Db, units: &Units) -> Result<AreaIndex, DbError> {
    let rows = db.all("SELECT unit, datum, geometry FROM area ORDER BY unit", &[], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned()))
    })?;
    let mut entries = Vec::with_capacity(rows.len());
    for (unit, datum, geometry) in rows {
        let datum = Datum::from_word(&datum).ok_or_else(|| unfit(&format!("datum {datum}")))?;
        let geometry = serde_json::from_str(&geometry).map_err(|it| unfit(&it))?;
        let area = area_from_json(&geometry, datum).map_err(|it| unfit(&it))?;
        let id = UnitId(unit);
        let Some(row) = units.get(&id) else { continue };
        let level = u32::try_from(units.up_from(&id).count()).unwrap_or(u32::MAX);
        entries.push(AreaEntry { unit: id, scope: row.scope.clone(), level, area });
    }
    Ok(AreaIndex::build(entries))
}

fn load_calendar(db: &mut Db) -> Result<Calendar, DbError> {
    let rows = db.all("SELECT rev, source FROM calendar_year ORDER BY year", &[], |row| {
        Ok((row.int(0)?, row.text(1)?.to_owned()))
    })?;
    let mut spec: CalendarSpec = Calendar::builtin().spec().clone();
    for (rev, source) in rows {
        let table = YearTable::read(&source).map_err(|it| unfit(&it))?;
        spec.years.retain(|it| it.year != table.year);
        spec.years.push(table);
        spec.rev = spec.rev.max(u32::try_from(rev).unwrap_or(u32::MAX));
    }
    spec.years.sort_by_key(|it| it.year);
    Calendar::new(spec).map_err(|it| unfit(&it))
}

fn load_points(db: &mut Db) -> Result<BTreeMap<PointId, NamedPoint>, DbError> {
    let sql = "SELECT id, kind, unit, person, leader, lon_e7, lat_e7 FROM point";
    let rows = db.all(sql, &[], |row| {
        let person = |it: Option<&str>| it.map(PersonId::from);
        let point = NamedPoint {
            kind: row.text(1)?.to_owned(),
            unit: UnitId(row.text(2)?.to_owned()),
            person: person(row.some_text(3)?),
            leader: person(row.some_text(4)?),
            at: Point { lon_e7: row.int(5)?, lat_e7: row.int(6)? },
        };
        Ok((PointId::from(row.text(0)?), point))
    })?;
    Ok(rows.into_iter().collect())
}

fn load_packs(db: &mut Db) -> Result<BTreeMap<PackId, BTreeMap<u32, Arc<Pack>>>, DbError> {
    let rows = db.all("SELECT id, rev, files FROM pack ORDER BY id, rev", &[], |row| {
        Ok((row.text(0)?.to_owned(), row.int(1)?, row.text(2)?.to_owned()))
    })?;
    let mut packs: BTreeMap<PackId, BTreeMap<u32, Arc<Pack>>> = BTreeMap::new();
    for (id, rev, files) in rows {
        let files: BTreeMap<String, String> =
            serde_json::from_str(&files).map_err(|it| unfit(&it))?;
        let files = files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        let pack = Pack::load(&PackFiles { files })
            .map_err(|gaps| DbError::Unfit(format!("pack {id} rev {rev}: {gaps:?}")))?;
        packs.entry(PackId(id)).or_default().insert(pack.rev, Arc::new(pack));
    }
    Ok(packs)
}

fn load_deputies(db: &mut Db) -> Result<Vec<Deputy>, DbError> {
    db.all("SELECT person, stands_for, from_ms, to_ms FROM deputy ORDER BY 1, 2, 3", &[], |row| {
        Ok(Deputy {
            person: PersonId::from(row.text(0)?),
            stands_for: PersonId::from(row.text(1)?),
            from: Instant(row.int(2)?),
            to: Instant(row.int(3)?),
        })
    })
}

fn load_people(db: &mut Db, rules: &mut Rules) -> Result<(), DbError> {
    db.query("SELECT id, person FROM account WHERE status = 'active'", &[], |row| {
        rules.accounts.insert(AccountId::from(row.text(0)?), PersonId::from(row.text(1)?));
        Ok(())
    })?;
    let sql = "SELECT person, role, unit, area, from_ms, to_ms FROM membership
               WHERE status = 'active' ORDER BY person, role, unit, area";
    db.query(sql, &[], |row| {
        let grant = Grant {
            person: PersonId::from(row.text(0)?),
            role: RoleId::from(row.text(1)?),
            unit: UnitId(row.text(2)?.to_owned()),
            area: UnitId(row.text(3)?.to_owned()),
            from: row.some_int(4)?.map(Instant),
            to: row.some_int(5)?.map(Instant),
        };
        rules.by_role.entry(grant.role.clone()).or_default().push(grant.clone());
        rules.grants.entry(grant.person.clone()).or_default().push(grant);
        Ok(())
    })
}

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
        Change::Deputies(deputies) => write_deputies(db, deputies)?,
        Change::Pack(files) => write_pack(db, rules, head, files)?,
        Change::CalendarYear(source) => write_year(db, rules, source)?,
        Change::Erase(refs) => erase(db, head, refs)?,
        Change::Files(files) => write_files(db, head, files)?,
    };
    Ok(Written { digest, rows })
}

fn keyed(secret: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn unsound(faults: Vec<String>) -> Result<(), ChangeError> {
    if faults.is_empty() { Ok(()) } else { Err(ChangeError::Unsound(faults)) }
}

fn text(it: &str) -> Value {
    Value::Text(it.to_owned())
}

fn some(it: Option<&String>) -> Value {
    it.map_or(Value::Null, |it| Value::Text(it.clone()))
}

fn ms(it: Option<Instant>) -> Value {
    it.map_or(Value::Null, |it| Value::Int(it.0))
}

fn put(db: &mut Db, head: &str, rows: &[Vec<Value>], tail: &str) -> Result<u64, ChangeError> {
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
    let all: Vec<Unit> = kept.chain(units.iter().cloned()).collect();
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
            ]
        })
        .collect();
    put(
        db,
        "INSERT INTO unit (id, parent, kind, scope, zh, en, code, functions, from_ms, to_ms) VALUES",
        &rows,
        "ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, kind = excluded.kind,
         scope = excluded.scope, zh = excluded.zh, en = excluded.en, code = excluded.code,
         functions = excluded.functions, from_ms = excluded.from_ms, to_ms = excluded.to_ms",
    )?;
    Ok(units.len() as u64)
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
            let taken = rules.accounts.get(account).filter(|it| **it != person.id);
            if let Some(other) = taken {
                faults.push(format!("account {account} belongs to {other}"));
            }
            accounts.push(vec![text(&account.0), text(&person.id.0), text("active")]);
        }
        for it in &person.memberships {
            for unit in [&it.unit, &it.area] {
                if rules.units.get(unit).is_none() {
                    faults.push(format!("person {}: no unit {}", person.id, unit.0));
                }
            }
            members.push(vec![
                text(&person.id.0),
                text(&it.role.0),
                text(&it.unit.0),
                text(&it.area.0),
                ms(it.from),
                ms(it.to),
                text(&it.status),
            ]);
        }
    }
    unsound(faults)?;
    db.insert("INSERT INTO content (ref, kind, salt, bytes) VALUES", &contents, "")?;
    let tail = "ON CONFLICT (id) DO UPDATE
                SET name_ref = excluded.name_ref, identity = excluded.identity";
    let rows = put(db, "INSERT INTO person (id, name_ref, identity) VALUES", &persons, tail)?;
    let tail = "ON CONFLICT (id) DO UPDATE SET person = excluded.person, status = excluded.status";
    put(db, "INSERT INTO account (id, person, status) VALUES", &accounts, tail)?;
    put(
        db,
        "INSERT INTO membership (person, role, unit, area, from_ms, to_ms, status) VALUES",
        &members,
        "ON CONFLICT (person, role, unit, area) DO UPDATE
         SET from_ms = excluded.from_ms, to_ms = excluded.to_ms, status = excluded.status",
    )?;
    Ok(rows)
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
    let texts: BTreeMap<&String, String> = files
        .files
        .iter()
        .map(|(name, bytes)| (name, String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    let texts = serde_json::to_string(&texts).expect("file names are strings");
    let digest = bihuan_core::content::hex(&Sha256::digest(texts.as_bytes()));
    let row = vec![
        text(&pack.id.0),
        Value::Int(i64::from(pack.rev)),
        Value::Text(digest),
        Value::Text(texts),
        Value::Int(head.now.0),
    ];
    put(db, "INSERT INTO pack (id, rev, digest, files, published_ms) VALUES", &[row], "")
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
        let first_seq = db.first(
            "SELECT matter.first_seq FROM content JOIN matter ON matter.id = content.matter
             WHERE content.ref = $1 AND content.kind = 'title'",
            &[text(&it.0)],
            |row| row.int(0),
        )?;
        if let Some(first_seq) = first_seq {
            dialect::delete_search(db, first_seq)?;
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

fn write_files(db: &mut Db, head: &Head, files: &[FileRow]) -> Result<u64, ChangeError> {
    let row = |it: &FileRow| {
        vec![text(&it.digest), seq_value(it.bytes), text(&it.media), Value::Int(head.now.0)]
    };
    let rows: Vec<_> = files.iter().map(row).collect();
    let tail = "ON CONFLICT (digest) DO NOTHING";
    put(db, "INSERT INTO file (digest, bytes_len, media, arrived_ms) VALUES", &rows, tail)
}
