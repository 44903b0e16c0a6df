//! What stood in the rules of a realm on the last day of a period, as of an entry of the record:
//! registers, holders of roles, params.

use super::{Ask, By, Taken, Takings};
use crate::db::{Db, DbError, Value};
use crate::row::seq_value;
use bihuan_core::content::hex;
use bihuan_core::form::FieldValue;
use bihuan_core::id::RoleId;
use bihuan_core::pack::{How, Origin, Take};
use bihuan_core::time::Instant;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// One thing that stood.
pub(super) struct Item {
    pub(super) seq: u64,
    pub(super) id: String,
    pub(super) unit: Option<String>,
    pub(super) value: Option<i64>,
    from: Option<i64>,
}

impl Item {
    /// What it is told apart by; classes and sources are of matters alone.
    pub(super) fn key(&self, by: Option<By>) -> Option<&str> {
        match by {
            Some(By::Unit | By::Place) => self.unit.as_deref(),
            Some(By::Class | By::Source) | None => None,
        }
    }
}

/// The first entry of the record as of which it is known what stood.
///
/// # Errors
/// As the database says.
pub fn known_since(db: &mut Db) -> Result<u64, DbError> {
    let sql = "SELECT seq FROM job_place WHERE name = 'past'";
    Ok(db.first(sql, &[], |row| row.count(0))?.unwrap_or(0))
}

/// What a take of what stood comes to, by key.
pub(super) fn takings(db: &mut Db, ask: &Ask<'_>, take: &Take) -> Result<Takings, DbError> {
    let mut kept: BTreeMap<Option<String>, Vec<Item>> = BTreeMap::new();
    for item in items(db, ask, take)? {
        match (ask.by, item.key(ask.by).map(str::to_owned)) {
            (None, _) => kept.entry(None).or_default().push(item),
            (Some(_), Some(key)) => kept.entry(Some(key)).or_default().push(item),
            (Some(_), None) => {}
        }
    }
    Ok(kept.into_iter().map(|(key, items)| (key, taken(take.how, items))).collect())
}

fn taken(how: How, mut items: Vec<Item>) -> Taken {
    items.sort_by(|one, other| (one.from, &one.id).cmp(&(other.from, &other.id)));
    let count = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
    let values = || items.iter().filter_map(|it| it.value);
    let value = match how {
        How::Units => {
            let units: BTreeSet<_> = items.iter().filter_map(|it| it.unit.as_ref()).collect();
            Some(count(units.len()))
        }
        How::Count | How::Matters => Some(count(items.len())),
        How::Sum | How::Average => Some(values().fold(0, i64::saturating_add)),
        How::Min => values().min(),
        How::Max => values().max(),
        How::First => values().next(),
        How::Last => values().next_back(),
    };
    let of = if how.wants_values() { values().count() } else { items.len() };
    Taken { value, count: count(of) }
}

/// Each thing that stood, by the entry that made it stand and its id.
pub(super) fn items(db: &mut Db, ask: &Ask<'_>, take: &Take) -> Result<Vec<Item>, DbError> {
    let mut items = match &take.of {
        Origin::Register { register, field } => entries(db, ask, register, field.as_deref())?,
        Origin::Holders(role) => holders(db, ask, role)?,
        Origin::Param(id) => param(ask, id),
        Origin::Matters(_) | Origin::Scored(_) | Origin::Field { .. } => Vec::new(),
    };
    if take.how.wants_values() {
        items.retain(|it| it.value.is_some());
    }
    items.sort_by(|one, other| (one.seq, &one.id).cmp(&(other.seq, &other.id)));
    Ok(items)
}

/// The last moment of the period.
fn last(ask: &Ask<'_>) -> Instant {
    ask.period.to.plus_ms(-1)
}

/// What both kinds of past are held to; parameters from `$1` are the entry and the moment.
const HOLDS: &str = "from_seq <= $1 AND (left_seq IS NULL OR left_seq > $1)
    AND (from_ms IS NULL OR from_ms <= $2) AND (to_ms IS NULL OR to_ms > $2)";

fn entries(
    db: &mut Db,
    ask: &Ask<'_>,
    register: &str,
    field: Option<&str>,
) -> Result<Vec<Item>, DbError> {
    let sql = format!(
        "SELECT id, unit, from_ms, fields, from_seq FROM register_past
         WHERE pack = $3 AND register = $4 AND {HOLDS}"
    );
    let text = |it: &str| Value::Text(it.to_owned());
    let (pack, register_key) = (text(&ask.pack.id.0), text(register));
    let values = [seq_value(ask.as_of.seq), Value::Int(last(ask).0), pack, register_key];
    db.all(&sql, &values, |row| {
        let fields: BTreeMap<String, FieldValue> =
            serde_json::from_str(row.text(3)?).map_err(|it| DbError::Unfit(it.to_string()))?;
        let value = field.and_then(|it| match fields.get(it) {
            Some(FieldValue::Int(it)) => Some(*it),
            _ => None,
        });
        Ok(Item {
            seq: row.count(4)?,
            id: format!("{register}/{}", row.text(0)?),
            unit: Some(row.text(1)?.to_owned()),
            value,
            from: row.some_int(2)?,
        })
    })
}

/// Persons who held a role, each once for each unit; told by a digest of their keys, since it is
/// not persons that are looked at.
fn holders(db: &mut Db, ask: &Ask<'_>, role: &RoleId) -> Result<Vec<Item>, DbError> {
    let sql = format!(
        "SELECT person, unit, MIN(from_ms), MIN(from_seq) FROM membership_past
         WHERE role = $3 AND (status = 'active' OR (status = 'left' AND to_ms IS NOT NULL))
           AND {HOLDS}
         GROUP BY person, unit ORDER BY person, unit"
    );
    let values = [seq_value(ask.as_of.seq), Value::Int(last(ask).0), Value::Text(role.0.clone())];
    let all = db.all(&sql, &values, |row| {
        let person = hex(&Sha256::digest(row.text(0)?.as_bytes()));
        Ok(Item {
            seq: row.count(3)?,
            id: format!("holder/{}", &person[..16]),
            unit: Some(row.text(1)?.to_owned()),
            value: None,
            from: row.some_int(2)?,
        })
    })?;
    // Whoever holds it in two units is one person where units are not told apart.
    let mut seen = BTreeSet::new();
    let is_told = matches!(ask.by, Some(By::Unit | By::Place));
    Ok(all.into_iter().filter(|it| is_told || seen.insert(it.id.clone())).collect())
}

/// The value of a param, as the revision of the pack has it.
fn param(ask: &Ask<'_>, id: &str) -> Vec<Item> {
    let param = ask.pack.params.iter().find(|it| it.id == id);
    let value = param.and_then(|it| it.on(ask.period.last));
    value
        .map(|it| Item {
            seq: 0,
            id: format!("{id}/{}", it.from),
            unit: None,
            value: Some(it.value),
            from: None,
        })
        .into_iter()
        .collect()
}
