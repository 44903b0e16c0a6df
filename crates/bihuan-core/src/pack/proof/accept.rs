//! Acceptable: every way to closed passes an acceptance, also after rework, and whoever accepts
//! is not the party that handled.

use super::ways::Ways;
use super::{moves, tell};
use crate::pack::{AcceptBy, Meaning, Of, Pack, Sink};

pub(super) fn prove(pack: &Pack, ways: &Ways<'_>, sink: &Sink) {
    every_way_is_accepted(pack, ways, sink);
    for (path, _, made) in moves(pack) {
        let by = || made.by.iter().filter_map(|it| pack.role(it));
        if !made.act.is_acceptance() {
            if made.accept_by == AcceptBy::Requester {
                let (zh, en) = ("只有验收才写accept_by", "only an acceptance has accept_by");
                tell(sink, "accept_by", &format!("{path}.accept_by"), zh, en);
            }
            continue;
        }
        if let Some(role) = by().find(|it| it.of == Of::Assigned) {
            tell(
                sink,
                "same_party",
                &format!("{path}.by"),
                format!("“{}”就是整改单位一方，验收须由另一方进行", role.id),
                format!("`{}` belongs to the unit that handles; let another party accept", role.id),
            );
        }
        let public = by().find(|it| it.is_public_only() && made.accept_by == AcceptBy::Office);
        if let Some(role) = public {
            tell(
                sink,
                "accept_by",
                &format!("{path}.by"),
                format!("“{}”只能作为诉求人验收：accept_by = \"requester\"", role.id),
                format!("`{}` may accept only as requester: accept_by = \"requester\"", role.id),
            );
        }
    }
}

/// From wherever work may go on, no way without an acceptance leads to closed.
fn every_way_is_accepted(pack: &Pack, ways: &Ways<'_>, sink: &Sink) {
    let is = |no: usize| pack.stages[no].is;
    let working =
        (0..pack.stages.len()).filter(|no| !is(*no).is_final() && is(*no) != Meaning::Verifying);
    let reached = ways.reach(working, |it| !it.is_acceptance());
    let slips = ways
        .ways
        .iter()
        .filter(|it| reached[it.from] && !it.is_acceptance() && is(it.to) == Meaning::Closed);
    for way in slips {
        tell(
            sink,
            "no_acceptance",
            &way.path(),
            "不经验收就能销号；请改为验收（accept），或在此之前加上验收",
            "this closes without an acceptance; make it one (accept), or put one before it",
        );
    }
}
