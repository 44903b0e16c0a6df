//! Workbooks of one table, written row by row: what was written leaves memory.
//!
//! Invariants: a text is written as a text, so that nothing runs as a formula; a number is a
//! number and a moment a date, so that sorting and sums work.

use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, XlsxError};
use std::path::Path;

/// Rows that a sheet holds, the headings included (ECMA-376; the limit of spreadsheets).
pub const ROWS_MAX: u32 = 1_048_576;
/// Columns of one table.
pub const COLUMNS_MAX: u16 = 256;
/// Characters of one cell (the limit of spreadsheets is 32,767).
pub const CELL_CHARS_MAX: usize = 32_000;

/// Why a workbook was not written.
#[derive(Debug, thiserror::Error)]
pub enum XlsxFault {
    /// More rows than a sheet holds.
    #[error("more than {ROWS_MAX} rows; narrow the filter or export as CSV")]
    Rows,
    /// More columns than a table may have.
    #[error("more than {COLUMNS_MAX} columns")]
    Columns,
    /// The writer failed.
    #[error("failed to write the workbook: {0}")]
    Writer(#[from] XlsxError),
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Thousandths, shown with three places.
    Milli(i64),
    /// A date and time as a clock on the wall shows it.
    Moment(Moment),
}

/// A date and time as a clock on the wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Year, 1900 to 9999.
    pub year: u16,
    /// Month, from 1.
    pub month: u8,
    /// Day, from 1.
    pub day: u8,
    /// Hour, from 0.
    pub hour: u16,
    /// Minute, from 0.
    pub minute: u8,
}

/// A workbook being written.
pub struct Sheet {
    book: Workbook,
    row: u32,
    heading: Format,
    body: Format,
    moment: Format,
    milli: Format,
}

impl Sheet {
    /// Begins a workbook with one sheet and its headings.
    ///
    /// # Errors
    /// Too many columns, or as the writer says.
    pub fn new(name: &str, headings: &[String]) -> Result<Sheet, XlsxFault> {
        if headings.len() > usize::from(COLUMNS_MAX) {
            return Err(XlsxFault::Columns);
        }
        let body = Format::new().set_border(FormatBorder::Thin).set_text_wrap();
        let body = body.set_align(FormatAlign::Top);
        let heading = body.clone().set_bold().set_align(FormatAlign::Center);
        let moment = body.clone().set_num_format("yyyy-mm-dd hh:mm");
        let milli = body.clone().set_num_format("0.000");
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape();
        sheet.set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(0, 0)?;
        for (column, text) in (0_u16..).zip(headings) {
            let width = 2 * text.chars().count().clamp(5, 18);
            sheet.set_column_width(column, u32::try_from(width).unwrap_or(36))?;
            sheet.write_string_with_format(0, column, cut(text), &heading)?;
        }
        Ok(Sheet { book, row: 1, heading, body, moment, milli })
    }

    /// Writes the next row.
    ///
    /// # Errors
    /// Too many rows, or as the writer says.
    pub fn row(&mut self, cells: &[Cell]) -> Result<(), XlsxFault> {
        if self.row >= ROWS_MAX {
            return Err(XlsxFault::Rows);
        }
        let row = self.row;
        let sheet = self.book.worksheet_from_index(0)?;
        for (column, cell) in (0..COLUMNS_MAX).zip(cells) {
            match cell {
                Cell::Blank => sheet.write_blank(row, column, &self.body)?,
                Cell::Text(text) => {
                    sheet.write_string_with_format(row, column, cut(text), &self.body)?
                }
                #[expect(clippy::cast_precision_loss, reason = "workbooks know only doubles")]
                Cell::Int(it) => {
                    sheet.write_number_with_format(row, column, *it as f64, &self.body)?
                }
                #[expect(clippy::cast_precision_loss, reason = "workbooks know only doubles")]
                Cell::Milli(it) => {
                    let value = *it as f64 / 1_000.0;
                    sheet.write_number_with_format(row, column, value, &self.milli)?
                }
                Cell::Moment(it) => {
                    let date = ExcelDateTime::from_ymd(it.year, it.month, it.day)?;
                    let date = date.and_hms(it.hour, it.minute, 0)?;
                    sheet.write_datetime_with_format(row, column, &date, &self.moment)?
                }
            };
        }
        self.row += 1;
        Ok(())
    }

    /// Writes a line below the table in the style of its headings.
    ///
    /// # Errors
    /// Too many rows, or as the writer says.
    pub fn foot(&mut self, text: &str) -> Result<(), XlsxFault> {
        if self.row >= ROWS_MAX {
            return Err(XlsxFault::Rows);
        }
        let sheet = self.book.worksheet_from_index(0)?;
        sheet.write_string_with_format(self.row, 0, cut(text), &self.heading)?;
        self.row += 1;
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// As the writer says.
    pub fn save(mut self, path: &Path) -> Result<(), XlsxFault> {
        Ok(self.book.save(path)?)
    }
}

/// A text that fits into a cell.
fn cut(text: &str) -> String {
    text.chars().take(CELL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_written_and_too_many_columns_are_refused() {
        let mut sheet = Sheet::new("台账", &["编号".into(), "时限".into()]).unwrap();
        let moment = Moment { year: 2021, month: 4, day: 16, hour: 15, minute: 30 };
        sheet.row(&[Cell::Text("=1+1".into()), Cell::Moment(moment)]).unwrap();
        sheet.row(&[Cell::Milli(-1_500), Cell::Blank]).unwrap();
        sheet.foot("交办 2").unwrap();
        let path = std::env::temp_dir().join(format!("bihuan-press-{}.xlsx", std::process::id()));
        sheet.save(&path).unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
        std::fs::remove_file(&path).unwrap();
        let wide = vec![String::new(); 257];
        assert!(matches!(Sheet::new("x", &wide), Err(XlsxFault::Columns)));
    }
}
