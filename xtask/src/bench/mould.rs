//! Moulds: the rows that the store wrote for one matter, from which rows of others are cast.
//!
//! Invariant: names and times in a stored text are replaced by others of the same length, so that
//! a row cast is a row that the store could have written, byte for byte in its shape.

use anyhow::{Context, Result, bail, ensure};
use bihuan_core::id::{CommandId, MatterId};
use bihuan_core::matter::Submission;
use bihuan_core::place::{Point, cell};
use bihuan_core::story::chance::Chance;
use bihuan_store::db::Row;
use bihuan_store::row::{MATTER_COLUMNS, SPAN_COLUMNS, TALLY_COLUMNS};
use bihuan_store::{Answer, Db, Target, Value, Writer};

use super::life::{CLASSES, Life, STEPS};
use super::town::{NOW, found, tick, town_of, village};

/// Tables whose rows belong to one entry of the record each, and from [`CONTENT`] on to a matter:
/// name, columns, and which says so.
pub(super) const TABLES: [(&str, &str, &str); 8] = [
    ("event", "seq, matter, at_ms, bytes, leaf", "seq"),
    ("span", SPAN_COLUMNS, "from_seq"),
    ("tally", TALLY_COLUMNS, "from_seq"),
    ("command", "actor, id, digest, matter, version, first_seq, last_seq", "first_seq"),
    ("score", "seq, no, matter, unit, tariff, at_ms, points_milli, fen", "seq"),
    ("outbox", "seq, no, kind, matter, role, unit, person, at_ms", "seq"),
    ("content", "ref, matter, kind, salt, bytes", "matter"),
    ("matter_part", "unit, first_seq", "first_seq"),
];
/// Where the events are in [`TABLES`].
pub(super) const EVENT: usize = 0;
/// Where the spans are in [`TABLES`].
pub(super) const SPAN: usize = 1;
/// Where the steps that figures count are in [`TABLES`].
const TALLY: usize = 2;
/// Where the sealed texts are in [`TABLES`].
const CONTENT: usize = 6;
/// Where the units that took part are in [`TABLES`].
const PART: usize = 7;

/// What one step of a life wrote.
#[derive(Debug)]
pub(super) struct Step {
    /// The row of the matter after it.
    matter: Vec<Cell>,
    /// New rows of each of [`TABLES`].
    rows: [Vec<Vec<Cell>>; TABLES.len()],
    /// All spans so far; the step may have ended the one before its own.
    spans: Vec<Vec<Cell>>,
    /// All steps that count so far; the step may have ended some before its own.
    tallies: Vec<Vec<Cell>>,
}

/// What the store wrote for one matter, step by step.
#[derive(Debug)]
pub(super) struct Mould {
    steps: Vec<Step>,
    /// Number of sealed texts.
    refs: usize,
}

/// What is different in a matter that is cast.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    pub(super) matter: MatterId,
    pub(super) commands: Vec<CommandId>,
    pub(super) village: u64,
    pub(super) at: Point,
    /// Five digits after year and month, such as `2503-00001`.
    pub(super) number: String,
    /// References of its sealed texts.
    pub(super) refs: Vec<String>,
    pub(super) title: String,
    /// Numbers in the record of its entries, in order.
    pub(super) seqs: Vec<i64>,
    /// How much later it happened than what it is cast from, in milliseconds.
    pub(super) shift_ms: i64,
}

/// One column of a row.
#[derive(Debug)]
enum Cell {
    Same(Value),
    /// Number of an entry of the matter, from 0.
    Seq(usize),
    Ms(i64),
    Lon,
    Lat,
    Key,
    Title,
    Text(Cast),
    Blob(Cast),
    /// The bytes of an entry, without the number that they begin with.
    Record(usize, Cast),
}

/// Bytes with names and times to be replaced.
#[derive(Debug)]
struct Cast {
    bytes: Vec<u8>,
    names: Vec<(usize, usize)>,
    times: Vec<(usize, i64)>,
}

/// Digits of a moment in milliseconds since 1970.
const TIME_DIGITS: usize = 13;

