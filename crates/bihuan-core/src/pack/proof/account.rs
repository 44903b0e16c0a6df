//! Held to account: money falls only where it may, somebody decides on it, and nothing sealed is
//! ranked.

use super::tell;
use crate::pack::{Compartment, Pack, Sink, is_never_charged};

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    let is_sealed = pack.compartment == Compartment::Sealed;
    for (no, tariff) in pack.tariffs.iter().enumerate() {
        let path = format!("tariff.{no}");
        if tariff.fen != 0 && tariff.fen_kinds.is_empty() {
            tell(
                sink,
                "fen_kinds",
                &format!("{path}.fen"),
                "请写明金额可计入哪些单位类别：fen_kinds",
                "say which kinds of units money may be charged to: fen_kinds",
            );
        }
        if let Some(kind) = tariff.fen_kinds.iter().find(|it| is_never_charged(it)) {
            tell(
                sink,
                "never_charged",
                &format!("{path}.fen_kinds"),
                format!("“{kind}”不得扣款：个人、住户、商户一律不扣款"),
                format!("{kind} is never charged: no persons, households or shops"),
            );
        }
        if tariff.fen != 0 && is_sealed {
            let en = "a sealed pack moves no money: set fen to 0";
            tell(sink, "private", &format!("{path}.fen"), "保密事项不计金额，fen请写0", en);
        }
        if let (Some(from), Some(to)) = (&tariff.valid_from, &tariff.valid_to)
            && from >= to
        {
            let (zh, en) = ("有效期止须晚于有效期起", "valid_to must be later than valid_from");
            tell(sink, "bad_value", &format!("{path}.valid_to"), zh, en);
        }
    }
    deciders(pack, sink);
    for (no, _) in pack.rankings.iter().enumerate().filter(|it| it.1.publish.is_empty()) {
        let (zh, en) = ("请写明由谁发布：publish", "say who publishes it: publish = [\"…\"]");
        tell(sink, "nobody", &format!("ranking.{no}"), zh, en);
    }
    if is_sealed && !pack.rankings.is_empty() {
        let (zh, en) = ("保密事项不排名，请删去", "nothing sealed is ranked; leave it out");
        tell(sink, "private", "ranking.0", zh, en);
    }
}

/// Where money may fall, each step of deciding on it is somebody's.
fn deciders(pack: &Pack, sink: &Sink) {
    let mut tariffs = pack.tariffs.iter();
    let Some(no) = tariffs.position(|it| it.fen != 0 && !it.fen_kinds.is_empty()) else { return };
    let lists = pack.adjusting.lists();
    let open: Vec<&str> = lists.iter().filter(|it| it.1.is_empty()).map(|it| it.0).collect();
    if !open.is_empty() {
        let open = open.join(", ");
        tell(
            sink,
            "nobody",
            &format!("tariff.{no}.fen"),
            format!("有金额的计分标准须写明由谁办理：[adjustment] {open}"),
            format!("a tariff has money; say who in [adjustment]: {open}"),
        );
    }
}
