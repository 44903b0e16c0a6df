//! What refusals name, in words that people know.

use super::{Missing, MissingWhy, PlaceFault, SameParty, Titles};
use crate::pack::Need;
use crate::text::Text;

impl SameParty {
    pub(super) fn text(&self) -> Text {
        match self {
            SameParty::Person { title, .. } => Text::new(
                format!("您代表{}参与过处置，验收须由另一方进行", title.zh),
                format!("you took part for {}; acceptance must be by another party", title.en),
            ),
            SameParty::Unit { title, .. } | SameParty::Employed { title, .. } => Text::new(
                format!("验收须由{}以外的单位进行", title.zh),
                format!("acceptance must be by another unit than {}", title.en),
            ),
        }
    }
}

impl Missing {
    /// The field that it names.
    pub(super) fn field(&self) -> Option<&str> {
        match &self.need {
            Need::Field(id) | Need::Rows(id) => Some(id),
            _ => None,
        }
    }

    /// The need in words.
    pub(super) fn name(&self, titles: &Titles) -> Text {
        let (zh, en) = match &self.need {
            Need::Photo(it) => return self.photo(&it.slot),
            Need::Field(id) | Need::Rows(id) => return title(titles, id),
            Need::Document(kind) => {
                return Text::new(format!("文书 {kind}"), format!("document {kind}"));
            }
            Need::Note => ("说明", "note"),
            Need::Reason => ("原因", "reason"),
            Need::Checklist => ("逐项确认整改标准", "checklist of the standard"),
            Need::Person => ("责任人", "responsible person"),
            Need::Unit => ("责任单位", "unit"),
            Need::Limit => ("时限", "limit"),
            Need::Visit => ("走访记录", "visit"),
            Need::Signature => ("签名", "signature"),
            Need::Payment => ("付款记录", "payment"),
            Need::Checks => ("核对项全部通过", "checks passed"),
            Need::Children => ("协同事项全部办结", "joint parts ended"),
        };
        Text::new(zh, en)
    }

    fn photo(&self, slot: &str) -> Text {
        let (zh, en) = match slot {
            "before" => ("整改前照片", "photo before"),
            "after" => ("整改后照片", "photo after"),
            other => (other, other),
        };
        let (why_zh, why_en) = match self.why {
            MissingWhy::Absent => return Text::new(zh, en),
            MissingWhy::TooFew => ("张数不够", "too few"),
            MissingWhy::TooFar => ("离事项地点太远", "taken too far away"),
            MissingWhy::NoPosition => ("没有位置", "without a position"),
            MissingWhy::NotLater => ("须晚于整改前照片", "not later than the one before"),
            MissingWhy::NotFresh => ("不是刚拍的", "not fresh"),
            MissingWhy::CheckFails => ("核对未通过", "a check fails"),
        };
        Text::new(format!("{zh}（{why_zh}）"), format!("{en} ({why_en})"))
    }
}

impl PlaceFault {
    pub(super) fn name(&self) -> Text {
        match self {
            PlaceFault::Required => Text::new("请标明位置", "say where"),
            PlaceFault::NotWanted => {
                Text::new("此类事项不标这种位置", "this pack takes no place of this kind")
            }
            PlaceFault::Outside => Text::new("不在辖区范围内", "outside the realm's areas"),
            PlaceFault::Border { units } => {
                let units: Vec<&str> = units.iter().map(|it| it.0.as_str()).collect();
                let units = units.join(" / ");
                Text::new(
                    format!("在边界上，请选定单位：{units}"),
                    format!("on a border, name the unit: {units}"),
                )
            }
            PlaceFault::Coordinates { fault } => {
                Text::new(format!("坐标有误（{fault}）"), format!("coordinates ({fault})"))
            }
        }
    }
}

/// What people call something; its key where nobody says.
pub(super) fn title(titles: &Titles, key: &str) -> Text {
    titles.get(key).cloned().unwrap_or_else(|| Text::new(key, key))
}

pub(super) fn listed<'a>(titles: &Titles, keys: impl Iterator<Item = &'a str>) -> Text {
    joined(&keys.map(|it| title(titles, it)).collect::<Vec<_>>())
}

/// Texts one after the other.
pub(super) fn joined(texts: &[Text]) -> Text {
    let zh: Vec<&str> = texts.iter().map(|it| it.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|it| it.en.as_str()).collect();
    Text::new(zh.join("、"), en.join(", "))
}
