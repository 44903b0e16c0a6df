//! Closed: every stage has somebody who owes the next move, until when, and what follows if not;
//! every stage is reached and leads to an end; nothing goes round for ever.

use super::ways::{Way, Ways};
use super::{stages, tell};
use crate::pack::{Meaning, Pack, Sink, Stage};

pub(super) fn prove(pack: &Pack, ways: &Ways<'_>, sink: &Sink) {
    for (path, stage) in stages(pack) {
        if stage.is.is_final() {
            an_end_is_an_end(&path, stage, sink);
        } else {
            somebody_owes(&path, stage, sink);
        }
    }
    begins_and_closes(pack, sink);
    is_reached(pack, ways, sink);
    has_an_end(pack, ways, sink);
    goes_round_so_often(ways, sink);
}

fn an_end_is_an_end(path: &str, stage: &Stage, sink: &Sink) {
    let tail = !stage.warn.is_empty() || !stage.overdue.is_empty();
    let goes_on = !stage.moves.is_empty() || stage.allow != crate::pack::Allow::default();
    if stage.owner.is_some() || stage.clock.is_some() || tail || goes_on {
        tell(
            sink,
            "final_stage",
            path,
            format!("“{}”是终结环节，不能再有责任人、时限、流转和附带操作", stage.id),
            format!(
                "`{}` is an end: take its owner, clock, warnings, moves and allow away",
                stage.id
            ),
        );
    }
}

fn somebody_owes(path: &str, stage: &Stage, sink: &Sink) {
    let id = &stage.id;
    if stage.owner.is_none() {
        let en = format!("say who owes the next move in `{id}`: owner = {{ role = \"…\" }}");
        tell(sink, "no_owner", path, format!("请写明“{id}”由谁负责（owner）"), en);
    }
    if stage.clock.is_none() {
        let en = format!("say until when in `{id}`: clock = {{ within = \"…\" }}");
        tell(sink, "no_clock", path, format!("请写明“{id}”的时限（clock）"), en);
    }
    if stage.overdue.is_empty() {
        let en =
            format!("say what follows when `{id}` is late: overdue = [{{ after = \"0\", … }}]");
        tell(sink, "no_escalation", path, format!("请写明“{id}”超期后怎么办（overdue）"), en);
    }
    for (no, step) in stage.overdue.iter().enumerate() {
        if step.tell.is_none() && step.supervise.is_none() {
            tell(
                sink,
                "no_escalation",
                &format!("{path}.overdue.{no}"),
                "请写明告知谁（tell）或督办级别（supervise）",
                "say whom to tell or which level to supervise at",
            );
        }
    }
}

fn begins_and_closes(pack: &Pack, sink: &Sink) {
    for (is, code, zh, en) in [
        (
            Meaning::Opened,
            "no_start",
            "缺少is = \"opened\"的起始环节",
            "add a stage that is opened",
        ),
        (
            Meaning::Closed,
            "no_close",
            "缺少is = \"closed\"的销号环节",
            "add a stage that is closed",
        ),
    ] {
        if pack.stage_of(is).is_none() {
            tell(sink, code, "", zh, en);
        }
    }
    let first = stages(pack).find(|(_, it)| !it.allow.merge.is_empty());
    if let Some((path, _)) = first
        && pack.stage_of(Meaning::Merged).is_none()
    {
        tell(
            sink,
            "no_merged_stage",
            &format!("{path}.allow.merge"),
            "允许并案，就要有is = \"merged\"的环节",
            "where merging is allowed, add a stage that is merged",
        );
    }
}

fn is_reached(pack: &Pack, ways: &Ways<'_>, sink: &Sink) {
    let Some(start) = ways.start else { return };
    let reached = ways.reach(std::iter::once(start), |_| true);
    for ((path, stage), _) in stages(pack).zip(reached).filter(|(_, it)| !it) {
        tell(
            sink,
            "unreachable",
            &path,
            format!("没有流转能到达“{}”，请加上流转或删去该环节", stage.id),
            format!("no move leads to `{}`; add one or take the stage away", stage.id),
        );
    }
}

fn has_an_end(pack: &Pack, ways: &Ways<'_>, sink: &Sink) {
    // A merge is no way out that anybody can count on.
    let moved = |it: usize| pack.stages[it].is.is_final() && pack.stages[it].is != Meaning::Merged;
    let ends = ways.reach_back(moved);
    let merged = |it: &Stage| it.is == Meaning::Merged;
    for ((path, stage), _) in stages(pack).zip(ends).filter(|((_, it), ends)| !ends && !merged(it))
    {
        tell(
            sink,
            "no_end",
            &path,
            format!("“{}”走不到任何终结环节，请加上流转", stage.id),
            format!("no way leads from `{}` to an end; add a move", stage.id),
        );
    }
}

/// Colours of a search for cycles.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Not,
    OnTheWay,
    Done,
}

fn goes_round_so_often(ways: &Ways<'_>, sink: &Sink) {
    let mut seen = vec![Seen::Not; ways.pack.stages.len()];
    for stage in 0..seen.len() {
        if seen[stage] == Seen::Not {
            walk(ways, stage, &mut seen, &mut Vec::new(), sink);
        }
    }
}

/// Walks ways without a limit; one that comes back to a stage on the way closes a cycle.
///
/// The depth is that of the stages in one pack, at most [`LIST_MAX`](crate::pack::LIST_MAX).
fn walk<'w, 'p>(
    ways: &'w Ways<'p>,
    stage: usize,
    seen: &mut [Seen],
    trail: &mut Vec<&'w Way<'p>>,
    sink: &Sink,
) {
    seen[stage] = Seen::OnTheWay;
    for way in ways.leaving(stage).filter(|it| !it.is_limited()) {
        trail.push(way);
        match seen[way.to] {
            Seen::Not => walk(ways, way.to, seen, trail, sink),
            Seen::OnTheWay => tell_cycle(trail, way, sink),
            Seen::Done => {}
        }
        trail.pop();
    }
    seen[stage] = Seen::Done;
}

fn tell_cycle(trail: &[&Way<'_>], last: &Way<'_>, sink: &Sink) {
    let begin = trail.iter().position(|it| it.from == last.to).unwrap_or_default();
    let ids = trail[begin..].iter().filter_map(|it| it.made).map(|(_, it)| it.id.as_str());
    let round = ids.collect::<Vec<_>>().join(" → ");
    tell(
        sink,
        "endless",
        &last.path(),
        format!("{round}可无限循环，请在其中一步写明at_most"),
        format!("{round} can go round for ever; give one of them at_most"),
    );
}
