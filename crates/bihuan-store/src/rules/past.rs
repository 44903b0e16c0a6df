//! What stood in registers and who held which role, kept by the entry that changed it.
//!
//! Invariant: the rows that have not been left are those of the table itself; `verify` compares.

use crate::batch::Head;
use crate::db::{Db, DbError};
use crate::row::seq_value;
use crate::rules::Change;

/// A table whose past is kept: its name, its key, and what else is kept of a row.
struct Kept {
    table: &'static str,
    past: &'static str,
    key: &'static [&'static str],
    rest: &'static [&'static str],
}

const REGISTER: Kept = Kept {
    table: "register_entry",
    past: "register_past",
    key: &["pack", "register", "id"],
    rest: &["unit", "from_ms", "to_ms", "fields"],
};
const MEMBERSHIP: Kept = Kept {
    table: "membership",
    past: "membership_past",
    key: &["person", "role", "unit", "area"],
    rest: &["from_ms", "to_ms", "status"],
};

impl Kept {
    /// That a row of the table is just a row of the past.
    fn same(&self) -> String {
        let (table, past) = (self.table, self.past);
        let equal = |it: &&str| match *it {
            // Moments may be open: one that no moment is stands for that.
            "from_ms" | "to_ms" => {
                format!("COALESCE({table}.{it}, {NEVER}) = COALESCE({past}.{it}, {NEVER})")
            }
            it => format!("{table}.{it} = {past}.{it}"),
        };
        let all: Vec<String> = self.key.iter().chain(self.rest).map(equal).collect();
        all.join(" AND ")
    }

    /// What stood and stands no more.
    fn gone(&self) -> String {
        let Kept { table, past, .. } = self;
        let same = self.same();
        format!("{past}.left_seq IS NULL AND NOT EXISTS (SELECT 1 FROM {table} WHERE {same})")
    }

    /// What stands and did not stand.
    fn fresh(&self) -> String {
        let Kept { past, .. } = self;
        let same = self.same();
        format!("NOT EXISTS (SELECT 1 FROM {past} WHERE {past}.left_seq IS NULL AND {same})")
    }

    fn keep(&self, db: &mut Db, seq: u64) -> Result<(), DbError> {
        let Kept { table, past, key, rest } = self;
        let columns: Vec<&str> = key.iter().chain(*rest).copied().collect();
        let named: Vec<String> = columns.iter().map(|it| format!("{table}.{it}")).collect();
        let (columns, named) = (columns.join(", "), named.join(", "));
        let (gone, fresh) = (self.gone(), self.fresh());
        let seq = [seq_value(seq)];
        db.execute(&format!("UPDATE {past} SET left_seq = $1 WHERE {gone}"), &seq)?;
        let insert = format!(
            "INSERT INTO {past} ({columns}, from_seq)
             SELECT {named}, CAST($1 AS BIGINT) FROM {table} WHERE {fresh}"
        );
        db.execute(&insert, &seq).map(|_| ())
    }
}

/// Stands for an open end where moments are compared.
const NEVER: i64 = -9_000_000_000_000_000_000;

/// Keeps what a change has made of registers and roles.
pub(super) fn keep(db: &mut Db, head: &Head, change: &Change) -> Result<(), DbError> {
    match change {
        Change::Register(_) => REGISTER.keep(db, head.seq),
        Change::People(_) | Change::Memberships(_) | Change::EndPerson(_) => {
            MEMBERSHIP.keep(db, head.seq)
        }
        _ => Ok(()),
    }
}

/// How many rows of the past that has not been left differ from what stands.
pub(crate) fn slips(db: &mut Db) -> Result<i64, DbError> {
    let mut slips = 0;
    for kept in [REGISTER, MEMBERSHIP] {
        for (table, differs) in [(kept.past, kept.gone()), (kept.table, kept.fresh())] {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE {differs}");
            slips += db.first(&sql, &[], |row| row.int(0))?.unwrap_or(0);
        }
    }
    Ok(slips)
}
