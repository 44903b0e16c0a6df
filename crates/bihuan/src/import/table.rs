//! A table as it was given: headings and rows of text, whatever file it came in.
//!
//! Invariants: headings are distinct and not empty; every row has one cell a heading; a cell has
//! no control character but line breaks, at most [`limit::CELL_BYTES_MAX`] bytes, and is no
//! formula. Reading never panics, whatever the bytes.

use super::fault::{Fault, ImportError, Spot};
use super::{delimited, limit, workbook};

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The file as the sender named it.
    pub file: String,
    /// Line of the headings.
    pub heading_line: usize,
    /// Headings, distinct.
    pub columns: Vec<String>,
    /// Rows in the order of the file, without empty ones.
    pub rows: Vec<Row>,
    /// Visible sheets that were not read.
    pub other_sheets: Vec<String>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of a text file or row of a sheet, from 1.
    pub line: usize,
    /// One cell a heading.
    pub cells: Vec<String>,
}

impl Table {
    /// Reads CSV (UTF-8, UTF-16, GB18030; comma, semicolon, tab) or XLSX.
    ///
    /// # Errors
    /// A coded refusal that names the file and, where known, line and column.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Table, ImportError> {
        let refuse = |fault| ImportError::new(file, Spot::default(), &fault);
        if bytes.len() > limit::FILE_BYTES_MAX {
            return Err(refuse(Fault::FileLarge));
        }
        match kind(bytes) {
            Kind::Zip => workbook::read(file, bytes),
            Kind::Compound if workbook::is_encrypted(bytes) => Err(refuse(Fault::Password)),
            Kind::Compound => Err(refuse(Fault::NotTable("XLS (97–2003)"))),
            Kind::Other(word) => Err(refuse(Fault::NotTable(word))),
            Kind::Text => delimited::read(file, bytes),
        }
    }

    /// Which column has a heading.
    #[must_use]
    pub fn column(&self, heading: &str) -> Option<usize> {
        self.columns.iter().position(|it| it == heading)
    }
}

