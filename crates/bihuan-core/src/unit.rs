//! Units: who can be made responsible, as one tree of realm, town, department, village, grid.
//!
//! Invariants: a built [`Units`] has no cycle, no unknown parent and no unit below depth
//! [`UNIT_DEPTH_MAX`]; a unit's `scope` is the path of its ids, so a subtree is one range of text
//! under C collation. Administrative codes change by decree; they are attributes, never keys.

use crate::text::Text;
use crate::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// The longest unit or kind key, in bytes.
pub const UNIT_KEY_BYTES_MAX: usize = 32;
/// The deepest tree, the topmost unit being depth 1.
pub const UNIT_DEPTH_MAX: usize = 8;

/// Whether `text` is 1 to [`UNIT_KEY_BYTES_MAX`] bytes of `a-z`, `0-9`, `_`, `-`.
#[must_use]
pub fn is_unit_key(text: &str) -> bool {
    (1..=UNIT_KEY_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// A key that is not [`is_unit_key`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a key of units is 1 to 32 of a-z, 0-9, _ and -, not {0:?}")]
pub struct KeyError(pub String);

macro_rules! unit_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Reading it from outside checks the alphabet; `From<&str>` trusts the program text.
        #[derive(
            Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9_-]{1,32}$"))]
        pub struct $name(pub String);

        impl $name {
            /// The key as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether the key keeps to the alphabet and the length.
            #[must_use]
            pub fn is_valid(&self) -> bool {
                is_unit_key(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<$name, KeyError> {
                if is_unit_key(&text) { Ok($name(text)) } else { Err(KeyError(shorten(&text))) }
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

unit_key! {
    /// A unit of the realm: a town, a department, a village, a company, a grid.
    UnitId
}
unit_key! {
    /// A kind of unit (district, town, department, village, grid …), a word of the realm.
    KindId
}

/// Enough of a refused key to recognise it by.
fn shorten(text: &str) -> String {
    text.chars().take(UNIT_KEY_BYTES_MAX).collect()
}

/// One unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Key, chosen by the realm and never changed.
    pub id: UnitId,
    /// Kind of unit.
    pub kind: KindId,
    /// The unit above; none for a topmost one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitId>,
    /// Path of ids, such as `district/town/v04/`; computed by [`Units::build`].
    #[serde(default)]
    pub scope: String,
    /// Name on screens and documents.
    pub title: Text,
    /// What the unit does for others, such as `dispatch_desk`; a word of the realm each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
    /// Administrative or statistical code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// From when the unit exists, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Until when the unit exists, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Instant>,
    /// Telephone of the office that answers for it (值班电话), digits with an optional `+`; in a
    /// change absent leaves it as it is, empty takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
}

impl Unit {
    /// Whether the unit exists at `instant`.
    #[must_use]
    pub fn is_valid_at(&self, instant: Instant) -> bool {
        self.valid_from.is_none_or(|from| from <= instant)
            && self.valid_to.is_none_or(|to| instant < to)
    }

    /// Whether the unit has a function.
    #[must_use]
    pub fn has_function(&self, function: &str) -> bool {
        self.functions.iter().any(|it| it == function)
    }
}

/// What is wrong with a list of units.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum UnitFault {
    /// The id, the kind or the parent is no key.
    #[error("unit {0:?}: a key of units is 1 to 32 of a-z, 0-9, _ and -")]
    Key(String),
    /// Two units have the same id.
    #[error("unit {0} is listed twice; give one of them another id")]
    Duplicate(UnitId),
    /// The parent is not in the list.
    #[error("unit {unit} lies below {parent}, which is not listed")]
    UnknownParent {
        /// The unit.
        unit: UnitId,
        /// Its parent.
        parent: UnitId,
    },
    /// The unit lies below itself.
    #[error("unit {0} lies below itself")]
    Cycle(UnitId),
    /// The unit lies deeper than [`UNIT_DEPTH_MAX`].
    #[error("unit {0} lies more than 8 levels deep")]
    Depth(UnitId),
    /// The unit ends before it begins.
    #[error("unit {0} ends before it begins")]
    Validity(UnitId),
}

impl UnitFault {
    /// A stable word for the fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            UnitFault::Key(_) => "unit_key",
            UnitFault::Duplicate(_) => "unit_duplicate",
            UnitFault::UnknownParent { .. } => "unit_unknown_parent",
            UnitFault::Cycle(_) => "unit_cycle",
            UnitFault::Depth(_) => "unit_depth",
            UnitFault::Validity(_) => "unit_validity",
        }
    }
}

/// All units of a realm; lookups are by key, iteration is in the order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Units {
    by_id: BTreeMap<UnitId, Unit>,
    children: BTreeMap<UnitId, BTreeSet<UnitId>>,
}

