//! Founding a realm, and loading its rules from their rows.

use crate::db::{Db, DbError, Value};
use crate::execute::Moment;
use crate::rules::SECRET;
use crate::rules::register::load_registers;
use bihuan_core::clock::{Calendar, CalendarSpec, Duty, YearTable};
use bihuan_core::content::derive_salt;
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
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// A key of the realm for one purpose, the same on all of its nodes; it tells nothing of others.
///
/// # Errors
/// As the database says, or where the realm has no secret.
pub fn key(db: &mut Db, purpose: &str) -> Result<[u8; 32], DbError> {
    Ok(derive_salt(&secret(db)?, purpose.as_bytes()))
}

/// The newest revision of the rules.
pub(crate) fn rev(db: &mut Db) -> Result<u64, DbError> {
    let rev = db.first("SELECT rules_rev FROM head WHERE id = 1", &[], |row| row.count(0))?;
    Ok(rev.unwrap_or(0))
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
        registers: load_registers(db)?,
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

pub(super) fn unfit(error: &dyn std::fmt::Display) -> DbError {
    DbError::Unfit(error.to_string())
}

fn load_units(db: &mut Db) -> Result<Units, DbError> {
    let sql = "SELECT id, parent, kind, zh, en, code, functions, from_ms, to_ms, telephone
         FROM unit ORDER BY id";
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
            telephone: row.some_text(9)?.map(ToOwned::to_owned),
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
