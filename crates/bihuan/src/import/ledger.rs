//! Reading an existing ledger (整改台账): what clerks kept in a sheet before.
//!
//! Invariant: every row gets its own answer. An imported row is history that others wrote; nothing
//! here makes it an acceptance, and whoever writes it says that it came from a file.

use super::fault::{Fault, ImportError};
use super::limit::TEXT_CHARS_MAX;
use super::mapping::Mapping;
use super::preview::{Cells, Columns, Field, Preview};
use super::table::Table;
use super::value;
use bihuan_core::id::{ClassCode, PointId};
use bihuan_core::place::{Datum, Place, PlaceSource};
use bihuan_core::time::{Instant, Zone};
use bihuan_core::unit::{UnitId, Units};
use std::collections::BTreeMap;

/// A field with the headings that it has in ledgers.
pub(super) struct Guess {
    pub(super) field: Field,
    pub(super) also: &'static [&'static str],
}

const fn guess(
    id: &'static str,
    zh: &'static str,
    needed: bool,
    also: &'static [&'static str],
) -> Guess {
    Guess { field: Field { id, zh, needed }, also }
}

/// Columns of ledgers as notices and tables of towns have them.
pub(super) const FIELDS: [Guess; 27] = [
    guess("number", "问题编号", false, &["编号", "案件编号", "台账编号"]),
    guess("source", "问题来源", false, &["来源", "案件来源"]),
    guess("found_at", "发现时间", true, &["排查时间", "检查时间", "上报时间", "发现日期"]),
    guess("point", "点位", false, &["地点", "问题点位", "位置", "小区", "具体位置"]),
    guess("grid", "所属网格", false, &["网格", "网格编号"]),
    guess("coordinates", "坐标", false, &["经纬度"]),
    guess("lon", "经度", false, &[]),
    guess("lat", "纬度", false, &[]),
    guess("class", "类别", false, &["问题类别", "小类", "问题类型", "类型"]),
    guess("description", "问题描述", true, &["存在问题", "问题", "问题内容", "具体问题"]),
    guess("photo_before", "整改前照片", false, &["整改前", "问题照片"]),
    guess("unit", "责任单位", true, &["承办单位", "整改单位", "责任村", "村社区", "村居"]),
    guess("person", "责任人", false, &["整改责任人", "具体责任人"]),
    guess("leader", "分包领导", false, &["包保领导", "责任领导"]),
    guess("measure", "整改措施", false, &["措施"]),
    guess("standard", "整改标准", false, &["标准"]),
    guess("due_at", "整改时限", false, &["完成时限", "整改期限", "时限"]),
    guess("dispatched_at", "交办时间", false, &["派遣时间", "交办日期", "下发时间"]),
    guess("progress", "完成情况", false, &["整改情况", "整改进度", "是否完成"]),
    guess("photo_after", "整改后照片", false, &["整改后"]),
    guess("done_at", "完成时间", false, &["整改完成时间", "完成日期"]),
    guess("acceptor", "验收人", false, &["核查人"]),
    guess("opinion", "验收意见", false, &["验收结果", "验收情况"]),
    guess("cleared_at", "销号时间", false, &["销号日期"]),
    guess("is_overdue", "是否超期", false, &["超期"]),
    guess("recheck", "回头看结果", false, &["回头看", "复查情况"]),
    guess("note", "备注", false, &[]),
];

/// What rows may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Directory<'a> {
    /// Units, found by id, by Chinese name or by code.
    pub units: &'a Units,
    /// Classes by code and by Chinese name.
    pub classes: &'a BTreeMap<String, ClassCode>,
    /// Points by id and by Chinese name.
    pub points: &'a BTreeMap<String, PointId>,
    /// Zone of the times.
    pub zone: Zone,
}

/// A row of a ledger. Names, numbers and free text are as given; they are personal.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// Number that the ledger gave it.
    pub number: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// When it was found.
    pub found_at: Instant,
    /// The named point, if the realm knows it.
    pub point: Option<PointId>,
    /// Where, in words.
    pub location: Option<String>,
    /// The grid, if the realm knows it.
    pub grid: Option<UnitId>,
    /// Where, by number.
    pub place: Option<Place>,
    /// The class, if the packs know it.
    pub class: Option<ClassCode>,
    /// What is wrong.
    pub description: String,
    /// The responsible unit.
    pub unit: UnitId,
    /// When it was dispatched.
    pub dispatched_at: Option<Instant>,
    /// Until when.
    pub due_at: Option<Instant>,
    /// When it was declared done.
    pub done_at: Option<Instant>,
    /// When it was cleared.
    pub cleared_at: Option<Instant>,
    /// Whether the ledger calls it overdue.
    pub is_overdue: Option<bool>,
    /// All other texts by field: person, leader, measure, standard, progress, acceptor, opinion,
    /// recheck, note, photo_before, photo_after.
    pub texts: BTreeMap<&'static str, String>,
}

/// Fields kept as text.
const TEXTS: [&str; 11] = [
    "person",
    "leader",
    "measure",
    "standard",
    "progress",
    "acceptor",
    "opinion",
    "recheck",
    "note",
    "photo_before",
    "photo_after",
];

/// Times that must not go backwards, in their order.
const TIMES: [&str; 4] = ["found_at", "dispatched_at", "done_at", "cleared_at"];

