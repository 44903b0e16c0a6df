//! Columns of the ledger (台账): those of a pack, or those that somebody names.

use crate::problem::Problem;
use bihuan_core::matter::Rules;
use bihuan_core::pack::{LedgerColumn, Pack, Shows};
use bihuan_core::text::Text;
use std::sync::Arc;

/// What may stand in a column, with its heading where no pack gives one.
const KNOWN: [(Shows, &str, &str); 27] = [
    (Shows::Row, "序号", "No."),
    (Shows::Number, "问题编号", "Number"),
    (Shows::Source, "案件来源", "Source"),
    (Shows::FoundAt, "发现时间", "Found"),
    (Shows::Point, "点位", "Point"),
    (Shows::PlaceUnit, "所属网格", "Area"),
    (Shows::Coordinates, "坐标（WGS-84）", "Coordinates (WGS-84)"),
    (Shows::BigClass, "大类", "Group"),
    (Shows::Class, "类别", "Class"),
    (Shows::Description, "问题描述", "Description"),
    (Shows::Before, "整改前照片", "Photos before"),
    (Shows::AfterPhoto, "整改后照片", "Photos after"),
    (Shows::Responsible, "责任单位", "Responsible unit"),
    (Shows::Person, "责任人", "Responsible person"),
    (Shows::Measure, "整改措施", "Measure"),
    (Shows::Standard, "整改标准", "Standard"),
    (Shows::Due, "整改时限", "Due"),
    (Shows::DispatchedAt, "交办时间", "Dispatched"),
    (Shows::Stage, "环节", "Stage"),
    (Shows::DeclaredAt, "完成时间", "Declared done"),
    (Shows::Acceptor, "验收人", "Acceptor"),
    (Shows::ClearNumber, "销号编号", "Clearance number"),
    (Shows::ClearedAt, "销号时间", "Cleared"),
    (Shows::Overdue, "是否超期", "Overdue"),
    (Shows::Rework, "返工次数", "Sent back"),
    (Shows::Recheck, "回头看结果", "Recheck"),
    (Shows::Points, "计分", "Points"),
];

/// Columns of a list of matters of several packs.
const PLAIN: [Shows; 9] = [
    Shows::Number,
    Shows::Stage,
    Shows::Class,
    Shows::PlaceUnit,
    Shows::Responsible,
    Shows::Description,
    Shows::Due,
    Shows::ClearedAt,
    Shows::Overdue,
];

/// The columns to show: those named, else those of the pack, else the plain ones.
///
/// # Errors
/// Where a word names no column.
pub fn columns(
    rules: &Rules,
    pack: Option<&Arc<Pack>>,
    words: &[String],
) -> Result<Vec<LedgerColumn>, Problem> {
    if !words.is_empty() {
        return words.iter().map(|it| named(rules, pack, it)).collect();
    }
    let only = rules.packs.keys().next().filter(|_| rules.packs.len() == 1);
    let pack = pack.or_else(|| only.and_then(|it| rules.pack(it)));
    match pack.filter(|it| !it.ledger.is_empty()) {
        Some(pack) => Ok(pack.ledger.clone()),
        None => PLAIN.iter().map(|it| named(rules, None, &word(it))).collect(),
    }
}

/// The word of what a column shows, as packs write it.
#[must_use]
pub fn word(shows: &Shows) -> String {
    if let Shows::Field(id) = shows {
        return format!("field:{id}");
    }
    let word = serde_json::to_value(shows).ok();
    word.and_then(|it| it.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// Whether a column needs more of the matter than its row.
#[must_use]
pub fn needs_whole(shows: &Shows) -> bool {
    matches!(
        shows,
        Shows::FoundAt
            | Shows::Before
            | Shows::AfterPhoto
            | Shows::Measure
            | Shows::Standard
            | Shows::DispatchedAt
            | Shows::DeclaredAt
            | Shows::Acceptor
            | Shows::Recheck
            | Shows::Field(_)
    )
}

fn named(rules: &Rules, pack: Option<&Arc<Pack>>, name: &str) -> Result<LedgerColumn, Problem> {
    let name = name.trim();
    let ours = pack.and_then(|it| it.ledger.iter().find(|it| word(&it.shows) == name));
    if let Some(column) = ours {
        return Ok(column.clone());
    }
    if let Some((shows, zh, en)) = KNOWN.iter().find(|(it, ..)| word(it) == name) {
        return Ok(LedgerColumn { title: Text::new(*zh, *en), shows: shows.clone() });
    }
    let packs = rules.packs.values().flat_map(|it| it.values());
    let mut fields = packs.flat_map(|it| &it.form);
    let field = name.strip_prefix("field:").and_then(|id| fields.find(|it| it.id == id));
    if field.is_some_and(|it| it.sealed) {
        let (zh, en) = ("是封存字段，不进列表", "is sealed; it stands in no list");
        return Err(Problem::word(name, zh, en));
    }
    if let Some(field) = field {
        let shows = Shows::Field(field.id.clone());
        return Ok(LedgerColumn { title: field.title.clone(), shows });
    }
    let list = KNOWN.iter().map(|(it, ..)| word(it)).collect::<Vec<_>>().join(", ");
    Err(Problem::word(
        name,
        &format!("可用的列：{list}, field:字段编号"),
        &format!("columns are {list}, field:KEY"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<String> =
            KNOWN.iter().map(|(it, ..)| word(it)).collect();
        assert_eq!(words.len(), KNOWN.len());
        assert!(words.contains("clear_number") && !words.contains(""));
        assert_eq!(word(&Shows::Field("a".into())), "field:a");
    }
}
