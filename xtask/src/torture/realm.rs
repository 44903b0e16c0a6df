//! A compact realm for the campaigns: a district, a town, six villages, everybody who acts.
//!
//! Invariant: the same realm each time; only the moment at which it is founded differs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use bihuan_core::id::{AccountId, PersonId, RoleId};
use bihuan_core::matter::Rules;
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::place::{Datum, Point};
use bihuan_core::story::chance::Chance;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::{KindId, Unit, UnitId};
use bihuan_store::Moment;
use bihuan_store::rules::{AreaRow, Change, MembershipRow, PersonRow};

use crate::process::root;

/// The pack that the realm works with.
pub const PACK: &str = "sanitation";
/// When a realm is founded: a working Friday, 2021-04-16 09:00 in China, in milliseconds.
pub const START: Instant = Instant(1_618_534_800_000);
/// Villages of the town.
const VILLAGES: i64 = 6;
/// Side of the square of a village, in ten-millionths of a degree (about 2 km).
const SIDE_E7: i64 = 200_000;
/// Where the first square starts.
const ORIGIN_E7: (i64, i64) = (1_100_000_000, 350_000_000);
/// Spots in each village where matters come about.
const SPOTS: i64 = 80;

/// A moment with a salt drawn from `chance`.
pub fn moment(chance: &mut Chance, clock: Instant) -> Moment {
    let mut salt = [0; 32];
    for part in salt.chunks_mut(8) {
        part.copy_from_slice(&chance.bits().to_be_bytes());
    }
    Moment { clock, salt }
}

/// Founds the realm by changes of its rules.
///
/// # Errors
/// The pack cannot be read, or a change is refused.
pub fn found(mut change: impl FnMut(Change) -> Result<()>) -> Result<()> {
    change(Change::Pack(pack_files()?))?;
    change(Change::Units(units()))?;
    change(Change::Areas((0..VILLAGES).map(area).collect()))?;
    change(Change::People(people()))
}

/// The pack of the realm, as its rules have it.
///
/// # Errors
/// The realm was not founded.
pub fn pack(rules: &Rules) -> Result<Arc<Pack>> {
    rules.pack(&PACK.into()).cloned().context("the realm has no pack")
}

/// Spots of all villages, each with its unit.
pub fn places() -> Vec<(UnitId, Point)> {
    let mut chance = Chance::new(7);
    let mut places = Vec::new();
    for village in 0..VILLAGES {
        for _ in 0..SPOTS {
            // Matters come about a little north-east of a spot, and stay inside.
            let mut within = || {
                let side = u64::try_from(SIDE_E7 - 20_000).expect("a side is positive");
                10_000 + i64::try_from(chance.below(side)).expect("a side is small")
            };
            let lon_e7 = ORIGIN_E7.0 + village * SIDE_E7 + within();
            let at = Point { lon_e7, lat_e7: ORIGIN_E7.1 + within() };
            places.push((village_id(village), at));
        }
    }
    places
}

fn village_id(no: i64) -> UnitId {
    UnitId(format!("v{no:02}"))
}

pub(crate) fn pack_files() -> Result<PackFiles> {
    let folder = root().join("packs").join(PACK);
    let mut files = BTreeMap::new();
    collect(&folder, &folder, &mut files)?;
    Ok(PackFiles { files })
}

fn collect(folder: &Path, under: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let said = || format!("failed to read `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(said)? {
        let path = entry.with_context(said)?.path();
        if path.is_dir() {
            collect(&path, under, files)?;
        } else {
            let name = path.strip_prefix(under).expect("an entry lies in its folder");
            let bytes = fs::read(&path).with_context(said)?;
            files.insert(name.to_string_lossy().into_owned(), bytes);
        }
    }
    Ok(())
}

fn units() -> Vec<Unit> {
    let unit = |id: &str, parent: Option<&str>, kind: &str, functions: Vec<String>| Unit {
        id: id.into(),
        parent: parent.map(UnitId::from),
        kind: KindId::from(kind),
        title: Text::new(id, id),
        functions,
        ..Unit::default()
    };
    let mut units = vec![
        unit("district", None, "district", Vec::new()),
        unit("town", Some("district"), "town", vec!["dispatch_desk".into()]),
    ];
    let functions = [("cleaning", "sanitation"), ("green", "greening"), ("road", "roads")];
    units.extend(
        functions
            .into_iter()
            .chain([("pipe", "utilities")])
            .map(|(id, does)| unit(id, Some("town"), "department", vec![does.into()])),
    );
    let villages = (0..VILLAGES).map(village_id);
    units.extend(villages.map(|it| unit(&it.0, Some("town"), "village", Vec::new())));
    units
}

fn area(village: i64) -> AreaRow {
    let west = ORIGIN_E7.0 + village * SIDE_E7;
    let (south, east, north) = (ORIGIN_E7.1, west + SIDE_E7, ORIGIN_E7.1 + SIDE_E7);
    let ring = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    #[expect(clippy::cast_precision_loss, reason = "degrees have ten digits")]
    let degrees = |it: i64| it as f64 / 1e7;
    let ring: Vec<[f64; 2]> =
        ring.iter().map(|(lon, lat)| [degrees(*lon), degrees(*lat)]).collect();
    let geometry = serde_json::json!({ "type": "Polygon", "coordinates": [ring] });
    AreaRow { unit: village_id(village), datum: Datum::Wgs84, geometry }
}

fn people() -> Vec<PersonRow> {
    let mut people = Vec::new();
    let mut add = |role: &str, unit: &str, area: &str| {
        let name = format!("{role}-{unit}-{area}");
        people.push(PersonRow {
            id: PersonId(format!("p{:03}", people.len())),
            name: name.clone(),
            identity: None,
            telephone: None,
            accounts: vec![AccountId(name)],
            memberships: vec![MembershipRow {
                role: RoleId::from(role),
                unit: unit.into(),
                area: area.into(),
                from: None,
                to: None,
                status: "active".into(),
            }],
        });
    };
    for role in ["intake", "dispatcher", "acceptor", "squad", "leader", "assessor"] {
        add(role, "town", "town");
    }
    for role in ["acceptor", "squad", "leader"] {
        add(role, "district", "district");
    }
    for unit in ["cleaning", "green", "road", "pipe"] {
        add("unit_head", unit, unit);
        add("handler", unit, unit);
    }
    for village in (0..VILLAGES).map(village_id) {
        add("inspector", "town", &village.0);
        for role in ["inspector", "handler", "unit_head"] {
            add(role, &village.0, &village.0);
        }
    }
    people
}
