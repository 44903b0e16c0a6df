//! The scene of a story: units, persons, the clock.

use crate::clock::{Calendar, Duty};
use crate::form::{Entries, Entry, FieldValue};
use crate::id::{AccountId, PackId, PersonId, RoleId};
use crate::matter::facts::{Grant, OFFLINE_WINDOW_MS, Rules};
use crate::pack::Pack;
use crate::place::index::{AreaEntry, AreaIndex};
use crate::place::{Area, Point, Polygon};
use crate::story::words::{civil, pair};
use crate::text::Text;
use crate::time::{Instant, ZONE_DEFAULT};
use crate::unit::{KindId, Unit, UnitId, Units};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Side of the square that each unit of a story has, in ten-millionths of a degree (about 1 km).
const SIDE_E7: i64 = 100_000;
/// Where the squares of a story start.
const ORIGIN_E7: (i64, i64) = (1_100_000_000, 350_000_000);

/// What the first lines of a story set.
#[derive(Default)]
pub(super) struct Scene {
    pub(super) start: Option<Instant>,
    units: Vec<Unit>,
    grants: Vec<Grant>,
    accounts: Vec<(AccountId, PersonId)>,
    entries: Entries,
}

impl Scene {
    /// Takes a line of the scene; says what is wrong with it.
    pub(super) fn take(&mut self, pack: &Pack, words: &[String]) -> Result<(), String> {
        let rest: BTreeMap<&str, &str> = words.iter().skip(2).map(|it| pair(it)).collect();
        let name = words.get(1).map_or("", String::as_str);
        match words[0].as_str() {
            "pack" if name == pack.id.0 => Ok(()),
            "pack" => Err(format!("the story is about pack {name}, not {}", pack.id)),
            "start" => {
                let start = civil(name).ok_or("start takes a time like 2021-04-16T09:00")?;
                self.start = Some(ZONE_DEFAULT.instant(start));
                Ok(())
            }
            "unit" => {
                self.units.push(Unit {
                    id: UnitId(name.to_owned()),
                    kind: KindId((*rest.get("kind").unwrap_or(&"unit")).to_owned()),
                    parent: rest.get("in").map(|it| UnitId((*it).to_owned())),
                    title: Text::new(name, name),
                    functions: rest
                        .get("does")
                        .map(|it| it.split(',').map(Into::into).collect())
                        .unwrap_or_default(),
                    ..Unit::default()
                });
                Ok(())
            }
            "person" => {
                let (role, unit) = name.split_once('@').ok_or("a person is ROLE@UNIT")?;
                let area = rest.get("on").copied().unwrap_or(unit);
                let person = PersonId((*rest.get("same_as").unwrap_or(&name)).to_owned());
                self.accounts.push((AccountId(name.to_owned()), person.clone()));
                self.grants.push(Grant {
                    person,
                    role: RoleId(role.to_owned()),
                    unit: UnitId(unit.to_owned()),
                    area: UnitId(area.to_owned()),
                    from: None,
                    to: None,
                });
                Ok(())
            }
            "entry" => {
                let (register, key) = name.split_once('/').ok_or("an entry is REGISTER/KEY")?;
                let unit = rest.get("in").ok_or("an entry stands in a unit: in=UNIT")?;
                let number = |it: &str| it.parse().map(FieldValue::Int);
                let value = |it: &str| number(it).unwrap_or_else(|_| FieldValue::Key(it.into()));
                let fields = rest.iter().filter(|(it, _)| **it != "in");
                let entry = Entry {
                    title: Text::new(key, key),
                    unit: UnitId((*unit).to_owned()),
                    person: None,
                    from: None,
                    to: None,
                    fields: fields.map(|(id, it)| ((*id).to_owned(), value(it))).collect(),
                };
                let register = self.entries.entry(register.to_owned()).or_default();
                register.insert(key.to_owned(), entry);
                Ok(())
            }
            other => Err(format!("{other} is not a line of a scene")),
        }
    }

    /// The rules of the realm that the scene makes.
    pub(super) fn rules(self, pack: &Pack) -> Result<Rules, String> {
        let shapes = self.units.iter().enumerate().map(|(no, unit)| AreaEntry {
            unit: unit.id.clone(),
            scope: unit.id.0.clone(),
            level: 0,
            area: square(no),
        });
        let areas = AreaIndex::build(shapes.collect());
        let mut units = self.units;
        units.sort_by(|a, b| a.id.cmp(&b.id));
        let units = Units::build(units).map_err(|it| format!("{it:?}"))?;
        let calendar = Calendar::builtin();
        let every = Duty::every_day(Text::new("值班", "on duty"));
        let calendar_every = calendar.on_duty(every).map_err(|it| it.to_string())?;
        let mut rules = Rules {
            rev: 1,
            zone: ZONE_DEFAULT,
            offline_window_ms: OFFLINE_WINDOW_MS,
            calendar,
            calendar_every,
            units,
            areas,
            points: BTreeMap::new(),
            registers: BTreeMap::from([(pack.id.clone(), self.entries)]),
            packs: BTreeMap::from([(
                PackId(pack.id.0.clone()),
                BTreeMap::from([(pack.rev, Arc::new(pack.clone()))]),
            )]),
            accounts: self.accounts.into_iter().collect(),
            grants: BTreeMap::new(),
            by_role: BTreeMap::new(),
            deputies: Vec::new(),
        };
        for grant in self.grants {
            rules.by_role.entry(grant.role.clone()).or_default().push(grant.clone());
            rules.grants.entry(grant.person.clone()).or_default().push(grant);
        }
        Ok(rules)
    }

    /// A point in the area of a unit.
    pub(super) fn point_in(rules_units: &[String], unit: &str) -> Option<Point> {
        let no = rules_units.iter().position(|it| it == unit)?;
        let west = ORIGIN_E7.0 + i64::try_from(no).ok()? * SIDE_E7;
        Point::new_e7(west + SIDE_E7 / 2, ORIGIN_E7.1 + SIDE_E7 / 2).ok()
    }

    /// Names of the units in the order of their squares.
    pub(super) fn unit_names(&self) -> Vec<String> {
        self.units.iter().map(|it| it.id.0.clone()).collect()
    }
}

fn square(no: usize) -> Area {
    let west = ORIGIN_E7.0 + i64::try_from(no).unwrap_or(0) * SIDE_E7;
    let (south, east, north) = (ORIGIN_E7.1, west + SIDE_E7, ORIGIN_E7.1 + SIDE_E7);
    let ring = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    let corner = |(lon, lat): &(i64, i64)| Point { lon_e7: *lon, lat_e7: *lat };
    Polygon::new(vec![ring.iter().map(corner).collect()]).expect("a square is a polygon").into()
}
