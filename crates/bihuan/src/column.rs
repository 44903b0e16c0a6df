//! Columns of the ledger (台账): those of a pack, or those that somebody names.

use crate::problem::Problem;
use bihuan_core::form::FieldKind;
use bihuan_core::matter::Rules;
use bihuan_core::pack::{LedgerColumn, Pack, Shows};
use bihuan_core::text::Text;
use std::sync::Arc;

/// What may stand in a column, with its heading where no pack gives one.
const KNOWN: [(Shows, &str, &str); 32] = [
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
    (Shows::Pack, "事项类型", "Kind"),
    (Shows::OpenedAt, "上报时间", "Opened"),
    (Shows::Owner, "经办单位", "Unit in charge"),
    (Shows::OverdueAt, "首次超期时间", "First overdue"),
    (Shows::Supervised, "督办", "Supervised"),
];

/// The columns of a list, none of which needs more of a matter than its row.
const LIST: [Shows; 20] = [
    Shows::Number,
    Shows::Pack,
    Shows::Stage,
    Shows::BigClass,
    Shows::Class,
    Shows::Source,
    Shows::Description,
    Shows::Responsible,
    Shows::Owner,
    Shows::Person,
    Shows::PlaceUnit,
    Shows::Point,
    Shows::Coordinates,
    Shows::OpenedAt,
    Shows::Due,
    Shows::OverdueAt,
    Shows::Rework,
    Shows::Supervised,
    Shows::ClearedAt,
    Shows::ClearNumber,
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

/// The columns of a list, whatever the pack.
#[must_use]
pub fn of_list() -> Vec<LedgerColumn> {
    let known = |it: &Shows| KNOWN.iter().find(|known| known.0 == *it);
    let column = |(shows, zh, en): &(Shows, &str, &str)| LedgerColumn {
        title: Text::new(*zh, *en),
        shows: shows.clone(),
    };
    LIST.iter().filter_map(known).map(column).collect()
}

/// What the cells of a column hold: `text`, `integer`, `milli` (thousandths) or `moment`
/// (milliseconds since 1970 UTC).
#[must_use]
pub fn kind(rules: &Rules, pack: Option<&Arc<Pack>>, shows: &Shows) -> &'static str {
    let packs = || rules.packs.values().flat_map(|it| it.values());
    match shows {
        Shows::Row | Shows::Rework => "integer",
        Shows::Points => "milli",
        Shows::FoundAt
        | Shows::Due
        | Shows::DispatchedAt
        | Shows::DeclaredAt
        | Shows::ClearedAt
        | Shows::OpenedAt
        | Shows::OverdueAt => "moment",
        Shows::Field(id) => {
            let mut fields = pack.into_iter().chain(packs()).flat_map(|it| &it.form);
            match fields.find(|it| it.id == *id).map(|it| &it.kind) {
                Some(FieldKind::Money | FieldKind::Length) => "milli",
                Some(FieldKind::Number { .. } | FieldKind::Period | FieldKind::Rows { .. }) => {
                    "integer"
                }
                _ => "text",
            }
        }
        _ => "text",
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
