//! Laws that hold after every command, whatever people and clocks do.

use bihuan_core::id::MatterId;
use bihuan_core::ledger::{Entered, LeftAs, movement};
use bihuan_core::matter::refusal::Refusal;
use bihuan_core::matter::{Matter, apply};
use bihuan_core::pack::{Meaning, Pack, PackFiles};
use bihuan_core::place::Point;
use bihuan_core::story::chance::{self, Chance, View};
use bihuan_core::story::{self, world::World};
use bihuan_core::unit::UnitId;
use std::collections::BTreeMap;
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
unit other in=district kind=department
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
person inspector@other on=town
";

fn pack() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/sanitation");
    let mut files = BTreeMap::new();
    for name in ["pack.toml", "classes.csv"] {
        files.insert(name.to_owned(), std::fs::read(folder.join(name)).unwrap());
    }
    for entry in std::fs::read_dir(folder.join("documents")).unwrap() {
        let entry = entry.unwrap();
        let name = format!("documents/{}", entry.file_name().to_str().unwrap());
        files.insert(name, std::fs::read(entry.path()).unwrap());
    }
    Pack::load(&PackFiles { files }).unwrap()
}

/// One random life of a small town: after every command, every law.
struct Life {
    world: World,
    pack: Pack,
    places: Vec<(UnitId, Point)>,
    chance: Chance,
    seed: u64,
    balance: BTreeMap<UnitId, [i64; 9]>,
}

impl Life {
    fn new(seed: u64) -> Life {
        let pack = pack();
        let (world, places) = story::world(&pack, SCENE).unwrap();
        let places = places.into_iter().filter(|(it, _)| it.0.starts_with(['v', 'g'])).collect();
        let (chance, balance) = (Chance::new(seed), BTreeMap::new());
        Life { world, pack, places, chance, seed, balance }
    }

    fn step(&mut self) -> Result<(), Refusal> {
        let ahead = self.chance.below(3 * 3_600_000);
        let to = self.world.now.plus_ms(i64::try_from(ahead).unwrap());
        self.world.advance(to);
        let view = View {
            rules: &self.world.rules,
            pack: &self.pack,
            now: self.world.now,
            matters: &self.world.matters,
            places: &self.places,
        };
        let submission = chance::submission(&mut self.chance, &view);
        chance::arrive(&mut self.chance, &submission, &mut self.world.arrived);
        let before = self.world.matters.clone();
        let result = self.world.submit(&submission).map(|_| ());
        if let Err(refusal) = &result {
            assert_eq!(before, self.world.matters, "seed {}: a refusal changed", self.seed);
            assert!(!refusal.text().en.is_empty() && !refusal.text().zh.is_empty());
        }
        result
    }

    fn check(&mut self) {
        let mut matters: BTreeMap<MatterId, Matter> = BTreeMap::new();
        for (at, id, event) in &self.world.events {
            let after = apply(matters.remove(id), *id, *at, event).unwrap();
            matters.insert(*id, after);
        }
        assert_eq!(matters, self.world.matters, "seed {}: rows are the fold of events", self.seed);
        for matter in self.world.matters.values() {
            let seed = self.seed;
            let standing = &matter.standing;
            if matter.is_final() {
                assert!(standing.owner.is_none() && standing.due.is_none(), "seed {seed}");
            } else {
                assert!(standing.owner.is_some(), "seed {seed}: {} has no owner", matter.id);
                let waits = standing.due.is_some() || matter.suspension.is_some();
                assert!(waits, "seed {seed}: {} has no deadline", matter.id);
            }
            if standing.is == Meaning::Closed {
                let acceptance = matter.acceptance.as_ref().expect("cleared without acceptance");
                assert!(matter.clear_number.is_some());
                assert!(matter.has_all_files(), "seed {seed}: cleared without its files");
                for part in &matter.parts {
                    assert_ne!(part.person.as_ref(), Some(&acceptance.person), "seed {seed}");
                    let within = self.world.rules.units.is_within(&acceptance.unit, &part.unit);
                    assert!(!within, "seed {seed}: {} accepted by {:?}", matter.id, acceptance);
                }
            }
        }
    }