/// What a file is, by its first bytes; names of files lie.
enum Kind {
    Zip,
    Compound,
    Other(&'static str),
    Text,
}

fn kind(bytes: &[u8]) -> Kind {
    let signatures: [(&[u8], &'static str); 7] = [
        (b"%PDF", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"\x1f\x8b", "GZIP"),
        (b"7z\xbc\xaf\x27\x1c", "7Z"),
        (b"Rar!", "RAR"),
        (b"SQLite format 3", "SQLite"),
    ];
    if bytes.starts_with(b"PK") {
        return Kind::Zip;
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Kind::Compound;
    }
    let found = signatures.iter().find(|it| bytes.starts_with(it.0));
    found.map_or(Kind::Text, |it| Kind::Other(it.1))
}

/// Puts a table together from cells that arrive row by row, and refuses what breaks a limit.
pub(super) struct Builder<'a> {
    file: &'a str,
    /// Rows up to the headings, as long as those are not known.
    above: Vec<Row>,
    table: Table,
    has_headings: bool,
    bytes: usize,
    /// Whether the file counts columns by letters.
    letters: bool,
}

impl<'a> Builder<'a> {
    /// A table of `file`; `letters` when columns without a heading are named A, B, C.
    pub(super) fn new(file: &'a str, letters: bool) -> Builder<'a> {
        let table = Table { file: file.to_owned(), ..Table::default() };
        Builder { file, above: Vec::new(), table, has_headings: false, bytes: 0, letters }
    }

    /// Checks and cleans one cell; its column counts from 0.
    pub(super) fn cell(
        &mut self,
        line: usize,
        column: usize,
        text: &str,
    ) -> Result<String, ImportError> {
        let fault = if column >= limit::COLUMNS_MAX {
            Some(Fault::ColumnsMax)
        } else if text.len() > limit::CELL_BYTES_MAX {
            Some(Fault::CellLarge)
        } else {
            None
        };
        let clean = clean(text);
        self.bytes += clean.len();
        let fault = fault.or_else(|| {
            if self.bytes > limit::TABLE_BYTES_MAX {
                return Some(Fault::TableLarge);
            }
            if clean.starts_with('=') {
                return Some(Fault::Formula);
            }
            clean.chars().any(is_forbidden).then_some(Fault::Control)
        });
        match fault {
            Some(fault) => Err(self.refuse(line, column, &fault)),
            None => Ok(clean),
        }
    }

    /// A refusal that names line and column.
    pub(super) fn refuse(&self, line: usize, column: usize, fault: &Fault) -> ImportError {
        let heading = self.table.columns.get(column).filter(|it| !it.is_empty());
        let name = match heading {
            Some(heading) => heading.clone(),
            None if self.letters => letters(column),
            None => (column + 1).to_string(),
        };
        ImportError::new(self.file, Spot::cell(line, name), fault)
    }

    /// Takes a row of clean cells.
    pub(super) fn row(&mut self, line: usize, cells: Vec<String>) -> Result<(), ImportError> {
        let filled = cells.iter().filter(|it| !it.is_empty()).count();
        if filled == 0 {
            return Ok(());
        }
        if self.has_headings {
            return self.body(line, cells);
        }
        self.above.push(Row { line, cells });
        // A title above the headings fills one cell; headings fill several.
        if filled > 1 || self.above.len() == limit::HEADING_ROWS_MAX {
            self.settle(filled > 1)?;
        }
        Ok(())
    }

    /// The table.
    pub(super) fn finish(mut self, other_sheets: Vec<String>) -> Result<Table, ImportError> {
        if !self.has_headings {
            self.settle(false)?;
        }
        if self.table.rows.is_empty() {
            return Err(ImportError::new(self.file, Spot::default(), &Fault::Empty));
        }
        self.table.other_sheets = other_sheets;
        Ok(self.table)
    }

    /// Takes the last row as headings, or the first where all rows have one cell.
    fn settle(&mut self, last: bool) -> Result<(), ImportError> {
        self.has_headings = true;
        let mut above = std::mem::take(&mut self.above);
        let at = if last { above.len().saturating_sub(1) } else { 0 };
        let below = if above.is_empty() { Vec::new() } else { above.split_off(at) };
        let mut below = below.into_iter();
        let Some(head) = below.next() else { return Ok(()) };
        self.table.heading_line = head.line;
        self.table.columns = head.cells;
        for (column, heading) in self.table.columns.iter().enumerate() {
            if !heading.is_empty() && self.table.columns[..column].contains(heading) {
                let fault = Fault::HeadingTwice(heading.clone());
                return Err(self.refuse(head.line, column, &fault));
            }
        }
        while self.table.columns.last().is_some_and(String::is_empty) {
            self.table.columns.pop();
        }
        for row in below {
            self.body(row.line, row.cells)?;
        }
        Ok(())
    }

    fn body(&mut self, line: usize, mut cells: Vec<String>) -> Result<(), ImportError> {
        if self.table.rows.len() == limit::ROWS_MAX {
            return Err(ImportError::new(self.file, Spot::line(line), &Fault::RowsMax));
        }
        let lacks_heading = |it: usize| self.table.columns.get(it).is_none_or(String::is_empty);
        let stray = (0..cells.len()).find(|&it| !cells[it].is_empty() && lacks_heading(it));
        if let Some(column) = stray {
            return Err(self.refuse(line, column, &Fault::HeadingMissing));
        }
        cells.resize(self.table.columns.len(), String::new());
        self.table.rows.push(Row { line, cells });
        Ok(())
    }
}

/// Letters of a column of a sheet, from 0: A, B, … Z, AA.
pub(super) fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).expect("below 26");
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Without blanks around (also full-width and zero-width ones), line breaks as one character.
fn clean(text: &str) -> String {
    let is_blank = |it: char| it.is_whitespace() || matches!(it, '\u{feff}' | '\u{200b}');
    text.trim_matches(is_blank).replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a character has no business in a cell: controls, and marks that turn text around.
fn is_forbidden(it: char) -> bool {
    (it.is_control() && !matches!(it, '\n' | '\t'))
        || matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffd}')
}
