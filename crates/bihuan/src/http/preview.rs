//! What a command would lead to, as its sender is told before it is sent.

use bihuan_core::id::{ClassCode, MatterId, PersonId, RoleId, StageId};
use bihuan_core::matter::event::What;
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::policy::links;
use bihuan_core::text::Text;
use bihuan_core::time::Instant;
use bihuan_core::unit::UnitId;
use bihuan_store::Would;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What a command would lead to; nothing has changed, and the engine decides anew when it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CommandPreview {
    /// The role under which it would be done.
    pub role: RoleId,
    /// The unit for which it would be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Every matter that would change and that the caller sees, as it would stand; the one acted on
    /// comes first.
    pub matters: Vec<MatterPreview>,
    /// Points and money that would follow.
    pub scores: Vec<ScorePreview>,
}

/// A matter as it would stand.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MatterPreview {
    /// The matter.
    pub matter: MatterId,
    /// Its version.
    pub version: u64,
    /// Stage of the pack.
    pub stage: StageId,
    /// The stage's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_title: Option<Text>,
    /// The problem type.
    pub class: ClassCode,
    /// The responsible unit.
    pub responsible: UnitId,
    /// Who would owe the next move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerPreview>,
    /// Until when, in milliseconds since 1970 UTC; absent once ended or while suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Instant>,
    /// Whether the clock would stand still.
    pub suspended: bool,
    /// Open matters that may be the same.
    pub similar: Vec<MatterId>,
    /// The cleared matter that it would be a rebound of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rebound_of: Option<MatterId>,
}

/// Who would owe the next move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnerPreview {
    /// The role.
    pub role: RoleId,
    /// The unit.
    pub unit: UnitId,
    /// The person, once named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
}

/// Points and money that would follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorePreview {
    /// Whom it would count for.
    pub unit: UnitId,
    /// By which tariff of the pack.
    pub tariff: String,
    /// Thousandths of a point.
    pub points_milli: i64,
    /// Fen.
    pub amount_fen: i64,
}

impl CommandPreview {
    /// Matters other than `first` that a decision about it touches or names, and did not open.
    #[must_use]
    pub fn others(first: MatterId, would: &Would) -> BTreeSet<MatterId> {
        let mut others: BTreeSet<MatterId> =
            would.after.values().flat_map(|it| links(it, [])).collect();
        others.extend(would.after.keys());
        let opened = |id: &MatterId| {
            let mut events = would.decision.events.iter().filter(|(of, _)| of == id);
            events.any(|(_, event)| matches!(event.what, What::Opened(_)))
        };
        others.retain(|it| *it != first && !opened(it));
        others
    }

    /// What is told of a decision about `first`; of [`CommandPreview::others`] only those in
    /// `seen`.
    #[must_use]
    pub fn of(
        rules: &Rules,
        first: MatterId,
        would: &Would,
        seen: &BTreeSet<MatterId>,
    ) -> CommandPreview {
        let mut unseen = Self::others(first, would);
        unseen.retain(|it| !seen.contains(it));
        let is_told = |id: &MatterId| !unseen.contains(id);
        let mut after: Vec<&Matter> = would.after.values().filter(|it| is_told(&it.id)).collect();
        after.sort_by_key(|it| (it.id != first, it.id));
        let scores = would.decision.events.iter().flat_map(|(_, event)| &event.scores);
        CommandPreview {
            role: would.decision.by.role.clone(),
            unit: would.decision.by.unit.clone(),
            matters: after.into_iter().map(|it| MatterPreview::of(rules, it, &is_told)).collect(),
            scores: scores
                .map(|it| ScorePreview {
                    unit: it.unit.clone(),
                    tariff: it.tariff.clone(),
                    points_milli: it.points_milli,
                    amount_fen: it.fen,
                })
                .collect(),
        }
    }
}

impl MatterPreview {
    fn of(rules: &Rules, matter: &Matter, is_told: &impl Fn(&MatterId) -> bool) -> MatterPreview {
        let standing = &matter.standing;
        let pack = rules.pack_of(matter);
        let stage = pack.and_then(|it| it.stage(&standing.stage));
        MatterPreview {
            matter: matter.id,
            version: matter.version,
            stage: standing.stage.clone(),
            stage_title: stage.map(|it| it.title.clone()),
            class: standing.class.clone(),
            responsible: standing.responsible.clone(),
            owner: standing.owner.as_ref().map(|it| OwnerPreview {
                role: it.role.clone(),
                unit: it.unit.clone(),
                person: it.person.clone(),
            }),
            due_at: standing.due.as_ref().map(|it| it.at),
            suspended: standing.suspended,
            similar: matter.similar.iter().copied().filter(is_told).collect(),
            rebound_of: matter.rebound_of.filter(is_told),
        }
    }
}