    /// Opening + filed + rebounded + taken over − handed over − … = closing, for each unit.
    fn balances(&mut self) {
        let mut matters: BTreeMap<MatterId, Matter> = BTreeMap::new();
        for (at, id, event) in &self.world.events {
            let before = matters.remove(id);
            let after = apply(before.clone(), *id, *at, event).unwrap();
            let step = movement(before.as_ref(), &after);
            if let (Some(left), Some(before)) = (step.left, &before) {
                let unit = before.standing.responsible.clone();
                self.balance.entry(unit).or_default()[3 + left as usize] += 1;
            }
            let unit = after.standing.responsible.clone();
            if let Some(entered) = step.entered {
                self.balance.entry(unit.clone()).or_default()[entered as usize] += 1;
            }
            if let Some(left) = step.left_at_once {
                self.balance.entry(unit).or_default()[3 + left as usize] += 1;
            }
            matters.insert(*id, after);
        }
        let (mut taken, mut handed) = (0, 0);
        for (unit, row) in &self.balance {
            let closing = self
                .world
                .matters
                .values()
                .filter(|it| it.standing.is.is_in_ledger() && it.standing.responsible == *unit)
                .count();
            let entered: i64 = row[..3].iter().sum();
            let left: i64 = row[3..].iter().sum();
            assert_eq!(entered - left, closing as i64, "seed {}: {}", self.seed, unit.0);
            taken += row[Entered::TakenOver as usize];
            handed += row[3 + LeftAs::HandedOver as usize];
        }
        assert_eq!(taken, handed, "seed {}", self.seed);
    }
}

#[test]
fn every_law_holds_through_random_weeks() {
    let (mut cleared, mut refused) = (0, BTreeMap::<&str, u32>::new());
    for seed in 1..=12 {
        let mut life = Life::new(seed);
        for no in 0..500 {
            if no % 50 == 0 {
                life.check();
            }
            if let Err(refusal) = life.step() {
                *refused.entry(refusal.code()).or_default() += 1;
            }
        }
        life.check();
        life.balances();
        cleared += life.world.matters.values().filter(|it| it.clear_number.is_some()).count();
    }
    // Weeks in which nothing is cleared or refused would prove nothing.
    assert!(cleared > 40, "{cleared} cleared, {refused:?}");
    for code in ["same_party", "missing", "not_allowed", "wrong_stage", "not_by_machine"] {
        assert!(refused.contains_key(code), "{code} never came up: {refused:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_life() {
    let life = |seed| {
        let mut life = Life::new(seed);
        (0..150).for_each(|_| drop(life.step()));
        life.world.events
    };
    assert_eq!(life(77), life(77));
    assert_ne!(life(77), life(78));
}

#[test]
fn nothing_penal_happens_while_the_clock_is_out_of_bounds() {
    let mut life = Life::new(5);
    (0..120).for_each(|_| drop(life.step()));
    life.world.clock_held = true;
    let overdue =
        |world: &World| world.matters.values().filter(|it| it.overdue_at.is_some()).count();
    let before = overdue(&life.world);
    life.world.now = life.world.now.plus_ms(400 * 86_400_000);
    let ids: Vec<MatterId> = life.world.matters.keys().copied().collect();
    let mut held = 0;
    for id in ids {
        // Warnings are told even now; the first penal thing is held.
        let outcome = loop {
            let matter = &life.world.matters[&id];
            let next = bihuan_core::matter::next_timer(&life.world.rules, matter);
            let Some((_, timer)) = next.filter(|(at, _)| *at <= life.world.now) else {
                break Ok(());
            };
            let submission = bihuan_core::matter::timer_command(id, timer);
            if let Err(refusal) = life.world.submit(&submission) {
                break Err(refusal);
            }
        };
        held += usize::from(outcome == Err(Refusal::ClockHeld));
    }
    assert!(held > 0, "no timer was held");
    assert_eq!(before, overdue(&life.world));
    // The control: with the clock in bounds the same matters do go overdue.
    life.world.clock_held = false;
    life.world.advance(life.world.now.plus_ms(1));
    assert!(overdue(&life.world) > before);
}
