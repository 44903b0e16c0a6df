//! What happened to a matter, in the words of its pack and in both languages.

use bihuan_core::clock::RuleRef;
use bihuan_core::content::ContentRef;
use bihuan_core::matter::What;
use bihuan_core::matter::event::{Expired, Moved, Opened, Ordered};
use bihuan_core::matter::state::{AppealState, Relation};
use bihuan_core::matter::submission::TimerRule;
use bihuan_core::pack::{Level, Pack};
use bihuan_core::text::Text;
use bihuan_core::unit::{UnitId, Units};

/// An act in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was done.
    pub act: Text,
    /// What was said with it: a heading and a sealed text.
    pub said: Vec<(Text, ContentRef)>,
    /// What follows from it, plainly.
    pub notes: Vec<Text>,
}

impl Told {
    fn plain(zh: &str, en: &str) -> Told {
        Told { act: Text::new(zh, en), said: Vec::new(), notes: Vec::new() }
    }

    fn with(mut self, heading: (&str, &str), text: Option<&ContentRef>) -> Told {
        self.said.extend(text.map(|it| (Text::new(heading.0, heading.1), it.clone())));
        self
    }

    fn note(mut self, zh: impl Into<String>, en: impl Into<String>) -> Told {
        self.notes.push(Text::new(zh, en));
        self
    }
}

const REASON: (&str, &str) = ("理由", "reason");
const NOTE: (&str, &str) = ("说明", "note");

/// An act in words.
#[must_use]
pub fn tell(units: &Units, pack: Option<&Pack>, what: &What) -> Told {
    let reason =
        |zh: &str, en: &str, text: &ContentRef| Told::plain(zh, en).with(REASON, Some(text));
    match what {
        What::Opened(it) => opened(it),
        What::Moved(it) => moved(units, pack, it),
        What::Named(person, _) => {
            Told::plain("指定责任人", "named the responsible person").note(&person.0, &person.0)
        }
        What::Joined(children, text) => {
            let mut told = reason("发起协同", "asked others to join", text);
            told.notes.extend(children.iter().map(|it| title(units, &it.unit)));
            told
        }
        What::ChildEnded(_) => Told::plain("一件协同事项已办结", "a joint part has ended"),
        What::Ordered(it) => ordered(it),
        What::ExtensionAsked(text) => reason("申请延期", "asked for an extension", text),
        What::ExtensionGranted(_) => Told::plain("批准延期", "granted the extension"),
        What::ExtensionRefused(text) => reason("不同意延期", "refused the extension", text),
        What::SuspensionAsked(text) => reason("申请挂账", "asked for a suspension", text),
        What::Suspended(_, text) => reason("挂账", "suspended", text),
        What::SuspensionRefused(text) => reason("不同意挂账", "refused the suspension", text),
        What::Resumed(_) => Told::plain("恢复办理", "resumed"),
        What::Urged(text) => Told::plain("催办", "urged").with(NOTE, Some(text)),
        What::Supervised(level, text) => {
            let (zh, en) = level_words(*level);
            reason(&format!("督办（{zh}）"), &format!("supervised ({en})"), text)
        }
        What::Merged(_, text, _) => reason("并案", "merged into another matter", text),
        What::Absorbed(_) => Told::plain("另一件并入本件", "another matter was merged into this"),
        What::Reclassed(class, text, _) => {
            reason("调整类别", "changed the class", text).note(&class.0, &class.0)
        }
        What::Rechecked(it) => {
            let told = if it.kept {
                Told::plain("回头看：保持", "looked back: kept")
            } else {
                Told::plain("回头看：反弹", "looked back: it came back")
            };
            told.with(NOTE, it.note.as_ref())
        }
        What::Rebounded(_) => Told::plain("反弹，另立新案", "came back as a new matter"),
        What::Appealed(state, text) => appealed(*state).with(REASON, text.as_ref()),
        What::DutyDone(_, text, _) => {
            Told::plain("完成后续任务", "did a duty").with(NOTE, text.as_ref())
        }
        What::HandedOver(from, to, text, _) => {
            let people = format!("{from} → {to}");
            reason("移交责任人", "handed over", text).note(&people, &people)
        }
        What::Noted(text) => Told::plain("备注", "noted").with(NOTE, Some(text)),
        What::Arrived(digests) => {
            let count = digests.len();
            Told::plain("照片到齐", "files arrived")
                .note(format!("{count} 个文件"), format!("{count} files"))
        }
        What::Expired(it) => expired(it),
        What::Recomputed(_) => Told::plain("时限重算", "the deadline was computed anew"),
    }
}

fn opened(it: &Opened) -> Told {
    let told = match (&it.rebound_of, &it.parent) {
        (Some(_), _) => Told::plain("上报（反弹）", "opened (a rebound)"),
        (None, Some(_)) => Told::plain("协同立案", "opened as a joint part"),
        (None, None) => Told::plain("上报", "opened"),
    };
    let told = told.with(("描述", "description"), it.title.as_ref());
    let similar = it.similar.len();
    if similar == 0 {
        return told;
    }
    told.note(format!("疑似重复 {similar} 件"), format!("{similar} matters may be the same"))
}

