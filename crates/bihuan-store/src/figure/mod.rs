//! Figures of a pack, as of any entry of the record: values, and the records behind them.
//!
//! Invariants: what an answer counts are just the records that it lists; an answer as of an entry
//! never changes for whoever sees everything; a viewer who sees less is counted what is seen now.

mod count;
mod origin;
mod record;
mod standing;

pub use record::{Place, RECORDS_MAX, Record, Records, digest, records};
pub use standing::known_since;

use crate::db::{Db, DbError, Row};
use crate::row::seq_value;
use bihuan_core::figure::{Cycles, Exact, Period, Side, sides, value};
use bihuan_core::pack::{Against, Figure, How, Origin, Pack, Take};
use bihuan_core::policy::Scope;
use bihuan_core::time::{Instant, Zone};
use origin::Rows;
use std::collections::{BTreeMap, BTreeSet};

/// By what figures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The unit for which a step counts: the responsible one, mostly.
    Unit,
    /// The unit whose area holds the place.
    Place,
    /// The class.
    Class,
    /// The source.
    Source,
}

impl By {
    /// All there are, each with its word.
    pub const ALL: [(&'static str, By); 4] =
        [("unit", By::Unit), ("place", By::Place), ("class", By::Class), ("source", By::Source)];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            By::Unit => "unit",
            By::Place => "place",
            By::Class => "class",
            By::Source => "source",
        }
    }
}

/// The last entry of the record that counts, and when it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Its number; 0 before the first.
    pub seq: u64,
    /// When.
    pub at: Instant,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The pack, at the revision whose figures these are; matters of all revisions count.
    pub pack: &'a Pack,
    /// How the realm cuts time.
    pub cycles: &'a Cycles,
    /// The period.
    pub period: &'a Period,
    /// As of when.
    pub as_of: AsOf,
    /// By what the answer is told apart; as one unless said.
    pub by: Option<By>,
}

/// The value of a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which, by its place among those asked for.
    pub figure: usize,
    /// Of what alone, where told apart.
    pub key: Option<String>,
    /// The value.
    pub value: Exact,
    /// How many records there are on the side with the fewest that has any.
    pub least: u64,
}

/// What a take comes to for one key: the value, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) value: Option<i64>,
    pub(super) count: i64,
}

/// What a take comes to, by key; `None` is the one key of what is not told apart.
type Takings = BTreeMap<Option<String>, Taken>;

/// The last entry that counts: the head's, or the one asked for; `None` where it is not there yet.
///
/// # Errors
/// As the database says.
pub fn as_of(db: &mut Db, seq: Option<u64>) -> Result<Option<AsOf>, DbError> {
    let head = db.first("SELECT seq, last_ms FROM head WHERE id = 1", &[], |row| {
        Ok(AsOf { seq: row.count(0)?, at: Instant(row.int(1)?) })
    })?;
    let head = head.unwrap_or(AsOf { seq: 0, at: Instant(0) });
    let seq = seq.unwrap_or(head.seq);
    if seq > head.seq {
        return Ok(None);
    }
    let at =
        db.first("SELECT at_ms FROM event WHERE seq = $1", &[seq_value(seq)], |row| row.int(0))?;
    Ok(Some(AsOf { seq, at: Instant(at.unwrap_or(0)) }))
}

/// The realm's zone and how it cuts time, as its settings say.
///
/// # Errors
/// As the database says.
pub fn cycles(db: &mut Db, zone: Zone) -> Result<Cycles, DbError> {
    let settings = crate::rules::settings(db)?;
    let text = |name: &str| settings.get(name).map(String::as_str);
    Ok(Cycles::of(zone, text(MONTH_FROM), text(CAMPAIGNS)))
}

/// Name of the setting that says on which day a statistical month begins.
pub const MONTH_FROM: &str = "month_from";
/// Name of the setting that names campaigns with their first and last days.
pub const CAMPAIGNS: &str = "campaigns";

