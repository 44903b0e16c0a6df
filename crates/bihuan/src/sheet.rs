//! A page of the ledger as typed cells, the same for screen, CSV, JSON and workbook.

use crate::column::{needs_whole, word};
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::content::ContentRef;
use bihuan_core::form::{Field, FieldKind, FieldValue};
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::{Compartment, LedgerColumn, Pack, Shows};
use bihuan_core::text::Lang;
use bihuan_core::time::{Instant, Zone};
use bihuan_press::xlsx;
use bihuan_store::page::PageRow;
use bihuan_store::score::points;
use bihuan_store::text::{Shown, names, texts};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A typed cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Thousandths.
    Milli(i64),
    /// A moment.
    Moment(Instant),
}

impl Cell {
    /// As a person reads it.
    #[must_use]
    pub fn human(&self, out: &Output, zone: Zone) -> String {
        match self {
            Cell::Moment(at) => out.moment(zone, *at),
            other => other.plain(zone),
        }
    }

    /// As a program or a spreadsheet reads it from text.
    #[must_use]
    pub fn plain(&self, zone: Zone) -> String {
        match self {
            Cell::Blank => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Int(it) => it.to_string(),
            Cell::Milli(it) => milli(*it),
            Cell::Moment(at) => {
                let civil = zone.civil(*at);
                format!("{} {:02}:{:02}", civil.date(), civil.hour(), civil.minute())
            }
        }
    }

    /// As JSON; a moment in milliseconds since 1970.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Cell::Blank => Value::Null,
            Cell::Text(text) => json!(text),
            Cell::Int(it) | Cell::Milli(it) => json!(it),
            Cell::Moment(at) => json!(at.0),
        }
    }

    /// As a cell of a workbook.
    #[must_use]
    pub fn xlsx(&self, zone: Zone) -> xlsx::Cell {
        match self {
            Cell::Blank => xlsx::Cell::Blank,
            Cell::Text(text) => xlsx::Cell::Text(text.clone()),
            Cell::Int(it) => xlsx::Cell::Int(*it),
            Cell::Milli(it) => xlsx::Cell::Milli(*it),
            Cell::Moment(at) => {
                let civil = zone.civil(*at);
                let part = |it: i8| it.unsigned_abs();
                match u16::try_from(civil.year()) {
                    Ok(year) if year >= 1900 => xlsx::Cell::Moment(xlsx::Moment {
                        year,
                        month: part(civil.month()),
                        day: part(civil.day()),
                        hour: u16::from(part(civil.hour())),
                        minute: part(civil.minute()),
                    }),
                    _ => xlsx::Cell::Text(self.plain(zone)),
                }
            }
        }
    }
}

/// Thousandths with their places.
fn milli(it: i64) -> String {
    let sign = if it < 0 { "-" } else { "" };
    let (whole, rest) = (it.unsigned_abs() / 1_000, it.unsigned_abs() % 1_000);
    format!("{sign}{whole}.{rest:03}")
}

/// What the cells of a page are made of.
pub struct Sheet<'a> {
    rules: &'a Rules,
    lang: Lang,
    now: Instant,
    columns: &'a [LedgerColumn],
    texts: BTreeMap<ContentRef, Shown>,
    names: BTreeMap<PersonId, Shown>,
    points: BTreeMap<MatterId, i64>,
}

