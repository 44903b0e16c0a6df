//! What `decide` may know: the rules of the realm and the rows that a command needs.

use crate::clock::Calendar;
use crate::form::Entries;
use crate::id::{AccountId, ClassCode, MatterId, PackId, PersonId, PointId, RoleId};
use crate::matter::state::Matter;
use crate::matter::submission::{Command, Found, Submission};
use crate::pack::{DutyDays, Of, Pack};
use crate::place::{AreaIndex, Place, Point};
use crate::time::{DAY_MS, HOUR_MS, Instant, Zone};
use crate::unit::{UnitId, Units};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The function of the unit that files and dispatches.
pub const DISPATCH_DESK: &str = "dispatch_desk";

/// How long a capture may lie on a phone before it counts by arrival alone, unless set.
pub const OFFLINE_WINDOW_MS: i64 = 72 * HOUR_MS;

/// The rules of a realm at one revision: everything that is not a matter.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Revision; every change of the rules raises it.
    pub rev: u64,
    /// The zone.
    pub zone: Zone,
    /// How long a capture may lie on a phone, in milliseconds.
    pub offline_window_ms: i64,
    /// Working days and hours.
    pub calendar: Calendar,
    /// The same with every day working, for packs with a duty roster.
    pub calendar_every: Calendar,
    /// The tree of units.
    pub units: Units,
    /// Polygons of units.
    pub areas: AreaIndex,
    /// Named points.
    pub points: BTreeMap<PointId, NamedPoint>,
    /// Packs by id and revision; the last revision is the one that opens matters.
    pub packs: BTreeMap<PackId, BTreeMap<u32, Arc<Pack>>>,
    /// What stands in the registers of each pack.
    pub registers: BTreeMap<PackId, Entries>,
    /// Active accounts.
    pub accounts: BTreeMap<AccountId, PersonId>,
    /// Grants of each person.
    pub grants: BTreeMap<PersonId, Vec<Grant>>,
    /// Grants of each role.
    pub by_role: BTreeMap<RoleId, Vec<Grant>>,
    /// Who stands in for whom.
    pub deputies: Vec<Deputy>,
}

/// A named place inside an area (点位).
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPoint {
    /// Its type.
    pub kind: String,
    /// The responsible unit.
    pub unit: UnitId,
    /// The responsible person (责任人).
    pub person: Option<PersonId>,
    /// The leader in charge (分包领导).
    pub leader: Option<PersonId>,
    /// Where.
    pub at: Point,
}

/// A role held by a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub person: PersonId,
    /// What.
    pub role: RoleId,
    /// Employed by: the law of acceptance looks at this unit.
    pub unit: UnitId,
    /// Works on: routing looks at this unit and all below.
    pub area: UnitId,
    /// From when.
    pub from: Option<Instant>,
    /// Until when.
    pub to: Option<Instant>,
}

/// Somebody standing in for somebody for a stated period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deputy {
    /// Who stands in.
    pub person: PersonId,
    /// For whom.
    pub stands_for: PersonId,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub to: Instant,
}

impl Grant {
    /// Whether the grant holds at `now`.
    #[must_use]
    pub fn holds(&self, now: Instant) -> bool {
        self.from.is_none_or(|it| it <= now) && self.to.is_none_or(|it| now < it)
    }

    /// Whether the grant held at any time in `since ..= now`.
    #[must_use]
    pub fn held_since(&self, since: Instant, now: Instant) -> bool {
        self.from.is_none_or(|it| it <= now) && self.to.is_none_or(|it| since < it)
    }
}

/// Everything that one decision may look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The moment of the decision: never earlier than any decision before.
    pub now: Instant,
    /// Whether the clock is out of bounds, so that penal acts wait.
    pub clock_held: bool,
    /// The rules of the realm.
    pub rules: &'a Rules,
    /// 32 random bytes that salts are derived from.
    pub salt: &'a [u8; 32],
    /// The matters that [`needs_of`] named, as far as they exist.
    pub matters: &'a BTreeMap<MatterId, Matter>,
    /// Matters near the place of an opening.
    pub near: &'a [MatterId],
    /// Digests of declared files that are already safe on disk.
    pub arrived: &'a BTreeSet<String>,
    /// Next values of counters, 1 where absent.
    pub counters: &'a BTreeMap<String, u64>,
}

