//! Writing CSV that a spreadsheet opens as what it says: UTF-8 with its mark, and no cell that
//! would run as a formula.
//!
//! Source of the rule: OWASP, CSV Injection: cells that begin with = + - @, tab or carriage
//! return are led by a single quote.

use std::borrow::Cow;
use std::io::{self, Write};

/// A CSV file being written.
pub struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    /// Begins a file with the mark of UTF-8, which spreadsheets need to read Chinese.
    ///
    /// # Errors
    /// As the system says.
    pub fn new(mut to: W) -> io::Result<Writer<W>> {
        to.write_all("\u{feff}".as_bytes())?;
        Ok(Writer::going_on(to))
    }

    /// Goes on with a file that has begun.
    pub fn going_on(to: W) -> Writer<W> {
        Writer(csv::Writer::from_writer(to))
    }

    /// Writes a row of texts, each made safe.
    ///
    /// # Errors
    /// As the system says.
    pub fn text_row(&mut self, cells: &[&str]) -> io::Result<()> {
        let safe = cells.iter().map(|it| safe(it).into_owned());
        self.0.write_record(safe).map_err(io::Error::other)
    }

    /// Writes a row of cells that are safe already, such as numbers among texts.
    ///
    /// # Errors
    /// As the system says.
    pub fn plain_row<'a>(
        &mut self,
        cells: impl IntoIterator<Item = Cow<'a, str>>,
    ) -> io::Result<()> {
        for cell in cells {
            self.0.write_field(cell.as_bytes()).map_err(io::Error::other)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(io::Error::other)
    }

    /// Writes a row that says one thing in its first cell and is as wide as the others.
    ///
    /// # Errors
    /// As the system says.
    pub fn comment(&mut self, text: &str, width: usize) -> io::Result<()> {
        let mut cells = vec![""; width.max(1)];
        cells[0] = text;
        self.text_row(&cells)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As the system says.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text that no spreadsheet takes for a formula.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_led_by_a_quote_and_a_plain_text_is_not() {
        for it in ["=1+1", "+1", "-1", "@a", "\tx", "\rx"] {
            assert_eq!(safe(it), format!("'{it}"));
        }
        assert_eq!(safe("垃圾=满溢"), "垃圾=满溢");
    }

    #[test]
    fn a_file_starts_with_the_mark_of_utf8() {
        let mut bytes = Vec::new();
        let mut csv = Writer::new(&mut bytes).unwrap();
        csv.text_row(&["编号", "=x,\"y\""]).unwrap();
        csv.finish().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}编号,\"'=x,\"\"y\"\"\"\n");
    }
}
