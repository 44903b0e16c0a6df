//! Proposing a period for many units at once: a preview of what each would come to, then one
//! adjustment for each.
//!
//! Invariant: the ids of the adjustments follow from the id of the proposal and the unit, so that
//! a retry proposes nothing twice.

use super::shown::{CaseShown, show_case};
use crate::http::body::{Json, Query};
use crate::http::problem::WriteProblems;
use crate::http::{ApiProblem, App, Caller};
use crate::problem::Problem;
use crate::realm::Realm;
use axum::extract::State;
use bihuan_core::adjustment::{
    AdjustmentCommand, AdjustmentRefusal, AdjustmentSubmission, Gathered, LeftOut, Period, Propose,
    RuleDocument, proposes_adjustments,
};
use bihuan_core::content::derive_salt;
use bihuan_core::id::{AdjustmentId, CommandId, MatterId, PackId};
use bihuan_core::text::Text;
use bihuan_core::unit::{KindId, UnitId};
use bihuan_store::adjustment::{self, Of};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// A proposal for all units of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposalInput {
    /// Chosen before sending (UUIDv7), kept through retries.
    pub id: CommandId,
    /// The pack.
    pub pack: PackId,
    /// The days; they have ended.
    pub period: Period,
    /// The kind of units.
    pub kind: KindId,
    /// Key of the rule document.
    pub document: String,
}

/// Whether to gather only.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProposalQuery {
    /// Tell what it would come to; nothing is proposed.
    #[serde(default)]
    #[param(required = false)]
    pub preview: bool,
}

/// What a proposal came to, or would come to.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProposalAnswer {
    /// The units that have scores with money in the period.
    pub units: Vec<ProposalUnit>,
    /// Fen of all units together.
    pub amount_fen: i64,
    /// Executed adjustments of these units with cases that have fallen since: propose
    /// counter-entries.
    pub to_reverse: Vec<ToReverse>,
}

/// What it comes to for one unit.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ProposalUnit {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub title: Text,
    /// The sum of the cases, in fen.
    pub amount_fen: i64,
    /// The cases.
    pub cases: Vec<CaseShown>,
    /// Scores that make none.
    pub left_out: Vec<LeftOutShown>,
    /// What was proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjustment: Option<AdjustmentId>,
    /// Why nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ApiProblem>,
}

/// A score that makes no case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeftOutShown {
    /// The matter.
    pub matter: MatterId,
    /// Its number in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The tariff.
    pub tariff: String,
    /// Fen as scored.
    pub fen: i64,
    /// Why.
    pub why: LeftOut,
}

/// An executed adjustment that a counter-entry should undo in part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ToReverse {
    /// The adjustment.
    pub adjustment: AdjustmentId,
    /// Its unit.
    pub unit: UnitId,
    /// The places of the cases, from 1.
    pub cases: Vec<usize>,
}

/// Proposes what the scores of a period come to, one adjustment for each unit; or tells it only.
#[utoipa::path(
    post, path = "/api/v1/adjustments", tag = "adjustment",
    params(ProposalQuery), request_body = ProposalInput,
    responses((status = 200, body = ProposalAnswer), WriteProblems)
)]
pub async fn propose(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ProposalQuery>,
    Json(input): Json<ProposalInput>,
) -> Result<axum::Json<ProposalAnswer>, ApiProblem> {
    let (rules, viewer) = caller.viewer(&app);
    let pack = rules.pack(&input.pack).cloned();
    let of_kind = rules.units.iter().filter(|it| it.kind == input.kind);
    let may = |unit: &UnitId| {
        pack.as_ref().is_some_and(|it| proposes_adjustments(&rules, &viewer, it, unit))
    };
    let units: BTreeSet<UnitId> = of_kind.map(|it| it.id.clone()).filter(may).collect();
    if units.is_empty() {
        let roles = pack.map(|it| it.adjusting.propose.clone()).unwrap_or_default();
        return Err(refused(AdjustmentRefusal::NotAllowed { roles }));
    }
    app.run(move |realm| {
        let proposal = Proposal { realm, caller: &caller, input: &input };
        let mut answer = proposal.preview(&units)?;
        if !query.preview {
            answer.units.iter_mut().for_each(|it| proposal.make(it));
        }
        Ok(axum::Json(answer))
    })
    .await
}

fn refused(refusal: AdjustmentRefusal) -> ApiProblem {
    Problem::Adjustment(Box::new(refusal)).into()
}