/// What must be loaded before a command can be decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// Matters by id; the parents of those found are needed too.
    pub matters: Vec<MatterId>,
    /// Matters around the place of an opening.
    pub near: Option<Near>,
    /// Counters by name.
    pub counters: Vec<String>,
    /// Files by digest: whether they are safe on disk.
    pub files: Vec<String>,
}

/// Matters that an opening may be a duplicate or a rebound of: of one class, around a place, and
/// opened or cleared lately. More than these does no harm.
#[derive(Clone, Debug, PartialEq)]
pub struct Near {
    /// The place.
    pub at: Point,
    /// Within so many metres.
    pub metres: u32,
    /// The kind of loop.
    pub pack: PackId,
    /// The problem type.
    pub class: ClassCode,
    /// They were opened then or later …
    pub opened_since: Instant,
    /// … or cleared then or later.
    pub cleared_since: Instant,
}

/// What must be loaded before `submission` can be decided at `now`.
#[must_use]
pub fn needs_of(rules: &Rules, now: Instant, submission: &Submission) -> Needs {
    let mut needs = Needs { matters: vec![submission.matter], ..Needs::default() };
    match &submission.command {
        Command::Open(open) => {
            let pack = rules.pack(&open.pack);
            let at = open.place.as_ref().map(|it| it.at);
            needs.near = pack.zip(at).and_then(|(pack, at)| pack.near(at, &open.class, now));
        }
        Command::Merge(merge) => needs.matters.push(merge.into),
        Command::Join(join) => needs.matters.extend(join.children.iter().map(|it| it.matter)),
        Command::Recheck(recheck) => {
            if let Found::Rebounded(matter) = recheck.found {
                needs.matters.push(matter);
            }
        }
        _ => {}
    }
    needs.files = submission.command.files().iter().map(|it| it.digest.clone()).collect();
    if matches!(submission.command, Command::Open(_) | Command::Move(_) | Command::Join(_)) {
        // The pack of a matter is not known yet: most revisions share their templates.
        let packs = rules.packs.values().flat_map(BTreeMap::values);
        let templates: BTreeSet<&str> = packs
            .flat_map(|it| [it.numbering.open.as_str(), it.numbering.clear.as_str()])
            .collect();
        let name = |it: &str| crate::matter::number::counter_name(it, rules.zone, now);
        needs.counters = templates.into_iter().map(name).collect();
    }
    needs
}

impl Pack {
    /// What an opening of `class` at `at` must be compared with; `None` where the pack watches
    /// for neither duplicates nor rebounds.
    fn near(&self, at: Point, class: &ClassCode, now: Instant) -> Option<Near> {
        let (duplicate, rebound) = (self.watch.duplicate, self.watch.rebound);
        let metres = duplicate.map(|it| it.within_m).max(rebound.map(|it| it.within_m))?;
        let never = Instant(i64::MAX);
        let since = |length_ms: i64| Instant(now.0.saturating_sub(length_ms));
        Some(Near {
            at,
            metres,
            pack: self.id.clone(),
            class: class.clone(),
            opened_since: duplicate
                .map_or(never, |it| since(i64::from(it.within_hours).saturating_mul(HOUR_MS))),
            cleared_since: rebound
                .map_or(never, |it| since(i64::from(it.days).saturating_mul(DAY_MS))),
        })
    }
}

impl Rules {
    /// The newest revision of a pack.
    #[must_use]
    pub fn pack(&self, id: &PackId) -> Option<&Arc<Pack>> {
        self.packs.get(id).and_then(|it| it.values().next_back())
    }

    /// What stands in the registers of a pack.
    #[must_use]
    pub fn entries(&self, pack: &PackId) -> &Entries {
        static NONE: Entries = BTreeMap::new();
        self.registers.get(pack).unwrap_or(&NONE)
    }

