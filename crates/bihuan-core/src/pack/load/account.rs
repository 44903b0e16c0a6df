//! Reads what units are held to account by: tariffs, who decides on money, rankings.

use super::node::Node;
use crate::pack::{Adjusting, ListRule, RankingRule, Tariff, TariffOn};

/// Most points of one tariff, in thousandths.
const POINTS_MILLI_MAX: i64 = 1_000_000;
/// Most money of one tariff, in fen: one million yuan.
const FEN_MAX: i64 = 100_000_000;
/// Most times a tariff falls on one matter.
const TARIFF_TIMES_MAX: u32 = 1_000;
/// Highest cap of one tariff in one period, in fen: a hundred million yuan.
const CAP_FEN_MAX: i64 = 10_000_000_000;
/// Longest time for fixing at once, in hours: a week.
const GRACE_HOURS_MAX: u32 = 7 * 24;
/// Most matters that a ranking may ask for, and most places of a list.
const UNITS_MAX: u32 = 10_000;

pub(super) fn tariff(node: &Node<'_>) -> Tariff {
    Tariff {
        id: node.id("id"),
        title: node.text("title"),
        on: node.word("on").unwrap_or(TariffOn::Finding),
        points_milli: node.amount("points_milli", POINTS_MILLI_MAX),
        fen: node.amount("fen", FEN_MAX),
        by_weight: node.flag("by_weight"),
        times_max: node.number("times_max", 1..=TARIFF_TIMES_MAX),
        fen_kinds: node.kinds("fen_kinds"),
        cap_fen: node.get("cap_fen").and_then(|it| it.integer(1..=CAP_FEN_MAX)),
        grace_hours: node.some_number("grace_hours", 1..=GRACE_HOURS_MAX),
        valid_from: node.date("valid_from"),
        valid_to: node.date("valid_to"),
    }
}

pub(super) fn adjusting(root: &Node<'_>) -> Adjusting {
    let Some(node) = root.node("adjustment") else { return Adjusting::default() };
    let adjusting = Adjusting {
        propose: node.ids("propose"),
        review: node.ids("review"),
        confirm: node.ids("confirm"),
        object: node.ids("object"),
        execute: node.ids("execute"),
    };
    node.finish();
    adjusting
}

pub(super) fn ranking(node: &Node<'_>) -> RankingRule {
    RankingRule {
        id: node.id("id"),
        title: node.text("title"),
        kind: node.need("kind").and_then(|it| it.kind()).unwrap_or_default(),
        groups: node.ids("groups"),
        per: node.get("per").and_then(|it| it.kind()),
        publish: node.ids("publish"),
        minimum: node.some_number("minimum", 1..=UNITS_MAX).unwrap_or(1),
        red: list(node, "red"),
        black: list(node, "black"),
    }
}

fn list(node: &Node<'_>, key: &'static str) -> Option<ListRule> {
    let node = node.node(key)?;
    let rule = ListRule {
        places: node.some_number("places", 1..=UNITS_MAX),
        percent: node.some_number("percent", 0..=100),
    };
    if rule.places.is_some() == rule.percent.is_some() {
        let zh = "请写名次（places）或整改率（percent），二者取一";
        node.gap("list_rule", zh, "say places or percent, one of the two");
    }
    node.finish();
    Some(rule)
}