impl Units {
    /// Builds the tree and computes each `scope`.
    ///
    /// # Errors
    /// Every fault at once, sorted.
    pub fn build(list: Vec<Unit>) -> Result<Units, Vec<UnitFault>> {
        let mut faults = Vec::new();
        let mut units = Units::default();
        for unit in list {
            check_alone(&unit, &mut faults);
            if let Some(parent) = &unit.parent {
                units.children.entry(parent.clone()).or_default().insert(unit.id.clone());
            }
            if let Some(before) = units.by_id.insert(unit.id.clone(), unit) {
                faults.push(UnitFault::Duplicate(before.id));
            }
        }
        let mut scopes = Vec::with_capacity(units.by_id.len());
        for id in units.by_id.keys() {
            match units.path(id) {
                Ok(scope) => scopes.push(scope),
                Err(fault) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            faults.sort();
            faults.dedup();
            return Err(faults);
        }
        for (unit, scope) in units.by_id.values_mut().zip(scopes) {
            unit.scope = scope;
        }
        Ok(units)
    }

    /// Adds one unit, or puts it in the place of the one with its id, and builds the tree anew.
    ///
    /// # Errors
    /// Every fault the tree would then have; the tree is unchanged.
    pub fn insert(&mut self, unit: Unit) -> Result<(), Vec<UnitFault>> {
        let mut by_id = self.by_id.clone();
        by_id.insert(unit.id.clone(), unit);
        *self = Units::build(by_id.into_values().collect())?;
        Ok(())
    }

    /// The scope of a unit, found by climbing.
    fn path(&self, id: &UnitId) -> Result<String, UnitFault> {
        let mut ids = vec![id];
        let mut at = id;
        while let Some(parent) = self.by_id.get(at).and_then(|it| it.parent.as_ref()) {
            if !self.by_id.contains_key(parent) {
                let (unit, parent) = (at.clone(), parent.clone());
                return Err(UnitFault::UnknownParent { unit, parent });
            }
            if parent == id {
                return Err(UnitFault::Cycle(id.clone()));
            }
            // A cycle further up ends here too; its own members are reported as the cycle.
            if ids.len() == UNIT_DEPTH_MAX {
                return Err(UnitFault::Depth(id.clone()));
            }
            ids.push(parent);
            at = parent;
        }
        Ok(ids.iter().rev().fold(String::new(), |path, id| path + id.as_str() + "/"))
    }

    /// The unit with this id.
    #[must_use]
    pub fn get(&self, id: &UnitId) -> Option<&Unit> {
        self.by_id.get(id)
    }

    /// The unit that a scope names, such as `district/town/`.
    #[must_use]
    pub fn of_scope(&self, scope: &str) -> Option<&Unit> {
        let id = scope.strip_suffix('/')?.rsplit('/').next()?;
        self.get(&UnitId::from(id)).filter(|unit| unit.scope == scope)
    }

    /// All units in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.by_id.values()
    }

    /// Number of units.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The units right below `id`, in the order of ids.
    pub fn children(&self, id: &UnitId) -> impl Iterator<Item = &Unit> {
        self.children.get(id).into_iter().flatten().filter_map(|it| self.get(it))
    }

    /// The unit itself, then the units above it, nearest first.
    pub fn up_from(&self, id: &UnitId) -> impl Iterator<Item = &Unit> {
        let parent = |unit: &&Unit| unit.parent.as_ref().and_then(|it| self.get(it));
        std::iter::successors(self.get(id), parent)
    }

    /// Whether `unit` is `ancestor` or lies below it; false when either is unknown.
    #[must_use]
    pub fn is_within(&self, unit: &UnitId, ancestor: &UnitId) -> bool {
        match (self.get(unit), self.get(ancestor)) {
            (Some(unit), Some(ancestor)) => unit.scope.starts_with(&ancestor.scope),
            _ => false,
        }
    }

    /// The unit itself if it is of `kind`, else the nearest above that is.
    #[must_use]
    pub fn ancestor_of_kind(&self, unit: &UnitId, kind: &KindId) -> Option<&Unit> {
        self.up_from(unit).find(|it| it.kind == *kind)
    }

    /// The unit with a function that serves `unit`: climbing from it, the first unit that has the
    /// function itself or right below it (the first by id).
    #[must_use]
    pub fn with_function(&self, unit: &UnitId, function: &str) -> Option<&Unit> {
        self.up_from(unit).find_map(|it| {
            std::iter::once(it).chain(self.children(&it.id)).find(|it| it.has_function(function))
        })
    }

    /// Every unit with a function, in the order of ids.
    pub fn all_with_function(&self, function: &str) -> impl Iterator<Item = &Unit> {
        self.iter().filter(move |it| it.has_function(function))
    }

    /// The units of a subtree, the topmost first, in the order of scopes.
    #[must_use]
    pub fn subtree(&self, id: &UnitId) -> Vec<&Unit> {
        let mut found: Vec<&Unit> = self.iter().filter(|it| self.is_within(&it.id, id)).collect();
        found.sort_by(|a, b| a.scope.cmp(&b.scope));
        found
    }
}

/// What can be wrong with a unit whatever the others are.
fn check_alone(unit: &Unit, faults: &mut Vec<UnitFault>) {
    let keys = [Some(unit.id.as_str()), Some(unit.kind.as_str())];
    let parent = unit.parent.as_ref().map(UnitId::as_str);
    if keys.iter().chain([&parent]).flatten().any(|it| !is_unit_key(it)) {
        faults.push(UnitFault::Key(shorten(unit.id.as_str())));
    }
    if let (Some(from), Some(to)) = (unit.valid_from, unit.valid_to)
        && to <= from
    {
        faults.push(UnitFault::Validity(unit.id.clone()));
    }
}

/// The bounds of a subtree under C collation: `lower <= scope AND scope < upper`.
///
/// The upper bound ends in `0`, the byte after `/`; the empty scope is the whole realm.
#[must_use]
pub fn scope_range(scope: &str) -> (String, String) {
    let path = scope.strip_suffix('/').unwrap_or(scope);
    if path.is_empty() {
        // Above every letter a key may hold.
        return (String::new(), "~".to_owned());
    }
    (format!("{path}/"), format!("{path}0"))
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
