//! The realm of the bench: a district of ten towns and two hundred villages, all staffed.
//!
//! Invariants: names have a fixed length, so that one can stand for another in a stored text; the
//! realm stands still at [`NOW`], but for a millisecond a batch.

use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::place::{Datum, Point};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::{KindId, Unit, UnitId};
use bihuan_store::db::Role;
use bihuan_store::rules::{AreaRow, Change, MembershipRow, PersonRow};
use bihuan_store::{Db, Moment, Target, Writer, migrate};

use crate::torture::realm::pack_files;

/// Towns of the district.
pub(super) const TOWNS: u64 = 10;
/// Villages of the district.
pub(super) const VILLAGES: u64 = 200;
/// What the realm's clock shows: a working Tuesday, 2025-03-04 09:30 in China, in milliseconds.
pub(super) const NOW: Instant = Instant(1_741_051_800_000);
/// Side of the square of a village, in ten-millionths of a degree (about 1 km).
const SIDE_E7: i64 = 100_000;
/// Where the first square starts.
const ORIGIN_E7: (i64, i64) = (1_100_000_000, 350_000_000);
/// Villages side by side.
const ABREAST: u64 = 20;

/// Batches so far, over all realms of the run.
static BATCHES: AtomicI64 = AtomicI64::new(1);

/// The moment of the next batch, with a salt of its own.
pub(super) fn tick() -> Moment {
    let no = BATCHES.fetch_add(1, Ordering::Relaxed);
    let mut salt = [0; 32];
    salt[..8].copy_from_slice(&no.to_be_bytes());
    Moment { clock: Instant(NOW.0 + no), salt }
}

/// The name of a village.
pub(super) fn village(no: u64) -> String {
    format!("v{no:03}")
}

/// The name of the town that a village lies in.
pub(super) fn town_of(village: u64) -> String {
    town(village * TOWNS / VILLAGES)
}

fn town(no: u64) -> String {
    format!("town{no:02}")
}

/// South-western corner of a village.
fn corner(village: u64) -> Point {
    let at = |no: u64| i64::try_from(no).expect("few villages") * SIDE_E7;
    let (east, north) = (at(village % ABREAST), at(village / ABREAST));
    Point { lon_e7: ORIGIN_E7.0 + east, lat_e7: ORIGIN_E7.1 + north }
}

/// The point in a village that lies so many thousandths of its side east and north of its corner.
pub(super) fn spot(village: u64, east: u64, north: u64) -> Point {
    let part = |it: u64| i64::try_from(it % 1_000).expect("a small number") * (SIDE_E7 / 1_000);
    let corner = corner(village);
    Point { lon_e7: corner.lon_e7 + part(east) + 50, lat_e7: corner.lat_e7 + part(north) + 50 }
}

/// Founds the realm in an empty target.
///
/// # Errors
/// The target cannot be reached, or a change is refused.
pub(super) fn found(target: &Target) -> Result<Writer> {
    let mut db = Db::connect(target, Role::Writer)?;
    migrate(&mut db)?;
    let mut writer = Writer::new(db, tick())?;
    let changes = [
        Change::Pack(pack_files()?),
        Change::Units(units()),
        Change::Areas((0..VILLAGES).map(area).collect()),
        Change::People(people()),
    ];
    for change in &changes {
        writer.change(tick(), "operator", change)?;
    }
    Ok(writer)
}

fn units() -> Vec<Unit> {
    let unit = |id: String, parent: Option<String>, kind: &str, functions: Vec<String>| Unit {
        title: Text::new(&id, &id),
        id: UnitId(id),
        parent: parent.map(UnitId),
        kind: KindId::from(kind),
        functions,
        ..Unit::default()
    };
    let district = "district".to_owned();
    let mut units = vec![unit(district.clone(), None, "district", Vec::new())];
    for no in 0..TOWNS {
        let desk = vec!["dispatch_desk".to_owned()];
        units.push(unit(town(no), Some(district.clone()), "town", desk));
    }
    for no in 0..VILLAGES {
        units.push(unit(village(no), Some(town_of(no)), "village", Vec::new()));
    }
    units
}

fn area(no: u64) -> AreaRow {
    let south_west = corner(no);
    let (west, south) = (south_west.lon_e7, south_west.lat_e7);
    let (east, north) = (west + SIDE_E7, south + SIDE_E7);
    let ring = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    #[expect(clippy::cast_precision_loss, reason = "degrees have ten digits")]
    let degrees = |it: i64| it as f64 / 1e7;
    let ring: Vec<[f64; 2]> =
        ring.iter().map(|(lon, lat)| [degrees(*lon), degrees(*lat)]).collect();
    let geometry = serde_json::json!({ "type": "Polygon", "coordinates": [ring] });
    AreaRow { unit: UnitId(village(no)), datum: Datum::Wgs84, geometry }
}

fn people() -> Vec<PersonRow> {
    let mut people = Vec::new();
    let mut add = |role: &str, unit: &str| {
        let name = format!("{role}-{unit}");
        people.push(PersonRow {
            id: PersonId(name.clone()),
            name: name.clone(),
            identity: None,
            telephone: None,
            accounts: vec![AccountId(name)],
            memberships: vec![MembershipRow {
                role: RoleId::from(role),
                unit: unit.into(),
                area: unit.into(),
                from: None,
                to: None,
                status: "active".into(),
            }],
        });
    };
    for no in 0..TOWNS {
        for role in ["intake", "dispatcher", "acceptor", "squad", "leader"] {
            add(role, &town(no));
        }
    }
    for no in 0..VILLAGES {
        for role in ["inspector", "handler", "unit_head"] {
            add(role, &village(no));
        }
    }
    people
}
