//! Registers (名录): the lists of a pack that its matters refer to.
//!
//! Invariants: the register of a sealed pack is for those who hold an office of that pack; sealed
//! fields of an entry are for those who may change it; a text is told only where a field that is
//! shown names it.

use super::body::{Path, Query};
use super::point::{Colleague, colleagues};
use super::problem::ReadProblems;
use super::unit::check_typed;
use super::{ApiProblem, App, Caller};
use crate::initials::is_meant;
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use bihuan_core::content::ContentRef;
use bihuan_core::form::{Entry, Field, FieldValue, Register};
use bihuan_core::id::PackId;
use bihuan_core::matter::Rules;
use bihuan_core::pack::{Compartment, Pack};
use bihuan_core::policy::{self, Action, Viewer, compartment};
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::text::texts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};

/// Most entries of one answer.
const ENTRIES_MAX: usize = 1_000;

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntryQuery {
    /// Part of a name, in Chinese or English, or pinyin initials; or how an id begins.
    #[serde(default)]
    #[param(max_length = 100)]
    pub q: Option<String>,
    /// Of this unit and all below it.
    #[serde(default)]
    pub unit: Option<UnitId>,
    /// Go on after this one, the last of the page before.
    #[serde(default)]
    pub after: Option<String>,
}

/// A register and some of its entries.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RegisterShown {
    /// Its key in the pack.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// Its entries, in the order of their ids.
    pub entries: Vec<EntryShown>,
    /// What to give as `after` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryShown {
    /// Id.
    pub id: String,
    /// Name.
    pub title: Text,
    /// The unit that answers for it.
    pub unit: UnitId,
    /// The person who does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Colleague>,
    /// From when, in milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Instant>,
    /// Until when, exclusive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Instant>,
    /// Whether it stands in the register now, so that a matter may refer to it.
    pub holds: bool,
    /// Its fields, as a form holds them; the pack says what they are.
    #[schema(value_type = Object)]
    pub fields: BTreeMap<String, FieldValue>,
    /// Texts that the fields name, by their references; `null` for one that was erased.
    #[schema(value_type = Object)]
    pub texts: BTreeMap<ContentRef, Option<String>>,
}

/// Entries of a register.
#[utoipa::path(
    get, path = "/api/v1/registers/{pack}/{register}", tag = "realm",
    params(("pack" = PackId, Path), ("register" = String, Path), EntryQuery),
    responses((status = 200, body = RegisterShown), ReadProblems)
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path((pack, register)): Path<(PackId, String)>,
    Query(query): Query<EntryQuery>,
) -> Result<axum::Json<RegisterShown>, ApiProblem> {
    let (rules, viewer) = caller.may(&app, &Action::SeeRules)?;
    check_typed(query.q.as_deref())?;
    let pack = rules.pack(&pack).filter(|it| may_look(&rules, &viewer, it)).cloned();
    let pack = pack.ok_or_else(ApiProblem::not_found)?;
    let has = |it: &Register| it.id == register;
    let no = pack.registers.iter().position(has).ok_or_else(ApiProblem::not_found)?;
    let shown = app
        .run(move |realm| read(realm, &rules, &viewer, (&pack, &pack.registers[no]), &query))
        .await?;
    Ok(axum::Json(shown))
}

/// Whether somebody who may see rules may see what stands in the registers of a pack.
fn may_look(rules: &Rules, viewer: &Viewer, pack: &Pack) -> bool {
    let is_office = |role| pack.role(role).is_some_and(|it| !it.is_public_only());
    compartment(rules, pack) != Compartment::Sealed
        || viewer.offices().iter().any(|it| is_office(&it.role))
}

fn read(
    realm: &Realm,
    rules: &Rules,
    viewer: &Viewer,
    (pack, register): (&Pack, &Register),
    query: &EntryQuery,
) -> Result<RegisterShown, Problem> {
    let none = BTreeMap::new();
    let entries = rules.entries(&pack.id).get(&register.id).unwrap_or(&none);
    let is_chosen = |(id, entry): &(&String, &Entry)| {
        query.after.as_ref().is_none_or(|it| it < *id)
            && query.unit.as_ref().is_none_or(|it| rules.units.is_within(&entry.unit, it))
            && query
                .q
                .as_deref()
                .is_none_or(|it| is_meant(&entry.title, it) || id.starts_with(it.trim()))
    };
    let mut found: Vec<_> = entries.iter().filter(is_chosen).take(ENTRIES_MAX + 1).collect();
    let full = found.len() > ENTRIES_MAX;
    found.truncate(ENTRIES_MAX);
    let next = found.last().filter(|_| full).map(|it| it.0.clone());
    let persons = found.iter().filter_map(|it| it.1.person.as_ref());
    let colleagues = colleagues(realm, rules, viewer, persons)?;
    let mut shown: Vec<EntryShown> = found
        .into_iter()
        .map(|(id, entry)| EntryShown {
            id: id.clone(),
            title: entry.title.clone(),
            unit: entry.unit.clone(),
            person: entry.person.as_ref().and_then(|it| colleagues.get(it)).cloned(),
            from: entry.from,
            to: entry.to,
            holds: entry.holds(viewer.now()),
            fields: fields(rules, viewer, register, entry),
            texts: BTreeMap::new(),
        })
        .collect();
    tell_texts(realm, &mut shown)?;
    let (id, title) = (register.id.clone(), register.title.clone());
    Ok(RegisterShown { id, title, entries: shown, next })
}

/// The fields of an entry that the viewer may see.
fn fields(
    rules: &Rules,
    viewer: &Viewer,
    register: &Register,
    entry: &Entry,
) -> BTreeMap<String, FieldValue> {
    let keeps = policy::may(rules, viewer, &Action::ChangeRegisters(entry.unit.clone())).is_ok();
    let is_shown = |field: &Field| keeps || !field.sealed;
    let shown = |id: &String| register.fields.iter().any(|it| it.id == *id && is_shown(it));
    let fields = entry.fields.iter().filter(|(id, _)| shown(id));
    fields.map(|(id, value)| (id.clone(), value.clone())).collect()
}

/// Adds the texts that the shown fields name.
fn tell_texts(realm: &Realm, entries: &mut [EntryShown]) -> Result<(), Problem> {
    let named = |it: &EntryShown| -> BTreeSet<ContentRef> {
        it.fields.values().flat_map(FieldValue::contents).cloned().collect()
    };
    let all: BTreeSet<ContentRef> = entries.iter().flat_map(named).collect();
    let told = realm.read(|db| texts(db, &all))?;
    for entry in entries {
        let text = |it: &ContentRef| told.get(it).and_then(|it| it.text()).map(ToOwned::to_owned);
        entry.texts = named(entry).into_iter().map(|it| (it.clone(), text(&it))).collect();
    }
    Ok(())
}