impl Fresh {
    /// The names that are replaced, in the order of [`Scene::names`].
    fn names(&self) -> Vec<String> {
        let mut names = vec![
            self.matter.to_string(),
            village(self.village),
            town_of(self.village),
            self.at.lon_e7.to_string(),
            self.at.lat_e7.to_string(),
            format!("HW-{}", self.number),
            format!("XH-{}", self.number),
        ];
        names.extend(self.commands.iter().map(ToString::to_string));
        names.extend(self.refs.iter().cloned());
        names
    }
}

/// The matter that a mould is taken of.
struct Scene {
    first_seq: i64,
    names: Vec<String>,
}

impl Scene {
    fn cast(&self, bytes: &[u8]) -> Cast {
        let (mut names, mut times) = (Vec::new(), Vec::new());
        for (no, name) in self.names.iter().enumerate() {
            let name = name.as_bytes();
            let found = bytes.windows(name.len()).enumerate().filter(|(_, it)| *it == name);
            names.extend(found.map(|(at, _)| (at, no)));
        }
        for (at, window) in bytes.windows(TIME_DIGITS).enumerate() {
            let digits = window.iter().all(u8::is_ascii_digit) && window.starts_with(b"17");
            let open = at > 0 && b":,[".contains(&bytes[at - 1]);
            let closed = bytes.get(at + TIME_DIGITS).is_none_or(|it| b",]}".contains(it));
            let ms = std::str::from_utf8(window).ok().and_then(|it| it.parse().ok());
            if let Some(ms) = ms.filter(|_| digits && open && closed) {
                times.push((at, ms));
            }
        }
        Cast { bytes: bytes.to_vec(), names, times }
    }

    fn cell(&self, column: &str, value: Value) -> Result<Cell> {
        let entry = |seq: i64| usize::try_from(seq - self.first_seq).context("an earlier entry");
        Ok(match (column, value) {
            (it, Value::Int(seq)) if it == "seq" || it.ends_with("_seq") => Cell::Seq(entry(seq)?),
            ("took_ms", same) => Cell::Same(same),
            (it, Value::Int(ms)) if it.ends_with("_ms") => Cell::Ms(ms),
            ("lon_e7", Value::Int(_)) => Cell::Lon,
            ("lat_e7", Value::Int(_)) => Cell::Lat,
            ("cell", Value::Int(_)) => Cell::Key,
            (_, Value::Text(text)) => Cell::Text(self.cast(text.as_bytes())),
            ("bytes", Value::Blob(bytes)) if bytes.starts_with(b"{\"seq\":") => {
                let rest = bytes.iter().position(|it| *it == b',').context("an entry")?;
                let seq = std::str::from_utf8(&bytes[7..rest])?.parse()?;
                Cell::Record(entry(seq)?, self.cast(&bytes[rest..]))
            }
            (_, Value::Blob(bytes)) => Cell::Blob(self.cast(&bytes)),
            (_, other) => Cell::Same(other),
        })
    }

    fn row(&self, columns: &str, row: Vec<Value>) -> Result<Vec<Cell>> {
        let columns = columns.split(',').map(str::trim);
        columns.zip(row).map(|(column, value)| self.cell(column, value)).collect()
    }
}

impl Cast {
    fn make(&self, names: &[String], shift_ms: i64) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (at, no) in &self.names {
            bytes[*at..*at + names[*no].len()].copy_from_slice(names[*no].as_bytes());
        }
        for (at, ms) in &self.times {
            let mut rest = ms + shift_ms;
            for digit in bytes[*at..*at + TIME_DIGITS].iter_mut().rev() {
                // The remainder of ten is a digit.
                *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
        }
        bytes
    }

    fn text(&self, names: &[String], shift_ms: i64) -> String {
        let made = String::from_utf8(self.make(names, shift_ms));
        made.expect("names and digits are ASCII, and stand where ASCII stood")
    }
}

