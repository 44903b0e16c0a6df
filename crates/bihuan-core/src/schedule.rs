//! Schedules: matters that open by themselves, one for each period and unit or register entry.
//!
//! Invariant: the ids of a scheduled opening follow from pack, schedule, period and what it is
//! for, so that
//! whoever sends it again, on whatever node, sends the same command.

use crate::form::{Entry, Field, FieldKind};
use crate::id::{CommandId, MatterId};
use crate::matter::Rules;
use crate::matter::submission::{Command, Open, Submission};
use crate::pack::{Every, Pack, Schedule};
use crate::time::{Instant, date_of_day, day_of_date};
use crate::unit::{Unit, UnitId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The openings that are due at `now`, for the period that runs: one for each schedule and unit of
/// its kind, or entry of its register. One that is in the record already is answered as such.
#[must_use]
pub fn openings(rules: &Rules, now: Instant) -> Vec<Submission> {
    let mut openings = Vec::new();
    for id in rules.packs.keys() {
        let Some(pack) = rules.pack(id) else { continue };
        for schedule in &pack.schedules {
            let day = period_start(schedule.every, rules.zone.day(now));
            let fits = |it: &&Unit| schedule.kind.as_ref() == Some(&it.kind) && it.is_valid_at(now);
            let units = rules.units.iter().filter(fits);
            openings.extend(units.map(|it| opening(pack, schedule, day, &Object::of_unit(it))));
            let register = schedule.register.as_ref();
            let entries = register.and_then(|it| rules.entries(id).get(it)).into_iter().flatten();
            for (key, entry) in entries.filter(|(_, it)| it.holds(now)) {
                openings.push(opening(pack, schedule, day, &Object::of_entry(key, entry)));
            }
        }
    }
    openings
}

/// The first day of the period that holds `day`, both counted from 1970-01-01.
#[must_use]
pub fn period_start(every: Every, day: i64) -> i64 {
    let date = date_of_day(day);
    let (year, month) = (date.year(), date.month());
    let first = |month: i8| day_of_date(jiff::civil::date(year, month, 1));
    match every {
        Every::Day => day,
        // 1970-01-01 was a Thursday.
        Every::Week => day - (day + 3).rem_euclid(7),
        Every::Month => first(month),
        Every::Quarter => first((month - 1) / 3 * 3 + 1),
        Every::Year => first(1),
    }
}

/// What a scheduled matter is for.
struct Object<'a> {
    key: &'a str,
    unit: &'a UnitId,
    /// Key and entry of a register.
    entry: Option<&'a Entry>,
}

impl<'a> Object<'a> {
    fn of_unit(unit: &'a Unit) -> Object<'a> {
        Object { key: &unit.id.0, unit: &unit.id, entry: None }
    }

    fn of_entry(key: &'a str, entry: &'a Entry) -> Object<'a> {
        Object { key, unit: &entry.unit, entry: Some(entry) }
    }

    /// The first field of the form that names an entry of the register, filled in.
    fn form(&self, pack: &Pack, schedule: &Schedule) -> BTreeMap<String, serde_json::Value> {
        let names = |it: &&Field| {
            let FieldKind::Register { register } = &it.kind else { return false };
            schedule.register.as_ref() == Some(register)
        };
        let field = pack.form.iter().find(names);
        let value = || (self.key.to_owned()).into();
        field.into_iter().map(|it| (it.id.clone(), value())).collect()
    }
}

fn opening(pack: &Pack, schedule: &Schedule, day: i64, object: &Object<'_>) -> Submission {
    let id = |what: &str| {
        let mut hash = Sha256::new();
        let period = day.to_string();
        for part in ["bihuan schedule", what, &pack.id.0, &schedule.id, &period, object.key] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    };
    let date = date_of_day(day);
    let title = match object.entry {
        Some(entry) => format!("{} {} {date}", schedule.title.zh, entry.title.zh),
        None => format!("{} {date}", schedule.title.zh),
    };
    let open = Command::Open(Box::new(Open {
        pack: pack.id.clone(),
        class: schedule.class.clone(),
        source: pack.sources.first().map(|it| it.id.clone()).unwrap_or_default(),
        title,
        form: object.form(pack, schedule),
        unit: Some(object.unit.clone()),
        schedule: Some(schedule.id.clone()),
        ..Open::default()
    }));
    Submission::of_clock(CommandId(id("command")), MatterId(id("matter")), open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_start_where_people_think_they_do() {
        let day = |text: &str| day_of_date(text.parse().expect("a date"));
        let today = day("2021-04-16");
        let start = |every| date_of_day(period_start(every, today)).to_string();
        assert_eq!(start(Every::Day), "2021-04-16");
        assert_eq!(start(Every::Week), "2021-04-12");
        assert_eq!(start(Every::Month), "2021-04-01");
        assert_eq!(start(Every::Quarter), "2021-04-01");
        assert_eq!(start(Every::Year), "2021-01-01");
        assert_eq!(period_start(Every::Quarter, day("2021-12-31")), day("2021-10-01"));
    }
}
