//! From rows that were read to a change of the realm.

use crate::import::area::AreaRow;
use crate::import::person::PersonRow;
use crate::import::point::PointRow;
use crate::import::preview::Preview;
use bihuan_core::id::{PackId, PersonId};
use bihuan_core::place::Datum;
use bihuan_core::place::geojson::area_to_json;
use bihuan_core::unit::Unit;
use bihuan_store::rules::{self, Change, MembershipRow};
use std::collections::BTreeMap;

/// Units, as one change.
#[must_use]
pub fn units(preview: Preview<Unit>) -> Change {
    Change::Units(preview.rows.into_iter().map(|it| it.row).collect())
}

/// Outlines, as one change.
#[must_use]
pub fn areas(preview: Preview<AreaRow>) -> Change {
    let rows = preview.rows.into_iter().map(|it| rules::AreaRow {
        unit: it.row.unit,
        datum: Datum::Wgs84,
        geometry: area_to_json(&it.row.area),
    });
    Change::Areas(rows.collect())
}

/// Points, as one change.
#[must_use]
pub fn points(preview: Preview<PointRow>) -> Change {
    let rows = preview.rows.into_iter().map(|it| rules::PointRow {
        id: it.row.id,
        kind: it.row.kind,
        title: it.row.title,
        unit: it.row.unit,
        person: it.row.person,
        leader: it.row.leader,
        at: it.row.place.at,
    });
    Change::Points(rows.collect())
}

/// Entries of a register, as one change.
#[must_use]
pub fn register(pack: PackId, register: String, preview: Preview<rules::EntryRow>) -> Change {
    let entries = preview.rows.into_iter().map(|it| it.row).collect();
    Change::Register(rules::RegisterRows { pack, register, entries })
}

/// Memberships, gathered by person, as one change.
#[must_use]
pub fn people(preview: Preview<PersonRow>) -> Change {
    let mut people: BTreeMap<PersonId, rules::PersonRow> = BTreeMap::new();
    for row in preview.rows.into_iter().map(|it| it.row) {
        let person = people.entry(row.person.clone()).or_insert_with(|| rules::PersonRow {
            id: row.person.clone(),
            name: row.name.clone(),
            identity: row.phone.clone(),
            telephone: row.telephone.clone(),
            accounts: Vec::new(),
            memberships: Vec::new(),
        });
        if !person.accounts.contains(&row.account) {
            person.accounts.push(row.account);
        }
        let membership = MembershipRow {
            role: row.role,
            unit: row.unit,
            area: row.area,
            from: row.from,
            to: row.to,
            status: row.status.as_str().to_owned(),
        };
        // A second account of a person repeats the memberships.
        let known = person.memberships.iter().any(|it| {
            (&it.role, &it.unit, &it.area) == (&membership.role, &membership.unit, &membership.area)
        });
        if !known {
            person.memberships.push(membership);
        }
    }
    Change::People(people.into_values().collect())
}