impl Mould {
    /// Moulds of one life of each class, lived in a realm of their own in `folder`.
    ///
    /// # Errors
    /// The store refused a step, or wrote what cannot be cast.
    pub(super) fn all(folder: &std::path::Path, chance: &mut Chance) -> Result<Vec<Mould>> {
        let target = Target::Sqlite(folder.join("moulds.db"));
        let mut writer = found(&target)?;
        let mould = |class| {
            let life = Life { class, ..Life::new(chance, NOW)? };
            Mould::take(&mut writer, &life)
        };
        CLASSES.into_iter().map(mould).collect()
    }

    fn take(writer: &mut Writer, life: &Life) -> Result<Mould> {
        let mut raw = Vec::new();
        let (mut first_seq, mut lasts) = (None, Vec::new());
        let mut arrived = life.photos.clone();
        arrive(writer, &mut arrived)?;
        for submission in life.submissions() {
            let receipt = one(writer, &submission)?;
            let after = lasts.last().copied().unwrap_or(receipt.0 - 1);
            let first = *first_seq.get_or_insert(receipt.0);
            lasts.push(receipt.1);
            raw.push(RawStep::read(writer.db(), life.matter, (first, after, receipt.1))?);
        }
        let refs: Vec<String> = {
            let rows = raw.last().map(|it| &it.rows[CONTENT]).context("a life has steps")?;
            let text = |row: &Vec<Value>| match row.first() {
                Some(Value::Text(it)) => Some(it.clone()),
                _ => None,
            };
            rows.iter().filter_map(text).collect()
        };
        let at = MATTER_COLUMNS.split(',').position(|it| it.trim() == "state");
        let at = at.context("a matter has a state")?;
        let Some(Value::Text(state)) = raw.last().and_then(|it| it.matter.get(at)) else {
            bail!("a matter has no state");
        };
        let state: serde_json::Value = serde_json::from_str(state)?;
        let said = |key: &str| state[key].as_str().map(|it| it[3..].to_owned());
        let number = said("number").context("a closed matter has a number")?;
        ensure!(said("clear_number").as_ref() == Some(&number), "two numbers of one matter");
        let first_seq = first_entry(&raw)?;
        let names = Fresh {
            matter: life.matter,
            commands: life.commands.clone(),
            village: life.village,
            at: life.at,
            number,
            refs: refs.clone(),
            title: String::new(),
            seqs: Vec::new(),
            shift_ms: 0,
        };
        let scene = Scene { first_seq, names: names.names() };
        let mut known: Vec<Value> = Vec::new();
        let steps = raw.into_iter().map(|it| it.cells(&scene, &mut known));
        Ok(Mould { steps: steps.collect::<Result<_>>()?, refs: refs.len() })
    }

    /// Number of sealed texts of a matter.
    pub(super) fn refs(&self) -> usize {
        self.refs
    }

    /// Number of entries of the first `steps` steps.
    pub(super) fn entries(&self, steps: usize) -> usize {
        self.steps.iter().take(steps).map(|it| it.rows[EVENT].len()).sum()
    }

    /// The rows of one step of a life: the row of the matter, and new rows of each of [`TABLES`].
    /// A span is as the step left it.
    pub(super) fn step(&self, no: usize, fresh: &Fresh) -> (Vec<Value>, Tables) {
        let (step, names) = (&self.steps[no], fresh.names());
        let mut tables = Tables::default();
        for (table, rows) in step.rows.iter().enumerate() {
            tables[table].extend(rows.iter().map(|it| make(it, &names, fresh)));
        }
        (make(&step.matter, &names, fresh), tables)
    }

    /// How a step ended the span before its own: number of that span, its own number, and how.
    pub(super) fn ended(&self, no: usize, fresh: &Fresh) -> Option<Vec<Value>> {
        let (spans, new) = (&self.steps[no].spans, self.steps[no].rows[SPAN].len());
        let before = spans.len().checked_sub(new + 1).filter(|_| new > 0)?;
        let row = make(&spans[before], &fresh.names(), fresh);
        let left = row.len() - 3;
        Some([&row[..2], &row[left..]].concat())
    }

