//! A small town in a store, and random lives of it.

use crate::support::Ground;
use bihuan_core::id::{AccountId, CommandId, MatterId, PersonId};
use bihuan_core::matter::submission::{Command, Open, Submission, Via};
use bihuan_core::matter::{next_timer, timer_command};
use bihuan_core::pack::{Pack, PackFiles};
use bihuan_core::place::{Datum, Place, Point};
use bihuan_core::story::chance::{self, Chance, View};
use bihuan_core::story::{self, world::World};
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::rules::{AreaRow, Change, FileRow, MembershipRow, PersonRow};
use bihuan_store::{Moment, Writer, migrate};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const SCENE: &str = "
start 2021-03-01T08:30
unit district kind=district
unit town in=district kind=town does=dispatch_desk
unit squad in=town kind=squad
unit v01 in=town kind=village
unit v02 in=town kind=village
unit v03 in=town kind=village
unit g31 in=v03 kind=grid
person intake@town
person dispatcher@town
person leader@town
person squad@squad on=town
person inspector@squad on=town
person inspector@v01
person handler@v01
person unit_head@v01
person acceptor@v01
person handler@v02
person unit_head@v02
person handler@v03
person acceptor@v03 same_as=handler@v02
person handler@town
person acceptor@squad on=town
person acceptor@district
";

/// Half the side of the square around each place of a scene, in ten-millionths of a degree.
const HALF_E7: i64 = 50_000;

/// A town in a store, and the same town in memory, where the engine runs without a store.
pub(crate) struct Town {
    pub(crate) writer: Writer,
    pub(crate) world: World,
    pub(crate) pack: Pack,
    pub(crate) places: Vec<(UnitId, Point)>,
    pub(crate) chance: Chance,
    moments: u8,
}

pub(crate) fn pack_files() -> PackFiles {
    files_of("sanitation")
}

pub(crate) fn files_of(pack: &str) -> PackFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(pack);
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).expect(name));
    }
    for entry in std::fs::read_dir(folder.join("documents")).expect("documents") {
        let entry = entry.expect("a document");
        let name = format!("documents/{}", entry.file_name().to_string_lossy());
        files.insert(name, std::fs::read(entry.path()).expect("a document"));
    }
    PackFiles { files }
}

impl Town {
    pub(crate) fn found(ground: &Ground, seed: u64) -> Town {
        Town::found_with(ground, seed, pack_files())
    }

    /// A town whose pack is another revision of the same.
    pub(crate) fn found_with(ground: &Ground, seed: u64, files: PackFiles) -> Town {
        let mut pack = Pack::load(&files).expect("the pack has no gaps");
        let (world, places) = story::world(&pack, SCENE).expect("the scene is sound");
        let now = world.now;
        let mut db = ground.writer();
        migrate(&mut db).expect("a realm's tables");
        let mut writer = Writer::new(db, moment(now, 0)).expect("a writer");
        let changes = [
            Change::Units(world.rules.units.iter().cloned().collect()),
            Change::Areas(places.iter().map(area).collect()),
            Change::People(people(&world)),
            Change::Pack(files),
        ];
        for (no, change) in (1..).zip(&changes) {
            writer.change(moment(now, no), "operator", change).expect("a sound change");
        }
        let world = World::new((**writer.rules()).clone(), now);
        // People report two classes only, so that duplicates and rebounds happen all the time.
        pack.classes.truncate(2);
        let places = places.into_iter().filter(|(it, _)| it.0.starts_with(['v', 'g'])).collect();
        Town { writer, world, pack, places, chance: Chance::new(seed), moments: 10 }
    }

    pub(crate) fn moment(&mut self) -> Moment {
        self.moments = self.moments.wrapping_add(1);
        moment(self.world.now, self.moments)
    }

    /// Some hours later: what fell due, then what random people send.
    pub(crate) fn batch(&mut self, size: u64) -> Vec<Submission> {
        let ahead = self.chance.below(20 * 3_600_000);
        self.world.now = self.world.now.plus_ms(i64::try_from(ahead).expect("hours"));
        let mut batch = Vec::new();
        for matter in self.world.matters.values() {
            let due = next_timer(&self.world.rules, matter).filter(|it| it.0 <= self.world.now);
            batch.extend(due.map(|(_, timer)| timer_command(matter.id, timer)));
        }
        batch.truncate(64);
        let mut arrived = BTreeSet::new();
        for _ in 0..size {
            let view = View {
                rules: &self.world.rules,
                pack: &self.pack,
                now: self.world.now,
                matters: &self.world.matters,
                places: &self.places,
            };
            let submission = chance::submission(&mut self.chance, &view);
            chance::arrive(&mut self.chance, &submission, &mut arrived);
            batch.push(submission);
        }
        let file = |digest: &String| FileRow {
            digest: digest.clone(),
            bytes: 1_000,
            media: "image/jpeg".into(),
            picture: None,
        };
        if !arrived.is_empty() {
            let change = Change::Files(arrived.iter().map(file).collect());
            let moment = self.moment();
            self.writer.change(moment, "edge", &change).expect("files are safe");
        }
        self.world.arrived.extend(arrived);
        batch
    }

    /// An opening by the inspector of v01, at a place of its own.
    pub(crate) fn opening(&mut self, title: &str) -> Submission {
        let (_, at) = self.places[0].clone();
        let shift = i64::try_from(self.chance.below(80_000)).expect("small") - 40_000;
        let at = Point { lon_e7: at.lon_e7 + shift, lat_e7: at.lat_e7 - shift };
        let open = Open {
            pack: self.pack.id.clone(),
            class: self.pack.classes[0].code.clone(),
            source: self.pack.sources[0].id.clone(),
            title: title.to_owned(),
            place: Some(Place::of_point(at, self.world.now)),
            ..Open::default()
        };
        Submission {
            id: CommandId(self.chance.uuid()),
            by: AccountId("inspector@v01".into()),
            via: Via::Person,
            matter: MatterId(self.chance.uuid()),
            base_version: None,
            captured_at: None,
            captured_in: None,
            roles: Vec::new(),
            command: Command::Open(Box::new(open)),
        }
    }
}

/// A moment whose salt is `no`.
pub(crate) fn moment(clock: Instant, no: u8) -> Moment {
    Moment { clock, salt: [no; 32] }
}

fn area((unit, at): &(UnitId, Point)) -> AreaRow {
    let corner = |(east, north): (i64, i64)| {
        [at.lon_e7 + east * HALF_E7, at.lat_e7 + north * HALF_E7].map(|it| it as f64 / 1e7)
    };
    let ring = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)].map(corner);
    let geometry = serde_json::json!({ "type": "Polygon", "coordinates": [ring] });
    AreaRow { unit: unit.clone(), datum: Datum::Wgs84, geometry }
}

fn people(world: &World) -> Vec<PersonRow> {
    let accounts = |person: &PersonId| {
        let own = world.rules.accounts.iter().filter(|(_, it)| *it == person);
        own.map(|(account, _)| account.clone()).collect()
    };
    let row = |(person, grants): (&PersonId, &Vec<_>)| PersonRow {
        id: person.clone(),
        name: format!("{person} 的姓名"),
        identity: None,
        telephone: None,
        accounts: accounts(person),
        memberships: grants
            .iter()
            .map(|it: &bihuan_core::matter::facts::Grant| MembershipRow {
                role: it.role.clone(),
                unit: it.unit.clone(),
                area: it.area.clone(),
                from: None,
                to: None,
                status: "active".into(),
            })
            .collect(),
    };
    world.rules.grants.iter().map(row).collect()
}