/// Reads a ledger through a mapping.
///
/// # Errors
/// The table lacks a column that the mapping names or that is needed.
pub fn read(
    table: &Table,
    mapping: &Mapping,
    directory: Directory,
) -> Result<Preview<LedgerRow>, ImportError> {
    let fields = FIELDS.each_ref().map(|it| it.field);
    let columns = Columns::mapped(table, &fields, mapping.columns_in(table)?)?;
    let mut preview = Preview { ignored: columns.ignored(), ..Preview::default() };
    let names = unit_names(directory.units);
    let reader = Reader { mapping, directory, names };
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    for row in &table.rows {
        let mut cells = columns.cells(row);
        let ledger_row = reader.row(&mut cells);
        let number = cells.text("number").to_owned();
        if !number.is_empty()
            && let Some(first) = numbers.insert(number, row.line)
        {
            cells.fault("number", Fault::Twice(first));
        }
        cells.finish(ledger_row, &mut preview);
    }
    Ok(preview.settle())
}

/// Chinese names, ids and codes of units; names that two units share are left out.
fn unit_names(units: &Units) -> BTreeMap<&str, Option<&UnitId>> {
    let mut names: BTreeMap<&str, Option<&UnitId>> = BTreeMap::new();
    for unit in units.iter() {
        let words = [Some(unit.title.zh.as_str()), unit.code.as_deref()];
        for word in words.into_iter().flatten() {
            names.entry(word).and_modify(|it| *it = None).or_insert(Some(&unit.id));
        }
    }
    names.extend(units.iter().map(|it| (it.id.as_str(), Some(&it.id))));
    names
}

struct Reader<'a> {
    mapping: &'a Mapping,
    directory: Directory<'a>,
    names: BTreeMap<&'a str, Option<&'a UnitId>>,
}

impl Reader<'_> {
    fn row(&self, cells: &mut Cells) -> Option<LedgerRow> {
        let times = TIMES.map(|it| self.time(cells, it));
        check_order(cells, &times);
        let [found_at, dispatched_at, done_at, cleared_at] = times;
        if cells.text("found_at").is_empty() {
            cells.fault("found_at", Fault::Missing);
        }
        let due_at = self.time(cells, "due_at");
        let description = cells.need("description", |it| value::free(it, TEXT_CHARS_MAX));
        let unit = cells.need("unit", |it| self.unit(self.mapping.word("unit", it)));
        let grid = cells.may("grid", |it| self.unit(self.mapping.word("grid", it)));
        let class = cells.may("class", |it| self.class(it));
        let location = cells.may("point", |it| value::free(it, TEXT_CHARS_MAX));
        let named = location.as_deref().map(|it| self.mapping.word("point", it));
        let point = named.and_then(|it| self.directory.points.get(it)).cloned();
        let place = self.place(cells);
        let is_overdue =
            cells.may("is_overdue", |it| value::yes_no(self.mapping.word("is_overdue", it)));
        let number = cells.may("number", value::name);
        let source = cells.may("source", |it| value::name(self.mapping.word("source", it)));
        let mut texts = BTreeMap::new();
        for field in TEXTS {
            if let Some(text) = cells.may(field, |it| value::free(it, TEXT_CHARS_MAX)) {
                texts.insert(field, text);
            }
        }
        Some(LedgerRow {
            number,
            source,
            found_at: found_at?,
            point,
            location,
            grid,
            place,
            class,
            description: description?,
            unit: unit?,
            dispatched_at,
            due_at,
            done_at,
            cleared_at,
            is_overdue,
            texts,
        })
    }

    fn time(&self, cells: &mut Cells, field: &str) -> Option<Instant> {
        cells.may(field, |it| value::instant(self.mapping.word(field, it), self.directory.zone))
    }

    fn unit(&self, word: &str) -> Result<UnitId, Fault> {
        let found = self.names.get(word).copied().flatten();
        found.cloned().ok_or_else(|| Fault::Unknown(word.to_owned()))
    }

    fn class(&self, theirs: &str) -> Result<ClassCode, Fault> {
        let word = self.mapping.word("class", theirs);
        let found = self.directory.classes.get(word);
        found.cloned().ok_or_else(|| Fault::Unknown(word.to_owned()))
    }

    /// A place from one column or two; coordinates need a datum in the mapping.
    fn place(&self, cells: &mut Cells) -> Option<Place> {
        let pair = cells.may("coordinates", value::degrees_pair);
        let lon = cells.may("lon", value::degrees);
        let lat = cells.may("lat", value::degrees);
        let (lon, lat) = pair.or(lon.zip(lat))?;
        let field = if pair.is_some() { "coordinates" } else { "lon" };
        let datum: Option<Datum> = self.mapping.datum().ok().flatten();
        match Place::from_raw(lon, lat, datum, 0, PlaceSource::Import, None) {
            Ok(place) => Some(place),
            Err(error) => {
                cells.fault(field, Fault::Other(error.code(), error.to_string()));
                None
            }
        }
    }
}

/// Tells each time that lies before the one filled last.
fn check_order(cells: &mut Cells, times: &[Option<Instant>; 4]) {
    let mut last: Option<(&str, Instant)> = None;
    for (field, time) in TIMES.iter().zip(times) {
        let Some(time) = *time else { continue };
        // A date alone is its first moment, so only another day is told.
        if let Some((before, earlier)) = last
            && time.0 + bihuan_core::time::DAY_MS <= earlier.0
        {
            let heading = cells.heading(before);
            cells.fault(field, Fault::TimeOrder(heading));
        }
        last = Some((field, time));
    }
}
