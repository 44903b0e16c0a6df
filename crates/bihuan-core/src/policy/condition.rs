//! What a matter must be like to be in a scope.

use crate::id::PersonId;
use crate::matter::state::Matter;
use crate::policy::sight::is_published;
use crate::unit::{UnitId, Units};
use std::collections::BTreeSet;
use std::ops::Bound;

/// Units with all below them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subtrees {
    /// Scopes of the topmost units, none below another, such as `district/town/`.
    roots: BTreeSet<String>,
    /// All units.
    units: BTreeSet<UnitId>,
}

impl Subtrees {
    /// The subtrees of units; unknown ones have none.
    #[must_use]
    pub fn of<'a>(units: &Units, tops: impl IntoIterator<Item = &'a UnitId>) -> Subtrees {
        let mut all: Vec<String> =
            tops.into_iter().filter_map(|it| Some(units.get(it)?.scope.clone())).collect();
        all.sort();
        // A scope sorts right before those below it.
        all.dedup_by(|below, above| below.starts_with(above.as_str()));
        let roots: BTreeSet<String> = all.into_iter().collect();
        let within = |scope: &str| {
            let before =
                roots.range::<str, _>((Bound::Unbounded, Bound::Included(scope))).next_back();
            before.is_some_and(|it| scope.starts_with(it.as_str()))
        };
        let units = units.iter().filter(|it| within(&it.scope)).map(|it| it.id.clone()).collect();
        Subtrees { roots, units }
    }

    /// Scopes of the topmost units; [`crate::unit::scope_range`] gives their bounds.
    #[must_use]
    pub fn roots(&self) -> &BTreeSet<String> {
        &self.roots
    }

    /// All units, the topmost and those below.
    #[must_use]
    pub fn units(&self) -> &BTreeSet<UnitId> {
        &self.units
    }

    /// Whether a unit is one of them.
    #[must_use]
    pub fn has(&self, unit: &UnitId) -> bool {
        self.units.contains(unit)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Whether all of `other` is here too.
    #[must_use]
    pub fn holds(&self, other: &Subtrees) -> bool {
        other.units.is_subset(&self.units)
    }
}

/// What a matter must be like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Anything.
    Always,
    /// It stands so that the public page shows it.
    Published,
    /// Its place lies in one of these units.
    Place(Subtrees),
    /// One of these units is responsible.
    Responsible(Subtrees),
    /// One of these units took part.
    Part(Subtrees),
    /// It is assigned to one of these units.
    Assigned(Subtrees),
    /// One of these persons opened it.
    OpenedBy(BTreeSet<PersonId>),
    /// It was opened for one of these units, not those below them.
    OpenedFor(BTreeSet<UnitId>),
}

impl Condition {
    /// Whether a matter is like that.
    #[must_use]
    pub fn holds(&self, matter: &Matter) -> bool {
        match self {
            Condition::Always => true,
            Condition::Published => is_published(matter.standing.is),
            Condition::Place(units) => units.has(&matter.place_unit),
            Condition::Responsible(units) => units.has(&matter.standing.responsible),
            Condition::Part(units) => matter.parts.iter().any(|it| units.has(&it.unit)),
            Condition::Assigned(units) => {
                matter.handling.as_ref().is_some_and(|it| units.has(&it.unit))
            }
            Condition::OpenedBy(persons) => persons.contains(&matter.opened_by),
            Condition::OpenedFor(units) => units.contains(&matter.opened_unit),
        }
    }

    /// Whether no matter is like that.
    pub(super) fn is_never(&self) -> bool {
        match self {
            Condition::Always | Condition::Published => false,
            Condition::Place(units)
            | Condition::Responsible(units)
            | Condition::Part(units)
            | Condition::Assigned(units) => units.is_empty(),
            Condition::OpenedBy(persons) => persons.is_empty(),
            Condition::OpenedFor(units) => units.is_empty(),
        }
    }
}
