//! Reads what a pack says of itself: its name, publicity, numbers, place, sources and roles.

use super::node::Node;
use crate::pack::{
    Compartment, DutyDays, Numbering, Of, PlaceKind, PlaceRule, Public, Role, Source,
};
use crate::text::Text;

/// Largest revision of a pack.
const REV_MAX: u32 = 1_000_000;
/// Coarsest grid that public points are snapped to, in metres.
const COARSE_M_MAX: u32 = 100_000;
/// Largest count that may be withheld.
const COUNT_MIN_MAX: u32 = 1_000;

/// The `[pack]` table.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) rev: u32,
    pub(super) title: Text,
    pub(super) purpose: Text,
    pub(super) basis: Vec<Text>,
    pub(super) compartment: Compartment,
}

pub(super) fn head(root: &Node<'_>) -> Option<Head> {
    let node = root.need_node("pack")?;
    let basis = node.need("basis").map(|it| it.one_or_more()).unwrap_or_default();
    let head = Head {
        id: node.id::<String>("id"),
        rev: node.number("rev", 1..=REV_MAX),
        title: node.text("title"),
        purpose: node.text("purpose"),
        basis: basis.iter().filter_map(|it| it.text()).collect(),
        compartment: node.word("compartment").unwrap_or(Compartment::Sealed),
    };
    if basis.is_empty() && node.get("basis").is_some() {
        node.gap("missing_key", "请写明依据的法律或文件", "name the law or document it rests on");
    }
    node.finish();
    Some(head)
}

pub(super) fn public(root: &Node<'_>) -> Option<Public> {
    let node = root.node("public")?;
    let public = Public {
        list: node.flag("list"),
        map: node.flag("map"),
        coarse_m: node.some_number("coarse_m", 0..=COARSE_M_MAX).unwrap_or_default(),
        count_min: node.some_number("count_min", 1..=COUNT_MIN_MAX).unwrap_or(1),
    };
    node.finish();
    Some(public)
}

pub(super) fn numbering(root: &Node<'_>) -> Numbering {
    let Some(node) = root.need_node("numbering") else {
        return Numbering { open: String::new(), clear: String::new() };
    };
    let numbering = Numbering { open: node.string("open"), clear: node.string("clear") };
    node.finish();
    numbering
}

pub(super) fn place(root: &Node<'_>) -> PlaceRule {
    let Some(node) = root.need_node("place") else {
        return PlaceRule { kind: PlaceKind::None, required: false };
    };
    let kind = node.word("kind").unwrap_or(PlaceKind::None);
    let rule = PlaceRule { kind, required: node.flag("required") };
    node.finish();
    rule
}

pub(super) fn duty_days(root: &Node<'_>) -> DutyDays {
    root.word_or("duty_days", DutyDays::Working)
}

pub(super) fn source(node: &Node<'_>) -> Source {
    Source {
        id: node.id("id"),
        title: node.text("title"),
        self_reported: node.flag("self_reported"),
    }
}

pub(super) fn role(node: &Node<'_>) -> Role {
    Role {
        id: node.id("id"),
        title: node.text("title"),
        of: node.need("of").and_then(|it| it.of()).unwrap_or(Of::Place),
        kinds: node.kinds("kinds"),
        surfaces: node.words("surfaces"),
    }
}
