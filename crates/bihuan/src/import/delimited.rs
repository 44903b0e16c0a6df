//! Tables in text: comma, semicolon or tab between cells, quotes around them.

use super::encoding;
use super::fault::{Fault, ImportError, Spot};
use super::limit::COLUMNS_MAX;
use super::table::{Builder, Table};

/// What may stand between cells.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// Lines looked at to find out which does.
const SNIFF_LINES: usize = 20;

/// Reads a table.
///
/// # Errors
/// A coded refusal.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Table, ImportError> {
    let refuse = |spot, fault| ImportError::new(file, spot, &fault);
    let text = encoding::decode(bytes).ok_or_else(|| refuse(Spot::default(), Fault::Encoding))?;
    let delimiter = sniff(&text);
    if let Some(line) = open_quote(text.as_bytes(), delimiter) {
        return Err(refuse(Spot::line(line), Fault::QuoteOpen));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut builder = Builder::new(file, false);
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    loop {
        let line = lines.of(reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return builder.finish(Vec::new()),
            Err(_) => return Err(refuse(Spot::line(line), Fault::Encoding)),
        }
        let mut cells = Vec::with_capacity(record.len().min(COLUMNS_MAX));
        for (column, cell) in record.iter().enumerate() {
            if column < COLUMNS_MAX || !cell.is_empty() {
                cells.push(builder.cell(line, column, cell)?);
            }
        }
        builder.row(line, cells)?;
    }
}

/// Lines by offset; the reader's own count stands still over empty lines.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line on which the record begins that is read next from `offset`, never going back.
    fn of(&mut self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.at)
            && (self.at < offset || matches!(byte, b'\r' | b'\n'))
        {
            let is_pair = *byte == b'\r' && self.text.get(self.at + 1) == Some(&b'\n');
            self.line += usize::from(matches!(byte, b'\r' | b'\n') && !is_pair);
            self.at += 1;
        }
        self.line
    }
}

/// The delimiter that divides the first lines into the most cells, outside quotes.
fn sniff(text: &str) -> u8 {
    let count = |delimiter: u8| {
        let mut quoted = false;
        let mut count = 0;
        for byte in text.lines().take(SNIFF_LINES).flat_map(str::bytes) {
            quoted ^= byte == b'"';
            count += usize::from(!quoted && byte == delimiter);
        }
        count
    };
    // The first of equals: a comma unless another is seen more often.
    DELIMITERS.into_iter().rev().max_by_key(|it| count(*it)).unwrap_or(b',')
}

/// The line on which a quoted cell begins that never ends.
fn open_quote(text: &[u8], delimiter: u8) -> Option<usize> {
    let (mut line, mut opened) = (1, None);
    let mut at_start = true;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        line += usize::from(byte == b'\n');
        if opened.is_some() {
            if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                opened = None;
            }
            at_start = false;
            continue;
        }
        if byte == b'"' && at_start {
            opened = Some(line);
        }
        at_start = byte == delimiter || byte == b'\n' || byte == b'\r';
    }
    opened
}
