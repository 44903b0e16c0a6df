//! The question behind a figure in words, in both languages.

use super::period::Period;
use super::thing::{thing, told};
use crate::pack::{
    Against, Counted, Figure, Formula, How, Origin, Pack, Scored, Sign, Stake, Take,
};
use crate::text::Text;

/// What is asked of a figure.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The pack, at the revision whose figures these are.
    pub pack: &'a Pack,
    /// The period.
    pub period: &'a Period,
    /// The last entry of the record that counts.
    pub as_of: u64,
    /// Of what alone: the dimension, the key, and how it is said.
    pub group: Option<(&'a str, &'a str, &'a Text)>,
}

/// The question in words: what is counted, of which pack and period, as of which entry, and how it
/// is rounded.
#[must_use]
pub fn query(question: &Question<'_>, figure: &Figure) -> Text {
    let Question { pack, period, as_of, group } = question;
    let what = formula(pack, figure);
    let of = group.map(|it| it.2);
    let days = period.said();
    let (zh_of, en_of) = of.map_or_else(Default::default, |it| {
        (format!("，仅“{}”", it.zh), format!(", of {} alone", it.en))
    });
    let (zh_unit, en_unit) = unit(pack, figure);
    let places = figure.places;
    let zh = format!(
        "{}（{}第{}版）{}：{}{zh_of}；截至第{as_of}条记录；{zh_unit}保留{places}位小数，四舍五入。",
        pack.title.zh, pack.id, pack.rev, days.zh, what.zh,
    );
    let en = format!(
        "{} ({} revision {}), {}: {}{en_of}; as of entry {as_of}; {en_unit}to {places} decimal \
         places, half up.",
        pack.title.en, pack.id, pack.rev, days.en, what.en,
    );
    Text::new(zh, en)
}

fn unit(pack: &Pack, figure: &Figure) -> (String, String) {
    match thing(pack, figure).and_then(|it| told(it, figure.unit)) {
        Some((_, (zh, en))) if !zh.is_empty() => {
            (format!("以{zh}计，"), format!("in{en}, ").replace("in%", "in %"))
        }
        _ => (String::new(), String::new()),
    }
}

fn formula(pack: &Pack, figure: &Figure) -> Text {
    match &figure.is {
        Formula::One(it) => take(pack, it),
        Formula::Rate { over, under } => {
            let (over, under) = (take(pack, over), take(pack, under));
            Text::new(
                format!("{}÷{}", over.zh, under.zh),
                format!("{} divided by {}", over.en, under.en),
            )
        }
        Formula::Growth { of, against } => {
            let (zh, en) = match against {
                Against::Year => ("上年同期", "the same days a year before"),
                Against::Period => ("上一期", "the period before"),
            };
            let of = named(pack, of);
            Text::new(
                format!("“{}”（{}）减{zh}数，除以{zh}数", of.0.zh, of.1.zh),
                format!("{} ({}) less that of {en}, divided by the latter", of.0.en, of.1.en),
            )
        }
        Formula::Share { part, whole } => {
            let (part, whole) = (named(pack, part), named(pack, whole));
            Text::new(
                format!("“{}”（{}）占“{}”（{}）", part.0.zh, part.1.zh, whole.0.zh, whole.1.zh),
                format!(
                    "{} ({}) as a share of {} ({})",
                    part.0.en, part.1.en, whole.0.en, whole.1.en
                ),
            )
        }
        Formula::Above { rate, base } => {
            let (rate, base) = (named(pack, rate), named(pack, base));
            Text::new(
                format!("“{}”（{}）减“{}”（{}）", rate.0.zh, rate.1.zh, base.0.zh, base.1.zh),
                format!("{} ({}) less {} ({})", rate.0.en, rate.1.en, base.0.en, base.1.en),
            )
        }
    }
}

/// Title and formula of a figure that another rests on.
fn named(pack: &Pack, id: &str) -> (Text, Text) {
    let figure = pack.figures.iter().find(|it| it.id == id);
    figure.map(|it| (it.title.clone(), formula(pack, it))).unwrap_or_default()
}

/// One number in words.
fn take(pack: &Pack, take: &Take) -> Text {
    let of = origin(pack, &take.of);
    let (zh, en) = match take.how {
        How::Count => ("的个数", "the number of"),
        How::Units => ("涉及的单位数（每个单位计一次）", "the number of units, each once, of"),
        How::Matters => ("涉及的事项数（每件计一次）", "the number of matters, each once, of"),
        How::Sum => ("之和", "the sum of"),
        How::Average => ("的平均", "the mean of"),
        How::Min => ("的最小值", "the least of"),
        How::Max => ("的最大值", "the greatest of"),
        How::First => ("中最早一项的值", "the first of"),
        How::Last => ("中最后一项的值", "the last of"),
    };
    let value = match (&take.of, take.how.wants_values()) {
        (Origin::Matters(_), true) => ("用时", "time taken by "),
        _ => ("", ""),
    };
    let of_zh = if value.0.is_empty() { of.zh } else { format!("{}的{}", of.zh, value.0) };
    Text::new(format!("{of_zh}{zh}"), format!("{en} {}{}", value.1, of.en))
}

