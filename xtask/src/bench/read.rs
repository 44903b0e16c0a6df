//! Reads through the store, and the floor under them: the same rows by a bare statement.

use anyhow::{Context, Result, ensure};
use bihuan_core::id::{ClassCode, MatterId, StageId};
use bihuan_core::place::BBox;
use bihuan_core::place::cell::{self, RANGES_MAX};
use bihuan_core::policy::Scope;
use bihuan_core::story::chance::Chance;
use bihuan_core::unit::UnitId;
use bihuan_store::db::{Role, Row};
use bihuan_store::filter::{Filter, Standing};
use bihuan_store::page::{Ask, Mark, page};
use bihuan_store::{Db, DbError, Target, Value, matter};

use super::cpu::{Meter, Took};
use super::life::{FAULTS, USUAL};
use super::town::{VILLAGES, spot, village};

/// Rows of a page.
const PAGE: u32 = 100;
/// Points of a viewport at most.
const POINTS: u32 = 500;
/// Half the side of a viewport, in metres.
const VIEW_M: u32 = 1_500;

/// A read that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Read {
    Page,
    Filter,
    Search,
    One,
    Viewport,
}

impl Read {
    pub(super) const ALL: [Read; 5] =
        [Read::Page, Read::Filter, Read::Search, Read::One, Read::Viewport];

    pub(super) fn title(self) -> &'static str {
        match self {
            Read::Page => "page of 100, anywhere in the ledger",
            Read::Filter => "page of 100 by stage, class and unit",
            Read::Search => "page of 100 by two Chinese characters",
            Read::One => "one matter, whole",
            Read::Viewport => "open matters in a viewport of 3 km",
        }
    }
}

/// What a read is asked for.
struct Question {
    after: (MatterId, i64),
    unit: UnitId,
    class: ClassCode,
    words: String,
    view: BBox,
}

/// A connection that reads, and what it may be asked.
pub(super) struct Reader {
    db: Db,
    is_postgres: bool,
    questions: Vec<Question>,
}

/// What reads took, with statements and rows of one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answered {
    pub(super) took: Took,
    pub(super) statements: f64,
    pub(super) rows: f64,
}

impl Reader {
    /// A reader with `count` questions that `chance` chose.
    ///
    /// # Errors
    /// The realm cannot be read.
    pub(super) fn new(target: &Target, chance: &mut Chance, count: usize) -> Result<Reader> {
        let mut db = Db::connect(target, Role::Reader)?;
        let newest = db.first("SELECT MAX(first_seq) FROM matter", &[], |row| row.int(0))?;
        let newest = u64::try_from(newest.context("the realm is empty")?)?;
        let mut questions = Vec::new();
        for _ in 0..count {
            let seq = Value::Int(i64::try_from(newest / 10 + chance.below(newest * 9 / 10))?);
            let sql = "SELECT id, first_seq FROM matter WHERE first_seq <= $1
                       ORDER BY first_seq DESC LIMIT 1";
            let after = db.first(sql, &[seq], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))?;
            let (id, seq) = after.context("the realm is empty")?;
            let word = *chance.one(&FAULTS).context("there are words")?;
            let at = spot(chance.below(VILLAGES), chance.bits() >> 20, chance.bits() >> 20);
            questions.push(Question {
                after: (MatterId(id.parse()?), seq),
                unit: UnitId(village(chance.below(VILLAGES))),
                class: ClassCode::from(USUAL),
                words: word.chars().take(2).collect(),
                view: BBox::around(at, VIEW_M),
            });
        }
        Ok(Reader { db, is_postgres: matches!(target, Target::Postgres(_)), questions })
    }

    /// Asks every question once, through the store or at the floor.
    ///
    /// # Errors
    /// The realm cannot be read, or the questions had no answers.
    pub(super) fn ask(&mut self, meter: &Meter, read: Read, at_floor: bool) -> Result<Answered> {
        let before = self.db.executed();
        let (db, questions) = (&mut self.db, &self.questions);
        let is_postgres = self.is_postgres;
        let (rows, took) = meter.measure(|| {
            let mut rows = 0;
            for question in questions {
                rows += match at_floor {
                    true => floor(db, is_postgres, read, question)?,
                    false => through(db, read, question)?,
                };
            }
            anyhow::Ok(rows)
        });
        let rows = rows?;
        ensure!(rows > 0, "no answer to any of: {}", read.title());
        #[expect(clippy::cast_precision_loss, reason = "few statements and rows")]
        let each = |it: u64| it as f64 / self.questions.len() as f64;
        let statements = each(self.db.executed() - before);
        Ok(Answered { took, statements, rows: each(rows) })
    }
}

