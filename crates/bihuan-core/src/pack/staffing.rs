//! Staffing: whether a realm has somebody for everything that a pack asks, wherever its matters
//! may arise. Staffing changes daily, so this is told as a list and never blocks a matter: where
//! nobody holds a role, the dispatch desk owes its move.

use crate::id::{RoleId, StageId};
use crate::matter::facts::{DISPATCH_DESK, Grant, Rules};
use crate::matter::state::{Part, PartHow};
use crate::matter::submission::Via;
use crate::pack::{AcceptBy, Act, DefaultOwner, Of, Pack, PlaceKind, Role};
use crate::party::{Scene, covers, relation};
use crate::text::Text;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Somebody or something that a realm lacks for a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffingGap {
    /// Stable code: `no_ground`, `no_desk`, `no_function`, `nobody`, `no_acceptor`.
    pub code: &'static str,
    /// The unit for which it is lacking.
    pub unit: Option<UnitId>,
    /// The role that nobody holds.
    pub role: Option<RoleId>,
    /// The stage that is first in need of it.
    pub stage: Option<StageId>,
    /// What to do.
    pub what: Text,
}

/// What a realm lacks at `now` for the matters of a pack, sorted.
#[must_use]
pub fn staffing(rules: &Rules, pack: &Pack, now: Instant) -> Vec<StaffingGap> {
    let mut check = Check { rules, pack, now, gaps: BTreeMap::new() };
    let places = check.places();
    if places.is_empty() {
        check.tell(
            "no_ground",
            (None, None, None),
            "没有任何单位有辖区，事项无处可落；请导入区域".into(),
            "no unit has an area, so no matter can be placed; import areas".into(),
        );
    }
    for place in &places {
        let assigned = check.assigned(place);
        check.desk(place);
        for unit in &assigned {
            check.stages(place, unit);
            check.acceptance(place, unit);
        }
    }
    check.gaps.into_values().collect()
}

type Key = (&'static str, Option<UnitId>, Option<RoleId>);

struct Check<'a> {
    rules: &'a Rules,
    pack: &'a Pack,
    now: Instant,
    gaps: BTreeMap<Key, StaffingGap>,
}