fn moved(units: &Units, pack: Option<&Pack>, it: &Moved) -> Told {
    let moves = pack.into_iter().flat_map(|it| &it.stages).flat_map(|it| &it.moves);
    let made = moves.into_iter().find(|made| made.id == it.id);
    let act = made.map_or_else(|| Text::new(&*it.id.0, &*it.id.0), |it| it.title.clone());
    let mut told = Told { act, said: Vec::new(), notes: Vec::new() };
    if let Some(reason) = &it.reason {
        let known = made.and_then(|made| made.reasons.iter().find(|known| known.id == *reason));
        let title = known.map_or_else(|| Text::new(reason, reason), |it| it.title.clone());
        told = told.note(title.zh, title.en);
    }
    told = told.with(REASON, it.reason_text.as_ref()).with(NOTE, it.note.as_ref());
    if let Some(handling) = it.handling.as_ref().filter(|_| !it.parts.is_empty()) {
        let Text { zh, en } = title(units, &handling.unit);
        told = told.note(format!("责任单位 {zh}"), format!("responsible: {en}"));
    }
    if let Some(acceptance) = &it.acceptance {
        let relation = relation_words(acceptance.relation);
        told = told.note(relation.zh, relation.en);
    }
    if let Some(number) = &it.number {
        told = told.note(format!("编号 {number}"), format!("number {number}"));
    }
    if let Some(number) = &it.clear_number {
        told = told.note(format!("销号 {number}"), format!("cleared as {number}"));
    }
    if it.disputed {
        told = told.note("照片拍摄于时限内，考核待核", "captured in time; penalties wait");
    }
    told
}

/// The name of a unit, or its key.
fn title(units: &Units, unit: &UnitId) -> Text {
    units.get(unit).map_or_else(|| Text::new(&*unit.0, &*unit.0), |it| it.title.clone())
}

fn ordered(it: &Ordered) -> Told {
    Told::plain("下达要求", "ordered")
        .with(("措施", "measure"), it.measure.as_ref())
        .with(("标准", "standard"), it.standard.as_ref())
        .with(REASON, Some(&it.reason))
}

fn appealed(state: AppealState) -> Told {
    match state {
        AppealState::Asked(0) => Told::plain("申诉", "appealed"),
        AppealState::Asked(_) => Told::plain("同意申诉（待下一级）", "agreed to the appeal"),
        AppealState::Granted => Told::plain("申诉成立", "granted the appeal"),
        AppealState::Refused => Told::plain("申诉不成立", "refused the appeal"),
    }
}

fn expired(it: &Expired) -> Told {
    let told = match it.rule {
        TimerRule::Warn => Told::plain("临期提醒", "warned before the deadline"),
        TimerRule::Overdue => Told::plain("超期升级", "escalated after the deadline"),
        TimerRule::OverdueDay => Told::plain("超期又一日", "one more day overdue"),
        TimerRule::Resume => Told::plain("挂账到期恢复", "resumed at the end of the suspension"),
        TimerRule::Lapse => {
            Told::plain("照片逾期未到，退回办理", "the files never came: back to handling")
        }
    };
    let Some(level) = it.supervised else { return told };
    let (zh, en) = level_words(level);
    told.note(format!("督办（{zh}）"), format!("supervised ({en})"))
}

fn level_words(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Blue => ("蓝", "blue"),
        Level::Yellow => ("黄", "yellow"),
        Level::Red => ("红", "red"),
    }
}

/// Why the accepting unit was another party.
#[must_use]
pub fn relation_words(relation: Relation) -> Text {
    match relation {
        Relation::Superior => Text::new("由上级单位验收", "accepted by a superior unit"),
        Relation::OtherLine => Text::new("由另一方单位验收", "accepted by a unit of another line"),
        Relation::Requester => Text::new("由诉求人确认", "accepted by the requester"),
    }
}

/// The rule that set a deadline.
#[must_use]
pub fn rule_words(rule: &RuleRef) -> Text {
    match rule {
        RuleRef::Class { code, rev } => Text::new(
            format!("类别 {code} 的时限（第 {rev} 版）"),
            format!("the limit of class {code} (revision {rev})"),
        ),
        RuleRef::Stage { id } => {
            Text::new(format!("环节 {id} 的时限"), format!("the limit of stage {id}"))
        }
        RuleRef::Ordered { by, .. } => {
            Text::new(format!("{by} 指定的期限"), format!("ordered by {by}"))
        }
        RuleRef::Duty { id } => {
            Text::new(format!("后续任务 {id} 的时限"), format!("the limit of duty {id}"))
        }
        RuleRef::Law { text } => Text::new(text, text),
    }
}
