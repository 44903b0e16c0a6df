//! Writing what is no act on a matter together with what the record says of it.
//!
//! Invariant: rows and entries commit together or not at all; where there is nothing to say,
//! the record stands where it stood.

use super::{Writer, insert_events, set_head};
use crate::audit::{self, Audited};
use crate::batch::{Batch, Head};
use crate::db::{Db, DbError};
use crate::execute::Moment;
use crate::record::Said;
use bihuan_core::time::Instant;

impl Writer {
    /// Writes rows with `work`, and the entries of the audit trail that it names, together.
    ///
    /// # Errors
    /// As `work` or the database says; nothing has changed then.
    pub fn record<T>(
        &mut self,
        moment: &Moment,
        work: impl FnOnce(&mut Db, Instant) -> Result<(T, Vec<Audited>), DbError>,
    ) -> Result<T, DbError> {
        self.db.begin()?;
        let done = self.record_locked(moment, work);
        match done.and_then(|it| self.db.commit().map(|()| it)) {
            Ok(it) => Ok(it),
            Err(error) => {
                self.db.rollback();
                Err(error)
            }
        }
    }

    fn record_locked<T>(
        &mut self,
        moment: &Moment,
        work: impl FnOnce(&mut Db, Instant) -> Result<(T, Vec<Audited>), DbError>,
    ) -> Result<T, DbError> {
        let (told, entries) = work(&mut self.db, moment.clock)?;
        if entries.is_empty() {
            return Ok(told);
        }
        let (mut head, _) = self.lock_head(moment.clock)?;
        let mut out = Batch::default();
        for entry in entries {
            head.seq += 1;
            out.event(&mut head, None, Said::Audit(entry));
        }
        self.commit_aside(&head, &out)?;
        Ok(told)
    }

    /// Writes the entries of a batch that touches no matter.
    pub(super) fn commit_aside(&mut self, head: &Head, out: &Batch) -> Result<(), DbError> {
        insert_events(&mut self.db, &out.events, &out.tiles)?;
        audit::put(&mut self.db, &out.audited)?;
        set_head(&mut self.db, head)
    }
}
