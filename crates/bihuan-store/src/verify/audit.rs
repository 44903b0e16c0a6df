//! The audit trail against the record: every row is what its entry says, none is missing or made
//! up, and each reason that an entry names is there or was erased by a recorded act.

use crate::audit::row_of;
use crate::db::{Db, DbError, Value};
use crate::record::{Record, Said};
use crate::row::seq_value;
use crate::text::texts;
use crate::verify::VerifyReport;
use crate::verify::content::tell_missing;
use bihuan_core::content::ContentRef;
use bihuan_core::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// What some entries say of the trail.
#[derive(Default)]
pub(super) struct Trail {
    rows: BTreeMap<u64, Vec<Value>>,
    reasons: BTreeSet<ContentRef>,
}

impl Trail {
    pub(super) fn take(&mut self, record: &Record) {
        self.rows.extend(row_of(record).map(|it| (record.seq, it)));
        if let Said::Audit(it) = &record.said {
            self.reasons.extend(it.text.clone());
        }
    }

    /// Compares with the rows between two entries, the first exclusive.
    pub(super) fn compare(
        mut self,
        db: &mut Db,
        (after, last): (u64, u64),
        report: &mut VerifyReport,
    ) -> Result<(), DbError> {
        let sql = "SELECT seq, at_ms, act, account, about, matter FROM audit
                   WHERE seq > $1 AND seq <= $2
                   ORDER BY seq";
        let mut odd = BTreeSet::new();
        db.query(sql, &[seq_value(after), seq_value(last)], |row| {
            let text = |no| Ok(row.some_text(no)?.map_or(Value::Null, |it| Value::Text(it.into())));
            let seq = row.count(0)?;
            let got = vec![
                seq_value(seq),
                Value::Int(row.int(1)?),
                text(2)?,
                text(3)?,
                text(4)?,
                text(5)?,
            ];
            if self.rows.remove(&seq) != Some(got) {
                odd.insert(seq);
            }
            Ok(())
        })?;
        odd.extend(self.rows.into_keys());
        for seq in odd {
            let what = Text::new(
                format!("第 {seq} 条记录与审计索引不符"),
                format!("the audit trail differs from entry {seq}"),
            );
            report.fault("audit", (Some(seq), None), what);
        }
        let known = texts(db, &self.reasons)?;
        self.reasons.retain(|it| !known.contains_key(it));
        tell_missing(&self.reasons, report);
        Ok(())
    }
}
