//! Chance: random but mostly lawful commands from a seed, for properties and simulation.
//!
//! Invariant: the same seed and the same view give the same commands, whatever machine.

use crate::id::{AccountId, CommandId, MatterId};
use crate::matter::facts::{Grant, Rules};
use crate::matter::state::Matter;
use crate::matter::submission::{
    Appeal, Command, Extend, FileDecl, Found, Item, Join, JoinUnit, Merge, MoveInput, Open,
    Recheck, Reclass, Remark, Submission, Supervise, Suspend, Via,
};
use crate::pack::{Act, DefaultOwner, Level, Move, Need, Pack, PlaceKind, Stage};
use crate::place::{Place, PlaceSource, Point};
use crate::time::{DAY_MS, Instant};
use crate::unit::UnitId;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A small generator of numbers (SplitMix64): good enough to choose, not to hide.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A generator from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        it ^ (it >> 31)
    }

    /// A number below `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.bits() % end }
    }

    /// Whether something with a chance of `percent` happens.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `of`; `None` where there is none.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let no = self.below(of.len() as u64);
        of.get(usize::try_from(no).ok()?)
    }

    /// An id.
    pub fn uuid(&mut self) -> Uuid {
        let bits = (u128::from(self.bits()) << 64) | u128::from(self.bits());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }

    /// A digest, as of a file.
    pub fn digest(&mut self) -> String {
        (0..4).map(|_| format!("{:016x}", self.bits())).collect()
    }
}

/// What a random sender sees.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The rules of the realm.
    pub rules: &'a Rules,
    /// The pack that it works with.
    pub pack: &'a Pack,
    /// Its clock.
    pub now: Instant,
    /// Matters it may choose from.
    pub matters: &'a BTreeMap<MatterId, Matter>,
    /// Places it may choose from, each with a unit.
    pub places: &'a [(UnitId, Point)],
}

/// A random command on a random matter, or an opening. Nine in ten are by somebody who may.
pub fn submission(chance: &mut Chance, view: &View<'_>) -> Submission {
    let ids: Vec<MatterId> = view.matters.keys().copied().collect();
    let chosen = chance.one(&ids).copied().filter(|_| !chance.percent(8));
    let matter = chosen.and_then(|it| view.matters.get(&it));
    let (matter_id, roles, command) = match matter {
        None => {
            let id = MatterId(chance.uuid());
            (id, openers(view.pack), Command::Open(Box::new(open(chance, view))))
        }
        Some(matter) => {
            let (roles, command) = act(chance, view, matter, &ids);
            (matter.id, roles, command)
        }
    };
    let by = actor(chance, view, matter, &roles);
    let via = if chance.percent(3) { Via::Bulk } else { Via::Person };
    let base_version = matter.filter(|_| chance.percent(30)).map(|it| it.version);
    Submission {
        id: CommandId(chance.uuid()),
        by,
        via,
        matter: matter_id,
        base_version,
        captured_at: chance.percent(50).then(|| view.now.plus_ms(-60_000)),
        captured_in: None,
        roles: Vec::new(),
        command,
    }
}

fn openers(pack: &Pack) -> Vec<crate::id::RoleId> {
    pack.roles.iter().map(|it| it.id.clone()).collect()
}

fn actor(
    chance: &mut Chance,
    view: &View<'_>,
    matter: Option<&Matter>,
    roles: &[crate::id::RoleId],
) -> AccountId {
    let accounts = &view.rules.accounts;
    let holders: Vec<&Grant> = roles
        .iter()
        .filter_map(|it| view.rules.by_role.get(it))
        .flatten()
        .filter(|it| {
            matter.is_none_or(|matter| {
                let handled_by = matter.handling.as_ref().map_or(&matter.place_unit, |it| &it.unit);
                view.rules.units.is_within(handled_by, &it.area)
                    || view.rules.units.is_within(&matter.place_unit, &it.area)
            })
        })
        .collect();
    let person = chance.one(&holders).filter(|_| chance.percent(90)).map(|it| &it.person);
    let of_person: Vec<&AccountId> = accounts
        .iter()
        .filter(|(_, it)| person.is_none_or(|person| *it == person))
        .map(|(account, _)| account)
        .collect();
    chance.one(&of_person).map_or_else(|| AccountId("nobody".into()), |it| (*it).clone())
}

