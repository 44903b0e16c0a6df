//! Registers (名录): lists that matters refer to and keep, such as enterprises or pipe segments.

use super::{Field, FieldFault, FieldKind, FieldValue};
use crate::id::PersonId;
use crate::text::Text;
use crate::time::Instant;
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Entries of a pack: by key of the entry, by key of the register.
pub type Entries = BTreeMap<String, BTreeMap<String, Entry>>;

/// A list that matters refer to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Register {
    /// Key.
    pub id: String,
    /// Name on screens.
    pub title: Text,
    /// Typed fields of an entry.
    pub fields: Vec<Field>,
}

/// An entry of a register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Name on screens.
    pub title: Text,
    /// The unit that answers for it; a schedule opens its matters there.
    pub unit: UnitId,
    /// The person that answers for it (责任人).
    pub person: Option<PersonId>,
    /// From when.
    pub from: Option<Instant>,
    /// Until when, exclusive.
    pub to: Option<Instant>,
    /// What its fields hold.
    pub fields: BTreeMap<String, FieldValue>,
}

impl Entry {
    /// Whether it stands in its register at `now`.
    #[must_use]
    pub fn holds(&self, now: Instant) -> bool {
        self.from.is_none_or(|it| it <= now) && self.to.is_none_or(|it| now < it)
    }
}

/// That every key given stands in its register at `now`.
///
/// # Errors
/// Every key that does not.
pub fn check_entries(
    fields: &[Field],
    values: &BTreeMap<String, FieldValue>,
    entries: &Entries,
    now: Instant,
) -> Result<(), Vec<FieldFault>> {
    let mut faults = Vec::new();
    look_up(fields, values, "", (entries, now), &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn look_up(
    fields: &[Field],
    values: &BTreeMap<String, FieldValue>,
    path: &str,
    (entries, now): (&Entries, Instant),
    faults: &mut Vec<FieldFault>,
) {
    for field in fields {
        match (&field.kind, values.get(&field.id)) {
            (FieldKind::Register { register }, Some(FieldValue::Key(key))) => {
                let entry = entries.get(register).and_then(|it| it.get(key));
                if !entry.is_some_and(|it| it.holds(now)) {
                    let what = Text::new(
                        format!("名录中没有“{key}”，或已停用；请从名录中选择"),
                        format!("the register has no entry `{key}` today; choose one of its own"),
                    );
                    let field = format!("{path}{}", field.id);
                    faults.push(FieldFault { code: "no_entry", field, what });
                }
            }
            (FieldKind::Rows { fields, .. }, Some(FieldValue::Rows(rows))) => {
                for (no, row) in rows.iter().enumerate() {
                    let path = format!("{path}{}[{no}].", field.id);
                    look_up(fields, row, &path, (entries, now), faults);
                }
            }
            _ => {}
        }
    }
}
