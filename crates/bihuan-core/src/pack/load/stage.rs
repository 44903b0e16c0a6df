//! Reads stages: meaning, owner, clock, warnings, escalation, side acts, and their moves.

use super::moves;
use super::node::Node;
use super::value::Value;
use crate::clock::{RestDay, Unit, Within};
use crate::pack::{
    Allow, AllowExtend, AllowSuspend, Clock, ClockWithin, Escalation, Meaning, Of, Owner, Role,
    Stage, Starts, Warn,
};

/// Largest count of extensions or suspensions that is read; the law allows fewer.
const TIMES_MAX: u32 = 100;
/// Share of a limit after which a warning still comes before the deadline.
const WARN_PERCENT_MAX: u8 = 99;

pub(super) fn stage(node: &Node<'_>, roles: &[Role]) -> Stage {
    let is = node.word::<Meaning>("is");
    let id = node.id("id");
    if is.is_none() || id == crate::id::StageId::default() {
        node.sink().stages_are_unsure();
    }
    Stage {
        id,
        title: node.text("title"),
        is: is.unwrap_or(Meaning::Opened),
        owner: node.node("owner").map(|it| owner(it, roles)),
        clock: node.node("clock").and_then(clock),
        warn: each_text(node, "warn", warn),
        overdue: node.each("overdue", escalation),
        allow: node.node("allow").map(allow).unwrap_or_default(),
        moves: node.each("move", moves::a_move),
    }
}

fn each_text<T>(node: &Node<'_>, key: &'static str, read: fn(&Value<'_>) -> Option<T>) -> Vec<T> {
    let items = node.get(key).map(|it| it.one_or_more()).unwrap_or_default();
    items.iter().filter_map(read).collect()
}

fn owner(node: Node<'_>, roles: &[Role]) -> Owner {
    let role = node.id("role");
    let own_of = roles.iter().find(|it| it.id == role).map(|it| it.of.clone());
    let of = node.get("of").and_then(|it| it.of()).or(own_of).unwrap_or(Of::Place);
    node.finish();
    Owner { role, of }
}

fn clock(node: Node<'_>) -> Option<Clock> {
    let within = node.need("within").and_then(|it| match it.str()? {
        "class" => Some(ClockWithin::Class),
        "ordered" => Some(ClockWithin::Ordered),
        _ => it.within().map(ClockWithin::Fixed),
    });
    let starts = node.word_or("starts", Starts::Stage);
    let rest_day = node.word_or("rest_day", RestDay::Roll);
    node.finish();
    // A clock that could not be read has left a gap; a stand-in keeps it from counting as absent.
    Some(Clock { within: within.unwrap_or(ClockWithin::Class), starts, rest_day })
}

fn warn(value: &Value<'_>) -> Option<Warn> {
    let text = value.str()?;
    let Some(percent) = text.strip_suffix('%') else {
        return value.within().map(Warn::Before);
    };
    let percent = percent.parse::<u8>().ok().filter(|it| (1..=WARN_PERCENT_MAX).contains(it));
    if percent.is_none() {
        value.bad_value(
            format!("百分比应为1%至{WARN_PERCENT_MAX}%"),
            format!("write a share from 1% to {WARN_PERCENT_MAX}%"),
        );
    }
    percent.map(Warn::Percent)
}

fn escalation(node: &Node<'_>) -> Escalation {
    let after = node.need("after").and_then(|it| match it.str()? {
        "0" => None,
        _ => it.within(),
    });
    let tell = node.get("tell").and_then(|it| it.id()).map(Into::into);
    let supervise = node.get("supervise").and_then(|it| it.word());
    Escalation { after, tell, supervise }
}

fn allow(node: Node<'_>) -> Allow {
    let allow = Allow {
        extend: node.node("extend").map(extend),
        suspend: node.node("suspend").map(suspend),
        join: node.ids("join"),
        name: node.ids("name"),
        urge: node.ids("urge"),
        supervise: node.ids("supervise"),
        merge: node.ids("merge"),
        reclass: node.ids("reclass"),
        order: node.ids("order"),
        note: node.ids("note"),
    };
    node.finish();
    allow
}

fn extend(node: Node<'_>) -> AllowExtend {
    let extend = AllowExtend {
        times: node.number("times", 1..=TIMES_MAX),
        ask: node.ids("ask"),
        by: node.ids("by"),
    };
    node.finish();
    extend
}

fn suspend(node: Node<'_>) -> AllowSuspend {
    let days = node.need("at_most").and_then(|it| {
        let within: Within = it.within()?;
        if within.unit() != Unit::NaturalDay {
            it.bad_value("挂账期限以自然日计，如“365 natural_day”", "say it in natural_day");
            return None;
        }
        Some(within.count())
    });
    let suspend = AllowSuspend {
        times: node.number("times", 1..=TIMES_MAX),
        days_max: days.unwrap_or_default(),
        ask: node.ids("ask"),
        by: node.ids("by"),
    };
    node.finish();
    suspend
}