fn origin(pack: &Pack, of: &Origin) -> Text {
    let field = |fields: &[crate::form::Field], id: &str| {
        fields.iter().find(|it| it.id == id).map(|it| it.title.clone()).unwrap_or_default()
    };
    match of {
        Origin::Matters(it) => noun(*it),
        Origin::Scored(it) => scored(pack, it),
        Origin::Field { field: id, at } => {
            let (title, noun) = (field(&pack.form, id), noun(*at));
            Text::new(
                format!("{}的“{}”", noun.zh, title.zh),
                format!("{} of {}", title.en, noun.en),
            )
        }
        Origin::Register { register, field: id } => {
            let found = pack.registers.iter().find(|it| it.id == *register);
            let name = found.map(|it| it.title.clone()).unwrap_or_default();
            let on = Text::new(
                format!("期末有效的“{}”名录条目", name.zh),
                format!("entries of {} that hold on the last day", name.en),
            );
            let (Some(id), Some(found)) = (id, found) else { return on };
            let title = field(&found.fields, id);
            Text::new(format!("{}的“{}”", on.zh, title.zh), format!("{} of {}", title.en, on.en))
        }
        Origin::Holders(role) => {
            let role = pack.role(role).map(|it| it.title.clone()).unwrap_or_default();
            Text::new(
                format!("期末担任“{}”的人", role.zh),
                format!("persons who are {} on the last day", role.en),
            )
        }
        Origin::Param(id) => {
            Text::new(format!("“{id}”期末的值"), format!("`{id}` on the last day"))
        }
    }
}

fn scored(pack: &Pack, it: &Scored) -> Text {
    let (zh, en) = match (it.what, it.sign) {
        (Stake::Points, Sign::Both) => ("计分", "points"),
        (Stake::Points, Sign::Deducted) => ("扣分", "points deducted"),
        (Stake::Points, Sign::Awarded) => ("加分", "points awarded"),
        (Stake::Fen, Sign::Both) => ("考核款项", "money adjusted"),
        (Stake::Fen, Sign::Deducted) => ("考核扣款", "money deducted"),
        (Stake::Fen, Sign::Awarded) => ("考核奖励", "money awarded"),
    };
    let tariff = it.tariff.as_ref().and_then(|id| pack.tariffs.iter().find(|it| it.id == *id));
    match tariff.map(|it| &it.title) {
        None => Text::new(zh, en),
        Some(title) => {
            Text::new(format!("按“{}”的{zh}", title.zh), format!("{en} by {}", title.en))
        }
    }
}

/// What a word of the vocabulary counts, as a noun.
#[must_use]
pub fn noun(counted: Counted) -> Text {
    let (zh, en) = match counted {
        Counted::Opened => ("上报的事项", "matters reported"),
        Counted::OpenedKept => {
            ("上报且未作废、未并案的事项", "matters reported and neither rejected nor merged")
        }
        Counted::OpenedCleared => ("上报且已销号的事项", "matters reported and cleared since"),
        Counted::Filed => ("立案的事项", "matters filed"),
        Counted::FiledOnTime => ("按时立案的事项", "matters filed in time"),
        Counted::PreChecked => ("立案前核实", "checks before filing"),
        Counted::PreCheckedOnTime => ("按时完成的立案前核实", "checks before filing done in time"),
        Counted::Dispatched => ("派遣", "dispatches"),
        Counted::DispatchedKept => {
            ("未被回退或移交的派遣", "dispatches neither returned nor transferred since")
        }
        Counted::Due => ("时限在期内的事项", "matters whose deadline lies in the period"),
        Counted::DueDeclared => {
            ("时限在期内、已申请验收的事项", "matters due in the period and declared done")
        }
        Counted::DueDeclaredOnTime => (
            "时限在期内、按期申请验收的事项",
            "matters due in the period and declared done in time",
        ),
        Counted::DueCleared => {
            ("时限在期内、已销号的事项", "matters due in the period and cleared")
        }
        Counted::DueClearedOnTime => {
            ("时限在期内、按期整改并销号的事项", "matters due in the period and cleared in time")
        }
        Counted::DueMissed => {
            ("时限在期内、超期未处置的事项", "matters due in the period, overdue and not done")
        }
        Counted::Declared => ("申请验收", "declarations"),
        Counted::DeclaredOnTime => ("按期的申请验收", "declarations in time"),
        Counted::Judged => ("核查", "judgements"),
        Counted::JudgedOnTime => ("按时完成的核查", "judgements in time"),
        Counted::Accepted => ("核查通过", "acceptances after a declaration"),
        Counted::SentBack => ("返工", "matters sent back"),
        Counted::Cleared => ("销号的事项", "matters cleared"),
        Counted::ClearedOnTime => ("按期销号的事项", "matters cleared in time"),
        Counted::FixedOnSpot => ("立行立改的事项", "matters fixed on the spot"),
        Counted::SelfHandled => ("自行处置的事项", "matters fixed by inspectors"),
        Counted::Merged => ("并案的事项", "matters merged"),
        Counted::Voided => ("作废的事项", "matters rejected"),
        Counted::Returned => ("回退", "returns"),
        Counted::Transferred => ("移交", "transfers"),
        Counted::Lifted => ("上交", "lifts to a tier above"),
        Counted::Extended => ("延期", "extensions"),
        Counted::Suspended => ("挂账", "suspensions"),
        Counted::Overdue => ("新标超期的事项", "matters marked as overdue"),
        Counted::Urged => ("催办", "urgings"),
        Counted::Supervised => ("督办", "orders of supervision"),
        Counted::Rechecked => ("回头看", "looks back"),
        Counted::RecheckFailed => ("发现反弹的回头看", "looks back that found a rebound"),
        Counted::Rebounded => ("反弹", "rebounds"),
    };
    Text::new(zh, en)
}
