//! Balanced: each act leads from and to the meanings that the ledger counts it between, so that
//! what is filed is filed once, what is handled has a unit, and nothing closes twice.

use super::{moves, stages, tell};
use crate::pack::Meaning::{
    Closed, Declared, Filed, Handling, Opened, SelfHandled, Verifying, Voided,
};
use crate::pack::{Act, ClockWithin, Meaning, Need, Of, Pack, Sink, Starts};

const WORKING: &[Meaning] = &[Opened, Filed, Handling, Declared, Verifying];

/// The meanings an act may leave and reach.
fn between(act: Act) -> (&'static [Meaning], &'static [Meaning]) {
    match act {
        Act::PreCheck => (&[Opened], &[Opened]),
        Act::File => (&[Opened], &[Filed]),
        Act::Void => (WORKING, &[Voided]),
        Act::Dispatch => (&[Filed], &[Handling]),
        Act::Receive => (&[Handling], &[Handling]),
        Act::Return => (&[Handling, Declared, Verifying], &[Filed, Handling]),
        Act::Transfer => (&[Filed, Handling], &[Handling]),
        Act::Lift => (&[Filed, Handling, Declared, Verifying], &[Handling]),
        Act::Declare => (&[Handling], &[Declared]),
        Act::Accept => (&[Declared, Verifying], &[Verifying, Closed]),
        Act::SendBack => (&[Declared, Verifying], &[Handling]),
        Act::SignOff => (&[Verifying], &[Verifying, Closed]),
        Act::FixOnSpot => (&[Filed, Handling], &[Verifying, Closed]),
        Act::SelfHandle => (WORKING, &[SelfHandled]),
        Act::Advance => (WORKING, WORKING),
    }
}

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    for (path, from, made) in moves(pack) {
        let Some(to) = pack.stage(&made.to) else { continue };
        let (leaves, reaches) = between(made.act);
        // A step without a meaning of its own keeps the meaning, or begins the checking.
        let advances = made.act != Act::Advance
            || from.is == to.is
            || (from.is, to.is) == (Declared, Verifying);
        if !leaves.contains(&from.is) {
            let (is, may) = (word(from.is), words(leaves));
            tell(
                sink,
                "wrong_meaning",
                &format!("{path}.act"),
                format!("act {}不能从{is}出发，只能从{may}出发", word(made.act)),
                format!("act {} cannot leave a stage that is {is}, only {may}", word(made.act)),
            );
        }
        if !reaches.contains(&to.is) || !advances {
            let (is, may) = (word(to.is), words(reaches));
            let may = if advances { may } else { word(from.is) };
            tell(
                sink,
                "wrong_meaning",
                &format!("{path}.to"),
                format!("act {}不能到达{is}，只能到达{may}", word(made.act)),
                format!("act {} cannot lead to a stage that is {is}, only {may}", word(made.act)),
            );
        }
        let lifts = made.act == Act::Lift;
        if lifts != made.lift.is_some() {
            tell(
                sink,
                "lift",
                &path,
                "act = \"lift\"与lift = \"单位类别\"须同时写",
                "act = \"lift\" and lift = \"KIND\" belong together; give both or neither",
            );
        }
        let gives = matches!(made.act, Act::Dispatch | Act::Transfer | Act::Lift);
        let ordered = to.clock.is_some_and(|it| it.within == ClockWithin::Ordered);
        if gives && ordered && !made.needs.contains(&Need::Limit) {
            tell(
                sink,
                "impossible_need",
                &path,
                format!("“{}”的时限由交办人指定，请在needs中写limit", to.id),
                format!("the limit of `{}` is ordered: ask for it, needs = [\"limit\"]", to.id),
            );
        }
    }
    before_dispatch(pack, sink);
}

/// Whether only the unit made responsible may make a move.
fn is_assigned_only(pack: &Pack, made: &crate::pack::Move) -> bool {
    let mut roles = made.by.iter().filter_map(|it| pack.role(it)).peekable();
    roles.peek().is_some() && roles.all(|it| it.of == Of::Assigned)
}

/// Before the dispatch there is no unit made responsible, and no clock that started with it.
fn before_dispatch(pack: &Pack, sink: &Sink) {
    for (path, stage) in stages(pack).filter(|(_, it)| matches!(it.is, Opened | Filed)) {
        if stage.owner.as_ref().is_some_and(|it| it.of == Of::Assigned) {
            tell(
                sink,
                "before_dispatch",
                &format!("{path}.owner"),
                format!("“{}”尚未交办，没有整改单位，owner不能属于assigned", stage.id),
                format!("in `{}` no unit is assigned yet; choose another owner", stage.id),
            );
        }
        if stage.clock.is_some_and(|it| it.starts == Starts::Dispatch) {
            tell(
                sink,
                "before_dispatch",
                &format!("{path}.clock.starts"),
                format!("“{}”尚未交办，时限不能从dispatch起算", stage.id),
                format!("in `{}` nothing is dispatched yet; start from stage or open", stage.id),
            );
        }
        let moves = stage.moves.iter().enumerate();
        for (no, made) in moves.filter(|(_, it)| is_assigned_only(pack, it)) {
            tell(
                sink,
                "before_dispatch",
                &format!("{path}.move.{no}.by"),
                format!("“{}”尚未交办，没有整改单位能“{}”", stage.id, made.id),
                format!("in `{}` no unit is assigned yet that could make `{}`", stage.id, made.id),
            );
        }
    }
}

fn word(word: impl serde::Serialize) -> String {
    // A word without content serialises to a plain string; anything else cannot be printed.
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn words(words: &[Meaning]) -> String {
    words.iter().map(word).collect::<Vec<_>>().join(", ")
}
