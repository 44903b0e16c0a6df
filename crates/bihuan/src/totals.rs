//! Totals under a printed page of the ledger (交办、整改、未整改、超期).

use crate::output::Output;
use crate::sheet::is_overdue;
use bihuan_core::text::Lang;
use bihuan_core::time::Instant;
use bihuan_store::page::PageRow;
use serde::Serialize;
use utoipa::ToSchema;

/// Totals of a page, or of all pages that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Totals {
    /// Handed to a unit (交办).
    pub dispatched: usize,
    /// Of these, declared done (整改).
    pub rectified: usize,
    /// Of these, not yet (未整改).
    pub unrectified: usize,
    /// Missed a deadline (超期).
    pub overdue: usize,
}

impl Totals {
    /// Counts a row at `now`.
    pub fn count(&mut self, row: &PageRow, now: Instant) {
        let done = matches!(row.meaning.as_str(), "declared" | "verifying" | "closed");
        let handling = row.meaning == "handling";
        self.dispatched += usize::from(done || handling);
        self.rectified += usize::from(done);
        self.unrectified += usize::from(handling);
        self.overdue += usize::from(is_overdue(row, now));
    }

    /// In words.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let Totals { dispatched, rectified, unrectified, overdue } = self;
        match lang {
            Lang::Zh => {
                format!("交办 {dispatched}，整改 {rectified}，未整改 {unrectified}，超期 {overdue}")
            }
            Lang::En => format!(
                "dispatched {dispatched}, rectified {rectified}, not yet {unrectified}, \
                 overdue {overdue}"
            ),
        }
    }

    /// In words of an output.
    #[must_use]
    pub fn said(&self, out: &Output) -> String {
        self.text(out.lang)
    }
}