fn open(chance: &mut Chance, view: &View<'_>) -> Open {
    let pack = view.pack;
    let class = chance.one(&pack.classes).map(|it| it.code.clone()).unwrap_or_default();
    let source = chance.one(&pack.sources).map(|it| it.id.clone()).unwrap_or_default();
    let nowhere = (UnitId::default(), Point { lon_e7: 0, lat_e7: 0 });
    let (unit, at) = chance.one(view.places).cloned().unwrap_or(nowhere);
    let is_point = pack.place.kind == PlaceKind::Point;
    // Metres around the same few spots, so that duplicates and rebounds come about.
    let (east, north) = (chance.below(4_000), chance.below(4_000));
    let at = Point {
        lon_e7: at.lon_e7 + i64::try_from(east).unwrap_or(0),
        lat_e7: at.lat_e7 + i64::try_from(north).unwrap_or(0),
    };
    let mut place = Place::of_point(at, view.now);
    place.source = PlaceSource::Gnss;
    let files = vec![file(chance, "before", Some(&place), view.now.plus_ms(-120_000))];
    Open {
        pack: pack.id.clone(),
        class,
        source,
        title: format!("第{}处需要整改", chance.below(1_000)),
        unit: (!is_point).then_some(unit),
        place: is_point.then_some(place),
        files,
        ..Open::default()
    }
}

fn file(chance: &mut Chance, slot: &str, place: Option<&Place>, at: Instant) -> FileDecl {
    FileDecl {
        digest: chance.digest(),
        slot: slot.to_owned(),
        taken_at: Some(at),
        taken_in: place.cloned(),
    }
}

fn act(
    chance: &mut Chance,
    view: &View<'_>,
    matter: &Matter,
    ids: &[MatterId],
) -> (Vec<crate::id::RoleId>, Command) {
    let Some(stage) = view.pack.stage(&matter.standing.stage) else {
        return (Vec::new(), Command::Recompute);
    };
    if stage.is.is_final() {
        return ended(chance, view, matter);
    }
    if !chance.percent(30)
        && let Some(made) = likely_move(chance, stage)
    {
        return (made.by.clone(), Command::Move(Box::new(input(chance, view, matter, made))));
    }
    side(chance, view, matter, stage, ids)
}

/// One of the moves, those that go on more often than those that go back.
fn likely_move<'a>(chance: &mut Chance, stage: &'a Stage) -> Option<&'a Move> {
    let onward: Vec<&Move> = stage
        .moves
        .iter()
        .filter(|it| !matches!(it.act, Act::Void | Act::Return | Act::SendBack | Act::Transfer))
        .collect();
    if chance.percent(80)
        && let Some(made) = chance.one(&onward)
    {
        return Some(made);
    }
    chance.one(&stage.moves)
}

fn input(chance: &mut Chance, view: &View<'_>, matter: &Matter, made: &Move) -> MoveInput {
    let mut input = MoveInput { id: made.id.clone(), ..MoveInput::default() };
    if matches!(made.act, Act::Dispatch | Act::Transfer | Act::FixOnSpot) {
        input.unit = Some(some_unit(chance, view, matter));
    }
    if !made.reasons.is_empty() {
        input.reason = chance.one(&made.reasons).map(|it| it.id.clone());
    }
    for need in &made.needs {
        // One need in twenty is forgotten.
        if chance.percent(95) {
            give(chance, view, matter, need, &mut input);
        }
    }
    input
}

fn give(chance: &mut Chance, view: &View<'_>, matter: &Matter, need: &Need, input: &mut MoveInput) {
    match need {
        Need::Photo(photo) => {
            for _ in 0..photo.count.max(1) {
                let taken = view.now.plus_ms(-1_000);
                input.files.push(file(chance, &photo.slot, matter.place.as_ref(), taken));
            }
        }
        Need::Document(kind) => input.files.push(file(chance, kind, None, view.now)),
        Need::Field(id) => {
            let field = view.pack.form.iter().find(|it| it.id == *id);
            let mut value = field.map(|it| crate::form::sample(&it.kind)).unwrap_or_default();
            if field.is_some_and(|it| it.kind.holds_files()) {
                let file = file(chance, id, matter.place.as_ref(), view.now);
                let digest = serde_json::Value::from(file.digest.clone());
                value = if value.is_array() { vec![digest].into() } else { digest };
                input.files.push(file);
            }
            input.form.insert(id.clone(), value);
        }
        Need::Note => input.note = Some("已现场查看".into()),
        Need::Reason => {
            input.reason = input.reason.take().or_else(|| Some("情况属实".into()));
        }
        Need::Checklist => input.checklist = (0..40).collect(),
        Need::Person => {
            let unit = input.unit.clone().or_else(|| Some(matter.handling.as_ref()?.unit.clone()));
            let unit = unit.unwrap_or_else(|| matter.place_unit.clone());
            let grants = view.rules.by_role.values().flatten();
            let of_unit: Vec<&Grant> = grants.filter(|it| it.unit == unit).collect();
            input.person = chance.one(&of_unit).map(|it| it.person.clone());
        }
        Need::Unit => {
            let unit = input.unit.take();
            input.unit = Some(unit.unwrap_or_else(|| some_unit(chance, view, matter)));
        }
        Need::Visit => input.items.push(Item::Visit(view.now)),
        Need::Signature => input.items.push(Item::Signature(chance.digest())),
        Need::Payment => {
            input.items.push(Item::Payment { amount_fen: 100, voucher: "1".into() });
        }
        Need::Limit | Need::Rows(_) | Need::Checks | Need::Children => {}
    }
}

