//! The way of a pack's matters as a graph, and as a picture that anybody can read.
//!
//! Invariants: the graph has each stage once and each move once; stages stand in the order in
//! which a matter passes them, ends last; the same pack gives the same picture.

mod draw;
mod layout;
mod shape;

use bihuan_core::id::{MoveId, RoleId, StageId};
use bihuan_core::pack::{Act, ClockWithin, Meaning, Pack, Stage};
use bihuan_core::text::{Lang, Text};
use serde::Serialize;
use utoipa::ToSchema;

/// The way of a pack's matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flow {
    /// Stages in the order in which a matter passes them; ends come last.
    pub stages: Vec<FlowStage>,
    /// Moves, in the order of the stages that they lead from.
    pub moves: Vec<FlowMove>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowStage {
    /// Key.
    pub id: StageId,
    /// Name.
    pub title: Text,
    /// What it means to the engine.
    pub is: Meaning,
    /// The role that owes the next move; none at an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<RoleId>,
    /// Who owes the next move, and until when, in words; none at an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owed: Option<Text>,
}

/// A move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowMove {
    /// Key.
    pub id: MoveId,
    /// Name of the act.
    pub title: Text,
    /// What it means to the engine.
    pub act: Act,
    /// From.
    pub from: StageId,
    /// To.
    pub to: StageId,
    /// Who may make it.
    pub by: Vec<RoleId>,
    /// Whether it leads back to an earlier stage, or to the same.
    pub back: bool,
}

impl Flow {
    /// The way of a pack's matters.
    #[must_use]
    pub fn of(pack: &Pack) -> Flow {
        let mut stages: Vec<&Stage> = pack.stages.iter().collect();
        // The sort is stable: the order of the file is that of a matter's life.
        stages.sort_by_key(|it| rank(it.is));
        let place = |id: &StageId| stages.iter().position(|it| it.id == *id).unwrap_or(0);
        let mut moves = Vec::new();
        for (no, stage) in stages.iter().enumerate() {
            moves.extend(stage.moves.iter().map(|it| FlowMove {
                id: it.id.clone(),
                title: it.title.clone(),
                act: it.act,
                from: stage.id.clone(),
                to: it.to.clone(),
                by: it.by.clone(),
                back: place(&it.to) <= no,
            }));
        }
        Flow { stages: stages.iter().map(|it| shown(pack, it)).collect(), moves }
    }
}

/// The picture of a pack's way, as SVG.
#[must_use]
pub fn svg(pack: &Pack, lang: Lang) -> String {
    let mut flow = Flow::of(pack);
    // No arrow leads to what another act than a move brings about, such as merging.
    let leads =
        |it: &FlowStage| flow.moves.iter().any(|made| [&made.from, &made.to].contains(&&it.id));
    flow.stages.retain(leads);
    draw::svg(pack.title.get(lang), &flow, lang)
}

/// What has not ended, then clearance, then the other ends.
fn rank(is: Meaning) -> u8 {
    match is {
        Meaning::Closed => 1,
        it if it.is_final() => 2,
        _ => 0,
    }
}

fn shown(pack: &Pack, stage: &Stage) -> FlowStage {
    let role = stage.owner.as_ref().map(|it| &it.role);
    FlowStage {
        id: stage.id.clone(),
        title: stage.title.clone(),
        is: stage.is,
        owner: role.cloned(),
        owed: role.map(|role| owed(pack, stage, role)),
    }
}

fn owed(pack: &Pack, stage: &Stage, role: &RoleId) -> Text {
    let key = || Text::new(role.as_str(), role.as_str());
    let role = pack.role(role).map_or_else(key, |it| it.title.clone());
    let limit = match stage.clock.map(|it| it.within) {
        None => return role,
        Some(ClockWithin::Class) => Text::new("按类别时限", "limit of the class"),
        Some(ClockWithin::Ordered) => Text::new("按交办时限", "limit as ordered"),
        Some(ClockWithin::Fixed(it)) => Text::new(it.text(Lang::Zh), it.text(Lang::En)),
    };
    Text::new(format!("{} · {}", role.zh, limit.zh), format!("{} · {}", role.en, limit.en))
}