impl<'a> Sheet<'a> {
    /// Reads what the columns need beside the rows of a page.
    ///
    /// # Errors
    /// As the database says.
    pub fn of(
        realm: &Realm,
        rules: &'a Rules,
        lang: Lang,
        columns: &'a [LedgerColumn],
        rows: &[PageRow],
    ) -> Result<Sheet<'a>, Problem> {
        let (mut refs, mut persons) = (BTreeSet::new(), BTreeSet::new());
        let whole = columns.iter().any(|it| needs_whole(&it.shows));
        for matter in rows.iter().filter_map(|it| it.matter.as_deref()).filter(|_| whole) {
            refs.extend(matter.measure.iter().chain(&matter.standard).cloned());
            refs.extend(matter.form.values().filter_map(|it| match it {
                FieldValue::Ref(it) => Some(it.clone()),
                _ => None,
            }));
            persons.extend(matter.acceptance.iter().map(|it| it.person.clone()));
        }
        let ids: Vec<MatterId> = rows.iter().map(|it| it.id).collect();
        let wants_points = columns.iter().any(|it| it.shows == Shows::Points);
        let (texts, names) = realm.read(|db| Ok((texts(db, &refs)?, names(db, &persons)?)))?;
        let points =
            if wants_points { realm.read(|db| points(db, &ids))? } else { BTreeMap::new() };
        let now = realm.now();
        Ok(Sheet { rules, lang, now, columns, texts, names, points })
    }

    /// The cells of a row; `no` is its running number.
    #[must_use]
    pub fn cells(&self, row: &PageRow, no: i64) -> Vec<Cell> {
        let pack = self.pack(row);
        self.columns.iter().map(|it| self.cell(&it.shows, row, pack, no)).collect()
    }

    /// A row as an object by the words of its columns.
    #[must_use]
    pub fn object(&self, row: &PageRow, no: i64) -> Value {
        let mut object = serde_json::Map::new();
        object.insert("id".into(), json!(row.id));
        for (column, cell) in self.columns.iter().zip(self.cells(row, no)) {
            object.insert(word(&column.shows), cell.json());
        }
        Value::Object(object)
    }

    fn pack(&self, row: &PageRow) -> Option<&'a Arc<Pack>> {
        let whole = row.matter.as_deref().and_then(|it| self.rules.pack_of(it));
        whole.or_else(|| self.rules.pack(&row.pack))
    }

    fn cell(&self, shows: &Shows, row: &PageRow, pack: Option<&Arc<Pack>>, no: i64) -> Cell {
        let class = pack.and_then(|it| it.class(&row.class));
        match shows {
            Shows::Row => Cell::Int(no),
            Shows::Number => some(row.number.as_deref()),
            Shows::Source => {
                let source = pack.and_then(|it| it.source(&row.source));
                text(source.map_or(row.source.as_str(), |it| it.title.get(self.lang)))
            }
            Shows::Point => match &row.point_title {
                Some(title) => text(title.get(self.lang)),
                None => some(row.point.as_ref().map(|it| it.as_str())),
            },
            Shows::PlaceUnit => row.place_unit.as_ref().map_or(Cell::Blank, |it| self.unit(it)),
            Shows::Coordinates => row.at.map_or(Cell::Blank, |at| {
                Cell::Text(format!("{:.6},{:.6} WGS-84", at.lon(), at.lat()))
            }),
            Shows::BigClass => {
                text(class.map_or(row.class.as_str(), |it| it.big_title.get(self.lang)))
            }
            Shows::Class => text(class.map_or(row.class.as_str(), |it| it.title.get(self.lang))),
            Shows::Description if pack.is_none_or(|it| it.compartment == Compartment::Sealed) => {
                text(if self.lang == Lang::Zh { "（封存）" } else { "(sealed)" })
            }
            Shows::Description => self.shown(&row.title),
            Shows::Responsible => self.unit(&row.responsible),
            Shows::Person => match &row.person_name {
                Shown::None => some(row.person.as_ref().map(|it| it.as_str())),
                name => self.shown(name),
            },
            Shows::Due => row.due_at.map_or(Cell::Blank, Cell::Moment),
            Shows::Stage => {
                let stage = pack.and_then(|it| it.stage(&row.stage));
                text(stage.map_or(row.stage.as_str(), |it| it.title.get(self.lang)))
            }
            Shows::ClearNumber => some(row.clear_number.as_deref()),
            Shows::ClearedAt => row.cleared_at.map_or(Cell::Blank, Cell::Moment),
            Shows::Overdue if is_overdue(row, self.now) => {
                text(if self.lang == Lang::Zh { "是" } else { "yes" })
            }
            Shows::Overdue => Cell::Blank,
            Shows::Rework => Cell::Int(row.rework),
            Shows::Points => Cell::Milli(self.points.get(&row.id).copied().unwrap_or(0)),
            other => match row.matter.as_deref() {
                Some(matter) => self.whole(other, matter, pack),
                None => Cell::Blank,
            },
        }
    }

    /// Cells that need the whole matter.
    fn whole(&self, shows: &Shows, matter: &Matter, pack: Option<&Arc<Pack>>) -> Cell {
        let class = pack.and_then(|it| it.class(&matter.standing.class));
        match shows {
            Shows::FoundAt => Cell::Moment(matter.found_at.unwrap_or(matter.opened_at)),
            Shows::Before => photos(matter, "before"),
            Shows::AfterPhoto => photos(matter, "after"),
            Shows::Measure => match &matter.measure {
                Some(it) => self.content(it),
                None => some(class.map(|it| it.measure.get(self.lang))),
            },
            Shows::Standard => match &matter.standard {
                Some(it) => self.content(it),
                None => some(class.map(|it| it.standard.get(self.lang))),
            },
            Shows::DispatchedAt => {
                matter.handling.as_ref().map_or(Cell::Blank, |it| Cell::Moment(it.since))
            }
            Shows::DeclaredAt => matter.declared_at.map_or(Cell::Blank, Cell::Moment),
            Shows::Acceptor => matter.acceptance.as_ref().map_or(Cell::Blank, |it| {
                match self.names.get(&it.person) {
                    Some(Shown::None) | None => text(it.person.as_str()),
                    Some(name) => self.shown(name),
                }
            }),
            Shows::Recheck => self.recheck(matter),
            Shows::Field(id) => {
                let field = pack.and_then(|it| it.form.iter().find(|it| it.id == *id));
                matter.form.get(id).map_or(Cell::Blank, |it| self.value(field, it))
            }
            _ => Cell::Blank,
        }
    }

    fn recheck(&self, matter: &Matter) -> Cell {
        let rechecks = matter.duties.iter().filter(|it| it.id == "recheck");
        let (done, open): (Vec<_>, Vec<_>) = rechecks.partition(|it| it.done_at.is_some());
        let pick = |zh: &str, en: &str| text(if self.lang == Lang::Zh { zh } else { en });
        match (matter.rebounded_as, done.is_empty(), open.is_empty()) {
            (Some(_), ..) => pick("反弹", "rebounded"),
            (None, false, _) => pick("保持", "kept"),
            (None, true, false) => pick("待复查", "due"),
            (None, true, true) => Cell::Blank,
        }
    }

    /// A field; an amount is shown in yuan and a length in metres.
    fn value(&self, field: Option<&Field>, value: &FieldValue) -> Cell {
        let kind = field.map(|it| &it.kind);
        match value {
            FieldValue::Int(fen) if kind == Some(&FieldKind::Money) => {
                Cell::Milli(fen.saturating_mul(10))
            }
            FieldValue::Int(mm) if kind == Some(&FieldKind::Length) => Cell::Milli(*mm),
            FieldValue::Int(it) => Cell::Int(*it),
            FieldValue::Key(key) => {
                let option = match kind {
                    Some(FieldKind::Choice { options }) => options.iter().find(|it| it.id == *key),
                    _ => None,
                };
                text(option.map_or(key.as_str(), |it| it.title.get(self.lang)))
            }
            FieldValue::Yes(yes) => text(match (yes, self.lang) {
                (true, Lang::Zh) => "是",
                (false, Lang::Zh) => "否",
                (true, Lang::En) => "yes",
                (false, Lang::En) => "no",
            }),
            FieldValue::Ref(it) => self.content(it),
            FieldValue::Files(digests) => text(&digests.join(" ")),
            FieldValue::Rows(rows) => Cell::Int(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        }
    }

    fn unit(&self, id: &bihuan_core::unit::UnitId) -> Cell {
        let unit = self.rules.units.get(id);
        text(unit.map_or(id.as_str(), |it| it.title.get(self.lang)))
    }

    fn content(&self, reference: &ContentRef) -> Cell {
        self.texts.get(reference).map_or(Cell::Blank, |it| self.shown(it))
    }

    fn shown(&self, shown: &Shown) -> Cell {
        match shown {
            Shown::None => Cell::Blank,
            Shown::Text(it) => text(it),
            Shown::Erased(seq) => Cell::Text(erased(self.lang, *seq)),
        }
    }
}

/// Whether a unit missed the deadline of handling, by `now` or ever.
#[must_use]
pub fn is_overdue(row: &PageRow, now: Instant) -> bool {
    let handling = row.meaning == "handling";
    row.overdue_at.is_some() || (handling && row.due_at.is_some_and(|it| it < now))
}

/// What stands where a text was erased.
#[must_use]
pub fn erased(lang: Lang, seq: u64) -> String {
    match lang {
        Lang::Zh => format!("（已由第 {seq} 条记录删除）"),
        Lang::En => format!("(erased by entry {seq})"),
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn some(it: Option<&str>) -> Cell {
    it.map_or(Cell::Blank, text)
}

/// Digests of the photos of a slot.
fn photos(matter: &Matter, slot: &str) -> Cell {
    let digests = matter.files.iter().filter(|it| it.slot == slot).map(|it| it.digest.as_str());
    let digests: Vec<&str> = digests.collect();
    if digests.is_empty() { Cell::Blank } else { Cell::Text(digests.join(" ")) }
}