fn some_unit(chance: &mut Chance, view: &View<'_>, matter: &Matter) -> UnitId {
    if let Some(handling) = &matter.handling
        && chance.percent(50)
    {
        return handling.unit.clone();
    }
    let class = view.pack.class(&matter.standing.class);
    if chance.percent(70) && class.is_some_and(|it| it.owner == DefaultOwner::Place) {
        return matter.place_unit.clone();
    }
    chance.one(view.places).map_or_else(|| matter.place_unit.clone(), |it| it.0.clone())
}

fn ended(
    chance: &mut Chance,
    view: &View<'_>,
    matter: &Matter,
) -> (Vec<crate::id::RoleId>, Command) {
    let after = &view.pack.after;
    if chance.percent(60) {
        let found = if chance.percent(80) {
            Found::Kept
        } else {
            Found::Rebounded(MatterId(chance.uuid()))
        };
        let recheck = Recheck { found, files: Vec::new(), note: None };
        return (after.recheck.clone(), Command::Recheck(recheck));
    }
    match matter.appeal {
        None => (after.appeal.clone(), Command::Appeal(Appeal::Ask("不可抗力".into()))),
        Some(_) => (after.appeal_decide.clone(), Command::Appeal(Appeal::Agree)),
    }
}

fn side(
    chance: &mut Chance,
    view: &View<'_>,
    matter: &Matter,
    stage: &Stage,
    ids: &[MatterId],
) -> (Vec<crate::id::RoleId>, Command) {
    let allow = &stage.allow;
    let text = || Remark { text: "请抓紧".into() };
    match chance.below(9) {
        0 => match &allow.extend {
            Some(it) if chance.percent(50) => {
                (it.ask.clone(), Command::Extend(Extend::Ask("等待材料".into())))
            }
            Some(it) => (it.by.clone(), Command::Extend(Extend::Grant)),
            None => (Vec::new(), Command::Extend(Extend::Grant)),
        },
        1 => {
            let by = allow.suspend.as_ref().map(|it| it.by.clone()).unwrap_or_default();
            let days = i64::try_from(chance.below(40)).unwrap_or(1);
            let suspend = match &matter.suspension {
                Some(_) => Suspend::Resume,
                None => Suspend::Grant {
                    until: view.now.plus_ms(days * DAY_MS),
                    reason: "待工程施工".into(),
                },
            };
            (by, Command::Suspend(suspend))
        }
        2 => (allow.urge.clone(), Command::Urge(text())),
        3 => {
            let level =
                *chance.one(&[Level::Blue, Level::Yellow, Level::Red]).unwrap_or(&Level::Blue);
            let supervise = Supervise { level, reason: "久拖不决".into() };
            (allow.supervise.clone(), Command::Supervise(supervise))
        }
        4 => {
            let into = *matter.similar.first().or_else(|| chance.one(ids)).unwrap_or(&matter.id);
            (allow.merge.clone(), Command::Merge(Merge { into, reason: "同一处".into() }))
        }
        5 => {
            let class =
                chance.one(&view.pack.classes).map(|it| it.code.clone()).unwrap_or_default();
            (allow.reclass.clone(), Command::Reclass(Reclass { class, reason: "分类有误".into() }))
        }
        6 => {
            let unit = some_unit(chance, view, matter);
            let children = vec![JoinUnit { matter: MatterId(chance.uuid()), unit }];
            (allow.join.clone(), Command::Join(Join { children, reason: "需要协同".into() }))
        }
        _ => (allow.note.clone(), Command::Note(text())),
    }
}

/// Digests that a submission declares and that are on disk already, by chance.
pub fn arrive(chance: &mut Chance, submission: &Submission, arrived: &mut BTreeSet<String>) {
    for file in submission.command.files() {
        if chance.percent(85) {
            arrived.insert(file.digest.clone());
        }
    }
}