    /// Which steps that counted before a step ended: first number of the matter, kind, and number
    /// of the end.
    pub(super) fn left(&self, no: usize, fresh: &Fresh) -> Vec<Vec<Value>> {
        let Some(before) = no.checked_sub(1).map(|it| &self.steps[it].tallies) else {
            return Vec::new();
        };
        let stands = |row: &&Vec<Cell>| matches!(row.last(), Some(Cell::Same(Value::Null)));
        let after = &self.steps[no].tallies;
        let left = before.iter().zip(after).filter(|(was, is)| stands(was) && !stands(is));
        let names = fresh.names();
        let row = |(_, is): (_, &Vec<Cell>)| {
            let row = make(is, &names, fresh);
            [&row[..2], &row[row.len() - 1..]].concat()
        };
        left.map(row).collect()
    }

    /// All rows of the first `steps` steps: the last row of the matter, and each of [`TABLES`].
    pub(super) fn life(&self, steps: usize, fresh: &Fresh) -> (Vec<Value>, Tables) {
        let names = fresh.names();
        let mut tables = Tables::default();
        let lived = &self.steps[..steps.clamp(1, STEPS)];
        let last = &lived[lived.len() - 1];
        for step in lived {
            let stays = |it: usize| it != SPAN && it != TALLY;
            for (table, rows) in step.rows.iter().enumerate().filter(|it| stays(it.0)) {
                tables[table].extend(rows.iter().map(|it| make(it, &names, fresh)));
            }
        }
        tables[SPAN].extend(last.spans.iter().map(|it| make(it, &names, fresh)));
        tables[TALLY].extend(last.tallies.iter().map(|it| make(it, &names, fresh)));
        (make(&last.matter, &names, fresh), tables)
    }
}

/// Rows of each of [`TABLES`].
pub(super) type Tables = [Vec<Vec<Value>>; TABLES.len()];

fn make(row: &[Cell], names: &[String], fresh: &Fresh) -> Vec<Value> {
    let shift = fresh.shift_ms;
    let seq = |no: usize| fresh.seqs.get(no).copied().unwrap_or(0);
    let cell = |it: &Cell| match it {
        Cell::Same(it) => it.clone(),
        Cell::Seq(no) => Value::Int(seq(*no)),
        Cell::Ms(ms) => Value::Int(ms + shift),
        Cell::Lon => Value::Int(fresh.at.lon_e7),
        Cell::Lat => Value::Int(fresh.at.lat_e7),
        Cell::Key => Value::Int(cell::key(fresh.at)),
        Cell::Title => Value::Blob(fresh.title.clone().into_bytes()),
        Cell::Text(cast) => Value::Text(cast.text(names, shift)),
        Cell::Blob(cast) => Value::Blob(cast.make(names, shift)),
        Cell::Record(no, cast) => {
            let head = format!("{{\"seq\":{}", seq(*no));
            Value::Blob([head.into_bytes(), cast.make(names, shift)].concat())
        }
    };
    row.iter().map(cell).collect()
}

/// Says that photos are safe, so that what they prove can be accepted.
fn arrive(writer: &mut Writer, photos: &mut [String]) -> Result<()> {
    writer.change(tick(), "edge", &super::write::files(photos.iter()))?;
    Ok(())
}

/// First and last number in the record of what a command did.
fn one(writer: &mut Writer, submission: &Submission) -> Result<(i64, i64)> {
    match writer.execute(tick(), std::slice::from_ref(submission)).remove(0) {
        Answer::Done(it) => Ok((i64::try_from(it.first_seq)?, i64::try_from(it.last_seq)?)),
        other => bail!("a step of a life was not done: {other:?}"),
    }
}

/// What a step wrote, as it was read back.
struct RawStep {
    matter: Vec<Value>,
    rows: Vec<Vec<Vec<Value>>>,
    spans: Vec<Vec<Value>>,
    tallies: Vec<Vec<Value>>,
}

