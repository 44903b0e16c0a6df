//! Names: each key stands once, and what is named is there.

use super::{moves, stages, tell};
use crate::form::FieldKind;
use crate::id::RoleId;
use crate::pack::{Need, Pack, Shows, Sink, nearest, perhaps, quote};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn prove(pack: &Pack, sink: &Sink) {
    each_once(pack, sink);
    roles(pack, sink);
    targets(pack, sink);
    needed(pack, sink);
    beyond(pack, sink);
}

fn each_once(pack: &Pack, sink: &Sink) {
    once(sink, "source", pack.sources.iter().map(|it| it.id.as_str()));
    once(sink, "role", pack.roles.iter().map(|it| it.id.as_str()));
    once(sink, "field", pack.form.iter().map(|it| it.id.as_str()));
    once(sink, "check", pack.checks.iter().map(|it| it.id.as_str()));
    once(sink, "register", pack.registers.iter().map(|it| it.id.as_str()));
    once(sink, "param", pack.params.iter().map(|it| it.id.as_str()));
    once(sink, "class", pack.classes.iter().map(|it| it.code.as_str()));
    once(sink, "duty", pack.duties.iter().map(|it| it.id.as_str()));
    once(sink, "schedule", pack.schedules.iter().map(|it| it.id.as_str()));
    once(sink, "tariff", pack.tariffs.iter().map(|it| it.id.as_str()));
    once(sink, "ranking", pack.rankings.iter().map(|it| it.id.as_str()));
    once(sink, "figure", pack.figures.iter().map(|it| it.id.as_str()));
    once(sink, "document", pack.documents.iter().map(|it| it.id.as_str()));
    for (no, field) in pack.form.iter().enumerate() {
        match &field.kind {
            FieldKind::Choice { options } => {
                let list = format!("field.{no}.choices");
                once(sink, &list, options.iter().map(|it| it.id.as_str()));
            }
            FieldKind::Rows { fields, .. } => {
                let list = format!("field.{no}.fields");
                once(sink, &list, fields.iter().map(|it| it.id.as_str()));
            }
            _ => {}
        }
    }
    for (no, register) in pack.registers.iter().enumerate() {
        let list = format!("register.{no}.fields");
        once(sink, &list, register.fields.iter().map(|it| it.id.as_str()));
    }
    papers_and_photos(pack, sink);
    if !once(sink, "stage", pack.stages.iter().map(|it| it.id.as_str())) {
        sink.stages_are_unsure();
    }
    let ids = moves(pack).map(|(path, _, it)| (format!("{path}.id"), it.id.as_str()));
    once_at(sink, ids);
    for (path, _, made) in moves(pack) {
        once(sink, &format!("{path}.reasons"), made.reasons.iter().map(|it| it.id.as_str()));
    }
}

/// A matter keeps its files by slot, so a paper must not be mistaken for a photo or a signature.
fn papers_and_photos(pack: &Pack, sink: &Sink) {
    let slots = moves(pack).flat_map(|(_, _, it)| &it.needs).filter_map(|it| match it {
        Need::Photo(photo) => Some(photo.slot.as_str()),
        _ => None,
    });
    let slots: BTreeSet<&str> = slots.chain(["before", "after", "signature"]).collect();
    for (no, document) in pack.documents.iter().enumerate() {
        let id = document.id.as_str();
        if slots.contains(id) {
            tell(
                sink,
                "duplicate_id",
                &format!("document.{no}.id"),
                format!("“{id}”已用作照片或签名，请给文书另取标识"),
                format!("`{id}` is a photo or a signature already; give the document another key"),
            );
        }
    }
}

/// Whether every key of a list stands once.
fn once<'p>(sink: &Sink, list: &str, ids: impl Iterator<Item = &'p str>) -> bool {
    once_at(sink, ids.enumerate().map(|(no, id)| (format!("{list}.{no}.id"), id)))
}

fn once_at<'p>(sink: &Sink, ids: impl Iterator<Item = (String, &'p str)>) -> bool {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    let mut all_once = true;
    for (path, id) in ids.filter(|(_, it)| !it.is_empty()) {
        if seen.insert(id, path.clone()).is_some() {
            all_once = false;
            let id = quote(id);
            let en = format!("`{id}` stands twice; give each its own key");
            tell(sink, "duplicate_id", &path, format!("“{id}”重复，请各用一个标识"), en);
        }
    }
    all_once
}

/// Tells a name that is not among `known`; an empty one has been told already.
pub(super) fn known<'p>(
    sink: &Sink,
    path: &str,
    what: (&str, &str),
    name: &str,
    known: impl Iterator<Item = &'p str> + Clone,
) -> bool {
    if name.is_empty() || known.clone().any(|it| it == name) {
        return true;
    }
    let (zh, en) = perhaps(nearest(name, known));
    let (what_zh, what_en) = what;
    let name = quote(name);
    tell(
        sink,
        "unknown_name",
        path,
        format!("没有名为“{name}”的{what_zh}{zh}"),
        format!("there is no {what_en} `{name}`{en}"),
    );
    false
}

