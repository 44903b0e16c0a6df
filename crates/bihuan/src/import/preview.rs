//! What an import would do: every row that is right, every fault of the others, all at once.
//!
//! Nothing is written here; whoever writes takes [`Preview::rows`].

use super::fault::{Fault, ImportError, RowFault, Spot};
use super::limit::FAULTS_MAX;
use super::table::{Row, Table};

/// A row with its line.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered<T> {
    /// Line of a text file, row of a sheet, number of a feature; from 1.
    pub line: usize,
    /// The row.
    pub row: T,
}

/// The result of reading a whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview<T> {
    /// Rows without a fault, in the order of the file.
    pub rows: Vec<Numbered<T>>,
    /// Faults of the others, by line; at most [`FAULTS_MAX`].
    pub faults: Vec<RowFault>,
    /// Faults beyond those listed.
    pub faults_more: usize,
    /// Columns that were not read.
    pub ignored: Vec<String>,
}

impl<T> Default for Preview<T> {
    fn default() -> Preview<T> {
        Preview { rows: Vec::new(), faults: Vec::new(), faults_more: 0, ignored: Vec::new() }
    }
}

impl<T> Preview<T> {
    /// How many rows are right.
    #[must_use]
    pub fn rows_ok(&self) -> usize {
        self.rows.len()
    }

    /// Whether the file may be written: it has rows and no fault.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty() && !self.rows.is_empty()
    }

    /// Adds a fault; beyond the limit it is only counted.
    pub(super) fn fault(&mut self, line: usize, column: &str, fault: &Fault) {
        if self.faults.len() == FAULTS_MAX {
            self.faults_more += 1;
        } else {
            self.faults.push(RowFault::new(line, column, fault));
        }
    }

    /// Drops rows that got a fault after they were read, and sorts the faults.
    pub(super) fn settle(mut self) -> Preview<T> {
        let bad: std::collections::BTreeSet<usize> = self.faults.iter().map(|it| it.line).collect();
        self.rows.retain(|it| !bad.contains(&it.line));
        self.faults.sort_by(|a, b| (a.line, &a.column, a.code).cmp(&(b.line, &b.column, b.code)));
        self.faults.dedup();
        self
    }
}

/// A field that a table may have: its own name, the heading of it, whether it must be there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) id: &'static str,
    pub(super) zh: &'static str,
    pub(super) needed: bool,
}

/// Which column of a table holds which field.
pub(super) struct Columns<'a> {
    table: &'a Table,
    fields: &'a [Field],
    at: Vec<Option<usize>>,
}

impl<'a> Columns<'a> {
    /// Finds each field by its name or its heading.
    pub(super) fn find(table: &'a Table, fields: &'a [Field]) -> Result<Columns<'a>, ImportError> {
        let find = |field: &Field| table.column(field.id).or_else(|| table.column(field.zh));
        let at: Vec<Option<usize>> = fields.iter().map(find).collect();
        Columns { table, fields, at }.checked()
    }

    /// The columns as somebody mapped them.
    pub(super) fn mapped(
        table: &'a Table,
        fields: &'a [Field],
        at: Vec<Option<usize>>,
    ) -> Result<Columns<'a>, ImportError> {
        Columns { table, fields, at }.checked()
    }

    fn checked(self) -> Result<Columns<'a>, ImportError> {
        let missing = self.fields.iter().zip(&self.at).find(|it| it.0.needed && it.1.is_none());
        if let Some((field, _)) = missing {
            let fault = Fault::ColumnMissing(format!("{} {}", field.zh, field.id));
            let spot = Spot::line(self.table.heading_line);
            return Err(ImportError::new(&self.table.file, spot, &fault));
        }
        Ok(self)
    }

    /// Columns that hold no field.
    pub(super) fn ignored(&self) -> Vec<String> {
        let is_read = |it: usize| self.at.contains(&Some(it));
        let columns = self.table.columns.iter().enumerate();
        let unread = columns.filter(|(at, name)| !is_read(*at) && !name.is_empty());
        unread.map(|it| it.1.clone()).collect()
    }

    /// The heading that the file gives a field, or ours.
    pub(super) fn heading(&self, field: &str) -> String {
        let Some(at) = self.fields.iter().position(|it| it.id == field) else {
            return String::new();
        };
        let column = self.at[at].and_then(|it| self.table.columns.get(it));
        column.cloned().unwrap_or_else(|| self.fields[at].zh.to_owned())
    }

    /// The cells of a row by field.
    pub(super) fn cells<'b>(&'b self, row: &'b Row) -> Cells<'b> {
        Cells { columns: self, row, faults: Vec::new() }
    }
}

/// One row being read; faults gather, so that all of them are told.
pub(super) struct Cells<'a> {
    columns: &'a Columns<'a>,
    row: &'a Row,
    faults: Vec<(String, Fault)>,
}

impl Cells<'_> {
    /// The cell of a field; empty when the column is not there.
    pub(super) fn text(&self, field: &str) -> &str {
        let at = self.columns.fields.iter().position(|it| it.id == field);
        let column = at.and_then(|it| self.columns.at[it]);
        column.and_then(|it| self.row.cells.get(it)).map_or("", String::as_str)
    }

    /// The heading that the file gives a field, or ours.
    pub(super) fn heading(&self, field: &str) -> String {
        self.columns.heading(field)
    }

    /// Adds a fault of a field.
    pub(super) fn fault(&mut self, field: &str, fault: Fault) {
        self.faults.push((self.heading(field), fault));
    }

    /// The value of a cell that must be filled.
    pub(super) fn need<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        if self.text(field).is_empty() {
            self.fault(field, Fault::Missing);
            return None;
        }
        self.may(field, read)
    }

    /// The value of a cell that may be empty.
    pub(super) fn may<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.text(field);
        if text.is_empty() {
            return None;
        }
        match read(text) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(field, fault);
                None
            }
        }
    }

    /// Puts the row into a preview: the row if it is whole and right, else its faults.
    pub(super) fn finish<T>(self, row: Option<T>, preview: &mut Preview<T>) {
        let line = self.row.line;
        match row {
            Some(row) if self.faults.is_empty() => preview.rows.push(Numbered { line, row }),
            _ => self.faults.iter().for_each(|(column, it)| preview.fault(line, column, it)),
        }
    }
}
