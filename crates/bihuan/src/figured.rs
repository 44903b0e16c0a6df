//! Figures as they are told: values with their question in words, held to what a viewer sees.
//!
//! Invariants: the command line and the network tell the same; small counts of a sealed pack are
//! withheld, with their records and their digest.

use crate::look::Look;
use crate::problem::Problem;
use crate::realm::Realm;
use bihuan_core::figure::{Cut, Cycles, Exact, Period, Question, in_words, query, sides, told_as};
use bihuan_core::pack::{Figure, Origin, Pack};
use bihuan_core::policy::count_min;
use bihuan_core::text::Text;
use bihuan_core::time::{Instant, Zone};
use bihuan_core::unit::UnitId;
use bihuan_store::figure::{
    AsOf, Ask, By, Cell, Place, Records, as_of, cycles, digest, evaluate, known_since, records,
};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Most cells of one answer.
pub const CELLS_MAX: usize = 20_000;
/// Most parts that a period is cut into.
pub const PARTS_MAX: usize = 100;

/// By what figures are told apart: a word of each.
pub const BY: [(&str, Apart); 7] = [
    ("unit", Apart::By(By::Unit)),
    ("place", Apart::By(By::Place)),
    ("class", Apart::By(By::Class)),
    ("source", Apart::By(By::Source)),
    ("day", Apart::Cut(Cut::Day)),
    ("week", Apart::Cut(Cut::Week)),
    ("month", Apart::Cut(Cut::Month)),
];

/// By what figures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// A column of what is counted.
    By(By),
    /// Parts of the period.
    Cut(Cut),
}

/// What is asked, by names.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Figures; all of the pack unless named.
    pub figures: Vec<String>,
    /// By what they are told apart.
    pub by: Option<Apart>,
    /// The one key that is wanted.
    pub key: Option<String>,
    /// The last entry that counts; the head unless said.
    pub as_of: Option<u64>,
}

/// Figures of a pack.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FiguresShown {
    /// The pack.
    pub pack: String,
    /// Its revision, whose figures these are; matters of all revisions count.
    pub rev: u32,
    /// The period.
    pub period: PeriodShown,
    /// The last entry of the record that counts.
    pub as_of: u64,
    /// When that entry was recorded, in milliseconds since 1970 UTC.
    pub as_of_at: Instant,
    /// Whether every matter of the realm is seen; else only those counted that the caller may see.
    pub whole: bool,
    /// Whether a small count of a sealed pack is left out somewhere.
    pub withheld: bool,
    /// The figures, in the order of the pack.
    pub figures: Vec<FigureShown>,
    /// Their values, figure by figure, in the order of their keys.
    pub cells: Vec<CellShown>,
}

/// A period.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeriodShown {
    /// Its name, or its two days.
    pub name: String,
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    pub first: String,
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    pub last: String,
    /// When it begins, in milliseconds since 1970 UTC.
    pub from: Instant,
    /// When it ends, exclusive.
    pub to: Instant,
}

impl PeriodShown {
    fn of(period: &Period) -> PeriodShown {
        PeriodShown {
            name: period.name.clone(),
            first: period.first.to_string(),
            last: period.last.to_string(),
            from: period.from,
            to: period.to,
        }
    }
}

/// What a figure is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FigureShown {
    /// Its key.
    pub id: String,
    /// Its name.
    pub title: Text,
    /// The question in words.
    pub query: Text,
    /// Decimal places that are told.
    pub places: u8,
}

/// A value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CellShown {
    /// The figure.
    pub figure: String,
    /// What it is of alone, where told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The name of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The exact value; absent where it is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Exact>,
    /// How it is told: rounded, with its unit; `—` without a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// The same in the round words of the figure, where it has some and they hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worded: Option<Text>,
    /// Whether it is a small count of a sealed pack, and not told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// One figure with the records behind it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TraceShown {
    /// The pack.
    pub pack: String,
    /// Its revision.
    pub rev: u32,
    /// The figure.
    pub figure: String,
    /// The question in words.
    pub query: Text,
    /// The period.
    pub period: PeriodShown,
    /// The last entry of the record that counts.
    pub as_of: u64,
    /// Whether every matter of the realm is seen.
    pub whole: bool,
    /// The value.
    pub cell: CellShown,
    /// SHA-256 over the question, the value and all records; on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// A page of the records, side by side, by the numbers of their entries.
    pub records: Vec<RecordShown>,
    /// The cursor of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A record behind a figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordShown {
    /// The side of the figure that it counts on, such as `over`.
    pub side: String,
    /// The entry of the record that made it known.
    pub seq: u64,
    /// The matter; or an entry of a register, a holder, a value of a param.
    pub id: String,
    /// What it adds.
    pub contribution: i64,
    /// The unit for which it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// Figures that are asked for, all that the answer needs at hand.
