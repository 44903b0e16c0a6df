//! A filtered list written as a table, page after page: the same for the command line and the
//! network.
//!
//! Invariants: no more than one page is held, so that memory does not grow with the list; what is
//! written is what the look sees; a list that is too long is refused, never cut.

use crate::cli::Format;
use crate::column;
use crate::look::Look;
use crate::output::Output;
use crate::problem::Problem;
use crate::realm::Realm;
use crate::safe_csv::{self, safe};
use crate::sheet::{Cell, Sheet};
use crate::totals::Totals;
use bihuan_core::id::MatterId;
use bihuan_core::pack::LedgerColumn;
use bihuan_core::text::Lang;
use bihuan_core::time::Zone;
use bihuan_press::xlsx;
use bihuan_store::page::{Ask, Filter, PAGE_MAX, PageRow, Sort};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::io;
use std::path::Path;

/// Most matters of one table; narrow the filter for more.
pub const ROWS_MAX: i64 = 1_000_000;

/// What to write, and how.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Which matters.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// In which columns.
    pub columns: Vec<LedgerColumn>,
    /// In which language.
    pub lang: Lang,
    /// As what.
    pub format: Format,
}

/// A table being written.
pub struct Export {
    look: Look,
    wanted: Wanted,
    ask: Ask,
    /// The words of the columns.
    words: Vec<String>,
    out: Output,
    is_begun: bool,
    is_done: bool,
    book: Option<Box<xlsx::Sheet>>,
    rows: i64,
    totals: Totals,
}

impl Export {
    /// A table of what a look sees.
    #[must_use]
    pub fn new(realm: &Realm, look: Look, wanted: Wanted) -> Export {
        let mut out = Output::new(wanted.lang, false);
        realm.mark(&mut out);
        let ask = Ask {
            filter: wanted.filter.clone(),
            sort: wanted.sort,
            after: None,
            limit: PAGE_MAX,
            whole: wanted.columns.iter().any(|it| column::needs_whole(&it.shows)),
        };
        let words = wanted.columns.iter().map(|it| column::word(&it.shows)).collect();
        let (book, totals) = (None, Totals::default());
        let (is_begun, is_done, rows) = (false, false, 0);
        Export { look, wanted, ask, words, out, is_begun, is_done, book, rows, totals }
    }

    /// Matters that were written.
    #[must_use]
    pub fn rows(&self) -> i64 {
        self.rows
    }

    /// Totals of what was written.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Writes the next page and tells its bytes, none of them for a workbook, which is kept until
    /// [`Export::save`]; `None` once all is written.
    ///
    /// # Errors
    /// As the database says, or where the list is too long.
    pub fn step(&mut self, realm: &Realm) -> Result<Option<Vec<u8>>, Problem> {
        if self.is_done {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        if !self.is_begun {
            self.begin(&mut bytes)?;
            self.is_begun = true;
        }
        let mut page = self.look.page(realm, &self.ask)?;
        self.ask.after = page.next.take();
        self.is_done = self.ask.after.is_none();
        if self.rows + i64::try_from(page.rows.len()).unwrap_or(i64::MAX) > ROWS_MAX {
            return Err(Problem::TooMany { most: ROWS_MAX });
        }
        self.write(realm, &page.rows, &mut bytes)?;
        Ok(Some(bytes))
    }

    /// Keeps a workbook in a file.
    ///
    /// # Errors
    /// As the system says.
    pub fn save(self, path: &Path) -> Result<(), Problem> {
        let totals = self.totals.text(self.wanted.lang);
        let Some(mut book) = self.book else { return Ok(()) };
        let saved = book.foot(&totals).and_then(|()| book.save(path));
        saved.map_err(|it| Problem::file(path, &it))
    }

    /// Writes what stands above the rows.
    fn begin(&mut self, bytes: &mut Vec<u8>) -> Result<(), Problem> {
        let banner = self.out.banner();
        let banner = banner.trim_end();
        let columns = &self.wanted.columns;
        let heads: Vec<String> = columns.iter().map(|it| self.out.text(&it.title).into()).collect();
        match self.wanted.format {
            Format::Csv => {
                let mut csv = safe_csv::Writer::new(bytes).map_err(fault)?;
                if !banner.is_empty() {
                    csv.comment(banner, heads.len()).map_err(fault)?;
                }
                let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
                csv.text_row(&heads).and_then(|()| csv.finish()).map_err(fault)
            }
            Format::Jsonl => Ok(()),
            Format::Xlsx => {
                let unwritten = |it: xlsx::XlsxFault| Problem::Other(it.to_string());
                let name = self.out.pick("台账", "Ledger");
                let mut book = xlsx::Sheet::new(name, &heads).map_err(unwritten)?;
                if !banner.is_empty() {
                    book.foot(banner).map_err(unwritten)?;
                }
                self.book = Some(Box::new(book));
                Ok(())
            }
        }
    }

    fn write(
        &mut self,
        realm: &Realm,
        rows: &[PageRow],
        bytes: &mut Vec<u8>,
    ) -> Result<(), Problem> {
        let Export { look, wanted, .. } = self;
        let sheet = Sheet::of(realm, look, wanted.lang, &wanted.columns, rows)?;
        let (zone, now) = (look.rules.zone, look.viewer.now());
        for row in rows {
            self.rows += 1;
            self.totals.count(row, now);
        }
        let first = self.rows - i64::try_from(rows.len()).unwrap_or_default() + 1;
        let cells = rows.iter().zip(first..).map(|(row, no)| (row.id, sheet.cells(row, no)));
        match &mut self.book {
            Some(book) => {
                for (_, cells) in cells {
                    let cells: Vec<xlsx::Cell> = cells.iter().map(|it| it.xlsx(zone)).collect();
                    book.row(&cells).map_err(|it| Problem::Other(it.to_string()))?;
                }
                Ok(())
            }
            None if wanted.format == Format::Csv => {
                let mut csv = safe_csv::Writer::going_on(bytes);
                for (_, cells) in cells {
                    csv.plain_row(cells.iter().map(|it| plain(it, zone))).map_err(fault)?;
                }
                csv.finish().map_err(fault)
            }
            None => {
                let mark = self.out.demonstration();
                for (id, cells) in cells {
                    let line = Line { id, words: &self.words, cells: &cells, mark };
                    let written = serde_json::to_writer(&mut *bytes, &line);
                    written.map_err(|it| fault(it.into()))?;
                    bytes.push(b'\n');
                }
                Ok(())
            }
        }
    }
}

/// A cell as a spreadsheet reads it from text; what people wrote is made safe.
fn plain<'a>(cell: &'a Cell<'_>, zone: Zone) -> std::borrow::Cow<'a, str> {
    match cell {
        Cell::Text(text) => safe(text),
        other => other.plain(zone),
    }
}

fn fault(error: io::Error) -> Problem {
    Problem::Other(error.to_string())
}

/// A row as an object by the words of its columns, on one line.
struct Line<'a> {
    id: MatterId,
    words: &'a [String],
    cells: &'a [Cell<'a>],
    /// By how much the clock of a demonstration is shifted.
    mark: Option<i64>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        for (word, cell) in self.words.iter().zip(self.cells) {
            map.serialize_entry(word, cell)?;
        }
        if let Some(offset_ms) = self.mark {
            map.serialize_entry("demonstration", &true)?;
            map.serialize_entry("clock_offset_ms", &offset_ms)?;
        }
        map.end()
    }
}
