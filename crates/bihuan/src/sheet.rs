//! A page of the ledger as typed cells, the same for screen, network, CSV, JSON and workbook.
//!
//! Invariant: a cell tells no more of a matter than its row does, which was read through a look.

use crate::column::{needs_whole, word};
use crate::look::Look;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::content::ContentRef;
use bihuan_core::form::{Field, FieldKind, FieldValue};
use bihuan_core::id::{MatterId, PersonId};
use bihuan_core::matter::{Matter, Rules};
use bihuan_core::pack::{LedgerColumn, Pack, Shows};
use bihuan_core::text::Lang;
use bihuan_core::time::{Instant, Zone};
use bihuan_press::xlsx;
use bihuan_store::page::PageRow;
use bihuan_store::score::points;
use bihuan_store::text::{Shown, names, texts};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A typed cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing.
    Blank,
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number.
    Int(i64),
    /// Thousandths.
    Milli(i64),
    /// A moment.
    Moment(Instant),
}

/// As JSON; a moment in milliseconds since 1970.
impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Blank => to.serialize_none(),
            Cell::Text(text) => to.serialize_str(text),
            Cell::Int(it) | Cell::Milli(it) => to.serialize_i64(*it),
            Cell::Moment(at) => to.serialize_i64(at.0),
        }
    }
}