/// The answer as JSON; the number of its rows comes back.
fn through(db: &mut Db, read: Read, question: &Question) -> Result<u64> {
    let (after, filter, limit) = match read {
        Read::One => {
            let found = matter::matter(db, &Scope::operator(), question.after.0)?;
            let bytes = serde_json::to_vec(&found)?;
            return Ok(u64::from(bytes.len() > 4));
        }
        Read::Page => (Some(Mark::Seq(question.after.1)), Filter::default(), PAGE),
        Read::Filter => {
            let filter = Filter {
                units: Some(vec![question.unit.clone()]),
                stages: vec![StageId::from("closed")],
                classes: vec![question.class.clone()],
                ..Filter::default()
            };
            (None, filter, PAGE)
        }
        Read::Search => {
            let search = Some(question.words.clone());
            (None, Filter { search, ..Filter::default() }, PAGE)
        }
        Read::Viewport => {
            let within = Some(question.view);
            let filter = Filter { within, standing: Standing::Open, ..Filter::default() };
            (None, filter, POINTS)
        }
    };
    let answer = page(db, &Scope::operator(), &Ask { filter, after, limit, ..Ask::default() })?;
    let bytes = serde_json::to_vec(&answer)?;
    ensure!(!bytes.is_empty(), "an answer has bytes");
    Ok(answer.rows.len() as u64)
}

const COLUMNS: &str = "matter.id, matter.pack, matter.stage, matter.meaning, matter.class, \
    matter.source, matter.number, matter.clear_number, matter.responsible, matter.owner_unit, \
    matter.owner_person, matter.place_unit, matter.point, matter.supervised, matter.version, \
    matter.lon_e7, matter.lat_e7, matter.opened_ms, matter.due_ms, matter.cleared_ms, \
    matter.overdue_ms, matter.rework, title.bytes";
/// Columns of [`COLUMNS`] that are texts; numbers follow, and last the bytes of a title.
const TEXTS: usize = 14;
const WIDTH: usize = 23;

fn floor(db: &mut Db, is_postgres: bool, read: Read, question: &Question) -> Result<u64> {
    let text = |it: &str| Value::Text(it.to_owned());
    let title = "LEFT JOIN content AS title \
                 ON title.matter = matter.id AND title.kind = 'title'";
    let newest = format!("ORDER BY matter.first_seq DESC LIMIT {PAGE}");
    let (rest, values) = match read {
        Read::One => {
            let sql = "SELECT state FROM matter WHERE id = $1";
            let state = db
                .first(sql, &[text(&question.after.0.to_string())], |row| Ok(row.text(0)?.len()))?;
            return Ok(u64::from(state.is_some()));
        }
        Read::Page => {
            let rest = format!("{title} WHERE matter.first_seq < $1 {newest}");
            (rest, vec![Value::Int(question.after.1)])
        }
        Read::Filter => {
            let rest = format!(
                "{title} WHERE matter.responsible = $1 AND matter.stage = 'closed' \
                 AND matter.class = $2 {newest}"
            );
            (rest, vec![text(&question.unit.0), text(&question.class.0)])
        }
        Read::Search => {
            let hits = if is_postgres {
                "SELECT first_seq FROM search WHERE grams @@ CAST(CAST($1 AS TEXT) AS tsquery)
                 ORDER BY first_seq DESC LIMIT 100"
            } else {
                "SELECT rowid FROM search WHERE search MATCH $1 ORDER BY rowid DESC LIMIT 100"
            };
            let quote = if is_postgres { '\'' } else { '"' };
            let rest = format!("{title} WHERE matter.first_seq IN ({hits}) {newest}");
            (rest, vec![Value::Text(format!("{quote}{}{quote}", question.words))])
        }
        Read::Viewport => return points(db, &question.view),
    };
    let mut rows = 0;
    db.query(&format!("SELECT {COLUMNS} FROM matter {rest}"), &values, |row| {
        rows += 1;
        touch(row)
    })?;
    Ok(rows)
}

/// Open points range by range of cells, by id, place, stage, class and deadline alone.
fn points(db: &mut Db, view: &BBox) -> Result<u64> {
    let mut rows = 0;
    for (low, high) in cell::ranges(view, RANGES_MAX) {
        let sql = "SELECT id, stage, class, lon_e7, lat_e7, due_ms FROM matter
                   WHERE cell BETWEEN $1 AND $2 AND cell IS NOT NULL AND owner_unit IS NOT NULL";
        db.query(sql, &[Value::Int(low), Value::Int(high)], |row| {
            rows += 1;
            (0..3).try_for_each(|no| row.some_text(no).map(drop))?;
            (3..6).try_for_each(|no| row.some_int(no).map(drop))
        })?;
    }
    Ok(rows)
}

fn touch(row: &Row<'_>) -> Result<(), DbError> {
    (0..TEXTS).try_for_each(|no| row.some_text(no).map(drop))?;
    (TEXTS..WIDTH - 1).try_for_each(|no| row.some_int(no).map(drop))?;
    row.some_blob(WIDTH - 1).map(drop)
}
