//! Cases: scores that carry money, and which of them make an adjustment.

use crate::adjustment::document::RuleDocument;
use crate::id::{MatterId, PackId};
use crate::matter::Rules;
use crate::pack::{Tariff, is_never_charged, needs_contract};
use crate::time::{HOUR_MS, Instant};
use crate::unit::UnitId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A score that carries money, with what is known now of its matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// Number of the entry that scored.
    pub seq: u64,
    /// Which score of the entry.
    pub no: u32,
    /// The matter.
    pub matter: MatterId,
    /// Its number in the ledger.
    pub number: Option<String>,
    /// The revision of the pack that it runs under.
    pub rev: u32,
    /// The unit.
    pub unit: UnitId,
    /// The tariff.
    pub tariff: String,
    /// Fen as scored, negative for a deduction.
    pub fen: i64,
    /// How many scores of this matter by this tariff came before.
    pub before: u32,
    /// When the matter was opened.
    pub opened_at: Instant,
    /// When it was cleared.
    pub cleared_at: Option<Instant>,
    /// It was voided, or ended as a duplicate.
    pub is_void: bool,
    /// Reported by the unit on itself, or an appeal was granted.
    pub is_exempt: bool,
    /// It is a case of a living adjustment already.
    pub is_held: bool,
}

/// One score as a case of an adjustment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Number of the entry that scored.
    pub seq: u64,
    /// Which score of the entry.
    pub no: u32,
    /// The matter.
    pub matter: MatterId,
    /// Its number in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The tariff.
    pub tariff: String,
    /// The revision of the pack that has it.
    pub rev: u32,
    /// Fen, negative for a deduction.
    pub fen: i64,
    /// Fen as scored, where the cap of the tariff left less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scored_fen: Option<i64>,
}

/// Why a score makes no case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// It is a case of a living adjustment already.
    Held,
    /// The matter was voided, or ended as a duplicate.
    Void,
    /// Reported by the unit on itself, or an appeal was granted.
    Exempt,
    /// Fixed within the hours that the tariff gives (立行立改).
    Grace,
    /// The tariff has fallen on this matter as often as it may.
    TooOften,
    /// The tariff has reached its cap for this unit and period.
    Cap,
    /// The tariff does not list the kind of the unit, or the kind is never charged.
    Kind,
    /// The unit is no public body and the rule document names no contract with it.
    Contract,
}

impl LeftOut {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            LeftOut::Held => "held",
            LeftOut::Void => "void",
            LeftOut::Exempt => "exempt",
            LeftOut::Grace => "grace",
            LeftOut::TooOften => "too_often",
            LeftOut::Cap => "cap",
            LeftOut::Kind => "kind",
            LeftOut::Contract => "contract",
        }
    }
}

/// A score that makes no case, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOutCase {
    /// The score.
    pub scored: Scored,
    /// Why.
    pub why: LeftOut,
}

/// What the scores of a unit and period come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// The cases, in the order of the record.
    pub cases: Vec<Case>,
    /// Scores that make none.
    pub left_out: Vec<LeftOutCase>,
    /// The sum of the cases, in fen.
    pub amount_fen: i64,
}

/// Whose scores are gathered, and under what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The rules of the realm.
    pub rules: &'a Rules,
    /// The rule document.
    pub document: &'a RuleDocument,
    /// The pack.
    pub pack: &'a PackId,
    /// The unit.
    pub unit: &'a UnitId,
    /// Fen that living adjustments of this unit and period hold already, by tariff.
    pub charged: &'a BTreeMap<String, i64>,
}

/// The cases of a unit, from its scores in a period, in the order of the record.
#[must_use]
pub fn gather(asked: &Asked<'_>, scored: &[Scored]) -> Gathered {
    let mut charged = asked.charged.clone();
    let mut gathered = Gathered::default();
    for it in scored {
        let tariff = tariff(asked, it);
        let outcome = tariff.ok_or(LeftOut::Kind).and_then(|tariff| {
            fits(asked, tariff, it)?;
            let held = charged.entry(tariff.id.clone()).or_default();
            let fen = capped(tariff, *held, it.fen);
            if fen == 0 {
                return Err(LeftOut::Cap);
            }
            *held += fen;
            Ok(fen)
        });
        match outcome {
            Err(why) => gathered.left_out.push(LeftOutCase { scored: it.clone(), why }),
            Ok(fen) => {
                gathered.amount_fen += fen;
                gathered.cases.push(Case {
                    seq: it.seq,
                    no: it.no,
                    matter: it.matter,
                    number: it.number.clone(),
                    tariff: it.tariff.clone(),
                    rev: it.rev,
                    fen,
                    scored_fen: Some(it.fen).filter(|scored| *scored != fen),
                });
            }
        }
    }
    gathered
}

/// The tariff that scored, in the revision that the matter runs under.
fn tariff<'a>(asked: &Asked<'a>, scored: &Scored) -> Option<&'a Tariff> {
    let pack = asked.rules.packs.get(asked.pack)?.get(&scored.rev)?;
    pack.tariffs.iter().find(|it| it.id == scored.tariff)
}

fn fits(asked: &Asked<'_>, tariff: &Tariff, scored: &Scored) -> Result<(), LeftOut> {
    let kind = asked.rules.units.get(&scored.unit).map(|it| &it.kind);
    let listed = kind.filter(|it| tariff.fen_kinds.contains(it) && !is_never_charged(it));
    let kind = listed.ok_or(LeftOut::Kind)?;
    let grace_ms = tariff.grace_hours.map(|it| i64::from(it) * HOUR_MS);
    let took_ms = scored.cleared_at.map(|it| it.0 - scored.opened_at.0);
    let out = [
        (scored.is_held, LeftOut::Held),
        (scored.is_void, LeftOut::Void),
        (scored.is_exempt, LeftOut::Exempt),
        (took_ms.zip(grace_ms).is_some_and(|(took, grace)| took <= grace), LeftOut::Grace),
        (scored.before >= tariff.times_max, LeftOut::TooOften),
        (
            needs_contract(kind) && !asked.document.contracts.contains_key(&scored.unit),
            LeftOut::Contract,
        ),
    ];
    out.iter().find(|it| it.0).map_or(Ok(()), |it| Err(it.1))
}

/// What the cap of a tariff leaves of `fen`, where `held` fen stand under it already.
fn capped(tariff: &Tariff, held: i64, fen: i64) -> i64 {
    let Some(cap) = tariff.cap_fen else { return fen };
    let left = cap.saturating_sub(held.saturating_abs()).max(0);
    fen.clamp(-left, left)
}
