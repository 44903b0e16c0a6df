//! An adjustment as it is shown: cases by their place in it, texts that may still be read.

use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::adjustment::{Adjustment, AdjustmentStage, Basis, Case, Period, Step};
use bihuan_core::content::ContentRef;
use bihuan_core::id::{AdjustmentId, MatterId, PackId, PersonId};
use bihuan_core::pack::Pack;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::text::{Shown, texts};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An adjustment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AdjustmentShown {
    /// Its id.
    pub id: AdjustmentId,
    /// Number of its steps so far.
    pub version: u64,
    /// How far it has come.
    pub stage: AdjustmentStage,
    /// The pack.
    pub pack: PackId,
    /// The days.
    pub period: Period,
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_title: Text,
    /// What it rests on.
    pub basis: Basis,
    /// The sum of its cases, in fen; negative takes from the unit.
    pub amount_fen: i64,
    /// Its cases.
    pub cases: Vec<CaseShown>,
    /// The executed adjustment that it undoes, where it is a counter-entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverses: Option<AdjustmentId>,
    /// Number of the announcement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Until when the unit may object, in milliseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Who did what, in order.
    pub steps: Vec<StepShown>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CaseShown {
    /// Its place, from 1: counter-entries name it.
    pub no: usize,
    /// The matter.
    pub matter: MatterId,
    /// Its number in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The tariff.
    pub tariff: String,
    /// The revision of the pack that has it.
    pub rev: u32,
    /// Its name: the words of the rule stand beside the amount.
    pub tariff_title: Text,
    /// Fen, negative for a deduction.
    pub fen: i64,
    /// Fen as scored, where the cap left less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scored_fen: Option<i64>,
}

/// Who did what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StepShown {
    /// What.
    pub what: String,
    /// When.
    pub at: Instant,
    /// Who.
    pub person: PersonId,
    /// For which unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Why, as far as it may still be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An adjustment with names and reasons.
///
/// # Errors
/// As the database says.
pub fn show(realm: &Realm, it: &Adjustment) -> Result<AdjustmentShown, Problem> {
    let rules = realm.rules();
    let refs = it.steps.iter().filter_map(|it| it.text.clone()).collect();
    let reasons = realm.read(|db| texts(db, &refs))?;
    let unit = rules.units.get(&it.unit);
    let packs = rules.packs.get(&it.pack);
    let case = |(no, case): (usize, &Case)| {
        show_case(no, case, packs.and_then(|it| it.get(&case.rev)).map(AsRef::as_ref))
    };
    Ok(AdjustmentShown {
        id: it.id,
        version: it.version,
        stage: it.stage,
        pack: it.pack.clone(),
        period: it.period.clone(),
        unit: it.unit.clone(),
        unit_title: unit.map_or_else(|| Text::new(&*it.unit.0, &*it.unit.0), |it| it.title.clone()),
        basis: it.basis.clone(),
        amount_fen: it.amount_fen,
        cases: (1..).zip(&it.cases).map(case).collect(),
        reverses: it.reverses.as_ref().map(|it| it.of),
        number: it.number.clone(),
        until: it.until,
        steps: it.steps.iter().map(|it| show_step(it, &reasons)).collect(),
    })
}

/// A case with the name of its tariff.
#[must_use]
pub fn show_case(no: usize, case: &Case, pack: Option<&Pack>) -> CaseShown {
    let tariff = pack.and_then(|it| it.tariffs.iter().find(|it| it.id == case.tariff));
    let key = || Text::new(&*case.tariff, &*case.tariff);
    CaseShown {
        no,
        matter: case.matter,
        number: case.number.clone(),
        tariff: case.tariff.clone(),
        rev: case.rev,
        tariff_title: tariff.map_or_else(key, |it| it.title.clone()),
        fen: case.fen,
        scored_fen: case.scored_fen,
    }
}

fn show_step(step: &Step, reasons: &BTreeMap<ContentRef, Shown>) -> StepShown {
    let reason = step.text.as_ref().and_then(|it| reasons.get(it)).and_then(Shown::text);
    StepShown {
        what: step.what.clone(),
        at: step.at,
        person: step.person.clone(),
        unit: step.unit.clone(),
        reason: reason.map(ToOwned::to_owned),
    }
}
