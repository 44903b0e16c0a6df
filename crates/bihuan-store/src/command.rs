//! Commands that are in the record, found again by who sent them.

use crate::db::{Db, DbError, Value};
use crate::execute::Receipt;
use crate::page::matter_id;
use crate::record::{Record, Said};
use crate::row::seq_value;
use bihuan_core::id::{AccountId, CommandId, MatterId};
use bihuan_core::matter::event::What;
use bihuan_core::matter::{Matter, apply};

/// A command in the record, and what it found.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Its receipt.
    pub receipt: Receipt,
    /// The matter as the command found it; `None` where it opened it.
    pub before: Option<Matter>,
    /// What it did to the matter.
    pub what: Vec<What>,
}

/// An accepted command of an account; `None` where there is none.
///
/// # Errors
/// As the database says, or where an entry is damaged.
pub fn accepted(
    db: &mut Db,
    account: &AccountId,
    id: CommandId,
) -> Result<Option<Accepted>, DbError> {
    let sql = "SELECT matter, version, first_seq, last_seq FROM command
               WHERE id = $1 AND actor = $2";
    let key = [Value::Text(id.to_string()), Value::Text(account.0.clone())];
    let receipt = db.first(sql, &key, |row| {
        let (matter, version) = (matter_id(row.text(0)?)?, row.count(1)?);
        let (first_seq, last_seq) = (row.count(2)?, row.count(3)?);
        Ok(Receipt { matter, version, first_seq, last_seq, replayed: true })
    })?;
    let Some(receipt) = receipt else { return Ok(None) };
    let mut found = Accepted { receipt, before: None, what: Vec::new() };
    for entry in entries(db, receipt.matter, receipt.last_seq)? {
        let Said::Matter(said) = entry.said else { continue };
        if entry.seq >= receipt.first_seq {
            found.what.push(said.event.what);
            continue;
        }
        found.before = apply(found.before.take(), said.id, entry.at, &said.event);
        if found.before.is_none() {
            return Err(DbError::Unfit(format!("entry {} begins no matter", entry.seq)));
        }
    }
    Ok(Some(found))
}

/// The entries of a matter up to `last`, in order.
fn entries(db: &mut Db, matter: MatterId, last: u64) -> Result<Vec<Record>, DbError> {
    let sql = "SELECT seq, bytes FROM event WHERE matter = $1 AND seq <= $2 ORDER BY seq";
    db.all(sql, &[Value::Text(matter.to_string()), seq_value(last)], |row| {
        let seq = row.int(0)?;
        let damaged = |it| DbError::Unfit(format!("entry {seq} is damaged: {it}"));
        Record::from_bytes(row.blob(1)?).map_err(damaged)
    })
}