pub struct Figured<'a> {
    realm: &'a Realm,
    look: &'a Look,
    pack: Arc<Pack>,
    cycles: Cycles,
    period: Period,
    as_of: AsOf,
    asked: Asked,
}

impl std::fmt::Debug for Figured<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Figured").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl<'a> Figured<'a> {
    /// Reads what is asked.
    ///
    /// # Errors
    /// A figure that the pack does not have, or an entry as of which nobody can tell it.
    pub fn of(
        realm: &'a Realm,
        look: &'a Look,
        (pack, period): (Arc<Pack>, Period),
        asked: Asked,
    ) -> Result<Figured<'a>, Problem> {
        for id in &asked.figures {
            if !pack.figures.iter().any(|it| it.id == *id) {
                let what = Text::new("指标", "figure");
                return Err(Problem::Unknown { what, key: id.clone() });
            }
        }
        let cycles = realm_cycles(realm, look.rules.zone)?;
        let (found, head, since) = realm.read(|db| {
            let head = as_of(db, None)?.map_or(0, |it| it.seq);
            Ok((as_of(db, asked.as_of)?, head, known_since(db)?))
        })?;
        let mut figured = Figured {
            realm,
            look,
            pack,
            cycles,
            period,
            as_of: AsOf { seq: 0, at: Instant(0) },
            asked,
        };
        let stands = figured
            .figures()
            .iter()
            .flat_map(|it| sides(&figured.pack, it))
            .any(|it| matches!(it.take.of, Origin::Register { .. } | Origin::Holders(_)));
        let since = if stands { since } else { 0 };
        let known = found.filter(|it| it.seq >= since);
        figured.as_of = known.ok_or(Problem::AsOf { since, to: head })?;
        Ok(figured)
    }

    fn figures(&self) -> Vec<&Figure> {
        let is_asked =
            |it: &&Figure| self.asked.figures.is_empty() || self.asked.figures.contains(&it.id);
        self.pack.figures.iter().filter(is_asked).collect()
    }

    fn ask<'b>(&'b self, period: &'b Period) -> Ask<'b> {
        let by = match self.asked.by {
            Some(Apart::By(by)) => Some(by),
            _ => None,
        };
        Ask { pack: &self.pack, cycles: &self.cycles, period, as_of: self.as_of, by }
    }

    /// The parts that the answer is cut into: the period itself unless it is told by its parts.
    fn parts(&self) -> Result<Vec<Period>, Problem> {
        let Some(Apart::Cut(cut)) = self.asked.by else { return Ok(vec![self.period.clone()]) };
        let parts = self.cycles.cut(&self.period, cut);
        if parts.len() > PARTS_MAX {
            return Err(Problem::TooFine { most: PARTS_MAX });
        }
        let wanted = |it: &Period| self.asked.key.as_ref().is_none_or(|key| *key == it.name);
        Ok(parts.into_iter().filter(wanted).collect())
    }

    /// All values.
    ///
    /// # Errors
    /// More cells than are told at once, or as the database says.
    pub fn shown(&self) -> Result<FiguresShown, Problem> {
        let figures = self.figures();
        let parts = self.parts()?;
        let mut cells: Vec<(usize, CellShown)> = Vec::new();
        for part in &parts {
            let ask = self.ask(part);
            let found = self.realm.read(|db| evaluate(db, &self.look.scope, &ask, &figures))?;
            for cell in found {
                let figure = figures[cell.figure];
                let key = match self.asked.by {
                    Some(Apart::Cut(_)) => Some(part.name.clone()),
                    _ => cell.key.clone(),
                };
                if self.asked.key.is_some() && self.asked.key != key {
                    continue;
                }
                cells.push((cell.figure, self.cell(figure, key, &cell)));
            }
        }
        if cells.len() > CELLS_MAX {
            return Err(Problem::TooFine { most: CELLS_MAX });
        }
        cells.sort_by_key(|it| it.0);
        let cells: Vec<CellShown> = cells.into_iter().map(|it| it.1).collect();
        let question = self.question(&self.period, None);
        let figures = figures.into_iter().map(|it| FigureShown {
            id: it.id.clone(),
            title: it.title.clone(),
            query: query(&question, it),
            places: it.places,
        });
        Ok(FiguresShown {
            pack: self.pack.id.0.clone(),
            rev: self.pack.rev,
            period: PeriodShown::of(&self.period),
            as_of: self.as_of.seq,
            as_of_at: self.as_of.at,
            whole: self.look.scope.is_everything(),
            withheld: cells.iter().any(|it| it.withheld),
            figures: figures.collect(),
            cells,
        })
    }

    fn question<'b>(
        &'b self,
        period: &'b Period,
        group: Option<(&'b str, &'b str, &'b Text)>,
    ) -> Question<'b> {
        Question { pack: &self.pack, period, as_of: self.as_of.seq, group }
    }

    fn cell(&self, figure: &Figure, key: Option<String>, cell: &Cell) -> CellShown {
        let least = count_min(&self.look.rules, self.look.viewer.standpoint(), &self.pack.id);
        let withheld = (1..least).contains(&cell.least);
        let name = key.as_ref().map(|it| self.name(it));
        let told = !withheld;
        CellShown {
            figure: figure.id.clone(),
            name,
            value: told.then_some(cell.value),
            text: told.then(|| told_as(&self.pack, figure, &cell.value)),
            worded: in_words(&self.pack, figure, &cell.value).ok().filter(|_| told),
            withheld,
            key,
        }
    }

    /// The name of a key.
    fn name(&self, key: &str) -> Text {
        let own = || Text::new(key, key);
        let found = match self.asked.by {
            Some(Apart::By(By::Unit | By::Place)) => {
                self.look.rules.units.get(&UnitId::from(key)).map(|it| it.title.clone())
            }
            Some(Apart::By(By::Class)) => {
                self.pack.classes.iter().find(|it| it.code.0 == key).map(|it| it.title.clone())
            }
            Some(Apart::By(By::Source)) => self.pack.source(key).map(|it| it.title.clone()),
            _ => None,
        };
        found.unwrap_or_else(own)
    }

    /// The entry as of which it is told.
    #[must_use]
    pub fn as_of(&self) -> u64 {
        self.as_of.seq
    }

    /// The one figure that is asked for, with a page of its records; `None` where the key is not
    /// there. The digest goes with the first page.
    ///
    /// # Errors
    /// As the database says.
    pub fn trace(
        &self,
        after: Option<&Place>,
        limit: usize,
    ) -> Result<Option<(TraceShown, Option<Place>)>, Problem> {
        let (figures, parts) = (self.figures(), self.parts()?);
        let (Some(figure), Some(part)) = (figures.first(), parts.first()) else { return Ok(None) };
        let ask = self.ask(part);
        let key = self.asked.key.as_deref();
        let column = key.filter(|_| ask.by.is_some());
        let scope = &self.look.scope;
        let found = self.realm.read(|db| evaluate(db, scope, &ask, &[figure]))?;
        let Some(cell) = found.into_iter().find(|it| it.key.as_deref() == column) else {
            return Ok(None);
        };
        let shown = self.cell(figure, key.map(str::to_owned), &cell);
        let group = key.zip(shown.name.as_ref()).zip(self.word());
        let group = group.map(|((key, name), word)| (word, key, name));
        let question = self.question(part, group);
        let (mut page, mut sealed) = (Records::default(), None);
        if !shown.withheld {
            let of = (*figure, column);
            page = self.realm.read(|db| records(db, scope, &ask, of, (after, limit)))?;
            if after.is_none() {
                let of = (*figure, &cell.value);
                let done = self.realm.read(|db| digest(db, scope, &ask, of, &question))?;
                sealed = Some(done);
            }
        }
        let rows = page.rows.into_iter().map(|it| RecordShown {
            side: it.side,
            seq: it.seq,
            id: it.id,
            contribution: it.contribution,
            unit: it.unit,
        });
        let trace = TraceShown {
            pack: self.pack.id.0.clone(),
            rev: self.pack.rev,
            figure: figure.id.clone(),
            query: query(&question, figure),
            period: PeriodShown::of(part),
            as_of: self.as_of.seq,
            whole: scope.is_everything(),
            cell: shown,
            digest: sealed,
            records: rows.collect(),
            next: None,
        };
        Ok(Some((trace, page.next)))
    }

    /// The word of what figures are told apart by.
    fn word(&self) -> Option<&'static str> {
        BY.iter().find(|it| Some(it.1) == self.asked.by).map(|it| it.0)
    }
}

/// How the realm cuts time.
///
/// # Errors
/// As the database says.
pub fn realm_cycles(realm: &Realm, zone: Zone) -> Result<Cycles, Problem> {
    realm.read(|db| cycles(db, zone))
}