/// A proposal while it is made.
struct Proposal<'a> {
    realm: &'a Realm,
    caller: &'a Caller,
    input: &'a ProposalInput,
}

impl Proposal<'_> {
    fn document(&self) -> Result<RuleDocument, Problem> {
        let input = self.input;
        let found = self.realm.read(|db| adjustment::document(db, &input.document))?;
        let missing = AdjustmentRefusal::NoDocument { document: input.document.clone() };
        let refuse = |it: AdjustmentRefusal| Problem::Adjustment(Box::new(it));
        let document = found.filter(|it| it.pack == input.pack).ok_or_else(|| refuse(missing))?;
        if input.period.days().is_none() {
            let why = Text::new("写明起止日期（如 2021-03-01），最长366天", "at most 366 days");
            return Err(refuse(AdjustmentRefusal::Invalid { field: "period".into(), why }));
        }
        if !document.covers(&input.period) {
            let (from, to) = (document.from, document.to);
            return Err(refuse(AdjustmentRefusal::NotCovered { from, to }));
        }
        Ok(document)
    }

    fn preview(&self, units: &BTreeSet<UnitId>) -> Result<ProposalAnswer, Problem> {
        let (input, rules) = (self.input, self.realm.rules());
        let document = self.document()?;
        let of = Of { pack: &input.pack, period: &input.period, unit: None };
        let told = self.realm.read(|db| adjustment::preview(db, &rules, &document, of, units))?;
        let listed: Vec<UnitId> = units.iter().cloned().collect();
        let fell = self.realm.read(|db| adjustment::to_reverse(db, &listed))?;
        let to_reverse = fell.into_iter().filter(|it| it.0.pack == input.pack);
        let to_reverse = to_reverse.map(|(it, places)| ToReverse {
            adjustment: it.id,
            unit: it.unit,
            cases: places.into_iter().map(|it| it + 1).collect(),
        });
        let to_reverse = to_reverse.collect();
        let units: Vec<ProposalUnit> =
            told.into_iter().map(|it| self.unit(it.unit, it.gathered)).collect();
        let amount_fen = units.iter().map(|it| it.amount_fen).sum();
        Ok(ProposalAnswer { units, amount_fen, to_reverse })
    }

    fn unit(&self, unit: UnitId, gathered: Gathered) -> ProposalUnit {
        let rules = self.realm.rules();
        let packs = rules.packs.get(&self.input.pack);
        let title = rules.units.get(&unit).map(|it| it.title.clone());
        let cases = (1..).zip(&gathered.cases).map(|(no, it)| {
            show_case(no, it, packs.and_then(|packs| packs.get(&it.rev)).map(AsRef::as_ref))
        });
        let left_out = gathered.left_out.iter().map(|it| LeftOutShown {
            matter: it.scored.matter,
            number: it.scored.number.clone(),
            tariff: it.scored.tariff.clone(),
            fen: it.scored.fen,
            why: it.why,
        });
        ProposalUnit {
            title: title.unwrap_or_else(|| Text::new(&*unit.0, &*unit.0)),
            amount_fen: gathered.amount_fen,
            cases: cases.collect(),
            left_out: left_out.collect(),
            adjustment: None,
            problem: None,
            unit,
        }
    }

    /// Proposes for one unit; one that is refused stops no other.
    fn make(&self, unit: &mut ProposalUnit) {
        let id = |what: &str| {
            let seed =
                derive_salt(&[0; 32], format!("{what} {} {}", self.input.id, unit.unit).as_bytes());
            let bytes: [u8; 16] = seed[..16].try_into().unwrap_or_default();
            uuid::Builder::from_custom_bytes(bytes).into_uuid()
        };
        let submission = AdjustmentSubmission {
            id: CommandId(id("command")),
            by: self.caller.account.clone(),
            via: self.caller.via,
            roles: self.caller.roles.clone(),
            adjustment: AdjustmentId(id("adjustment")),
            base_version: None,
            command: AdjustmentCommand::Propose(Propose {
                pack: self.input.pack.clone(),
                period: self.input.period.clone(),
                unit: unit.unit.clone(),
                document: self.input.document.clone(),
            }),
        };
        match self.realm.store().adjust(submission) {
            Ok(receipt) => unit.adjustment = Some(receipt.adjustment),
            Err(error) => unit.problem = Some(Problem::from(error).into()),
        }
    }
}
