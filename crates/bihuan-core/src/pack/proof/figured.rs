//! Figured: each figure names what is there, compares like with like, and rests on no circle.

use super::names::known;
use super::tell;
use super::typed::is_sealed;
use crate::figure::{adds_up, is_percent, like, thing, told};
use crate::pack::{Counted, Figure, Formula, Origin, Pack, Sink, Take};

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    for (no, figure) in pack.figures.iter().enumerate() {
        let path = format!("figure.{no}");
        named(pack, figure, &path, sink);
        typed(pack, figure, &path, sink);
        worded(figure, &path, sink);
    }
}

/// What a figure names is there.
fn named(pack: &Pack, figure: &Figure, path: &str, sink: &Sink) {
    for take in takes(figure) {
        match &take.of {
            Origin::Matters(_) => {}
            Origin::Scored(it) => {
                let ids = pack.tariffs.iter().map(|it| it.id.as_str());
                if let Some(tariff) = &it.tariff {
                    known(sink, path, ("计分标准", "tariff"), tariff, ids);
                }
            }
            Origin::Field { field, at } => {
                let ids = pack.form.iter().map(|it| it.id.as_str());
                known(sink, path, ("字段", "field"), field, ids);
                of_form(pack, field, *at, path, sink);
            }
            Origin::Register { register, field } => {
                let ids = pack.registers.iter().map(|it| it.id.as_str());
                known(sink, path, ("名录", "register"), register, ids);
                let found = pack.registers.iter().find(|it| it.id == *register);
                if let (Some(found), Some(field)) = (found, field) {
                    let ids = found.fields.iter().map(|it| it.id.as_str());
                    known(sink, path, ("字段", "field"), field, ids);
                }
            }
            Origin::Holders(role) => {
                let ids = pack.roles.iter().map(|it| it.id.as_str());
                known(sink, path, ("角色", "role"), role.as_str(), ids);
            }
            Origin::Param(param) => {
                let ids = pack.params.iter().map(|it| it.id.as_str());
                known(sink, path, ("参数", "param"), param, ids);
            }
        }
    }
    for id in rests_on(figure) {
        let ids = pack.figures.iter().map(|it| it.id.as_str());
        if known(sink, path, ("指标", "figure"), id, ids) && leads_to(pack, id, &figure.id) {
            tell(
                sink,
                "figure_circle",
                path,
                format!("指标“{}”绕回自身，请改用其他指标", figure.id),
                format!("figure `{}` rests on itself; name another", figure.id),
            );
        }
    }
}

/// A number of a form is of matters that are each counted once, and is no personal data: a sum over
/// one matter would tell it.
fn of_form(pack: &Pack, field: &str, at: Counted, path: &str, sink: &Sink) {
    if !at.is_once() {
        tell(
            sink,
            "figure_unlike",
            &format!("{path}.at"),
            "请用每件事项只发生一次的事，如filed、cleared、due",
            "say what happens to a matter once, such as filed, cleared or due",
        );
    }
    if is_sealed(pack, field) {
        tell(
            sink,
            "private",
            path,
            format!("“{field}”是保密字段，不能作指标"),
            format!("`{field}` is sealed; no figure may tell it"),
        );
    }
}

/// Whether a figure is, or rests on, another.
fn leads_to(pack: &Pack, from: &str, to: &str) -> bool {
    let mut todo = vec![from];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(id) = todo.pop() {
        if id == to {
            return true;
        }
        if seen.insert(id) {
            let found = pack.figures.iter().filter(|it| it.id == id);
            todo.extend(found.flat_map(rests_on));
        }
    }
    false
}

fn takes(figure: &Figure) -> Vec<&Take> {
    match &figure.is {
        Formula::One(take) => vec![take],
        Formula::Rate { over, under } => vec![over, under],
        Formula::Growth { .. } | Formula::Share { .. } | Formula::Above { .. } => Vec::new(),
    }
}

fn rests_on(figure: &Figure) -> Vec<&str> {
    match &figure.is {
        Formula::One(_) | Formula::Rate { .. } => Vec::new(),
        Formula::Growth { of, .. } => vec![of],
        Formula::Share { part, whole } => vec![part, whole],
        Formula::Above { rate, base } => vec![rate, base],
    }
}

/// Like stands over like, growth and shares are of what adds up, points are of rates.
fn typed(pack: &Pack, figure: &Figure, path: &str, sink: &Sink) {
    let unlike = |zh: &str, en: &str| tell(sink, "figure_unlike", path, zh, en);
    let one = |id: &str| match pack.figures.iter().find(|it| it.id == id).map(|it| &it.is) {
        // What is not there was told already.
        None => Some(None),
        Some(Formula::One(take)) if adds_up(take) => Some(Some(take)),
        Some(_) => None,
    };
    match &figure.is {
        Formula::One(_) => {}
        Formula::Rate { over, under } => {
            if !like(pack, over, under) {
                unlike(
                    "分子与分母须是同类的个数或总和",
                    "both sides of a rate count or add up like things",
                );
            }
        }
        Formula::Growth { of, .. } => {
            if one(of).is_none() {
                unlike(
                    "只有个数、总和与参数可计增长；率的变化用above，单位是百分点",
                    "growth is of a count, sum or param; of rates say `above`, in points",
                );
            }
        }
        Formula::Share { part, whole } => match (one(part), one(whole)) {
            (Some(Some(part)), Some(Some(whole))) if !like(pack, part, whole) => {
                unlike("部分与整体须同类", "a part and its whole count like things");
            }
            (Some(_), Some(_)) => {}
            _ => unlike("占比的两项须是个数、总和或参数", "a share is of counts, sums or params"),
        },
        Formula::Above { rate, base } => {
            let odd = [rate, base].into_iter().filter_map(|id| {
                pack.figures.iter().find(|it| it.id == *id).filter(|it| !is_percent(pack, it))
            });
            if odd.count() > 0 {
                unlike("百分点是两个率之差", "percentage points are between two rates");
            }
        }
    }
    match thing(pack, figure) {
        None => unlike(
            "此处没有可取的数：请核对所取的项与方式",
            "there is no such number to take; check what is taken, and how",
        ),
        Some(thing) if told(thing, figure.unit).is_none() => {
            unlike("单位与所计的量不符", "this unit does not fit what is counted");
        }
        Some(_) => {}
    }
}

/// Round words say the number, in both languages.
fn worded(figure: &Figure, path: &str, sink: &Sink) {
    let Some(wording) = &figure.wording else { return };
    let words = [&wording.words.zh, &wording.words.en];
    if words.iter().any(|it| !it.is_empty() && it.matches("{n}").count() != 1) {
        let path = format!("{path}.wording.words");
        tell(sink, "bad_value", &path, "请用一个{n}表示数", "say the number once, as {n}");
    }
}