impl Check<'_> {
    /// Units in whose area a matter may lie: those whose ground is not divided further.
    fn places(&self) -> Vec<UnitId> {
        let units = &self.rules.units;
        let with_area: BTreeSet<&UnitId> =
            self.rules.areas.entries().iter().map(|it| &it.unit).collect();
        let needs_ground =
            matches!(self.pack.place.kind, PlaceKind::Point | PlaceKind::Line | PlaceKind::Area);
        if needs_ground || !with_area.is_empty() {
            let divided = |it: &UnitId| units.children(it).any(|it| with_area.contains(&it.id));
            return with_area.iter().filter(|it| !divided(it)).map(|it| (*it).clone()).collect();
        }
        let is_lowest = |it: &UnitId| units.children(it).next().is_none();
        units.iter().map(|it| it.id.clone()).filter(is_lowest).collect()
    }

    /// Units that the classes of the pack suggest as responsible for a place.
    fn assigned(&self, place: &UnitId) -> BTreeSet<UnitId> {
        let mut assigned = BTreeSet::new();
        for class in &self.pack.classes {
            match &class.owner {
                DefaultOwner::Place => drop(assigned.insert(place.clone())),
                DefaultOwner::Point => {
                    let points = self.rules.points.values();
                    let here = points.map(|it| &it.unit);
                    let here = here.filter(|it| self.rules.units.is_within(it, place));
                    assigned.extend(here.cloned());
                    assigned.insert(place.clone());
                }
                DefaultOwner::Function(function) => {
                    let unit = self.rules.units.with_function(place, function);
                    assigned.insert(unit.map_or_else(|| place.clone(), |it| it.id.clone()));
                }
            }
        }
        assigned
    }

    fn desk(&mut self, place: &UnitId) {
        if self.rules.units.with_function(place, DISPATCH_DESK).is_none() {
            self.tell(
                "no_desk",
                (None, None, None),
                format!("没有单位承担“{DISPATCH_DESK}”职能；请在单位表的职能列补上"),
                format!("no unit has the function `{DISPATCH_DESK}`; give it to one"),
            );
        }
    }

    /// Each stage's owner role has somebody, and so has each of its moves.
    fn stages(&mut self, place: &UnitId, assigned: &UnitId) {
        for stage in &self.pack.stages {
            let owners = stage.owner.iter().map(|it| (vec![&it.role], Some(&it.of)));
            let moves = stage.moves.iter().map(|it| (it.by.iter().collect(), None));
            for (roles, of) in owners.chain(moves) {
                let roles: Vec<&Role> =
                    roles.into_iter().filter_map(|it| self.pack.role(it)).collect();
                let by_party = |it: &&Role| matches!(it.of, Of::Opener | Of::Subject);
                if roles.is_empty() || roles.iter().any(by_party) {
                    continue;
                }
                let of = |role: &Role| of.cloned().unwrap_or_else(|| role.of.clone());
                let staffed = roles.iter().any(|it| self.anybody(it, &of(it), place, assigned));
                if !staffed {
                    self.tell_nobody(roles[0], &of(roles[0]), &stage.id, (place, assigned));
                }
            }
        }
    }

    fn tell_nobody(
        &mut self,
        role: &Role,
        of: &Of,
        stage: &StageId,
        (place, assigned): (&UnitId, &UnitId),
    ) {
        let unit = if *of == Of::Assigned { assigned } else { place };
        if let Of::Function(function) = of
            && self.rules.units.with_function(place, function).is_none()
        {
            self.tell(
                "no_function",
                (None, Some(role.id.clone()), Some(stage.clone())),
                format!("没有单位承担“{function}”职能，“{}”无人担任", role.title.zh),
                format!("no unit has the function `{function}`, so nobody is {}", role.title.en),
            );
            return;
        }
        self.tell(
            "nobody",
            (Some(unit.clone()), Some(role.id.clone()), Some(stage.clone())),
            format!("{} 没有在岗的“{}”；请为该单位或其上级指定一人", unit.0, role.title.zh),
            format!("nobody active is {} for {}; grant the role", role.title.en, unit.0),
        );
    }

    /// Whether anybody active holds the role over the scene.
    fn anybody(&self, role: &Role, of: &Of, place: &UnitId, assigned: &UnitId) -> bool {
        self.holders(role, of, place, assigned).next().is_some()
    }

    fn holders<'b>(
        &'b self,
        role: &Role,
        of: &'b Of,
        place: &'b UnitId,
        assigned: &'b UnitId,
    ) -> impl Iterator<Item = &'b Grant> {
        let units = &self.rules.units;
        let scene = Scene { place, assigned: Some(assigned), opener: None, opener_unit: None };
        let grants = self.rules.by_role.get(&role.id).into_iter().flatten();
        grants.filter(move |it| it.holds(self.now) && covers(units, it, of, &scene, Via::Person))
    }

    /// Another party can accept what the unit did there.
    fn acceptance(&mut self, place: &UnitId, assigned: &UnitId) {
        let moves = self.pack.stages.iter().flat_map(|it| it.moves.iter().map(move |m| (it, m)));
        let offices =
            moves.filter(|(_, it)| it.act == Act::Accept && it.accept_by == AcceptBy::Office);
        for (stage, made) in offices {
            let roles: Vec<&Role> = made.by.iter().filter_map(|it| self.pack.role(it)).collect();
            let by_party = |it: &&Role| matches!(it.of, Of::Opener | Of::Subject);
            if roles.iter().any(by_party) {
                continue;
            }
            let found = roles.iter().any(|role| {
                let mut holders = self.holders(role, &role.of, place, assigned);
                holders.any(|it| self.is_other(it, assigned))
            });
            let Some(role) = roles.first().filter(|_| !found) else { continue };
            self.tell(
                "no_acceptor",
                (Some(assigned.clone()), Some(role.id.clone()), Some(stage.id.clone())),
                format!(
                    "{} 的整改没有另一方可以验收；请在该单位之外指定“{}”",
                    assigned.0, role.title.zh
                ),
                format!(
                    "no other party can accept what {} does; grant {} outside it",
                    assigned.0, role.title.en
                ),
            );
        }
    }

    fn is_other(&self, grant: &Grant, assigned: &UnitId) -> bool {
        let part = Part { unit: assigned.clone(), person: None, how: PartHow::Owned };
        let employments = self.rules.employments(&grant.person, self.now, self.now);
        let units = &self.rules.units;
        relation(units, &[part], &grant.person, &grant.unit, &employments).is_ok()
    }

    /// Notes a gap once for each code, unit and role.
    fn tell(
        &mut self,
        code: &'static str,
        (unit, role, stage): (Option<UnitId>, Option<RoleId>, Option<StageId>),
        zh: String,
        en: String,
    ) {
        let key = (code, unit.clone(), role.clone());
        let gap = StaffingGap { code, unit, role, stage, what: Text { zh, en } };
        self.gaps.entry(key).or_insert(gap);
    }
}