impl Cell<'_> {
    /// As a person reads it.
    #[must_use]
    pub fn human(&self, out: &Output, zone: Zone) -> String {
        match self {
            Cell::Moment(at) => out.moment(zone, *at),
            other => other.plain(zone).into_owned(),
        }
    }

    /// As a program or a spreadsheet reads it from text.
    #[must_use]
    pub fn plain(&self, zone: Zone) -> Cow<'_, str> {
        match self {
            Cell::Blank => Cow::Borrowed(""),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Int(it) => Cow::Owned(it.to_string()),
            Cell::Milli(it) => Cow::Owned(milli(*it)),
            Cell::Moment(at) => {
                let civil = zone.civil(*at);
                let (hour, minute) = (civil.hour(), civil.minute());
                Cow::Owned(format!("{} {hour:02}:{minute:02}", civil.date()))
            }
        }
    }

    /// As a cell of a workbook.
    #[must_use]
    pub fn xlsx(&self, zone: Zone) -> xlsx::Cell {
        match self {
            Cell::Blank => xlsx::Cell::Blank,
            Cell::Text(text) => xlsx::Cell::Text(text.clone().into_owned()),
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
                    _ => xlsx::Cell::Text(self.plain(zone).into_owned()),
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
    look: &'a Look,
    rules: &'a Rules,
    lang: Lang,
    now: Instant,
    columns: &'a [LedgerColumn],
    texts: BTreeMap<ContentRef, Shown>,
    names: BTreeMap<PersonId, Shown>,
    /// `None` where the viewer is told of none.
    points: Option<BTreeMap<MatterId, i64>>,
}

impl<'a> Sheet<'a> {
    /// Reads what the columns need beside the rows of a page.
    ///
    /// # Errors
    /// As the database says.
    pub fn of(
        realm: &Realm,
        look: &'a Look,
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
        let (mut read, mut known) = (BTreeMap::new(), BTreeMap::new());
        if whole {
            (read, known) = realm.read(|db| Ok((texts(db, &refs)?, names(db, &persons)?)))?;
        }
        let mut sums = look.is_official().then(BTreeMap::new);
        if sums.is_some() && columns.iter().any(|it| it.shows == Shows::Points) {
            let ids: Vec<MatterId> = rows.iter().map(|it| it.id).collect();
            sums = Some(realm.read(|db| points(db, &ids))?);
        }
        let (rules, now) = (&*look.rules, look.viewer.now());
        Ok(Sheet { look, rules, lang, now, columns, texts: read, names: known, points: sums })
    }

    /// The cells of a row; `no` is its running number.
    #[must_use]
    pub fn cells<'s>(&'s self, row: &'s PageRow, no: i64) -> Vec<Cell<'s>> {
        let pack = self.pack(row);
        self.columns.iter().map(|it| self.cell(&it.shows, row, pack, no)).collect()
    }

    /// A row as an object by the words of its columns.
    #[must_use]
    pub fn object(&self, row: &PageRow, no: i64) -> Value {
        let mut object = serde_json::Map::new();
        object.insert("id".into(), json!(row.id));
        for (column, cell) in self.columns.iter().zip(self.cells(row, no)) {
            object.insert(word(&column.shows), json!(cell));
        }
        Value::Object(object)
    }

    fn pack(&self, row: &PageRow) -> Option<&'a Arc<Pack>> {
        let whole = row.matter.as_deref().and_then(|it| self.rules.pack_of(it));
        whole.or_else(|| self.rules.pack(&row.pack))
    }

    fn cell<'s>(
        &'s self,
        shows: &Shows,
        row: &'s PageRow,
        pack: Option<&'s Arc<Pack>>,
        no: i64,
    ) -> Cell<'s> {
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
                Cell::Text(format!("{:.6},{:.6} WGS-84", at.lon(), at.lat()).into())
            }),
            Shows::BigClass => {
                text(class.map_or(row.class.as_str(), |it| it.big_title.get(self.lang)))
            }
            Shows::Class => text(class.map_or(row.class.as_str(), |it| it.title.get(self.lang))),
            Shows::Description if self.look.is_sealed(row) => {
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
            Shows::Points => self
                .points
                .as_ref()
                .map_or(Cell::Blank, |it| Cell::Milli(it.get(&row.id).copied().unwrap_or(0))),
            Shows::Pack => text(pack.map_or(row.pack.as_str(), |it| it.title.get(self.lang))),
            Shows::OpenedAt => Cell::Moment(row.opened_at),
            Shows::Owner => row.owner.as_ref().map_or(Cell::Blank, |it| self.unit(it)),
            Shows::OverdueAt => row.overdue_at.map_or(Cell::Blank, Cell::Moment),
            Shows::Supervised => some(row.supervised.as_deref().map(|it| self.level(it))),
            other => match row.matter.as_deref() {
                Some(matter) => self.whole(other, matter, pack),
                None => Cell::Blank,
            },
        }
    }

    /// Cells that need the whole matter.
    fn whole<'s>(
        &'s self,
        shows: &Shows,
        matter: &'s Matter,
        pack: Option<&'s Arc<Pack>>,
    ) -> Cell<'s> {
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

    fn level<'s>(&self, word: &'s str) -> &'s str {
        match (self.lang, word) {
            (Lang::Zh, "blue") => "蓝色",
            (Lang::Zh, "yellow") => "黄色",
            (Lang::Zh, "red") => "红色",
            (_, other) => other,
        }
    }

    fn recheck(&self, matter: &Matter) -> Cell<'static> {
        let rechecks = matter.duties.iter().filter(|it| it.id == "recheck");
        let (done, open): (Vec<_>, Vec<_>) = rechecks.partition(|it| it.done_at.is_some());
        let pick =
            |zh: &'static str, en: &'static str| text(if self.lang == Lang::Zh { zh } else { en });
        match (matter.rebounded_as, done.is_empty(), open.is_empty()) {
            (Some(_), ..) => pick("反弹", "rebounded"),
            (None, false, _) => pick("保持", "kept"),
            (None, true, false) => pick("待复查", "due"),
            (None, true, true) => Cell::Blank,
        }
    }

    /// A field; an amount is shown in yuan and a length in metres.
    fn value<'s>(&'s self, field: Option<&'s Field>, value: &'s FieldValue) -> Cell<'s> {
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
            FieldValue::Files(digests) => Cell::Text(digests.join(" ").into()),
            FieldValue::Rows(rows) => Cell::Int(i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        }
    }

    fn unit<'s>(&'s self, id: &'s bihuan_core::unit::UnitId) -> Cell<'s> {
        let unit = self.rules.units.get(id);
        text(unit.map_or(id.as_str(), |it| it.title.get(self.lang)))
    }

    fn content<'s>(&'s self, reference: &ContentRef) -> Cell<'s> {
        self.texts.get(reference).map_or(Cell::Blank, |it| self.shown(it))
    }

    fn shown<'s>(&self, shown: &'s Shown) -> Cell<'s> {
        match shown {
            Shown::None => Cell::Blank,
            Shown::Text(it) => text(it),
            Shown::Erased(seq) if self.look.is_official() => {
                Cell::Text(erased(self.lang, *seq).into())
            }
            Shown::Erased(_) => {
                text(if self.lang == Lang::Zh { "（已删除）" } else { "(erased)" })
            }
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

fn text(text: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text))
}

fn some(it: Option<&str>) -> Cell<'_> {
    it.map_or(Cell::Blank, text)
}

/// Digests of the photos of a slot.
fn photos(matter: &Matter, slot: &str) -> Cell<'static> {
    let digests = matter.files.iter().filter(|it| it.slot == slot).map(|it| it.digest.as_str());
    let digests: Vec<&str> = digests.collect();
    if digests.is_empty() { Cell::Blank } else { Cell::Text(digests.join(" ").into()) }
}
