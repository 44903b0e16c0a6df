//! Sound: limits that law and order set, numbers that count, money that may be charged.

use super::{stages, tell};
use crate::pack::{COUNTER_DIGITS_MAX, Pack, PlaceKind, Sink, quote};

/// Most extensions of one matter (延期: at most two approvals).
const EXTENSIONS_MAX: u32 = 2;
/// Most suspensions of one matter (挂账: approved once).
const SUSPENSIONS_MAX: u32 = 1;
/// Longest suspension (挂账: up to one year).
const SUSPENSION_DAYS_MAX: u32 = 365;
/// Longest numbering template, in bytes.
const TEMPLATE_BYTES_MAX: usize = 64;

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    for (list, path, zh, en) in [
        (pack.sources.is_empty(), "source", "请至少写一个来源：[[source]]", "add a [[source]]"),
        (pack.roles.is_empty(), "role", "请至少写一个角色：[[role]]", "add a [[role]]"),
        (pack.stages.is_empty(), "stage", "请写明各环节：[[stage]]", "add the [[stage]]s"),
    ] {
        if list {
            tell(sink, "missing_key", path, zh, en);
        }
    }
    if pack.classes.is_empty() {
        let (zh, en) = ("请至少写一类问题", "add at least one class");
        tell(sink, "no_class", "class", zh, en);
    }
    side_acts(pack, sink);
    template(sink, "numbering.open", &pack.numbering.open);
    template(sink, "numbering.clear", &pack.numbering.clear);
    looking_back(pack, sink);
    for (no, schedule) in pack.schedules.iter().enumerate() {
        if schedule.register.is_some() == schedule.kind.is_some() {
            tell(
                sink,
                "schedule",
                &format!("schedule.{no}"),
                "请写明按名录（register）还是按单位类别（kind），二者取一",
                "say for each entry of which register or each unit of which kind, one of the two",
            );
        }
    }
}

fn side_acts(pack: &Pack, sink: &Sink) {
    for (path, stage) in stages(pack) {
        let limit = |path: &str, zh: &str, most: u32, en: &str| {
            tell(sink, "beyond_limit", path, format!("{zh}最多{most}"), format!("{en} {most}"));
        };
        let nobody = |path: &str, key: &str| {
            let en = format!("say who: {key} = [\"…\"]");
            tell(sink, "nobody", path, format!("请写明由谁：{key}"), en);
        };
        if let Some(extend) = &stage.allow.extend {
            let path = format!("{path}.allow.extend");
            if extend.times > EXTENSIONS_MAX {
                let path = format!("{path}.times");
                limit(&path, "延期次数", EXTENSIONS_MAX, "extensions are at most");
            }
            for (key, roles) in [("ask", &extend.ask), ("by", &extend.by)] {
                if roles.is_empty() {
                    nobody(&path, key);
                }
            }
        }
        if let Some(suspend) = &stage.allow.suspend {
            let path = format!("{path}.allow.suspend");
            if suspend.times > SUSPENSIONS_MAX {
                let path = format!("{path}.times");
                limit(&path, "挂账次数", SUSPENSIONS_MAX, "suspensions are at most");
            }
            if suspend.days_max > SUSPENSION_DAYS_MAX {
                let path = format!("{path}.at_most");
                limit(&path, "挂账天数", SUSPENSION_DAYS_MAX, "days of suspension are at most");
            }
            for (key, roles) in [("ask", &suspend.ask), ("by", &suspend.by)] {
                if roles.is_empty() {
                    nobody(&path, key);
                }
            }
        }
    }
}

/// A template has known slots only, and exactly one counter.
fn template(sink: &Sink, path: &str, template: &str) {
    if template.is_empty() {
        return;
    }
    let mut rest = template;
    let (mut counters, mut unknown) = (0, template.len() > TEMPLATE_BYTES_MAX);
    while let Some(open) = rest.find('{') {
        let slot = &rest[open + 1..];
        let Some(close) = slot.find('}') else {
            unknown = true;
            break;
        };
        let (slot, after) = (&slot[..close], &slot[close + 1..]);
        let digits = slot.strip_prefix('n').and_then(|it| it.parse::<usize>().ok());
        match digits {
            Some(1..=COUNTER_DIGITS_MAX) if slot.len() == 2 => counters += 1,
            _ => unknown |= !["yyyy", "yy", "mm", "dd"].contains(&slot),
        }
        rest = after;
    }
    if unknown || counters != 1 {
        let template = quote(template);
        tell(
            sink,
            "bad_template",
            path,
            format!("“{template}”应含一个计数{{n1}}至{{n9}}，其余只用{{yyyy}}{{yy}}{{mm}}{{dd}}"),
            format!(
                "`{template}` needs one of {{n1}} to {{n9}}, with {{yyyy}} {{yy}} {{mm}} {{dd}}"
            ),
        );
    }
}

fn looking_back(pack: &Pack, sink: &Sink) {
    if !pack.watch.recheck.is_empty() && pack.after.recheck.is_empty() {
        let (zh, en) = ("请写明谁回头看：[after] recheck", "say who looks back: [after] recheck");
        tell(sink, "nobody", "watch.recheck", zh, en);
    }
    if !pack.after.appeal.is_empty() && pack.after.appeal_decide.is_empty() {
        let zh = "请写明谁裁定申诉：appeal_decide";
        tell(sink, "nobody", "after.appeal", zh, "say who decides appeals: appeal_decide");
    }
    if pack.place.kind != PlaceKind::Point {
        for (watched, key) in [
            (pack.watch.duplicate.is_some(), "duplicate"),
            (pack.watch.rebound.is_some(), "rebound"),
        ] {
            if watched {
                tell(
                    sink,
                    "no_point",
                    &format!("watch.{key}"),
                    "按距离判断要求[place] kind = \"point\"",
                    "a distance needs [place] kind = \"point\"",
                );
            }
        }
    }
}
