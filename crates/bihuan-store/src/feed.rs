//! What happened to matters, in the order of the record, for those who are told of it.
//!
//! Invariant: what is read here is committed; whoever passes it on asks first who may see it.

use crate::db::{Db, DbError, Value};
use crate::filter::Clauses;
use crate::page::matter_id;
use crate::record::{Record, Said};
use crate::row::seq_value;
use bihuan_core::id::{MatterId, PackId};
use bihuan_core::matter::Matter;
use bihuan_core::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Most entries of one page.
pub const FEED_MAX: i64 = 200;

/// One thing that happened to one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// Number of the entry; never shown as it is.
    pub seq: u64,
    /// When it was recorded.
    pub at: Instant,
    /// The matter.
    pub matter: MatterId,
    /// Its version after it.
    pub version: u64,
    /// What happened, by the word of the record.
    pub what: &'static str,
}

/// What happened after an entry.
#[derive(Clone, Debug, Default)]
pub struct FeedPage {
    /// The entry that it goes on from.
    pub after: u64,
    /// The last entry that was looked at; `after` where there is none newer.
    pub last: u64,
    /// What happened to matters, in order.
    pub happenings: Vec<Happening>,
    /// The matters, as they stand now.
    pub matters: BTreeMap<MatterId, Matter>,
}

impl FeedPage {
    /// The kind of loop of a happening, as far as its matter is known.
    #[must_use]
    pub fn pack(&self, happening: &Happening) -> Option<&PackId> {
        self.matters.get(&happening.matter).map(|it| &it.pack)
    }
}

/// The newest entry.
///
/// # Errors
/// As the database says.
pub fn newest(db: &mut Db) -> Result<u64, DbError> {
    let seq = db.first("SELECT seq FROM head WHERE id = 1", &[], |row| row.count(0))?;
    Ok(seq.unwrap_or(0))
}

/// What happened after entry `after`, at most [`FEED_MAX`] entries of it.
///
/// # Errors
/// As the database says, or where an entry or a row is damaged.
pub fn since(db: &mut Db, after: u64) -> Result<FeedPage, DbError> {
    let sql = "SELECT seq, bytes FROM event WHERE seq > $1 ORDER BY seq LIMIT $2";
    let values = [seq_value(after), Value::Int(FEED_MAX)];
    let mut page = FeedPage { after, last: after, ..FeedPage::default() };
    db.query(sql, &values, |row| {
        let seq = row.count(0)?;
        let damaged = |it| DbError::Unfit(format!("entry {seq} is damaged: {it}"));
        let record = Record::from_bytes(row.blob(1)?).map_err(damaged)?;
        page.last = seq;
        if let Said::Matter(said) = record.said {
            page.happenings.push(Happening {
                seq,
                at: record.at,
                matter: said.id,
                version: said.version,
                what: said.event.what.word(),
            });
        }
        Ok(())
    })?;
    let ids: BTreeSet<MatterId> = page.happenings.iter().map(|it| it.matter).collect();
    if ids.is_empty() {
        return Ok(page);
    }
    let mut clauses = Clauses::default();
    let names = clauses.bind_all(ids.iter().map(|it| Value::Text(it.to_string())));
    let sql = format!("SELECT id, state FROM matter WHERE id IN ({names})");
    db.query(&sql, &clauses.values, |row| {
        let id = matter_id(row.text(0)?)?;
        let matter = serde_json::from_str(row.text(1)?)
            .map_err(|it| DbError::Unfit(format!("the row of matter {id} is damaged: {it}")))?;
        page.matters.insert(id, matter);
        Ok(())
    })?;
    Ok(page)
}
