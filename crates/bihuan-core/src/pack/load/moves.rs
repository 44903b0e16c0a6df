//! Reads moves: who, where to, what is needed, how often, for which reasons.

use super::node::Node;
use super::value::Value;
use crate::pack::{AcceptBy, Act, Move, Need, PhotoNeed, Reason, Then};

/// Largest limit on a cycle.
const AT_MOST_MAX: u32 = 100;
/// Most photos of one slot that a move may need.
const PHOTO_COUNT_MAX: u32 = 20;
/// Farthest a photo may be from the place, in metres.
const NEAR_M_MAX: u32 = 10_000;
/// Oldest a fresh photo may be, in minutes: a week.
const FRESH_MIN_MAX: u32 = 7 * 24 * 60;
/// Needs that are one word.
const NEED_WORDS: [&str; 11] = [
    "note",
    "reason",
    "checklist",
    "person",
    "unit",
    "limit",
    "visit",
    "signature",
    "payment",
    "checks",
    "children",
];
/// Needs that are a table, by the key that says which.
const NEED_TABLES: [&str; 4] = ["photo", "field", "document", "rows"];

pub(super) fn a_move(node: &Node<'_>) -> Move {
    let act = node.word::<Act>("act");
    let id = node.id("id");
    let to = node.id("to");
    if act.is_none() || to == crate::id::StageId::default() {
        node.sink().stages_are_unsure();
    }
    let needs = node.get("needs").map(|it| it.one_or_more()).unwrap_or_default();
    let at_most = node.some_number("at_most", 1..=AT_MOST_MAX);
    let then = node.get("then");
    if at_most.is_none()
        && let Some(then) = &then
    {
        then.bad_value(
            "写明at_most后，then才有意义",
            "`then` says what follows at_most; give at_most too",
        );
    }
    Move {
        id,
        title: node.text("title"),
        act: act.unwrap_or(Act::Advance),
        by: node.ids("by"),
        to,
        // A need that cannot be read has left a gap; a note stands in to keep the others in line.
        needs: needs.iter().map(|it| need(it).unwrap_or(Need::Note)).collect(),
        lift: node.get("lift").and_then(|it| it.kind()),
        at_most,
        then: then.and_then(|it| then_word(&it)).unwrap_or_default(),
        reasons: node.each("reasons", reason),
        accept_by: node.word_or("accept_by", AcceptBy::Office),
    }
}

fn reason(node: &Node<'_>) -> Reason {
    Reason { id: node.id("id"), title: node.text("title") }
}

fn then_word(value: &Value<'_>) -> Option<Then> {
    const WORDS: [&str; 4] = ["refuse", "supervise blue", "supervise yellow", "supervise red"];
    use crate::pack::Level;
    match value.str()? {
        "refuse" => Some(Then::Refuse),
        "supervise blue" => Some(Then::Supervise(Level::Blue)),
        "supervise yellow" => Some(Then::Supervise(Level::Yellow)),
        "supervise red" => Some(Then::Supervise(Level::Red)),
        other => {
            value.bad_word(other, &WORDS);
            None
        }
    }
}

fn need(value: &Value<'_>) -> Option<Need> {
    let Some(word) = value.value.as_str() else { return table_need(value) };
    let need = match word {
        "note" => Need::Note,
        "reason" => Need::Reason,
        "checklist" => Need::Checklist,
        "person" => Need::Person,
        "unit" => Need::Unit,
        "limit" => Need::Limit,
        "visit" => Need::Visit,
        "signature" => Need::Signature,
        "payment" => Need::Payment,
        "checks" => Need::Checks,
        "children" => Need::Children,
        other => {
            value.bad_word(other, &NEED_WORDS);
            return None;
        }
    };
    Some(need)
}

fn table_need(value: &Value<'_>) -> Option<Need> {
    let node = value.node()?;
    let asked: Vec<&'static str> =
        NEED_TABLES.into_iter().filter(|it| node.get(it).is_some()).collect();
    let need = match asked.as_slice() {
        ["photo"] => Need::Photo(PhotoNeed {
            slot: node.id("photo"),
            count: node.some_number("count", 1..=PHOTO_COUNT_MAX).unwrap_or(1),
            near_m: node.some_number("near_m", 1..=NEAR_M_MAX),
            later_than: node.get("later_than").and_then(|it| it.id()).map(str::to_owned),
            fresh_min: node.some_number("fresh_min", 1..=FRESH_MIN_MAX),
        }),
        ["field"] => Need::Field(node.id("field")),
        ["document"] => Need::Document(node.id("document")),
        ["rows"] => Need::Rows(node.id("rows")),
        _ => {
            node.gap(
                "bad_value",
                "每项需求写明photo、field、document、rows中的一个",
                "a need in braces names one of photo, field, document and rows",
            );
            return None;
        }
    };
    node.finish();
    Some(need)
}