impl RawStep {
    fn read(
        db: &mut Db,
        matter: MatterId,
        (first, after, last): (i64, i64, i64),
    ) -> Result<RawStep> {
        let id = Value::Text(matter.to_string());
        let sql = format!("SELECT {MATTER_COLUMNS} FROM matter WHERE id = $1");
        let row = read(db, &sql, MATTER_COLUMNS, std::slice::from_ref(&id))?;
        let mut rows = Vec::new();
        for (table, columns, key) in &TABLES[..CONTENT] {
            let sql = format!(
                "SELECT {columns} FROM {table} WHERE {key} > $1 AND {key} <= $2 ORDER BY {key}"
            );
            rows.push(read(db, &sql, columns, &[Value::Int(after), Value::Int(last)])?);
        }
        let sql = format!("SELECT {SPAN_COLUMNS} FROM span WHERE matter = $1 ORDER BY from_seq");
        let spans = read(db, &sql, SPAN_COLUMNS, std::slice::from_ref(&id))?;
        let sql = format!(
            "SELECT {TALLY_COLUMNS} FROM tally WHERE first_seq = $1 ORDER BY from_seq, kind"
        );
        let tallies = read(db, &sql, TALLY_COLUMNS, &[Value::Int(first)])?;
        let owners = [(CONTENT, id, "kind"), (PART, Value::Int(first), "unit")];
        for (table, owner, order) in owners {
            let (table, columns, key) = TABLES[table];
            let sql = format!("SELECT {columns} FROM {table} WHERE {key} = $1 ORDER BY {order}");
            rows.push(read(db, &sql, columns, &[owner])?);
        }
        let matter = row.into_iter().next().context("a matter was not written")?;
        Ok(RawStep { matter, rows, spans, tallies })
    }

    /// `known` are the first columns of what the steps before wrote of the whole matter.
    fn cells(self, scene: &Scene, known: &mut Vec<Value>) -> Result<Step> {
        let mut rows: [Vec<Vec<Cell>>; TABLES.len()] = Default::default();
        for (table, raw) in self.rows.into_iter().enumerate() {
            for raw in raw {
                if table >= CONTENT && known.contains(&raw[0]) {
                    continue;
                }
                known.extend((table >= CONTENT).then(|| raw[0].clone()));
                let is_title = table == CONTENT && raw[2] == Value::Text("title".into());
                let mut cells = scene.row(TABLES[table].1, raw)?;
                if is_title {
                    cells[4] = Cell::Title;
                }
                rows[table].push(cells);
            }
        }
        let spans = self.spans.into_iter().map(|it| scene.row(SPAN_COLUMNS, it));
        let tallies = self.tallies.into_iter().map(|it| scene.row(TALLY_COLUMNS, it));
        Ok(Step {
            matter: scene.row(MATTER_COLUMNS, self.matter)?,
            rows,
            spans: spans.collect::<Result<_>>()?,
            tallies: tallies.collect::<Result<_>>()?,
        })
    }
}

fn first_entry(raw: &[RawStep]) -> Result<i64> {
    match raw.first().and_then(|it| it.rows[EVENT].first()).map(|it| &it[0]) {
        Some(Value::Int(seq)) => Ok(*seq),
        _ => bail!("an opening wrote no entry"),
    }
}

fn read(db: &mut Db, sql: &str, columns: &str, values: &[Value]) -> Result<Vec<Vec<Value>>> {
    let width = columns.split(',').count();
    let row = |row: &Row<'_>| Ok((0..width).map(|no| value(row, no)).collect());
    Ok(db.all(sql, values, row)?)
}

/// A column of whatever type; moulds are taken from SQLite, which says the type of each value.
fn value(row: &Row<'_>, no: usize) -> Value {
    if let Ok(it) = row.some_int(no) {
        return it.map_or(Value::Null, Value::Int);
    }
    match (row.some_text(no), row.some_blob(no)) {
        (Ok(Some(it)), _) => Value::Text(it.to_owned()),
        (_, Ok(Some(it))) => Value::Blob(it.to_vec()),
        _ => Value::Null,
    }
}