/// The values of some figures for each key, in the order of the figures and keys. All counts of one
/// period are one statement; what they are divided by too.
///
/// # Errors
/// As the database says.
pub fn evaluate(
    db: &mut Db,
    scope: &Scope,
    ask: &Ask<'_>,
    figures: &[&Figure],
) -> Result<Vec<Cell>, DbError> {
    let sides: Vec<Vec<Side>> = figures.iter().map(|it| sides(ask.pack, it)).collect();
    let mut wanted: BTreeMap<Option<Against>, BTreeSet<&Take>> = BTreeMap::new();
    for side in sides.iter().flatten() {
        wanted.entry(side.against).or_default().insert(&side.take);
    }
    let mut taken: BTreeMap<(Option<Against>, &Take), Takings> = BTreeMap::new();
    for (against, takes) in wanted {
        let Some(period) = period_of(ask, against) else { continue };
        let ask = Ask { period: &period, ..*ask };
        for (take, takings) in takings(db, scope, &ask, &takes)? {
            taken.insert((against, take), takings);
        }
    }
    let keys: BTreeSet<Option<String>> = match ask.by {
        None => BTreeSet::from([None]),
        Some(_) => taken.values().flat_map(|it| it.keys().cloned()).collect(),
    };
    let mut cells = Vec::new();
    for (no, (figure, sides)) in figures.iter().zip(&sides).enumerate() {
        for key in &keys {
            let of = |side: &Side| {
                let takings = taken.get(&(side.against, &side.take));
                takings.and_then(|it| it.get(key)).copied().unwrap_or_default()
            };
            let found: Vec<_> =
                sides.iter().map(|it| (it.clone(), of(it).value, of(it).count)).collect();
            let counts = found.iter().map(|it| it.2.unsigned_abs()).filter(|it| *it > 0);
            let least = counts.min().unwrap_or(0);
            cells.push(Cell { figure: no, key: key.clone(), value: value(figure, &found), least });
        }
    }
    Ok(cells)
}

/// The period that a side is of.
pub(super) fn period_of(ask: &Ask<'_>, against: Option<Against>) -> Option<Period> {
    match against {
        None => Some(ask.period.clone()),
        Some(against) => ask.cycles.before(ask.period, against),
    }
}

/// What some takes come to in one period.
fn takings<'t>(
    db: &mut Db,
    scope: &Scope,
    ask: &Ask<'_>,
    takes: &BTreeSet<&'t Take>,
) -> Result<Vec<(&'t Take, Takings)>, DbError> {
    let mut all = Vec::new();
    let is_plain = |it: &&&Take| {
        let folds = !matches!(it.how, How::Units | How::Matters | How::First | How::Last);
        folds && matches!(it.of, Origin::Matters(_))
    };
    let plain: Vec<&'t Take> = takes.iter().filter(is_plain).copied().collect();
    if !plain.is_empty() {
        all.extend(count::counts(db, scope, ask, &plain)?);
    }
    for take in takes.iter().filter(|it| !is_plain(it)) {
        all.push((*take, one(db, scope, ask, take)?));
    }
    Ok(all)
}

/// One take that needs a statement of its own, or stands in the rules.
fn one(db: &mut Db, scope: &Scope, ask: &Ask<'_>, take: &Take) -> Result<Takings, DbError> {
    let Some(rows) = Rows::of(ask, scope, &take.of) else {
        return standing::takings(db, ask, take);
    };
    let key = ask.by.map_or("''", |by| rows.column(by)).to_owned();
    let is_told = ask.by.is_some();
    let key_of = move |row: &Row<'_>| Ok(is_told.then_some(row.text(0)?.to_owned()));
    if matches!(take.how, How::First | How::Last) {
        let sql = rows.sql(&format!("{key}, {}", rows.value), "", &rows.order());
        let mut takings = Takings::new();
        db.query(&sql, &rows.clauses.values, |row| {
            let taken = takings.entry(key_of(row)?).or_default();
            let (value, is_first) = (row.some_int(1)?, taken.count == 0);
            taken.count += 1;
            if is_first || take.how == How::Last {
                taken.value = value;
            }
            Ok(())
        })?;
        return Ok(takings);
    }
    let (unit, matter, x) = (rows.column(By::Unit), rows.matter, rows.value);
    let what = match take.how {
        How::Units => format!("COUNT(DISTINCT {unit})"),
        How::Matters => format!("COUNT(DISTINCT {matter})"),
        How::Min => format!("MIN({x})"),
        How::Max => format!("MAX({x})"),
        How::Sum | How::Average => format!("CAST(SUM({x}) AS BIGINT)"),
        _ => "COUNT(*)".to_owned(),
    };
    let counted = if take.how == How::Average { format!("COUNT({x})") } else { "COUNT(*)".into() };
    let tail = if is_told { "GROUP BY 1" } else { "" };
    let sql = rows.sql(&format!("{key}, {what}, {counted}"), "", tail);
    let all = db.all(&sql, &rows.clauses.values, |row| {
        Ok((key_of(row)?, Taken { value: row.some_int(1)?, count: row.int(2)? }))
    })?;
    Ok(all.into_iter().filter(|it| !is_told || it.1.count > 0).collect())
}
