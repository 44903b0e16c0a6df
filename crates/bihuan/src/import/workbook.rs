//! Tables in XLSX workbooks, cell by cell, so that a sheet's stated size means nothing.
//!
//! Only the first visible sheet with a table is read; the names of the others are told.

use super::fault::{Fault, ImportError, Spot};
use super::package;
use super::table::{Builder, Table};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads the first visible sheet with a table.
///
/// # Errors
/// A coded refusal.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Table, ImportError> {
    let refuse = |fault| ImportError::new(file, Spot::default(), &fault);
    // The readers of packages are not ours: should one panic on a damaged file, it is damaged.
    let read = catch_unwind(AssertUnwindSafe(|| {
        package::check(bytes).map_err(refuse)?;
        let mut workbook =
            Workbook::new(Cursor::new(bytes)).map_err(|_| refuse(Fault::WorkbookBroken))?;
        sheets(file, &mut workbook)
    }));
    read.unwrap_or_else(|_| Err(refuse(Fault::WorkbookBroken)))
}

/// Whether a compound file is an encrypted workbook: it names its encrypted part in UTF-16.
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".bytes().flat_map(|it| [it, 0]).collect();
    bytes.windows(name.len()).any(|it| it == name)
}

fn sheets(file: &str, workbook: &mut Workbook) -> Result<Table, ImportError> {
    let visible = workbook
        .sheets_metadata()
        .iter()
        .filter(|it| it.visible == SheetVisible::Visible && it.typ == SheetType::WorkSheet);
    let names: Vec<String> = visible.map(|it| it.name.clone()).collect();
    for (at, name) in names.iter().enumerate() {
        let others = || names.iter().enumerate().filter(|it| it.0 != at).map(|it| it.1.clone());
        match sheet(file, workbook, name, others().collect()) {
            Err(error) if error.code == Fault::Empty.code() => {}
            answer => return answer,
        }
    }
    Err(ImportError::new(file, Spot::default(), &Fault::SheetMissing))
}

fn sheet(
    file: &str,
    workbook: &mut Workbook,
    name: &str,
    others: Vec<String>,
) -> Result<Table, ImportError> {
    let mut builder = Builder::new(file, true);
    let mut current = 0;
    let mut cells: Vec<String> = Vec::new();
    let broken = |line| ImportError::new(file, Spot::line(line), &Fault::WorkbookBroken);
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|_| broken(1))?;
    loop {
        // Not `next_formula`: it makes room for as many shared formulas as a cell claims.
        let next = reader.next_cell_with_formula_metadata().map_err(|_| broken(current.max(1)))?;
        let Some(cell) = next else { break };
        let line = usize::try_from(cell.pos.0).map_or(usize::MAX, |it| it.saturating_add(1));
        let column = usize::try_from(cell.pos.1).unwrap_or(usize::MAX);
        if line < current {
            return Err(broken(line));
        }
        if line > current {
            builder.row(current, std::mem::take(&mut cells))?;
            current = line;
        }
        if cell.formula.is_some() {
            return Err(builder.refuse(line, column, &Fault::Formula));
        }
        let text = match shown(&cell.value) {
            Ok(text) => text,
            Err(fault) => return Err(builder.refuse(line, column, &fault)),
        };
        if text.is_empty() {
            continue;
        }
        let text = builder.cell(line, column, &text)?;
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        cells[column] = text;
    }
    builder.row(current, cells)?;
    builder.finish(others)
}

/// A value as a person would type it.
fn shown(value: &DataRef) -> Result<String, Fault> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::Int(it) => it.to_string(),
        DataRef::Float(it) if !it.is_finite() => return Err(Fault::Number(it.to_string())),
        DataRef::Float(it) => it.to_string(),
        DataRef::String(it) | DataRef::DateTimeIso(it) | DataRef::DurationIso(it) => it.clone(),
        DataRef::SharedString(it) => (*it).to_owned(),
        DataRef::Bool(true) => "是".to_owned(),
        DataRef::Bool(false) => "否".to_owned(),
        DataRef::DateTime(it) => date(it)?,
        DataRef::Error(it) => return Err(Fault::CellError(it.to_string())),
    })
}

/// A date of a sheet; the day-number itself would mean nothing to a reader.
fn date(it: &ExcelDateTime) -> Result<String, Fault> {
    let days = it.as_f64();
    // Day numbers of the years 1900 to 9999; others would be some other number shown as a date.
    if !(0.0..2_958_466.0).contains(&days) {
        return Err(Fault::Date(days.to_string()));
    }
    if it.is_duration() {
        return Ok(days.to_string());
    }
    let (year, month, day, hour, minute, second, _) = it.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return Ok(date);
    }
    Ok(format!("{date} {hour:02}:{minute:02}:{second:02}"))
}