fn role(pack: &Pack, sink: &Sink, path: &str, role: &RoleId) {
    let roles = pack.roles.iter().map(|it| it.id.as_str());
    known(sink, path, ("角色", "role"), role.as_str(), roles);
}

fn some_roles(pack: &Pack, sink: &Sink, path: &str, roles: &[RoleId]) {
    for (no, it) in roles.iter().enumerate() {
        role(pack, sink, &format!("{path}.{no}"), it);
    }
}

fn roles(pack: &Pack, sink: &Sink) {
    for (path, stage) in stages(pack) {
        if let Some(owner) = &stage.owner {
            role(pack, sink, &format!("{path}.owner.role"), &owner.role);
        }
        for (no, step) in stage.overdue.iter().enumerate() {
            if let Some(it) = &step.tell {
                role(pack, sink, &format!("{path}.overdue.{no}.tell"), it);
            }
        }
        let allow = &stage.allow;
        let mut lists = vec![
            ("join", &allow.join),
            ("name", &allow.name),
            ("urge", &allow.urge),
            ("supervise", &allow.supervise),
            ("merge", &allow.merge),
            ("reclass", &allow.reclass),
            ("order", &allow.order),
            ("note", &allow.note),
        ];
        if let Some(it) = &allow.extend {
            lists.extend([("extend.ask", &it.ask), ("extend.by", &it.by)]);
        }
        if let Some(it) = &allow.suspend {
            lists.extend([("suspend.ask", &it.ask), ("suspend.by", &it.by)]);
        }
        for (key, list) in lists {
            some_roles(pack, sink, &format!("{path}.allow.{key}"), list);
        }
    }
    for (path, _, made) in moves(pack) {
        some_roles(pack, sink, &format!("{path}.by"), &made.by);
    }
    some_roles(pack, sink, "after.recheck", &pack.after.recheck);
    some_roles(pack, sink, "after.appeal", &pack.after.appeal);
    some_roles(pack, sink, "after.appeal_decide", &pack.after.appeal_decide);
    for (key, list) in pack.adjusting.lists() {
        some_roles(pack, sink, &format!("adjustment.{key}"), list);
    }
    for (no, ranking) in pack.rankings.iter().enumerate() {
        some_roles(pack, sink, &format!("ranking.{no}.publish"), &ranking.publish);
    }
    for (no, duty) in pack.duties.iter().enumerate() {
        role(pack, sink, &format!("duty.{no}.role"), &duty.role);
    }
}

fn targets(pack: &Pack, sink: &Sink) {
    let ids = || pack.stages.iter().map(|it| it.id.as_str());
    for (path, _, made) in moves(pack) {
        let path = format!("{path}.to");
        if !known(sink, &path, ("环节", "stage"), made.to.as_str(), ids()) {
            sink.stages_are_unsure();
        }
    }
    for (no, duty) in pack.duties.iter().enumerate() {
        known(sink, &format!("duty.{no}.on"), ("环节", "stage"), duty.on.as_str(), ids());
    }
}

fn needed(pack: &Pack, sink: &Sink) {
    let fields = || pack.form.iter().map(|it| it.id.as_str());
    let documents = || pack.documents.iter().map(|it| it.id.as_str());
    for (path, _, made) in moves(pack) {
        for (no, need) in made.needs.iter().enumerate() {
            let path = format!("{path}.needs.{no}");
            match need {
                Need::Field(id) | Need::Rows(id) => {
                    known(sink, &path, ("字段", "field"), id, fields());
                }
                Need::Document(id) => {
                    known(sink, &path, ("文书", "document"), id, documents());
                }
                _ => {}
            }
        }
    }
}

fn beyond(pack: &Pack, sink: &Sink) {
    let fields = || pack.form.iter().map(|it| it.id.as_str());
    for (no, column) in pack.ledger.iter().enumerate() {
        if let Shows::Field(id) = &column.shows {
            known(sink, &format!("ledger.{no}.shows"), ("字段", "field"), id, fields());
        }
    }
    for (no, schedule) in pack.schedules.iter().enumerate() {
        let path = format!("schedule.{no}");
        let classes = pack.classes.iter().map(|it| it.code.as_str());
        let class = schedule.class.as_str();
        known(sink, &format!("{path}.class"), ("类别", "class"), class, classes);
        if let Some(register) = &schedule.register {
            let registers = pack.registers.iter().map(|it| it.id.as_str());
            let path = format!("{path}.register");
            known(sink, &path, ("名录", "register"), register, registers);
        }
    }
}
