//! Reads what goes beyond one matter: watch, duties, schedules, ledger, papers.

use super::node::Node;
use super::value::Value;
use crate::clock::Within;
use crate::pack::{
    After, Document, DuplicateWatch, DutyRule, Every, LedgerColumn, ReboundWatch, RecheckWatch,
    Schedule, Shows, Watch,
};

/// Widest look for duplicates and rebounds, in metres.
const WITHIN_M_MAX: u32 = 10_000;
/// Longest look back for duplicates, in hours: a year.
const WITHIN_HOURS_MAX: u32 = 366 * 24;
/// Longest look back or ahead, in days: ten years.
const DAYS_MAX: u32 = 3_660;
/// Largest factor on the weight of a rebound.
const FACTOR_MAX: u32 = 10;

pub(super) fn watch(root: &Node<'_>) -> Watch {
    let Some(node) = root.node("watch") else { return Watch::default() };
    let watch = Watch {
        duplicate: node.node("duplicate").map(|it| {
            let watch = DuplicateWatch {
                within_m: it.number("within_m", 1..=WITHIN_M_MAX),
                within_hours: it.number("within_hours", 1..=WITHIN_HOURS_MAX),
            };
            it.finish();
            watch
        }),
        rebound: node.node("rebound").map(|it| {
            let watch = ReboundWatch {
                within_m: it.number("within_m", 1..=WITHIN_M_MAX),
                days: it.number("days", 1..=DAYS_MAX),
                factor: it.some_number("factor", 1..=FACTOR_MAX).unwrap_or(1),
            };
            it.finish();
            watch
        }),
        recheck: node.each("recheck", recheck),
    };
    node.finish();
    watch
}

fn recheck(node: &Node<'_>) -> RecheckWatch {
    let percent = node.number("sample_percent", 0..=100);
    RecheckWatch {
        after_days: node.number("after_days", 1..=DAYS_MAX),
        sample_percent: u8::try_from(percent).unwrap_or(u8::MAX),
        points_always: node.flag("points_always"),
    }
}

pub(super) fn after(root: &Node<'_>) -> After {
    let Some(node) = root.node("after") else { return After::default() };
    let after = After {
        recheck: node.ids("recheck"),
        appeal: node.ids("appeal"),
        appeal_decide: node.ids("appeal_decide"),
    };
    node.finish();
    after
}

pub(super) fn duty(node: &Node<'_>) -> DutyRule {
    let within = node.need("within").and_then(|it| it.within());
    DutyRule {
        id: node.id("id"),
        title: node.text("title"),
        on: node.id("on"),
        role: node.id("role"),
        within: within.unwrap_or(Within::NaturalDays(1)),
    }
}

pub(super) fn schedule(node: &Node<'_>) -> Schedule {
    Schedule {
        id: node.id("id"),
        title: node.text("title"),
        every: node.word("every").unwrap_or(Every::Year),
        register: node.get("register").and_then(|it| it.id()).map(str::to_owned),
        kind: node.get("kind").and_then(|it| it.kind()),
        class: node.id("class"),
    }
}

pub(super) fn column(node: &Node<'_>) -> LedgerColumn {
    LedgerColumn {
        title: node.text("title"),
        shows: node.need("shows").and_then(|it| shows(&it)).unwrap_or(Shows::Row),
    }
}

/// A word of the ledger or `field:KEY`.
fn shows(value: &Value<'_>) -> Option<Shows> {
    match value.str()?.strip_prefix("field:") {
        Some(field) => Some(Shows::Field(field.to_owned())),
        None => value.word(),
    }
}

pub(super) fn document(node: &Node<'_>) -> Document {
    Document { id: node.id("id"), title: node.text("title"), template: node.string("template") }
}