    /// The revision of a pack that a matter was opened under.
    #[must_use]
    pub fn pack_of(&self, matter: &Matter) -> Option<&Arc<Pack>> {
        self.packs.get(&matter.pack).and_then(|it| it.get(&matter.rev))
    }

    /// The calendar that a pack runs by.
    #[must_use]
    pub fn calendar(&self, pack: &Pack) -> &Calendar {
        match pack.duty_days {
            DutyDays::Working => &self.calendar,
            DutyDays::Every => &self.calendar_every,
        }
    }

    /// The dispatch desk for a unit: the nearest unit above it with that function, else the root.
    #[must_use]
    pub fn desk(&self, unit: &UnitId) -> UnitId {
        let desk = self.units.with_function(unit, DISPATCH_DESK);
        let root = || self.units.up_from(unit).last();
        desk.or_else(root).map_or_else(|| unit.clone(), |it| it.id.clone())
    }

    /// The grants that a person may act under at `now`: own ones, and those of whom the person
    /// stands in for.
    pub fn grants_of<'a>(
        &'a self,
        person: &'a PersonId,
        now: Instant,
    ) -> impl Iterator<Item = &'a Grant> {
        let stood_for = self
            .deputies
            .iter()
            .filter(move |it| it.person == *person && it.from <= now && now < it.to)
            .map(|it| &it.stands_for);
        std::iter::once(person)
            .chain(stood_for)
            .filter_map(|it| self.grants.get(it))
            .flatten()
            .filter(move |it| it.holds(now))
    }

    /// All employments of a person since a moment, whatever the role or account.
    #[must_use]
    pub fn employments(&self, person: &PersonId, since: Instant, now: Instant) -> Vec<&Grant> {
        let grants = self.grants.get(person).into_iter().flatten();
        grants.filter(|it| it.held_since(since, now)).collect()
    }

    /// The unit that owes what `role` owes, for a place and an assigned unit.
    ///
    /// Units in `not` are passed over with all below them; where nobody holds the role, the
    /// dispatch desk owes it, so that no matter is ever without an owner.
    #[must_use]
    pub fn owner_unit(&self, wanted: &Wanted<'_>) -> UnitId {
        match wanted.of {
            Of::Assigned => wanted.assigned.unwrap_or(wanted.place).clone(),
            Of::Opener | Of::Subject => wanted.opener.clone(),
            Of::Function(function) => self
                .units
                .with_function(wanted.place, function)
                .map_or_else(|| self.desk(wanted.place), |it| it.id.clone()),
            Of::Place => self.holder_unit(wanted).unwrap_or_else(|| self.desk(wanted.place)),
        }
    }

    /// The employer of whoever holds the role nearest to the place.
    fn holder_unit(&self, wanted: &Wanted<'_>) -> Option<UnitId> {
        let grants = self.by_role.get(wanted.role)?;
        let covers = grants.iter().filter(|it| {
            it.holds(wanted.now)
                && self.units.is_within(wanted.place, &it.area)
                && !wanted.not.iter().any(|part| self.units.is_within(&it.unit, part))
        });
        covers.max_by_key(|it| self.units.up_from(&it.area).count()).map(|it| it.unit.clone())
    }
}

/// Whom [`Rules::owner_unit`] looks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The role.
    pub role: &'a RoleId,
    /// Whose.
    pub of: &'a Of,
    /// The unit whose area holds the place.
    pub place: &'a UnitId,
    /// The unit made responsible.
    pub assigned: Option<&'a UnitId>,
    /// The unit that the opener acted for.
    pub opener: &'a UnitId,
    /// Units that may not.
    pub not: &'a [UnitId],
    /// When.
    pub now: Instant,
}

/// Whether a place is usable in a realm: the unit whose area holds it, or the units on whose
/// border it lies.
#[must_use]
pub fn units_at(rules: &Rules, place: &Place) -> Vec<UnitId> {
    rules.areas.locate(place.at).candidates
}
